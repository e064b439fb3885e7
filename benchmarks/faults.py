"""Kills and full disks, at moments of all kinds: `python -m benchmarks.faults [--kills 40]`.

A gallery build with an index, a training run and an average are killed at random moments and at each of their renames,
and meet a full disk. What was there before must be whole, or what was to be made; the next run must go on, end well and
leave nothing half-written. Every trial is a process of its own, forked from one that has loaded what takes seconds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file
from tqdm.auto import tqdm

import train
from zsbir import averaging
from zsbir.data.folder import ZeroShotSplit
from zsbir.encoder.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.gallery import __main__ as gallery_command
from zsbir.gallery.gallery import Gallery
from zsbir.pictures.preparation import PreprocessConfig

BACKBONE, SIZE = "test_efficientnet", "32"
CATEGORIES = ("ring", "cross", "bar", "zigzag")
_SMALL = PreprocessConfig(sketch_size=32, photo_size=32, sketch_turn=0.0, max_slant=0.0)
_OLD, _NEW = "old", "new"


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
    if in_child(lambda: build(folder)).status:
        raise RuntimeError("the first gallery was not built")
    draw_photos(folder / "photos", 8, 20)


def gallery_state(folder: Path) -> str:
    """By how many photos it has; every one must be where it belongs, and found by its embedding."""
    gallery = Gallery.load(folder / "gallery", "exact")
    best = (gallery.embeddings @ gallery.embeddings.T).argmax(axis=1)
    if not np.allclose(gallery.embeddings[best], gallery.embeddings, atol=1e-5):
        raise ValueError("Expected embeddings of the gallery's photos, found others.")
    return {8 * len(CATEGORIES): _OLD, 20 * len(CATEGORIES): _NEW}[len(gallery)]


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
    return _NEW if epochs == 3 else _OLD


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
    return _NEW if "average_of" in load_checkpoint(folder / "average.safetensors").training else _OLD


SCENARIOS = (
    Scenario("gallery", prepare_gallery, build, gallery_state),
    Scenario("training", make_data, learn, training_state),
    Scenario("average", prepare_average, average, average_state),
)


@dataclass(frozen=True)
class Outcome:
    """How a process ended.

    Attributes:
        status: Its exit status, or minus the signal.
        said: What it wrote to its error output.
        seconds: It took.
    """

    status: int
    said: str
    seconds: float


def in_child(work: Callable[[], int], kill_after: float | None = None) -> Outcome:
    """Does the work in a fork of this process, which is killed after some seconds if it still runs."""
    with tempfile.TemporaryFile() as output:
        started, child = time.perf_counter(), os.fork()
        if child == 0:
            for stream in (1, 2):
                os.dup2(output.fileno(), stream)
            try:
                status = work()
            except BaseException:
                traceback.print_exc()
                status = 70
            sys.stderr.flush()
            os._exit(status)
        if kill_after is not None:
            time.sleep(kill_after)
            os.kill(child, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        output.seek(0)
        return Outcome(status, output.read().decode(errors="replace"), time.perf_counter() - started)


def killed_at_rename(work: Callable[[], int], number: int) -> Callable[[], int]:
    """The work, ended without notice just before its rename of this number, from 0."""

    def doomed() -> int:
        count, replace = 0, Path.replace

        def counted(path: Path, target: Path) -> Path:
            nonlocal count
            if count == number:
                os.kill(os.getpid(), signal.SIGKILL)
            count += 1
            return replace(path, target)

        Path.replace = counted  # type: ignore[method-assign,assignment]
        return work()

    return doomed


def with_full_disk(work: Callable[[], int], largest: int) -> Callable[[], int]:
    """The work where no file can grow beyond so many bytes: the system's own error, as on a full disk."""
    import resource  # noqa: PLC0415  (not on Windows)

    def cramped() -> int:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        return work()

    return cramped


def faults(scenario: Scenario, kills: int, rng: np.random.Generator, folder: Path) -> list[str]:
    """What went wrong in all trials of a scenario, a sentence each."""
    before, wrong = folder / "before", []
    before.mkdir(parents=True)
    scenario.prepare(before)

    def trial(what: str, harm: Callable[[Path], Outcome], check: Callable[[Outcome], str] = lambda _: "") -> None:
        place = folder / "trial"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(before, place)
        outcome = harm(place)
        problem = check(outcome)
        try:
            scenario.state(place)
        except Exception as error:  # whatever it is, it is the finding
            problem = problem or f"left neither old nor new: {type(error).__name__}: {error}"
        again = in_child(lambda: scenario.work(place))
        if again.status != 0 or scenario.state(place) != _NEW:
            problem = problem or f"the next run ended in {again.status}: {last_line(again)}"
        if left := [path.name for path in place.rglob("*.partial")]:
            problem = problem or f"left {', '.join(left)}"
        if problem:
            wrong.append(f"{scenario.name}, {what}: {problem}")

    shutil.copytree(before, folder / "timed")
    whole = in_child(lambda: scenario.work(folder / "timed"))
    if whole.status != 0:
        return [f"{scenario.name}: ended in {whole.status} undisturbed: {last_line(whole)}"]
    for moment in tqdm(rng.uniform(0, whole.seconds, kills), desc=f"{scenario.name}: kills", unit="kill"):
        trial(f"killed after {moment:.2f} s", lambda place, t=moment: in_child(lambda: scenario.work(place), t))
    for number in tqdm(renames(scenario, before, folder, kills), desc=f"{scenario.name}: renames", unit="kill"):
        trial(
            f"killed at rename {number}",
            lambda place, n=number: in_child(killed_at_rename(lambda: scenario.work(place), n)),
        )
    for size in tqdm(rng.integers(200, 40_000, kills // 4), desc=f"{scenario.name}: full disks", unit="disk"):
        trial(
            f"no file above {size} bytes",
            lambda place, n=int(size): in_child(with_full_disk(lambda: scenario.work(place), n)),
            lambda outcome: "" if is_a_sentence(outcome) else f"ended in {outcome.status}: {last_line(outcome)}",
        )
    return wrong


def renames(scenario: Scenario, before: Path, folder: Path, most: int) -> Sequence[int]:
    """Which renames of a run to be killed at: the last ones, as many as are asked for."""
    place = folder / "counted"
    shutil.copytree(before, place)
    marks = folder / "renames"

    def counted() -> int:
        replace = Path.replace

        def marked(path: Path, target: Path) -> Path:
            with marks.open("a") as file:
                file.write(".")
            return replace(path, target)

        Path.replace = marked  # type: ignore[method-assign,assignment]
        return scenario.work(place)

    in_child(counted)
    count = len(marks.read_text()) if marks.exists() else 0
    return range(max(0, count - most), count)


def last_line(outcome: Outcome) -> str:
    """What a process said last."""
    return (outcome.said.split() and outcome.said.strip().splitlines()[-1]) or "nothing"


def is_a_sentence(outcome: Outcome) -> bool:
    """Whether a command said what was wrong, and nothing else; or found room enough."""
    return outcome.status == 0 or (outcome.status == 2 and "Traceback" not in outcome.said)


def main(argv: Sequence[str] | None = None) -> int:
    """Tries everything; returns 1 if something went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40, help="of each scenario, at random moments")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)  # threads of this process would be missing in its forks
    wrong = []
    for scenario in SCENARIOS:
        with tempfile.TemporaryDirectory() as temporary:
            rng = np.random.default_rng(arguments.seed)
            found = faults(scenario, arguments.kills, rng, Path(temporary))
            print(f"{scenario.name}: {len(found)} faults")
            wrong += found
    print("\n".join(wrong) or "Nothing was lost, and every next run went on.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
