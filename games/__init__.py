"""The games that ship with gamesolve, one file each; installed as `gamesolve.games`.

A file holds the rules with their source, the signals, known values, records, the four rules,
parameters, scripted policies and one registration, `GAME`. Games stand on `gamesolve.rules` alone.
"""
