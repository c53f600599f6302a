"""The page of a run of `solve` that grew populations."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError
from gamesolve.report import write_report
from gamesolve.report.bounds import figure_of
from gamesolve.report.populations import populations_page, read_populations
from gamesolve.report.words import ends, fixed, measured, percent

NASTY = "</script><img src=x onerror=alert(1)>&'\""


def page(run: Path) -> str:
    return write_report(run).read_text(encoding="utf-8")


def rows_of(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "journal.jsonl").read_text().splitlines()]


def change_json(path: Path, change: Callable[[dict], object]) -> None:
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def change_rows(run: Path, change: Callable[[dict], object]) -> None:
    rows = rows_of(run)
    for row in rows:
        change(row)
    (run / "journal.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.fixture
def copied(populations_run, tmp_path):
    return Path(shutil.copytree(populations_run, tmp_path / "copy"))


@pytest.fixture
def from_below(copied):
    """As if the game had no tree: 0.12345 is known from below, and nothing from above."""

    def open_ended(data: dict) -> None:
        data["exploitability"] = {**data["exploitability"], "lower": 0.12345, "upper": None, "kind": "estimated", "confidence": 0.95}
        for bound in [data["value"]] if "lower" in data["value"] else data["value"].values():
            bound.update(lower=None, upper=None, kind="proved")

    change_json(copied / "result.json", open_ended)
    change_rows(copied, open_ended)
    return copied


def test_the_page_states_the_numbers_of_the_run(populations_run):
    text, result = page(populations_run), json.loads((populations_run / "result.json").read_text())
    earned = result["expected_return"]["defender"]
    assert figure_of(Bound(**result["exploitability"])) in text
    assert " to ".join(ends(earned["lower"], earned["upper"])) in text
    assert f"{result['populations']['defender']} and {result['populations']['attacker']}" in text
    assert f"{result['decisions']:,} decisions" in text
    for row in rows_of(populations_run):
        assert f"<td>{figure_of(Bound(**row['exploitability']))}" in text
    for member in csv.DictReader((populations_run / "tables" / "populations.csv").open()):
        assert f"<td>{member['name']}</td>" in text
        assert float(member["weight"]) == 0.0 or percent(float(member["weight"])) in text


def test_every_entry_of_the_meta_game_can_be_read_without_its_colour(populations_run):
    text, found = page(populations_run), read_populations(populations_run)
    for d, k in ((d, k) for d in range(len(found.members[0])) for k in range(len(found.members[1]))):
        value = float(found.payoffs.mean[d, k])
        assert f"Policy {d} of the defender against policy {k} of the attacker: {measured(value, None)[0]}, exact" in text
        assert f"<span>{fixed(value, 2)}</span></td>" in text
    assert "All entries are exact" in text


def test_what_the_first_role_is_sure_of_is_said_where_it_is_proved(populations_run):
    text = page(populations_run)
    assert "the defender is sure of at least" in text
    assert "is exact: it is half of what the two sides would gain" in text


def test_no_upper_end_is_claimed_that_nobody_has_proved(from_below):
    text = page(from_below)
    assert "at least 0.1234" in text
    assert "0.1235" not in text
    assert "no upper end is known" in text
    assert "Nobody has proved that others cannot gain more" in text
    assert not re.search(r"at most [−\d]", text)  # noqa: RUF001
    for claim in ("is sure of", "no plan at all", "0.12345 is exact", "asked for:"):
        assert claim not in text
    assert text.count('class="arrow"') == 3 * len(rows_of(from_below))


def test_an_adversary_that_adapts_is_said_to_gain_what_it_gained_beyond_its_error(from_below):
    def gains(row: dict) -> None:
        row["roles"]["attacker"].update(gain=0.5, standard_error=0.1, counts=row["roles"]["attacker"]["counts"])
        row["roles"]["defender"].update(gain=0.1, standard_error=0.1)

    change_rows(from_below, gains)
    text = page(from_below)
    assert "it gained at least 0.3028 more than the mixture of the attacker expects" in text
    assert "A defender that adapts to the mixture of the attacker was looked for, and none was found" in text


def test_what_is_known_from_below_has_the_newest_mixtures_for_its_answer(from_below):
    assert read_populations(from_below).answer["iteration"] == len(rows_of(from_below))


def test_what_each_policy_of_the_support_does_is_told_in_the_game_s_words(populations_run):
    text, episodes = page(populations_run), json.loads((populations_run / "episodes.json").read_text())
    assert episodes["support"]
    for one in episodes["support"]:
        assert f"<summary>Policy {one['number']} of the {one['role']}, {percent(one['weight'])}" in text
    assert "It chooses" in text


def test_the_table_of_responses_says_who_was_found_in_answer_to_whom(populations_run):
    text = page(populations_run)
    for row in rows_of(populations_run):
        for own in row["roles"].values():
            assert own["name"] in text
            assert measured(own["gain"], own["standard_error"])[0] in text
    assert text.count('<path class="fruitless" d="M') - 1 == sum(
        not own["counts"] for row in rows_of(populations_run) for own in row["roles"].values()
    )


def test_equal_runs_give_equal_bytes_and_name_no_place_of_this_machine(populations_run, copied):
    text = page(populations_run)
    assert page(copied) == text
    assert str(populations_run.parent) not in text
    assert str(Path.home()) not in text


def test_of_policies_and_errors_no_path_is_shown(copied):
    given = "/home/some one/my runs/old defence, 1"
    change_json(copied / "config.json", lambda config: config["known"].update(defender=[given]))
    change_json(copied / "result.json", lambda result: result.update(note="survived: cannot read '/home/me/a/b.npz'"))
    replace_in(copied / "tables" / "populations.csv", "defender,0,random", f'defender,0,"{given}"')
    change_rows(copied, lambda row: row["roles"]["defender"].update(name=f"ppo, from {given}, greedy"))
    text = page(copied)
    assert "/home" not in text
    assert "my runs" not in text
    assert "<td>old defence, 1</td>" in text
    assert "ppo, from old defence, 1, greedy" in text
    assert "cannot read &#39;b.npz&#39;" in text


def test_names_cannot_become_markup(copied):
    quoted = NASTY.replace('"', '""')
    replace_in(copied / "tables" / "populations.csv", "defender,0,random", f'defender,0,"{quoted}"')
    change_rows(copied, lambda row: row["roles"]["attacker"].update(name=NASTY))
    change_json(copied / "episodes.json", lambda told: told["support"][0].update(name=NASTY))
    change_json(copied / "result.json", lambda result: result.update(note=NASTY))
    text = page(copied)
    assert "<img" not in text
    assert text.count("</script>") == 2


def test_the_page_loads_nothing(populations_run):
    text = page(populations_run)
    assert not re.search(r"(?:src|href|action)\s*=|url\(|@import|fetch\(|XMLHttpRequest", text)
    assert set(re.findall(r"https?://[^\"'\s<]+", text)) <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("key", ["exploitability", "value", "expected_return", "stopped", "iterations", "decisions", "note", "reason"])
def test_a_result_that_lacks_something_is_refused(copied, key):
    change_json(copied / "result.json", lambda result: result.pop(key))
    with pytest.raises(GamesolveError, match="is damaged"):
        write_report(copied)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("journal.jsonl", '"iteration": 2', '"iteration": 7'),
        ("journal.jsonl", '"joined": 1', '"joined": 0'),
        ("journal.jsonl", '"gain"', '"pain"'),
        ("journal.jsonl", '{"iteration"', '"iteration"'),
        ("tables/meta_game.csv", "\n0,1,", "\n0,0,"),
        ("tables/meta_game.csv", "True", "perhaps"),
        ("tables/meta_game.csv", ",0.0,", ",nan,"),
        ("tables/populations.csv", "attacker,1,", "attacker,1"),
        ("tables/populations.csv", "attacker,0,random", "defender,3,random"),
        ("episodes.json", '"spread"', '"bread"'),
        ("episodes.json", '"support": [', '"support": [3, '),
        ("clock.jsonl", '"seconds": ', '"seconds": x'),
        ("config.json", '"oracles"', '"miracles"'),
    ],
)
def test_a_damaged_file_is_refused(copied, name, old, new):
    replace_in(copied / name, old, new)
    with pytest.raises(GamesolveError, match="damaged"):
        write_report(copied)


@pytest.mark.parametrize("name", ["journal.jsonl", "episodes.json", "provenance.json", "tables/meta_game.csv", "tables/populations.csv"])
def test_a_missing_or_unreadable_file_is_refused(copied, name):
    (copied / name).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GamesolveError):
        write_report(copied)
    (copied / name).unlink()
    with pytest.raises(GamesolveError):
        write_report(copied)


def test_a_run_of_another_game_is_refused(copied):
    change_json(copied / "provenance.json", lambda provenance: provenance.update(fingerprint="0" * 16))
    with pytest.raises(GamesolveError, match="solve it again"):
        write_report(copied)


def test_a_run_without_a_clock_has_no_figure_by_seconds(copied):
    (copied / "clock.jsonl").unlink()
    text = page(copied)
    assert 'id="by-decisions"' in text
    assert 'id="by-seconds"' not in text


def test_rows_that_the_result_does_not_know_yet_are_left_out(copied):
    rows = rows_of(copied)
    with (copied / "journal.jsonl").open("a") as journal:
        journal.write(json.dumps({**rows[-1], "iteration": len(rows) + 1}) + "\n")
    assert len(read_populations(copied).rows) == len(rows)


def test_a_reader_is_told_why_the_search_ended(copied):
    assert "3 iterations" in page(copied)
    assert "no more were asked for" in page(copied)
    for change, words in (({"stopped": "time"}, "the time limit came"), ({"stopped": "gap"}, "the wanted exploitability was reached")):
        change_json(copied / "result.json", lambda result, change=change: result.update(change))
        assert words in page(copied)
    change_json(copied / "result.json", lambda result: result.update(stopped="iterations"))
    change_json(copied / "config.json", lambda config: config.update(iterations=None))
    assert "neither side found a response" in page(copied)


def test_what_was_asked_is_told_with_all_settings(populations_run):
    text = populations_page(read_populations(populations_run))
    for name, value in (("Oracles", "tabular, scripted"), ("Budget", "2,000 decisions a training"), ("entry", "50"), ("Seed", "0")):
        assert f'<th scope="row">{name}</th><td>{value}</td>' in text
