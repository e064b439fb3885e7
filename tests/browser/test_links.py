"""Links that hold the drawing, and the photos found as one picture, in a browser."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.pointers import Pointers
from tests.browser.test_drawing import FIRST, SECOND, draw, ink, photos
from tests.browser.test_opening import choose
from tests.browser.test_ways import drawn_on, expect_found_for, more_like, shown
from tests.served import encoded, sketch_in

expect.set_options(timeout=TIMEOUT_MS)

# Both sides of link.js in one call: a list of drawings in, their texts and what is read from these out.
ROUND_TRIP = """async (drawings) => {
    const { textOf, strokesOf } = await import("/zsbir/link.js");
    return Promise.all(drawings.map(async (strokes) => {
        const text = await textOf(strokes);
        const read = await strokesOf(text);
        return { text, read, again: await textOf(read) };
    }));
}"""
READ = """async (texts) => {
    const { strokesOf } = await import("/zsbir/link.js");
    return Promise.all(texts.map((text) => strokesOf(text).then(JSON.stringify, () => null)));
}"""


@pytest.fixture
def sharing(browser: Browser, address: str, retriever: CountingRetriever) -> Iterator[Page]:
    """A page that may read and write the clipboard."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield opened(context, address)
    context.close()


def strokes_on(page: Page) -> list[dict[str, object]]:
    strokes: list[dict[str, object]] = json.loads(page.evaluate("document.querySelector('#zs-canvas canvas').query()"))[
        "strokes"
    ]
    return strokes


def copy_link(page: Page) -> str:
    page.locator(".zs-save summary").click()
    page.locator(".zs-copy-link").click()
    expect(page.locator(".zs-notice")).to_contain_text("Link copied")
    return str(page.evaluate("navigator.clipboard.readText()"))


def random_drawing(rng: np.random.Generator) -> list[dict[str, object]]:
    """Strokes as a hand might draw them or a file might hold them: some with pressure, some beyond the page."""
    strokes = []
    for _ in range(rng.integers(1, 12)):
        points = rng.uniform(-300, 1300, 2) + np.cumsum(
            rng.normal(0, rng.choice([3, 15, 200]), (rng.integers(1, 80), 2)), 0
        )
        columns = [np.round(points, 1)]
        if rng.random() < 0.4:
            columns.append(np.round(rng.uniform(0, 1, (len(points), 1)), 2))
        strokes.append({"width": round(float(rng.uniform(0.1, 60)), 1), "points": np.hstack(columns).tolist()})
    return strokes


# ---- The text of a drawing


