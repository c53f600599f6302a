"""What a run of PSRO with learned oracles has on disk: its members, the meta-game, and a row for every iteration.

| file | what |
|---|---|
| `members/<role>-<n>/` | every policy of the populations, in the order in which they joined |
| `journal.jsonl` | a row an iteration: see `row_of` |
| `checkpoints/` | the meta-game after the newest iterations |
| `trainings/<iteration>/` | the trainings of the iteration under way; gone when it is done |
| `clock.jsonl` | seconds that each iteration took, in the session that ended it |
"""

from __future__ import annotations

import itertools
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError
from gamesolve.base.ledger import read_journal
from gamesolve.base.runs import TRAININGS, Run
from gamesolve.policies.files import load_policy, save_policy
from gamesolve.policies.mixture import Mixture, mixture_of
from gamesolve.psro.loop import PSROState, PSROStep
from gamesolve.psro.meta_game import MetaGame
from gamesolve.psro.oracles import Population
from gamesolve.train.log import Shelf

Row = dict[str, Any]
MEMBERS, CLOCK = "members", "clock.jsonl"


def row_of(step: PSROStep) -> Row:
    """An iteration as plain data: what was mixed, what it earned, and what each role found against it."""
    weights = step.strategy.defender, step.strategy.attacker
    roles = {
        response.role: {
            "name": response.name,
            "gain": response.gain,
            "standard_error": response.standard_error,
            "counts": response.counts,
            "joined": len(response.joining(step.state.iteration)),
            "weights": own.tolist(),
            "mean": float(response.returns.mean()),
            "mean_error": float(response.returns.std(ddof=1) / len(response.returns) ** 0.5),
            "episodes": len(response.returns),
            "seed": response.seed,
            "learnt": [
                {"name": one.unit.name, "decisions": one.decisions, "over": one.over, "marks": [asdict(mark) for mark in one.marks]}
                for one in response.done
            ],
            "notes": list(response.notes),
        }
        for response, own in zip(step.responses, weights, strict=True)
    }
    used = np.argwhere(step.strategy.joint > 0.0).tolist() if step.shared else []
    shared = {"joint": [[d, k, float(step.strategy.joint[d, k])] for d, k in used]} if step.shared else {}
    return {
        "iteration": step.state.iteration,
        "decisions": step.state.decisions,
        "played": step.state.episodes,
        "value": step.value.as_json(),
        "exploitability": {**step.exploitability.as_json(), "episodes": step.exploitability.episodes, "seed": step.exploitability.seed},
        "roles": roles,
        **shared,
    }


class Keeper:
    """Keeps a run's iterations; without a run, nothing."""

    def __init__(self, run: Run | None) -> None:
        self._run, self._saved, self._told = run, [0, 0], 0.0

    def read(self) -> tuple[PSROState | None, list[Row]]:
        """Where the run was left, and its rows; None and no rows at its beginning."""
        if self._run is None:
            return None, []
        checkpoint = self._run.latest()
        self._run.trim(checkpoint.journal if checkpoint else 0)
        if checkpoint is None:
            return None, []
        facts, arrays = checkpoint.facts, checkpoint.arrays
        roles = list(facts["names"])
        populations = tuple(
            tuple((name, load_policy(self._member(role, n))) for n, name in enumerate(facts["names"][role])) for role in roles
        )
        self._saved = [len(members) for members in populations]
        for path in (self._run.folder / TRAININGS).glob("*"):
            if int(path.name) <= facts["iteration"]:
                shutil.rmtree(path)
        game = MetaGame(arrays["count"], arrays["mean"], arrays["scatter"], arrays["exact"], facts["asked"])
        state = PSROState(
            facts["iteration"], (populations[0], populations[1]), game, facts["fruitless"], facts["decisions"], facts.get("tried", 0)
        )
        return state, read_journal(self._run.folder)

    def shelf(self, iteration: int) -> Shelf:
        """Where the trainings of an iteration are kept until it is done."""
        return Shelf(None if self._run is None else self._run.folder / TRAININGS / str(iteration))

    def keep(self, step: PSROStep, row: Row, seconds: float) -> None:
        """An iteration."""
        if self._run is None:
            return
        state = step.state
        for index, role in enumerate(row["roles"]):
            for n in range(self._saved[index], len(state.populations[index])):
                save_policy(state.populations[index][n][1], self._member(role, n))
            self._saved[index] = len(state.populations[index])
        self._run.append(row)
        facts = {
            "iteration": state.iteration,
            "fruitless": state.fruitless,
            "decisions": state.decisions,
            "tried": state.tried,
            "asked": state.game.asked,
            "names": {role: [name for name, _ in members] for role, members in zip(row["roles"], state.populations, strict=True)},
        }
        game = state.game
        arrays = {"count": game.count, "mean": game.mean, "scatter": game.scatter, "exact": game.exact}
        with open(self._run.folder / CLOCK, "a", encoding="utf-8") as clock:
            clock.write(json.dumps({"iteration": state.iteration, "seconds": seconds - self._told}) + "\n")
        self._told = seconds
        self._run.checkpoint(state.iteration, journal=self._run.journal_size(), facts=facts, arrays=arrays)
        shutil.rmtree(self._run.folder / TRAININGS / str(state.iteration), ignore_errors=True)

    def _member(self, role: str, number: int) -> Path:
        assert self._run is not None
        return self._run.folder / MEMBERS / f"{role}-{number}"


def mixtures_of(populations: tuple[Population, Population], row: Row) -> tuple[Mixture, Mixture]:
    """What was mixed in an iteration, by the policies that were there then."""
    zero, one = (
        mixture_of([policy for _, policy in members], np.array(found["weights"]))
        for members, found in zip(populations, row["roles"].values(), strict=True)
    )
    return zero, one


def read_members(folder: Path, roles: tuple[str, str]) -> dict[str, Population]:
    """The populations of a run, by role; empty where it has none.

    Raises:
        GamesolveError: a member is damaged.
    """
    found: dict[str, Population] = {}
    for role in roles:
        paths = sorted((folder / MEMBERS).glob(f"{role}-*"), key=lambda path: int(path.name.rpartition("-")[2]))
        found[role] = tuple((f"{folder.name}: {path.name}", load_policy(path)) for path in paths)
    return found if all(found.values()) else {}


def read_clock(folder: Path) -> dict[int, float]:
    """Seconds of work by the end of each iteration, without those of sessions that were killed in it.

    Raises:
        GamesolveError: the file is damaged.
    """
    path, took = folder / CLOCK, dict[int, float]()
    # A kill may have cut the last line off.
    for line in files.read_bytes(path).split(b"\n")[:-1] if path.is_file() else []:
        try:
            row = json.loads(line)
            took[int(row["iteration"])] = float(row["seconds"])
        except (ValueError, KeyError, TypeError) as error:
            raise GamesolveError(f"{str(path)!r} is damaged: {error}") from error
    return dict(zip(took, itertools.accumulate(took.values()), strict=True))
