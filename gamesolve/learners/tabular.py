"""Tabular Q-learning over the agents' own histories (Watkins and Dayan 1992), for small games.

Every agent of the role keeps a value for each choice at each of its histories, which are interned
exactly. An agent recalls all that it has seen and done, so a history is met once an episode and has one
way to it, and what an episode earned is backed up along the whole of it when it is over, from its last
decision to its first:

    target(t) = r(t) + d(t) [lambda target(t + 1) + (1 - lambda) max over a of Q(t + 1, a)]
    Q(t) <- Q(t) + max(N(t)^-power, least) [target(t) - Q(t)]

r are the rewards until the agent's next decision, d the discount, and N the visits; lambda is 0 before a
choice that explored (Watkins's Q(lambda); Sutton and Barto 2018, section 12.10; polynomial rates: Even-Dar
and Mansour 2003).

A team learns independently, each agent as if it were alone, or jointly (`joint`, the joint-action learners of
Claus and Boutilier 1998, section 2): an agent then keeps values for the joint actions of its team and beliefs about
what the rest of it does, at each own history, and acts on the expectation. So it need not forget what
a choice was worth with companions who have changed since.
"""

from __future__ import annotations

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.learners.exploring import epsilon_at, mean_entropy
from gamesolve.learners.learner import LearnerStep, step_of
from gamesolve.learners.rollout import refuse_idleness, settle
from gamesolve.learners.settings import TabularSettings
from gamesolve.learners.tabular_loop import Place, Trail, back_up, choose, note_rest
from gamesolve.learners.task import Task
from gamesolve.learners.values import Values
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.policies.team import TeamPolicy
from gamesolve.rules.game import Game
from gamesolve.views.simulator import Simulator


class TabularQ:
    """A learner at work: a table for each agent of the role, and the episodes under way.

    Attributes:
        budget: decisions after which it is done; exploring ends by then.
    """

    def __init__(
        self, task: Task, *, budget: int, settings: TabularSettings | None = None, seed: int = 0, device: str = "cpu", start: None = None
    ) -> None:  # fmt: skip
        """
        Args:
            device: has no say; tables are no work for a GPU.

        Raises:
            GamesolveError: the game is OpenSpiel's or has no horizon, there is something to start from, or a table is too large at once.
        """
        game, self.settings = task.game, settings or TabularSettings()
        if not isinstance(game, Game):
            raise GamesolveError(f"tables are learnt in gamesolve's own games; in {game} learn by a network (ppo, dqn)")
        if game.steps is None:
            raise GamesolveError(f"{game} has no horizon; a table of histories needs one, such as -p horizon=100")
        if start is not None:
            raise GamesolveError("tables are learnt from nothing; they cannot start from a policy")
        self.game, self.task, self.budget, batch = game, task, budget, self.settings.batch
        self.agents = np.array(game.agents_of(task.role), np.int32)
        self._sizes = np.array([len(game.agents[i].actions) for i in self.agents], np.int32)
        self.simulator = Simulator(game, batch, seed=seed, acting=task.acting)
        self.tables = [
            Values(game, int(agent), combinations=c, megabytes=self.settings.megabytes)
            for agent, c in zip(self.agents, self._rest(), strict=True)
        ]
        n, room = len(self.agents), len(self.agents) * batch * game.steps
        self._place = Place(
            history=np.repeat(-1 - self.agents[:, None], batch, axis=1),
            own=np.full((n, batch), -1, np.int32),
            length=np.zeros((n, batch), np.int32),
            now=np.full((n, batch), -1, np.int64),
            waiting=np.full((batch, n), -1, np.int64),
        )
        self._trail = Trail(
            history=np.zeros(room, np.int32),
            choice=np.zeros(room, np.int64),
            rest=np.zeros(room, np.int64),
            explored=np.zeros(room, np.bool_),
            reward=np.zeros(room),
            weight=np.zeros(room),
            epochs=np.zeros(room, np.int32),
            following=np.zeros(room, np.int64),
        )
        self._objective = np.array(task.objective, np.float64)
        self._returns, self._scale, self._finished = np.zeros(batch), np.ones(batch), np.empty(batch)

    def _rest(self) -> list[int]:
        """Combinations that each agent tells apart."""
        others = [int(np.prod(np.delete(self._sizes, m).astype(np.float64))) for m in range(len(self._sizes))]
        return others if self.settings.joint else [1] * len(others)

    @property
    def decisions(self) -> int:
        """Made so far, by all agents."""
        return self.simulator.decisions

    @property
    def histories(self) -> int:
        """That the agents have met."""
        return sum(table.histories for table in self.tables)

    def policy(self) -> TabularPolicy | TeamPolicy:
        """The policy now, a snapshot: always the choice of the highest worth."""
        found = [table.policy() for table in self.tables]
        return found[0] if len(found) == 1 else TeamPolicy(tuple(found))

    def iterate(self) -> LearnerStep:
        """Play for a while, learning from every episode as it ends.

        Raises:
            GamesolveError: there is nothing to decide, or there are too many histories (TooLargeError).
        """
        enough, epsilon = self.decisions + min(self.settings.rollout, self.budget), epsilon_at(self.settings, self.decisions, self.budget)
        tally, ended, idle, before = np.zeros(self.game.actions + 1, np.int64), [], 0, -1
        while self.decisions < enough:
            ended.append(self._step(epsilon, tally))
            idle, before = (idle + len(ended[-1]) if self.decisions == before else 0), self.decisions
            refuse_idleness(idle)
        return step_of(self.decisions, np.concatenate(ended), mean_entropy(np.repeat(np.arange(len(tally)), tally), epsilon))

    def _step(self, epsilon: float, tally: np.ndarray) -> np.ndarray:
        """Play a step in every row, and learn from the episodes that end; their returns f8."""
        s, rows, trail, place, picks = self.settings, self.simulator.rows, self._trail, self._place, self.game.picks
        for m, (agent, table) in enumerate(zip(self.agents, self.tables, strict=True)):
            table.make_room(s.batch)
            choose(
                table.pages, trail, place, m, agent, rows["masks"], rows["signals"], rows["streams"], rows["actions"],
                epsilon, s.tries, tally,
            )  # fmt: skip
        if s.joint:
            note_rest(trail, place, self.agents, self._sizes, rows["actions"])
        self.simulator.advance(1)
        over = settle(
            rows["rewards"], self._objective, self.simulator.dones, rows["elapsed"], picks, self.game.discount, place.waiting,
            trail.following, trail.reward, trail.weight, trail.epochs, self._returns, self._scale, self._finished,
        )  # fmt: skip
        if over:
            for m, (agent, table) in enumerate(zip(self.agents, self.tables, strict=True)):
                back_up(table.pages, trail, place, m, agent, self.simulator.dones, s.trace, s.power, s.least)
        return self._finished[:over].copy()

    def state(self) -> dict[str, np.ndarray]:
        """All that what follows depends on; most of it are the tables."""
        found = {**self.simulator.state(), "returns": self._returns.copy(), "scale": self._scale.copy()}
        for arrays in (self._place, self._trail):
            found |= {f"{type(arrays).__name__}-{name}": array.copy() for name, array in arrays._asdict().items()}
        for m, table in enumerate(self.tables):
            found |= table.state(f"table-{m}")
        return found

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state`."""
        self.simulator.restore(state)
        self._returns[:], self._scale[:] = state["returns"], state["scale"]
        for arrays in (self._place, self._trail):
            for name, array in arrays._asdict().items():
                array[:] = state[f"{type(arrays).__name__}-{name}"]
        for m, table in enumerate(self.tables):
            table.restore(state, f"table-{m}")
