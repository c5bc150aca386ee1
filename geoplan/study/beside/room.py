"""Whether a second process of geoplan can be had, and is worth its start and its memory."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from geoplan.parallel import worker_count

#: environment variable: ``1`` = never a second process, ``2`` = always, where it can be had
PROCESSES = "GEOPLAN_PROCESSES"
#: edges of the largest network below which starting takes as long as the work it saves
LEAST_EDGES = 40_000
#: edges beyond which a second copy is one too many
MOST_EDGES = 400_000
#: megabytes that must be free: the libraries, networks and layers of a city, and room to work
LEAST_FREE_MB = 1_500
#: bytes of a street file per edge, at least: of OpenStreetMap's binary formats, and of others
_OSM_BYTES, _BYTES = 10, 120


def is_worth_it(edges: int) -> bool:
    """Whether a second process is of use to a study.

    Parameters
    ----------
    edges : of its largest network.
    """
    asked = os.environ.get(PROCESSES, "").strip()
    if asked == "1" or not _can_start():
        return False
    if asked == "2":
        return True
    free = free_mb()
    return (
        cores() >= 2
        and LEAST_EDGES <= edges <= MOST_EDGES
        and (free is None or free >= LEAST_FREE_MB)
    )


def likely_edges(files: Iterable[Path]) -> int:
    """At most about as many edges as the largest network has, by the bytes of street files.

    Parameters
    ----------
    files : those that are not there count for nothing.
    """
    found = 0
    for file in files:
        name = file.name.lower()
        each = _OSM_BYTES if name.endswith((".pbf", ".o5m")) else _BYTES
        with suppress(OSError):
            found = max(found, file.stat().st_size // each)
    return found


def _can_start() -> bool:
    """Whether this is Python itself, not a program that holds it, and its main thread.

    Other threads are those of a Dask worker or a server, which share the machine out themselves.
    """
    is_python = Path(sys.executable or "").name.lower().startswith("python")
    is_main = threading.current_thread() is threading.main_thread()
    return is_python and is_main and not getattr(sys, "frozen", False)


def cores() -> int:
    """Cores that this process may use, a container's share included."""
    return max(1, min(worker_count(None), int(_quota() or worker_count(None))))


def _quota() -> float | None:
    """Cores' worth of time that a Linux container gets; None = no bound, or not known."""
    found = _words("/sys/fs/cgroup/cpu.max")
    if len(found) != 2 or not all(word.isdigit() for word in found) or found[1] == "0":
        return None
    return max(1.0, int(found[0]) / int(found[1]))


def free_mb() -> float | None:
    """Memory that may still be taken, MB; None where that cannot be known cheaply."""
    if sys.platform == "win32":
        return windows_free_mb(ctypes.windll.kernel32.GlobalMemoryStatusEx)
    words = _words("/proc/meminfo")
    if "MemAvailable:" not in words:
        return None
    free = int(words[words.index("MemAvailable:") + 1]) / 1e3
    most, taken = _words("/sys/fs/cgroup/memory.max"), _words("/sys/fs/cgroup/memory.current")
    if most and taken and most[0].isdigit() and taken[0].isdigit():
        free = min(free, (int(most[0]) - int(taken[0])) / 1e6)
    return free


class _MemoryStatus(ctypes.Structure):
    """``MEMORYSTATUSEX`` of Windows."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        *((name, ctypes.c_uint64) for name in ("total", "free", "all_pages", "free_pages")),
        *((name, ctypes.c_uint64) for name in ("all_addresses", "free_addresses", "more")),
    )


def windows_free_mb(ask: Callable[[Any], int]) -> float | None:
    """The same of Windows.

    Parameters
    ----------
    ask : ``GlobalMemoryStatusEx``, which fills in what it is handed and returns 0 where it cannot.
    """
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    return float(status.free) / 1e6 if ask(ctypes.byref(status)) else None


def _words(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return []
