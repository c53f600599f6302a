"""Layer 4: learners on the batch simulator, by torch. What they find is a policy; how good it is, `evaluate` measures.

`settings` holds what users may choose, `networks` and `rollout` what learners share, and every
learner has a file of its own. Potentials for shaping (`PPO`) and averages of networks to start from
(`policies.neural.average`) are for those who build learners from Python.
"""
