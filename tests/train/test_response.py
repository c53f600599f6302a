"""`train`: the best of what is learnt, scripted and known, with a run that goes on after any end."""

import json

import numpy as np
import pytest

from gamesolve import load_game, load_policy, save_policy
from gamesolve.base.errors import GamesolveError, UnfinishedError
from gamesolve.base.ledger import read_journal
from gamesolve.base.runs import read_result
from gamesolve.policies.files import read_card
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.train import resume, train

SMALL = {"budget": 4_000, "settings": {"rollout": 512, "minibatch": 256, "batch": 32}, "validation": 200, "episodes": 400}


@pytest.fixture(scope="module")
def flipit():
    return load_game("flipit", horizon=4)


def files_of(folder):
    """All files of a run but those that may differ, by name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("timings.json", "lock")
    }


def test_the_answer_is_the_best_candidate_measured_on_fresh_episodes(flipit):
    found = train(flipit, "defender", "periodic:period=2", **{**SMALL, "budget": 60_000, "settings": {}})
    best = max(found.tried, key=lambda one: one.mean)
    assert found.chosen == best.candidate.name
    assert found.policy == best.candidate.policy
    assert {one.candidate.name for one in found.tried} > {"random", "periodic", "never"}
    measured = found.returns["defender"]
    assert abs(measured["mean"] - best.mean) < 5.0 * (measured["standard_error"] + best.standard_error)
    assert found.decisions >= 60_000
    assert found.stopped == "budget"


def test_the_exact_response_is_never_worse(flipit):
    exact = train(flipit, "defender", "periodic:period=2", learner="exact", **{**SMALL, "settings": {}})
    assert (exact.chosen, exact.stopped, exact.decisions) == ("exact", "done", 0)
    measured = exact.returns["defender"]
    assert exact.exact_return.upper - exact.exact_return.lower < 1e-9
    assert measured["mean"] == pytest.approx(exact.exact_return.lower, abs=5.0 * measured["standard_error"] + 1e-9)
    assert all(one.mean <= exact.tried[0].mean + 1e-9 for one in exact.tried)


def test_a_list_of_opponents_is_a_mixture_and_each_is_reported(flipit):
    found = train(flipit, "attacker", ["never", "periodic:period=2"], **SMALL)
    assert list(found.each) == ["never", "periodic:period=2"]
    total = 0.5 * sum(one["attacker"]["mean"] for one in found.each.values())
    error = sum(one["attacker"]["standard_error"] for one in (found.returns, *found.each.values()))
    assert found.returns["attacker"]["mean"] == pytest.approx(total, abs=2.0 * error)


def test_a_known_policy_wins_where_it_is_better(flipit):
    exact = train(flipit, "defender", "periodic:period=2", learner="exact", **{**SMALL, "settings": {}}).policy
    found = train(flipit, "defender", "periodic:period=2", known=[exact], **SMALL)
    best = max(one.mean for one in found.tried)
    assert next(one.mean for one in found.tried if one.candidate.policy is exact) == best


def test_a_known_network_is_a_start(flipit, tmp_path):
    first = train(flipit, "defender", "periodic:period=2", **SMALL)
    network = next(one.candidate.policy for one in first.tried if one.candidate.learner)
    save_policy(network, tmp_path / "before")
    again = train(flipit, "defender", "periodic:period=2", known=[str(tmp_path / "before")], **SMALL)
    assert [one.unit.name for one in again.trainings] == ["ppo, seed 0", f"ppo, from {tmp_path / 'before'}"]


def test_a_known_network_that_is_no_start_is_named_and_still_a_candidate(flipit):
    first = train(flipit, "defender", "periodic:period=2", **{**SMALL, "settings": {**SMALL["settings"], "hidden": [8]}})
    network = first.trainings[0].snapshots[-1]
    again = train(flipit, "defender", "periodic:period=2", known=[network, "never"], **SMALL)
    assert [one.unit.name for one in again.trainings] == ["ppo, seed 0"]
    (note,) = again.notes
    assert note.startswith("ppo does not start from NeuralPolicy: learning cannot start from a network of the defender")
    assert "NeuralPolicy" in {one.candidate.name for one in again.tried}


def test_a_run_holds_question_answer_and_how_it_came_about(flipit, tmp_path):
    found = train(flipit, "defender", ["periodic:period=2", "never"], out=tmp_path / "run", seeds=2, **SMALL)
    result = read_result(tmp_path / "run")
    assert result["returns"] == found.returns
    assert load_policy(tmp_path / "run" / "policies" / "defender") == found.policy
    card = read_card(tmp_path / "run" / "policies" / "defender" / "card.json")
    assert card["about"]["training"]["against"] == ["periodic:period=2", "never"]
    assert card["about"]["evaluation"]["returns"] == found.returns
    marks = read_journal(tmp_path / "run" / "trainings" / "1")
    assert len(marks) == len(found.trainings[1].marks)
    curve = (tmp_path / "run" / "tables" / "learning_curve.csv").read_text().splitlines()
    assert curve[0] == "training,decisions,episodes,mean,standard_error,entropy"
    assert len(curve) == 1 + sum(len(one.marks) for one in found.trainings)


def test_a_run_that_is_interrupted_anywhere_ends_in_the_same_files(flipit, tmp_path):
    options = {**SMALL, "seeds": 2, "known": ["periodic:period=3"]}
    whole = tmp_path / "whole"
    train(flipit, "attacker", "periodic:period=2", out=whole, **options)
    for halts in (1, 3, 6):
        folder = tmp_path / str(halts)
        asked = [0]

        def stop(limit=halts, asked=asked):
            asked[0] += 1
            return asked[0] > limit

        halted = train(flipit, "attacker", "periodic:period=2", out=folder, stop=stop, **options)
        assert halted.stopped == "interrupt"
        assert halted.policy is not None
        resume(folder)
        expected, found = files_of(whole), files_of(folder)
        assert found == expected


def test_a_run_that_is_stopped_again_at_once_knows_what_it_has_spent(flipit, tmp_path):
    asked = [0]

    def stop():
        asked[0] += 1
        return asked[0] > 2

    first = train(flipit, "attacker", "periodic:period=2", out=tmp_path / "run", stop=stop, **SMALL)
    again = resume(tmp_path / "run", stop=lambda: True)
    assert again.decisions == first.decisions > 0
    assert [one.candidate.name for one in again.tried] == [one.candidate.name for one in first.tried]


def test_who_stops_the_trial_of_candidates_ends_it_and_the_run_goes_on(flipit, tmp_path):
    whole, folder, heard = tmp_path / "whole", tmp_path / "halted", []
    train(flipit, "attacker", "never", out=whole, **SMALL)
    with pytest.raises(UnfinishedError, match="stopped before the candidates were tried"):
        train(
            flipit, "attacker", "never", out=folder, progress=lambda one: heard.append(one.phase), stop=lambda: "episodes" in heard, **SMALL
        )
    resume(folder)
    assert files_of(folder) == files_of(whole)


@pytest.mark.parametrize("learner", ["ppo", "dqn", "tabular"])
def test_a_role_with_nothing_to_decide_is_said_to_have_none(learner):
    # Tabular learning counts the opponent's decisions too, and so it ends.
    game = load_game("inspection", periods=2, inspections=0)
    found = train(game, "defender", "random", learner=learner, budget=64, validation=2, episodes=2)
    assert learner == "tabular" or any("there was nothing to decide in 10,0" in note for note in found.notes)
    assert found.policy.role == "defender"


def test_opponents_of_one_name_are_told_apart(flipit):
    tables = [
        train(flipit, "attacker", words, learner="exact", validation=2, episodes=2).policy for words in ("never", "periodic:period=1")
    ]
    found = train(flipit, "defender", [*tables, "never"], **SMALL)
    assert found.against == tuple(found.each) == ("TabularPolicy 1", "TabularPolicy 2", "never")


@pytest.mark.parametrize("killed", ["ppo, seed 1", "ppo, seed 2"])
def test_a_run_that_is_killed_in_the_first_step_of_a_training_ends_in_the_same_files(flipit, tmp_path, killed):
    class Killed(BaseException):
        pass

    def heard(name, step):
        if name == killed:
            raise Killed

    options = {**SMALL, "seeds": 3}
    whole = train(flipit, "attacker", "periodic:period=2", out=tmp_path / "whole", **options)
    with pytest.raises(Killed):
        train(flipit, "attacker", "periodic:period=2", out=tmp_path / "run", heard=heard, **options)
    found = resume(tmp_path / "run")
    assert [one.decisions for one in found.trainings] == [one.decisions for one in whole.trainings]
    assert files_of(tmp_path / "run") == files_of(tmp_path / "whole")


def test_a_training_that_breaks_down_is_named_and_survived(flipit, tmp_path):
    from gamesolve.learners import ppo

    original, calls = ppo.descend, [0]

    def descend(loss, *arguments, **options):
        calls[0] += 1
        original(loss * float("nan") if calls[0] == 12 else loss, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ppo, "descend", descend)
        found = train(flipit, "defender", "periodic:period=2", out=tmp_path / "run", seeds=2, **SMALL)
    assert "training ppo, seed 0: learning broke down after" in found.notes[0]
    assert [one.over for one in found.trainings] == ["failed", "budget"]
    assert found.policy is not None
    assert read_result(tmp_path / "run")["notes"] == list(found.notes)


@pytest.mark.parametrize("lost", [False, True])
def test_a_training_that_crashes_is_named_and_survived_with_its_policy_where_there_is_one(flipit, tmp_path, monkeypatch, lost):
    from gamesolve.learners import ppo

    original, own, calls = ppo.descend, ppo.PPO.policy, [0]

    def descend(loss, *arguments, **options):
        calls[0] += 1
        if calls[0] == 12:
            raise ZeroDivisionError("division by zero")
        original(loss, *arguments, **options)

    def policy(learner):
        if lost and calls[0] == 12:
            raise RuntimeError("CUDA error")
        return own(learner)

    monkeypatch.setattr(ppo, "descend", descend)
    monkeypatch.setattr(ppo.PPO, "policy", policy)
    found = train(flipit, "defender", "periodic:period=2", out=tmp_path / "run", seeds=2, **SMALL)
    assert found.notes == ("training ppo, seed 0: ZeroDivisionError: division by zero",)
    assert [one.over for one in found.trainings] == ["failed", "budget"]
    assert (found.trainings[0].last is None) == lost


def test_time_ends_a_training_with_what_there_is(flipit, tmp_path):
    found = train(flipit, "defender", "never", out=tmp_path / "run", time_limit=1e-9, **SMALL)
    assert found.stopped == "time"
    assert resume(tmp_path / "run").stopped == "budget"


def test_it_is_said_where_nothing_was_learnt(flipit):
    found = train(flipit, "defender", "periodic:period=1", stop=lambda: True, **SMALL)
    assert (found.decisions, found.stopped) == (0, "interrupt")
    assert found.notes == ("nothing was learnt: it was interrupted first",)


def test_a_run_keeps_its_opponents(flipit, tmp_path):
    opponent = Mixture(tuple(ScriptedPolicy.named(flipit, "attacker", f"periodic:period={k}") for k in (1, 2)), np.array([0.5, 0.5]))
    save_policy(opponent, tmp_path / "opponent")
    train(flipit, "defender", str(tmp_path / "opponent"), out=tmp_path / "run", time_limit=1e-9, **SMALL)
    (tmp_path / "opponent" / "card.json").unlink()
    assert resume(tmp_path / "run").stopped == "budget"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"role": "bystander"}, "role 'bystander' is unknown; it is defender or attacker"),
        ({"budget": 0}, "the budget is 0; it lies in 1 to"),
        ({"learner": "pppo"}, r"unknown learner 'pppo' \(did you mean 'ppo'\?\)"),
        ({"settings": {"rolout": 3}}, r"unknown setting of ppo 'rolout' \(did you mean 'rollout'\?\)"),
        ({"learner": "exact", "settings": {"rollout": 64}}, "the exact response has no settings"),
        ({"against": "periodical"}, "unknown attacker policy"),
        ({"against": []}, "nobody to train against"),
        ({"device": "tpu"}, "device 'tpu' is unknown; it is cpu or cuda"),
        ({"seed": -1}, "the seed is -1"),
        ({"episodes": 1}, "the number of episodes is 1"),
    ],
)
def test_what_is_out_of_range_is_refused_and_leaves_nothing(flipit, tmp_path, change, words):
    asked = {"role": "defender", "against": "never", **SMALL, "out": tmp_path / "run", **change}
    with pytest.raises(GamesolveError, match=words):
        train(flipit, asked.pop("role"), asked.pop("against"), **asked)
    assert not (tmp_path / "run" / "result.json").exists()


def test_a_damaged_configuration_is_refused(flipit, tmp_path):
    train(flipit, "defender", "never", out=tmp_path / "run", **SMALL)
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    config.pop("budget")
    (tmp_path / "run" / "config.json").write_text(json.dumps(config))
    with pytest.raises(GamesolveError, match=r"is damaged: KeyError\('budget'\)"):
        resume(tmp_path / "run")
