"""`SolveControl`: the running solve, its request with deadline, progress reports and Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from types import FrameType
from typing import Any

from geoplan.kernels import compile_seconds
from geoplan.siting.solver.request import ProgressCallback, SolveRequest


@dataclass(kw_only=True, slots=True)
class SolveControl:
    """What a running search must obey: its request's values, what is left of its time, Ctrl-C.

    compiled : seconds that kernels had taken to compile at the start; later ones do not count.
    parent : the control of which this one is a part; when that one is stopped, so is this.
    by_clock : a step of the work, or of a part of it, has ended because its time was over: on
        another or a busier computer there may be another answer.
    """

    time_limit_s: float
    gap: float = 0.0
    seed: int = 0
    threads: int | None = None
    progress: ProgressCallback | None = None
    started: float = field(default_factory=time.perf_counter)
    compiled: float = field(default_factory=compile_seconds)
    parent: SolveControl | None = None
    halted: bool = False
    by_clock: bool = False

    @classmethod
    def start(cls, request: SolveRequest) -> SolveControl:
        """The control of a solve that begins now."""
        return cls(**{item.name: getattr(request, item.name) for item in fields(request)})

    @property
    def seconds(self) -> float:
        """Seconds since the start, but for the compilation of kernels."""
        return time.perf_counter() - self.started - (compile_seconds() - self.compiled)

    @property
    def stopped(self) -> bool:
        """Whether somebody wants the search to end at once."""
        return self.halted or (self.parent is not None and self.parent.stopped)

    @property
    def left(self) -> float:
        """Seconds that are left, at least 0; 0 after an interrupt. Who is told of none, ends."""
        if self.stopped:
            return 0.0
        own = max(0.0, self.time_limit_s - self.seconds)
        left = own if self.parent is None else min(own, self.parent.left)
        if left <= 0:
            self.out_of_time()
        return left

    def has(self, seconds: float) -> bool:
        """Whether more than so many seconds are left for a step; who is told no leaves it out."""
        enough = self.left > seconds
        if not enough and not self.stopped:
            self.out_of_time()
        return enough

    def out_of_time(self) -> None:
        """A step ends because its time is over: so this and all of which it is a part say so."""
        self.by_clock = True
        if self.parent is not None:
            self.parent.out_of_time()

    def stop(self) -> None:
        """End the search: it and all of which it is a part."""
        self.halted = True
        if self.parent is not None:
            self.parent.stop()

    def part(self, seconds: float) -> SolveControl:
        """The control of a part of the work, with at most `seconds`."""
        return self.with_(
            time_limit_s=min(seconds, self.left),
            started=time.perf_counter(),
            compiled=compile_seconds(),
        )

    def with_(self, **changes: Any) -> SolveControl:
        """The same time and interrupt, with another `gap` or `seed`."""
        fresh: dict[str, Any] = {"progress": None, "halted": False, "by_clock": False}
        return replace(self, **changes, **fresh, parent=self)

    def request(self, seconds: float) -> SolveRequest:
        """A request for a smaller problem, proved to optimality within `seconds`."""
        return SolveRequest(time_limit_s=seconds, seed=self.seed, threads=self.threads)

    def report(self, text: str) -> None:
        """Report to the caller how far the time has run."""
        if self.parent is not None:
            self.parent.report(text)
        if self.progress is not None:
            limit = self.time_limit_s
            done = 100 if limit <= 0 else min(99, int(100 * self.seconds / limit))
            self.progress(done, 100, text)

    @contextmanager
    def interruptible(self) -> Iterator[SolveControl]:
        """Within, the first Ctrl-C stops this control instead of raising; a second one raises.

        Python raises KeyboardInterrupt anywhere, which may be before there is anything
        to hand over; a control that is stopped lets the search end where it has a solution. A
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
