import json
import pickle
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file

from tests.conftest import SEEN, SMALL_BACKBONE, UNSEEN, VALIDATION, make_checkpoint
from zsbir.data.folder import ZeroShotSplit
from zsbir.encoder.checkpoint import (
    Checkpoint,
    load_checkpoint,
    load_training_state,
    read_split,
    save_checkpoint,
    save_training_state,
)
from zsbir.encoder.hub_correction import HubCorrection
from zsbir.encoder.inference import FinishedEncoder
from zsbir.encoder.model import EncoderConfig, SketchPhotoEncoder
from zsbir.encoder.recognition import Recognition
from zsbir.encoder.whitening import Whitening


def described(path: Path) -> dict[str, Any]:
    with safe_open(path, framework="pt") as file:
        description: dict[str, Any] = json.loads(file.metadata()["description"])
    return description


def rewrite(path: Path, **changes: str) -> None:
    """Writes the same tensors with other metadata."""
    with safe_open(path, framework="pt") as file:
        metadata = dict(file.metadata())
    save_file(load_file(path), path, metadata={**metadata, **changes})


def finished(checkpoint: Checkpoint, whitening: torch.Tensor, known: torch.Tensor) -> Checkpoint:
    """The checkpoint with an encoder that whitens by this matrix and knows these sketches."""
    before = checkpoint.encoder
    encoder = FinishedEncoder(before.trained, before.preprocessing, Whitening(whitening), HubCorrection(known))
    return replace(checkpoint, encoder=encoder)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_checkpoint(tmp_path / "model.safetensors")


def read(path: Path) -> Checkpoint:
    """What `load_checkpoint` gives, or refuses as `read_split` did before."""
    try:
        split = read_split(path)
    except (ValueError, OSError) as error:
        with pytest.raises(type(error), match=f"^{re.escape(str(error))}$"):
            load_checkpoint(path)
        raise
    loaded = load_checkpoint(path)
    assert loaded.split == split
    return loaded


def test_round_trip(path: Path, tmp_path: Path) -> None:
    loaded = read(path)
    assert loaded.encoder.trained.config.backbone == SMALL_BACKBONE
    assert loaded.preprocessing.sketch_size == 32
    assert loaded.split == ZeroShotSplit(SEEN, VALIDATION, UNSEEN)
    assert loaded.metrics == {"mAP@all": 0.5}
    assert loaded.training == {"epochs": 0}
    assert not loaded.encoder.training
    again = tmp_path / "again.safetensors"
    save_checkpoint(again, loaded)
    one, other = load_file(path), load_file(again)
    assert one.keys() == other.keys()
    assert all(torch.equal(one[name], other[name]) for name in one)
    pixels = torch.randint(0, 256, (2, 32, 32, 3), dtype=torch.uint8)
    assert torch.equal(load_checkpoint(again).encoder(pixels), loaded.encoder(pixels))


def test_what_finished_it_is_kept(path: Path) -> None:
    loaded = load_checkpoint(path)
    known = torch.nn.functional.normalize(torch.randn(7, 16, generator=torch.Generator().manual_seed(0)))
    whitening = torch.eye(16) + 0.25
    save_checkpoint(path, finished(loaded, whitening, known))
    again = load_checkpoint(path).encoder
    assert again.hubs is not None
    assert torch.allclose(again.hubs.sketches, known, atol=1e-3)
    assert again.hubs.sharpness == 15
    assert again.whitening is not None
    assert torch.equal(again.whitening.matrix, whitening)


def test_checkpoints_from_before_whitening_are_still_read(path: Path) -> None:
    description = described(path)
    del description["encoder"]["whitened"], description["preprocessing"]["max_slant"]
    rewrite(path, description=json.dumps(description))
    loaded = load_checkpoint(path)
    assert loaded.encoder.whitening is None
    assert loaded.preprocessing.max_slant == 0


