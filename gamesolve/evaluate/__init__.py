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
from gamesolve.base.patience import CALL_LIMIT

if TYPE_CHECKING:
    from gamesolve.base.runs import Run
    from gamesolve.evaluate.exploitability import Found
    from gamesolve.evaluate.question import Parties, Question
    from gamesolve.solve.watch import Progress, Watch
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
        run: the run folder, or None.
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
    run: Path | None = None


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
    settings: Mapping[str, dict[str, Any]] | None = None,
    known: Sequence[Any] = (),
    episodes: int = 10_000,
    seed: int = 0,
    device: str = "cpu",
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    allow_code: bool = False,
    call_limit: float = CALL_LIMIT,
    out: str | Path | None = None,
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
            ends that are None, and a note. Opponents that were learnt by then are still played.
        responders: learners that look for the worst case; none leaves the scripted and known opponents.
        budget: decisions of each of their trainings; seeds: trainings of each.
        settings: of each responder by its name, what shall be other than by default: `{"ppo": {"memory": "last"}}`.
        known: opponents to try beside, or words that name them, such as those found for another policy;
            networks among them are starts of further trainings.
        episodes, seed: of estimates, which are made of all their episodes or not at all.
        device: `cpu` or `cuda`, where networks learn.
        progress: called between two parts of the work.
        stop: asked between two parts of the work; when it says True the evaluation ends with what is known.
        allow_code: whether the code of a module may be run that words name.
        call_limit: seconds that one call of a function may take; where it can it is interrupted then (`gamesolve.base.patience`).
        out: a new run folder, from which `resume` can go on after a kill; none is made unless given.

    Raises:
        GamesolveError: the policy is unknown, damaged or for another game, needs a role that it does not have or code that is
            not allowed, fails, or gives what are no probabilities; a number is out of range; or `out` cannot be written or is taken.
    """
    from gamesolve.evaluate import folder as folders
    from gamesolve.evaluate.question import Parties, Question, source_of, words_for
    from gamesolve.policies.function import FunctionPolicy
    from gamesolve.solve.watch import Watch
    from gamesolve.views.problem import problem_of

    problem = problem_of(game)
    watch = Watch(0.0 if gap is None else gap, time_limit=time_limit, progress=progress, stop=stop)
    # From here on a signal is a request to end with what is known.
    watch.over()
    given = list(policy.values()) if isinstance(policy, Mapping) else [policy]
    asked: dict[str, Any] = {
        "policy": " and ".join(map(words_for, given)), "role": role, "known": tuple(map(words_for, known)), "responders": tuple(responders),
        "budget": budget, "seeds": seeds, "episodes": episodes, "seed": seed, "gap": gap, "memory": memory, "device": device,
        "call_limit": call_limit, "settings": {} if settings is None else settings,
    }  # fmt: skip
    question = Question(judged={}, **asked)
    parties = Parties.of(problem, policy, role, known, {"allow_code": allow_code, "patience": question.patience(watch)})
    words = policy if isinstance(policy, Mapping) else dict.fromkeys(parties.judged, policy)
    judged = {one: words_for(words[one]) for one in parties.judged}
    named = [*((judged[one], policy) for one, policy in parties.judged.items()), *zip(question.known, parties.known, strict=True)]
    code = {word: source_of(word) for word, one in named if isinstance(one, FunctionPolicy) and source_of(word)}
    question = Question(judged=judged, **asked, code=code)
    if out is None:
        return _judged(problem, question, parties, watch, None)
    with folders.create(Path(out), problem, question, parties, [*given, *known]) as run:
        return _judged(problem, question, parties, watch, run)


def resume(
    folder: str | Path,
    *,
    time_limit: float | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    allow_code: bool = False,
) -> Evaluation:
    """Go on with a run of `evaluate` that was killed, interrupted or stopped by time; its files end as if it never had been.

    What was learnt is there; exact answers are computed again, and a session that is cut short earlier than one before it leaves that
    one's answer. A complete run is left as it is.

    Args:
        folder: of the run.
        time_limit, progress, stop, allow_code: as for `evaluate`; code that was allowed once has to be allowed again.

    Raises:
        GamesolveError: there is no run of `evaluate` that is not complete, another process works on it, it is damaged beyond its
            checkpoints, the game or the code of a policy is not what it was when the run began, or code is not allowed.
    """
    from gamesolve.base import runs
    from gamesolve.evaluate import folder as folders
    from gamesolve.solve.watch import Watch
    from gamesolve.views.problem import run_problem

    problem, question = run_problem(Path(folder)), folders.read_question(Path(folder))
    with runs.Run.open(Path(folder)) as run:
        runs.check_provenance(run, game=problem.name, fingerprint=problem.fingerprint, seed=question.seed)
        if runs.is_complete(run.folder):
            raise GamesolveError(f"the run {str(folder)!r} is complete: nothing is left to do")
        watch = Watch(0.0 if question.gap is None else question.gap, time_limit=time_limit, progress=progress, stop=stop)
        watch.over()
        code = {"allow_code": allow_code, "patience": question.patience(watch)}
        return _judged(problem, question, folders.read_parties(run.folder, problem, question, code), watch, run)


def _judged(problem: Problem, question: Question, parties: Parties, watch: Watch, run: Run | None) -> Evaluation:
    """The answer, which is written where there is a run."""
    from gamesolve.base.runs import TRAININGS
    from gamesolve.evaluate import folder as folders
    from gamesolve.evaluate.exploitability import Search
    from gamesolve.evaluate.inquiry import Inquiry, Limits
    from gamesolve.evaluate.judge import judge
    from gamesolve.train.log import Shelf

    search = Search(
        question.responders, question.budget, question.seeds, parties.known, device=question.device, settings=question.settings
    ).checked(problem.roles)
    limits = Limits(question.memory, question.gap, question.episodes, question.seed, search)
    found = judge(Inquiry(problem, parties.judged, limits, watch, Shelf(run.folder / TRAININGS if run else None)))
    if run is None:
        return found
    watch.say("write")
    return folders.write(run, problem, question, found, seconds=watch.seconds())
