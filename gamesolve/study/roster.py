"""The roster of a study: every policy that its file names, looked up; and whether the file makes sense with this game.

Attackers are in tiers from here on. Training is handed those that are seen, and has no way to the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamesolve.base.errors import GamesolveError, unknown_name
from gamesolve.base.files import is_there
from gamesolve.evaluate.resolve import as_played, resolve
from gamesolve.learners.registry import LEARNERS, learner_type, make_learner
from gamesolve.learners.self_play import DEFAULTS
from gamesolve.learners.settings import PPOSettings, choose_settings
from gamesolve.learners.task import Task
from gamesolve.policies.files import about_of, policy_digest
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.trained import carried_over, trained_names
from gamesolve.psro.plan import ANYTIME
from gamesolve.psro.settings import PSROSettings, plan_of
from gamesolve.rules.game import Game
from gamesolve.rules.scripted import RANDOM
from gamesolve.study.file import (
    ADAPTIVE,
    HELD_OUT,
    NEW_FAMILY,
    PSRO,
    SAME_FAMILY,
    SEEN,
    SELF_PLAY,
    TRAIN,
    AdaptivePart,
    PolicyPart,
    StudyFile,
    family,
    settings_words,
)
from gamesolve.views.problem import Problem, load_problem

#: Settings of PSRO that follow from the budget.
SHARED_OUT = (
    "oracles", "budget", "total", "seeds", "entry", "rounds", "validation", "episodes", "snapshots", "meta_solver", "self_play", "device",
    "patience",
)  # fmt: skip
DEFENDER, ATTACKER = "defender", "attacker"
#: Key under which the card of a policy that a study keeps says how its file called it.
CALLED = "called"


@dataclass(frozen=True, eq=False)
class Fixed:
    """A policy that is there before the study begins.

    Attributes:
        name: in the study's tables.
        tier: of an attacker; empty of a defender.
        group: the name in the file; of a family, that of all its members.
        words: the policy as a user would write it.
        policy: itself; digest: of what it is, whatever is told about it.
        scripted: whether the game brings it under these words, scripted or trained.
    """

    name: str
    tier: str
    group: str
    words: str
    policy: Any
    digest: str
    scripted: bool


@dataclass(frozen=True, eq=False)
class Roster:
    """Who is in a study.

    Attributes:
        problem: the game; variants: the game with other parameters, by name.
        attackers: of all tiers but `adaptive`; adaptive: those.
        fixed: defenders that are there already, by name; methods: those that are trained, with their tables.
    """

    study: StudyFile
    problem: Problem
    variants: dict[str, Problem]
    attackers: tuple[Fixed, ...]
    adaptive: dict[str, AdaptivePart]
    fixed: dict[str, Fixed]
    methods: dict[str, Any]

    def tier(self, *tiers: str) -> tuple[Fixed, ...]:
        """The attackers of these tiers."""
        return tuple(one for one in self.attackers if one.tier in tiers)

    @property
    def game(self) -> Game:
        """The game in which everybody is trained."""
        return self.problem.game  # type: ignore[no-any-return]

    def trained_against(self, method: Any) -> tuple[Fixed, ...]:
        """The attackers that a method may train against: seen ones, of which its table may name some."""
        seen = self.tier(SEEN)
        if method.method == TRAIN and method.against != SEEN:
            named = (method.against,) if isinstance(method.against, str) else method.against
            return tuple(one for one in seen if one.name in named or one.group in named)
        if method.method == TRAIN or (method.method == PSRO and method.begin_with_seen):
            return seen
        return ()


def roster_of(study: StudyFile, base: Path) -> Roster:
    """Everybody whom a study names.

    Args:
        base: folder from which paths of saved policies are read.

    Raises:
        GamesolveError: the game, a policy, a learner or a setting is unknown or refused; two attackers are one; a held-out family is a
            seen one or the other way round; or the baseline is no defender of the study.
    """
    problem = _problem(study, {})
    variants = {name: _variant(study, name, problem) for name in study.variants}
    attackers = [
        one
        for tier in (SEEN, *HELD_OUT)
        for name, part in getattr(study.attackers, tier).items()
        for one in _family(problem, base, f"[attackers.{tier}] {name}", name, part, (tier, ATTACKER))
    ]
    if not any(one.tier == SEEN for one in attackers):
        raise GamesolveError("[attackers.seen] is empty; at least one attacker is seen in training")
    _refuse_one_twice(attackers)
    fixed, methods = dict[str, Fixed](), dict[str, Any]()
    for name, part in study.defenders.items():
        if isinstance(part, PolicyPart):
            (fixed[name], *more) = _family(problem, base, f"[defenders.{name}]", name, part, ("", DEFENDER))
            if more:
                raise GamesolveError(f"[defenders.{name}] is a family of {1 + len(more)}; a defender is one policy, so give each a table")
        else:
            methods[name] = part
    if study.report.baseline not in study.defenders:
        raise unknown_name("baseline of [report]", study.report.baseline, list(study.defenders))
    roster = Roster(study, problem, variants, tuple(attackers), dict(study.attackers.adaptive), fixed, methods)
    for name, part in methods.items():
        _check_method(roster, f"[defenders.{name}]", part)
    for name, settings in study.learners.items():
        try:
            _check_learner(name, settings)
        except GamesolveError as error:
            raise GamesolveError(f"[learners]: {error}") from error
    for name, one in roster.adaptive.items():
        _check_adaptive(f"[attackers.{ADAPTIVE}] {name}", one)
    for name, variant in variants.items():
        for own in (*attackers, *fixed.values()):
            _check_carried(name, own.name, own.policy, variant)
        for own_name, learner, settings in _networks(methods):
            _check_carried(name, own_name, _untrained(roster, learner, settings), variant)
    return roster


def _variant(study: StudyFile, name: str, problem: Problem) -> Problem:
    try:
        found = _problem(study, study.variants[name].parameters)
        if found.parameters == problem.parameters:
            raise GamesolveError(f"it changes nothing: {found.title} is the game itself")
    except GamesolveError as error:
        raise GamesolveError(f"[variants.{name}]: {str(error).removeprefix('[game]: ')}") from error
    return found


def _problem(study: StudyFile, changed: dict[str, Any]) -> Problem:
    found = load_problem(study.game.name, {**study.game.parameters, **changed})
    if not isinstance(found.game, Game) or found.game.horizon is None:
        what = "has no end here" if isinstance(found.game, Game) else "is not one of gamesolve's own"
        raise GamesolveError(f"[game]: {found.title} {what}; studies are of gamesolve's games with a horizon")
    return found


def _family(problem: Problem, base: Path, what: str, name: str, part: PolicyPart, place: tuple[str, str]) -> list[Fixed]:
    tier, role = place
    if ":" in part.policy:
        raise GamesolveError(f"{what}: policy = {part.policy!r} is refused: settings are keys of their own, such as period = 3")
    found, choices = [], family(what, part.settings)
    for settings in choices:
        words = part.policy if not settings else f"{part.policy}:{settings_words(settings)}"
        # A name of the game's is never a path, and a path is read from where the file lies.
        path, saved = base / part.policy, part.policy not in _names(problem, role)
        policy_words = str(path) if saved else words
        if saved and not is_there(path) and (settings or not {"/", "."} & set(part.policy)):
            raise unknown_name(f"policy of {what}", part.policy, sorted(_names(problem, role)))
        if saved and settings:
            raise GamesolveError(f"{what}: {part.policy!r} is a saved policy, which has no settings such as {next(iter(settings))!r}")
        try:
            policy = as_played(problem, resolve(problem, policy_words, role)[role], role)
        except GamesolveError as error:
            raise GamesolveError(f"{what}: {error}") from error
        # What a run has kept says how it was called.
        words = str((about_of(policy) or {}).get(CALLED, words)) if saved else words
        own = name if len(choices) == 1 else f"{name} ({settings_words(settings)})"
        found.append(Fixed(own, tier, name, words, policy, policy_digest(policy), not saved))
    return found


def _names(problem: Problem, role: str) -> set[str]:
    """Of the policies that the game brings."""
    game = problem.game
    scripted = {one.name for one in (*RANDOM, *game.policies) if one.role == role}
    return scripted | set(trained_names(game, role))


def _refuse_one_twice(attackers: list[Fixed]) -> None:
    """Two attackers that are one, and families that are held out in name only."""
    for n, one in enumerate(attackers):
        for other in attackers[:n]:
            if one.name == other.name:
                raise GamesolveError(f"two attackers are called {one.name!r}, one {other.tier} and one {one.tier}; names differ")
            if one.digest == other.digest:
                raise GamesolveError(
                    f"attackers {other.name!r} ({other.tier}) and {one.name!r} ({one.tier}) are the same policy, {one.words}; "
                    "an attacker stands in one tier, once"
                )
    seen = {_kind(one) for one in attackers if one.tier == SEEN}
    for one in attackers:
        if one.tier in HELD_OUT and (_kind(one) in seen) != (one.tier == SAME_FAMILY):
            right, why = (
                (NEW_FAMILY, "is no policy that is seen") if one.tier == SAME_FAMILY
                else (SAME_FAMILY, "is a policy that is seen with other parameters")
            )  # fmt: skip
            raise GamesolveError(f"[attackers.{one.tier}] {one.group}: {_kind(one)!r} {why}, so it belongs into [attackers.{right}]")


def _kind(one: Fixed) -> str:
    """What a policy is but for its parameters: the name of a scripted one, also of one that was saved."""
    return one.policy.scripted.name if isinstance(one.policy, ScriptedPolicy) else one.words


def _check_method(roster: Roster, what: str, part: Any) -> None:
    """Names and settings of a method; raises GamesolveError."""
    try:
        if part.method == TRAIN:
            _check_learner(part.learner, part.settings)
            if part.learner == "tabular" and roster.variants:
                raise GamesolveError("tables are bound to the game for which they were learnt, and [variants] are others; take ppo or dqn")
            if part.against != SEEN:
                known = sorted({name for one in roster.tier(SEEN) for name in (one.name, one.group)})
                held_out = {name for one in roster.tier(*HELD_OUT) for name in (one.name, one.group, one.tier)}
                for name in (part.against,) if isinstance(part.against, str) else part.against:
                    if name in held_out:
                        raise GamesolveError(f"{name!r} is held out of training; against is 'seen', or names of seen attackers")
                    if name not in known:
                        raise unknown_name("seen attacker", name, [SEEN, *known])
            if not roster.trained_against(part):
                raise GamesolveError("it trains against nobody; against = 'seen' means all that are seen")
        elif part.method in SELF_PLAY:
            choose_settings(PPOSettings, {**DEFAULTS[part.method], **part.settings}, part.method)
        else:
            for key in part.settings:
                if key not in PSROSettings.model_fields or key in SHARED_OUT:
                    raise unknown_name(
                        "setting of psro in a study", key, [one for one in PSROSettings.model_fields if one not in SHARED_OUT]
                    )
            if part.meta_solver == ANYTIME:
                raise GamesolveError("meta_solver 'anytime' trains as long as its mixtures adapt, which no budget counts; take another")
            if not part.oracles:
                raise GamesolveError("nobody looks for responses: oracle = [] is empty")
            if "tabular" in part.oracles and roster.variants:
                raise GamesolveError("tables are bound to the game for which they were learnt, and [variants] are others; take ppo or dqn")
            for name in part.oracles:
                if name not in LEARNERS:
                    raise unknown_name("oracle of a study", name, list(LEARNERS))
            plan_of({**part.settings, "oracles": list(part.oracles), "meta_solver": part.meta_solver}, 0)
    except GamesolveError as error:
        raise GamesolveError(f"{what}: {error}") from error


def _check_adaptive(what: str, one: AdaptivePart) -> None:
    try:
        if not one.learners:
            raise GamesolveError("nobody learns: learner = [] is empty")
        if len(set(one.learners)) < len(one.learners):
            raise GamesolveError(f"learner = {list(one.learners)} names one twice; for more trainings of it raise 'seeds'")
        for name in one.learners:
            _check_learner(name, one.settings.get(name, {}))
        for name in one.settings:
            if name not in one.learners:
                raise unknown_name("learner whose settings are given", name, list(one.learners))
    except GamesolveError as error:
        raise GamesolveError(f"{what}: {error}") from error


def _check_learner(name: str, settings: dict[str, Any]) -> None:
    choose_settings(learner_type(name).settings, settings, name)


def _check_carried(name: str, own: str, policy: Any, variant: Problem) -> None:
    try:
        carried_over(policy, variant.game)
    except GamesolveError as error:
        raise GamesolveError(f"[variants.{name}]: {own!r} cannot play there: {error}") from error


def _networks(methods: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Names of methods with the learners of their defenders' networks and these learners' settings."""
    for name, part in methods.items():
        if part.method == TRAIN:
            yield name, part.learner, part.settings
        elif part.method in SELF_PLAY:
            yield name, "ppo", {**DEFAULTS[part.method], **part.settings}
        else:
            yield from ((name, oracle, part.settings.get(oracle, {})) for oracle in part.oracles)


def _untrained(roster: Roster, learner: str, settings: dict[str, Any]) -> Any:
    """A defender's network before its first decision: what it is fed is what it will be fed."""
    task = Task.against(roster.game, DEFENDER, roster.tier(SEEN)[0].policy)
    return make_learner(learner, task, budget=roster.study.budget.decisions, settings=settings).policy()
