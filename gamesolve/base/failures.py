"""Failures that end one of several attempts, and not the work: they are named and survived."""

from __future__ import annotations

import logging

from gamesolve.base import interrupts
from gamesolve.base.errors import GamesolveError, described

#: Hears where failures came from that were survived; `--debug` shows it.
LOG = logging.getLogger("gamesolve.failures")


def survived(error: Exception) -> str:
    """What has failed, for a note: our errors as they say, others by kind (`RuntimeError: CUDA out of memory`).

    Where a signal has ended what was under way it is raised again: the compiler turns interrupts into errors of its own.
    """
    if interrupts.received:
        raise error
    LOG.debug("survived", exc_info=error)
    return str(error) if isinstance(error, GamesolveError) else described(error)
