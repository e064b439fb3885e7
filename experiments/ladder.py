"""Trains and measures every rung of the ladder of docs/results.md that has no record yet.

    python -m experiments.ladder --data_dir DATA --extra_dir EXTRA [--seeds 0 1] [--rungs NAME ...] [--work runs/ladder]

A rung changes one thing of the rung that it stands on; all see as many pictures as `BUDGET` says. Each
leaves experiments/runs/RUNG-SEED.json: settings, cost, validation figures, figures on unseen categories (read
once, when the rung is finished) and how well sketches can still be told from photos. Stop and start it at will.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from experiments.measure import PROTOCOLS, embed_unseen, protocols, tell_apart
from zsbir.data.folder import CategoryData, read_labels
from zsbir.encoder.embedder import Embedder, load_embedder
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.encoder.pretrained import load_pretrained
from zsbir.evaluation.embedding import measure
from zsbir.pictures.preparation import PreprocessConfig
from zsbir.training.config import TrainConfig
from zsbir.training.learner import LossConfig
from zsbir.training.loop import TEACHER_NAME, train
from zsbir.training.record import RunRecord
from zsbir.training.run import CHECKPOINT_NAME, RECORD_NAME
from zsbir.training.teacher import TeacherConfig
from zsbir.training.tuning import TuningConfig

_ROOT = Path(__file__).parents[1]

RUNS = _ROOT / "experiments" / "runs"
BUDGET = 12_800  # pictures
_PAIRS = 32


@dataclass(frozen=True)
class Rung:
    """One row of the ladder.

    Attributes:
        name: File name of its records.
        title: What is said of it in the table.
        base: The rung it changes; "" starts anew.
        changes: Settings that differ, by name of `TrainConfig` or, dotted, of what it holds.
        budget: Times `BUDGET`.
    """

    name: str
    title: str
    base: str
    changes: dict[str, Any]
    budget: float = 1.0


_BARE = {
    "losses": LossConfig(
        domain_loss_ratio=0.0, classification_loss_ratio=0.0, teacher_loss_ratio=0.0, hard_negatives="none"
    ),
    "plain_sketches": True,
    "pseudo_sketch_ratio": 0.0,
    "extra_ratio": 0.0,
}
RUNGS = (
    Rung("frozen", "ImageNet encoder, not trained", "", {}, 0.0),
    Rung("triplet", "triplet loss, random negatives", "", _BARE),
    Rung("hard", "+ hardest pairs of the batch", "triplet", {"losses.hard_negatives": "batch"}),
    Rung("reversal", "+ gradient reversal (0.1)", "hard", {"losses.domain_loss_ratio": 0.1}),
    Rung("classes", "+ category prototypes", "reversal", {"losses.classification_loss_ratio": 1.0}),
    Rung("teacher", "+ ImageNet teacher on photos", "classes", {"losses.teacher_loss_ratio": 2.0}),
    Rung("names", "+ class names in the soft labels (0.25)", "teacher", {"teacher.class_names": 0.25}),
    Rung("augmented", "+ sketch augmentation", "teacher", {"plain_sketches": False}),
    Rung("pseudo", "+ pseudo-sketches (a quarter)", "augmented", {"pseudo_sketch_ratio": 0.25}),
    Rung("extra", "+ one-sided categories", "pseudo", {"extra_ratio": 0.25}),
    # single changes of the whole recipe, "extra"
    Rung("more-extra", "one-sided categories as many as paired ones", "extra", {"extra_ratio": 1.0}),
    Rung("no-reversal", "without gradient reversal", "extra", {"losses.domain_loss_ratio": 0.0}),
    Rung("strong-reversal", "gradient reversal 1.0", "extra", {"losses.domain_loss_ratio": 1.0}),
    Rung("frozen-norm", "batch norm's scales learn, statistics frozen", "extra", {"encoder.batch_norm": "frozen"}),
    Rung("trained-norm", "batch norm's statistics trained, shared", "extra", {"encoder.batch_norm": "trained"}),
    Rung("norm-per-domain", "batch norm's statistics one set a domain", "extra", {"encoder.batch_norm": "per_domain"}),
    Rung("separate", "separate encoders", "extra", {"encoder.encoders": "separate"}),
    Rung("all-learns", "early stages and depthwise filters learn too", "extra",
         {"tuning.frozen_stages": 0, "tuning.frozen_depthwise": False}),
    Rung("width-64", "64 dimensions", "extra", {"encoder.embedding_dim": 64}),
    Rung("width-1024", "1,024 dimensions", "extra", {"encoder.embedding_dim": 1024}),
    Rung("128px", "128 pixels", "extra", {"train_size": 128, "preprocessing.sketch_size": 128}),
    Rung("160px", "160 pixels", "extra",
         {"train_size": 160, "preprocessing.sketch_size": 160, "preprocessing.photo_size": 192}),
    Rung("192px", "192 pixels", "extra",
         {"train_size": 192, "preprocessing.sketch_size": 192, "preprocessing.photo_size": 232}),
    Rung("hubs", "whitened, hubs corrected", "extra", {"hub_sketches": 6}),
    Rung("lite1", "EfficientNet-Lite1", "extra", {"encoder.backbone": "tf_efficientnet_lite1"}),
    Rung("lite2", "EfficientNet-Lite2", "extra", {"encoder.backbone": "tf_efficientnet_lite2"}),
    Rung("no-average", "last weights instead of their average", "extra", {"average_decay": 0.0}),
    Rung("longer", "three times the pictures", "extra", {}, 3.0),
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Trains and measures what has no record yet."""
    parser = argparse.ArgumentParser(description="Train and measure the ladder of docs/results.md.")
    parser.add_argument("--data_dir", type=Path, required=True)
    parser.add_argument("--extra_dir", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--rungs", nargs="+", choices=[rung.name for rung in RUNGS], help="all by default")
    parser.add_argument("--work", type=Path, default=Path("runs/ladder"), help="checkpoints and logs (%(default)s)")
    arguments = parser.parse_args(argv)
    for seed in arguments.seeds:
        for rung in RUNGS:
            path = RUNS / f"{rung.name}-{seed}.json"
            if (arguments.rungs and rung.name not in arguments.rungs) or path.exists():
                continue
            print(f"{rung.title} (seed {seed})", flush=True)
            record = climb(rung, seed, arguments)
            RUNS.mkdir(exist_ok=True)
            record.save(path)
            print(", ".join(f"{name} {record.test[name]['mAP@all']:.3f}" for name in PROTOCOLS))
    return 0


def climb(rung: Rung, seed: int, arguments: argparse.Namespace) -> RunRecord:
    """Trains one rung and measures it."""
    config = settings(rung, seed, arguments)
    folder = Path(config.checkpoint_dir)
    validation = read_labels(arguments.data_dir / "val_labels.txt")
    if rung.budget:
        lend_teacher(folder, arguments.work / f"{rung.base}-{seed}", arguments.work)
        train(config, resume=(folder / RECORD_NAME).exists())
        record, embedder = RunRecord.load(folder / RECORD_NAME), load_embedder(folder / CHECKPOINT_NAME)
    else:
        record, embedder = RunRecord(asdict(config.preprocessing), seed), untrained(config)
        figures = measure(embedder, CategoryData.load(arguments.data_dir, validation), 64)
        record.add_epoch(0, 0.0, {name: float(figures[name].mean()) for name in ("mAP@all", "P@5")})
    record.test = protocols(embed_unseen(embedder, arguments.data_dir), arguments.data_dir)
    record.test["domain"] = {"accuracy": tell_apart(embedder, arguments.data_dir, validation)}
    return record


def settings(rung: Rung, seed: int, arguments: argparse.Namespace) -> TrainConfig:
    """The rung's settings: those of what it stands on, with its changes."""
    if rung.base:
        below = next(other for other in RUNGS if other.name == rung.base)
        config = settings(below, seed, arguments)
    else:
        config = TrainConfig(
            data_dir=str(arguments.data_dir),
            checkpoint_dir="",
            epochs=2,
            batch_size=_PAIRS,
            encoder=EncoderConfig(),
            preprocessing=PreprocessConfig(sketch_size=112, photo_size=144, sketch_turn=0.0, max_slant=0.0),
            train_size=112,
            teacher=TeacherConfig("tf_efficientnet_lite2", teacher_size=160, teacher_temperature=2.0),
            grl_threshold_epoch=1.0,
            hub_sketches=0,
            tuning=TuningConfig(frozen_stages=3, frozen_depthwise=True),
            seed=seed,
        )
    for name, value in rung.changes.items():
        owner, _, part = name.partition(".")
        config = replace(config, **{owner: replace(getattr(config, owner), **{part: value}) if part else value})
    pictures = 2 * _PAIRS + 3 * round(config.extra_ratio * _PAIRS)  # a step
    return replace(
        config,
        checkpoint_dir=str(arguments.work / f"{rung.name}-{seed}"),
        extra_dir=str(arguments.extra_dir) if config.extra_ratio else "",
        steps_per_epoch=max(1, round(BUDGET * rung.budget / config.epochs / pictures)),
        seed=seed,
    )


def lend_teacher(folder: Path, below: Path, work: Path) -> None:
    """Copies the soft labels of the run below, or of any; training takes them if they answer its own question."""
    folder.mkdir(parents=True, exist_ok=True)
    newest_first = sorted(work.glob(f"*/{TEACHER_NAME}"), key=lambda path: -path.stat().st_mtime)
    known = [path for path in (below / TEACHER_NAME, *newest_first) if path.is_file()]
    if known and not (folder / TEACHER_NAME).exists():
        shutil.copy(known[0], folder / TEACHER_NAME)


def untrained(config: TrainConfig) -> Embedder:
    """ImageNet's features themselves as embeddings."""
    classifier = load_pretrained(config.encoder.backbone, "package")
    width = int(classifier.head_hidden_size)  # type: ignore[arg-type]
    encoder = SketchPhotoEncoder(replace(config.encoder, embedding_dim=width)).eval()
    encoder.load_backbone(classifier)
    with torch.no_grad():
        torch.nn.init.eye_(encoder.embeddings["both"].get_parameter("weight"))
    return Embedder(FinishedEncoder(encoder, config.preprocessing))


if __name__ == "__main__":
    sys.exit(main())
