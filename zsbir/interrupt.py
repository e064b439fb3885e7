"""Ctrl-C, so that a command ends quietly at any moment.

While modules load, an interrupt cannot be an exception: it would end in a traceback, or be swallowed by what it meets.
The same holds once the work is done and Python clears up. So a command is ended on the spot then, and told of Ctrl-C by
a `KeyboardInterrupt` only while it works.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer, current_thread, main_thread

STATUS = 130  # what shells say of Ctrl-C
_A_MOMENT = 0.1  # seconds


def ends_quietly() -> None:
    """Makes Ctrl-C end this process; for the first lines of a command, before it imports what takes seconds.

    A process that was told to ignore Ctrl-C, as a shell does in the background, goes on ignoring it.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)
        # The last thing before Python takes its handlers away: what ends then has already said how.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)


@contextmanager
def is_raised() -> Iterator[None]:
    """Makes Ctrl-C a `KeyboardInterrupt` meanwhile, where it would end this process."""
    handler, hook = signal.getsignal(signal.SIGINT), sys.unraisablehook
    if handler is not _end:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.unraisablehook = _not_lost
    try:
        yield
    except KeyboardInterrupt:
        sys.excepthook = lambda *_: None  # what other threads lose by it, as who hands over pictures of workers
        raise
    finally:
        signal.signal(signal.SIGINT, handler)
        sys.unraisablehook = hook


@contextmanager
def is_put_off() -> Iterator[None]:
    """Puts Ctrl-C off to the end. Processes that are forked meanwhile never mind it.

    A terminal tells it to all processes of a command: the others end by this one then, and in silence.
    """
    if current_thread() is not main_thread():  # which alone hears of it
        yield
        return
    noted: list[bool] = []
    handler = signal.signal(signal.SIGINT, lambda *_: noted.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if noted:
            signal.raise_signal(signal.SIGINT)


def _end(*_: object) -> None:
    os._exit(STATUS)


def _not_lost(dropped: sys.UnraisableHookArgs) -> None:
    """Raises an interrupt once more that came where Python reports exceptions and drops them, as in a `__del__`."""
    if dropped.exc_type is KeyboardInterrupt:
        Timer(_A_MOMENT, _interrupt).start()
    else:
        sys.__unraisablehook__(dropped)


def _interrupt() -> None:
    if sys.platform == "win32":
        signal.raise_signal(signal.SIGINT)
    else:
        os.kill(os.getpid(), signal.SIGINT)  # this one also ends a wait of the main thread
