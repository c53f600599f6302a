"""`OnnxPolicy`: a network that was made elsewhere, from an ONNX file.

| of the file | what |
|---|---|
| input | one, f4 [n, F]: features of the agent's own signals, in one of three layouts told apart by F |
| output | `logits` f4 [n, A], or `probabilities` f4 [n, A], whose share of illegal actions is spread over the others |
| metadata `memory` | `observation`, `last` or `history`, where F does not tell the layout |
| metadata `pooled`, `greedy` | `true`: each agent is fed what its team sees; the most probable action is always played |
| metadata `role`, `game`, `fingerprint` | for whom it is; one for another role or game is refused |

`observation` is what the environments of Gymnasium and PettingZoo show, the features of the present signals; `last` has the share of
the horizon after them, and which agent of a team it is; `history` has every step (`gamesolve.policies.features`).

All metadata may be missing. A is the number of the role's actions, the largest one in a team, which shares the network. n is left
free, or is a fixed number. All weights stand in the file itself. It is run by onnxruntime, on one thread, and holds no code.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError, PolicyFailedError, first_few, missing_extra, quoted
from gamesolve.policies.asked import TOLERANCE, Asked, sound
from gamesolve.policies.chunks import CHUNK, in_chunks
from gamesolve.policies.features import Features, Memory
from gamesolve.policies.function import foreign
from gamesolve.policies.softmax import from_logits
from gamesolve.rules.game import ROLES, Game
from gamesolve.views.acting import ASKED, HISTORY, PRESENT, Acting
from gamesolve.views.recall import Recall

SUFFIX = ".onnx"
LOGITS, PROBABILITIES = "logits", "probabilities"
MEMORIES: tuple[Memory, ...] = ("history", "last")
OBSERVATION = "observation"
#: The largest fixed n.
MOST_ROWS = 1024
#: A folder that is not there: weights that a file looks for beside itself are not read, for no hash covers them.
NOWHERE = "/nonexistent/gamesolve"


@dataclass(frozen=True, eq=False)
class OnnxPolicy(Asked):
    """Probabilities by a network in an ONNX file; the module's docstring says what it holds.

    Attributes:
        game: the game it plays.
        role: `defender` or `attacker`.
        name: of the file, for messages.
        model: the file's content.
        features: what it is fed; width: how many of them, from the first on.
        output: `logits` or `probabilities`.
        greedy: plays the most probable action (the first of equals) instead of drawing.
        session: onnxruntime's.
    """

    kind = "a network"

    game: Game
    role: str
    name: str
    model: bytes = field(repr=False)
    features: Features = field(repr=False)
    width: int
    output: str
    greedy: bool
    session: Any = field(repr=False)

    @classmethod
    def read(cls, game: Game, role: str | None, path: str | Path) -> OnnxPolicy:
        """The policy in a file; raises GamesolveError as `of`, or where the file cannot be read."""
        return cls.of(game, role, files.read_bytes(Path(path)), name=str(path))

    @classmethod
    def of(cls, game: Game, role: str | None, model: bytes, *, name: str) -> OnnxPolicy:
        """The policy in a file's content.

        Args:
            game: one of ours; in others there are no signals.
            role: which role it plays; None where the file says so.
            name: of the file, for messages.

        Raises:
            GamesolveError: onnxruntime is not installed, the content is no ONNX model, has other inputs, outputs or metadata than
                the module says, or is for another game or role.
        """
        if not isinstance(game, Game):
            raise GamesolveError(f"ONNX policy {name!r} is fed signals; {game} has none")
        session = _session(model, name)
        try:
            # Names may be no text.
            with foreign("it cannot be read"):
                metadata, inputs, outputs = session.get_modelmeta().custom_metadata_map, session.get_inputs(), session.get_outputs()
            role = _role(game, role, metadata)
            features, width = _fed(game, role, inputs, metadata)
            policy = cls(game, role, name, model, features, width, _output(outputs), _flag(metadata, "greedy"), session)
            # Whether the shapes are right shows once it runs.
            policy._run(np.zeros((1, width), np.float32))
        except GamesolveError as error:
            raise GamesolveError(f"ONNX policy {name!r}: {error}") from error
        return policy

    @property
    def actions(self) -> int:
        """A."""
        return max(len(self.game.agents[i].actions) for i in self.features.agents)

    def probabilities(self, inputs: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """f8 [n, A'] of the first A' actions, for inputs f4 [n, F] where masks bool [n, A'] are legal; not checked."""
        numbers = self._run(inputs)
        with np.errstate(all="ignore"):
            if self.output == LOGITS:
                logits = numbers[:, : masks.shape[1]]
                if not (logits[masks] < np.inf).all():
                    raise GamesolveError(f"it gave the logit {float(logits[masks].max())!r}; logits are numbers")
                return from_logits(logits, masks, greedy=self.greedy)
            unsound = ~((numbers >= 0.0).all(axis=1) & (np.abs(numbers.sum(axis=1) - 1.0) <= TOLERANCE))
            if unsound.any():
                raise GamesolveError(
                    f"it gave the probabilities {quoted(numbers[unsound][0].tolist())}; they are not negative and add up to 1"
                )
            legal = np.where(masks, numbers[:, : masks.shape[1]], 0.0).astype(np.float64)
            if self.greedy:
                return np.eye(masks.shape[1])[np.where(masks, legal, -1.0).argmax(axis=1)]
            return np.asarray(legal / legal.sum(axis=1, keepdims=True))

    def acting(self, game: Game, agent: int) -> Acting:
        """How the simulator asks this policy when `agent` of `game` follows it.

        Raises:
            GamesolveError: it is for another game or the other role; when asked, that the network failed or gave no probabilities.
        """
        self.refuse_other(game, agent)
        member, mover = self.features.agents.index(agent), game.agents[agent]

        def ask(recall: Recall, place: int, rows: np.ndarray, masks: np.ndarray) -> np.ndarray:
            inputs = np.empty((len(rows), self.features.count), np.float32)
            self.features.fill(recall, np.full(len(rows), member, np.int32), rows, inputs)
            try:
                return sound("it", self.probabilities(inputs[:, : self.width], masks), masks, mover.actions)
            except GamesolveError as error:
                raise PolicyFailedError(f"ONNX policy {self.name!r}: {error}", self.role) from error

        return Acting(ASKED, ask=ask, looks=PRESENT if self.features.memory == "last" else HISTORY)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OnnxPolicy):
            return NotImplemented
        return (self.fingerprint, self.role, self.model) == (other.fingerprint, other.role, other.model)

    __hash__ = None  # type: ignore[assignment]

    def _run(self, inputs: np.ndarray) -> np.ndarray:
        """The output f4 [n, A] for inputs f4 [n, F]; always as many rows at once, so that what a row yields is always the same."""
        given = self.session.get_inputs()[0]
        fixed = given.shape[0] if isinstance(given.shape[0], int) else CHUNK

        def answer(chunk: np.ndarray) -> np.ndarray:
            with foreign("it cannot be run"):
                (found,) = self.session.run([self.output], {given.name: chunk})
            if found.shape != (fixed, self.actions):
                raise GamesolveError(f"its output has shape {found.shape} for {fixed} rows; it is {(fixed, self.actions)}")
            return np.asarray(found)

        return in_chunks(answer, inputs, width=self.actions, rows=fixed)


def _session(model: bytes, name: str) -> Any:
    """onnxruntime's session; raises GamesolveError where that is not installed or refuses the model."""
    try:
        import onnxruntime
    except ImportError as error:
        raise missing_extra("onnxruntime", "onnx") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    # What it has to say it says by its errors.
    options.log_severity_level = 4
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", NOWHERE)
    try:
        with foreign(f"ONNX policy {name!r} cannot be read"):
            return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"], enable_fallback=0)
    except GamesolveError as error:
        if "xternal data" not in str(error):
            raise
        raise GamesolveError(
            f"ONNX policy {name!r} keeps weights outside the file; export it with all of them inside (torch: external_data=False)"
        ) from error


def _role(game: Game, role: str | None, metadata: dict[str, str]) -> str:
    """The role that it plays; raises GamesolveError where the file says another, or another game."""
    own, fingerprint = metadata.get("role", role), metadata.get("fingerprint", game.fingerprint)
    if fingerprint != game.fingerprint:
        theirs = f"{quoted(metadata.get('game'))} (fingerprint {quoted(fingerprint)})"
        raise GamesolveError(f"it is for {theirs}, not for {game} ({game.fingerprint})")
    if own not in ROLES:
        raise GamesolveError(f"its role is {quoted(own)}; give role 'defender' or 'attacker'")
    if role is not None and own != role:
        raise GamesolveError(f"it is a policy of the {own}, not of the {role}")
    return own


def _fed(game: Game, role: str, inputs: list[Any], metadata: dict[str, str]) -> tuple[Features, int]:
    """What it is fed, and how much of that; raises GamesolveError where its input is none of the layouts."""
    if len(inputs) != 1 or inputs[0].type != "tensor(float)" or len(inputs[0].shape) != 2:
        raise GamesolveError(f"its inputs are {_described(inputs)}; there is one, tensor(float) of shape [n, F]")
    rows, width = inputs[0].shape
    if isinstance(rows, int) and not 1 <= rows <= MOST_ROWS:
        raise GamesolveError(f"its input has {rows} rows; it has any number, or a fixed one from 1 to {MOST_ROWS}")
    layouts = _layouts(game, role, _flag(metadata, "pooled"))
    said = metadata.get("memory")
    if said is not None and said not in layouts:
        raise GamesolveError(f"its metadata 'memory' is {quoted(said)}; it is {' or '.join(layouts)}")
    allowed = layouts if said is None else {said: layouts[said]}
    for features, count in allowed.values():
        if count == width or (said is not None and not isinstance(width, int)):
            return features, count
    widths = " or ".join(f"{count} ({memory})" for memory, (_, count) in allowed.items())
    raise GamesolveError(f"its input is {quoted(width)} wide; for a {role} of {game} it is {widths}")


def _layouts(game: Game, role: str, pooled: bool) -> dict[str, tuple[Features, int]]:
    """Features and width of each layout, by its name."""
    history, last = (Features.of(game, role, memory, pooled=pooled) for memory in MEMORIES)
    layouts = {"history": (history, history.count), "last": (last, last.count)}
    # An environment shows one agent's own signals, and at least one feature.
    return layouts if pooled or not last.block else {**layouts, OBSERVATION: (last, last.block)}


def _output(outputs: list[Any]) -> str:
    """Which output is asked for; raises GamesolveError where there is none by a name that says what it is."""
    for one in outputs:
        if one.name in (LOGITS, PROBABILITIES) and one.type == "tensor(float)":
            return str(one.name)
    raise GamesolveError(f"its outputs are {_described(outputs)}; one is 'logits' or 'probabilities', tensor(float)")


def _flag(metadata: dict[str, str], key: str) -> bool:
    """Whether metadata say `true`; raises GamesolveError where they say neither that nor `false`."""
    said = metadata.get(key, "false")
    if said not in ("true", "false"):
        raise GamesolveError(f"its metadata {key!r} are {quoted(said)}; they are true or false")
    return said == "true"


def _described(ends: list[Any]) -> str:
    return first_few(f"{quoted(one.name)} ({one.type} {quoted(one.shape)})" for one in ends)
