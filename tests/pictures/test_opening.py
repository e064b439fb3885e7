import io
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from benchmarks.odd_pictures import SUFFIXES, answer, mutations, sample
from tests.conftest import make_photo
from tests.served import ROOT, encoded
from zsbir.pictures import opening
from zsbir.pictures.opening import on_paper, open_picture, reduced, rgb_on_white

PHOTO = make_photo("disc", np.random.default_rng(0)).resize((90, 60))


def opened(content: bytes, **options: int) -> Image.Image:
    return open_picture(io.BytesIO(content), **options)


@pytest.mark.parametrize("kind", SUFFIXES)
def test_every_format_is_known_by_its_content(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "no_name_that_says_so.txt"
    path.write_bytes(encoded(PHOTO, kind))
    difference = np.asarray(open_picture(path).convert("RGB")).astype(int) - np.asarray(PHOTO.convert("RGB"))
    assert np.abs(difference).mean() < 12


@pytest.mark.parametrize("kind", SUFFIXES)
def test_no_mutation_is_more_than_a_sentence(kind: str, tmp_path: Path) -> None:
    path, refused = tmp_path / "holiday.jpg", 0
    for content in mutations(sample(kind), 0, 150):
        path.write_bytes(content)
        message = answer(path)
        assert not message or re.fullmatch(r"holiday\.jpg .*", message)
        refused += bool(message)
    assert 10 < refused < 150


@pytest.mark.parametrize(
    "error",
    [TypeError, SyntaxError, RecursionError, MemoryError, KeyError, ZeroDivisionError, OSError, EOFError],
)
def test_whatever_a_decoder_raises_names_the_file(
    error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.png"
    PHOTO.save(path)

    def fail(_picture: Image.Image) -> None:
        raise error("odd")

    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", fail)
    with pytest.raises(ValueError, match=r"^x\.png is damaged"):
        open_picture(path)


def test_what_is_no_file_and_what_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError, match=r"gone\.png"):
        open_picture(tmp_path / "gone.png")
    with pytest.raises(ValueError, match="cannot be read"):
        open_picture(tmp_path)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ValueError, match=r"mine\.png cannot be read \(Permission denied\)"):
        open_picture(tmp_path / "mine.png")


def test_a_name_that_is_no_text_is_shown_as_text(tmp_path: Path) -> None:
    path = Path(f"{tmp_path}/caf\udce9.png")
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"^caf\N{REPLACEMENT CHARACTER}\.png isn't a picture"):
        open_picture(path)


