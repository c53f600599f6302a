"""Layer 5: policy-space response oracles.

Populations of policies, the meta-game between them, and what mixes them belong here; learners, trees and files do not.
"""
