import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageOps

from zsbir.encoder.inference import turned, turning_grids
from zsbir.encoder.model import normalise, to_tensor
from zsbir.pictures import opening
from zsbir.pictures.opening import open_picture
from zsbir.pictures.preparation import PreprocessConfig, prepare_photo, prepare_sketch


def house(mode: str = "L", page: tuple[int, int] = (200, 160), at: tuple[int, int] = (40, 30)) -> Image.Image:
    picture = Image.new("L", page, 255)
    x, y = at
    ImageDraw.Draw(picture).line([(x, y + 30), (x + 30, y), (x + 60, y + 30), (x + 60, y + 80), (x, y + 80)], 0, 3)
    return picture.convert(mode)


def close(a: Image.Image, b: Image.Image, tolerance: float = 3.0) -> bool:
    return float(np.abs(np.asarray(a, dtype=float) - np.asarray(b, dtype=float)).mean()) < tolerance


def test_sketch_is_centred_on_white_whatever_its_place() -> None:
    here, there = (prepare_sketch(house(at=at), 64) for at in ((5, 5), (120, 70)))
    assert here.size == (64, 64)
    assert here.mode == "L"
    assert close(here, there)
    rows, columns = np.nonzero(np.asarray(here) < 128)
    assert abs((rows.min() + rows.max()) / 2 - 31.5) <= 1
    assert abs((columns.min() + columns.max()) / 2 - 31.5) <= 1
    assert rows.max() - rows.min() > 50


def transparent_house() -> Image.Image:
    picture = Image.new("RGBA", (200, 160), (0, 0, 0, 0))
    picture.paste((0, 0, 0, 255), mask=Image.eval(house(), lambda value: 255 - value))
    return picture


@pytest.mark.parametrize(
    "same",
    [
        house("1"), house("RGB"), house("RGBA"), house("LA"), house("P"), house("CMYK"), house("I"), house("F"),
        Image.fromarray(np.asarray(house(), dtype=np.uint16) * 257),
        transparent_house(),
        Image.eval(house(), lambda value: 255 - value),
        Image.eval(house(), lambda value: 100 + value // 3),
    ],
    ids=["1", "RGB", "RGBA", "LA", "P", "CMYK", "I", "F", "16 bit", "transparent", "negative", "grey"],
)  # fmt: skip
def test_every_mode_gives_the_same_sketch(same: Image.Image) -> None:
    assert close(prepare_sketch(same, 64), prepare_sketch(house(), 64))


@pytest.mark.parametrize(
    "blank",
    [
        Image.new("L", (50, 50), 255), Image.new("RGBA", (50, 50), (0, 0, 0, 0)), Image.new("L", (50, 50), 0),
        Image.new("RGB", (1, 1), (255, 255, 255)), Image.new("RGB", (1, 1), (0, 0, 0)), Image.new("L", (50, 50), 250),
    ],
    ids=["white", "transparent", "black", "1 px white", "1 px black", "nearly white"],
)  # fmt: skip
def test_a_blank_page_is_refused(blank: Image.Image) -> None:
    with pytest.raises(ValueError, match="found nothing"):
        prepare_sketch(blank, 64)


def test_a_single_dot_is_refused() -> None:
    page = Image.new("L", (50, 50), 255)
    page.putpixel((20, 20), 0)
    with pytest.raises(ValueError, match="found a single dot"):
        prepare_sketch(page, 64)


def test_a_very_large_page_keeps_its_thin_lines() -> None:
    for side, width in ((1500, 2), (6000, 6)):
        page = Image.new("L", (side, side), 255)
        ImageDraw.Draw(page).line([(150, 150), (side // 2, side - 150), (side // 5, side // 2)], 0, width)
        assert np.asarray(prepare_sketch(page, 64)).min() < 170


@pytest.mark.parametrize("size", [(3, 500), (500, 3), (1, 1)])
def test_photos_of_any_shape_fill_the_square(size: tuple[int, int]) -> None:
    photo = prepare_photo(Image.new("RGB", size, (10, 20, 30)), 48)
    assert photo.size == (48, 48)
    assert photo.getpixel((0, 0)) == (10, 20, 30)


def test_transparent_photos_stand_on_white() -> None:
    photo = Image.new("RGBA", (10, 10), (255, 0, 0, 0))
    assert prepare_photo(photo, 16).getpixel((5, 5)) == (255, 255, 255)


def test_tensor_is_normalised_channels_first() -> None:
    config = PreprocessConfig(mean=(0.5, 0.25, 0.0), std=(0.5, 0.25, 1.0))
    tensor = to_tensor(Image.new("RGB", (4, 4), (255, 0, 51)), config)
    assert tensor.shape == (3, 4, 4)
    assert tensor[:, 0, 0].tolist() == pytest.approx([1.0, -1.0, 0.2])


def test_one_channel_is_spread_over_three() -> None:
    assert normalise(torch.full((2, 1, 4, 4), 255, dtype=torch.uint8), PreprocessConfig()).shape == (2, 3, 4, 4)


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    picture = Image.new("RGB", (30, 10), (255, 255, 255))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif)
    assert open_picture(tmp_path / "turned.jpg").size == (10, 30)


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((255, 0, 0), (0, 255, 0))]
    frames[0].save(tmp_path / "two.gif", save_all=True, append_images=frames[1:])
    assert open_picture(tmp_path / "two.gif").convert("RGB").getpixel((0, 0)) == (255, 0, 0)


def encoded(picture: Image.Image, format_: str) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format_)
    return buffer.getvalue()


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "GIF", "WEBP", "TIFF"])
@pytest.mark.parametrize("kept", [0.3, 0.8])
def test_truncated_pictures_are_refused_in_one_sentence(format_: str, kept: float, tmp_path: Path) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8))
    content = encoded(noise, format_)
    path = tmp_path / "cut.bin"
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(ValueError, match=r"^cut\.bin (is damaged or cut short|isn't a picture)"):
        open_picture(path)


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"<svg/>", b"%!PS-Adobe-3.0 EPSF-3.0\n"]
)
def test_other_files_are_refused_in_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "note.png"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"^note\.png isn't a picture we can read"):
        open_picture(path)


