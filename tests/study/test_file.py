"""Study files: read, refused with one sentence, and as a schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from small_study import STUDY, changed

from gamesolve.base.errors import GamesolveError
from gamesolve.study.file import family, read_study, schema, study_of

EXAMPLE = Path(__file__).parents[2].parent / "shared" / "reference" / "study_example.toml"


def test_a_study_has_its_defaults_filled_in():
    found = study_of(STUDY)
    assert (found.report.confidence, found.report.cvar, found.seed) == (0.95, (0.1, 0.25), 0)
    assert found.defenders["psro"].meta_solver == "nash"
    # What is written out again is the same study.
    assert study_of(json.loads(json.dumps(found.model_dump(mode="json", exclude_none=True)))) == found


@pytest.mark.skipif(not EXAMPLE.is_file(), reason="the reference sheets are not beside the project")
def test_the_example_of_the_reference_is_a_study():
    assert len(read_study(EXAMPLE).defenders) == 7


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("titel", "x", r"unknown key of a study 'titel' \(did you mean 'title'\?\)"),
        ("title", None, "a study lacks title: the question"),
        ("game", 3, r"\[game\] is 3; it is a table"),
        ("game.parameter", {}, r"unknown key of \[game\] 'parameter' \(did you mean 'parameters'\?\)"),
        ("attackers.unseen", {}, r"unknown key of \[attackers\] 'unseen' \(did you mean 'seen'\?\)"),
        ("attackers.seen", None, r"\[attackers\] lacks seen: training may use these"),
        ("attackers.seen.periodic", {"period": 3}, r"\[attackers.seen\] periodic lacks policy"),
        ("attackers.adaptive.learned.budget", 0, r"\[attackers.adaptive\] learned: budget = 0 is refused: it must be an integer, 1,000 to"),
        ("attackers.seen.a b", {"policy": "never"}, r"\[attackers.seen\]: the name 'a b' is refused: up to 60 letters"),
        ("defenders.mmd", {"method": "mdm"}, r"unknown method of \[defenders.mmd\] 'mdm' \(did you mean 'mmd'\?\)"),
        ("defenders.mmd", {"method": ["mmd"]}, r"unknown method of \[defenders.mmd\] \['mmd'\]"),
        ("defenders.mmd", {}, r"\[defenders.mmd\] has neither policy nor method"),
        ("defenders.mmd", {"method": "mmd", "policy": "never"}, r"\[defenders.mmd\] has both policy and method"),
        ("defenders.psro.iterations", 0, r"\[defenders.psro\]: iterations = 0 is refused: it must be an integer, 2 to 1,000"),
        ("budget.decisions", 1.5, r"\[budget\]: decisions = 1.5 is refused: it must be an integer"),
        ("budget.seeds", True, r"\[budget\]: seeds = True is refused"),
        ("report.confidence", 95.0, r"\[report\]: confidence = 95.0 is refused: it must be a number, above 0 and below 1"),
        ("report.cvar", [3.0], r"\[report\]: cvar.0 = 3.0 is refused"),
        ("report.baseline", None, r"\[report\] lacks baseline"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(path, value, said):
    with pytest.raises(GamesolveError, match=said):
        study_of(changed(path, value))


def test_a_file_that_is_no_toml_is_named(tmp_path):
    (tmp_path / "study.toml").write_text("title = \n")
    with pytest.raises(GamesolveError, match=r"study.toml' is not valid TOML: .*line 1"):
        read_study(tmp_path / "study.toml")


def test_lists_and_ranges_make_families():
    assert family("x", {"period": [2, 3], "rate": {"from": 0.1, "to": 0.3, "step": 0.1}}) == [
        {"period": period, "rate": pytest.approx(rate)} for period in (2, 3) for rate in (0.1, 0.2, 0.3)
    ]
    assert family("x", {}) == [{}]
    # Exactly as they would be written one by one, or an attacker held out could be one that was seen.
    assert [one["rate"] for one in family("x", {"rate": {"from": 0.1, "to": 0.5, "step": 0.1}})] == [0.1, 0.2, 0.3, 0.4, 0.5]
    for value, said in (
        ([], "has at least one member"),
        ({"from": 1}, "a range has from, to and step"),
        ({"from": 3, "to": 1}, "from <= to"),
        ({"from": 0, "to": 1, "step": 0}, "step above 0"),
        ({"from": "a", "to": "b"}, "numbers"),
        ({"from": 0, "to": 10**400}, "numbers"),
        (list(range(1_001)), "a family of 1,001"),
    ):
        with pytest.raises(GamesolveError, match=said):
            family("x", {"period": value})


def test_the_schema_accepts_studies_and_refuses_what_the_reader_refuses():
    validator = Draft202012Validator(schema())
    assert validator.is_valid(STUDY)
    for path, value in (("titel", "x"), ("budget.decisions", 0), ("defenders.mmd", {"method": "mdm"})):
        assert not validator.is_valid(changed(path, value))
