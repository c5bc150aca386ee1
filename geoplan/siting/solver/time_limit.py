"""A search's clock: its time limit, whom to tell how far it is, and Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

#: called with (done, total, text) as work goes on
Progress = Callable[[int, int, str], None]


@dataclass(kw_only=True, slots=True)
class Clock:
    """Seconds since the start, what is left of the limit, and who to tell.

    parent : the clock of which this one measures a part; when that one is stopped, so is this.
    """

    limit_s: float
    progress: Progress | None = None
    started: float = field(default_factory=time.perf_counter)
    parent: Clock | None = None
    halted: bool = False

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    @property
    def stopped(self) -> bool:
        """Whether somebody wants the search to end at once."""
        return self.halted or (self.parent is not None and self.parent.stopped)

    @property
    def left(self) -> float:
        """Seconds that are left, at least 0; 0 after an interrupt."""
        if self.stopped:
            return 0.0
        own = max(0.0, self.limit_s - self.seconds)
        return own if self.parent is None else min(own, self.parent.left)

    def stop(self) -> None:
        """End the search: it and all of which it is a part."""
        self.halted = True
        if self.parent is not None:
            self.parent.stop()

    def part(self, seconds: float) -> Clock:
        """A clock for a part of the work, with at most `seconds`."""
        return Clock(limit_s=min(seconds, self.left), parent=self)

    def tell(self, text: str) -> None:
        """Tell the caller how far the time has run."""
        if self.parent is not None:
            self.parent.tell(text)
        if self.progress is not None:
            done = 100 if self.limit_s <= 0 else min(99, int(100 * self.seconds / self.limit_s))
            self.progress(done, 100, text)

    @contextmanager
    def listening(self) -> Iterator[Clock]:
        """Within, the first Ctrl-C stops this clock instead of raising; a second one raises.

        Python raises KeyboardInterrupt wherever it stands, which may be before there is anything
        to hand over; a clock that is stopped lets the search end where it has an answer. A
        program's own handler of the signal is left alone, and so are other threads.
        """
        usual = signal.default_int_handler
        main = threading.current_thread() is threading.main_thread()
        if not main or signal.getsignal(signal.SIGINT) is not usual:
            yield self
            return

        def on_interrupt(number: int, frame: FrameType | None) -> None:
            self.halted = True
            signal.signal(signal.SIGINT, usual)

        signal.signal(signal.SIGINT, on_interrupt)
        try:
            yield self
        finally:
            signal.signal(signal.SIGINT, usual)
