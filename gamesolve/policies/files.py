"""Saved policies: a folder with `card.json`, and `policy.npz`, `policy.safetensors` or `policy.onnx` beside it where there are arrays.

The card says what the policy is and for which game, and holds the SHA-256 of every other file and
of itself, so that a file that was damaged or changed is refused. Nothing in a saved policy is code.

| key of the card | what |
|---|---|
| schema | `gamesolve.policy/1` |
| kind | `tabular`, `scripted`, `neural`, `onnx`, `team` or `mixture` |
| game, fingerprint | the game in words with its parameters, and the hash by which it is recognised |
| role | `defender` or `attacker`; `0` or `1` for OpenSpiel games |
| agent | tabular: index of the agent |
| name, parameters | scripted, neural, onnx: the game's name (`openspiel:...` for one of OpenSpiel's) and parameters |
| policy, settings | scripted: the policy's name and parameters |
| memory | neural, onnx: whether it is fed its `history`, or its `last` signals alone, for which no history need be kept |
| pooled | neural: whether each agent is fed what its team sees |
| layers, greedy | neural: sizes of its layers from features to actions, the first a GRU where it remembers; whether it never draws |
| outputs | neural: whether its outputs were learnt as `logits` or as action `values` |
| weights | mixture: probability of each member |
| agents | team: how many policies it has, one an agent |
| files, bytes | SHA-256 and size of each further file; members of a mixture or a team are `member-0/card.json`, ... |
| about | how the policy was trained and evaluated, where that is known |
| sha256 | SHA-256 of the card's other content |
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError, quoted
from gamesolve.policies.asked import Asked
from gamesolve.policies.function import FunctionPolicy
from gamesolve.policies.mixture import Mixture, Pure
from gamesolve.policies.neural import NeuralPolicy, network_from
from gamesolve.policies.onnx import OnnxPolicy
from gamesolve.policies.scripted import ScriptedPolicy
from gamesolve.policies.table_arrays import arrays_of, table_from
from gamesolve.policies.tabular import TabularPolicy
from gamesolve.policies.team import TeamPolicy
from gamesolve.rules.game import ROLES, Game
from gamesolve.views.problem import load_problem, problem_of

CARD, TABLE, TENSORS, ONNX = "card.json", "policy.npz", "policy.safetensors", "policy.onnx"
SCHEMA = "gamesolve.policy/1"
#: The largest card, which may hold a game's parameters, and the largest further file.
MOST_OF_CARD, MOST = 2**26, 2**32

Policy = Pure | Mixture
Joint = TypeVar("Joint", TeamPolicy, Mixture)

#: Keys that every card has and those of each kind, with their JSON types.
COMMON = {"schema": str, "kind": str, "game": str, "fingerprint": str, "role": str, "files": dict, "bytes": dict, "sha256": str}
KEYS: dict[str, dict[str, type]] = {
    "tabular": {"agent": int},
    "scripted": {"name": str, "parameters": dict, "policy": str, "settings": dict},
    "neural": {
        "name": str,
        "parameters": dict,
        "memory": str,
        "pooled": bool,
        "layers": list,
        "critic": list,
        "greedy": bool,
        "outputs": str,
    },
    "onnx": {"name": str, "parameters": dict, "memory": str},
    "team": {"agents": int},
    "mixture": {"weights": list},
}

PLAYERS = (*ROLES, "0", "1")
FINGERPRINT = re.compile("[0-9a-f]{1,64}")

#: Of which kinds the members of a kind are.
ALONE = ("tabular", "scripted", "neural", "onnx")
MEMBERS = {"team": ALONE, "mixture": (*ALONE, "team")}


def save_policy(policy: Policy, folder: str | Path, *, about: dict[str, Any] | None = None) -> None:
    """Write a policy into a folder, which is made where it is not there; the card comes last.

    Args:
        about: plain data for whoever reads the card, such as how the policy was trained and evaluated; unless given, what the
            card said from which the policy was loaded.

    Raises:
        GamesolveError: the folder cannot be written, or the policy is of a kind that has no file.
    """
    folder = Path(folder)
    files.make_folder(folder)
    if isinstance(policy, TabularPolicy):
        card = {"kind": "tabular", **_identity(policy), "agent": policy.agent}
        card["files"] = {TABLE: files.write_npz(folder / TABLE, arrays_of(policy))}
    elif isinstance(policy, ScriptedPolicy):
        card = {"kind": "scripted", **_scripted_card(policy), "files": {}}
    elif isinstance(policy, NeuralPolicy):
        fed = {"memory": policy.features.memory, "pooled": policy.features.pooled}
        layers = {"layers": policy.layers, "critic": policy.critic.layers if policy.critic else []}
        card = {"kind": "neural", **_made_for(policy), **fed, **layers, "greedy": policy.greedy, "outputs": policy.outputs}
        card["files"] = {TENSORS: files.write_tensors(folder / TENSORS, policy.tensors)}
    elif isinstance(policy, OnnxPolicy):
        card = {"kind": "onnx", **_made_for(policy), "memory": policy.features.memory}
        card["files"] = {ONNX: hashlib.sha256(policy.model).hexdigest()}
        files.write_bytes(folder / ONNX, policy.model)
    elif isinstance(policy, TeamPolicy):
        card = {"kind": "team", **_identity(policy), "agents": len(policy.policies)}
        card["files"] = dict(_save_member(member, folder, k) for k, member in enumerate(policy.policies))
    elif isinstance(policy, Mixture):
        card = {"kind": "mixture", **_identity(policy), "weights": [float(w) for w in policy.weights]}
        card["files"] = dict(_save_member(member, folder, k) for k, member in enumerate(policy.policies))
    elif isinstance(policy, FunctionPolicy):
        raise GamesolveError(f"policy {policy.name!r} cannot be saved: it is code, and no saved policy holds any")
    else:
        raise GamesolveError(
            f"a {type(policy).__name__} cannot be saved; tabular, scripted and neural policies, teams and mixtures of them can"
        )
    card["bytes"] = {name: (folder / name).stat().st_size for name in card["files"]}
    about = about_of(policy) if about is None else about
    card = {"schema": SCHEMA, **card, **({} if about is None else {"about": about})}
    files.write_json(folder / CARD, {**card, "sha256": _digest(card)})


def policy_digest(policy: Any) -> str:
    """SHA-256 (hex) of what a policy is, whatever is told about it; raises GamesolveError where it cannot be saved."""
    with tempfile.TemporaryDirectory() as folder:
        save_policy(policy, Path(folder) / "policy", about={})
        return str(files.read_object(Path(folder) / "policy" / CARD)["sha256"])


def about_of(policy: Any) -> dict[str, Any] | None:
    """How a loaded policy was trained and evaluated, as its card said; None where that is not known."""
    return vars(policy).get("about")


def can_be_saved(policy: Any) -> bool:
    """Whether a policy is of a kind that has a file; code has none, nor have mixtures and teams in which there is some."""
    if isinstance(policy, (Mixture, TeamPolicy)):
        return all(map(can_be_saved, policy.policies))
    return isinstance(policy, (TabularPolicy, ScriptedPolicy, NeuralPolicy, OnnxPolicy))


def load_policy(folder: str | Path) -> Policy:
    """The policy in a folder.

    Raises:
        GamesolveError: there is none, or a file is damaged or is not what the card says; the message
            names the file and the key.
    """
    path = Path(folder) / CARD
    card = read_card(path)
    loaders: dict[str, Callable[[Path, dict[str, Any]], Policy]] = {
        "tabular": _load_table, "scripted": _load_scripted, "neural": _load_neural, "onnx": _load_onnx, "team": _load_team,
        "mixture": _load_mixture,
    }  # fmt: skip
    policy = loaders[card["kind"]](path, card)
    if "about" in card:
        # No field: where a policy comes from is no part of what it is, and does not go over to one that is made from it.
        vars(policy)["about"] = card["about"]
    return policy


def read_card(path: Path) -> dict[str, Any]:
    """A card whose keys, types and hash are in order; raises GamesolveError that names file and key."""
    files.size_of(path, MOST_OF_CARD)
    card = files.read_object(path)
    if card.get("schema") != SCHEMA:
        raise GamesolveError(f"{str(path)!r}: key 'schema' is {quoted(card.get('schema'))}; this version reads {SCHEMA!r}")
    kind = card.get("kind")
    if not isinstance(kind, str) or kind not in KEYS:
        raise GamesolveError(f"{str(path)!r}: key 'kind' is {quoted(kind)}; it is one of {', '.join(KEYS)}")
    for key, wanted in {**COMMON, **KEYS[kind]}.items():
        if type(card.get(key)) is not wanted:
            raise GamesolveError(f"{str(path)!r}: key {key!r} is {quoted(card.get(key))}; it is of type {wanted.__name__}")
    if not isinstance(card.get("about", {}), dict):
        raise GamesolveError(f"{str(path)!r}: key 'about' is {quoted(card['about'])}; it is of type dict")
    if card["role"] not in PLAYERS:
        raise GamesolveError(f"{str(path)!r}: key 'role' is {quoted(card['role'])}; it is one of {', '.join(PLAYERS)}")
    if not FINGERPRINT.fullmatch(card["fingerprint"]):
        raise GamesolveError(f"{str(path)!r}: key 'fingerprint' is {quoted(card['fingerprint'])}; it is a hash in hexadecimal digits")
    said = card.pop("sha256")
    try:
        right = said == _digest(card)
    except RecursionError as error:
        raise GamesolveError(f"{str(path)!r} is nested too deeply to be a policy's") from error
    if not right:
        raise GamesolveError(f"{str(path)!r} is damaged: its content is not what its key 'sha256' says")
    return card


def _digest(card: dict[str, Any]) -> str:
    """SHA-256 of a card's content, however it is laid out."""
    return hashlib.sha256(json.dumps(card, sort_keys=True).encode()).hexdigest()


