"""The page of grown populations in a headless Chromium: its figures need no script, and it is as wide as the screen."""

from __future__ import annotations

import pytest

from gamesolve.report import write_report

AXES = ("iterations", "decisions", "seconds")


@pytest.fixture(scope="module")
def browser(chromium, populations_run):
    chromium.get(write_report(populations_run).as_uri())
    return chromium


@pytest.fixture(autouse=True)
def at_the_start(browser):
    browser.refresh()


def shown(browser) -> list[str]:
    return browser.execute_script(
        "return [...document.querySelectorAll('.axes figure')].filter((one) => one.offsetHeight > 50).map((one) => one.className)"
    )


def test_one_figure_is_shown_and_the_buttons_choose_which(browser):
    assert shown(browser) == ["scroll by-iterations"]
    for across in AXES:
        browser.find_element("css selector", f"label[for=by-{across}]").click()
        assert shown(browser) == [f"scroll by-{across}"]


def test_the_figures_are_shown_without_any_script(browser):
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.refresh()
        browser.find_element("css selector", "label[for=by-decisions]").click()
        assert browser.find_element("css selector", ".by-decisions .plot").is_displayed()
        assert not browser.find_element("css selector", ".by-iterations .plot").is_displayed()
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_cells_differ_in_colour_and_can_be_read_in_light_and_dark(browser, scheme):
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    cells = browser.execute_script(
        "return [...document.querySelectorAll('.meta td[title]')].map((one) => [getComputedStyle(one).backgroundColor, one.textContent])"
    )
    assert len({colour for colour, _ in cells}) > 2
    assert all(text for _, text in cells)


@pytest.mark.parametrize("width", [360, 800, 1400])
def test_the_page_never_scrolls_sideways(browser, width):
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_script("document.querySelectorAll('details').forEach((one) => (one.open = true))")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_nothing_is_loaded_and_nothing_goes_wrong(browser):
    assert browser.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert browser.get_log("browser") == []
