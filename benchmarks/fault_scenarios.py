"""What benchmarks/faults.py disturbs, all small: a gallery and its index, a visitor's gallery, training, an average."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file

import train
from zsbir import averaging
from zsbir.data.folder import ZeroShotSplit
from zsbir.encoder.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from zsbir.encoder.embedder import load_embedder
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.gallery import __main__ as gallery_command
from zsbir.gallery.build import build_gallery
from zsbir.gallery.gallery import Gallery
from zsbir.pictures.preparation import PreprocessConfig
from zsbir.serving.private_galleries import PrivateGalleries
from zsbir.serving.private_gallery import Announced

BACKBONE, SIZE = "test_efficientnet", "32"
CATEGORIES = ("ring", "cross", "bar", "zigzag")
_SMALL = PreprocessConfig(sketch_size=32, photo_size=32, sketch_turn=0.0, max_slant=0.0)
OLD, NEW = "old", "new"


@dataclass(frozen=True)
class Scenario:
    """Something that writes files.

    Attributes:
        name: What it is called.
        prepare: Fills an empty folder with what was there before.
        work: The command; gets the folder, returns its exit status.
        state: Whether what a folder holds is "old" or "new"; raises if it is neither.
    """

    name: str
    prepare: Callable[[Path], None]
    work: Callable[[Path], int]
    state: Callable[[Path], str]


def draw(number: int, category: int) -> Image.Image:
    """A picture of a thing, never twice the same."""
    rng = np.random.default_rng(100 * category + number)
    picture = Image.new("RGB", (64, 64), "white")
    corners = [tuple(point) for point in rng.integers(0, 64, (category + 2, 2)).tolist()]
    ImageDraw.Draw(picture).line(corners, fill="black", width=3)
    return picture


def draw_photos(folder: Path, first: int, last: int) -> None:
    """Photos first to last of each category, in a folder of its name."""
    for category, name in enumerate(CATEGORIES):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(first, last):
            draw(number, category).save(folder / name / f"{number}.png")


def make_checkpoint(path: Path, seed: int) -> None:
    """An encoder with random weights."""
    torch.manual_seed(seed)
    encoder = SketchPhotoEncoder(EncoderConfig(BACKBONE, embedding_dim=16))
    split = ZeroShotSplit(CATEGORIES[:2], (), CATEGORIES[2:])
    save_checkpoint(path, Checkpoint(FinishedEncoder(encoder, _SMALL), split, seed=seed))


def make_data(folder: Path) -> None:
    """A data folder, and weights to begin with."""
    import timm  # noqa: PLC0415

    draw_photos(folder / "data" / "photos", 0, 6)
    draw_photos(folder / "data" / "sketches", 10, 16)
    for labels, names in (("train", CATEGORIES[:2]), ("val", CATEGORIES[2:3]), ("test", CATEGORIES[3:])):
        (folder / "data" / f"{labels}_labels.txt").write_text("\n".join(names) + "\n")
    torch.manual_seed(0)
    save_file(timm.create_model(BACKBONE).state_dict(), folder / "weights.safetensors")


def build(folder: Path) -> int:
    """Builds the gallery of the folder's photos."""
    arguments = ["--photos", str(folder / "photos"), "--gallery", str(folder / "gallery"), "--index", "faiss"]
    return gallery_command.main(
        ["build", *arguments, "--checkpoint", str(folder / "m.safetensors"), "--index", "faiss"]
    )


def prepare_gallery(folder: Path) -> None:
    """A gallery of some photos, and more photos beside them."""
    make_checkpoint(folder / "m.safetensors", 0)
    draw_photos(folder / "photos", 0, 8)
    embedder = load_embedder(folder / "m.safetensors", "cpu")
    build_gallery(folder / "photos", folder / "gallery", embedder, quiet=True)
    draw_photos(folder / "photos", 8, 20)


