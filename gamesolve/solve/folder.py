"""What a run of `solve` has on disk: the question, with what it was computed, and the answer."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError
from gamesolve.base.provenance import provenance
from gamesolve.base.runs import PARTIES, RESULT, Run, read_config, write_timings
from gamesolve.solve.watch import COMPLETE

if TYPE_CHECKING:
    from gamesolve.policies.tabular import TabularPolicy
    from gamesolve.solve.solution import Solution
    from gamesolve.views.problem import Problem

SCHEMA = "gamesolve.result/1"


@dataclass(frozen=True)
class Ask:
    """What decides the answer, every default filled in."""

    method: str
    gap: float
    iterations: int | None
    memory: int | None
    seed: int
    # Of PSRO with learned oracles: what shall be other than by default, and by role what its populations begin with, by name.
    settings: dict[str, Any] = field(default_factory=dict)
    known: dict[str, list[str]] = field(default_factory=dict)


def create(folder: Path, problem: Problem, ask: Ask, known: dict[str, list[Any]]) -> Run:
    """A new run folder that says what was asked and holds the policies that were given; raises GamesolveError where it cannot be made.

    Args:
        known: the policies that `Ask.known` names.
    """
    config = {"job": "solve", "game": problem.name, "parameters": problem.parameters, **asdict(ask)}

    def keep() -> None:
        from gamesolve.policies.files import save_policy

        for role, policies in known.items():
            for n, policy in enumerate(policies):
                save_policy(policy, folder / PARTIES / f"{role}-{n}")

    return Run.create(folder, config, provenance(seed=ask.seed, fingerprint=problem.fingerprint), first=keep)


def read_known(folder: Path, ask: Ask) -> dict[str, list[Any]]:
    """The policies that a run was given, by role; raises GamesolveError where one is damaged."""
    from gamesolve.policies.files import load_policy

    return {role: [load_policy(folder / PARTIES / f"{role}-{n}") for n in range(len(names))] for role, names in ask.known.items()}


def read_ask(folder: Path) -> Ask:
    """The question of a run; raises GamesolveError where its configuration is damaged or asks something else."""
    config = read_config(folder)
    if config.get("job") != "solve":
        raise GamesolveError(f"{str(folder)!r} is a run of {config.get('job')!r}, not of 'solve'")
    try:
        # The first runs that were made knew no settings and no known policies.
        return Ask(**{name: config[name] for name in Ask.__dataclass_fields__ if name in config or name not in ("settings", "known")})
    except KeyError as error:
        raise GamesolveError(f"the configuration of the run {str(folder)!r} is damaged: it lacks {error}") from error


def write(run: Run, problem: Problem, solution: Solution) -> None:
    """Policies, tables, and last the result: with it a run is complete."""
    from gamesolve.policies.files import save_policy

    tables = run.folder / "tables"
    files.make_folder(tables)
    # Of a game without end there are none.
    for role, policy in zip(problem.roles, solution.policies, strict=False):
        save_policy(policy, run.folder / "policies" / role)
    files.write_csv(tables / "convergence.csv", ("iteration", "exploitability", "value_lower", "value_upper"), solution.trace)
    values = [(role, value.lower, value.upper, value.kind) for role, value in solution.values.items()]
    files.write_csv(tables / "value.csv", ("role", "lower", "upper", "kind"), values)
    write_timings(run, seconds=solution.seconds, iterations=solution.iterations, stopped=solution.stopped)
    if solution.stopped in COMPLETE:
        run.prune(1)
    files.write_json(run.folder / RESULT, _result(problem, solution))


def read_table(folder: Path, role: str) -> TabularPolicy:
    """The policy of a role that a run found; raises GamesolveError where it is damaged."""
    from gamesolve.policies.files import load_policy
    from gamesolve.policies.tabular import TabularPolicy

    path = folder / "policies" / role
    policy = load_policy(path)
    if not isinstance(policy, TabularPolicy):
        raise GamesolveError(f"{str(path)!r} holds a {type(policy).__name__}; a run of 'solve' has tables")
    return policy


def _result(problem: Problem, solution: Solution) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "game": problem.name,
        "parameters": problem.parameters,
        "fingerprint": problem.fingerprint,
        "method": solution.method,
        "reason": solution.reason,
        "value": {role: value.as_json() for role, value in solution.values.items()},
        "exploitability": solution.exploitability.as_json(),
        "iterations": solution.iterations,
        "stopped": solution.stopped,
        "note": solution.note,
    }
