"""Cells: the pieces of a study, each addressed by the hash of all that it depends on.

| kind | what |
|---|---|
| `train` | one method with one seed; it knows the seen attackers that it may meet, and nobody else |
| `reference` | the specialist for one attacker and one seed, held-out ones too: the best of learnt and scripted responses, a scale |
| `equilibrium` | of a game whose tree fits: its value, and what its equilibrium defender does |
| `exact` | of such a game: the worst case of a defender, over all attackers that there can be |
| `adaptive` | the strongest attacker that learning finds against one frozen defender |
| `play` | returns of a defender against an attacker, in the game or in a variant of it |

A cell says who its policies are by a digest (of a policy that was there before) or by the key of the cell that finds them. So a change of
the file changes the keys of what depends on it, and of nothing else.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gamesolve.base.errors import GamesolveError
from gamesolve.base.memory import DEFAULT_MEMORY
from gamesolve.base.seeds import derived_seed
from gamesolve.learners.accounts import episode
from gamesolve.rules.game import Game
from gamesolve.study.budget import psro_shares, self_play_decisions, train_settings
from gamesolve.study.file import PSRO, SELF_PLAY, TRAIN, TrainPart
from gamesolve.study.roster import ATTACKER, DEFENDER, Fixed, Roster
from gamesolve.views.problem import Problem
from gamesolve.views.tree_build import estimate_size, seems_to_fit

#: Of what cells are and how they are computed; a change makes all of them new.
FORMAT = 2
TRAINING, REFERENCE, EQUILIBRIUM, EXACT, ADAPTING, PLAY = "train", "reference", "equilibrium", "exact", "adaptive", "play"
KINDS = (TRAINING, REFERENCE, EQUILIBRIUM, EXACT, ADAPTING, PLAY)
#: Who learns to be a specialist.
SPECIALIST = "ppo"
#: What the defender of an exactly solved game is called.
SOLVED = "the equilibrium"
#: Of a cell: who it is about.
Place = tuple[str, int]


@dataclass(frozen=True)
class Cell:
    """A piece of work.

    Attributes:
        kind: of `KINDS`.
        name: in words.
        spec: all that its result depends on, as plain data.
        needs: keys of the cells whose policies it takes.
        decisions: that it makes at most.
    """

    kind: str
    name: str
    spec: dict[str, Any]
    needs: tuple[str, ...]
    decisions: int

    @functools.cached_property
    def key(self) -> str:
        """Its address."""
        return hashlib.sha256(json.dumps(self.spec, sort_keys=True).encode()).hexdigest()[:24]


@dataclass(frozen=True, eq=False)
class Plan:
    """All cells of a study, and where in its tables they stand.

    Attributes:
        trained: by method and run; references: by attacker and run; adaptive: by defender, run and name in the file.
        equilibrium: of a game that is solved exactly, else None; exact: worst cases in such a game, by defender and run.
        plays: by defender, its run, attacker and variant (empty: the game itself), what is played; attackers that were found are called
            `NAME against DEFENDER`, those of a method `METHOD`, of which the run is the defender's unless the name says another.
    """

    roster: Roster
    trained: dict[Place, Cell]
    references: dict[Place, Cell]
    equilibrium: Cell | None
    exact: dict[Place, Cell]
    adaptive: dict[tuple[str, int, str], Cell]
    plays: dict[tuple[str, int, str, str], Cell]

    def cells(self) -> tuple[Cell, ...]:
        """All, each once, those first that others need."""
        first = [*self.trained.values(), *self.references.values(), *([self.equilibrium] if self.equilibrium else [])]
        every = [*first, *self.exact.values(), *self.adaptive.values(), *self.plays.values()]
        return tuple({cell.key: cell for cell in every}.values())

    @property
    def seeds(self) -> range:
        """The runs of each method."""
        return range(self.roster.study.budget.seeds)


def plan_of_study(roster: Roster) -> Plan:
    """Everything that is to be computed; raises GamesolveError where the budget is too small for a method."""
    made = _Planner(roster)
    trained = {(name, run): made.training(name, part, run) for name, part in roster.methods.items() for run in made.seeds}
    references = {(one.name, run): made.reference(one, run) for one in roster.attackers for run in made.seeds}
    sources = {(name, run): _cell_source(cell) for (name, run), cell in trained.items()}
    sources |= {(name, run): _party(one) for name, one in roster.fixed.items() for run in made.seeds}
    adaptive = {
        (name, run, own): made.adapting(source, part, name, own, run)
        for (name, run), source in sources.items()
        for own, part in roster.adaptive.items()
    }
    plays = dict(made.plays(sources, references, adaptive, trained))
    equilibrium, exact = made.equilibrium(), dict[Place, Cell]()
    if equilibrium is not None:
        plays |= made.plays_of_equilibrium(equilibrium, adaptive)
        exact = {(name, run): made.exact(source, name, run) for (name, run), source in sources.items()}
    return Plan(roster, trained, references, equilibrium, exact, adaptive, plays)


def _fits(game: Game) -> bool:
    """Whether the tree is estimated to take half of the memory that trees may take at most."""
    return estimate_size(game).bytes <= DEFAULT_MEMORY / 2.0


def has_attacker(method: Any) -> bool:
    """Whether a method finds attackers too."""
    return method.method != TRAIN


class _Planner:
    """Makes cells."""

    def __init__(self, roster: Roster) -> None:
        self.roster, self.study = roster, roster.study
        self.seeds, self.budget = range(roster.study.budget.seeds), roster.study.budget
        self.base = _game(roster.problem)
        self.per_episode = episode(roster.game)

    def training(self, name: str, part: Any, run: int) -> Cell:
        """Of a method."""
        against = self.roster.trained_against(part)
        try:
            how = self._how(part, len(against))
        except GamesolveError as error:
            raise GamesolveError(f"[defenders.{name}]: {error}") from error
        if part.method == TRAIN:
            # A method is what it learns; a heuristic that does as well is a defender of its own.
            how |= {"scripted": False}
        known = [one.digest for one in against]
        return self._trained(TRAINING, f"{name}, run {run}", how, known, run)

    def _how(self, part: Any, against: int) -> dict[str, Any]:
        """What a method does within the budget, having so many attackers to train against."""
        game, decisions = self.roster.game, self.budget.decisions
        how: dict[str, Any] = {"method": part.method}
        if part.method == TRAIN:
            how |= {
                "learner": part.learner,
                "settings": part.settings,
                **train_settings(game, decisions, part.learner, part.settings, against),
            }
        elif part.method in SELF_PLAY:
            how |= {"settings": part.settings, "budget": self_play_decisions(game, decisions, part.method, part.settings)}
        elif part.method == PSRO:
            shares = psro_shares(game, decisions, part, max(against, 1))
            how |= {"settings": shares.settings, "iterations": shares.iterations}
        return how

    def reference(self, attacker: Fixed, run: int) -> Cell:
        """The specialist for an attacker."""
        try:
            how = self._how(TrainPart(method="train", settings=self.study.learners.get(SPECIALIST, {})), 1)
        except GamesolveError as error:
            raise GamesolveError(f"specialists: {error}") from error
        return self._trained(REFERENCE, f"specialist for {attacker.name}, run {run}", how, [attacker.digest], run)

    def _trained(self, kind: str, name: str, how: dict[str, Any], against: list[str], run: int) -> Cell:
        most, seed = self.budget.decisions, self._seed(kind, how, against, run)
        spec = {**self.base, "kind": kind, "how": how, "against": against, "decisions": most, "seed": seed}
        return Cell(kind, name, spec, (), most)

    def equilibrium(self) -> Cell | None:
        """Where the game's tree fits, and equilibria are what exact solvers find."""
        game = self.roster.game
        alone = all(len(game.agents_of(role)) == 1 for role in (DEFENDER, ATTACKER))
        if not (self.study.report.exact and game.zero_sum and alone and seems_to_fit(game) and _fits(game)):
            return None
        return Cell(EQUILIBRIUM, "the equilibrium", {**self.base, "kind": EQUILIBRIUM}, (), 0)

    def plays_of_equilibrium(self, cell: Cell, adaptive: dict[tuple[str, int, str], Cell]) -> dict[tuple[str, int, str, str], Cell]:
        """Its defender against every attacker there is, of the first run."""
        there = {one.name: _party(one) for one in self.roster.attackers}
        there |= {f"{own} against {name}": _cell_source(found, ATTACKER) for (name, run, own), found in adaptive.items() if run == 0}
        defender = _cell_source(cell)
        return {(SOLVED, 0, name, ""): self._play(defender, source, f"{SOLVED} against {name}", 0) for name, source in there.items()}

    def exact(self, source: dict[str, Any], name: str, run: int) -> Cell:
        """The worst case of a defender in a game whose tree fits."""
        spec = {**self.base, "kind": EXACT, "against": source}
        return Cell(EXACT, f"worst case of {name}, run {run}", spec, _needs([source]), 0)

    def adapting(self, source: dict[str, Any], part: Any, name: str, own: str, run: int) -> Cell:
        """The strongest attackers that learning finds against a defender."""
        how = {"learners": list(part.learners), "budget": part.budget, "seeds": part.seeds, "settings": part.settings}
        spec = {
            **self.base,
            "kind": ADAPTING,
            "how": {**how, "validation": part.validation},
            "against": source,
            # Who learns does not learn otherwise where more episodes judge it.
            "seed": self._seed(ADAPTING, how, source, run),
        }
        decisions = part.budget * part.seeds * len(part.learners)
        return Cell(ADAPTING, f"{own} against {name}, run {run}", spec, _needs([source]), decisions)

    def plays(
        self,
        sources: dict[Place, dict[str, Any]],
        references: dict[Place, Cell],
        adaptive: dict[tuple[str, int, str], Cell],
        trained: dict[Place, Cell],
    ) -> Iterator[tuple[tuple[str, int, str, str], Cell]]:
        """Who is played against whom."""
        for (name, run), source in sources.items():
            for attacker in self.roster.attackers:
                yield (name, run, attacker.name, ""), self._play(source, _party(attacker), f"{name} against {attacker.name}", run)
                for variant, problem in self.roster.variants.items():
                    words = f"{name} against {attacker.name} in {variant}"
                    yield (name, run, attacker.name, variant), self._play(source, _party(attacker), words, run, _game(problem))
            # What was found for one defender is tried on all.
            for (other, found_in, own), cell in adaptive.items():
                if found_in == run:
                    words = f"{own} against {other}"
                    yield (name, run, words, ""), self._play(source, _cell_source(cell, ATTACKER), f"{name} against {words}", run)
        for (attacker_name, run), cell in references.items():
            known = next(one for one in self.roster.attackers if one.name == attacker_name)
            words = f"specialist for {attacker_name}"
            yield (words, run, attacker_name, ""), self._play(_cell_source(cell), _party(known), words, run)
        yield from self._between_methods(trained)

    def _between_methods(self, trained: dict[Place, Cell]) -> Iterator[tuple[tuple[str, int, str, str], Cell]]:
        """Every run's defender against every run's attacker, of the methods that find both, with a share of the episodes."""
        both = [name for name, part in self.roster.methods.items() if has_attacker(part)]
        episodes = max(self.budget.evaluation_episodes // len(self.seeds), 10)
        for name in both:
            for other in both:
                for run in self.seeds:
                    for theirs in self.seeds:
                        words = f"{other}, run {theirs}"
                        source, opponent = _cell_source(trained[name, run]), _cell_source(trained[other, theirs], ATTACKER)
                        yield (name, run, words, ""), self._play(source, opponent, f"{name} against {words}", run, episodes=episodes)

    def _play(
        self, defender: dict[str, Any], attacker: dict[str, Any], words: str, run: int, game: dict[str, Any] | None = None,
        *, episodes: int = 0,
    ) -> Cell:  # fmt: skip
        game, count = game or self.base, episodes or self.budget.evaluation_episodes
        # All defenders of a run meet an attacker in the same episodes: what they differ by is known better so.
        seed = derived_seed(self.study.seed, "play", run, json.dumps(attacker, sort_keys=True))
        spec = {**game, "kind": PLAY, DEFENDER: defender, ATTACKER: attacker, "episodes": count, "seed": seed}
        return Cell(PLAY, f"{words}, run {run}", spec, _needs([defender, attacker]), 2 * count * self.per_episode)

    def _seed(self, kind: str, how: dict[str, Any], against: Any, run: int) -> int:
        # A method and the specialist that happens to be like it are draws of their own.
        return derived_seed(self.study.seed, kind, run, json.dumps([how, against], sort_keys=True))


def _game(problem: Problem) -> dict[str, Any]:
    return {"format": FORMAT, "game": problem.name, "parameters": problem.parameters, "fingerprint": problem.fingerprint}


def _party(one: Fixed) -> dict[str, Any]:
    return {"party": one.digest}


def _cell_source(cell: Cell, role: str = DEFENDER) -> dict[str, Any]:
    return {"cell": cell.key, "role": role}


def _needs(sources: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(source["cell"] for source in sources if "cell" in source)
