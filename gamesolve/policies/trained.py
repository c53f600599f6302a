"""Policies that were trained and come with a game, by name: saved ones in its folder `policies/<role>/<name>`."""

from __future__ import annotations

import dataclasses
import glob
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.base.errors import GamesolveError
from gamesolve.base.registry import game_folder
from gamesolve.policies.features import Features
from gamesolve.policies.files import CARD, about_of, load_policy, read_card
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.neural import NeuralPolicy
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.rules.game import Game

FOLDER = "policies"


def trained_names(game: Game, role: str) -> tuple[str, ...]:
    """Names of the trained policies that come with a game, of a role."""
    folder = _folder(game, role)
    return () if folder is None else tuple(sorted(path.parent.name for path in folder.glob(f"*/{CARD}")))


def trained_policy(game: Game, role: str, name: str) -> NeuralPolicy | ScriptedPolicy | Mixture:
    """The trained policy `name` of a role, as it plays `game`.

    It may have been trained for other parameters (another horizon, say), which its card says; it plays wherever its networks are
    fed what they were fed then.

    Raises:
        GamesolveError: there is none, its file is damaged, or it cannot play with these parameters.
    """
    folder = _folder(game, role)
    if folder is None or name not in trained_names(game, role):
        raise GamesolveError(f"{game.name} has no trained {role} called {name!r}; it has {', '.join(trained_names(game, role)) or 'none'}")
    policy = load_policy(folder / name)
    found = carried_over(policy, game)
    vars(found)["about"] = about_of(policy)
    return found


def trained_card(game: Game, role: str, name: str) -> dict[str, Any]:
    """What the card of a trained policy says of it: against whom it was trained, what it earns, its bounds and limits."""
    folder = _folder(game, role)
    assert folder is not None  # it has trained policies
    found: dict[str, Any] = read_card(folder / name / CARD).get("about", {})
    return found


def carried_over(policy: Any, game: Game) -> NeuralPolicy | ScriptedPolicy | Mixture:
    """A network, a scripted policy, or a mixture of such, as it plays a game with other parameters.

    Raises:
        GamesolveError: it is of another kind, or what its networks are fed is something else there.
    """
    if isinstance(policy, Mixture):
        return Mixture(tuple(_one(member, game) for member in policy.policies), policy.weights)
    return _one(policy, game)


def _one(policy: Any, game: Game) -> NeuralPolicy | ScriptedPolicy:
    if isinstance(policy, ScriptedPolicy):
        return ScriptedPolicy.choose(game, policy.role, policy.scripted.name, policy.settings.model_dump())
    if not isinstance(policy, NeuralPolicy):
        raise GamesolveError(f"a {type(policy).__name__} is bound to the game for which it was made; networks can be carried over")
    given = policy.features
    fed = Features.of(game, policy.role, given.memory, pooled=given.pooled)
    same: Callable[[str], bool] = lambda name: np.array_equal(getattr(fed, name), getattr(given, name))  # noqa: E731
    agents = [[(agent.actions, agent.signals) for agent in one.agents if agent.role == policy.role] for one in (game, policy.game)]
    if agents[0] != agents[1] or not all(map(same, ("count", "columns", "offset", "span", "actions"))):
        raise GamesolveError(f"the network was made for {policy.game} and is fed something else in {game}")
    return dataclasses.replace(policy, game=game, features=fed)


def trained_for(game: str, name: str) -> dict[str, Any]:
    """Parameters of the game, by its name, for which its trained policy `name` was made; empty where there is none, or it does not say."""
    parent = game_folder(game)
    cards = () if parent is None else sorted((parent / FOLDER).glob(f"*/{glob.escape(name)}/{CARD}"))
    for card in map(read_card, cards):
        found = card.get("parameters") or card.get("about", {}).get("parameters", {})
        if found:
            return dict(found)
    return {}


def _folder(game: Game, role: str) -> Path | None:
    """Where the trained policies of a role are; None where the game brings none."""
    parent = game_folder(game.name)
    found = None if parent is None else parent / FOLDER / role
    return found if found is not None and found.is_dir() else None
