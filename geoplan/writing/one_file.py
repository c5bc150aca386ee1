"""One file written beside its place and put there whole."""

from __future__ import annotations

import os
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
    beside = place.with_name(f".{os.getpid()}~{place.name[-100:]}")
    with told_plainly(path):
        try:
            yield beside
            beside.replace(place)
        finally:
            beside.unlink(missing_ok=True)
