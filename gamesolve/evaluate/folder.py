"""What an evaluation has on disk: the question with all its policies, and the answer."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError
from gamesolve.base.provenance import provenance
from gamesolve.base.roles import role_name
from gamesolve.base.runs import CUT_SHORT, EPISODES, PARTIES, RESULT, Run, read_config, read_result, write_timings
from gamesolve.base.seeds import derived_seed
from gamesolve.evaluate import Evaluation
from gamesolve.evaluate.episodes import write_episodes
from gamesolve.evaluate.exploitability import Found
from gamesolve.evaluate.question import Parties, Question, source_of
from gamesolve.evaluate.resolve import as_played, resolve
from gamesolve.evaluate.spread import summary
from gamesolve.learners.candidates import play_out
from gamesolve.policies.files import CARD, about_of, can_be_saved, load_policy, save_policy
from gamesolve.train.ask import EXACT
from gamesolve.views.problem import Problem
from gamesolve.views.tree import Tree

SCHEMA = "gamesolve.evaluate/1"
#: Episodes of the judged policy against the opponent found, of which the report shows some.
MATCH = 1_000
#: Where an answer is written before it takes the place of the one before.
NEW = "new"
#: Kinds of brackets, the better first.
KINDS = ("exact", "proved", "estimated")
#: The opponents that are saved, and what each shows of the judged policy.
RESPONSES = {"best_response": "worst_case_return", "selfish_response": "return_against_best_response"}


def create(folder: Path, problem: Problem, question: Question, parties: Parties, given: Sequence[Any]) -> Run:
    """A new run folder that says what was asked and holds every policy that has a file, so that it can go on wherever those have gone.

    Args:
        given: the policies as they were given; what has no file has to be named by words.
    """
    if not problem.loadable:
        raise GamesolveError("a run folder needs a game that can be loaded again by its name; leave 'out' away")
    policies = {f"judged-{role}": one for role, one in parties.judged.items()} | {f"known-{k}": one for k, one in enumerate(parties.known)}
    unnamed = [one for one in given if not isinstance(one, (str, Path)) and not can_be_saved(one)]
    if unnamed:
        raise GamesolveError(f"{unnamed[0]!r} cannot be saved, so a run folder needs words that name it; or leave 'out' away")
    config = {"job": "evaluate", "game": problem.name, "parameters": problem.parameters, **asdict(question)}
    run = Run.create(folder, config, provenance(seed=question.seed, fingerprint=problem.fingerprint))
    try:
        for name, policy in policies.items():
            if can_be_saved(policy):
                save_policy(policy, folder / PARTIES / name)
    except BaseException as error:
        run.__exit__(type(error), error, error.__traceback__)
        raise
    return run


def read_question(folder: Path) -> Question:
    """The question of a run; raises GamesolveError where its configuration is damaged or asks something else."""
    config = read_config(folder)
    if config.get("job") != "evaluate":
        raise GamesolveError(f"{str(folder)!r} is a run of {config.get('job')!r}, not of 'evaluate'")
    try:
        # Runs that were begun before had no settings.
        given = {name: {"settings": {}, **config}[name] for name in Question.__dataclass_fields__}
        if not given["judged"]:
            raise ValueError("nobody is judged")
        return Question(**{**given, "known": tuple(given["known"]), "responders": tuple(given["responders"])})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise GamesolveError(f"the configuration of the run {str(folder)!r} is damaged: {error!r}") from error


def read_parties(folder: Path, problem: Problem, question: Question, code: dict[str, Any]) -> Parties:
    """The policies that a run holds; those that have no file, or that a kill kept from being written, are looked up again."""

    def read(name: str, words: str, role: str) -> Any:
        path = folder / PARTIES / name
        found = load_policy(path) if (path / CARD).is_file() else resolve(problem, words, role, **code)[role]
        if words in question.code and question.code[words] != source_of(words):
            raise GamesolveError(f"the code of {words!r} is not what it was when the run {str(folder)!r} began; begin a new one")
        return found

    judged = {role: read(f"judged-{role}", words, role) for role, words in question.judged.items()}
    other = next((role for role in problem.roles if role not in judged), "")
    return Parties(judged, tuple(as_played(problem, read(f"known-{k}", words, other), other) for k, words in enumerate(question.known)))


def write(run: Run, problem: Problem, question: Question, found: Evaluation, *, seconds: float) -> Evaluation:
    """Write opponents, tables, telling episodes, and last the result; the evaluation, with what was to be said of that.

    Where this session was cut short and one before it knew anything better, that answer stays. It stays too until the new one is
    complete on disk beside it.
    """
    write_timings(run, seconds=seconds, stopped=found.stopped)
    found = replace(found, run=run.folder)
    if (run.folder / RESULT).is_file() and found.stopped in CUT_SHORT and not _as_good(result(problem, found), read_result(run.folder)):
        return replace(found, notes=(*found.notes, f"{run.folder} holds the answer of a session that knew more"))
    beside = run.folder / NEW
    shutil.rmtree(beside, ignore_errors=True)
    _save_responses(beside, found, question)
    _write_curves(beside, found)
    said = [*_unsaved(found), *_write_match(run, problem, found, seed=question.seed)]
    found = replace(found, notes=(*found.notes, *said))
    for part in ("policies", "tables"):
        shutil.rmtree(run.folder / part, ignore_errors=True)
        if (beside / part).exists():
            (beside / part).rename(run.folder / part)
    shutil.rmtree(beside, ignore_errors=True)
    files.write_json(run.folder / RESULT, result(problem, found))
    return found


def _as_good(new: Any, old: Any) -> bool:
    """Whether no bracket of an answer lacks an end that it had before, is wider, or is estimated where it was proved."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return True
    if {"lower", "upper", "kind"} <= old.keys():
        ends = [(new.get(key), old[key]) for key in ("lower", "upper")]
        if any(now is None and before is not None for now, before in ends):
            return False
        if KINDS.index(new["kind"]) > KINDS.index(old["kind"]) and any(before is not None for _, before in ends):
            return False
        widths = [None if one["lower"] is None or one["upper"] is None else one["upper"] - one["lower"] for one in (new, old)]
        return widths[1] is None or widths[0] is None or bool(widths[0] <= widths[1])
    return all(_as_good(new.get(key, {}), value) for key, value in old.items() if key not in ("search", "selfish_search", "parameters"))


