"""Layer 6: how good a given policy or profile is, as a bracket.

Worst-case returns, exploitability and regrets of policies that exist already belong here; finding
new ones is the solvers' and learners'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError

if TYPE_CHECKING:
    from gamesolve.solve import Progress


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found, by role (`defender`, `attacker`; `0`, `1` for OpenSpiel games).

    Attributes:
        game: name and parameters.
        judged: the roles whose policies were given.
        worst_case_return: of each judged policy, in returns of its role, against any opponent whatever.
        game_value: for each judged role; both ends None where the game cannot be solved.
        exploitability: of the policy (game value minus worst case) or of the profile (NashConv / 2);
            both ends None in general-sum games, which have a regret for each role instead.
        expected_return: of a profile, by role; empty where one policy was judged.
        regret: of a profile, by role: what its own best response would gain; empty likewise.
        best_response: the opponent's policy that shows each judged policy's worst case, by the
            opponent's role.
        notes: why an end is not known, one sentence each.
        stopped: `done`, or `time` or `interrupt` where that came before everything was known.
    """

    game: str
    judged: tuple[str, ...]
    worst_case_return: dict[str, Bound]
    game_value: dict[str, Bound]
    exploitability: Bound
    expected_return: dict[str, Bound]
    regret: dict[str, Bound]
    best_response: dict[str, Any]
    notes: tuple[str, ...]
    stopped: str


def evaluate(
    game: Any,
    policy: Any,
    *,
    role: str | None = None,
    memory: int | None = None,
    gap: float | None = None,
    time_limit: float | None = None,
    episodes: int = 2_000,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Evaluation:
    """How good a policy, or a profile of both roles, is against an adversary who adapts.

    The opponent's best response is exact where its own decision problem fits into memory. Where it
    does not, or where a scripted policy draws too much to be enumerated, the game's scripted
    opponents are played: the strongest, chosen on one set of episodes and measured on another,
    proves that the worst-case return is at most what it left.

    Args:
        game: a `Game`, a `pyspiel.Game` or a `Problem`.
        policy: a `TabularPolicy`, `ScriptedPolicy`, `NeuralPolicy`, `Mixture` or OpenSpiel policy; the path of a run
            or of a saved policy; a scripted policy's name; or a mapping of both roles to such.
        role: which role it plays, where it does not say so itself; of a run, which of its two
            policies is judged (both as a profile unless given).
        memory: bytes that a tree may take.
        gap: exploitability to which the game is solved for its value; 0.001 of the payoff range unless given.
        time_limit: seconds for all of it, solving the game included; what is not known by then has
            ends that are None, and a note.
        episodes, seed: of estimates, which are made of all their episodes or not at all.
        progress: called between two parts of the work.
        stop: asked between two parts of the work; when it says True the evaluation ends with what is known.

    Raises:
        GamesolveError: the policy is unknown, damaged or for another game, or needs a role that it
            does not have; or a number is out of range.
    """
    from gamesolve.evaluate.inquiry import Inquiry, Limits
    from gamesolve.evaluate.judge import judge
    from gamesolve.evaluate.resolve import resolve
    from gamesolve.solve.watch import Watch
    from gamesolve.views.problem import problem_of

    problem = problem_of(game)
    watch = Watch(0.0 if gap is None else gap, time_limit=time_limit, progress=progress, stop=stop)
    # From here on a signal is a request to end with what is known.
    watch.over()
    if episodes < 2:
        raise GamesolveError(f"episodes is {episodes!r}; an estimate needs at least two")
    policies: dict[str, Any] = {}
    given = policy if isinstance(policy, Mapping) else {role: policy}
    for wanted, one in given.items():
        policies.update(resolve(problem, str(one) if isinstance(one, Path) else one, wanted))
    return judge(Inquiry(problem, policies, Limits(memory, gap, episodes, seed), watch))
