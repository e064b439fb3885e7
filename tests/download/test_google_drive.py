"""Through the real gdown; only the connections to Google's hosts end on loopback."""

import builtins
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from tests.download.site import Site
from zsbir.download.google_drive import fetch_from_google_drive, is_on_google_drive

URL = "https://drive.google.com/uc?id=1z4--ToTXYb0-2cLuUWPYM5m7ST7Ob3Ck"
CONTENT = bytes(range(256)) * 6000
# What Drive answers for a file too large for its virus scan, and when a file was fetched too often.
CONFIRM = b"""<html><form id="download-form" action="https://drive.usercontent.google.com/download" method="get">
<input type="hidden" name="id" value="1z4"><input type="hidden" name="confirm" value="t"></form></html>"""
QUOTA = b"""<html><p class="uc-error-caption">Sorry</p>
<p class="uc-error-subcaption">Too many users have viewed or downloaded this file recently.</p></html>"""


@pytest.fixture
def drive(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    send = requests.adapters.HTTPAdapter.send

    def to_loopback(self: Any, request: Any, **options: Any) -> Any:
        assert urlsplit(request.url).hostname in ("drive.google.com", "drive.usercontent.google.com")
        request.url = site.address + urlsplit(request.url).path
        return send(self, request, **options)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", to_loopback)
    site.files |= {"uc": CONFIRM, "download": CONTENT}
    site.headers["uc"] = {"Content-Type": "text/html; charset=utf-8"}
    site.headers["download"] = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": 'attachment; filename="whatever.7z"',
    }
    return site


def test_a_large_file_is_confirmed_and_arrives(drive: Site, tmp_path: Path) -> None:
    for _ in range(2):
        fetch_from_google_drive(URL, tmp_path / "new" / "a.7z", quiet=True)
    assert (tmp_path / "new" / "a.7z").read_bytes() == CONTENT
    assert [path for path, _ in drive.requests] == ["uc", "download"]


def test_an_interrupted_file_is_gone_on_from(drive: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zsbir.download.google_drive.ATTEMPTS", 0)
    drive.cut_after["download"] = 1_200_000
    with pytest.raises(ValueError, match="cut off"):
        fetch_from_google_drive(URL, tmp_path / "a.7z", quiet=True)
    drive.cut_after.clear()
    fetch_from_google_drive(URL, tmp_path / "a.7z", quiet=True)
    assert (tmp_path / "a.7z").read_bytes() == CONTENT
    assert drive.asked("download")[-1].startswith("bytes=")


def test_a_used_up_quota_is_one_sentence(drive: Site, tmp_path: Path) -> None:
    drive.files["uc"] = QUOTA
    with pytest.raises(ValueError, match=r"Too many users .* open https://drive\.google\.com") as error:
        fetch_from_google_drive(URL, tmp_path / "a.7z", quiet=True)
    assert "\n" not in str(error.value)
    assert str(tmp_path / "a.7z") in str(error.value)


def test_a_file_that_is_gone(drive: Site, tmp_path: Path) -> None:
    drive.status["uc"] = 404
    with pytest.raises(ValueError, match="refused or cut off"):
        fetch_from_google_drive(URL, tmp_path / "a.7z", quiet=True)


def test_without_gdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import_ = builtins.__import__

    def refuse(name: str, *arguments: Any) -> Any:
        if name.startswith("gdown"):
            raise ImportError(name)
        return import_(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(FileNotFoundError, match=r"requirements-data\.txt"):
        fetch_from_google_drive(URL, tmp_path / "a.7z", quiet=True)


def test_which_addresses_are_on_drive() -> None:
    assert is_on_google_drive(URL)
    assert not is_on_google_drive("http://cybertron.cg.tu-berlin.de/a.zip")
