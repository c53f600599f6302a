"""Brackets on policies and profiles: exact where the opponent's problem can be walked, estimated elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gamesolve.base.bound import Bound
from gamesolve.base.errors import GamesolveError, TooLargeError
from gamesolve.evaluate import Evaluation
from gamesolve.evaluate.sampled import estimated_return, strongest_scripted
from gamesolve.policies.mixture import Mixture
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.rules.game import Game
from gamesolve.solvers.best_response import best_response, expected_returns, float_tolerance
from gamesolve.views.acting import PLAYING, Acting
from gamesolve.views.payoffs import transpose
from gamesolve.views.problem import Problem
from gamesolve.views.tree import Payoffs, Tree
from gamesolve.views.tree_build import walk_tree

UNKNOWN = Bound(None, None)


@dataclass(frozen=True)
class Limits:
    """What exact answers may take, and what estimates shall."""

    memory: int | None
    gap: float | None
    time_limit: float | None
    episodes: int
    seed: int


def judge(problem: Problem, policies: dict[str, Any], **given: Any) -> Evaluation:
    """The evaluation of one policy or of a profile; see `gamesolve.evaluate.evaluate`."""
    limits = Limits(**given)
    notes: list[str] = []
    tree = _whole_tree(problem, limits, notes)
    policies = {role: _usable(problem, tree, role, policy) for role, policy in policies.items()}
    worst, responses = {}, {}
    for role, policy in policies.items():
        worst[role], responses[problem.roles[1 - problem.roles.index(role)]] = _worst_case(problem, tree, role, policy, limits, notes)
    values = _game_value(problem, tree, limits, notes)
    profile = len(policies) == 2
    returns = _expected_returns(problem, tree, policies, limits, notes) if profile else {}
    return Evaluation(
        game=problem.title,
        judged=tuple(policies),
        worst_case_return=worst,
        game_value={role: values[role] for role in policies},
        exploitability=_exploitability(problem, worst, values),
        expected_return=returns,
        regret=_regrets(problem, tree, policies, returns, worst, limits) if profile else {},
        best_response=responses,
        notes=tuple(notes),
    )


def _whole_tree(problem: Problem, limits: Limits, notes: list[str]) -> Tree | None:
    """The game's tree, or None with a note where it has none or is too large."""
    try:
        return problem.tree(memory=limits.memory)
    except GamesolveError as error:
        if not isinstance(problem.game, Game):
            raise
        notes.append(f"the game's value is not known: {error}")
        return None


def _usable(problem: Problem, tree: Tree | None, role: str, policy: Any) -> Any:
    """A policy in a form that trees or loops take: OpenSpiel's and mixtures become tables."""
    if isinstance(policy, Mixture):
        if tree is None:
            raise GamesolveError(
                "a mixture is evaluated through its behavioural equivalent, which needs the game's tree; that does not fit"
            )
        return policy.behavioural(tree)
    if hasattr(policy, "action_probabilities"):
        from gamesolve.policies.openspiel import from_openspiel

        if tree is None:
            raise GamesolveError("an OpenSpiel policy is asked at every information set, which needs the game's tree; that does not fit")
        return from_openspiel(policy, problem.game, tree, problem.roles.index(role))
    return policy


def _acting(game: Game, policies: dict[str, Any]) -> list[Acting]:
    """How every agent acts; agents of roles without a policy play."""
    chosen = []
    for index, agent in enumerate(game.agents):
        policy = policies.get(agent.role)
        chosen.append(PLAYING if policy is None else policy.acting(game, index))
    return chosen


def _facing(problem: Problem, tree: Tree | None, role: str, policy: Any, limits: Limits) -> tuple[Tree, np.ndarray]:
    """A tree in which the other role decides, and the behaviour of `role` on it."""
    other = problem.roles[1 - problem.roles.index(role)]
    if not isinstance(problem.game, Game):
        assert tree is not None
        return tree, policy.behaviour_on(tree)
    if not getattr(policy, "enumerable", True):
        raise TooLargeError(f"policy {policy.name!r} draws too much to be enumerated")
    responders = problem.game.agents_of(other)
    if len(responders) > 1:
        raise GamesolveError(
            f"the exact response of a team of {len(responders)} {other}s with private signals is not a best response of one player; "
            f"evaluate a policy of the {other}s instead, to which a single {role}'s response is exact"
        )
    return walk_tree(problem.game, _acting(problem.game, {role: policy}), memory=limits.memory), np.ones(1)


def _worst_case(problem: Problem, tree: Tree | None, role: str, policy: Any, limits: Limits, notes: list[str]) -> tuple[Bound, Any]:
    """The least return of a policy against any opponent, and the opponent that shows it."""
    index = problem.roles.index(role)
    try:
        facing, behaviour = _facing(problem, tree, role, policy, limits)
    except TooLargeError as error:
        notes.append(f"the {role}'s worst case is not exact: {error}; the game's scripted opponents were played instead")
        return strongest_scripted(problem.game, role, policy, episodes=limits.episodes, seed=limits.seed)
    against = _adversarial(facing, index)
    response = best_response(against, 1 - index, behaviour)
    return Bound.exact(-response.value, float_tolerance(against, index)), TabularPolicy.from_tree(facing, 1 - index, response.behaviour)


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


