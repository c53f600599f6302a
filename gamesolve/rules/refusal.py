"""Why a value that somebody gave is refused, in our words: what is wrong is quoted, and what is allowed is said."""

from __future__ import annotations

import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from gamesolve.base.errors import GamesolveError, quoted, unknown_name

Chosen = TypeVar("Chosen", bound=BaseModel)

#: pydantic's names of faults that a field's type, range or choice of words explains.
USUAL = re.compile(
    r"(int|float|bool|string)_(type|parsing|parsing_size|from_float|too_short|too_long)"
    r"|(greater|less)_than.*|literal_error|finite_number"
)
TYPES = {"integer": "an integer", "number": "a number", "boolean": "true or false", "string": "text", "null": "null"}


def validated(what: str, model: type[Chosen], given: dict[str, Any]) -> Chosen:
    """The parameters or settings `given` for `what`; raises GamesolveError for the first that is unknown or refused."""
    try:
        return model(**given)
    except ValidationError as error:
        raise parameter_error(what, model, error) from None


def parameter_error(what: str, model: type[BaseModel], error: ValidationError) -> GamesolveError:
    """One sentence for the first thing wrong with a set of parameters."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"]) or "parameters"
    if first["type"] == "extra_forbidden":
        return unknown_name(f"parameter of {what}", name, list(model.model_fields))
    return GamesolveError(f"{what}: parameter {name} = {quoted(first['input'])} is refused: {reason(model, first)}")


def reason(model: type[BaseModel], fault: Any) -> str:
    """What is allowed instead, for one of the faults in pydantic's error about a `model`."""
    if USUAL.fullmatch(fault["type"]) and fault["loc"]:
        field = model.model_json_schema(mode="validation")["properties"].get(str(fault["loc"][0]))
        if field is not None:
            return f"it must be {_allowed(field)}"
    return str(fault["msg"]).removeprefix("Value error, ")


def range_words(field: dict[str, Any]) -> str:
    """`, 1 to 64`, `, above 0 and up to 1` or `, from 0` for a field of a JSON schema; empty where it has no range."""
    if "anyOf" in field:
        return next(filter(None, map(range_words, field["anyOf"])), "")
    low, above, high, below = (field.get(key) for key in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"))
    if low is not None and high is not None:
        return f", {low:,.12g} to {high:,.12g}"
    ends = (("from", low), ("above", above), ("up to", high), ("below", below))
    words = [f"{word} {end:,.12g}" for word, end in ends if end is not None]
    return f", {' and '.join(words)}" if words else ""


def _allowed(field: dict[str, Any]) -> str:
    if "anyOf" in field:
        return " or ".join(_allowed(option) for option in field["anyOf"])
    if "enum" in field:
        return f"one of {', '.join(map(repr, field['enum']))}"
    least, most = field.get("minLength", 0), field.get("maxLength")
    length = f" of {least} to {most} characters" if most is not None else ""
    return TYPES.get(field.get("type", ""), "something else") + length + range_words(field)
