"""What one odd visitor can do to the others: `python -m benchmarks.attack [--scale S]`.

The app is started as a process with a temporary folder of its own, on loopback, and asked in all the ways that once
broke it: far too much, far too often, by half, slowly, for what is not for everybody. Another visitor searches
meanwhile. Then two apps follow one folder of photos, and one of them is asked by its tools. Each attack is bounded and
says in a line what became of it; the status is 1 if anything broke.
"""

from __future__ import annotations

import argparse
import base64
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.app_process import ROOT, resident_memory, running_app
from benchmarks.target import DRAWING, FILE_DATA, Target, Visitor
from tests.served import encoded, sketch_in

# Addresses for documents, as a proxy on this machine would say them.
_ANOTHER, *_ODD = (f"203.0.113.{number}" for number in range(1, 30))
_MOST_MEMORY = 400.0  # MB that an attack adds at most


Outcome = tuple[bool, str]


def large_upload(target: Target) -> Outcome:
    """A gigabyte in one request."""

    def pieces() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        for _ in range(max(40, target.many(1000))):
            yield b"x" * 1_000_000

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    status = target.odd.http.post("gradio_api/upload", content=pieces(), headers=headers).status_code
    _, size = target.on_disk()
    return status == 413 and size < 1_000_000, f"answered with {status}, {size / 1e6:.1f} MB on the disk"


def many_uploads(target: Target) -> Outcome:
    """Twenty thousand files."""
    together = target.odd.upload(*[b"x"] * target.many(20_000)).status_code
    statuses = [answer.status_code for answer in target.at_once(2_000, lambda _: target.odd.upload(b"x" * 1000))]
    files, size = target.on_disk()
    is_open = "complete" in target.another.search()
    refused = sum(status == 413 for status in statuses)
    said = f"together {together}, {refused} of {len(statuses)} refused, {files} files stay, others search: {is_open}"
    return together in (200, 400) and files < 200 and size < 200_000_000 and is_open, said


def half_sent(target: Target) -> Outcome:
    """Uploads that are cut in the middle."""
    before = target.on_disk()[0]
    host, port = target.address.removeprefix("http://").rstrip("/").split(":")
    for _ in range(target.many(50)):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(
                b"POST /gradio_api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n"
                b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
                b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n' + b"x" * 100_000
            )
    after = target.on_disk()[0]
    return after <= before, f"{after - before} files more on the disk"


def announced_galleries(target: Target) -> Outcome:
    """Galleries of half a gigabyte of which nothing is sent."""

    def announce(number: int) -> str:
        asked = {"visitor": f"{number:032x}", "page": "p", "files": [{"name": "a.zip", "size": 500_000_000}]}
        error: str = target.odd.ask("zs-gallery", "begin_upload", asked).json().get("error", "")
        return error

    refused = sum(bool(error) for error in target.at_once(1_000, announce))
    mine = {"visitor": "f" * 32, "page": "p"}
    files = {**mine, "files": [{"name": "a.png", "size": 10}]}
    begun = target.another.ask("zs-gallery", "begin_upload", files).json()
    piece = {**mine, "file": 0, "start": 0, "data": "AAAA"}
    sent = target.another.ask("zs-gallery", "send_piece", piece).json()
    target.another.ask("zs-gallery", "delete_own", mine)
    return (
        begun == sent == {},
        f"{refused} refused; another is told {begun.get('error') or sent.get('error') or 'nothing'}",
    )


def many_calls(target: Target) -> Outcome:
    """A thousand calls of a program."""
    picture = encoded(sketch_in())

    def call(_: int) -> int:
        uploaded = target.odd.upload(picture)
        if uploaded.status_code != 200:
            return uploaded.status_code
        return target.odd.call({"path": uploaded.json()[0], "meta": FILE_DATA}).status_code

    statuses, waited = target.meanwhile(1_000, call, target.another.search)
    return target.is_patient(waited), f"{statuses.count(200)} of {len(statuses)} taken; another waited {waited:.2f} s"


