"""Brackets on policies and profiles: exact where the opponent's problem can be walked, estimated elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError, TooLargeError, UnfinishedError
from gamesolve.base.roles import the_role
from gamesolve.evaluate import Evaluation
from gamesolve.evaluate.exploitability import Found, at_most, search
from gamesolve.evaluate.gains import UNKNOWN, exploitability, gain
from gamesolve.evaluate.inquiry import CUT_SHORT, Inquiry
from gamesolve.evaluate.relaxation import above, lower_end
from gamesolve.evaluate.sampled import estimate, estimated_return
from gamesolve.learners.task import others_loss, own_reward
from gamesolve.policies.scripted import refuse_drawn
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.rules.game import Game
from gamesolve.solve import solve
from gamesolve.solvers.best_response import best_response, expected_returns, float_tolerance
from gamesolve.views.acting import PLAYING, Acting
from gamesolve.views.payoffs import transpose
from gamesolve.views.tree import Payoffs, Tree
from gamesolve.views.tree_build import walk_tree


def judge(inquiry: Inquiry) -> Evaluation:
    """The evaluation of one policy or of a profile; see `gamesolve.evaluate.evaluate`.

    Worst cases come first and the game's value last: it needs the largest tree, and the whole of it.
    """
    problem, roles = inquiry.problem, tuple(inquiry.given)
    nothing = dict.fromkeys(problem.roles, UNKNOWN)
    worst, responses, selfish = dict[str, Bound](), dict[str, Any](), dict[str, Bound]()
    unknown: tuple[Bound, Any] = (UNKNOWN, None)
    returns, regrets = dict[str, Bound](), dict[str, Bound]()
    for role in roles:
        answer = inquiry.answer(f"{the_role(role)}'s worst case is", _worst_case, role, otherwise=unknown)
        worst[role], responses[_other(inquiry, role)] = answer
        if not problem.zero_sum:
            what = f"what {the_role(role)} earns against an opponent of its own interest is"
            selfish[role] = inquiry.answer(what, _against_best_response, role, otherwise=UNKNOWN)
    if len(roles) == 2:
        returns = inquiry.answer("the expected returns are", _expected_returns, otherwise=nothing)
        regrets = inquiry.answer("the regrets are", _regrets, returns, worst, otherwise=nothing)
    values = inquiry.answer("the game's value is", _game_value, otherwise=nothing)
    return Evaluation(
        game=problem.title,
        judged=roles,
        policies=dict(inquiry.given),
        worst_case_return=worst,
        game_value={role: values[role] for role in roles},
        exploitability=exploitability(worst, values) if problem.zero_sum else UNKNOWN,
        expected_return=returns,
        regret=regrets,
        return_against_best_response=selfish,
        searched=dict(inquiry.searched),
        best_response={role: policy for role, policy in responses.items() if policy is not None},
        # The game's parameters are told once, beside its name.
        notes=tuple(note.replace(problem.title, problem.name) for note in inquiry.notes),
        stopped=inquiry.stopped,
    )


def _other(inquiry: Inquiry, role: str) -> str:
    return inquiry.problem.roles[1 - inquiry.problem.roles.index(role)]


def _acting(inquiry: Inquiry, *roles: str) -> list[Acting]:
    """How every agent acts; agents of other roles than these play."""
    game = inquiry.problem.game
    return [inquiry.policy(agent.role).acting(game, i) if agent.role in roles else PLAYING for i, agent in enumerate(game.agents)]


def _refuse_drawn(inquiry: Inquiry, *roles: str) -> None:
    """Raise TooLargeError where a policy draws too much for a tree."""
    for role in roles:
        refuse_drawn(inquiry.policy(role))


def facing(inquiry: Inquiry, role: str) -> tuple[Tree, np.ndarray]:
    """A tree in which the other role decides, and the behaviour of `role` on it."""
    game, other = inquiry.problem.game, _other(inquiry, role)
    if not isinstance(game, Game):
        return inquiry.tree(), inquiry.policy(role).behaviour_on(inquiry.tree())
    _refuse_drawn(inquiry, role)
    responders = game.agents_of(other)
    if len(responders) > 1:
        raise TooLargeError(f"a team of {len(responders)} {other}s with private signals is not one player with a best response")
    return walk_tree(game, _acting(inquiry, role), memory=inquiry.limits.memory, progress=inquiry.pause("response")), np.ones(1)


def _search(inquiry: Inquiry, role: str, why: TooLargeError, objective: tuple[float, float]) -> Found:
    """Play scripted, known and learnt opponents; raises `why` where there is nothing to play, but a tree."""
    limits = inquiry.limits
    if isinstance(inquiry.problem.game, Tree):
        raise why
    game, policy = inquiry.problem.playable, inquiry.playable(role)
    found = search(game, role, policy, limits.search, objective=objective, episodes=limits.episodes, seed=limits.seed, watch=inquiry.watch)
    inquiry.stopped = found.stopped or inquiry.stopped
    inquiry.notes.append(f"{the_role(role)}'s worst case is not exact: {why}; opponents were searched for by play instead")
    inquiry.notes.extend(found.notes)
    return found


def _against_best_response(inquiry: Inquiry, role: str) -> Bound:
    """What a policy of a general-sum game earns against an opponent that maximises its own return."""
    limits, index = inquiry.limits, inquiry.problem.roles.index(role)
    try:
        tree, behaviour = facing(inquiry, role)
    except TooLargeError as error:
        found = _search(inquiry, role, error, own_reward(_other(inquiry, role)))
        return estimate(found.returns, seed=limits.seed)
    response = best_response(tree, 1 - index, behaviour).behaviour
    behaviours = (behaviour, response) if index == 0 else (response, behaviour)
    return Bound.exact(expected_returns(tree, behaviours)[index], float_tolerance(tree, index))


def _worst_case(inquiry: Inquiry, role: str) -> tuple[Bound, Any]:
    """The least return of a policy against any opponent, and the opponent that shows it."""
    limits, index = inquiry.limits, inquiry.problem.roles.index(role)
    try:
        tree, behaviour = facing(inquiry, role)
    except TooLargeError as error:
        # The lower end first: it takes little, and the search whatever time there is.
        lower, source = lower_end(inquiry, role)
        what = f"{the_role(role)}'s worst case is" if lower == UNKNOWN else f"the upper end of {the_role(role)}'s worst case is"
        found = inquiry.answer(what, _search, role, error, others_loss(_other(inquiry, role)), otherwise=None)
        inquiry.notes.append(source)
        if found is None:
            return lower, None
        inquiry.searched[role] = found
        return above(lower, at_most(found, seed=limits.seed)), found.opponent
    response = best_response(_adversarial(tree, index), 1 - index, behaviour)
    worst = Bound.exact(-response.value, float_tolerance(tree, index))
    return worst, TabularPolicy.from_tree(tree, 1 - index, response.behaviour)


def _adversarial(tree: Tree, role: int) -> Tree:
    """The zero-sum tree in which the other role's only aim is to lower what `role` earns."""
    if tree.other is None:
        return tree
    low, high = tree.utility_bounds[role]
    if role == 0:
        return replace(tree, utility_bounds=((low, high), (-high, -low)), other=None)
    payoffs = Payoffs(tree.other.start, tree.other.column, -tree.other.value)
    transposed = transpose(payoffs, tree.decisions[1].sequences)
    return replace(tree, payoffs=payoffs, transposed=transposed, utility_bounds=((-high, -low), (low, high)), other=None)


