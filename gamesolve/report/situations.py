"""Situations: what an agent can know at the start of each epoch, what it does then, and what may follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gamesolve.report.course import Course
from gamesolve.rules.game import Game
from gamesolve.views.acting import Table


@dataclass(frozen=True)
class Situation:
    """One history of an agent at the start of an epoch.

    Attributes:
        epoch: counted from 0.
        history: in the policy's table.
        reach: probability that it comes about when both follow their policies.
        choices: the agent's actions of this epoch (one for each pick) and the probability of choosing them.
        sight: f8 [W], expected signals of the other agent, given this history.
        following: (actions, own signals at the start of the next epoch) to the position of that situation.
    """

    epoch: int
    history: int
    reach: float
    choices: dict[tuple[int, ...], float]
    sight: np.ndarray
    following: dict[tuple[tuple[int, ...], tuple[int, ...]], int]


def situations_of(game: Game, agent: int, table: Table, course: Course, *, least: float = 1e-3, most: int = 3000) -> list[Situation]:
    """The situations an agent can come into by following its own policy, epoch by epoch, likeliest first.

    Args:
        agent: 0 or 1.
        table: its policy.
        course: of this policy against the other's.
        least: choices of smaller probability are not followed further.
        most: nor are situations beyond this number, the least likely ones.
    """
    children, found = _children(table), list[Situation]()
    present = [int(h) for h in np.flatnonzero(table.histories.parent == -1 - agent)]
    places: dict[int, tuple[int, tuple[tuple[int, ...], tuple[int, ...]]]] = {}
    for epoch in range(game.horizon or 0):
        present.sort(key=lambda h: (-course.reach[agent][h], h))
        following = []
        for h in present[: most - len(found)]:
            choices, ends = _choices(table, children, h, game.picks)
            if h in places:
                before, key = places[h]
                found[before].following[key] = len(found)
            for actions, last in ends:
                if choices[actions] >= least:
                    key = (actions, tuple(int(v) for v in table.histories.signals[last]))
                    places[last] = (len(found), key)
                    following.append(last)
            found.append(Situation(epoch, h, float(course.reach[agent][h]), choices, course.sight[agent][h], {}))
        present = following
    return found


#: Histories that follow each history, by own action.
Children = dict[int, dict[int, list[int]]]


def _children(table: Table) -> Children:
    children: Children = {}
    for h, (parent, action) in enumerate(zip(table.histories.parent.tolist(), table.histories.action.tolist(), strict=True)):
        children.setdefault(parent, {}).setdefault(action, []).append(h)
    return children


def _choices(
    table: Table, children: Children, history: int, picks: int
) -> tuple[dict[tuple[int, ...], float], list[tuple[tuple[int, ...], int]]]:
    """Probabilities of an epoch's actions, and the histories at the start of the next epoch with the actions that lead there."""
    choices: dict[tuple[int, ...], float] = {}
    ends: list[tuple[tuple[int, ...], int]] = []
    stack: list[tuple[tuple[int, ...], float, int]] = [((), 1.0, history)]
    while stack:
        actions, probability, h = stack.pop()
        following = children.get(h, {})
        for action, p in _options(table, following, h):
            done, reached = (*actions, action), following.get(action, [])
            if reached and len(done) < picks:
                # Signals are neutral between the picks of an epoch: there is one history only.
                stack.append((done, probability * p, reached[0]))
                continue
            # Where nothing is left to choose no history is recorded: the rest is to pass.
            done += (0,) * (picks - len(done))
            choices[done] = choices.get(done, 0.0) + probability * p
            ends.extend((done, child) for child in reached)
    return choices, ends


def _options(table: Table, following: dict[int, list[int]], h: int) -> list[tuple[int, float]]:
    """The actions at a history with their probabilities; the single legal one where there is no choice."""
    entries = range(int(table.first[h]), int(table.first[h + 1]))
    if not entries:
        return [(min(following, default=0), 1.0)]
    return [(int(table.action[k]), float(table.probability[k])) for k in entries if table.probability[k] > 0.0]
