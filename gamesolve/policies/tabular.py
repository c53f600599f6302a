"""`TabularPolicy`: one agent's behaviour strategy as a table over its information sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError, quoted
from gamesolve.base.roles import the_role
from gamesolve.rules.game import Game
from gamesolve.views.acting import TABULAR, Acting, Table
from gamesolve.views.histories import Histories, find
from gamesolve.views.tree import Tree

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased


@dataclass(frozen=True, eq=False)
class TabularPolicy:
    """Probabilities of an agent's actions at each of its I information sets (Q - 1 entries in all).

    An information set is known by the agent's own history of signals and actions (games of ours) or
    by OpenSpiel's information-state string. Where the table says nothing, every legal action is
    equally likely.

    Attributes:
        game: name and parameters, for messages.
        fingerprint: of the game.
        role: `defender` or `attacker`; `0` or `1` for OpenSpiel games.
        agent: index of the agent in the game (of the player, for OpenSpiel games).
        histories: the agent's histories that lead to its information sets; None for OpenSpiel games.
        history: i4 [I], the history of each information set; empty for OpenSpiel games.
        names: information-state strings; empty for games of ours.
        first: i4 [I + 1]; information set i owns entries first[i] to first[i + 1] - 1.
        parent: i4 [I], the entry that leads to each information set (0: none).
        action: i4 [Q], the action of each entry (-1 for entry 0).
        probability: f8 [Q] (1 for entry 0).
    """

    game: str
    fingerprint: str
    role: str
    agent: int
    histories: Histories | None
    history: np.ndarray
    names: tuple[str, ...]
    first: np.ndarray
    parent: np.ndarray
    action: np.ndarray
    probability: np.ndarray

    @classmethod
    def from_tree(cls, tree: Tree, role: int, behaviour: np.ndarray) -> TabularPolicy:
        """The policy of role 0 or 1 that plays `behaviour` f8 [Q] on `tree`."""
        d = tree.decisions[role]
        if len(behaviour) != d.sequences:
            raise GamesolveError(f"a behaviour of length {len(behaviour)} does not fit the {d.sequences} sequences of {the_role(d.role)}")
        histories, history, agent = None, d.history, role
        if tree.histories is not None:
            histories, history = lineage(tree.histories, d.history)
            agent = histories.agent(0) if len(histories) else role
        return cls(
            game=tree.game,
            fingerprint=tree.fingerprint,
            role=d.role,
            agent=agent,
            histories=histories,
            history=history,
            names=d.names,
            first=d.first,
            parent=d.parent,
            action=d.action.astype(np.int32),
            probability=np.array(behaviour, np.float64),
        )

    @property
    def information_sets(self) -> int:
        """I."""
        return len(self.parent)

    def behaviour_on(self, tree: Tree) -> np.ndarray:
        """The behaviour f8 [Q] on a tree of the same game; uniform at information sets that the table lacks.

        Raises:
            GamesolveError: the tree is of another game, role and agent do not belong together there, or an information set has
                other actions.
        """
        if tree.fingerprint != self.fingerprint:
            raise GamesolveError(
                f"a policy for {self.game} (fingerprint {self.fingerprint}) cannot be used on {tree.game} ({tree.fingerprint})"
            )
        roles = [x.role for x in tree.decisions]
        if self.role not in roles:
            raise GamesolveError(f"a policy's role is {quoted(self.role)}; {tree.game} has {' and '.join(roles)}")
        d = tree.decisions[roles.index(self.role)]
        if tree.histories is not None and len(d.history) and tree.histories.agent(d.history[0]) != self.agent:
            raise GamesolveError(f"a policy of agent {self.agent} cannot be one of the {self.role}s of {tree.game}")
        sizes = np.diff(d.first)
        behaviour = np.ones(d.sequences)
        behaviour[1:] = np.repeat(1.0 / np.maximum(sizes, 1), sizes)
        for i, own in enumerate(self._matches(tree, d.history, d.names)):
            if own < 0:
                continue
            here, there = slice(d.first[i], d.first[i + 1]), slice(self.first[own], self.first[own + 1])
            if not np.array_equal(d.action[here], self.action[there]):
                raise GamesolveError(f"a policy for {self.game} has other actions at an information set than the game has")
            behaviour[here] = self.probability[there]
        return behaviour

    def probabilities(self, path: Sequence[tuple[int, Sequence[int]]]) -> dict[int, float]:
        """Action probabilities at an own history of a game of ours.

        Args:
            path: (own action, row of signals) pairs; the first pair's action is -1.

        Returns:
            Action to probability; empty where the table says nothing.
        """
        if self.histories is None:
            raise GamesolveError(f"a policy for {self.game} is known by information-state strings; its histories cannot be asked for")
        h, lookup = -1 - self.agent, self.histories.lookup()
        width = self.histories.signals.shape[1]
        for action, signals in path:
            row = np.zeros(width, np.int16)
            row[: len(signals)] = signals
            h = find(self.histories.parent, self.histories.action, self.histories.signals, lookup, h, action, row)
            if h < 0:
                return {}
        found = np.flatnonzero(self.history == h)
        if not len(found):
            return {}
        entries = range(self.first[found[0]], self.first[found[0] + 1])
        return {int(self.action[k]): float(self.probability[k]) for k in entries}

    def acting(self, game: Game | TurnBased, agent: int) -> Acting:
        """How compiled loops, or a batch of an OpenSpiel game, see this policy when `agent` of `game` follows it.

        Raises:
            GamesolveError: it is for another game or another agent.
        """
        if game.fingerprint != self.fingerprint:
            raise GamesolveError(f"a policy for {self.game} (fingerprint {self.fingerprint}) cannot be used in {game} ({game.fingerprint})")
        if agent != self.agent or game.agents[agent].role != self.role:
            raise GamesolveError(
                f"the {quoted(self.role)} policy of agent {self.agent} cannot be followed by agent {agent} ({game.agents[agent].name!r})"
            )
        if self.histories is None:
            from gamesolve.policies.openspiel_asked import asked_table

            return asked_table(self.names, self.first, self.action, self.probability)
        order = np.argsort(self.history, kind="stable")
        sizes = np.diff(self.first)
        first = np.zeros(len(self.histories) + 1, np.int64)
        first[self.history + 1] = sizes
        entries = np.concatenate([np.arange(self.first[i], self.first[i + 1]) for i in order]) if len(order) else np.zeros(0, np.int64)
        table = Table(
            histories=self.histories,
            first=np.cumsum(first).astype(np.int32),
            action=self.action[entries].astype(np.int16),
            probability=self.probability[entries],
        )
        return Acting(TABULAR, table=table)

    def _matches(self, tree: Tree, history: np.ndarray, names: tuple[str, ...]) -> np.ndarray:
        """For each information set of the tree the same one here, or -1."""
        if self.histories is None:
            index = {name: i for i, name in enumerate(self.names)}
            return np.array([index.get(name, -1) for name in names], np.int64)
        assert tree.histories is not None
        theirs, own = tree.histories, self.histories
        image = np.empty(len(theirs), np.int32)
        match_histories(
            theirs.parent, theirs.action, theirs.signals, own.parent, own.action, own.signals, own.lookup(), -1 - self.agent, image
        )
        set_of = np.full(len(own) + 1, -1, np.int64)
        set_of[self.history] = np.arange(len(self.history))
        # Index -1 of an unknown history reads the last entry, which is -1.
        return set_of[image[history]]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TabularPolicy):
            return NotImplemented
        # The fingerprint tells games apart; how a game is called in messages does not.
        return all(_equal(getattr(self, name), getattr(other, name)) for name in self.__dataclass_fields__ if name != "game")

    __hash__ = None  # type: ignore[assignment]


def _equal(a: object, b: object) -> bool:
    if isinstance(a, Histories) and isinstance(b, Histories):
        return all(np.array_equal(x, y) for x, y in zip(vars(a).values(), vars(b).values(), strict=True))
    return np.array_equal(a, b) if isinstance(a, np.ndarray) and isinstance(b, np.ndarray) else bool(a == b)


def lineage(histories: Histories, wanted: np.ndarray) -> tuple[Histories, np.ndarray]:
    """The wanted histories with their ancestors only, and where the wanted ones stand among them."""
    needed = np.zeros(len(histories), np.bool_)
    needed[wanted] = True
    mark_ancestors(histories.parent, needed)
    place = np.cumsum(needed, dtype=np.int32) - 1
    parent = histories.parent[needed]
    kept = Histories(
        parent=np.where(parent < 0, parent, place[np.maximum(parent, 0)]).astype(np.int32),
        action=histories.action[needed],
        signals=histories.signals[needed],
    )
    return kept, place[wanted].astype(np.int32)


@compiled
def mark_ancestors(parent, needed):
    """Mark the ancestors of marked histories; a parent always stands before its children."""
    for h in range(parent.size - 1, -1, -1):
        if needed[h] and parent[h] >= 0:
            needed[parent[h]] = True


@compiled
def match_histories(parent, action, signals, own_parent, own_action, own_signals, lookup, root, image):
    """Fill `image` i4 with the equal history in the second table, or -1, for each of the first."""
    for h in range(parent.size):
        image[h] = -1
        above = parent[h]
        if above >= 0:
            above = image[above]
            if above < 0:
                continue
        elif above != root:
            continue
        image[h] = find(own_parent, own_action, own_signals, lookup, above, action[h], signals[h])
