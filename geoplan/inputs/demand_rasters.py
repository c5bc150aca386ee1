"""Demand from population rasters: a row per cell with people, nobody lost between the cells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import FileError
from geoplan.inputs.files.raster import people_by_area, read_population
from geoplan.inputs.files.source import LayerSource, check_readable
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.membership.assign_areas import codes_by_location, put_levels


def demand_of_rasters(
    sources: list[LayerSource], collector: FindingCollector, key: str, context: LocationContext
) -> gpd.GeoDataFrame:
    """A row per cell with people of rasters of one grid, which are summed.

    Raises
    ------
    FileError
        A raster is not there or cannot be read, grids differ, or nobody lives in them.
    """
    paths = [Path(s.path) for s in sources]
    missing = [s.label for s in sources if not Path(s.path).exists()]
    if missing:
        raise FileError.of("file_faults.not_there_named", names=", ".join(missing))
    for path in paths:
        check_readable(path, path.suffix)
    cells = read_population(paths, crs=sources[0].crs)
    count = len(cells.people)
    if count == 0:
        raise FileError.of("file_faults.raster_nobody")
    collector.bind_rows(
        pd.DataFrame(index=range(count)), np.arange(1, count + 1), np.full(count, "", object)
    )
    if cells.block > 1:
        collector.about_file("raster_blocks", "note", block=cells.block, count=f"{count:,}")
    if cells.negative:
        collector.about_file("raster_negative", "warning", count=f"{cells.negative:,}")
    geometry = cells.points(context.crs)
    data: dict[str, object] = {"name": "", "people": cells.people}
    data.update(_codes_by_level(geometry, context.areas))
    frame = gpd.GeoDataFrame(
        pd.DataFrame(data, index=geometry.index), geometry=geometry.to_numpy(), crs=context.crs
    )
    frame.index = pd.Index([f"{key}-{k}" for k in range(1, count + 1)], name="id")
    return frame


def _codes_by_level(
    geometry: gpd.GeoSeries, areas: Mapping[str, AreaLayer]
) -> dict[str, pd.Series]:
    """Area code per level, coarsest first: by location, else the parent of the level below."""
    found: dict[str, pd.Series] = {}
    for level in reversed(list(areas)):
        codes = codes_by_location(areas[level], geometry, geometry.index)
        for child, codes_below in found.items():
            if areas[child].parent == level:
                parents = codes_below.map(areas[child].frame["parent"])
                codes = codes.where(codes.notna(), parents)
        found[level] = codes
    return {level: found[level] for level in areas}


def with_small_areas(
    frame: gpd.GeoDataFrame,
    sources: list[LayerSource],
    level: str,
    key: str,
    areas: Mapping[str, AreaLayer],
) -> gpd.GeoDataFrame:
    """`frame` with a row inside every area that lies between the cells' centres."""
    layer = areas[level].frame
    missed = layer[~layer.index.isin(frame[level].dropna()) & layer.geometry.notna()]
    paths = [Path(s.path) for s in sources]
    people = people_by_area(paths, missed.geometry, crs=sources[0].crs)
    small = missed[people.to_numpy() > 0]
    if len(small) == 0:
        return frame
    added = pd.DataFrame({"name": small["name"], "people": people[small.index]})
    put_levels(added, pd.Series(small.index, index=small.index, dtype=object), level, areas)
    added.index = pd.Index([f"{key}-area-{code}" for code in small.index], name="id")
    inside = gpd.GeoDataFrame(
        added, geometry=small.geometry.representative_point().to_numpy(), crs=frame.crs
    )
    return gpd.GeoDataFrame(pd.concat([frame, inside]), geometry="geometry", crs=frame.crs)
