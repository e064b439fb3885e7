"""A visitor who brings pictures of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
from playwright.sync_api import Page, expect

from tests.conftest import make_photo
from tests.served import encoded
from tests.serving.own_pictures import zipped


def upload(name: str, number: int = 0) -> Any:
    content = encoded(make_photo("disc", np.random.default_rng(number)))
    return {"name": name, "mimeType": "image/png", "buffer": content}


def packed(*entries: tuple[str, bytes]) -> Any:
    return {"name": "pictures.zip", "mimeType": "application/zip", "buffer": zipped(*entries)}


def bring(page: Page, *files: Any) -> None:
    button = page.get_by_role("button", name="Search your own pictures")
    if button.get_attribute("aria-expanded") == "false":
        button.click()
    page.locator(".zs-drop input").set_input_files(list(files))


def gallery(page: Page) -> Any:
    return page.get_by_role("combobox", name="Gallery")


def expect_own(page: Page, count: int, *titles: str) -> None:
    """The visitor's own pictures are chosen and searched."""
    expect(gallery(page)).to_have_value("Your pictures")
    expect(page.locator(".zs-status")).to_contain_text(f"Searched {count} photo")
    for title in titles:
        expect(page.locator(".zs-title", has_text=title)).to_have_count(1)
