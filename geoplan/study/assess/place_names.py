"""Names for places that no area and no community names: by the streets and sites of the study."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.study.read.context import Context
from geoplan.words.naming import is_name
from geoplan.words.speaker import Speaker

#: metres within which a street, or another named place, is told
MOST_STREET_M = 1_000.0
MOST_PLACE_M = 2_000.0


class PlaceNames:
    """Says where points are by what is near them.

    Parameters
    ----------
    streets, places : column ``name``, in one projected CRS.
    speaker : the language.

    Examples
    --------
    >>> from shapely.geometry import LineString, Point
    >>> lines = [LineString([(0, 0), (900, 0)]), LineString([(100, -50), (100, 500)])]
    >>> streets = gpd.GeoDataFrame({"name": ["解放路", "历山路"]}, geometry=lines, crs="EPSG:4548")
    >>> names = PlaceNames(streets, streets.iloc[:0], Speaker("zh"))
    >>> names.near(gpd.GeoSeries([Point(120, 10), Point(9e5, 9e5)], crs="EPSG:4548"))
    ['解放路与历山路附近', '']
    """

    def __init__(
        self, streets: gpd.GeoDataFrame, places: gpd.GeoDataFrame, speaker: Speaker
    ) -> None:
        self.speaker = speaker
        self.streets, self.places = _named(streets), _named(places)

    def near(self, points: gpd.GeoSeries) -> list[str]:
        """One text per point; "" where nothing with a name is near."""
        return [self._near(point) for point in points]

    def _near(self, point: shapely.Geometry) -> str:
        if point is None or point.is_empty:
            return ""
        streets = self._closest(self.streets, point, MOST_STREET_M, 2)
        if len(streets) == 2:
            return self.speaker.say("study.near_streets", one=streets[0], two=streets[1])
        places = streets or self._closest(self.places, point, MOST_PLACE_M, 1)
        return self.speaker.say("study.near_place", place=places[0]) if places else ""

    @staticmethod
    def _closest(
        frame: gpd.GeoDataFrame, point: shapely.Geometry, most_m: float, count: int
    ) -> list[str]:
        """The nearest names that differ, nearest first."""
        if frame.empty:
            return []
        at = frame.sindex.query(point, predicate="dwithin", distance=most_m)
        far = shapely.distance(frame.geometry.to_numpy()[at], point)
        names = frame["name"].to_numpy(object)[at]
        order = sorted(range(len(at)), key=lambda k: (round(float(far[k]), 3), names[k]))
        return list(dict.fromkeys(names[k] for k in order))[:count]


def _named(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if frame.empty:
        return frame
    named = frame[["name", frame.geometry.name]].copy()
    # a street of two names is told by its first
    named["name"] = named["name"].astype("string").str.split(";").str[0].str.strip()
    keep = [is_name(name) for name in named["name"].to_numpy(object)]
    return named[np.array(keep, bool) & named.geometry.notna().to_numpy()]


def place_names(context: Context) -> PlaceNames:
    """Names by the study's streets, then by its sites and communities."""
    crs = context.config.study.crs
    roads = [layer for key, layer in context.inputs.background.items() if key == "roads"]
    streets = [*_streets(context), *_layers(roads)]
    sites = [layer.located for layer in context.inputs.facilities.values()]
    people = [demand.located for demand in context.inputs.demand.values()]
    return PlaceNames(
        _joined(streets, crs), _joined(_layers([*sites, *people]), crs), context.speaker
    )


def _streets(context: Context) -> Iterable[gpd.GeoDataFrame]:
    for mode, chosen in context.networks.items():
        network = chosen.network
        if mode == "transit":  # its streets are those of walking
            continue
        if network.properties is None or "name" not in network.properties:
            continue
        names = network.properties["name"].astype("string").fillna("").to_numpy(object)
        which = np.flatnonzero(names != "")
        yield gpd.GeoDataFrame(
            {"name": names[which]}, geometry=network.edge_lines(which), crs=network.crs
        )


def _layers(frames: Iterable[gpd.GeoDataFrame]) -> list[gpd.GeoDataFrame]:
    """Layers that have names."""
    return [frame for frame in frames if "name" in frame.columns and len(frame)]


def _joined(frames: Iterable[gpd.GeoDataFrame], crs: str) -> gpd.GeoDataFrame:
    parts = [
        gpd.GeoDataFrame(
            {"name": frame["name"].to_numpy(object)},
            geometry=frame.geometry.to_numpy(),
            crs=frame.crs,
        ).to_crs(crs)
        for frame in frames
    ]
    if not parts:
        return gpd.GeoDataFrame({"name": []}, geometry=[], crs=crs)
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=crs)
