"""What a run of `train` has on disk: the question with all its policies, and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError
from gamesolve.base.provenance import provenance
from gamesolve.base.runs import PARTIES, RESULT, Run, read_config, write_timings
from gamesolve.train.ask import EXACT, Ask

if TYPE_CHECKING:
    from gamesolve.learners.training import Done
    from gamesolve.train.choice import Measured
    from gamesolve.train.response import Trained
    from gamesolve.views.problem import Problem

SCHEMA = "gamesolve.training/1"


@dataclass(frozen=True)
class Parties:
    """The policies that a question names.

    Attributes:
        opponents: one for each word of `Ask.against`; opponent: all of them, as one policy.
        known: one for each word of `Ask.known`.
    """

    opponents: tuple[Any, ...]
    opponent: Any
    known: tuple[Any, ...]

    @classmethod
    def of(cls, problem: Problem, role: str, against: Sequence[Any], known: Sequence[Any]) -> Parties:
        """The policies themselves; raises GamesolveError where one is unknown, damaged or for another game or role."""
        if role not in problem.roles:
            raise GamesolveError(f"role {role!r} is unknown; it is {' or '.join(problem.roles)}")
        if not against:
            raise GamesolveError("nobody to train against was given; name a policy of the other role")
        other = problem.roles[1 - problem.roles.index(role)]
        return cls.together([_resolved(problem, one, other) for one in against], [_resolved(problem, one, role) for one in known])

    @classmethod
    def together(cls, opponents: Sequence[Any], known: Sequence[Any]) -> Parties:
        """Opponents of whom one is drawn for every episode, each as likely as the others."""
        return cls(tuple(opponents), opponents[0] if len(opponents) == 1 else _mixed(opponents), tuple(known))


def _resolved(problem: Problem, policy: Any, role: str) -> Any:
    from gamesolve.evaluate.resolve import resolve

    found = resolve(problem, str(policy) if isinstance(policy, Path) else policy, role)[role]
    if hasattr(found, "acting"):
        return found
    from gamesolve.policies.openspiel_asked import followable

    return followable(found, problem.playable, role)


def _mixed(opponents: Sequence[Any]) -> Any:
    """The mixture of opponents, of which some may be mixtures."""
    import numpy as np

    from gamesolve.policies.mixture import Mixture

    share, policies, weights = 1.0 / len(opponents), list[Any](), list[float]()
    for one in opponents:
        mixture = isinstance(one, Mixture)
        policies += one.policies if mixture else [one]
        weights += [share * weight for weight in one.weights] if mixture else [share]
    return Mixture(tuple(policies), np.array(weights) / sum(weights))


def create(folder: Path, problem: Problem, ask: Ask, parties: Parties) -> Run:
    """A new run folder that says what was asked and holds every policy named, so that it can go on wherever those have gone."""
    if not problem.loadable:
        raise GamesolveError("a run folder needs a game that can be loaded again by its name; leave 'out' away")
    config = {"job": "train", "game": problem.name, "parameters": problem.parameters, **asdict(ask)}
    run = Run.create(folder, config, provenance(seed=ask.seed, fingerprint=problem.fingerprint))
    try:
        from gamesolve.policies.files import save_policy

        for name, policy in _named(parties).items():
            save_policy(policy, folder / PARTIES / name)
    except BaseException as error:
        run.__exit__(type(error), error, error.__traceback__)
        raise
    return run


def read_ask(folder: Path) -> Ask:
    """The question of a run; raises GamesolveError where its configuration is damaged or asks something else."""
    config = read_config(folder)
    if config.get("job") != "train":
        raise GamesolveError(f"{str(folder)!r} is a run of {config.get('job')!r}, not of 'train'")
    try:
        given = {name: config[name] for name in Ask.__dataclass_fields__}
        return Ask(**{**given, "against": tuple(given["against"]), "known": tuple(given["known"])})
    except (KeyError, TypeError) as error:
        raise GamesolveError(f"the configuration of the run {str(folder)!r} is damaged: {error!r}") from error


def read_parties(folder: Path, problem: Problem, ask: Ask) -> Parties:
    """The policies that a run holds; those that a kill kept from being written are looked up again."""
    from gamesolve.policies.files import CARD, load_policy

    def read(kind: str, number: int, words: str, role: str) -> Any:
        path = folder / PARTIES / f"{kind}-{number}"
        return load_policy(path) if (path / CARD).is_file() else _resolved(problem, words, role)

    other = problem.roles[1 - problem.roles.index(ask.role)]
    opponents = [read("opponent", k, words, other) for k, words in enumerate(ask.against)]
    return Parties.together(opponents, [read("known", k, words, ask.role) for k, words in enumerate(ask.known)])


def _named(parties: Parties) -> dict[str, Any]:
    named = {f"opponent-{k}": policy for k, policy in enumerate(parties.opponents)}
    return {**named, **{f"known-{k}": policy for k, policy in enumerate(parties.known)}}


def ended(done: Sequence[Done]) -> str:
    """Why a run in which every training has ended is over."""
    if not done:
        return "done"
    return "patience" if all(one.over == "patience" for one in done) else "budget"


def write(run: Run, problem: Problem, ask: Ask, found: Trained, measured: Measured) -> None:
    """The policy, tables, telling episodes, and last the result: with it a run is complete."""
    from gamesolve.evaluate.episodes import write_episodes
    from gamesolve.learners.training import Mark
    from gamesolve.policies.files import save_policy

    about = {"training": _training(ask, found), "evaluation": {"returns": found.returns, "episodes": ask.episodes, "seed": ask.seed}}
    save_policy(found.policy, run.folder / "policies" / ask.role, about=about)
    tables = run.folder / "tables"
    files.make_folder(tables)
    curve = [(one.unit.name, *asdict(mark).values()) for one in found.trainings for mark in one.marks]
    files.write_csv(tables / "learning_curve.csv", ("training", *Mark.__dataclass_fields__), curve)
    tried = [(one.candidate.name, None if one.failed else one.mean, None if one.failed else one.standard_error) for one in found.tried]
    files.write_csv(tables / "candidates.csv", ("candidate", "mean", "standard_error"), tried)
    write_episodes(run, problem, measured.acting, measured.episodes, seed=measured.seed, role=ask.role, shows=ask.role)
    write_timings(run, seconds=found.seconds, decisions=found.decisions, stopped=found.stopped)
    files.write_json(run.folder / RESULT, result(problem, found))


def _training(ask: Ask, found: Trained) -> dict[str, Any]:
    """What a card says of how a policy was found."""
    facts = {"against": list(ask.against), "learner": ask.learner, "chosen": found.chosen, "decisions": found.decisions, "seed": ask.seed}
    return facts if ask.learner == EXACT else {**facts, "budget": ask.budget, "seeds": ask.seeds, "settings": ask.settings}


def _best_learnt(found: Trained) -> dict[str, Any] | None:
    """The best of the policies that were learnt, by its validation episodes; None where there is none."""
    learnt = [one for one in found.tried if one.candidate.learner and not one.failed]
    if not learnt:
        return None
    best = max(learnt, key=lambda one: one.mean)
    return {"name": best.candidate.name, "mean": best.mean, "standard_error": best.standard_error}


def result(problem: Problem, found: Trained) -> dict[str, Any]:
    """The answer as plain data."""
    return {
        "schema": SCHEMA,
        "game": problem.name,
        "parameters": problem.parameters,
        "role": found.role,
        "against": list(found.against),
        "learner": found.learner,
        "decisions": found.decisions,
        "returns": found.returns,
        "exact_return": None if found.exact_return is None else found.exact_return.as_json(),
        "each": found.each,
        "chosen": found.chosen,
        "best_learnt": _best_learnt(found),
        "notes": list(found.notes),
        "stopped": found.stopped,
    }
