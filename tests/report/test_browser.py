"""The page in a headless Chromium: it steps through the epochs and asks nothing of any network."""

from __future__ import annotations

import itertools

import pytest

from gamesolve.report import write_report


@pytest.fixture(scope="module")
def browser(chromium, network_run):
    chromium.get(write_report(network_run).as_uri())
    return chromium


@pytest.fixture(autouse=True)
def at_the_first_epoch(browser):
    browser.refresh()


def shown(browser) -> dict:
    return browser.execute_script(
        """return {
            epoch: document.getElementById("epoch-label").textContent,
            status: document.getElementById("status").textContent,
            arcs: [...document.querySelectorAll("#drawing .arc")].map((arc) => arc.getAttribute("stroke-dasharray")),
            figures: [...document.querySelectorAll("#drawing .inside")].map((text) => text.textContent),
        }"""
    )


def click(browser, selector: str, position: int = 0) -> None:
    browser.execute_script("document.querySelectorAll(arguments[0])[arguments[1]].click()", selector, position)


def test_stepping_through_the_epochs_changes_the_drawing(browser):
    seen = [shown(browser)]
    for _ in range(3):
        click(browser, "#later")
        seen.append(shown(browser))
    assert [s["epoch"] for s in seen] == ["Epoch 1 of 3", "Epoch 2 of 3", "Epoch 3 of 3", "At the end"]
    assert all(before["arcs"] != after["arcs"] or before["figures"] != after["figures"] for before, after in itertools.pairwise(seen))
    assert len({s["status"] for s in seen}) == 4


def test_arrow_keys_step_too(browser):
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys

    ActionChains(browser).send_keys(Keys.ARROW_RIGHT).perform()
    assert shown(browser)["epoch"] == "Epoch 2 of 3"
    ActionChains(browser).send_keys(Keys.ARROW_LEFT).perform()
    assert shown(browser)["epoch"] == "Epoch 1 of 3"


def test_chosen_alerts_change_what_the_defender_may_believe(browser):
    click(browser, "#mode-seen")
    click(browser, "#later")
    browser.execute_script("[...document.querySelectorAll('.chip')].find((chip) => chip.textContent.startsWith('nothing')).click()")
    quiet = shown(browser)
    assert "given what you entered" in quiet["status"]
    click(browser, ".bell")
    alerted = shown(browser)
    # The first sensor is that of the VPN, which was not protected.
    assert float(alerted["figures"][1].strip("%<>")) > float(quiet["figures"][1].strip("%<>"))
    assert browser.execute_script("return document.querySelectorAll('#drawing .sensor.alert').length") == 1
    assert browser.execute_script("return document.querySelectorAll('.now .bar').length") >= 1


@pytest.mark.parametrize("width", [360, 800, 1400])
def test_the_page_never_scrolls_sideways(browser, width):
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_nothing_is_loaded_and_nothing_goes_wrong(browser):
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert browser.get_log("browser") == []
