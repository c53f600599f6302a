"""The package as others get it: one name, nothing forgotten, and it works where it is installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"gamesolve": "gamesolve", "games": "gamesolve/games", "analyses": "gamesolve/analyses"}
SHIPPED = {".py", ".json", ".html", ".css", ".js", ".md", ".safetensors", ".toml"}
BUILD = """
import sys, setuptools.build_meta as backend
print(backend.build_sdist(sys.argv[1]))
"""

pytestmark = pytest.mark.xdist_group("wheel")


def expected_files() -> set[str]:
    """What the wheel must hold, by the names under which it is installed."""
    found = set()
    for folder, name in FOLDERS.items():
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in SHIPPED and "__pycache__" not in path.parts:
                found.add(f"{name}/{path.relative_to(ROOT / folder).as_posix()}")
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """A wheel made from the source distribution, so that it shows what both of them hold."""
    work = tmp_path_factory.mktemp("build")
    source = work / "source"
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    subprocess.run([sys.executable, "-c", BUILD, str(work)], cwd=source, check=True, capture_output=True)
    archive = next(work.glob("*.tar.gz"))
    make = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*make, "--wheel-dir", str(work), str(archive)], check=True)
    return next(work.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory) -> Path:
    """The wheel in an environment of its own that borrows the test environment's other packages."""
    folder = tmp_path_factory.mktemp("environment") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    own = next(folder.glob("lib/python*/site-packages"))
    (own / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"])
    install = ["install", "-q", "--no-deps", "--no-index", "--ignore-installed", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), *install], check=True)
    return folder / "bin"


def test_the_list_of_packages_is_complete():
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"])
    assert listed == {Path(name).parent.as_posix().replace("/", ".") for name in expected_files() if name.endswith("/__init__.py")}


def test_the_wheel_holds_every_file_and_installs_one_name(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"gamesolve"}
    assert expected_files() - set(names) == set()


def test_the_wheel_works_where_it_is_installed(environment, tmp_path):
    where = [environment / "python", "-c", "import gamesolve, gamesolve.games as g; print(gamesolve.__file__, g.__file__)"]
    for file in subprocess.check_output(where, cwd=tmp_path, text=True).split():
        assert environment.parent in Path(file).parents


@pytest.mark.parametrize(("game", "role"), [("kuhn", "defender"), ("openspiel:kuhn_poker", "0")])
def test_the_installed_command_solves(environment, tmp_path, game, role):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    command = [environment / "gamesolve", "solve", game, "--json", "--out", tmp_path / "run"]
    done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)["value"][role]
    # Kuhn 1950: -1/18 to the player who moves first; the default gap is 1e-3 of the range, 4.
    assert value["lower"] - 1e-9 <= -1 / 18 <= value["upper"] + 1e-9
    assert value["upper"] - value["lower"] < 0.02


def test_a_checkout_that_was_never_installed_says_what_to_do(tmp_path):
    code = "import gamesolve\ntry: gamesolve.game_names()\nexcept gamesolve.GamesolveError as e: print(e)"
    bare = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=tmp_path, env=bare, capture_output=True, text=True, check=True)
    assert "run 'pip install -e .' in the repository" in done.stdout