def _identity(policy: TabularPolicy | TeamPolicy | Mixture) -> dict[str, Any]:
    return {"game": policy.game, "fingerprint": policy.fingerprint, "role": policy.role}


def _recorded(path: Path, card: dict[str, Any], name: str) -> str:
    """The SHA-256 that the card has for a file, whose size is what the card says."""
    recorded, size = card["files"].get(name), card["bytes"].get(name)
    if not isinstance(recorded, str):
        raise GamesolveError(f"{str(path)!r}: key 'files' holds {quoted(recorded)} for {name!r}; it is the file's SHA-256")
    if type(size) is not int:
        raise GamesolveError(f"{str(path)!r}: key 'bytes' holds {quoted(size)} for {name!r}; it is the file's size")
    found = files.size_of(path.parent / name, MOST)
    if found != size:
        raise GamesolveError(f"{str(path.parent / name)!r} is damaged: it has {found} bytes, not {quoted(size)} as its card says")
    return recorded


def _made_for(policy: ScriptedPolicy | Asked) -> dict[str, Any]:
    problem = problem_of(policy.game)
    return {
        "game": str(policy.game),
        "fingerprint": problem.fingerprint,
        "role": policy.role,
        "name": problem.name,
        "parameters": problem.parameters,
    }


def _scripted_card(policy: ScriptedPolicy) -> dict[str, Any]:
    return {**_made_for(policy), "policy": policy.scripted.name, "settings": policy.settings.model_dump(mode="json")}


