"""The layers, and what no module may do: read from the syntax trees, so that nothing needs to run."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LAYERS = {
    "gamesolve.base": 0,
    "gamesolve.rules": 1,
    "gamesolve.games": 1.5,
    "gamesolve.views": 2,
    "gamesolve.policies": 3,
    "gamesolve.solvers": 4,
    "gamesolve.learners": 4,
    "gamesolve.psro": 5,
    "gamesolve.evaluate": 6,
    "gamesolve.solve": 6,
    "gamesolve.train": 6,
    "gamesolve.statistics": 6,
    "gamesolve.study": 6,
    "gamesolve.report": 7,
    "gamesolve.cli": 8,
    "gamesolve": 9,
    "gamesolve.analyses": 10,
}
STRANGERS = ({"gamesolve.solvers", "gamesolve.learners"},)
GAMES_MAY_IMPORT = {"gamesolve.rules", "numpy", "networkx", "pydantic", *sys.stdlib_module_names}
PICKLING = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "tarfile"}
SEEDED = {"default_rng", "Generator", "SeedSequence", "BitGenerator", "PCG64", "Philox"}
UNSAFE_CALLS = {
    "eval", "exec", "torch.load", "yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "shutil.unpack_archive",
    "pandas.read_pickle", "pd.read_pickle",
}  # fmt: skip
UNSAFE_METHODS = {"extractall", "unpack_archive", "unsafe_load", "read_pickle"}
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "v2"}


def source_files() -> dict[str, Path]:
    """Dotted module name to path, of everything that the wheel installs."""
    found = {}
    for folder, prefix in (("gamesolve", "gamesolve"), ("games", "gamesolve.games"), ("analyses", "gamesolve.analyses")):
        for path in sorted((ROOT / folder).rglob("*.py")):
            parts = path.relative_to(ROOT / folder).with_suffix("").parts
            found[".".join([prefix, *(p for p in parts if p != "__init__")])] = path
    return found


MODULES = source_files()


@cache
def syntax_tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(module: str, tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Dotted names that a module imports (`from a import b` gives `a.b`), with line numbers."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)


def layer_of(name: str) -> str:
    """The folder (or file) of the layer table to which a dotted name belongs."""
    return max((key for key in LAYERS if name == key or name.startswith(f"{key}.")), key=len)


def dotted(node: ast.expr) -> str:
    """`np.random.seed` for the expression that says so; empty for anything but plain names."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (front := dotted(node.value)):
        return f"{front}.{node.attr}"
    return ""


def upward_imports(module: str, tree: ast.Module) -> list[str]:
    """Imports from a layer above the module's own, or between two that may not know each other."""
    own = layer_of(module)
    found = []
    for name, line in imports(module, tree):
        if name.partition(".")[0] == "gamesolve" and name != "gamesolve.__version__":
            other = layer_of(name)
            if other != own and (LAYERS[other] > LAYERS[own] or {own, other} in STRANGERS):
                found.append(f"{line}: {name}")
    return found


def foreign_imports(module: str, tree: ast.Module) -> list[str]:
    """What a game imports beside the rules layer, its own folder and the few libraries allowed."""
    allowed = {*GAMES_MAY_IMPORT, "gamesolve.games"}
    return [f"{line}: {name}" for name, line in imports(module, tree) if not any(f"{name}.".startswith(f"{a}.") for a in allowed)]


def unsafe_lines(module: str, tree: ast.Module) -> list[str]:
    """What could run code found in a file: unpickling, evaluating, unpacking archives."""
    found = [f"{line}: import {name}" for name, line in imports(module, tree) if name.partition(".")[0] in PICKLING or name in UNSAFE_CALLS]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            pickled = [k for k in node.keywords if k.arg == "allow_pickle" and getattr(k.value, "value", True) is not False]
            if dotted(node.func) in UNSAFE_CALLS or method in UNSAFE_METHODS or pickled:
                found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


