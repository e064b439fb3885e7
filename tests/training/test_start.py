"""Runs that start from a checkpoint of ours."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

import train
from tests.conftest import SEEN, UNSEEN, VALIDATION, make_checkpoint, make_photo, make_sketch
from zsbir import load_embedder
from zsbir.data.folder import CategoryData, ZeroShotSplit, own_data
from zsbir.encoder.checkpoint import Checkpoint, load_checkpoint, save_checkpoint, sha256
from zsbir.encoder.embedder import Embedder
from zsbir.encoder.hub_correction import HubCorrection
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.recognition import Recognition
from zsbir.encoder.whitening import Whitening
from zsbir.evaluation.embedding import open_sketch
from zsbir.evaluation.metrics import retrieval_figures
from zsbir.pictures.opening import open_picture
from zsbir.training.config import TrainConfig
from zsbir.training.learner import Learner, LossConfig
from zsbir.training.run import TrainingRun
from zsbir.training.start import Start, tuned
from zsbir.training.teacher import TeacherTargets

KNOWN = ("cat", "dog", "square")  # what the start was taught


@pytest.fixture(scope="module")
def start_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished checkpoint that recognises three things."""
    path = make_checkpoint(tmp_path_factory.mktemp("start") / "start.safetensors", seed=1)
    made = load_checkpoint(path)
    torch.manual_seed(2)
    sketches, prototypes = (torch.nn.functional.normalize(torch.randn(n, 16)) for n in (4, len(KNOWN)))
    whitening = Whitening(torch.diag(torch.linspace(0.5, 1.5, 16)))
    encoder = FinishedEncoder(
        made.encoder.trained, made.preprocessing, whitening, HubCorrection(sketches), Recognition(prototypes, 0.1)
    )
    split = ZeroShotSplit(KNOWN, (), ("triangle", "disc"))
    save_checkpoint(path, Checkpoint(encoder, split, {"epochs": 9}, {}, 1))
    return path


@pytest.fixture
def start(start_path: Path) -> Start:
    return Start.load(start_path)


@pytest.fixture
def own(data_folder: Path, tmp_path: Path) -> Path:
    """Two things of one's own, without label files: one has no sketches, the other a few."""
    folder = tmp_path / "own"
    for name in SEEN:
        shutil.copytree(data_folder / "photos" / name, folder / "photos" / name)
    shutil.copytree(data_folder / "sketches" / "square", folder / "sketches" / "square")
    return folder


def run_arguments(own: Path, start: Path, out: Path, *more: str) -> list[str]:
    return [
        *("--data_dir", str(own), "--start_from", str(start), "--checkpoint_dir", str(out), "--batch_size", "8"),
        *("--epochs", "2", "--steps_per_epoch", "3", "--train_size", "32", "--workers", "0", "--print_every", "1"),
        *more,
    ]


def test_the_new_checkpoint_knows_both_and_says_where_it_comes_from(
    own: Path, start_path: Path, tmp_path: Path
) -> None:
    assert train.main(run_arguments(own, start_path, tmp_path / "run")) == 0
    before, after = load_checkpoint(start_path), load_checkpoint(tmp_path / "run" / "zsbir.safetensors")
    assert set(after.split.seen) == {*KNOWN, *SEEN}
    assert after.split.unseen == ("disc",)  # a triangle is no longer
    assert after.training["started_from"] == "start.safetensors"
    assert after.training["started_from_sha256"] == sha256(start_path)
    assert str(start_path.parent) not in json.dumps(after.training)
    assert after.encoder.trained.config == before.encoder.trained.config
    assert after.preprocessing == before.preprocessing
    assert after.encoder.recognition is not None
    assert before.encoder.recognition is not None
    prototypes = dict(zip(after.split.seen, after.encoder.recognition.prototypes, strict=True))
    for name, prototype in zip(KNOWN[:2], before.encoder.recognition.prototypes, strict=False):
        assert torch.allclose(prototypes[name], prototype, atol=1e-3)
    assert not torch.allclose(prototypes["square"], before.encoder.recognition.prototypes[2], atol=1e-2)
    assert after.encoder.whitening is not None
    assert before.encoder.whitening is not None
    assert torch.equal(after.encoder.whitening.matrix, before.encoder.whitening.matrix)
    assert after.encoder.hubs is not None
    assert len(after.encoder.hubs.sketches) == 4 + 6  # six of the squares


