"""Pieces shared with the other process: each is done once, whatever becomes of that process."""

from __future__ import annotations

import ctypes
import logging
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from geoplan.parallel import at_most, run, worker_count
from geoplan.study.beside import room
from geoplan.study.beside.process import OtherProcess, other_process
from geoplan.study.beside.share import Pieces, work_off
from tests.study.beside.jobs import job, ready, slow

ROOT = Path(__file__).parents[3]


@pytest.fixture
def other() -> Iterator[OtherProcess]:
    with other_process() as found:
        yield found


def done_by(
    names: list[str],
    other: OtherProcess | None,
    *,
    slowly: float = 0.0,
    first: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """What came of each piece; a piece that is done twice fails here.

    slowly : seconds that a piece takes in this process. first : called there in each piece.
    """
    found: dict[str, Any] = {}

    def done(name: str, value: Any) -> None:
        assert name not in found
        found[name] = value

    def here(name: str) -> None:
        time.sleep(slowly)
        first()
        done(name, ("ab" + name, os.getpid(), worker_count(None)))

    work_off(Pieces(names=names, here=here, there=job, shared="ab", done=done), other)
    return found


def test_both_processes_work_and_each_piece_is_done_once(
    other: OtherProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, asked = [f"{k}" for k in range(12)], OtherProcess.ask
    answered = threading.Event()

    def ask(other: OtherProcess, *order: Any) -> Any:
        value = asked(other, *order)
        answered.set()
        return value

    monkeypatch.setattr(OtherProcess, "ask", ask)
    for _ in range(2):  # the same process does a second lot
        answered.clear()
        found = done_by(names, ready(other), first=lambda: answered.wait(120))
        assert {name: value for name, (value, *_) in found.items()} == {n: "ab" + n for n in names}
        by = Counter(pid for _, pid, _ in found.values())
        assert set(by) == {os.getpid(), other.process.pid}  # type: ignore[union-attr]
        # together no more threads than cores
        assert {most for *_, most in found.values()} == {max(1, room.cores() // 2)}
    assert worker_count(None) == room.cores() or room._quota()


@pytest.mark.parametrize("trouble", ["dies", "raises", "lost"])
def test_what_the_other_cannot_do_is_done_here(other: OtherProcess, trouble: str) -> None:
    rng = random.Random(trouble)
    names = [f"{rng.choice(['good', 'good', trouble])}{k}" for k in range(8)] + [f"{trouble}9"]
    found = done_by(names, ready(other), slowly=0.1)
    assert sorted(found) == sorted(names)
    assert all(pid == os.getpid() for name, (_, pid, _) in found.items() if trouble in name)


def test_killed_while_it_works(other: OtherProcess, tmp_path: Path) -> None:
    process = ready(other).process
    assert process is not None
    found: list[str] = []

    def here(name: str) -> None:
        while not found and not list(tmp_path.glob("*.under_way")):
            time.sleep(0.02)
        process.kill()
        found.append(name)

    pieces = Pieces(
        names=["a", "b"], here=here, there=slow, shared=str(tmp_path), done=lambda *_: None
    )
    work_off(pieces, other)
    assert sorted(found) == ["a", "b"]


def test_what_is_printed_and_logged_there_does_no_harm(
    other: OtherProcess, caplog: pytest.LogCaptureFixture
) -> None:
    ready(other).give("ab", threads=1)
    assert other.ask(job, "prints")[0] == "abprints"
    with caplog.at_level(logging.WARNING, "geoplan"):
        assert other.ask(job, "logs")[0] == "ablogs"
    assert [record.getMessage() for record in caplog.records] == ["said of logs"]


@pytest.mark.parametrize("program", ["python-that-is-not-there", "", str(ROOT / "README.md")])
def test_where_none_can_start_this_one_works(
    other: OtherProcess, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    other.start()
    assert {pid for _, pid, _ in done_by(["a", "b", "c"], other).values()} == {os.getpid()}


def test_one_that_ends_at_once_is_none() -> None:
    other = OtherProcess(arguments=("-c", "print('hello')"))
    other.start()
    assert {pid for _, pid, _ in done_by(["a", "b", "c"], other).values()} == {os.getpid()}
    other.stop()


def test_an_error_here_ends_the_other_at_once(other: OtherProcess) -> None:
    process = ready(other).process
    assert process is not None

    def fails(name: str) -> None:
        raise RuntimeError(name)

    pieces = Pieces(names=["a", "b"], here=fails, there=job, shared="", done=lambda *_: None)
    with pytest.raises(RuntimeError):
        work_off(pieces, other)
    assert process.poll() is not None


def test_one_process_within_a_block_and_the_blocks_inside(other: OtherProcess) -> None:
    with other_process() as inner:
        assert inner is other
    ready(other)
    assert other.process is not None
    assert other.process.poll() is None


def test_threads_are_bounded_within_a_block() -> None:
    with at_most(1):
        threads = run(lambda _: threading.get_ident(), list(range(8)))
        assert set(threads) == {threading.get_ident()}
    assert worker_count(3) == 3


def test_whether_it_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(room.PROCESSES, raising=False)
    monkeypatch.setattr(room, "cores", lambda: 2)
    monkeypatch.setattr(room, "free_mb", lambda: None)
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    at = [room.LEAST_EDGES - 1, room.LEAST_EDGES, room.MOST_EDGES, room.MOST_EDGES + 1]
    assert [room.is_worth_it(edges) for edges in at] == [False, True, True, False]
    monkeypatch.setenv(room.PROCESSES, "2")
    assert room.is_worth_it(1)
    monkeypatch.setenv(room.PROCESSES, "1")
    assert not room.is_worth_it(room.LEAST_EDGES)
    monkeypatch.delenv(room.PROCESSES)
    with monkeypatch.context() as patch:
        patch.setattr(room, "cores", lambda: 1)
        assert not room.is_worth_it(room.LEAST_EDGES)
    with monkeypatch.context() as patch:
        patch.setattr(room, "free_mb", lambda: room.LEAST_FREE_MB - 1)
        assert not room.is_worth_it(room.LEAST_EDGES)
    with monkeypatch.context() as patch:  # a program that holds Python would open its window
        patch.setattr(sys, "executable", "/usr/bin/qgis-bin")
        assert not room.is_worth_it(room.LEAST_EDGES)
    inside = []
    worker = threading.Thread(target=lambda: inside.append(room.is_worth_it(room.LEAST_EDGES)))
    worker.start()
    worker.join()
    assert inside == [False]
    assert room.is_worth_it(room.LEAST_EDGES)


def test_a_containers_share_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "worker_count", lambda _: 8)
    said = {"/sys/fs/cgroup/cpu.max": ["max", "100000"]}
    monkeypatch.setattr(room, "_words", lambda path: said.get(path, []))
    assert room.cores() == 8
    said["/sys/fs/cgroup/cpu.max"] = ["150000", "100000"]
    assert room.cores() == 1
    said |= {"/proc/meminfo": ["MemTotal:", "9", "MemAvailable:", "8000000", "kB"]}
    assert room.free_mb() == 8000
    said |= {"/sys/fs/cgroup/memory.max": ["3000000000"]}
    said |= {"/sys/fs/cgroup/memory.current": ["1000000000"]}
    assert room.free_mb() == 2000


def test_the_free_memory_of_windows_is_asked_for() -> None:
    def filled(status: Any) -> int:
        found = status._obj
        assert found.length == ctypes.sizeof(found) == 64  # as Windows' own headers have it
        found.total, found.free = 8_000_000_000, 1_200_000_000
        return 1

    assert room.windows_free_mb(filled) == 1200
    assert room.windows_free_mb(lambda _: 0) is None


_SLOW = """
import sys
from geoplan.study.beside.process import other_process
from geoplan.study.beside.share import Pieces, work_off
from tests.study.beside.jobs import slow
folder = sys.argv[1]
with other_process() as other:
    other.start()
    other.give(folder, threads=1)
    def here(name):
        slow(folder, "here")
    work_off(
        Pieces(names=["a", "b", "c"], here=here, there=slow, shared=folder, done=print), other
    )
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no groups of processes to look at")
@pytest.mark.parametrize("how", ["terminal", "one", "killed"])
def test_ctrl_c_and_a_kill_leave_no_process(tmp_path: Path, how: str) -> None:
    """Ctrl-C of a terminal reaches both; a kill reaches the first alone."""
    command = subprocess.Popen(
        [sys.executable, "-c", _SLOW, str(tmp_path)],
        cwd=ROOT,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        begun = time.monotonic()
        while len(list(tmp_path.glob("*.under_way"))) < 2:
            assert time.monotonic() - begun < 120
            assert command.poll() is None
            time.sleep(0.05)
        if how == "terminal":
            os.killpg(command.pid, signal.SIGINT)
        else:
            command.send_signal(signal.SIGINT if how == "one" else signal.SIGKILL)
        _, told = command.communicate(timeout=60)
        assert ("KeyboardInterrupt" in told) == (how != "killed")
        assert "Pickle" not in told
        begun = time.monotonic()
        while _lives(command.pid):
            assert time.monotonic() - begun < 30, "the other process is still there"
            time.sleep(0.05)
    finally:
        if _lives(command.pid):
            os.killpg(command.pid, signal.SIGKILL)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