@contextlib.contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the card's path before what is said to be wrong."""
    try:
        yield
    except GamesolveError as error:
        raise GamesolveError(f"{str(path)!r}: {error}") from error


def _load_table(path: Path, card: dict[str, Any]) -> TabularPolicy:
    arrays = files.read_npz(path.parent / TABLE, _recorded(path, card, TABLE))
    return table_from(arrays, card, path.parent / TABLE)


def _load_scripted(path: Path, card: dict[str, Any]) -> ScriptedPolicy:
    with _naming(path):
        return ScriptedPolicy.choose(_game(card), card["role"], card["policy"], card["settings"])


def _load_neural(path: Path, card: dict[str, Any]) -> NeuralPolicy:
    tensors = files.read_tensors(path.parent / TENSORS, _recorded(path, card, TENSORS))
    with _naming(path):
        game = _game(card)
        if isinstance(game, Game):
            return network_from(game, card, tensors)
        # Whoever has no games of OpenSpiel's needs not wait for its import.
        from gamesolve.policies.openspiel_network import openspiel_network_from
        from gamesolve.views.turn_based import TurnBased

        return openspiel_network_from(TurnBased.of(game), card, tensors)


def _load_onnx(path: Path, card: dict[str, Any]) -> OnnxPolicy:
    model = files.read_bytes(path.parent / ONNX, _recorded(path, card, ONNX))
    with _naming(path):
        policy = OnnxPolicy.of(_game(card), card["role"], model, name=str(path.parent / ONNX))
        if card["memory"] != policy.features.memory:
            raise GamesolveError(f"key 'memory' is {quoted(card['memory'])}; the network is fed {policy.features.memory!r}")
        return policy


