"""Who does the work: this process, processes of this machine, or Ray's. One interface: `concurrent.futures.Executor`.

A unit of work is a module-level function and plain data, and its answer depends on nothing else, so who does it changes nothing. A
worker that dies is replaced and its unit is done again; a unit that takes too long is given up.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any

from gamesolve.base.errors import GamesolveError, described, in_one_line, missing_extra

#: Seconds between two looks at who waits for whom.
POLL = 0.2
#: Seconds that a unit may take: hundreds of times what it should.
UNIT_LIMIT = 1800.0
#: How often a unit is begun whose worker dies.
TRIES = 3
RAY = "ray"
#: Why processes die as a rule.
WHY = "too little memory, or a program that lacks the guard if __name__ == '__main__'"


class LostError(GamesolveError):
    """A unit of work has no answer: it took too long, or its workers died."""


class InProcess(Executor):
    """Does each unit when it is submitted, in this process."""

    size = 1

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """The answer, which is there already; an interrupt is raised here."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments, **named))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)
        return future


class _Redoing(Executor):
    """Has units done by others, again where one of those dies.

    Attributes:
        size: how many work side by side.
    """

    def __init__(self, size: int, limit: float) -> None:
        self.size, self._limit = size, limit

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        """The answer to come; `LostError` where the unit takes too long, or its worker dies again and again."""
        answer: Future[Any] = Future()
        self._begin(answer, 1, function, arguments, named)
        return answer

    def _begin(self, answer: Future[Any], number: int, function: Callable[..., Any], arguments: Any, named: Any) -> None:
        def ended(attempt: Future[Any]) -> None:
            error = attempt.exception() if not attempt.cancelled() else CancelledError()
            if answer.cancelled():
                return
            if error is None:
                answer.set_result(attempt.result())
            elif self._is_late(error):
                answer.set_exception(LostError(f"it had not returned after {self._limit:g} s"))
            elif not self._has_died(error):
                answer.set_exception(self._original(error))
            elif number < TRIES:
                self._begin(answer, number + 1, function, arguments, named)
            else:
                answer.set_exception(LostError(f"{TRIES} processes that worked on it died, one after the other ({WHY})"))

        try:
            self._scheduled(function, arguments, named).add_done_callback(ended)
        except Exception as error:  # noqa: BLE001 - a unit that cannot be sent, or nobody to send it to
            answer.set_exception(error)

    def _scheduled(self, function: Callable[..., Any], arguments: Any, named: Any) -> Future[Any]:
        """An attempt at a unit."""
        raise NotImplementedError

    def _is_late(self, error: BaseException) -> bool:
        """Whether the unit took too long."""
        raise NotImplementedError

    def _has_died(self, error: BaseException) -> bool:
        """Whether a worker has died."""
        raise NotImplementedError

    def _original(self, error: BaseException) -> BaseException:
        """What the unit raised."""
        return error


