"""Jobs shared among threads: kernels and solvers let go of Python's lock while they work."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from typing import Any, TypeVar

from geoplan.validate import positive_integer

Item = TypeVar("Item")
Result = TypeVar("Result")

_most: ContextVar[int | None] = ContextVar("threads that a block may use", default=None)


@contextmanager
def at_most(threads: int) -> Iterator[None]:
    """Within, work for which no number of threads is asked uses `threads` at most.

    For two processes that share a machine's cores.

    Examples
    --------
    >>> with at_most(1):
    ...     worker_count(None), worker_count(3)
    (1, 3)
    """
    token = _most.set(threads)
    try:
        yield
    finally:
        _most.reset(token)


def worker_count(threads: int | None) -> int:
    """How many threads to use: what was asked for, else what the machine allows."""
    if threads is not None:
        return positive_integer("threads", threads)
    try:
        found = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every platform
        found = os.cpu_count() or 1
    most = _most.get()
    return found if most is None else min(found, most)


def run(
    job: Callable[[Item], Result], items: list[Item], *, threads: int | None = None
) -> list[Result]:
    """The job's results in the order of `items`, worked on by several threads.

    The calling thread works as well, and nobody waits for anybody before the end: a pool of
    threads hands every item over, which takes longer than many a job (measured: 6 ms for 32).
    The first error ends the work and is raised.
    """
    workers = min(worker_count(threads), len(items))
    if workers <= 1:
        return [job(item) for item in items]
    results: list[Any] = [None] * len(items)
    numbers = count()
    failed: list[BaseException] = []

    def work() -> None:
        for i in numbers:  # handed out one by one: `next` of a count is one step
            if i >= len(items) or failed:
                return
            try:
                results[i] = job(items[i])
            except BaseException as error:
                failed.append(error)

    others = [threading.Thread(target=work, daemon=True) for _ in range(workers - 1)]
    for other in others:
        other.start()
    work()
    for other in others:
        other.join()
    if failed:
        raise failed[0]
    return results
