"""What all tests share: the counts of full runs and what they measured, printed at the end.

A test that counts (kills, mutated files, transitions compared) calls `record_property("kills", 50)`;
the numbers of one name are added up, whichever worker ran them. What is measured is a text: `record_property("coverage of ...", "95.0%")`.
"""

from __future__ import annotations

from collections import Counter

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        counts.update({name: value for name, value in report.user_properties if isinstance(value, int)})
    if counts:
        terminalreporter.section("counts")
        for name, number in sorted(counts.items()):
            terminalreporter.write_line(f"{number:>12,}  {name}")
    measured = {
        name: value for report in terminalreporter.getreports("passed") for name, value in report.user_properties if isinstance(value, str)
    }
    if measured:
        terminalreporter.section("measured")
        for name, text in sorted(measured.items()):
            terminalreporter.write_line(f"{text:>16}  {name}")
