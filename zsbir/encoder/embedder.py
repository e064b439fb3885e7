"""Embedder: pictures of any kind in, unit vectors out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from zsbir.data.folder import ZeroShotSplit
from zsbir.encoder.checkpoint import load_checkpoint, sha256
from zsbir.encoder.device import choose_device, cores
from zsbir.encoder.engine import Engine, OnnxEngine, RecordedEngine, TorchEngine
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.publishing import fetch_checkpoint, push_checkpoint
from zsbir.pictures.ahead import ahead
from zsbir.pictures.drawing import Drawing, rasterise
from zsbir.pictures.preparation import prepare_photo
from zsbir.pictures.slant import prepare_upright, upright_drawing

Embeddings = NDArray[np.float32]
Pixels = NDArray[np.uint8]
T = TypeVar("T")
R = TypeVar("R")
_READERS = 2  # threads beside an encoder that takes all cores itself
_BATCH_ON_GPU = 128
_NO_LISTS = ZeroShotSplit((), (), ())


class Embedder:
    """A finished encoder with what prepares its pictures.

    Args:
        encoder: The finished encoder.
        engine: What runs it; None: torch, wherever the encoder is.
        checkpoint_sha256: See below; and so the others.
        split: Its categories.
        checkpoint: Its file.

    Attributes:
        preprocessing: What turns pictures into the encoder's input.
        dim: Length d of an embedding.
        encoder_dim: How many numbers of it, the first, are the encoder's own; what follows corrects hubs
            and says what a picture is taken for.
        recognises: Whether it says that; similarities are higher then.
        checkpoint_sha256: Digest of the checkpoint file, empty for an encoder still in training.
        split: Categories that the checkpoint was trained, chosen and measured on; no lists for an encoder still in
            training.
        checkpoint: That file; None for an encoder still in training.
        batch_size: How many pictures go through the encoder at once, however many are given.
        readers: How many threads keep it busy with pictures.
    """

    batch_size = 32

    def __init__(
        self,
        encoder: FinishedEncoder,
        engine: Engine | None = None,
        checkpoint_sha256: str = "",
        split: ZeroShotSplit = _NO_LISTS,
        checkpoint: Path | None = None,
    ) -> None:
        self.preprocessing = encoder.preprocessing
        self.dim = encoder.dim
        self.encoder_dim = encoder.trained.config.embedding_dim
        self.recognises = encoder.recognition is not None
        self._known_sketches = encoder.known_sketches
        self.checkpoint_sha256 = checkpoint_sha256
        self.split = split
        self.checkpoint = checkpoint
        self._engine = engine or TorchEngine(encoder)
        self._on_gpu = encoder.factor.device.type == "cuda"
        self.readers = max(_READERS, cores()) if self._on_gpu else _READERS
        if self._on_gpu:
            self.batch_size = _BATCH_ON_GPU

    @classmethod
    def from_pretrained(cls, repo: str, *, revision: str | None = None, device: str | None = None) -> Embedder:
        """Loads a checkpoint that was published on the Hugging Face Hub; downloads it once.

        Args:
            repo: "user/name".
            revision: Branch, tag or commit; None is the newest.
            device: As in `load_embedder`.

        Raises:
            FileNotFoundError: There is no such checkpoint, or no network and no copy.
            ValueError: Not a valid checkpoint, no such device, or the Hub refuses.
        """
        return load_embedder(fetch_checkpoint(repo, revision), device)

    def push_to_hub(self, repo: str, *, private: bool = False) -> str:
        """Publishes the checkpoint on the Hugging Face Hub, with the card that lies beside it.

        Args:
            repo: "user/name"; made if it is not there.
            private: Whether a new repository is seen by its owner alone.

        Returns:
            The address of the repository.

        Raises:
            FileNotFoundError: The checkpoint is no longer where it was loaded from.
            ValueError: It was never in a file or is another by now, there is no access token, or the Hub refuses.
        """
        if self.checkpoint is None:
            raise ValueError("Expected an encoder from a checkpoint, found one still in training; save and load it.")
        if self.checkpoint.is_file() and sha256(self.checkpoint) != self.checkpoint_sha256:
            raise ValueError(f"Expected {self.checkpoint} as it was loaded, found it changed; load it again.")
        return push_checkpoint(self.checkpoint, repo, private=private)

    @property
    def known_sketches(self) -> Embeddings:
        """Embeddings (m, d) of sketches that the checkpoint knows from training; perhaps of none. Made at each call."""
        known: Embeddings = self._known_sketches().cpu().numpy()
        return known

    def embed_sketches(self, sketches: Sequence[Image.Image | Drawing]) -> Embeddings:
        """Embeds sketches, given as pictures (any size, any mode, transparent = paper) or as drawings.

        Returns:
            float32 (n, d), rows of unit length.

        Raises:
            ValueError: A sketch has no ink, or nothing but one dot.
        """
        return self._in_parts(
            sketches, lambda part: self.embed_sketch_pixels([self.sketch_pixels(sketch) for sketch in part])
        )

    def embed_photos(self, photos: Sequence[Image.Image]) -> Embeddings:
        """Embeds photos of any size and mode.

        Returns:
            float32 (n, d), rows of unit length.
        """
        return self._in_parts(
            photos, lambda part: self.embed_photo_pixels([self.photo_pixels(photo) for photo in part])
        )

    def sketch_pixels(self, sketch: Image.Image | Drawing) -> Pixels:
        """What the encoder gets to see of a sketch: uint8 (sketch_size, sketch_size), ink dark on 255.

        Raises:
            ValueError: The sketch has no ink, or nothing but one dot.
        """
        size, max_slant = self.preprocessing.sketch_size, self.preprocessing.max_slant
        if isinstance(sketch, Image.Image):
            return np.asarray(prepare_upright(sketch, size, max_slant))
        if sketch.is_blank:
            raise ValueError("Expected a drawing with some lines, found an empty page or a single dot; draw more.")
        return np.asarray(rasterise(upright_drawing(sketch, max_slant), size))

    def photo_pixels(self, photo: Image.Image) -> Pixels:
        """What the encoder gets to see of a photo: uint8 (photo_size, photo_size, 3)."""
        return np.asarray(prepare_photo(photo, self.preprocessing.photo_size))

    def embed_sketch_pixels(self, pixels: Sequence[Pixels]) -> Embeddings:
        """Embeds what `sketch_pixels` made, as one batch: float32 (n, d), rows of unit length."""
        return self._embed(pixels)

    def embed_photo_pixels(self, pixels: Sequence[Pixels]) -> Embeddings:
        """Embeds what `photo_pixels` made, as one batch: float32 (n, d), rows of unit length."""
        return self._embed(pixels)

    def embed_each(self, embed: Callable[[T], R], parts: Iterable[T]) -> Iterator[R]:
        """What is made of one part after the other; while a GPU computes, the next is stacked and sent.

        Args:
            embed: Embeds a part with this embedder.
            parts: As many pictures each as go through the encoder at once.
        """
        return ahead(embed, parts, threads=2, waiting=1) if self._on_gpu else map(embed, parts)

    def _embed(self, pixels: Sequence[Pixels]) -> Embeddings:
        if not pixels:
            return np.zeros((0, self.dim), dtype=np.float32)
        return self._engine(np.stack(pixels))

    def _in_parts(self, members: Sequence[T], embed: Callable[[Sequence[T]], Embeddings]) -> Embeddings:
        """Embeds a batch at a time, as memory must not grow with the length of a list."""
        parts = [embed(members[at : at + self.batch_size]) for at in range(0, len(members), self.batch_size)]
        return np.concatenate(parts) if parts else np.zeros((0, self.dim), dtype=np.float32)


def load_embedder(checkpoint: str | Path, device: str | None = None) -> Embedder:
    """Loads a checkpoint for use.

    Args:
        checkpoint: Path of the safetensors file.
        device: "cuda", "mps" or "cpu"; None takes the best there is.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: Not a valid checkpoint, or no such device.
    """
    path = Path(checkpoint)
    target = choose_device(device)
    loaded = load_checkpoint(path, target)
    loaded.encoder.trained.fold()
    kinds: dict[str, Callable[[FinishedEncoder], Engine]] = {"cpu": OnnxEngine, "cuda": RecordedEngine}
    engine = kinds.get(target.type, TorchEngine)(loaded.encoder)
    return Embedder(loaded.encoder, engine, sha256(path), loaded.split, path)
