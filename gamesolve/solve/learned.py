"""The answer of PSRO with learned oracles: mixtures of the policies that were found, and what is known of them."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gamesolve.base import files
from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError
from gamesolve.base.runs import RESULT, Run, write_timings
from gamesolve.base.seeds import derived_seed
from gamesolve.evaluate.episodes import write_episodes
from gamesolve.evaluate.habits import habits
from gamesolve.evaluate.resolve import as_played, resolve
from gamesolve.evaluate.sampled import CONFIDENCE, half_width
from gamesolve.learners.candidates import play_out, scripted_candidates
from gamesolve.policies.files import can_be_saved, save_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.psro.oracles import Population
from gamesolve.psro.settings import PSROSettings, plan_of
from gamesolve.rules.game import Game
from gamesolve.solve.folder import SCHEMA, Ask
from gamesolve.solve.population_folder import Row, mixtures_of, read_members
from gamesolve.solve.populations import Grown, grow
from gamesolve.solve.self_play import self_play
from gamesolve.solve.solution import AS_ASKED, Solution
from gamesolve.solve.watch import COMPLETE, GAP, ITERATIONS, Watch
from gamesolve.views.problem import Problem
from gamesolve.views.tree import Tree

if TYPE_CHECKING:
    from gamesolve.solve.loop import Trace

METHOD = "psro"
#: Methods that begin with self-play.
SELF_PLAY = ("ppo", "mmd")
#: Episodes between the mixtures, of which the report shows some.
MATCH = 1_000
#: Policies of a role whose habits are kept, and the least weight of one.
SHOWN, LEAST = 6, 0.01
#: The tables of behaviours that play like the mixtures, where there is a tree.
BEHAVIOURS = "behaviours"


def solve_by_learning(
    problem: Problem,
    ask: Ask,
    watch: Watch,
    tree: Tree | str,
    run: Run | None,
    *,
    given: dict[str, Population],
    workers: int | str | None,
) -> Solution:  # fmt: skip
    """Grow populations until the watch says stop, or no response is found any more.

    Args:
        tree: of the game, or why it has none.
        given: policies that populations begin with, by role.

    Raises:
        GamesolveError: see `grow`.
    """
    plan, on = plan_of(ask.settings, ask.seed, ask.iterations), None if isinstance(tree, str) else tree
    zero, one = (given.get(role, ()) for role in problem.roles)
    if ask.method in SELF_PLAY:
        chosen = PSROSettings(**ask.settings)
        options: dict[str, Any] = {"budget": chosen.self_play, "settings": chosen.play, "seed": ask.seed, "device": chosen.device}
        played, spent = self_play(problem.playable, ask.method, watch, tree=on, run=run, **options)
        # One iteration looks for responses to what self-play came to; further ones add them.
        zero, one = (*played[0], *zero), (*played[1], *one)
    else:
        spent = 0
    grown = grow(problem.playable, plan, watch, tree=on, given=(zero, one), run=run, workers=workers)
    solution = _solution(problem, watch, on, (_method(ask), _reason(ask, tree)), grown, run, spent=spent)
    if run:
        watch.say("write")
        _write(run, problem, ask, solution, grown)
    return solution


def known_members(problem: Problem, known: Sequence[Any]) -> dict[str, Population]:
    """Policies by role and name: those that were given or named, the members of mixtures one by one, and all members of a run.

    Raises:
        GamesolveError: one is unknown, damaged, for another game, or of a kind that cannot be kept.
    """
    found: dict[str, list[tuple[str, Any]]] = {role: [] for role in problem.roles}
    for one in known:
        words = str(one) if isinstance(one, (str, Path)) else str(getattr(one, "name", type(one).__name__))
        members = read_members(Path(words), problem.roles) if isinstance(one, (str, Path)) else {}
        for role, policies in (members or _members(problem, one, words)).items():
            for name, policy in policies:
                if getattr(policy, "fingerprint", problem.fingerprint) != problem.fingerprint:
                    raise GamesolveError(f"the policy {name!r} is for {policy.game}, not for {problem.title}")
                if not can_be_saved(policy):
                    raise GamesolveError(f"the policy {name!r} cannot be saved, so it can be no member of a population")
                if not any(policy == other for _, other in found[role]):
                    found[role].append((name, policy))
    return {role: tuple(members) for role, members in found.items() if members}


def _members(problem: Problem, given: Any, words: str) -> dict[str, Population]:
    """The policies that are meant, a mixture's one by one."""
    resolved, found = _resolved(problem, str(given) if isinstance(given, Path) else given), {}
    for role, policy in resolved.items():
        played = as_played(problem, policy, role)
        parts = played.policies if isinstance(played, Mixture) else (played,)
        found[role] = tuple((words if len(parts) == 1 else f"{words}, {k + 1}", part) for k, part in enumerate(parts))
    return found


