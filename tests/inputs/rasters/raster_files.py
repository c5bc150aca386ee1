"""Small rasters and areas for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box

from geoplan.inputs import LayerSource, read_demand
from geoplan.inputs.layers import AreaLayer

CRS = "EPSG:4548"
LEFT, TOP = 500_000.0, 4_060_000.0


def write(
    path: Path,
    values: Any,
    *,
    nodata: float | None = None,
    cell: float = 100.0,
    corner: tuple[float, float] = (LEFT, TOP),
    crs: str | None = CRS,
    dtype: str = "float32",
    **profile: Any,
) -> Path:
    """`values` (rows, or bands of rows) as a GeoTIFF, north up from `corner`."""
    values = np.asarray(values)
    bands = values[None] if values.ndim == 2 else values
    about = {"scales", "offsets", "units", "descriptions", "tags"} & set(profile)
    options = {name: profile.pop(name) for name in sorted(about)}
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=bands.shape[2],
        height=bands.shape[1],
        count=len(bands),
        dtype=dtype,
        crs=crs,
        transform=from_origin(*corner, cell, cell),
        nodata=nodata,
        **profile,
    ) as target:
        target.write(bands.astype(dtype))
        target.update_tags(**options.pop("tags", {}))
        for name, value in options.items():
            setattr(target, name, value)
    return path


def square(west: float, north: float, east: float, south: float) -> Any:
    """A rectangle, metres from the corner of the rasters: right and down."""
    return box(LEFT + west, TOP - south, LEFT + east, TOP - north)


def layer(
    level: str, shapes: dict[str, Any], parents: dict[str, str] | None = None, **options: Any
):
    """An area layer of polygons by code."""
    frame = gpd.GeoDataFrame(
        {"name": [f"{level} {code}" for code in shapes], "parent": None},
        geometry=list(shapes.values()),
        index=list(shapes),
        crs=CRS,
    )
    if parents:
        frame["parent"] = [parents[code] for code in shapes]
    return AreaLayer(level=level, frame=frame, **options)


def read(*paths: Path, areas: dict[str, AreaLayer] | None = None, **source: Any):
    """The demand in rasters, findings in English."""
    options = {k: source.pop(k) for k in ("streets", "sum_to", "crs") if k in source}
    sources = [LayerSource(path=p, name=p.name, **source) for p in paths]
    crs = options.pop("crs", CRS)
    return read_demand(sources, key="p", crs=crs, areas=areas, lang="en", **options)


def codes(one: Any) -> list[str]:
    """The findings' codes, but for what is said of every raster that is read without a study."""
    return [finding.code for finding in one.findings if finding.code != "raster_uncut"]


def found(one: Any, code: str) -> Any:
    """The only finding of this code."""
    (finding,) = [f for f in one.findings if f.code == code]
    return finding