def global_randomness(module: str, tree: ast.Module) -> list[str]:
    """Uses of a random state that is not handed in as an argument."""
    imported = list(imports(module, tree))
    names = [*imported, *((dotted(n), n.lineno) for n in ast.walk(tree) if isinstance(n, ast.Attribute))]
    standard = any(name.partition(".")[0] == "random" for name, _ in imported)
    found = []
    for name, line in names:
        full = f"numpy.{name[3:]}" if name.startswith("np.") else name
        if full.startswith("numpy.random.") and full.split(".")[2] not in SEEDED:
            found.append(f"{line}: {name}")
        if standard and full.startswith("random.") and full != "random.Random":
            found.append(f"{line}: {name}")
        if full in {"torch.manual_seed", "torch.seed"}:
            found.append(f"{line}: {name}")
    return found


def faults(check: Callable[[str, ast.Module], list[str]], prefix: str = "") -> dict[str, list[str]]:
    """What a check finds, by module; empty when all is well."""
    found = {module: check(module, syntax_tree(path)) for module, path in MODULES.items() if module.startswith(prefix)}
    return {module: lines for module, lines in found.items() if lines}


def test_imports_go_down_only():
    assert faults(upward_imports) == {}


def test_games_stand_on_rules_alone():
    assert faults(foreign_imports, "gamesolve.games") == {}


def test_nothing_can_run_code_from_a_file():
    assert faults(unsafe_lines) == {}


def test_no_global_random_state_is_touched():
    # OpenSpiel's learners, of which that one makes opponents of ours in an analysis, draw from the global streams and take no seed.
    assert set(faults(global_randomness)) == {"gamesolve.analyses.self_play_peers"}


def test_module_names_say_what_is_inside():
    assert {module for module in MODULES if VAGUE_NAMES & set(module.split("."))} == set()


@pytest.mark.parametrize(
    ("module", "line"),
    [("gamesolve.rules.game", "from gamesolve.views import tree"), ("gamesolve.solvers.cfr", "import gamesolve.learners.ppo"),
     ("gamesolve.base.bound", "from gamesolve import solve"), ("gamesolve.views.tree", "def f():\n from ..solvers import cfr")],
)  # fmt: skip
def test_an_upward_import_would_be_found(module, line):
    assert len(upward_imports(module, ast.parse(line))) == 1


@pytest.mark.parametrize("line", ["import scipy", "from gamesolve.base import files", "from gamesolve.views.tree import Tree"])
def test_a_game_that_stands_on_more_would_be_found(line):
    assert len(foreign_imports("gamesolve.games.kuhn", ast.parse(line))) == 1


@pytest.mark.parametrize(
    "line",
    ["import pickle", "from yaml import load", "eval('1')", "torch.load(path)", "np.load(path, allow_pickle=True)",
     "np.load(path, allow_pickle=flag)", "archive.extractall(folder)"],
)  # fmt: skip
def test_unsafe_code_would_be_found(line):
    assert len(unsafe_lines("gamesolve", ast.parse(line))) == 1


@pytest.mark.parametrize(
    "line",
    ["import random; random.seed(0)", "from random import choice",
     "np.random.seed(0)", "from numpy.random import rand", "x = numpy.random.choice(3)",
     "torch.manual_seed(1)"],
)  # fmt: skip
def test_global_randomness_would_be_found(line):
    assert len(global_randomness("gamesolve", ast.parse(line))) == 1


@pytest.mark.parametrize("line", ["np.load(path)", "np.load(path, allow_pickle=False)", "model.eval()", "loader.exec_module(m)"])
def test_safe_code_is_let_through(line):
    assert unsafe_lines("gamesolve", ast.parse(line)) == []


@pytest.mark.parametrize(
    "line",
    [
        "rng = np.random.default_rng(seed)",
        "import random; rng = random.Random(seed)",
        "random = np.random.default_rng(seed); random.permutation(3)",
    ],
)
def test_a_generator_made_from_a_seed_is_let_through(line):
    assert global_randomness("gamesolve", ast.parse(line)) == []


def test_every_folder_says_what_belongs_there():
    folders = {path.parent for path in MODULES.values()}
    silent = {f for f in folders if not (f / "README.md").is_file() and not ast.get_docstring(syntax_tree(f / "__init__.py"))}
    assert silent == set()


@pytest.mark.parametrize("statement", ["import gamesolve", "import gamesolve; gamesolve.game_names()"])
def test_importing_and_listing_games_stays_light(statement):
    heavy = ("numba", "scipy", "torch", "pyspiel", "matplotlib", "networkx")
    code = f"{statement}; import sys; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
