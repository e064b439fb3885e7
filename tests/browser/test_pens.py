from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.pointers import Pointers, across

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture
def tablet(browser: Browser, address: str, retriever: CountingRetriever) -> Iterator[Pointers]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, has_touch=True)
    yield Pointers(opened(context, address))
    context.close()


def undo_is_enabled(page: Page) -> bool:
    return page.get_by_role("button", name="Undo").is_enabled()


def test_a_pen_takes_back_what_the_palm_began_and_the_palm_leaves_nothing_after(tablet: Pointers) -> None:
    tablet.fingers("Start", (0.8, 0.9))
    tablet.fingers("Move", (0.84, 0.9))
    assert len(tablet.strokes()) == 1
    tablet.pen("Pressed", (0.2, 0.2), 0.6)
    for place in across(0.2):
        tablet.pen("Moved", place, 0.6)
        tablet.fingers("Move", (0.8, 0.9))
    tablet.pen("Released", (0.8, 0.2))
    tablet.fingers("Move", (0.7, 0.95))
    tablet.fingers("End")
    (stroke,) = tablet.strokes()
    assert len(stroke) == 11
    assert {y for _, y, _ in stroke} == {160}

    tablet.page.keyboard.press("Control+z")
    assert tablet.strokes() == []
    assert not undo_is_enabled(tablet.page)  # the palm is no step either


def test_a_palm_during_and_after_the_pen_leaves_nothing(tablet: Pointers) -> None:
    tablet.pen("Pressed", (0.2, 0.2), 0.6)
    tablet.fingers("Start", (0.8, 0.9))
    for place in across(0.2):
        tablet.pen("Moved", place, 0.6)
    tablet.pen("Released", (0.8, 0.2))
    tablet.fingers("End")
    before = tablet.strokes()
    assert len(before) == 1
    tablet.fingers("Start", (0.8, 0.9))
    tablet.fingers("Move", (0.6, 0.9))
    tablet.fingers("End")
    assert tablet.strokes() == before


def test_a_hovering_pen_draws_nothing_and_keeps_the_hand_from_drawing(tablet: Pointers) -> None:
    for place in across(0.3):
        tablet.pen("Moved", place)
    tablet.fingers("Start", (0.8, 0.9))
    tablet.fingers("Move", (0.6, 0.9))
    tablet.fingers("End")
    assert tablet.strokes() == []


def test_a_finger_draws_again_when_the_pen_has_rested(tablet: Pointers) -> None:
    tablet.stroke(*across(0.2))
    tablet.page.evaluate("() => { const now = performance.now(); performance.now = () => now + 30_000; }")
    tablet.fingers("Start", (0.8, 0.9))
    tablet.fingers("Move", (0.6, 0.9))
    tablet.fingers("End")
    assert len(tablet.strokes()) == 2


@pytest.mark.parametrize("tool", ["Medium stroke", "Eraser"])
def test_a_pinch_leaves_no_ink_rubs_nothing_and_is_no_step_of_undo(tablet: Pointers, tool: str) -> None:
    page = tablet.page
    tablet.stroke(*across(0.5), device="mouse", pressure=0.5)
    tablet.stroke(*across(0.8), device="mouse", pressure=0.5)
    page.keyboard.press("Control+z")
    before = tablet.strokes()
    page.get_by_role("radio", name=tool).check()
    tablet.fingers("Start", (0.4, 0.5))
    tablet.fingers("Move", (0.45, 0.55))
    assert tablet.strokes() != before
    tablet.fingers("Start", (0.45, 0.55), (0.6, 0.5))
    for step in range(5):
        tablet.fingers("Move", (0.4 - step / 30, 0.5), (0.6 + step / 30, 0.5))
    tablet.fingers("Move", (0.2, 0.2))  # one finger is lifted, the other goes on
    tablet.fingers("End")
    assert tablet.strokes() == before
    expect(page.get_by_role("button", name="Redo")).to_be_enabled()
    page.keyboard.press("Control+z")
    assert tablet.strokes() == []

    tablet.fingers("Start", (0.4, 0.5))  # and afterwards one finger draws as ever
    tablet.fingers("Move", (0.6, 0.5))
    tablet.fingers("End")
    assert len(tablet.strokes()) == (tool != "Eraser")


def test_a_finger_that_the_system_takes_for_a_palm_has_drawn_nothing(tablet: Pointers) -> None:
    tablet.fingers("Start", (0.4, 0.5))
    tablet.fingers("Move", (0.6, 0.5))
    tablet.fingers("Cancel")
    assert tablet.strokes() == []
    assert not undo_is_enabled(tablet.page)


def test_a_finger_does_not_disturb_the_mouse(tablet: Pointers) -> None:
    page = tablet.page
    places = [tablet.on_screen(place) for place in across(0.3)]
    page.mouse.move(*places[0])
    page.mouse.down()
    for x, y in places[1:]:
        page.mouse.move(x, y)
        tablet.fingers("Start", (0.5, 0.9))
        tablet.fingers("Move", (0.6, 0.9))
        tablet.fingers("End")
    page.mouse.up()
    (stroke,) = tablet.strokes()
    assert {y for _, y in stroke} == {240}
    assert stroke[-1][0] == 800


