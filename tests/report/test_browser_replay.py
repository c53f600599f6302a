"""The replay of an episode in a headless Chromium: it plays, steps and scrubs, and the drawing follows."""

from __future__ import annotations

import itertools

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from gamesolve.report.played import read_played

STEPS = 25


@pytest.fixture(scope="module")
def browser(chromium, cage_run):
    chromium.get((cage_run / "report.html").as_uri())
    return chromium


@pytest.fixture(autouse=True)
def at_the_start(browser):
    browser.refresh()


@pytest.fixture(scope="module")
def scenes(cage_run):
    return read_played(cage_run).scenes


def shown(browser) -> dict:
    return browser.execute_script(
        """const texts = (selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent);
        return {
            step: document.getElementById("step-label").textContent,
            acts: texts(".act .did"),
            access: [...document.querySelectorAll(".tile")].map((tile) => [tile.querySelector("b").textContent, tile.dataset.access]),
            decoys: texts(".tile .chip-decoy"),
            alerts: texts(".tile .chip-alert"),
            ringed: texts(".by-defender .host b, .by-attacker .host b, .panel.by-attacker > h3"),
            tags: texts(".tags b"),
            reward: texts("#reward")[0],
            head: document.getElementById("head").getAttribute("x1"),
        }"""
    )


def click(browser, selector: str, position: int = 0) -> None:
    browser.execute_script("document.querySelectorAll(arguments[0])[arguments[1]].click()", selector, position)


def scrub(browser, step: int) -> None:
    browser.execute_script(
        "const slider = document.getElementById('step'); slider.value = arguments[0]; slider.dispatchEvent(new Event('input'))", step
    )


def test_each_step_shows_what_was_recorded(browser, scenes):
    for t, step in enumerate(scenes[0]["steps"]):
        scrub(browser, t)
        seen, nodes = shown(browser), step["picture"]["nodes"]
        assert sorted(access for _, access in seen["access"]) == sorted(node["access"] or "none" for node in nodes)
        assert sorted(seen["decoys"]) == sorted(decoy for node in nodes for decoy in node["decoys"])
        assert sorted(seen["alerts"]) == sorted(f"! {node['alert']}" for node in nodes if node["alert"])
        assert sorted(tag.removesuffix(" ✕") for tag in seen["tags"]) == sorted(act["tag"] for act in step["acts"] if "tag" in act)
        assert all(told.startswith(act["words"]) for told, act in zip(seen["acts"], step["acts"], strict=False))
        assert f"{step['returns'][0]} so far" in seen["reward"]


def test_access_stands_on_the_host_that_it_was_gained_on(browser, scenes):
    mark = next(mark for mark in scenes[0]["marks"] if mark["kind"] == "root")
    scrub(browser, mark["step"])
    assert [mark["words"].removeprefix("attacker gains root on "), "root"] in shown(browser)["access"]


def test_stepping_goes_forth_and_back(browser):
    seen = [shown(browser)]
    for button in ("#later", "#later", "#earlier"):
        click(browser, button)
        seen.append(shown(browser))
    assert [s["step"] for s in seen] == [f"Start, {STEPS} steps", f"Step 1 of {STEPS}", f"Step 2 of {STEPS}", f"Step 1 of {STEPS}"]
    assert seen[1] == seen[3] != seen[2]
    assert all(float(before["head"]) < float(after["head"]) for before, after in itertools.pairwise(seen[:3]))


def test_keys_step_and_play(browser):
    ActionChains(browser).send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT).perform()
    assert shown(browser)["step"] == f"Step 1 of {STEPS}"
    ActionChains(browser).send_keys(Keys.SPACE).perform()
    assert browser.find_element("id", "play").get_attribute("aria-label") == "Pause"
    ActionChains(browser).send_keys(Keys.SPACE).perform()
    assert browser.find_element("id", "play").get_attribute("aria-label") == "Play"


def test_playing_goes_on_to_the_end_and_stops_there(browser):
    scrub(browser, STEPS - 2)
    click(browser, "#speed")
    click(browser, "#play")
    WebDriverWait(browser, 30).until(lambda driver: driver.find_element("id", "step-label").text == f"Step {STEPS} of {STEPS}")
    assert browser.find_element("id", "play").get_attribute("aria-label") == "Play"
    assert browser.find_element("id", "later").get_attribute("disabled")


def test_another_episode_starts_anew(browser, scenes):
    scrub(browser, 9)
    click(browser, ".scene", 1)
    assert shown(browser)["step"].startswith("Start")
    assert browser.find_element("id", "lead").text == scenes[1]["lead"]
    scrub(browser, STEPS)
    assert f"{scenes[1]['steps'][-1]['returns'][0]} so far" in shown(browser)["reward"]


def test_the_table_follows_the_slider(browser):
    click(browser, "summary")
    scrub(browser, 7)
    row = browser.execute_script("return [...document.querySelectorAll('.steps:not([hidden]) .current th')].map((th) => th.textContent)")
    assert row == ["7"]


@pytest.mark.parametrize("width", [360, 480, 700, 1200])
def test_nothing_sticks_out_of_a_host_and_names_stand_in_one_line(browser, width):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False})
    for step in range(0, STEPS + 1, 5):
        scrub(browser, step)
        wide, broken = browser.execute_script(
            """const found = (selector) => [...document.querySelectorAll(selector)];
            return [found(".tile").filter((tile) => tile.scrollWidth > tile.clientWidth).map((tile) => tile.textContent),
                    found(".host b").filter((name) => name.getClientRects()[0].height > 24).map((name) => name.textContent)];"""
        )
        assert (wide, broken) == ([], [])


@pytest.mark.parametrize("width", [360, 800, 1400])
def test_the_page_never_scrolls_sideways(browser, width):
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    for step in range(0, STEPS + 1, 5):
        scrub(browser, step)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_nothing_is_loaded_and_nothing_goes_wrong(browser):
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert browser.get_log("browser") == []
