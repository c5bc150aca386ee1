"""Faults of disks in plain words: which path, how many MB, what to do."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from geoplan.errors import DiskError, GeoplanError
from geoplan.tolerances import DISK_IS_FULL_MB
from geoplan.words.message import Message

_WORDS = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "quota_full",
    errno.EROFS: "read_only",
    errno.EACCES: "not_allowed",
    errno.EPERM: "not_allowed",
    errno.EBUSY: "in_use",
    errno.ETXTBSY: "in_use",
    errno.ENAMETOOLONG: "too_long",
    errno.EFBIG: "too_large",
    errno.EIO: "broken_disk",
}
#: Windows' own numbers: disk full, handle disk full, sharing violation, lock violation
_WINDOWS = {112: "disk_full", 39: "disk_full", 32: "in_use", 33: "in_use"}
#: what libraries say of a full disk in words of their own
_FULL = ("no space left", "disk is full", "disk full", "not enough space", "disk quota")
#: what a run writes at least, in MB, where nothing tells more
_LEAST_MB = 5.0


@contextmanager
def told_plainly(path: Path, *, needed_mb: Callable[[], float] | None = None) -> Iterator[None]:
    """Faults of writing to `path` within the block become a `DiskError` in plain words.

    Parameters
    ----------
    path : file or folder that is being written.
    needed_mb : about how much it takes, asked for when it failed; else what stands there, twice.
    """
    try:
        yield
    except GeoplanError:
        raise
    except Exception as error:
        told = fault_text(error, path, needed_mb=needed_mb() if needed_mb else None)
        if told is None:
            raise
        raise DiskError.of(told.key, **told.values) from error


def fault_text(
    error: BaseException, path: Path | None = None, *, needed_mb: float | None = None
) -> Message | None:
    """What a fault of the disk is in plain words; None for what is no such fault.

    Parameters
    ----------
    error : as it was raised; what caused it is looked at too.
    path : what was being written; None = the fault's own, or the disk that is full.
    needed_mb : about how much it takes in all, where that is known.
    """
    fault = next((e for e in _causes(error) if isinstance(e, OSError) and e.errno), None)
    word = None
    if fault is not None:
        word = _WINDOWS.get(getattr(fault, "winerror", None) or 0) or _WORDS.get(fault.errno or 0)
    said = any(text in str(e).lower() for e in _causes(error) for text in _FULL)
    temporary = Path(tempfile.gettempdir())
    place = path or Path.cwd()
    if word is None and not isinstance(error, OSError) and (_is_full(place) or _is_full(temporary)):
        said = True  # libraries in other languages say nothing that could be read
    if said and word is None:
        word = "disk_full"
    if word is None and fault is None:
        return None
    if word in ("disk_full", "quota_full"):
        if not _is_full(place) and _is_full(temporary):
            place, word = temporary, "temporary_full"
        needed = max(needed_mb or 0.0, _LEAST_MB, 2 * size_mb(place) if path else 0.0)
        values = {"needed": f"{needed:,.0f}", "free": f"{free_mb(place):,.1f}"}
        return Message(f"writing.{word}", path=_printable(place), **values)
    assert fault is not None
    shown = _printable(fault.filename or place)
    if word is None:
        why = fault.strerror or type(fault).__name__
        return Message("writing.failed", path=shown, why=why)
    return Message(f"writing.{word}", path=shown)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__


def _is_full(path: Path) -> bool:
    return free_mb(path) < DISK_IS_FULL_MB


def free_mb(path: Path) -> float:
    """Free space of the disk that `path` is or will be on, in MB."""
    there = path
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        return shutil.disk_usage(there).free / 1e6
    except OSError:
        return float("inf")


def size_mb(path: Path) -> float:
    """What a file or a folder takes, in MB; 0 for what is not there."""
    try:
        if path.is_file():
            return path.stat().st_size / 1e6
        return sum(p.stat().st_size for p in path.rglob("*") if p.is_file()) / 1e6
    except OSError:
        return 0.0


def _printable(path: object) -> str:
    text = os.fsdecode(path) if isinstance(path, bytes) else str(path)
    return "".join(c if c.isprintable() else "?" for c in text)
