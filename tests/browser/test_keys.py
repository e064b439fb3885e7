from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import TIMEOUT_MS
from tests.browser.pointers import Pointers, across

expect.set_options(timeout=TIMEOUT_MS)

CTRL, META, SHIFT = 2, 4, 8  # of the protocol

# What the key that undoes writes, and where it is.
UNDO = {
    "QWERTY": ("z", "KeyZ"),
    "QWERTZ": ("z", "KeyY"),
    "AZERTY": ("z", "KeyW"),
    "Dvorak": ("z", "Slash"),
    "Turkish F": ("z", "KeyN"),
    "caps lock": ("Z", "KeyZ"),
    "Russian": ("я", "KeyZ"),
    "Greek": ("ζ", "KeyZ"),
    "Hebrew": ("ז", "KeyZ"),
    "Arabic": ("ئ", "KeyZ"),
    "Arabic of a phone": ("ض", "KeyZ"),
    "Thai": ("ผ", "KeyZ"),
    "Hindi": ("ॆ", "KeyZ"),
    "a letter with a tail": ("ş", "KeyZ"),
    "an input method": ("Process", "KeyZ"),
    "an accent": ("Dead", "KeyZ"),
}
NOTHING = {
    "Dvorak": (";", "KeyZ"),
    "QWERTZ": ("y", "KeyZ"),  # which is redo
    "AZERTY": ("w", "KeyZ"),
    "Turkish F": ("j", "KeyZ"),
    "Russian": ("н", "KeyY"),
}


@pytest.fixture
def drawn(page: Page) -> Iterator[Pointers]:
    """Two strokes on the page."""
    pointers = Pointers(page)
    for y in (0.2, 0.4):
        pointers.stroke(*across(y), device="mouse", pressure=0.5)
    return pointers


def press(page: Page, key: str, code: str, modifiers: int = 0) -> None:
    protocol = page.context.new_cdp_session(page)
    event = {"key": key, "code": code, "modifiers": modifiers}
    protocol.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **event})
    protocol.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})


@pytest.mark.parametrize("modifier", [CTRL, META])
def test_undo_and_redo_on_every_layout(drawn: Pointers, modifier: int) -> None:
    for layout, (key, code) in UNDO.items():
        press(drawn.page, key, code, modifier)
        assert len(drawn.strokes()) == 1, layout
        press(drawn.page, key.upper() if len(key) == 1 else key, code, modifier | SHIFT)
        assert len(drawn.strokes()) == 2, layout


def test_a_key_that_writes_something_else_undoes_nothing(drawn: Pointers) -> None:
    for layout, (key, code) in NOTHING.items():
        press(drawn.page, key, code, CTRL)
        assert len(drawn.strokes()) == 2, layout


def test_redo_by_its_own_letter(drawn: Pointers) -> None:
    for key, code in [("y", "KeyY"), ("y", "KeyZ"), ("н", "KeyY"), ("υ", "KeyY")]:
        press(drawn.page, "z", "KeyZ", CTRL)
        press(drawn.page, key, code, CTRL)
        assert len(drawn.strokes()) == 2, (key, code)


def test_keys_that_write_with_alt_are_left_alone(drawn: Pointers) -> None:
    for how in ("altKey: true", "modifierAltGraph: true", "isComposing: true"):
        drawn.page.evaluate(
            f"""document.body.dispatchEvent(new KeyboardEvent("keydown",
                {{ key: "z", code: "KeyZ", ctrlKey: true, bubbles: true, {how} }}))"""
        )
        assert len(drawn.strokes()) == 2, how


DIGITS = [
    ("2", "Digit2", 0),
    ("2", "Numpad2", 0),
    ("é", "Digit2", 0),  # AZERTY, where a digit takes shift
    ("2", "Digit2", SHIFT),
    ("ě", "Digit2", 0),  # Czech
    ("٢", "Digit2", 0),  # Arabic
    ("ๅ", "Digit2", 0),  # Thai
]


def test_digits_open_photos(drawn: Pointers) -> None:
    page = drawn.page
    expect(page.locator(".zs-photo a")).to_have_count(5)
    page.wait_for_timeout(1_000)  # until the drawing has come to rest
    name = page.locator(".zs-photo .zs-name").nth(1).inner_text()
    for key, code, modifiers in DIGITS:
        press(page, key, code, modifiers)
        expect(page.locator(".zs-dialog h2")).to_have_text(name)
        page.locator(".zs-dialog .zs-close").click()
        expect(page.locator("dialog[open]")).to_have_count(0)
    for key, code, modifiers in [("@", "Digit2", SHIFT), ("é", "Digit2", CTRL), ("End", "Numpad1", 0)]:
        press(page, key, code, modifiers)
        assert page.locator("dialog[open]").count() == 0


def test_fields_keep_their_keys_and_drawing_takes_them_back(drawn: Pointers) -> None:
    page = drawn.page
    page.evaluate(
        "document.querySelector('.zs-tools').append(Object.assign(document.createElement('input'), { id: 'field' }))"
    )
    page.locator("#field").focus()
    press(page, "z", "KeyZ", CTRL)
    press(page, "?", "Slash", SHIFT)
    assert len(drawn.strokes()) == 2
    expect(page.locator("dialog[open]")).to_have_count(0)

    for y in (0.6, 0.8):
        drawn.stroke(*across(y), device="mouse", pressure=0.5)
    press(page, "z", "KeyZ", CTRL)
    assert len(drawn.strokes()) == 3
    page.get_by_role("slider", name="Number of photos").focus()  # not written in
    press(page, "z", "KeyZ", CTRL)
    assert len(drawn.strokes()) == 2


@pytest.mark.parametrize(
    ("key", "code"), [("?", "Slash"), ("?", "Digit7"), ("?", "Minus"), ("؟", "Slash"), ("？", "Slash")]
)
def test_the_question_mark_lists_the_keys(page: Page, key: str, code: str) -> None:
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    press(page, key, code, SHIFT)
    expect(dialog).to_be_visible()
    for shortcut in ("Ctrl+Z", "Ctrl+Shift+Z", "Ctrl+Y", "Delete", "Ctrl+V", "1", "9", "?"):
        expect(dialog.locator("kbd").get_by_text(shortcut, exact=True)).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_list_is_reached_by_a_button_and_gives_the_focus_back(page: Page, address: str, theme: str) -> None:
    page.goto(f"{address}?__theme={theme}")
    page.locator(".zs-examples button").first.wait_for()
    button = page.get_by_role("button", name="Keyboard shortcuts")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    for close in ("Escape", "Enter"):  # by the button in it that has the focus
        button.press("Enter")
        expect(dialog.get_by_role("button", name="Close")).to_be_focused()
        assert Axe().run(page, options={"resultTypes": ["violations"]}, context=".zs-shortcuts").violations_count == 0
        page.keyboard.press(close)
        expect(dialog).to_be_hidden()
        expect(button).to_be_focused()
    button.click()
    page.mouse.click(5, 5)
    expect(dialog).to_be_hidden()


def test_keys_do_not_reach_the_page_below_the_list(drawn: Pointers) -> None:
    press(drawn.page, "?", "Slash", SHIFT)
    press(drawn.page, "z", "KeyZ", CTRL)
    press(drawn.page, "Delete", "Delete")
    assert len(drawn.strokes()) == 2
    drawn.page.keyboard.press("Escape")
    press(drawn.page, "z", "KeyZ", CTRL)
    assert len(drawn.strokes()) == 1


def test_a_phone_has_no_button_for_keys(phone: Page) -> None:
    expect(phone.locator(".zs-help")).to_be_hidden()
