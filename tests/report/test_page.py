from __future__ import annotations

import dataclasses
import re

import pytest

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError
from gamesolve.report import write_report
from gamesolve.report.page import page_of
from gamesolve.report.shell import embedded


@pytest.mark.parametrize("run", ["kuhn_run", "network_run", "openspiel_run"])
def test_every_run_has_a_page_that_asks_nothing_of_a_network(run, request):
    folder = request.getfixturevalue(run)
    text = write_report(folder).read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert not re.search(r"(?:src|href|action)\s*=|url\((?!#)|@import|fetch\(|XMLHttpRequest", text.replace("url(#", "("))
    assert set(re.findall(r"https?://[^\"'\s<]+", text)) <= {"http://www.w3.org/2000/svg"}


def test_equal_runs_give_equal_bytes_and_tell_no_place_of_this_machine(network_run):
    first = write_report(network_run).read_bytes()
    assert write_report(network_run).read_bytes() == first
    assert str(network_run.parent).encode() not in first


def test_only_networks_have_a_drawing(kuhn, office):
    assert 'id="drawing"' in page_of(office)
    assert 'id="drawing"' not in page_of(kuhn)
    assert "<script" not in page_of(kuhn)


def test_names_cannot_become_markup(office):
    nasty = "</script><img src=x onerror=alert(1)>&'\""
    nodes = [{**node, "label": nasty, "note": nasty} for node in office.game.drawing["nodes"]]
    game = dataclasses.replace(office.game, drawing={**office.game.drawing, "nodes": nodes})
    findings = dataclasses.replace(office, problem=dataclasses.replace(office.problem, game=game))
    text = page_of(findings)
    assert "<img" not in text
    assert text.count("</script>") == 2


def test_embedded_json_cannot_end_its_element():
    text = embedded({"a": "</script><!-- & \u2028"})
    assert not set("<>&\u2028") & set(text)


def test_a_run_without_a_result_is_refused(tmp_path, kuhn_run):
    files.write_json(tmp_path / "config.json", files.read_object(kuhn_run / "config.json"))
    with pytest.raises(GamesolveError, match="has no result yet"):
        write_report(tmp_path)


def test_a_damaged_result_is_refused_by_name(tmp_path, kuhn_run):
    files.write_json(tmp_path / "config.json", files.read_object(kuhn_run / "config.json"))
    files.write_json(tmp_path / "result.json", {"schema": "gamesolve.result/1"})
    with pytest.raises(GamesolveError, match="is damaged"):
        write_report(tmp_path)
