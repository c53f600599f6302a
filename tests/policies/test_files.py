"""Saved policies: what was written comes back; what was damaged, changed or made up is refused."""

import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from gamesolve.base.errors import GamesolveError
from gamesolve.base.files import npz_bytes
from gamesolve.base.registry import load_game
from gamesolve.policies.files import CARD, TABLE, about_of, load_policy, read_card, save_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.views.openspiel_tree import tree_from_openspiel
from gamesolve.views.tree_build import build_tree


def random_table(tree, role, seed=0):
    d = tree.decisions[role]
    behaviour = np.ones(d.sequences)
    for a, b in zip(d.first, d.first[1:], strict=False):
        p = np.random.default_rng([seed, a]).uniform(0.1, 1.0, b - a)
        behaviour[a:b] = p / p.sum()
    return TabularPolicy.from_tree(tree, role, behaviour)


@pytest.fixture(scope="module")
def policies():
    """One policy of every kind that can be saved."""
    flipit, kuhn = load_game("flipit", horizon=3, tie="nothing"), load_game("kuhn")
    theirs, ours = tree_from_openspiel("kuhn_poker"), build_tree(kuhn)
    table = random_table(ours, 1)
    bets = ScriptedPolicy.named(kuhn, "attacker", "always_bet")
    return {
        "names": random_table(theirs, 1),
        "histories": table,
        "scripted": ScriptedPolicy.named(flipit, "defender", "geometric:rate=0.25"),
        "mixture": Mixture((table, bets, random_table(ours, 1, seed=1)), np.array([0.1, 0.2, 0.7])),
    }


KINDS = ["names", "histories", "scripted", "mixture"]


@pytest.fixture
def saved(policies, request, tmp_path):
    """A folder with the policy of the given kind."""
    save_policy(policies[request.param], tmp_path / "policy")
    return tmp_path / "policy"


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_card_says_of_training_stays_with_the_policy(policies, kind, tmp_path):
    about = {"training": {"against": ["never"], "seed": 3}}
    save_policy(policies[kind], tmp_path / "one", about=about)
    loaded = load_policy(tmp_path / "one")
    save_policy(loaded, tmp_path / "two")
    assert loaded == policies[kind]
    assert about_of(policies[kind]) is None
    assert about_of(load_policy(tmp_path / "two")) == read_card(tmp_path / "two" / "card.json")["about"] == about


@pytest.mark.parametrize("kind", KINDS)
def test_a_policy_comes_back_equal(policies, kind, tmp_path):
    save_policy(policies[kind], tmp_path / "a" / "b")
    assert load_policy(str(tmp_path / "a" / "b")) == policies[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_equal_policies_have_equal_bytes(policies, kind, tmp_path):
    for name in ("one", "two"):
        save_policy(policies[kind], tmp_path / name)
    names = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file()]
    assert names
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in names)


@pytest.mark.parametrize("saved", ["histories"], indirect=True)
def test_a_card_says_what_the_policy_is_and_which_bytes_belong_to_it(saved):
    card = json.loads((saved / CARD).read_text())
    assert (card["kind"], card["game"], card["role"], card["agent"]) == ("tabular", "kuhn()", "attacker", 1)
    assert card["files"] == {TABLE: hashlib.sha256((saved / TABLE).read_bytes()).hexdigest()}
    assert sorted(path.name for path in saved.iterdir()) == [CARD, TABLE]


@pytest.mark.parametrize("saved", ["names", "histories"], indirect=True)
def test_every_flipped_byte_of_the_arrays_is_found(saved):
    data = (saved / TABLE).read_bytes()
    for place in np.random.default_rng(0).integers(len(data), size=40):
        damaged = bytearray(data)
        damaged[place] ^= 1
        (saved / TABLE).write_bytes(damaged)
        with pytest.raises(GamesolveError, match=r"policy.npz' is damaged"):
            load_policy(saved)


@pytest.mark.parametrize("saved", KINDS, indirect=True)
def test_a_mutated_card_is_refused_or_means_the_same(saved, request, policies, record_property):
    original = policies[request.node.callspec.params["saved"]]
    data = (saved / CARD).read_bytes()
    rng = np.random.default_rng(1)
    refused = same = 0
    for _ in range(100):
        damaged = bytearray(data)
        for place in rng.integers(len(data), size=rng.integers(1, 4)):
            damaged[place] = rng.integers(256)
        (saved / CARD).write_bytes(damaged)
        try:
            loaded = load_policy(saved)
        except GamesolveError as error:
            refused += CARD in str(error)
        else:
            same += loaded == original
    record_property("mutated policy cards refused", refused)
    assert refused + same == 100


