"""The replay of an episode on a network, in a headless Chromium: each step is drawn as it was recorded."""

from __future__ import annotations

import pytest

from gamesolve.report.played import read_played


@pytest.fixture(scope="module")
def browser(chromium, graph_run):
    chromium.get((graph_run / "report.html").as_uri())
    return chromium


@pytest.fixture(scope="module")
def played(graph_run):
    return read_played(graph_run)


def drawn(browser, step: int) -> dict:
    return browser.execute_script(
        """const slider = document.getElementById("step");
        slider.value = arguments[0];
        slider.dispatchEvent(new Event("input"));
        const nodes = [...document.querySelectorAll("#drawing .node")];
        return {
            taken: nodes.map((node) => Number(node.querySelector(".taken").getAttribute("fill-opacity")) > 0),
            alerts: nodes.map((node) => !!node.querySelector(".sensor.alert")),
            protects: nodes.map((node) => node.querySelector(".protects").textContent),
            attacks: nodes.map((node) => node.querySelector(".attacks").textContent),
            hot: document.querySelectorAll("#drawing .edge.hot").length,
        };""",
        step,
    )


def test_each_step_is_drawn_as_it_was_recorded(browser, played):
    edges, count = played.problem.game.drawing["edges"], len(played.problem.game.drawing["nodes"])
    for t, step in enumerate(played.scenes[0]["steps"]):
        seen, nodes = drawn(browser, t), step["picture"]["nodes"]
        defended, attacked = ([act.get("touched", []) for act in step["acts"]] or [[], []])[:2]
        struck = {at["node"] if "node" in at else edges[at["edge"]]["target"] for at in attacked}
        assert seen["taken"] == [node["active"] for node in nodes]
        assert seen["alerts"] == [node["alert"] for node in nodes]
        assert [bool(word) for word in seen["protects"]] == [{"node": v} in defended for v in range(count)]
        assert [bool(word) for word in seen["attacks"]] == [v in struck for v in range(count)]
        assert seen["hot"] == sum("edge" in at for at in attacked) + sum(e["target"] == at.get("node") for at in attacked for e in edges)


@pytest.mark.parametrize("width", [360, 1200])
def test_the_page_never_scrolls_sideways_and_nothing_goes_wrong(browser, width):
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    drawn(browser, 3)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert browser.get_log("browser") == []
