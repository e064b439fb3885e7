"""Batches changed at once are what Pillow makes of each picture alone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.conftest import SEEN, make_photo, make_sketch
from tests.gpu import needs_gpu
from zsbir.data.folder import CategoryData
from zsbir.training.augmentation import (
    Light,
    Tracing,
    begin_photo,
    begin_pseudo_sketch,
    begin_sketch,
    lit,
    traced,
)
from zsbir.training.batches import BalancedBatches
from zsbir.training.dataset import TrainingPictures, load_epoch
from zsbir.training.on_gpu import Changes, collected

SIZE = 48
DEVICES = ["cpu", pytest.param("cuda", marks=needs_gpu)]


def noisy_photo(seed: int) -> Image.Image:
    """A shape with edges of all strengths around it."""
    rng = np.random.default_rng(seed)
    photo = make_photo("pentagon", rng).resize((80, 64))
    noise = Image.fromarray(rng.integers(0, 256, (8, 10, 3), dtype=np.uint8)).resize(
        photo.size, Image.Resampling.BICUBIC
    )
    return Image.blend(photo, noise, 0.4)


def stacked(pictures: list[Image.Image]) -> torch.Tensor:
    return torch.from_numpy(np.stack([np.asarray(picture) for picture in pictures]))


def sent(changes: Changes, device: str) -> Changes:
    return Changes(*(tensor.to(device) for tensor in changes))


def rngs(count: int = 24) -> list[np.random.Generator]:
    return [np.random.default_rng(seed) for seed in range(count)]


@pytest.mark.parametrize("device", DEVICES)
def test_photos_are_lit_as_pillow_does_it(device: str) -> None:
    begun = [begin_photo(noisy_photo(seed), SIZE, rng) for seed, rng in enumerate(rngs())]
    begun.append((begun[0][0], Light()))
    lights = [light for _, light in begun]
    assert {light.saturation == 0 for light in lights} == {light.mirrored for light in lights} == {True, False}
    photos = stacked([photo for photo, _ in begun]).permute(0, 3, 1, 2)
    found = sent(collected(lights, [Tracing()]), device).light(photos.to(device)).cpu()
    expected = stacked([lit(*each) for each in begun]).permute(0, 3, 1, 2)
    assert (found - expected).abs().max() <= 1
    assert torch.equal(found[-1], photos[-1].float())


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("kind", ["picture", "photo"])
def test_sketches_are_traced_as_pillow_does_it(device: str, kind: str) -> None:
    begun = [
        begin_sketch(make_sketch("hexagon", rng).resize((SIZE, SIZE)), SIZE, rng)
        if kind == "picture"
        else begin_pseudo_sketch(noisy_photo(seed), SIZE, rng)
        for seed, rng in enumerate(rngs())
    ]
    as_it_is = make_sketch("square", np.random.default_rng(9)).resize((SIZE, SIZE))
    tracings = [tracing for _, tracing in begun] + [Tracing()]
    sketches = stacked([sketch for sketch, _ in begun] + [as_it_is]).unsqueeze(1)
    found = sent(collected([], tracings), device).trace(sketches.to(device)).cpu()
    expected = stacked([traced(*each) for each in begun] + [as_it_is]).unsqueeze(1)
    apart = ((found - expected).abs() > 2).float().mean(dim=(1, 2, 3))
    assert apart.max() <= (0 if kind == "picture" else 0.01)  # an edge is there or not, where levels round otherwise
    assert torch.equal(found[-1], sketches[-1].float())


@pytest.mark.parametrize("context_ratio", [0.0, 0.5])
@pytest.mark.parametrize("plain_sketches", [False, True])
def test_a_batch_that_is_finished_later_is_the_same(
    data_folder: Path, context_ratio: float, plain_sketches: bool
) -> None:
    data = CategoryData.load(data_folder, SEEN)
    options = {"context_ratio": context_ratio, "plain_sketches": plain_sketches, "quiet": True}
    (batch,) = BalancedBatches(data, 16, 1, 3).epoch(0)
    at_once, later = (
        TrainingPictures(data, 32, 0.4, 40, unfinished=unfinished, **options)[batch] for unfinished in (False, True)
    )
    assert at_once.changes is None
    assert later.changes is not None
    assert len(later.changes.from_photos) == at_once.is_pseudo.sum() > 0
    assert not torch.equal(later.sketches, at_once.sketches)
    finished = later.to(torch.device("cpu"))
    assert (finished.photos - at_once.photos).abs().max() <= 1
    assert ((finished.sketches - at_once.sketches).abs() > 2).float().mean() < 0.002
    for name in ("labels", "photo_rows", "is_pseudo", "rows"):
        assert torch.equal(getattr(finished, name), getattr(at_once, name))


@pytest.mark.parametrize("unfinished", [False, True])
@pytest.mark.parametrize("workers", [0, 2])
def test_pictures_that_are_handed_over_in_one_block_are_the_same(
    data_folder: Path, unfinished: bool, workers: int
) -> None:
    data = CategoryData.load(data_folder, SEEN)
    first, second = data.sketches
    data = CategoryData(("a", "b", "c"), (first, second, first), (*data.photos, ()))  # a sketch without a photo
    pictures = TrainingPictures(data, 32, 0.5, 40, unfinished=unfinished, quiet=True)
    batches = BalancedBatches(data, 6, 3, 0, extra_ratio=0.5)
    here = [batch.to(torch.device("cpu")) for batch in load_epoch(pictures, batches, 1, 0)]
    handed = list(load_epoch(pictures, batches, 1, workers, pinned=True))
    assert [batch.total for batch in handed] == [len(batch.sketches) + len(batch.photos) for batch in here]
    for one, other in zip(here, handed, strict=True):
        arrived = other.to(torch.device("cpu"))
        assert len(arrived.sketches) > len(arrived.photos)
        assert arrived.seed == one.seed
        for tensor, expected in zip(arrived.tensors, one.tensors, strict=True):
            assert tensor.dtype == expected.dtype
            assert torch.equal(tensor, expected)
