"""Nobody waits for all that another has asked."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from zsbir.serving.turns import BusyError, Turns


def run(story: Coroutine[Any, Any, None]) -> None:
    with ThreadPoolExecutor(1) as pool:  # the browser tests leave this thread an event loop that runs
        pool.submit(asyncio.run, story).result()


class Work:
    """What visitors do in their turns, each of which lasts until it is let go on."""

    def __init__(self, turns: Turns) -> None:
        self.turns, self.began, self.refused = turns, list[str](), list[str]()
        self.running = 0
        self.most = 0
        self._end = asyncio.Semaphore(0)

    async def ask(self, visitor: str) -> None:
        try:
            async with self.turns.turn(visitor):
                self.began.append(visitor)
                self.running += 1
                self.most = max(self.most, self.running)
                await self._end.acquire()
                self.running -= 1
        except BusyError:
            self.refused.append(visitor)

    async def asked(self, visitors: str) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self.ask(visitor)) for visitor in visitors]
        await asyncio.sleep(0.01)
        return tasks

    async def end(self, tasks: list[asyncio.Task[None]]) -> None:
        for _ in tasks:
            self._end.release()
        await asyncio.gather(*tasks, return_exceptions=True)


def test_turns_go_round_by_visitor_and_only_so_many_at_once() -> None:
    async def story() -> None:
        work = Work(Turns(at_once=2, each=100, waiting=100, patience=60))
        tasks = await work.asked("aaaaaaaabcb")
        await work.end(tasks)
        assert "".join(work.began) == "aa" + "abc" + "ab" + "aaaa"
        assert work.most == 2
        await work.end(await work.asked("aab"))  # all turns came back
        assert work.refused == []

    run(story())


def test_one_visitor_has_a_few() -> None:
    async def story() -> None:
        work = Work(Turns(at_once=1, each=3, waiting=100, patience=60))
        tasks = await work.asked("aaaaab")
        assert work.refused == ["a", "a"]
        await work.end(tasks)
        await work.end(await work.asked("aaa"))
        assert work.refused == ["a", "a"]

    run(story())


def test_where_all_places_are_taken_the_one_with_most_makes_room() -> None:
    async def story() -> None:
        work = Work(Turns(at_once=1, each=100, waiting=3, patience=60))
        tasks = await work.asked("aaaabcd")  # one at work, three wait
        assert sorted(work.refused) == ["a", "a", "d"]  # for b and c; when each has one, nobody makes room
        await work.end(tasks)
        assert work.began == ["a", "a", "b", "c"]

    run(story())


def test_waiting_ends_in_a_sentence() -> None:
    async def story() -> None:
        work = Work(Turns(at_once=1, each=10, waiting=10, patience=0.02))
        tasks = await work.asked("ab")
        await asyncio.sleep(0.1)
        assert work.refused == ["b"]
        await work.end(tasks)
        with pytest.raises(BusyError, match="try again"):
            async with work.turns.turn("a"), work.turns.turn("b"):
                pass

    run(story())


def test_who_hangs_up_gives_the_turn_back() -> None:
    async def story() -> None:
        work = Work(Turns(at_once=1, each=10, waiting=10, patience=60))
        first, second, third = await work.asked("abc")
        second.cancel()
        first.cancel()
        await asyncio.sleep(0.01)
        assert work.began == ["a", "c"]
        await work.end([third])
        await work.end(await work.asked("d"))
        assert work.began == ["a", "c", "d"]

    run(story())
