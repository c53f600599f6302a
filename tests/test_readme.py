"""What the READMEs show can be pasted as it stands: every block of Python runs by itself."""

import re
from pathlib import Path

import pytest

from gamesolve import solve
from gamesolve.views.problem import load_problem

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "games").rglob("README.md"))]
BLOCKS = [
    pytest.param(block, id=f"{page.relative_to(ROOT)}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_runs_by_itself_and_prints_its_answer(block, capsys):
    exec(compile(block, "README", "exec"), {"__name__": "readme"})
    said = capsys.readouterr().out.split()
    # A comment behind a print says what comes out, roughly where chance plays a part.
    for line, promised in zip(said, re.findall(r"^print\(.*\)  # .*?(-?\d+)", block, re.MULTILINE), strict=False):
        assert float(line) == pytest.approx(float(promised), abs=1.0)
    assert said


def test_both_directions_of_the_border_are_shown():
    shown = [block.values[0] for block in BLOCKS]
    assert any("VectorReader(" in block for block in shown)
    assert any("play_with(" in block for block in shown)


def test_the_tables_of_a_game_that_are_shown_can_be_solved(tmp_path):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```json\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    path = tmp_path / "my_game.json"
    path.write_text(block, encoding="utf-8")
    found = solve(load_problem(str(path), {}, tables=True))
    assert found.exploitability.upper <= 0.1
    assert found.value.width <= 0.3
