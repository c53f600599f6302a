"""Errors: one sentence that quotes the value and says what is allowed."""

from __future__ import annotations

from gamesolve.base.errors import GamesolveError, first_few, unknown_name


def test_an_unknown_name_is_quoted_and_the_allowed_ones_listed_in_order():
    message = str(unknown_name("game", "chess", ["leduc", "kuhn"]))
    assert message == "unknown game 'chess'; available: kuhn, leduc"


def test_a_near_miss_is_offered():
    assert "did you mean 'kuhn'?" in str(unknown_name("game", "khun", ["leduc", "kuhn"]))


def test_an_empty_registry_says_so():
    assert str(unknown_name("solver", "lp", [])).endswith("available: none")


def test_a_name_that_is_no_string_is_quoted_too():
    assert "unknown game 3" in str(unknown_name("game", 3, ["kuhn"]))


def test_it_is_the_one_base_class():
    assert isinstance(unknown_name("game", "x", []), GamesolveError)


def test_of_much_that_is_allowed_the_first_few_are_listed_and_the_rest_counted():
    assert first_few(range(3)) == "0, 1, 2"
    assert first_few(range(145)) == "0, 1, 2, 3, 4, 5, 6, 7, ... (145 in all)"
    assert first_few([]) == "none"
