"""Variants of the method, the published one and extra categories, each trained for a moment."""

import csv
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

import train
from tests.conftest import SEEN, SMALL_BACKBONE, run_arguments
from zsbir.encoder.checkpoint import load_checkpoint


def losses(arguments: list[str], folder: Path, *options: str) -> list[str]:
    """Of two steps, after the first of which every setting may show."""
    short = [
        *arguments,
        "--epochs",
        "1",
        "--steps_per_epoch",
        "2",
        "--print_every",
        "1",
        "--checkpoint_dir",
        str(folder),
    ]
    assert train.main([*short, *options]) == 0
    with (folder / "log.csv").open(newline="") as file:
        return [row["loss"] for row in csv.DictReader(file) if row["loss"]]


@pytest.fixture(scope="module")
def plain(data_folder: Path, weights: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return losses(run_arguments(data_folder, weights), tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize(
    "asked",
    [
        {"encoders": "separate"},
        {"hard_negatives": "none"},
        {"frozen_stages": 2},
        {"frozen_depthwise": True},
        {"batch_norm": "frozen"},
        {"batch_norm": "trained"},
        {"batch_norm": "per_domain"},
        {"recognition": 0.2, "context_ratio": 0.5},
    ],
    ids=str,
)
def test_variants_of_the_method_train_and_are_variants(
    asked: dict[str, object], plain: list[str], arguments: list[str], tmp_path: Path
) -> None:
    options = [part for name, value in asked.items() for part in (f"--{name}", str(value)) if part != "True"]
    varied = losses(arguments, tmp_path, *options)
    assert len(varied) == 2
    assert varied != plain
    checkpoint = load_checkpoint(tmp_path / "zsbir.safetensors")
    training = checkpoint.training
    done = {**training, **training["losses"], **training["tuning"], **asdict(checkpoint.encoder.trained.config)}
    assert {name: done[name] for name in asked} == asked


def test_the_published_method_trains_and_explicit_flags_win(
    data_folder: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "glove.txt").write_text("triangle 1 0 0\nsquare 1 1 0\n")
    small = ["--backbone", SMALL_BACKBONE, "--backbone_weights", str(weights), "--embedding_dim", "256"]
    sizes = ["--train_size", "32", "--sketch_size", "40", "--photo_size", "48", "--workers", "0"]
    run = [
        "--preset",
        "published",
        "--data_dir",
        str(data_folder),
        "--batch_size",
        "4",
        "--epochs",
        "1",
        *small,
        *sizes,
    ]
    run += ["--steps_per_epoch", "2", "--checkpoint_dir", str(tmp_path / "run")]
    assert train.main([*run, "--word_vectors", str(tmp_path / "glove.txt")]) == 0
    checkpoint = load_checkpoint(tmp_path / "run" / "zsbir.safetensors")
    config = checkpoint.encoder.trained.config
    assert (config.backbone, config.encoders, config.pooling, config.head) == (
        SMALL_BACKBONE,
        "separate",
        "max",
        "none",
    )
    assert checkpoint.training["losses"]["hard_negatives"] == "semantic"
    assert (checkpoint.training["losses"]["classification_loss_ratio"], checkpoint.training["plain_sketches"]) == (
        0,
        True,
    )
    assert checkpoint.preprocessing.mean == (0.485, 0.456, 0.406)
    assert "word_vectors" not in checkpoint.training
    (tmp_path / "glove.txt").write_text("square 1 1 0\n")
    assert train.main([*run, "--word_vectors", str(tmp_path / "glove.txt")]) == 2
    assert "'triangle'" in capsys.readouterr().err


def test_extra_categories_are_trained_on_and_named(arguments: list[str], data_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(data_folder / "photos" / "disc", tmp_path / "extra" / "photos" / "coin")
    run = [*arguments, "--epochs", "1", "--checkpoint_dir", str(tmp_path / "run"), "--extra_dir"]
    assert train.main([*run, str(tmp_path / "extra")]) == 0
    checkpoint = load_checkpoint(tmp_path / "run" / "zsbir.safetensors")
    assert checkpoint.split.seen == (*SEEN, "coin")
    assert "extra_dir" not in checkpoint.training
    shutil.copytree(data_folder / "photos" / "disc", tmp_path / "extra" / "photos" / "disc")  # one of the unseen
    assert train.main([*run, str(tmp_path / "extra")]) == 2
