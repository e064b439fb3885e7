"""How results change, how many there are, and where the focus is meanwhile."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import FIRST, SECOND, draw
from tests.browser.conftest import TIMEOUT_MS, CountingRetriever, opened
from tests.browser.results import Searches, example, expect_hint, expect_photos_for, photos, shown, slider

expect.set_options(timeout=TIMEOUT_MS)


# ---- The number of photos


def test_the_slider_sets_the_number_of_photos(page: Page, retriever: CountingRetriever) -> None:
    expect(slider(page)).to_have_value("5")
    example(page, "butterfly")
    expect(photos(page)).to_have_count(5)
    five = shown(page)
    slider(page).fill("9")
    expect(photos(page)).to_have_count(9)
    assert shown(page)[:5] == five
    expect(page.locator("#zs-count output")).to_have_text("9")
    slider(page).focus()
    page.keyboard.press("Home")
    expect(photos(page)).to_have_count(1)
    page.keyboard.press("End")
    expect(photos(page)).to_have_count(len(retriever.gallery))  # it has fewer than the slider's most
    page.get_by_role("button", name="Clear").click()
    expect_hint(page)
    expect(page.locator(".zs-place")).to_have_count(20)  # so that the page does not jump when one draws


def test_number_keys_reach_more_than_five_and_neighbours_are_as_many(page: Page) -> None:
    example(page, "butterfly")
    slider(page).fill("8")
    expect(photos(page)).to_have_count(8)
    page.get_by_role("button", name="Undo").focus()  # the slider has keys of its own
    page.keyboard.press("8")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="More like this").click()
    expect(page.locator(".zs-status")).to_contain_text("Most like")
    expect(photos(page)).to_have_count(8)


def test_the_slider_works_on_a_narrow_phone(browser: Browser, address: str, retriever: CountingRetriever) -> None:
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, device_scale_factor=2, is_mobile=True, has_touch=True
    )
    page = opened(context, address)
    page.locator(".zs-examples button").first.tap()
    expect(photos(page)).to_have_count(5)
    slider(page).scroll_into_view_if_needed()
    box = slider(page).bounding_box()
    assert box is not None
    assert box["height"] >= 40
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    page.touchscreen.tap(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)
    expect(slider(page)).to_have_value("20")
    expect(photos(page)).to_have_count(12)
    context.close()


# ---- Changing without a jolt


def test_nothing_shifts_while_results_come_and_change(page: Page) -> None:
    page.wait_for_function("document.querySelector('#zs-gallery select').options.length > 0")  # the last part to come
    page.evaluate(
        """() => { window.shifts = [];
            // A photo that stays has another place, to which it slides: all but those are to stay where they are.
            const others = (entry) => entry.sources.filter(({ node }) => !node?.closest?.(".zs-photo"));
            const seen = (list) => list.getEntries().filter((entry) => others(entry).length);
            new PerformanceObserver((list) => seen(list).forEach((entry) =>
                window.shifts.push(entry.value + " " + others(entry).map(({ node }) => node?.outerHTML?.slice(0, 80)))))
            .observe({ type: "layout-shift", buffered: false }); }"""
    )
    for name in ("butterfly", "camel", "pear"):
        example(page, name)
        expect(page.locator(".zs-status")).to_contain_text("Searched")
        expect(photos(page)).to_have_count(5)
        page.wait_for_function("[...document.querySelectorAll('.zs-photo img')].every((photo) => photo.complete)")
    page.get_by_role("button", name="Clear").click()
    expect_hint(page)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("window.shifts") == []
    page.evaluate("document.querySelector('.zs-header').style.marginTop = '90px'")  # the check can fail
    page.wait_for_function("window.shifts.length > 0")


def test_photos_are_shown_when_they_can_be_painted_and_not_before(page: Page) -> None:
    page.evaluate(
        """() => { window.blank = [];
            const later = window.setTimeout;  // a busy machine may need longer than the page has patience
            window.setTimeout = (act, ms, ...rest) => later(act, ms === 1500 ? 60000 : ms, ...rest);
            new MutationObserver(() => window.blank.push([...document.querySelectorAll(".zs-photo img")]
                .filter((photo) => !photo.complete || !photo.naturalWidth).length))
            .observe(document.querySelector(".zs-photos"), { childList: true }); }"""
    )
    example(page, "butterfly")
    expect(photos(page)).to_have_count(5)
    slider(page).fill("12")
    expect(photos(page)).to_have_count(12)
    blank = page.evaluate("window.blank")
    assert len(blank) >= 2
    assert set(blank) == {0}


def test_photos_that_never_come_do_not_hold_up_the_answer(page: Page) -> None:
    page.route("**/gradio_api/file=**", lambda _route: None)
    draw(page, *FIRST)
    expect_photos_for(page, "1 strokes")


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_photos_move_unless_the_visitor_wants_stillness(
    browser: Browser, address: str, retriever: CountingRetriever, motion: str
) -> None:
    context = browser.new_context(reduced_motion=motion)
    page = opened(context, address)
    page.evaluate(
        """() => { window.movements = []; const animate = Element.prototype.animate;
            Element.prototype.animate = function (...frames) {
                window.movements.push(this.tagName); return animate.apply(this, frames); }; }"""
    )
    example(page, "butterfly")
    expect(photos(page)).to_have_count(5)
    example(page, "camel")
    page.wait_for_function("document.querySelector('.zs-status').textContent.startsWith('Searched')")
    expect(photos(page)).to_have_count(5)  # those that faded away are gone
    assert (page.evaluate("window.movements.length") > 0) == (motion == "no-preference")
    context.close()


# ---- The newest wins


def test_a_late_answer_does_not_replace_neighbours(page: Page, retriever: CountingRetriever) -> None:
    example(page, "butterfly")
    expect(photos(page)).to_have_count(5)
    searches = Searches(page)
    retriever.gate.clear()
    draw(page, *SECOND)
    searches.wait_until(1)  # under way; what was drawn meanwhile waits for it
    photos(page).first.click()
    page.get_by_role("button", name="More like this").click()
    expect(page.locator(".zs-status")).to_contain_text("Most like")
    neighbours = shown(page)
    assert searches.under_way == 1
    retriever.gate.set()
    searches.wait_until(0)
    page.wait_for_timeout(500)
    assert searches.under_way == 0
    assert shown(page) == neighbours
    expect(page.locator(".zs-status")).to_contain_text("Most like")
    page.get_by_role("button", name="Search", exact=True).click()  # and the drawing can be had back
    expect(page.locator(".zs-status")).to_contain_text("Searched")


def test_one_search_at_a_time(page: Page) -> None:
    searches = Searches(page)
    for name in ("butterfly", "camel", "pear"):
        example(page, name)
        slider(page).fill(str(len(name)))
        page.get_by_role("button", name="Search", exact=True).click()
    expect(photos(page)).to_have_count(len("pear"))
    searches.wait_until(0)
    assert searches.done > 1
    assert searches.most == 1


# ---- By keyboard


def test_tab_goes_through_the_page_in_its_order(page: Page) -> None:
    example(page, "butterfly")
    expect(photos(page)).to_have_count(5)
    page.get_by_role("radio", name="Medium stroke").focus()
    order = [
        "Medium stroke",
        *("Undo", "Clear", "Open a sketch or a saved drawing", "Save the drawing", "Search"),
        *("Example drawing: butterfly", "Number of photos"),
        *["photo"] * 5,
    ]
    met: list[str] = []
    while len(met) < 100 and met.count("photo") < 5:
        met.append(
            page.evaluate(
                """() => { const at = document.activeElement;
                    return at.matches("a.zs-frame") ? "photo" : at.ariaLabel ?? at.textContent.trim(); }"""
            )
        )
        page.keyboard.press("Tab")
    assert [name for name in met if name in order] == order


def test_the_dialog_keeps_the_focus_and_gives_it_back(page: Page) -> None:
    example(page, "butterfly")
    expect(photos(page)).to_have_count(5)
    second = page.locator("a.zs-frame").nth(1)
    second.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement.closest('dialog') !== null || document.activeElement === document.body"
        )
    page.keyboard.press("Escape")
    expect(second).to_be_focused()


def test_focus_stays_on_a_photo_when_results_change(page: Page) -> None:
    example(page, "butterfly")
    expect(photos(page)).to_have_count(5)
    photo = shown(page)[1]
    page.locator("a.zs-frame").nth(1).focus()
    page.evaluate("document.querySelector('#zs-count input').value = 7")
    page.locator("#zs-count input").dispatch_event("input")
    expect(photos(page)).to_have_count(7)
    assert page.evaluate("document.activeElement.closest('.zs-photo').dataset.photo") == photo