def test_it_can_be_taught_again(own: Path, start_path: Path, tmp_path: Path) -> None:
    assert train.main(run_arguments(own, start_path, tmp_path / "one")) == 0
    (own / "photos" / "square").rename(own / "photos" / "box")
    (own / "sketches" / "square").rename(own / "sketches" / "box")
    one = tmp_path / "one" / "zsbir.safetensors"
    assert train.main(run_arguments(own, one, tmp_path / "two")) == 0
    first, second = load_checkpoint(one), load_checkpoint(tmp_path / "two" / "zsbir.safetensors")
    assert set(second.split.seen) == {*KNOWN, *SEEN, "box"}
    old, new = (
        dict(zip(checkpoint.split.seen, checkpoint.encoder.recognition.prototypes, strict=True))
        for checkpoint in (first, second)
        if checkpoint.encoder.recognition
    )
    for name in ("cat", "dog", "square"):
        assert torch.allclose(new[name], old[name], atol=1e-3)


def test_made_up_things_are_found_better(start_path: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    shapes = ("bar", "triangle", "disc")
    for name in shapes:
        for side, make in (("photos", make_photo), ("sketches", make_sketch)):
            (tmp_path / "own" / side / name).mkdir(parents=True)
            for number in range(6):
                make(name, rng).save(tmp_path / "own" / side / name / f"{number}.png")
    sketches, photos = ([make(name, rng) for name in shapes for _ in range(12)] for make in (make_sketch, make_photo))
    labels = np.arange(len(shapes)).repeat(12)

    def found(path: Path) -> float:
        embedder = load_embedder(path, "cpu")
        queries, gallery = embedder.embed_sketches(sketches), embedder.embed_photos(photos)
        return float(retrieval_figures(queries, gallery, labels, labels)["mAP@all"].mean())

    options = ["--steps_per_epoch", "30", "--learning_rate", "3e-3", "--frozen_stages", "0", "--start_share", "0"]
    assert train.main(run_arguments(tmp_path / "own", start_path, tmp_path / "run", *options)) == 0
    assert found(tmp_path / "run" / "zsbir.safetensors") > found(start_path) + 0.15


def test_recognition_counts_as_much_as_is_asked_for(start: Start, data_folder: Path) -> None:
    data = CategoryData.load(data_folder, ("square", "disc"))
    finished = start.finish(start.encoder(), data, 2, 0.5, quiet=True)
    assert finished.recognition is not None
    assert (finished.recognition.weight, len(finished.recognition.prototypes)) == (0.5, 4)


def test_prototypes_begin_at_what_tells_the_pictures_from_what_is_known(start: Start, data_folder: Path) -> None:
    data = CategoryData.load(data_folder, ("square", "disc"))
    data = replace(data, sketches=(data.sketches[0], ()))
    learner = Learner(start.encoder(), LossConfig(), 2, 3)
    targets = TeacherTargets(torch.rand(12, 3), torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.5, 0.5]]))
    start.place_prototypes(learner, data, targets)
    vectors = learner.category_prototypes.vectors.detach()
    plain = Embedder(FinishedEncoder(start.encoder(), start.checkpoint.preprocessing))
    discs = torch.from_numpy(plain.embed_photos([open_picture(photo) for photo in data.photos[1]])).mean(0)
    finished = start.checkpoint.encoder
    assert finished.whitening is not None
    assert finished.hubs is not None
    inverse = finished.whitening.matrix.inverse()
    known = torch.nn.functional.normalize(finished.hubs.sketches @ inverse, dim=1).mean(0)
    expected = (torch.nn.functional.normalize(discs, dim=0) - known) @ (inverse @ inverse).inverse()
    assert torch.allclose(vectors[1], torch.nn.functional.normalize(expected, dim=0), atol=1e-3)
    assert torch.allclose(vectors.norm(dim=1), torch.ones(2), atol=1e-5)
    assert torch.allclose(learner.teacher_prototypes.vectors[2].detach(), vectors[1], atol=1e-5)


