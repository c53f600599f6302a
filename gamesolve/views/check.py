"""`check_game`: the contract of rules, checked by playing; every game's test calls it.

First the rules are played as plain Python (check_rules.py). Then random plays are followed in all
views at once, on the same answers of chance: OpenSpiel's state, the walker's node, the simulator's
row. What they say of rewards, masks, signals and states must be the same, and must keep the
promises that a game makes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.rules.game import ROLES, Game
from gamesolve.rules.record import transient_start
from gamesolve.rules.scripted import RANDOM
from gamesolve.views.acting import RANDOMLY, scripted_acting
from gamesolve.views.check_rules import check_rules, check_view
from gamesolve.views.check_summaries import check_summaries
from gamesolve.views.check_views import Shadows
from gamesolve.views.plain import breach
from gamesolve.views.position import CHANCE, OVER, Board, Position
from gamesolve.views.simulator import Simulator, simulate
from gamesolve.views.tree_build import build_tree

#: Trees of about this many leaves or less are compared with OpenSpiel's, and OpenSpiel's solvers are run on them.
SMALL_TREE = 3_000
#: Most transitions played by the rules as plain Python, which takes about a millisecond each.
PLAIN = 200
#: Rewards of two views may differ by this.
REWARD_TOLERANCE = 1e-12
SUM_TOLERANCE = 1e-9


@dataclass(frozen=True)
class CheckReport:
    """What `check_game` looked at.

    Attributes:
        game: name and parameters.
        plain: transitions played by the rules as plain Python.
        transitions: compared in all views.
        episodes: played to their ends.
        information_states: different own histories met, over all agents.
        policies: scripted policies run.
        summaries: signals declared as summaries of their agent's own history, over all agents.
        proved: how many of them were proved to be, on the whole tree; the others held in random plays.
        tree: whether the whole tree was compared and solved by OpenSpiel too.
    """

    game: str
    plain: int
    transitions: int = 0
    episodes: int = 0
    information_states: int = 0
    policies: int = 0
    summaries: int = 0
    proved: int = 0
    tree: bool = False


def check_game(game: Game, *, transitions: int = 10_000, seed: int = 0, development: bool = False) -> CheckReport:
    """Check that a game keeps the contract of rules and that all views of it agree.

    Args:
        transitions: random (state, joint action, chance answers) to compare.
        seed: of the random plays.
        development: only play the rules as plain Python, without compiling anything.

    Raises:
        GamesolveError: at the first violation, in the game's words.
    """
    if transitions < 1:
        raise GamesolveError(f"transitions is {transitions!r}; at least one is needed")
    if development:
        return CheckReport(str(game), check_rules(game, transitions=transitions, seed=seed, compiled=False))
    plain = check_rules(game, transitions=min(transitions, PLAIN), seed=seed)
    stream = np.random.default_rng(seed)
    walk = _Walk(game, stream)
    while walk.transitions < transitions:
        walk.episode()
    check_refusals(game)
    policies = check_policies(game)
    leaves = np.inf if game.horizon is None else walk.leaves / walk.episodes
    summaries, proved = check_summaries(game, leaves=leaves, stream=stream)
    tree = len(game.agents) == 2 and leaves <= SMALL_TREE
    if game.horizon is not None:
        check_openspiel(game, tree=tree)
    return CheckReport(str(game), plain, walk.transitions, walk.episodes, len(walk.masks), policies, summaries, proved, tree)


class _Walk:
    """Random plays in all views at once, and what has been learnt from them."""

    def __init__(self, game: Game, stream: np.random.Generator) -> None:
        self.game, self.stream = game, stream
        self.board = Board(game)
        self.shadows = Shadows(game)
        self.table = game.table.tobytes()
        self.masks: dict[tuple[Any, ...], bytes] = {}
        # Of the roles that know STATE, what it was after their own histories.
        self.states: dict[tuple[Any, ...], bytes] = {}
        self.transitions = self.episodes = 0
        # Each play estimates the number of leaves by the product of the options on its way (Knuth 1975); this is their sum.
        self.leaves = 0.0
        self.branches = 1.0
        # Where there is no horizon an episode is cut off.
        self.limit = game.steps or 200

    def episode(self) -> None:
        position = self.board.start()
        self.branches = 1.0
        self.shadows.start()
        self._agree(self.shadows.compare_state(position))
        while position.mover != OVER and position.elapsed < self.limit:
            if position.mover != CHANCE:
                self._look(position)
            before = position.last_point
            self._move(position)
            if position.last_point is not before and position.elapsed > 0:
                self._agree(self.shadows.compare(position))
                self.transitions += 1
            self._agree(self.shadows.compare_state(position))
        self.episodes += 1
        self.leaves += self.branches
        if position.mover == OVER:
            self._check_returns(position)
        if self.game.table.tobytes() != self.table:
            raise breach(self.game, "a rule changes TABLE, which holds constants")

    def _move(self, position: Position) -> None:
        """Take a random action or outcome, here and in OpenSpiel's view."""
        options = position.legal(position.mover)
        if position.mover == CHANCE:
            outcomes = position.outcomes()
            options = [k for k, _ in outcomes]
            total = sum(p for _, p in outcomes)
            if abs(total - 1.0) > SUM_TOLERANCE or not all(0.0 < p <= 1.0 for _, p in outcomes):
                raise breach(self.game, f"a question to chance has the probabilities {outcomes}, which add up to {total!r}")
        self.branches *= len(options)
        choice = int(self.stream.choice(options))
        position.move(choice)
        self.shadows.move(choice)

    def _agree(self, difference: str) -> None:
        """Raise GamesolveError where two views differ."""
        if difference:
            raise breach(self.game, f"the views differ: {difference}")

    def _look(self, position: Position) -> None:
        """Check what agents see: signals as declared, masks that depend on what they have observed."""
        agents = range(len(self.game.agents))
        check_view(self.game, np.stack([position.signals(i) for i in agents]), np.stack([position.mask(i) for i in agents]))
        for i in agents:
            key = (i, tuple(position.path(i)))
            mask = position.mask(i).tobytes()
            if self.masks.setdefault(key, mask) != mask:
                name = self.game.agents[i].name
                raise breach(self.game, f"{name!r} has different legal actions in states that it cannot tell apart, after {key[1]}")
            if self.game.agents[i].role in self.game.sees_state:
                lasting = position.point["state"].tobytes()[: transient_start(self.game.state)]
                if self.states.setdefault(key, lasting) != lasting:
                    name = self.game.agents[i].name
                    raise breach(self.game, f"{name!r} is declared to know STATE (sees_state), and cannot tell two apart after {key[1]}")

    def _check_returns(self, position: Position) -> None:
        returns = position.returns
        if self.game.zero_sum and abs(sum(returns)) > SUM_TOLERANCE:
            raise breach(self.game, f"it is declared zero-sum, but an episode's returns {returns} add up to {sum(returns)!r}")
        for role, value, (low, high) in zip(ROLES, returns, self.game.utility_bounds, strict=True):
            if not low - SUM_TOLERANCE <= value <= high + SUM_TOLERANCE:
                raise breach(self.game, f"the {role}'s return {value!r} lies outside its utility bounds {(low, high)}")


