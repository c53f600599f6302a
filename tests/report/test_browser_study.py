"""The page of a study in a headless Chromium: everything on it can be reached, at laptop and phone width."""

from __future__ import annotations

import pytest
from small_study import FIXED

from gamesolve.report import write_report

LAPTOP, PHONE = (1366, 768), (390, 844)


@pytest.fixture(scope="module")
def page(studied):
    return write_report(studied.run).as_uri()


@pytest.fixture
def browser(chromium, page):
    chromium.set_window_size(*LAPTOP)
    chromium.get(page)
    chromium.get_log("browser")
    return chromium


def texts(browser, selector: str) -> list[str]:
    return browser.execute_script("return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent.trim())", selector)


def click(browser, selector: str, position: int = 0) -> None:
    browser.execute_script("document.querySelectorAll(arguments[0])[arguments[1]].click()", selector, position)


def test_a_click_shows_the_worst_episode_of_each_defender(browser):
    names = texts(browser, ".scene")
    assert names == list(FIXED["defenders"])
    for k, name in enumerate(names):
        click(browser, ".scene", k)
        assert texts(browser, "#lead")[0].startswith(f"{name}, run ")
        seen = {texts(browser, "#told")[0]}
        for _ in range(FIXED["game"]["parameters"]["horizon"]):
            click(browser, "#later")
            seen.add(texts(browser, "#told")[0])
        assert len(seen) > 2
    assert browser.get_log("browser") == []


def test_every_fold_opens(browser):
    for k, _ in enumerate(texts(browser, "details > summary")):
        browser.execute_script("document.querySelectorAll('details')[arguments[0]].open = false", k)
        click(browser, "details > summary", k)
        assert browser.execute_script("return document.querySelectorAll('details')[arguments[0]].open", k)


def test_intervals_of_the_heat_map_stand_where_the_pointer_rests(browser, studied):
    titles = browser.execute_script("return [...document.querySelectorAll('.tiers td')].map((cell) => cell.title)")
    defenders = studied.findings["defenders"]
    assert len(titles) == sum(len(one["against"]) for one in defenders.values())
    assert all(" against " in title and " to " in title for title in titles)


@pytest.mark.parametrize("size", [LAPTOP, PHONE])
def test_nothing_is_wider_than_the_screen_but_what_scrolls_by_itself(browser, size):
    # A window is not made narrower than 500; what a page is told of its screen is.
    metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    assert browser.execute_script("return window.innerWidth") == size[0]
    wide = browser.execute_script(
        """const seen = document.documentElement.clientWidth;
        return [...document.querySelectorAll("main *")]
            .filter((one) => !one.closest(".scroll, svg, details") && one.getBoundingClientRect().right > seen + 1)
            .map((one) => one.tagName + "." + one.className);"""
    )
    assert wide == []
    assert browser.execute_script("return document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_figures_can_be_read_without_colour(browser):
    dashes = browser.execute_script(
        "return [...document.querySelectorAll('figure.paper svg path')].map((line) => line.style.strokeDasharray).filter(Boolean)"
    )
    assert dashes
