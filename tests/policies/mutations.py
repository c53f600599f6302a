"""Saved policies, spoiled: by damage, and by a forger who gives every file and card the hash and the size that it then has."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gamesolve.base.files import npz_bytes
from gamesolve.policies.files import CARD, ONNX, PLAYERS, TABLE, TENSORS

#: JSON of all kinds, none of which is what any key of a card should hold.
STRANGE: list[Any] = [
    None, True, -1, 10**30, 1e300, -0.5, "", "\ud800", "a" * 100_000, "two\nlines", [], [[]], {}, {"self": 1}, {"name": 2}, [None] * 1000,
]  # fmt: skip
#: Text where a number should stand, too deep or too large for any reader.
WILD = ["[" * 100_000 + "]" * 100_000, '{"a":' * 900 + "0" + "}" * 900, "[" * 980 + "]" * 980, "9" * 5000, "1e999", "NaN", "-Infinity"]


def files_of(folder: Path) -> list[Path]:
    """All files below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def sealed(card: dict[str, Any]) -> str:
    """A card's text with the hash that its content has."""
    content = {key: value for key, value in card.items() if key != "sha256"}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    return json.dumps({**content, "sha256": digest})


def reseal(folder: Path) -> None:
    """Give all cards, the innermost first, the hashes and sizes of the files that they list."""
    for path in sorted(folder.rglob(CARD), key=lambda path: -len(path.parts)):
        card = json.loads(path.read_text())
        for name in card["files"]:
            if (path.parent / name).is_file():
                data = (path.parent / name).read_bytes()
                card["files"][name], card["bytes"][name] = hashlib.sha256(data).hexdigest(), len(data)
        path.write_text(sealed(card))


# What damage does; each takes a source of randomness and a file of the folder.


