from collections.abc import Iterator

import pytest

from tests.download.site import Site, serving_files


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr("zsbir.download.fetch.PAUSE", 0.0)
    monkeypatch.setattr("zsbir.download.drawings.PAUSE", 0.0)
    with serving_files() as site:
        yield site
