"""What a file is, by its name and by its first bytes."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from zsbir.pictures.kinds import HEAD, OTHER, PICTURE, counted, is_hidden, kind_of_content, kind_of_name


def head_of(name: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(buffer, format=name)
    return buffer.getvalue()[:HEAD]


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "HEIF", "AVIF", "MPO"])
def test_every_format_that_is_read_is_known_by_its_first_bytes(name: str) -> None:
    assert kind_of_content(head_of(name)) == PICTURE


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41", "a video"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "a video"),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", "a RAW file"),
        (b"II*\0\x10\0\0\0CR\2\0", "a RAW file"),
        (b"\0\0\0\x18ftypM4A \0\0\2\0isomiso2", "an audio file"),
        (b"RIFF\0\0\0\0AVI LIST", "a video"),
        (b"RIFF\0\0\0\0WAVEfmt ", "an audio file"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"PK\3\4\x14\0", "an archive"),
        (b"BM: notes of the meeting, and more of them", OTHER),
        (b"hello", OTHER),
        (b"", OTHER),
    ],
)
def test_what_else_there_is_is_told_by_its_first_bytes(head: bytes, kind: str) -> None:
    assert kind_of_content(head) == kind


def test_names_say_what_they_can() -> None:
    assert {kind_of_name(name) for name in ("a.JPG", "b.jfif", "c.jpe", "d.avif", "e.HEIC")} == {PICTURE}
    assert kind_of_name("IMG_1.NEF") == "a RAW file"
    assert kind_of_name("clip.MOV") == "a video"
    assert {kind_of_name(name) for name in ("noending", "photo.bak", "a.jpg~", ".", "ends.")} == {None}


def test_hidden_is_what_systems_put_beside_our_files() -> None:
    assert all(
        map(
            is_hidden,
            (
                ".x",
                "._a.jpg",
                "__MACOSX",
                "Thumbs.db",
                "THUMBS.DB",
                "desktop.ini",
                "@eaDir",
                "@Recycle",
                "#snapshot",
                "~$plan.jpg",
                "LOST.DIR",
            ),
        )
    )
    assert not any(map(is_hidden, ("a.jpg", "..", "x.", "__init__", "thumbs", "~a.jpg", "a~$.jpg")))


def test_files_are_counted_by_kind_and_the_first_few_named() -> None:
    names = [f"{number}.mov" for number in range(7)]
    assert counted({"a PDF": ["a.pdf"], "a video": names, OTHER: ["x", "y"]}) == (
        "1 PDF: a.pdf.",
        "7 videos: 0.mov; 1.mov; 2.mov; 3.mov; 4.mov; and 2 more.",
        "2 other files: x; y.",
    )
