"""The tables of any file: which reader takes it follows from its ending.

A new format is a function of a `LayerSource` and an entry in `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import geopandas as gpd

from geoplan.errors import FileError
from geoplan.inputs.files.source import LayerSource, check_readable
from geoplan.inputs.files.table import RawTable, read_text_table, read_workbook
from geoplan.inputs.files.vector import (
    read_by_driver,
    read_database,
    read_kmz,
    read_layer,
    read_parquet,
    read_zip,
)

#: the tables of a file, and the geometry of the rows where it has one (then there is one table)
RawTables: TypeAlias = tuple[list[RawTable], gpd.GeoSeries | None]
Reader: TypeAlias = Callable[[LayerSource], RawTables]


def _text(source: LayerSource) -> RawTables:
    return [read_text_table(Path(source.path), source.encoding, source.columns)], None


def _workbook(source: LayerSource) -> RawTables:
    return read_workbook(Path(source.path), source.sheet, source.columns), None


def _layer(read: Callable[[LayerSource], gpd.GeoDataFrame]) -> Reader:
    def reader(source: LayerSource) -> RawTables:
        table, geometry = read_layer(source, read)
        return [table], geometry

    return reader


#: reader by ending, in the order in which messages name the endings
READERS: dict[str, Reader] = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), _text),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), _workbook),
    **dict.fromkeys((".gpkg", ".geojson", ".json", ".shp"), _layer(read_by_driver)),
    **dict.fromkeys((".shp.zip", ".zip"), _layer(read_zip)),
    ".kml": _layer(read_by_driver),
    ".kmz": _layer(read_kmz),
    ".fgb": _layer(read_by_driver),
    **dict.fromkeys((".parquet", ".geoparquet"), _layer(read_parquet)),
    **dict.fromkeys((".gml", ".tab", ".gdb"), _layer(read_by_driver)),
}


def read_source(source: LayerSource) -> RawTables:
    """The tables of a file or of a database.

    Raises
    ------
    FileError
        No such file, an unknown ending, or whatever its reader finds.

    Examples
    --------
    >>> read_source(LayerSource(path="sites.csv"))
    Traceback (most recent call last):
    geoplan.errors.FileError: ...
    """
    if source.is_url:
        return _layer(read_database)(source)
    check_readable(Path(source.path), source.suffix)
    reader = READERS.get(source.suffix)
    if reader is None:
        ending, known = source.suffix or "-", ", ".join(READERS)
        raise FileError.of("file_faults.unknown_ending", ending=ending, known=known)
    return reader(source)
