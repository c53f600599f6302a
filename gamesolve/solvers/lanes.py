"""Eight numbers at once: explicit vectors for compiled loops.

The compiler vectorises a loop only where it can prove, or afford to check, that arrays do not
overlap; over short loops the checks cost more than the work. `lanes` are eight float64 in one
register, or in as many as the processor needs. Arrays are read and written at any offset; the caller
sees to it that eight entries are there.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, overload, register_model

WIDTH = 8


class Lanes(types.Type):
    """The type of eight float64."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


LANES = Lanes()
_VECTOR = ir.VectorType(ir.DoubleType(), WIDTH)
_UNDEFINED = ir.Constant(_VECTOR, ir.Undefined)
_FIRST = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def _instruction(function: Callable[..., Any]) -> Any:
    # A function of compiled code whose body is a generator of machine instructions.
    return intrinsic(function)


def _address(context: Any, builder: Any, array_type: Any, array: Any, index_type: Any, index: Any) -> Any:
    data = context.make_array(array_type)(context, builder, value=array).data
    index = context.cast(builder, index, index_type, types.uintp)
    return builder.bitcast(builder.gep(data, [index], source_etype=ir.DoubleType()), _VECTOR.as_pointer())


def _addresses(context: Any, builder: Any, signature: Any, args: Any) -> Iterator[Any]:
    # Of array[places[index]] to array[places[index + 7]], each made when it is asked for.
    data = context.make_array(signature.args[0])(context, builder, value=args[0]).data
    places = context.make_array(signature.args[1])(context, builder, value=args[1]).data
    index = context.cast(builder, args[2], signature.args[2], types.uintp)
    kind = context.get_value_type(signature.args[1].dtype)
    for lane in range(WIDTH):
        at = builder.gep(places, [builder.add(index, ir.Constant(index.type, lane))], source_etype=kind)
        place = builder.zext(builder.load(at, typ=kind), index.type)
        yield builder.gep(data, [place], source_etype=ir.DoubleType())


@_instruction
def load(typing, array, index):
    """Entries index to index + 7 of an f8 array."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], args[0], signature.args[1], args[1])
        return builder.load(address, align=8, typ=_VECTOR)

    return LANES(array, index), generate


@_instruction
def store(typing, array, index, lanes):
    """Write entries index to index + 7 of an f8 array."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        address = _address(context, builder, signature.args[0], args[0], signature.args[1], args[1])
        builder.store(args[2], address, align=8)
        return context.get_dummy_value()

    return types.none(array, index, lanes), generate


@_instruction
def gather(typing, array, places, index):
    """Entries of an f8 array at places[index] to places[index + 7]."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = _UNDEFINED
        for lane, address in enumerate(_addresses(context, builder, signature, args)):
            number = builder.load(address, typ=ir.DoubleType())
            lanes = builder.insert_element(lanes, number, ir.Constant(ir.IntType(32), lane))
        return lanes

    return LANES(array, places, index), generate


@_instruction
def add_at(typing, array, places, index, lanes):
    """Add lane after lane to the entries of an f8 array at places[index] to places[index + 7]."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        for lane, address in enumerate(_addresses(context, builder, signature, args)):
            number = builder.extract_element(args[3], ir.Constant(ir.IntType(32), lane))
            builder.store(builder.fadd(builder.load(address, typ=ir.DoubleType()), number), address)
        return context.get_dummy_value()

    return types.none(array, places, index, lanes), generate


@_instruction
def spread(typing, number):
    """The same float64 in all lanes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        alone = builder.insert_element(_UNDEFINED, args[0], ir.Constant(ir.IntType(32), 0))
        return builder.shuffle_vector(alone, _UNDEFINED, _FIRST)

    return LANES(types.float64), generate


@_instruction
def larger(typing, a, b):
    """The larger of two, lane by lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", args[0], args[1]), args[0], args[1])

    return LANES(a, b), generate


@_instruction
def where_above(typing, x, limit, a, b):
    """`a` in the lanes where x > limit, `b` in the others."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", args[0], args[1]), args[2], args[3])

    return LANES(x, limit, a, b), generate


def _define(symbol: Callable[[Any, Any], Any], instruction: str) -> None:
    # `a + b` and the like between lanes.
    @_instruction
    def combine(typing, a, b):
        return LANES(a, b), lambda context, builder, signature, args: getattr(builder, instruction)(*args)

    @overload(symbol)
    def overloaded(a, b):
        return (lambda a, b: combine(a, b)) if a is LANES and b is LANES else None


for _symbol, _name in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"), (operator.truediv, "fdiv")):
    _define(_symbol, _name)
