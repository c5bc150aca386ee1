"""One file written beside its place and put there whole."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geoplan.writing.plain_faults import told_plainly


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A path to write to; at the end of the block it takes the place of `path`, at once.

    A block that fails leaves `path` as it was. Full disks and files that another program holds are
    told in plain words.

    Parameters
    ----------
    path : the file, which may exist. A link is followed.

    Raises
    ------
    UsageError
        The disk does not let us; the message names the path.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "table.csv"
    >>> with replaced(target) as beside:
    ...     _ = beside.write_text("a,b")
    ...     target.exists()
    False
    >>> target.read_text()
    'a,b'
    """
    place = Path(os.path.realpath(path))
    beside = place.with_name(f".{os.getpid()}~{place.name[-60:]}")
    with told_plainly(path):
        _remove_left(beside)
        try:
            yield beside
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)


def _remove_left(beside: Path) -> None:
    """Remove what processes that are gone have left of the same file."""
    if os.name == "nt":
        return  # asking for a process there ends it
    name = beside.name.partition("~")[2]
    for left in beside.parent.iterdir():
        found = re.fullmatch(r"\.(\d+)~" + re.escape(name), left.name)
        if found and left.is_file() and not _runs(int(found.group(1))):
            left.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
