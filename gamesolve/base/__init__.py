"""Layer 0: what every other layer stands on and what knows nothing of games.

Errors, bounds, compiled-code caching, atomic files and run folders belong here; anything that
mentions an agent, a policy or a solver does not.
"""