def saved_responses(folder: Path, problem: Problem) -> dict[str, dict[str, str]]:
    """The opponents that a run holds: under `best_response` and `selfish_response`, role to folder."""
    places = {kind: {role: folder / "policies" / f"{kind}_{role}" for role in problem.roles} for kind in RESPONSES}
    return {kind: {role: str(path) for role, path in own.items() if (path / CARD).is_file()} for kind, own in places.items()}


def result(problem: Problem, found: Evaluation) -> dict[str, Any]:
    """The answer as plain data."""
    worst = {role: bound.as_json() for role, bound in found.worst_case_return.items()}
    value = {role: bound.as_json() for role, bound in found.game_value.items()}
    profile = len(found.judged) == 2
    return {
        "schema": SCHEMA,
        "game": problem.name,
        "parameters": problem.parameters,
        "judged": list(found.judged),
        "worst_case_return": worst if profile else worst[found.judged[0]],
        "game_value": value if profile else value[found.judged[0]],
        "exploitability": found.exploitability.as_json(),
        "expected_return": {role: bound.as_json() for role, bound in found.expected_return.items()},
        "regret": {role: bound.as_json() for role, bound in found.regret.items()},
        "return_against_best_response": {role: bound.as_json() for role, bound in found.return_against_best_response.items()},
        "return_against_strongest_found": {
            role: {**bound.as_json(), "opponent": found.searched_selfish[role].name}
            for role, bound in found.return_against_strongest_found.items()
        },
        "search": {role: _searched(one) for role, one in found.searched.items()},
        "selfish_search": {role: _searched(one) for role, one in found.searched_selfish.items()},
        "stopped": found.stopped,
        "notes": list(found.notes),
        "caveats": list(problem.caveats),
    }


