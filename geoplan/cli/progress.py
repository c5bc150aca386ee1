"""Progress on a terminal as a bar with an estimate, elsewhere as plain lines."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

if TYPE_CHECKING:
    from geoplan.study.progress import Progress as Report


@contextmanager
def progress_shown() -> Iterator[Report]:
    """A progress function for the time of the block; it writes to standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_lines()
        return
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None)

        def report(done: int, total: int, text: str) -> None:
            with suppress(OSError):
                bar.update(task, completed=done, total=total, description=text)

        yield report


def _plain_lines() -> Report:
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    start = time.monotonic()
    last = ""

    def report(done: int, total: int, text: str) -> None:
        nonlocal last
        if text != last:
            with suppress(OSError):  # what cannot be shown is no reason to stop
                console.print(
                    f"[{time.monotonic() - start:5.1f} s] {min(done + 1, total)}/{total} {text}"
                )
            last = text

    return report
