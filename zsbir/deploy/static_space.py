"""The page without a server as a static Space: its files, and the front matter by which it may use threads."""

from __future__ import annotations

from pathlib import Path

from yaml import safe_dump

from zsbir.deploy import space
from zsbir.deploy.upload import put
from zsbir.gallery.gallery import Gallery
from zsbir.site.build import build_site

_TAKEN_OVER = ("title", "emoji", "colorFrom", "colorTo", "license", "short_description", "tags")
_HEADERS = {  # without them the page has one thread
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "cross-origin",
}
_FOLDERS = frozenset({"assets", "data"})  # of a site


def build_static(root: Path, checkpoint: Path | None, gallery: Path, folder: Path) -> dict[str, Path]:
    """Builds the site of a tree, and checks that it says under which licences its photos are.

    Args:
        root: The tree.
        checkpoint: The only encoder; None: those of the tree that the gallery has embeddings of.
        gallery: A built gallery.
        folder: Where to.

    Returns:
        Path in the Space and file here.

    Raises:
        FileNotFoundError: Node, or a file, is missing.
        ValueError: Front matter, licences, or checkpoint and gallery do not fit; a sentence for each.
    """
    found = Gallery.load(gallery)
    problems = space.front_matter_problems(space.read_front_matter(root), root) + space.bare_photos(found, gallery)
    if problems:
        raise ValueError("\n".join(problems))
    encoders = space.encoders_for(root, checkpoint, found)
    build_site(space.names_of(encoders), gallery, folder)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.relative_to(folder).as_posix(): path for path in files} | {"LICENSE": root / "LICENSE"}


def upload_static(files: dict[str, Path], root: Path, repo: str, *, private: bool = False) -> str:
    """Puts the files of `build_static` on a static Space: see `zsbir.deploy.upload.put`."""
    return put(repo, "static", files, lambda _: readme(root), _FOLDERS, private)


def readme(root: Path) -> str:
    """The README of the Space: front matter of its own, in the words of the tree's."""
    front = space.read_front_matter(root)
    own = {name: front[name] for name in _TAKEN_OVER if name in front}
    own |= {"sdk": "static", "app_file": "index.html", "custom_headers": _HEADERS}
    return f"---\n{safe_dump(own, allow_unicode=True, sort_keys=False)}---\n\nEverything is computed in your browser.\n"
