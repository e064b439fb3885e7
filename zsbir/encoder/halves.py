"""ONNX graphs whose weights are kept in half precision: half the size, and they compute in single precision as before.

Checkpoints keep weights in half precision too, so of an encoder that was trained with merged batch norm, as the bundled
ones were, the numbers stay the same.
"""

from __future__ import annotations

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

_LARGE = 1_024  # numbers; what has fewer stays as it is


def halve(model: ModelProto) -> None:
    """Changes a graph in place: large weights become halves of another name, and a cast makes them single again."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < _LARGE:
            continue
        halves, name = numpy_helper.to_array(tensor).astype(np.float16), tensor.name
        tensor.CopyFrom(numpy_helper.from_array(halves, f"{name}/half"))
        casts.append(helper.make_node("Cast", [tensor.name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
