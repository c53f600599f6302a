"""`Asked`: what the policies have in common that are asked in batches, by the simulator and by trees."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from gamesolve.base.errors import GamesolveError, PolicyFailedError, UnfinishedError
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.rules.game import ROLES, Game
from gamesolve.views.acting import Acting
from gamesolve.views.recall import recall_of
from gamesolve.views.tree import Decisions, Tree

if TYPE_CHECKING:
    from gamesolve.views.turn_based import TurnBased

#: Information sets that are looked at together.
PART = 4096
#: How far from 1 the probabilities may add up that somebody's policy gives, and what of it is rounding and left as it is.
TOLERANCE, ROUNDING = 1e-3, 1e-12

#: What is called between two parts of the work; it may raise UnfinishedError.
Pause = Callable[[], None]


class Asked(ABC):
    """A policy outside compiled code; its kinds say by `acting` how they are asked.

    Attributes:
        game: the game it plays.
        role: `defender` or `attacker`; `0` or `1` for OpenSpiel games.
        kind: what it is, for messages.
    """

    game: Game
    role: str
    kind: ClassVar[str]

    @abstractmethod
    def acting(self, game: Game, agent: int) -> Acting:
        """How the simulator asks this policy when `agent` of `game` follows it."""

    @property
    def fingerprint(self) -> str:
        """Of the game."""
        return self.game.fingerprint

    def behaviour_on(self, tree: Tree, pause: Pause | None = None) -> np.ndarray:
        """The behaviour f8 [Q] that it amounts to on a tree of its game; `pause` is called before each part of it is asked for.

        Raises:
            GamesolveError: the tree is of another game, the role is a team, or what the policy says are no probabilities.
        """
        if tree.fingerprint != self.fingerprint or tree.histories is None:
            raise GamesolveError(f"a policy of the {self.role} of {self.game} cannot be used on {tree.game}")
        agent, *more = self.game.agents_of(self.role)
        if more:
            raise GamesolveError(f"{self.game} has {1 + len(more)} {self.role}s; the policies of a team are not one behaviour")
        return behaviour_by_asking(tree, self.game, agent, self.acting(self.game, agent).ask, pause)

    def behavioural(self, tree: Tree, pause: Pause | None = None) -> TabularPolicy:
        """The table of `behaviour_on` a tree."""
        role = [decisions.role for decisions in tree.decisions].index(self.role)
        return TabularPolicy.from_tree(tree, role, self.behaviour_on(tree, pause))

    def refuse_other(self, game: Game | TurnBased, agent: int) -> None:
        """Raise GamesolveError where `agent` of `game` is not one of those for whom the policy is."""
        if game.fingerprint != self.fingerprint or game.agents[agent].role != self.role:
            raise GamesolveError(f"a policy of the {self.role} of {self.game} cannot be followed by {game.agents[agent].name!r} of {game}")


@contextlib.contextmanager
def blamed(role: str) -> Iterator[None]:
    """Say of what fails in here that a policy of `role` has failed, so that it is not taken for a failure of those who play against it."""
    try:
        yield
    except (PolicyFailedError, UnfinishedError):
        raise
    except GamesolveError as error:
        raise PolicyFailedError(str(error), role) from error


def behaviour_by_asking(
    tree: Tree, game: Game, agent: int, ask: Callable[..., np.ndarray] | None, pause: Pause | None = None
) -> np.ndarray:
    """The behaviour f8 [Q] of an agent that is asked (see `Acting.ask`) once at each of its information sets.

    Raises:
        GamesolveError: what is answered are no probabilities.
    """
    assert tree.histories is not None
    assert ask is not None
    mover = game.agents[agent]
    decisions = tree.decisions[ROLES.index(mover.role)]
    behaviour = np.ones(decisions.sequences)
    for start in range(0, decisions.information_sets, PART):
        if pause is not None:
            pause()
        part = np.arange(start, min(start + PART, decisions.information_sets))
        recall = recall_of(tree.histories, decisions.history[part][:, None], [agent])
        masks = legal_at(decisions, part, len(mover.actions))
        given = sound(f"the policy of {mover.name!r}", ask(recall, 0, np.arange(len(part)), masks), masks, mover.actions)
        own = slice(decisions.first[start], decisions.first[part[-1] + 1])
        sets = np.repeat(np.arange(len(part)), np.diff(decisions.first[start : part[-1] + 2]))
        behaviour[own] = given[sets, decisions.action[own]]
    return behaviour


def legal_at(decisions: Decisions, sets: np.ndarray, actions: int) -> np.ndarray:
    """bool [n, A]: what is legal at information sets i8 [n]."""
    masks = np.zeros((len(sets), actions), np.bool_)
    for row, i in enumerate(sets):
        masks[row, decisions.action[decisions.first[i] : decisions.first[i + 1]]] = True
    return masks


def sound(who: str, given: np.ndarray, masks: np.ndarray, actions: Sequence[str]) -> np.ndarray:
    """Probabilities f8 [n, A] that `who` gave, each row adding up to 1.

    Args:
        who: gave them, for messages.
        given: numbers [n, A].
        masks: bool [n, A], legal actions.
        actions: names of the A actions.

    Raises:
        GamesolveError: the shape is another; or a number is negative, not finite, or positive where an action is not legal; or a
            row does not add up to 1 within 1e-3.
    """
    if given.shape != masks.shape:
        raise GamesolveError(f"{who} gave probabilities of shape {given.shape}; shape {masks.shape} was asked for")
    for wrong, allowed in (
        (~(np.isfinite(given) & (given >= 0.0)), "; a probability is finite and not negative"),
        ((given > 0.0) & ~masks, ", which is not legal there; the probability of what is not legal is 0"),
    ):
        if wrong.any():
            row, action = np.argwhere(wrong)[0]
            raise GamesolveError(f"{who} gave {float(given[row, action])!r} for action {actions[action]!r}{allowed}")
    totals = given.sum(axis=1, dtype=np.float64)
    off = np.abs(totals - 1.0)
    if (off > TOLERANCE).any():
        raise GamesolveError(f"{who} gave probabilities that add up to {float(totals[off.argmax()])!r}; they add up to 1")
    # Rounding is left as it is, so that sound probabilities keep their bytes.
    return np.asarray(given / np.where(off > ROUNDING, totals, 1.0)[:, None], np.float64)
