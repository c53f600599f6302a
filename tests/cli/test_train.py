"""`gamesolve train`: what is asked, what is said, and how a run goes on."""

import json

import pytest

SMALL = ("--budget", "3000", "--validation", "100", "--episodes", "200")


@pytest.fixture
def config(tmp_path):
    (tmp_path / "ppo.toml").write_text("rollout = 512\nminibatch = 256\nbatch = 32\nhidden = [16]\n")
    return "ppo.toml"


def asked(*words, config=None):
    settings = ("--config", config) if config else ()
    return ("train", "flipit", "-p", "horizon=3", "--role", "defender", "--against", "periodic:period=1", *SMALL, *settings, *words)


def test_json_has_its_keys_and_nothing_else(gamesolve, config, tmp_path):
    said = gamesolve(*asked("--json", "--out", "run", config=config))
    assert said.code == 0
    answer = json.loads(said.out)
    assert list(answer) == [
        "schema", "game", "parameters", "role", "against", "learner", "decisions", "returns", "exact_return", "each", "chosen",
        "best_learnt", "seconds", "stopped", "notes", "policy", "run",
    ]  # fmt: skip
    assert (answer["schema"], answer["role"], answer["against"]) == ("gamesolve.train/1", "defender", ["periodic:period=1"])
    assert set(answer["returns"]["defender"]) == {"mean", "std", "standard_error"}
    assert answer["decisions"] >= 3_000
    assert answer["best_learnt"]["name"].startswith("ppo, seed 0")
    assert (tmp_path / answer["policy"] / "card.json").is_file()


def test_people_are_told_what_was_found_and_where_it_is(gamesolve, config):
    said = gamesolve(*asked("--against", "never", "--out", "run", config=config))
    assert said.code == 0
    assert "periodic:period=1 or never" in said.out
    assert "best response" in said.out
    lines = dict(line.split("  ", 1) for line in said.out.splitlines() if "  " in line.strip())
    assert "ppo, seed 0" in lines["best response"] + lines.get("best that was learnt", "")
    assert "  against never" in said.out
    assert "budget spent after" in said.out
    assert "learning  training ppo, seed 0  learnt" in said.err


def test_a_policy_that_was_learnt_is_evaluated_and_played(gamesolve, config):
    gamesolve(*asked("--out", "run", config=config))
    assert json.loads(gamesolve("evaluate", "flipit", "run", "--json").out)["judged"] == ["defender"]
    assert gamesolve("evaluate", "flipit", "run/policies/defender").code == 0
    assert gamesolve("simulate", "flipit", "--defender", "run/policies/defender", "--episodes", "10").code == 0


def test_a_run_that_time_ended_goes_on(gamesolve, config):
    said = gamesolve(*asked("--out", "run", "--time-limit", "0.001s", config=config))
    assert "stopped by time; go on with: gamesolve resume run" in said.err
    resumed = gamesolve("resume", "run", "--json")
    assert json.loads(resumed.out)["stopped"] == "budget"
    assert "nothing is left to do" in gamesolve("resume", "run").err


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--learner", "ddqn"), "unknown learner 'ddqn'"),
        (("--config", "absent.toml"), "absent.toml"),
        (("--budget", "-3"), "the budget is -3"),
        (("--against", "nobody"), "unknown attacker policy of flipit 'nobody'"),
        (("--device", "tpu"), "device 'tpu' is unknown; it is cpu or cuda"),
        (("--learner", "exact", "--memory", "10"), "the memory limit is 10 bytes"),
        (("--learner", "exact", "--device", "tpu"), "device 'tpu' is unknown"),
        (("-p", "discount=0.9", "-p", "horizon=0"), "given twice"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_and_nothing_is_left(gamesolve, tmp_path, words, error):
    said = gamesolve(*asked(*words, "--out", "run"))
    assert (said.code, said.out) == (2, "")
    assert error in said.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("game", "learner", "error"),
    [
        ("openspiel:hanabi(players=2)", "ppo", "set memory to 'last' (in the file for --config, or in settings) to feed its observation"),
        ("openspiel:coin_game", "dqn", "makes no information-state tensors"),
        ("openspiel:kuhn_poker", "tabular", "learn by a network (ppo, dqn)"),
    ],
)
def test_a_game_that_a_learner_cannot_learn_is_refused_and_nothing_is_left(gamesolve, tmp_path, game, learner, error):
    said = gamesolve("train", game, "--role", "0", "--against", "random", "--learner", learner, *SMALL)
    assert (said.code, said.out) == (2, "")
    assert error in said.err
    assert not list((tmp_path / "runs").glob("*"))


def test_an_unknown_key_of_the_settings_is_refused_with_the_nearest(gamesolve, tmp_path):
    (tmp_path / "bad.toml").write_text("learning_rat = 0.1\n")
    said = gamesolve(*asked("--config", "bad.toml", "--out", "run"))
    assert "unknown setting of ppo 'learning_rat' (did you mean 'learning_rate'?)" in said.err
    (tmp_path / "bad.toml").write_text("learning_rate = = 3\n")
    assert "'bad.toml' is no TOML" in gamesolve(*asked("--config", "bad.toml", "--out", "run")).err
    assert not (tmp_path / "run").exists()


def test_tensorboard_s_files_stand_in_the_run(gamesolve, config, tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed (extra [tensorboard])")
    assert gamesolve(*asked("--tensorboard", "--out", "run", config=config)).code == 0
    assert list((tmp_path / "run" / "tensorboard" / "ppo-seed-0").glob("events.out.tfevents.*"))


def test_settings_are_written_and_used(gamesolve, tmp_path):
    assert gamesolve("new", "settings", "--learner", "ppo").code == 0
    text = (tmp_path / "ppo.toml").read_text()
    (tmp_path / "ppo.toml").write_text(text.replace("rollout = 8192", "rollout = 512"))
    assert gamesolve(*asked("--out", "run", config="ppo.toml")).code == 0
    said = gamesolve("new", "settings", "--learner", "ppo")
    assert (said.code, "exists already" in said.err) == (2, True)
    assert gamesolve("new", "settings", "--learner", "pppo").code == 2
