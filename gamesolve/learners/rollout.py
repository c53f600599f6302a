"""Decisions collected from the batch simulator: what a learner's agents saw, did and got.

Only decisions are kept: where an agent has a single legal action it is put down and nothing is
stored. A decision's reward is all that its role earns until the same agent's next decision in that
episode, discounted by the epochs between; a pick inside an epoch takes no time. A row's last
decision is open until its agent decides again or the episode ends; it bootstraps those before it
and is carried over to the next rollout.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gamesolve.base.compiled import compiled

#: What follows a decision: nothing, as the episode is over; or it is not known yet.
OVER, OPEN = -1, -2


@dataclass(frozen=True, eq=False)
class Rollout:
    """Room for C decisions of F features and A actions, in the order in which they were made.

    Attributes:
        inputs: f4 [C, F].
        masks: bool [C, A].
        action: i8 [C].
        log_probability: f4 [C], of the action; and all: f4 [C, A], of every action where asked for (else [0, A]).
        value: f4 [C], the critic's, in the game's units.
        reward: f4 [C], of the role until what follows.
        weight: f4 [C], discount to the power of the epochs until what follows.
        epochs: i4 [C], that number of epochs.
        following: i8 [C], the same agent's next decision, OVER or OPEN.
    """

    inputs: np.ndarray
    masks: np.ndarray
    action: np.ndarray
    log_probability: np.ndarray
    all: np.ndarray
    value: np.ndarray
    reward: np.ndarray
    weight: np.ndarray
    epochs: np.ndarray
    following: np.ndarray

    @classmethod
    def empty(cls, room: int, features: int, actions: int, *, keep_all: bool = False) -> Rollout:
        """Room for `room` decisions."""
        return cls(
            inputs=np.zeros((room, features), np.float32),
            masks=np.zeros((room, actions), np.bool_),
            action=np.zeros(room, np.int64),
            log_probability=np.zeros(room, np.float32),
            all=np.zeros((room if keep_all else 0, actions), np.float32),
            value=np.zeros(room, np.float32),
            reward=np.zeros(room, np.float32),
            weight=np.zeros(room, np.float32),
            epochs=np.zeros(room, np.int32),
            following=np.zeros(room, np.int64),
        )

    def carry(self, n: int, waiting: np.ndarray) -> int:
        """Move the open ones of the first n decisions to the front, `waiting` i8 [B, n agents] with them; their number."""
        still = np.flatnonzero(self.following[:n] == OPEN)
        for array in filter(len, vars(self).values()):
            array[: len(still)] = array[still]
        place = np.full(n + 1, -1, np.int64)
        place[still] = np.arange(len(still))
        waiting[:] = place[waiting]
        return len(still)


@compiled
def gather(masks, actions, agents, sizes, rows, members):
    """Find the decisions of this step: rows i8 and members i4 [B n] are filled, and forced actions put down; their number.

    masks u1 [B, N, A], actions i4 [B, N], agents i4 [n] of the learner, sizes i4 [n] their numbers of actions.
    """
    found = 0
    for b in range(masks.shape[0]):
        for m in range(agents.size):
            i = agents[m]
            legal, last = 0, 0
            for a in range(sizes[m]):
                legal += masks[b, i, a]
                last += a if masks[b, i, a] else 0
            if legal == 1:
                actions[b, i] = last
            else:
                rows[found] = b
                members[found] = m
                found += 1
    return found


@compiled
def open_decisions(masks, agents, rows, members, n, kept, waiting, following, reward, weight, epochs):
    """Enter decisions n, n + 1, ... and close those of the same agents that were open."""
    for k in range(rows.size):
        b, m = rows[k], members[k]
        for a in range(kept.shape[1]):
            kept[n + k, a] = masks[b, agents[m], a] != 0
        before = waiting[b, m]
        if before >= 0:
            following[before] = n + k
        waiting[b, m] = n + k
        following[n + k] = OPEN
        reward[n + k] = 0.0
        weight[n + k] = 1.0
        epochs[n + k] = 0


@compiled
def settle(rewards, role, dones, elapsed, picks, discount, waiting, following, reward, weight, epochs, returns, scale, finished):
    """After a joint step: credit its reward to the open decisions, and close those of episodes that are over.

    returns f8 [B] and scale f8 [B] hold each row's return so far and the present weight of a reward;
    finished f8 [B] takes the returns of episodes that are over. Their number.
    """
    over = 0
    for b in range(dones.size):
        r = rewards[b, role]
        returns[b] += scale[b] * r
        closes = dones[b] or elapsed[b] % picks == 0
        if closes:
            scale[b] *= discount
        for m in range(waiting.shape[1]):
            p = waiting[b, m]
            if p < 0:
                continue
            reward[p] += weight[p] * r
            if closes:
                weight[p] *= discount
                epochs[p] += 1
            if dones[b]:
                following[p] = OVER
                waiting[b, m] = -1
        if dones[b]:
            finished[over] = returns[b]
            over += 1
            returns[b] = 0.0
            scale[b] = 1.0
    return over


@compiled
def advantages(n, reward, weight, epochs, following, value, trace, advantage):
    """Generalised advantage estimation (Schulman et al. 2016, eq. 16) over decisions 0 to n - 1, from the last to the first.

    `trace` is lambda; it applies where an epoch has passed. Advantages of open decisions are 0: they bootstrap.
    """
    for k in range(n - 1, -1, -1):
        after = following[k]
        if after == OPEN:
            advantage[k] = 0.0
        elif after == OVER:
            advantage[k] = reward[k] - value[k]
        else:
            kept = trace if epochs[k] > 0 else 1.0
            advantage[k] = reward[k] + weight[k] * value[after] - value[k] + weight[k] * kept * advantage[after]
