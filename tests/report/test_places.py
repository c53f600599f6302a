"""No place of this machine is named."""

from __future__ import annotations

import pytest

from gamesolve.report.places import names_only, without_places


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("cannot read '/home/me/runs/x.npz': gone", "cannot read 'x.npz': gone"),
        ("from ~/runs/a and ../b/c", "from a and c"),
        ("NashConv / 2, 1/2 of it, https://example.org/a/b, </script>", "NashConv / 2, 1/2 of it, https://example.org/a/b, </script>"),
        ("(/tmp/a/b)", "(b)"),
    ],
)
def test_of_a_path_only_the_last_name_is_kept(text, left):
    assert without_places([{"a": text}, 3, None], {}) == [{"a": left}, 3, None]


def test_policies_that_were_given_keep_their_names_even_with_blanks():
    short = names_only({"defender": ["/home/my me/a run/defender, 1", "kuhn: defender-0"], "attacker": ["runs/old/attacker"]})
    assert short == {"/home/my me/a run/defender, 1": "defender, 1", "runs/old/attacker": "attacker"}
    assert without_places("from /home/my me/a run/defender, 1, seed 0", short) == "from defender, 1, seed 0"
