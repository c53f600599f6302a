"""Layer 4: the mathematics of equilibria, on arrays.

Matrix games, linear programs over the sequence form, counterfactual regret minimisation and best
responses belong here; games, files, clocks and the user's words do not.
"""
