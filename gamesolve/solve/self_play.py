"""Self-play under a watch: it goes on from where a run was left, tells how far it is, and keeps what came out."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from gamesolve.base import files
from gamesolve.base.errors import UnfinishedError
from gamesolve.base.ledger import CHECKPOINTS, Ledger, read_journal
from gamesolve.base.runs import Run
from gamesolve.learners.segment import Clock
from gamesolve.learners.self_play import SelfPlay
from gamesolve.learners.training import Unit
from gamesolve.policies.files import load_policy, save_policy
from gamesolve.policies.mixture import Mixture
from gamesolve.psro.exact_table import ExactTable
from gamesolve.psro.oracles import Population
from gamesolve.rules.game import Game
from gamesolve.solve.watch import Watch
from gamesolve.train.loop import learning_of
from gamesolve.views.tree import Tree

#: Where a run keeps it.
FOLDER = "self_play"
#: How often its exploitability is looked at, where the tree is known.
MARKS = 20


def self_play(
    game: Game, method: str, watch: Watch, *,
    budget: int, settings: dict[str, Any], seed: int, device: str, tree: Tree | None, run: Run | None,
) -> tuple[tuple[Population, Population], int]:  # fmt: skip
    """The policies of both roles that self-play ends with, by name, and the decisions that it made.

    Args:
        method: `ppo` or `mmd`.
        budget: decisions of all agents.
        settings: of PPO, what shall be other than the method's.
        tree: of the game, where it has one: how exploitable the policies are on the way is kept then.
        run: open run folder, which has a folder of its own for this.

    Raises:
        GamesolveError: a setting is refused, learning breaks down, or the run cannot be written.
        UnfinishedError: the watch says stop before the budget is spent.
    """
    work = _SelfPlay(method, watch, tree, None if run is None else Ledger(run.folder / FOLDER))
    found = work.kept() or work.done(SelfPlay(game, method, budget=budget, settings=settings, seed=seed, device=device))
    zero, one = ((f"{method} self-play", policy) for policy in found[0])
    return ((zero,), (one,)), found[1]


class _SelfPlay:
    """The work, and what is kept of it: `journal.jsonl` with a row a mark, checkpoints, and in the end a policy of each role."""

    def __init__(self, method: str, watch: Watch, tree: Tree | None, ledger: Ledger | None) -> None:
        self._watch, self._method, self._ledger = watch, method, ledger
        self._tree = tree

    def kept(self) -> tuple[Sequence[Any], int] | None:
        """The policies and the decisions made, where it is over."""
        rows = [] if self._ledger is None else read_journal(self._ledger.folder)
        if self._ledger is None or not rows or not rows[-1].get("over"):
            return None
        shutil.rmtree(self._ledger.folder / CHECKPOINTS, ignore_errors=True)
        return [load_policy(self._ledger.folder / str(k)) for k in range(2)], rows[-1]["decisions"]

    def done(self, play: SelfPlay) -> tuple[Sequence[Any], int]:
        """Play until the budget is spent; the policies and the decisions made."""
        self._restore(play)
        unit = Unit(f"{self._method} self-play", self._method, 0, play.budget, lambda: play.sides[0])
        begun, since, clock = play.decisions, time.monotonic(), Clock()
        while play.decisions < play.budget:
            if stopped := self._watch.over():
                self._keep(play)
                more = "give it more time" if self._ledger is None else f"go on with: gamesolve resume {self._ledger.folder.parent}"
                raise UnfinishedError(f"self-play was not done when the work was stopped ({stopped}); {more}")
            mark = play.decisions * MARKS // play.budget
            step, _ = play.iterate()
            self._watch.say("learning", learning=(learning_of(unit, step, begun, time.monotonic() - since),))
            if play.decisions * MARKS // play.budget > mark:
                self._mark(play)
            if not clock(step):
                self._keep(play)
                clock = Clock()
        policies = play.policies()
        if self._ledger is not None:
            for k, policy in enumerate(policies):
                save_policy(policy, self._ledger.folder / str(k))
            self._ledger.append({"over": True, "decisions": play.decisions})
            self._ledger.journal_size()
            shutil.rmtree(self._ledger.folder / CHECKPOINTS, ignore_errors=True)
        return policies, play.decisions

    def _mark(self, play: SelfPlay) -> None:
        """Look how exploitable the policies are, where that can be computed."""
        zero, one = (Mixture((policy,), np.ones(1)) for policy in play.policies())
        found = None if self._tree is None else ExactTable(self._tree).certificate((zero, one), (zero, one))
        if found is None:
            return
        self._watch.facts = (("exploitability", f"{found[1].upper:.3g}"),)
        if self._ledger is not None:
            files.make_folder(self._ledger.folder)
            self._ledger.append({"decisions": play.decisions, "exploitability": found[1].upper})

    def _keep(self, play: SelfPlay) -> None:
        if self._ledger is not None:
            files.make_folder(self._ledger.folder)
            self._ledger.checkpoint(play.decisions, journal=self._ledger.journal_size(), facts={}, arrays=_flat(play.state()))

    def _restore(self, play: SelfPlay) -> None:
        if self._ledger is None or not self._ledger.folder.is_dir():
            return
        checkpoint = self._ledger.latest()
        self._ledger.trim(checkpoint.journal if checkpoint else 0)
        if checkpoint is not None:
            play.restore({name.replace("|", "/"): array for name, array in checkpoint.arrays.items()})


def _flat(state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """With names that an archive's file may have."""
    return {name.replace("/", "|"): array for name, array in state.items()}
