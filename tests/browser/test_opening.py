"""Drawings and pictures told by their content, from the clipboard, dropped and photographed."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import clear, query
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.files import DEVICES, LINE, bounds, choose, notice, strokes_of, svg
from tests.served import encoded, sketch_in
from zsbir.ui.query import png_data_url

expect.set_options(timeout=TIMEOUT_MS)


# ---- By content, not by name


def test_what_a_file_is_is_seen_by_its_content(blank: Page) -> None:
    drawn = svg(f'<path {LINE} d="M0 0h9"/>')
    prologue = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE svg [<!ENTITY w "4">]><!-- <svg> -->'
    for name, content in {
        "drawing.xml": drawn.encode(),
        "drawing": b" \n" + drawn.encode(),
        "drawing.json": drawn.encode(),
        "utf-16.svg": ("\ufeff" + prologue + drawn.replace("<path", '<path stroke-width="&w;"')).encode("utf-16-le"),
        "big-endian.svg": ("\ufeff" + drawn).encode("utf-16-be"),
        "inline.svg": f'<svg viewBox="0 0 9 9"><path {LINE} d="M0 0h9"></svg>'.encode(),  # as in a page, not XML
        "prefixed.svg": b'<s:svg xmlns:s="http://www.w3.org/2000/svg"><s:path stroke="#000" d="M0 0h9"/></s:svg>',
        "json.svg": json.dumps({"drawing": [[[0, 9], [0, 0]]]}).encode(),
    }.items():
        (stroke,) = strokes_of(blank, content, name)
        left, top, right, bottom = bounds(stroke["points"])
        assert (top, bottom) == (400, 400), name
        assert right - left > 500, name
        clear(blank)
    choose(blank, encoded(sketch_in()), "picture.svg")
    expect(blank.locator(".zs-hint")).to_be_hidden()
    assert "picture" in query(blank)


def test_a_file_that_cannot_be_opened_is_named(blank: Page) -> None:
    choose(blank, b"not a picture", "notes.txt")
    assert notice(blank, "notes.txt: ").count("notes.txt") == 1
    choose(blank, b"0" * 20_000_001, "huge.png")
    assert notice(blank, "huge") == "huge.png is larger than 20 MB; make it smaller first."


# ---- Clipboard

COPY_PICTURE = """async (png) => {
    const blob = new Blob([Uint8Array.from(png)], { type: "image/png" });
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
}"""


def test_a_picture_on_the_clipboard_is_pasted(blank: Page) -> None:
    blank.evaluate(COPY_PICTURE, list(encoded(sketch_in())))
    blank.keyboard.press("Control+v")
    expect(blank.locator(".zs-hint")).to_be_hidden()
    assert "picture" in query(blank)
    expect(blank.locator(".zs-title", has_text="a picture")).to_have_count(5)


PASTE = """([png, name, text]) => {
    const pasted = new DataTransfer();
    if (name) pasted.items.add(new File([text], name, { type: "text/plain" }));
    pasted.items.add(new File([Uint8Array.from(png)], "cells.png", { type: "image/png" }));
    if (!name) pasted.setData("text/plain", text);
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: pasted, bubbles: true }));
}"""


@pytest.mark.parametrize(("name", "text"), [(None, "<5 kg"), ("notes.txt", "hello")], ids=["text", "file"])
def test_a_picture_is_pasted_though_what_comes_with_it_is_no_drawing(blank: Page, name: str | None, text: str) -> None:
    blank.evaluate(PASTE, [list(encoded(sketch_in())), name, text])
    expect(blank.locator(".zs-hint")).to_be_hidden()
    assert "picture" in query(blank)


def test_a_picture_that_is_an_address_of_data_is_pasted(blank: Page) -> None:
    blank.evaluate("text => navigator.clipboard.writeText(text)", png_data_url(sketch_in()))
    blank.keyboard.press("Control+v")
    expect(blank.locator(".zs-hint")).to_be_hidden()
    assert "picture" in query(blank)


@pytest.mark.parametrize("text", [svg(f'<path {LINE} d="M0 0h9"/>'), json.dumps({"drawing": [[[0, 9], [0, 0]]]})])
def test_a_drawing_as_text_is_pasted(blank: Page, text: str) -> None:
    blank.evaluate("text => navigator.clipboard.writeText(text)", text)
    blank.keyboard.press("Control+v")
    expect(blank.locator(".zs-hint")).to_be_hidden()
    assert len(query(blank)["strokes"]) == 1


def test_other_text_is_said_to_be_none_and_fields_keep_what_is_pasted(blank: Page) -> None:
    text = svg(f'<path {LINE} d="M0 0h9"/>')
    blank.evaluate("text => navigator.clipboard.writeText(text)", "hello")
    blank.keyboard.press("Control+v")
    notice(blank, "neither a picture nor a drawing")
    blank.evaluate("text => navigator.clipboard.writeText(text)", text)
    blank.evaluate("document.body.append(Object.assign(document.createElement('textarea'), { id: 'field' }))")
    blank.locator("#field").focus()
    blank.keyboard.press("Control+v")
    expect(blank.locator("#field")).to_have_value(text)
    blank.evaluate("document.querySelector('#field').remove()")
    assert query(blank)["strokes"] == []


# ---- Dropped

DROP = """([name, content, text]) => {
    const transfer = new DataTransfer();
    if (content) transfer.items.add(new File([Uint8Array.from(content)], name));
    if (text) transfer.setData("text/plain", text);
    const canvas = document.querySelector("#zs-canvas canvas");
    const fire = (type) => canvas.dispatchEvent(
        new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
    const taken = !fire("dragover"), marked = canvas.parentElement.classList.contains("zs-over");
    fire("drop");
    return [taken, marked, canvas.parentElement.classList.contains("zs-over")];
}"""


def test_a_picture_or_a_drawing_is_dropped(blank: Page) -> None:
    assert blank.evaluate(DROP, ["sketch.png", list(encoded(sketch_in())), None]) == [True, True, False]
    expect(blank.locator(".zs-hint")).to_be_hidden()
    assert "picture" in query(blank)
    clear(blank)
    blank.evaluate(DROP, [None, None, svg(f'<path {LINE} d="M0 0h9"/>')])
    expect(blank.locator(".zs-hint")).to_be_hidden()
    assert len(query(blank)["strokes"]) == 1


@pytest.mark.parametrize(
    ("kinds", "touch", "is_offered"),
    [(["videoinput"], True, True), (["audioinput"], True, False), (["videoinput"], False, False)],
)
def test_a_camera_is_offered_where_there_is_one(
    browser: Browser, address: str, retriever: CountingRetriever, kinds: list[str], touch: bool, is_offered: bool
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=touch, has_touch=touch)
    context.add_init_script(DEVICES.format(kinds=json.dumps(kinds)))
    page = opened(context, address)
    button = page.get_by_role("button", name="From paper")
    page.wait_for_timeout(300)
    assert button.is_visible() == is_offered
    if is_offered:
        with page.expect_file_chooser() as chooser:
            button.click()
        assert chooser.value.element.get_attribute("capture") == "environment"
        chooser.value.set_files({"name": "photo.png", "mimeType": "image/png", "buffer": encoded(sketch_in())})
        expect(button).to_be_hidden()
        assert "picture" in query(page)
        clear(page)
        expect(button).to_be_visible()
    context.close()
