"""Errors: one sentence that quotes the value and says what is allowed."""

from __future__ import annotations

from gamesolve.base.errors import GamesolveError, first_few, in_one_line, missing_extra, quoted, unknown_name


def test_an_unknown_name_is_quoted_and_the_allowed_ones_listed_in_order():
    message = str(unknown_name("game", "chess", ["leduc", "kuhn"]))
    assert message == "unknown game 'chess'; available: kuhn, leduc"


def test_a_near_miss_is_offered():
    assert "did you mean 'kuhn'?" in str(unknown_name("game", "khun", ["leduc", "kuhn"]))


def test_of_very_many_names_only_the_first_are_listed():
    names = [f"game-{k:03d}" for k in range(120)]
    assert str(unknown_name("game", "chess", names)).endswith("available: " + ", ".join(names[:12]) + ", and 108 more")
    assert "did you mean 'game-100'?" in str(unknown_name("game", "game-1000", names))


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


def test_a_value_is_quoted_whole_where_it_is_short_and_never_at_length():
    assert quoted([0.5, "a", None]) == "[0.5, 'a', None]"
    deep: list[object] = []
    for _ in range(10_000):
        deep = [deep]
    for large in ("x" * 10**6, list(range(10**6)), {n: n for n in range(10**5)}, deep, 10**4000):
        assert len(quoted(large)) < 1000
    assert len(str(unknown_name("game", "x" * 10**6, ["kuhn"]))) < 1000


def test_somebody_elses_words_are_put_into_one_line():
    assert in_one_line(ValueError("two\n  lines")) == "two lines"
    assert len(in_one_line("x" * 10**6)) < 1000


def test_a_missing_library_is_told_with_the_extra_that_brings_it():
    assert str(missing_extra("onnx", "onnx")) == "onnx is not installed; it comes with the extra [onnx]: pip install 'gamesolve[onnx]'"
