"""One visitor's gallery: receives pictures piece by piece, becomes searchable, and can be deleted at any moment."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Literal

from zsbir.encoder.embedder import Embedder
from zsbir.gallery.build import build_gallery
from zsbir.gallery.embeddings import EMBEDDINGS
from zsbir.gallery.finding import LOCK
from zsbir.gallery.manifest import MANIFEST
from zsbir.gallery.retriever import Retriever
from zsbir.serving.inbox import Inbox, Limits
from zsbir.serving.own_folder import cannot_keep
from zsbir.serving.unzip import unpack

MAX_PIECE = 2_000_000  # bytes of a file that are sent at once
_COPY_BYTES = 1_200_000  # more than the two copies of one photo take in a gallery
_LOG = logging.getLogger(__name__)

Stage = Literal["receiving", "waiting", "reading", "embedding", "ready", "failed"]


@dataclass(frozen=True)
class Announced:
    """A file that will be sent: its name and its size in bytes."""

    name: str
    size: int

    @property
    def is_zip(self) -> bool:
        """Whether pictures are packed in it."""
        return PurePath(self.name).suffix.lower() == ".zip"


@dataclass(frozen=True)
class Progress:
    """How far a gallery has come.

    Attributes:
        stage: What happens now.
        done: Files received or photos embedded, whichever goes on.
        total: Of how many.
        sentence: What went wrong, if `stage` is "failed".
        skipped: One sentence for each file left out.
    """

    stage: Stage
    done: int = 0
    total: int = 0
    sentence: str = ""
    skipped: tuple[str, ...] = ()


class _DeletedError(Exception):
    """The gallery was deleted while it was being built."""


class PrivateGallery:
    """Pictures of one visitor.

    Attributes:
        reserved: Bytes on disk that it takes; `most_making` more while it is built.
        progress: How far it has come; replaced as a whole, so that any thread may read it.
        retriever: Searches it, once `progress.stage` is "ready".

    Raises:
        ValueError: More is announced than the limits allow, or something else than pictures or one zip; or it cannot
            be kept.
    """

    def __init__(self, work: Path, folder: Path, files: Sequence[Announced], limits: Limits) -> None:
        """Prepares to receive files.

        Args:
            work: A folder to be made, which holds what is sent and is not served.
            folder: The gallery's folder, to be made.
            files: All that will be sent, in this order.
            limits: How much it may be.
        """
        _check(files, limits)
        self.reserved = 0
        self.progress = Progress("receiving", 0, len(files))
        self.retriever: Retriever | None = None
        self._work, self._folder, self._files, self._limits = work, folder, tuple(files), limits
        self._lock = threading.Lock()  # held for moments only: writing a piece, deleting
        self._is_building = self._is_deleted = False
        self._received: set[int] = set()
        try:
            work.mkdir(mode=0o700)
        except OSError as error:
            raise cannot_keep(error) from error

    def receive(self, file: int, start: int, piece: bytes) -> None:
        """Appends a piece of a file.

        Args:
            file: Its place among the announced ones.
            start: How many bytes of it were sent before.
            piece: The next bytes, at most `MAX_PIECE`.

        Raises:
            ValueError: Not the next piece, or more than was announced, or it cannot be kept.
        """
        with self._lock:
            if self._is_deleted or self.progress.stage != "receiving" or not 0 <= file < len(self._files):
                raise ValueError("Expected a piece of a picture that was announced, found another; start again.")
            path = self._work / str(file)
            if start != (path.stat().st_size if path.exists() else 0) or len(piece) > MAX_PIECE:
                raise ValueError("Expected the next piece of a picture, found another; start again.")
            if start + len(piece) > self._files[file].size:
                raise ValueError("Expected a picture of the announced size, found a larger one; start again.")
            try:
                with path.open("ab") as growing:
                    growing.write(piece)
            except OSError as error:
                with contextlib.suppress(OSError):
                    os.truncate(path, start)  # so that it may be sent again
                raise cannot_keep(error) from error
            self.reserved += len(piece)
            if start + len(piece) == self._files[file].size:
                self._received.add(file)
                self.progress = replace(self.progress, done=len(self._received))

    def finish_receiving(self) -> None:
        """Says that everything was sent.

        Raises:
            ValueError: Something is missing, or this was said before.
        """
        with self._lock:
            if self.progress.stage != "receiving" or self.progress.done < self.progress.total:
                raise ValueError("Expected all pictures that were announced, found some missing; start again.")
            self.progress = Progress("waiting")

    def build(self, embedder: Embedder) -> None:
        """Makes the gallery from what was received, and deletes that. Never raises: see `progress`."""
        with self._lock:
            if self._is_deleted:
                return
            self._is_building = True
        retriever, outcome = None, Progress("failed")
        try:
            retriever, outcome = self._build(embedder)
        except _DeletedError:
            pass
        except ValueError as error:
            outcome = Progress("failed", sentence=str(error))
        except OSError as error:
            outcome = Progress("failed", sentence=str(cannot_keep(error)))
        except Exception:
            _LOG.exception("A visitor's gallery could not be built")
            outcome = Progress("failed", sentence="That failed on the server; try again, or with fewer pictures.")
        finally:
            self._settle(retriever, outcome)

    def refuse(self, sentence: str) -> None:
        """Ends as one that could not be built, with this sentence."""
        self._settle(None, Progress("failed", sentence=sentence))

    def delete(self) -> None:
        """Removes everything from the disk; if it is being built, as soon as the builder notices."""
        with self._lock:
            self._is_deleted = True
            self.retriever = None
            if not self._is_building:
                self._remove()

    def _settle(self, retriever: Retriever | None, outcome: Progress) -> None:
        """Ends a build. The outcome is told last: who reads that it is ready, or failed, finds everything done."""
        with self._lock:
            self._is_building = False
            if self._is_deleted or retriever is None:
                self._remove()
            else:
                self.retriever = retriever
            self.progress = outcome

    def _build(self, embedder: Embedder) -> tuple[Retriever, Progress]:
        inbox = Inbox(self._work / "inbox", self._limits)
        for number, announced in enumerate(self._files):
            self._report("reading", number, len(self._files))
            path = self._work / str(number)
            if announced.is_zip:
                unpack(path, inbox)
            else:
                with path.open("rb") as content:
                    inbox.add(announced.name, content)
            path.unlink(missing_ok=True)
        inbox.close()
        if not len(inbox):
            raise ValueError(_none_found(inbox.skipped))
        try:
            built = build_gallery(
                inbox.folder, self._folder, embedder, quiet=True, progress=lambda *at: self._report("embedding", *at)
            )
        except ValueError as error:  # its sentence names our folders
            raise ValueError(_none_found(inbox.skipped)) from error
        shutil.rmtree(self._work)
        for name in (MANIFEST, EMBEDDINGS, LOCK):  # they are in memory, and nobody opens this gallery again
            (self._folder / name).unlink(missing_ok=True)
        self.reserved = sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())
        skipped = (*inbox.skipped, *map(inbox.their_words, built.skipped))
        ready = Progress("ready", len(built.gallery), len(built.gallery) + len(skipped), skipped=skipped)
        return Retriever(embedder, built.gallery), ready

    def _report(self, stage: Stage, done: int, total: int) -> None:
        if self._is_deleted:
            raise _DeletedError
        self.progress = Progress(stage, done, total)

    def _remove(self) -> None:
        for folder in (self._work, self._folder):
            shutil.rmtree(folder, ignore_errors=True)
        self.reserved = 0


def _check(files: Sequence[Announced], limits: Limits) -> None:
    count, total = len(files), sum(file.size for file in files)
    if not files or any(file.size < 0 for file in files):
        raise ValueError("Expected pictures or a zip of them, found nothing; choose some.")
    if any(file.is_zip for file in files) and count > 1:
        raise ValueError(
            "Expected pictures or one zip of them, found a zip among other files; choose one or the other."
        )
    if count > limits.pictures:
        raise ValueError(f"Expected at most {limits.pictures:,} pictures, found {count:,}; choose fewer.")
    if total > limits.total_bytes:
        raise ValueError(
            f"Expected at most {limits.total_bytes // 1_000_000} MB in all, found {-(-total // 1_000_000):,} MB; "
            "choose fewer or smaller pictures."
        )
    for file in files:
        if file.size > limits.picture_bytes and not file.is_zip:
            raise ValueError(
                f"Expected pictures of at most {limits.picture_bytes // 1_000_000} MB, found "
                f"{PurePath(file.name).name} with more; leave it out or make it smaller."
            )


def most_making(limits: Limits) -> int:
    """Bytes on disk that building one gallery takes at most beside what was sent: that unpacked, and the copies."""
    return limits.total_bytes + limits.picture_bytes + limits.pictures * _COPY_BYTES


def _none_found(skipped: Sequence[str]) -> str:
    listed = f" {' '.join(skipped[:3])}" if skipped else ""
    return f"Expected a picture that we can read, found none.{listed} Choose others."
