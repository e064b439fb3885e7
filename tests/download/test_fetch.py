import base64
import hashlib
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.download.site import Site
from zsbir.download.fetch import ATTEMPTS, fetch

CONTENT = bytes(range(256)) * 5000


@pytest.fixture
def url(site: Site) -> str:
    site.files["a.zip"] = CONTENT
    return f"{site.address}/a.zip"


def test_a_file_arrives_and_is_not_fetched_twice(site: Site, url: str, tmp_path: Path) -> None:
    for _ in range(2):
        fetch(url, tmp_path / "new" / "a.zip", quiet=True)
    assert (tmp_path / "new" / "a.zip").read_bytes() == CONTENT
    assert site.asked("a.zip") == [""]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["a.zip"]


def test_a_connection_that_breaks_again_and_again_is_gone_on_from(site: Site, url: str, tmp_path: Path) -> None:
    site.cut_after["a.zip"] = 150_000
    fetch(url, tmp_path / "a.zip", quiet=True)
    assert (tmp_path / "a.zip").read_bytes() == CONTENT
    starts = [int(span.removeprefix("bytes=").rstrip("-") or 0) for span in site.asked("a.zip")]
    assert starts == [150_000 * number for number in range(len(starts))]
    assert len(starts) > ATTEMPTS  # progress does not count as failure


def test_a_later_call_goes_on(site: Site, url: str, tmp_path: Path) -> None:
    site.cut_after["a.zip"] = 0
    with pytest.raises(ValueError, match="connection broken"):
        fetch(url, tmp_path / "a.zip", quiet=True)
    assert len(site.asked("a.zip")) == ATTEMPTS
    (tmp_path / "a.zip.part").write_bytes(CONTENT[:1000])
    site.cut_after.clear()
    fetch(url, tmp_path / "a.zip", quiet=True)
    assert site.asked("a.zip")[-1] == "bytes=1000-"
    assert (tmp_path / "a.zip").read_bytes() == CONTENT


@pytest.mark.parametrize("tag", ['"of another file"', None])
def test_the_beginning_of_another_file_is_thrown_away(tag: str | None, url: str, tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").write_bytes(b"old" * 1000)
    if tag:
        (tmp_path / "a.zip.part.tag").write_text(tag)
    fetch(url, tmp_path / "a.zip", quiet=True)
    assert (tmp_path / "a.zip").read_bytes() == CONTENT


def test_a_part_that_is_too_long_is_thrown_away(site: Site, url: str, tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").write_bytes(CONTENT + b"more")
    (tmp_path / "a.zip.part.tag").write_text('"5"')
    fetch(url, tmp_path / "a.zip", quiet=True)
    assert (tmp_path / "a.zip").read_bytes() == CONTENT


def checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode()


@pytest.mark.parametrize("header", ["x-goog-hash", "Content-MD5"])
def test_a_published_checksum_is_checked(header: str, site: Site, url: str, tmp_path: Path) -> None:
    form = "crc32c=AAAAAA==,md5={}" if header == "x-goog-hash" else "{}"
    site.headers["a.zip"] = {header: form.format(checksum(b"something else"))}
    with pytest.raises(ValueError, match="MD5"):
        fetch(url, tmp_path / "a.zip", quiet=True)
    assert not list(tmp_path.glob("a.zip*[!g]"))  # nothing to go on from
    site.headers["a.zip"] = {header: form.format(checksum(CONTENT))}
    fetch(url, tmp_path / "a.zip", quiet=True)
    assert (tmp_path / "a.zip").read_bytes() == CONTENT


@pytest.mark.parametrize(("status", "times"), [(404, 1), (410, 1), (403, 1), (503, ATTEMPTS), (429, ATTEMPTS)])
def test_what_has_moved_and_what_is_busy(status: int, times: int, site: Site, url: str, tmp_path: Path) -> None:
    site.status["a.zip"] = status
    with pytest.raises(ValueError, match=rf"{status}.*--mirror"):
        fetch(url, tmp_path / "a.zip", quiet=True)
    assert len(site.asked("a.zip")) == times


def test_a_web_page_is_no_archive(site: Site, url: str, tmp_path: Path) -> None:
    site.headers["a.zip"] = {"Content-Type": "text/html; charset=utf-8"}
    with pytest.raises(ValueError, match="web page: it has moved"):
        fetch(url, tmp_path / "a.zip", quiet=True)


def test_nobody_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zsbir.download.fetch.PAUSE", 0.0)
    with pytest.raises(ValueError, match="start again to go on"):
        fetch("http://127.0.0.1:9/a.zip", tmp_path / "a.zip", quiet=True)


def test_a_file_that_will_not_fit_is_not_begun(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(ValueError, match=r"found 1\.0 MB"):
        fetch(url, tmp_path / "a.zip", quiet=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_disk_that_fills_up_meanwhile(url: str, tmp_path: Path) -> None:
    (tmp_path / "a.zip.part").symlink_to("/dev/full")
    with pytest.raises(ValueError, match=r"found the disk full; free some and start again"):
        fetch(url, tmp_path / "a.zip", quiet=True)
    assert not (tmp_path / "a.zip").exists()
