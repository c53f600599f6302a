"""The rules of attack-defence trees; what they are stands in the package's docstring."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from pydantic import Field

import gamesolve.games.attack_defence_tree as package
from gamesolve.games.attack_defence_tree.tree_file import TURN, AttackDefenceTree, Tree, tree_given
from gamesolve.rules import ROLES, Agent, Game, GameType, Parameters, Rules, Scripted, Settings, Signal, flip, record, rounded_size, rule

LEAVE, TRY = 0, 1
OPEN, WORKS, FAILED, LEFT = 0, 1, 2, 3
SOURCE = "Z. Aslanyan, F. Nielson, D. Parker, Quantitative verification and synthesis of attack-defence scenarios, CSF 2016"


class AttackDefenceTreeParameters(Parameters):
    """Parameters of the game of an attack-defence tree."""

    tree: Tree = Field(tree_given("infect"), description="a shipped tree (infect), or the path of a JSON file")

    def identity(self) -> dict[str, Any]:
        """Nothing but the table and the signals' names: a tree is one wherever its file lies and whatever it is called."""
        return {}


def table_record(leaves: int, nodes: int) -> np.dtype:
    """Constants, with room for L leaves and N nodes: leaves in the order of their turns, then gates, children first."""
    return record(
        leaves="i2", nodes="i2", goal="i2", worth="f8", role=("i1", leaves), probability=("f8", leaves), cost=("f8", leaves),
        all_of=("i1", nodes), below=("i1", (nodes, nodes)), unless=("i1", (nodes, nodes)),
    )  # fmt: skip


@functools.cache
def state_record(leaves: int, nodes: int) -> np.dtype:
    """Whose turn it is, and how the leaves stand; which gates hold is worked out at the end alone."""
    return record(turn="i2", leaf=("i1", leaves), transient={"holds": ("i1", nodes)})


@rule
def reset(table, state, memory, chance):
    """Nothing is tried."""
    state.turn = 0


@rule
def legal(table, state, agent, mask):
    """Whoever's turn it is may try; the other waits."""
    mask[LEAVE] = True
    mask[TRY] = table.role[state.turn] == agent


@rule
def step(table, state, actions, chance, reward):
    """Try the leaf or leave it; after the last, pay for the goal."""
    leaf = state.turn
    role = table.role[leaf]
    cost = 0.0
    if actions[role] == TRY:
        state.leaf[leaf] = WORKS if flip(chance, table.probability[leaf]) else FAILED
        cost = table.cost[leaf]
    else:
        state.leaf[leaf] = LEFT
    state.turn += 1
    over = state.turn == table.leaves
    earned = -cost if role == 1 else cost
    if over and goal_holds(table, state):
        earned += table.worth
    reward[0] = -earned
    reward[1] = earned
    return over


@rule
def goal_holds(table, state):
    """Whether the goal holds, gate by gate from below."""
    for node in range(table.nodes):
        if node < table.leaves:
            state.holds[node] = state.leaf[node] == WORKS
        else:
            state.holds[node] = gate_holds(table, state.holds, node)
    return state.holds[table.goal] == 1


@rule
def gate_holds(table, holds, node):
    """Whether a gate holds."""
    children, held, prevented = 0, 0, 0
    for child in range(node):
        children += table.below[node, child]
        held += table.below[node, child] * holds[child]
        prevented += table.unless[node, child] * holds[child]
    return prevented == 0 and (held == children if table.all_of[node] else held > 0)


@rule
def observe(table, state, memory, actions, chance, signals):
    """Everything, for both."""
    for agent in range(2):
        signals[agent, 0] = state.turn
        for leaf in range(table.leaves):
            signals[agent, 1 + leaf] = state.leaf[leaf]


MEMORY_RATE = record(rate="f8")


class Rate(Settings):
    """Settings of the policies that try by a fixed chance."""

    rate: float = Field(0.5, ge=0.0, le=1.0, description="chance of trying a leaf")


def start_rate(game: Game, agent: int, settings: Any, memory: np.ndarray) -> None:
    """Remember the setting."""
    memory["rate"] = settings.rate


@rule
def act_all(table, memory, signal, mask, chance, probabilities):
    """Try whatever there is."""
    probabilities[TRY if mask[TRY] else LEAVE] = 1.0


@rule
def act_none(table, memory, signal, mask, chance, probabilities):
    """Try nothing."""
    probabilities[LEAVE] = 1.0


@rule
def act_at_rate(table, memory, signal, mask, chance, probabilities):
    """Try by a fixed chance."""
    probabilities[TRY] = memory.rate if mask[TRY] else 0.0
    probabilities[LEAVE] = 1.0 - probabilities[TRY]


RATED: dict[str, Any] = {"memory": MEMORY_RATE, "settings": Rate, "start": start_rate}
POLICIES = tuple(
    one
    for role in ROLES
    for one in (
        Scripted("all", role, act_all, source="everything that there is"),
        Scripted("none", role, act_none, source="nothing"),
        Scripted("by_chance", role, act_at_rate, source="a coin for each leaf", **RATED),
    )
)


def constants(tree: AttackDefenceTree) -> np.ndarray:
    """The table [1] of a tree."""
    names = [*(leaf.name for leaf in tree.leaves), *(gate.name for gate in tree.gates)]
    number = {name: k for k, name in enumerate(names)}
    table = np.zeros(1, table_record(rounded_size(len(tree.leaves)), rounded_size(len(names))))
    row = table[0]
    row["leaves"], row["nodes"], row["goal"], row["worth"] = len(tree.leaves), len(names), number[tree.goal], tree.worth
    for k, leaf in enumerate(tree.leaves):
        row["role"][k], row["probability"][k], row["cost"][k] = leaf.role, leaf.probability, leaf.cost
    for gate in tree.gates:
        k = number[gate.name]
        row["all_of"][k] = gate.all_of
        row["below"][k, [number[name] for name in gate.below]] = 1
        row["unless"][k, [number[name] for name in gate.unless]] = 1
    return table


def build(parameters: AttackDefenceTreeParameters) -> Game:
    """The game of a tree."""
    tree, table = parameters.tree, constants(parameters.tree)
    paid = [sum(leaf.cost for leaf in tree.leaves if leaf.role == role) for role in (0, 1)]
    low, high = -paid[1], tree.worth + paid[0]
    turn = Signal(TURN, len(tree.leaves) + 1, ordinal=True, summary=True)
    leaves = [Signal(leaf.name, 4, labels=("open", "works", "failed", "left out")) for leaf in tree.leaves]
    return Game(
        name="attack_defence_tree",
        version=1,
        parameters=parameters,
        agents=tuple(Agent(role, role, ("leave", "try"), (turn, *leaves)) for role in ROLES),
        rules=Rules(reset, legal, step, observe),
        state=state_record(len(table["role"][0]), len(table["all_of"][0])),
        table=table,
        horizon=len(tree.leaves),
        rounded=True,
        utility_bounds=((0.0 - high, 0.0 - low), (low, high)),
        questions=1,
        outcomes=2,
        policies=POLICIES,
        sees_state=ROLES,
    )


GAME = GameType(
    "attack_defence_tree", AttackDefenceTreeParameters, build, summary=(package.__doc__ or "").partition("\n")[0], source=SOURCE
)
