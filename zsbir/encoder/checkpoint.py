"""The checkpoint: one safetensors file that says of itself how to be used."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from zsbir.data.folder import ZeroShotSplit
from zsbir.encoder.device import place
from zsbir.encoder.hub_correction import HubCorrection
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.encoder.recognition import Recognition
from zsbir.encoder.tensor_file import replacing_tensors
from zsbir.encoder.whitening import Whitening
from zsbir.pictures.preparation import PreprocessConfig
from zsbir.sentences import clause

FORMAT_VERSION = 1
_FORMAT = "zsbir checkpoint"
_STATE_FORMAT = "zsbir training state"
_BEFORE = {  # what encoders were before there were settings for it, whatever the defaults are now
    **{"encoders": "shared", "batch_norm": "frozen", "pooling": "avg", "head": "linear"},
    **{"hub_sketches": 0, "whitened": False, "recognised": 0, "graded": False},  # settings of what finishes them
}
_PREPROCESSED_BEFORE = {"sketch_turn": 0.0, "max_slant": 0.0}
_MAX_KNOWN = 100_000  # sketches to correct hubs by, and categories that are recognised
_MAX_BYTES = 2_000_000_000
_MAX_HEADER_BYTES = 10_000_000

T = TypeVar("T")


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
        "graded": recognition is not None and recognition.graded,
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


def read_split(path: Path) -> ZeroShotSplit:
    """The categories of a checkpoint, without its network.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not a checkpoint of this project and version, or its description is damaged; one sentence.
    """
    with _opened(path, _FORMAT) as (_, description):
        try:
            return _described(description)[1].split
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"Expected a complete description in checkpoint {path}, found it damaged: {_one_line(error)}."
            ) from error


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> Checkpoint:
    """Reads a checkpoint strictly: every tensor expected, none more, shapes equal; nothing is downloaded or unpickled.

    Nothing is taken into memory before the file holds as many numbers as its description says.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not a checkpoint of this project and version, truncated, or damaged; one sentence.
    """
    with _opened(path, _FORMAT) as (file, description):
        try:
            make, about = _described(description)
            with torch.device("meta"):
                expected = _shapes(make())
        except Exception as error:  # a network by a foreign description can fail in any way
            raise ValueError(
                f"Expected a complete description in checkpoint {path}, found it damaged: {_one_line(error)}."
            ) from error
        if expected != {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}:  # noqa: SIM118
            raise ValueError(
                f"Expected the tensors of its own description in checkpoint {path}, found others; train again with "
                "this version."
            )
        encoder = make()
        with torch.no_grad():
            for name, tensor in _tensors(encoder).items():
                tensor.copy_(file.get_tensor(name))
                if not tensor.isfinite().all():
                    raise ValueError(f"Expected numbers in checkpoint {path}, found others in {name}; train again.")
    place(encoder, torch.device(device))
    return Checkpoint(encoder, about.split, about.training, about.metrics, about.seed)


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
    with _opened(path, _STATE_FORMAT) as (file, description):
        return {name: file.get_tensor(name) for name in file.keys()}, description  # noqa: SIM118  (not a dict)


def sha256(path: Path) -> str:
    """Hex digest of a file's bytes: the name under which galleries and reports know a checkpoint."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _described(description: dict[str, Any]) -> tuple[Callable[[], FinishedEncoder], _About]:
    """What makes the encoder without its weights, and what is said beside it.

    Raises:
        ValueError: The description is damaged.
        KeyError: It is not complete.
    """
    settings = {**_BEFORE, **description["encoder"]}
    finishing = ("hub_sketches", "whitened", "recognised", "graded")
    known, whitened, recognised, graded = (settings.pop(name) for name in finishing)
    _check_finishing(known, recognised, whitened=whitened, graded=graded)
    config = _as(EncoderConfig, settings)
    preprocessing = _as(PreprocessConfig, {**_PREPROCESSED_BEFORE, **description["preprocessing"]})
    about = _as(_About, {field.name: description[field.name] for field in fields(_About)})

    def make() -> FinishedEncoder:
        dim = config.embedding_dim
        whitening = Whitening(torch.eye(dim)) if whitened else None
        hubs = HubCorrection(torch.zeros(known, dim)) if known else None
        recognition = Recognition(torch.zeros(recognised, dim), 0.0, graded=graded) if recognised else None
        return FinishedEncoder(SketchPhotoEncoder(config), preprocessing, whitening, hubs, recognition)

    return make, about


@dataclass(frozen=True)
class _About:
    """What a description says beside the network; see `Checkpoint`."""

    split: ZeroShotSplit
    training: dict[str, Any]
    metrics: dict[str, float]
    seed: int


def _as(kind: type[T], values: dict[str, Any]) -> T:
    """A dataclass out of JSON that has exactly its fields, of their types."""
    if values.keys() != {field.name for field in fields(kind)}:  # type: ignore[arg-type]
        raise ValueError(f"{', '.join(values)} instead of the settings of {kind.__name__}")
    return TypeAdapter(kind).validate_json(json.dumps(values), strict=True)


def _one_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {clause(first['msg'])}"
    return f"{type(error).__name__}: {clause(error)}"


def _tensors(encoder: FinishedEncoder) -> dict[str, Tensor]:
    """What is learned and fitted, by the names in the file."""
    return {name.removeprefix("trained."): tensor for name, tensor in encoder.state_dict().items()}


def _shapes(encoder: FinishedEncoder) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in _tensors(encoder).items()}


def _check_finishing(hub_sketches: object, recognised: object, **either: object) -> None:
    for name, count in (("hub_sketches", hub_sketches), ("recognised", recognised)):
        if type(count) is not int or not 0 <= count <= _MAX_KNOWN:
            raise ValueError(f"{name} is {count!r}, no number from 0 to {_MAX_KNOWN}")
    for name, value in either.items():
        if type(value) is not bool:
            raise ValueError(f"{name} is {value!r}, neither true nor false")


def _write(path: Path, tensors: dict[str, Tensor], format_: str, description: Mapping[str, Any]) -> None:
    metadata = {"format": format_, "format_version": str(FORMAT_VERSION), "description": json.dumps(description)}
    with replacing_tensors(path) as partial:
        save_file(tensors, partial, metadata=metadata)


@contextmanager
def _opened(path: Path, format_: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The file, of which tensors are read by name, and its description."""
    if not path.is_file():
        raise FileNotFoundError(f"Expected a {format_} at {path}, found no file; train one, or give another path.")
    _check_container(path, format_)
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            metadata = file.metadata() or {}
            _check_metadata(path, metadata, format_)
            description = json.loads(metadata["description"])
            if not isinstance(description, dict):
                raise ValueError(f"Expected a {format_} with a description, found none in {path}.")
            yield file, description
    except (SafetensorError, json.JSONDecodeError, KeyError, RecursionError) as error:
        raise ValueError(f"Expected a whole {format_}, found {path} truncated or damaged; get it again.") from error


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
