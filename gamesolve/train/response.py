"""`train`: the best response to a policy that learning finds, among all that is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamesolve.base import runs
from gamesolve.base.errors import UnfinishedError
from gamesolve.solve.watch import INTERRUPT, TIME, Progress, Watch
from gamesolve.train import folder as folders
from gamesolve.train.ask import EXACT, Ask

if TYPE_CHECKING:
    from gamesolve.base.bound import Bound
    from gamesolve.learners.candidates import Tried
    from gamesolve.learners.training import Done
    from gamesolve.train.loop import Heard
    from gamesolve.views.problem import Problem

#: Mean, standard deviation and standard error of a role's returns.
Returns = dict[str, dict[str, float | None]]


@dataclass(frozen=True)
class Trained:
    """What `train` found.

    Attributes:
        game: name and parameters.
        role, against, learner: as asked.
        policy: the best response among all candidates; chosen: which that is, in words.
        returns: by role, on fresh episodes against the opponents as a mixture.
        each: the same against every single opponent, by its words; empty where there is one.
        exact_return: of the role against the mixture, where its response was computed exactly; else None.
        decisions: made by all agents while learning.
        trainings: what each training came to.
        tried: how every candidate did on the validation episodes.
        notes: what went wrong and was survived, a sentence each.
        seconds: wall time of this call.
        stopped: `budget`, or `patience` where every training ended so; `done` without one; `time` or `interrupt`.
        run: the run folder, or None.
    """

    game: str
    role: str
    against: tuple[str, ...]
    learner: str
    policy: Any
    chosen: str
    returns: Returns
    each: dict[str, Returns]
    exact_return: Bound | None
    decisions: int
    trainings: tuple[Done, ...]
    tried: tuple[Tried, ...]
    notes: tuple[str, ...]
    seconds: float
    stopped: str
    run: Path | None


def train(
    game: Any,
    role: str,
    against: Any,
    *,
    learner: str = "ppo",
    settings: dict[str, Any] | None = None,
    budget: int = 1_000_000,
    seeds: int = 1,
    known: Sequence[Any] = (),
    scripted: bool = True,
    patience: int = 5,
    validation: int = 1_000,
    episodes: int = 10_000,
    seed: int = 0,
    device: str = "cpu",
    memory: int | None = None,
    time_limit: float | None = None,
    out: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    heard: Heard | None = None,
) -> Trained:
    """Learn a best response of a role, and say what it earns.

    The answer is the best of the policies learnt (every tenth of the budget, as they draw and greedy), the
    game's scripted ones and those `known`; it is chosen on validation episodes and measured on fresh ones.

    Args:
        game: a `Game`, a `pyspiel.Game` of two players, or a `Problem`.
        role: whose response.
        against: a policy of the other role or words that name one (a scripted policy, a run folder, a saved
            policy), or a list of them, of which one is drawn for every episode, each as likely as the others.
        learner: `ppo`, `dqn`, `tabular`, or `exact` (computed, where the tree fits).
        settings: of the learner, what shall be other than by default.
        budget: decisions of each training.
        seeds: trainings from fresh weights. Networks among `known` that fit are starts of further ones.
        known: policies of the role that are known already, or words that name them.
        scripted: whether the game's own policies are candidates too; without them the answer is learnt, or one of `known`.
        patience: a training ends after so many tenths of its budget without growth.
        validation, episodes: on how many episodes candidates are tried, and on how many fresh ones the best is measured.
        seed: of everything that is drawn.
        device: `cpu` or `cuda`.
        memory: bytes that a tree may take, for `exact`.
        time_limit: seconds of learning; what has been learnt by then is tried and measured.
        out: a new run folder, from which `resume` can go on after a kill; none is made unless given.
        progress: called at every step; stop: asked at every step.
        heard: called with the training's name and the `LearnerStep`, at every step of a learner.

    Raises:
        GamesolveError: an argument is out of range; a policy is unknown, damaged or for another game or role; an opponent has failed;
            for `exact`, the tree does not fit or the role is a team; or `out` cannot be written or is taken.
        UnfinishedError: `stop` asked to stop while candidates were tried, or time or the user ended an `exact` computation.
    """
    from gamesolve.views.problem import problem_of

    problem = problem_of(game)
    opponents = list(against) if isinstance(against, (list, tuple)) else [against]
    ask = Ask(
        role, _called(opponents), learner, dict(settings or {}), budget, seeds, _called(known), patience, validation,
        episodes, seed, device, memory, scripted,
    ).checked(problem.roles)  # fmt: skip
    parties = folders.Parties.of(problem, role, opponents, known)
    watch = Watch(0.0, time_limit=time_limit, progress=progress, stop=stop)
    if out is None:
        return _trained(problem, ask, parties, watch, None, heard)
    with folders.create(Path(out), problem, ask, parties) as run:
        return _trained(problem, ask, parties, watch, run, heard)


def resume(
    folder: str | Path,
    *,
    time_limit: float | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Callable[[], bool] | None = None,
    heard: Heard | None = None,
) -> Trained:
    """Go on with a run of `train` that was killed, interrupted or stopped by time; its files end as if it never had been.

    Args:
        folder: of the run.
        time_limit, progress, stop, heard: as for `train`.

    Raises:
        GamesolveError: there is no run of `train`, another process works on it, it is damaged beyond its checkpoints, or the
            game is not what it was when the run began.
    """
    from gamesolve.views.problem import run_problem

    problem = run_problem(Path(folder))
    ask = folders.read_ask(Path(folder)).checked(problem.roles)
    with runs.Run.open(Path(folder)) as run:
        runs.check_provenance(run, game=problem.name, fingerprint=problem.fingerprint, seed=ask.seed)
        parties = folders.read_parties(run.folder, problem, ask)
        return _trained(problem, ask, parties, Watch(0.0, time_limit=time_limit, progress=progress, stop=stop), run, heard)


def _unlearnt(done: Sequence[Done], stopped: str) -> tuple[str, ...]:
    """A sentence where learning was broken off before it had begun."""
    if not stopped or any(one.decisions for one in done):
        return ()
    reason = "the time limit, which counts compiling too, came first" if stopped == TIME else "it was interrupted first"
    return (f"nothing was learnt: {reason}",)


def _called(policies: Sequence[Any]) -> tuple[str, ...]:
    """What a user wrote for each policy, or what it is called; namesakes that are objects are numbered."""
    words = [str(one) if isinstance(one, (str, Path)) else str(getattr(one, "name", type(one).__name__)) for one in policies]
    named = []
    for k, (one, word) in enumerate(zip(policies, words, strict=True)):
        alone = isinstance(one, (str, Path)) or words.count(word) == 1
        named.append(word if alone else f"{word} {1 + words[:k].count(word)}")
    return tuple(named)


def _trained(problem: Problem, ask: Ask, parties: folders.Parties, watch: Watch, run: runs.Run | None, heard: Heard | None) -> Trained:
    from gamesolve.train.choice import choose, measure
    from gamesolve.train.units import units_of

    done: list[Done] = []
    unfit: list[str] = []
    stopped, exact, exact_return = "", None, None
    if ask.learner == EXACT:
        from gamesolve.train.exact import exact_response

        exact, exact_return = exact_response(problem, ask, parties.opponent, watch)
    else:
        from gamesolve.train.log import Shelf
        from gamesolve.train.loop import work

        units, unfit = units_of(problem.playable, ask, parties)
        done, stopped = work(units, watch, patience=ask.patience, shelf=Shelf(run.folder / runs.TRAININGS if run else None), heard=heard)

    def pause() -> None:
        watch.say("episodes")
        # Who stopped the learning wants to have what was learnt; who stops now does not.
        if stopped != INTERRUPT and watch.stop is not None and watch.stop():
            raise UnfinishedError("the user stopped before the candidates were tried")

    pause()
    choice = choose(problem.playable, ask, parties, done, exact=exact, pause=pause)
    measured = measure(problem.playable, ask, parties, choice.policy, pause=pause)
    found = Trained(
        game=problem.title,
        role=ask.role,
        against=ask.against,
        learner=ask.learner,
        policy=choice.policy,
        chosen=choice.name,
        returns=measured.returns,
        each=measured.each,
        exact_return=exact_return,
        decisions=sum(one.decisions for one in done),
        trainings=tuple(done),
        tried=choice.tried,
        notes=(*_unlearnt(done, stopped), *unfit, *choice.notes),
        seconds=watch.seconds(),
        stopped=stopped or folders.ended(done),
        run=run.folder if run else None,
    )
    if run:
        watch.say("write")
        folders.write(run, problem, ask, found, measured)
    return replace(found, seconds=watch.seconds())
