"""How fast are the solvers, the tree walker, the simulator and the learners, and how do they compare with other libraries?

`make speed` runs every row and writes `analyses/speed.md`; `make speed ROWS="cfr lp"` runs the rows whose names begin so and only
prints. Contestants take turns in blocks of at least a tenth of a second; CPU time counts, and the median of the blocks.
Targets are those that the project has set itself.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import platform
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyspiel

import gamesolve
from gamesolve.analyses import speed_learning, speed_psro, speed_stochastic
from gamesolve.analyses.contest import Contestant, Line, Peers, contest, duration, local, rate, repeated
from gamesolve.analyses.footprint import footprint
from gamesolve.base.errors import GamesolveError
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.solve import solve
from gamesolve.solvers.best_response import exploitability
from gamesolve.solvers.cfr import cfr
from gamesolve.solvers.sequence_form import solve_lp
from gamesolve.views.acting import PLAYING, RANDOMLY
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.simulator import Simulator
from gamesolve.views.tree import Tree
from gamesolve.views.tree_build import Walker, build_tree

REPORT = Path(__file__).with_suffix(".md")
GOOFSPIEL = "turn_based_simultaneous_game(game=goofspiel(imp_info=True,num_cards={},points_order=descending))"
GAMES = {
    "leduc": "leduc_poker",
    "leduc-suits": "leduc_poker(suit_isomorphism=True)",
    "goofspiel-4": GOOFSPIEL.format(4),
    "goofspiel-5": GOOFSPIEL.format(5),
    "dice-4": "liars_dice(numdice=1,dice_sides=4)",
    "dice-5": "liars_dice(numdice=1,dice_sides=5)",
}
#: More transitions than any walk has.
FOREVER = 2**62


def versus(what: str, medians: dict[str, float], targets: dict[str, int]) -> list[Line]:
    """A line for each peer of ours, from median CPU seconds."""
    ours = medians["gamesolve"]
    return [
        Line(what, duration(ours), f"{peer} {duration(medians[peer])}", f"{medians[peer] / ours:,.0f} times", f"{target} times")
        for peer, target in targets.items()
    ]


def cfr_iteration(game: str, openspiel_target: int, peers: Peers) -> list[Line]:
    """One iteration of CFR+, both players updated and averaged."""
    name = GAMES[game]
    medians = contest(
        {
            "gamesolve": local(iterations(tree_from_openspiel(pyspiel.load_game(name)))),
            "OpenSpiel": peers.contestant("openspiel_cfr_plus", name),
            "LiteEFG": peers.contestant("liteefg_cfr_plus", name),
        }
    )
    return versus(f"CFR+ iteration, {game}", medians, {"OpenSpiel": openspiel_target, "LiteEFG": 30})


def iterations(tree: Tree) -> Callable[[int], None]:
    """A function that runs a number of further iterations of CFR+ (with the check at their end)."""
    block = [1]
    steps = cfr(tree, variant="cfr+", check=lambda done: done + block[0])

    def run(count: int) -> None:
        block[0] = count
        next(steps)

    return run


def solution(peers: Peers) -> list[Line]:
    """From a game to exploitability 1e-3 of the payoff range; the peer is told how many iterations it takes and never checks."""
    name = GAMES["leduc"]
    through_api, own = pyspiel.load_game(name), gamesolve.load_game("leduc")
    needed = solve(through_api, "cfr+").iterations
    peer = peers.contestant("openspiel_solve", name)
    medians = contest(
        {
            "through the API": repeated(lambda: solve(through_api, "cfr+")),
            "own": repeated(lambda: solve(build_tree(own), "cfr+")),
            "OpenSpiel": lambda count: sum(peer(needed) for _ in range(count)),
        }
    )
    lines = []
    for ours, what, target in (("through the API", "OpenSpiel's leduc", 20), ("own", "our leduc", 120)):
        pair = {"gamesolve": medians[ours], "OpenSpiel": medians["OpenSpiel"]}
        lines += versus(f"build and solve to 1e-3, {what} ({needed} iterations)", pair, {"OpenSpiel": target})
    return lines


def exploitability_of_a_policy(peers: Peers) -> list[Line]:
    """Exploitability of the uniform policy, the tree being there."""
    name = GAMES["leduc"]
    tree = tree_from_openspiel(pyspiel.load_game(name))
    profile = next(cfr(tree, variant="cfr+")).profile
    ours = repeated(lambda: exploitability(tree, profile))
    medians = contest({"gamesolve": ours, "OpenSpiel": peers.contestant("openspiel_exploitability", name)})
    return versus("exploitability of a policy, leduc", medians, {"OpenSpiel": 1000})


def walker(game: str, parameters: dict[str, Any], peers: Peers) -> list[Line]:
    """The compiled walk by itself, and building a tree with all that belongs to it: estimate, walk, merging, transposing."""
    loaded = gamesolve.load_game(game, **parameters)
    tree = build_tree(loaded)
    medians = contest({"walk": walks(loaded, tree), "build": repeated(lambda: build_tree(loaded))}, block=0.3)
    target = "5 million leaves/s"
    return [
        Line(f"tree walker, {game} ({tree.leaves:,} leaves)", rate(tree.leaves / medians["walk"], "leaves"), target=target),
        Line(f"tree walker, {game}, whole tree ({duration(medians['build'])})", rate(tree.leaves / medians["build"], "leaves")),
    ]


def walks(game: gamesolve.Game, tree: Tree) -> Contestant:
    """Whole walks of a game, each with fresh arrays that are large enough; making those is not timed."""
    assert tree.histories is not None
    sequences = max(decisions.sequences for decisions in tree.decisions)
    room = {"histories": 2 * len(tree.histories), "sets": sequences, "leaves": tree.leaves + 1}

    def timed(count: int) -> float:
        spent = 0.0
        for _ in range(count):
            walker = Walker(game, [PLAYING] * len(game.agents))
            walker.make(**room)
            walk = local(lambda _, walker=walker: walker.call(walker.walk, FOREVER))
            spent += walk(1)
            assert int(walker.record["leaves"]) == tree.leaves
        return spent

    return timed


def simulator(game: str, parameters: dict[str, Any], target: str, peers: Peers, *, attacker: str = "random") -> list[Line]:
    """A random defender inside the loop, masks and observations written; OpenSpiel plays at random through its Python view."""
    import gamesolve.views.openspiel as view

    loaded = gamesolve.load_game(game, **parameters)
    attacks = ScriptedPolicy.named(loaded, "attacker", attacker)
    acting = [attacks.acting(loaded, i) if agent.role == "attacker" else RANDOMLY for i, agent in enumerate(loaded.agents)]
    ours = Simulator(loaded, 256, seed=1, acting=acting)
    spiel = view.to_openspiel(loaded)
    medians = contest({"gamesolve": local(lambda count: ours.advance(100 * count)), "OpenSpiel": repeated(partial(random_playout, spiel))})
    epochs = 256 * 100 / loaded.picks / medians["gamesolve"]
    theirs = (loaded.horizon or 1) / medians["OpenSpiel"]
    unit = "epochs" if loaded.picks > 1 else "joint steps"
    against = "" if attacker == "random" else f", {attacker} against a random defender"
    what = f"simulator, {loaded.name}{against} ({unit})"
    return [Line(what, rate(epochs, unit), f"OpenSpiel's Python view {theirs:,.0f}/s", f"{epochs / theirs:,.0f} times", target)]


def learning(what: str, peers: Peers) -> list[Line]:
    """PPO from play to update, against what the update alone would allow."""
    make, target = speed_learning.GAMES[what]
    one, other = speed_learning.learner(make()), speed_learning.learner(make())
    medians = contest({"whole": repeated(one.iterate), "update": speed_learning.update_alone(other)}, block=0.3)
    made, allowed = one.settings.rollout / medians["whole"], one.settings.rollout / medians["update"]
    share = f"{made / allowed:.0%} of what the update alone allows ({allowed / 1e3:,.0f} thousand/s)"
    return [Line(f"PPO end to end, {what}", f"{made / 1e3:,.0f} thousand decisions/s", result=share, target=f"{target} thousand/s")]


def remembering(peers: Peers) -> list[Line]:
    """PPO with a GRU, episodes of 50 steps."""
    one = speed_learning.learner(speed_learning.speed_game(63, 20, 50), memory="recurrent")
    made = one.settings.rollout / contest({"whole": repeated(one.iterate)}, block=0.3)["whole"]
    return [Line("PPO with a GRU, 50 steps, 64 features, 20 actions", f"{made / 1e3:,.0f} thousand decisions/s", target="50 thousand/s")]


def acting(peers: Peers) -> list[Line]:
    """Actor, critic, mask and sample."""
    made = 256 / contest({"acting": speed_learning.acting_alone(128, 145)})["acting"]
    what = "acting alone, batches of 256, 128 features, 145 actions"
    return [Line(what, rate(made, "decisions"), target="0.45 million decisions/s")]


def frozen(peers: Peers) -> list[Line]:
    """Twenty networks of each role against each other, as a table of payoffs asks them, simulator and features included."""
    game = gamesolve.load_game("attack_graph", horizon=50)
    simulator = speed_learning.frozen_networks(game, 20)
    seconds = contest({"frozen": local(lambda count: simulator.advance(10 * count))})["frozen"]
    before = simulator.decisions
    simulator.advance(10)
    made = (simulator.decisions - before) / seconds
    what = "frozen networks, 20 of 2x64 against 20, attack_graph at horizon 50"
    return [Line(what, rate(made, "decisions"), target="0.33 million decisions/s")]


def random_playout(game: Any) -> None:
    """One episode of an OpenSpiel game at random, legal actions and observations read as a learner would."""
    import numpy as np

    rng = np.random.default_rng(0)
    state = game.new_initial_state()
    while not state.is_terminal():
        if state.is_chance_node():
            actions, weights = zip(*state.chance_outcomes(), strict=True)
            state.apply_action(actions[rng.choice(len(actions), p=weights)])
        else:
            state.observation_tensor(state.current_player())
            legal = state.legal_actions()
            state.apply_action(legal[rng.integers(len(legal))])


def memory(peers: Peers) -> list[Line]:
    """Bytes of a tree per payoff pair: its arrays, and the process's peak while it is built."""
    used = footprint("flipit", {"horizon": 10})
    what = f"memory of a tree, flipit at horizon 10 ({used.pairs:,} pairs)"
    return [
        Line(f"{what}: resident", f"{used.resident / used.pairs:.1f} bytes a pair", target="40 bytes"),
        Line(f"{what}: peak", f"{used.peak / used.pairs:.1f} bytes a pair", target="80 bytes"),
    ]


