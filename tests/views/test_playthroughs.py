"""Golden playthroughs: one written play of each game, which no change may alter unnoticed.

A change of behaviour raises the game's version and writes the plays anew: `python tests/views/test_playthroughs.py`.
"""

from pathlib import Path

import numpy as np
import pyspiel
import pytest

import gamesolve.views.openspiel  # noqa: F401 - registers the games

FOLDER = Path(__file__).with_name("playthroughs")
GAMES = {
    "kuhn": "gamesolve_kuhn",
    "leduc": "gamesolve_leduc",
    "inspection": "gamesolve_inspection",
    "stopping": "gamesolve_stopping",
    "flipit": "gamesolve_flipit(attacker_information=full,discount=0.5)",
    "markov_mtd": "gamesolve_markov_mtd(horizon=4)",
    "ids_policies": "gamesolve_ids_policies",
    "jamming": "gamesolve_jamming(horizon=2,objective=half)",
    "pool": "gamesolve_pool(resources=3,defenders=2,values=1 2 3,discount=0.5)",
    "attack_defence_tree": "gamesolve_attack_defence_tree",
    "attack_graph": "gamesolve_attack_graph(graph=tiny,attacker_picks=2,defenders=2)",
}


def playthrough(words: str) -> str:
    """A random play as text: before each move what every player knows, who moves, and what may be done."""
    game = pyspiel.load_game(words)
    state, rng = game.new_initial_state(), np.random.default_rng(0)
    lines = [f"game: {game}", f"players: {game.num_players()}, longest: {game.max_game_length()}"]
    while not state.is_terminal():
        lines += ["", str(state)]
        player = state.current_player()
        if state.is_chance_node():
            lines.append("chance: " + ", ".join(f"{k}: {p:.6g}" for k, p in state.chance_outcomes()))
        else:
            lines.append(f"player {player} sees: {state.observation_string(player)}")
            lines.append(f"player {player} may: " + ", ".join(state.action_to_string(player, a) for a in state.legal_actions()))
        action = int(rng.choice(state.legal_actions()))
        lines.append(f"move: {action}")
        state.apply_action(action)
    return "\n".join([*lines, "", str(state), "returns: " + ", ".join(f"{r:.9g}" for r in state.returns()), ""])


@pytest.mark.parametrize("name", GAMES)
def test_a_play_reads_as_it_did(name):
    assert playthrough(GAMES[name]) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, words in GAMES.items():
        (FOLDER / f"{name}.txt").write_text(playthrough(words), encoding="utf-8")
