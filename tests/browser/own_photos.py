"""A visitor who brings photos of their own to the page without a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, expect

from tests.conftest import CORNERS, make_photo
from tests.served import encoded


def jpeg(seed: int, **options: Any) -> bytes:
    rng = np.random.default_rng(seed)
    return encoded(make_photo([*CORNERS][seed % len(CORNERS)], rng), "JPEG", **options)


def file(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def bring(page: Page, *files: Any) -> None:
    if page.locator(".zs-own").is_hidden():
        page.get_by_role("button", name="Search your own photos").click()
    page.locator(".zs-drop input").set_input_files(list(files))


def expect_ready(page: Page, count: int) -> None:
    verb = "is" if count == 1 else "are"
    noun = "photo" if count == 1 else "photos"
    expect(page.locator(".zs-report p")).to_contain_text(f"{count:,} {noun} of yours {verb} ready to search.")
    expect(page.locator(".zs-gallery option").last).to_have_text(f"Your photos ({count:,} {noun})")


def choose_folder(page: Page, folder: Path) -> None:
    if page.locator(".zs-own").is_hidden():
        page.get_by_role("button", name="Search your own photos").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(folder)
