"""What a network is fed: numbers made from an agent's own signals and actions.

Signals are one-hot, or scaled to [0, 1] where ordinal; the share of the horizon that has passed comes
after them, and, where several agents share a network, which of them it is. With `memory="last"` the
present signals count alone; with `memory="history"` every step of the own history has a place of its
own, the own actions included. With `memory="recurrent"` a network remembers by itself: it is fed one step after
another, the present signals and the own action before them. *Pooled* features hold what every agent of the role
sees, one after another: a team of them plays as one agent with all its eyes, which is more than it has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from gamesolve.base.compiled import compiled, inlined
from gamesolve.base.errors import GamesolveError
from gamesolve.rules.game import Game
from gamesolve.rules.signals import feature_columns, width
from gamesolve.views.recall import Recall

Memory = Literal["auto", "last", "history", "recurrent"]
MEMORIES = ("auto", "last", "history", "recurrent")
#: Most features of a history that `memory="auto"` feeds whole; longer ones are fed step by step to a network that remembers.
WHOLE = 512


@dataclass(frozen=True, eq=False)
class Features:
    """How the agents of a role are turned into F features.

    Attributes:
        memory: `last`, `history` or `recurrent`.
        agents: indices of the agents, n of them.
        pooled: every agent is fed what all of them see.
        count: F.
        block: features of one step of one agent.
        steps: rule steps of an episode.
        columns: i4 [n], length of each agent's row of signals.
        offset: i4 [n, W], first feature of each column within a block.
        span: f4 [n, W], by what an ordinal value is divided; 0 where one-hot.
        actions: i4 [n], first feature of the own action within a block; -1 where it is left out.
    """

    memory: Memory
    agents: tuple[int, ...]
    pooled: bool
    count: int
    block: int
    steps: int
    columns: np.ndarray
    offset: np.ndarray
    span: np.ndarray
    actions: np.ndarray

    @classmethod
    def of(cls, game: Game, role: str, memory: Memory = "auto", *, pooled: bool = False) -> Features:
        """The features of the agents of a role.

        Raises:
            GamesolveError: the game has no horizon, or the memory is unknown.
        """
        if game.steps is None:
            raise GamesolveError(f"{game} has no horizon; features need one, such as -p horizon=100")
        if memory not in MEMORIES:
            raise GamesolveError(f"memory is {memory!r}; it is auto, last, history or recurrent")
        if memory != "auto":
            return cls._laid_out(game, role, memory, pooled)
        whole = cls._laid_out(game, role, "history", pooled)
        return whole if whole.count <= WHOLE else cls._laid_out(game, role, "recurrent", pooled)

    @classmethod
    def _laid_out(cls, game: Game, role: str, memory: Memory, pooled: bool) -> Features:
        agents = game.agents_of(role)
        pooled = pooled and len(agents) > 1
        assert game.steps is not None
        offset, span = np.zeros((len(agents), game.width), np.int32), np.zeros((len(agents), game.width), np.float32)
        columns = [width(game.agents[i].signals) for i in agents]
        for j, i in enumerate(agents):
            offset[j, : columns[j]], span[j, : columns[j]] = feature_columns(game.agents[i].signals)
        sizes = [sum(signal.features for signal in game.agents[i].signals) for i in agents]
        acted = memory != "last"
        block = max(size + (len(game.agents[i].actions) if acted else 0) for size, i in zip(sizes, agents, strict=True))
        shown = (game.steps if memory == "history" else 1) * (len(agents) if pooled else 1)
        return cls(
            memory=memory,
            agents=agents,
            pooled=pooled,
            count=block * shown + 1 + (len(agents) if len(agents) > 1 else 0),
            block=block,
            steps=game.steps,
            columns=np.array(columns, np.int32),
            offset=offset,
            span=span,
            actions=np.array(sizes if acted else [-1] * len(agents), np.int32),
        )

    def fill(self, recall: Recall, members: np.ndarray, rows: np.ndarray, out: np.ndarray, *, steps: np.ndarray | None = None) -> None:
        """Write the features of n decisions into f4 [n, F].

        Args:
            recall: of these agents, and maybe of others too.
            members: i4 [n], where the agent of each decision stands among `agents`.
            rows: i8 [n], rows of the recall.
            steps: i4 [n], steps of the episode at which they are taken; the present ones where left out.
        """
        places = np.array([recall.place(agent) for agent in self.agents], np.int32)
        fill(
            recall.signals, recall.actions, recall.steps[rows] if steps is None else steps, places, members, rows, self.columns,
            self.offset, self.span, self.actions, self.block, self.steps, self.memory == "history", self.pooled, out,
        )  # fmt: skip


@compiled
def fill(signals, own, steps, places, members, rows, columns, offset, span, actions, block, horizon, whole, pooled, out):
    """See `Features.fill`; places i4 [n agents] says where each agent stands in the recall."""
    agents = columns.size
    for k in range(rows.size):
        b, m, now = rows[k], members[k], steps[k]
        for f in range(out.shape[1]):
            out[k, f] = 0.0
        first = 0 if whole else now
        for j in range(0 if pooled else m, agents if pooled else m + 1):
            start = j * block * (horizon if whole else 1) if pooled else 0
            for t in range(first, now + 1):
                at = start + (t - first) * block
                fill_step(signals[b, places[j], t], own[b, places[j], t], columns[j], offset[j], span[j], actions[j], at, out[k])
        after = out.shape[1] - 1 - (agents if agents > 1 else 0)
        out[k, after] = now / horizon
        if agents > 1:
            out[k, after + 1 + m] = 1.0


@inlined
def fill_step(signals, own, columns, offset, span, actions, start, out):
    """The features of one step."""
    for c in range(columns):
        if span[c] > 0.0:
            out[start + offset[c]] = signals[c] / span[c]
        else:
            out[start + offset[c] + signals[c]] = 1.0
    if actions >= 0 and own >= 0:
        out[start + actions + own] = 1.0
