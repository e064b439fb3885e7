"""The repository as a Space of the Hugging Face Hub: which files make it up, and the front matter that describes it."""

from __future__ import annotations

import re
import subprocess
import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from huggingface_hub import metadata_load
from yaml import YAMLError

from zsbir.encoder import publishing
from zsbir.encoder.checkpoint import sha256
from zsbir.encoder.shipped import DEFAULT_CHECKPOINT, SHIPPED
from zsbir.gallery.copies import SMALL, find_small_copy
from zsbir.gallery.embeddings import EMBEDDINGS, embeddings_path
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.manifest import MANIFEST, PHOTOS
from zsbir.site.data import CREDITS

README = "README.md"
CHECKPOINT = DEFAULT_CHECKPOINT.as_posix()
GALLERY = "gallery_cache"
# What may lie in the Space besides checkpoint and gallery; the rest of the repository stays at home.
CODE = [
    *("app.py", "requirements.txt", "packages.txt", "LICENSE", README, "CONTRIBUTING.md"),
    *(f"zsbir/**/*.{suffix}" for suffix in ("py", "pyi", "html", "css", "js", "json", "svg")),
    *(f"docs/**/*.{suffix}" for suffix in ("md", "png", "svg")),  # what README.md shows and links to
]
FOLDERS = frozenset({"zsbir", "docs", "checkpoints", GALLERY})  # hold in the Space what is uploaded, and nothing else
MAX_DESCRIPTION = 60  # the Hub refuses more
_PYTHONS = ("3.10", "3.11", "3.12", "3.13")  # those for which requirements.txt installs
_COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")
_TEXTS = (
    *("title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "python_version", "app_file"),
    *("license", "short_description", "thumbnail"),
)


def read_front_matter(root: Path) -> dict[str, Any]:
    """What stands between the two lines of dashes at the top of the README.

    Raises:
        FileNotFoundError: There is no README.
        ValueError: It has no front matter, or one that is no YAML.
    """
    path = root / README
    if not path.is_file():
        raise FileNotFoundError(f"Expected a {README} in {root.resolve()}, found none; run this in the repository.")
    try:
        front = metadata_load(path)
    except (YAMLError, ValueError) as error:
        raise ValueError(f"Expected front matter in YAML at the top of {README}, found it damaged; mend it.") from error
    if not front:
        raise ValueError(f"Expected front matter between two lines '---' at the top of {README}, found none; add it.")
    return front


def front_matter_problems(front: dict[str, Any], root: Path) -> list[str]:
    """What the Hub would refuse or misread in the front matter of a README, one sentence each.

    Source: the Hub's documentation, "Spaces Configuration Reference".

    Args:
        front: The front matter.
        root: The tree that it describes.
    """
    wrong = [key for key in _TEXTS if not isinstance(front.get(key), str) or not front[key]]
    if wrong:  # 3.10 without quotes is the number 3.1
        return [f"Expected a text for {key} in the front matter, found {front.get(key)!r}; quote it." for key in wrong]
    gradio, installs = _gradio_pin(root), ", ".join(_PYTHONS)
    expected = {
        "emoji": (len(front["emoji"]) <= 2 and unicodedata.category(front["emoji"][0]) == "So", "one emoji"),
        "colorFrom": (front["colorFrom"] in _COLOURS, f"one of {', '.join(_COLOURS)}"),
        "colorTo": (front["colorTo"] in _COLOURS, f"one of {', '.join(_COLOURS)}"),
        "sdk": (front["sdk"] == "gradio", "'gradio'"),
        "sdk_version": (front["sdk_version"] == gradio, f"{gradio!r} as in requirements.txt"),
        "python_version": (front["python_version"] in _PYTHONS, f"one of {installs}"),
        "app_file": (_is_inside(root, front["app_file"]), "a file of this tree"),
        "license": (re.fullmatch(r"[a-z0-9.-]+", front["license"]), "one of the Hub's identifiers, as 'apache-2.0'"),
        "short_description": (
            len(front["short_description"]) <= MAX_DESCRIPTION,
            f"at most {MAX_DESCRIPTION} characters",
        ),
        "thumbnail": (
            front["thumbnail"].startswith("https://") or _is_inside(root, front["thumbnail"]),
            "an address, or a picture of this tree",
        ),
        "tags": (
            isinstance(front.get("tags"), list) and all(isinstance(tag, str) for tag in front["tags"]),
            "a list of words",
        ),
    }
    return [
        f"Expected {wanted} for {key} in the front matter, found {front.get(key)!r}; mend it in {README}."
        for key, (is_right, wanted) in expected.items()
        if not is_right
    ]


def encoders_for(root: Path, checkpoint: Path | None, gallery: Gallery) -> dict[str, Path]:
    """Every encoder of the Space: its path there, and where it lies here.

    Args:
        root: The tree.
        checkpoint: The only one, in the place of the zero-shot one; None: those of the tree that the gallery has
            embeddings of, or the zero-shot one where it has none.
        gallery: The gallery of the Space.
    """
    if checkpoint is not None:
        return {CHECKPOINT: checkpoint}
    bundled = {path.as_posix(): root / path for path in SHIPPED.values()}
    fitting = {name: path for name, path in bundled.items() if path.is_file() and gallery.of(sha256(path)) is not None}
    return fitting or {CHECKPOINT: root / CHECKPOINT}


def space_files(root: Path, encoders: Mapping[str, Path], gallery: Gallery) -> dict[str, Path]:
    """Every file of the Space: its path there, and where it lies here.

    Hidden files are left out, and code that Git does not track. A checkpoint or gallery from elsewhere takes the place
    of the bundled one, with the card and the credits that lie beside it.

    Args:
        root: The tree.
        encoders: Those of `encoders_for`.
        gallery: The gallery of the Space.

    Raises:
        ValueError: The tree is not one of Git's.
    """
    tracked = _tracked(root)
    found = {path.relative_to(root).as_posix(): path for pattern in CODE for path in sorted(root.glob(pattern))}
    code = {
        name: path
        for name, path in found.items()
        if path.is_file() and name in tracked and not re.search(r"(^|/)\.", name)
    }
    beside = {card_for(name): _card(name, path) for name, path in encoders.items()}
    beside |= {f"{GALLERY}/{name}": gallery.folder / name for name in CREDITS}
    photos = {f"{GALLERY}/{PHOTOS}/{photo.file}": gallery.photos_dir / photo.file for photo in gallery.photos}
    small = {
        f"{GALLERY}/{SMALL}/{path.name}": path
        for photo in gallery.photos
        if (path := find_small_copy(gallery.folder, photo.sha256)) is not None
    }
    return {
        **code,
        **encoders,
        **{name: path for name, path in beside.items() if path.is_file()},
        f"{GALLERY}/{MANIFEST}": gallery.folder / MANIFEST,
        f"{GALLERY}/{EMBEDDINGS}": gallery.embeddings_file,
        **_other_embeddings(encoders, gallery),
        **photos,
        **small,
    }


def card_for(encoder: str) -> str:
    """Path in the Space of the card of an encoder, of which the path there is given too."""
    path = PurePosixPath(encoder)
    return path.with_name(publishing.CARD if encoder == CHECKPOINT else publishing.own_card(path)).as_posix()


def _card(encoder: str, checkpoint: Path) -> Path:
    """Where it lies here; that of the folder may stand in for the only encoder's, but not for a second one's."""
    own = checkpoint.with_name(publishing.own_card(checkpoint))
    return publishing.card_of(checkpoint) if encoder == CHECKPOINT else own


def _other_embeddings(encoders: Mapping[str, Path], gallery: Gallery) -> dict[str, Path]:
    wanted = {sha256(path) for path in encoders.values()}
    files = [
        embeddings_path(gallery.folder, digest) for checkpoint, digest in gallery.others.items() if checkpoint in wanted
    ]
    return {f"{GALLERY}/{path.name}": path for path in files}


def bare_photos(gallery: Gallery, folder: Path) -> list[str]:
    """One sentence if photos of a gallery have no licence: they must not be published."""
    bare = [photo.file for photo in gallery.photos if not photo.licence]
    if not bare:
        return []
    return [
        f"Expected a licence for every photo of {folder}, found none for {len(bare)}, first of them {bare[0]}; "
        "name them in a credits.csv beside the photos and build the gallery again."
    ]


def names_of(encoders: Mapping[str, Path]) -> dict[str, Path]:
    """Encoders of a Space by the names that people read; those for use first."""
    shipped = {path.as_posix(): name for name, path in SHIPPED.items()}
    return {shipped[place]: path for place, path in encoders.items()}


def file_problems(root: Path, files: dict[str, Path]) -> list[str]:
    """What must not be published by mistake: files that are links, and what lies among the bundled ones untracked.

    Args:
        root: The tree.
        files: Those of `space_files`.
    """
    links = [name for name, path in files.items() if path.is_symlink() or (path.parent.is_symlink() and "/" in name)]
    tracked = _tracked(root)
    own = [name for name, path in files.items() if path.resolve() == (root / name).resolve() and name not in tracked]
    return [
        *(f"Expected files, found {name} to be a link; put the file itself there." for name in links[:1]),
        *(
            f"Expected files that Git tracks, found {len(own)} that it does not, first of them {name}; add them, or "
            "keep them elsewhere and name them with --gallery or --checkpoint."
            for name in own[:1]
        ),
    ]


def _tracked(root: Path) -> set[str]:
    command = ["git", "ls-files", "-z", "--cached"]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, check=True, text=True, encoding="utf-8").stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise ValueError(
            f"Expected a clone that Git knows in {root.resolve()}, found none; what it tracks is what is published."
        ) from error
    return set(listed.split("\0"))


def readme_for(root: Path, address: str) -> str:
    """The README as the Space shows it: a thumbnail of the tree becomes the address at which the Hub serves it."""
    thumbnail = read_front_matter(root)["thumbnail"]
    text = (root / README).read_text(encoding="utf-8")
    if thumbnail.startswith("https://"):
        return text
    return text.replace(f"thumbnail: {thumbnail}", f"thumbnail: {address}/resolve/main/{thumbnail}", 1)


def _gradio_pin(root: Path) -> str | None:
    requirements = root / "requirements.txt"
    text = requirements.read_text(encoding="utf-8") if requirements.is_file() else ""
    pin = re.search(r"^gradio==(\S+)$", text, re.MULTILINE)
    return pin.group(1) if pin else None


def _is_inside(root: Path, name: str) -> bool:
    path = (root / name).resolve()
    return path.is_file() and path.is_relative_to(root.resolve())
