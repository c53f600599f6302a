"""Bayesian attack-graph game: an attacker works through a network's exploits, a defender protects nodes on alerts.

**Rules** (Nguyen, Wright, Wellman, Singh 2017/2018). The network is an acyclic graph of AND and OR
nodes (exploits, privileges), some of them targets; a node without preconditions is an AND node. At
first every node is inactive. In each epoch, at the same time, the attacker picks up to
`attacker_picks` elements among the inactive AND nodes whose preconditions are all active and the
edges from an active precondition into an inactive OR node, and each defender picks up to
`defender_picks` nodes of its zone to protect. Then a protected node becomes or stays inactive, an
unprotected active node stays active, an attacked AND node activates with its probability p, an
attacked OR node with 1 - the product of 1 - p over the edges picked. Each epoch every active target
pays the attacker its reward and costs the defender its damage, and everybody pays for what they
picked. `zero_sum` (the default, a variant) gives the attacker its own payoff minus the defender's,
and the defender the negative of that.

An active node is no candidate: attacking it changes nothing, so the game loses nothing, and this
reading reproduces the tree sizes known for the game (8 nodes, horizon 3, 3 sensors, one pick each:
3.8e6 sequence pairs at the median of random graphs; with active nodes as candidates 4.9e6).

**Picks.** A set is a fixed number of single picks: an epoch takes max(attacker_picks,
defender_picks) rule steps; elements ascend, and after *pass* only *pass* is allowed.

**Zones.** `defenders=k` cuts the topological order (ties as in the file) into k blocks whose sizes
differ by at most one; each is guarded by an agent who protects its nodes and sees its alerts.

**Signals** (all 0 between the picks of an epoch, and before the first epoch):

| agent | signal | values | meaning |
|---|---|---|---|
| defender | alert, one per sensor of its zone, in topological order | 0, 1 | 1 with chance p1 if the node is active now, p0 if not |
| attacker | active, one per node, in topological order | 0, 1 | the node is active |

**Network file**: networkx node-link JSON; README.md in this folder has the table of keys, units and
defaults. In short: nodes `id, label, note, type, probability, attack_cost, protect_cost, target,
reward, damage, p1, p0`; edges `source, target, note`, and `probability, attack_cost` into OR nodes.

**Scripted policies.** Attackers: none, uniform, value_propagation, random_walk. Defenders: none, uniform,
min_cut, targets_only, roots_only, belief_uniform, belief_value_propagation, belief_random_walk. The
random walk and the beliefs draw too much to be enumerated; their values are estimates.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from pydantic import Field

from gamesolve.games.attack_graph import rules
from gamesolve.games.attack_graph.attackers import attackers
from gamesolve.games.attack_graph.defenders import defenders
from gamesolve.games.attack_graph.drawing import draw, picture_of
from gamesolve.games.attack_graph.generate import graph_text, random_graph
from gamesolve.games.attack_graph.given import Graph
from gamesolve.games.attack_graph.graph import AttackGraph
from gamesolve.games.attack_graph.graph_file import load_graph, shipped_graphs
from gamesolve.games.attack_graph.reach import horizon_caveats, least_epochs
from gamesolve.games.attack_graph.rules import Sizes, zone_bounds
from gamesolve.rules import Agent, Game, GamesolveError, GameType, Parameters, Rules, Signal, rounded_size

__all__ = ["GAME", "AttackGraphParameters", "build", "graph_text", "load_graph", "random_graph", "shipped_graphs"]

SOURCE = "Nguyen, Wright, Wellman, Singh 2017 (MTD workshop) and 2018 (Security and Communication Networks)"


class AttackGraphParameters(Parameters):
    """Parameters of the attack-graph game."""

    graph: Graph = Field(
        default_factory=lambda: load_graph("branch_office"), description="name of a shipped graph, or the path of a JSON file"
    )
    horizon: int = Field(3, ge=1, le=1000, description="epochs")
    attacker_picks: int = Field(1, ge=1, le=64, description="elements that the attacker may attack in an epoch")
    defender_picks: int = Field(1, ge=1, le=64, description="nodes that each defender may protect in an epoch")
    discount: float = Field(0.9, gt=0.0, le=1.0, description="weight of an epoch relative to the one before")
    zero_sum: bool = Field(True, description="the attacker gets its own payoff minus the defender's, the defender the negative")
    defenders: int = Field(1, ge=1, le=64, description="zones of the network, each guarded by an agent of its own")

    def identity(self) -> dict[str, Any]:
        """All but the graph: that stands in the table and in the agents' actions, wherever its file lies and whatever it is called."""
        return self.model_dump(mode="json", exclude={"graph"})