def test_checkpoints_from_before_a_setting_have_what_was_then_not_what_is_now_its_default(path: Path) -> None:
    before = load_checkpoint(path)
    description = described(path)
    for name in ("batch_norm", "pooling", "head", "hub_sketches", "whitened", "recognised", "graded"):
        del description["encoder"][name]
    del description["preprocessing"]["sketch_turn"], description["preprocessing"]["max_slant"]
    rewrite(path, description=json.dumps(description))
    loaded = load_checkpoint(path)
    assert loaded.encoder.trained.config == replace(before.encoder.trained.config, pooling="avg")
    assert loaded.encoder.trained.config.batch_norm == "frozen"
    assert (loaded.preprocessing.sketch_turn, loaded.preprocessing.max_slant) == (0, 0)
    assert loaded.encoder.recognition is None


def test_recognition_from_before_it_was_graded_counts_always_the_same(path: Path) -> None:
    loaded = load_checkpoint(path)
    trained, preprocessing = loaded.encoder.trained, loaded.preprocessing
    encoder = FinishedEncoder(trained, preprocessing, recognition=Recognition(torch.eye(16)[:5], 0.25))
    save_checkpoint(path, replace(loaded, encoder=encoder))
    description = described(path)
    assert description["encoder"].pop("graded")
    rewrite(path, description=json.dumps(description))
    recognition = load_checkpoint(path).encoder.recognition
    assert recognition is not None
    assert not recognition.graded
    likeness = recognition(torch.eye(8)[:3], torch.eye(16)[:3])[:, :8].norm(dim=1).square()
    assert torch.allclose(likeness, torch.tensor(0.8))


@pytest.mark.parametrize("name", ["hub_sketches", "recognised"])
@pytest.mark.parametrize("known", [8, -1, 1.5, "7", 10**12])
def test_as_many_sketches_and_categories_are_expected_as_are_said(path: Path, known: object, name: str) -> None:
    loaded = load_checkpoint(path)
    save_checkpoint(path, finished(loaded, torch.eye(16), torch.eye(16)[:7]))
    description = described(path)
    description["encoder"][name] = known
    rewrite(path, description=json.dumps(description))
    with pytest.raises(ValueError, match=r"^Expected"):
        load_checkpoint(path)


def test_half_precision_is_close_to_what_was_saved(path: Path) -> None:
    torch.manual_seed(0)  # as make_checkpoint does
    original = SketchPhotoEncoder(EncoderConfig(SMALL_BACKBONE, embedding_dim=16)).eval()
    pictures = torch.randn(4, 3, 32, 32)
    with torch.no_grad():
        similarity = (
            original.embed_photos(pictures) * load_checkpoint(path).encoder.trained.embed_photos(pictures)
        ).sum(1)
    assert float(similarity.min()) > 0.9999


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.safetensors"):
        read(tmp_path / "absent.safetensors")


@pytest.mark.parametrize("kept", [0, 5, 100, 5_000, -10])
def test_a_truncated_file_is_refused(path: Path, kept: int) -> None:
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ValueError, match=r"^Expected a .*(cut short|truncated)"):
        read(path)


@pytest.mark.parametrize("zipped", [True, False])
def test_pickles_are_refused_without_being_opened(zipped: bool, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / "it ran",))

    path = tmp_path / "model.safetensors"
    if zipped:
        torch.save({"x": Bomb()}, path)
    else:
        path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match="pickle"):
        read(path)
    assert not (tmp_path / "it ran").exists()


def test_foreign_safetensors_are_refused(path: Path) -> None:
    save_file({"x": torch.zeros(3)}, path)
    with pytest.raises(ValueError, match="something else"):
        read(path)


def test_another_version_is_refused(path: Path) -> None:
    rewrite(path, format_version="99")
    with pytest.raises(ValueError, match=r"format version 1, found 99"):
        read(path)


@pytest.mark.parametrize(
    "description",
    [
        *("{", "[]", "{}", "1", "null", '"x"', "[" * 100_000, '{"encoder": ' * 5000),
        json.dumps({"encoder": {"backbone": "nonsense"}}),
    ],
)
def test_a_damaged_description_is_refused(path: Path, description: str) -> None:
    rewrite(path, description=description)
    with pytest.raises(ValueError, match=r"^Expected .*[^.]\.$"):
        read(path)


