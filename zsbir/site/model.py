"""An encoder as files for browsers: two small ONNX graphs, for sketches and for photos, and the weights they share.

Weights are kept in half precision, as checkpoints keep them, so they are the same numbers in half the bytes; the graphs
compute in single precision. What only one of the graphs has lies in it, so a page that embeds no photos loads the
graph for sketches and the weights.
"""

from __future__ import annotations

from pathlib import Path

import onnx
from onnx import ModelProto, TensorProto

from zsbir.atomic import replacing
from zsbir.encoder.checkpoint import Checkpoint
from zsbir.encoder.engine import onnx_graph
from zsbir.encoder.halves import halve
from zsbir.encoder.inference import PHOTOS, SKETCHES

WEIGHTS = "weights.bin"
FILES = (f"{SKETCHES}.onnx", f"{PHOTOS}.onnx", WEIGHTS)
_ALIGNED = 64  # bytes


def write_model(loaded: Checkpoint, folder: Path) -> None:
    """Writes `sketches.onnx`, `photos.onnx` and `weights.bin` into a folder."""
    loaded.encoder.trained.fold()
    graphs = {side: onnx.load_from_string(onnx_graph(loaded.encoder, side)) for side in (SKETCHES, PHOTOS)}
    for graph in graphs.values():
        halve(graph)
    shared, places = _shared(*graphs.values())
    for side, graph in graphs.items():
        _point_to(graph, places)
        with replacing(folder / f"{side}.onnx") as partial:
            onnx.save(graph, partial)
    with replacing(folder / WEIGHTS) as partial:
        partial.write_bytes(shared)


def _shared(one: ModelProto, other: ModelProto) -> tuple[bytes, dict[bytes, tuple[int, int]]]:
    """The weights that both graphs have, one after the other, and where each begins and how long it is."""
    halves = [
        {tensor.raw_data for tensor in model.graph.initializer if tensor.data_type == TensorProto.FLOAT16}
        for model in (one, other)
    ]
    content, places = bytearray(), {}
    for tensor in one.graph.initializer:
        if tensor.raw_data in halves[0] & halves[1] and tensor.raw_data not in places:
            places[tensor.raw_data] = (len(content), len(tensor.raw_data))
            content += tensor.raw_data + b"\0" * (-len(tensor.raw_data) % _ALIGNED)
    return bytes(content), places


def _point_to(model: ModelProto, places: dict[bytes, tuple[int, int]]) -> None:
    """Lets shared weights be read from their file."""
    for tensor in model.graph.initializer:
        if tensor.raw_data not in places:
            continue
        offset, length = places[tensor.raw_data]
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", WEIGHTS), ("offset", offset), ("length", length)):
            tensor.external_data.add(key=key, value=str(value))
