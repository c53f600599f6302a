"""Functions as policies: what they are passed, how they play, and that nothing they do goes unexplained."""

import sys

import numpy as np
import pytest

from gamesolve import load_game
from gamesolve.base.errors import GamesolveError
from gamesolve.evaluate import evaluate
from gamesolve.policies.files import save_policy
from gamesolve.policies.function import CODE, FunctionPolicy, from_code
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.rules.signals import width
from gamesolve.solvers.best_response import expected_returns
from gamesolve.views.acting import RANDOMLY
from gamesolve.views.simulator import Simulator, simulate
from gamesolve.views.tree_build import build_tree, walk_tree


def uniform(signals, mask):
    return mask / mask.sum(axis=1, keepdims=True)


def by_history(signals, mask, actions):
    """Probabilities that depend on everything an agent has seen and done."""
    told = signals.reshape(len(signals), -1).sum(axis=1) + 3 * actions.sum(axis=1) + signals.shape[1]
    weights = mask * (1.0 + (told[:, None] + np.arange(mask.shape[1])) % 5)
    return weights / weights.sum(axis=1, keepdims=True)


def policy(game, function, role="defender"):
    return FunctionPolicy(game, role, "mine:act", function)


def test_a_function_is_passed_the_agents_own_history_all_of_one_length():
    game = load_game("flipit", horizon=4, defender_information="last_move")
    seen = []

    def watch(signals, mask, actions, agent):
        n, t = actions.shape
        assert signals.shape == (n, t, width(game.agents[0].signals))
        assert signals.dtype == actions.dtype == np.int16
        assert mask.shape == (n, 2)
        assert mask.dtype == np.bool_
        assert (actions[:, 0] == -1).all()
        seen.append((agent, t, n))
        return uniform(signals, mask)

    Simulator(game, 8, acting=[policy(game, watch).acting(game, 0), RANDOMLY]).run(0, 8)
    assert [(agent, t) for agent, t, _ in seen] == [("defender", t) for t in (1, 2, 3, 4)]
    assert {n for *_, n in seen} == {8}


def test_rows_at_different_steps_come_in_calls_of_their_own():
    game = load_game("stopping")
    lengths = []

    def watch(signals, mask):
        lengths.append(signals.shape[1])
        return uniform(signals, mask)

    Simulator(game, 16, acting=[policy(game, watch).acting(game, 0), RANDOMLY]).run(0, 64)
    assert len(set(lengths)) > 2


def test_a_function_for_a_team_is_told_which_agent_acts():
    game = load_game("pool", defenders=2, horizon=2)
    names = set()

    def watch(signals, mask, *, agent):
        names.add(agent)
        return uniform(signals, mask)

    acting = [(policy(game, watch).acting(game, i) if agent.role == "defender" else RANDOMLY) for i, agent in enumerate(game.agents)]
    Simulator(game, 4, acting=acting).run(0, 8)
    assert names == {game.agents[i].name for i in game.agents_of("defender")}


def test_what_a_function_changes_in_its_arguments_changes_nothing():
    game = load_game("kuhn")

    def spoil(signals, mask, actions):
        answer = by_history(signals, mask, actions)
        signals[:], mask[:], actions[:] = 7, True, 7
        return answer

    found = [Simulator(game, 8, seed=1, acting=[policy(game, f).acting(game, 0), RANDOMLY]).run(0, 200) for f in (by_history, spoil)]
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize(("name", "chosen"), [("kuhn", {}), ("stopping", {}), ("flipit", {"horizon": 3})])
def test_a_function_earns_in_play_what_its_table_earns_in_the_walk(name, chosen):
    game = load_game(name, **chosen)
    mine = policy(game, by_history)
    exact = expected_returns(walk_tree(game, [mine.behavioural(build_tree(game)).acting(game, 0), RANDOMLY]), (np.ones(1), np.ones(1)))
    found = simulate(game, [mine.acting(game, 0), RANDOMLY], episodes=4_000, seed=3)
    assert (np.abs(found.mean - exact) <= 4.0 * found.standard_error + 1e-9).all()


def test_what_a_function_does_does_not_depend_on_the_batch():
    game = load_game("stopping")
    acting = [policy(game, by_history).acting(game, 0), policy(game, by_history, "attacker").acting(game, 1)]
    assert len({Simulator(game, batch, seed=2, acting=acting).run(0, 200).tobytes() for batch in (1, 7, 256)}) == 1


def test_a_function_that_plays_as_the_random_policy_is_judged_as_it_is():
    game = load_game("kuhn")
    one, other = evaluate(game, uniform, role="defender"), evaluate(game, "random", role="defender")
    assert one.worst_case_return == other.worst_case_return
    assert one.exploitability == other.exploitability


def test_functions_make_a_profile_and_a_mixture():
    game = load_game("kuhn")
    found = evaluate(game, {"defender": uniform, "attacker": by_history})
    assert found.exploitability.kind == "exact"
    bets = ScriptedPolicy.named(game, "defender", "always_bet")
    mixed = evaluate(game, Mixture((policy(game, uniform), bets), np.array([0.5, 0.5])))
    assert mixed.worst_case_return["defender"].kind == "exact"


def test_a_function_is_played_where_the_tree_does_not_fit():
    found = evaluate(load_game("flipit", horizon=4), uniform, role="defender", memory=100, episodes=300)
    assert found.worst_case_return["defender"].kind == "estimated"
    assert "a function is evaluated through its behavioural equivalent" in found.notes[0]


