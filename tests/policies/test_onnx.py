"""ONNX files as policies: what is read from them, how they play, and what is refused."""

import builtins

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper, numpy_helper
from onnx.external_data_helper import set_external_data
from random_networks import network

from gamesolve import Player, load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate import evaluate
from gamesolve.evaluate.play import play
from gamesolve.policies.features import Features
from gamesolve.policies.files import load_policy, read_card, save_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.onnx import OnnxPolicy
from gamesolve.policies.onnx_export import export_onnx
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.team import TeamPolicy
from gamesolve.solvers.best_response import expected_returns
from gamesolve.views.acting import HISTORY, PRESENT, RANDOMLY
from gamesolve.views.problem import problem_of
from gamesolve.views.simulator import Simulator, simulate
from gamesolve.views.tree_build import build_tree, walk_tree


def exported(policy, path):
    export_onnx(policy, path)
    return OnnxPolicy.read(policy.game, None, path)


def model(width, actions, *, rows="n", output="logits", metadata=None, nodes=None, given=TensorProto.FLOAT, weights=None):
    """The bytes of a file with one layer, or with other nodes, from `x` to the output."""
    ones = numpy_helper.from_array(np.full((width, actions), 0.5, np.float32) if weights is None else weights, "w")
    ends = [
        helper.make_tensor_value_info("x", given, [rows, width]),
        helper.make_tensor_value_info(output, TensorProto.FLOAT, [rows, actions]),
    ]
    graph = helper.make_graph(nodes or [helper.make_node("MatMul", ["x", "w"], [output])], "g", ends[:1], ends[1:], [ones])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(made, metadata or {})
    return made.SerializeToString()


def softmax_model(width, actions, **more):
    nodes = [helper.make_node("MatMul", ["x", "w"], ["z"]), helper.make_node("Softmax", ["z"], ["probabilities"], axis=1)]
    weights = np.random.default_rng(0).normal(size=(width, actions)).astype(np.float32)
    return model(width, actions, output="probabilities", nodes=nodes, weights=weights, **more)


KUHN = load_game("kuhn")
FED = Features.of(KUHN, "defender").count


@pytest.mark.parametrize(
    ("name", "chosen", "role", "memory", "pooled"),
    [
        ("kuhn", {}, "defender", "history", False),
        ("kuhn", {}, "attacker", "last", False),
        ("stopping", {}, "attacker", "last", False),
        ("pool", {"defenders": 2, "horizon": 3}, "defender", "history", False),
        ("pool", {"defenders": 2, "horizon": 3}, "defender", "last", True),
    ],
)
@pytest.mark.parametrize("greedy", [False, True])
def test_an_exported_network_comes_back_as_it_was(tmp_path, name, chosen, role, memory, pooled, greedy):
    game = load_game(name, **chosen)
    ours = network(game, role, memory=memory, pooled=pooled)
    ours = ours.made_greedy if greedy else ours
    theirs = exported(ours, tmp_path / "policy.onnx")
    assert (theirs.role, theirs.features.memory, theirs.features.pooled, theirs.greedy) == (role, memory, pooled, greedy)
    numbers = np.random.default_rng(1)
    inputs, masks = numbers.uniform(size=(300, ours.layers[0])).astype(np.float32), numbers.uniform(size=(300, ours.layers[-1])) < 0.7
    masks[:, 0] = True
    np.testing.assert_allclose(theirs.probabilities(inputs, masks), ours.probabilities(inputs, masks), atol=1e-6)


@pytest.mark.parametrize(("memory", "looks"), [("history", HISTORY), ("last", PRESENT)])
def test_a_file_says_whether_it_looks_back(tmp_path, memory, looks):
    game = load_game("stopping")
    policy = exported(network(game, "attacker", memory=memory), tmp_path / "policy.onnx")
    assert policy.acting(game, 1).looks == looks
    save_policy(policy, tmp_path / "saved")
    assert read_card(tmp_path / "saved" / "card.json")["memory"] == memory
    assert load_policy(tmp_path / "saved").acting(game, 1).looks == looks