def flip(rng: random.Random, path: Path) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(rng.randint(1, 3)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.write_bytes(data)


def overwrite(rng: random.Random, path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = rng.randrange(len(data))
    data[at : at + rng.randint(1, 40)] = bytes(rng.choices(b'{}[]",:0123456789eE.-ntrue \xff\x00\\', k=rng.randint(0, 40)))
    path.write_bytes(data)


def cut(rng: random.Random, path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])


def grow(rng: random.Random, path: Path) -> None:
    path.write_bytes(path.read_bytes() + rng.randbytes(rng.randint(1, 200)))


def noise(rng: random.Random, path: Path) -> None:
    path.write_bytes(rng.randbytes(rng.choice([0, 1, 100, 5000])))


def vanish(rng: random.Random, path: Path) -> None:
    path.unlink()


def become_folder(rng: random.Random, path: Path) -> None:
    path.unlink()
    path.mkdir()


def become_link(rng: random.Random, path: Path) -> None:
    path.unlink()
    path.symlink_to(rng.choice([path, path.parent, Path("/dev/zero"), Path("/nowhere")]))


def become_pipe(rng: random.Random, path: Path) -> None:
    import os

    path.unlink()
    os.mkfifo(path)


def become_huge(rng: random.Random, path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(rng.choice([2**31, 2**40]))


def become_wild(rng: random.Random, path: Path) -> None:
    path.write_text(rng.choice(WILD))


def swap(rng: random.Random, path: Path) -> None:
    """Swap two files; a card in place of the outermost one would make another policy of the folder, and a sound one."""
    top = path.parent if not path.parent.name.startswith("member-") else path.parent.parent
    allowed = [other for other in files_of(top) if not (top / CARD in (path, other) and path.name == other.name)]
    other = rng.choice(allowed or [path])
    mine, theirs = path.read_bytes(), other.read_bytes()
    path.write_bytes(theirs)
    other.write_bytes(mine)


def add_file(rng: random.Random, path: Path) -> None:
    (path.parent / f"{path.name}.bak").write_bytes(rng.randbytes(100))


def insert_wild(rng: random.Random, path: Path) -> None:
    """Put text that is no value of a card where a value stands."""
    if path.name != CARD:
        return overwrite(rng, path)
    card = json.loads(path.read_text())
    key = rng.choice(list(card))
    card[key] = "@@"
    path.write_text(json.dumps(card).replace('"@@"', rng.choice(WILD)))


DAMAGE = [
    flip, flip, flip, overwrite, overwrite, cut, cut, grow, noise, vanish, become_folder, become_link, become_pipe, become_huge,
    become_wild, swap, add_file, insert_wild,
]  # fmt: skip


def damage(rng: random.Random, folder: Path) -> str:
    """Damage one file; returns how."""
    path, how = rng.choice(files_of(folder)), rng.choice(DAMAGE)
    how(rng, path)
    return f"{how.__name__} of {path.relative_to(folder)}"


# What a forger does to a card: nothing of it is a policy, or it is the same one. None: the card has no such key.

FORGED: dict[str, list[Any]] = {
    "schema": ["gamesolve.policy/2", ""],
    "kind": ["tabular", "scripted", "neural", "onnx", "team", "mixture", "telepathic", ["tabular"]],
    "game": ["chess()", ""],
    "fingerprint": ["0" * 16, "", "0" * 100_000],
    "role": ["king", "0", "1", "2", "defender", "attacker"],
    "agent": [-1, 1, 2, 5, 10**30, 0.0, True],
    "agents": [0, 1, 3, -1, 10**30],
    "name": ["chess", "leduc", "", "kuhn" * 10_000, "../kuhn", "kuhn.rules", "openspiel:kuhn_poker(", "openspiel:chess",
             "openspiel:kuhn_poker(players=3)", "openspiel:"],
    "parameters": [{"players": 10**9}, {"players": "2"}, {"horizon": -1}, {"horizon": 10**30},
                   {"self": 1}, {"name": "kuhn"}, {"horizon": [[[[[[]]]]]]}, {"x" * 10_000: 1}],
    "policy": ["telepath", "", "always_bet:x", "magic" * 10_000],
    "settings": [{"rate": 7}, {"rate": None}, {"rate": 1e300}, {"self": 1}, {"rate": "a" * 10_000}, {"speed": 1}],
    "memory": ["last", "auto", "recurrent", "elephant", ""],
    "layers": [[], [3], [1, 1], [-1, 2], [True, 2], [10**12, 10**12], ["7", 2], [7.0, 2], [[7], 2], [7, 10**30, 2]],
    "weights": [[], [1.0], [0.5] * 5, [1.5, -0.5, 0, 0], [1e300] * 4, [10**400, 0, 0, 0], ["1", 0, 0, 0], [None, 1, 0, 0], [[1], 0, 0, 0],
                [True, False, False, False], [0.25] * 4 + [0.0]],
    "files": [{}, {CARD: "0"}, {TABLE: 3}, {TABLE: "0" * 64}, {"../../x": "0"}, {"member-0/card.json": "0" * 64}, {"": ""}],
    "bytes": [{}, {TABLE: -1}, {TABLE: "1"}, {TENSORS: 10**30}, {ONNX: None}, {CARD: 1}],
    "about": [{}, "two\nlines", None],
    "surprise": [1, [[]]],
}  # fmt: skip


def forge_card(rng: random.Random, folder: Path) -> str:
    """Change one key of one card for the worse, or for nothing, and seal it and all that list it."""
    path = rng.choice(sorted(folder.rglob(CARD)))
    card = json.loads(path.read_text())
    key, change = rng.choice([key for key in FORGED if key in card] + ["surprise", "about"]), rng.randrange(4)
    if change == 0:
        card.pop(key, None)
    elif change == 1:
        card[key] = copy.deepcopy(rng.choice([value for value in STRANGE if type(value) is not type(card.get(key))]))
    else:
        # Some policies are there for both roles.
        sound = PLAYERS if key == "role" and card["kind"] in ("scripted", "neural") else ()
        card[key] = copy.deepcopy(rng.choice([value for value in FORGED[key] if value != card.get(key) and value not in sound]))
    path.write_text(sealed(card))
    _seal_above(path, folder)
    return f"{['without', 'retyped', 'forged', 'forged'][change]} {key} in {path.relative_to(folder)}"


def _seal_above(path: Path, folder: Path) -> None:
    """Seal the card that lists a card, leaving that one as it is."""
    if path.parent == folder:
        return
    above = folder / CARD
    card, data = json.loads(above.read_text()), path.read_bytes()
    name = str(path.relative_to(folder))
    card["files"][name], card["bytes"][name] = hashlib.sha256(data).hexdigest(), len(data)
    above.write_text(sealed(card))


# What a forger does to arrays.

Change = Callable[[random.Random, np.ndarray], np.ndarray | None]


def _set(value: float) -> Change:
    def change(rng: random.Random, array: np.ndarray) -> np.ndarray:
        changed = array.copy()
        changed.reshape(-1)[rng.randrange(array.size)] = value
        return changed

    return change


ARRAYS: dict[str, Change] = {
    "removed": lambda rng, a: None,
    "of another type": lambda rng, a: a.astype(rng.choice([np.float64 if a.dtype != np.float64 else np.float32, np.uint16, np.complex64])),
    "with an axis more": lambda rng, a: a[None],
    "flat": lambda rng, a: a.reshape(-1)[:0] if a.ndim == 1 else a.reshape(-1),
    "shorter": lambda rng, a: a[:-1],
    "longer": lambda rng, a: np.concatenate([a, a[-1:]]),
}
#: Numbers that spoil arrays of floats. Where they are added to or changed a little they are another policy's.
NUMBERS: dict[str, Change] = {"with nan": _set(np.nan), "with inf": _set(np.inf), "with -inf": _set(-np.inf)}
#: Values that fit no index and no number of an action.
INDICES: dict[str, Change] = {"with -7": _set(-7), "with much": _set(30_000)}


def _spoiled(rng: random.Random, arrays: dict[str, np.ndarray]) -> tuple[str, dict[str, np.ndarray]]:
    """Arrays of which one is spoiled, and how."""
    name = rng.choice([name for name, array in arrays.items() if array.size])
    kinds = dict(ARRAYS) | (NUMBERS if arrays[name].dtype.kind == "f" else {})
    # A row of signals may be any, and so may an action to which there was no other.
    if arrays[name].dtype.kind == "i" and name not in ("histories.signals", "histories.action"):
        kinds |= INDICES
    how = rng.choice([*kinds, "joined by another"])
    if how == "joined by another":
        return how, {**arrays, "surprise": np.zeros(3)}
    return f"{name} {how}", {key: array for key, array in {**arrays, name: kinds[how](rng, arrays[name])}.items() if array is not None}


def _header(rng: random.Random, data: bytes) -> bytes:
    """An .npz file whose first array says that it is larger than it is, or is packed or named otherwise."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    name = rng.choice(list(members))
    change = rng.randrange(4)
    if change == 0:
        text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({rng.choice([2**33, 2**60, 10**30, -5])},), }}"
        body = text.ljust(117) + "\n"
        members[name] = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(body)) + body.encode()
    elif change == 1:
        members[name] = rng.choice([b"", b"\x93NUMPY\x03\x00\x00\x00\x00\x00", b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 60_000])
    elif change == 2:
        members["../escaped.npy"] = members.pop(name)
    packed, buffer = zipfile.ZIP_DEFLATED if change == 3 else zipfile.ZIP_STORED, io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packed) as archive:
        for key, content in members.items():
            archive.writestr(key, content)
    return buffer.getvalue()


def _tensor_header(rng: random.Random, data: bytes) -> bytes:
    """A safetensors file whose header says something else than there is."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    change, name = rng.randrange(4), rng.choice([key for key in header if key != "__metadata__"])
    if change == 0:
        return rng.choice([2**40, 2**63, 0, 7]).to_bytes(8, "little") + data[8:]
    if change == 1:
        header[name]["shape"] = rng.choice([[2**40], [-1], [], [2**31, 2**31], "x"])
    elif change == 2:
        header[name]["data_offsets"] = rng.choice([[0, 2**40], [4, 0], [-4, 4], [0, 0], []])
    else:
        header[name]["dtype"] = rng.choice(["F64", "I8", "BF16", "F8_E4M3", "object", 3])
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data[8 + size :]


def forge_arrays(rng: random.Random, folder: Path) -> str:
    """Spoil one file of arrays or one network, and seal everything; a folder without any gets a forged card."""
    paths = [path for path in files_of(folder) if path.name in (TABLE, TENSORS, ONNX)]
    if not paths:
        return forge_card(rng, folder)
    path = rng.choice(paths)
    how = _forge_file(rng, path)
    reseal(folder)
    return f"{how} in {path.relative_to(folder)}"


def _forge_file(rng: random.Random, path: Path) -> str:
    data = path.read_bytes()
    if path.name == ONNX:
        how, found = rng.choice(list(networks(data).items()))
        path.write_bytes(found)
        return how
    if rng.random() < 0.25:
        path.write_bytes(_header(rng, data) if path.name == TABLE else _tensor_header(rng, data))
        return "another header"
    if path.name == TABLE:
        with np.load(path, allow_pickle=False) as arrays:
            how, changed = _spoiled(rng, {name: arrays[name] for name in arrays.files})
        path.write_bytes(npz_bytes(changed))
        return how
    from safetensors.numpy import load, save

    how, changed = _spoiled(rng, load(data))
    path.write_bytes(save({name: np.ascontiguousarray(array) for name, array in changed.items() if array.dtype != np.complex64}))
    return how


def networks(data: bytes) -> dict[str, bytes]:
    """Other ONNX files made from one: none of them is a policy of the same role."""
    import onnx
    from onnx.external_data_helper import set_external_data

    found = {"nothing": b"", "text": b"def act(): pass", "half": data[: len(data) // 2], "less": data[:-3], "more": data + b"\x00\xff\xff"}

    def changed(how: str, change: Callable[[Any], None]) -> None:
        model = onnx.ModelProto.FromString(data)
        change(model)
        found[how] = model.SerializeToString()

    def outside(model: Any) -> None:
        set_external_data(model.graph.initializer[0], "card.json")
        model.graph.initializer[0].ClearField("raw_data")
        model.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL

    def poison(model: Any) -> None:
        weights = model.graph.initializer[0]
        weights.raw_data = np.full(len(weights.raw_data) // 4, np.nan, np.float32).tobytes()

    changed("weights outside", outside)
    changed("weights of nan", poison)
    changed("without weights", lambda model: model.graph.ClearField("initializer"))
    changed("without nodes", lambda model: model.graph.ClearField("node"))
    changed("without an output", lambda model: model.graph.ClearField("output"))
    changed("without an input", lambda model: model.graph.ClearField("input"))
    changed("an output by another name", lambda model: setattr(model.graph.output[0], "name", "action"))
    changed("weights of another shape", lambda model: model.graph.initializer[0].dims.append(1))
    changed("huge weights", lambda model: model.graph.initializer[0].dims.__setitem__(0, 2**40))
    changed("another input width", lambda model: setattr(model.graph.input[0].type.tensor_type.shape.dim[1], "dim_value", 999))
    changed("an unknown operation", lambda model: setattr(model.graph.node[0], "op_type", "Telepathy"))
    changed("another domain's operation", lambda model: setattr(model.graph.node[0], "domain", "com.example"))
    changed("another role", lambda model: _say(model, "role", "king"))
    changed("another memory", lambda model: _say(model, "memory", "elephant"))
    changed("another game", lambda model: _say(model, "fingerprint", "0" * 50_000))
    return found


def _say(model: Any, key: str, value: str) -> None:
    for entry in model.metadata_props:
        if entry.key == key:
            entry.value = value


def forge_bytes(rng: random.Random, folder: Path) -> str:
    """Flip bits or overwrite bytes of a file that is no card, and seal everything: it may well be another policy then."""
    paths = [path for path in files_of(folder) if path.name != CARD]
    if not paths:
        return forge_card(rng, folder)
    path, how = rng.choice(paths), rng.choice([flip, flip, overwrite])
    how(rng, path)
    reseal(folder)
    return f"{how.__name__} of {path.relative_to(folder)}, sealed"