def test_a_stroke_goes_on_outside_and_ends_where_the_pointer_was_lifted_unseen(tablet: Pointers) -> None:
    page = tablet.page
    page.mouse.move(*tablet.on_screen((0.5, 0.5)))
    page.mouse.down()
    page.mouse.move(*tablet.on_screen((1.3, 0.5)))
    page.mouse.move(*tablet.on_screen((0.5, 1.3)))
    assert tablet.strokes()[0][-1] == [500, 800]  # kept to the page
    tablet.pen("Moved", (0.2, 0.2), device="mouse")  # without a button: it was let go outside the window
    tablet.pen("Moved", (0.3, 0.3), device="mouse")
    (stroke,) = tablet.strokes()
    assert stroke[-1] == [500, 800]
    tablet.stroke((0.1, 0.1), (0.2, 0.1), device="mouse")
    assert len(tablet.strokes()) == 2


def test_a_page_that_loses_the_screen_ends_the_stroke_and_forgets_the_fingers(tablet: Pointers) -> None:
    tablet.fingers("Start", (0.4, 0.5))
    tablet.fingers("Move", (0.6, 0.5))
    tablet.page.evaluate("window.dispatchEvent(new Event('blur'))")
    assert undo_is_enabled(tablet.page)  # it is done
    tablet.fingers("End")
    tablet.fingers("Start", (0.4, 0.7))
    tablet.fingers("Move", (0.6, 0.7))
    tablet.fingers("End")
    assert len(tablet.strokes()) == 2


def test_a_stroke_goes_on_when_the_browser_takes_the_capture_away(tablet: Pointers) -> None:
    page = tablet.page
    page.mouse.move(*tablet.on_screen((0.2, 0.5)))
    page.mouse.down()
    page.mouse.move(*tablet.on_screen((0.4, 0.5)))
    page.evaluate("document.querySelector('#zs-canvas canvas').releasePointerCapture(1)")
    page.mouse.move(*tablet.on_screen((0.6, 0.5)))
    page.mouse.move(*tablet.on_screen((0.6, 1.5)))
    page.mouse.up()
    page.mouse.move(*tablet.on_screen((0.8, 0.5)))
    assert tablet.strokes() == [[[200, 400], [400, 400], [600, 400]]]


ERASER_END = """([from, to]) => {
    const canvas = document.querySelector("#zs-canvas canvas");
    const fire = (type, at, more) => canvas.dispatchEvent(new PointerEvent(type, { bubbles: true, cancelable: true,
        pointerId: 77, pointerType: "pen", pressure: 0.5, clientX: at[0], clientY: at[1], ...more }));
    fire("pointerdown", from, { button: 5, buttons: 32 });
    fire("pointermove", to, { button: -1, buttons: 32 });
    fire("pointerup", to, { button: 5, buttons: 0, pressure: 0 });
}"""  # the protocol knows no such button


def test_the_other_end_of_a_pen_rubs_and_one_movement_is_one_step(tablet: Pointers) -> None:
    tablet.stroke(*across(0.5))
    before = tablet.strokes()
    tablet.page.evaluate(ERASER_END, [tablet.on_screen((0.45, 0.5)), tablet.on_screen((0.55, 0.5))])
    left, right = tablet.strokes()
    assert max(x for x, *_ in left) < 450
    assert min(x for x, *_ in right) > 550
    expect(tablet.page.get_by_role("radio", name="Medium stroke")).to_be_checked()
    tablet.page.keyboard.press("Control+z")
    assert tablet.strokes() == before


@pytest.mark.parametrize("device", ["pen", "mouse"])
def test_pressure_is_kept_whatever_a_pen_says_it_is(tablet: Pointers, device: str) -> None:
    places = across(0.5, steps=4)
    tablet.pen("Pressed", places[0], 0.5, device)  # of a mouse: no pressure is known yet
    for place, pressure in zip(places[1:], (0.5, 0.9, 0.25, 0.5), strict=True):
        tablet.pen("Moved", place, pressure, device)
    tablet.pen("Released", places[-1], 0, device)
    (stroke,) = tablet.strokes()
    assert stroke == [[200, 400, 0.5], [350, 400, 0.5], [500, 400, 0.9], [650, 400, 0.25], [800, 400, 0.5]]


def test_a_plain_mouse_and_a_finger_have_no_pressure_and_nothing_to_switch(tablet: Pointers) -> None:
    tablet.stroke(*across(0.2), device="mouse", pressure=0.5)
    tablet.fingers("Start", (0.4, 0.5))
    tablet.fingers("Move", (0.6, 0.5))
    tablet.fingers("End")
    assert {len(point) for stroke in tablet.strokes() for point in stroke} == {2}
    expect(tablet.page.get_by_role("switch", name="Pen pressure")).to_be_hidden()


def test_pressure_can_be_switched_off_which_is_remembered(tablet: Pointers) -> None:
    page = tablet.page
    switch = page.get_by_role("switch", name="Pen pressure")
    tablet.stroke(*across(0.2))
    expect(switch).to_be_checked()
    page.locator(".zs-pressure").click()
    tablet.stroke(*across(0.4))
    assert [len(points[0]) for points in tablet.strokes()] == [3, 2]

    page.reload()
    page.locator(".zs-examples button").first.wait_for()
    expect(switch).not_to_be_checked()
    page.get_by_role("button", name="Clear").click()
    tablet.stroke(*across(0.6))
    switch.check()
    tablet.stroke(*across(0.8))
    assert [len(points[0]) for points in tablet.strokes()] == [2, 3]
