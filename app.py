"""The drawing demo: draw, and see the photos of a gallery that look most like it. Flags: `python app.py --help`."""

from __future__ import annotations

from zsbir.door import open_door

if __name__ == "__main__":
    open_door()

import sys
from collections.abc import Sequence

from zsbir.ui.__main__ import main as serve
from zsbir.ui.page import build_demo

__all__ = ["build_demo", "main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Serves the page until interrupted; returns the exit status."""
    return serve(argv, prog="app.py")


if __name__ == "__main__":
    sys.exit(main())
