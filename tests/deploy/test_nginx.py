"""The nginx of docs/deploy.md passes on what the app reads, and believes visitors nothing that they write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from zsbir.ui.__main__ import Serve
from zsbir.ui.bounds import MAX_BODY
from zsbir.ui.own_names import OwnNames, OwnPages
from zsbir.ui.visitors import visitor_of

TEXT = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text(encoding="utf-8")
VISITOR = "203.0.113.7"


@pytest.fixture(scope="module")
def settings() -> dict[str, str]:
    """What each directive says; that of a header is called by the header."""
    (block,) = re.findall(r"```nginx\n(.*?)```", TEXT, re.DOTALL)
    lines = re.findall(r"^ *([\w-]+) ([^;{]+);", re.sub("proxy_set_header ", "", block), re.MULTILINE)
    return {name.lower(): value for name, value in lines}


def behind(settings: dict[str, str], sent: dict[str, str]) -> dict[str, str]:
    """The headers that reach the app when a visitor has sent some."""
    variables = {"$http_host": sent["host"], "$remote_addr": VISITOR, "$scheme": "https"}
    return {name: variables.get(settings.get(name, value), settings.get(name, value)) for name, value in sent.items()}


@pytest.mark.parametrize("forged", ["198.51.100.1", "127.0.0.1", "127.0.0.1, 198.51.100.1"])
def test_the_app_knows_its_page_and_who_asks(settings: dict[str, str], forged: str) -> None:
    async def told(request: Request) -> JSONResponse:
        return JSONResponse([visitor_of(request.scope), str(request.url), request.headers["x-forwarded-host"]])

    name = settings["server_name"]
    (listed,) = re.findall(r"python app\.py --names (\S+)\n```\n\n```nginx", TEXT)
    names = OwnNames(Serve().host, [listed], only=True)
    app = Starlette(routes=[Route("/", told)], middleware=[Middleware(OwnPages, names=names)])
    sent = {"host": name, "origin": f"https://{name}", "x-forwarded-for": forged}
    sent |= {"x-forwarded-proto": "http", "x-forwarded-host": "evil.example"}
    proxied = ProxyHeadersMiddleware(app)
    with TestClient(proxied, client=("127.0.0.1", 1)) as client:
        assert client.get("/", headers=behind(settings, sent)).json() == [VISITOR, f"https://{name}/", name]
        sent["origin"] = "https://evil.example"
        assert client.get("/", headers=behind(settings, sent)).status_code == 403
        sent["host"] = "evil.example"
        assert client.get("/", headers=behind(settings, sent)).status_code == 403


def test_as_much_passes_as_the_app_takes_and_answers_come_as_they_are_made(settings: dict[str, str]) -> None:
    most = int(settings["client_max_body_size"].removesuffix("m")) * 2**20
    assert MAX_BODY < most < 1.2 * MAX_BODY
    assert settings["proxy_buffering"] == "off"
    assert settings["proxy_http_version"] == "1.1"
    assert settings["proxy_pass"] == f"http://{Serve().host}:{Serve().port}"
    assert int(settings["proxy_read_timeout"].removesuffix("s")) >= 300
