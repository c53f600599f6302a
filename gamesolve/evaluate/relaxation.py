"""What a policy earns at least: its return against an opponent who sees everything.

Full information is a relaxation: the opponent is told the game's state, all that has been seen, what
the policy remembers, and which member of a mixture was drawn. Nobody who plays by the rules knows more,
so nobody leaves the policy less; a team with private signals does not either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gamesolve.base.bound import Bound
from gamesolve.base.errors import TooLargeError
from gamesolve.base.roles import the_role
from gamesolve.evaluate.gains import UNKNOWN
from gamesolve.policies.scripted import refuse_drawn
from gamesolve.rules.game import Game
from gamesolve.solvers.backward_induction import least_reward
from gamesolve.views.acting import PLAYING, Acting, Drawn, slots_of
from gamesolve.views.layers import LIMIT, decision_layers

if TYPE_CHECKING:
    from gamesolve.evaluate.inquiry import Inquiry


def relaxation(
    game: Game,
    role: str,
    policy: Any,
    *,
    memory: int | None = None,
    limit: int = LIMIT,
    pause: Callable[[], None] | None = None,
) -> Bound:
    """A bound whose lower end alone is known: no opponent leaves a policy of `role` less, in general-sum games either.

    Args:
        policy: one that the simulator takes.
        memory: bytes that it may take; 2 GiB unless given.
        limit: transitions that may be played for it.
        pause: called now and then; an exception that it raises ends the work.

    Raises:
        TooLargeError: it takes more than that, or a scripted policy draws too much to be enumerated.
        GamesolveError: the game has no horizon, or a rule or the policy breaks its contract.
    """
    refuse_drawn(policy)
    acting = [policy.acting(game, i) if agent.role == role else PLAYING for i, agent in enumerate(game.agents)]
    slots_of(game, acting)
    value = tolerance = 0.0
    for weight, member in _members(acting):
        layers = decision_layers(game, member, memory=memory, limit=limit, pause=pause)
        limit -= sum(layer.transitions for layer in layers)
        least, off = least_reward(layers, roundings=_roundings(game))
        value, tolerance = value + weight * least, tolerance + weight * off
    return Bound(value - tolerance, None)


def lower_end(inquiry: Inquiry, role: str) -> tuple[Bound, str]:
    """The lower end of the worst case of a role's policy where that is cheap, and a note: where it is from, or why it is not known."""
    game, limits = inquiry.problem.game, inquiry.limits
    if not isinstance(game, Game):
        return UNKNOWN, f"no lower end of {the_role(role)}'s worst case is known: the rules of {inquiry.problem.name} are OpenSpiel's"
    try:
        found = relaxation(game, role, inquiry.playable(role), memory=limits.memory, pause=inquiry.pause("relaxation"))
    except TooLargeError as error:
        return UNKNOWN, f"no lower end of {the_role(role)}'s worst case is known: {error}"
    return found, f"the lower end of {the_role(role)}'s worst case is what it earns against an opponent who sees everything"


def above(lower: Bound, played: Bound) -> Bound:
    """The bracket of a lower end that is proved, if it is known, and an upper end that was estimated by play."""
    if lower.lower is None or played.upper is None:
        return played
    # An estimate that ends below what is proved has missed: with the proof the interval still covers as often as it says.
    return replace(played, lower=lower.lower, upper=max(lower.lower, played.upper))


def _members(acting: Sequence[Acting | Drawn]) -> Iterator[tuple[float, list[Acting]]]:
    """Every way in which a role may act, with its probability."""
    weights = next((a.weights / a.weights.sum() for a in acting if isinstance(a, Drawn)), [1.0])
    for k, weight in enumerate(weights):
        if weight > 0.0:
            yield float(weight), [a.ways[k] if isinstance(a, Drawn) else a for a in acting]


def _roundings(game: Game) -> int:
    """Roundings behind the probability of a transition: of chance's answers, of policies' draws, and of their probabilities."""
    return 2 * game.questions * (game.outcomes + 3) + len(game.agents) * (game.actions + 3)
