"""A second opinion on games against policies that stand fixed: value iteration by plain recursion, one transition at a time.

Slow and short on purpose. It shares no code with the compiled expansion but the rules, the tape of
chance and the policies' own functions.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from gamesolve.rules.chance import TAPE, first_tape, next_tape
from gamesolve.rules.game import ROLES, Game
from gamesolve.views.acting import PLAYS, UNIFORM, Acting
from gamesolve.views.position import Board


class LeastReturn:
    """What those who play, and are told everything, can reduce the return of `role` to, whose agents are scripted or act at random.

    Attributes:
        values: of every situation met: everything that is there, by its bytes.
    """

    def __init__(self, game: Game, acting: list[Acting], role: str) -> None:
        self.game, self.acting, self.index = game, acting, ROLES.index(role)
        self.board = Board(game)
        self.values: dict[tuple[object, ...], float] = {}

    def value(self) -> float:
        """Before the game."""
        nobody = np.full(len(self.acting), -1, np.int32)
        minds = tuple(a.memory.tobytes() for a in self.acting)
        return sum(p * self._at(point, minds) for p, point in self._outcomes(self.board.before(), nobody, []))

    def _at(self, point: np.ndarray, minds: tuple[bytes, ...]) -> float:
        if point["over"][0]:
            return 0.0
        key = (int(point["elapsed"][0]), *(point[name].tobytes() for name in ("state", "memory", "signals", "masks")), minds)
        if key not in self.values:
            players = [i for i, a in enumerate(self.acting) if a.kind == PLAYS]
            joints = itertools.product(*(np.flatnonzero(point["masks"][0, i]) for i in players))
            self.values[key] = min(self._against(point, minds, dict(zip(players, joint, strict=True))) for joint in joints)
        return self.values[key]

    def _against(self, point: np.ndarray, minds: tuple[bytes, ...], chosen: dict[int, int]) -> float:
        total = 0.0
        for p, actions, after in self._policies(point, minds):
            joint = np.array([chosen.get(i, actions.get(i, -1)) for i in range(len(minds))], np.int32)
            for q, there in self._outcomes(point, joint, []):
                earned = there["returns"][0, self.index] - point["returns"][0, self.index]
                total += p * q * (earned + self._at(there, after))
        return total

    def _outcomes(self, point: np.ndarray, joint: np.ndarray, tape: list[int]) -> Iterator[tuple[float, np.ndarray]]:
        after, question = self.board.play(point, joint, tape)
        if question is None:
            yield 1.0, after
            return
        for answer in np.flatnonzero(question):
            for p, there in self._outcomes(point, joint, [*tape, int(answer)]):
                yield float(question[answer]) * p, there

    def _policies(self, point: np.ndarray, minds: tuple[bytes, ...]) -> Iterator[tuple[float, dict[int, int], tuple[bytes, ...]]]:
        """Everything that the policies may do: its probability, their actions, what they remember then."""
        options = [self._choices(i, point, mind) for i, mind in enumerate(minds)]
        for picked in itertools.product(*options):
            p = float(np.prod([one[0] for one in picked]))
            yield p, {i: one[1] for i, one in enumerate(picked) if one[1] >= 0}, tuple(one[2] for one in picked)

    def _choices(self, i: int, point: np.ndarray, mind: bytes) -> list[tuple[float, int, bytes]]:
        a, mask, found = self.acting[i], point["masks"][0, i], []
        if a.kind == PLAYS:
            return [(1.0, -1, mind)]
        if a.kind == UNIFORM:
            return [(1.0 / mask.sum(), int(action), mind) for action in np.flatnonzero(mask)]
        chance = self.game.new_chance()
        first_tape(chance[0], TAPE)
        while True:
            memory, p = np.frombuffer(mind, np.uint8).copy(), np.zeros(self.game.actions)
            a.act(self.game.table[0], memory, np.ascontiguousarray(point["signals"][0, i]), np.ascontiguousarray(mask), chance[0], p)
            drawn = float(chance["probability"][0])
            found += [(drawn * p[action] / p.sum(), int(action), memory.tobytes()) for action in np.flatnonzero(p)]
            if not next_tape(chance[0]):
                return found
