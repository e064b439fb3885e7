"""What is painted bit by bit is what would be painted at once."""

from __future__ import annotations

import random

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from tests.browser.canvas import FIRST, SECOND, Point, draw, erase, ink, open_picture, press_pen, query
from tests.browser.conftest import TIMEOUT_MS
from zsbir.ui.query import decode_picture

expect.set_options(timeout=TIMEOUT_MS)

ANEW = """async () => {
    const canvas = document.querySelector("#zs-canvas canvas");
    const shown = async () => {
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        return canvas.toDataURL();
    };
    const pictures = [await shown()];
    for (const _ of [0, 1]) {  // another colour and back: all is painted anew
        document.body.classList.toggle("dark");
        pictures.push(await shown());
    }
    return pictures;
}"""


def pixels(data_url: str) -> NDArray[np.float64]:
    """A canvas as it is on the screen, float64 (height, width, 4), 0 to 255: the more transparent, the less colour."""
    rgba = np.asarray(decode_picture(data_url).convert("RGBA"), dtype=np.float64)
    rgba[..., :3] *= rgba[..., 3:] / 255
    return rgba


def expect_same_anew(page: Page, what: str, *, blank: bool = False) -> None:
    """What is on the canvas is, to the last bit, what a canvas shows that is painted from nothing."""
    shown, other, anew = (pixels(url) for url in page.evaluate(ANEW))
    assert np.array_equal(shown, anew), what
    if not blank:
        assert shown.max() > 0, what
        assert np.abs(shown - other).max() > 100, "it was painted anew"


def test_what_is_painted_bit_by_bit_is_the_whole(page: Page) -> None:
    draw(page, *FIRST)
    expect_same_anew(page, "a stroke")
    draw(page, *SECOND)
    page.get_by_role("radio", name="Bold stroke").check()
    draw(page, (0.1, 0.5), (0.9, 0.52), (0.5, 0.1))  # across the others
    expect_same_anew(page, "strokes across each other")
    press_pen(page, (0.3, 0.9), (0.9, 0.3))
    expect_same_anew(page, "a stroke with pressure")
    before = ink(page)
    erase(page, (0.1, 0.3), (0.9, 0.6), (0.3, 0.7))
    assert ink(page) < before
    expect_same_anew(page, "strokes that were rubbed")
    erase(page, (0.5, 0.05), (0.5, 0.95))
    for keys, what in (
        ("Control+z", "undo"),
        ("Control+z", "undo"),
        ("Control+Shift+z", "redo"),
        ("Control+z", "undo"),
    ):
        page.keyboard.press(keys)
        expect_same_anew(page, what)
    assert ink(page) == before
    page.keyboard.press("Delete")
    expect_same_anew(page, "clear", blank=True)
    page.keyboard.press("Control+z")
    expect_same_anew(page, "clearing undone")
    assert ink(page) == before


def test_an_opened_picture_is_painted_bit_by_bit_as_a_whole(page: Page) -> None:
    open_picture(page)
    expect_same_anew(page, "a picture")
    draw(page, (0.2, 0.3), (0.8, 0.6))
    whole = ink(page)
    erase(page, (0.2, 0.2), (0.6, 0.7), (0.4, 0.8))
    rubbed = ink(page)
    assert rubbed < whole
    assert query(page)["rubbed"]
    expect_same_anew(page, "a picture that was rubbed")
    draw(page, (0.3, 0.2), (0.6, 0.7))  # where it was rubbed
    expect_same_anew(page, "a stroke over it")
    page.keyboard.press("Control+z")
    assert ink(page) == rubbed
    page.keyboard.press("Control+z")
    expect_same_anew(page, "rubbing undone")
    assert ink(page) == whole
    assert query(page)["rubbed"] == []
    page.keyboard.press("Control+Shift+z")
    expect_same_anew(page, "rubbed again")
    assert ink(page) == rubbed


def test_another_way_of_the_eraser_in_the_same_frame_is_painted(page: Page) -> None:
    """As many ways as before, but others: undone and rubbed elsewhere before the next frame."""
    open_picture(page)
    erase(page, (0.3, 0.2), (0.3, 0.8))
    ink(page)  # waits for a frame
    page.get_by_role("radio", name="Eraser").check()
    ways = len(query(page)["rubbed"])
    page.evaluate(
        """(ways) => {
            const canvas = document.querySelector("#zs-canvas canvas"), box = canvas.getBoundingClientRect();
            document.querySelector(".zs-undo").click();
            const fire = (type, down) => canvas.dispatchEvent(new PointerEvent(type, {
                pointerId: 5, pointerType: "mouse", button: type === "pointermove" ? -1 : 0, buttons: 1, bubbles: true,
                clientX: box.left + box.width * 0.65, clientY: box.top + box.height * (0.2 + 0.6 * down) }));
            fire("pointerdown", 0);
            for (let step = 1; step < ways; step += 1) fire("pointermove", step / ways);
            fire("pointerup", 1);
        }""",
        ways,
    )
    assert len(query(page)["rubbed"]) == ways
    expect_same_anew(page, "as many ways as before, but others")


@pytest.mark.parametrize("seed", [0, 1])
def test_whatever_is_done_is_painted_as_a_whole(page: Page, seed: int) -> None:
    chance = random.Random(seed)

    def somewhere() -> Point:
        return chance.uniform(0.02, 0.98), chance.uniform(0.02, 0.98)

    if seed % 2:
        open_picture(page)
    deeds = {
        "a stroke": lambda: draw(page, *(somewhere() for _ in range(chance.randrange(2, 5)))),
        "a dot": lambda: draw(page, somewhere()),
        "pressure": lambda: press_pen(page, somewhere(), somewhere()),
        "the eraser": lambda: erase(page, *(somewhere() for _ in range(3))),
        "undo": lambda: page.keyboard.press("Control+z"),
        "redo": lambda: page.keyboard.press("Control+Shift+z"),
        "a pen": lambda: page.get_by_role("radio", name=chance.choice(["Fine", "Medium", "Bold"]) + " stroke").check(),
        "an example": lambda: page.locator(".zs-examples button").nth(chance.randrange(9)).click(),
    }
    done = []
    for _ in range(25):
        name = chance.choices(list(deeds), [8, 2, 3, 6, 5, 3, 2, 1])[0]
        deeds[name]()
        done.append(name)
        expect_same_anew(page, ", ".join(done), blank=True)
    assert ink(page) > 0