def _resolved(problem: Problem, given: Any) -> dict[str, Any]:
    """The policies that are meant, of every role where words name one of each."""
    try:
        return resolve(problem, given, None)
    except GamesolveError:
        found: dict[str, Any] = {}
        for role in problem.roles if isinstance(given, str) else ():
            with contextlib.suppress(GamesolveError):
                found |= resolve(problem, given, role)
        if not found:
            theirs = [f"{role}: {', '.join(names)}" for role, names in _scripted(problem).items()]
            raise GamesolveError(
                f"{given!r} names no known policy; give a run, a saved policy, or one that comes with the game ({'; '.join(theirs)})"
            ) from None
        return found


def _scripted(problem: Problem) -> dict[str, list[str]]:
    """The names of the policies that every run may begin with, by role."""
    return {role: [one.name for one in scripted_candidates(problem.playable, role)] for role in problem.roles}


def _reason(ask: Ask, tree: Tree | str) -> str:
    return f"{_method(ask)} with learned responses: {tree}" if isinstance(tree, str) else AS_ASKED


def _method(ask: Ask) -> str:
    return ask.method if ask.method in SELF_PLAY else METHOD


def _solution(
    problem: Problem, watch: Watch, tree: Tree | None, how: tuple[str, str], grown: Grown, run: Run | None, *, spent: int
) -> Solution:
    """The answer.

    Args:
        how: the method, and why.
        spent: decisions made before populations grew.
    """
    row = answer_of(grown.rows)
    mixtures = mixtures_of(grown.populations, row)
    exploitability = Bound(**row["exploitability"])
    exact = exploitability.kind == "exact"
    return Solution(
        game=problem.title,
        tree=tree,
        profile=(mixtures[0].behaviour_on(tree), mixtures[1].behaviour_on(tree)) if tree is not None and exact else None,
        policies=mixtures,
        roles=problem.roles,
        value=Bound(**row["value"]),
        exploitability=exploitability,
        method=how[0],
        reason=how[1],
        iterations=grown.rows[-1]["iteration"],
        seconds=watch.seconds(),
        stopped=grown.stopped,
        note=_note(watch, how[0], grown, exploitability),
        trace=_trace(grown.rows),
        run=run.folder if run else None,
        expected_return={role: _earned(found, row) for role, found in row["roles"].items()},
        populations=grown.populations,
        decisions=spent + grown.rows[-1]["decisions"],
    )


def answer_of(rows: Sequence[Row]) -> Row:
    """The iteration whose mixtures are the answer: the least exploitable where that is known exactly, else the newest."""
    exact = [row for row in rows if row["exploitability"]["upper"] is not None]
    return min(exact, key=lambda row: row["exploitability"]["upper"]) if len(exact) == len(rows) else rows[-1]


def _trace(rows: Sequence[Row]) -> Trace:
    """What is known of the exploitability after each iteration: exactly where that is known, else from below."""
    return [
        (row["iteration"], found["lower"] if found["upper"] is None else found["upper"], row["value"]["lower"], row["value"]["upper"])
        for row in rows
        for found in (row["exploitability"],)
    ]


def _earned(found: dict[str, Any], row: Row) -> Bound:
    """What a role's mixture earned in the fresh episodes of an iteration."""
    episodes = found["episodes"]
    half = half_width(found["mean_error"], episodes)
    return Bound(found["mean"] - half, found["mean"] + half, "estimated", CONFIDENCE, episodes, found["seed"])


def _note(watch: Watch, method: str, grown: Grown, exploitability: Bound) -> str:
    """One sentence on what the end means, and one on what went wrong and was survived."""
    said = []
    if grown.stopped == ITERATIONS and grown.rows[-1]["iteration"] != watch.iterations:
        said.append("the last iterations found no response that gains beyond its error")
    if "joint" in grown.rows[-1]:
        said.append(
            "both roles share one draw an episode (tables/joint.csv); the policy of each role is what it plays by itself, and as such "
            "'gamesolve evaluate' judges it"
        )
    if exploitability.upper is None:
        said.append("how exploitable the mixtures are at most is not known: 'gamesolve evaluate' searches for better opponents")
    elif grown.stopped != GAP and exploitability.upper > watch.target:
        closed = grown.stopped == ITERATIONS and grown.rows[-1]["iteration"] != watch.iterations
        learnt = "other oracles (--oracles) or more decisions for each response (--budget)" if closed else "more iterations (--iterations)"
        longer = "a longer self-play (--self-play)" if method in SELF_PLAY else learnt
        more = f"{longer} may get further"
        said.append(f"the exploitability is {exploitability.upper:.3g}, more than the gap of {watch.target:.3g}; {more}")
    failed = list(dict.fromkeys(note for row in grown.rows for found in row["roles"].values() for note in found["notes"]))
    if failed:
        said.append(f"survived: {failed[0]}" + (f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""))
    return "; ".join(said)


