"""`Values`: what one agent knows of its own histories and choices, in arrays that grow as it meets new ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gamesolve.base.compiled import compiled, inlined
from gamesolve.base.errors import TooLargeError
from gamesolve.policies.tabular import TabularPolicy, lineage
from gamesolve.rules.game import Game
from gamesolve.views.histories import Histories, fill_lookup

#: Histories, and choices, for which there is room at first.
FIRST_ROOM = 1024


class Pages(NamedTuple):
    """The arrays: room for H histories, and for E choices, one for each legal action where there are several.

    What the rest of the team does counts as one of C combinations; there is one where the agent learns as if it were alone.

    Attributes:
        parent, action, seen, lookup: the histories (`views.histories`), i4 [H], i2 [H], i2 [H, W] and i4 [slots].
        first: i8 [H], a history's first choice; size: i4 [H], their number, 0 where there is nothing to choose.
        met: i8 [H], how often it was learnt from; rest: f8 [H, C], how likely each combination is there.
        choice: i2 [E], the action.
        value: f8 [E, C], what it is worth with each combination.
        visits: i8 [E, C], how often that was seen.
        filled: i8 [2], histories and choices so far.
    """

    parent: np.ndarray
    action: np.ndarray
    seen: np.ndarray
    lookup: np.ndarray
    first: np.ndarray
    size: np.ndarray
    met: np.ndarray
    rest: np.ndarray
    choice: np.ndarray
    value: np.ndarray
    visits: np.ndarray
    filled: np.ndarray


#: Pages with a row for each history, and for each choice.
BY_HISTORY, BY_CHOICE = ("parent", "action", "seen", "first", "size", "met", "rest"), ("choice", "value", "visits")


class Values:
    """The table of an agent.

    Attributes:
        pages: its arrays; they are others after `make_room` and `restore`.
    """

    def __init__(self, game: Game, agent: int, *, combinations: int, megabytes: int) -> None:
        """
        Args:
            combinations: C.
            megabytes: that the arrays may take.

        Raises:
            TooLargeError: C alone is too much.
        """
        self._game, self._agent, self._megabytes = game, agent, megabytes
        self.pages = Pages(
            parent=np.zeros(0, np.int32),
            action=np.zeros(0, np.int16),
            seen=np.zeros((0, game.width), np.int16),
            lookup=np.zeros(0, np.int32),
            first=np.zeros(0, np.int64),
            size=np.zeros(0, np.int32),
            met=np.zeros(0, np.int64),
            rest=np.zeros((0, combinations)),
            choice=np.zeros(0, np.int16),
            value=np.zeros((0, combinations)),
            visits=np.zeros((0, combinations), np.int64),
            filled=np.zeros(2, np.int64),
        )
        self._grow(FIRST_ROOM, FIRST_ROOM)

    @property
    def histories(self) -> int:
        """Met so far."""
        return int(self.pages.filled[0])

    def make_room(self, rows: int) -> None:
        """Make room for a new history in each of so many rows; raises TooLargeError where the table would be too large."""
        histories, choices = (self.pages.filled + np.array([rows, rows * self._game.actions])).tolist()
        room = len(self.pages.parent), len(self.pages.choice)
        if histories > room[0] or choices > room[1]:
            self._grow(_doubled(room[0], histories), _doubled(room[1], choices))

    def _grow(self, histories: int, choices: int) -> None:
        pages = self.pages._asdict()
        rooms = {**dict.fromkeys(BY_HISTORY, histories), **dict.fromkeys(BY_CHOICE, choices)}
        slots = 2 * histories
        taken = 4 * slots + sum(room * pages[name].itemsize * int(np.prod(pages[name].shape[1:])) for name, room in rooms.items())
        if taken > self._megabytes * 1e6:
            raise TooLargeError(
                f"the table of {self._game.agents[self._agent].name!r} of {self._game} takes {taken / 1e6:,.0f} MB after "
                f"{self.histories:,} histories, more than {self._megabytes:,}; raise megabytes, or learn by a network"
            )
        for name, wanted in rooms.items():
            grown = np.zeros((wanted, *pages[name].shape[1:]), pages[name].dtype)
            grown[: len(pages[name])] = pages[name]
            pages[name] = grown
        pages["lookup"] = np.full(slots, -1, np.int32)
        fill_lookup(pages["parent"], pages["action"], pages["seen"], pages["filled"][0], pages["lookup"])
        self.pages = Pages(**pages)

    def policy(self) -> TabularPolicy:
        """At each history that has been learnt from, the choice of the highest worth; silent elsewhere."""
        pages, (histories, choices) = self.pages, self.pages.filled.tolist()
        best, size = np.full(histories, -1, np.int64), pages.size[:histories].copy()
        note_best(pages, best)
        known = np.flatnonzero(best >= 0)
        size[best < 0] = 0
        first = 1 + np.cumsum(size) - size
        lead = np.zeros(histories, np.int32)
        note_leads(pages, first, size, lead)
        entries = np.concatenate([np.arange(pages.first[h], pages.first[h] + size[h]) for h in known]) if len(known) else known
        kept, history = lineage(Histories(*(page[:histories] for page in pages[:3])), known)
        chosen = np.zeros(choices, np.float64)
        chosen[best[known]] = 1.0
        return TabularPolicy(
            game=str(self._game),
            fingerprint=self._game.fingerprint,
            role=self._game.agents[self._agent].role,
            agent=self._agent,
            histories=kept,
            history=history,
            names=(),
            first=np.append(first[known], 1 + len(entries)).astype(np.int32),
            parent=lead[known],
            action=np.concatenate([[-1], pages.choice[entries]]).astype(np.int32),
            probability=np.concatenate([[1.0], chosen[entries]]),
        )

    def state(self, name: str) -> dict[str, np.ndarray]:
        """What is filled, in arrays whose names begin with `name`."""
        filled = {**dict.fromkeys(BY_HISTORY, self.pages.filled[0]), **dict.fromkeys(BY_CHOICE, self.pages.filled[1])}
        kept = {f"{name}-{key}": getattr(self.pages, key)[:count].copy() for key, count in filled.items()}
        return {**kept, f"{name}-filled": self.pages.filled.copy()}

    def restore(self, state: dict[str, np.ndarray], name: str) -> None:
        """Go back to a `state`."""
        self.pages = self.pages._replace(
            **{key: state[f"{name}-{key}"].copy() for key in (*BY_HISTORY, *BY_CHOICE, "filled")}
        )  # fmt: skip
        histories, choices = self.pages.filled.tolist()
        self._grow(_doubled(FIRST_ROOM, histories), _doubled(FIRST_ROOM, choices))


def _doubled(room: int, wanted: int) -> int:
    """The room, doubled until it is enough."""
    while room < wanted:
        room *= 2
    return room


@inlined
def worth(pages, history, choice):
    """What a choice is worth, whatever the rest of the team may do, and how likely is that of which this is known (0: unknown)."""
    total, known = 0.0, 0.0
    for c in range(pages.value.shape[1]):
        if pages.visits[choice, c] > 0:
            known += pages.rest[history, c]
            total += pages.rest[history, c] * pages.value[choice, c]
    return total / known if known > 0.0 else 0.0, known


@compiled
def best_choice(pages, history):
    """The known choice of the highest worth, the first of equals, or -1; and its worth."""
    best, most = -1, 0.0
    for e in range(pages.first[history], pages.first[history] + pages.size[history]):
        here, known = worth(pages, history, e)
        if known > 0.0 and (best < 0 or here > most):
            best, most = e, here
    return best, most


@compiled
def note_best(pages, best):
    """The best choice of each history, -1 where none is known."""
    for h in range(best.size):
        best[h] = best_choice(pages, h)[0]


@compiled
def note_leads(pages, first, size, lead):
    """The entry of a policy that leads to each history: its histories own `size` entries from `first` on; 0: none."""
    for h in range(lead.size):
        above = pages.parent[h]
        if above < 0:
            lead[h] = 0
        elif size[above] == 0:
            lead[h] = lead[above]
        else:
            for k in range(size[above]):
                if pages.choice[pages.first[above] + k] == pages.action[h]:
                    lead[h] = first[above] + k
