"""Command line over zsbir.training.loop: make the checkpoint that the app loads."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zsbir.command import run

if TYPE_CHECKING:
    from zsbir.training.run import TrainConfig

# Defaults that differ. "published" is the first version of this project (see README, References: Dey et al.): triplets
# whose negatives mean nearly the same, two DenseNets with 1,024 max-pooled features, reversal strength 1 at epoch 25.
PRESETS: dict[str, dict[str, object]] = {
    "default": {},
    "published": {
        "backbone": "densenet121",
        "backbone_weights": "hub",
        "encoders": "separate",
        "batch_norm": "trained",
        "pooling": "max",
        "head": "none",
        "embedding_dim": 1024,
        "sketch_size": 224,
        "sketch_turn": 0.0,
        "max_slant": 0.0,
        "photo_size": 224,
        "train_size": 224,
        "hard_negatives": "semantic",
        "margin": 0.5,  # in cosine distance; the Euclidean 1 of the original, from a perfect positive
        "domain_loss_ratio": 1.0,
        "classification_loss_ratio": 0.0,
        "teacher_loss_ratio": 0.0,
        "grl_threshold_epoch": 25.0,
        "plain_sketches": True,
        "pseudo_sketch_ratio": 0.0,
        "learning_rate": 1e-4,
        "head_speed": 10.0,
        "weight_decay": 0.0,
        "average_decay": 0.0,
        "hub_sketches": 0,
    },
}


def main(argv: Sequence[str] | None = None) -> int:
    """Parses arguments and trains; returns the exit status."""
    parser = _parser()
    preset, _ = _preset_parser().parse_known_args(argv)
    parser.set_defaults(**PRESETS[preset.preset])
    return run(parser, argv, _train)


def _train(arguments: argparse.Namespace) -> None:
    from zsbir.training.distributed import in_charge  # noqa: PLC0415
    from zsbir.training.loop import train  # noqa: PLC0415  (torch loads only after the arguments are known to be good)

    checkpoint = train(_config(arguments), resume=arguments.resume)
    if in_charge():
        print(f"Checkpoint: {checkpoint}")  # noqa: T201


def _preset_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--preset", choices=sorted(PRESETS), default="default", help="sets the other defaults")
    return parser


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="train.py", description="Training of sketch-based image retrieval.", parents=[_preset_parser()]
    )
    need, add = parser.add_argument_group("needed"), parser.add_argument
    need.add_argument("--data_dir", required=True, type=Path, help="sketches/, photos/ and the label files")
    need.add_argument("--batch_size", required=True, type=int, help="sketches a step, with as many photos, a process")
    need.add_argument("--checkpoint_dir", required=True, type=Path, help="where checkpoint, state and logs go")
    need.add_argument("--epochs", required=True, type=int, help="one epoch draws as many photos as there are")
    add("--resume", action="store_true", help="go on from the last whole epoch in --checkpoint_dir")
    add("--domain_loss_ratio", type=float, default=0.1, help="weight of the domain loss")
    add("--triplet_loss_ratio", type=float, default=1.0, help="weight of the triplet loss")
    add("--classification_loss_ratio", type=float, default=1.0, help="weight of the seen-category classification")
    add("--teacher_loss_ratio", type=float, default=1.0, help="weight of the preservation of ImageNet knowledge")
    add("--grl_threshold_epoch", type=float, default=5.0, help="epoch at which the reversal strength reaches 1")
    negatives = ("none", "batch", "semantic")
    add("--hard_negatives", choices=negatives, default="batch", help="nearest in the batch, or alike in their names")
    add("--word_vectors", type=Path, help="GloVe file that says what names mean (default: a package)")
    add("--margin", type=float, default=0.3, help="of the triplet loss, in cosine distance")
    add("--backbone", default="tf_efficientnet_lite0", help="name of a timm image model")
    add("--backbone_weights", default="package", help="package (lite0; lite1, lite2 if installed), hub, or a file")
    add("--encoders", choices=("shared", "separate"), default="shared", help="one backbone for both sides, or two")
    batch_norms = ("folded", "frozen", "trained", "per_domain")
    add("--batch_norm", choices=batch_norms, default="folded", help="merged into convolutions, frozen, or trained")
    add("--pooling", choices=("avg", "max"), default="avg", help="of the backbone's last maps")
    add("--head", choices=("linear", "none"), default="linear", help="none: the features are the embedding")
    add("--embedding_dim", type=int, default=512, help="length of an embedding")
    add("--sketch_size", type=int, default=112, help="side of sketches in pixels when the encoder is used")
    add("--sketch_turn", type=float, default=8.0, help="degrees; a sketch is seen turned either way; 0: once, as it is")
    add("--max_slant", type=float, default=10.0, help="degrees; sketches slanted by less are set upright; 0: none is")
    add("--photo_size", type=int, default=192, help="the same of photos")
    add("--train_size", type=int, default=112, help="side of the training pictures; smaller is faster")
    flag = argparse.BooleanOptionalAction
    add("--plain_sketches", action=flag, default=False, help="no augmentation of sketches")
    add("--pseudo_sketch_ratio", type=float, default=0.2, help="share of sketches made from photos by edges")
    add("--extra_dir", type=Path, help="further categories to train on, of sketches or photos alone")
    add("--extra_ratio", type=float, default=0.33, help="their photos, and their sketches, for each one of the others")
    add("--teacher", default="tf_efficientnet_lite0", help="ImageNet network whose knowledge is preserved")
    add("--teacher_weights", default="package", help="as --backbone_weights")
    add("--teacher_size", type=int, default=144, help="side at which the teacher looks at photos")
    add("--teacher_temperature", type=float, default=1.0, help="softens the teacher's labels")
    add("--class_names", type=float, default=0.0, help="share of the names' meaning in a category's soft labels")
    add("--frozen_stages", type=int, default=0, help="first stages of the backbone that do not learn")
    add("--frozen_depthwise", action="store_true", help="depthwise filters do not learn; faster on a CPU")
    add("--learning_rate", type=float, default=3e-4, help="peak rate of the backbone")
    add("--head_speed", type=float, default=3.0, help="new layers learn this much faster than the backbone")
    add("--weight_decay", type=float, default=1e-4, help="of AdamW")
    add("--average_decay", type=float, default=0.998, help="a step, of the averaged weights that are shipped")
    add(
        "--hub_sketches",
        type=int,
        default=6,
        help="of each category, to finish the checkpoint by (hubs, whitening); 0: it is not",
    )
    add("--steps_per_epoch", type=int, help="overrides the length of an epoch")
    add("--print_every", type=int, default=50, help="logging interval in steps")
    add("--workers", type=int, default=1, help="processes that prepare pictures, 0 = none")
    add("--seed", type=int, default=0, help="of everything random")
    return parser


def _config(arguments: argparse.Namespace) -> TrainConfig:
    from zsbir.encoder.backbone import input_scaling  # noqa: PLC0415
    from zsbir.encoder.model import EncoderConfig  # noqa: PLC0415
    from zsbir.pictures.preparation import PreprocessConfig  # noqa: PLC0415
    from zsbir.training.learner import LossConfig  # noqa: PLC0415
    from zsbir.training.run import TrainConfig  # noqa: PLC0415
    from zsbir.training.teacher import TeacherConfig  # noqa: PLC0415

    return TrainConfig(
        data_dir=str(arguments.data_dir),
        checkpoint_dir=str(arguments.checkpoint_dir),
        epochs=arguments.epochs,
        batch_size=arguments.batch_size,
        encoder=EncoderConfig(
            arguments.backbone,
            arguments.embedding_dim,
            arguments.encoders,
            arguments.batch_norm,
            arguments.pooling,
            arguments.head,
        ),
        preprocessing=PreprocessConfig(
            arguments.sketch_size,
            arguments.photo_size,
            *input_scaling(arguments.backbone),
            sketch_turn=arguments.sketch_turn,
            max_slant=arguments.max_slant,
        ),
        losses=LossConfig(
            triplet=arguments.triplet_loss_ratio,
            domain=arguments.domain_loss_ratio,
            classification=arguments.classification_loss_ratio,
            teacher=arguments.teacher_loss_ratio,
            margin=arguments.margin,
            hard_negatives=arguments.hard_negatives,
        ),
        train_size=arguments.train_size,
        extra_dir=str(arguments.extra_dir or ""),
        extra_ratio=arguments.extra_ratio,
        backbone_weights=arguments.backbone_weights,
        word_vectors=str(arguments.word_vectors or ""),
        grl_threshold_epoch=arguments.grl_threshold_epoch,
        augment_sketches=not arguments.plain_sketches,
        pseudo_sketch_ratio=arguments.pseudo_sketch_ratio,
        teacher=TeacherConfig(
            arguments.teacher,
            arguments.teacher_weights,
            arguments.teacher_size,
            arguments.teacher_temperature,
            arguments.class_names,
        ),
        frozen_stages=arguments.frozen_stages,
        frozen_depthwise=arguments.frozen_depthwise,
        learning_rate=arguments.learning_rate,
        head_speed=arguments.head_speed,
        weight_decay=arguments.weight_decay,
        average_decay=arguments.average_decay,
        hub_sketches=arguments.hub_sketches,
        steps_per_epoch=arguments.steps_per_epoch,
        print_every=arguments.print_every,
        workers=arguments.workers,
        seed=arguments.seed,
    )


if __name__ == "__main__":
    sys.exit(main())
