"""Workers, watched: one that hangs, takes too much memory or dies is ended and replaced."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

#: of processor time; and of the clock without any, as where a machine is busy a case takes its turn
HANG_CPU_S, HANG_IDLE_S = 30.0, 180.0
#: processor seconds that count as going on
_GOES_ON = 0.02
MEMORY_OVER_BASE = 2 << 30
#: a worker is replaced after so many cases, so that what a library keeps cannot pass for a case's
CASES_OF_A_WORKER = 400


@dataclass
class _Worker:
    process: subprocess.Popen[str]
    watched: psutil.Process
    number: int | None = None
    began: float = 0.0
    seen: float = 0.0
    cpu: float = 0.0
    so_far: float = 0.0
    base: int = 0
    done: int = field(default=0)

    def give(self, number: int) -> None:
        self.number, self.began = number, time.monotonic()
        self.cpu, self.base = self._cpu(), self.watched.memory_info().rss
        self.seen, self.so_far = self.began, self.cpu
        assert self.process.stdin is not None
        self.process.stdin.write(f"{number}\n")
        self.process.stdin.flush()

    def _cpu(self) -> float:
        times = self.watched.cpu_times()
        return times.user + times.system

    def beyond(self) -> str:
        """Which bound the case has passed, if any."""
        if self.number is None:
            return ""
        try:
            now, memory = self._cpu(), self.watched.memory_info().rss - self.base
        except psutil.Error:
            return ""
        clock, used = time.monotonic(), now - self.cpu
        if now - self.so_far > _GOES_ON:
            self.seen, self.so_far = clock, now
        if used > HANG_CPU_S or clock - self.seen > HANG_IDLE_S:
            return f"hang: {used:.0f} s of processor, {clock - self.began:.0f} s in all"
        if memory > MEMORY_OVER_BASE:
            return f"memory: {memory >> 20} MB over the base"
        return ""


def results(
    seed: int, numbers: list[int], kept: Path, base: Path, workers: int
) -> Iterator[dict[str, Any]]:
    """The answers as they come: ``number``, ``kind``, ``what``, ``outcome``, ``faults``."""
    waiting = iter(numbers)
    selector = selectors.DefaultSelector()
    running: list[_Worker] = []

    def start() -> None:
        number = next(waiting, None)
        if number is None:
            return
        worker = _start(seed, kept, base)
        running.append(worker)
        selector.register(worker.process.stdout, selectors.EVENT_READ, worker)  # type: ignore[arg-type]
        worker.give(number)

    def end(worker: _Worker) -> None:
        selector.unregister(worker.process.stdout)  # type: ignore[arg-type]
        running.remove(worker)
        worker.process.kill()
        with contextlib.suppress(OSError):  # a dead process takes no last line
            worker.process.communicate()

    for _ in range(workers):
        start()
    while running:
        for key, _ in selector.select(timeout=0.2):
            worker: _Worker = key.data
            line = worker.process.stdout.readline()  # type: ignore[union-attr]
            if not line:
                code = worker.process.wait()
                yield _died(seed, worker, kept, f"crash: the process ended with {code}")
                end(worker)
                start()
                continue
            yield json.loads(line)
            worker.done += 1
            number = next(waiting, None) if worker.done < CASES_OF_A_WORKER else None
            worker.number = None
            if number is not None:
                worker.give(number)
            else:
                end(worker)
                start()
        for worker in list(running):
            if why := worker.beyond():
                yield _died(seed, worker, kept, why)
                end(worker)
                start()


def _start(seed: int, kept: Path, base: Path) -> _Worker:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fuzz.worker", str(seed), str(kept), str(base)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    return _Worker(process, psutil.Process(process.pid))


def _died(seed: int, worker: _Worker, kept: Path, why: str) -> dict[str, Any]:
    """What the case was that ended its process: it has said so before it began."""
    path = kept / f"{seed}_{worker.number}.json"
    note = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps({**note, "faults": [why]}, indent=1))
    kind, what = note.get("kind", "?"), note.get("what", "?")
    outcome = why.split(":")[0]
    return {
        "number": worker.number,
        "kind": kind,
        "what": what,
        "outcome": outcome,
        "faults": [why],
    }
