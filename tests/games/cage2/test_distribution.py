"""Fresh episodes are distributed as the original's: totals of scripted pairs, and frequencies of what chance decides."""

import numpy as np
import pytest
from pairs import acting
from scipy.stats import chisquare

from gamesolve import load_game
from gamesolve.games.cage2 import rules
from gamesolve.games.cage2.tables import EXPLOIT_NAMES, EXPLOITS, NAMES, PORTS
from gamesolve.views.acting import PLAYING, RANDOMLY
from gamesolve.views.simulator import Simulator, simulate

EPISODES = 2_000
HORIZONS = (30, 50, 100)
#: Mean and standard deviation of totals at 30, 50 and 100 steps over 200 recorded episodes of the original.
RECORDED = {
    ("sleep", "b_line"): ((-218.21, 17.92), (-480.21, 17.92), (-1135.21, 17.92)),
    ("sleep", "meander"): ((-39.05, 19.24), (-263.66, 78.34), (-963.77, 85.41)),
    ("random", "b_line"): ((-154.84, 76.64), (-342.63, 160.50), (-761.98, 346.17)),
    ("random", "meander"): ((-31.70, 12.64), (-160.89, 87.91), (-590.08, 276.67)),
    ("vec_restore", "b_line"): ((-15.21, 3.84), (-28.25, 10.75), (-65.43, 33.08)),
    ("vec_restore", "meander"): ((-11.49, 1.29), (-23.16, 2.99), (-57.23, 12.26)),
}
#: A hand rule of the same description run in the original: means, and the standard error at 100 steps.
HAND_RULE = {"b_line": ((-3.98, -6.86, -14.87), 0.49), "meander": ((-5.72, -10.20, -21.52), 0.58)}


@pytest.mark.parametrize("pair", RECORDED, ids="-".join)
def test_mean_totals_agree_with_the_original_s(pair):
    for horizon, (mean, deviation) in zip(HORIZONS, RECORDED[pair], strict=True):
        game = load_game("cage2", horizon=horizon)
        found = simulate(game, acting(game, *pair), episodes=EPISODES, seed=horizon)
        combined = np.hypot(found.standard_error[0], deviation / np.sqrt(200))
        assert abs(found.mean[0] - mean) <= 3.0 * combined


@pytest.mark.parametrize("attacker", HAND_RULE)
def test_the_hand_rule_does_as_well_as_in_the_original(attacker):
    means, error = HAND_RULE[attacker]
    games = [load_game("cage2", horizon=horizon) for horizon in HORIZONS]
    found = [simulate(game, acting(game, "hand_rule", attacker), episodes=EPISODES, seed=game.horizon) for game in games]
    for ours, mean in zip(found, means, strict=True):
        # The error is known at 100 steps; at fewer it is smaller in proportion to the deviation.
        share = ours.standard_error[0] / found[-1].standard_error[0]
        assert abs(ours.mean[0] - mean) <= 3.0 * np.hypot(ours.standard_error[0], share * error)


def events(steps=400, batch=128, defender="sleep"):
    """STATE after each step of a random attacker's play, against a defender who never touches anything unless told: record [steps, B]."""
    game = load_game("cage2", horizon=1000)
    simulator = Simulator(game, batch, seed=11, acting=[acting(game, defender, "sleep")[0], RANDOMLY])
    seen = []
    for _ in range(steps):
        simulator.advance(1)
        seen.append(simulator.rows["state"].copy())
    return np.concatenate(seen)


@pytest.fixture(scope="module")
def seen():
    return events()


#: Without decoys: the chance of each concrete exploit on a host, from the original's ranks.
CHOICES = {
    "User1": {"FTPDirectoryTraversal": 0.75, "SSHBruteForce": 0.25},
    "User2": {"EternalBlue": 0.75, "BlueKeep": 0.25},
    "User3": {"HarakaRCE": 0.75, "HTTPSRFI": 1 / 12, "HTTPRFI": 1 / 12, "BlueKeep": 1 / 12},
    "User4": {"HarakaRCE": 0.75, "SQLInjection": 1 / 16, "HTTPSRFI": 1 / 16, "HTTPRFI": 1 / 16, "SSHBruteForce": 1 / 16},
    "Enterprise0": {"SSHBruteForce": 1.0},
    **{host: {"SSHBruteForce": 1.0} for host in ("Defender", "Op_Host0", "Op_Host1", "Op_Host2")},
    "User0": {"FTPDirectoryTraversal": 0.75, "SSHBruteForce": 0.25},
    "Enterprise1": {"HTTPSRFI": 0.75, "HTTPRFI": 1 / 16, "BlueKeep": 1 / 16, "SSHBruteForce": 1 / 16, "EternalBlue": 1 / 16},
    "Enterprise2": {"HTTPSRFI": 0.75, "HTTPRFI": 1 / 16, "BlueKeep": 1 / 16, "SSHBruteForce": 1 / 16, "EternalBlue": 1 / 16},
    "Op_Server0": {"SSHBruteForce": 1.0},
}


