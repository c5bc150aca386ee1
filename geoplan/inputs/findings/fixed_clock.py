"""Office files that are the same whenever they are written: no clock inside."""

from __future__ import annotations

import re
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

#: the earliest moment that a zip archive can hold
_MOMENT = (1980, 1, 1, 0, 0, 0)
_CLOCK = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:\2>)")


def without_clock(path: Path) -> Path:
    """Write the archive at `path` (``.xlsx``, ``.docx``) again with fixed dates; returns `path`.

    Examples
    --------
    >>> import tempfile
    >>> from openpyxl import Workbook
    >>> files = [Path(tempfile.mkdtemp()) / "a.xlsx" for _ in range(2)]
    >>> for file in files:
    ...     Workbook().save(file)
    ...     _ = without_clock(file)
    >>> files[0].read_bytes() == files[1].read_bytes()
    True
    """
    with ZipFile(path) as archive:
        parts = [(info.filename, archive.read(info)) for info in archive.infolist()]
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in parts:
            if name == "docProps/core.xml":
                data = _CLOCK.sub(rb"\g<1>2000-01-01T00:00:00Z\g<3>", data)
            info = ZipInfo(name, _MOMENT)
            info.compress_type = ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, data)
    return path
