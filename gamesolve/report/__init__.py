"""Layer 7: what people read: plain words for the terminal and the self-contained HTML page.

Everything here is drawn from a finished run; nothing here decides a result.
"""

from __future__ import annotations

from pathlib import Path


def write_report(run: Path) -> Path:
    """Write `report.html` into the folder of a finished run of `solve`, `train`, `evaluate` or `simulate`; returns its path.

    Raises:
        GamesolveError: there is no such run, it has no result yet, its files are damaged, or the page cannot be written.
    """
    from gamesolve.base import files
    from gamesolve.base.errors import GamesolveError
    from gamesolve.base.runs import REPORT, read_config

    job = read_config(run).get("job")
    if job == "solve":
        from gamesolve.report.findings import read_findings
        from gamesolve.report.page import page_of

        text = page_of(read_findings(run))
    elif job == "simulate":
        from gamesolve.report.played import played_page, read_played

        text = played_page(read_played(run))
    elif job == "train":
        from gamesolve.report.learnt import learnt_page, read_learnt

        text = learnt_page(read_learnt(run))
    elif job == "evaluate":
        from gamesolve.report.judged import judged_page, read_judged

        text = judged_page(read_judged(run))
    else:
        raise GamesolveError(f"{str(run)!r} is a run of {job!r}; reports are made of runs of 'solve', 'train', 'evaluate' and 'simulate'")
    files.write_text(run / REPORT, text)
    return run / REPORT


def plain_words(run: Path) -> str:
    """The plan of a finished run in plain words, at most twelve lines.

    Raises:
        GamesolveError: there is no run, it has no result yet, or its files are damaged.
    """
    from gamesolve.report.findings import read_findings
    from gamesolve.report.plain import plain_lines

    return "\n".join(plain_lines(read_findings(run)))
