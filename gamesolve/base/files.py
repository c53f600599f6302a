"""Files written whole or not at all, and read without trusting them.

Every write goes to a temporary file beside its target, is flushed to the disk, and is renamed over
the target; the folder's entry is flushed too. So a reader sees the old file or the new one, and a
file that was announced survives a power cut.
"""

from __future__ import annotations

import contextlib
import csv
import errno
import hashlib
import io
import json
import math
import os
import stat
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamesolve.base.errors import GamesolveError, in_one_line

if TYPE_CHECKING:
    import numpy as np

PARTIAL = ".partial"
#: What the system says where there is no room left.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_bytes(path: Path, data: bytes) -> None:
    """Write `data` durably and atomically; raises GamesolveError that names the file and the reason."""
    temporary = path.with_name(f".{path.name}{PARTIAL}")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        flush_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise cannot_write(path, error) from error


def cannot_write(path: Path, error: OSError) -> GamesolveError:
    """The error for a file or folder that the system does not let us write."""
    above = next((folder for folder in path.parents if folder.exists() and not folder.is_dir()), None)
    if above is not None:
        why = f"{str(above)!r} is a file, no folder"
    elif not path.parent.exists():
        why = f"there is no folder {str(path.parent)!r}; make it first, or choose another one"
    elif error.errno in FULL:
        why = f"{error.strerror}; what was written before is intact, choose a folder with room"
    else:
        why = f"{error.strerror or error}; choose a folder in which you may write"
    return GamesolveError(f"cannot write {str(path)!r}: {why}")


def flush_folder(folder: Path) -> None:
    """Make the folder's list of names durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_there(path: Path) -> bool:
    """Whether there is a file or folder; words that no path can be (too long, or with a null character) name none."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def make_folder(folder: Path) -> None:
    """Make a folder and its parents; raises GamesolveError where the system refuses."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error


def sweep_partial(folder: Path) -> None:
    """Delete what writes that never finished have left anywhere under `folder`."""
    for path in folder.rglob(f".*{PARTIAL}"):
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text durably and atomically."""
    write_bytes(path, text.encode())


def write_json(path: Path, value: Any) -> None:
    """Write plain data as indented JSON, keys in the order given; NaN and infinities are a defect."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table; floats keep all their digits, None is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, text.getvalue())


def read_text(path: Path) -> str:
    """The text of a file in UTF-8; raises GamesolveError where it cannot be read or is no such text."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise GamesolveError(f"{str(path)!r} is no text: {error}") from error


def read_csv(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file by its header; raises GamesolveError where it cannot be read."""
    try:
        return list(csv.DictReader(io.StringIO(read_text(path))))
    except csv.Error as error:
        raise GamesolveError(f"{str(path)!r} is damaged: {error}") from error


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> str:
    """Write arrays (no objects) durably and atomically; equal arrays give equal bytes.

    Returns:
        The SHA-256 of the file (hex).
    """
    data = npz_bytes(arrays)
    write_bytes(path, data)
    return hashlib.sha256(data).hexdigest()


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The bytes of an uncompressed .npz file of these arrays, in the order given."""
    import numpy as np

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asarray(array), allow_pickle=False)
    return buffer.getvalue()


def read_bytes(path: Path, sha256: str | None = None) -> bytes:
    """The file's content; raises GamesolveError that names it, also where it has not the SHA-256 (hex) that its card says."""
    try:
        data = path.read_bytes()
    except (OSError, MemoryError) as error:
        raise GamesolveError(f"cannot read {str(path)!r}: {getattr(error, 'strerror', '') or error or 'not enough memory'}") from error
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise GamesolveError(f"{str(path)!r} is damaged: its SHA-256 is not the one in its card")
    return data


def size_of(path: Path, most: int) -> int:
    """Bytes of a file, which is not read; raises GamesolveError where it is no regular file, or has more than `most`."""
    try:
        found = path.stat()
    except OSError as error:
        raise GamesolveError(f"cannot read {str(path)!r}: {error.strerror or error}") from error
    # A pipe would be waited for.
    if not stat.S_ISREG(found.st_mode):
        raise GamesolveError(f"cannot read {str(path)!r}: it is not a regular file")
    if found.st_size > most:
        raise GamesolveError(f"{str(path)!r} has {found.st_size:,} bytes; it has at most {most:,}")
    return found.st_size


def read_json(path: Path) -> Any:
    """Plain data from a JSON file; raises GamesolveError that names the file and the place."""
    data = read_bytes(path)
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise GamesolveError(f"{str(path)!r} is not valid JSON: {in_one_line(error)}") from error


def read_object(path: Path) -> dict[str, Any]:
    """A JSON file that holds one object; raises GamesolveError where it holds something else."""
    value = read_json(path)
    if not isinstance(value, dict):
        raise GamesolveError(f"{str(path)!r} holds a JSON {type(value).__name__}; an object was expected")
    return value


def read_npz(path: Path, sha256: str | None = None) -> dict[str, np.ndarray]:
    """The arrays of an .npz file without objects.

    Args:
        path: the file.
        sha256: hex digest that the file must have, from the card beside it.

    Raises:
        GamesolveError: the file is missing, damaged, holds objects, or is not the one described.
    """
    import numpy as np

    data = read_bytes(path, sha256)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            # Compressed members could unpack to any size; ours are stored as they are.
            for member in archive.infolist():
                if member.compress_type != zipfile.ZIP_STORED:
                    raise ValueError("it is compressed")
                _check_member(archive, member)
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except Exception as error:
        raise GamesolveError(f"{str(path)!r} is not an .npz file of plain arrays: {in_one_line(error)}") from error


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Raise ValueError where an array's header promises another size than there is, before numpy makes room for it."""
    import numpy as np

    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    with archive.open(member) as file:
        version = np.lib.format.read_magic(file)
        if version not in readers:
            raise ValueError(f"{member.filename!r} is of format {version}")
        shape, _, kind = readers[version](file)
        if min(shape, default=0) < 0 or file.tell() + math.prod(shape) * kind.itemsize != member.file_size:
            raise ValueError(f"{member.filename!r} says shape {shape} of {kind} and has {member.file_size} bytes")


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray]) -> str:
    """Write arrays as safetensors, durably and atomically; returns the SHA-256 of the file (hex)."""
    from safetensors.numpy import save

    data = save(dict(tensors))
    write_bytes(path, data)
    return hashlib.sha256(data).hexdigest()


def read_tensors(path: Path, sha256: str) -> dict[str, np.ndarray]:
    """The arrays of a safetensors file; raises GamesolveError where it is missing, damaged or not the one described."""
    from safetensors.numpy import load

    data = read_bytes(path, sha256)
    try:
        return dict(load(data))
    except Exception as error:
        raise GamesolveError(f"{str(path)!r} is not a safetensors file of plain arrays: {in_one_line(error)}") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not allowed; numbers are finite")
