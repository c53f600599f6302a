"""How often each information set of an OpenSpiel game is reached, by a walk through its own API."""

from __future__ import annotations

from typing import Any

from gamesolve.policies.tabular import TabularPolicy

#: States that a walk may visit: a second or two.
BUDGET = 150_000
#: Plays less likely than these are left out, one after the other, until a walk fits the budget.
CUTOFFS = (0.0, 1e-7, 1e-5, 1e-4, 1e-3)

#: For a role: information-state string to (probability, a word for each legal action).
Reached = dict[str, tuple[float, tuple[str, ...]]]


def openspiel_reach(game: Any, policies: tuple[TabularPolicy, TabularPolicy]) -> tuple[Reached, Reached] | None:
    """Probability of each information set when both policies meet; None where even the likely plays are too many."""
    import pyspiel

    if game.get_type().dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS:
        game = pyspiel.convert_to_turn_based(game)
    books = [_book(policy) for policy in policies]
    for cutoff in CUTOFFS:
        found = _walk(game, books, cutoff)
        if found is not None:
            return found
    return None


def _book(policy: TabularPolicy) -> dict[str, dict[int, float]]:
    return {
        name: dict(
            zip(
                policy.action[policy.first[i] : policy.first[i + 1]].tolist(),
                policy.probability[policy.first[i] : policy.first[i + 1]].tolist(),
                strict=True,
            )
        )
        for i, name in enumerate(policy.names)
    }


def _walk(game: Any, books: list[dict[str, dict[int, float]]], cutoff: float) -> tuple[Reached, Reached] | None:
    found: tuple[Reached, Reached] = ({}, {})
    stack, visited = [(game.new_initial_state(), 1.0)], 0
    while stack:
        state, weight = stack.pop()
        visited += 1
        if visited > BUDGET:
            return None
        if state.is_terminal():
            continue
        outcomes = state.chance_outcomes() if state.is_chance_node() else _decision(state, weight, books, found)
        stack.extend((state.child(action), weight * p) for action, p in outcomes if weight * p > cutoff)
    return found


def _decision(
    state: Any, weight: float, books: list[dict[str, dict[int, float]]], found: tuple[Reached, Reached]
) -> list[tuple[int, float]]:
    player, legal = state.current_player(), state.legal_actions()
    name = state.information_state_string(player)
    if name in books[player]:
        before, words = found[player].get(name, (0.0, ()))
        words = words or tuple(state.action_to_string(player, a) for a in legal)
        found[player][name] = (before + weight, words)
        return list(books[player][name].items())
    return [(a, 1.0 / len(legal)) for a in legal]
