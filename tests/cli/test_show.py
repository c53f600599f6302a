"""Tables for people: names stay whole, however narrow the terminal is."""

from __future__ import annotations

import pytest

from gamesolve.cli import show

HEADER = ("policy", "role", "what it is")
BODY = [("belief_value_propagation", "defender", "protects where forced_exploits=true is told"), ("none", "attacker", "no attack")]
WORDS = {word for row in (HEADER, *BODY) for text in row for word in text.split()}


@pytest.mark.parametrize("width", [200, 80, 60, 40, 10])
def test_no_word_is_broken(width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    show.table(HEADER, BODY)
    said = capsys.readouterr().out
    assert set(said.replace("─", " ").split()) == WORDS
    assert said.endswith("\n\n")


def test_a_table_stays_within_the_terminal_where_its_words_do(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "70")
    show.table(HEADER, BODY)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 70


def test_where_columns_have_no_room_every_row_is_a_paragraph(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    show.table(HEADER, BODY)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        "policy      belief_value_propagation",
        "role        defender",
        "what it is  protects where forced_exploits=true is told",
        "",
    ]
