"""Learners that fail, each in a way of its own, in a module that other processes can import.

A `Fault` replaces what one method of a good learner answers, from one of its calls on: by an exception, or by rubbish.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from gamesolve.base.errors import GamesolveError, TooLargeError
from gamesolve.base.registry import load_game
from gamesolve.learners.ppo import PPO
from gamesolve.learners.task import Task
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.neural import with_tensors
from gamesolve.policies.scripted import ScriptedPolicy

#: What is asked of a learner, and how often it is answered well at most.
METHODS, MOST = ("make", "iterate", "policy", "state", "restore"), 2


class OwnError(Exception):
    """Of a library that nobody here knows; its message has several lines and is long."""

    def __init__(self) -> None:
        super().__init__("what went wrong:\n" + "\n".join("line " * 50 for _ in range(20)))


#: What a learner may raise.
RAISED: tuple[Callable[[], Exception], ...] = (
    lambda: ValueError("nan in the gradient"), lambda: RuntimeError("CUDA error: an illegal memory access"), lambda: KeyError("weights"),
    lambda: MemoryError(), lambda: ZeroDivisionError("division by zero"), lambda: OSError(28, "No space left on device"),
    lambda: AssertionError(), lambda: RecursionError("maximum recursion depth exceeded"), lambda: StopIteration(),
    lambda: FloatingPointError("overflow"), lambda: IndexError("list index out of range"), lambda: TypeError("'NoneType' is no number"),
    lambda: NotImplementedError(), lambda: torch.OutOfMemoryError("CUDA out of memory"), lambda: ImportError("no module named 'mine'"),
    lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), lambda: TimeoutError("it took too long"),
    lambda: GamesolveError("learning broke down: the loss is nan"), lambda: TooLargeError("too many histories"), OwnError,
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """A way to fail.

    Attributes:
        name: in words.
        method: of the learner, one of METHODS.
        good: calls of it that are answered well.
        spoilt: what is answered from then on, made of the good answer and the task; or it raises.
    """

    name: str
    method: str
    good: int
    spoilt: Callable[[Any, Task], Any]


class Failing:
    """A good learner with a fault.

    Attributes:
        calls: of the method that fails, one each; a learner that is made anew to go on with a training shares them.
    """

    def __init__(self, learner: PPO, task: Task, fault: Fault, calls: list[str]) -> None:
        self._learner, self._task, self._fault, self.calls = learner, task, fault, calls

    @property
    def budget(self) -> int:
        return self._learner.budget

    @property
    def decisions(self) -> int:
        return self._learner.decisions

    def iterate(self) -> Any:
        return self._answer("iterate")

    def policy(self) -> Any:
        return self._answer("policy")

    def state(self) -> Any:
        return self._answer("state")

    def restore(self, state: Any) -> None:
        self._answer("restore", state)

    def _answer(self, method: str, *given: Any) -> Any:
        found = getattr(self._learner, method)(*given)
        if method != self._fault.method:
            return found
        self.calls.append(method)
        return found if len(self.calls) <= self._fault.good else self._fault.spoilt(found, self._task)


def failing(fault: Fault) -> Callable[..., Any]:
    """What makes failing learners in the place of PPO."""
    calls: dict[int, list[str]] = {}

    def make(task: Task, *, seed: int, **options: Any) -> Any:
        # Every training has a seed of its own.
        own = calls.setdefault(seed, [])
        learner = Failing(PPO(task, seed=seed, **options), task, fault, own)
        if fault.method == "make":
            own.append("make")
            return learner if len(own) <= fault.good else fault.spoilt(learner, task)
        return learner

    return make


def faults(count: int, *, seed: int) -> list[Fault]:
    """Ways to fail: all there are in turn, each time with another exception and after another number of good answers."""
    chance, found = random.Random(seed), list[Fault]()
    while len(found) < count:
        found += list(_all(chance))
    return found[:count]


def _all(chance: random.Random) -> Iterator[Fault]:
    for method in METHODS:
        for _ in range(2):
            yield _raising(method, chance)
    for method, ways in (("make", LEARNERS), ("iterate", STEPS), ("policy", POLICIES), ("state", STATES)):
        for name, spoilt in ways.items():
            yield Fault(name, method, chance.randrange(MOST + 1), spoilt)


def _raising(method: str, chance: random.Random) -> Fault:
    make, good = chance.choice(RAISED), chance.randrange(MOST + 1)

    def spoilt(_: Any, __: Task) -> Any:
        raise make()

    return Fault(f"{method} raises {type(make()).__name__}", method, good, spoilt)


def _tensors(change: Callable[[np.ndarray], np.ndarray], *, named: str = "") -> Callable[[Any, Task], Any]:
    """A network whose tensors are changed, those whose names begin so."""

    def spoilt(policy: Any, _: Task) -> Any:
        return with_tensors(policy, {name: change(array) if name.startswith(named) else array for name, array in policy.tensors.items()})

    return spoilt


def _somewhere(value: float) -> Callable[[np.ndarray], np.ndarray]:
    """One number of an array replaced."""

    def change(array: np.ndarray) -> np.ndarray:
        changed = array.copy()
        changed.flat[-1] = value
        return changed

    return change


def _for_the_other_role(policy: Any, task: Task) -> Any:
    game: Any = task.game
    other = "attacker" if task.role == "defender" else "defender"
    return PPO(Task.against(game, other, ScriptedPolicy.named(game, task.role, "random")), budget=64).policy()


def _for_another_game(policy: Any, task: Task) -> Any:
    game = load_game("flipit", horizon=5)
    other = "attacker" if task.role == "defender" else "defender"
    return PPO(Task.against(game, task.role, ScriptedPolicy.named(game, other, "random")), budget=64).policy()


def _scripted(policy: Any, task: Task) -> Any:
    game: Any = task.game
    return ScriptedPolicy.named(game, task.role, "random")


def _mixture(policy: Any, task: Task) -> Any:
    return Mixture((policy, policy), np.full(2, 0.5))


#: In the place of a learner.
LEARNERS: dict[str, Callable[[Any, Task], Any]] = {
    "no learner is made": lambda learner, _: None,
    "what is made is a class": lambda learner, _: PPO,
}
#: In the place of a step.
STEPS: dict[str, Callable[[Any, Task], Any]] = {
    "the mean is nan": lambda step, _: replace(step, mean=np.nan),
    "the mean is infinite": lambda step, _: replace(step, mean=np.inf),
    "the standard error is nan": lambda step, _: replace(step, episodes=9, standard_error=np.nan),
    "the entropy is nan": lambda step, _: replace(step, entropy=np.nan),
    "the mean is a text": lambda step, _: replace(step, mean="high"),
    "no step": lambda step, _: None,
    "a step of other fields": lambda step, _: (step.decisions, step.mean),
}
#: In the place of a policy.
POLICIES: dict[str, Callable[[Any, Task], Any]] = {
    "no policy": lambda policy, _: None,
    "a text": lambda policy, _: "no policy at all",
    "an array": lambda policy, _: np.full(3, np.nan),
    "a function": lambda policy, _: lambda *_: 0,
    "a class": lambda policy, _: type(policy),
    "a policy for the other role": _for_the_other_role,
    "a policy for another game": _for_another_game,
    "a mixture": _mixture,
    "a scripted policy": _scripted,
    "weights of nan": _tensors(lambda array: np.full_like(array, np.nan)),
    "one weight of nan": _tensors(_somewhere(np.nan), named="weight-0"),
    "one infinite bias": _tensors(_somewhere(np.inf), named="bias-1"),
    "weights so large that they overflow": _tensors(
        lambda array: np.where(np.arange(array.size).reshape(array.shape) % 2, 3e38, -3e38).astype("f4")
    ),
    "weights that are turned": _tensors(lambda array: np.ascontiguousarray(array.T), named="weight-0"),
    "a layer that is cut off": _tensors(lambda array: array[:-1].copy(), named="bias-0"),
    "too few outputs": _tensors(lambda array: array[:1].copy()),
    "no layers": lambda policy, _: replace(policy, weights=(), biases=()),
    "weights that are texts": lambda policy, _: replace(policy, weights=("a", "b")),
}
#: In the place of a state.
STATES: dict[str, Callable[[Any, Task], Any]] = {
    "no state": lambda state, _: None,
    "an empty state": lambda state, _: {},
    "a state that lacks something": lambda state, _: dict(list(state.items())[1:]),
    "a state of objects": lambda state, _: {**state, "scaling": np.array([None, "text"], object)},
    "a state of other shapes": lambda state, _: {name: np.zeros(3) for name in state},
}


def hanging(method: str, task: Task, budget: int) -> Failing:
    """A learner that never returns from a method."""
    return Failing(PPO(task, budget=budget), task, Fault("hangs", method, 0, _hang), [])


def dying(method: str, task: Task, budget: int) -> Failing:
    """A learner whose process is killed in the midst of a method."""
    return Failing(PPO(task, budget=budget), task, Fault("dies", method, 0, _die), [])


def leaving(method: str, task: Task, budget: int) -> Failing:
    """A learner that ends the program."""
    return Failing(PPO(task, budget=budget), task, Fault("leaves", method, 0, _leave), [])


def hanging_from_the_beginning(task: Task, budget: int) -> Any:
    """A learner that is never made."""
    _hang(None, task)


def _hang(_: Any, __: Task) -> Any:
    while True:
        time.sleep(1.0)


def _die(_: Any, __: Task) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def _leave(_: Any, __: Task) -> Any:
    sys.exit("the learner has enough")
