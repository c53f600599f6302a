"""Layer 7: what people read: plain words for the terminal and the self-contained HTML page.

Everything here is drawn from a finished run; nothing here decides a result.
"""

from __future__ import annotations

from pathlib import Path


def write_report(run: Path) -> Path:
    """Write `report.html` into the folder of a finished run; returns its path.

    Raises:
        GamesolveError: there is no run, it has no result yet, its files are damaged, or the page cannot be written.
    """
    from gamesolve.base import files
    from gamesolve.base.runs import REPORT
    from gamesolve.report.findings import read_findings
    from gamesolve.report.page import page_of

    files.write_text(run / REPORT, page_of(read_findings(run)))
    return run / REPORT


def plain_words(run: Path) -> str:
    """The plan of a finished run in plain words, at most twelve lines.

    Raises:
        GamesolveError: there is no run, it has no result yet, or its files are damaged.
    """
    from gamesolve.report.findings import read_findings
    from gamesolve.report.plain import plain_lines

    return "\n".join(plain_lines(read_findings(run)))
