"""What is known at a step, who hears of it, and whether it is the last."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError

#: Why a call ended: the gap is reached, or it is not and there are no iterations left, no time, or no wish to go on.
#: After the first two nothing is left to resume.
GAP, ITERATIONS, TIME, INTERRUPT = "gap", "iterations", "time", "interrupt"
COMPLETE = (GAP, ITERATIONS)
#: Payoff pairs visited between two checks at most: about a second's work.
CHECK_WORK = 10**9


@dataclass(frozen=True)
class Certificate:
    """What is proved at a step.

    Attributes:
        iteration: iterations done.
        value: of the game, to role 0.
        exploitability: of the profile (NashConv / 2), to floating-point tolerance.
    """

    iteration: int
    value: Bound
    exploitability: Bound

    @classmethod
    def of(cls, iteration: int, value: Bound, exploitability: float) -> Certificate:
        """The certificate whose exploitability is half the width of its value bracket, tolerance included."""
        upper = max(0.5 * value.width, exploitability)
        return cls(iteration, value, Bound(max(2.0 * exploitability - upper, 0.0), upper, "exact"))

    @property
    def gap(self) -> float:
        """Upper end of the exploitability."""
        return float("inf") if self.exploitability.upper is None else self.exploitability.upper


@dataclass(frozen=True)
class Learning:
    """How far a learner is.

    Attributes:
        name: which training, in words.
        decisions, budget: made so far, and when it ends.
        mean, half_width: what is maximised, over the newest episodes, and half of its 95% interval; None before there are any.
        entropy: of the policy, in nats.
        speed: decisions a second.
        seconds_left: until the budget is spent, at this speed.
    """

    name: str
    decisions: int
    budget: int
    mean: float | None
    half_width: float | None
    entropy: float
    speed: float
    seconds_left: float


@dataclass(frozen=True)
class Progress:
    """What a listener hears.

    Attributes:
        phase: `plan`, `tree`, `method`, `write`, `response`, `returns`, `episodes`, `relaxation`, `learning`, or the name of the
            method that runs.
        certificate: of the newest step, or None before the first.
        gap: exploitability at which the call ends.
        seconds: since it began.
        time_limit: seconds, or None.
        learning: the learners at work.
        facts: what else is known, as (name, text).
        plan: a sentence on what will be done, said once; empty otherwise.
    """

    phase: str
    certificate: Certificate | None
    gap: float
    seconds: float
    time_limit: float | None
    learning: tuple[Learning, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    plan: str = ""


@dataclass
class Watch:
    """When a call ends, and who listens: gap, iterations, clock and stop button.

    Whatever decides an answer is counted in iterations; clock and stop button only decide at which
    step a call ends, which makes every end a prefix of the uninterrupted run.

    Attributes:
        resolution: the least exploitability that double precision can certify here; a gap below it
            counts as reached once that much is, since nobody could tell them apart.
        facts: what listeners are told beside, as (name, text).

    Raises:
        GamesolveError: gap, iterations or time limit are out of range.
    """

    gap: float
    iterations: int | None = None
    time_limit: float | None = None
    progress: Callable[[Progress], None] | None = None
    stop: Callable[[], bool] | None = None
    resolution: float = 0.0
    facts: tuple[tuple[str, str], ...] = ()
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if not 0.0 <= self.gap < math.inf:
            raise GamesolveError(f"the gap is {self.gap!r}; it is an exploitability: zero or more, and finite")
        for name, value in (("number of iterations", self.iterations), ("time limit", self.time_limit)):
            if value is not None and not 0 < value < math.inf:
                raise GamesolveError(f"the {name} is {value!r}; it must be positive and finite")

    @property
    def target(self) -> float:
        """Exploitability at which the call ends."""
        return max(self.gap, self.resolution)

    def seconds(self) -> float:
        """Since the call began."""
        return time.monotonic() - self.started

    def seconds_left(self) -> float | None:
        """Until the time limit, never negative; None without one."""
        return None if self.time_limit is None else max(self.time_limit - self.seconds(), 0.0)

    def say(self, phase: str, certificate: Certificate | None = None, *, learning: tuple[Learning, ...] = ()) -> None:
        """Tell the listener."""
        if self.progress is not None:
            self.progress(Progress(phase, certificate, self.target, self.seconds(), self.time_limit, learning, self.facts))

    def announce(self, plan: str) -> None:
        """Tell the listener what will be done."""
        if self.progress is not None:
            self.progress(Progress("plan", None, self.target, self.seconds(), self.time_limit, plan=plan))

    def why_stop(self, certificate: Certificate) -> str | None:
        """Why the call ends at this step, or None where it goes on."""
        if certificate.gap <= self.target:
            return GAP
        if self.iterations is not None and certificate.iteration >= self.iterations:
            return ITERATIONS
        return self.over()

    def over(self) -> str | None:
        """Whether the user asked to stop or time ran out, at whatever step."""
        if self.stop is not None and self.stop():
            return INTERRUPT
        return TIME if self.seconds_left() == 0.0 else None

    def note(self, method: str, stopped: str, certificate: Certificate) -> str:
        """One sentence on an end that its reason alone would not tell truly, or an empty one."""
        if stopped == GAP and certificate.gap > self.gap:
            return (
                f"double precision cannot certify a gap of {self.gap:.3g} in this game; "
                f"the exploitability is zero to within rounding, which is at most {certificate.gap:.3g}"
            )
        if stopped == ITERATIONS and method == "lp":
            return (
                f"the linear program is solved as exactly as its library can, and the exploitability may still be "
                f"{certificate.gap:.3g}, more than the gap of {self.gap:.3g}"
            )
        if stopped == ITERATIONS and method in ("psro", "xdo") and certificate.iteration != self.iterations:
            return (
                f"no best response adds anything to what is mixed already, as exactly as the linear program's library can tell; the "
                f"exploitability may still be {certificate.gap:.3g}, more than the gap of {self.gap:.3g}"
            )
        return ""

    def next_check(self, iteration: int, pairs: int) -> int:
        """The next iteration to look at: about 5% on, at most a second's work, and never past the last."""
        step = min(1 + iteration // 20, max(8, CHECK_WORK // max(pairs, 1)))
        return iteration + step if self.iterations is None else max(min(iteration + step, self.iterations), iteration + 1)
