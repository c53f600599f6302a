"""What all tests share: the counts of full runs, printed at the end.

A test that counts (kills, mutated files, transitions compared) calls `record_property("kills", 50)`;
the numbers of one name are added up, whichever worker ran them.
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