def test_equal_networks_have_equal_bytes(tmp_path):
    one, other = (exported(network(KUHN, "defender"), tmp_path / name) for name in ("a.onnx", "b.onnx"))
    assert one == other
    assert one != exported(network(KUHN, "defender", seed=1), tmp_path / "c.onnx")


def test_a_network_trained_in_an_environment_is_fed_what_that_shows():
    from gamesolve.environments import make_env

    game = load_game("flipit", horizon=4, defender_information="last_move")
    env = make_env(game, "defender", opponent="random")
    shown, _ = env.reset(seed=3)
    policy = OnnxPolicy.of(game, "defender", softmax_model(len(shown), 2), name="m")
    fed = []
    object.__setattr__(policy, "probabilities", lambda inputs, masks: fed.append(inputs) or masks / masks.sum(axis=1, keepdims=True))
    Simulator(game, 8, acting=[policy.acting(game, 0), RANDOMLY]).run(0, 8)
    assert {len(row) for inputs in fed for row in inputs} == {len(shown)}
    np.testing.assert_array_equal(fed[0][0], shown)


def test_what_a_row_yields_does_not_depend_on_the_others():
    game = load_game("flipit", horizon=4)
    fed = Features.of(game, "defender").count
    policy = OnnxPolicy.of(game, "defender", softmax_model(fed, 2), name="m")
    inputs = np.random.default_rng(0).normal(size=(300, fed)).astype(np.float32)
    masks = np.ones((300, 2), np.bool_)
    whole = policy.probabilities(inputs, masks)
    assert all((policy.probabilities(inputs[k : k + 1], masks[:1]) == whole[k]).all() for k in range(0, 300, 7))
    acting = [policy.acting(game, 0), RANDOMLY]
    assert len({Simulator(game, batch, seed=2, acting=acting).run(0, 200).tobytes() for batch in (1, 7, 256)}) == 1


@pytest.mark.parametrize("rows", [1, 3, 1024])
def test_a_file_with_a_fixed_number_of_rows_says_the_same(rows):
    free, fixed = (OnnxPolicy.of(KUHN, "defender", softmax_model(FED, 2, rows=n), name="m") for n in ("n", rows))
    inputs, masks = np.random.default_rng(0).normal(size=(20, FED)).astype(np.float32), np.ones((20, 2), np.bool_)
    np.testing.assert_allclose(fixed.probabilities(inputs, masks), free.probabilities(inputs, masks), atol=1e-6)


@pytest.mark.parametrize(("name", "chosen"), [("kuhn", {}), ("stopping", {})])
def test_a_network_earns_in_play_what_its_table_earns_in_the_walk(tmp_path, name, chosen):
    game = load_game(name, **chosen)
    policy = exported(network(game, "defender"), tmp_path / "policy.onnx")
    exact = expected_returns(walk_tree(game, [policy.behavioural(build_tree(game)).acting(game, 0), RANDOMLY]), (np.ones(1), np.ones(1)))
    found = simulate(game, [policy.acting(game, 0), RANDOMLY], episodes=3_000, seed=3)
    assert (np.abs(found.mean - exact) <= 4.0 * found.standard_error + 1e-9).all()


def test_probabilities_of_what_is_not_legal_are_spread_over_the_rest():
    game = load_game("leduc")
    fed = Features.of(game, "defender").count
    policy = OnnxPolicy.of(game, "defender", softmax_model(fed, 3), name="m")
    inputs = np.random.default_rng(0).normal(size=(9, fed)).astype(np.float32)
    whole = policy.probabilities(inputs, np.ones((9, 3), np.bool_))
    some = policy.probabilities(inputs, np.tile([True, False, True], (9, 1)))
    np.testing.assert_allclose(some[:, [0, 2]], whole[:, [0, 2]] / whole[:, [0, 2]].sum(axis=1, keepdims=True), rtol=1e-6)
    assert evaluate(game, policy).worst_case_return["defender"].kind == "exact"