def test_without_anything_known_prototypes_are_means_of_both_sides(checkpoint_path: Path, data_folder: Path) -> None:
    start, data = Start.load(checkpoint_path), CategoryData.load(data_folder, ("square", "disc"))
    plain = Embedder(FinishedEncoder(start.encoder(), start.checkpoint.preprocessing))
    sketches = plain.embed_sketches([open_sketch(sketch) for sketch in data.sketches[0]]).mean(axis=0)
    photos = plain.embed_photos([open_picture(photo) for photo in data.photos[0]]).mean(axis=0)
    expected = sketches / np.linalg.norm(sketches) + photos / np.linalg.norm(photos)
    found = start.prototypes(start.encoder(), data)[0].numpy()
    assert found == pytest.approx(expected / np.linalg.norm(expected), abs=1e-4)


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_weights_are_mixed_in_the_share_that_is_asked_for(start: Start, share: float) -> None:
    other = start.encoder()
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.add_(1.0)
    mixture = start.mixed(other, share).state_dict()
    for name, old in start.checkpoint.encoder.trained.named_parameters():
        assert torch.allclose(mixture[name], old + (1 - share), atol=1e-5), name
    assert torch.allclose(next(other.parameters()), next(start.encoder().parameters()) + 1)


def test_nothing_that_was_trained_on_counts_as_left_out(start: Start) -> None:
    split = start.split(ZeroShotSplit(("disc", "bell"), ("dog", "hexagon"), ("cat", "owl", "hexagons")))
    assert split == ZeroShotSplit(("disc", "bell", *KNOWN), ("hexagon",), ("triangle", "owl", "hexagons"))


