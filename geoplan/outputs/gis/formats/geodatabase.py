"""A run's layers as a file geodatabase, with aliases in the study's language."""

from __future__ import annotations

import warnings
from pathlib import Path

import geopandas as gpd
import pyarrow as pa
import pyarrow.compute as pc
import pyogrio

from geoplan.outputs.gis.formats.storable import by_family, geometry_kind
from geoplan.outputs.gis.run_layers import RunLayer, run_layers, split_by_service

#: how GDAL takes what a field is called for readers from an Arrow schema
_ALIAS = b"GDAL:OGR:alternative_name"


def write_geodatabase(source: Path, target: Path) -> list[Path]:
    """Write all layers into the folder `target`, which ends in ``.gdb``; areas by service.

    Needs GDAL 3.6 or newer, which pyogrio brings along.
    """
    layers = (part for layer in run_layers(source) for part in split_by_service(layer))
    for layer in layers:
        for family, rows in by_family(layer.frame):
            name = layer.name if family is None else f"{layer.name}_{family}"
            _write(layer, rows, target, name)
    return [target]


def _write(layer: RunLayer, rows: gpd.GeoDataFrame, target: Path, name: str) -> None:
    shape = rows.geometry.name
    table = pa.table(rows.to_arrow(index=False, geometry_encoding="WKB"))
    fields = [
        field
        if field.name == shape
        else _field(field, table[field.name], layer.meaning(field.name))
        for field in table.schema
    ]
    kind = geometry_kind(rows.geometry)
    with warnings.catch_warnings():
        # GDAL sorts the rings of a shape of many parts, and says that it takes a while
        warnings.filterwarnings("ignore", message=".*organizePolygons.*")
        pyogrio.write_arrow(
            table.cast(pa.schema(fields, table.schema.metadata)),
            target,
            layer=name,
            driver="OpenFileGDB",
            geometry_name=shape,
            # a geodatabase knows areas and lines of several parts only
            geometry_type=kind if "Point" in kind else f"Multi{kind.removeprefix('Multi')}",
            crs=rows.crs.to_wkt(),
            append=target.exists(),
            layer_options={"LAYER_ALIAS": layer.title},
        )


def _field(field: pa.Field, values: pa.ChunkedArray, alias: str) -> pa.Field:
    """The field with its alias, of a type that old readers know: long integers are new."""
    if pa.types.is_int64(field.type):
        bounds = pc.min_max(values).as_py()
        fits = all(v is None or abs(v) < 2**31 for v in bounds.values())
        field = field.with_type(pa.int32() if fits else pa.float64())
    return field.with_metadata({_ALIAS: alias.encode()})
