from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from hypothesis import given
from hypothesis import strategies as st

from gamesolve.report.plot import POINTS, convergence_plot


def test_a_single_point_draws_nothing():
    assert convergence_plot([(1, 0.5)], 0.1) == ""
    assert convergence_plot([], None) == ""


def test_the_plot_says_in_words_how_far_exploitability_fell():
    plot = convergence_plot([(1, 2.0), (100, 0.01)], 0.02)
    assert "from 2 to 0.01 in 100 iterations" in plot
    assert "asked for: 0.02" in plot


def test_long_traces_are_thinned():
    plot = convergence_plot([(n, 1.0 / n) for n in range(1, 5000)], None)
    assert plot.count("L") <= POINTS


@given(st.lists(st.floats(1e-15, 1e6), min_size=2, max_size=40), st.none() | st.floats(1e-12, 1e3))
def test_every_plot_is_well_formed_and_drawn_inside_its_frame(levels, gap):
    root = ElementTree.fromstring(convergence_plot(list(enumerate(levels, 1)), gap))
    end = next(e for e in root.iter() if e.get("class") == "end")
    assert 0 <= float(end.get("cx")) <= 640
    assert 0 <= float(end.get("cy")) <= 300
