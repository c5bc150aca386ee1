"""What lies outside the study: told once per file: how many, how far, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.location.streets import Streets
from geoplan.tolerances import BORDER_M, LONE_M, LONE_SHARE, OUTSIDE_M
from geoplan.words import say

Kind = Literal["people", "sites", "lines", "areas"]
#: rows that are fewer cannot say where the others are
_MIN_ROWS = 5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ground:
    """Where a study is: its areas, or else what its streets reach.

    shapes : polygons. kind : what they are. slack_m : as far outside nothing is told.
    """

    shapes: np.ndarray
    kind: Literal["areas", "streets"]
    slack_m: float

    @classmethod
    def of(cls, context: LocationContext) -> Ground | None:
        """The ground of a study; None where it says nothing about it."""
        drawn = [layer.frame.geometry for layer in context.areas.values() if layer.has_polygons]
        if drawn:
            shapes = np.concatenate([geometry.dropna().to_numpy() for geometry in drawn])
            shapes = shapes[shapely.get_dimensions(shapes) == 2]
            return cls(shapes=shapes, kind="areas", slack_m=BORDER_M)
        streets = context.streets
        if streets is not None and len(streets):
            reach = streets.outline.iloc[0] if streets.reach is None else streets.reach
            return cls(shapes=np.array([reach], object), kind="streets", slack_m=OUTSIDE_M)
        return None

    def distances(self, shapes: np.ndarray) -> np.ndarray:
        """Metres from every shape to the ground, 0 inside."""
        found = np.zeros(len(shapes))
        tree = shapely.STRtree(self.shapes)
        inside = np.zeros(len(shapes), bool)
        inside[np.unique(tree.query(shapes, predicate="intersects")[0])] = True
        out = np.flatnonzero(~inside)
        if len(out):
            (at, _), metres = tree.query_nearest(
                shapes[out], return_distance=True, all_matches=False
            )
            found[out[at]] = metres
        return found


def _in_undrawn_area(frame: pd.DataFrame, context: LocationContext) -> np.ndarray:
    """Bool per row: the area that it belongs to has no outline, so that it may well lie there."""
    found = np.zeros(len(frame), bool)
    for level, layer in context.areas.items():
        if layer.has_polygons and level in frame.columns:
            codes = frame[level]
            found |= (codes.notna() & ~codes.isin(layer.drawn.index)).to_numpy(bool)
    return found


def report_outside(
    frame: gpd.GeoDataFrame,
    positions: np.ndarray,
    collector: FindingCollector,
    context: LocationContext,
    *,
    kind: Kind,
    people: np.ndarray | None = None,
) -> None:
    """A finding about all places outside the study: how many, the farthest, what becomes of them.

    Parameters
    ----------
    frame : in the study's CRS, with names and the areas' codes. positions : the row of the file
        that each of its rows comes from.
    kind : what they are. people : of every row of `frame`; None where only a census knows them.

    Notes
    -----
    Outside is what lies more than `BORDER_M` beyond every outline; in a study without outlines more
    than `OUTSIDE_M` beyond the reach of its streets; with neither, a row that stands alone: farther
    from the middle of all than `LONE_M` and `LONE_SHARE` times as far as nine tenths of the rows.
    """
    shapes = frame.geometry.to_numpy()
    there = np.flatnonzero(~shapely.is_missing(shapes) & ~_in_undrawn_area(frame, context))
    if not len(there):
        return
    ground = Ground.of(context)
    if ground is None:
        code, metres, slack = "rest", _from_the_middle(shapes[there]), 0.0
    else:
        code, metres, slack = ground.kind, ground.distances(shapes[there]), ground.slack_m
    beyond = metres > slack
    out = there[beyond]
    if not len(out):
        return
    far = out[int(np.argmax(metres[beyond]))]
    _rows_far_outside(positions[there], metres, collector)
    values: dict[str, Any] = {
        "count": len(out),
        "row": int(collector.rows[positions[far]]),
        "km": f"{float(metres.max()) / 1000:,.1f}",
    }
    values["who"] = ""
    if people is not None:
        number = f"{float(people[out].sum()):,.0f}"
        values["who"] = say(collector.lang, "inputs.people_outside_who", people=number)
    collector.about_file(f"{kind}_outside_{code}", "warning", assumed=True, **values)


def report_elsewhere(
    geometry: gpd.GeoSeries, collector: FindingCollector, streets: Streets
) -> None:
    """A finding where none of a file's shapes lies where the study's streets are."""
    shapes = geometry.dropna().to_numpy()
    ground = Ground.of(LocationContext(crs=str(geometry.crs), streets=streets))
    if ground is None or not len(shapes):
        return
    nearest = float(ground.distances(shapes).min())
    if nearest > ground.slack_m:
        collector.about_file(
            "areas_elsewhere",
            "warning",
            assumed=True,
            count=len(shapes),
            km=f"{nearest / 1000:,.1f}",
        )


def _rows_far_outside(
    positions: np.ndarray, metres: np.ndarray, collector: FindingCollector
) -> None:
    """A finding per row that lies farther outside than borders are drawn roughly."""
    far = pd.Series(metres).groupby(positions).max()
    for position, distance in far[far > OUTSIDE_M].items():
        collector.about_row(
            int(str(position)), "outside", "warning", distance=f"{distance / 1000:,.0f}"
        )


def _from_the_middle(shapes: np.ndarray) -> np.ndarray:
    """Metres from the median of all shapes for those that stand alone, else 0."""
    points = (shapely.get_type_id(shapes) == shapely.GeometryType.POINT).all()
    xy = shapely.get_coordinates(shapes if points else shapely.centroid(shapes))
    if len(xy) < _MIN_ROWS:
        return np.zeros(len(xy))
    metres = np.hypot(*(xy - np.median(xy, axis=0)).T)
    usual = max(LONE_M, LONE_SHARE * float(np.quantile(metres, 0.9, method="lower")))
    return np.where(metres > usual, metres, 0.0)
