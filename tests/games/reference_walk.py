"""A second opinion on a game: its extensive form by plain recursion, and its value by a linear program.

Slow and short on purpose. It shares no code with the compiled walker and its solvers but the
rules and the tape of chance. Information sets are Python tuples of (own action, signals) pairs.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, lil_matrix

from gamesolve.rules.chance import TAPE, first_tape, next_tape
from gamesolve.rules.game import Game
from gamesolve.rules.record import transient_start

EMPTY = ()


@dataclass
class Extensive:
    """Legal actions and parent sequence by information set and role; [defender, attacker] payoffs by pair of sequences."""

    sets: tuple[dict, dict] = field(default_factory=lambda: ({}, {}))
    payoffs: dict = field(default_factory=lambda: defaultdict(lambda: np.zeros(2)))
    returns: list = field(default_factory=list)


def walk(game: Game) -> Extensive:
    """Enumerate every play of a game with one agent a role and one pick an epoch."""
    found = Extensive()
    state, memory = np.zeros(1, game.state), np.zeros(1, game.memory)
    start = [(game.rules.reset, (game.table[0],), np.array([-1, -1], np.int32))]
    _outcomes(game, found, state, memory, start[0], ((), ()), (EMPTY, EMPTY), 1.0, np.zeros(2), -1)
    return found


def _outcomes(game, found, state, memory, move, histories, sequences, weight, returns, epoch):
    """Every outcome of one transition: `reset`, or `step` with the joint action of the move."""
    call, arguments, actions = move
    chance = game.new_chance()
    first_tape(chance[0], TAPE)
    while True:
        after, remembered, reward = state.copy(), memory.copy(), np.zeros(2)
        after.view(np.uint8)[transient_start(game.state) :] = 0
        if epoch < 0:
            over = bool(call(*arguments, after[0], remembered[0], chance[0]))
        else:
            over = bool(call(*arguments, after[0], actions, chance[0], reward)) or epoch + 1 == game.horizon
        total = returns + (game.discount**epoch * reward if epoch >= 0 else 0.0)
        signals = np.zeros((2, game.width), np.int16)
        if not over:
            game.rules.observe(game.table[0], after[0], remembered[0], actions, chance[0], signals)
        probability = weight * chance["probability"][0]
        if over:
            found.payoffs[sequences] += probability * total
            found.returns.append(total)
        else:
            seen = tuple((*h, (int(a), tuple(map(int, row)))) for h, a, row in zip(histories, actions, signals, strict=True))
            _choices(game, found, after, remembered, seen, sequences, probability, total, epoch + 1)
        assert chance["fault"][0] == 0
        if not next_tape(chance[0]):
            return


def _choices(game, found, state, memory, histories, sequences, weight, returns, epoch):
    """Every joint action at a node."""
    options = []
    for role in range(2):
        mask = np.zeros(game.actions, bool)
        game.rules.legal(game.table[0], state[0], role, mask)
        legal = tuple(int(a) for a in np.flatnonzero(mask))
        if len(legal) > 1:
            node = found.sets[role].setdefault(histories[role], (legal, sequences[role]))
            assert node == (legal, sequences[role]), "an information set has two masks or forgets"
        options.append([(a, (histories[role], a) if len(legal) > 1 else sequences[role]) for a in legal])
    for (a, own), (b, other) in itertools.product(*options):
        move = (game.rules.step, (game.table[0],), np.array([a, b], np.int32))
        _outcomes(game, found, state, memory, move, histories, (own, other), weight, returns, epoch)


def value(found: Extensive) -> float:
    """The defender's value of a zero-sum game: the sequence-form program of von Stengel 1996."""
    index = [{EMPTY: 0}, {EMPTY: 0}]
    for role in range(2):
        for h, (legal, _) in found.sets[role].items():
            for a in legal:
                index[role][h, a] = len(index[role])
    rows, columns, values = zip(*((index[0][r], index[1][c], v[0]) for (r, c), v in found.payoffs.items()), strict=True)
    matrix = csr_matrix((values, (rows, columns)), shape=(len(index[0]), len(index[1])))
    (e, ones), (f, units) = (_plan(found.sets[role], index[role]) for role in range(2))
    # Greatest p with: x a plan of the defender, f' p <= x' A; the program's variables are x and p.
    constraint = lil_matrix((len(index[1]), len(index[0]) + f.shape[0]))
    constraint[:, : len(index[0])] = -matrix.T
    constraint[:, len(index[0]) :] = f.T
    cost = np.concatenate([np.zeros(len(index[0])), -units])
    padded = lil_matrix((e.shape[0], len(cost)))
    padded[:, : len(index[0])] = e
    limits = [(0, None)] * len(index[0]) + [(None, None)] * f.shape[0]
    solved = linprog(cost, csr_matrix(constraint), np.zeros(len(index[1])), csr_matrix(padded), ones, limits, method="highs")
    assert solved.status == 0, solved.message
    return -float(solved.fun)


def _plan(sets, index):
    """Matrix E and vector e such that realisation plans are x >= 0 with E x = e."""
    e = lil_matrix((1 + len(sets), len(index)))
    e[0, 0] = 1.0
    for row, (h, (legal, parent)) in enumerate(sets.items(), start=1):
        e[row, index[parent]] = -1.0
        for a in legal:
            e[row, index[h, a]] = 1.0
    ones = np.zeros(1 + len(sets))
    ones[0] = 1.0
    return e, ones
