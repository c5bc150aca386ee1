"""Line layers along which something is spaced, and layers that are only drawn under a map."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pyproj

from geoplan.errors import FileError, InputError
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import Loaded
from geoplan.inputs.layers import LineLayer
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.location.locate_rows import locate_rows
from geoplan.inputs.row_identity import row_ids
from geoplan.inputs.rows import open_rows


def read_lines(
    source: LayerSource,
    *,
    key: str,
    crs: str,
    lang: str = "zh",
    any_geometry: bool = False,
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
        layer = _read(collector, key, crs, any_geometry)
    except (InputError, pyproj.exceptions.CRSError) as error:
        return collector.unusable(error)
    return collector.loaded(layer)


def _read(collector: FindingCollector, key: str, crs: str, any_geometry: bool) -> LineLayer:
    rows = open_rows(collector)
    geometry = locate_rows(rows, collector, LocationContext(crs=crs), points=False)
    there = geometry.notna().to_numpy()
    if not any_geometry:
        lines = geometry.geom_type.isin(["LineString", "MultiLineString"]).to_numpy()
        collector.about_rows(~lines & there, "no_line", "error", set_aside=True)
    data: dict[str, object] = {"name": rows.names}
    for heading in map(str, rows.text.columns):
        column = rows.roles.get(heading, heading)
        if column not in data and column not in ("id", "geometry"):
            data[column] = rows.text[heading]
    frame = gpd.GeoDataFrame(pd.DataFrame(data), geometry=geometry.to_numpy(), crs=crs)
    frame.index = row_ids(rows, collector, key)
    kept = frame[~collector.set_aside_mask & there]
    if len(kept) == 0:
        raise FileError.of("file_faults.no_usable_geometry")
    return LineLayer(key=key, frame=kept)
