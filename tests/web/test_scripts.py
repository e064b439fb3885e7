"""The scripts of `web/` compute what Python computes: their own tests, which Node runs."""

import subprocess

from tests.node import needs_node
from tests.web.numbers import ROOT

WEB = ROOT / "web"


@needs_node
def test_the_scripts_compute_what_python_computes() -> None:
    tests = sorted(path.relative_to(WEB).as_posix() for path in (WEB / "tests").glob("*.test.js"))
    run = subprocess.run(["node", "--test", *tests], cwd=WEB, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
