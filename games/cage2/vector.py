"""The original's 52-bit vector and our defender's signals, one from the other.

With it our defenders run inside the original challenge, and defenders made for the original run here;
the original itself is not needed (README.md beside this file shows both).
"""

from __future__ import annotations

import numpy as np

from gamesolve.games.cage2.observing import ACTIVITY, MARK, MEMORY, recall
from gamesolve.games.cage2.rules import DEFENDER_ACTIONS, STATE, H, act_defender
from gamesolve.rules import Game, GamesolveError

BITS = 4 * H
#: The pairs of bits for our values: activity none, scan, exploit; compromised no, unknown, user, privileged.
ACTIVITY_BITS = np.array([[0, 0], [1, 0], [1, 1]], np.int8)
MARK_BITS = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.int8)


def to_bits(signals: np.ndarray) -> np.ndarray:
    """The original's vector i1 [..., 52] for the defender's signals i2 [..., W]."""
    activity, mark = signals[..., ACTIVITY : ACTIVITY + H], signals[..., MARK : MARK + H]
    pairs = np.concatenate([ACTIVITY_BITS[activity], MARK_BITS[mark]], axis=-1)
    return pairs.reshape(*signals.shape[:-1], BITS)


class VectorReader:
    """Turns an episode's vectors into the defender's signals, step by step; what is from its own past it keeps itself."""

    def __init__(self, game: Game) -> None:
        """
        Args:
            game: `cage2`, with the parameters that the defender is to believe in.

        Raises:
            GamesolveError: it is another game.
        """
        if game.name != "cage2":
            raise GamesolveError(f"{game} is not the game 'cage2', whose 52-bit vector this reads")
        self.game = game
        self.begin()

    def begin(self) -> None:
        """Start an episode."""
        # The defender's own decoys follow from its own actions; of the rest of this state nothing is read.
        self._state, self._memory = np.zeros(1, STATE), np.zeros(1, MEMORY)

    def signals(self, bits: np.ndarray, last_action: int | None = None) -> np.ndarray:
        """The defender's signals i2 [W].

        Args:
            bits: 52 zeros and ones, as the original's wrapper gives them.
            last_action: the defender's own action 0 to 144 that came before; None at an episode's start.

        Raises:
            GamesolveError: the vector or the action is not one of the original's.
        """
        row = np.zeros(self.game.width, np.int16)
        pairs = _pairs(bits)
        row[ACTIVITY : ACTIVITY + H] = _values(pairs[:, :2], ACTIVITY_BITS, bits)
        row[MARK : MARK + H] = _values(pairs[:, 2:], MARK_BITS, bits)
        if last_action is not None:
            if not 0 <= last_action < DEFENDER_ACTIONS:
                raise GamesolveError(f"action {last_action!r} is none of the defender's; they are 0 to {DEFENDER_ACTIONS - 1}")
            act_defender(self.game.table[0], self._state[0], int(last_action))
        if self.game.table["own_past"][0]:
            recall(self._state[0], self._memory[0], -1 if last_action is None else int(last_action), row)
        return row


def _pairs(bits: np.ndarray) -> np.ndarray:
    found = np.asarray(bits)
    if found.shape != (BITS,) or not np.isin(found, (0, 1)).all():
        raise GamesolveError(f"{np.asarray(bits).tolist()!r} is no vector of the original; it is {BITS} zeros and ones")
    return found.astype(np.int8).reshape(H, 4)


def _values(pairs: np.ndarray, words: np.ndarray, bits: np.ndarray) -> np.ndarray:
    """Which row of `words` each pair of bits is."""
    same = (pairs[:, None, :] == words[None, :, :]).all(axis=2)
    if not same.any(axis=1).all():
        raise GamesolveError(f"{np.asarray(bits).tolist()!r} is no vector of the original: a pair of activity bits is never 01")
    return same.argmax(axis=1)