def check_refusals(game: Game) -> None:
    """Raise GamesolveError where an action that is no action is accepted, or changes anything."""
    simulator = Simulator(game, 2)
    agents = len(game.agents)
    legal = simulator.masks.argmax(axis=2).astype(np.int32)
    wrong: list[Any] = [legal[:1], legal.astype(np.float64), np.full((2, agents), game.actions), np.full((2, agents), -1)]
    masked = np.argwhere(~simulator.masks)
    if len(masked):
        row, agent, action = masked[0]
        wrong.append(legal.copy())
        wrong[-1][row, agent] = action
    for actions in wrong:
        before = simulator.rows.tobytes()
        if not _refused(simulator.step, actions):
            raise GamesolveError(f"{game}: the simulator accepts the actions {actions.tolist()}")
        if simulator.rows.tobytes() != before:
            raise GamesolveError(f"{game}: the refused actions {actions.tolist()} have changed the simulator")


def _refused(function: Callable[[Any], Any], argument: Any) -> bool:
    try:
        function(argument)
    except GamesolveError:
        return True
    return False


def check_policies(game: Game) -> int:
    """Run every scripted policy with its default parameters; the loop refuses what is not a distribution over legal actions."""
    count = 0
    for policy in (*RANDOM, *game.policies):
        acting = [
            scripted_acting(game, i, policy, policy.settings()) if agent.role == policy.role else RANDOMLY
            for i, agent in enumerate(game.agents)
        ]
        try:
            if game.horizon is None:
                Simulator(game, 8, acting=acting).advance(200)
            else:
                simulate(game, acting, episodes=50)
        except GamesolveError as error:
            raise GamesolveError(f"{policy.role} policy {policy.name!r}: {error}") from error
        count += 1
    return count


def check_openspiel(game: Game, *, tree: bool) -> None:
    """Run OpenSpiel's own test of a game; with `tree`, compare whole trees and both NashConvs too."""
    import pyspiel
    from open_spiel.python import policy as openspiel_policy
    from open_spiel.python.algorithms import exploitability

    from gamesolve.views.openspiel import to_openspiel
    from gamesolve.views.openspiel_tree import tree_from_openspiel

    theirs = to_openspiel(game)
    # What is written can be read back where the game is registered.
    written = theirs.get_type().short_name in pyspiel.registered_names()
    try:
        pyspiel.random_sim_test(theirs, 3, written, False)
    except pyspiel.SpielError as error:
        raise GamesolveError(f"{game}: OpenSpiel's random_sim_test fails: {error}") from error
    state = theirs.new_initial_state()
    if not _refused(state.apply_action, game.actions + game.outcomes) or state.history():
        raise GamesolveError(f"{game}: the OpenSpiel view accepts an illegal action, or is changed by it")
    if not tree:
        return
    ours, through = build_tree(game), tree_from_openspiel(theirs)
    for name, one, two in zip(("rows", "values"), _sorted(ours), _sorted(through), strict=True):
        if one.shape != two.shape or not np.allclose(one, two, rtol=0, atol=REWARD_TOLERANCE):
            raise GamesolveError(f"{game}: the walker's tree and the tree through OpenSpiel differ in their {name}")
    python = exploitability.nash_conv(theirs, openspiel_policy.UniformRandomPolicy(theirs))
    compiled = pyspiel.nash_conv(theirs, pyspiel.UniformRandomPolicy(theirs))
    if not (python >= -SUM_TOLERANCE and abs(python - compiled) <= 1e-6):
        raise GamesolveError(f"{game}: OpenSpiel's NashConv of the uniform policy is {python!r} in Python and {compiled!r} in C++")


def _sorted(tree: Any) -> tuple[np.ndarray, np.ndarray]:
    """Row lengths and payoffs of a tree, in an order that does not depend on numbering."""
    return np.sort(np.diff(tree.payoffs.start)), np.sort(tree.payoffs.value)
