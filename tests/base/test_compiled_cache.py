"""The cache of compiled code, written by several processes at once."""

from __future__ import annotations

import os
import subprocess
import sys

CODE = """
import sys
import numpy as np
from gamesolve.base.compiled import compiled
import counted

kind = np.dtype(sys.argv[1])
assert counted.total(np.arange(5).astype(kind)) == 10
print(counted.total.stats.cache_hits)
"""
KINDS = ("i1", "i2", "i4", "i8", "u1", "u2", "f4", "f8")


def test_processes_that_compile_one_function_for_different_types_find_each_their_own(tmp_path):
    (tmp_path / "counted.py").write_text(
        "from gamesolve.base.compiled import compiled\n\n\n@compiled\ndef total(values):\n    found = 0.0\n"
        "    for k in range(values.size):\n        found += values[k]\n    return found\n"
    )
    environment = {**os.environ, "GAMESOLVE_CACHE": str(tmp_path / "cache")}

    def started(kind):
        return subprocess.Popen([sys.executable, "-c", CODE, kind], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)

    first = [started(kind) for kind in KINDS]
    assert [process.communicate()[0] for process in first]
    assert [process.returncode for process in first] == [0] * len(KINDS)
    for kind in KINDS:
        again = started(kind)
        out, _ = again.communicate()
        assert again.returncode == 0
        assert kind_of(kind) in out, out


def kind_of(kind):
    return {"i": "int", "u": "uint", "f": "float"}[kind[0]] + str(8 * int(kind[1]))
