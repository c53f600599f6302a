"""The compiled steps of tabular Q-learning: find histories, choose, and back up what episodes earned."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gamesolve.base.compiled import compiled
from gamesolve.learners.values import best_choice
from gamesolve.views.histories import intern
from gamesolve.views.simulator_loop import next_uniform


class Trail(NamedTuple):
    """The decisions of n members in the present episodes of B rows, T each at most; member m's t-th in row b stands at (m B + b) T + t.

    Attributes:
        history: i4, where it was made; choice: i8, what was chosen; rest: i8, what the rest of the team did.
        explored: bool, whether another choice was known to be better, or none was known.
        reward, weight: f8, epochs: i4, following: i8, as in `rollout.Rollout`.
    """

    history: np.ndarray
    choice: np.ndarray
    rest: np.ndarray
    explored: np.ndarray
    reward: np.ndarray
    weight: np.ndarray
    epochs: np.ndarray
    following: np.ndarray


class Place(NamedTuple):
    """Where members stand.

    Attributes:
        history: i4 [n, B]; own: i4 [n, B], the last own action, -1 at first; length: i4 [n, B], decisions in the episode.
        now: i8 [n, B], the decision made in this step, or -1.
        waiting: i8 [B, n], the decision that is open, or -1.
    """

    history: np.ndarray
    own: np.ndarray
    length: np.ndarray
    now: np.ndarray
    waiting: np.ndarray


@compiled
def choose(pages, trail, place, m, agent, masks, signals, streams, actions, epsilon, tries, tally):
    """Find member m's history in every row and put down its action.

    With probability epsilon that is any, otherwise one that has been tried fewer than `tries` times, otherwise the best.
    tally i8 [A + 1] counts the decisions by their number of legal actions.
    """
    rows = masks.shape[0]
    room = trail.history.size // place.history.size
    for b in range(rows):
        new = pages.filled[0]
        h = intern(
            pages.parent, pages.action, pages.seen, pages.lookup, pages.filled, place.history[m, b], place.own[m, b], signals[b, agent]
        )
        place.history[m, b] = h
        if h == new:
            begin(pages, h, masks[b, agent])
        p = np.int64(-1)
        if pages.size[h] == 0:
            action = np.int64(only(masks[b, agent]))
        else:
            best = best_choice(pages, h)[0]
            e = draw(pages, h, best, epsilon, tries, next_uniform(streams[b], 1 + agent))
            action = np.int64(pages.choice[e])
            p = (m * rows + b) * room + place.length[m, b]
            place.length[m, b] += 1
            place.waiting[b, m] = p
            trail.history[p], trail.choice[p], trail.rest[p], trail.explored[p] = h, e, 0, e != best
            trail.reward[p], trail.weight[p], trail.epochs[p] = 0.0, 1.0, 0
            tally[pages.size[h]] += 1
        place.now[m, b] = p
        actions[b, agent] = action
        place.own[m, b] = action


@compiled
def begin(pages, h, mask):
    """Enter the choices of a new history."""
    legal = 0
    for a in range(mask.size):
        legal += mask[a]
    pages.first[h] = pages.filled[1]
    pages.size[h] = legal if legal > 1 else 0
    if legal > 1:
        for a in range(mask.size):
            if mask[a]:
                pages.choice[pages.filled[1]] = a
                pages.filled[1] += 1


@compiled
def only(mask):
    """The last legal action, or 0."""
    last = 0
    for a in range(mask.size):
        last = a if mask[a] else last
    return last


@compiled
def draw(pages, h, best, epsilon, tries, point):
    """A choice at a history, by a uniform number; the best known one is given, or -1."""
    first, size = pages.first[h], pages.size[h]
    if point < epsilon:
        return first + min(np.int64(point / epsilon * size), size - 1)
    for e in range(first, first + size):
        seen = 0
        for c in range(pages.visits.shape[1]):
            seen += pages.visits[e, c]
        if seen < tries:
            return e
    return best if best >= 0 else first + min(np.int64((point - epsilon) / (1.0 - epsilon) * size), size - 1)


@compiled
def note_rest(trail, place, agents, sizes, actions):
    """Note with every decision just made what the rest of the team does, as one number: agents i4 [n] with sizes i4 [n] actions."""
    for b in range(actions.shape[0]):
        for m in range(agents.size):
            if place.now[m, b] < 0:
                continue
            code = 0
            for k in range(agents.size):
                if k != m:
                    code = code * sizes[k] + actions[b, agents[k]]
            trail.rest[place.now[m, b]] = code


@compiled
def back_up(pages, trail, place, m, agent, dones, trace, power, least):
    """Learn from member m's decisions in the episodes that are over, from their last to their first, and begin new ones.

    The step size is visits^-power, or `least` where that is more.
    """
    rows = dones.size
    room = trail.history.size // place.history.size
    for b in range(rows):
        if not dones[b]:
            continue
        after = target = 0.0
        for t in range(place.length[m, b] - 1, -1, -1):
            p = (m * rows + b) * room + t
            h, e, c = trail.history[p], trail.choice[p], trail.rest[p]
            # Within an epoch no time passes; an exploring choice says little about what is best (Watkins 1989).
            target = trail.reward[p] + trail.weight[p] * after
            learn(pages, h, e, c, target, power, least)
            most = best_choice(pages, h)[1]
            kept = 0.0 if trail.explored[p] else trace if t > 0 and trail.epochs[p - 1] > 0 else 1.0
            after = kept * target + (1.0 - kept) * most
        place.length[m, b] = 0
        place.history[m, b], place.own[m, b] = -1 - agent, -1


@compiled
def learn(pages, h, e, c, target, power, least):
    """Move the value of a choice with a combination towards a target, and the beliefs about combinations towards this one."""
    pages.visits[e, c] += 1
    pages.value[e, c] += max(pages.visits[e, c] ** -power, least) * (target - pages.value[e, c])
    pages.met[h] += 1
    rate = max(pages.met[h] ** -power, least)
    for d in range(pages.visits.shape[1]):
        pages.rest[h, d] += rate * ((1.0 if d == c else 0.0) - pages.rest[h, d])
