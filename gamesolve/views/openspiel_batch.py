"""`OpenSpielBatch`: B episodes of an OpenSpiel game at once, through OpenSpiel's Python API.

What a `Simulator` is to games of ours, and some hundred times slower: every move is a call of OpenSpiel's
and a turn of a Python loop. Policies are asked in batches all the same. A choice of one legal action is no
decision: it is made here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyspiel

from gamesolve.base.compiled import compiled
from gamesolve.base.errors import GamesolveError
from gamesolve.base.seeds import checked_seed
from gamesolve.rules.chance import advance, fraction, seed_stream
from gamesolve.views.acting import ASKED, PLAYS, UNIFORM, Acting, Drawn, drawn_way, slots_of
from gamesolve.views.asking import draw_actions
from gamesolve.views.turn_based import TurnBased

#: More episodes than anyone plays.
FOREVER = 2**62
#: Episodes played at once where all players follow policies.
TOGETHER = 256
TERMINAL = int(pyspiel.PlayerId.TERMINAL)
#: In place of a slot: nobody is to be asked.
NOBODY = -1
ROW = np.dtype([
    ("streams", "u8", (3,)),  # of the game's chance and of each player
    ("actions", "i4", (2,)),  # that each player chose last
    ("slot", "i4", (2,)),  # the way in which each player acts in the present episode
    ("rewards", "f8", (2,)),  # since the row last stood still
    ("episode", "i8"),
    ("elapsed", "i4"),  # how often the row has been played on in the episode
    ("done", "u1"),
    ("waits", "u1"),  # a player who is driven has to choose
])  # fmt: skip


class OpenSpielBatch:
    """B episodes at once, each with random streams of its own, with automatic reset.

    Row b plays episodes b, b + B, b + 2B, ...; what happens in an episode depends on the seed and
    the episode's number only. A row is played on until a player who is driven has a choice, or until
    the episode is over; it stands at the beginning of the next one then.

    Attributes:
        game: in its turn-based form.
        states: the B states.
        legal: for each row the legal actions of who chooses there.
        rows: record [B], all else that belongs to a row (`ROW`).
        rewards: f8 [B, 2], by player, of the last `advance`.
        dones: bool [B], whether that ended the episode; waits: bool [B], whether it led to a choice.
        decisions: choices among two or more legal actions made so far, by whatever policy.

    The arrays are the batch's own and change in place.
    """

    def __init__(self, game: TurnBased, batch: int, *, seed: int, acting: Sequence[Acting | Drawn]) -> None:
        """
        Args:
            batch: B, at least 1.
            acting: how the two players act; those with `PLAYING` are driven. Who is `ASKED` is so by
                `ask(states, masks)`: the probabilities f8 [n, A] of the actions at n states in which the player moves, where
                masks bool [n, A] are legal. A `Drawn` is drawn anew in every episode, by the episode's own stream.

        Raises:
            GamesolveError: batch or seed is out of range, or a player acts in a way that is for games of ours only.
        """
        if batch < 1:
            raise GamesolveError(f"batch is {batch!r}; at least one episode is needed")
        self.game, self._seed = game, checked_seed(seed)
        self._slots, self._first, self._chances, self._turns = slots_of(game, acting)
        self._kinds = [way.kind for way in self._slots]
        if any(kind not in (PLAYS, UNIFORM, ASKED) for kind in self._kinds):
            raise GamesolveError(f"a policy for games of ours cannot be followed in {game}")
        self._pays = game.played.get_type().reward_model == pyspiel.GameType.RewardModel.REWARDS
        self.rows = np.zeros(batch, ROW)
        self.states: list[pyspiel.State] = [None] * batch
        self.legal: list[list[int]] = [[] for _ in range(batch)]
        self.rewards, self.dones, self.waits = (
            self.rows["rewards"], self.rows["done"].view(np.bool_), self.rows["waits"].view(np.bool_)
        )  # fmt: skip
        self._streams, self._slot, self._paid = self.rows["streams"], self.rows["slot"], np.zeros((batch, 2))
        self.reset()

    @property
    def driven(self) -> bool:
        """Whether a player is driven."""
        return PLAYS in self._kinds

    def reset(self, first: int = 0, *, last: int = FOREVER) -> None:
        """Start episodes first, ..., first + B - 1; rows stand still from episode `last` on."""
        self.decisions, self._last = 0, last
        for b in range(len(self.rows)):
            self._begin(b, first + b)

    def advance(self) -> None:
        """Play on in every row; where a row `waits`, with the action that its player has put down (see `rows`)."""
        self.rewards[:], self.dones[:] = 0.0, False
        self.rows["elapsed"] += 1
        for b in np.flatnonzero(self.waits).tolist():
            self._apply(b, int(self.rows["actions"][b, self.states[b].current_player()]))
        self.waits[:] = False
        under_way = np.flatnonzero(self.rows["episode"] < self._last).tolist()
        while under_way:
            asked: dict[int, list[int]] = {}
            for b in under_way:
                slot = self._go_on(b)
                if slot != NOBODY:
                    asked.setdefault(slot, []).append(b)
            under_way = []
            for slot, rows in asked.items():
                self._ask(slot, rows)
                under_way += rows

    def masks(self, rows: Sequence[int]) -> np.ndarray:
        """bool [n, A]: what is legal for who chooses in n rows."""
        count = self.game.actions
        found = np.zeros((len(rows), count), np.bool_)
        found.ravel()[[k * count + action for k, b in enumerate(rows) for action in self.legal[b]]] = True
        return found

    def drawn(self, player: int) -> np.ndarray:
        """i4 [B]: which of the ways in which a player may act was drawn for the present episode of each row."""
        return np.asarray(self._slot[:, player] - self._first[player])

    def run(self, first: int, count: int) -> np.ndarray:
        """Returns f8 [count, 2] of episodes first, ..., first + count - 1, each played to its end.

        Raises:
            GamesolveError: a player follows no policy.
        """
        if self.driven:
            raise GamesolveError("an evaluation needs a policy for every player")
        returns, end = np.zeros((count, 2)), first + count
        self.reset(first, last=end)
        while len(playing := np.flatnonzero(self.rows["episode"] < end)):
            episodes = self.rows["episode"][playing]
            self.advance()
            returns[episodes - first] = self.rewards[playing]
        return returns

    def state(self) -> dict[str, np.ndarray]:
        """A copy of all that what follows depends on, to `restore`."""
        histories = [state.history() for state in self.states]
        length = np.array([len(history) for history in histories], np.int64)
        actions = np.array([action for history in histories for action in history], np.int64)
        counts = np.array([self.decisions, self._last], np.int64)
        return {"rows": self.rows.view(np.uint8).copy(), "length": length, "history": actions, "counts": counts}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state` of a batch of the same game, size, seed and policies."""
        self.rows.view(np.uint8)[:] = state["rows"]
        self.decisions, self._last = map(int, state["counts"])
        ends = np.cumsum(state["length"])
        for b, history in enumerate(np.split(state["history"], ends[:-1])):
            one = self.states[b] = self.game.played.new_initial_state()
            for action in history.tolist():
                one.apply_action(action)
            self.legal[b] = one.legal_actions() if self.waits[b] else []
            self._paid[b] = one.returns() if self._pays else 0.0

    def _begin(self, b: int, episode: int) -> None:
        """Start an episode in row b."""
        rows = self.rows
        rows["episode"][b], rows["elapsed"][b], self.waits[b], self._paid[b] = episode, 0, False, 0.0
        begin(self._seed, episode, self._first, self._chances, self._turns, self._streams[b], self._slot[b])
        self.states[b] = self.game.played.new_initial_state()

    def _go_on(self, b: int) -> int:
        """Play on in row b until somebody is to be asked: the slot; or until it stands still: NOBODY."""
        state = self.states[b]
        while True:
            player = state.current_player()
            if player == TERMINAL:
                self._pay(b)
                self.dones[b] = True
                self._begin(b, int(self.rows["episode"][b]) + len(self.rows))
                return NOBODY
            if player < 0:
                state.apply_action(self._chance(b))
                continue
            legal = state.legal_actions()
            if len(legal) == 1:
                state.apply_action(legal[0])
                continue
            slot = int(self._slot[b, player])
            if self._kinds[slot] == UNIFORM:
                n = int(next_number(self._streams, b, 1 + player) * len(legal))
                self._apply(b, legal[min(n, len(legal) - 1)])
                continue
            self.legal[b] = legal
            if self._kinds[slot] == ASKED:
                return slot
            if self._pays:
                self._pay(b)
            self.waits[b] = True
            return NOBODY

    def _chance(self, b: int) -> int:
        """An outcome of the chance node at which row b stands, by the inverse distribution function."""
        outcomes = self.states[b].chance_outcomes()
        if len(outcomes) == 1:
            return int(outcomes[0][0])
        drawn, point = 0, next_number(self._streams, b, 0)
        for outcome, probability in outcomes:
            if probability > 0.0:
                drawn = outcome
                point -= probability
                if point < 0.0:
                    break
        return drawn

    def _ask(self, slot: int, rows: list[int]) -> None:
        """Let a policy choose in some rows."""
        player = int(np.searchsorted(self._first, slot, side="right")) - 1
        masks = self.masks(rows)
        ask: Any = self._slots[slot].ask
        given = np.asarray(ask([self.states[b] for b in rows], masks), np.float64)
        at = np.array(rows, np.int64)
        draw_actions(self.game, self.rows, at, np.full(len(at), player, np.int32), given, masks)
        for b, action in zip(rows, self.rows["actions"][at, player].tolist(), strict=True):
            self._apply(b, action)

    def _apply(self, b: int, action: int) -> None:
        """A decision of whoever moves in row b."""
        self.states[b].apply_action(action)
        self.decisions += 1

    def _pay(self, b: int) -> None:
        """Note what row b has earned since it last stood still."""
        returns = self.states[b].returns()
        self.rewards[b] = returns - self._paid[b]
        self._paid[b] = returns


@compiled
def begin(seed, episode, first, chances, turns, streams, slot):
    """Start the streams u8 [3] of an episode, and draw how the players act: slot i4 [2], each by a stream of its own."""
    for who in range(streams.size):
        streams[who] = seed_stream(seed, episode, who)
    for i in range(slot.size):
        own = chances[first[i] : first[i + 1]]
        point = fraction(advance(seed_stream(seed, episode, 1 + slot.size + i)))
        slot[i] = first[i] + drawn_way(own, turns[i], episode, point)


@compiled
def next_number(streams, b, who):
    """The next number of one of the streams u8 [B, 3], uniform on [0, 1)."""
    streams[b, who] = advance(streams[b, who])
    return fraction(streams[b, who])
