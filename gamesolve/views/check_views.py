"""What the other views say of a play: OpenSpiel's beside it, the walker's and the simulator's of each transition."""

from __future__ import annotations

from typing import Any

import numpy as np

from gamesolve.rules.game import Game
from gamesolve.rules.record import transient_start
from gamesolve.rules.signals import features, width
from gamesolve.views.acting import PLAYING
from gamesolve.views.position import CHANCE, OVER, Position
from gamesolve.views.simulator import Simulator
from gamesolve.views.tree_build import Walker

REWARD_TOLERANCE = 1e-12


class Shadows:
    """A state of OpenSpiel's that makes the same moves as a `Position`; a row and two nodes to play its steps again."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self.simulator = Simulator(game, 1)
        self.walker: Walker | None = None
        self.theirs: Any = None
        self.state: Any = None
        if game.steps is not None:
            from gamesolve.views.openspiel import to_openspiel

            self.theirs = to_openspiel(game)
            self.walker = Walker(game, [PLAYING] * len(game.agents))
            self.walker.make(histories=16, sets=4, leaves=1)
        self.fixed = transient_start(game.state)

    def start(self) -> None:
        """Begin a play."""
        if self.theirs is not None:
            self.state = self.theirs.new_initial_state()

    def move(self, choice: int) -> None:
        """Make the same move in OpenSpiel's state."""
        if self.state is not None:
            self.state.apply_action(choice)

    def compare_state(self, position: Position) -> str:
        """What differs between OpenSpiel's state and the position; empty where nothing does."""
        state, mover = self.state, position.mover
        if state is None:
            return ""
        if (state.is_terminal(), state.is_chance_node()) != (mover == OVER, mover == CHANCE):
            return f"OpenSpiel's state is {state}"
        if mover == OVER:
            expected = [position.returns[role] for role in self.game.agent_roles]
            same = np.abs(np.subtract(state.returns(), expected)).max() <= REWARD_TOLERANCE
            return "" if same else f"OpenSpiel's state returns {state.returns()}, not {expected}"
        if mover == CHANCE:
            same = state.chance_outcomes() == position.outcomes()
            return "" if same else f"OpenSpiel's state has the outcomes {state.chance_outcomes()}, not {position.outcomes()}"
        if state.current_player() != mover or state.legal_actions() != position.legal(mover):
            return f"in OpenSpiel's state player {state.current_player()} moves, to whom {state.legal_actions()} are legal"
        signals = self.game.agents[mover].signals
        seen = features(signals, position.signals(mover)[None, : width(signals)])[0]
        given = np.array(state.observation_tensor(mover))[len(self.game.agents) :]
        same = np.array_equal(given[: len(seen)], seen) and not given[len(seen) :].any()
        return "" if same else f"OpenSpiel's state shows {given.tolist()} to player {mover}, not {seen.tolist()}"

    def compare(self, after: Position) -> str:
        """What differs between the views of the last transition before `after`; empty where nothing does."""
        found = self._difference("simulator", self._simulate(after), after)
        if not found and self.walker is not None:
            found = self._difference("walker", self._walk(after), after)
        return found

    def _simulate(self, after: Position) -> dict[str, Any]:
        row, before = self.simulator.rows, after.last_point
        for name in ("state", "memory", "returns", "elapsed"):
            row[name] = before[name]
        row["actions"] = after.last_actions
        row["weight"] = self.game.discount ** (int(before["elapsed"][0]) // self.game.picks)
        over = self.simulator.replay(after.last_tape)
        return {
            **{name: row[name][0] for name in ("state", "memory", "returns", "signals", "masks")},
            "reward": row["rewards"][0],
            "over": over,
        }

    def _walk(self, after: Position) -> dict[str, Any]:
        assert self.walker is not None
        nodes, before = self.walker.arrays["nodes"], after.last_point
        d = int(before["elapsed"][0]) + 1
        for name in ("state", "memory", "returns"):
            nodes[name][d] = before[name][0]
        nodes["actions"][d] = after.last_actions
        over = self.walker.replay(d, after.last_tape)
        found = {name: nodes[name][d + 1] for name in ("state", "memory", "returns", "signals", "masks")}
        return {**found, "reward": nodes["reward"][d], "over": over}

    def _difference(self, view: str, found: dict[str, Any], after: Position) -> str:
        point = after.point
        if bool(found["over"]) != (after.mover == OVER):
            return f"the {view} says over={bool(found['over'])}"
        for name in ("reward", "returns"):
            if not np.allclose(found[name], point[name], rtol=0.0, atol=REWARD_TOLERANCE):
                return f"the {name} is {found[name].tolist()} in the {view} and {point[name].tolist()} in OpenSpiel's view"
        names = ("state",) if after.mover == OVER else ("state", "memory", "signals", "masks")
        for name in names:
            one, two = (np.ascontiguousarray(value).tobytes() for value in (found[name], point[name]))
            if one[: self.fixed if name == "state" else None] != two[: self.fixed if name == "state" else None]:
                return f"{name} is {found[name]} in the {view} and {point[name]} in OpenSpiel's view"
        return ""