RUBBISH = {
    "nan": (lambda signals, mask: np.where(mask, np.nan, 0.0), "gave nan for action 'pass'; a probability is finite"),
    "no answer": (lambda signals, mask: None, r"returned nothing; it returns probabilities of shape \(\d, 2\)"),
    "text": (lambda signals, mask: "raise", "gave a str, which is no array of numbers: ValueError"),
    "ragged": (lambda signals, mask: [[1.0], [0.5, 0.5]], "gave a list, which is no array of numbers: ValueError"),
    "one row": (lambda signals, mask: np.ones(2) / 2, r"gave probabilities of shape \(2,\)"),
    "too much": (lambda signals, mask: 1.0 * mask, "gave probabilities that add up to 2.0"),
    "negative": (lambda signals, mask: np.where(mask, [[2.0, -1.0]], 0.0), "gave -1.0 for action 'bet'"),
    "crash": (lambda signals, mask: 1 // 0, "failed: ZeroDivisionError: integer division or modulo by zero"),
    "exit": (lambda signals, mask: sys.exit("enough"), "failed: SystemExit: enough"),
    "silent": (lambda signals, mask: [][0] if mask.size else 0, "failed: IndexError"),
    "endless": (lambda signals, mask: RUBBISH["endless"][0](signals, mask), "failed: RecursionError"),
    "too few": (lambda signals: 0, r"failed: TypeError: .*takes 1 positional argument"),
}


@pytest.mark.parametrize("case", RUBBISH)
def test_a_function_that_gives_rubbish_or_fails_is_named(case):
    function, words = RUBBISH[case]
    game = load_game("kuhn")
    for attempt in (
        lambda: policy(game, function).behaviour_on(build_tree(game)),
        lambda: Simulator(game, 4, acting=[policy(game, function).acting(game, 0), RANDOMLY]).run(0, 4),
        lambda: evaluate(game, policy(game, function)),
    ):
        with pytest.raises(GamesolveError, match=f"policy 'mine:act' {words}") as error:
            attempt()
        assert "\n" not in str(error.value)


def test_what_is_not_legal_has_no_probability():
    with pytest.raises(GamesolveError, match=r"policy 'mine:act' gave 0\.3\d* for action 'fold', which is not legal there"):
        policy(load_game("leduc"), lambda signals, mask: np.full(mask.shape, 1 / 3)).behaviour_on(build_tree(load_game("leduc")))


def test_an_interrupt_goes_through_a_function():
    def interrupted(signals, mask):
        raise KeyboardInterrupt

    game = load_game("kuhn")
    with pytest.raises(KeyboardInterrupt):
        policy(game, interrupted).behaviour_on(build_tree(game))


def test_what_a_function_prints_goes_to_standard_error(capsys):
    game = load_game("kuhn")

    def chatty(signals, mask):
        print("thinking")
        return uniform(signals, mask)

    policy(game, chatty).behaviour_on(build_tree(game))
    said = capsys.readouterr()
    assert (said.out, "thinking" in said.err) == ("", True)


def test_a_function_cannot_be_saved(tmp_path):
    game = load_game("kuhn")
    for one in (policy(game, uniform), Mixture((policy(game, uniform),), np.ones(1))):
        with pytest.raises(GamesolveError, match="policy 'mine:act' cannot be saved: it is code"):
            save_policy(one, tmp_path / "policy")


def test_a_function_for_another_role_or_game_is_refused():
    with pytest.raises(GamesolveError, match="cannot be followed by 'attacker'"):
        policy(load_game("kuhn"), uniform).acting(load_game("kuhn"), 1)
    with pytest.raises(GamesolveError, match="cannot be used on"):
        policy(load_game("kuhn"), uniform).behaviour_on(build_tree(load_game("flipit", horizon=2)))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, in which modules are written."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_module_of_the_current_folder_is_found_also_in_a_package_and_in_an_object(folder):
    (folder / "defences").mkdir()
    (folder / "defences" / "first.py").write_text("class Best:\n  @staticmethod\n  def act(signals, mask): return mask\nbest = Best()\n")
    (folder / "plain_defence.py").write_text("def act(signals, mask): return mask\n")
    assert from_code("plain_defence:act")(0, 1) == from_code("defences.first:best.act")(0, 1) == 1


@pytest.mark.parametrize(
    ("text", "words", "sentence"),
    [
        ("", "nowhere_defence:act", "^there is no module 'nowhere_defence'; it is looked for in the current folder and where"),
        ("", "mine_defence.inner:act", "^there is no module 'mine_defence.inner'"),
        ("import nowhere_torch", "mine_defence:act", "^module 'mine_defence' cannot be imported: ModuleNotFoundError: .* 'nowhere_torch'"),
        ("1 // 0", "mine_defence:act", "^module 'mine_defence' cannot be imported: ZeroDivisionError"),
        ("def", "mine_defence:act", "^module 'mine_defence' cannot be imported: SyntaxError"),
        ("import sys; sys.exit()", "mine_defence:act", "^module 'mine_defence' cannot be imported: SystemExit$"),
        ("from sys import exit\ndef play(): 0", "mine_defence:act", "^module 'mine_defence' has no 'act'; it defines play$"),
    ],
)  # fmt: skip
def test_a_module_that_cannot_be_had_is_told_in_a_sentence(folder, text, words, sentence):
    (folder / "mine_defence.py").write_text(text)
    with pytest.raises(GamesolveError, match=sentence):
        from_code(words)


@pytest.mark.parametrize(
    ("words", "code"),
    [("a:b", True), ("a.b:c.d", True), ("periodic:period=3", False), ("periodic", False), ("./a:b", False), ("a:", False), ("1a:b", False)],
)
def test_words_that_mean_code(words, code):
    assert (CODE.fullmatch(words) is not None) == code
