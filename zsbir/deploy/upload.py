"""Put this repository on the Hugging Face Hub as a Space.

Run as `python -m zsbir.deploy --repo USER/NAME [--private] [--checkpoint M] [--gallery DIR] [--dry-run]`
in the root of the repository.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

from zsbir.deploy import space
from zsbir.encoder.embedder import load_embedder
from zsbir.encoder.publishing import plain_refusals, require_token
from zsbir.gallery.copies import SMALL
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.manifest import PHOTOS
from zsbir.gallery.retriever import Retriever

LARGE = 10_000_000  # bytes; the Hub keeps larger files apart from Git


@dataclass(frozen=True)
class Deployment:
    """A tree that was checked and may be uploaded.

    Attributes:
        root: The tree.
        files: Path in the Space and file here.
    """

    root: Path
    files: dict[str, Path]


def check_tree(root: Path, checkpoint: Path | None, gallery: Path) -> Deployment:
    """Checks that the tree would run as a Space, and that it says under which licences everything is.

    Args:
        root: The tree.
        checkpoint: The only encoder; None: see `encoders_for`.
        gallery: A built gallery.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: Front matter, versions, licences, or checkpoint and gallery do not fit, or something would be
            published by mistake; a sentence for each.
    """
    problems = space.front_matter_problems(space.read_front_matter(root), root)
    found = Gallery.load(gallery)
    encoders = space.encoders_for(root, checkpoint, found)
    for path in encoders.values():
        embedder = load_embedder(path, "cpu")
        Retriever(embedder, found.of(embedder.checkpoint_sha256) or found)  # or they do not fit
    files = space.space_files(root, encoders, found)
    problems += [
        f"Expected {name} in the tree, found none; add it." for name in ("app.py", "LICENSE") if name not in files
    ]
    problems += space.file_problems(root, files)
    problems += [
        f"Expected {Path(card).name} with the licence beside {path}, found none; write it."
        for name, path in encoders.items()
        if (card := space.card_for(name)) not in files
    ]
    problems += space.bare_photos(found, gallery)
    if problems:
        raise ValueError("\n".join(problems))
    return Deployment(root, files)


def upload(deployment: Deployment, repo: str, *, private: bool = False) -> str:
    """Makes the Space if need be, and makes its files those of the deployment in one commit.

    Files of the Space in folders of this project that are no longer part of it are deleted there; all others stay.

    Args:
        deployment: What to upload.
        repo: "user/name".
        private: Whether a new Space is seen by its owner alone.

    Returns:
        The address of the Space.

    Raises:
        FileNotFoundError: There is no such user or organisation, or this token may not see it.
        ValueError: No access token, or the Hub refuses.
    """
    files = {name: path for name, path in deployment.files.items() if name != space.README}
    return put(
        repo, "gradio", files, lambda address: space.readme_for(deployment.root, address), space.FOLDERS, private
    )


def put(
    repo: str, sdk: str, files: Mapping[str, Path], readme: Callable[[str], str], folders: Set[str], private: bool
) -> str:
    """Makes a Space if need be, and its files these in one commit.

    Args:
        repo: "user/name".
        sdk: What runs it.
        files: Path in the Space and file here.
        readme: What its README says, given the address of the Space.
        folders: What else lies in these folders of the Space is deleted there; all others stay.
        private: Whether a new Space is seen by its owner alone.

    Returns:
        The address of the Space.

    Raises:
        FileNotFoundError: There is no such user or organisation, or this token may not see it.
        ValueError: No access token, or the Hub refuses.
    """
    api = HfApi(token=require_token())
    with plain_refusals(repo):
        address = str(api.create_repo(repo, repo_type="space", space_sdk=sdk, private=private, exist_ok=True))
        there = api.list_repo_files(repo, repo_type="space")
        stale = [name for name in there if name.partition("/")[0] in folders and name not in files]
        operations: list[CommitOperationAdd | CommitOperationDelete] = [
            *(CommitOperationAdd(name, str(path)) for name, path in files.items()),
            CommitOperationAdd(space.README, readme(address).encode()),
            *(CommitOperationDelete(name) for name in stale),
        ]
        api.create_commit(repo, operations, repo_type="space", commit_message="Deploy")
    return address


def show(deployment: Deployment) -> str:
    """The files as a list with sizes; each folder of photos in one line, files above 10 MB marked."""
    sizes = {name: path.stat().st_size for name, path in deployment.files.items()}
    folders = tuple(f"{space.GALLERY}/{folder}/" for folder in (PHOTOS, SMALL))
    lines = [
        _line(size, name + (", above 10 MB" if size > LARGE else ""))
        for name, size in sizes.items()
        if size > LARGE or not name.startswith(folders)
    ]
    for folder in folders:
        collapsed = [size for name, size in sizes.items() if size <= LARGE and name.startswith(folder)]
        lines.append(_line(sum(collapsed), f"{folder} ({len(collapsed)} photos)"))
    return "\n".join([*lines, _line(sum(sizes.values()), f"in {len(sizes)} files")])


def _line(size: int, what: str) -> str:
    return f"{size / 1000:10,.1f} kB  {what}"
