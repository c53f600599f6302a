"""`gamesolve`: the commands put together, and errors turned into one sentence and an exit code."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence

import typer

from gamesolve.base import interrupts
from gamesolve.base.errors import GamesolveError
from gamesolve.base.failures import LOG
from gamesolve.cli import doctor, evaluate, games, new, report, resume, simulate, solve, study, train
from gamesolve.cli.show import complain

DONE, DEFECT, REFUSED, INTERRUPTED = 0, 1, 2, 130
EXIT_CODES = (
    "Exit codes: 0 done, also where a time limit came before the gap; 1 a defect of gamesolve; 2 what was asked cannot be done, "
    "and one sentence says why; 130 interrupted (Ctrl-C or SIGTERM). Errors are text on standard error, with --json too: standard "
    "output then stays empty."
)
#: Misuse of the command line, as typer raises it.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

app = typer.Typer(
    help="Equilibrium defences for cyber attacker-defender games, with proof of how good they are.",
    epilog=EXIT_CODES,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (games, solve, train, evaluate, simulate, study, report, resume, doctor):
    app.command(name=command.__name__.rpartition(".")[2])(command.command)
app.add_typer(new.app, name="new")


def main() -> None:
    """The entry point of the `gamesolve` command."""
    signal.signal(signal.SIGINT, interrupts.interrupt)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    with warnings.catch_warnings(), interrupts.insistent(), _tracebacks("--debug" in arguments):
        warnings.showwarning = _warn
        return _run(arguments)


@contextlib.contextmanager
def _tracebacks(wanted: bool) -> Iterator[None]:
    """Show where failures came from that were survived, while the context lasts and where that is wanted."""
    handler, before = logging.StreamHandler(), LOG.level
    if wanted:
        LOG.addHandler(handler)
        LOG.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(before)


def _run(arguments: Sequence[str]) -> int:
    interrupts.received.clear()
    try:
        code = app(list(arguments) or ["--help"], standalone_mode=False, prog_name="gamesolve") or DONE
        sys.stdout.flush()
        return _interrupted() if code == INTERRUPTED and interrupts.received else code
    except interrupts.Interrupted as error:
        return _interrupted(str(error))
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except BrokenPipeError:
        # Whoever read our output has gone; Python must not complain about it on the way out.
        _discard_output()
        return DONE
    except Exception as error:  # noqa: BLE001 - the last place that can turn a defect into a sentence
        if interrupts.received:
            # The compiler swallows the interrupt and fails of its own incomplete work.
            return _interrupted()
        if isinstance(error, (GamesolveError, UsageError)):
            return _failed(REFUSED, _sentence(error), arguments)
        return _failed(DEFECT, f"a defect of gamesolve, please report it: {type(error).__name__}: {error}", arguments)


def _interrupted(how: str = "interrupted before there was anything to keep; run it again") -> int:
    """The end of a command that a signal broke off in the middle of a step."""
    complain(how)
    return INTERRUPTED


def _warn(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    # What libraries tell programmers is not for users.
    if issubclass(category, UserWarning):
        complain(f"warning: {message}")


def _failed(code: int, sentence: str, arguments: Sequence[str]) -> int:
    if "--debug" in arguments:
        traceback.print_exc()
    elif code == DEFECT:
        sentence += " (--debug shows where)"
    complain(f"error: {sentence}")
    return code


def _discard_output() -> None:
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _sentence(error: Exception) -> str:
    text = getattr(error, "format_message", error.__str__)()
    return " ".join(text.split())
