"""Line layers along which something is spaced, and layers that are only drawn under a map."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import FileError, InputError
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import Loaded
from geoplan.inputs.layers import AreaLayer, LineLayer
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.location.locate_rows import locate_rows
from geoplan.inputs.location.outside import report_outside
from geoplan.inputs.location.streets import Streets
from geoplan.inputs.rows import open_rows
from geoplan.inputs.rows.row_identity import row_ids


def read_lines(
    source: LayerSource,
    *,
    key: str,
    crs: str,
    lang: str = "zh",
    any_geometry: bool = False,
    areas: Mapping[str, AreaLayer] | None = None,
    streets: Streets | None = None,
) -> Loaded[LineLayer]:
    """Read lines.

    Parameters
    ----------
    source : a vector layer.
    key : service key, or the background's name.
    crs : the study's projected CRS.
    lang : of the findings.
    any_geometry : True for a background: polygons and points are fine as well; False sets them
        aside.
    areas, streets : of the study; lines that lie outside are told.

    Returns
    -------
    Loaded[LineLayer]
        In `crs`, with ``name`` and the file's other columns as text. A file that cannot be used
        raises nothing: the layer is then None and the findings say why.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> source = LayerSource(path=example_study().folder / "streets.gpkg")
    >>> loaded = read_lines(source, key="streets", crs="EPSG:4548")
    >>> loaded.layer, float(loaded.layer.frame.length.sum())
    (LineLayer('streets': 7 lines), 3400.0)
    """
    collector = FindingCollector(source=source, lang=lang)
    try:
        with reading():
            layer = _read(collector, key, any_geometry, LocationContext.of(crs, areas, streets))
    except InputError as error:
        return collector.unusable(error)
    return collector.loaded(layer)


def _read(
    collector: FindingCollector, key: str, any_geometry: bool, context: LocationContext
) -> LineLayer:
    rows, crs = open_rows(collector), context.crs
    # no compared datum: along borders and rivers there need not be streets
    geometry = locate_rows(rows, collector, LocationContext(crs=crs), points=False)
    there = geometry.notna().to_numpy()
    if not any_geometry:
        lines = geometry.geom_type.isin(["LineString", "MultiLineString"]).to_numpy()
        collector.about_rows(~lines & there, "no_line", "error", set_aside=True)
    data: dict[str, object] = {"name": rows.names}
    for heading in map(str, rows.text.columns):
        column = rows.roles.get(heading, heading)
        if column not in data and column not in ("id", "geometry", "wkt", "lonlat"):
            data[column] = rows.text[heading]
    frame = gpd.GeoDataFrame(pd.DataFrame(data), geometry=geometry.to_numpy(), crs=crs)
    frame.index = row_ids(rows, collector, key)
    kept = ~collector.set_aside_mask & there
    if not kept.any():
        raise FileError.of("file_faults.no_usable_geometry")
    if not any_geometry:
        report_outside(frame[kept], np.flatnonzero(kept), collector, context, kind="lines")
    return LineLayer(key=key, frame=frame[kept])
