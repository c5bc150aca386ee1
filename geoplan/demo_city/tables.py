"""Files as offices keep them: GB18030 tables, workbooks with title rows, GeoPackages."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
from numpy.typing import NDArray
from openpyxl.styles import Alignment, Font

from geoplan.crs.datum import from_wgs84
from geoplan.demo_city.geography import to_degrees

#: the date that files are stamped with, so that the same seed gives the same bytes
STAMP = "2024-12-31T00:00:00Z"
_ZIP_TIME = (2024, 12, 31, 0, 0, 0)


def degrees(table: pd.DataFrame, *, datum: str) -> tuple[list[str], list[str]]:
    """Longitude and latitude of ``x``, ``y`` as text with six decimals, in `datum`."""
    lonlat = to_degrees(table[["x", "y"]].to_numpy(float))
    lonlat = from_wgs84(lonlat, datum=datum)
    lon, lat = (["" if np.isnan(c) else f"{c:.6f}" for c in lonlat[:, k]] for k in (0, 1))
    return lon, lat


def write_csv(path: Path, table: pd.DataFrame, *, encoding: str = "gb18030") -> None:
    """A table as Chinese Excel saves it: GB18030, CRLF."""
    table.to_csv(path, index=False, encoding=encoding, lineterminator="\r\n")


def write_gpkg(path: Path, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Layers of one GeoPackage, stamped with `STAMP`."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP.replace("Z", ".000Z")})
    path.unlink(missing_ok=True)
    try:
        for k, (name, frame) in enumerate(layers.items()):
            pyogrio.write_dataframe(
                frame, path, layer=name, driver="GPKG", append=k > 0, VERSION="1.3"
            )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def write_workbook(
    path: Path, sheets: Mapping[str, tuple[str, pd.DataFrame]], *, merge: str | None = None
) -> None:
    """A workbook: per sheet a title, headings, rows; runs of equal cells of `merge` joined."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, (title, table) in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append([title])
        sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=table.shape[1])
        sheet["A1"].font = Font(bold=True, size=14)
        sheet["A1"].alignment = Alignment(horizontal="center")
        sheet.append(list(table.columns))
        for cell in sheet[2]:
            cell.font = Font(bold=True)
        for row in table.astype(object).itertuples(index=False):
            sheet.append([None if v is None or v == "" else _plain(v) for v in row])
        if merge in table.columns:
            _merge_runs(sheet, table, str(merge))
        sheet.freeze_panes = "A3"
    packed = io.BytesIO()
    book.save(packed)
    path.write_bytes(_restamped(packed.getvalue()))


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _merge_runs(
    sheet: openpyxl.worksheet.worksheet.Worksheet, table: pd.DataFrame, name: str
) -> None:
    column = list(table.columns).index(name) + 1
    values = table[name].tolist()
    start = 0
    for k in range(1, len(values) + 1):
        if k == len(values) or values[k] != values[start]:
            if k - start > 1:
                sheet.merge_cells(
                    start_row=start + 3, start_column=column, end_row=k + 2, end_column=column
                )
            start = k


def _restamped(data: bytes) -> bytes:
    """The workbook with one fixed time inside and out."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for item in old.infolist():
            content = old.read(item)
            if item.filename == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", STAMP.encode(), content)
            info = zipfile.ZipInfo(item.filename, date_time=_ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            new.writestr(info, content)
    return out.getvalue()


def full_width(text: str) -> str:
    """Digits as an input method left in full width writes them."""
    return text.translate({ord("0") + k: ord("０") + k for k in range(10)})


def as_yes(flags: NDArray[np.bool_]) -> list[str]:
    """是/否."""
    return ["是" if f else "否" for f in flags]