def linear_program(peers: Peers) -> list[Line]:
    """The sequence-form LP of liar's dice with six sides, certificate included."""
    tree = tree_from_openspiel(pyspiel.load_game("liars_dice"))
    found = solve_lp(tree)
    seconds = contest({"gamesolve": repeated(lambda: solve_lp(tree))}, rounds=3)["gamesolve"]
    return [Line("LP, liars_dice (24,576 information sets)", duration(seconds), "", f"gap {found.duality_gap:.1e}", "2 s, 1e-9")]


LARGE_GRAPH = {"graph": "random_30", "horizon": 10, "attacker_picks": 3, "defender_picks": 3}
ROWS: dict[str, Callable[[Peers], list[Line]]] = {
    **{f"cfr-{game}": partial(cfr_iteration, game, 200 if game.startswith("dice") else 250) for game in GAMES},
    "solve": solution,
    "exploitability": exploitability_of_a_policy,
    "walker-leduc": partial(walker, "leduc", {}),
    "walker-attack_graph": partial(walker, "attack_graph", {}),
    "simulator-flipit": partial(simulator, "flipit", {"horizon": 10}, "30 million joint steps/s"),
    "simulator-attack_graph": partial(simulator, "attack_graph", LARGE_GRAPH, "0.3 million epochs/s"),
    "simulator-cage2": partial(simulator, "cage2", {}, "6 million joint steps/s", attacker="b_line"),
    "memory": memory,
    "lp": linear_program,
    **{f"learning-{what.split()[0].strip(',')}": partial(learning, what) for what in speed_learning.GAMES},
    "learning-gru": remembering,
    "acting": acting,
    "frozen-networks": frozen,
    "psro-25": speed_psro.few_iterations,
    "psro-exact": speed_psro.to_the_end,
    "payoff-table": speed_psro.payoff_table,
    "psro-workers": speed_psro.learned_on_two_workers,
    "stage-games": speed_stochastic.stage_games,
    "value-iteration": speed_stochastic.sweeps,
    "policy-iteration": speed_stochastic.fewer_sweeps,
    "hsvi": speed_stochastic.beliefs,
}


