"""Layer 6: how good a given policy or profile is, as a bracket.

Worst-case returns, exploitability and regrets of policies that exist already belong here; finding
new ones is the solvers' and learners'.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError
from gamesolve.base.patience import CALL_LIMIT, Patience

if TYPE_CHECKING:
    from gamesolve.evaluate.exploitability import Found
    from gamesolve.solve import Progress
    from gamesolve.views.problem import Problem


@dataclass(frozen=True)
class Evaluation:
    """What `evaluate` found, by role (`defender`, `attacker`; `0`, `1` for OpenSpiel games).

    Attributes:
        game: name and parameters.
        judged: the roles whose policies were given; policies: those, by role.
        worst_case_return: of each judged policy, in returns of its role, against any opponent whatever.
        game_value: for each judged role; both ends None where the game cannot be solved.
        exploitability: of the policy (game value minus worst case) or of the profile (NashConv / 2);
            both ends None in general-sum games, which have a regret for each role instead.
        expected_return: of a profile, by role; empty where one policy was judged.
        regret: of a profile, by role: what its own best response would gain; empty likewise.
        return_against_best_response: in general-sum games, what each judged policy earns against an opponent
            that maximises its own return; empty in zero-sum games, where that is the worst case. Both ends are
            None where such opponents had to be searched for: one that was found bounds this from neither side.
        return_against_strongest_found: where they were searched for, what each judged policy earns against the one of them
            that earns itself most, an estimate that is true of this opponent alone.
        searched: where a worst case is not exact, by judged role: who was found, and what how much search brought.
        searched_selfish: the same of opponents that maximise their own return.
        best_response: the opponent's policy that shows each judged policy's worst case, by the
            opponent's role.
        selfish_response: in general-sum games, the opponent that maximises its own return against each judged policy, the best
            or the strongest found, by the opponent's role.
        notes: why an end is not known, one sentence each.
        stopped: `done`, or `time` or `interrupt` where that came before everything was known.
    """

    game: str
    judged: tuple[str, ...]
    policies: dict[str, Any]
    worst_case_return: dict[str, Bound]
    game_value: dict[str, Bound]
    exploitability: Bound
    expected_return: dict[str, Bound]
    regret: dict[str, Bound]
    return_against_best_response: dict[str, Bound]
    return_against_strongest_found: dict[str, Bound]
    searched: dict[str, Found]
    searched_selfish: dict[str, Found]
    best_response: dict[str, Any]
    selfish_response: dict[str, Any]
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
    responders: Sequence[str] = ("ppo", "dqn"),
    budget: int = 300_000,
    seeds: int = 2,
    known: Sequence[Any] = (),
    episodes: int = 10_000,
    seed: int = 0,
    device: str = "cpu",
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    allow_code: bool = False,
    call_limit: float = CALL_LIMIT,
) -> Evaluation:
    """How good a policy, or a profile of both roles, is against an adversary who adapts.

    The opponent's best response is exact where its own decision problem fits into memory. Where it
    does not, or where a scripted policy draws too much to be enumerated, opponents are searched for: the
    game's scripted ones, those known, and those that learners find. The strongest, chosen on one set of
    episodes and measured on another, proves that the worst-case return is at most what it left. That it is
    at least what the policy earns against an opponent who sees everything is computed where that is cheap.

    Args:
        game: a `Game`, a `pyspiel.Game` or a `Problem`.
        policy: a `TabularPolicy`, `ScriptedPolicy`, `NeuralPolicy`, `Mixture` or OpenSpiel policy; a function (see
            `gamesolve.policies.function`); the path of a run, of a saved policy or of an ONNX file; a scripted policy's name;
            `module:function`; or a mapping of both roles to such.
        role: which role it plays, where it does not say so itself; of a run, which of its two
            policies is judged (both as a profile unless given).
        memory: bytes that a tree may take, or the situations that an opponent who sees everything can meet.
        gap: exploitability to which the game is solved for its value; 0.001 of the payoff range unless given.
        time_limit: seconds for all of it, solving the game included; what is not known by then has
            ends that are None, and a note.
        responders: learners that look for the worst case; none leaves the scripted and known opponents.
        budget: decisions of each of their trainings; seeds: trainings of each.
        known: opponents to try beside, or words that name them, such as those found for another policy;
            networks among them are starts of further trainings.
        episodes, seed: of estimates, which are made of all their episodes or not at all.
        device: `cpu` or `cuda`, where networks learn.
        progress: called between two parts of the work.
        stop: asked between two parts of the work; when it says True the evaluation ends with what is known.
        allow_code: whether the code of a module may be run that words name.
        call_limit: seconds that one call of a function may take; where it can it is interrupted then (`gamesolve.base.patience`).

    Raises:
        GamesolveError: the policy is unknown, damaged or for another game, needs a role that it does not have or code that is
            not allowed, fails, or gives what are no probabilities; or a number is out of range.
    """
    from gamesolve.evaluate.exploitability import Search
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
    patience = Patience(call_limit, None if time_limit is None else watch.started + time_limit)
    policies, code = dict[str, Any](), dict[str, Any](allow_code=allow_code, patience=patience)
    given = policy if isinstance(policy, Mapping) else {role: policy}
    for wanted, one in given.items():
        policies.update(resolve(problem, str(one) if isinstance(one, Path) else one, wanted, **code))
    search = Search(tuple(responders), budget, seeds, _known(problem, policies, known, code), device=device).checked(problem.roles)
    return judge(Inquiry(problem, policies, Limits(memory, gap, episodes, seed, search), watch))


def _known(problem: Problem, judged: Mapping[str, Any], known: Sequence[Any], code: dict[str, Any]) -> tuple[Any, ...]:
    """Opponents by policy or words; raises GamesolveError where one is not to be had or plays a judged role."""
    from gamesolve.evaluate.resolve import as_played, resolve

    if known and len(judged) != 1:
        raise GamesolveError("known opponents are those of one judged policy; judge the policies of a profile one by one")
    others = [role for role in problem.roles if role not in judged]
    words = [str(one) if isinstance(one, Path) else one for one in known]
    found = [resolve(problem, one, others[0], **code)[others[0]] for one in words]
    return tuple(as_played(problem, one, others[0]) for one in found)
