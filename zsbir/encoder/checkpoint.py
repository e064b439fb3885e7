"""The checkpoint: one safetensors file that says of itself how to be used."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from zsbir.atomic import replacing
from zsbir.data.folder import ZeroShotSplit
from zsbir.encoder.device import place
from zsbir.encoder.hub_correction import HubCorrection
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.encoder.recognition import Recognition
from zsbir.encoder.whitening import Whitening
from zsbir.pictures.preparation import PreprocessConfig

DEFAULT_CHECKPOINT = Path("checkpoints/zsbir.safetensors")

FORMAT_VERSION = 1
_FORMAT = "zsbir checkpoint"
_STATE_FORMAT = "zsbir training state"
_BEFORE = {  # what encoders were before there were settings for it, whatever the defaults are now
    **{"encoders": "shared", "batch_norm": "frozen", "pooling": "avg", "head": "linear"},
    **{"hub_sketches": 0, "whitened": False, "recognised": 0},  # settings of what finishes them
}
_MAX_KNOWN = 100_000  # sketches to correct hubs by, and categories that are recognised
_MAX_BYTES = 2_000_000_000
_MAX_HEADER_BYTES = 10_000_000


@dataclass(frozen=True)
class Checkpoint:
    """A trained encoder with everything needed to use it and to know where it came from.

    Attributes:
        encoder: The network with what finishes its embeddings.
        split: Categories it was trained, chosen and is to be measured on.
        training: Configuration of the run that made it.
        metrics: Figures measured when it was saved, by name.
        seed: Seed of that run.
    """

    encoder: FinishedEncoder
    split: ZeroShotSplit
    training: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0

    @property
    def preprocessing(self) -> PreprocessConfig:
        """What turns pictures into the encoder's input."""
        return self.encoder.preprocessing


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes weights in half precision and all else as JSON in the file's metadata; the old file stays until done."""
    tensors = {
        name: tensor.detach().to("cpu", torch.float16 if tensor.is_floating_point() else tensor.dtype).contiguous()
        for name, tensor in _tensors(checkpoint.encoder).items()
    }
    hubs, recognition = checkpoint.encoder.hubs, checkpoint.encoder.recognition
    finishing = {
        "hub_sketches": len(hubs.sketches) if hubs else 0,
        "whitened": checkpoint.encoder.whitening is not None,
        "recognised": len(recognition.prototypes) if recognition else 0,
    }
    description = {
        "encoder": {**asdict(checkpoint.encoder.trained.config), **finishing},
        "preprocessing": asdict(checkpoint.preprocessing),
        "split": asdict(checkpoint.split),
        "training": dict(checkpoint.training),
        "metrics": dict(checkpoint.metrics),
        "seed": checkpoint.seed,
    }
    _write(path, tensors, _FORMAT, description)


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> Checkpoint:
    """Reads a checkpoint strictly: every tensor expected, none more, shapes equal; nothing is downloaded or unpickled.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not a checkpoint of this project and version, truncated, or damaged; one sentence.
    """
    tensors, description = _read(path, _FORMAT)
    try:
        settings = {**_BEFORE, **description["encoder"]}
        finishing = {name: settings.pop(name) for name in ("hub_sketches", "whitened", "recognised")}
        _check_finishing(**finishing)
        config = EncoderConfig(**settings)
        preprocessing = _preprocessing(description["preprocessing"])
        split = ZeroShotSplit(**{name: tuple(categories) for name, categories in description["split"].items()})
        training, metrics, seed = dict(description["training"]), dict(description["metrics"]), int(description["seed"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"Expected a complete description in checkpoint {path}, found it damaged: {error}.") from error
    encoder = _empty(config, preprocessing, **finishing)
    expected = _tensors(encoder)
    if tensors.keys() != expected.keys() or any(tensors[name].shape != expected[name].shape for name in expected):
        raise ValueError(
            f"Expected the tensors of a {config.encoders} {config.backbone} in checkpoint {path}, found others; "
            "train again with this version."
        )
    with torch.no_grad():
        for name, tensor in expected.items():
            tensor.copy_(tensors[name])
    return Checkpoint(place(encoder, torch.device(device)), split, training, metrics, seed)


def save_training_state(path: Path, tensors: Mapping[str, Tensor], description: Mapping[str, Any]) -> None:
    """Writes what `--resume` needs: tensors in full precision, and a JSON description."""
    kept = {name: tensor.detach().to("cpu").contiguous().clone() for name, tensor in tensors.items()}
    _write(path, kept, _STATE_FORMAT, description)


def load_training_state(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Reads what `save_training_state` wrote.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not such a file, or damaged.
    """
    return _read(path, _STATE_FORMAT)


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes: the name under which galleries and reports know a checkpoint."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _tensors(encoder: FinishedEncoder) -> dict[str, Tensor]:
    """What is learned and fitted, by the names in the file."""
    return {name.removeprefix("trained."): tensor for name, tensor in encoder.state_dict().items()}


def _empty(
    config: EncoderConfig, preprocessing: PreprocessConfig, hub_sketches: int, whitened: bool, recognised: int
) -> FinishedEncoder:
    """An encoder to read tensors into, which knows so many sketches and categories."""
    dim = config.embedding_dim
    whitening = Whitening(torch.eye(dim)) if whitened else None
    hubs = HubCorrection(torch.zeros(hub_sketches, dim)) if hub_sketches else None
    recognition = Recognition(torch.zeros(recognised, dim), weight=0.0) if recognised else None
    return FinishedEncoder(SketchPhotoEncoder(config), preprocessing, whitening, hubs, recognition)


def _check_finishing(hub_sketches: object, whitened: object, recognised: object) -> None:
    for name, count in (("hub_sketches", hub_sketches), ("recognised", recognised)):
        if type(count) is not int or not 0 <= count <= _MAX_KNOWN:
            raise ValueError(f"{name} is {count!r}, no number from 0 to {_MAX_KNOWN}")
    if type(whitened) is not bool:
        raise ValueError(f"whitened is {whitened!r}, neither true nor false")


def _preprocessing(values: dict[str, Any]) -> PreprocessConfig:
    return PreprocessConfig(
        sketch_size=int(values["sketch_size"]),
        photo_size=int(values["photo_size"]),
        mean=tuple(values["mean"]),
        std=tuple(values["std"]),
        sketch_turn=float(values.get("sketch_turn", 0.0)),  # older checkpoints have neither of these
        max_slant=float(values.get("max_slant", 0.0)),
    )


def _write(path: Path, tensors: dict[str, Tensor], format_: str, description: Mapping[str, Any]) -> None:
    metadata = {"format": format_, "format_version": str(FORMAT_VERSION), "description": json.dumps(description)}
    with replacing(path) as partial:
        save_file(tensors, partial, metadata=metadata)
        partial.chmod(0o644)  # safetensors writes for the owner alone


def _read(path: Path, format_: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    if not path.is_file():
        raise FileNotFoundError(f"Expected a {format_} at {path}, found no file; train one, or give another path.")
    _check_container(path, format_)
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            _check_metadata(path, metadata, format_)
            description = json.loads(metadata["description"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
    except (SafetensorError, json.JSONDecodeError, KeyError) as error:
        raise ValueError(f"Expected a whole {format_}, found {path} truncated or damaged; get it again.") from error
    if not isinstance(description, dict):
        raise ValueError(f"Expected a {format_} with a description, found none in {path}.")
    return tensors, description


def _check_container(path: Path, format_: str) -> None:
    """Bounds the file before a library looks at it, and recognises pickles to name them."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = file.read(9)
    header = struct.unpack("<Q", start[:8])[0] if len(start) == 9 else 0
    if start[8:] == b"{" and header <= min(_MAX_HEADER_BYTES, size - 8) and size <= _MAX_BYTES:
        return
    if start[:2] in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"):
        raise ValueError(
            f"Expected a {format_} in safetensors, found a pickle or zip (as torch.save writes) at {path}; "
            "pickles can run code and are never opened: train again, or convert it."
        )
    raise ValueError(
        f"Expected a {format_} in safetensors at {path}, found something else or a file cut short; get it again."
    )


def _check_metadata(path: Path, metadata: Mapping[str, str], format_: str) -> None:
    if metadata.get("format") != format_:
        raise ValueError(f"Expected a {format_}, found a safetensors file of something else at {path}.")
    version = metadata.get("format_version")
    if version != str(FORMAT_VERSION):
        raise ValueError(
            f"Expected format version {FORMAT_VERSION}, found {version} in {path}; use the release of this "
            "project that wrote it, or train again."
        )