def gallery_state(folder: Path) -> str:
    """By how many photos it has; every one must be where it belongs, and found by its embedding."""
    gallery = Gallery.load(folder / "gallery", "exact")
    best = (gallery.embeddings @ gallery.embeddings.T).argmax(axis=1)
    if not np.allclose(gallery.embeddings[best], gallery.embeddings, atol=1e-5):
        raise ValueError("Expected embeddings of the gallery's photos, found others.")
    return {8 * len(CATEGORIES): OLD, 20 * len(CATEGORIES): NEW}[len(gallery)]


def prepare_private(folder: Path) -> None:
    """An encoder, a visitor's photos, and a temporary folder."""
    make_checkpoint(folder / "m.safetensors", 0)
    draw_photos(folder / "photos", 0, 3)
    (folder / "temporary").mkdir()


def bring(folder: Path) -> int:
    """What an app does for a visitor who brings photos and looks at how many there are."""
    tempfile.tempdir = str(folder / "temporary")
    embedder = load_embedder(folder / "m.safetensors", "cpu")
    photos = [path.read_bytes() for path in sorted((folder / "photos").rglob("*.png"))]
    visitor = "a" * 32
    progress = None
    with closing(PrivateGalleries(embedder)) as galleries:
        try:
            galleries.begin(visitor, [Announced(f"{number}.png", len(photo)) for number, photo in enumerate(photos)])
            for number, photo in enumerate(photos):
                galleries.receive(visitor, number, 0, photo)
            galleries.build(visitor)
            while (progress := galleries.progress(visitor)) and progress.stage not in ("ready", "failed"):
                time.sleep(0.01)
            found = len(galleries.open(visitor).gallery)
        except ValueError as error:
            print((progress and progress.sentence) or error, file=sys.stderr)
            return 2
    (folder / f"{found} photos").touch()
    return 0


def private_state(folder: Path) -> str:
    """Whether somebody searched all photos, and nothing is left of them."""
    is_left = any((folder / "temporary").iterdir())
    return NEW if (folder / f"{3 * len(CATEGORIES)} photos").exists() and not is_left else OLD


def learn(folder: Path) -> int:
    """Three short epochs, or what is left of them."""
    flags = {"data_dir": "data", "checkpoint_dir": "run", "backbone_weights": "weights.safetensors"}
    settings = {"epochs": 3, "batch_size": 4, "steps_per_epoch": 2, "workers": 0, "teacher_loss_ratio": 0}
    sizes = dict.fromkeys(("train_size", "sketch_size", "photo_size"), SIZE)
    given = {**{name: folder / file for name, file in flags.items()}, **settings, **sizes, "backbone": BACKBONE}
    argv = [text for name, value in given.items() for text in (f"--{name}", str(value))]
    going_on = ["--resume"] if (folder / "run" / "training_state.safetensors").exists() else []
    return train.main([*argv, "--embedding_dim", "16", *going_on])


def training_state(folder: Path) -> str:
    """By the epoch of the last checkpoint; whatever is there must be whole."""
    for name in ("zsbir.safetensors", "last.safetensors"):
        if (folder / "run" / name).exists():
            load_checkpoint(folder / "run" / name)
    last = folder / "run" / "last.safetensors"
    epochs = load_checkpoint(last).training["epoch"] if last.exists() else 0
    return NEW if epochs == 3 else OLD


def prepare_average(folder: Path) -> None:
    """Two checkpoints, data to finish their average by, and another checkpoint in its place."""
    make_data(folder)
    for seed in (1, 2):
        make_checkpoint(folder / f"{seed}.safetensors", seed)
    make_checkpoint(folder / "average.safetensors", 7)


def average(folder: Path) -> int:
    """Averages the two."""
    parts = [str(folder / f"{seed}.safetensors") for seed in (1, 2)]
    return averaging.main([*parts, "--out", str(folder / "average.safetensors"), "--data_dir", str(folder / "data")])


def average_state(folder: Path) -> str:
    """By what its description says."""
    return NEW if "average_of" in load_checkpoint(folder / "average.safetensors").training else OLD


SCENARIOS = (
    Scenario("gallery", prepare_gallery, build, gallery_state),
    Scenario("private gallery", prepare_private, bring, private_state),
    Scenario("training", make_data, learn, training_state),
    Scenario("average", prepare_average, average, average_state),
)
