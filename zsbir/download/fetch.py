"""Fetch a file over HTTP: resumed where it stopped, checked, and only then given its name."""

from __future__ import annotations

import base64
import errno
import functools
import hashlib
import shutil
import ssl
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import httpx
from tqdm.auto import tqdm

from zsbir.sentences import clause

ATTEMPTS = 5  # in a row without a single new byte
PAUSE = 2.0  # seconds before the second attempt, doubled before each further one
_RESERVE = 200_000_000  # bytes of the disk that are left free
_CHUNK = 1 << 20
_TIMEOUT = httpx.Timeout(30.0)
_HTML = "text/html"


def fetch(url: str, path: Path, *, quiet: bool = False) -> None:
    """Downloads a file; does nothing if it is there.

    What has arrived lies in `<path>.part` and is gone on from, in this call and in later ones, as long as
    the server says that it still has the same file (`If-Range` with its ETag or date; RFC 9110, 13.1.5).
    Where the server publishes an MD5 (`Content-MD5`, or `x-goog-hash` of Google's storage), it is checked.

    Args:
        url: http or https.
        path: Where the file goes; folders above are made.
        quiet: No progress bar.

    Raises:
        ValueError: The address answers with an error or a web page, the connection keeps breaking, the disk
            is too small, or what came is not what the checksum says.
    """
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = _Part(path)
    with (
        _explained(url, path),
        disk_explained(path),
        httpx.Client(follow_redirects=True, timeout=_TIMEOUT, verify=_certificates()) as client,
        tqdm(desc=path.name, unit="B", unit_scale=True, disable=quiet) as bar,
    ):
        failures = 0
        while not part.is_whole:
            before = part.size
            try:
                part.go_on(client, url, bar)
            except httpx.TransportError:
                failures = 0 if part.size > before else failures + 1
                if failures == ATTEMPTS:
                    raise
                time.sleep(PAUSE * 2 ** max(0, failures - 1))
    part.check(url)
    part.finish()


def lines(url: str, path: Path) -> Generator[str, None, None]:
    """The lines of a text file at an address, as they come; the caller may stop early.

    Args:
        url: http or https.
        path: The file that is made from them, for messages.

    Raises:
        ValueError: As `fetch`.
    """
    with (
        _explained(url, path),
        httpx.stream("GET", url, follow_redirects=True, timeout=_TIMEOUT, verify=_certificates()) as response,
    ):
        _accept(response)
        yield from response.iter_lines()


def need_disk(folder: Path, need: int, what: str) -> None:
    """Checks that a disk has room before it is filled.

    Raises:
        ValueError: It has not, with both figures.
    """
    free = shutil.disk_usage(folder).free
    if free < need + _RESERVE:
        raise ValueError(
            f"Expected {gigabytes(need + _RESERVE)} free in {folder} for {what}, found {gigabytes(free)}; "
            "free some, or give another folder."
        )


def gigabytes(size: int) -> str:
    """Bytes for people to read."""
    return f"{size / 1e9:.1f} GB" if size >= 5e7 else f"{size / 1e6:.1f} MB"


class ConnectionBrokenError(ValueError):
    """A connection that broke, or a server that was busy: worth another attempt."""


class _Part:
    """The beginning of a file, and by which name of the server's the rest is to be asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.with_name(path.name + ".part")
        self.tag = path.with_name(path.name + ".part.tag")
        self.is_whole = False
        self.md5 = b""

    @property
    def size(self) -> int:
        return self.file.stat().st_size if self.file.exists() else 0

    def go_on(self, client: httpx.Client, url: str, bar: tqdm[NoReturn]) -> None:
        """One request for what is missing."""
        headers = {"Accept-Encoding": "identity"}  # a range of a compressed answer would be of other bytes
        if self.size and self.tag.exists():
            headers |= {"Range": f"bytes={self.size}-", "If-Range": self.tag.read_text(encoding="utf-8")}
        with client.stream("GET", url, headers=headers) as response:
            if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                self.file.unlink()  # longer than the file, or just as long: its end was never seen
                return
            _accept(response)
            start = self.size if response.status_code == httpx.codes.PARTIAL_CONTENT else 0
            length = int(response.headers.get("Content-Length", 0))
            need_disk(self.path.parent, length, self.path.name)
            etag = response.headers.get("ETag", "")
            tag = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified", "")
            self.tag.write_text(tag, encoding="utf-8") if tag else self.tag.unlink(missing_ok=True)
            self.md5 = _published_md5(response)
            bar.total, bar.n = start + length or None, start
            with self.file.open("ab" if start else "wb") as file:
                for chunk in response.iter_raw():  # as it comes: what is waited for together is lost together
                    file.write(chunk)
                    bar.update(len(chunk))
        self.is_whole = True

    def check(self, url: str) -> None:
        """Compares with the checksum, where there is one."""
        if not self.md5:
            return
        with self.file.open("rb") as file:
            digest = hashlib.md5(usedforsecurity=False)
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
        if digest.digest() != self.md5:
            self.file.unlink()
            raise ValueError(
                f"Expected {self.path.name} with the MD5 {self.md5.hex()} that {url} publishes, found "
                f"{digest.hexdigest()}; it was damaged on its way and is deleted: start again."
            )

    def finish(self) -> None:
        self.tag.unlink(missing_ok=True)
        self.file.replace(self.path)


@functools.cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # takes as long as a small file


def _accept(response: httpx.Response) -> None:
    if response.status_code in (408, 429) or response.status_code >= 500:
        raise httpx.RemoteProtocolError(f"status {response.status_code}")  # worth another attempt
    response.raise_for_status()
    if response.headers.get("Content-Type", "").startswith(_HTML):
        raise httpx.HTTPStatusError("a web page", request=response.request, response=response)


def _published_md5(response: httpx.Response) -> bytes:
    hashes = [value.strip() for value in response.headers.get("x-goog-hash", "").split(",")]
    published = [value.removeprefix("md5=") for value in hashes if value.startswith("md5=")]
    if response.status_code == httpx.codes.OK and "Content-MD5" in response.headers:  # of the body, not of a range
        published.append(response.headers["Content-MD5"])
    return base64.b64decode(published[0]) if published else b""


@contextmanager
def _explained(url: str, path: Path) -> Iterator[None]:
    """Turns what goes wrong with a download into one sentence that says what to do."""
    by_hand = f"look for the file elsewhere and put it at {path}, or give --mirror"
    try:
        yield
    except httpx.HTTPStatusError as error:
        page = error.response.is_success
        found = "a web page" if page else f"status {error.response.status_code}"
        raise ValueError(f"Expected {path.name} at {url}, found {found}: it has moved; {by_hand}.") from error
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise ConnectionBrokenError(
            f"Expected {path.name} from {url}, found the connection broken ({clause(error)}); start again to go on, "
            f"or {by_hand}."
        ) from error


@contextmanager
def disk_explained(path: Path) -> Iterator[None]:
    """Turns a full disk into one sentence; `path` is what was being worked on."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise ValueError(
            f"Expected room in {path.parent} for {path.name}, found the disk full; free some and start again to go on."
        ) from error
