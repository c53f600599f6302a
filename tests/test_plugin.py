"""A third party's game: built, installed, found and solved; a faulty one breaks nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("plugin")
PLUGIN = Path(__file__).resolve().parent / "plugin"
CHECK = """
import warnings, gamesolve
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    assert {"hide_and_seek", "faulty", "kuhn"} <= set(gamesolve.game_names())
    solution = gamesolve.solve(gamesolve.load_game("hide_and_seek", rooms=4))
    assert abs(solution.value.middle - 0.25) < 1e-3, solution.value
    for _ in range(2):
        try:
            gamesolve.load_game("faulty")
        except gamesolve.GamesolveError as error:
            print(error)
print([str(w.message) for w in caught if "plug-in" in str(w.message)])
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Folder into which the plug-in is installed, with a faulty one beside it."""
    work = tmp_path_factory.mktemp("plugin")
    shutil.copytree(PLUGIN, work / "source")
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*install, "--target", str(work / "site"), str(work / "source")], check=True)
    (work / "site" / "faulty_plugin.py").write_text("raise RuntimeError('it was never tested')")
    (work / "site" / "faulty_plugin-1.0.dist-info").mkdir()
    (work / "site" / "faulty_plugin-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty-plugin\nVersion: 1.0\n")
    (work / "site" / "faulty_plugin-1.0.dist-info" / "entry_points.txt").write_text("[gamesolve.games]\nfaulty = faulty_plugin:GAME\n")
    return work / "site"


def test_a_plugin_is_found_and_solved_and_a_faulty_one_is_named_once(installed):
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run([sys.executable, "-c", CHECK], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *errors, warned = done.stdout.splitlines()
    assert errors == ["game 'faulty' is registered by a plug-in that cannot be loaded; the warning above says why"] * 2
    assert warned == "[\"game plug-in 'faulty' (faulty_plugin:GAME) cannot be loaded: it was never tested\"]"


def test_the_plugin_says_where_it_comes_from(installed):
    code = "from gamesolve.base.registry import game_summary; print(game_summary('hide_and_seek'))"
    done = subprocess.check_output([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(installed)}, text=True)
    assert done.strip() == "from gamesolve-hide-and-seek 1.0"
