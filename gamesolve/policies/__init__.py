"""Layer 3: policies, and reading and writing them safely.

A policy gives probabilities over actions from its own agent's history of signals and actions:
tabular, scripted by name, neural, or a mixture drawn once an episode. Whatever computes a policy from a
game is a solver; whatever judges one is an evaluation.
"""
