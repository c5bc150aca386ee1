"""Pieces of work that need nothing of one another, shared between this process and the other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from geoplan.parallel import at_most
from geoplan.study.beside.process import OtherProcess, OtherProcessError
from geoplan.study.beside.room import cores

S = TypeVar("S")
T = TypeVar("T")

#: how often Ctrl-C is looked for while the other process works: a wait of Windows hears nothing
_LOOK_S = 0.2


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Pieces(Generic[S, T]):
    """Work by name, those that take longest first.

    Parameters
    ----------
    names : of the pieces; the first is done in this process.
    here : does a piece in this process.
    there : ``there(shared, name)`` does it in the other one; a function of a module.
    shared : what `there` needs, sent once.
    done : told of each piece as it is finished, in this process.
    """

    names: list[str]
    here: Callable[[str], None]
    there: Callable[[S, str], T]
    shared: S
    done: Callable[[str, T], None]


def work_off(pieces: Pieces[S, T], other: OtherProcess | None) -> None:
    """Every piece, by this process and the other one; by this one alone where there is no other.

    What the other one cannot do is done here, so its faults are told as faults of this process.

    Parameters
    ----------
    other : started or not; None = none is wanted.
    """
    if other is None or other.process is None or len(pieces.names) < 2:
        for name in pieces.names:
            pieces.here(name)
        return
    threads = max(1, cores() // 2)  # the other half is the other one's
    work = _Shared(waiting=list(pieces.names), threads=threads)
    helper = threading.Thread(target=_help, args=(work, pieces, other), daemon=True)
    mine = work.take()
    helper.start()
    try:
        with at_most(threads):
            while mine is not None or not work.is_over():
                if mine is not None:
                    pieces.here(mine)
                _take_over(work, pieces, wait=mine is None)
                mine = work.take()
    except BaseException:
        other.stop()
        raise


@dataclass(kw_only=True, slots=True)
class _Shared:
    """Where the pieces are: `waiting`, `out` with the other process, or answered."""

    waiting: list[str]
    threads: int
    out: str | None = None
    answers: SimpleQueue[tuple[str, Any]] = field(default_factory=SimpleQueue)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, *, out: bool = False) -> str | None:
        """The next piece, for this process or for the other; None = there is none."""
        with self.lock:
            name = self.waiting.pop(0) if self.waiting else None
            if out:
                self.out = name
            return name

    def answer(self, name: str, value: Any) -> None:
        """The other one has done a piece."""
        with self.lock:
            self.answers.put((name, value))
            self.out = None

    def give_back(self) -> None:
        """The other one has not done what it took."""
        with self.lock:
            if self.out is not None:
                self.waiting.insert(0, self.out)
            self.out = None

    def is_over(self) -> bool:
        """Whether nothing is waiting, out or to be looked at."""
        with self.lock:
            return not self.waiting and self.out is None and self.answers.empty()


def _help(work: _Shared, pieces: Pieces[Any, Any], other: OtherProcess) -> None:
    """Have the other process do pieces till none is left, or it fails."""
    try:
        # takes its time, in which a piece would wait
        other.give(pieces.shared, threads=work.threads)
        while (name := work.take(out=True)) is not None:
            work.answer(name, other.ask(pieces.there, name))
    except OtherProcessError:
        work.give_back()


def _take_over(work: _Shared, pieces: Pieces[Any, Any], *, wait: bool) -> None:
    """Tell of what the other one has done since."""
    try:
        while True:
            pieces.done(*work.answers.get(block=wait, timeout=_LOOK_S if wait else None))
            wait = False
    except Empty:
        return
