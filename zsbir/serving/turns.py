"""Who works next: those who wait take turns by visitor, so that nobody waits for all that another has asked."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_BUSY = "Expected a server with time for this, found it busy with others; try again in a moment."


class BusyError(ValueError):
    """There is no turn to be had now; one sentence."""


class Turns:
    """A few at once, some waiting for a bounded time, each visitor's next in turn. For one event loop.

    Where too many wait, a newcomer takes the place of the last of whoever has the most waiting: so there is a place for
    everybody, however many one asks for.
    """

    def __init__(self, at_once: int, each: int, waiting: int, patience: float) -> None:
        """Nobody has a turn yet.

        Args:
            at_once: Turns at the same time.
            each: Turns of one visitor, waiting or not.
            waiting: Who may wait, of all visitors.
            patience: Seconds until who waits is told to try again.
        """
        self._free, self._each, self._most_waiting, self._patience = at_once, each, waiting, patience
        self._asked: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()  # the next one first

    @asynccontextmanager
    async def turn(self, visitor: str) -> AsyncIterator[None]:
        """Waits for a turn, which lasts as long as the context.

        Raises:
            BusyError: This visitor, or all together, ask for too much, or it took too long.
        """
        if self._asked[visitor] >= self._each:
            raise BusyError(
                f"Expected at most {self._each} of these at once from one visitor, found more; wait for those."
            )
        self._asked[visitor] += 1
        try:
            if self._free:
                self._free -= 1
            else:
                await self._wait(visitor)
            try:
                yield
            finally:
                self._pass_on()
        finally:
            self._asked[visitor] -= 1
            if not self._asked[visitor]:
                del self._asked[visitor]

    async def _wait(self, visitor: str) -> None:
        self._make_place(visitor)
        granted = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(visitor, deque()).append(granted)
        try:
            await asyncio.wait_for(asyncio.shield(granted), self._patience)
        except BaseException as error:
            if granted.done() and not granted.cancelled() and granted.exception() is None:
                self._pass_on()  # it came at the very moment of giving up
            granted.cancel()
            self._forget(visitor, granted)
            if isinstance(error, asyncio.TimeoutError):
                raise BusyError(_BUSY) from error
            raise

    def _make_place(self, visitor: str) -> None:
        if sum(map(len, self._waiting.values())) < self._most_waiting:
            return
        crowd = max(self._waiting, key=lambda name: len(self._waiting[name]), default=visitor)
        if len(self._waiting.get(crowd, ())) <= len(self._waiting.get(visitor, ())) + 1:
            raise BusyError(_BUSY)
        self._waiting[crowd].pop().set_exception(BusyError(_BUSY))

    def _forget(self, visitor: str, granted: asyncio.Future[None]) -> None:
        queue = self._waiting.get(visitor)
        if queue is not None and granted in queue:
            queue.remove(granted)
            if not queue:
                del self._waiting[visitor]

    def _pass_on(self) -> None:
        while self._waiting:
            visitor, queue = self._waiting.popitem(last=False)
            granted = queue.popleft()
            if queue:
                self._waiting[visitor] = queue  # behind all others
            if not granted.done():
                granted.set_result(None)
                return
        self._free += 1
