"""Work in threads, a few items ahead of whoever takes the results, in the order of the items.

Decoding and scaling pictures let other threads go on meanwhile, so that many are read by all cores at once.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def ahead(work: Callable[[T], R], items: Iterable[T], threads: int, waiting: int) -> Iterator[R]:
    """What work makes of each item; what it raises is raised in its place.

    Args:
        work: Called in other threads, several times at once if there are several.
        items: Taken in this thread, when there is room for more.
        threads: How many work.
        waiting: How many results lie ready at most, or are worked on, while nobody asks for one.
    """
    with ThreadPoolExecutor(threads) as pool:
        ready: deque[Future[R]] = deque()
        try:
            for item in items:
                ready.append(pool.submit(work, item))
                if len(ready) > waiting:
                    yield ready.popleft().result()
            while ready:
                yield ready.popleft().result()
        finally:
            for future in ready:  # whoever stops, as by Ctrl-C, does not wait for what nobody wants
                future.cancel()
