"""GeoParquet files: sizes looked at before anything is unpacked, geometry before it is built."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow
import pyarrow.compute
import pyarrow.parquet

from geoplan.errors import FileError
from geoplan.inputs.columns.places.nesting import DEEPEST, HEAD, nested_wkb
from geoplan.inputs.files.gate.limits import megabytes, refuse_beyond
from geoplan.inputs.files.gate.pointers import refuse_foreign
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.gate.regular_file import checked_file
from geoplan.inputs.files.source import LayerSource


def read_parquet(source: LayerSource) -> gpd.GeoDataFrame:
    """A GeoParquet file."""
    return read_geoparquet(Path(source.path))


def read_geoparquet(path: Path) -> gpd.GeoDataFrame:
    """The GeoParquet file at `path`.

    Raises
    ------
    FileError
        No such file, larger than a limit allows, damaged, or with geometry that is nested so deep
        that the geometry library would not survive it.
    """
    checked_file(path)
    refuse_foreign(path, ".parquet")
    with reading():
        try:
            with pyarrow.parquet.ParquetFile(path) as file:
                _refuse_large(file.metadata)
                for column in _geometry_columns(file.metadata.metadata or {}):
                    if column in file.schema_arrow.names:
                        _refuse_nested(file.read(columns=[column]).column(0))
            return gpd.read_parquet(path)
        except FileError:
            raise
        except (ValueError, OSError, KeyError, TypeError, pyarrow.ArrowException) as error:
            raise FileError.of("file_faults.no_parquet", error=error) from error


def _refuse_large(metadata: Any) -> None:
    """Rows, columns and unpacked size as the file declares them."""
    refuse_beyond("rows", metadata.num_rows)
    refuse_beyond("columns", metadata.num_columns)
    refuse_beyond("cells", metadata.num_rows * metadata.num_columns)
    groups = range(metadata.num_row_groups)
    refuse_beyond(
        "unpacked_mb", megabytes(sum(metadata.row_group(k).total_byte_size for k in groups))
    )


def _geometry_columns(metadata: dict[bytes, bytes]) -> list[str]:
    """Columns that the file says hold geometry."""
    said = json.loads(metadata.get(b"geo", b"{}"))
    columns = said.get("columns", {}) if isinstance(said, dict) else {}
    return list(columns) if isinstance(columns, dict) else []


def _refuse_nested(cells: pyarrow.ChunkedArray) -> None:
    """Raise where a cell is a geometry nested too deep to be read."""
    types = pyarrow.types
    if not (types.is_binary(cells.type) or types.is_large_binary(cells.type)):
        return
    length = pyarrow.compute.binary_length(cells)
    for cell in cells.filter(pyarrow.compute.greater(length, DEEPEST * HEAD)).drop_null():
        if nested_wkb(memoryview(cell.as_buffer())):
            raise FileError.of("file_faults.nested_too_deep")
