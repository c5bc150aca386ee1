"""Where the `geoplan` command starts and leaves: Ctrl-C and full devices at any moment.

Everything else is loaded within, so that an interrupt while it loads is told like any other.
"""

from __future__ import annotations

import _thread
import errno
import gc
import os
import signal
import sys
import time
from contextlib import suppress
from typing import Any

#: exit code after Ctrl-C
INTERRUPTED = 130
#: tables make millions of small objects and hardly a cycle: looking for some took 4 % of a run
_SELDOM = (100_000, 20, 50)
#: why standard output failed, once it has
_found: list[OSError] = []


class Interrupts:
    """Whether Ctrl-C was pressed, also where a library has made another error of it.

    The handler of the signal stays as it is: searches for sites put their own in its place.
    """

    def __init__(self) -> None:
        self._pair: tuple[Any, Any] | None = None

    def __enter__(self) -> Interrupts:
        """Take note of signals from now on; only a program's main thread can."""
        with suppress(OSError, ValueError):
            import socket

            pair = socket.socketpair()
            self._pair = pair
            for end in pair:
                end.setblocking(False)
            signal.set_wakeup_fd(pair[1].fileno(), warn_on_full_buffer=False)
        sys.unraisablehook = _raised_again
        return self

    def __exit__(self, *left: object) -> None:
        sys.unraisablehook = sys.__unraisablehook__
        with suppress(OSError, ValueError):
            signal.set_wakeup_fd(-1)
        for end in self._pair or ():
            end.close()

    def heard(self) -> bool:
        """Whether Ctrl-C was pressed since the last time."""
        with suppress(OSError):
            return self._pair is not None and signal.SIGINT in self._pair[0].recv(4096)
        return False


def _raised_again(lost: Any) -> None:
    """An interrupt that came while Python cleaned up is lost there: it comes again.

    Files that libraries leave open on a full disk fail once more there, when all is told.
    """
    if lost.exc_type is KeyboardInterrupt:
        _thread.start_new_thread(_interrupt_soon, ())  # not here, where it would be lost again
    elif not issubclass(lost.exc_type, OSError):
        sys.__unraisablehook__(lost)


def _interrupt_soon() -> None:
    time.sleep(0.05)
    _thread.interrupt_main()


def main(argv: list[str] | None = None) -> None:
    """Run the command line and leave with the exit code of the contract.

    Parameters
    ----------
    argv : without the program's name; None = as the program was called: then nothing follows, and
        Ctrl-C no longer disturbs what Python does at its end.
    """
    code = INTERRUPTED
    _found.clear()
    if argv is None:  # the process is this command's alone
        gc.set_threshold(*_SELDOM)
    try:
        with Interrupts() as interrupts:
            code = _code(argv, interrupts)
            if argv is None:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:
        if argv is None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        _tell_interrupted()
    if argv is None:
        gc.freeze()  # what is left goes with the process: Python need not look through it
    sys.exit(printed(code))


def _code(argv: list[str] | None, interrupts: Interrupts) -> int:
    try:
        from geoplan.cli.commands import exit_code
    except Exception:
        if interrupts.heard():
            raise KeyboardInterrupt from None
        raise
    return exit_code(argv, interrupts)


def _tell_interrupted() -> None:
    from geoplan.words import say_both

    with suppress(OSError):
        print(f"geoplan: {say_both('cli.interrupted')}", file=sys.stderr, flush=True)  # noqa: T201


def unprinted(fault: OSError) -> None:
    """Keep in mind why standard output failed; nothing more goes there."""
    _found.append(fault)
    _lead_nowhere(sys.stdout)


def printed(code: int) -> int:
    """The exit code, when all that was printed has gone out; 2 where it could not.

    Parameters
    ----------
    code : as the command left.
    """
    for stream in (sys.stderr, sys.stdout):
        try:
            if stream is not None:
                stream.flush()
        except OSError as error:
            if stream is sys.stdout:
                _found.append(error)
            _lead_nowhere(stream)
        except ValueError:  # closed
            continue
    if not _found or _found[0].errno == errno.EPIPE:  # a pipe: who reads has seen enough
        return code
    from geoplan.words import say_both

    with suppress(OSError):
        why = _found[0].strerror or str(_found[0])
        print(f"geoplan: {say_both('cli.unprinted', why=why)}", file=sys.stderr, flush=True)  # noqa: T201
    return code or 2


def _lead_nowhere(stream: Any) -> None:
    """Python would try to write once more at its end, and show a traceback."""
    with suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), stream.fileno())
        stream.flush()
