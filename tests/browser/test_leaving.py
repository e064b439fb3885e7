"""When a page counts as closed: its goodbye, not a connection that was cut."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import TIMEOUT_MS
from tests.browser.own_pictures import bring, expect_own, gallery, upload
from zsbir.serving.private_galleries import PrivateGalleries

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the server is told of pages, as it happens: "arrived" or "left", and the name of the page; no repetition."""
    told: list[tuple[str, str]] = []

    def noting(word: str) -> Any:
        really = getattr(PrivateGalleries, word)

        def note(self: PrivateGalleries, visitor: str, page: str) -> None:
            if (word, page) not in told and self.progress(visitor) is not None:
                told.append((word, page))
            really(self, visitor, page)

        return note

    for word in ("arrived", "left"):
        monkeypatch.setattr(PrivateGalleries, word, noting(word))
    return told


def wait_for(page: Page, pages: list[tuple[str, str]], *words: str) -> None:
    for _ in range(TIMEOUT_MS // 50):
        if [word for word, _ in pages] == list(words):
            return
        page.wait_for_timeout(50)
    assert [word for word, _ in pages] == list(words)


def test_a_page_says_when_it_closes_and_a_reload_that_it_is_back(page: Page, pages: list[tuple[str, str]]) -> None:
    bring(page, upload("lake.png"))
    expect(gallery(page)).to_have_value("Your pictures")
    page.reload()
    wait_for(page, pages, "arrived", "left", "arrived")
    expect(gallery(page)).to_have_value("Your pictures")
    page.goto("about:blank")
    wait_for(page, pages, "arrived", "left", "arrived", "left")
    names = [name for _, name in pages]
    assert names[0] == names[1] != names[2] == names[3]


def test_a_cut_connection_is_no_goodbye(page: Page, pages: list[tuple[str, str]]) -> None:
    page.get_by_role("button", name="Example drawing: butterfly").click()
    bring(page, upload("lake.png"), upload("sea.png", 1))
    expect_own(page, 2, "lake")
    page.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as a phone does that is locked
    page.wait_for_timeout(3_000)
    page.context.set_offline(False)
    page.get_by_role("button", name="Example drawing: airplane").click()
    expect_own(page, 2, "lake")
    assert [word for word, _ in pages] == ["arrived"]


@pytest.mark.parametrize(
    "said", ["", "[]", "7", "{}", '{"visitor": 1, "page": []}', "[" * 900, json.dumps("x" * 2_000)]
)
def test_a_goodbye_that_is_none_is_refused(address: str, said: str) -> None:
    assert httpx.post(f"{address}zsbir/goodbye", content=said, timeout=30).status_code in (400, 413)
