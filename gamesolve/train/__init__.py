"""Layer 6: `gamesolve.train`, a best response found by learning, and chosen and measured by play.

`response` is what users call, `loop` consumes the steps of learners, `folder` is what a run of it has on
disk. The learners stand in `gamesolve.learners`.
"""

from gamesolve.train.response import Trained, resume, train

__all__ = ["Trained", "resume", "train"]
