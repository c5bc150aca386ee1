"""Work shared among threads: all of it, in order, and its errors."""

from __future__ import annotations

import threading
import time

import pytest

from geoplan.parallel import run, worker_count


@pytest.mark.parametrize("threads", [1, 2, 5, None])
@pytest.mark.parametrize("items", [0, 1, 2, 1000])
def test_results_stand_in_the_order_of_the_items(items: int, threads: int | None) -> None:
    done: list[int] = []

    def job(item: int) -> int:
        done.append(item)
        return item * item

    assert run(job, list(range(items)), threads=threads) == [i * i for i in range(items)]
    assert sorted(done) == list(range(items))


def test_several_threads_work_at_the_same_time() -> None:
    meet = threading.Barrier(3, timeout=30)  # broken unless three jobs are at work at once
    assert run(lambda _: meet.wait() >= 0, [1, 2, 3], threads=3) == [True] * 3


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_is_raised_and_ends_the_work(threads: int) -> None:
    done: list[int] = []
    failing = threading.Event()

    def job(item: int) -> None:
        if item == 5:
            failing.set()
            raise KeyError(item)
        if item > 5:  # the others do not run ahead while that thread has to wait for its turn
            failing.wait(30)
            time.sleep(0.001)
        done.append(item)

    with pytest.raises(KeyError, match="5"):
        run(job, list(range(100_000)), threads=threads)
    assert len(done) < 100_000 - 1


def test_the_number_of_threads() -> None:
    assert worker_count(3) == 3
    assert worker_count(None) >= 1
