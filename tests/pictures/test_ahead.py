import threading
import time
from collections.abc import Iterator

import pytest

from tests.conftest import until
from zsbir.pictures.ahead import ahead


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("waiting", [1, 7, 100])
def test_results_come_in_the_order_of_the_items(threads: int, waiting: int) -> None:
    def slow_for_some(number: int) -> int:
        time.sleep(0.003 * (number % 3))
        return number**2

    assert list(ahead(slow_for_some, iter(range(20)), threads, waiting)) == [number**2 for number in range(20)]


def test_of_nothing_comes_nothing() -> None:
    assert list(ahead(str, [], 2, 3)) == []


def test_no_more_is_taken_than_may_wait() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(50):
            taken.append(number)
            yield number

    results = ahead(str, items(), 2, waiting=5)
    for number in range(10):
        assert next(results) == str(number)
        assert len(taken) == number + 6
    results.close()
    assert len(taken) == 15


def test_what_is_raised_comes_in_its_place_and_the_rest_is_not_begun() -> None:
    begun: list[int] = []
    goes_on = threading.Event()

    def work(number: int) -> int:
        begun.append(number)
        if number == 2:
            raise ValueError("the third")
        if number > 2:
            goes_on.wait(60)
        return number

    results = ahead(work, range(100), 1, waiting=50)
    found = [next(results), next(results)]
    until(lambda: begun == [0, 1, 2, 3])
    threading.Timer(0.05, goes_on.set).start()
    with pytest.raises(ValueError, match="the third"):
        next(results)
    assert found == [0, 1]
    assert len(begun) < 50
