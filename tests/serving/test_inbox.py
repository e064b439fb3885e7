import csv
import io
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import make_photo
from tests.served import encoded
from zsbir.gallery.credits import read_credits
from zsbir.serving.inbox import Inbox, Limits, plain_name

PHOTO = encoded(make_photo("disc", np.random.default_rng(0)))


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path / "inbox", Limits(pictures=3, picture_bytes=5_000, total_bytes=12_000))


def add(inbox: Inbox, name: str, content: bytes = PHOTO) -> None:
    inbox.add(name, io.BytesIO(content))


def credits_in(inbox: Inbox) -> list[dict[str, str]]:
    inbox.close()
    with (inbox.folder / "credits.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_pictures_get_our_names_and_keep_what_theirs_say(inbox: Inbox) -> None:
    add(inbox, "Summer 2024\\lake/red_boat-1.PNG")
    add(inbox, "boat.png")
    assert credits_in(inbox) == [
        {"file": "00000.png", "category": "lake", "title": "red boat 1", "source": "Summer 2024/lake/red_boat-1.PNG"},
        {"file": "00001.png", "category": "", "title": "boat", "source": "boat.png"},
    ]
    assert (inbox.folder / "00000.png").read_bytes() == PHOTO
    assert inbox.their_words("00000.png: damaged: cut short.") == (
        "Summer 2024/lake/red_boat-1.PNG: damaged: cut short."
    )


@pytest.mark.parametrize(
    "name",
    [
        *("../../../etc/x.png", "/etc/x.png", "C:\\x.png", "a/\x00/b.png", "x\ud800.png", "ü\u202e.png", "a\nb.png"),
        *('=cmd|"a",.png', "né,\"'.png", "/" * 300 + "x.png", "x" * 5_000 + ".png", "con.png", "Ø\x1b[31m.png"),
    ],
)
def test_no_name_leads_anywhere_else(inbox: Inbox, tmp_path: Path, name: str) -> None:
    add(inbox, name)
    rows = credits_in(inbox)
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")} <= {
        *("inbox", "inbox/credits.csv", "inbox/00000.png")
    }
    assert len(rows) == len(inbox)
    assert all(value.isprintable() and len(value) <= 200 for row in rows for value in row.values())


def test_what_is_no_picture_is_named_and_what_is_hidden_is_not(inbox: Inbox) -> None:
    hidden = (".DS_Store", "__MACOSX/._a.png", "a/.thumbs/b.png", "a/Thumbs.db", "desktop.ini", "@eaDir/a.png")
    for name in (*hidden, "notes.txt", "logo.svg", "clip.MOV", "raw.zip", "x.tar.gz"):
        add(inbox, name)
    add(inbox, "noending", b"hello")
    assert len(inbox) == 0
    assert inbox.skipped == [
        "notes.txt: Not a picture but a document.",
        "logo.svg: A picture of a kind that is not read.",
        "clip.MOV: Not a picture but a video.",
        *(f"{name}: An archive among the pictures is not opened." for name in ("raw.zip", "x.tar.gz")),
        "noending: Not a picture.",
    ]


@pytest.mark.parametrize("title", ["ö", "êîøêà", "철수", "猫", "кошка", "¿ó³w", "נועה"])
def test_a_gallery_is_told_the_very_names_whatever_they_look_like(inbox: Inbox, title: str) -> None:
    add(inbox, f"{title}.png")
    inbox.close()
    assert read_credits(inbox.folder)["00000.png"] == {"title": title, "source": f"{title}.png"}


def test_pictures_are_known_by_their_content_too(inbox: Inbox) -> None:
    for name in ("noending", "photo.bak", "photo.png~"):
        add(inbox, name)
    assert [row["file"] for row in credits_in(inbox)] == ["00000", "00001", "00002"]
    assert {path.read_bytes() for path in inbox.folder.iterdir() if path.name != "credits.csv"} == {PHOTO}


def test_too_large_a_picture_is_left_out_and_only_read_as_far_as_allowed(inbox: Inbox) -> None:
    class Endless(io.RawIOBase):
        read_bytes = 0

        def read(self, size: int = -1) -> bytes:
            assert 0 < size <= 1 << 20
            self.read_bytes += 1_000
            return b"x" * 1_000

    endless = Endless()
    inbox.add("bomb.png", endless)  # type: ignore[arg-type]
    assert endless.read_bytes == 6_000
    assert len(inbox) == 0
    assert "bomb.png: Larger than" in inbox.skipped[0]
    assert not list(inbox.folder.iterdir())


def test_too_many_pictures_and_too_many_bytes_are_refused(tmp_path: Path, inbox: Inbox) -> None:
    for number in range(3):
        add(inbox, f"{number}.png")
    with pytest.raises(ValueError, match="at most 3 pictures"):
        add(inbox, "4.png")
    other = Inbox(tmp_path / "other", Limits(pictures=100, picture_bytes=5_000, total_bytes=12_000))
    add(other, "a.png", b"x" * 5_000)
    add(other, "b.png", b"x" * 5_500)  # left out, but it counts
    with pytest.raises(ValueError, match="in all"):
        add(other, "c.png", b"x" * 3_000)


def test_plain_names_stay_as_they_are() -> None:
    for name in ("a.png", "Ferien/Ä ö.jpg", "写真/山.jpg"):
        assert plain_name(name) == name
