"""One-sided games: our own as tables, and files of the .osposg format, sound and damaged."""

from __future__ import annotations

import random

import numpy as np
import pytest
from one_sided_games import WRITTEN, written
from whispers import whispers

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.views.one_sided import full_information, read_osposg
from gamesolve.views.one_sided_view import one_sided_game

#: Mutated files, of the quick and of the whole count.
FEW, MANY = 100, 2_000


def test_the_stopping_game_has_a_partition_for_each_number_of_stops_left():
    game = one_sided_game(load_game("stopping", stops=3, alerts=2, horizon=0))
    assert game.roles == ("defender", "attacker")
    by_partition = [{game.states[s].split()[0] for s in np.flatnonzero(game.partition == k)} for k in range(3)]
    assert sorted(map(sorted, by_partition)) == [["stops=1"], ["stops=2"], ["stops=3"]]
    assert game.actions == (("continue", "stop"), ("continue", "stop"))
    # Continue against continue without an intrusion: sure to stay, with the counts' probabilities.
    table = load_game("stopping", alerts=2).table["alert"][0, 0, :3]
    s = game.states.index("stops=3 intrusion=0")
    own = (game.places[:, :3] == (s, 0, 0)).all(axis=1)
    assert sorted(game.chance[own]) == pytest.approx(sorted(table))
    assert set(game.places[own, 4]) == {s}


def test_with_full_information_it_is_the_tabular_view():
    game = full_information(one_sided_game(load_game("stopping", stops=2, horizon=0)))
    from gamesolve.views.markov import markov_game

    tables = markov_game(load_game("stopping", stops=2, horizon=0))
    assert np.array_equal(game.reward, tables.reward)
    assert np.array_equal(game.counts, tables.counts)
    totals = [np.add.reduceat(one.chance, one.begin[:-1][np.diff(one.begin) > 0]) for one in (game, tables)]
    assert totals[0] == pytest.approx(totals[1])


def test_a_written_game_is_read(tmp_path):
    game = read_osposg(written(tmp_path, WRITTEN))
    assert (game.states, game.actions, game.observations) == (("calm", "raid"), (("watch", "strike"), ("wait", "move")), ("quiet", "noise"))
    assert game.reward.tolist() == [[[0.0, 0.0], [-1.0, -1.0]], [[-2.0, 0.0], [3.0, -1.0]]]
    assert (game.discount, game.start.tolist(), len(game.chance)) == (0.8, [1.0, 0.0], 16)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("stopping", {}, r"has a horizon, so it has a tree; without one \(horizon=0\)"),
        ("markov_mtd", {}, "both roles know STATE"),
        ("flipit", {"horizon": 0, "discount": 0.9}, "neither role is declared to know STATE"),
    ],
)
def test_games_of_other_kinds_are_refused(name, parameters, message):
    with pytest.raises(GamesolveError, match=message):
        one_sided_game(load_game(name, **parameters))


def test_a_game_is_searched_only_where_the_informed_role_sees_what_the_other_does():
    # The last guess is public.
    assert len(one_sided_game(whispers("public")).own) == 2
    with pytest.raises(GamesolveError, match=r"what the attacker sees after .* does not tell what the other role saw and did"):
        one_sided_game(whispers("private"))


def test_a_game_that_begins_with_several_beliefs_is_refused():
    with pytest.raises(GamesolveError, match="what the defender sees at the start differs from play to play"):
        one_sided_game(whispers("early"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.8\n", "1.0\n", "line 1: the discount is 1.0; it lies between 0 and 1"),
        ("2 1 2 2 2 16 5 0.8", "2 1 2 2 2 16 5", "has 7 parts; the header has 8"),
        ("calm 0", "calm 1", "line 2: '1' is no number of a partition; it is an integer from 0 to 0"),
        ("0 0 0 0 0 0.9", "0 0 0 0 0 0.8", "transitions of state 0 with actions 0 and 0 sum to 0.9; they sum to 1"),
        ("0 0 0 0 0 0.9", "0 0 0 0 2 0.9", "'2' is no number of a transition; it is an integer from 0 to 1"),
        ("0 0 0 0 0 0.9", "0 0 0 0 0 1.9", "a probability is 1.9; it lies between 0 and 1"),
        ("1 0 0 -2", "1 0 0 much", "a reward is 'much'; a finite number is needed"),
        ("0 1 0\n", "0 1 1\n", "the start sums to 2; probabilities are 0 or more and sum to 1"),
        ("0 1 0\n", "0 1\n", "the start has 1 probabilities; its partition has 2 states"),
        ("0 1 0\n", "", "ends where the start is expected"),
        ("0 1 0\n", "0 1 0\n7\n", "there is more than the header says"),
        ("0 1\n0 1\n0 1\n", "0 0\n0 1\n0 1\n", "actions of player 2 are 0 0; each is named once"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(old, new, message, tmp_path):
    place = WRITTEN.rindex(old) if old == "0 1 0\n" else WRITTEN.index(old)
    with pytest.raises(GamesolveError, match=message):
        read_osposg(written(tmp_path, WRITTEN[:place] + new + WRITTEN[place + len(old) :]))


@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_mutated_files_are_read_or_refused(count, tmp_path, record_property):
    rng, read, refused = random.Random(0), 0, 0
    for _ in range(count):
        try:
            read_osposg(written(tmp_path, mutated(rng)))
            read += 1
        except GamesolveError as error:
            refused += "\n" not in str(error)
    record_property("mutated .osposg files read", read)
    record_property("mutated .osposg files refused", refused)
    assert refused > read > 0
    assert refused + read == count


def mutated(rng: random.Random) -> str:
    """The written game with something changed, dropped, doubled or put elsewhere."""
    text = WRITTEN
    for _ in range(rng.randint(1, 3)):
        parts = text.split(" ") if rng.random() < 0.5 else text.split("\n")
        glue, n = (" " if " ".join(parts) == text else "\n"), rng.randrange(len(parts))
        kind = rng.randrange(5)
        if kind == 0:
            parts[n] = rng.choice(["", "-1", "1e400", "nan", "0.5", "999999999999", "x", "0", "\x00", "٣", "1 1"])
        elif kind == 1:
            del parts[n]
        elif kind == 2:
            parts.insert(n, parts[n])
        elif kind == 3:
            parts[n] = parts[n][: len(parts[n]) // 2]
        else:
            other = rng.randrange(len(parts))
            parts[n], parts[other] = parts[other], parts[n]
        text = glue.join(parts)
    return text
