"""The scripts of `web/` compute what Python computes: their own tests, which Node runs."""

import re
import subprocess

from tests.node import needs_node
from tests.web.numbers import ROOT
from zsbir.pictures.kinds import HIDDEN

WEB = ROOT / "web"


@needs_node
def test_the_scripts_compute_what_python_computes() -> None:
    tests = sorted(path.relative_to(WEB).as_posix() for path in (WEB / "tests").glob("*.test.js"))
    run = subprocess.run(["node", "--test", *tests], cwd=WEB, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


def test_what_is_hidden_is_hidden_there_too() -> None:
    script = (WEB / "src" / "own" / "folders.js").read_text(encoding="utf-8")
    written = script.partition("const HIDDEN = [")[2].partition("];")[0]
    assert {name.replace("\\r", "\r") for name in re.findall(r'"([^"]+)"', written)} == HIDDEN