def test_a_broken_off_run_goes_on_to_the_same_weights(
    own: Path, start_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train.main(run_arguments(own, start_path, tmp_path / "unbroken")) == 0
    steps = 0
    step = TrainingRun.step

    def counted(*args: object) -> object:
        nonlocal steps
        steps += 1
        if steps > 4:
            raise KeyboardInterrupt
        return step(*args)

    monkeypatch.setattr(TrainingRun, "step", counted)
    run = run_arguments(own, start_path, tmp_path / "broken")
    assert train.main(run) == 130
    monkeypatch.setattr(TrainingRun, "step", step)
    renamed = shutil.copyfile(start_path, tmp_path / "renamed.safetensors")
    other = make_checkpoint(tmp_path / "other.safetensors")
    capsys.readouterr()
    assert train.main([*run_arguments(own, other, tmp_path / "broken"), "--resume"]) == 2
    assert "started_from_sha256" in capsys.readouterr().err
    assert train.main([*run_arguments(own, renamed, tmp_path / "broken"), "--resume"]) == 0
    one, same = (load_file(tmp_path / name / "zsbir.safetensors") for name in ("unbroken", "broken"))
    assert all(torch.equal(one[name], same[name]) for name in one)


def test_an_interrupt_keeps_what_was_reached(
    own: Path, start_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TrainingRun, "step", interrupted)
    assert train.main(run_arguments(own, start_path, tmp_path / "run")) == 130
    kept = load_checkpoint(tmp_path / "run" / "zsbir.safetensors")
    assert kept.encoder.hubs is not None
    assert kept.encoder.whitening is not None


@pytest.mark.parametrize("kept", ["photos alone", "one thing", "sketches of the other", "drawings"])
def test_little_is_enough(kept: str, own: Path, start_path: Path, data_folder: Path, tmp_path: Path) -> None:
    if kept == "photos alone":
        shutil.rmtree(own / "sketches")
    elif kept == "one thing":
        shutil.rmtree(own / "photos" / "triangle")
    elif kept == "sketches of the other":
        shutil.rmtree(own / "photos" / "square")
    else:
        shutil.copy(data_folder / "sketches" / "triangle.ndjson", own / "sketches")
    assert train.main(run_arguments(own, start_path, tmp_path / "run")) == 0
    checkpoint = load_checkpoint(tmp_path / "run" / "zsbir.safetensors")
    assert set(checkpoint.split.seen) >= {"square", *KNOWN}


def test_a_plain_checkpoint_can_be_started_from(data_folder: Path, checkpoint_path: Path, tmp_path: Path) -> None:
    """One without whitening, hubs and recognition; the folder has label files."""
    assert train.main(run_arguments(data_folder, checkpoint_path, tmp_path, "--teacher_loss_ratio", "0")) == 0
    after = load_checkpoint(tmp_path / "zsbir.safetensors")
    assert after.encoder.hubs is after.encoder.whitening is after.encoder.recognition is None
    assert after.split == ZeroShotSplit(SEEN, VALIDATION, UNSEEN)
    assert set(after.metrics) == {"validation mAP@all", "validation P@5"}


def test_a_start_without_a_share_of_it_left_is_what_was_learned(own: Path, start_path: Path, tmp_path: Path) -> None:
    for share in ("0", "0.9"):
        assert train.main(run_arguments(own, start_path, tmp_path / share, "--start_share", share)) == 0
    old, free, held = (
        load_file(path) for path in (start_path, *(tmp_path / share / "zsbir.safetensors" for share in ("0", "0.9")))
    )
    moved = [name for name in old if name in free and name.startswith("embeddings") and old[name].ndim > 1]
    assert moved
    for name in moved:
        gone, stayed = ((state[name].float() - old[name].float()).norm() for state in (free, held))
        assert 0 < stayed < 0.2 * gone


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--start_from", "absent.safetensors"], "Expected a zsbir checkpoint at absent.safetensors, found no file"),
        (["--start_from", "{own}/photos/square/0.png"], "Expected a zsbir checkpoint"),
        (["--backbone", "tf_efficientnet_lite1"], "leave --backbone out."),
        (["--embedding_dim", "512"], "with embedding_dim = 16, found 512; leave --embedding_dim out."),
        (["--sketch_size", "112"], "leave --sketch_size out."),
        (["--backbone_weights", "hub"], "leave --backbone_weights out."),
        (["--start_share", "1"], "from 0 to below 1, found 1.0."),
        (["--preset", "clip"], "Expected a preset or a checkpoint to start from"),
        (["--data_dir", "absent"], "Expected a data folder at absent"),
    ],
)
def test_mistakes_are_one_sentence_and_nothing_is_written(
    options: list[str], message: str, own: Path, start_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [option.format(own=own) for option in options]
    assert train.main(run_arguments(own, start_path, tmp_path / "run", *given)) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert message in said
    assert not (tmp_path / "run").exists()


def test_recognition_is_refused_where_the_start_has_none(checkpoint_path: Path) -> None:
    start, config = Start.load(checkpoint_path), tuned(TrainConfig("d", "c", 1, 8, start_from=str(checkpoint_path)))
    start.check(config)
    with pytest.raises(ValueError, match="leave --recognition out"):
        start.check(replace(config, recognition=0.1))


def test_own_data_may_leave_out_lists_and_sides(own: Path) -> None:
    split, data = own_data(own)
    assert split == ZeroShotSplit(("square", "triangle"), (), ())
    assert [len(side) for side in (*data.sketches, *data.photos)] == [6, 0, 6, 6]
    (own / "test_labels.txt").write_text("square\n")
    assert own_data(own)[0] == ZeroShotSplit(("triangle",), (), ("square",))
    (own / "train_labels.txt").write_text("square\nowl\n")
    (own / "test_labels.txt").unlink()
    with pytest.raises(ValueError, match="photos or sketches of category 'owl'"):
        own_data(own)
    (own / "train_labels.txt").write_text("square\n")
    shutil.rmtree(own / "photos" / "square")
    with pytest.raises(ValueError, match="with photos of a category"):
        own_data(own)
