"""Layer 7: what people read: plain words for the terminal and the self-contained HTML page.

Everything here is drawn from a finished run; nothing here decides a result.
"""

from __future__ import annotations

from pathlib import Path


def write_report(run: Path) -> Path:
    """Write `report.html` into the folder of a finished run of `solve`, `train`, `evaluate`, `simulate` or `study`; returns its path.

    Raises:
        GamesolveError: there is no such run, it has no result yet, its files are damaged, or the page cannot be written.
    """
    from gamesolve.base import files
    from gamesolve.base.runs import REPORT

    files.write_text(run / REPORT, _text(run))
    return run / REPORT


def _text(run: Path) -> str:
    """The page of a run, by what its job was."""
    from gamesolve.base.errors import GamesolveError
    from gamesolve.base.runs import read_config

    job = read_config(run).get("job")
    if job == "solve":
        return _solved(run)
    if job == "simulate":
        from gamesolve.report.played import played_page, read_played

        return played_page(read_played(run))
    if job == "train":
        from gamesolve.report.learnt import learnt_page, read_learnt

        return learnt_page(read_learnt(run))
    if job == "evaluate":
        from gamesolve.report.judged import judged_page, read_judged

        return judged_page(read_judged(run))
    if job == "study":
        from gamesolve.report.study import read_studied, study_page

        return study_page(read_studied(run))
    raise GamesolveError(
        f"{str(run)!r} is a run of {job!r}; reports are made of runs of 'solve', 'train', 'evaluate', 'simulate' and 'study'"
    )


def _solved(run: Path) -> str:
    """The page of an equilibrium, or of the populations that were grown for one."""
    from gamesolve.base.runs import read_result

    if "populations" in read_result(run):
        from gamesolve.report.populations import populations_page, read_populations

        return populations_page(read_populations(run))
    if is_tabular(run):
        from gamesolve.report.tabular import read_tabular_run, tabular_page

        return tabular_page(read_tabular_run(run))
    from gamesolve.report.findings import read_findings
    from gamesolve.report.page import page_of

    return page_of(read_findings(run))


def is_tabular(run: Path) -> bool:
    """Whether a finished run of `solve` is of a game that was solved as tables of its states."""
    from gamesolve.base.runs import read_result
    from gamesolve.solve.solution import TABULAR

    return read_result(run).get("method") in TABULAR


def plain_words(run: Path) -> str:
    """The plan of a finished run of `solve` in plain words, at most twelve lines; one that grew populations has none.

    Raises:
        GamesolveError: there is no run, it has no result yet, or its files are damaged.
    """
    if is_tabular(run):
        from gamesolve.report.tabular import read_tabular_run, tabular_lines

        return "\n".join(tabular_lines(read_tabular_run(run)))
    from gamesolve.report.findings import read_findings
    from gamesolve.report.plain import plain_lines

    return "\n".join(plain_lines(read_findings(run)))