@pytest.mark.parametrize("saved", KINDS, indirect=True)
def test_a_card_cut_short_is_refused(saved):
    data = (saved / CARD).read_bytes()
    for length in range(0, len(data) - 2, max(len(data) // 40, 1)):
        (saved / CARD).write_bytes(data[:length])
        with pytest.raises(GamesolveError, match=r"card\.json"):
            load_policy(saved)


def rewrite(folder, **changes):
    """Change keys of a card and give it the hash that it then has: what a forger would do."""
    card = json.loads((folder / CARD).read_text())
    card.update(changes)
    del card["sha256"]
    card["sha256"] = hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()
    (folder / CARD).write_text(json.dumps(card))


@pytest.mark.parametrize("saved", ["histories"], indirect=True)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", "gamesolve.policy/9"),
        ("kind", "telepathic"),
        ("kind", ["tabular"]),
        ("game", None),
        ("fingerprint", 3),
        ("agent", "0"),
        ("agent", True),
        ("agent", 1.0),
        ("role", "king"),
        ("fingerprint", "no hash"),
        ("bytes", {}),
        ("bytes", {TABLE: "1"}),
        ("files", {}),
        ("files", {TABLE: 3}),
        ("files", []),
    ],
)
def test_a_key_of_the_wrong_kind_is_named(saved, key, value):
    rewrite(saved, **{key: value})
    with pytest.raises(GamesolveError, match=f"card.json.*{key!r}"):
        load_policy(saved)


@pytest.mark.parametrize("saved", ["histories"], indirect=True)
def test_a_missing_file_is_named(saved):
    (saved / TABLE).unlink()
    with pytest.raises(GamesolveError, match=r"policy\.npz"):
        load_policy(saved)
    shutil.rmtree(saved)
    with pytest.raises(GamesolveError, match=r"card\.json"):
        load_policy(saved)


def forge(folder, **arrays):
    """Replace arrays (None takes one away) and give the card the hash of the new file."""
    with np.load(folder / TABLE, allow_pickle=False) as old:
        kept = {**{name: old[name] for name in old.files}, **arrays}
    data = npz_bytes({name: array for name, array in kept.items() if array is not None})
    (folder / TABLE).write_bytes(data)
    rewrite(folder, files={TABLE: hashlib.sha256(data).hexdigest()}, bytes={TABLE: len(data)})


def i4(*numbers):
    return np.array(numbers, np.int32)


@pytest.mark.parametrize("saved", ["histories"], indirect=True)
@pytest.mark.parametrize(
    ("key", "change"),
    [
        ("first", lambda a: None),
        ("surprise", lambda a: i4(1)),
        ("first", lambda a: a["first"].astype(np.int64)),
        ("first", lambda a: a["first"][None]),
        ("first", lambda a: a["first"][::-1].copy()),
        ("first", lambda a: a["first"] - 1),
        ("parent", lambda a: a["parent"] + 100),
        ("parent", lambda a: a["parent"] - 1),
        ("action", lambda a: a["action"][:-1]),
        ("action", lambda a: np.zeros_like(a["action"])),
        ("action", lambda a: np.concatenate([[-1], np.zeros(len(a["action"]) - 1)]).astype(np.int32)),
        ("probability", lambda a: a["probability"] * 2),
        ("probability", lambda a: np.where(np.arange(len(a["probability"])) == 1, np.nan, a["probability"])),
        ("probability", lambda a: np.concatenate([[1.0], 3.0 - np.arange(1, len(a["probability"])) % 2 * 5.0])),
        ("history", lambda a: a["history"] + 1000),
        ("history", lambda a: np.zeros_like(a["history"])),
        ("history", lambda a: a["history"][:-1]),
        ("histories.parent", lambda a: a["histories.parent"] + 100),
        ("histories.parent", lambda a: np.where(a["histories.parent"] < 0, -1, a["histories.parent"])),
        ("histories.parent", lambda a: np.full_like(a["histories.parent"], -2)),
        ("histories.action", lambda a: a["histories.action"][:-1]),
        ("histories.action", lambda a: np.where(a["histories.parent"] < 0, -1, -7).astype(np.int16)),
        ("histories.signals", lambda a: a["histories.signals"][:, 0]),
    ],
)
def test_arrays_that_contradict_themselves_are_refused_by_name(saved, key, change):
    with np.load(saved / TABLE, allow_pickle=False) as arrays:
        changed = change({name: arrays[name] for name in arrays.files})
    forge(saved, **{key: changed})
    with pytest.raises(GamesolveError, match=f"policy.npz'.*{key.partition('.')[0]}"):
        load_policy(saved)


def test_a_history_that_goes_on_by_an_action_that_its_information_set_lacks_is_refused(tmp_path):
    save_policy(random_table(build_tree(load_game("flipit", horizon=3)), 0), tmp_path)
    with np.load(tmp_path / TABLE, allow_pickle=False) as arrays:
        actions = arrays["histories.action"]
    forge(tmp_path, **{"histories.action": np.where(actions == 1, 9, actions).astype(np.int16)})
    with pytest.raises(GamesolveError, match=r"array 'histories.action' goes on from an information set by an action that is not there"):
        load_policy(tmp_path)


