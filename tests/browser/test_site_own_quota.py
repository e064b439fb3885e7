"""Own photos in the page without a server when the browser's storage is full."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.canvas import FIRST, draw
from tests.browser.conftest import TIMEOUT_MS, opened
from tests.browser.own_photos import bring, expect_ready, kept
from tests.browser.results import photos
from tests.browser.static_site import Serve, built
from tests.node import needs_packages
from tests.served import encoded

pytestmark = needs_packages
expect.set_options(timeout=TIMEOUT_MS)
ROOM = 1_500_000  # bytes, for some of the photos
COUNT = 40


def noise(seed: int) -> bytes:
    """A photo whose copy is large."""
    pixels = np.random.default_rng(seed).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    return encoded(Image.fromarray(pixels), "JPEG", quality=60)


def used(page: Page) -> int:
    return int(page.evaluate("navigator.storage.estimate().then(({ usage }) => usage)"))


def test_a_full_storage_is_said_and_what_is_done_stays(
    context: BrowserContext, checkpoint_path: Path, tmp_path: Path, serve: Serve
) -> None:
    address = serve(built(checkpoint_path, tmp_path)[0])
    page = opened(context, address)
    page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")
    page.wait_for_timeout(1_000)
    devtools = context.new_cdp_session(page)

    def give(size: int) -> None:
        devtools.send("Storage.overrideQuotaForOrigin", {"origin": address.rstrip("/"), "quotaSize": size})

    give(used(page) + ROOM)
    files = [tmp_path / f"{number:02}.jpg" for number in range(COUNT)]
    for number, path in enumerate(files):
        path.write_bytes(noise(number))
    bring(page, *files)
    expect(page.locator(".zs-trouble")).to_contain_text("There is no more room for photos in this browser's storage")
    done = int(page.locator(".zs-report p").inner_text().split(" ")[0])
    assert 0 < done < COUNT
    expect_ready(page, done)
    draw(page, *FIRST)
    expect(page.locator(".zs-status")).to_contain_text(f"Searched {done} photos")
    expect(photos(page)).to_have_count(5)

    page.reload()
    expect(page.locator(".zs-status")).to_contain_text(f"Searched {done} photos")
    before = kept(page, "photos")
    assert len(before) == len(kept(page, "copies")) == done
    give(used(page) + 100 * ROOM)
    bring(page, *files)
    expect_ready(page, COUNT)
    expect(page.locator(".zs-trouble")).to_be_hidden()
    after = kept(page, "photos")
    assert {name: after[name] for name in before} == before
