"""Files that are made to hold up the page: each is refused, and before anything large is made of it."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.canvas import clear
from tests.browser.conftest import TIMEOUT_MS
from tests.browser.files import HEAD, LINE, notice, strokes_of, svg

expect.set_options(timeout=TIMEOUT_MS)

# What opening.js does with a text, made in the page as it may be long: what is said, and how long the page stood still.
READ = """async ([before, piece, count, after]) => {
    const { strokesInSvg } = await import("/zsbir/svg_drawing.js");
    const { strokesInJson } = await import("/zsbir/json_drawing.js");
    const text = before + piece.repeat(count) + after;
    const begin = performance.now();
    try {
        const { strokes } = text.startsWith("<") ? await strokesInSvg(text) : strokesInJson(text);
        return [`${strokes.length} strokes`, performance.now() - begin];
    } catch (error) {
        return [error.name, performance.now() - begin];
    }
}"""
PATH = f'<path {LINE} d="M0 0h9"/>'
TOO_MUCH, NONE = "RangeError", "TypeError"
HOSTILE = {
    "elements": ("<svg>", "<g/>", 4_000_000, "</svg>", TOO_MUCH),
    "elements in elements": (HEAD + ">", "<g>", 2_000_000, "</svg>", TOO_MUCH),
    "elements that html repeats": ("<p>", "<b><i><p></b>", 300_000, "<svg/>", TOO_MUCH),
    "a few that html repeats": (f"<svg><foreignObject>{''.join(f'<b a{n}>' for n in range(20_000))}", "<p>", 20_000,
                                "</svg>", NONE),
    "attributes": (HEAD, ' a="" b=""', 1_000_000, "/>", TOO_MUCH),
    "styles": (f"{HEAD}><style>", ".a{fill:red}", 1_000_000, f"</style>{PATH}</svg>", TOO_MUCH),
    "rules and elements": (f"{HEAD}><style>{''.join(f'.c{n} path{{fill:red}}' for n in range(500))}</style>", PATH,
                           14_000, "</svg>", TOO_MUCH),
    "a long path": (f'{HEAD}><path {LINE} d="M0 0', "h1", 2_000_000, '"/></svg>', TOO_MUCH),
    "leaps": (f'{HEAD}><path {LINE} d="', "M0 0", 1_000_000, '"/></svg>', TOO_MUCH),
    "points": (f'{HEAD}><polyline {LINE} points="', "1,2 ", 1_000_000, '"/></svg>', TOO_MUCH),
    "digits that are no arc": (f'{HEAD}><path {LINE} d="M0 0A', "2", 100_000, '"/></svg>', NONE),
    "JSON in JSON": ("", '[[[[{"a":\n', 2_000_000, "", NONE),
    "points in JSON": ('{"strokes":[{"points":[[1,2]', ",[1,2]", 3_000_000, "]}]}", NONE),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_would_hold_up_the_page_is_refused(blank: Page, name: str) -> None:
    *content, expected = HOSTILE[name]
    said, milliseconds = blank.evaluate(READ, content)
    assert said == expected
    assert milliseconds < TIMEOUT_MS / 4  # most took minutes, and some more memory than there is


def test_rules_that_browsers_take_long_for_are_passed_over(blank: Page) -> None:
    rules = "rect ~ path, g:has(path) path, a > g > g > path { fill: none; stroke: none } .a { stroke-width: 9 }"
    body = f'<style>{rules}</style><g><rect/><path class="a" {LINE} d="M0 0h99"/></g>{PATH}'
    first, second = strokes_of(blank, svg(body))
    # The rectangle has no size: it is passed over, and the rest is drawn.
    assert first["width"] == pytest.approx(9 * second["width"], abs=0.5)


def test_pictures_and_fonts_within_a_file_are_no_matter(blank: Page) -> None:
    large = "A" * 6_000_000
    body = (
        f"<style>@font-face {{ src: url(data:font/woff;base64,{large}) }} .a {{ stroke: red }}</style>"
        f'<image href="data:image/png;base64,{large}\n{large}"/><path class="a" fill="none" d="M0 0h99"/>'
    )
    assert len(strokes_of(blank, svg(body))) == 1
    assert notice(blank, "Left out") == "Left out of a.svg: pictures."
    clear(blank)
    without_namespace = f'<svg viewBox="0 0 200 200">{PATH * 900}</svg>'
    assert len(strokes_of(blank, without_namespace)) == 900


@pytest.mark.parametrize(
    "rubbed", [None, 7, [7], [{"from": [1, 2]}], [{"from": [1, 2], "to": [1, 1e9]}], [{"from": [1, 2], "to": ["1", 2]}],
               [{"from": [1, 2], "to": [1, 2]}] * 50_001]
)  # fmt: skip
def test_what_was_kept_in_the_tab_is_checked(page: Page, rubbed: object) -> None:
    strokes = [{"width": 16, "points": [[100, 100], [300, 300]]}]
    for kept, there in ((rubbed, False), ([{"from": [1, 2], "to": [3, 4]}], True)):
        page.evaluate(
            "(kept) => { window.addEventListener('pagehide', () => sessionStorage.setItem('zs-drawing', kept)); }",
            json.dumps({"strokes": strokes, "rubbed": kept}),
        )
        page.reload()
        page.locator(".zs-examples button").first.wait_for()
        hint = page.locator(".zs-hint")
        expect(hint).to_be_hidden() if there else expect(hint).to_be_visible()
