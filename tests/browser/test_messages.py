"""What is said to the visitor moves nothing on the page, and leaves again; in a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import FIRST, copied_link, draw
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.files import DEVICES
from tests.browser.results import drawn_on, expect_surprise, photos

expect.set_options(timeout=TIMEOUT_MS)

SIZES = [(1280, 900), (800, 900), (390, 844), (360, 740), (844, 390)]
PLACES = """() => JSON.stringify([".zs-paper", ".zs-tools", ".zs-chosen", "#zs-gallery select", ".zs-frame", "#zs-map"]
    .map((part) => { const { x, y, width, height } = document.querySelector(part).getBoundingClientRect();
        return [part, ...[x + scrollX, y + scrollY, width, height].map(Math.round)]; }))"""


@pytest.fixture(params=SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def sized(
    request: pytest.FixtureRequest, browser: Browser, address: str, retriever: CountingRetriever
) -> Iterator[Page]:
    width, height = request.param
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield opened(context, address)
    context.close()


def places(page: Page) -> list[list[object]]:
    """Where the parts of the page are."""
    found: list[list[object]] = json.loads(page.evaluate(PLACES))
    return found


def refuse_a_file(page: Page) -> None:
    page.locator("#zs-canvas input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": b"nothing"}
    )
    expect(page.locator(".zs-notice")).to_contain_text("isn't a picture we can read")


def test_nothing_moves_when_something_is_said(sized: Page) -> None:
    before = places(sized)
    sized.get_by_role("button", name="Surprise me").click()
    expect_surprise(sized)
    assert places(sized) == before, "a surprise"
    copied_link(sized)
    assert places(sized) == before, "a link"
    refuse_a_file(sized)
    assert places(sized) == before, "a file that cannot be read"
    photos(sized).nth(2).click()
    sized.get_by_role("dialog").get_by_role("button", name="Combine with my drawing").click()
    expect(sized.locator(".zs-reference")).to_be_visible()
    expect(sized.locator(".zs-status")).to_contain_text("with the photo")
    assert places(sized) == before, "a photo beside the drawing"
    assert sized.locator(".zs-reference label").evaluate("label => label.scrollWidth <= label.clientWidth")
    sized.get_by_role("button", name="Remove photo").click()
    expect(sized.get_by_role("button", name="Surprise me")).to_be_visible()
    assert places(sized) == before, "without it again"


def test_what_is_said_is_on_the_drawing_area_and_leaves(sized: Page) -> None:
    drawn_on(sized)
    copied_link(sized)
    paper, toast = (sized.locator(part).bounding_box() for part in (".zs-paper", ".zs-toast:has(.zs-notice)"))
    assert paper is not None
    assert toast is not None
    assert toast["y"] > paper["y"] + paper["height"] / 2
    assert toast["y"] + toast["height"] <= paper["y"] + paper["height"]
    assert sized.evaluate(  # what lies under it can be drawn on
        "([x, y]) => document.elementFromPoint(x, y).matches('canvas')",
        [toast["x"] + toast["width"] / 2, toast["y"] + toast["height"] / 2],
    )
    expect(sized.locator(".zs-notice")).to_be_hidden()


def test_what_is_said_leaves_when_somebody_draws_and_stays_while_something_is_under_way(page: Page) -> None:
    refuse_a_file(page)
    draw(page, *FIRST)
    assert page.locator(".zs-notice").is_hidden()
    page.evaluate(
        """async () => { const { makeToast } = await import("/zsbir/toast.js");
            makeToast(document.querySelector(".zs-gone"))("Reading …"); }"""
    )
    page.wait_for_timeout(6_000)
    expect(page.locator(".zs-gone")).to_be_visible()


def test_a_blank_page_on_a_phone_says_it_above_the_camera(
    browser: Browser, address: str, retriever: CountingRetriever
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    context.add_init_script(DEVICES.format(kinds='["videoinput"]'))
    page = opened(context, address)
    refuse_a_file(page)
    camera, toast = (page.locator(part).bounding_box() for part in (".zs-camera", ".zs-toast:has(.zs-notice)"))
    assert camera is not None
    assert toast is not None
    assert toast["y"] + toast["height"] <= camera["y"]
    context.close()
