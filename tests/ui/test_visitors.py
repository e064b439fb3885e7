"""Whose request it is."""

from __future__ import annotations

import pytest

from zsbir.ui.visitors import visitor_of


def scope(peer: str, *forwarded: str) -> dict[str, object]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"type": "http", "client": (peer, 1234), "headers": headers}


def test_the_address_says_who_asks() -> None:
    assert visitor_of(scope("203.0.113.7")) == visitor_of(scope("203.0.113.7")) == "203.0.113.7"
    assert visitor_of({"type": "http", "client": None, "headers": []}) == ""
    assert visitor_of(scope("testclient")) == "testclient"


def test_whoever_has_a_whole_network_of_addresses_is_one() -> None:
    assert visitor_of(scope("2001:db8:1:2::1")) == visitor_of(scope("2001:db8:1:2:3:4:5:6"))
    assert visitor_of(scope("2001:db8:1:2::1")) != visitor_of(scope("2001:db8:1:3::1"))
    assert visitor_of(scope("::ffff:203.0.113.7")) == "203.0.113.7"


def test_nobody_says_who_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert visitor_of(scope("203.0.113.7", "8.8.8.8")) == "203.0.113.7"


@pytest.mark.parametrize(
    ("forwarded", "visitor"),
    [
        (["8.8.8.8"], "8.8.8.8"),
        (["1.1.1.1, 8.8.8.8"], "8.8.8.8"),  # the first was made up
        (["1.1.1.1", "8.8.8.8, 10.1.2.3"], "8.8.8.8"),
        (["none", ""], "10.0.0.1"),
        ([], "10.0.0.1"),
    ],
)
def test_on_a_space_the_last_public_address_on_the_way_counts(
    monkeypatch: pytest.MonkeyPatch, forwarded: list[str], visitor: str
) -> None:
    monkeypatch.setenv("SPACE_ID", "somebody/draw")
    assert visitor_of(scope("10.0.0.1", *forwarded)) == visitor