def _game_value(problem: Problem, tree: Tree | None, limits: Limits, notes: list[str]) -> dict[str, Bound]:
    if tree is None or not problem.zero_sum:
        if tree is not None:
            notes.append("a general-sum game has no value; each role has its own regret")
        return dict.fromkeys(problem.roles, UNKNOWN)
    from gamesolve.solve import solve

    solution = solve(tree, gap=limits.gap, time_limit=limits.time_limit)
    return dict(zip(problem.roles, (solution.value, -solution.value), strict=True))


def _exploitability(problem: Problem, worst: dict[str, Bound], values: dict[str, Bound]) -> Bound:
    """Of a profile half of NashConv; of one policy what the game is worth less its worst case."""
    if not problem.zero_sum:
        return UNKNOWN
    if len(worst) == 2:
        one, two = worst.values()
        return _not_negative(_half(_plus(-one, -two)))
    ((role, bound),) = worst.items()
    return _not_negative(_plus(values[role], -bound))


def _expected_returns(problem: Problem, tree: Tree | None, policies: dict[str, Any], limits: Limits, notes: list[str]) -> dict[str, Bound]:
    """The expected returns of a profile, exact where the play can be walked; a note says why where it cannot."""
    if isinstance(problem.game, Game):
        acting = _acting(problem.game, policies)
        try:
            drawn = [policy.name for policy in policies.values() if not getattr(policy, "enumerable", True)]
            if drawn:
                raise TooLargeError(f"policy {drawn[0]!r} draws too much to be enumerated")
            found = walk_tree(problem.game, acting, memory=limits.memory)
        except TooLargeError as error:
            notes.append(f"the expected returns are estimates: {error}")
            estimates = estimated_return(problem.game, acting, episodes=limits.episodes, seed=limits.seed)
            return dict(zip(problem.roles, estimates, strict=True))
        behaviours = (np.ones(1), np.ones(1))
    else:
        assert tree is not None
        found, behaviours = tree, tuple(policies[role].behaviour_on(tree) for role in problem.roles)
    exact = expected_returns(found, (behaviours[0], behaviours[1]))
    return {role: Bound.exact(exact[index], float_tolerance(found, index)) for index, role in enumerate(problem.roles)}


def _regrets(
    problem: Problem, tree: Tree | None, policies: dict[str, Any], returns: dict[str, Bound], worst: dict[str, Bound], limits: Limits
) -> dict[str, Bound]:
    """What each role would gain by its best response to the other's policy."""
    regrets = {}
    for index, role in enumerate(problem.roles):
        other = problem.roles[1 - index]
        if problem.zero_sum:
            regrets[role] = _not_negative(_plus(-worst[other], -returns[role]))
            continue
        try:
            facing, behaviour = _facing(problem, tree, other, policies[other], limits)
        except TooLargeError:
            regrets[role] = UNKNOWN
            continue
        best = Bound.exact(best_response(facing, index, behaviour).value, float_tolerance(facing, index))
        regrets[role] = _not_negative(_plus(best, -returns[role]))
    return regrets


def _plus(a: Bound, b: Bound) -> Bound:
    """The sum of two bounds; as weak as the weaker."""
    lower = None if a.lower is None or b.lower is None else a.lower + b.lower
    upper = None if a.upper is None or b.upper is None else a.upper + b.upper
    weakest = max((a, b), key=lambda bound: ("exact", "proved", "estimated").index(bound.kind))
    # Two intervals hold together with at least the sum of their confidences less one (Bonferroni).
    levels = [bound.confidence for bound in (a, b) if bound.confidence is not None]
    confidence = max(sum(levels) - (len(levels) - 1), 0.0) if levels else None
    return Bound(lower, upper, weakest.kind, confidence, weakest.episodes, weakest.seed)


def _half(bound: Bound) -> Bound:
    lower, upper = (None if end is None else 0.5 * end for end in (bound.lower, bound.upper))
    return replace(bound, lower=lower, upper=upper)


def _not_negative(bound: Bound) -> Bound:
    """A gain's bound with its lower end at least 0; an upper end below 0 is an inconsistency."""
    if bound.upper is not None and bound.upper < 0.0 and bound.kind != "estimated":
        raise GamesolveError(f"a best response gains {bound.upper!r}: less than nothing, so the game or a policy is inconsistent")
    lower = None if bound.lower is None else max(bound.lower, 0.0)
    upper = None if bound.upper is None else max(bound.upper, 0.0)
    return replace(bound, lower=lower, upper=upper)
