"""Builds the folder: the page and what it fetches, put into place once all of it is there."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from secrets import token_hex
from typing import Any

from zsbir.gallery.finding import is_site
from zsbir.gallery.gallery import Gallery
from zsbir.serving.galleries import galleries_in
from zsbir.serving.start import shown_name
from zsbir.site.bundle import check_tools, write_page
from zsbir.site.data import write_data

DATA = "data"
_RUNTIME = "assets/ort-wasm-"  # files of the two runtimes: a browser uses one


def build_site(checkpoints: dict[str, Path], gallery: Path, out: Path) -> None:
    """Builds a site, in the place of one that is there.

    Args:
        checkpoints: The encoders by the names that people read, the default first.
        gallery: A gallery, or a folder of several.
        out: The folder; there may be none yet, or one with an older site.

    Raises:
        FileNotFoundError: Node, a checkpoint or a gallery is missing.
        ValueError: One is damaged, or the folder holds something else.
    """
    check_tools()
    if out.exists() and not is_site(out) and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(
            f"Expected {out} to be empty, or a site that was built before, found other files; name another."
        )
    galleries: dict[str, Gallery] = {}
    for folder in galleries_in(gallery) or [gallery]:
        galleries[shown_name(folder, galleries)] = Gallery.load(folder, "exact")
    partial = out.with_name(f"{out.name}.{token_hex(4)}.partial")
    try:
        write_page(partial)
        _write_version(partial, write_data(checkpoints, galleries, partial / DATA))
        if out.exists():
            shutil.rmtree(out)
        partial.replace(out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_version(folder: Path, site: dict[str, Any]) -> None:
    """What the service worker keeps from the first visit on: the page, and what its first search needs."""
    page = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    runtimes = [name for name in page if name.startswith(_RUNTIME)]
    encoder, gallery = site["encoders"][0], site["galleries"][0]
    searched = gallery["by_encoder"][encoder["name"]]
    files = [
        *(name for name in page if not name.startswith((f"{DATA}/", _RUNTIME)) and name != "service_worker.js"),
        f"{DATA}/site.json",
        *(f"{DATA}/{encoder['folder']}/{name}" for name in ("sketches.onnx", "weights.bin")),
        *(f"{DATA}/{gallery['folder']}/{name}" for name in ("photos.json", searched["embeddings"])),
        *(f"{DATA}/{gallery['folder']}/{unlike['file']}" for unlike in [searched["unlike"]] if unlike),
    ]
    digest = hashlib.sha256(b"".join((folder / name).read_bytes() for name in [*files, *runtimes])).hexdigest()
    said = json.dumps({"version": digest[:16], "files": files, "runtimes": runtimes}, separators=(",", ":"))
    (folder / "version.js").write_text(f"self.SITE = {said};\n", encoding="utf-8")


def size_of(folder: Path) -> tuple[int, int]:
    """How many files a site has, and how many bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)
