"""Which of a run's many trainings are worth a curve: those of the policies that the answer mixes, else the newest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gamesolve.base.roles import role_name, the_role
from gamesolve.learners.training import Mark
from gamesolve.report.curves import COLOURS
from gamesolve.report.learning import learning_figure
from gamesolve.report.members import Member

#: A training: its name in the figure and in the table, and its marks.
Chosen = tuple[str, str, list[Mark]]


def learning_figures(
    rows: Sequence[dict[str, Any]], roles: tuple[str, str], members: tuple[Sequence[Member], Sequence[Member]]
) -> list[dict[str, Any]]:
    """A figure for each role that has trainings with more than one mark; see `learning_figure`.

    Args:
        rows: of the journal, one an iteration.
    """
    figures = []
    for role, own in zip(roles, members, strict=True):
        chosen, which = _mixed(rows, role, own), f"Shown are policies that are mixed, at most {COLOURS}, those of the largest weight first."
        if not chosen:
            chosen, which = _newest(rows, role), "No policy that was learnt is mixed; shown are the newest trainings."
        figures += learning_figure(f"How {the_role(role)} learnt", role, chosen, which=which)
    return figures


def _mixed(rows: Sequence[dict[str, Any]], role: str, members: Sequence[Member]) -> list[Chosen]:
    """The trainings of the policies that are mixed, those of the largest weight first."""
    found: list[Chosen] = []
    for member in sorted(members, key=lambda member: -member.weight):
        if not member.joined or member.weight <= 0.0 or len(found) == COLOURS:
            continue
        own = rows[member.joined - 1]["roles"][role]
        for training in own["learnt"]:
            # A candidate is named after its training; scripted policies are after none.
            if own["name"].startswith(f"{_name(training, role)}, "):
                name = f"policy {member.number}"
                found.append((name, f"{name}: {_name(training, role)}, iteration {member.joined}", _marks(training)))
    return found


def _newest(rows: Sequence[dict[str, Any]], role: str) -> list[Chosen]:
    found: list[Chosen] = []
    for row in reversed(rows):
        for training in row["roles"][role]["learnt"]:
            name = f"iteration {row['iteration']}, {_name(training, role)}"
            found += [(name, name, _marks(training))] if len(found) < COLOURS else []
    return found


def _name(training: dict[str, Any], role: str) -> str:
    return str(training["name"]).removeprefix(f"{role}: ").removeprefix(f"{role_name(role)}: ")


def _marks(training: dict[str, Any]) -> list[Mark]:
    return [Mark(**mark) for mark in training["marks"]]
