"""What is wrong with a game's picture is found before a report stumbles over it."""

from dataclasses import replace

import faulty
import numpy as np
import pytest

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.views.check_rules import check_rules

NODE = {"access": "", "known": "", "alert": "", "mark": "", "decoys": []}
DRAWING = {"kind": "hosts", "groups": ["lan"], "nodes": [{"label": "box"}], "actions": [[None, None], [None, None, None]]}


def picture(point):
    """Sound: the guesser is paid 1 where its last action is the number."""
    paid = float(point["actions"][0] == point["state"]["number"])
    return {"nodes": [NODE], "services": {"door": True}, "outcomes": [[None, ""], [True, "hid"]], "rewards": {"prize": paid}}


def drawn(change, **drawing):
    """The sound game with a picture that `change` makes of the sound one and the point."""
    return replace(faulty.sound(), drawing={**DRAWING, **drawing}, picture=lambda point: change(picture(point), point))


def writes(found, point):
    point["state"]["guesses"][0] = 1
    return found


FAULTS = [
    (writes, r"its picture raises ValueError: assignment destination is read-only"),
    (lambda found, point: found | {"nodes": []}, r"has 0 nodes; the drawing has 1"),
    (lambda found, point: {"nodes": [NODE]}, r"it is an object with the keys nodes, outcomes, rewards, services"),
    (lambda found, point: found | {"nodes": [NODE | {"access": "admin"}]}, r"access = 'admin'; it is one of \('', 'user', 'root'\)"),
    (lambda found, point: found | {"nodes": [{"access": ""}]}, r"its keys are access, alert, decoys, known, mark"),
    (lambda found, point: found | {"outcomes": [[True, ""]]}, r"has the outcomes \[\[True, ''\]\]; for each agent"),
    (lambda found, point: found | {"services": {"door": 1}}, r"has the services \{'door': 1\}; they are name to whether it runs"),
    (lambda found, point: found | {"services": {"door": np.True_}}, r"is not plain data: .*bool"),
    (lambda found, point: found | {"rewards": {"prize": 2.0}}, r"which add up to 2.0; the defender's reward was 0.0"),
]


def test_a_sound_picture_passes():
    assert check_rules(drawn(lambda found, point: found), compiled=False) >= 200


@pytest.mark.parametrize(("change", "words"), FAULTS)
def test_a_faulty_picture_is_named(change, words):
    with pytest.raises(
        GamesolveError, match=rf"^guess\(\) breaks the contract of rules: its picture .*{words.removeprefix('its picture ')}"
    ):
        check_rules(drawn(change), compiled=False)


def test_a_drawing_says_of_every_action_what_it_touches():
    with pytest.raises(GamesolveError, match="its drawing says of 2 actions of 'hider' what they touch; there are 3"):
        check_rules(drawn(lambda found, point: found, actions=[[None, None], [None, None]]), compiled=False)


def test_a_picture_needs_a_drawing():
    with pytest.raises(GamesolveError, match="it has a picture, but no drawing to show it on; kinds of drawings are hosts, network"):
        check_rules(replace(faulty.sound(), picture=picture), compiled=False)


@pytest.mark.parametrize(
    ("name", "parameters"), [("cage2", {"horizon": 20}), ("attack_graph", {"defenders": 2, "attacker_picks": 2, "horizon": 4})]
)
def test_the_pictures_of_our_games_pass(name, parameters):
    assert check_rules(load_game(name, **parameters), compiled=False) >= 200
