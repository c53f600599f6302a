"""Signals: what an agent sees, declared once; features and information states derive from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gamesolve.base.errors import GamesolveError


@dataclass(frozen=True)
class Signal:
    """A block of `count` small integers in an agent's row of signals, each in 0, ..., values - 1.

    Attributes:
        name: what it is, in the game's words.
        values: number of values each may take, at most 32,768.
        count: how many of them lie side by side (one per node, say).
        ordinal: the order of the values means something (a count, a time): features are scaled to
            [0, 1] instead of one-hot.
        labels: a word for each value, for reports; empty means the numbers themselves.
        summary: it tells its agent nothing new: it follows from the agent's own history of the other signals (those of
            now included) and of its own actions. It serves networks that are fed the present signals alone.
    """

    name: str
    values: int
    count: int = 1
    ordinal: bool = False
    labels: tuple[str, ...] = ()
    summary: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.values <= 32768 or self.count < 1:
            raise GamesolveError(
                f"signal {self.name!r} has values={self.values!r}, count={self.count!r}; values lie in 1 to 32768, count is positive"
            )
        if self.labels and len(self.labels) != self.values:
            raise GamesolveError(f"signal {self.name!r} has {len(self.labels)} labels for {self.values} values")
        if len(set(self.labels)) != len(self.labels) or any("," in label for label in self.labels):
            raise GamesolveError(f"signal {self.name!r} has the labels {list(self.labels)}; they differ from each other and hold no comma")

    @property
    def features(self) -> int:
        """Number of features for networks."""
        return self.count * (1 if self.ordinal else self.values)

    def describe(self, row: np.ndarray) -> str:
        """The block `row` (i2 [count]) in words, e.g. `alert=0,1,0`."""
        words = [self.labels[v] if self.labels else str(int(v)) for v in row]
        return f"{self.name}={','.join(words)}"


def width(signals: tuple[Signal, ...]) -> int:
    """Length of an agent's row of signals."""
    return sum(s.count for s in signals)


def summary_columns(signals: tuple[Signal, ...]) -> np.ndarray:
    """bool [W]: which columns of an agent's row of signals are summaries of its own history."""
    return np.array([signal.summary for signal in signals for _ in range(signal.count)], bool)


def describe_row(signals: tuple[Signal, ...], row: np.ndarray) -> str:
    """A row of signals (i2 [width]) in words."""
    parts, start = [], 0
    for signal in signals:
        parts.append(signal.describe(row[start : start + signal.count]))
        start += signal.count
    return " ".join(parts)


def refuse_unseen(signals: tuple[Signal, ...], row: np.ndarray) -> None:
    """Raise GamesolveError where a row [W'] is not one of these signals' integers, in range, with zeros only beyond them."""
    if row.dtype.kind not in "iu" or len(row) < width(signals):
        raise GamesolveError(f"the signals are {row.dtype} of shape {row.shape}; integers of shape ({width(signals)},) are needed")
    start = 0
    for signal in signals:
        block = row[start : start + signal.count]
        wrong = np.flatnonzero((block < 0) | (block >= signal.values))
        if len(wrong):
            raise GamesolveError(f"signal {signal.name!r} is {block[wrong[0]]} at position {wrong[0]}; it lies in 0 to {signal.values - 1}")
        start += signal.count
    if row[start:].any():
        raise GamesolveError(f"the signals go on beyond the agent's {start} with {row[start:].tolist()}; only zeros may")


def feature_columns(signals: tuple[Signal, ...]) -> tuple[np.ndarray, np.ndarray]:
    """How each of W columns of a row of signals becomes features.

    Returns:
        i4 [W], the feature of value 0; f4 [W], by what an ordinal value is divided, 0 where the column is one-hot.
    """
    spans = [max(s.values - 1, 1) if s.ordinal else 0 for s in signals for _ in range(s.count)]
    sizes = [1 if s.ordinal else s.values for s in signals for _ in range(s.count)]
    return np.cumsum([0, *sizes], dtype=np.int32)[:-1], np.array(spans, np.float32)


def features(signals: tuple[Signal, ...], rows: np.ndarray) -> np.ndarray:
    """Features f4 [B, F] for rows of signals i2 [B, W]: one-hot, or scaled to [0, 1] where ordinal."""
    # By blocks rather than by `feature_columns`, which takes three times as long for a single row.
    blocks, start = [], 0
    for signal in signals:
        block = rows[:, start : start + signal.count]
        if signal.ordinal:
            blocks.append(block.astype(np.float32) / max(signal.values - 1, 1))
        else:
            hot = block[:, :, None] == np.arange(signal.values, dtype=rows.dtype)
            blocks.append(hot.reshape(len(rows), signal.features).astype(np.float32))
        start += signal.count
    return np.concatenate(blocks, axis=1) if blocks else np.zeros((len(rows), 0), np.float32)
