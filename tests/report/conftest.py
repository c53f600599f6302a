"""Runs that several tests of reports read, solved or simulated once a session, and the browser that shows their pages."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_study import FIXED

from gamesolve.cli.main import run
from gamesolve.report.findings import Findings, read_findings
from gamesolve.solve import solve
from gamesolve.study import Study, study
from gamesolve.views.problem import load_problem

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    """A headless browser, skipped where there is none but in continuous integration."""
    if not (CHROMIUM and DRIVER) and os.environ.get("CI") != "true":
        pytest.skip("chromium and chromedriver are not installed (apt-get install chromium chromium-driver)")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    assert CHROMIUM
    assert DRIVER
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}", "--window-size=1200,900"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def solved(folder: Path, name: str, **parameters: object) -> Path:
    """A run of the game in `folder`, solved by a few hundred iterations of CFR+."""
    solve(load_problem(name, dict(parameters)), "cfr+", gap=1e-9, iterations=200, out=folder)
    return folder


@pytest.fixture(scope="session")
def kuhn_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return solved(tmp_path_factory.mktemp("runs") / "kuhn", "kuhn")


#: Two ways in, so that one pick an epoch cannot bar both.
TWO_WAYS = {
    "directed": True,
    "nodes": [
        {"id": "mail", "label": "Mail opened", "probability": 0.8, "attack_cost": 0.1, "protect_cost": 0.2},
        {"id": "vpn", "label": "VPN entered", "probability": 0.7, "attack_cost": 0.1, "protect_cost": 0.2, "p1": 0.9, "p0": 0.1},
        {"id": "host", "label": "Host infected", "probability": 0.9, "attack_cost": 0.1, "protect_cost": 0.2, "p1": 0.8, "p0": 0.1},
        {"id": "data", "label": "Data stolen", "type": "or", "protect_cost": 0.5, "target": True, "reward": 10.0, "damage": 15.0},
    ],
    "edges": [
        {"source": "mail", "target": "host"},
        {"source": "host", "target": "data", "probability": 0.75, "attack_cost": 0.1},
        {"source": "vpn", "target": "data", "probability": 0.5, "attack_cost": 0.2},
    ],
}


@pytest.fixture(scope="session")
def network_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    graph = folder / "two_ways.json"
    graph.write_text(json.dumps(TWO_WAYS))
    return solved(folder / "network", "attack_graph", graph=str(graph), horizon=3)


@pytest.fixture(scope="session")
def openspiel_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return solved(tmp_path_factory.mktemp("runs") / "openspiel", "openspiel:kuhn_poker")


@pytest.fixture(scope="session")
def kuhn(kuhn_run: Path) -> Findings:
    return read_findings(kuhn_run)


@pytest.fixture(scope="session")
def office(network_run: Path) -> Findings:
    return read_findings(network_run)


@pytest.fixture(scope="session")
def simulated() -> Callable[..., Path]:
    """Simulates a game in a folder, by the command line."""

    def made(folder: Path, name: str, **parameters: object) -> Path:
        policies = ("--defender", "vec_restore", "--attacker", "b_line") if name == "cage2" else ()
        words = [part for key, value in parameters.items() for part in ("-p", f"{key}={value}")]
        assert run(["simulate", name, *policies, *words, "--episodes", "40", "--seed", "3", "--out", str(folder), "--quiet"]) == 0
        return folder

    return made


@pytest.fixture(scope="session")
def cage_run(tmp_path_factory: pytest.TempPathFactory, simulated: Callable[..., Path]) -> Path:
    return simulated(tmp_path_factory.mktemp("runs") / "cage2", "cage2", horizon=25)


@pytest.fixture(scope="session")
def graph_run(tmp_path_factory: pytest.TempPathFactory, simulated: Callable[..., Path]) -> Path:
    return simulated(tmp_path_factory.mktemp("runs") / "graph", "attack_graph", horizon=8, attacker_picks=2)


@pytest.fixture(scope="session")
def flipit_run(tmp_path_factory: pytest.TempPathFactory, simulated: Callable[..., Path]) -> Path:
    return simulated(tmp_path_factory.mktemp("runs") / "flipit", "flipit", zero_sum="false")


@pytest.fixture(scope="session")
def populations_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three iterations of responses learned in Kuhn poker, from few episodes."""
    folder = tmp_path_factory.mktemp("runs") / "populations"
    few = {"oracles": ["tabular", "scripted"], "budget": 2_000, "entry": 50, "validation": 50, "episodes": 200}
    solve(load_problem("kuhn", {}), "psro", settings=few, iterations=3, out=folder)
    return folder


@pytest.fixture(scope="session")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study of seconds, with every part of the page but what needs methods."""
    return study(FIXED, out=tmp_path_factory.mktemp("study") / "run", workers=1)
