"""Whether a path is a file that can be read to its end, and small enough."""

from __future__ import annotations

import stat
from pathlib import Path

from geoplan.errors import FileError
from geoplan.inputs.files.gate.limits import megabytes, refuse_beyond


def checked_file(path: Path, *, folder: str = ".gdb") -> Path:
    """`path` where it is a regular file that is not empty, readable and within the limits.

    Parameters
    ----------
    path : links are followed.
    folder : ending of folders that count as a file.

    Raises
    ------
    FileError
        Not there, a folder, a pipe, socket or device, empty, unreadable, or too large.

    Examples
    --------
    >>> checked_file(Path("sites.csv"))
    Traceback (most recent call last):
    geoplan.errors.FileError: the file is not there.
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as error:  # a name that no system takes is not there either
        if isinstance(error, PermissionError):
            raise _unreadable(error) from error
        raise FileError.of("file_faults.not_there") from error
    if stat.S_ISDIR(found.st_mode):
        if not (folder and path.name.lower().endswith(folder)):
            inside = sorted(p.name for p in path.iterdir())[:8]
            raise FileError.of("file_faults.folder", inside=", ".join(inside) or "-")
        refuse_beyond("file_mb", megabytes(sum(p.stat().st_size for p in files_in(path))))
        return path
    if not stat.S_ISREG(found.st_mode):
        raise FileError.of("file_faults.no_regular_file")
    if found.st_size == 0:
        raise FileError.of("file_faults.empty")
    refuse_beyond("file_mb", megabytes(found.st_size))
    try:
        with path.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        raise _unreadable(error) from error
    return path


def files_in(folder: Path) -> list[Path]:
    """The regular files below a folder, in order.

    Raises
    ------
    FileError
        Anything else is in it: a pipe or a device has no end.
    """
    inside = sorted(p for p in folder.rglob("*") if not p.is_dir())
    if not all(p.is_file() for p in inside if p.exists()):
        raise FileError.of("file_faults.no_regular_file")
    return [p for p in inside if p.is_file()]


def _unreadable(error: OSError) -> FileError:
    return FileError.of("file_faults.unreadable", error=error.strerror or error)
