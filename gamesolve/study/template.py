"""A study file to begin with, commented, for a game and its own policies."""

from __future__ import annotations

import json

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import load_game
from gamesolve.rules.game import Game
from gamesolve.rules.scripted import Scripted
from gamesolve.study.file import NEW_FAMILY, SAME_FAMILY, SEEN
from gamesolve.study.roster import ATTACKER, DEFENDER


def study_text(name: str) -> str:
    """A study of a game, its own attackers shared out among the tiers.

    Raises:
        GamesolveError: there is no such game, or it has no attackers of its own or no end.
    """
    game: Game = load_game(name)
    attackers = [one for one in game.policies if one.role == ATTACKER]
    if not attackers or game.horizon is None:
        what = "has no attackers of its own" if game.horizon is not None else "has no end with its default parameters"
        raise GamesolveError(f"{name} {what}, so no study of it can be made up; write one by hand, after one of another game")
    chosen = f" horizon = {game.horizon} " if "horizon" in type(game.parameters).model_fields else ""
    head = [
        f"# A study of {name}; 'gamesolve study FILE --dry-run' prints what it would compute, and how long that takes.",
        f'title = "How do defenders of {name} fare against attackers that they never met?"',
        "",
        "[game]",
        f'name = "{name}"',
        f"parameters = {{{chosen}}}  # 'gamesolve games {name}' lists all",
        "",
    ]
    return "\n".join([*head, *_attackers(game, attackers), *_defenders(game), *_rest(), ""])


def _attackers(game: Game, attackers: list[Scripted]) -> list[str]:
    first, *others = attackers
    half = len(others) // 2
    # The first of the seen that has a setting to change.
    changed, moved = next(((one, found) for one in (first, *others[:half]) if (found := _other_settings(one))), (first, {}))
    lines = [f"[attackers.{SEEN}]  # training may use these", _entry(first.name, first.name, {})]
    lines += [_entry(one.name, one.name, {}) for one in others[:half]]
    lines += ["", f"[attackers.{SAME_FAMILY}]  # the same policies with parameters never seen; a list makes a family: period = [4, 5]"]
    lines += [_entry(f"{changed.name}_other", changed.name, moved)] if moved else ["# no seen policy has settings to be changed"]
    lines += ["", f"[attackers.{NEW_FAMILY}]  # policies never seen: of the game, saved ones, or runs"]
    lines += [_entry(one.name, one.name, {}) for one in others[half:]]
    lines += [
        "", "[attackers.adaptive]  # trained against each frozen defender, and never shown to training",
        'learned = { learner = ["ppo", "dqn"], budget = 1_000_000, seeds = 1 }', "",
    ]  # fmt: skip
    return lines


def _defenders(game: Game) -> list[str]:
    heuristics = [one for one in game.policies if one.role == DEFENDER]
    lines = ["[defenders]", _entry("random", "random", {}) + "  # 0 of the normalised scale"]
    lines += [_entry("heuristic", heuristics[-1].name, {})] if heuristics else []
    return [
        *lines,
        'uniform_mixture = { method = "train", against = "seen", learner = "ppo" }  # domain randomisation',
        'self_play = { method = "ppo" }',
        'mmd = { method = "mmd" }  # regularised self-play',
        'psro_nash = { method = "psro", meta_solver = "nash", oracle = "ppo" }',
        'psro_uniform = { method = "psro", meta_solver = "uniform", oracle = "ppo" }',
        "",
    ]


def _rest() -> list[str]:
    return [
        "# [variants.noisy]  # the game with other parameters, in which nobody is trained",
        "# parameters = { ... }",
        "",
        "[budget]",
        "decisions = 5_000_000      # per method and seed; every simulated decision counts",
        "seeds = 10                 # claims need ten; fewer are a preview, without tests",
        "evaluation_episodes = 2_000",
        "",
        "# [learners]  # settings wherever a learner looks for a response; 'gamesolve new settings --learner ppo' lists them",
        '# ppo = { memory = "last" }',
        "",
        "[report]",
        'baseline = "uniform_mixture"  # declared before anything is known: tests compare with it only',
        "confidence = 0.95",
        "cvar = [0.1, 0.25]",
    ]


def _entry(name: str, policy: str, settings: dict[str, object]) -> str:
    given = "".join(f", {key} = {json.dumps(value)}" for key, value in settings.items())
    return f'{name} = {{ policy = "{policy}"{given} }}'


def _other_settings(policy: Scripted) -> dict[str, object]:
    """A number among a policy's settings, moved by a little; nothing where it has none."""
    for key, value in policy.settings().model_dump().items():
        for moved in (value + 1, value - 1) if type(value) is int else (value * 0.5,) if type(value) is float else ():
            try:
                policy.settings(**{key: moved})
            except ValueError:
                continue
            return {key: moved}
    return {}
