"""`Findings`: everything a report says about a finished run, read from its folder and worked out once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.base import files
from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError
from gamesolve.base.ledger import read_journal
from gamesolve.base.roles import the_role
from gamesolve.base.runs import PROVENANCE, read_config, read_result
from gamesolve.policies.files import load_policy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.report.course import Course, course_of
from gamesolve.report.situations import Situation, situations_of
from gamesolve.rules.game import Game
from gamesolve.views.acting import Table
from gamesolve.views.problem import Problem, load_problem


@dataclass(frozen=True)
class Findings:
    """What a run found.

    Attributes:
        problem: the game.
        config, provenance, result: the run's files of that name.
        policies: of role 0 and role 1.
        value: of role 0.
        exploitability: of the two policies together.
        trace: (iteration, exploitability) of each checked step.
        course: what happens when the two policies meet; None for OpenSpiel's games and where it is too long.
        tables: the policies by history, where the game is one of ours.
    """

    problem: Problem
    config: dict[str, Any]
    provenance: dict[str, Any]
    result: dict[str, Any]
    policies: tuple[TabularPolicy, TabularPolicy]
    value: Bound
    exploitability: Bound
    trace: list[tuple[int, float]]
    course: Course | None
    tables: tuple[Table, Table] | None

    @property
    def game(self) -> Game | None:
        """The game, where it is one of ours."""
        return self.problem.game if isinstance(self.problem.game, Game) else None

    def situations(self, role: int) -> list[Situation]:
        """What the agent of a role can know at the start of each epoch; empty where that is not known."""
        if self.game is None or self.tables is None or self.course is None:
            return []
        return situations_of(self.game, role, self.tables[role], self.course)


def read_findings(run: Path) -> Findings:
    """The findings of a run folder.

    Raises:
        GamesolveError: there is no run, it has no result yet, or its files are damaged.
    """
    config, result = read_config(run), read_result(run)
    try:
        problem = load_problem(config["game"], config["parameters"])
        value = _bound(result["value"][problem.roles[0]])
        exploitability = _bound(result["exploitability"])
        trace = [(int(row["iteration"]), float(row["exploitability"])) for row in read_journal(run)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise GamesolveError(f"the run {str(run)!r} is damaged: {error!r}") from error
    if isinstance(problem.game, Game) and result.get("fingerprint") != problem.fingerprint:
        raise GamesolveError(
            f"the game {problem.name} is not what it was when the run {str(run)!r} was made (its fingerprint was "
            f"{result.get('fingerprint')!r} and is {problem.fingerprint!r}); solve it again"
        )
    policies = (_table(run, problem.roles[0]), _table(run, problem.roles[1]))
    course, tables = _course(problem, policies)
    provenance = files.read_object(run / PROVENANCE)
    return Findings(problem, config, provenance, result, policies, value, exploitability, trace, course, tables)


def _table(run: Path, role: str) -> TabularPolicy:
    policy = load_policy(run / "policies" / role)
    if not isinstance(policy, TabularPolicy):
        raise GamesolveError(
            f"the run {str(run)!r} holds a {type(policy).__name__} of {the_role(role)}; reports are made of tabular policies"
        )
    return policy


def _course(problem: Problem, policies: tuple[TabularPolicy, TabularPolicy]) -> tuple[Course | None, tuple[Table, Table] | None]:
    game = problem.game
    if not isinstance(game, Game):
        return None, None
    acting = [policy.acting(game, policy.agent) for policy in policies]
    assert acting[0].table is not None
    assert acting[1].table is not None
    tables = (acting[0].table, acting[1].table)
    try:
        return course_of(game, acting, longer=_longer(problem, game)), tables
    except GamesolveError:
        # Too long to follow even where only the likely plays are: the report goes without.
        return None, tables


def _longer(problem: Problem, game: Game) -> Game | None:
    """The same game with one epoch more, for the state of a network after the last epoch; None where there is no such game."""
    if not game.drawing or "horizon" not in problem.parameters or game.horizon is None:
        return None
    longer = load_problem(problem.name, {**problem.parameters, "horizon": game.horizon + 1}).game
    return longer if longer.horizon == game.horizon + 1 and longer.agents == game.agents and longer.state == game.state else None


def _bound(data: dict[str, Any]) -> Bound:
    return Bound(data["lower"], data["upper"], data["kind"], data["confidence"])


def own_reach(policy: TabularPolicy) -> np.ndarray:
    """f8 [I]: how likely a role's own choices let it come to each of its information sets (others permitting)."""
    plan = np.ones(len(policy.probability))
    reach = np.zeros(len(policy.parent))
    for i, parent in enumerate(policy.parent):
        reach[i] = plan[parent]
        owned = slice(policy.first[i], policy.first[i + 1])
        plan[owned] = plan[parent] * policy.probability[owned]
    return reach
