"""What was left out or guessed while a network was built: logged, unless the caller tells it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_log = logging.getLogger(__name__)
_by_caller: ContextVar[bool] = ContextVar("notes are told by the caller", default=False)


def log_note(text: str, *values: object, level: int = logging.WARNING) -> None:
    """Log what stands in `Network.notes` as well."""
    if not _by_caller.get():
        _log.log(level, text, *values)


@contextmanager
def told_by_caller() -> Iterator[None]:
    """Within this nothing is logged that `Network.notes` say: a study says it in its own words."""
    before = _by_caller.set(True)
    try:
        yield
    finally:
        _by_caller.reset(before)
