"""A study file: the whole question, written down before anything is computed.

It is TOML: the game, attackers in tiers, defenders, the budget that every method has, and how the answer is reported. Every key is known,
with its meaning; `schema` is what editors take, and `gamesolve new study` writes a commented file to begin with.
"""

from __future__ import annotations

import itertools
import json
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictStr, ValidationError

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError, quoted, unknown_name
from gamesolve.rules.refusal import reason

#: Tiers of attackers: trained against; the same policies with other parameters; others; best responses to each defender.
SEEN, SAME_FAMILY, NEW_FAMILY, ADAPTIVE = "seen", "same_family", "new_family", "adaptive"
HELD_OUT = (SAME_FAMILY, NEW_FAMILY)
#: What makes a defender.
TRAIN, PSRO, SELF_PLAY = "train", "psro", ("ppo", "mmd")
#: Attackers of one family at most; numbers of a range lie between minus this and this.
MOST, BOUND = 1_000, 1e15

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,60}$")]
Count = Annotated[int, Field(strict=True, ge=1)]


class Part(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class GamePart(Part):
    """`[game]`: what is played."""

    name: StrictStr = Field(description="as 'gamesolve games' lists it")
    parameters: dict[str, Any] = Field(default_factory=dict, description="those that differ from the defaults")


class PolicyPart(BaseModel):
    """A policy that is there already; further keys are its own settings, a list or {from, to, step} makes a family."""

    model_config = ConfigDict(frozen=True, extra="allow")
    policy: StrictStr = Field(description="one that comes with the game, a saved policy or a run folder (from where the file lies)")

    @property
    def settings(self) -> dict[str, Any]:
        """The policy's own."""
        return dict(self.model_extra or {})


class AdaptivePart(Part):
    """An attacker that is trained against each frozen defender, and never shown to training."""

    learner: tuple[StrictStr, ...] | StrictStr = Field(default=("ppo", "dqn"), description="who learns; two families or more show more")
    budget: Annotated[int, Field(strict=True, ge=1_000, le=10**12)] = Field(
        default=1_000_000, description="decisions of each training, whose last rollout is played to its end"
    )
    seeds: Count = Field(default=1, le=100, description="trainings of each learner")
    validation: Annotated[int, Field(strict=True, ge=2, le=10**8)] = Field(
        default=1_000, description="episodes on which candidates are compared, and as many fresh ones for each point of the curve"
    )
    settings: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="of each learner by its name, as 'gamesolve new settings'"
    )

    @property
    def learners(self) -> tuple[str, ...]:
        """By name."""
        return (self.learner,) if isinstance(self.learner, str) else self.learner


class AttackersPart(Part):
    """`[attackers]`: in tiers, which are assigned before any training."""

    seen: dict[Name, PolicyPart] = Field(description="training may use these")
    same_family: dict[Name, PolicyPart] = Field(default_factory=dict, description="the same policies with parameters never seen")
    new_family: dict[Name, PolicyPart] = Field(default_factory=dict, description="policies never seen")
    adaptive: dict[Name, AdaptivePart] = Field(default_factory=dict, description="best responses to each defender")


class TrainPart(Part):
    """A best response to attackers that were seen, each as likely as the others."""

    method: Literal["train"]
    against: tuple[StrictStr, ...] | StrictStr = Field(default=SEEN, description="'seen', or names of seen attackers or families")
    learner: StrictStr = Field(default="ppo", description="ppo, dqn or tabular")
    settings: dict[str, Any] = Field(default_factory=dict, description="of the learner, as 'gamesolve new settings'")


class SelfPlayPart(Part):
    """Both roles learn against each other, regularised (mmd) or not (ppo)."""

    method: Literal["ppo", "mmd"]
    settings: dict[str, Any] = Field(default_factory=dict, description="of PPO, as 'gamesolve new settings'")


class PSROPart(Part):
    """Policy-space response oracles."""

    method: Literal["psro"]
    meta_solver: StrictStr = Field(default="nash", description="how populations are mixed")
    oracle: tuple[StrictStr, ...] | StrictStr = Field(
        default="ppo", description="who looks for responses; the game's scripted policies do not, as some are held out"
    )
    iterations: Annotated[int, Field(strict=True, ge=2, le=1_000)] = Field(default=8, description="among which the budget is shared")
    begin_with_seen: StrictBool = Field(default=False, description="whether the attackers' population begins with those that are seen")
    settings: dict[str, Any] = Field(default_factory=dict, description="of psro, but for budgets, as 'gamesolve new settings'")

    @property
    def oracles(self) -> tuple[str, ...]:
        """By name."""
        return (self.oracle,) if isinstance(self.oracle, str) else self.oracle