@pytest.mark.parametrize("saved", ["names"], indirect=True)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("names_end", np.array([3, 1, 2, 4, 5, 6], np.int64)),
        ("names_end", np.array([-1, 2, 4, 6, 8, 10], np.int64)),
        ("names_end", np.zeros(0, np.int64)),
        ("names", np.zeros(3, np.uint8)),
    ],
)
def test_names_that_cannot_be_read_are_refused(saved, key, value):
    forge(saved, **{key: value})
    with pytest.raises(GamesolveError, match=r"policy.npz'.*names"):
        load_policy(saved)


@pytest.mark.parametrize("saved", ["histories"], indirect=True)
def test_a_file_that_holds_objects_is_refused(saved):
    np.savez(saved / TABLE, first=np.array([{"a": 1}], dtype=object))
    data = (saved / TABLE).read_bytes()
    rewrite(saved, files={TABLE: hashlib.sha256(data).hexdigest()}, bytes={TABLE: len(data)})
    with pytest.raises(GamesolveError, match=r"policy.npz' is not an .npz file of plain arrays"):
        load_policy(saved)


@pytest.mark.parametrize("saved", ["scripted"], indirect=True)
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"name": "chess"}, "unknown game 'chess'"),
        ({"parameters": {"horizon": "long"}}, "horizon = 'long' is refused"),
        ({"policy": "fast"}, "unknown defender policy of flipit 'fast'"),
        ({"settings": {"rate": 7}}, "rate = 7 is refused"),
        ({"role": "owner"}, "key 'role' is 'owner'; it is one of defender, attacker, 0, 1"),
        ({"parameters": {"horizon": 5}}, "key 'fingerprint'"),
    ],
)
def test_a_card_of_a_scripted_policy_that_does_not_exist_is_refused(saved, changes, reason):
    rewrite(saved, **changes)
    with pytest.raises(GamesolveError, match=rf"card\.json'.*{reason}"):
        load_policy(saved)


@pytest.mark.parametrize("saved", ["mixture"], indirect=True)
def test_a_mixture_with_another_member_is_refused(saved, policies, tmp_path):
    save_policy(policies["histories"], tmp_path / "other")
    shutil.rmtree(saved / "member-1")
    shutil.copytree(tmp_path / "other", saved / "member-1")
    with pytest.raises(GamesolveError, match=r"member-1/card\.json' is damaged"):
        load_policy(saved)


@pytest.mark.parametrize("saved", ["mixture"], indirect=True)
@pytest.mark.parametrize("weights", [[0.5, 0.5, 0.5], ["a", 0.5, 0.5], [0.5, 0.5], []])
def test_weights_that_are_no_probabilities_are_refused(saved, weights):
    rewrite(saved, weights=weights)
    with pytest.raises(GamesolveError, match=r"card\.json'"):
        load_policy(saved)


@pytest.mark.parametrize("saved", ["mixture"], indirect=True)
@pytest.mark.parametrize(("key", "value"), [("role", "defender"), ("fingerprint", "0" * 16)])
def test_a_mixture_that_says_otherwise_than_its_members_is_refused(saved, key, value):
    rewrite(saved, **{key: value})
    with pytest.raises(GamesolveError, match=f"card.json': key {key!r} is {value!r}; its members have"):
        load_policy(saved)


@pytest.mark.parametrize("saved", ["names", "histories", "scripted"], indirect=True)
def test_a_file_of_another_size_is_told_before_it_is_read(saved):
    (saved / CARD).write_text((saved / CARD).read_text() + " " * 2**27)
    with pytest.raises(GamesolveError, match=r"card\.json' has [\d,]+ bytes; it has at most 67,108,864"):
        load_policy(saved)


@pytest.mark.parametrize("saved", ["names"], indirect=True)
def test_an_array_file_of_another_size_is_damaged(saved):
    with open(saved / TABLE, "ab") as file:
        file.truncate(2**31)
    with pytest.raises(GamesolveError, match=r"policy\.npz' is damaged: it has 2147483648 bytes, not \d+ as its card says"):
        load_policy(saved)


def test_a_table_of_another_role_or_agent_is_refused_where_it_is_used(policies):
    kuhn = load_game("kuhn")
    for changed in (replace(policies["histories"], role="defender"), replace(policies["histories"], role="king")):
        with pytest.raises(GamesolveError, match=r"role is 'king'|cannot be one of the defenders"):
            changed.behaviour_on(build_tree(kuhn))
        with pytest.raises(GamesolveError, match=r"the '(king|defender)' policy of agent 1 cannot be followed by agent 1"):
            changed.acting(kuhn, 1)


def test_what_is_no_policy_cannot_be_saved(tmp_path):
    with pytest.raises(GamesolveError, match="a str cannot be saved"):
        save_policy("policy", tmp_path / "policy")


def test_a_folder_that_cannot_be_written_is_named(policies, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(GamesolveError, match="cannot write"):
        save_policy(policies["histories"], tmp_path / "file" / "policy")


@pytest.mark.parametrize("saved", ["histories"], indirect=True)
def test_a_write_that_never_finished_does_no_harm(saved, policies):
    (saved / f".{TABLE}.partial").write_bytes(b"half")
    assert load_policy(saved) == policies["histories"]
