"""Stages of a run: how far it is, what each took, for a terminal, a log or nobody."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol


class Progress(Protocol):
    """Called as work goes on: `done` of `total` steps, and what is being done now."""

    def __call__(self, done: int, total: int, text: str) -> None:
        """Report how far it is."""


def silent(done: int, total: int, text: str) -> None:
    """Report to nobody."""


@dataclass(kw_only=True, slots=True)
class Stages:
    """Counts steps and measures seconds and peak memory of each named stage.

    Mutable: it belongs to a run that is under way.
    """

    total: int
    progress: Progress = silent
    done: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    peak_mb: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, text: str, *, steps: int = 1) -> Iterator[None]:
        """One stage: reported when it starts, measured when it ends."""
        self.progress(self.done, self.total, text)
        start = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - start
            self.seconds[name] = round(self.seconds.get(name, 0.0) + took, 3)
            peak = peak_memory_mb()
            if peak is not None:
                self.peak_mb[name] = peak
            self.done += steps
            self.progress(self.done, self.total, text)


def peak_memory_mb() -> float | None:
    """Largest memory that this process has held so far, in MB (10^6 bytes); None on Windows."""
    try:
        import resource
    except ImportError:  # Windows has no such count in the standard library
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts kibibytes, macOS bytes
    return round(peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6, 1)