@pytest.mark.parametrize("host", CHOICES)
def test_exploits_are_drawn_by_rank(seen, host):
    drawn = seen["exploit"][(seen["target"] == 1 + NAMES.index(host)) & (seen["exploit"] > 0)]
    counts = np.bincount(drawn, minlength=len(EXPLOIT_NAMES))
    chances = np.array([CHOICES[host].get(name, 0.0) for name in EXPLOIT_NAMES])
    assert counts.sum() > 200
    assert not counts[chances == 0.0].any()
    assert chances.max() == 1.0 or chisquare(counts[chances > 0.0], counts.sum() * chances[chances > 0.0]).pvalue > 0.001


def by_rank(stored):
    """The chance of each concrete exploit by the ports of the attacker's last scan, worked out from the published ranks."""
    ports = {port for bit, port in enumerate(PORTS) if stored >> bit & 1}
    open_ones = [x for x in EXPLOITS if x.port in ports and (not x.either or ports & set(x.either))]
    ranked = sorted(open_ones, key=lambda x: -x.weight)
    rest = 0.25 / max(len(ranked) - 1, 1)
    return {x.name: (0.75 if k == 0 and len(ranked) > 1 else rest if len(ranked) > 1 else 1.0) for k, x in enumerate(ranked)}


def test_exploits_are_drawn_by_rank_where_decoys_stand():
    state = events(defender="random")
    tried = state[(state["target"] > 0) & (state["exploit"] > 0)]
    stored = tried["stored"][np.arange(len(tried)), tried["target"] - 1]
    values, sizes = np.unique(stored, return_counts=True)
    common = values[sizes > 300]
    assert len(common) >= 10
    for ports in common:
        counts = np.bincount(tried["exploit"][stored == ports], minlength=len(EXPLOIT_NAMES))
        chances = np.array([by_rank(int(ports)).get(name, 0.0) for name in EXPLOIT_NAMES])
        assert not counts[chances == 0.0].any()
        if chances.max() < 1.0:
            assert chisquare(counts[chances > 0.0], counts.sum() * chances[chances > 0.0]).pvalue > 0.001 / len(common)


def test_nineteen_of_twenty_shells_are_detected(seen):
    broken_in = (seen["seen"] == rules.CONNECTED) & (seen["attacker_success"] == rules.SUCCESS)
    detected = seen["shell"][broken_in].sum()
    assert broken_in.sum() > 1000
    assert chisquare([detected, broken_in.sum() - detected], broken_in.sum() * np.array([0.95, 0.05])).pvalue > 0.001


def test_nineteen_of_twenty_web_sessions_are_evicted_by_remove():
    game = load_game("cage2", horizon=1000)
    host, batch = NAMES.index("User3"), 256
    simulator = Simulator(game, batch, seed=4, acting=[PLAYING, RANDOMLY])
    remove, restore = (game.agents[0].actions.index(f"{word} User3") for word in ("Remove", "Restore"))
    fresh, evicted, kept = np.zeros(batch, np.bool_), 0, 0
    for _ in range(800):
        state = simulator.rows["state"]
        # What is not fresh is cleared away: sessions as root, and those that Remove has missed.
        defence = np.where(fresh, remove, restore)
        simulator.step(np.stack([defence, np.zeros_like(defence)], axis=1))
        sessions, touched = state["sessions"][:, host], state["target"] == 1 + host
        settled = fresh & ~touched & (sessions[:, rules.ROOT] == 0)
        evicted += (settled & (sessions.sum(axis=1) == 0)).sum()
        kept += (settled & (sessions.sum(axis=1) == 1)).sum()
        broken_in = touched & (state["seen"] == rules.CONNECTED) & (state["attacker_success"] == rules.SUCCESS)
        fresh = broken_in & (sessions.sum(axis=1) == 1) & (sessions[:, rules.ROOT] == 0)
    assert evicted + kept > 500
    assert chisquare([evicted, kept], (evicted + kept) * np.array([0.95, 0.05])).pvalue > 0.001