def build(parameters: AttackGraphParameters) -> Game:
    """The game on the network that the parameters name; raises GamesolveError where it has fewer nodes than zones are wanted."""
    p, graph = parameters, parameters.graph
    if p.defenders > len(graph.nodes):
        raise GamesolveError(f"defenders = {p.defenders} zones need as many nodes, and {graph} has {len(graph.nodes)}")
    sizes = Sizes.of(graph, defenders=p.defenders, attacker_picks=p.attacker_picks)
    picks = max(p.attacker_picks, p.defender_picks)
    chosen = {
        "defenders": p.defenders,
        "picks": picks,
        "attacker_picks": p.attacker_picks,
        "defender_picks": p.defender_picks,
        "zero_sum": p.zero_sum,
        "epochs": p.horizon,
        "discount": p.discount,
    }
    table = rules.make_table(graph, sizes, chosen=chosen)
    bounds = zone_bounds(len(graph.nodes), p.defenders)
    sensors = sum(node.p1 is not None for node in graph.nodes)
    soonest = least_epochs(graph, picks=p.attacker_picks)
    return Game(
        name="attack_graph",
        version=1,
        parameters=p,
        agents=(*defender_agents(graph, p.defenders), attacker_agent(graph)),
        rules=Rules(rules.reset, rules.legal, rules.step, rules.observe),
        state=rules.state_record(sizes),
        table=table,
        horizon=p.horizon,
        utility_bounds=utility_bounds(table[0], soonest),
        discount=p.discount,
        picks=picks,
        rounded=True,
        zero_sum=p.zero_sum,
        questions=rounded_size(max(sensors + p.attacker_picks, 2 * picks + 1, 16)),
        outcomes=2,
        policies=(*attackers(sizes), *defenders(graph, sizes)),
        drawing=draw(graph, bounds),
        picture=picture_of(graph, bounds),
        caveats=horizon_caveats(graph, soonest, horizon=p.horizon),
    )


def defender_agents(graph: AttackGraph, zones: int) -> tuple[Agent, ...]:
    """One agent a zone: it may protect the zone's nodes and sees the alerts of the zone's sensors."""
    bounds = zone_bounds(len(graph.nodes), zones)
    agents = []
    for zone in range(zones):
        nodes = graph.nodes[bounds[zone] : bounds[zone + 1]]
        sensors = sum(node.p1 is not None for node in nodes)
        signals = (Signal("alert", values=2, count=sensors),) if sensors else ()
        name = "defender" if zones == 1 else f"defender of zone {zone + 1}"
        agents.append(Agent(name, "defender", ("pass", *(f"protect {node.name}" for node in nodes)), signals))
    return tuple(agents)


def attacker_agent(graph: AttackGraph) -> Agent:
    """The attacker: it sees which nodes are active."""
    words = ["pass"]
    for v, node in enumerate(graph.nodes):
        if node.type == "and":
            words.append(f"attack {node.name}")
        else:
            words.extend(f"attack {node.name} from {graph.nodes[parent].name}" for parent in graph.parents(v))
    return Agent("attacker", "attacker", tuple(words), (Signal("active", values=2, count=len(graph.nodes)),))


def utility_bounds(table: np.void, soonest: np.ndarray) -> tuple[tuple[float, float], tuple[float, float]]:
    """Least and greatest discounted return of the defender and of the attacker.

    In epoch t = 0, 1, ... only nodes that need at most t + 1 epochs (`soonest`, i8 [nodes]) can be
    attacked or become active; beyond that the bounds let every such target be active while the other
    side pays for all its picks at the greatest prices, or none be active while the side itself pays.
    """
    epochs, discount = int(table["epochs"]), float(table["discount"])
    depth = soonest - 1
    elements, nodes = int(table["elements"]), int(table["nodes"])
    element_depth, protect_cost = depth[table["element_node"][:elements]], table["protect_cost"][:nodes]
    zones = zip(table["zone_first"][: table["defenders"]], table["zone_first"][1 : table["defenders"] + 1], strict=True)
    defence = sum(_greatest(protect_cost[first:end], int(table["defender_picks"])) for first, end in zones)
    low, high = np.zeros(2), np.zeros(2)
    for t in range(min(epochs, nodes)):
        weight = discount**t if t < min(epochs, nodes) - 1 else float((discount ** np.arange(t, epochs)).sum())
        prize, damage = table["reward"][:nodes][depth <= t].sum(), table["damage"][:nodes][depth <= t].sum()
        attack = _greatest(table["attack_cost"][:elements][element_depth <= t], int(table["attacker_picks"]))
        if table["zero_sum"]:
            low += weight * np.array([-prize - damage - defence, -attack])
            high += weight * np.array([attack, prize + damage + defence])
        else:
            low += weight * np.array([-damage - defence, -attack])
            high += weight * np.array([0.0, prize])
    slack = 1e-9 * (1.0 + np.abs(low) + np.abs(high))
    return (float(low[0] - slack[0]), float(high[0] + slack[0])), (float(low[1] - slack[1]), float(high[1] + slack[1]))


def _greatest(costs: np.ndarray, count: int) -> float:
    """Sum of the `count` greatest costs."""
    return float(np.sort(costs)[::-1][:count].sum())


GAME = GameType("attack_graph", AttackGraphParameters, build, summary=(__doc__ or "").partition("\n")[0], source=SOURCE)
