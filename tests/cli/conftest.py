"""The command line run inside the test's process."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gamesolve.cli.main import run


@dataclass(frozen=True)
class Said:
    """What a command left: its exit code, standard output, standard error."""

    code: int
    out: str
    err: str


@pytest.fixture
def gamesolve(capfd, tmp_path, monkeypatch):
    """Run one command line in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def said(*arguments: str) -> Said:
        capfd.readouterr()
        code = run(arguments)
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return said
