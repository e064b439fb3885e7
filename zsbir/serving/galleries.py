"""All galleries that somebody can search: those that everybody sees, and the visitor's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from zsbir.encoder.embedder import Embedder
from zsbir.gallery.copies import SMALL
from zsbir.gallery.manifest import MANIFEST
from zsbir.gallery.milvus_address import ADDRESS
from zsbir.gallery.retriever import Retriever
from zsbir.serving.by_encoder import ByEncoder, Preparing
from zsbir.serving.encoders import Encoders
from zsbir.serving.private_galleries import PrivateGalleries
from zsbir.serving.watched_folder import PhotoFolder

OWN = "Your pictures"  # the name of every visitor's own gallery; the visitor decides which one it is


@dataclass(frozen=True)
class Choice:
    """A gallery to choose.

    Attributes:
        name: What it is called, and how it is asked for.
        count: How many photos are in it.
        is_private: Whether only this visitor sees it.
        is_watched: Whether it follows a folder.
        version: Rises when its photos change.
        trouble: What is wrong with it at the moment, in a sentence; mostly nothing.
        encoder: Name of the encoder that it is ready for in any case.
    """

    name: str
    count: int
    is_private: bool = False
    is_watched: bool = False
    version: int = 0
    trouble: str = ""
    encoder: str = ""


class Galleries:
    """Shared galleries by name, the first of which is the default, and private ones by visitor.

    Attributes:
        encoders: With which they can be searched.
        private: Those of the visitors.
    """

    def __init__(
        self, encoders: Encoders | Embedder, shared: Mapping[str, Retriever | ByEncoder | PhotoFolder]
    ) -> None:
        """Takes galleries that are ready for an encoder.

        Args:
            encoders: All that can be chosen, also for the visitors' own galleries.
            shared: At least one.
        """
        self.encoders = Encoders.of(encoders)
        self.private = PrivateGalleries(self.encoders)
        self._shared = {
            name: ByEncoder(self.encoders, source) if isinstance(source, Retriever) else source
            for name, source in shared.items()
        }

    @property
    def default(self) -> Retriever:
        """Searches the first gallery as it is now."""
        return self.open_default()

    def open_default(self, encoder: str = "") -> Retriever:
        """The same with another encoder: see `open`."""
        return self.open(next(iter(self._shared)), "", encoder)

    @property
    def served(self) -> list[Path]:
        """Folders whose pictures the page shows; nothing else in them than pictures."""
        shared = [self.open(name, "").gallery for name in self._shared]
        return [
            *(gallery.photos_dir for gallery in shared),
            *(gallery.folder / SMALL for gallery in shared),
            self.private.served,
        ]

    def names(self, visitor: str) -> list[Choice]:
        """What a visitor can choose from; the visitor's own gallery comes last, if it is ready."""
        choices = [_choice(name, source) for name, source in self._shared.items()]
        own = self.private.ready(visitor)
        if own is not None:
            choices.append(Choice(OWN, own.done, is_private=True, encoder=self.encoders.offered[0].name))
        return choices

    def open(self, choice: str, visitor: str, encoder: str = "") -> Retriever:
        """The gallery of this name as it is now; of a visitor's own, the one of this visitor.

        Args:
            choice: Its name.
            visitor: Who asks.
            encoder: Name of the encoder to search with; by default the one that the gallery was opened with.

        Raises:
            ValueError: There is no such gallery, or no longer, or no such encoder, or the photos are not ready for it;
                one sentence.
        """
        return self._find(choice, visitor).open(encoder)

    def prepare(self, choice: str, visitor: str, encoder: str) -> Preparing | None:
        """Makes a gallery ready for an encoder in the background; None: it is.

        Raises:
            ValueError: As `open`.
        """
        return self._find(choice, visitor).prepare(encoder)

    def _find(self, choice: str, visitor: str) -> ByEncoder:
        if choice == OWN:
            return self.private.by_encoder(visitor)
        source = self._shared.get(choice)
        if source is None:
            raise ValueError("Expected a gallery from the list, found another; choose one.")
        return source.searched if isinstance(source, PhotoFolder) else source

    def close(self) -> None:
        """Ends what goes on in the background and deletes the visitors' galleries."""
        for source in self._shared.values():
            if isinstance(source, PhotoFolder):
                source.stop()
        self.private.close()
        self.encoders.close()


def _choice(name: str, source: ByEncoder | PhotoFolder) -> Choice:
    if isinstance(source, PhotoFolder):
        searched = source.searched
        return Choice(name, len(searched), False, True, source.version, source.trouble, searched.ready[0])
    return Choice(name, len(source), encoder=source.ready[0])


def galleries_in(folder: Path) -> list[Path]:
    """The gallery in a folder, if it is one, and those in the folders right below it, by name."""
    below = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return [path for path in (folder, *below) if (path / MANIFEST).is_file() or (path / ADDRESS).is_file()]
