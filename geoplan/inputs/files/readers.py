"""The tables of any file: which reader takes it follows from its ending.

A new format is a function of a `LayerSource` and an entry in `READERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import pandas as pd

from geoplan.errors import FileError
from geoplan.inputs.files.encoding import check_encoding
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.gate.regular_file import checked_file
from geoplan.inputs.files.kml.documents import kml_documents, kml_left_out
from geoplan.inputs.files.kml.read_kml import read_kml
from geoplan.inputs.files.parquet import read_parquet
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.files.table import RawTable, read_text_table
from geoplan.inputs.files.unused_keys import unused_keys
from geoplan.inputs.files.vector import (
    as_table,
    read_by_driver,
    read_database,
    read_layer,
)
from geoplan.inputs.files.workbook.read_book import read_workbook
from geoplan.inputs.files.zip_archive import file_inside

#: the tables of a file, and the geometry of the rows where it has one (then there is one table)
RawTables: TypeAlias = tuple[list[RawTable], gpd.GeoSeries | None]
Reader: TypeAlias = Callable[[LayerSource], RawTables]


def _text(source: LayerSource) -> RawTables:
    return [read_text_table(Path(source.path), source.encoding, source.columns)], None


def _workbook(source: LayerSource) -> RawTables:
    return read_workbook(Path(source.path), source.sheet, source.columns), None


def _layer(read: Callable[[LayerSource], pd.DataFrame]) -> Reader:
    def reader(source: LayerSource) -> RawTables:
        table, geometry = read_layer(source, read)
        return [table], geometry

    return reader


def _kml(source: LayerSource) -> RawTables:
    found = read_kml(kml_documents(Path(source.path)), source.layer)
    table, geometry = as_table(found.frame, source)
    told: list[tuple[str, Mapping[str, Any]]] = [*table.file_findings]
    if len(found.folders) > 1:
        folders = ", ".join(f"{name or '-'} ({n})" for name, n in found.folders.items())
        told.append(("folders_together", {"folders": folders, "rows": len(table)}))
    if found.links:
        told.append(("links_not_followed", {"links": found.links}))
    if left_out := kml_left_out(Path(source.path)):
        told.append(("kmz_left_out", {"count": len(left_out), "names": ", ".join(left_out[:5])}))
    broken = {"broken_coordinates": found.broken} if found.broken.any() else {}
    return [replace(table, row_findings=broken, file_findings=tuple(told))], geometry


def _kml_frame(source: LayerSource) -> pd.DataFrame:
    return read_kml(kml_documents(Path(source.path)), source.layer).frame


def _zip(source: LayerSource) -> RawTables:
    """The one file in an archive, as it would be read without it."""
    with _inside(source, _INSIDE) as one:
        return READERS[one.suffix](one)


def _zip_frame(source: LayerSource) -> pd.DataFrame:
    with _inside(source, [ending for ending in VECTOR if "zip" not in ending]) as one:
        return VECTOR[one.suffix](one)


@contextmanager
def _inside(source: LayerSource, endings: Collection[str]) -> Iterator[LayerSource]:
    """The one file with one of `endings` in an archive, unpacked."""
    with file_inside(Path(source.path), source.layer, endings) as inside:
        layer = None if source.layer == inside.stem else source.layer
        yield replace(source, path=inside, layer=layer, name=source.label)


#: endings of files that hold geometry, and who reads a layer of them as it is
VECTOR: dict[str, Callable[[LayerSource], pd.DataFrame]] = {
    **dict.fromkeys((".gpkg", ".geojson", ".json", ".shp"), read_by_driver),
    **dict.fromkeys((".shp.zip", ".zip"), _zip_frame),
    **dict.fromkeys((".kml", ".kmz"), _kml_frame),
    ".fgb": read_by_driver,
    **dict.fromkeys((".parquet", ".geoparquet"), read_parquet),
    **dict.fromkeys((".gml", ".tab", ".gdb"), read_by_driver),
}
#: readers of layers that have more to tell than the layer
_TABLES: dict[Callable[[LayerSource], pd.DataFrame], Reader] = {_kml_frame: _kml, _zip_frame: _zip}
#: reader by ending, in the order in which messages name the endings
READERS: dict[str, Reader] = {
    **dict.fromkeys((".csv", ".tsv", ".txt"), _text),
    **dict.fromkeys((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), _workbook),
    **{ending: _TABLES.get(read) or _layer(read) for ending, read in VECTOR.items()},
}
#: endings that are looked for in an archive: all but archives
_INSIDE = tuple(ending for ending in READERS if "zip" not in ending)


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
    tables, geometry = _read(source)
    told = tuple(unused_keys(source))
    if told and tables:
        tables[0] = replace(tables[0], file_findings=(*told, *tables[0].file_findings))
    return tables, geometry


def _read(source: LayerSource) -> RawTables:
    if source.is_url:
        return _layer(read_database)(source)
    checked_file(Path(source.path))
    if source.encoding is not None:
        check_encoding(source.encoding)
    reader = READERS.get(source.suffix)
    if reader is None:
        ending, known = source.suffix or "-", ", ".join(READERS)
        raise FileError.of("file_faults.unknown_ending", ending=ending, known=known)
    with reading():
        return reader(source)


def read_vector(source: LayerSource) -> pd.DataFrame:
    """One layer of a file with geometry as it is: attributes with kinds of their own.

    For streets and for layers that stand beside others; what is no place of a row is not told.

    Raises
    ------
    FileError
        No such file, an ending of another kind of file, several layers and none named, or whatever
        its reader finds.

    Examples
    --------
    >>> read_vector(LayerSource(path="streets.gpkg"))
    Traceback (most recent call last):
    geoplan.errors.FileError: the file is not there.
    """
    checked_file(Path(source.path))
    read = VECTOR.get(source.suffix)
    if read is None:
        ending, known = source.suffix or "-", ", ".join(VECTOR)
        raise FileError.of("file_faults.unknown_ending", ending=ending, known=known)
    with reading():
        return read(source)