class VariantPart(Part):
    """`[variants.NAME]`: the game with other parameters, in which nobody is trained: unseen networks, other noise."""

    parameters: dict[str, Any] = Field(description="those that differ from [game]")


class BudgetPart(Part):
    """`[budget]`: the same for every method."""

    decisions: Count = Field(le=10**13, description="per method and seed: every simulated decision of both roles counts")
    seeds: Count = Field(default=10, le=1_000, description="training runs of each method; claims need ten, fewer are a preview")
    evaluation_episodes: Annotated[int, Field(strict=True, ge=10, le=10**8)] = Field(default=2_000, description="of every pair, twice over")


class ReportPart(Part):
    """`[report]`: declared before anything is known."""

    baseline: StrictStr = Field(description="the defender with which all others are compared")
    confidence: Annotated[StrictFloat, Field(gt=0.0, lt=1.0)] = Field(default=0.95, description="of every interval")
    exact: StrictBool = Field(default=True, description="whether a game whose tree fits is solved, and worst cases are exact there")
    cvar: tuple[Annotated[StrictFloat, Field(gt=0.0, le=1.0)], ...] = Field(default=(0.1, 0.25), description="shares of worst episodes")


DefenderPart = PolicyPart | TrainPart | SelfPlayPart | PSROPart
#: By what a defender's table says of its method; None where it names a policy.
KINDS: dict[str | None, type[BaseModel]] = {
    None: PolicyPart, TRAIN: TrainPart, PSRO: PSROPart, **dict.fromkeys(SELF_PLAY, SelfPlayPart),
}  # fmt: skip


class StudyFile(Part):
    """A study."""

    title: StrictStr = Field(description="the question")
    game: GamePart
    attackers: AttackersPart
    defenders: dict[Name, DefenderPart] = Field(min_length=1, description="who is compared")
    budget: BudgetPart
    report: ReportPart = Field(description="a table with the key baseline at least")
    variants: dict[Name, VariantPart] = Field(default_factory=dict, description="the game with other parameters, held out of training")
    learners: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="settings of each wherever it looks for a response: in train and psro, as a specialist, as an adaptive attacker",
    )
    seed: Annotated[int, Field(strict=True, ge=0, lt=2**63)] = Field(default=0, description="of all that is drawn")


def read_study(path: Path) -> StudyFile:
    """The study that a file describes; what it names is not looked up yet.

    Raises:
        GamesolveError: the file cannot be read, or a key or value of it is refused; the message quotes it and says what is allowed.
    """
    text = files.read_bytes(path)
    try:
        found = tomllib.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise GamesolveError(f"{str(path)!r} is not valid TOML: {' '.join(str(error).split())}") from error
    return study_of(found)


def study_of(given: dict[str, Any]) -> StudyFile:
    """The study that plain data describe; raises GamesolveError as `read_study`."""
    if not isinstance(given, dict):
        raise GamesolveError(f"a study is a table; this is {quoted(given)}")
    _known(given, StudyFile, "a study")
    tables: dict[str, Any] = dict(given)
    for key, model in (("game", GamePart), ("budget", BudgetPart), ("report", ReportPart)):
        if key in given:
            tables[key] = part(f"[{key}]", model, given[key])
    if "attackers" in given:
        tables["attackers"] = _attackers(_table("[attackers]", given["attackers"]))
    for key in ("defenders", "variants"):
        if key in given:
            model_of = _defender if key == "defenders" else lambda what, one: part(what, VariantPart, one)
            tables[key] = {name: model_of(f"[{key}.{name}]", one) for name, one in _named(f"[{key}]", given[key]).items()}
    return _with_learners(part("a study", StudyFile, tables))


def _with_learners(study: StudyFile) -> StudyFile:
    """The study with what it says of learners said wherever they learn; what is said there already wins."""
    own = study.learners

    def settled(one: Any) -> Any:
        if isinstance(one, TrainPart):
            return one.model_copy(update={"settings": {**own.get(one.learner, {}), **one.settings}})
        names = one.oracles if isinstance(one, PSROPart) else one.learners if isinstance(one, AdaptivePart) else ()
        said = {name: {**own[name], **one.settings.get(name, {})} for name in names if name in own and isinstance(own[name], dict)}
        return one.model_copy(update={"settings": {**one.settings, **said}}) if said else one

    adaptive = {name: settled(one) for name, one in study.attackers.adaptive.items()}
    defenders = {name: settled(one) for name, one in study.defenders.items()}
    return study.model_copy(update={"attackers": study.attackers.model_copy(update={ADAPTIVE: adaptive}), "defenders": defenders})


