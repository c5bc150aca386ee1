"""Line layers along which something is spaced, and layers that are only drawn under a map."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from geoplan.errors import InputError
from geoplan.inputs.facilities import row_ids
from geoplan.inputs.faults import FileError
from geoplan.inputs.findings import Loaded
from geoplan.inputs.layers import LineLayer
from geoplan.inputs.notes import Notes
from geoplan.inputs.placing import place_rows
from geoplan.inputs.rows import open_rows
from geoplan.inputs.source import LayerSource


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
    """
    notes = Notes(source=source, lang=lang)
    try:
        return notes.loaded(_read(source, notes, key, crs, any_geometry))
    except (InputError, pyproj.exceptions.CRSError) as error:
        return notes.unusable(error)


def _read(source: LayerSource, notes: Notes, key: str, crs: str, any_geometry: bool) -> LineLayer:
    rows = open_rows(source, notes)
    geometry = place_rows(rows, source, notes, crs=crs, points=False)
    if not any_geometry:
        lines = geometry.geom_type.isin(["LineString", "MultiLineString"]).to_numpy()
        for position in np.flatnonzero(~lines & geometry.notna().to_numpy()):
            notes.about_row(int(position), "no_line", "error", aside=True)
    name = rows.column("name")
    data: dict[str, object] = {
        "name": pd.Series("", index=rows.text.index, dtype=object) if name is None else name
    }
    for heading in map(str, rows.text.columns):
        column = rows.roles.get(heading, heading)
        if column not in data and column not in ("id", "geometry"):
            data[column] = rows.text[heading]
    frame = gpd.GeoDataFrame(pd.DataFrame(data), geometry=geometry.to_numpy(), crs=crs)
    frame.index = row_ids(rows, notes, key)
    kept = frame[~notes.aside & geometry.notna().to_numpy()]
    if len(kept) == 0:
        raise FileError("no_usable_geometry")
    return LineLayer(key=key, frame=kept)
