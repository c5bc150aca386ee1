"""The rows of a line layer or a table of WKT lines, in a projected CRS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan.crs.antimeridian import median_lonlat
from geoplan.crs.datum import to_wgs84
from geoplan.crs.projected import layer_centre, projected_crs_for, unfit_layer_reason
from geoplan.crs.transformer import cached_transformer
from geoplan.errors import FileError, MissingCrsError, NetworkError, UsageError
from geoplan.inputs.columns.places.shapes import read_shapes, shape_share
from geoplan.inputs.columns.where import evaluate_where
from geoplan.inputs.files.driver_warnings import DRIVER_SAYS, driver_warnings
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.readers import VECTOR, read_vector
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.files.vector import as_table, one_layer, vector_layers
from geoplan.network.builders.build_notes import measuring_crs
from geoplan.network.builders.osm_file import SUFFIXES

LINE_SUFFIXES = tuple(VECTOR)
#: of these, files that hold several layers as GDAL reads them
_LAYERED = (".gpkg", ".shp", ".geojson", ".json", ".fgb", ".gml", ".tab", ".gdb")
TABLE_SUFFIXES = (".csv", ".tsv", ".txt")
#: usual names of a column of geometries as text, lower case
WKT_COLUMNS = ("wkt", "geometry", "geom", "the_geom", "wkt_geom", "几何")


def in_plane(
    frame: gpd.GeoDataFrame, name: str, *, crs: Any, source_crs: CRS | None, datum: str | None
) -> gpd.GeoDataFrame:
    """A layer in a projected CRS: its own CRS checked, its datum shifted, then projected."""
    if frame.crs is None:
        if source_crs is None:
            raise MissingCrsError.of("network_faults.no_crs", name=name)
        frame = frame.set_crs(source_crs)
    if frame.crs.is_projected and (crs is not None or not unfit_layer_reason(frame.geometry)[0]):
        if crs is None:
            return frame
        return frame.to_crs(measuring_crs(crs, layer_centre(frame.geometry)))
    if datum not in (None, "wgs84") and not frame.crs.is_projected:
        frame = frame.set_geometry(to_wgs84(frame.geometry, datum=datum))
    if crs is None:
        middle = shapely.get_coordinates(frame.geometry.array)
        if len(middle) == 0:
            raise NetworkError.of("network_faults.empty", name=name)
        return frame.to_crs(projected_crs_for(*median_lonlat(_degrees(frame.crs, middle))))
    return frame.to_crs(measuring_crs(crs, layer_centre(frame.geometry)))


def _degrees(crs: CRS, xy: np.ndarray) -> np.ndarray:
    return np.column_stack(cached_transformer(crs, "EPSG:4326").transform(*xy.T))


def named_crs(source_crs: Any) -> CRS | None:
    """The CRS that a user named, None for none."""
    if source_crs is None:
        return None
    try:
        return CRS.from_user_input(source_crs)
    except CRSError as error:
        raise UsageError.of("network_faults.bad_crs", crs=source_crs) from error


def read_frame(
    path: Path, layer: str | None, encoding: str | None, wkt: str | None
) -> gpd.GeoDataFrame:
    """The rows of a line layer or of a table of WKT, by the file's ending."""
    name = path.name.lower()
    if name.endswith(TABLE_SUFFIXES):
        return _read_table(path, encoding, wkt)
    if name.endswith(LINE_SUFFIXES):
        return _read_layer(path, layer, encoding)
    raise NetworkError.of(
        "network_faults.unknown_kind",
        name=path.name,
        osm=", ".join(SUFFIXES),
        lines=", ".join(LINE_SUFFIXES),
        tables=", ".join(TABLE_SUFFIXES),
    )


def _read_table(path: Path, encoding: str | None, column: str | None) -> gpd.GeoDataFrame:
    """A CSV table with a column of WKT."""
    separator = "\t" if path.suffix.lower() == ".tsv" else None
    table = _first_that_works(
        [encoding] if encoding else ["utf-8-sig", "gb18030"],
        lambda code: pd.read_csv(path, encoding=code, sep=separator or ",", low_memory=False),
        path,
    )
    by_name = {str(name).strip().lower(): name for name in reversed(list(table.columns))}
    hits = [by_name[name] for name in WKT_COLUMNS if name in by_name] or [
        name for name in table.columns if shape_share(table[name].fillna("").astype(str)) > 0.5
    ]
    there = ", ".join(str(name) for name in table.columns[:12])
    if column is None and not hits:
        raise NetworkError.of("network_faults.no_wkt_column", name=path.name, there=there)
    name = column if column is not None else hits[0]
    if name not in table.columns:
        raise UsageError.of("network_faults.no_column", name=path.name, column=name, there=there)
    found = read_shapes(table[name].fillna("").astype(str))
    if shapely.is_missing(found.shapes).all():
        raise NetworkError.of("network_faults.no_wkt", name=path.name, column=name)
    codes = np.unique(found.srid[~shapely.is_missing(found.shapes)])
    own = CRS.from_epsg(int(codes[0])) if len(codes) == 1 and codes[0] > 0 else None
    return gpd.GeoDataFrame(table.drop(columns=name), geometry=found.shapes, crs=own)


def chosen_rows(frame: gpd.GeoDataFrame, where: str) -> gpd.GeoDataFrame:
    """The rows that meet a condition on the layer's own columns.

    Raises
    ------
    FileError
        It is no condition, or names no column of the layer.
    """
    text, _ = as_table(frame, LayerSource(path=""))
    said = frame.attrs
    chosen = frame[evaluate_where(text.frame, where)].reset_index(drop=True)
    chosen.attrs = said
    return chosen


def _first_that_works(codes: list[str], read: Callable[[str], Any], path: Path) -> pd.DataFrame:
    for code in codes:
        try:
            with reading():
                return read(code)
        except FileError as error:
            if isinstance(error.__cause__, UnicodeDecodeError):
                continue
            why = error.__cause__ if isinstance(error.__cause__, ValueError) else error.sentence
            raise NetworkError.of("network_faults.no_table", name=path.name, why=why) from error
    raise NetworkError.of("network_faults.no_encoding", name=path.name, codes=", ".join(codes))


def _read_layer(path: Path, layer: str | None, encoding: str | None) -> gpd.GeoDataFrame:
    try:
        with driver_warnings(path) as said:
            chosen = layer
            if path.name.lower().endswith(_LAYERED):
                chosen = one_layer(vector_layers(path), layer, kind="LineString")
            frame = read_vector(LayerSource(path=path, layer=chosen, encoding=encoding))
    except FileError as error:
        if isinstance(error, NetworkError) or error.sentence is None:
            raise
        key = "several_layers" if error.sentence.key.endswith("several_layers") else "file"
        values = {"there": error.sentence.values.get("layers"), "why": error.sentence}
        raise NetworkError.of(f"network_faults.{key}", name=path.name, **values) from error
    if not isinstance(frame, gpd.GeoDataFrame):
        raise NetworkError.of("network_faults.no_line", held="-")
    if said:
        frame.attrs[DRIVER_SAYS] = said
    return frame
