"""What an evaluation or a simulation leaves on disk: the question, with what it was computed, and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError
from gamesolve.base.provenance import provenance
from gamesolve.base.roles import role_name
from gamesolve.base.runs import EPISODES, RESULT, TIMINGS, Run
from gamesolve.base.seeds import derived_seed
from gamesolve.evaluate import Evaluation
from gamesolve.evaluate.exploitability import Found
from gamesolve.evaluate.habits import habits
from gamesolve.evaluate.replay import replay, telling_episodes
from gamesolve.evaluate.spread import spread, summary
from gamesolve.learners.candidates import play_out
from gamesolve.policies.files import about_of, can_be_saved, save_policy
from gamesolve.rules.game import Game
from gamesolve.train.ask import EXACT
from gamesolve.views.acting import Acting, Drawn
from gamesolve.views.problem import Problem
from gamesolve.views.tree import Tree


def new_run(folder: Path, job: str, problem: Problem, asked: dict[str, Any], *, seed: int) -> Run:
    """A run folder for `job`; raises GamesolveError where it cannot be made."""
    config = {"job": job, "game": problem.name, "parameters": problem.parameters, **asked, "seed": seed}
    return Run.create(folder, config, provenance(seed=seed, fingerprint=problem.fingerprint))


def save_responses(run: Run, found: Evaluation, asked: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Save the opponents found, where they have files; their cards say how they were found.

    Args:
        asked: the run's configuration.

    Returns:
        Under `best_response` those that show the worst cases, under `selfish_response` those that seek their own good: role to folder.
    """
    saved: dict[str, dict[str, str]] = {}
    for kind, policies, searched, shows in (
        ("best_response", found.best_response, found.searched, "worst_case_return"),
        ("selfish_response", found.selfish_response, found.searched_selfish, "return_against_best_response"),
    ):
        saved[kind] = {role: str(run.folder / "policies" / f"{kind}_{role}") for role, one in policies.items() if can_be_saved(one)}
        for role, path in saved[kind].items():
            (judged,) = [one for one in found.judged if one != role]
            shown = {shows: getattr(found, shows)[judged].as_json()}
            save_policy(policies[role], path, about=_about(shown, searched.get(judged), asked))
    return saved


def _about(exact: dict[str, Any], search: Found | None, asked: dict[str, Any]) -> dict[str, Any]:
    """What an opponent's card says: against whom it was found, by what means, and what came of it (`exact` where nobody searched)."""
    training = {"against": [asked["policy"]], "seed": asked["seed"]}
    if search is None:
        return {"training": {**training, "learner": EXACT}, "evaluation": exact}
    spent = {name: asked[name] for name in ("responders", "budget", "seeds", "known")}
    training |= {**spent, "chosen": search.name, "decisions": search.decisions}
    # How a policy was found that was known before stands in its own card.
    before = about_of(search.opponent)
    training |= {} if before is None else {"before": before}
    returns = summary(search.episodes, search.roles)
    return {"training": training, "evaluation": {"returns": returns, "episodes": len(search.episodes), "seed": asked["seed"]}}


def write_curves(run: Run, found: Evaluation) -> None:
    """Write, for each judged policy that was searched against, what shares of the budget brought: see `CurvePoint`."""
    header = ("responder", "decisions", "opponent", "mean", "lower", "upper")
    for name, searched in (("worst_case", found.searched), ("selfish", found.searched_selfish)):
        for role, one in searched.items():
            files.make_folder(run.folder / "tables")
            files.write_csv(run.folder / "tables" / f"{name}_{role}.csv", header, [tuple(asdict(point).values()) for point in one.curve])


def unsaved(found: Evaluation) -> list[str]:
    """A sentence on each opponent that was found and cannot be saved."""
    kinds = (("", found.best_response), (" of its own interest", found.selfish_response))
    shown = [(role, kind) for kind, policies in kinds for role, policy in policies.items() if not can_be_saved(policy)]
    return [f"the strongest {role_name(role)}{kind} is code, so it is not saved" for role, kind in shown]


def write_match(run: Run, problem: Problem, found: Evaluation, *, episodes: int, seed: int) -> list[str]:
    """Write how the first judged policy fares against the opponent that shows its worst case, where both can be played.

    Returns:
        A sentence where a policy failed in it, which takes nothing from what was found before.
    """
    role = found.judged[0]
    other = problem.roles[1 - problem.roles.index(role)]
    both = {role: found.policies[role], other: found.best_response.get(other)}
    game = None if isinstance(problem.game, Tree) else problem.playable
    if game is None or game.horizon is None or not all(hasattr(one, "acting") for one in both.values()):
        return []
    seed = derived_seed(seed, "match")
    try:
        acting = [both[agent.role].acting(game, i) for i, agent in enumerate(game.agents)]
        returns = play_out(game, acting, episodes=episodes, seed=seed)
        write_episodes(run, problem, acting, returns, seed=seed, role=role, shows=other)
    except GamesolveError as error:
        return [f"the report shows no episodes: {error}"]
    return []


def write_episodes(
    run: Run,
    problem: Problem,
    acting: Sequence[Acting | Drawn],
    returns: np.ndarray,
    *,
    seed: int,
    role: str | None = None,
    shows: str | None = None,
) -> None:
    """Write how a role's returns spread, and, of a game of ours, the episodes worth looking at, step by step.

    Args:
        returns: f8 [n, 2], of episodes 0 to n - 1 by role.
        role: the game's first unless given.
        shows: the role whose habits are kept too, or None.
    """
    role = problem.roles[0] if role is None else role
    index = problem.roles.index(role)
    if not isinstance(problem.game, Game):
        files.write_json(run.folder / EPISODES, {"role": role, "spread": spread(returns[:, index]), "replays": []})
        return
    replays = [
        replay(problem.game, acting, seed=seed, why=why, episode=episode, returns=returns[episode])
        for why, episode in telling_episodes(returns[:, index]).items()
    ]
    answer = {"role": role, "spread": spread(returns[:, index]), "replays": [asdict(one) for one in replays]}
    answer |= {} if shows is None else {"habits": habits(problem.game, acting, shows, seed=seed)}
    files.write_json(run.folder / EPISODES, answer)


def write_answer(run: Run, answer: dict[str, Any], *, timings: dict[str, float]) -> None:
    """Write timings and, last, the result."""
    files.write_json(run.folder / TIMINGS, timings)
    files.write_json(run.folder / RESULT, answer)
