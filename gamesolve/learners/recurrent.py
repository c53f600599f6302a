"""Actors and critics that remember: a GRU fed at every step, and layers of both that are fed its state at decisions.

Rows in which an agent has no choice are neither evaluated nor stored, but what it sees there enters its
memory: so every step of every row is fed, and kept for the update. An update goes through it as it was
played: each row is one sequence, in which episodes begin where they do, with the gradient through all of it.
A sequence starts from the state that the network had there when it played. To have that by the present weights
would take the whole episode so far, and they change little from one rollout to the next.

An actor and its critic are fed the same, and learn what to remember together: that halves the work, most of which is
the GRU's. A central critic has a memory of its own, as it sees in every row what all agents see, step by step as
well: history and state, never the state alone (Baisero and Amato 2022).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import nn

from gamesolve.learners.arena import Arena
from gamesolve.learners.gru import GruUnit
from gamesolve.learners.networks import OneEach, perceptron
from gamesolve.learners.rollout import Collector
from gamesolve.learners.settings import PPOSettings


class Rememberer(nn.Module):
    """A GRU and layers that are fed its state."""

    def __init__(self, unit: GruUnit, layers: nn.Module) -> None:
        super().__init__()
        self.unit, self.layers = unit, layers

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        """Outputs [n, ...] for states [n, H]."""
        return torch.as_tensor(self.layers(states))


class Track:
    """What is remembered in a rollout: by M side by side in each of B rows.

    Attributes:
        networks: a `Rememberer` that all M share, or one each.
        states: [B, M, H], now.
        fed: for every step of the rollout, features [B, M, F].
        before: for every step of the rollout, states [B, M, H] when it was played, before it.
    """

    def __init__(self, networks: OneEach, batch: int, members: int, units: int, device: torch.device) -> None:
        self.networks, self.states = networks, torch.zeros((batch, members, units), device=device)
        self.fed: list[torch.Tensor] = []
        self.before: list[torch.Tensor] = []
        self._inputs = self._start = torch.zeros(0)

    def feed(self, inputs: torch.Tensor, begins: torch.Tensor) -> None:
        """Feed a step: [B, M, F], where episodes begin in rows bool [B]."""
        self.fed.append(inputs)
        self.before.append(self.states)
        self.states = self._unroll(inputs[None], self.states, begins[None])[0]

    def forget(self, count: int) -> None:
        """Drop the first steps."""
        del self.fed[:count], self.before[:count]

    def study(self) -> None:
        """Take up all steps there are."""
        self._inputs, self._start = torch.stack(self.fed), self.before[0]

    def state(self, name: str) -> dict[str, np.ndarray]:
        """What steps there are and what is remembered, in arrays whose names begin with `name`."""
        kept = {"fed": self.fed, "before": self.before, "states": [self.states]}
        return {f"{name}-{key}": np.array([tensor.cpu().numpy() for tensor in tensors], np.float32) for key, tensors in kept.items()}

    def restore(self, state: dict[str, np.ndarray], name: str) -> None:
        """Go back to a `state`."""
        device = self.states.device
        self.fed, self.before, (self.states,) = (
            [torch.from_numpy(array.copy()).to(device) for array in state[f"{name}-{key}"]] for key in ("fed", "before", "states")
        )

    def reached(
        self, rows: torch.Tensor, begins: torch.Tensor, steps: torch.Tensor, at: torch.Tensor, members: torch.Tensor
    ) -> torch.Tensor:
        """States [m, H] at m of the steps that are studied, by way of all before them.

        Args:
            rows: i8 [n], those through which to go.
            begins: bool [T, n], where their episodes begin.
            steps, at, members: i8 [m], of the states wanted: when, where among `rows`, and whose.
        """
        states = self._unroll(self._inputs[:, rows], self._start[rows], begins)
        places = (steps * len(rows) + at) * states.shape[2] + members
        return states.flatten(0, 2).index_select(0, places)

    def _unroll(self, inputs: torch.Tensor, states: torch.Tensor, begins: torch.Tensor) -> torch.Tensor:
        """States [T, n, M, H] for inputs [T, n, M, F], states [n, M, H] before them and begins bool [T, n]."""
        first, *more = [one.unit for one in self.networks.networks if isinstance(one, Rememberer)]
        if more:
            each = [unit(inputs[:, :, m], states[:, m], begins) for m, unit in enumerate((first, *more))]
            return torch.stack(each, dim=2)
        together = first(inputs.flatten(1, 2), states.flatten(0, 1), begins.repeat_interleave(states.shape[1], dim=1))
        return torch.as_tensor(together.unflatten(1, states.shape[:2]))


class Recurrent:
    """Networks that remember, in an arena; see `ActorCritic`."""

    def __init__(
        self, arena: Arena, collector: Collector, settings: PPOSettings, *, generator: torch.Generator, device: torch.device
    ) -> None:
        self._arena, self._collector, self._settings = arena, collector, settings
        self._generator, self._device = generator, device
        batch, agents = len(arena.dones), len(arena.agents)
        each, central = agents if settings.sharing == "separate" else 1, arena.joint_inputs > 0
        self.actors = self._networks(each, arena.inputs, arena.actions, 0.01)
        self.critics = self._networks(1, arena.joint_inputs, 1, 1.0) if central else self._layers(each, 1, 1.0)
        self._acting = Track(self.actors, batch, agents, settings.recurrent, device)
        self._judging = Track(self.critics, batch, 1, settings.recurrent, device) if central else None
        self._begins: list[torch.Tensor] = []
        # All places of a step, row by row.
        self._rows, self._members = np.repeat(np.arange(batch), agents), np.tile(np.arange(agents, dtype=np.int32), batch)

    def _networks(self, count: int, inputs: int, outputs: int, last_gain: float) -> OneEach:
        units = [GruUnit(inputs, self._settings.recurrent, generator=self._generator) for _ in range(count)]
        layers = self._layers(count, outputs, last_gain).networks
        return OneEach([Rememberer(unit, some) for unit, some in zip(units, layers, strict=True)]).to(self._device)

    def _layers(self, count: int, outputs: int, last_gain: float) -> OneEach:
        s, generator = self._settings, self._generator
        made = [perceptron(s.recurrent, s.hidden, outputs, last_gain=last_gain, generator=generator) for _ in range(count)]
        return OneEach(made).to(self._device)

    @torch.no_grad()
    def look(self) -> None:
        """Feed what all agents see at this step."""
        arena, batch = self._arena, len(self._arena.dones)
        inputs = np.empty((len(self._rows), arena.inputs), np.float32)
        arena.see(self._rows, self._members, inputs, np.empty((len(self._rows), arena.actions), np.bool_))
        own, begins = self._tensor(inputs).unflatten(0, (batch, -1)), self._tensor(arena.elapsed == 0)
        self._begins.append(begins)
        self._acting.feed(own, begins)
        if self._judging:
            joint = np.empty((batch, arena.joint_inputs), np.float32)
            arena.see_all(np.arange(batch), joint)
            self._judging.feed(self._tensor(joint)[:, None], begins)

    def decide(self, part: slice, rows: np.ndarray, members: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits and values."""
        at, who = self._tensor(rows), self._tensor(self._collector.rollout.member[part])
        states, judge = self._acting.states[at, who], torch.zeros_like(who) if self._judging else who
        seen = self._judging.states[at, judge] if self._judging else states
        return self.actors(states, who), self.critics(seen, judge)[:, 0]

    def study(self, used: np.ndarray) -> None:
        """Take up decisions, and all steps before them."""
        r, first = self._collector.rollout, self._collector.steps - len(self._begins)
        self._row, self._member = r.row[used], self._tensor(r.member[used])
        self._step = self._tensor(r.step[used] - first)
        self._began = torch.stack(self._begins)
        for track in self._tracks.values():
            track.study()

    def parts(self, size: int) -> Iterator[torch.Tensor]:
        """Minibatches of whole rows."""
        rows, where = np.unique(self._row, return_inverse=True)
        order = torch.randperm(len(rows), generator=self._generator).numpy()
        for some in np.array_split(order, min(max(round(len(where) / size), 1), len(rows))):
            yield self._tensor(np.flatnonzero(np.isin(where, some)))

    def evaluate(self, part: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Logits and values."""
        rows, at = (self._tensor(found) for found in np.unique(self._row[part.cpu().numpy()], return_inverse=True))
        steps, who = self._step[part], self._member[part]
        judge, begins = torch.zeros_like(who) if self._judging else who, self._began[:, rows]
        states = self._acting.reached(rows, begins, steps, at, who)
        seen = self._judging.reached(rows, begins, steps, at, judge) if self._judging else states
        return self.actors(states, who), self.critics(seen, judge)[:, 0]

    def carry(self) -> None:
        """Keep the steps from the oldest open decision on."""
        r, carried, now = self._collector.rollout, self._collector.carried, self._collector.steps
        oldest = int(r.step[:carried].min()) if carried else now
        count = oldest - (now - len(self._begins))
        del self._begins[:count]
        for track in self._tracks.values():
            track.forget(count)

    def state(self) -> dict[str, np.ndarray]:
        """What was fed and is still needed, and what is remembered."""
        begins = np.array([begins.cpu().numpy() for begins in self._begins], np.bool_)
        kept = {"begins": begins}
        for name, track in self._tracks.items():
            kept |= track.state(name)
        return kept

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go back to a `state`."""
        self._begins = [self._tensor(begins.copy()) for begins in state["begins"]]
        for name, track in self._tracks.items():
            track.restore(state, name)

    @property
    def _tracks(self) -> dict[str, Track]:
        return {"acting": self._acting, "judging": self._judging} if self._judging else {"acting": self._acting}

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self._device)
