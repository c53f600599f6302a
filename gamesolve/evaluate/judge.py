"""Brackets on policies and profiles: exact where the opponent's problem can be walked, estimated elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError, TooLargeError, UnfinishedError
from gamesolve.base.roles import the_role
from gamesolve.evaluate import Evaluation
from gamesolve.evaluate.exploitability import Search, at_most
from gamesolve.evaluate.facing import facing, searched, walked
from gamesolve.evaluate.gains import UNKNOWN, exploitability, gain
from gamesolve.evaluate.inquiry import CUT_SHORT, Inquiry, Limits
from gamesolve.evaluate.relaxation import above, lower_end
from gamesolve.evaluate.sampled import estimate, estimated_return
from gamesolve.evaluate.selfish import against_best_response, earnings, selfish_regrets
from gamesolve.learners.task import others_loss
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.rules.game import Game
from gamesolve.solve import solve
from gamesolve.solve.watch import Watch
from gamesolve.solvers.best_response import best_response, expected_returns, float_tolerance
from gamesolve.views.payoffs import transpose
from gamesolve.views.problem import Problem
from gamesolve.views.tree import Payoffs, Tree


def judge(inquiry: Inquiry) -> Evaluation:
    """The evaluation of one policy or of a profile; see `gamesolve.evaluate.evaluate`.

    Worst cases come first and the game's value last: it needs the largest tree, and the whole of it.
    """
    problem, roles = inquiry.problem, tuple(inquiry.given)
    nothing = dict.fromkeys(problem.roles, UNKNOWN)
    worst, responses, selfish, own = dict[str, Bound](), dict[str, Any](), dict[str, Bound](), dict[str, Any]()
    unknown: tuple[Bound, Any] = (UNKNOWN, None)
    returns, regrets = dict[str, Bound](), dict[str, Bound]()
    for role in roles:
        answer = inquiry.answer(f"{the_role(role)}'s worst case is", _worst_case, role, otherwise=unknown)
        worst[role], responses[inquiry.other(role)] = answer
        if not problem.zero_sum:
            selfish[role], own[inquiry.other(role)] = inquiry.answer(f"{earnings(role)} is", against_best_response, role, otherwise=unknown)
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
        return_against_strongest_found={role: estimate(one.returns, seed=inquiry.limits.seed) for role, one in inquiry.selfish.items()},
        searched=dict(inquiry.searched),
        searched_selfish=dict(inquiry.selfish),
        best_response={role: policy for role, policy in responses.items() if policy is not None},
        selfish_response={role: policy for role, policy in own.items() if policy is not None},
        # The game's parameters are told once, beside its name.
        notes=tuple(note.replace(problem.title, problem.name) for note in inquiry.notes),
        stopped=inquiry.stopped,
    )


def _worst_case(inquiry: Inquiry, role: str) -> tuple[Bound, Any]:
    """The least return of a policy against any opponent, and the opponent that shows it."""
    limits = inquiry.limits
    try:
        return _exactly(inquiry, role)
    except TooLargeError as error:
        # The lower end first: it takes little, and the search whatever time there is.
        lower, source = lower_end(inquiry, role)
        question = f"{the_role(role)}'s worst case"
        what = f"{question} is" if lower == UNKNOWN else f"the upper end of {question} is"
        found = inquiry.answer(what, searched, role, error, others_loss(inquiry.other(role)), question, otherwise=None)
        inquiry.notes.append(source)
        if found is None:
            return lower, None
        inquiry.searched[role] = found
        return above(lower, at_most(found, seed=limits.seed)), found.opponent


def exact_worst_case(problem: Problem, role: str, policy: Any, *, stop: Callable[[], bool] | None = None) -> Bound | None:
    """The least return of a policy against any opponent; None where the opponent's own problem does not fit into memory.

    Args:
        stop: asked now and then.

    Raises:
        UnfinishedError: `stop` said so.
    """
    inquiry = Inquiry(problem, {role: policy}, Limits(None, None, 0, 0, Search()), Watch(0.0, stop=stop))
    try:
        return _exactly(inquiry, role)[0]
    except TooLargeError:
        return None


def _exactly(inquiry: Inquiry, role: str) -> tuple[Bound, Any]:
    """The worst case by the opponent's own tree; raises TooLargeError where that does not fit."""
    index, (tree, behaviour) = inquiry.problem.roles.index(role), facing(inquiry, role)
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
        found, behaviours = walked(inquiry)
    except TooLargeError as error:
        game, pause = problem.playable, inquiry.pause("episodes")
        acting = [inquiry.playable(agent.role).acting(game, i) for i, agent in enumerate(game.agents)]
        estimates = estimated_return(game, acting, episodes=limits.episodes, seed=limits.seed, pause=pause)
        inquiry.notes.append(f"the expected returns are estimates: {error}")
        return dict(zip(problem.roles, estimates, strict=True))
    exact = expected_returns(found, behaviours)
    return {role: Bound.exact(exact[index], float_tolerance(found, index)) for index, role in enumerate(problem.roles)}


def _regrets(inquiry: Inquiry, returns: dict[str, Bound], worst: dict[str, Bound]) -> dict[str, Bound]:
    """What each role would gain by its best response to the other's policy."""
    if not inquiry.problem.zero_sum:
        return selfish_regrets(inquiry, returns)
    return {role: gain(-worst[inquiry.other(role)], returns[role]) for role in inquiry.problem.roles}


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