def part(what: str, model: type[Any], given: Any) -> Any:
    """A table as its model; raises GamesolveError that names the table, the key and what is allowed."""
    table = _table(what, given)
    if model.model_config["extra"] == "forbid":
        _known(table, model, what)
    try:
        return model(**table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "its keys"
        if first["type"] == "missing":
            raise GamesolveError(f"{what} lacks {key}: {model.model_fields[key].description or 'a table of its own'}") from None
        raise GamesolveError(f"{what}: {key} = {quoted(first['input'])} is refused: {reason(model, first)}") from None


def schema() -> dict[str, Any]:
    """The JSON schema of study files, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **StudyFile.model_json_schema()}


def family(what: str, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Every choice of settings of which some are lists or ranges, in order.

    Raises:
        GamesolveError: a range is none, a list is empty, or there are more than `MOST`.
    """
    choices = {key: _choices(f"{what}: {key}", value) for key, value in settings.items()}
    count = 1
    for one in choices.values():
        count *= len(one)
    if count > MOST:
        raise GamesolveError(f"{what} is a family of {count:,}; at most {MOST:,} are allowed")
    return [dict(zip(choices, chosen, strict=True)) for chosen in itertools.product(*choices.values())]


def settings_words(settings: dict[str, Any]) -> str:
    """Settings as they stand after a policy's name: `period=2,rate=0.3`."""
    return ",".join(f"{key}={json.dumps(value)}" for key, value in settings.items())


def _choices(what: str, value: Any) -> list[Any]:
    if isinstance(value, list):
        if not value:
            raise GamesolveError(f"{what} = [] is refused: a family has at least one member")
        return value
    if not isinstance(value, dict):
        return [value]
    if sorted(value) not in (["from", "step", "to"], ["from", "to"]):
        raise GamesolveError(f"{what} = {quoted(value)} is refused: a range has from, to and step, and nothing else")
    first, last, step = value["from"], value["to"], value.get("step", 1)
    numbers = all(isinstance(one, (int, float)) and not isinstance(one, bool) for one in (first, last, step))
    if (
        not numbers
        or not all(-BOUND < one < BOUND for one in (first, last, step))
        or not step > 0
        or not first <= last
        or not (last - first) / step < MOST
    ):
        raise GamesolveError(f"{what} = {quoted(value)} is refused: numbers from <= to, and a step above 0 with at most {MOST:,} of them")
    # 0.1 + 2 * 0.1 is 0.3 to whoever writes it.
    return [
        first + k * step if type(first) is type(step) is int else float(f"{first + k * step:.12g}")
        for k in range(int((last - first) / step + 1e-9) + 1)
    ]


def _attackers(given: dict[str, Any]) -> AttackersPart:
    _known(given, AttackersPart, "[attackers]")
    found = {}
    for tier, table in given.items():
        model = AdaptivePart if tier == ADAPTIVE else PolicyPart
        named = _named(f"[attackers.{tier}]", table)
        found[tier] = {name: part(f"[attackers.{tier}] {name}", model, one) for name, one in named.items()}
    return part("[attackers]", AttackersPart, found)  # type: ignore[no-any-return]


def _defender(what: str, given: Any) -> Any:
    table = _table(what, given)
    if ("policy" in table) == ("method" in table):
        raise GamesolveError(
            f"{what} has {'both policy and method' if 'policy' in table else 'neither policy nor method'}; it has one of them"
        )
    method = table.get("method")
    if not isinstance(method, str | None) or method not in KINDS:
        raise unknown_name(f"method of {what}", method, [one for one in KINDS if one])
    return part(what, KINDS[method], table)


def _named(what: str, given: Any) -> dict[str, Any]:
    table = _table(what, given)
    for name in table:
        if not name.replace("_", "").isalnum() or not name.isascii() or len(name) > 60:
            raise GamesolveError(f"{what}: the name {quoted(name)} is refused: up to 60 letters, digits and underscores")
    return table


def _table(what: str, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise GamesolveError(f"{what} is {quoted(given)}; it is a table")
    return given


def _known(given: dict[str, Any], model: type[BaseModel], what: str) -> None:
    for key in given:
        if key not in model.model_fields:
            raise unknown_name(f"key of {what}", key, list(model.model_fields))