class LocalProcesses(_Redoing):
    """Processes of this machine, each with pipes of its own. Their programs need the guard `if __name__ == "__main__":`."""

    def __init__(self, size: int, *, limit: float = UNIT_LIMIT) -> None:
        """
        Args:
            size: how many.
            limit: seconds that a unit may take.
        """
        super().__init__(size, limit)
        # A thread waits for each: one pool of many processes would be broken by the death of any of them.
        self._threads, self._own = ThreadPoolExecutor(size, "worker"), threading.local()
        self._all, self._lock, self._closed = set[_Process](), threading.Lock(), False

    def _scheduled(self, function: Callable[..., Any], arguments: Any, named: Any) -> Future[Any]:
        return self._threads.submit(self._attempt, packed((function, arguments, named)))

    def _attempt(self, unit: bytes) -> Any:
        """The answer of the process of this thread; one that is late or dead is replaced by the next attempt."""
        process = self._process()
        try:
            future = process.pool.submit(_unpacked, unit)
        except BrokenProcessPool:
            # It died while it had nothing to do, for which the unit is not to blame.
            self._drop(process)
            process = self._process()
            future = process.pool.submit(_unpacked, unit)
        try:
            return future.result(timeout=self._limit)
        except BrokenProcessPool:
            self._drop(process)
            raise
        except TimeoutError:
            if future.done():
                raise
            self._drop(process)
            raise _LateError from None

    def _process(self) -> _Process:
        """Of this thread."""
        found: _Process | None = getattr(self._own, "process", None)
        if found is None:
            with self._lock:
                if self._closed:
                    raise BrokenProcessPool("the work has ended")
                found = self._own.process = _Process.begun()
                self._all.add(found)
        return found

    def _drop(self, process: _Process) -> None:
        self._own.process = None
        process.kill()
        with self._lock:
            self._all.discard(process)

    def _is_late(self, error: BaseException) -> bool:
        return isinstance(error, _LateError)

    def _has_died(self, error: BaseException) -> bool:
        return isinstance(error, BrokenProcessPool) and not self._closed

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes, whatever they do."""
        with self._lock:
            self._closed = True
            processes = list(self._all)
        for process in processes:
            process.kill()
        self._threads.shutdown(wait=wait, cancel_futures=True)


class _LateError(Exception):
    """A unit has taken too long."""


@dataclass(frozen=True, eq=False)
class _Process:
    """A pool of one process.

    Attributes:
        members: the process.
    """

    pool: ProcessPoolExecutor
    members: tuple[BaseProcess, ...]

    @classmethod
    def begun(cls) -> _Process:
        """One that has begun; no other process may be begun by this one meanwhile."""
        before = set(multiprocessing.active_children())
        # A forked one would inherit threads and locks of the libraries that compute.
        pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _born)
        pool.submit(os.getpid)
        return cls(pool, tuple(set(multiprocessing.active_children()) - before))

    def kill(self) -> None:
        """End the process, whatever it does."""
        for process in self.members:
            process.kill()
        self.pool.shutdown(wait=False, cancel_futures=True)


class RayWorkers(_Redoing):
    """Ray's workers, of this machine or of a cluster."""

    def __init__(self, address: str | None, *, limit: float = UNIT_LIMIT) -> None:
        """
        Args:
            address: of a cluster, as `ray://host:port`; without one, of the cluster that `ray start` has made on this machine, or else one
                that lives as long as this process.
            limit: seconds that a unit may take.

        Raises:
            GamesolveError: Ray is not installed, or the cluster cannot be reached.
        """
        # Ray's workers are nice by default, and would starve beside whatever else runs here.
        os.environ.setdefault("RAY_worker_niceness", "0")
        try:
            import ray
        except ImportError as error:
            raise missing_extra("ray", RAY) from error
        try:
            ray.init(address=address, ignore_reinit_error=True, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
        except (ConnectionError, TimeoutError, RuntimeError, ValueError) as error:
            where = address or "of this machine"
            raise GamesolveError(f"the Ray cluster {where} cannot be reached: {in_one_line(error)}") from error
        super().__init__(max(int(ray.cluster_resources().get("CPU", 1)), 1), limit)
        self._ray, self._alarms = ray, set[threading.Timer]()
        self._remote = ray.remote(num_cpus=1, max_retries=0)(_unpacked)

    def _scheduled(self, function: Callable[..., Any], arguments: Any, named: Any) -> Future[Any]:
        reference = self._remote.remote(packed((function, arguments, named)))
        future, late = Future[Any](), list[bool]()

        def ring() -> None:
            late.append(True)
            self._ray.cancel(reference, force=True)

        # Units that wait for their turn are few, and short beside the limit.
        alarm = threading.Timer(self._limit, ring)
        alarm.daemon = True
        self._alarms.add(alarm)
        alarm.start()

        def ended(attempt: Future[Any]) -> None:
            alarm.cancel()
            self._alarms.discard(alarm)
            error = attempt.exception()
            if error is None:
                future.set_result(attempt.result())
            else:
                future.set_exception(_LateError() if late else error)

        reference.future().add_done_callback(ended)
        return future

    def _is_late(self, error: BaseException) -> bool:
        return isinstance(error, _LateError)

    def _has_died(self, error: BaseException) -> bool:
        # Whatever is not the unit's own error is Ray's: a worker, a node or an answer was lost.
        return isinstance(error, self._ray.exceptions.RayError) and not isinstance(error, self._ray.exceptions.RayTaskError)

    def _original(self, error: BaseException) -> BaseException:
        cause = getattr(error, "cause", None)
        return cause if isinstance(cause, BaseException) else error

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let go of the cluster."""
        for alarm in list(self._alarms):
            alarm.cancel()
        self._ray.shutdown()


def packed(unit: tuple[Callable[..., Any], Any, Any]) -> bytes:
    """A unit as bytes; raises GamesolveError where it cannot be sent to another process."""
    try:
        return bytes(ForkingPickler.dumps(unit))
    except GamesolveError:
        raise
    except Exception as error:
        raise GamesolveError(f"work cannot be sent to another process ({described(error)}); do it in this one, with 1 worker") from error


def _unpacked(unit: bytes) -> Any:
    """The answer of a unit. It is unpacked here, so that what goes wrong with that is its own affair and not the worker's."""
    function, arguments, named = ForkingPickler.loads(unit)
    try:
        return function(*arguments, **named)
    except Exception as error:
        try:
            ForkingPickler.loads(ForkingPickler.dumps(error))
        except Exception:  # noqa: BLE001 - what cannot be sent back is told in words
            raise GamesolveError(described(error)) from None
        raise


def _born() -> None:
    """A worker begins: it leaves Ctrl-C to whoever it works for, and does not outlive them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


@contextlib.contextmanager
def open_workers(words: str | int, *, limit: float = UNIT_LIMIT) -> Iterator[Executor]:
    """Who `--workers` means: a number of processes (1: this one), `ray`, or `ray://host:port`.

    Raises:
        GamesolveError: they are neither, or the cluster cannot be had.
    """
    made = _made(str(words).strip(), limit)
    try:
        yield made
    finally:
        made.shutdown()


def refuse_unknown_workers(words: str | int) -> None:
    """Raise GamesolveError where words name no workers."""
    text = str(words).strip()
    counted = text.isdecimal() and 1 <= int(text) <= 1_024
    if not (counted or text == RAY or text.startswith(f"{RAY}://")):
        raise GamesolveError(f"the workers are {words!r}; they are a number of processes from 1 to 1,024, 'ray', or 'ray://host:port'")


def _made(words: str, limit: float) -> Executor:
    refuse_unknown_workers(words)
    if words.startswith(RAY):
        return RayWorkers(None if words == RAY else words, limit=limit)
    return InProcess() if int(words) == 1 else LocalProcesses(int(words), limit=limit)


def cores() -> int:
    """Of this machine, that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    workers: Executor, function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], pause: Callable[[], None] | None = None
) -> Iterator[Any]:
    """What a function makes of each of many arguments, in their order; what it raises, where it raises, in place of an answer.

    Args:
        pause: called now and then; what it raises ends the work.
    """
    # No more than what workers and their next units need is under way: nobody waits for work that is not wanted any more.
    ahead = 2 * getattr(workers, "size", 1) if not isinstance(workers, InProcess) else 1
    running: list[Future[Any]] = []
    try:
        for k in range(len(jobs)):
            while len(running) < min(k + ahead, len(jobs)):
                running.append(workers.submit(function, *jobs[len(running)]))
            while not running[k].done():
                wait([running[k]], timeout=POLL)
                if pause is not None:
                    pause()
            error = running[k].exception()
            yield running[k].result() if error is None else error
    finally:
        for future in running:
            future.cancel()


def or_raised(answer: Any) -> Any:
    """An answer of `in_order`; raises it where it is an error."""
    if isinstance(answer, Exception):
        raise answer
    return answer
