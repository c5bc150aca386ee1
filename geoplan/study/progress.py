"""Stages of a run: how far it is, what each took, for a terminal, a log or nobody."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from typing import Any, Literal, Protocol


class Progress(Protocol):
    """Called as work goes on: `done` of `total` steps, and what is being done now."""

    def __call__(self, done: int, total: int, text: str) -> None:
        """Report how far it is."""


def silent(done: int, total: int, text: str) -> None:
    """Report to nobody."""


def chosen(progress: Progress | Literal[False] | None) -> Progress:
    """Who is told how far it is: the function given; by default a bar in Jupyter, elsewhere nobody.

    Parameters
    ----------
    progress : a function, None (a bar where a notebook shows it), or False (nobody).
    """
    if progress is None:
        return _NotebookBar() if _in_notebook() else silent
    return silent if progress is False else progress


def _in_notebook() -> bool:
    """Whether a Jupyter kernel runs this; nothing is imported to find out."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


class _NotebookBar:
    """One bar in a cell's output, redrawn as work goes on; IPython's own display draws it."""

    def __init__(self) -> None:
        self._display: Any = importlib.import_module("IPython.display").display
        self._handle: Any = None
        self._start = time.monotonic()

    def __call__(self, done: int, total: int, text: str) -> None:
        seconds = time.monotonic() - self._start
        told = f"{min(done, total)}/{total} {text} ({seconds:.0f} s)"
        bar = f'<progress value="{done}" max="{max(total, 1)}"></progress> {escape(told)}'
        shown = {"text/html": bar, "text/plain": told}
        if self._handle is None:
            self._handle = self._display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)


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

    def take(self, seconds: Mapping[str, float], peak_mb: Mapping[str, float], text: str) -> None:
        """Stages that another process has worked: as it measured them; `text` is told."""
        self.seconds |= seconds
        self.peak_mb |= peak_mb
        self.done += len(seconds)
        self.progress(self.done, self.total, text)

    def put_last(self, names: Iterable[str]) -> None:
        """Stages that two processes ended in any order, in the order of `names`."""
        for name in names:
            for found in (self.seconds, self.peak_mb):
                if name in found:
                    found[name] = found.pop(name)

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