def test_tensors_must_be_exactly_those_expected(path: Path) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = dict(file.metadata())
    tensors = load_file(path)
    for damaged in (
        {name: tensor for name, tensor in tensors.items() if name != "embeddings.both.weight"},
        {**tensors, "extra": torch.zeros(1)},
        {**tensors, "embeddings.both.weight": torch.zeros(3, 3)},
    ):
        save_file(damaged, path, metadata=metadata)
        with pytest.raises(ValueError, match="Expected the tensors"):
            load_checkpoint(path)


def test_a_failed_save_keeps_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, before = load_checkpoint(path), path.read_bytes()

    def half(_tensors: object, target: Path, **_: object) -> None:
        target.write_bytes(b"half")
        raise OSError("disk full")

    def full(*_: object, **__: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    for failing, said in ((half, "disk full"), (full, f"{path.name} cannot be written: .*No space left")):
        monkeypatch.setattr("zsbir.encoder.checkpoint.save_file", failing)
        with pytest.raises(OSError, match=said):
            save_checkpoint(path, loaded)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_training_state_keeps_full_precision_and_is_no_checkpoint(tmp_path: Path) -> None:
    path, value = tmp_path / "state.safetensors", torch.randn(5, dtype=torch.float64)
    save_training_state(path, {"x": value}, {"epoch": 3})
    tensors, description = load_training_state(path)
    assert torch.equal(tensors["x"], value)
    assert description == {"epoch": 3}
    with pytest.raises(ValueError, match="something else"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    ("backbone", "dim", "known"),
    [("vit_giant_patch14_dinov2", 16, 0), (SMALL_BACKBONE, 65_536, 0), (SMALL_BACKBONE, 16, 100_000)],
)
def test_a_small_file_that_names_a_large_network_takes_no_memory(
    path: Path, backbone: str, dim: int, known: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    description = described(path)
    description["encoder"] |= {"backbone": backbone, "embedding_dim": dim, "hub_sketches": known}
    rewrite(path, description=json.dumps(description))
    made: list[FinishedEncoder] = []

    def kept(*arguments: Any) -> FinishedEncoder:
        made.append(FinishedEncoder(*arguments))
        return made[-1]

    monkeypatch.setattr("zsbir.encoder.checkpoint.FinishedEncoder", kept)
    with pytest.raises(ValueError, match="Expected the tensors of its own description"):
        load_checkpoint(path)
    assert {tensor.device.type for tensor in made[0].state_dict().values()} == {"meta"}
    assert len(made) == 1


NOT_FINITE = (float("nan"), float("inf"))
ODD = (None, True, -1, 0, 1.5, 10**30, *NOT_FINITE, "", "3", [], [1], ["a", 2], {}, {"a": {}}, "x" * 9000)


def said(path: Path, pixels: torch.Tensor) -> str:
    """What is said against a checkpoint; nothing where it embeds these pixels."""
    try:
        encoder = read(path).encoder
    except ValueError as error:
        return str(error)
    return "" if encoder(pixels).isfinite().all() else "no numbers"


def test_no_odd_value_in_a_description_is_more_than_a_sentence(path: Path) -> None:
    """Each value in turn becomes each odd one; what is still a checkpoint can be used."""
    whole, pixels, refused = described(path), torch.zeros(1, 32, 32, dtype=torch.uint8), 0
    places = [(name,) for name in whole] + [
        (name, inner) for name in ("encoder", "preprocessing", "split", "metrics") for inner in whole[name]
    ]
    for place in places:
        for value in ODD:
            changed = json.loads(json.dumps(whole))
            owner = changed[place[0]] if len(place) == 2 else changed
            owner[place[-1]] = value
            rewrite(path, description=json.dumps(changed))
            error = said(path, pixels)
            assert re.fullmatch("(Expected.*)?", error), (place, value, error)  # a line
            refused += bool(error)
    assert refused > 0.8 * len(places) * len(ODD)


@pytest.mark.parametrize("value", NOT_FINITE)
def test_weights_that_are_no_numbers_are_refused(path: Path, value: float) -> None:
    with safe_open(path, framework="pt") as file:
        metadata = dict(file.metadata())
    tensors = load_file(path)
    tensors["embeddings.both.weight"][1, 2] = value
    save_file(tensors, path, metadata=metadata)
    with pytest.raises(ValueError, match=r"found others in embeddings\.both\.weight"):
        load_checkpoint(path)
