"""Build a gallery from a folder of photos, embedding only what is new or changed."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path, PurePosixPath

import numpy as np
from tqdm.auto import tqdm

from zsbir.encoder.embedder import Embedder, Embeddings, Pixels
from zsbir.gallery.alone import alone
from zsbir.gallery.copies import (
    COPY_SIDE,
    SMALL_SIDE,
    copy_name,
    make_small_copy,
    remove_copies,
    remove_small_copies,
    save_copy,
    small_copy_name,
)
from zsbir.gallery.credits import CREDITS, match_credits, read_credits
from zsbir.gallery.duplicates import look_of
from zsbir.gallery.embeddings import carried, is_known
from zsbir.gallery.finding import find_photos
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.manifest import PHOTOS
from zsbir.gallery.photo import Photo
from zsbir.pictures.ahead import ahead
from zsbir.pictures.finding import Found, shown_name
from zsbir.pictures.opening import open_picture
from zsbir.sentences import clause, some

_MAX_FILE_BYTES = 200_000_000
_BATCHES_AHEAD = 2  # are read while the encoder has one

Progress = Callable[[int, int], None]  # gets the number of photos done and of all
Digests = dict[Path, tuple[int, int, str]]  # of files: size in bytes, time of change in ns, sha256


@dataclass(frozen=True)
class BuiltGallery:
    """What a build did.

    Attributes:
        gallery: The gallery, saved.
        embedded: How many photos were new or changed.
        skipped: One sentence for each file that could not be used.
        left_out: One sentence for each kind of what is no photo.
        unread: How many of the skipped the system did not give, which may pass.
    """

    gallery: Gallery
    embedded: int
    skipped: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    unread: int = 0


@dataclass(frozen=True)
class _Read:
    """One file, read by a thread: its row, its prepared pixels (None when known before), or why not."""

    photo: Photo | None
    prepared: Pixels | None = None
    skipped: str = ""
    is_unread: bool = False


class _Known:
    """What earlier builds found out about photos, by the digests of their files.

    Attributes:
        embeddings: Those of the encoder that is at work.
        looks: How photos look from far away.
    """

    def __init__(self, folder: Path, checkpoint_sha256: str) -> None:
        """Reads the gallery that is there; of none, and of a damaged one, nothing is known."""
        self.embeddings: dict[str, Embeddings] = {}
        self.looks: dict[str, str] = {}
        self._photos: Sequence[Photo] = ()
        self._others: dict[str, Embeddings] = {}
        try:
            old = Gallery.load(folder, index="exact")
        except (FileNotFoundError, ValueError):
            return
        self._photos = old.photos
        self.looks = {photo.sha256: photo.look for photo in old.photos}
        for checkpoint in {old.checkpoint_sha256, *old.others}:
            found = old.known_of(checkpoint)
            if found is not None and checkpoint != checkpoint_sha256:
                self._others[checkpoint] = found
            elif found is not None:
                rows = zip(old.photos, np.asarray(found), is_known(found), strict=True)
                self.embeddings = {photo.sha256: vector for photo, vector, known in rows if known}

    def of_others(self, photos: Sequence[Photo]) -> dict[str, Embeddings]:
        """By the digests of other checkpoints, their embeddings of these photos, as far as there are some."""
        others = {checkpoint: carried(rows, self._photos, photos) for checkpoint, rows in self._others.items()}
        return {checkpoint: rows for checkpoint, rows in others.items() if rows.any()}


def build_gallery(
    photos: Path,
    folder: Path,
    embedder: Embedder,
    *,
    quiet: bool = False,
    progress: Progress | None = None,
    digests: Digests | None = None,
) -> BuiltGallery:
    """Makes or refreshes the gallery in `folder` from all pictures below `photos`.

    A file called `credits.csv` in `photos` or beside it (columns file, category, title, author, licence,
    source) describes them; otherwise a photo is titled by its name and categorised by its folder.
    Pictures elsewhere than in the gallery are copied into it, upright, without their EXIF data (which
    may hold places and names), at most 1,024 pixels long. Pictures that already lie there stay as they are.
    Of photos longer than 400 pixels small copies are kept, too (see `zsbir.gallery.copies`), and what other checkpoints
    know of photos that are still there.

    Args:
        photos: The folder of photos.
        folder: Where the gallery goes.
        embedder: Embeds them.
        quiet: Without a progress bar.
        progress: Called after each batch; what it raises ends the build, and the old gallery stays.
        digests: What an earlier build of the same folders found out, so that files that have not changed
            since are not even read; brought up to date.

    Raises:
        FileNotFoundError: There is no folder `photos`.
        ValueError: It has no readable picture, or `credits.csv` is damaged. The old gallery stays.
    """
    if not photos.is_dir():
        raise FileNotFoundError(f"Expected a folder of photos at {photos}, found none; give an existing folder.")
    with alone(folder, quiet):
        found = find_photos(photos, folder)
        return _build(_Builder(found, folder, embedder, {} if digests is None else digests), quiet, progress)


def _build(builder: _Builder, quiet: bool, progress: Progress | None) -> BuiltGallery:
    photos, folder, embedder, files = builder.photos, builder.folder, builder.embedder, builder.files
    rows: list[Photo] = []
    embeddings: list[Embeddings] = []
    skipped: list[str] = []
    embedded = unread = 0

    def embed(part: list[_Read]) -> tuple[list[_Read], Embeddings]:
        return part, embedder.embed_photo_pixels([read.prepared for read in part if read.prepared is not None])

    bar = tqdm(total=len(files), desc="building the gallery", unit="photo", disable=quiet)
    for part, new in embedder.embed_each(embed, builder.read_ahead()):
        vectors = iter(new)
        for read in part:
            if read.photo is None:
                skipped.append(read.skipped)
                unread += read.is_unread
                continue
            rows.append(read.photo)
            is_new = read.prepared is not None
            embeddings.append(next(vectors) if is_new else builder.known.embeddings[read.photo.sha256])
        embedded += len(new)
        bar.update(len(part))
        if progress is not None:
            progress(len(rows) + len(skipped), len(files))
    bar.close()
    if not rows:
        reasons = (*skipped[:3], *builder.left_out)
        listed = f": {'; '.join(map(clause, reasons))}" if reasons else ""
        raise ValueError(f"Expected at least one readable picture below {photos}, found none{listed}; add some photos.")
    gallery = Gallery(folder, rows, np.stack(embeddings), embedder.checkpoint_sha256)
    gallery.save(builder.known.of_others(rows))
    builder.remove_orphans(rows)
    return BuiltGallery(gallery, embedded, tuple(skipped), builder.left_out, unread)


class _Builder:
    def __init__(self, found: Found, folder: Path, embedder: Embedder, digests: Digests) -> None:
        self.photos, self.files = found.folder, found.pictures
        self.folder, self.embedder, self.digests = folder, embedder, digests
        self.size = embedder.preprocessing.photo_size
        self.in_place = self.photos.resolve() == (folder / PHOTOS).resolve()
        names = [shown_name(file, self.photos) for file in self.files]
        self.credits, unmatched = match_credits(read_credits(self.photos), names)
        self.left_out = found.sentences()
        if unmatched:
            self.left_out += (f"{CREDITS}: {len(unmatched):,} rows name no photo: {some(unmatched)}.",)
        self.known = _Known(folder, embedder.checkpoint_sha256)
        self.shown = folder / PHOTOS
        self.shown.mkdir(parents=True, exist_ok=True)

    def read_ahead(self) -> Iterator[list[_Read]]:
        """Reads the files in the background, a few batches ahead of the encoder."""
        waiting = _BATCHES_AHEAD * self.embedder.batch_size
        reading = ahead(self._read, self.files, self.embedder.readers, waiting)
        while part := list(islice(reading, self.embedder.batch_size)):
            yield part

    def remove_orphans(self, rows: list[Photo]) -> None:
        """Deletes copies that no row names any more; pictures that were not copied are never touched."""
        if not self.in_place:
            remove_copies(self.shown, {photo.file for photo in rows})
        remove_small_copies(self.folder, {small_copy_name(photo.sha256) for photo in rows})

    def _read(self, path: Path) -> _Read:
        name = shown_name(path, self.photos)
        if self.in_place and name != path.relative_to(self.photos).as_posix():
            return _Read(None, skipped=f"{name}: Its name cannot be written down; rename it.")
        try:
            status = path.stat()  # before reading, so that what is written meanwhile counts as a change
            if status.st_size > _MAX_FILE_BYTES:
                return _Read(None, skipped=f"{name}: Larger than {_MAX_FILE_BYTES // 1_000_000} MB.")
            size, changed, digest = self.digests.get(path, (0, 0, ""))
            if (size, changed) == (status.st_size, status.st_mtime_ns):
                photo = self._kept(self._describe(path, name, digest, status.st_mtime))
                if photo:
                    return _Read(photo)
            content = path.read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            self.digests[path] = (status.st_size, status.st_mtime_ns, digest)
            photo = self._describe(path, name, digest, status.st_mtime)
            kept = self._kept(photo)
            if kept:
                return _Read(kept)
            picture = open_picture(io.BytesIO(content), longest_side=2 * (self.size if self.in_place else COPY_SIDE))
            photo, prepared = replace(photo, look=look_of(picture)), self.embedder.photo_pixels(picture)
        except (OSError, ValueError) as error:
            return _Read(None, skipped=f"{name}: {error}", is_unread=isinstance(error, OSError))
        if not self.in_place:  # a full disk is no fault of the picture: it ends the build
            save_copy(picture, self.shown / photo.file)
        make_small_copy(self.shown / photo.file, self.folder, digest)
        return _Read(photo, prepared)

    def _kept(self, photo: Photo) -> Photo | None:
        """A photo as it was built before, if it was; what is missing beside its embedding is made."""
        shown = self.shown / photo.file
        if photo.sha256 not in self.known.embeddings or not shown.is_file():
            return None
        try:
            make_small_copy(shown, self.folder, photo.sha256)
            return replace(
                photo, look=self.known.looks[photo.sha256] or look_of(open_picture(shown, longest_side=SMALL_SIDE))
            )
        except ValueError:  # what is shown is damaged
            return None

    def _describe(self, path: Path, name: str, digest: str, changed: float) -> Photo:
        photo = Photo(
            file=name if self.in_place else copy_name(digest),
            title=title_of(PurePosixPath(name).name),
            category=PurePosixPath(name).parent.name,
            author="",
            licence="",
            source=name,
            sha256=digest,
            date="" if self.in_place else _date(changed),  # of a copy it says when that was made
        )
        return replace(photo, **self.credits.get(name, {}))


def _date(changed: float) -> str:
    try:
        return datetime.fromtimestamp(changed, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    except (OverflowError, ValueError, OSError):  # of a file whose date is none
        return ""


def title_of(name: str) -> str:
    """What people read of a file's name."""
    return Path(name).stem.replace("_", " ").replace("-", " ").strip()
