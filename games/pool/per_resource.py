"""Parameters that hold a number for each resource: `1,2,3`, or one number for all of them.

They are written back as `1 2 3` or `2 each`: OpenSpiel's parser breaks at commas, and takes a lone number for a number.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

GREATEST = 1e6
HOW = "give one number for all resources, or one for each such as 1,2,3; numbers lie in 0 to 1,000,000"


@dataclass(frozen=True)
class Numbers:
    """One number for all resources, or one for each of them."""

    each: tuple[float, ...]

    def __str__(self) -> str:
        words = [repr(number).removesuffix(".0") for number in self.each]
        return " ".join(words) if len(words) > 1 else f"{words[0]} each"

    def over(self, resources: int) -> np.ndarray:
        """f8 [resources]."""
        return np.broadcast_to(np.array(self.each), resources)


def numbers_given(given: Any) -> Numbers:
    """The numbers that a user or a record means: a number, a list, or text such as `1,2,3`, `1 2 3` or `2 each`.

    Raises:
        ValueError: `given` is none of these, or a number is out of range.
    """
    if isinstance(given, Numbers):
        return given
    if isinstance(given, str):
        every = re.fullmatch(r"(\S+) each", given.strip())
        parts = [every[1]] if every else re.split(r"\s*,\s*|\s+", given.strip())
    else:
        parts = list(given) if isinstance(given, list | tuple) else [given]
    return Numbers(tuple(_number(part) for part in parts))


def _number(part: Any) -> float:
    try:
        number = math.nan if isinstance(part, bool) else float(part)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0.0 <= number <= GREATEST:
        raise ValueError(HOW)
    return number


PerResource = Annotated[
    Numbers,
    PlainValidator(numbers_given),
    PlainSerializer(str),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string"}]}),
]