def _expected_returns(inquiry: Inquiry) -> dict[str, Bound]:
    """The expected returns of a profile, exact where the play can be walked; a note says why where it cannot."""
    problem, limits = inquiry.problem, inquiry.limits
    try:
        found, behaviours = _walked(inquiry)
    except TooLargeError as error:
        game, pause = problem.playable, inquiry.pause("episodes")
        acting = [inquiry.playable(agent.role).acting(game, i) for i, agent in enumerate(game.agents)]
        estimates = estimated_return(game, acting, episodes=limits.episodes, seed=limits.seed, pause=pause)
        inquiry.notes.append(f"the expected returns are estimates: {error}")
        return dict(zip(problem.roles, estimates, strict=True))
    exact = expected_returns(found, behaviours)
    return {role: Bound.exact(exact[index], float_tolerance(found, index)) for index, role in enumerate(problem.roles)}


def _walked(inquiry: Inquiry) -> tuple[Tree, tuple[np.ndarray, np.ndarray]]:
    """A tree, and the behaviours of both roles on it; raises TooLargeError where that is not to be had."""
    problem = inquiry.problem
    zero, one = problem.roles
    if isinstance(problem.game, Game):
        _refuse_drawn(inquiry, zero, one)
        acting = _acting(inquiry, zero, one)
        return walk_tree(problem.game, acting, memory=inquiry.limits.memory, progress=inquiry.pause("returns")), (np.ones(1), np.ones(1))
    tree = inquiry.tree()
    return tree, (inquiry.policy(zero).behaviour_on(tree), inquiry.policy(one).behaviour_on(tree))


def _regrets(inquiry: Inquiry, returns: dict[str, Bound], worst: dict[str, Bound]) -> dict[str, Bound]:
    """What each role would gain by its best response to the other's policy."""
    regrets = {}
    for index, role in enumerate(inquiry.problem.roles):
        other = _other(inquiry, role)
        if inquiry.problem.zero_sum:
            regrets[role] = gain(-worst[other], returns[role])
            continue
        try:
            tree, behaviour = facing(inquiry, other)
        except TooLargeError:
            regrets[role] = UNKNOWN
            continue
        regrets[role] = gain(Bound.exact(best_response(tree, index, behaviour).value, float_tolerance(tree, index)), returns[role])
    return regrets


def _game_value(inquiry: Inquiry) -> dict[str, Bound]:
    """The game's value to each role, as far as the tree fits, and as far as time and the user allow."""
    problem, watch = inquiry.problem, inquiry.watch
    if not problem.zero_sum:
        inquiry.notes.append("a general-sum game has no value; each role has its own regret")
        return dict.fromkeys(problem.roles, UNKNOWN)
    try:
        tree = inquiry.tree()
    except UnfinishedError:
        raise
    except GamesolveError as error:
        if not isinstance(problem.game, Game) and not isinstance(error, TooLargeError):
            raise
        told = isinstance(error, TooLargeError) and any("the tree of " in note for note in inquiry.notes)
        inquiry.notes.append(f"the game's value is not known{' either: the tree does not fit' if told else f': {error}'}")
        return dict.fromkeys(problem.roles, UNKNOWN)
    left = watch.seconds_left()
    # Out of time, the first step of a solver is still worth its little time: it is a bracket.
    limit = None if left is None else max(left, 1e-9)
    solution = solve(tree, gap=inquiry.limits.gap, time_limit=limit, progress=inquiry.relay, stop=watch.stop)
    if solution.stopped in CUT_SHORT:
        inquiry.stopped = solution.stopped
        inquiry.notes.append(f"the game's value is not known better: {CUT_SHORT[solution.stopped]} first")
    elif solution.note:
        inquiry.notes.append(f"the game's value: {solution.note}")
    return dict(zip(problem.roles, (solution.value, -solution.value), strict=True))
