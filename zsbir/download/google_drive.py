"""Fetch a file that is shared on Google Drive, through the package gdown."""

from __future__ import annotations

from pathlib import Path

from tqdm.auto import tqdm

from zsbir.download.fetch import ATTEMPTS, need_disk
from zsbir.packages import not_installed
from zsbir.sentences import clause

_PREFIX = "https://drive.google.com/uc?id="


def is_on_google_drive(url: str) -> bool:
    """Whether an address is `https://drive.google.com/uc?id=…`."""
    return url.startswith(_PREFIX)


def fetch_from_google_drive(url: str, path: Path, *, quiet: bool = False) -> None:
    """Downloads a shared file, going on where an earlier call stopped; does nothing if it is there.

    Args:
        url: `https://drive.google.com/uc?id=…`.
        path: Where the file goes; folders above are made.
        quiet: No progress bar.

    Raises:
        FileNotFoundError: gdown is not installed.
        ValueError: The file is gone, its daily quota is used up, or the connection breaks.
    """
    if path.exists():
        return
    try:
        import gdown  # noqa: PLC0415  (optional: only these files need it)
        from gdown.exceptions import DownloadError  # noqa: PLC0415
        from requests.exceptions import RequestException  # noqa: PLC0415  (what gdown lets through)
    except ImportError as error:
        raise FileNotFoundError(not_installed("gdown", "files on Google Drive")) from error
    path.parent.mkdir(parents=True, exist_ok=True)
    is_known_to_fit = False
    with tqdm(desc=path.name, unit="B", unit_scale=True, disable=quiet) as bar:

        def show(done: int, total: int | None) -> None:
            nonlocal is_known_to_fit
            if not is_known_to_fit and total:
                need_disk(path.parent, total - done, path.name)
                is_known_to_fit = True
            bar.total = total
            bar.update(done - bar.n)

        try:
            gdown.download(
                url, str(path), quiet=True, resume=True, progress=show, use_cookies=False, retries=ATTEMPTS, timeout=30
            )
        except (DownloadError, RequestException, OSError, KeyError) as error:
            reason = clause(error)
            raise ValueError(
                f"Expected {path.name} on Google Drive, found it refused or cut off ({reason[:300]}); wait a day "
                f"if its quota is used up, or open {url} in a browser, save the file as {path} and start again."
            ) from error
