"""What policies outside compiled code say in the situations of a layer (see `gamesolve.views.layers`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.rules.game import Game
from gamesolve.views.acting import HISTORY, Acting, Book
from gamesolve.views.histories import Histories
from gamesolve.views.recall import Recall, recall_of

#: About how many situations a policy is asked at once, at most, and how many signals it is shown.
PART, SHOWN = 65_536, 4_000_000
#: How far from 1 the probabilities may add up that somebody's policy gives.
TOLERANCE = 1e-3


def ask_all(
    game: Game,
    acting: Sequence[Acting],
    arrays: dict[str, Any],
    tables: Book,
    list_masks: Callable[..., None],
    pause: Callable[[], None],
    *,
    asked: Sequence[int],
) -> tuple[Book, int]:
    """Ask agents about all S situations of a layer, in parts.

    Args:
        acting: how each agent acts; J of them follow policies.
        arrays: an `Expander`'s.
        tables: the book of those who follow tables.
        list_masks: the template's.
        pause: called after each part.
        asked: who is asked.

    Returns:
        The book with S times J further entries, what each of the J does in each situation (empty where it is not
        asked, or has nothing to choose), and how many answers were given.

    Raises:
        GamesolveError: an answer does not consist of probabilities.
    """
    here, layer, answers = arrays["here"], arrays["layer"][0], 0
    given = np.zeros((*here["known"].shape, game.actions))
    part = max(min(PART, SHOWN // (int(layer["depth"]) * game.width * len(asked))), 1)
    for i in asked:
        own = len(game.agents[i].actions)
        masks = np.zeros((len(here), game.actions), np.uint8)
        list_masks(game.table, here, i, masks)
        free = np.flatnonzero(masks.sum(axis=1) > 1)
        answers += len(free)
        for start in range(0, len(free), part):
            rows = free[start : start + part]
            given[rows, layer["places"][i], :own] = _answers(game, acting, arrays, asked, i, rows, masks[rows, :own].view(np.bool_))
            pause()
    return _with_entries(tables, given.reshape(-1, game.actions)), answers


def _answers(
    game: Game, acting: Sequence[Acting], arrays: dict[str, Any], asked: Sequence[int], agent: int, rows: np.ndarray, masks: np.ndarray
) -> np.ndarray:
    """f8 [n, A']: what one agent's policy says in situations `rows` i8 [n], where masks bool [n, A'] are legal."""
    here, layer, ask = arrays["here"][rows], arrays["layer"][0], acting[agent].ask
    places = layer["places"][list(asked)]
    if layer["looks"][agent] == HISTORY:
        histories = Histories(arrays["parent"], arrays["action"], arrays["seen"])
        recall = recall_of(histories, here["known"][:, places].astype(np.int32), asked)
    else:
        recall = Recall.present(asked, here["signals"][:, places], int(layer["depth"]))
    assert ask is not None
    given = np.asarray(ask(recall, recall.place(agent), np.arange(len(rows)), masks), np.float64)
    if given.shape == masks.shape:
        sound = (given >= 0.0).all() and not given[~masks].any() and (np.abs(given.sum(axis=1) - 1.0) <= TOLERANCE).all()
    else:
        sound = False
    if not sound:
        raise GamesolveError(f"the policy of {game.agents[agent].name!r} gave what are no probabilities of its legal actions")
    return given


def _with_entries(tables: Book, given: np.ndarray) -> Book:
    """A book to which a history more is added for each row of `given` f8 [n, A], with its positive probabilities."""
    entry, choice = np.nonzero(given)
    sizes = np.bincount(entry, minlength=len(given))
    return tables._replace(
        first=np.append(tables.first, tables.first[-1] + np.cumsum(sizes)).astype(np.int32),
        choice=np.append(tables.choice, choice).astype(np.int16),
        weight=np.append(tables.weight, given[entry, choice]),
    )
