"""Jobs shared among threads: kernels and solvers let go of Python's lock while they work."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from geoplan.network.options import whole

Item = TypeVar("Item")
Result = TypeVar("Result")


def worker_count(threads: int | None) -> int:
    """How many threads to use: what was asked for, else what the machine allows."""
    if threads is not None:
        return whole("threads", threads)
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every platform
        return os.cpu_count() or 1


def run(
    job: Callable[[Item], Result], items: list[Item], *, threads: int | None = None
) -> list[Result]:
    """The job's results in the order of `items`, worked on by several threads."""
    workers = min(worker_count(threads), len(items))
    if workers <= 1:
        return [job(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(job, items))