def test_random_drawings_come_back(page: Page) -> None:
    rng = np.random.default_rng(6)
    drawings = [random_drawing(rng) for _ in range(200)]
    for drawing, answer in zip(drawings, page.evaluate(ROUND_TRIP, drawings), strict=True):
        assert len(answer["read"]) == len(drawing)
        for before, after in zip(drawing, answer["read"], strict=True):
            assert after["width"] == pytest.approx(before["width"], abs=1e-9)
            old, new = np.array(before["points"]), np.array(after["points"])
            assert new.shape == old.shape
            assert np.abs(new - old)[:, :2].max() <= 0.5 + 1e-9  # whole units of a page of 1,000; on the page all are
            assert np.allclose(new[:, 2:], old[:, 2:], atol=1e-9)  # pressure in hundredths
        assert answer["again"] == answer["text"]
        assert set(answer["text"]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_usual_drawing_is_a_short_link(page: Page) -> None:
    rng = np.random.default_rng(7)
    steps = [np.cumsum(rng.normal(0, 0.5, 30)) for _ in range(10)]
    strokes = [
        {
            "width": 16,
            "points": np.round(400 + np.cumsum(15 * np.stack([np.cos(turn), np.sin(turn)], 1), 0), 1).tolist(),
        }
        for turn in steps
    ]
    (answer,) = page.evaluate(ROUND_TRIP, [strokes])
    assert sum(len(stroke["points"]) for stroke in strokes) == 300
    assert len(answer["text"]) < 1_200


def test_without_streams_that_pack_links_are_made_and_read_all_the_same(page: Page) -> None:
    rng = np.random.default_rng(8)
    drawing = random_drawing(rng)
    (packed,) = page.evaluate(ROUND_TRIP, [drawing])
    page.evaluate("delete window.CompressionStream")
    (plain,) = page.evaluate(ROUND_TRIP, [drawing])
    assert plain["text"].startswith("1p")
    assert plain["read"] == packed["read"]


def test_every_damage_is_noticed(page: Page) -> None:
    rng = np.random.default_rng(9)
    for length in (3, 60):  # plain and packed
        drawing = [{"width": 16, "points": np.round(rng.uniform(0, 99, (length, 2))).tolist()}] * 3
        (answer,) = page.evaluate(ROUND_TRIP, [drawing])
        text = answer["text"]
        damaged = [text[:cut] for cut in range(len(text))]
        damaged += [text[:at] + ("A" if text[at] != "A" else "z") + text[at + 1 :] for at in range(len(text))]
        damaged += [f"{text}AA", f"2{text[1:]}", f" {text}", text.replace("1", "1x", 1), "", "1p", "1d", "1p===="]
        read = page.evaluate(READ, damaged)
        whole = json.dumps(answer["read"], separators=(",", ":"))
        # The last letter has bits that no byte uses; with those changed the drawing is still the same.
        assert {json.dumps(json.loads(one), separators=(",", ":")) for one in read if one} <= {whole}
        assert sum(one is not None for one in read) <= 1
        assert page.evaluate(READ, [text]) != [None]


def test_what_is_read_is_bounded(page: Page) -> None:
    bomb = """async () => {
        const packed = async (bytes) => {
            const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
            const sent = new Uint8Array(await new Response(stream).arrayBuffer());
            const text = btoa(Array.from(sent, (byte) => String.fromCharCode(byte)).join(""));
            return "1d" + text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
        };
        return packed(new Uint8Array(80_000_000)); }"""
    assert page.evaluate(READ, [page.evaluate(bomb)]) == [None]
    many = [{"width": 16, "points": [[0, 0]] * 50_000}]
    assert page.evaluate(ROUND_TRIP, [many])[0]["read"][0]["width"] == 16
    too_many = """async () => { const { textOf, strokesOf } = await import("/zsbir/link.js");
        const points = Array.from({ length: 50_001 }, () => [0, 0]);
        return strokesOf(await textOf([{ width: 16, points }])).then(() => "read", () => null); }"""
    assert page.evaluate(too_many) is None


# ---- On the page


def test_a_copied_link_opens_the_drawing_and_searches(sharing: Page, retriever: CountingRetriever) -> None:
    draw(sharing, *FIRST)
    draw(sharing, *SECOND)
    expect_found_for(sharing, 2)
    link = copy_link(sharing)
    assert "#drawing=" not in sharing.url
    asked: list[str] = []
    other = sharing.context.new_page()
    other.on("request", lambda request: asked.append(request.url))
    other.goto(link)
    expect_found_for(other, 2)
    assert [stroke["width"] for stroke in strokes_on(other)] == [16, 16]
    assert strokes_on(other) == strokes_on(sharing)
    assert not [url for url in asked if "drawing=" in url]  # the server is never told
    assert other.url == link
    other.reload()
    expect_found_for(other, 2)
    expect(other.get_by_role("button", name="Undo")).to_be_disabled()  # it is no change of the drawing
    draw(other, *SECOND)
    expect_found_for(other, 3)
    assert "#" not in other.url


def drawing_asked(page: Page) -> str:
    return str(page.evaluate("document.querySelector('#zs-canvas canvas').query()"))


UNEVEN = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 97 83" fill="none" stroke="#000" stroke-width="1.234">
<path d="M10.123 9.87C30.5 70.25 60.75 3.3 80.01 60.07"/></svg>"""


@pytest.mark.parametrize("way", ["hand", "pen", "eraser", "SVG", "example"])
def test_a_link_asks_the_very_question_of_the_page_it_came_from(sharing: Page, way: str) -> None:
    if way == "SVG":
        choose(sharing, UNEVEN)
    elif way == "example":
        sharing.get_by_role("button", name="Example drawing: camel").click()
    elif way == "pen":
        places = [(0.1 + 0.0123 * step, 0.3 + 0.00771 * step) for step in range(40)]
        Pointers(sharing).stroke(*places, pressure=0.3337)
    else:
        draw(sharing, *[(0.1 + 0.01231 * step, 0.2 + 0.2 * float(np.sin(step / 7))) for step in range(60)])
    expect(sharing.locator(".zs-hint")).to_be_hidden()
    if way == "eraser":
        sharing.locator(".zs-eraser").click()
        draw(sharing, (0.3333, 0.05), (0.37, 0.6))
        assert len(strokes_on(sharing)) > 1
    expect(photos(sharing)).to_have_count(5)
    link = copy_link(sharing)
    other = sharing.context.new_page()
    other.goto(link)
    other.wait_for_function("document.querySelector('#zs-canvas canvas')?.isBlank?.() === false")
    assert drawing_asked(other) == drawing_asked(sharing)


def test_a_link_on_an_open_page_can_be_undone(sharing: Page) -> None:
    draw(sharing, *FIRST)
    expect_found_for(sharing, 1)
    link = copy_link(sharing)
    draw(sharing, *SECOND)
    expect_found_for(sharing, 2)
    before = strokes_on(sharing)
    sharing.evaluate("(link) => { location.hash = new URL(link).hash; }", link)
    expect_found_for(sharing, 1)
    sharing.get_by_role("button", name="Undo").click()
    expect_found_for(sharing, 2)
    assert strokes_on(sharing) == before
    assert "#" not in sharing.url


def test_the_way_back_does_not_draw_an_old_link_again(sharing: Page) -> None:
    draw(sharing, *FIRST)
    expect_found_for(sharing, 1)
    link = copy_link(sharing)
    other = sharing.context.new_page()
    other.goto(link)
    expect_found_for(other, 1)
    more_like(other, 0)
    draw(other, *SECOND)
    expect_found_for(other, 2)
    other.go_back()
    other.wait_for_timeout(500)
    assert len(strokes_on(other)) == 2
    assert "#" not in other.url


@pytest.mark.parametrize("fragment", ["1dAAAA", "1p", "9pAAAAAAA", "%00"])
def test_a_damaged_link_is_said_and_the_page_is_blank(
    browser: Browser, address: str, retriever: CountingRetriever, fragment: str
) -> None:
    context = browser.new_context()
    page = opened(context, f"{address}#drawing={fragment}")
    expect(page.locator(".zs-notice")).to_have_text(
        "This link is damaged, or was cut short: the drawing in it cannot be read."
    )
    assert ink(page) == 0
    assert "#" not in page.url
    draw(page, *FIRST)
    expect_found_for(page, 1)
    context.close()


def test_without_a_clipboard_the_link_can_be_copied_by_hand(page: Page) -> None:
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    draw(page, *FIRST)
    page.locator(".zs-save summary").click()
    page.locator(".zs-copy-link").click()
    field = page.get_by_role("textbox", name="Link to this drawing")
    expect(field).to_be_focused()
    assert page.evaluate("getSelection().toString()") == field.input_value()
    assert "#drawing=1" in field.input_value()
    draw(page, *SECOND)
    expect(field).to_be_hidden()  # it holds another drawing than the page now


def test_no_link_is_offered_where_there_can_be_none(page: Page) -> None:
    entry = page.locator(".zs-copy-link")
    page.locator(".zs-save summary").click()
    expect(entry).to_be_disabled()
    expect(entry).to_contain_text("Draw something first")
    page.locator(".zs-save summary").click()
    page.locator(".zs-upload input").set_input_files(
        {"name": "sketch.png", "mimeType": "image/png", "buffer": encoded(sketch_in())}
    )
    expect(photos(page)).to_have_count(5)
    page.locator(".zs-save summary").click()
    expect(entry).to_be_disabled()
    expect(entry).to_contain_text("An opened picture does not fit into a link")


def test_a_long_link_is_said_to_be_long(sharing: Page) -> None:
    sharing.evaluate(
        """() => { let seed = 1; const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
            const points = () => Array.from({ length: 400 }, () => [1000 * next(), 800 * next()]);
            const strokes = Array.from({ length: 20 }, () => ({ width: 16, points: points() }));
            document.querySelector("#zs-canvas canvas").put(strokes); }"""
    )
    expect(photos(sharing)).to_have_count(5)
    link = copy_link(sharing)
    assert len(link) > 16_000
    expect(sharing.locator(".zs-notice")).to_contain_text(f"It has {len(link):,} characters")


# ---- The photos found as one picture


def saved_results(page: Page) -> Image.Image:
    page.locator(".zs-save summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Drawing and photos").click()
    assert download.value.suggested_filename == "drawing-results.png"
    return Image.open(io.BytesIO(download.value.path().read_bytes())).convert("RGB")


@pytest.mark.parametrize("count", [1, 5, 12])
def test_the_photos_found_are_saved_as_one_picture(page: Page, count: int) -> None:
    """Each photo is on it where the layout has it: as bright as the photo's file is, not as the paper."""
    drawn_on(page)
    page.get_by_role("slider", name="Number of photos").fill(str(count))
    expect(photos(page)).to_have_count(count)
    picture = saved_results(page)
    assert picture.width == 1600
    pixels = np.asarray(picture, dtype=float)
    drawing = pixels[48:448, 48:548].mean(axis=2)
    assert (drawing < 60).mean() > 0.002  # ink
    assert (drawing > 250).mean() > 0.8  # paper
    rows = -(-count // 5)
    across = -(-count // rows)
    side = min(480, (1600 - 96 - (across - 1) * 24) / across)
    for column in range(across if count >= across else count):
        left = round(48 + column * (side + 24))
        middle = pixels[
            496 + round(side * 0.4) : 496 + round(side * 0.6), left + round(side * 0.4) : left + round(side * 0.6)
        ]
        assert middle.std() > 0 or abs(middle.mean() - 254) > 3  # the colours of a photo
        below = pixels[496 + round(side) + 8 : 496 + round(side) + 80, left : left + round(side)]
        assert (below.mean(axis=2) < 120).mean() > 0.01  # its title and credits


def test_nothing_found_is_nothing_to_save(page: Page) -> None:
    page.locator(".zs-save summary").click()
    page.get_by_role("button", name="Drawing and photos").click()
    expect(page.locator(".zs-notice")).to_contain_text("There are no photos to save yet")


def test_what_is_written_on_the_picture(page: Page) -> None:
    """The texts themselves, as the canvas gets them: rank, title, author, licence and domain, unshortened."""
    drawn_on(page)
    page.locator(".zs-photo").first.evaluate(
        """({ dataset }) => Object.assign(dataset, { title: "A photo", author: "Somebody with a name of several words",
            licence: "CC0-1.0", source: "a set: x.webp (original: https://commons.example.org/File:x.jpg)" })"""
    )
    page.evaluate(
        """() => { window.written = []; const { fillText } = CanvasRenderingContext2D.prototype;
            CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
                if (text) window.written.push(text.trim()); return fillText.call(this, text, ...rest); }; }"""
    )
    saved_results(page)
    text = " ".join(page.evaluate("window.written"))
    assert "1 A photo" in text
    assert "By Somebody with a name of several words CC0-1.0 commons.example.org" in text
    assert "5 photos found with this drawing" in text
    assert "Gallery: Test photos" in text


def test_photos_like_another_are_saved_without_the_drawing(page: Page) -> None:
    drawn_on(page)
    with_drawing = saved_results(page)
    more_like(page, 0)
    assert saved_results(page).height < with_drawing.height
    assert len(shown(page)) == 5
