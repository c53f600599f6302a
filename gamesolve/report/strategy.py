"""A role's strategy where it is needed most: its most-reached information sets, in the game's own words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gamesolve.report.findings import Findings, own_reach
from gamesolve.report.openspiel_reach import openspiel_reach
from gamesolve.report.words import history_words, percent
from gamesolve.rules.game import Game

#: Information sets reached less often than this are left out.
LEAST = 1e-9


@dataclass(frozen=True)
class Choice:
    """What a role does at one of its information sets.

    Attributes:
        epoch: counted from 0; None where the game does not tell.
        reach: probability of coming here.
        joint: that probability is of both roles' play and chance; otherwise of the role's own choices alone.
        known: what the role has seen and done, in words.
        actions: (word, probability), likeliest first.
    """

    epoch: int | None
    reach: float
    joint: bool
    known: str
    actions: list[tuple[str, float]]

    def mixture(self, *, least: float = 0.005, most: int = 4) -> str:
        """The actions in one line: `protect Server with 63%, pass with 37%`."""
        named = [(word, p) for word, p in self.actions if p >= least][:most]
        if len(named) == 1 and named[0][1] > 0.995:
            return named[0][0]
        rest = 1.0 - sum(p for _, p in named)
        parts = [f"{word} with {percent(p)}" for word, p in named]
        return ", ".join([*parts, f"something else with {percent(rest)}"] if rest >= 0.01 else parts)


def choices_of(findings: Findings, role: int, *, most: int = 200) -> list[Choice]:
    """The `most` likeliest information sets of a role, likeliest first."""
    if findings.game is not None:
        return _choices_of_ours(findings, findings.game, role, most)
    return _choices_of_openspiel(findings, role, most)


def _choices_of_ours(findings: Findings, game: Game, role: int, most: int) -> list[Choice]:
    policy = findings.policies[role]
    course, tables = findings.course, findings.tables
    assert policy.histories is not None
    assert tables is not None
    reach = own_reach(policy) if course is None else course.reach[role][policy.history]
    choices = []
    for i in _likeliest(reach, most):
        history = int(policy.history[i])
        epoch = (len(policy.histories.path(history)) - 1) // game.picks
        known = history_words(game, policy.agent, policy.histories, history, tables[role].first)
        words = [game.agents[policy.agent].actions[int(a)] for a in policy.action[policy.first[i] : policy.first[i + 1]]]
        choices.append(Choice(epoch, float(reach[i]), course is not None, known, _sorted(words, findings, role, i)))
    return choices


def _choices_of_openspiel(findings: Findings, role: int, most: int) -> list[Choice]:
    policy = findings.policies[role]
    found = openspiel_reach(findings.problem.game, findings.policies)
    reach = own_reach(policy) if found is None else np.array([found[role].get(name, (0.0, ()))[0] for name in policy.names])
    choices = []
    for i in _likeliest(reach, most):
        actions = policy.action[policy.first[i] : policy.first[i + 1]]
        words = found[role][policy.names[i]][1] if found is not None else [f"action {a}" for a in actions]
        known = " · ".join(policy.names[i].split("\n")).strip(" ·") or "at the start"
        choices.append(Choice(None, float(reach[i]), found is not None, known, _sorted(list(words), findings, role, i)))
    return choices


def _likeliest(reach: np.ndarray, most: int) -> list[int]:
    return [int(i) for i in np.argsort(-reach, kind="stable")[:most] if reach[i] >= LEAST]


def _sorted(words: list[str], findings: Findings, role: int, i: int) -> list[tuple[str, float]]:
    policy = findings.policies[role]
    probabilities = policy.probability[policy.first[i] : policy.first[i + 1]].tolist()
    return sorted(zip(words, probabilities, strict=True), key=lambda pair: -pair[1])