def many_searches(target: Target) -> Outcome:
    """A thousand searches of the page at once."""
    answers, waited = target.meanwhile(1_000, lambda _: target.odd.draw().status_code, target.another.draw)
    return target.is_patient(waited), f"{answers.count(200)} of {len(answers)} answered; another waited {waited:.2f} s"


def heat_maps(target: Target) -> Outcome:
    """Twenty heat maps at once."""
    before = resident_memory(target.process)

    def explain(_: int) -> bool:
        asked = {"photo": 0, "query": DRAWING, "gallery": None}
        return "photo" in target.odd.ask("zs-found", "explain", asked).json()

    answers, waited = target.meanwhile(20, explain, target.another.draw)
    more = resident_memory(target.process) - before
    said = f"{sum(answers)} of {len(answers)} made, {more:.0f} MB more; another waited {waited:.2f} s"
    return more < _MOST_MEMORY and target.is_patient(waited) and any(answers), said


def slow_streams(target: Target) -> Outcome:
    """Six hundred searches that never come to an end."""
    host, port = target.address.removeprefix("http://").rstrip("/").split(":")
    streams = [socket.create_connection((host, int(port))) for _ in range(target.many(600))]
    for stream in streams:
        stream.sendall(b"POST /zsbir/search HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{")
    begin = time.perf_counter()
    status = target.another.draw().status_code
    waited = time.perf_counter() - begin
    for stream in streams:
        stream.close()
    return status == 200 and target.is_patient(waited), f"another waited {waited:.2f} s"


def many_sessions(target: Target) -> Outcome:
    """Sessions that are made up, each of which Gradio keeps a state for."""
    before = resident_memory(target.process)
    target.at_once(1_000, lambda number: target.odd.ask("zs-gallery", "list_galleries", {}, f"session {number}"))
    more = resident_memory(target.process) - before
    return more < _MOST_MEMORY / 2, f"{more:.0f} MB more"


def tool_calls(target: Target) -> Outcome:
    """A thousand calls of a tool."""
    picture = "data:image/png;base64," + base64.b64encode(encoded(sketch_in())).decode()
    answers, waited = target.meanwhile(1_000, lambda _: target.odd.tool(picture), target.another.draw)
    found = sum(r"\"rank\": 1" in answer for answer in answers)  # JSON in JSON
    files, _ = target.on_disk()
    held = target.is_patient(waited) and found > 0 and files < 200
    return held, f"{found} of {len(answers)} answered; another waited {waited:.2f} s; {files} files stay"


def files_by_tools(target: Target) -> Outcome:
    """The paths and addresses of `files_of_the_server`, given to a tool."""
    paths = _not_for_everybody(target)
    got = [path for path in (*paths, *(f"file://{path}" for path in paths)) if "'rank'" in target.odd.tool(path)]
    return not got, f"{2 * len(paths)} paths; got {got or 'none'}"


def files_of_the_server(target: Target) -> Outcome:
    """Paths, addresses and routes that lead to what is not for everybody."""
    paths = _not_for_everybody(target)
    got = [path for path in paths if target.odd.http.get(f"gradio_api/file={path}").status_code == 200]
    for path in paths:
        called = target.odd.call({"path": path, "meta": FILE_DATA})
        if called.status_code == 200 and "complete" in target.odd.answer(called):
            got.append(f"search {path}")
    ways = ("file//etc/passwd", "proxy=http://127.0.0.1:9/", "deep_link?session_hash=one", "stream/a/1/2/playlist-file")
    got += [way for way in ways if target.odd.http.get(f"gradio_api/{way}").status_code == 200]
    return not got, f"{len(paths)} paths; got {got or 'none'}"


def _not_for_everybody(target: Target) -> list[str]:
    paths = ["/etc/passwd", str(ROOT / "app.py"), "../app.py", "/proc/self/environ", "~/.ssh/id_rsa"]
    return [*paths, "http://127.0.0.1:9/x", *map(str, list(target.temporary.rglob("*"))[:20])]


