"""Layer 8: the user's words turned into calls, and answers turned into words. No logic lives here.

One file a command; `main` puts them together and turns errors into one sentence and an exit code,
`words` reads what users type, `options` holds the options that commands share, `show` prints.
Nothing here imports numba, scipy or OpenSpiel before a command needs it.
"""
