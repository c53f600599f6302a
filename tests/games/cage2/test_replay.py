"""Recorded episodes of the original are episodes of ours: reward, vector and hidden state, step by step."""

import dataclasses
from pathlib import Path

import pytest
from recordings import SAMPLE, recordings

from gamesolve import check_replay, load_game
from gamesolve.base.errors import GamesolveError

FULL = Path(__file__).resolve().parents[4] / "shared" / "data" / "cage2"
FILES = sorted(path.relative_to(FULL) for path in (*FULL.glob("*.npz"), *FULL.glob("extra/*.npz")))


def game_for(path, steps):
    """One step longer than the recording, so that its last observation is drawn."""
    return load_game("cage2", horizon=steps + 1, green="green" in path.name)


@pytest.mark.parametrize("path", sorted(SAMPLE.glob("*.npz")), ids=lambda path: path.stem)
def test_a_sample_of_the_recordings_replays(path, record_property):
    values = [check_replay(game_for(path, len(recording.actions)), recording) for recording in recordings(path)]
    record_property("recorded values replayed", sum(values))


@pytest.mark.slow
@pytest.mark.skipif(not FILES, reason="the full recordings do not lie beside this checkout; the sample replays without them")
@pytest.mark.parametrize("name", FILES, ids=lambda name: name.stem)
def test_all_recordings_replay(name, record_property):
    values = [check_replay(game_for(name, len(recording.actions)), recording) for recording in recordings(FULL / name)]
    record_property("recorded values replayed", sum(values))
    record_property("recorded episodes replayed", len(values))


@pytest.mark.parametrize("name", ["reward", "bits", "attacker success", "access", "exploit"])
def test_a_changed_recording_is_refuted_at_its_step_in_the_game_s_words(name):
    path = SAMPLE / "cage2_Random_B_line.npz"
    recording = next(recordings(path))
    values = recording.expected[name].copy()
    values[40] = values[40] + 1 if values.ndim == 1 else 1 - values[40]
    changed = dataclasses.replace(recording, expected={**recording.expected, name: values})
    with pytest.raises(GamesolveError, match=rf"after step 40, defender '\w+.*', attacker '\w+.*: {name}.* was recorded as"):
        check_replay(game_for(path, 100), changed)


def test_the_last_observation_needs_a_longer_horizon():
    recording = next(recordings(SAMPLE / "cage2_Sleep_B_line.npz"))
    with pytest.raises(GamesolveError, match="needs a horizon beyond them"):
        check_replay(load_game("cage2", horizon=100), recording)


def test_an_action_that_is_not_legal_is_named():
    recording = next(recordings(SAMPLE / "cage2_Sleep_B_line.npz"))
    actions = recording.actions.copy()
    actions[0, 1] = 43
    with pytest.raises(GamesolveError, match=r"step 0: action 43 of 'attacker' is not legal; legal are Sleep, "):
        check_replay(load_game("cage2", horizon=101), dataclasses.replace(recording, actions=actions))


def test_repaired_defects_are_refuted():
    recording = next(recordings(SAMPLE / "lock_B_line.npz"))
    with pytest.raises(GamesolveError, match="does not explain episode 0 of lock_B_line"):
        check_replay(load_game("cage2", horizon=101, preset="debugged"), recording)
