"""Schedulers and workers of Dask as processes of their own, for tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType

from geoplan.study.cluster.link import Patience

CHECKOUT = Path(__file__).resolve().parents[3]
WAIT_S = 120.0
#: for machines that do much else; `restart_s` is the time that some tests wait in vain
patient = partial(Patience, answer_s=60, workers_s=WAIT_S, restart_s=WAIT_S)
#: below those that a system gives to whoever asks for any: nobody takes that of a scheduler away
PORTS = range(20_000, 32_000)


def free_port() -> int:
    for step in range(len(PORTS)):
        port = PORTS[(101 * os.getpid() + step) % len(PORTS)]
        with socket.socket() as held, suppress(OSError):
            held.bind(("127.0.0.1", port))
            return port
    raise AssertionError("every port is taken")


def wait_for(what: Path, seconds: float = WAIT_S) -> None:
    deadline = time.monotonic() + seconds
    while not what.exists():
        assert time.monotonic() < deadline, f"{what.name} has not come"
        time.sleep(0.02)


class Machines:
    """A cluster on the loopback; every process is ended when the block ends."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Machines:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for process in self._started:
            process.kill()
        for process in self._started:
            process.wait()

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "GEOPLAN_CACHE": "off"}
        with (self.folder / f"log{len(self._started)}.txt").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
            )
        self._started.append(process)
        return process

    def scheduler(self) -> subprocess.Popen[bytes]:
        place = ("--host", "127.0.0.1", "--port", str(self.port))
        process = self._start("scheduler", *place, "--no-dashboard", "--no-show")
        deadline = time.monotonic() + WAIT_S
        while True:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", self.port)) == 0:
                    return process
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def worker(self, preload: str = "") -> subprocess.Popen[bytes]:
        """A worker of one thread; `preload` is Python that runs before it joins."""
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard"]
        if preload:
            file = self.folder / f"preload{len(self._started)}.py"
            file.write_text(preload, encoding="utf-8")
            options += ["--preload", str(file)]
        return self._start(
            *("worker", self.address, *options, "--local-directory", str(self.folder))
        )
