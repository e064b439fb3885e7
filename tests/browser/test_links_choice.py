"""Links name the gallery and the encoder, on the page with a server and on the one without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.canvas import FIRST, copied_link, draw
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.own_photos import bring as bring_photos
from tests.browser.own_photos import expect_ready, file, jpeg
from tests.browser.own_pictures import bring as bring_pictures
from tests.browser.own_pictures import expect_own, upload
from tests.browser.results import photos
from tests.browser.static_site import kept_servers
from tests.conftest import make_checkpoint
from tests.node import needs_packages
from tests.served import make_gallery, serving_all
from zsbir.encoder.embedder import load_embedder
from zsbir.gallery.gallery import Gallery
from zsbir.gallery.retriever import Retriever
from zsbir.serving.encoders import Encoders
from zsbir.serving.galleries import Galleries
from zsbir.site.build import build_site

expect.set_options(timeout=TIMEOUT_MS)
NAMES = ("a", "b & c")


@pytest.fixture(scope="module", params=["server", pytest.param("site", marks=needs_packages)])
def address(
    request: pytest.FixtureRequest, checkpoint_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Of a page with two galleries and two encoders."""
    folder = tmp_path_factory.mktemp("two")
    other = make_checkpoint(folder / "other.safetensors", seed=1)
    checkpoints = {"One": checkpoint_path, "Other one": other}
    encoders = Encoders.in_files(checkpoints, lambda path: load_embedder(path, "cpu"))
    embedder = encoders.load()
    (folder / "built").mkdir()
    for name in NAMES:
        make_gallery(folder / name, embedder)
        (folder / name / "gallery").rename(folder / "built" / name)
    if request.param == "site":
        build_site(checkpoints, folder / "built", folder / "site")
        with kept_servers() as serve:
            yield serve(folder / "site")
        return
    retrievers = {name: Retriever(embedder, Gallery.load(folder / "built" / name)) for name in NAMES}
    with closing(Galleries(encoders, retrievers)) as galleries, serving_all(galleries) as address:
        yield address


@pytest.fixture
def sharing(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    yield opened(context, address)
    context.close()


def searched(page: Page) -> tuple[str, str]:
    """What is searched, and by which encoder, as the page asks for it."""
    return page.locator("select.zs-gallery").input_value(), page.locator("select.zs-encoder").input_value()


def visited(browser: Browser, link: str) -> Page:
    """Somebody else opens a link."""
    page = opened(browser.new_context(viewport={"width": 1280, "height": 900}), link)
    expect(photos(page)).to_have_count(5)
    return page


def test_a_link_is_searched_where_it_was_made(sharing: Page, browser: Browser) -> None:
    expect(sharing.locator("select.zs-gallery option")).to_have_count(2)
    sharing.locator("select.zs-gallery").select_option("b & c")
    sharing.locator("select.zs-encoder").select_option("Other one")
    draw(sharing, *FIRST)
    expect(photos(sharing)).to_have_count(5)
    sharing.wait_for_timeout(2_000)
    link = copied_link(sharing)
    said = parse_qs(urlsplit(link).fragment)
    assert (said["gallery"], said["encoder"]) == (["b & c"], ["Other one"])

    other = visited(browser, link)
    assert searched(other) == ("b & c", "Other one")
    assert other.url == link
    expect(other.locator(".zs-gone")).to_have_text("")
    scores = sharing.locator(".zs-score").all_text_contents()
    expect(other.locator(".zs-score")).to_have_text(scores)
    other.locator("select.zs-gallery").select_option("a")
    other.reload()  # what the visitor chose since stays
    expect(photos(other)).to_have_count(5)
    assert searched(other) == ("a", "Other one")
    later = other.context.new_page()
    later.goto(link.partition("#")[0])
    expect(later.locator("select.zs-encoder")).to_have_value("One")  # a link is no choice of the visitor's
    other.context.close()


def test_names_that_are_not_here_are_said_and_the_first_take_their_place(sharing: Page, browser: Browser) -> None:
    draw(sharing, *FIRST)
    expect(photos(sharing)).to_have_count(5)
    link = copied_link(sharing)
    text = parse_qs(urlsplit(link).fragment)["drawing"][0]
    plain = link.partition("#")[0]
    other = visited(browser, f"{plain}#drawing={text}&gallery=<b>None</b>&encoder=Lost")
    told = other.locator(".zs-gone")
    expect(told).to_have_text(
        "This link was made with the gallery “<b>None</b>” and the encoder “Lost”, which are not here; "
        "“a” is searched by “One”."
    )
    assert searched(other) == ("a", "One")
    other.context.close()
    old = visited(browser, f"{plain}#drawing={text}")
    assert searched(old) == ("a", "One")
    expect(old.locator(".zs-gone")).to_have_text("")
    old.evaluate(f"location.hash = 'drawing={text}&gallery=b+%26+c'")
    expect(old.locator("select.zs-gallery")).to_have_value("b & c")
    old.context.close()


def test_ones_own_photos_are_in_no_link(sharing: Page) -> None:
    if sharing.locator(".zs-folder").count():  # the page without a server
        bring_photos(sharing, *(file(f"{number}.jpg", jpeg(number)) for number in range(5)))
        expect_ready(sharing, 5)
        draw(sharing, *FIRST)
    else:
        draw(sharing, *FIRST)
        bring_pictures(sharing, *(upload(f"{number}.png", number) for number in range(5)))
        expect_own(sharing, 5)
    expect(photos(sharing)).to_have_count(5)
    link = copied_link(sharing)
    assert "gallery" not in parse_qs(urlsplit(link).fragment)
    assert "Your" not in link
