"""Networks that another library evaluates are shown rows in chunks of one size, so that it matters less which others stand beside a row."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: Rows of one evaluation. How a product adds up depends on how many rows there are, so there are always as many; it may still depend
#: on where a row stands among them (networks of ours do not: `product.affine`).
CHUNK = 128


def in_chunks(layer: Callable[..., np.ndarray], *arrays: np.ndarray, width: int, rows: int = CHUNK) -> np.ndarray:
    """`layer` of arrays f4 [n, ...], row by row, so many rows at a time: f4 [n, width]."""
    count = len(arrays[0])
    found = np.empty((count, width), np.float32)
    chunks = [np.zeros((rows, array.shape[1]), np.float32) for array in arrays]
    for start in range(0, count, rows):
        size = min(rows, count - start)
        for chunk, array in zip(chunks, arrays, strict=True):
            chunk[:size] = array[start : start + size]
        found[start : start + size] = layer(*chunks)[:size]
    return found
