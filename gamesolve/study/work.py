"""What is done for a cell: a function of its spec and of the policies that it names, whose result lies in the cell's folder.

| file of a cell | what |
|---|---|
| `cell.json` | the spec, from which its key is made |
| `policies/<role>/` | of a training: what it came to |
| `returns.npz` | of a play: returns f4 [2 E] by role; the first half is for choosing, the second for reporting |
| `result.json` | what came out; with it a cell is done |
| `run/` | a training under way, from which it goes on after a kill |
| `timings.json` | seconds, of all sessions that were not killed |
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError, UnfinishedError
from gamesolve.base.provenance import provenance
from gamesolve.base.runs import CELLS, CONFIG, PARTIES, RESULT, TIMINGS, Run, is_complete
from gamesolve.evaluate.exploitability import Search, search
from gamesolve.evaluate.judge import exact_worst_case
from gamesolve.learners.accounts import episode
from gamesolve.learners.candidates import played
from gamesolve.learners.task import others_loss
from gamesolve.learners.training import MARKS
from gamesolve.policies.files import load_policy, save_policy
from gamesolve.policies.trained import carried_over
from gamesolve.psro.loop import mixtures_of, solved
from gamesolve.psro.settings import plan_of
from gamesolve.solve import resume as resume_solve
from gamesolve.solve import solve
from gamesolve.solve.population_folder import Keeper
from gamesolve.solve.self_play import self_play
from gamesolve.solve.watch import COMPLETE, Watch
from gamesolve.study.cells import ADAPTING, EQUILIBRIUM, EXACT, PLAY, REFERENCE, TRAINING
from gamesolve.study.file import PSRO, TRAIN
from gamesolve.study.roster import ATTACKER, DEFENDER
from gamesolve.train import resume as resume_train
from gamesolve.train import train
from gamesolve.train.log import Shelf
from gamesolve.views.problem import Problem, load_problem

SPEC, POLICIES, RETURNS, RUN = "cell.json", "policies", "returns.npz", "run"
Stop = Callable[[], bool]


def do_cell(root: str, key: str, spec: dict[str, Any], stop: Stop | None = None) -> bool:
    """Do a cell, or go on with it; whether it is done, which it is not where `stop` said so first.

    Args:
        root: of the study's run.

    Raises:
        GamesolveError: the game is not what it was, or the work is refused or fails.
    """
    began, folder = time.monotonic(), Path(root) / CELLS / key
    if (folder / RESULT).is_file():
        return True
    files.make_folder(folder)
    files.write_json(folder / SPEC, spec)
    try:
        facts = DOES[spec["kind"]](Path(root), folder, spec, stop)
    except UnfinishedError:
        facts = None
    earlier = files.read_object(folder / TIMINGS)["seconds"] if (folder / TIMINGS).is_file() else 0.0
    files.write_json(folder / TIMINGS, {"seconds": earlier + time.monotonic() - began})
    if facts is None:
        return False
    spent = facts.get("decisions", 0)
    if spent > spec.get("decisions", spent):
        raise GamesolveError(
            f"{spent:,} decisions were made where {spec['decisions']:,} are allowed: the other role chooses so much more often that a last "
            "rollout was longer than what was kept for it; give the learner a smaller rollout"
        )
    files.write_json(folder / RESULT, facts)
    shutil.rmtree(folder / RUN, ignore_errors=True)
    return True


def policy_of(root: Path, source: dict[str, Any]) -> Any:
    """The policy that a spec names; raises GamesolveError where it is not there or damaged."""
    if "party" in source:
        return load_policy(root / PARTIES / source["party"])
    return load_policy(root / CELLS / source["cell"] / POLICIES / source["role"])


def both_of(root: Path, spec: dict[str, Any]) -> tuple[Problem, dict[str, Any]]:
    """The game of a play, and who plays it by role; raises GamesolveError where one of them is not there, or damaged."""
    problem = problem_of_spec(spec)
    both = {role: policy_of(root, spec[role]) for role in (DEFENDER, ATTACKER)}
    if any(policy.fingerprint != problem.fingerprint for policy in both.values()):
        both = {role: carried_over(policy, problem.game) for role, policy in both.items()}
    return problem, both


def problem_of_spec(spec: dict[str, Any]) -> Problem:
    """The game of a cell; raises GamesolveError where it is another one by now."""
    problem = load_problem(spec["game"], spec["parameters"])
    if problem.fingerprint != spec["fingerprint"]:
        raise GamesolveError(f"{problem.title} is not what it was when the study was planned: its fingerprint is {problem.fingerprint}")
    return problem


def _train(root: Path, folder: Path, spec: dict[str, Any], stop: Stop | None) -> dict[str, Any] | None:
    """A defender by one of the methods; of self-play and PSRO an attacker too."""
    problem, how = problem_of_spec(spec), spec["how"]
    against = [load_policy(root / PARTIES / digest) for digest in spec["against"]]
    if how["method"] == TRAIN:
        return _best_response(problem, folder, how, against, spec["seed"], stop)
    if how["method"] == PSRO:
        return _psro(problem, folder, how, against, spec["seed"], stop)
    return _self_play(problem, folder, how, spec["seed"], stop)


def _best_response(
    problem: Problem, folder: Path, how: dict[str, Any], against: Sequence[Any], seed: int, stop: Stop | None
) -> dict[str, Any] | None:
    run = folder / RUN
    if (run / CONFIG).is_file():
        found = resume_train(run, stop=stop)
    else:
        options = {key: how[key] for key in ("learner", "settings", "budget", "validation", "episodes", "scripted") if key in how}
        # Budgets are equal: nobody ends early.
        found = train(problem, DEFENDER, list(against), **options, patience=MARKS, seed=seed, stop=stop, out=run)
    if not is_complete(run):
        return None
    save_policy(found.policy, folder / POLICIES / DEFENDER, about=_about(how))
    episodes = len(found.tried) * how["validation"] + how["episodes"] * (1 + len(found.each))
    return {
        "decisions": found.decisions + episodes * episode(problem.game),
        "chosen": found.chosen,
        "course": [{"decisions": mark.decisions, "mean": mark.mean, "error": mark.standard_error} for mark in found.trainings[0].marks],
    }


def _self_play(problem: Problem, folder: Path, how: dict[str, Any], seed: int, stop: Stop | None) -> dict[str, Any]:
    files.make_folder(folder / RUN)
    config = {"job": "self-play", "game": problem.name, "parameters": problem.parameters}
    opened = Run.open(folder / RUN) if (folder / RUN / CONFIG).is_file() else Run.create(folder / RUN, config, provenance(seed=seed))
    with opened as run:
        options = {"budget": how["budget"], "settings": how["settings"], "seed": seed, "device": "cpu", "tree": None, "run": run}
        populations, decisions = self_play(problem.playable, how["method"], Watch(0.0, stop=stop), **options)
    for role, ((_, policy),) in zip(problem.roles, populations, strict=True):
        save_policy(policy, folder / POLICIES / role, about=_about(how))
    return {"decisions": decisions, "course": []}


def _psro(
    problem: Problem, folder: Path, how: dict[str, Any], against: Sequence[Any], seed: int, stop: Stop | None
) -> dict[str, Any] | None:
    run = folder / RUN
    if (run / CONFIG).is_file():
        found = resume_solve(run, stop=stop)
    else:
        # No method has the use of the tree: this much memory holds none.
        options = {"settings": how["settings"], "iterations": how["iterations"], "gap": 0.0, "seed": seed, "memory": 1}
        found = solve(problem, PSRO, **options, known=list(against), stop=stop, out=run)
    if not is_complete(run):
        return None
    with Run.open(run) as opened:
        state, rows = Keeper(opened).read()
    assert state is not None
    # No responses to the last mixture are looked for: it is of all that was found.
    strategy = solved(plan_of(how["settings"], seed, how["iterations"]), state.game)
    for role, policy in zip(problem.roles, mixtures_of(state, strategy), strict=True):
        save_policy(policy, folder / POLICIES / role, about=_about(how))
    # Iterations tell what they began with; after each stands what the next began with, and after the last the answer.
    after = [{role: one["weights"] for role, one in row["roles"].items()} for row in rows[1:]]
    after.append(dict(zip(problem.roles, (strategy.defender.tolist(), strategy.attacker.tolist()), strict=True)))
    return {
        "decisions": found.decisions + rows[-1]["played"] * episode(problem.game),
        "course": [
            {
                "iteration": row["iteration"],
                "decisions": row["decisions"] + row["played"] * episode(problem.game),
                # Of the mixtures that it began with; and the weights after it.
                "exploitability_before": row["exploitability"]["lower"],
                "weights": weights,
            }
            for row, weights in zip(rows, after, strict=True)
        ],
        "members": {role: [name for name, _ in members] for role, members in zip(problem.roles, found.populations, strict=True)},
    }


def _solve(root: Path, folder: Path, spec: dict[str, Any], stop: Stop | None) -> dict[str, Any] | None:
    """The equilibrium of a game whose tree fits, to the usual gap."""
    problem = problem_of_spec(spec)
    # Where the tree does not fit after all this says so, instead of learning what no budget counts.
    problem.tree()
    found = solve(problem, stop=stop)
    if found.stopped not in COMPLETE:
        return None
    for policy in found.policies:
        save_policy(policy, folder / POLICIES / policy.role, about={"training": {"method": found.method}})
    return {"decisions": 0, "value": found.value.as_json(), "exploitability": found.exploitability.as_json()}


def _exact(root: Path, folder: Path, spec: dict[str, Any], stop: Stop | None) -> dict[str, Any]:
    """What a defender earns at least, whoever attacks; nothing is known of one that draws too much to be walked."""
    found = exact_worst_case(problem_of_spec(spec), DEFENDER, policy_of(root, spec["against"]), stop=stop)
    return {"worst_case": None if found is None else found.as_json()}


def _adapt(root: Path, folder: Path, spec: dict[str, Any], stop: Stop | None) -> dict[str, Any] | None:
    """The strongest attacker that learning finds against a frozen defender."""
    problem, how = problem_of_spec(spec), spec["how"]
    budget = how["budget"], how["seeds"]
    search_for = Search(tuple(how["learners"]), *budget, validation=how["validation"], settings=how["settings"]).checked(problem.roles)
    files.make_folder(folder / RUN)
    found = search(
        problem.playable, DEFENDER, policy_of(root, spec["against"]), search_for, objective=others_loss(ATTACKER),
        episodes=how["validation"], seed=spec["seed"], watch=Watch(0.0, stop=stop), shelf=Shelf(folder / RUN),
    )  # fmt: skip
    if found.stopped:
        return None
    save_policy(found.opponent, folder / POLICIES / ATTACKER, about=_about(how))
    return {
        "decisions": found.decisions,
        "chosen": found.name,
        "course": [
            {"responder": one.responder, "decisions": one.decisions, "mean": one.mean, "lower": one.lower, "upper": one.upper}
            for one in found.curve
        ],
    }


def _play(root: Path, folder: Path, spec: dict[str, Any], stop: Stop | None) -> dict[str, Any]:
    """Returns of both roles in twice as many episodes as are reported."""
    problem, both = both_of(root, spec)

    def pause() -> None:
        if stop is not None and stop():
            raise UnfinishedError("the study was interrupted")

    returns = played(problem.playable, both, episodes=2 * spec["episodes"], seed=spec["seed"], pause=pause)
    files.write_npz(folder / RETURNS, {"returns": returns.astype(np.float32)})
    halves = {"validation": returns[: spec["episodes"]], "report": returns[spec["episodes"] :]}
    return {
        half: {"mean": part.mean(axis=0).tolist(), "error": (part.std(axis=0, ddof=1) / len(part) ** 0.5).tolist()}
        for half, part in halves.items()
    }


def _about(how: dict[str, Any]) -> dict[str, Any]:
    return {"training": how}


DOES = {TRAINING: _train, REFERENCE: _train, EQUILIBRIUM: _solve, EXACT: _exact, ADAPTING: _adapt, PLAY: _play}
