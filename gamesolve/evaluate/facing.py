"""What a policy leaves its opponents: a tree in which they alone decide, or, where none fits, opponents found by play."""

from __future__ import annotations

import numpy as np

from gamesolve.base.errors import TooLargeError
from gamesolve.evaluate.exploitability import Found, search
from gamesolve.evaluate.inquiry import Inquiry
from gamesolve.learners.task import Objective
from gamesolve.policies.scripted import refuse_drawn
from gamesolve.rules.game import Game
from gamesolve.views.acting import PLAYING, Acting
from gamesolve.views.tree import Tree
from gamesolve.views.tree_build import walk_tree


def facing(inquiry: Inquiry, role: str) -> tuple[Tree, np.ndarray]:
    """A tree in which the other role decides, and the behaviour of `role` on it."""
    game, other = inquiry.problem.game, inquiry.other(role)
    if not isinstance(game, Game):
        return inquiry.tree(), inquiry.policy(role).behaviour_on(inquiry.tree())
    _refuse_drawn(inquiry, role)
    responders = game.agents_of(other)
    if len(responders) > 1:
        raise TooLargeError(f"a team of {len(responders)} {other}s with private signals is not one player with a best response")
    return walk_tree(game, _acting(inquiry, role), memory=inquiry.limits.memory, progress=inquiry.pause("response")), np.ones(1)


def walked(inquiry: Inquiry) -> tuple[Tree, tuple[np.ndarray, np.ndarray]]:
    """A tree, and the behaviours of both roles on it; raises TooLargeError where that is not to be had."""
    problem = inquiry.problem
    zero, one = problem.roles
    if isinstance(problem.game, Game):
        _refuse_drawn(inquiry, zero, one)
        acting = _acting(inquiry, zero, one)
        return walk_tree(problem.game, acting, memory=inquiry.limits.memory, progress=inquiry.pause("returns")), (np.ones(1), np.ones(1))
    tree = inquiry.tree()
    return tree, (inquiry.policy(zero).behaviour_on(tree), inquiry.policy(one).behaviour_on(tree))


def searched(inquiry: Inquiry, role: str, why: TooLargeError, objective: Objective, question: str) -> Found:
    """Scripted, known and learnt opponents, played: the one that makes most of its objective against the policy of `role`.

    Args:
        why: no tree fits; raised again where there is nothing to play, but a tree.
        question: what is answered thereby, for notes.
    """
    limits = inquiry.limits
    if isinstance(inquiry.problem.game, Tree):
        raise why
    game, policy = inquiry.problem.playable, inquiry.playable(role)
    found = search(
        game, role, policy, limits.search, objective=objective,
        episodes=limits.episodes, seed=limits.seed, watch=inquiry.watch, shelf=inquiry.shelf,
    )  # fmt: skip
    inquiry.stopped = found.stopped or inquiry.stopped
    inquiry.notes.append(f"{question} is not exact: {why}; opponents were searched for by play instead")
    inquiry.notes.extend(f"{question}: {note}" for note in found.notes)
    return found


def _acting(inquiry: Inquiry, *roles: str) -> list[Acting]:
    """How every agent acts; agents of other roles than these play."""
    game = inquiry.problem.game
    return [inquiry.policy(agent.role).acting(game, i) if agent.role in roles else PLAYING for i, agent in enumerate(game.agents)]


def _refuse_drawn(inquiry: Inquiry, *roles: str) -> None:
    """Raise TooLargeError where a policy draws too much for a tree."""
    for role in roles:
        refuse_drawn(inquiry.policy(role))
