"""Roles in sentences."""

from gamesolve.base.roles import role_name, the_role


def test_our_roles_are_words_and_openspiels_are_players():
    assert (role_name("defender"), the_role("attacker")) == ("defender", "the attacker")
    assert (role_name("0"), the_role("1")) == ("player 0", "player 1")
