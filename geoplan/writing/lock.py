"""One run at a time in one folder: a lock that the system lets go when its process ends."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path

#: where Windows locks a byte: behind all that is written, so that others can still read it
_BYTE = 1 << 30
_HELD = {errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK, errno.EDEADLK}


class HeldError(Exception):
    """Somebody else holds the lock; `pid` is who, as far as the lock file says."""

    def __init__(self, pid: str) -> None:
        super().__init__(pid)
        self.pid = pid


class Lock:
    """A lock on one path, taken by `take` and given back by `free`.

    Of a process that is gone nothing stays but an unlocked file: no lock is ever stale.

    Parameters
    ----------
    path : of the lock file; it is made, and removed again.

    Attributes
    ----------
    exclusive : False where the file system knows no locks: then nobody is kept out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.exclusive = False
        self._file: int | None = None

    def take(self) -> None:
        """Take the lock.

        Raises
        ------
        HeldError
            Somebody else has it.
        OSError
            The lock file cannot be made.
        """
        for _ in range(100):
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
            try:
                self.exclusive = _locked(file)
            except OSError as error:
                pid = _pid_in(file)
                os.close(file)
                if error.errno in _HELD:
                    raise HeldError(pid) from None
                raise
            if not self._is_there(file):  # who had it has removed the file meanwhile
                os.close(file)
                continue
            self._file = file
            with suppress(OSError):  # a full disk: who it is stays unknown
                os.ftruncate(file, 0)
                os.write(file, f"{os.getpid()}\n".encode())
            return
        raise HeldError("?")

    def _is_there(self, file: int) -> bool:
        try:
            named = self.path.stat()
        except FileNotFoundError:
            return False
        held = os.fstat(file)
        return (named.st_ino, named.st_dev) == (held.st_ino, held.st_dev)

    def free(self) -> None:
        """Give the lock back and remove its file."""
        if self._file is None:
            return
        if os.name != "nt":  # removed while it is held: the next one finds that out and asks anew
            self.path.unlink(missing_ok=True)
        os.close(self._file)
        self._file = None
        if os.name == "nt":
            try:
                self.path.unlink(missing_ok=True)
            except OSError:
                return  # somebody else has taken it already


def _locked(file: int) -> bool:
    """Lock an open file; False where its file system has no locks."""
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(file, _BYTE, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            os.lseek(file, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP):
            return False
        raise
    return True


def _pid_in(file: int) -> str:
    try:
        os.lseek(file, 0, os.SEEK_SET)
        text = os.read(file, 20).decode("ascii", "replace").strip()
    except OSError:
        return "?"
    return text if text.isdigit() else "?"
