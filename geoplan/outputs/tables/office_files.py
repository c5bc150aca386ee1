"""Office files as programs want them, the same whenever they are written: no clock inside."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import numpy as np
import pandas as pd

from geoplan.words.text_format import cell_text, is_missing

#: the earliest moment that a zip archive can hold
_MOMENT = (1980, 1, 1, 0, 0, 0)
_CLOCK = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:\2>)")


def write_csv(frame: pd.DataFrame, path: Path) -> Path:
    """Write `frame` as CSV that Excel opens: UTF-8 with BOM, no cell a formula; returns `path`."""
    text = safe_cells(frame).to_csv(index=False, lineterminator="\r\n")
    path.write_bytes(text.encode("utf-8-sig"))
    return path


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


def safe_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy in which every text, headings included, is safe in a spreadsheet; numbers stay."""
    safe = frame.copy()
    safe.columns = [cell_text(name) for name in safe.columns]
    for k, name in enumerate(frame.columns):
        column = frame[name]
        if column.dtype.kind in "fiub" or isinstance(
            column.dtype, pd.Int64Dtype | pd.Float64Dtype | pd.BooleanDtype
        ):
            continue
        texts = [v if _is_number(v) else cell_text(v) for v in column]
        safe.isetitem(k, pd.Series(texts, index=safe.index, dtype=object))
    return safe


def _is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float | np.number) and not is_missing(value)
