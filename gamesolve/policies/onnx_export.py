"""A network of ours as an ONNX file, with all the metadata that `gamesolve.policies.onnx` reads."""

from __future__ import annotations

import json
from pathlib import Path

from gamesolve.base import files
from gamesolve.base.errors import GamesolveError, missing_extra
from gamesolve.policies.neural import NeuralPolicy
from gamesolve.policies.onnx import LOGITS, MEMORIES
from gamesolve.rules.game import Game

OPSET, IR_VERSION = 13, 8


def export_onnx(policy: NeuralPolicy, path: str | Path) -> None:
    """Write a network of ours as an ONNX file, with all metadata.

    Raises:
        GamesolveError: the package onnx is not installed, the network is of a kind that has no ONNX file here, or the file cannot
            be written.
    """
    try:
        from onnx import TensorProto, helper, numpy_helper
    except ImportError as error:
        raise missing_extra("onnx", "onnx") from error
    if not isinstance(policy.game, Game) or policy.features.memory not in MEMORIES:
        raise GamesolveError(
            f"a network with memory {policy.features.memory!r} for {policy.game} has no ONNX file; in games of ours "
            f"one with last or history has"
        )
    nodes, weights, before = [], [], "features"
    depth = len(policy.weights)
    for k, (weight, bias) in enumerate(zip(policy.weights, policy.biases, strict=True)):
        last = k == depth - 1
        weights += [numpy_helper.from_array(weight, f"weight-{k}"), numpy_helper.from_array(bias, f"bias-{k}")]
        after = LOGITS if last else f"sum-{k}"
        nodes.append(helper.make_node("Gemm", [before, f"weight-{k}", f"bias-{k}"], [after], transB=1))
        if not last:
            nodes.append(helper.make_node("Tanh", [after], [f"layer-{k}"]))
        before = f"layer-{k}"
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
        for name, width in (("features", policy.layers[0]), (LOGITS, policy.layers[-1]))
    ]
    graph = helper.make_graph(nodes, "policy", ends[:1], ends[1:], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION, producer_name="gamesolve")
    metadata = {"memory": policy.features.memory, "role": policy.role, "game": str(policy.game), "fingerprint": policy.fingerprint}
    flags = {"pooled": json.dumps(policy.features.pooled), "greedy": json.dumps(policy.greedy)}
    helper.set_model_props(model, metadata | flags)
    files.write_bytes(Path(path), model.SerializeToString(deterministic=True))