def test_a_file_is_judged_played_and_followed_by_its_path(tmp_path):
    ours = network(KUHN, "defender")
    path = str(tmp_path / "policy.onnx")
    export_onnx(ours, path)
    one, other = (evaluate(KUHN, policy).worst_case_return["defender"] for policy in (path, ours))
    assert one.upper == pytest.approx(other.upper, abs=1e-5)
    assert len(play(problem_of(KUHN), {"defender": path, "attacker": "random"}, episodes=20).returns) == 20
    assert Player(KUHN, path).act([0, 0]) in (0, 1)
    (tmp_path / "plain.onnx").write_bytes(softmax_model(FED, 2))
    assert evaluate(KUHN, str(tmp_path / "plain.onnx"), role="defender").worst_case_return["defender"].kind == "exact"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_file_that_torch_writes_is_a_policy(tmp_path):
    torch = pytest.importorskip("torch")
    layers = torch.nn.Sequential(torch.nn.Linear(FED, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    names = {"input_names": ["features"], "output_names": ["logits"]}
    torch.onnx.export(layers, (torch.zeros(1, FED),), str(tmp_path / "torch.onnx"), dynamo=False, **names)
    policy = OnnxPolicy.read(KUHN, "defender", tmp_path / "torch.onnx")
    inputs = np.random.default_rng(0).normal(size=(5, FED)).astype(np.float32)
    expected = torch.softmax(layers(torch.from_numpy(inputs)), 1).detach().numpy()
    np.testing.assert_allclose(policy.probabilities(inputs, np.ones((5, 2), np.bool_)), expected, atol=1e-6)


def test_a_team_shares_a_file_and_is_judged_by_play(tmp_path):
    game = load_game("pool", defenders=2, horizon=3)
    policy = exported(network(game, "defender"), tmp_path / "policy.onnx")
    found = evaluate(game, policy, episodes=100)
    assert found.worst_case_return["defender"].kind == "estimated"
    assert "a network that a team shares is not one table" in found.notes[0]


def test_it_comes_back_equal_from_a_folder_alone_in_a_mixture_and_in_a_team(tmp_path):
    game = load_game("pool", defenders=2, horizon=3)
    policy, never = exported(network(game, "defender"), tmp_path / "policy.onnx"), ScriptedPolicy.named(game, "defender", "never")
    for name, one in {
        "alone": policy,
        "mixture": Mixture((policy, never), np.array([0.25, 0.75])),
        "team": TeamPolicy((policy, never)),
    }.items():
        save_policy(one, tmp_path / name)
        assert load_policy(tmp_path / name) == one
    data = bytearray((tmp_path / "alone" / "policy.onnx").read_bytes())
    data[-1] ^= 1
    (tmp_path / "alone" / "policy.onnx").write_bytes(bytes(data))
    with pytest.raises(GamesolveError, match=r"policy\.onnx' is damaged"):
        load_policy(tmp_path / "alone")


def external():
    made = ModelProto.FromString(model(FED, 2))
    weights = made.graph.initializer[0]
    set_external_data(weights, "weights.bin")
    weights.ClearField("raw_data")
    weights.data_location = TensorProto.EXTERNAL
    return made.SerializeToString()


def layouts():
    history, last = (Features.of(KUHN, "defender", memory) for memory in ("history", "last"))
    return rf"{history.count} \(history\) or {last.count} \(last\) or {last.block} \(observation\)"


CAST = [helper.make_node("Cast", ["x"], ["f"], to=TensorProto.FLOAT), helper.make_node("MatMul", ["f", "w"], ["logits"])]
REFUSED = {
    "empty": (b"", "cannot be read: "),
    "no model": (b"onnx" * 100, "cannot be read: InvalidProtobuf"),
    "cut short": (model(FED, 2)[:-20], "cannot be read: "),
    "weights elsewhere": (external(), "keeps weights outside the file; export it with all of them inside"),
    "another width": (model(FED + 1, 2), rf"its input is {FED + 1} wide; for a defender of kuhn\(\) it is {layouts()}"),
    "another memory": (model(FED, 2, metadata={"memory": "last"}), rf"its input is {FED} wide; .* it is \d+ \(last\)$"),
    "unknown memory": (model(FED, 2, metadata={"memory": "elephant"}), "'memory' is 'elephant'; it is history or last or observation"),
    "unknown flag": (model(FED, 2, metadata={"greedy": "maybe"}), "its metadata 'greedy' are 'maybe'; they are true or false"),
    "another role": (model(FED, 2, metadata={"role": "attacker"}), "it is a policy of the attacker, not of the defender"),
    "no role": (model(FED, 2, metadata={"role": "king"}), "its role is 'king'"),
    "another game": (model(FED, 2, metadata={"fingerprint": "0", "game": "chess()"}), r"for 'chess\(\)' \(fingerprint '0'\), not for kuhn"),
    "another output": (model(FED, 2, output="action"), r"its outputs are 'action' \(tensor\(float\) \['n', 2\]\); one is 'logits' or"),
    "too few actions": (model(FED, 1), r"its output has shape \(128, 1\) for 128 rows; it is \(128, 2\)"),
    "doubles": (model(FED, 2, given=TensorProto.DOUBLE, nodes=CAST), r"its inputs are 'x' \(tensor\(double\)"),
    "too many rows": (model(FED, 2, rows=4096), "its input has 4096 rows; it has any number, or a fixed one from 1 to 1024"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_is_no_policy_is_refused_in_a_sentence_with_its_name(case):
    data, words = REFUSED[case]
    with pytest.raises(GamesolveError, match=f"^ONNX policy 'mine.onnx'.*{words}") as error:
        OnnxPolicy.of(KUHN, "defender", data, name="mine.onnx")
    assert "\n" not in str(error.value)


def test_weights_of_another_file_are_not_read_even_where_it_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.bin").write_bytes(np.zeros((FED, 2), np.float32).tobytes())
    with pytest.raises(GamesolveError, match="keeps weights outside the file"):
        OnnxPolicy.of(KUHN, "defender", external(), name="mine.onnx")


def test_a_role_has_to_be_known():
    with pytest.raises(GamesolveError, match="its role is None; give role 'defender' or 'attacker'"):
        OnnxPolicy.of(KUHN, None, model(FED, 2), name="mine.onnx")


def nodes_of(operation):
    return [helper.make_node("MatMul", ["x", "w"], ["z"]), helper.make_node(operation, ["z"], ["logits"])]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (model(FED, 2, nodes=nodes_of("Log"), weights=np.full((FED, 2), -1.0, np.float32)), "it gave the logit nan; logits are numbers"),
        (model(FED, 2, nodes=nodes_of("Reciprocal"), weights=np.zeros((FED, 2), np.float32)), "it gave the logit inf"),
        (model(FED, 2, output="probabilities"), r"it gave the probabilities \[.*\]; they are not negative and add up to 1"),
    ],
)
def test_a_network_that_gives_no_probabilities_is_named(data, words):
    policy = OnnxPolicy.of(KUHN, "defender", data, name="mine.onnx")
    with pytest.raises(GamesolveError, match=f"^ONNX policy 'mine.onnx': {words}"):
        policy.behaviour_on(build_tree(KUHN))
    with pytest.raises(GamesolveError, match=f"^ONNX policy 'mine.onnx': {words}"):
        Simulator(KUHN, 4, acting=[policy.acting(KUHN, 0), RANDOMLY]).run(0, 4)


def test_a_network_that_remembers_by_itself_has_no_file(tmp_path):
    with pytest.raises(GamesolveError, match=r"a network with memory 'recurrent' for kuhn.* has no ONNX file"):
        export_onnx(network(KUHN, "defender", memory="recurrent"), tmp_path / "policy.onnx")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(GamesolveError, match=r"cannot read '.*gone\.onnx': No such file"):
        evaluate(KUHN, str(tmp_path / "gone.onnx"), role="defender")


def test_the_extra_that_brings_the_library_is_told(monkeypatch, tmp_path):
    real = builtins.__import__

    def without(name, *more):
        if name.partition(".")[0] in ("onnx", "onnxruntime"):
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        GamesolveError, match=r"onnxruntime is not installed; it comes with the extra \[onnx\]: pip install 'gamesolve\[onnx\]'"
    ):
        OnnxPolicy.of(KUHN, "defender", b"", name="mine.onnx")
    with pytest.raises(GamesolveError, match="onnx is not installed"):
        export_onnx(network(KUHN, "defender"), tmp_path / "policy.onnx")
