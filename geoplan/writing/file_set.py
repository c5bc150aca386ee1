"""Files that belong together, written aside and put in their folder: none of others gives way."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from geoplan.errors import DiskError, UsageError
from geoplan.writing.file_names import misread_mark
from geoplan.writing.lock import HeldError, Lock
from geoplan.writing.own_files import OwnFiles
from geoplan.writing.plain_faults import size_mb, told_plainly

_ASIDE = ".geoplan-export-"


def write_together(
    out: str | Path,
    write: Callable[[Path], list[Path]],
    *,
    ending: str = "",
    source: Path | None = None,
) -> list[Path]:
    """Have files written aside and put where they are wanted, together.

    Parameters
    ----------
    out : a folder; or one file, where `ending` says so.
    write : writes into a folder, or the one file; what it has written, in order.
    ending : of the one file that is written, ``".xlsx"``; empty where there are several.
    source : what is read meanwhile, so cannot be written.

    Returns
    -------
    The files in their places, in the order of `write`.

    Raises
    ------
    UsageError
        Files of others stand there, or the disk does not let us; nothing is replaced then.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> def write(aside):
    ...     (aside / "a.txt").write_text("a")
    ...     return [aside / "a.txt"]
    >>> [path.name for path in write_together(folder, write)]
    ['a.txt']
    """
    target = Path(out)
    single = bool(ending) and target.suffix.lower() == ending
    if mark := misread_mark(target if single else target / "layers"):
        raise UsageError.of("writing.misread", path=out, mark=mark)
    if single:
        place = target
    else:
        place = _folder(target) / (f"layers{ending}" if ending else "")
    folder = _made(place.parent) if ending else place
    if source is not None and place.is_file() and place.samefile(source):
        raise UsageError.of("writing.file_itself", path=place)

    def needed_mb() -> float:
        return 2 * size_mb(source or folder)

    with told_plainly(target, needed_mb=needed_mb), _aside(folder) as aside:
        written = write(aside / place.name if ending else aside)
        parts = sorted(aside.iterdir())
        own = OwnFiles(folder)
        own.refuse_foreign(folder / part.name for part in parts)
        if not ending:  # one file is known by what is in it
            own.announce(parts)
        for part in parts:
            place = Path(os.path.realpath(folder / part.name))
            if place.is_dir():  # no folder takes the place of another that holds files
                place.replace(aside / f"{part.name}.old")
            part.replace(place)
        if not ending:
            with suppress(DiskError):  # what was announced says enough
                own.keep(folder / part.name for part in parts)
    return [folder / path.name for path in written]


def _folder(target: Path) -> Path:
    if target.is_file():
        raise UsageError.of("outputs.export_file", target=target)
    return _made(target)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError.of("outputs.export_folder", folder=folder, why=error.strerror) from error
    except ValueError as error:  # no path at all
        raise UsageError.of("outputs.export_folder", folder=repr(str(folder)), why=error) from error
    return folder


@contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A folder in `folder` to write into; what killed processes have left there is removed."""
    lock = Lock(folder / f"{_ASIDE}lock")
    try:
        lock.take()
    except HeldError as error:
        raise UsageError.of("writing.folder_held", folder=folder, pid=error.pid) from None
    try:
        for left in folder.glob(f"{_ASIDE}*/") if lock.exclusive else ():
            shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_ASIDE, dir=folder) as aside:
            yield Path(aside)
    finally:
        lock.free()
