"""Layer 2: what the library makes of a game's rules.

The batch simulator, the game tree, the decision process of an opponent who sees everything, the
OpenSpiel game and the environments of Gymnasium and PettingZoo belong here, and `check_game`, which
tests that they agree. No view holds a rule of its own; anything that finds a strategy is a solver's.
"""