def chosen_rows(prefixes: list[str]) -> list[str]:
    """Names of the rows that begin with one of `prefixes`; all of them where there are none."""
    for prefix in prefixes:
        if not any(name.startswith(prefix) for name in ROWS):
            raise GamesolveError(f"no row begins with {prefix!r}; rows are {', '.join(ROWS)}")
    return [name for name in ROWS if not prefixes or name.startswith(tuple(prefixes))]


def table(lines: list[Line]) -> str:
    """The lines as a Markdown table."""
    head = "| what | gamesolve | peer | result | target |\n|---|---|---|---|---|\n"
    return head + "".join(f"| {x.what} | {x.ours} | {x.theirs} | {x.result} | {x.target} |\n" for x in lines)


def conditions(versions: dict[str, str]) -> str:
    """Machine, versions and date, in one paragraph."""
    model = "unknown processor"
    if (info := Path("/proc/cpuinfo")).exists():
        model = next((row.split(":")[1].strip() for row in info.read_text().splitlines() if row.startswith("model name")), model)
    own = {name: importlib.metadata.version(name) for name in ("gamesolve", "numba", "numpy", "scipy")}
    words = ", ".join(f"{name} {version}" for name, version in {**own, **versions}.items())
    return f"Measured on {datetime.date.today()}, {model}, one core; Python {platform.python_version()}, {words}.\n"


def main() -> None:
    """Run the chosen rows; write the report where all were run."""
    parser = argparse.ArgumentParser(prog="python -m gamesolve.analyses.speed", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("rows", nargs="*", help=f"beginnings of names of rows: {', '.join(ROWS)}")
    asked = parser.parse_args().rows
    lines: list[Line] = []
    with Peers() as peers:
        for name in chosen_rows(asked):
            print(f"measuring {name}", file=sys.stderr, flush=True)
            lines += (found := ROWS[name](peers))
            for line in found:
                print(f"  {line.what}: {line.ours} {line.theirs} {line.result} (target {line.target})", file=sys.stderr, flush=True)
        text = f"# Speed\n{(__doc__ or '').strip()}\n\n{table(lines)}\n{conditions(peers.versions)}"
    if not asked:
        REPORT.write_text(text, encoding="utf-8")
    print(text if not asked else table(lines))


if __name__ == "__main__":
    try:
        main()
    except GamesolveError as error:
        sys.exit(f"speed: {error}")