def with_exif(exif: bytes) -> bytes:
    buffer = io.BytesIO()
    PHOTO.save(buffer, format="JPEG", exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("orientation", range(10))
def test_only_the_orientation_of_exif_data_counts_and_nothing_is_kept(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "a maker"
    picture = opened(with_exif(exif.tobytes()))
    plain = Image.open(io.BytesIO(with_exif(exif.tobytes())))
    assert np.array_equal(np.asarray(picture), np.asarray(ImageOps.exif_transpose(plain)))
    assert 0x010F not in Image.open(io.BytesIO(encoded(picture, "PNG"))).getexif() or orientation in (0, 1, 9)


def test_odd_exif_data_do_not_stop_a_picture() -> None:
    rng = np.random.default_rng(0)
    exif = Image.Exif()
    exif[0x0112], exif[0x8769], exif[0x9286] = 6, {0x9003: "2026:01:01"}, b"a comment"
    whole = np.frombuffer(exif.tobytes(), np.uint8)
    for _ in range(300):
        odd = whole.copy()
        odd[rng.integers(6, len(odd), 3)] = rng.integers(0, 256, 3)
        picture = opened(with_exif(odd.tobytes()))
        assert sorted(picture.size) == [60, 90]


class Watched(io.BytesIO):
    """Notes which filters of warnings there are while it is read."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.filters: set[int] = set()

    def read(self, size: int | None = -1, /) -> bytes:
        self.filters.add(id(warnings.filters))
        return super().read(size)


def test_a_picture_is_opened_without_a_change_of_what_other_threads_are_warned_of() -> None:
    file = Watched(encoded(PHOTO, "PNG"))
    open_picture(file)
    assert file.filters == {id(warnings.filters)}


def test_odd_metadata_say_nothing_even_where_warnings_are_errors(tmp_path: Path) -> None:
    path = tmp_path / "odd.jpg"
    path.write_bytes(with_exif(b"Exif\0\0II*\0\x08\0\0\0\xff\xff"))
    with pytest.warns(UserWarning, match="Corrupt EXIF data"), Image.open(path) as picture:
        picture.getexif()
    script = "from zsbir.pictures import opening; opening.open_picture(opening.Path({!r}))"
    command = [sys.executable, "-W", "error", "-c", script.format(str(path))]
    ended = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    assert ended.stdout + ended.stderr == ""


BOUNDED = {"L": 3, "RGB": (9, 8, 7), "RGBA": (1, 2, 3, 255), "1": 1, "P": 0, "I;16": 40_000, "I": 7, "F": 0.5}


@pytest.mark.parametrize("mode", [*BOUNDED, "LA", "La", "RGBa", "PA", "CMYK", "YCbCr", "HSV", "LAB", "I;16B"])
def test_large_pictures_of_every_mode_are_reduced_as_small_ones_look(mode: str) -> None:
    """Reduced and then brought to grey or colour, as the other way round."""
    rng = np.random.default_rng(0)
    small = Image.fromarray(rng.integers(0, 256, (9, 27), np.uint8)).resize((2600, 1000), Image.Resampling.NEAREST)
    if mode in ("LAB", "I;16B", "La", "RGBa", "PA"):
        picture = Image.new(mode, small.size)
    elif mode in ("I;16", "I"):
        picture = Image.fromarray(np.asarray(small).astype(np.uint16) * 257)
        picture = picture.convert("I") if mode == "I" else picture
    elif mode == "F":
        picture = Image.fromarray(np.asarray(small).astype(np.float32))
    else:
        picture = small.convert("RGB").convert(mode)
    found = reduced(picture)
    assert found.size == (1300, 500)
    whole = np.asarray(rgb_on_white(found)).astype(int)
    assert whole.shape == (500, 1300, 3)
    if mode not in ("LAB", "I;16B", "La", "RGBa", "PA"):
        tolerance = 2 if mode not in ("1", "P", "LAB") else 140
        expected = np.asarray(small.reduce(2).convert("RGB"))
        assert np.median(np.abs(whole - expected)) <= tolerance


def test_transparent_palettes_keep_their_paper() -> None:
    picture = Image.new("P", (3000, 2000), 0)
    picture.putpalette([0, 0, 0, 200, 0, 0])
    picture.paste(1, (0, 0, 1500, 2000))
    picture.info["transparency"] = 0
    found = on_paper(opened(encoded(picture, "PNG")), 255)
    assert found.size == (1500, 1000)
    assert found.getpixel((10, 10)) == (200, 0, 0)
    assert found.getpixel((1400, 10)) == (255, 255, 255)


def encoded_jpeg(size: tuple[int, int], *, progressive: bool) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size, 128).save(buffer, format="JPEG", progressive=progressive, quality=10)
    return buffer.getvalue()


def test_a_jpeg_that_is_too_large_is_decoded_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MAX_PIXELS", 1_000_000)
    monkeypatch.setattr(opening, "MAX_JPEG_PIXELS", 20_000_000)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500_000)  # Pillow refuses more than twice as many
    for size, side, expected in (
        ((1000, 900), None, (1000, 900)),
        ((2000, 1500), None, (1000, 750)),
        ((4000, 4000), None, (1000, 1000)),
        ((4000, 4000), 400, (500, 500)),
        ((2000, 1500), 1900, (1000, 750)),
        ((1000, 900), 400, (500, 450)),
    ):
        found = opened(encoded_jpeg(size, progressive=False), longest_side=side)
        assert found.size == expected, size
    with pytest.raises(ValueError, match=r"more than 20 million pixels \(5,000 x 4,100\)"):
        opened(encoded_jpeg((5000, 4100), progressive=False))
    with pytest.raises(ValueError, match=r"more than 1 million pixels \(2,000 x 1,500\)"):
        opened(encoded_jpeg((2000, 1500), progressive=True))
    with pytest.raises(ValueError, match="more than 1 million pixels"):
        opened(encoded(Image.new("L", (3000, 1500)), "PNG"))
