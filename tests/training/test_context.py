import numpy as np
import pytest
from PIL import Image

from tests.conftest import make_photo
from zsbir.training.context import _AREA, cut_out, in_context, soft_edges

SIZE = 60
RED, BLUE = (230, 20, 20), (10, 20, 200)
SCENE = Image.new("RGB", (50, 70), BLUE)


def speckled(colour: tuple[int, int, int]) -> Image.Image:
    """A photo without a plain background."""
    noise = np.random.default_rng(0).integers(-40, 40, (40, 40, 3))
    return Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8))


def red_share(photo: Image.Image) -> float:
    pixels = np.asarray(photo, dtype=int)
    return float(np.mean(pixels[..., 0] > pixels[..., 2]))


def placed(seed: int, photo: Image.Image) -> Image.Image:
    return in_context(photo, SCENE, SIZE, np.random.default_rng(seed))


def elsewhere() -> list[Image.Image]:
    """A red photo in a blue scene, many times; those that are zoomed out have no blue in them."""
    made = [placed(seed, speckled(RED)) for seed in range(80)]
    return [photo for photo in made if red_share(photo) < 1]


def test_randomness_comes_from_the_generator_alone() -> None:
    photo = make_photo("square", np.random.default_rng(0))
    one, again, other = (np.asarray(placed(seed, photo)) for seed in (1, 1, 2))
    assert one.shape == (SIZE, SIZE, 3)
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


def test_a_photo_becomes_a_small_part_of_the_scene_and_is_sometimes_cut_off() -> None:
    shares = [red_share(photo) for photo in elsewhere()]
    assert 30 < len(shares) < 75
    assert max(shares) < _AREA[1] * 1.1
    assert min(shares) > _AREA[0] * 0.75**2 * 0.8  # what lies beyond the frame, and soft edges
    edges = [red_share(photo.crop((0, 0, 1, SIZE))) > 0 for photo in elsewhere()]
    assert 0 < sum(edges) < len(edges)


def test_sometimes_it_is_zoomed_out_into_its_own_colours() -> None:
    shares = [red_share(placed(seed, speckled(RED))) for seed in range(80)]
    assert 10 < sum(share == 1 for share in shares) < 45


def test_of_a_plain_background_nothing_comes_along() -> None:
    photo = Image.new("RGB", (40, 40), "white")
    photo.paste(RED, (10, 10, 30, 30))
    mask = cut_out(photo)
    assert mask is not None
    assert mask.getpixel((20, 20)) == 255
    assert mask.getpixel((4, 4)) == 0
    elsewhere = [made for made in (placed(seed, photo) for seed in range(40)) if made.getpixel((0, 0)) == BLUE]
    assert elsewhere
    assert all(np.asarray(made).min(axis=2).max() < 200 for made in elsewhere)  # no white but where edges blend


@pytest.mark.parametrize("photo", [speckled(RED), Image.new("RGB", (40, 40), "white")], ids=["busy", "empty"])
def test_what_has_no_plain_background_or_nothing_before_it_stays_whole(photo: Image.Image) -> None:
    assert cut_out(photo) is None


def test_edges_fade_in() -> None:
    mask = np.asarray(soft_edges(50, 30), dtype=int)
    assert mask.shape == (30, 50)
    assert mask[15, 25] == 255
    assert 0 < mask[0, 0] < mask[0, 25] < 255
    assert np.array_equal(mask, mask[::-1, ::-1])
