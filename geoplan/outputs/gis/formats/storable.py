"""Layers as files hold them: columns of numbers and clean text, shapes of one kind."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from pyproj import CRS

from geoplan.words.text_format import as_list, clean_texts, is_missing


def storable(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A copy with columns that GIS formats hold: numbers, truth values and clean text."""
    shape, plain = frame.geometry.name, pd.DataFrame(frame.reset_index(drop=True))
    stored = {str(name): _storable_column(plain[name]) for name in plain.columns if name != shape}
    geometry = shapely.force_2d(frame.geometry.to_numpy())
    shapes = gpd.GeoSeries(_one_family(geometry), crs=frame.crs, name="geometry")
    return gpd.GeoDataFrame(stored, geometry=shapes, crs=frame.crs)


def arrow_table(frame: gpd.GeoDataFrame) -> pa.Table:
    """`storable` rows as GDAL takes them all at once, shapes as WKB in ``geometry``."""
    table = pa.table(storable(frame).to_arrow(index=False, geometry_encoding="WKB"))
    for k, column in enumerate(table.schema):
        if pa.types.is_null(column.type):  # no value at all: GDAL has no such columns
            table = table.set_column(k, column.name, table[k].cast(pa.string()))
    return table


def gdal_crs(crs: CRS) -> str:
    """A CRS as GDAL reads it: its EPSG code, or the whole of it in the older WKT."""
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else crs.to_wkt("WKT1_GDAL")


def _storable_column(column: pd.Series) -> pd.Series:
    kind = column.dtype
    if isinstance(kind, pd.BooleanDtype) or kind is np.dtype(bool):
        return column.astype("boolean").astype("Int8")
    if pd.api.types.is_integer_dtype(kind) or pd.api.types.is_float_dtype(kind):
        return column
    values = as_list(column)
    if str in set(map(type, values)):
        return pd.Series(clean_texts(values), index=column.index, dtype=object)
    present = [v for v in values if not is_missing(v)]
    if present and all(isinstance(v, bool | np.bool_) for v in present):
        storable = [pd.NA if is_missing(v) else int(v) for v in values]
        return pd.Series(pd.array(storable, dtype="Int8"), index=column.index)
    if present and all(isinstance(v, int | float | np.number) for v in present):
        numbers = [np.nan if is_missing(v) else float(v) for v in values]
        return pd.Series(numbers, index=column.index, dtype=float)
    return pd.Series(clean_texts(values), index=column.index, dtype=object)


_FAMILY = {0: 0, 1: 1, 2: 1, 3: 2, 4: 0, 5: 1, 6: 2}
_FAMILY_NAMES = ("points", "lines", "areas")
_SINGLE = {0: "Point", 1: "LineString", 2: "Polygon"}


def _families(shapes: np.ndarray) -> set[int]:
    return {int(k) for k in np.unique(shapely.get_type_id(shapes)) if k >= 0}


def _one_family(shapes: np.ndarray) -> np.ndarray:
    """Single and several-part shapes of one kind become several-part ones."""
    types = _families(shapes)
    if len(types) < 2 or len({_FAMILY.get(k) for k in types}) > 1:
        return shapes
    makers = {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}
    make = makers[_FAMILY[next(iter(types))]]
    return np.array(
        [s if s is None or s.geom_type.startswith("Multi") else make([s]) for s in shapes],
        dtype=object,
    )


def geometry_kind(shapes: gpd.GeoSeries) -> str:
    """The geometry type that a layer is declared with."""
    types = _families(shapes.to_numpy())
    families = {_FAMILY.get(k) for k in types}
    if len(families) != 1 or None in families:
        return "Point" if not types else "Unknown"
    single = _SINGLE[next(iter(families))]  # type: ignore[index]
    return f"Multi{single}" if max(types) >= 4 else single


def by_family(frame: gpd.GeoDataFrame) -> list[tuple[str | None, gpd.GeoDataFrame]]:
    """The rows of each family with its name; None where there is one family only."""
    kinds = shapely.get_type_id(frame.geometry.to_numpy())
    family = np.array([_FAMILY.get(int(k), -1) for k in kinds])
    found = [k for k in (2, 1, 0) if (family == k).any()]
    if len(found) <= 1:
        return [(None, frame)]
    return [(_FAMILY_NAMES[k], frame[family == k]) for k in found]
