"""`OtherProcess`: a second process of geoplan that works when it is asked, or is not there.

It is started anew, as ``python -c``, not forked and not `multiprocessing`'s: kernels and solvers
have threads, which no fork survives, and a script without ``if __name__ == "__main__"`` or a
notebook must not be run twice. What goes to it and comes back are pickles through its own pipes.
Where it cannot start, dies or fails, it is of no more use: whoever asked does the work.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from geoplan.study.beside.frames import read_frame, write_frame
from geoplan.study.beside.room import PROCESSES

S = TypeVar("S")
T = TypeVar("T")

#: finds what this process finds, whatever stands in the working folder
_BOOT = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); sys.path[:] = {path}; "
    "from geoplan.study.beside.serve import serve; serve({load!a}, {ahead!a})"
)
#: what it loads before it is asked: planning any service needs it
_LOADED = "geoplan.study.run"


class OtherProcessError(Exception):
    """The other process cannot do it."""


@dataclass(kw_only=True, slots=True, eq=False)
class OtherProcess:
    """A second process; see the module's first lines.

    Mutable: it is started when there is work enough, and stopped.

    Parameters
    ----------
    arguments : of Python; only tests name others.
    """

    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    over: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def start(self, ahead: tuple[str, ...] = ()) -> None:
        """Start it, unless it was; a process that cannot start is none.

        Parameters
        ----------
        ahead : kernels that it gets ready before it is asked for anything, see `parts_of`.
        """
        if self.process is not None or self.over:
            return
        code = _BOOT.format(path=ascii(sys.path), load=_LOADED, ahead=ahead)
        own = ["-X", "utf8"] if sys.flags.utf8_mode else []
        own += ["-B"] if sys.dont_write_bytecode else []
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-I", *own, *(self.arguments or ("-c", code))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={**os.environ, PROCESSES: "1"},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except (OSError, ValueError):
            self.over = True

    def give(self, shared: Any, *, threads: int) -> None:
        """What the pieces asked for from now on are made of.

        Parameters
        ----------
        threads : that each may use.

        Raises
        ------
        OtherProcessError
            As `ask`.
        """
        self._answer(("give", threads, ""), shared)

    def ask(self, work: Callable[[S, str], T], name: str) -> T:
        """``work(shared, name)`` of the other process, `shared` being what it was given last.

        Parameters
        ----------
        work : a function of a module.

        Raises
        ------
        OtherProcessError
            It is not there, or its work failed, in whatever way.
        """
        found: T = self._answer(("ask", work, name), None)
        return found

    def _answer(self, order: tuple[str, Any, str], shared: Any) -> Any:
        with self._turn:
            process = self.process
            if process is None or self.over:
                raise OtherProcessError
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                write_frame(process.stdin, pickle.dumps(order, protocol=5))
                if order[0] == "give":
                    write_frame(process.stdin, pickle.dumps(shared, protocol=5))
                is_done, answer, told = pickle.loads(read_frame(process.stdout))
            except Exception as error:  # of pipes, or a value that does not go through them
                self._end()
                raise OtherProcessError from error
            if not is_done:
                raise OtherProcessError(answer)
            told.tell()
            return answer

    def stop(self) -> None:
        """End it at once, whatever it is at."""
        self._end()

    def _end(self) -> None:
        self.over = True
        process = self.process
        if process is None:
            return
        with suppress(OSError):
            process.kill()
        # the end of its orders reaches the child of a launcher, too, which Windows has
        for step in (process.stdin.close, process.wait, process.stdout.close):  # type: ignore[union-attr]
            with suppress(OSError):
                step()


_current: ContextVar[OtherProcess | None] = ContextVar("the other process", default=None)


@contextmanager
def other_process() -> Iterator[OtherProcess]:
    """The other process of the block around this one, else one that ends with this block.

    It is not started here, but where there is work for it.
    """
    known = _current.get()
    if known is not None:
        yield known
        return
    other = OtherProcess()
    token = _current.set(other)
    try:
        yield other
    finally:
        _current.reset(token)
        other.stop()
