"""Honest zips, hostile zips, and zips that chance has damaged."""

from __future__ import annotations

import random
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_photo
from tests.served import encoded
from tests.serving.own_pictures import zipped
from zsbir.serving import unzip
from zsbir.serving.inbox import Inbox, Limits
from zsbir.serving.unzip import unpack

PHOTOS = [encoded(make_photo("disc", np.random.default_rng(number))) for number in range(3)]
LIMITS = Limits(pictures=20, picture_bytes=50_000, total_bytes=200_000)


def unpacked(content: bytes, folder: Path, limits: Limits = LIMITS) -> Inbox:
    path = folder / "upload"
    path.write_bytes(content)
    inbox = Inbox(folder / "inbox", limits)
    unpack(path, inbox)
    return inbox


def taken(inbox: Inbox) -> list[bytes]:
    return [path.read_bytes() for path in sorted(inbox.folder.iterdir())]


def test_pictures_of_all_folders_are_taken(tmp_path: Path) -> None:
    inbox = unpacked(
        zipped(
            *(("trip/", b""), ("trip/a.png", PHOTOS[0]), ("trip/day 2/b.PNG", PHOTOS[1]), ("c.png", PHOTOS[2])),
            *(("readme.txt", b"hello"), ("__MACOSX/._a.png", b"?"), ("more.zip", zipped(("d.png", PHOTOS[0])))),
        ),
        tmp_path,
    )
    assert taken(inbox) == PHOTOS
    assert [sentence.partition(":")[0] for sentence in inbox.skipped] == ["readme.txt", "more.zip"]
    inbox.close()
    assert "day 2" in (inbox.folder / "credits.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["photo-é.png", "写真.png", "\u202egnp.png", "a" * 400 + ".png", "Ñ/ñ.png"])
def test_odd_names_are_fine(tmp_path: Path, name: str) -> None:
    assert taken(unpacked(zipped((name, PHOTOS[0])), tmp_path)) == PHOTOS[:1]


@pytest.mark.parametrize(("name", "encoding"), [("写真.png", "shift-jis"), ("图片.png", "gbk"), ("Käse.png", "cp437")])
def test_names_in_an_old_encoding_can_be_read(tmp_path: Path, name: str, encoding: str) -> None:
    written = name.encode(encoding)
    content = zipped(("x" * len(written), PHOTOS[0])).replace(b"x" * len(written), written)
    inbox = unpacked(content, tmp_path)
    assert taken(inbox) == PHOTOS[:1]
    inbox.close()
    assert f",{name[:-4]},{name}" in (inbox.folder / "credits.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name", ["../a.png", "a/../../b.png", "/etc/a.png", "..\\a.png", "C:\\a.png", "A: first day.png", "//a/b.png"]
)
def test_names_lead_nowhere_and_are_for_reading(tmp_path: Path, name: str) -> None:
    inbox = unpacked(zipped((entry(name), PHOTOS[0]), ("b.png", PHOTOS[1])), tmp_path)
    assert taken(inbox) == PHOTOS[:2]
    assert {path.name for path in tmp_path.iterdir()} == {"upload", "inbox"}


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_a_link_costs_nothing_but_itself(tmp_path: Path, kind: int) -> None:
    inbox = unpacked(zipped((entry("a.png", kind | 0o777), b"/etc/passwd"), ("b.png", PHOTOS[1])), tmp_path)
    assert taken(inbox) == PHOTOS[1:2]
    assert inbox.skipped == ["a.png: A link; pack the picture itself."]


def test_folders_packed_by_windows_are_folders(tmp_path: Path) -> None:
    inbox = unpacked(zipped((entry("trip\\"), b""), (entry("trip\\lake\\a.png"), PHOTOS[0])), tmp_path)
    assert (taken(inbox), inbox.skipped) == (PHOTOS[:1], [])
    inbox.close()
    assert "lake,a,trip/lake/a.png" in (inbox.folder / "credits.csv").read_text(encoding="utf-8")


# ---- Hostile on purpose


def entry(name: str, mode: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.create_system = 3  # Unix
    info.external_attr = mode << 16
    return info


def overlapping() -> bytes:
    """Two entries in the table of contents that point to the same bytes."""
    content = bytearray(zipped(("a.png", PHOTOS[0]), ("b.png", PHOTOS[0])))
    first, second = content.find(b"PK\x01\x02"), content.rfind(b"PK\x01\x02")
    content[second + 42 : second + 46] = content[first + 42 : first + 46]
    return bytes(content)


def nested_in_content() -> bytes:
    """An entry whose local header lies inside the (stored) content of another, as in Fifield's bombs."""
    inner = zipped(("b.png", PHOTOS[1]))
    content = bytearray(zipped(("a.png", inner), ("b.png", PHOTOS[1]), method=zipfile.ZIP_STORED))
    second = content.rfind(b"PK\x01\x02")
    content[second + 42 : second + 46] = struct.pack("<I", content.find(b"PK\x03\x04", 4))
    return bytes(content)


def encrypted() -> bytes:
    content = bytearray(zipped(("a.png", PHOTOS[0])))
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


HOSTILE = {
    "encrypted": (encrypted(), "password"),
    "overlap": (overlapping(), "overlap"),
    "nested in content": (nested_in_content(), "overlap"),
    "too many pictures": (zipped(*((f"{number}.png", PHOTOS[0]) for number in range(21))), "at most 20 pictures"),
    "too many entries": (zipped(*((f"{number}.txt", b"") for number in range(5_001))), "at most 5,000 files"),
    "too many bytes": (zipped(*((f"{number}.png", bytes(49_000)) for number in range(5))), "in all"),
    "many bombs": (zipped(*((f"{number}.png", bytes(10_000_000)) for number in range(5))), "in all"),
    "not a zip": (PHOTOS[0], "whole zip"),
    "nothing": (b"", "whole zip"),
    "half": (zipped(("a.png", PHOTOS[0]), ("b.png", PHOTOS[1]))[:-60], "whole zip"),
}


@pytest.mark.parametrize(("content", "sentence"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_zips_are_refused_with_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as caught:
        unpacked(content, tmp_path)
    assert type(caught.value) is ValueError
    assert str(tmp_path) not in str(caught.value)
    assert {path.name for path in tmp_path.iterdir()} == {"upload", "inbox"}


def test_one_bomb_is_left_out(tmp_path: Path) -> None:
    inbox = unpacked(zipped(("bomb.png", bytes(100_000)), ("a.png", PHOTOS[0])), tmp_path)
    assert taken(inbox) == PHOTOS[:1]
    assert inbox.skipped[0].startswith("bomb.png: Larger than")


def test_what_headers_claim_is_not_believed(tmp_path: Path) -> None:
    bomb = bytearray(zipped(("bomb.png", bytes(1_000_000)), ("a.png", PHOTOS[0])))
    table = bomb.find(b"PK\x01\x02")
    for place in (22, table + 24):  # the size once unpacked, in both headers
        bomb[place : place + 4] = struct.pack("<I", 100)
    inbox = unpacked(bytes(bomb), tmp_path)
    assert taken(inbox) == PHOTOS[:1]
    assert len(inbox.skipped) == 1


def test_a_huge_table_of_contents_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = zipped(*((f"{number}.txt", b"") for number in range(2_000)))
    monkeypatch.setattr(unzip, "_MAX_READ", 90_000)  # the table of these 2,000 files is larger
    with pytest.raises(ValueError, match="at most 5,000 files"):
        unpacked(content, tmp_path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_left_out(tmp_path: Path, method: int) -> None:
    inbox = unpacked(zipped(("a.png", PHOTOS[0]), method=method), tmp_path)
    assert taken(inbox) == []
    assert "a.png" in inbox.skipped[0]


def test_a_damaged_picture_does_not_spoil_the_others(tmp_path: Path) -> None:
    content = bytearray(zipped(("a.png", PHOTOS[0]), ("b.png", PHOTOS[1]), method=zipfile.ZIP_STORED))
    content[100] ^= 255
    inbox = unpacked(bytes(content), tmp_path)
    assert taken(inbox) == PHOTOS[1:2]
    assert inbox.skipped == ["a.png: damaged."]


def test_damaged_zips_never_do_anything_but_give_pictures_or_a_sentence(tmp_path: Path) -> None:
    chance = random.Random(0)
    honest = zipped(*((f"trip/{number}.png", photo) for number, photo in enumerate(PHOTOS)))
    table = honest.find(b"PK\x01\x02")
    for number in range(400):
        content = bytearray(honest)
        for _ in range(chance.randint(1, 4)):  # mostly in the table of contents, where the lies are
            at = chance.randrange(table, len(content)) if chance.random() < 0.8 else chance.randrange(len(content))
            content[at] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
        folder = tmp_path / str(number)
        folder.mkdir()
        try:
            inbox = unpacked(bytes(content), folder)
        except ValueError as error:
            assert type(error) is ValueError  # noqa: PT017
            assert str(error).startswith("Expected ")  # noqa: PT017
        else:
            assert all(photo in PHOTOS for photo in taken(inbox))  # the checksums hold
        assert {path.relative_to(folder).parts[0] for path in folder.rglob("*")} == {"upload", "inbox"}