def test_huge_pictures_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    Image.new("1", (20_000, 20_000)).save(tmp_path / "huge.png")
    with pytest.raises(ValueError, match=r"huge\.png.*scale it down"):
        open_picture(tmp_path / "huge.png")


def test_a_picture_just_above_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_PIXELS", 99)
    with pytest.raises(ValueError, match="10 x 10"):
        open_picture(io.BytesIO(encoded(Image.new("L", (10, 10)), "PNG")))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="gone"):
        open_picture(tmp_path / "gone.png")


def test_a_turned_sketch_is_what_pillow_turns() -> None:
    config = PreprocessConfig(sketch_size=60, sketch_turn=15.0)
    rng = np.random.default_rng(0)
    blurred = Image.fromarray(rng.integers(0, 256, (6, 6), np.uint8)).resize((36, 36), Image.Resampling.BICUBIC)
    sketch = ImageOps.expand(blurred, 12, 255)
    grids = turning_grids(config, torch.device("cpu"))
    assert grids is not None
    views = turned(torch.from_numpy(np.array(sketch))[None, None], grids)
    for view, angle in zip(views, (-15, 15), strict=True):
        expected = np.asarray(sketch.rotate(angle, Image.Resampling.BILINEAR, fillcolor=255), dtype=np.float32)
        assert np.abs(view[0].numpy() - expected).max() < 1.5  # Pillow rounds
    assert views[0, 0, 0, 0] == views[1, 0, -1, -1] == 255


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sketch_size": 8}, "8 of sketches"),
        ({"photo_size": 2048}, "2048 of photos"),
        ({"mean": (0.5,)}, "three channels"),
        ({"std": (0.5, 0.0, 0.5)}, "std above 0"),
        ({"sketch_turn": -1.0}, "found -1 and 10"),
        ({"max_slant": 45.0}, "found 8 and 45"),
        ({"max_slant": float("nan")}, "found 8 and nan"),
    ],
)
def test_configurations_out_of_bounds_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PreprocessConfig(**values)