def _game(card: dict[str, Any]) -> Any:
    """The game for which a policy was made, ours or OpenSpiel's; raises GamesolveError where that is not the same any more."""
    problem = load_problem(card["name"], card["parameters"])
    if problem.fingerprint != card["fingerprint"]:
        raise GamesolveError(f"key 'fingerprint' is {card['fingerprint']!r}, but {problem.game} now has {problem.fingerprint!r}")
    return problem.game


def _save_member(member: Pure, folder: Path, number: int) -> tuple[str, str]:
    """Save a member of a mixture; returns its card's name and SHA-256."""
    name = f"member-{number}"
    save_policy(member, folder / name)
    return f"{name}/{CARD}", hashlib.sha256(files.read_bytes(folder / name / CARD)).hexdigest()


def _load_members(path: Path, card: dict[str, Any], count: int, key: str) -> list[Policy]:
    """The members of a mixture or a team; raises GamesolveError where there are not `count`, which `key` says, or one is damaged."""
    if len(card["files"]) != count:
        raise GamesolveError(f"{str(path)!r}: key {key!r} says {count} members; key 'files' has {len(card['files'])}")
    members = []
    for k in range(count):
        own = path.parent / f"member-{k}"
        recorded = _recorded(path, card, f"member-{k}/{CARD}")
        if hashlib.sha256(files.read_bytes(own / CARD)).hexdigest() != recorded:
            raise GamesolveError(f"{str(own / CARD)!r} is damaged: its SHA-256 is not the one in {str(path)!r}")
        allowed = MEMBERS[card["kind"]]
        kind = read_card(own / CARD)["kind"]
        if kind not in allowed:
            raise GamesolveError(f"{str(own / CARD)!r}: key 'kind' is {kind!r}; a member of a {card['kind']} is {' or '.join(allowed)}")
        members.append(load_policy(own))
    return members


def _load_team(path: Path, card: dict[str, Any]) -> TeamPolicy:
    members = _load_members(path, card, card["agents"], "agents")
    with _naming(path):
        return _agreeing(card, TeamPolicy(tuple(members)))  # type: ignore[arg-type]


def _load_mixture(path: Path, card: dict[str, Any]) -> Mixture:
    weights = card["weights"]
    # Rounding may have put one above 1; whether they add up is for the mixture to say.
    if not all(type(w) in (int, float) and 0 <= w < 2 for w in weights):
        raise GamesolveError(f"{str(path)!r}: key 'weights' is {quoted(weights)}; it holds probabilities")
    members = _load_members(path, card, len(weights), "weights")
    with _naming(path):
        return _agreeing(card, Mixture(tuple(members), np.array(weights, np.float64)))  # type: ignore[arg-type]


def _agreeing(card: dict[str, Any], policy: Joint) -> Joint:
    """A mixture or a team; raises GamesolveError where its card says another game or role than its members."""
    for key, own in (("fingerprint", policy.fingerprint), ("role", policy.role)):
        if card[key] != own:
            raise GamesolveError(f"key {key!r} is {card[key]!r}; its members have {own!r}")
    return policy
