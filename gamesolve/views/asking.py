"""`Asking`: policies outside compiled code, asked once a step for all rows in which they act.

They give probabilities; the action is drawn here, from the row's own stream, so what happens in an
episode depends on no other row.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base.compiled import compiled, inlined
from gamesolve.base.errors import GamesolveError
from gamesolve.rules.chance import advance, fraction, outcome_at
from gamesolve.rules.game import Game
from gamesolve.views.acting import Alike
from gamesolve.views.recall import Recall

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased

#: In place of a slot's place: it is not asked.
NOBODY = -1


@dataclass(frozen=True)
class Group:
    """Slots that are asked in one go.

    Attributes:
        ask: as `Alike.joined` says.
        places: i4, those of the slots, one after another; the slots' decisions are gathered in the order of their places.
        actions: most actions of their agents.
    """

    ask: Callable[[Recall, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
    places: slice
    actions: int


class Asking:
    """The slots of a simulator that are asked, and what their agents have seen."""

    def __init__(self, game: Game, rows: np.ndarray, loop: np.ndarray, first: np.ndarray, asked: dict[int, Callable[..., Any]]) -> None:
        """
        Args:
            rows, loop: the simulator's own.
            first: i4 [N + 1], slots of each agent.
            asked: slot to the function that is asked (see `Acting`).

        Raises:
            GamesolveError: the game has no horizon.
        """
        self._game, self._rows, self._loop = game, rows, loop
        agents = {s: int(np.searchsorted(first, s, side="right")) - 1 for s in asked}
        self.recall = Recall.empty(game, len(rows), sorted(set(agents.values())))
        self._masks = rows["masks"].view(np.bool_)
        self._sizes = np.array([len(agent.actions) for agent in game.agents], np.int32)
        alike: dict[Hashable, list[int]] = {}
        for slot, ask in asked.items():
            alike.setdefault((type(ask), ask.like) if isinstance(ask, Alike) else slot, []).append(slot)
        self._groups: list[Group] = []
        self._place = np.full(loop["kinds"].shape[1], NOBODY, np.int32)
        for slots in alike.values():
            start = self._groups[-1].places.stop if self._groups else 0
            places = slice(start, start + len(slots))
            self._place[slots] = np.arange(places.start, places.stop)
            asks: list[Any] = [asked[slot] for slot in slots]
            ask = asks[0].joined(asks) if isinstance(asks[0], Alike) else _alone(asks[0], self.recall.place(agents[slots[0]]))
            self._groups.append(Group(ask, places, int(self._sizes[[agents[slot] for slot in slots]].max())))
        self._bounds = np.zeros(len(asked) + 1, np.int64)
        self._at, self._who = np.empty(rows["slot"].size, np.int64), np.empty(rows["slot"].size, np.int32)

    def begin(self) -> None:
        """Note what every row shows as it begins anew."""
        self.recall.begin(self._rows)

    def note(self) -> None:
        """Note what every row shows now."""
        self.recall.note(self._rows)

    def choose(self) -> None:
        """Choose for the agents of all rows that are under way."""
        rows, bounds = self._rows, self._bounds
        gather(
            rows["episode"], self._loop["last"][0], rows["slot"], rows["masks"], rows["actions"], self._place, self._sizes, bounds,
            self._at, self._who,
        )  # fmt: skip
        for group in self._groups:
            own = bounds[group.places.start : group.places.stop + 1]
            part = slice(own[0], own[-1])
            if part.stop > part.start:
                at, agents = self._at[part], self._who[part]
                masks = self._masks[at, agents, : group.actions]
                given = np.asarray(group.ask(self.recall, at, own - own[0], masks), np.float64)
                draw_actions(self._game, rows, at, agents, given, masks)


def _alone(ask: Callable[..., Any], place: int) -> Callable[[Recall, np.ndarray, np.ndarray, np.ndarray], np.ndarray]:
    return lambda recall, rows, bounds, masks: ask(recall, place, rows, masks)


@compiled
def gather(episode, last, slot, masks, actions, place, sizes, bounds, at, who):
    """Find the decisions of those who are asked, place by place, and put down what is forced.

    Args:
        episode: i8 [B]; rows are under way until `last`.
        slot, actions: i4 [B, N]; masks: u1 [B, N, A].
        place: i4 [slots], of each slot that is asked, else NOBODY.
        sizes: i4 [N], numbers of actions.
        bounds: i8 [places + 1] is filled: decisions bounds[p] to bounds[p + 1] - 1 are those of place p,
        at, who: i8 and i4 [B N] are filled: taken in these rows by these agents.
    """
    for p in range(bounds.size):
        bounds[p] = 0
    for b in range(slot.shape[0]):
        for i in range(slot.shape[1]):
            p = place[slot[b, i]]
            if p != NOBODY and episode[b] < last:
                if free(masks[b, i], sizes[i]):
                    bounds[p + 1] += 1
                else:
                    actions[b, i] = only(masks[b, i], sizes[i])
    for p in range(bounds.size - 1):
        bounds[p + 1] += bounds[p]
    # While decisions are put to their places, bounds[p] is where the next one of place p goes.
    for b in range(slot.shape[0]):
        for i in range(slot.shape[1]):
            p = place[slot[b, i]]
            if p != NOBODY and episode[b] < last and free(masks[b, i], sizes[i]):
                at[bounds[p]] = b
                who[bounds[p]] = i
                bounds[p] += 1
    for p in range(bounds.size - 1, 0, -1):
        bounds[p] = bounds[p - 1]
    bounds[0] = 0


@inlined
def free(mask, size):
    """Whether there is a choice among the first `size` actions."""
    legal = 0
    for a in range(size):
        legal += mask[a]
    return legal > 1


@inlined
def only(mask, size):
    """The one legal action, or 0."""
    for a in range(size):
        if mask[a]:
            return a
    return 0


def draw_actions(
    game: Game | TurnBased, rows: np.ndarray, at: np.ndarray, agents: np.ndarray, given: np.ndarray, masks: np.ndarray
) -> None:  # fmt: skip
    """Draw n actions, each by one uniform number of its row's and agent's own stream, and put them down.

    Args:
        rows: record [B], the simulator's or the batch's.
        at: i8 [n], rows in which `agents` i4 [n] act.
        given: floats [n, A], probabilities of the actions where masks bool [n, A] are legal.

    Raises:
        GamesolveError: these are not probabilities, or one is positive where it must not be.
    """
    names = [game.agents[agent].name for agent in agents[:1]]
    if given.shape != masks.shape:
        raise GamesolveError(f"the policy of {names[0]!r} gave probabilities of shape {given.shape}; {masks.shape} was asked")
    wrong = draw(rows["streams"], at, agents, given, masks, rows["actions"])
    if wrong >= 0:
        raise GamesolveError(
            f"the policy of {game.agents[agents[wrong]].name!r} gave {given[wrong][masks[wrong]].tolist()} for its legal actions and "
            f"{given[wrong][~masks[wrong]].max(initial=0.0)} for another; probabilities are not negative, add to 1 and are 0 there"
        )


@compiled
def draw(streams, rows, agents, probabilities, masks, actions):
    """See `draw_actions`; -1, or the first place at which something is wrong."""
    for k in range(rows.size):
        total = mass(probabilities[k])
        if not allowed(probabilities[k], masks[k]) or abs(total - 1.0) > 1e-3:
            return k
        b, i = rows[k], agents[k]
        streams[b, 1 + i] = advance(streams[b, 1 + i])
        actions[b, i] = outcome_at(probabilities[k], fraction(streams[b, 1 + i]) * total)
    return -1


@compiled
def allowed(probabilities, masks):
    """Whether none is negative, too large to be one, or positive where the mask is not; without branches, as rows may be long."""
    wrong = False
    for a in range(probabilities.size):
        p = probabilities[a]
        wrong |= (not 0.0 <= p < np.inf) | ((p > 0.0) & (not masks[a]))
    return not wrong


@compiled
def mass(probabilities):
    """The sum: four at once, since each addition to one sum would wait for the one before."""
    first = second = third = fourth = 0.0
    whole = probabilities.size - probabilities.size % 4
    for k in range(0, whole, 4):
        first += probabilities[k]
        second += probabilities[k + 1]
        third += probabilities[k + 2]
        fourth += probabilities[k + 3]
    for k in range(whole, probabilities.size):
        first += probabilities[k]
    return (first + second) + (third + fourth)
