"""The page of a run of `simulate`."""

from __future__ import annotations

import json
import re
import shutil

import pytest

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate.replay import Frame, Replay
from gamesolve.report import write_report
from gamesolve.report.histogram import histogram, ticks
from gamesolve.report.played import played_page, read_played
from gamesolve.report.scenes import scene_of
from gamesolve.views.problem import load_problem


@pytest.fixture
def copy(cage_run, tmp_path):
    """A copy of a run that may be damaged."""
    return shutil.copytree(cage_run, tmp_path / "copy")


def embedded_data(page: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize("run", ["cage_run", "graph_run", "flipit_run"])
def test_every_simulation_has_a_page_that_asks_nothing_of_a_network(run, request):
    text = write_report(request.getfixturevalue(run)).read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert not re.search(r"(?:src|href|action)\s*=|url\((?!#)|@import|fetch\(|XMLHttpRequest", text)
    assert set(re.findall(r"https?://[^\"'\s<]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_equal_simulations_give_equal_bytes_and_tell_no_place_of_this_machine(cage_run, simulated, tmp_path):
    first = (cage_run / "report.html").read_bytes()
    assert (simulated(tmp_path / "again", "cage2", horizon=25) / "report.html").read_bytes() == first
    assert write_report(cage_run).read_bytes() == first
    assert str(cage_run.parent).encode() not in first


def test_a_policy_from_a_folder_goes_by_the_name_of_the_folder(copy):
    config = files.read_object(copy / "config.json")
    files.write_json(copy / "config.json", {**config, "defender": "/some/where/trained_7"})
    page = played_page(read_played(copy))
    assert "trained_7 against b_line" in page
    assert "/some/where" not in page


def test_the_page_says_what_was_played_and_which_episodes_are_shown(cage_run):
    page = (cage_run / "report.html").read_text(encoding="utf-8")
    mean = files.read_object(cage_run / "result.json")["returns"]["defender"]["mean"]
    assert "vec_restore against b_line" in page
    assert f"{abs(mean):.1f}"[:-2] in page
    assert "closest to the median of all episodes" in page
    assert "the least of all episodes" in page


def test_a_simulation_that_was_cut_short_says_so(copy):
    result = files.read_object(copy / "result.json")
    files.write_json(copy / "result.json", {**result, "episodes": 7, "stopped": "interrupt"})
    assert "These are the first 7 of 40 episodes: it was interrupted before the others." in played_page(read_played(copy))


def test_games_without_pictures_are_told_in_their_own_words(flipit_run):
    page = (flipit_run / "report.html").read_text(encoding="utf-8")
    assert 'id="hosts"' not in page
    assert "Attacker sees" in page
    step = embedded_data(page)["scenes"][0]["steps"][1]
    assert step["acts"][0]["words"] in ("wait", "flip")
    assert step["seen"][0].startswith("epoch 0")


def test_names_cannot_become_markup(copy):
    nasty = "</script><img onerror=alert(1)>&'\""
    config = files.read_object(copy / "config.json")
    files.write_json(copy / "config.json", {**config, "defender": nasty.replace("/", "")})
    text = (copy / "episodes.json").read_text(encoding="utf-8").replace('"Apache"', json.dumps(nasty))
    (copy / "episodes.json").write_text(text.replace('"SSHBruteForce"', json.dumps(nasty)), encoding="utf-8")
    page = played_page(read_played(copy))
    assert "<img" not in page
    assert page.count("</script>") == 2


def test_turning_points_are_told():
    game = load_problem("cage2", {"horizon": 5}).game
    nothing = {"access": "", "known": "", "alert": "", "mark": "", "decoys": []}

    def frame(access: str, *, runs: bool) -> Frame:
        nodes = [{**nothing, "access": access if node["label"] == "Op_Server0" else ""} for node in game.drawing["nodes"]]
        picture = {"nodes": nodes, "services": {"OT service": runs}, "outcomes": [[True, ""], [False, ""]], "rewards": {}}
        return Frame([[0], [0]], [0.0, 0.0], [0.0, 0.0], [], picture)

    frames = [frame("", runs=True), frame("user", runs=True), frame("root", runs=True), frame("root", runs=False), frame("", runs=True)]
    marks = scene_of(game, Replay("best", 3, [0.0, 0.0], frames, whole=False))["marks"]
    assert [(mark["step"], mark["words"]) for mark in marks] == [
        (2, "attacker gains root on Op_Server0"),
        (3, "OT service stops"),
        (4, "attacker loses Op_Server0"),
        (4, "OT service runs again"),
    ]


def test_a_step_says_who_did_what_to_which_host(cage_run):
    for step in read_played(cage_run).scenes[0]["steps"][1:]:
        for act in step["acts"]:
            assert ("tag" in act) == (" " in act["words"])
            assert act["words"].startswith(act.get("tag", ""))


def test_a_networks_steps_say_what_was_protected_attacked_and_taken(graph_run):
    played = read_played(graph_run)
    words, drawing, told = [agent.actions for agent in played.problem.game.agents], played.problem.game.drawing, set()
    for scene in played.scenes:
        for step in scene["steps"][1:]:
            for agent, act in enumerate(step["acts"]):
                expected = [drawing["actions"][agent][words[agent].index(word)] for word in act["words"].split(", ")]
                assert act.get("touched", []) == [at for at in expected if at is not None]
                told |= {key for at in act.get("touched", []) for key in at}
            assert all(set(node) == {"active", "alert"} for node in step["picture"]["nodes"])
    assert told == {"node", "edge"}
    assert {mark["kind"] for scene in played.scenes for mark in scene["marks"]} == {"root", "lost"}


def test_a_step_says_what_its_reward_is_made_of(cage_run):
    steps = read_played(cage_run).scenes[0]["steps"]
    assert steps[0]["parts"] == ""
    for step in steps[1:]:
        parts = [float(part.rpartition(" ")[2].replace("\N{MINUS SIGN}", "-")) for part in step["parts"].split(", ") if part]
        assert sum(parts) == pytest.approx(float(step["rewards"][0].replace("\N{MINUS SIGN}", "-")))
    assert any(step["parts"] == "Restore \N{MINUS SIGN}1" for step in steps)


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("episodes.json", lambda data: {**data, "replays": [{**data["replays"][0], "why": "magic"}]}),
        ("episodes.json", lambda data: {**data, "replays": [{"frames": [{}]}]}),
        ("episodes.json", lambda data: {"replays": data["replays"]}),
        ("episodes.json", lambda data: {**data, "spread": [[0]]}),
        ("result.json", lambda data: {**data, "returns": {}}),
        ("config.json", lambda data: {**data, "defender": 3}),
    ],
)
def test_a_damaged_run_is_refused_by_name(copy, file, change):
    files.write_json(copy / file, change(files.read_object(copy / file)))
    with pytest.raises(GamesolveError, match=r"the run .* is damaged"):
        write_report(copy)


def test_a_run_of_another_version_of_the_game_is_refused(copy):
    files.write_json(copy / "provenance.json", {**files.read_object(copy / "provenance.json"), "fingerprint": "0"})
    with pytest.raises(GamesolveError, match="simulate it again"):
        write_report(copy)


def test_a_run_without_its_episodes_is_refused(copy):
    (copy / "episodes.json").unlink()
    with pytest.raises(GamesolveError, match=r"cannot read .*episodes\.json"):
        write_report(copy)


def test_runs_of_other_commands_have_no_report(copy):
    files.write_json(copy / "config.json", {**files.read_object(copy / "config.json"), "job": "dream"})
    with pytest.raises(
        GamesolveError, match="is a run of 'dream'; reports are made of runs of 'solve', 'train', 'evaluate', 'simulate' and 'study'"
    ):
        write_report(copy)


def test_a_histogram_has_a_bar_for_each_part_of_the_spread():
    drawn = histogram([(-1.0, -1.0, 3), (1.0, 1.0, 5), (2.0, 2.0, 1)], 0.2)
    assert drawn.count("<rect") == 3
    assert "1: 5 episodes" in drawn
    assert histogram([(1.0, 1.0, 8)], 1.0) == ""


@pytest.mark.parametrize(("low", "high"), [(-237.8, -47.4), (0.0, 1.0), (-1.0, 2.0), (1e-3, 2e-3), (-5e6, 3e6)])
def test_ticks_are_a_few_round_numbers_inside(low, high):
    found = ticks(low, high)
    assert 3 <= len(found) <= 8
    assert low <= found[0] < found[-1] <= high