ATTACKS: tuple[Callable[[Target], Outcome], ...] = (
    *(large_upload, many_uploads, half_sent, announced_galleries, many_calls, many_searches, heat_maps, slow_streams),
    *(many_sessions, files_of_the_server),
)
BESIDE: tuple[Callable[[Target], Outcome], ...] = (files_of_the_server, files_by_tools, tool_calls, many_searches)


def beside_another(checkpoint: Path, photos: Path, temporary: Path, scale: float) -> Iterator[tuple[str, Outcome]]:
    """Attacks on an app with tools, while another that follows the same folder of photos is asked by somebody else."""
    flags = ("--photos", photos, "--mcp")
    with (
        running_app(checkpoint, None, temporary, *flags) as (address, process),
        running_app(checkpoint, None, temporary, *flags) as (other, _),
    ):
        another = Visitor(other, _ANOTHER)
        for attack, odd in zip(BESIDE, _ODD, strict=False):
            target = Target(Visitor(address, odd), another, address, process, temporary, scale)
            yield f"{attack.__name__}, beside another app", attack(target)
        same = [Visitor(each, _ANOTHER).draw().json()["photos"] for each in (address, other)]
        yield "two apps over one folder", (same[0] == same[1] != [], f"{len(same[0])} photos found by both")


def left_by_a_crash(checkpoint: Path, gallery: Path, temporary: Path) -> Outcome:
    """Private pictures of an app that is killed, and what the next one finds of them."""
    with running_app(checkpoint, gallery, temporary) as (address, process):
        Visitor(address, _ANOTHER).upload(b"private")
        os.kill(process, signal.SIGKILL)
    left = list(temporary.rglob("a.png"))
    with running_app(checkpoint, gallery, temporary):
        still = list(temporary.rglob("a.png"))
    after = list(temporary.glob("zsbir-private-*"))
    return bool(
        left
    ) and not still and not after, f"{len(left)} left, {len(still)} after the next start, {len(after)} after its end"


def main(argv: list[str] | None = None) -> int:
    """Attacks; returns 1 if anything broke."""
    parser = argparse.ArgumentParser(description="What one odd visitor can do to the others.")
    parser.add_argument("--checkpoint", type=Path, default=ROOT / "checkpoints/zsbir.safetensors")
    parser.add_argument("--gallery", type=Path, default=ROOT / "gallery_cache")
    parser.add_argument("--scale", type=float, default=1.0, help="of the attacks; below 1 no time is judged")
    arguments = parser.parse_args(argv)
    outcomes: list[bool] = []

    def tell(attack: str, outcome: Outcome) -> None:
        outcomes.append(outcome[0])
        print(f"{'held' if outcome[0] else 'BROKE'}: {attack}: {outcome[1]}", flush=True)

    with tempfile.TemporaryDirectory() as above:
        folder = Path(above, "temporary")  # beside which the apps keep their cache
        folder.mkdir()
        with running_app(arguments.checkpoint, arguments.gallery, folder) as (address, process):
            another = Visitor(address, _ANOTHER)
            another.search()
            another.draw()
            for attack, odd in zip(ATTACKS, _ODD, strict=False):
                target = Target(Visitor(address, odd), another, address, process, folder, arguments.scale)
                tell(attack.__name__, attack(target))
        left = list(folder.glob("zsbir-private-*"))
        tell("the_end_of_the_app", (not left, f"{len(left)} folders after the end of the app"))
        tell("left_by_a_crash", left_by_a_crash(arguments.checkpoint, arguments.gallery, folder))
        photos = arguments.gallery / "photos"
        for attack_beside, outcome in beside_another(arguments.checkpoint, photos, folder, arguments.scale):
            tell(attack_beside, outcome)
    return int(not all(outcomes))


if __name__ == "__main__":
    sys.exit(main())
