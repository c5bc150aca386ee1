"""Two folders change places in one step, where the system can do that."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

#: "this kernel, this C library or this file system knows no exchange"
_UNKNOWN = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EPERM, errno.EXDEV}
_HERE = -100  # AT_FDCWD: paths start at the working directory
_EXCHANGE = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
#: number of the system call where the C library has no name for it
_CALLS = {"x86_64": 316, "aarch64": 276}


def exchange(one: Path, other: Path) -> bool:
    """Let two paths change names at once; False where that cannot be done here.

    Parameters
    ----------
    one, other : both exist, on the same file system.

    Raises
    ------
    OSError
        The system refuses for another reason than not knowing how.
    """
    swap = _swapper()
    if swap is None or swap(os.fsencode(one), os.fsencode(other)) == 0:
        return swap is not None
    number = ctypes.get_errno()
    if number in _UNKNOWN:
        return False
    raise OSError(number, os.strerror(number), str(other))


@cache
def _swapper() -> Callable[[bytes, bytes], int] | None:
    if sys.platform not in ("linux", "darwin"):
        return None
    try:
        library = ctypes.CDLL(None, use_errno=True)
    except OSError:
        return None
    if sys.platform == "darwin":
        named = getattr(library, "renamex_np", None)
        return None if named is None else lambda a, b: int(named(a, b, _EXCHANGE))
    named = getattr(library, "renameat2", None)
    if named is not None:
        return lambda a, b: int(named(_HERE, a, _HERE, b, _EXCHANGE))
    call = _CALLS.get(platform.machine())
    if call is None:
        return None
    return lambda a, b: int(library.syscall(call, _HERE, a, _HERE, b, _EXCHANGE))


def flush(path: Path) -> None:
    """Have a file or a folder on the disk, as far as the system lets us ask for it."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folder
    try:
        number = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    except OSError:
        return
    try:
        os.fsync(number)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
    finally:
        os.close(number)


def flush_all(folder: Path) -> None:
    """Have every file below `folder` on the disk: after a power cut a name alone is nothing."""
    for path in sorted(folder.rglob("*")):
        flush(path)
    flush(folder)
