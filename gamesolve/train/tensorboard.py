"""TensorBoard's files of a training, for those who watch learning there: extra [tensorboard]."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from gamesolve.base.errors import missing_extra
from gamesolve.learners.learner import LearnerStep

FOLDER = "tensorboard"


class Board:
    """Writes what learners say into `<run>/tensorboard/<training>`, a listener for `train(heard=...)`.

    Its files hold times of day, so they are not the same bytes on every repetition; nothing is read from them.
    """

    def __init__(self, run: Path) -> None:
        """Raises GamesolveError where the library is not installed."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise missing_extra("tensorboard", "tensorboard") from error
        self._make, self._run, self._writers = SummaryWriter, run, dict[str, Any]()

    def __call__(self, name: str, step: LearnerStep) -> None:
        """Write a step of the training `name`."""
        if name not in self._writers:
            self._writers[name] = self._make(str(self._run / FOLDER / re.sub(r"[^A-Za-z0-9_]+", "-", name)))
        for what, value in (("return", step.mean), ("entropy", step.entropy)):
            if value == value:
                self._writers[name].add_scalar(what, value, step.decisions)

    def close(self) -> None:
        """Write what has not been written."""
        for writer in self._writers.values():
            writer.close()