def _write(run: Run, problem: Problem, ask: Ask, solution: Solution, grown: Grown) -> None:
    """Policies, tables, telling episodes, and last the result: with it a run is complete."""
    # An earlier session that was cut short has left an answer.
    (run.folder / RESULT).unlink(missing_ok=True)
    for part in ("policies", BEHAVIOURS):
        shutil.rmtree(run.folder / part, ignore_errors=True)
    about = {"training": {"method": solution.method, "seed": ask.seed, "settings": ask.settings, "iterations": solution.iterations}}
    for k, (role, policy) in enumerate(zip(problem.roles, solution.policies, strict=True)):
        save_policy(policy, run.folder / "policies" / role, about=about)
        if solution.tree is not None and solution.profile is not None:
            save_policy(TabularPolicy.from_tree(solution.tree, k, solution.profile[k]), run.folder / BEHAVIOURS / role, about=about)
    _write_tables(run.folder / "tables", problem, solution, grown)
    game, seed = problem.playable, derived_seed(ask.seed, "match")
    both = dict(zip(problem.roles, solution.policies, strict=True))
    acting = tuple(both[agent.role].acting(game, i) for i, agent in enumerate(game.agents))
    episodes = play_out(game, acting, episodes=MATCH, seed=seed)
    support = _support(problem, solution, grown, seed) if isinstance(game, Game) else []
    write_episodes(run, problem, acting, episodes, seed=seed, support=support)
    write_timings(run, seconds=solution.seconds, iterations=solution.iterations, decisions=solution.decisions, stopped=solution.stopped)
    if solution.stopped in COMPLETE:
        run.prune(1)
    files.write_json(run.folder / RESULT, result(problem, ask, solution))


def _support(problem: Problem, solution: Solution, grown: Grown, seed: int) -> list[dict[str, Any]]:
    """What the policies do that are mixed most, against the other role's mixture."""
    game, row, found = problem.game, answer_of(grown.rows), []
    both = dict(zip(problem.roles, solution.policies, strict=True))
    for members, (role, own) in zip(grown.populations, row["roles"].items(), strict=True):
        weights = own["weights"]
        for n in sorted(range(len(weights)), key=lambda n: -weights[n])[:SHOWN]:
            if weights[n] >= LEAST:
                name, policy = members[n]
                acting = [({**both, role: policy})[agent.role].acting(game, i) for i, agent in enumerate(game.agents)]
                does = habits(game, acting, role, seed=seed)
                found.append({"role": role, "number": n, "name": name, "weight": weights[n], "habits": does})
    return found


def _write_tables(tables: Path, problem: Problem, solution: Solution, grown: Grown) -> None:
    files.make_folder(tables)
    columns = ("iteration", "decisions", "exploitability_lower", "exploitability_upper", "kind")
    rows = [(row["iteration"], row["decisions"], *(row["exploitability"][key] for key in ("lower", "upper", "kind"))) for row in grown.rows]
    files.write_csv(tables / "convergence.csv", columns, rows)
    game, names = grown.state.game, [[name for name, _ in members] for members in grown.populations]
    means, errors = game.mean, game.standard_errors
    entries = [
        [*pair, *(table[pair].item() for table in (means[0], errors[0], means[1], errors[1], game.count, game.exact))]
        for pair in np.ndindex(game.count.shape)
    ]
    zero, one = problem.roles
    header = (zero, one, f"mean_{zero}", f"error_{zero}", f"mean_{one}", f"error_{one}", "episodes", "exact")
    files.write_csv(tables / "meta_game.csv", header, entries)
    answer = answer_of(grown.rows)
    last = answer["roles"]
    if "joint" in answer:
        files.write_csv(tables / "joint.csv", (zero, one, "weight"), answer["joint"])
    members = [
        (role, n, name, weight)
        for role, own in zip(problem.roles, names, strict=True)
        for n, (name, weight) in enumerate(zip(own, [*last[role]["weights"], *([0.0] * len(own))], strict=False))
    ]
    files.write_csv(tables / "populations.csv", ("role", "number", "name", "weight"), members)


def result(problem: Problem, ask: Ask, solution: Solution) -> dict[str, Any]:
    """The answer as plain data."""
    return {
        "schema": SCHEMA,
        "game": problem.name,
        "parameters": problem.parameters,
        "fingerprint": problem.fingerprint,
        "method": solution.method,
        "reason": solution.reason,
        "value": {role: value.as_json() for role, value in solution.values.items()},
        "exploitability": solution.exploitability.as_json(),
        "expected_return": {role: found.as_json() for role, found in solution.expected_return.items()},
        "populations": {role: len(members) for role, members in zip(problem.roles, solution.populations, strict=True)},
        "decisions": solution.decisions,
        "iterations": solution.iterations,
        "stopped": solution.stopped,
        "note": solution.note,
    }


def read_learned(problem: Problem, watch: Watch, tree: Tree | None, run: Run) -> Solution:
    """The solution that a complete run holds."""
    from gamesolve.base.runs import read_result
    from gamesolve.solve.population_folder import Keeper

    state, rows = Keeper(run).read()
    found = read_result(run.folder)
    if state is None or not rows:
        raise GamesolveError(f"the run {str(run.folder)!r} is damaged: it lacks its last checkpoint")
    grown = Grown(state.populations, rows, state, found["stopped"])
    spent = found["decisions"] - rows[-1]["decisions"]
    solution = _solution(problem, watch, tree, (found["method"], found["reason"]), grown, run, spent=spent)
    return replace(solution, note=found["note"])
