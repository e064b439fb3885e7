"""The door of every command, through which it comes before the modules behind it load, some of which take seconds.

    from zsbir.door import open_door

    if __name__ == "__main__":
        open_door()

From there on Ctrl-C ends it quietly, and a package that is not installed is one sentence. What it does after that ends
in `zsbir.command.run`.
"""

from __future__ import annotations

import sys
from types import TracebackType

from zsbir.interrupt import ends_quietly
from zsbir.packages import missing, not_installed

FAILED = 2  # the exit status; argparse has the same


def open_door() -> None:
    """Makes this process one of ours; for the first lines of a command."""
    ends_quietly()
    sys.excepthook = _uncaught


def _uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if isinstance(error, ModuleNotFoundError) and (package := missing(error)):
        print(not_installed(package), file=sys.stderr)  # noqa: T201
        sys.exit(FAILED)
    sys.__excepthook__(kind, error, traceback)
