"""`call_act`: scripted policies, called from compiled loops by their addresses.

numba knows compiled functions as values, but looks each of them up anew, some fifty microseconds long, whenever a loop is
called that is handed them. A loop that plays one step at a time is handed sixty-four, where two roles follow mixtures.
So loops are handed addresses, an array like any other, and call what lies there as numba itself would.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from gamesolve.base.compiled import compiled


def act_types(table: Any, chance: Any) -> tuple[Any, ...]:
    """numba types of what a scripted policy is given where table and chance are records of these types.

    `act(table, memory u1 [M], signal i2 [W], mask u1 [A], chance, probabilities f8 [A])`
    """
    memory, signal, mask, probabilities = (types.Array(kind, 1, "C") for kind in (types.uint8, types.int16, types.uint8, types.float64))
    return table, memory, signal, mask, chance, probabilities


@intrinsic
def call_address(typing, address, table, memory, signal, mask, chance, probabilities):
    """Call the function of `act_types` that lies at an address (i8); what it raises is raised here."""
    needed = act_types(table, chance)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        where, *arguments = values
        function = builder.inttoptr(where, context.call_conv.get_function_type(types.none, needed).as_pointer())
        status, _ = context.call_conv.call_function(builder, function, types.none, needed, arguments)
        with cgutils.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return context.get_dummy_value()

    # Arguments of other types are turned into these, or refused, when the caller is compiled.
    return types.none(types.int64, *needed), generate


@compiled(inline=True)
def call_act(acts, k, table, memory, signal, mask, chance, probabilities):
    """Call the function k of `acts` (see `addresses_of`)."""
    call_address(acts[k], table, memory, signal, mask, chance, probabilities)  # type: ignore[call-arg]


def addresses_of(functions: Sequence[Any], signature: tuple[Any, ...]) -> np.ndarray:
    """i8 [n]: where functions lie that have been compiled for a signature, and 0 where there is None.

    Functions must live as long as the addresses are used.
    """
    found = np.zeros(len(functions), np.int64)
    for k, function in enumerate(functions):
        if function is not None:
            code = function.overloads[signature]
            found[k] = code.library.get_pointer_to_function(code.fndesc.llvm_func_name)
    return found
