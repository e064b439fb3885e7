"""A small Hugging Face Hub on loopback: keeps repositories in memory, and every request that it got.

It speaks as much of the HTTP API as creating a repository, listing, committing (small files inside the commit,
large ones by Git LFS) and downloading take.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

WRITER, READER = "hf_writer", "hf_reader"  # tokens; any other is unknown
COMMIT = "c" * 40


@dataclass
class Hub:
    """Its address, what it holds, and what it was asked.

    Attributes:
        address: Where it listens.
        repositories: Files by path, by "spaces/user/name" or "models/user/name".
        created: Bodies of the requests that made repositories.
        commits: For each commit, (kind, path) of its operations.
        requests: "METHOD /path" of every request.
        transferred: Bytes by SHA-256, uploaded through LFS.
    """

    address: str = ""
    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    created: list[dict[str, Any]] = field(default_factory=list)
    commits: list[list[tuple[str, str]]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    transferred: dict[str, bytes] = field(default_factory=dict)


@contextmanager
def hub_stand_in() -> Iterator[Hub]:
    """Serves until the block ends."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub))
    server.daemon_threads = True
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body, path = self._body(), self._record()
            writes = path != "/api/validate-yaml"
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if writes and token != WRITER:
                status, message = (403, "You may only read.") if token == READER else (401, "Invalid credentials.")
                self._answer(status, {"error": message})
            elif path == "/api/validate-yaml":
                self._answer(200, {"errors": [], "warnings": []})
            elif path == "/api/repos/create":
                self._create(json.loads(body))
            elif found := re.fullmatch(r"/api/(spaces|models)/(.+)/preupload/main", path):
                files = json.loads(body)["files"]
                modes = [("lfs" if file["path"].endswith((".safetensors", ".npy")) else "regular") for file in files]
                self._answer(
                    200,
                    {
                        "files": [
                            {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}
                            for file, mode in zip(files, modes, strict=True)
                        ]
                    },
                )
            elif path.endswith("/info/lfs/objects/batch"):
                self._answer(200, {"transfer": "basic", "objects": [_action(o) for o in json.loads(body)["objects"]]})
            elif found := re.fullmatch(r"/api/((?:spaces|models)/.+)/commit/main", path):
                self._commit(found.group(1), [json.loads(line) for line in body.splitlines()])
            else:
                self._answer(404, {"error": f"no such address: {path}"})

        def do_PUT(self) -> None:
            body = self._body()
            digest = self._record().rpartition("/")[2]
            right = hashlib.sha256(body).hexdigest() == digest
            hub.transferred[digest] = body
            self._answer(200 if right else 400, {})

        def do_GET(self) -> None:
            path = self._record()
            if (found := re.fullmatch(r"/api/((?:spaces|models)/.+)/tree/[^/]+", path)) and self._holds(found.group(1)):
                files = hub.repositories[found.group(1)]
                self._answer(
                    200, [{"type": "file", "path": name, "oid": "0" * 40, "size": len(files[name])} for name in files]
                )
            elif found := re.fullmatch(r"/(?:(spaces)/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
                self._file(f"{found.group(1) or 'models'}/{found.group(2)}", found.group(3), found.group(4))
            else:
                self._answer(404, {"error": "not found"}, {"X-Error-Code": "RepoNotFound"})

        def do_HEAD(self) -> None:
            self.do_GET()

        def _create(self, asked: dict[str, Any]) -> None:
            kind = f"{asked.get('type', 'model')}s"
            repository = f"{kind}/{asked['organization']}/{asked['name']}"
            address = f"{hub.address}/{repository.removeprefix('models/')}"
            if repository in hub.repositories:
                self._answer(409, {"error": "You already created this repository.", "url": address})
                return
            hub.created.append(asked)
            hub.repositories[repository] = {".gitattributes": b""}
            self._answer(200, {"url": address, "name": repository.partition("/")[2]})

        def _commit(self, repository: str, lines: list[dict[str, Any]]) -> None:
            files, operations = hub.repositories[repository], [line for line in lines if line["key"] != "header"]
            hub.commits.append([(operation["key"], operation["value"]["path"]) for operation in operations])
            for operation in operations:
                value = operation["value"]
                if operation["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                elif operation["key"] == "lfsFile":
                    files[value["path"]] = hub.transferred[value["oid"]]
                else:
                    del files[value["path"]]
            url = f"{hub.address}/{repository.removeprefix('models/')}/commit/{COMMIT}"
            self._answer(200, {"commitUrl": url, "commitOid": COMMIT})

        def _file(self, repository: str, revision: str, name: str) -> None:
            if not self._holds(repository):
                return
            if revision not in ("main", COMMIT):
                self._answer(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
            elif name not in hub.repositories[repository]:
                self._answer(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
            else:
                content = hub.repositories[repository][name]
                digest = hashlib.sha256(content).hexdigest()
                self._send(200, content, {"ETag": f'"{digest}"', "X-Repo-Commit": COMMIT})

        def _holds(self, repository: str) -> bool:
            if repository not in hub.repositories:
                self._answer(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
            return repository in hub.repositories

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def _record(self) -> str:
            path = unquote(urlsplit(self.path).path)
            hub.requests.append(f"{self.command} {path}")
            return path

        def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            self._send(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})

        def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    def _action(asked: dict[str, Any]) -> dict[str, Any]:
        return {**asked, "actions": {"upload": {"href": f"{hub.address}/lfs/{asked['oid']}"}}}

    return Handler
