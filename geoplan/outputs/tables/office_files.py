"""Tables as spreadsheets want them: CSV that Excel opens, no cell a formula."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from geoplan.words.text_format import as_list, cell_text, cell_texts


def write_csv(frame: pd.DataFrame, path: Path) -> Path:
    """Write `frame` as CSV that Excel opens: UTF-8 with BOM, no cell a formula; returns `path`."""
    path.write_bytes(csv_bytes(frame))
    return path


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The content of such a file."""
    text = safe_cells(frame).to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8-sig")


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
        texts = cell_texts(as_list(column))
        safe.isetitem(k, pd.Series(texts, index=safe.index, dtype=object))
    return safe
