"""The text of a link: a drawing goes in and comes out, and damage is noticed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import TIMEOUT_MS

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
        damaged += [
            f"{text}AA",
            f"2{text[1:]}",
            f" {text}",
            text.replace("1", "1x", 1),
            f"1x{text[2:]}",
            "",
            "1p",
            "1d",
            "1p====",
        ]
        read = page.evaluate(READ, damaged)
        whole = json.dumps(answer["read"], separators=(",", ":"))
        # The last letter has bits that no byte uses; with those changed the drawing is still the same.
        assert {json.dumps(json.loads(one), separators=(",", ":")) for one in read if one} <= {whole}
        assert sum(one is not None for one in read) <= 1
        assert page.evaluate(READ, [text]) != [None]
    (dot,) = page.evaluate(ROUND_TRIP, [[{"width": 16, "points": [[7, 9]]}]])
    assert dot["text"].startswith("1p")
    assert page.evaluate(READ, [f"1x{dot['text'][2:]}"]) == [None]  # packed in a way that is not known


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
