"""Memory that was freed goes back to the system, as a server runs for days. Elsewhere than on glibc nothing happens."""

from __future__ import annotations

import contextlib
import ctypes
import sys
import threading
import time
from functools import cache

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # of malloc.h
_LARGE = 128 * 1024  # bytes
_ARENAS = 2  # for all threads, of which a server has dozens
_EVERY = 20.0  # seconds between two times at which what lies between blocks in use is given back, too


@cache
def return_freed_memory() -> None:
    """Tells glibc to give back what is freed, from now on; however often it is called, once.

    By default it keeps most of what the largest pictures took, once for each thread that had one, and what many small
    blocks took for ever (`benchmarks/day.py`).
    """
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError, AttributeError):
            libc = ctypes.CDLL("libc.so.6")
            libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
            libc.mallopt(_M_ARENA_MAX, _ARENAS)
            threading.Thread(target=_trim_on, args=(libc.malloc_trim,), daemon=True, name="freed-memory").start()


def _trim_on(malloc_trim: ctypes._NamedFuncPointer) -> None:
    while True:
        time.sleep(_EVERY)
        malloc_trim(0)
