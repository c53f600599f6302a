"""Who is in a study, and studies that make no sense with their game."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_study import STUDY, changed

from gamesolve import ScriptedPolicy, load_game, save_policy
from gamesolve.base.errors import GamesolveError
from gamesolve.study.file import study_of
from gamesolve.study.roster import roster_of


def roster(given=STUDY, base=Path()):
    return roster_of(study_of(given), base)


def test_families_become_attackers_with_their_parameters():
    found = roster()
    assert [(one.name, one.tier, one.words) for one in found.attackers] == [
        ("periodic (period=2)", "seen", "periodic:period=2"),
        ("periodic (period=3)", "seen", "periodic:period=3"),
        ("slow", "same_family", "periodic:period=4"),
        ("tracker", "new_family", "tracker"),
    ]
    assert list(found.fixed) == ["random"]
    assert list(found.methods) == ["mixture", "mmd", "psro"]


def test_saved_policies_are_found_beside_the_file(tmp_path):
    game = load_game("flipit", horizon=4)
    save_policy(ScriptedPolicy.named(game, "attacker", "geometric"), tmp_path / "mine")
    found = roster(changed("attackers.new_family.own", {"policy": "mine"}), tmp_path)
    with pytest.raises(GamesolveError, match="'mine' is a saved policy, which has no settings such as 'period'"):
        roster(changed("attackers.new_family.own", {"policy": "mine", "period": 2}), tmp_path)
    # A folder that is called as a policy of the game is not that policy.
    save_policy(ScriptedPolicy.named(game, "attacker", "never"), tmp_path / "tracker")
    assert roster(base=tmp_path).attackers[-1].policy == ScriptedPolicy.named(game, "attacker", "tracker")
    assert found.attackers[-1].policy == ScriptedPolicy.named(game, "attacker", "geometric")


def test_a_method_trains_against_the_seen_attackers_that_it_names():
    found = roster(changed("defenders.mixture.against", ["periodic (period=3)"]))
    assert [one.name for one in found.trained_against(found.methods["mixture"])] == ["periodic (period=3)"]
    found = roster(changed("defenders.psro.begin_with_seen", True))
    assert [one.tier for one in found.trained_against(found.methods["psro"])] == ["seen", "seen"]
    assert found.trained_against(found.methods["mmd"]) == ()


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("game.name", "flippit", r"unknown game 'flippit' \(did you mean 'flipit'\?\)"),
        ("game.parameters.horizon", -1, "parameter horizon = -1 is refused"),
        ("game.parameters", {"horizon": 0, "discount": 0.9}, "has no end here"),
        ("game.name", "openspiel:kuhn_poker", "."),
        ("attackers.seen", {}, r"\[attackers.seen\] is empty"),
        (
            "attackers.seen.other",
            {"policy": "nobody"},
            r"unknown policy of \[attackers.seen\] other 'nobody'; available: geometric, greedy",
        ),
        ("attackers.seen.other", {"policy": "periodic", "period": 0}, r"\[attackers.seen\] other: .*period = 0 is refused"),
        ("attackers.same_family.slow.period", 3, "'periodic .period=3.' .seen. and 'slow' .same_family. are the same policy"),
        ("attackers.same_family.slow", {"policy": "geometric"}, r"'geometric' is no policy that is seen, so .* \[attackers.new_family\]"),
        ("attackers.new_family.tracker", {"policy": "periodic", "period": 9}, r"is a policy that is seen .* \[attackers.same_family\]"),
        ("attackers.adaptive.learned.learner", "pppo", r"\[attackers.adaptive\] learned: unknown learner 'pppo' \(did you mean 'ppo'\?\)"),
        ("attackers.new_family.tracker", {"policy": "periodic:period=9"}, "settings are keys of their own"),
        ("attackers.adaptive.learned.learner", [], "nobody learns"),
        ("attackers.adaptive.learned.learner", ["ppo", "ppo"], "names one twice"),
        ("defenders.psro.oracle", [], "nobody looks for responses"),
        ("attackers.adaptive.learned.settings", {"dqn": {}}, "unknown learner whose settings are given 'dqn'"),
        ("defenders.random", {"policy": "periodic", "period": [2, 3]}, r"\[defenders.random\] is a family of 2"),
        ("defenders.mixture.against", "slow", r"\[defenders.mixture\]: 'slow' is held out of training; against is 'seen', or names of"),
        ("defenders.mixture.settings", {"rate": 1}, r"\[defenders.mixture\]: unknown setting of tabular 'rate'"),
        ("defenders.psro.settings", {"budget": 3}, r"\[defenders.psro\]: unknown setting of psro in a study 'budget'"),
        ("defenders.psro.meta_solver", "nsh", r"unknown meta-solver 'nsh' \(did you mean 'nash'\?\)"),
        ("defenders.psro.meta_solver", "anytime", "which no budget counts"),
        ("report.baseline", "mixtur", r"unknown baseline of \[report\] 'mixtur' \(did you mean 'mixture'\?\)"),
        ("variants.other", {"parameters": {"horizn": 3}}, "unknown parameter of game flipit 'horizn'"),
        ("variants.other", {"parameters": {"defender_cost": 0.8}}, "tables are bound to the game"),
    ],
)
def test_what_does_not_fit_the_game_is_named(path, value, said):
    with pytest.raises(GamesolveError, match=said):
        roster(changed(path, value))
