"""Layers as a what-if changes them: sites closed and opened, more or fewer people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from geoplan.errors import UsageError
from geoplan.inputs.allocation import location_order, spread_evenly
from geoplan.inputs.layers import AreaLayer, Demand, FacilityLayer, serves
from geoplan.inputs.membership.assign_areas import codes_by_location
from geoplan.study.config.schema import AddedSite
from geoplan.words.speaker import Speaker


def closed_down(
    layer: FacilityLayer | None, closed: list[str], speaker: Speaker
) -> FacilityLayer | None:
    """The layer with the sites of a what-if marked as closed, by id or by name.

    The id of a row with several places closes all of them. What is the id of one site and the name
    of another closes the one with the id.

    Raises
    ------
    UsageError
        Names that no site has.
    """
    if layer is None or not closed:
        return layer
    frame = layer.frame.copy()
    names = frame["name"].astype(str)
    whole = frame["part_of"].astype(str) if "part_of" in frame.columns else names
    known = {*map(str, frame.index), *names, *whole}
    missing = [c for c in closed if c not in known]
    if missing:
        raise UsageError(
            speaker.say("study.unknown_closed", key=layer.key, missing=", ".join(missing))
        )
    if "status" not in frame.columns:
        frame["status"] = pd.NA
    ids = frame.index.isin(closed)
    others = [name for name in closed if name not in set(map(str, frame.index[ids]))]
    out = ids | names.isin(others) | whole.isin(others)
    frame["serving"] = serves(frame) & ~out
    frame.loc[out, "status"] = "closed"
    return FacilityLayer(key=layer.key, frame=frame)


def with_added(
    layer: FacilityLayer | None,
    added: Sequence[AddedSite],
    areas: Mapping[str, AreaLayer],
    speaker: Speaker,
) -> FacilityLayer | None:
    """The layer with the sites that a what-if opens, in service; each in the area it lies in.

    Raises
    ------
    UsageError
        An id that another site has.
    """
    if layer is None or not added:
        return layer
    ids = pd.Index([site.id for site in added])
    known = layer.frame.index.astype(str)
    if twice := sorted({*ids[ids.duplicated()], *ids[ids.isin(known)]}):
        raise UsageError(speaker.say("study.added_twice", key=layer.key, ids=", ".join(twice)))
    new = ids.rename(layer.frame.index.name)
    flags = [c for c in layer.frame.columns if layer.frame[c].dtype == bool]
    frame = layer.frame.reindex(layer.frame.index.append(new))
    frame.loc[new, flags] = False
    frame = frame.astype(dict.fromkeys(flags, bool))
    frame.loc[new, "name"] = [site.name or site.id for site in added]
    frame.loc[new, "capacity"] = [np.inf if s.capacity is None else s.capacity for s in added]
    frame.loc[new, "tier"] = [pd.NA if site.tier is None else site.tier for site in added]
    if "serving" in frame.columns:
        frame.loc[new, "serving"] = True
    points = gpd.GeoSeries(
        [_place(site, str(layer.frame.crs)) for site in added], index=new, crs=layer.frame.crs
    )
    frame.loc[new, frame.geometry.name] = points
    for level in areas:
        if level in frame.columns:
            frame.loc[new, level] = codes_by_location(areas[level], points, new)
    return FacilityLayer(key=layer.key, frame=frame)


def _place(site: AddedSite, crs: str) -> Point:
    """Its place in the study's CRS."""
    if site.x is not None:
        return Point(site.x, site.y)
    return gpd.GeoSeries([Point(site.lon, site.lat)], crs=4326).to_crs(crs).iloc[0]


def scaled(layer: Demand | None, scale: float) -> Demand | None:
    """The demand with more or fewer people, in whole people where they were whole.

    Every neighbourhood gets its part: a tenth more of thousands of rows with one person each must
    not all go to the rows that have more.
    """
    if layer is None or scale == 1.0:
        return layer
    frame = layer.frame.copy()
    order = location_order(frame.geometry)
    for column in ("people", *layer.groups):
        values = frame[column].to_numpy(float) * scale
        whole = (frame[column] == frame[column].round()).all()
        if whole:
            values[order] = spread_evenly(values[order], round(float(values.sum())))
        frame[column] = values
    return Demand(key=layer.key, frame=frame, groups=layer.groups)