def _searched(one: Found) -> dict[str, Any]:
    """Who was found by a search, among how many, and what it came to for shares of the budget: see `CurvePoint`."""
    return {"opponent": one.name, "tried": len(one.tried), "decisions": one.decisions, "curve": [asdict(point) for point in one.curve]}


def _save_responses(folder: Path, found: Evaluation, question: Question) -> None:
    """Save into a folder the opponents found, where they have files; their cards say how they were found."""
    both = (found.best_response, found.searched), (found.selfish_response, found.searched_selfish)
    for (kind, shows), (policies, searched) in zip(RESPONSES.items(), both, strict=True):
        for role, policy in policies.items():
            if can_be_saved(policy):
                (judged,) = [one for one in found.judged if one != role]
                shown = {shows: getattr(found, shows)[judged].as_json()}
                about = _about(shown, searched.get(judged), question)
                save_policy(policy, folder / "policies" / f"{kind}_{role}", about=about)


def _about(exact: dict[str, Any], search: Found | None, question: Question) -> dict[str, Any]:
    """What an opponent's card says: against whom it was found, by what means, and what came of it (`exact` where nobody searched)."""
    training = {"against": [question.policy], "seed": question.seed}
    if search is None:
        return {"training": {**training, "learner": EXACT}, "evaluation": exact}
    spent = {name: getattr(question, name) for name in ("responders", "budget", "seeds", "settings", "known")}
    training |= {**spent, "chosen": search.name, "decisions": search.decisions}
    # How a policy was found that was known before stands in its own card.
    before = about_of(search.opponent)
    training |= {} if before is None else {"before": before}
    returns = summary(search.episodes, search.roles)
    return {"training": training, "evaluation": {"returns": returns, "episodes": len(search.episodes), "seed": question.seed}}


def _write_curves(folder: Path, found: Evaluation) -> None:
    """Write, for each judged policy that was searched against, what shares of the budget brought: see `CurvePoint`."""
    header = ("responder", "decisions", "opponent", "mean", "lower", "upper")
    for name, searched in (("worst_case", found.searched), ("selfish", found.searched_selfish)):
        for role, one in searched.items():
            files.make_folder(folder / "tables")
            files.write_csv(folder / "tables" / f"{name}_{role}.csv", header, [tuple(asdict(point).values()) for point in one.curve])


def _unsaved(found: Evaluation) -> list[str]:
    """A sentence on each opponent that was found and cannot be saved."""
    kinds = (("", found.best_response), (" of its own interest", found.selfish_response))
    shown = [(role, kind) for kind, policies in kinds for role, policy in policies.items() if not can_be_saved(policy)]
    return [f"the strongest {role_name(role)}{kind} is code, so it is not saved" for role, kind in shown]


def _write_match(run: Run, problem: Problem, found: Evaluation, *, seed: int) -> list[str]:
    """Write how the first judged policy fares against the opponent that shows its worst case, where both can be played.

    Returns:
        A sentence where a policy failed in it, which takes nothing from what was found before.
    """
    role = found.judged[0]
    other = problem.roles[1 - problem.roles.index(role)]
    both = {role: found.policies[role], other: found.best_response.get(other)}
    game = None if isinstance(problem.game, Tree) else problem.playable
    if game is None or game.horizon is None or not all(hasattr(one, "acting") for one in both.values()):
        (run.folder / EPISODES).unlink(missing_ok=True)
        return []
    seed = derived_seed(seed, "match")
    try:
        acting = [both[agent.role].acting(game, i) for i, agent in enumerate(game.agents)]
        returns = play_out(game, acting, episodes=MATCH, seed=seed)
        write_episodes(run, problem, acting, returns, seed=seed, role=role, shows=other)
    except GamesolveError as error:
        (run.folder / EPISODES).unlink(missing_ok=True)
        return [f"the report shows no episodes: {error}"]
    return []
