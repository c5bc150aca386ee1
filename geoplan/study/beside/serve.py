"""What the other process does: it works off orders till nobody is there to give any."""

from __future__ import annotations

import ctypes
import gc
import importlib
import logging
import os
import pickle
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import IO

from geoplan.parallel import at_most
from geoplan.study.beside.frames import read_frame, write_frame

#: what gets kernels ready; loaded when orders are listened to already
_AHEAD = "geoplan.study.beside.ahead"
#: objects made between two looks for garbage, as of the command
_SELDOM = 50_000


@dataclass(kw_only=True, slots=True)
class Told:
    """Log records of a piece of work, to be told where the user looks."""

    records: list[logging.LogRecord] = field(default_factory=list)

    def tell(self) -> None:
        """Log them here."""
        for record in self.records:
            logger = logging.getLogger(record.name)
            if logger.isEnabledFor(record.levelno):
                logger.handle(record)


class _Noting(logging.Handler):
    """Keeps what is logged, ready to be pickled."""

    def __init__(self) -> None:
        super().__init__()
        self.told = Told()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record, its text put together."""
        record.msg, record.args, record.exc_info = record.getMessage(), None, None
        self.told.records.append(record)

    def taken(self) -> Told:
        """What was kept since the last time."""
        found, self.told = self.told, Told()
        return found


def serve(load: str, ahead: tuple[str, ...] = ()) -> None:
    """Work off the orders that come through this process's input; never returns.

    Parameters
    ----------
    load : a module to load before the first order comes.
    ahead : kernels to get ready before it, too.
    """
    # what a library prints must not get among the answers
    orders, answers = os.fdopen(os.dup(0), "rb", 0), os.fdopen(os.dup(1), "wb", 0)
    os.dup2(2, 1)
    gc.set_threshold(_SELDOM)
    noting = _Noting()
    logger = logging.getLogger("geoplan")
    logger.addHandler(noting)
    logger.propagate = False
    waiting: SimpleQueue[bytearray] = SimpleQueue()
    threading.Thread(target=_listen, args=(orders, waiting), daemon=True).start()
    importlib.import_module(load)
    if ahead:
        importlib.import_module(_AHEAD).compile_ahead(ahead)
        noting.taken()  # nobody need be told of a town that is made up
    gc.freeze()
    shared, threads = None, 1
    while True:
        try:
            kind, what, name = pickle.loads(waiting.get())
            value = None
            if kind == "give":
                shared = None  # gives its memory back first
                threads, shared = what, pickle.loads(waiting.get())
            else:
                with at_most(threads):
                    value = what(shared, name)
            body = pickle.dumps((True, value, noting.taken()), protocol=5)
        except Exception as error:  # the other one does it again, and will find it out
            body = pickle.dumps((False, f"{type(error).__name__}: {error}", noting.taken()))
        value = None
        write_frame(answers, body)
        del body
        _give_back()


def _give_back() -> None:
    """Memory that is free goes back to the machine, where the C library can: two share it."""
    gc.collect()
    with suppress(AttributeError, OSError, TypeError):  # glibc alone has it
        ctypes.CDLL(None).malloc_trim(0)


def _listen(orders: IO[bytes], waiting: SimpleQueue[bytearray]) -> None:
    """Take orders down; when nobody can give any more, end the process in the midst of its work."""
    try:
        while True:
            waiting.put(read_frame(orders))
    except BaseException:
        os._exit(0)
