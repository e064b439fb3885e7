"""The app for those who installed the package: `zsbir`, or `python -m zsbir`."""

from __future__ import annotations

import sys

from zsbir.door import open_door


def main() -> int:
    """Serves the page until interrupted; returns the exit status."""
    open_door()
    from zsbir.ui.__main__ import main as serve  # noqa: PLC0415  (what it imports takes seconds)

    return serve()


if __name__ == "__main__":
    sys.exit(main())
