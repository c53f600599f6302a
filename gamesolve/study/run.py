"""A study from its file to its answer, in a run folder in which it goes on whenever it is asked again.

| file | what |
|---|---|
| `config.json` | the study as plain data, every default filled in |
| `parties/` | the policies that were there before, by their digests |
| `cells/` | the pieces, by their keys; see `gamesolve.study.work` |
| `trained/` | the defenders that were trained, `METHOD/run-R`, each a saved policy |
| `tables/` | everything as CSV, with a data dictionary |
| `episodes.json` | the worst episode of every defender, step by step |
| `result.json` | the answer |
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError
from gamesolve.base.executors import cores, open_workers, refuse_unknown_workers
from gamesolve.base.provenance import differences, provenance
from gamesolve.base.runs import CELLS, CONFIG, EPISODES, PARTIES, PROVENANCE, REPORT, RESULT, Run, in_use, read_config, warn_of_versions
from gamesolve.policies.files import CARD, save_policy
from gamesolve.solve.watch import Watch
from gamesolve.study.cells import Plan, plan_of_study
from gamesolve.study.engine import CELL_LIMIT, Board, begun, compute
from gamesolve.study.file import PolicyPart, StudyFile, read_study, study_of
from gamesolve.study.findings import Results, findings
from gamesolve.study.front import JOB, Asked, Study
from gamesolve.study.roster import CALLED, DEFENDER, Roster, roster_of
from gamesolve.study.tables import write_tables
from gamesolve.study.work import POLICIES
from gamesolve.study.worst_episodes import worst_episodes

SCHEMA, TRAINED = "gamesolve.study/1", "trained"


def run_study(given: Asked, *, out: str | Path | None, base: Path, workers: int | str | None, watch: Watch) -> Study:
    """See `gamesolve.study.study`; saved policies of plain data are read from `base`."""
    plan, folder = planned(given, base), folder_of(given, out)
    who = cores() if workers is None else workers
    refuse_unknown_workers(who)
    with _opened(folder, plan) as run:
        if (run.folder / RESULT).is_file():
            # It was asked the same before.
            found = {key: value for key, value in files.read_object(run.folder / RESULT).items() if key not in ("schema", "stopped")}
            return Study(plan.roster.study.title, Board.of(run.folder, plan.cells()).rows(), found, "done", (), folder)
        _keep_roster(run, plan.roster)
        board = Board.of(run.folder, plan.cells())
        board.sweep(run.folder)
        with open_workers(who, limit=CELL_LIMIT) as pool:
            # Other processes may be at home in other folders.
            stopped = compute(run.folder.resolve(), board, watch, pool)
        found = _answered(run, plan) if board.complete else {}
    failed = tuple(board.failed.values())
    return Study(plan.roster.study.title, board.rows(), found, stopped or "done", failed, folder)


def planned(given: Asked, base: Path = Path()) -> Plan:
    """All that a study would compute; nothing is written. Raises GamesolveError where the file is refused or its budget is too small.

    Args:
        base: folder from which saved policies are read that plain data name; those of a file are read from where it lies.
    """
    if isinstance(given, (str, Path)):
        return plan_of_study(roster_of(read_study(Path(given)), Path(given).parent))
    return plan_of_study(roster_of(study_of(given), base))


def board_of(given: Asked, out: str | Path | None = None) -> list[dict[str, Any]]:
    """How far the run of a study is, also one at work elsewhere; see `Board.rows`. Raises GamesolveError where the file is refused."""
    folder = folder_of(given, out)
    plan = planned(given)
    if (folder / CONFIG).is_file():
        _refuse_other(folder, plan)
    board = Board.of(folder, plan.cells())
    if in_use(folder):
        board.running = begun(folder, board)
    return board.rows()


def folder_of(given: Asked, out: str | Path | None) -> Path:
    """Where the run of a study is; raises GamesolveError where nothing says so."""
    if out is not None:
        return Path(out)
    if isinstance(given, (str, Path)):
        return Path("runs") / f"study-{Path(given).stem}"
    raise GamesolveError("a study that is plain data needs a folder for its run: give out=")


def _opened(folder: Path, plan: Plan) -> Run:
    """The run of a study, new or gone on with."""
    config = {"job": JOB, "schema": SCHEMA, "game": plan.roster.problem.name, "parameters": plan.roster.problem.parameters}
    config["study"] = _kept(plan.roster).model_dump(mode="json", exclude_none=True)
    facts = provenance(seed=plan.roster.study.seed, fingerprint=plan.roster.problem.fingerprint)
    if not (folder / CONFIG).is_file():
        return Run.create(folder, config, facts)
    _refuse_other(folder, plan)
    run = Run.open(folder)
    # A study whose seed or game has changed computes all of it anew.
    before = {**files.read_object(folder / PROVENANCE), "seed": facts["seed"], "fingerprint": facts["fingerprint"]}
    changed = differences(before, facts)
    if changed and any((folder / CELLS).glob(f"*/{RESULT}")):
        warn_of_versions(before, facts)
        before["later"] = list(dict.fromkeys([*before.get("later", []), *changed]))
    files.write_json(folder / PROVENANCE, before)
    if read_config(folder) != config or changed:
        # What was answered before is no answer to what is asked now.
        for name in (RESULT, EPISODES, REPORT):
            (folder / name).unlink(missing_ok=True)
    files.write_json(folder / CONFIG, config)
    return run


def _refuse_other(folder: Path, plan: Plan) -> None:
    """Raise GamesolveError where a folder holds a run of something else, or a study that has no cell in common with this one."""
    config = read_config(folder)
    if config.get("job") != JOB:
        raise GamesolveError(f"{str(folder)!r} holds a run of {config.get('job')!r}; a study needs a folder of its own")
    there = {path.parent.name for path in (folder / CELLS).glob(f"*/{RESULT}")}
    if there and there.isdisjoint(cell.key for cell in plan.cells()):
        title = config.get("study", {}).get("title")
        raise GamesolveError(f"{str(folder)!r} holds the study {title!r}, which has nothing in common with this one; choose another folder")


def _kept(roster: Roster) -> StudyFile:
    """The study with its saved policies named as the run keeps them."""

    def named(tier: str, part: PolicyPart, name: str) -> PolicyPart:
        known = roster.tier(tier) if tier else tuple(roster.fixed.values())
        (one, *_) = [own for own in known if own.group == name]
        return part if one.scripted else part.model_copy(update={"policy": f"{PARTIES}/{one.digest}"})

    tiers = {
        tier: {name: named(tier, part, name) for name, part in getattr(roster.study.attackers, tier).items()}
        for tier in ("seen", "same_family", "new_family")
    }
    defenders = {name: named("", part, name) if isinstance(part, PolicyPart) else part for name, part in roster.study.defenders.items()}
    return roster.study.model_copy(update={"attackers": roster.study.attackers.model_copy(update=tiers), "defenders": defenders})


def _keep_roster(run: Run, roster: Roster) -> None:
    for one in (*roster.attackers, *roster.fixed.values()):
        if not (run.folder / PARTIES / one.digest / CARD).is_file():
            save_policy(one.policy, run.folder / PARTIES / one.digest, about={CALLED: one.words})


def _answered(run: Run, plan: Plan) -> dict[str, Any]:
    """The findings, which are written; the result comes last."""
    (run.folder / RESULT).unlink(missing_ok=True)
    results = Results(run.folder, plan)
    found = findings(results)
    write_tables(run.folder, results, found)
    files.write_json(run.folder / EPISODES, worst_episodes(results))
    _name_policies(run, plan)
    files.write_json(run.folder / RESULT, {"schema": SCHEMA, "stopped": "done", **found})
    return found


def _name_policies(run: Run, plan: Plan) -> None:
    """Copy what was trained to where its name says: `trained/METHOD/run-R`, a saved policy each."""
    shutil.rmtree(run.folder / TRAINED, ignore_errors=True)
    for (name, number), cell in plan.trained.items():
        shutil.copytree(run.folder / CELLS / cell.key / POLICIES / DEFENDER, run.folder / TRAINED / name / f"run-{number}")
