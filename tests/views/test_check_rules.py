"""Every breach of the rules' contract is found by playing the rules as plain Python, and named with rule and line."""

import re

import faulty
import numpy as np
import pytest

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.views.check_rules import alike, check_rules, compare, play
from gamesolve.views.plain import PlainGame
from gamesolve.views.position import Board

BREACHES = [
    (
        "legal",
        faulty.reads_misspelt_field,
        r"uses the field 'counts', which STATE does not have; its fields are number, guesses, count, noise",
    ),
    ("step", faulty.writes_misspelt_field, r"uses the field 'noises', which STATE does not have"),
    ("legal", faulty.writes_state_in_legal, r"writes to STATE, which it may only read"),
    ("legal", faulty.reads_transient_in_legal, r"reads the transient field 'noise' of STATE"),
    ("step", faulty.writes_table, r"writes to TABLE, which it may only read"),
    ("step", faulty.writes_weights, r"writes to TABLE, which it may only read"),
    ("step", faulty.writes_actions, r"writes to actions, which it may only read"),
    ("observe", faulty.writes_state_in_observe, r"writes to STATE, which it may only read"),
    ("step", faulty.reads_outside, r"reads or writes outside an array: index 2 is out of bounds"),
    ("observe", faulty.writes_outside, r"reads or writes outside an array: index 2 is out of bounds"),
    ("step", faulty.overflows, r"writes 10100 to the field 'count' of STATE, whose type cannot hold it"),
    ("step", faulty.overflows_in_array, r"writes 128 to STATE, whose type cannot hold it"),
    (
        "observe",
        faulty.asks_too_often,
        r"more questions were asked of chance in one transition than the game declares \('questions'\), which is 2",
    ),
    ("observe", faulty.asks_of_too_many, r"a question to chance has more outcomes than the game declares \('outcomes'\), which is 3"),
    ("step", faulty.waits_for_chance, r"more questions were asked of chance"),
    ("step", faulty.flips_above_one, r"asks for True with probability 1.5"),
    ("step", faulty.picks_by_nothing, r"picks with weights \[0.0\]"),
    ("step", faulty.picks_from_none, r"asks for one of 0 numbers"),
    ("step", faulty.reads_the_stream, r"'stream'"),
    ("step", faulty.divides_by_zero, r"raises ZeroDivisionError"),
]
DECLARATIONS = [
    ("observe", faulty.shows_too_much, r"signal 'number' of 'hider' is \[3\]; its values are 0 to 2"),
    ("observe", faulty.shows_beyond_the_row, r"'guesser' is given \[0, 1\], more than the 1 signals that it declares"),
    ("legal", faulty.allows_twice, r"the mask of 'guesser' is \[2, 0, 0\]; its entries are 0 or 1"),
    ("legal", faulty.allows_beyond, r"the mask of 'guesser' is \[0, 0, 1\], but it has 2 actions only"),
    ("legal", faulty.allows_nothing, r"'guesser' has no legal action before the game is over"),
    ("step", faulty.pays_infinity, r"rule 'step' pays \[inf, 0.0\]; rewards are finite"),
]
POLICIES = [
    (faulty.plays_illegally, r"gives the weights \[0.0, 1.0, 0.0\]; legal are 0 only"),
    (faulty.plays_nan, r"gives the weights \[nan, 0.0, 0.0\]"),
    (faulty.plays_nothing, r"gives the weights \[0.0, 0.0, 0.0\]"),
    (faulty.plays_on_the_mask, r"\(faulty.py:\d+\) writes to mask, which it may only read"),
]


def names(cases):
    return [next(part.__name__ for part in case if hasattr(part, "__name__")) for case in cases]


def plainly(game):
    return check_rules(game, transitions=30, compiled=False)


@pytest.mark.parametrize(("where", "fault", "words"), BREACHES, ids=names(BREACHES))
def test_a_breach_is_named_with_rule_and_line(where, fault, words):
    with pytest.raises(GamesolveError, match=rf"guess\(\) breaks the contract of rules: rule '{where}' \(faulty.py:\d+\) .*{words}"):
        plainly(faulty.with_rules(**{where: fault}))


@pytest.mark.parametrize(("where", "fault", "words"), DECLARATIONS, ids=names(DECLARATIONS))
def test_what_is_shown_allowed_and_paid_is_what_was_declared(where, fault, words):
    with pytest.raises(GamesolveError, match=rf"guess\(\) breaks the contract of rules: {words}"):
        plainly(faulty.with_rules(**{where: fault}))


@pytest.mark.parametrize(("fault", "words"), POLICIES, ids=names(POLICIES))
def test_a_scripted_policy_keeps_to_legal_actions(fault, words):
    with pytest.raises(GamesolveError, match=rf"policy 'faulty' ?{words}"):
        plainly(faulty.with_policy(fault))


def test_the_line_is_where_the_fault_is():
    with pytest.raises(GamesolveError) as caught:
        plainly(faulty.with_rules(legal=faulty.writes_state_in_legal))
    line = int(re.search(r"faulty.py:(\d+)", str(caught.value))[1])
    # The rule calls another one that does the harm.
    assert line == faulty.marks.py_func.__code__.co_firstlineno + 2


def test_nothing_is_compiled_in_development():
    game = faulty.with_rules()
    before = [len(rule.overloads) for rule in vars(game.rules).values()]
    assert plainly(game) >= 30
    assert [len(rule.overloads) for rule in vars(game.rules).values()] == before


@pytest.mark.parametrize(
    ("name", "chosen"),
    [("kuhn", {}), ("leduc", {}), ("inspection", {}), ("stopping", {}), ("flipit", {"attacker_information": "full"}),
     ("flipit", {"horizon": 0, "discount": 0.9}), ("pool", {"defenders": 2}),
     ("attack_graph", {"graph": "tiny", "attacker_picks": 2, "defenders": 2})],
)  # fmt: skip
def test_shipped_games_keep_the_contract_as_plain_python(name, chosen):
    plainly(load_game(name, **chosen))


@pytest.fixture(scope="module")
def episode():
    game = load_game("kuhn")
    rules, stream = PlainGame(game), np.random.default_rng(0)
    points = play(rules, stream, lambda point, agent: int(np.flatnonzero(point.masks[agent])[-1]))
    return rules, Board(game), points


def test_compiled_rules_play_what_the_plain_ones_played(episode):
    rules, board, points = episode
    assert points[-1].over
    compare(rules, board, points)


@pytest.mark.parametrize("field", ["state", "memory", "signals", "masks", "reward"])
def test_a_difference_between_compiled_and_plain_rules_is_found(episode, field):
    rules, board, points = episode
    array = getattr(points[0], field)
    before = array.copy()
    array.view(np.uint8).reshape(-1)[-1] ^= 64
    try:
        with pytest.raises(GamesolveError, match=f"after 0 steps {field} is "):
            compare(rules, board, points)
    finally:
        array[:] = before


def test_another_number_of_questions_is_found(episode):
    rules, board, points = episode
    last = points[-1]
    last.tape.append(1)
    try:
        with pytest.raises(GamesolveError, match="ask chance differently"):
            compare(rules, board, points)
    finally:
        last.tape.pop()


def test_floats_may_differ_by_rounding_only():
    assert alike(np.float64(1.0), np.float64(1.0 + 1e-12))
    assert not alike(np.float64(1.0), np.float64(1.0 + 1e-6))
    assert alike(np.array([np.nan]), np.array([np.nan]))
    assert not alike(np.int8(1), np.int8(2))
