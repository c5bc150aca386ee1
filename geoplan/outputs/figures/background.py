"""What lies under every figure that is a map: water, green, streets, borders and names."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patheffects import withStroke

from geoplan.outputs import palette
from geoplan.results import RunResults
from geoplan.words.text_format import clean

Bounds = tuple[float, float, float, float]

#: detail that a printed map of a city can show, as a part of its larger side
_SIMPLIFY = 1 / 1500
#: minor streets are drawn when the map shows no more of them, or no others
MOST_MINOR_ROADS = 20_000
#: more names than this would cover the map
_MOST_LABELS = 30
#: where a name is tried: so many points right of and above the middle of its area, nearest first
_ASIDE = sorted(
    ((right, up) for right in range(-40, 41, 10) for up in range(-40, 41, 8)),
    key=lambda aside: (aside[0] ** 2 + aside[1] ** 2, aside),
)
#: names one over the other are so far apart
_LINE_PT = 11.0
HALO = [withStroke(linewidth=2.2, foreground="white")]


class Background:
    """Background shapes in projected metres, simplified once for all maps of a run."""

    def __init__(self, results: RunResults) -> None:
        self.bounds = bounds(results)
        west, south, east, north = self.bounds
        step = max(east - west, north - south) * _SIMPLIFY
        self.polygons: list[tuple[list[np.ndarray], str]] = []
        for name, colour in (("green", palette.GREEN), ("water", palette.WATER)):
            if name in results.background:
                self.polygons.append((rings(results.background[name], step), colour))
        self.roads: list[tuple[list[np.ndarray], str, float]] = []
        if results.background.get("roads") is not None:
            for number, lines in _streets(results.background["roads"], self.bounds, step):
                colour, width = palette.ROADS[number]
                self.roads.append((lines, colour, width))
        self.borders: list[np.ndarray] = []
        self.labels: list[tuple[shapely.Geometry, shapely.Point, str]] = []
        for layer in results.areas.values():
            if layer.has_polygons:
                shapes = layer.frame.geometry.dropna()
                self.borders = rings(gpd.GeoDataFrame(geometry=shapes), step)
                points = shapely.point_on_surface(shapes.to_numpy())
                names = layer.frame.loc[shapes.index, "name"]
                self.labels = list(zip(shapes, points, map(clean, names), strict=True))
                break

    def draw(self, ax: Axes) -> None:
        """Everything but the names."""
        for shapes, colour in self.polygons:
            ax.add_collection(PolyCollection(shapes, facecolor=colour, edgecolor="none", zorder=1))
        for paths, colour, width in self.roads:
            ax.add_collection(
                LineCollection(paths, colors=colour, linewidths=width * 1.6, zorder=2)
            )
        ax.add_collection(
            LineCollection(self.borders, colors=palette.MUTED, linewidths=0.6, zorder=3)
        )

    def name(self, ax: Axes, taken: np.ndarray) -> None:
        """Names of areas: aside where a badge (x, y in `taken`) or name is, none where full."""
        if len(self.labels) > _MOST_LABELS:
            return
        scale = points_per_metre(ax)
        marks = np.asarray(taken, dtype=float).reshape(-1, 2) * scale
        names = np.empty((0, 3))  # where names stand, and half their width
        for shape, point, name in self.labels:
            half = 4.7 * sum(1.0 if c > "\u2e7f" else 0.55 for c in name)
            for right, up in _ASIDE:
                x, y = point.x + right / scale, point.y + up / scale
                at = (x * scale, y * scale, half)
                if _free(*at, marks) and _apart(*at, names) and shapely.contains_xy(shape, x, y):
                    break
            else:  # half a name under badges is worse than none
                continue
            names = np.vstack([names, at])
            ax.text(
                x,
                y,
                name,
                ha="center",
                va="center",
                fontsize=9.2,
                path_effects=HALO,
                zorder=6.5,
                clip_on=True,
            )


def _free(x: float, y: float, half: float, marks: np.ndarray) -> bool:
    """Whether no mark lies within the box of a name, all in points."""
    near = (np.abs(marks[:, 0] - x) < half + 5) & (np.abs(marks[:, 1] - y) < 10)
    return not near.any()


def _apart(x: float, y: float, half: float, names: np.ndarray) -> bool:
    """Whether no other name is written into the box of a name."""
    near = (np.abs(names[:, 0] - x) < half + names[:, 2]) & (np.abs(names[:, 1] - y) < _LINE_PT)
    return not near.any()


def points_per_metre(ax: Axes) -> float:
    """How many printer's points a metre of the ground takes in `ax` (limits set, equal aspect)."""
    assert ax.figure is not None
    west, east = ax.get_xlim()
    width_in = ax.get_position().width * ax.figure.get_figure(root=True).get_figwidth()  # type: ignore[union-attr]
    return float(width_in * 72 / (east - west))


def _streets(
    roads: gpd.GeoDataFrame, box: Bounds, step: float
) -> list[tuple[int, list[np.ndarray]]]:
    """Paths by class, minor ones first: only where the map has room for them."""
    lines = roads.geometry.to_numpy()
    kind = roads["class"].astype(str).to_numpy() if "class" in roads else np.full(len(roads), "3")
    there = ~shapely.is_missing(lines)
    there &= shapely.intersects(shapely.box(*box), np.where(there, lines, shapely.Point()))
    lines, kind = lines[there], kind[there]
    found = []
    for number in (3, 2, 1):
        part = lines[kind == str(number)]
        if number == 3 and len(part) > MOST_MINOR_ROADS:
            if (kind != "3").any():
                continue
            part = part[np.argsort(-shapely.length(part), kind="stable")[: 2 * MOST_MINOR_ROADS]]
        found.append((number, paths(part, step)))
    return found


def bounds(results: RunResults) -> Bounds:
    """The box of areas, demand and lines in projected metres; what has no extent gets 1 km."""
    boxes = [a.frame.total_bounds for a in results.areas.values() if a.frame.geometry.notna().any()]
    for service in results.services.values():
        if service.coverage is not None and service.coverage.frame.geometry.notna().any():
            boxes.append(service.coverage.frame.total_bounds)
        if service.spacing is not None and len(service.spacing.intervals):
            boxes.append(service.spacing.intervals.total_bounds)
    if not boxes:
        return (0.0, 0.0, 1000.0, 1000.0)
    table = np.array(boxes)
    west, south = table[:, :2].min(axis=0)
    east, north = table[:, 2:].max(axis=0)
    if max(east - west, north - south) < 1.0:
        return (west - 500.0, south - 500.0, east + 500.0, north + 500.0)
    return (float(west), float(south), float(east), float(north))


def rings(frame: gpd.GeoDataFrame, step: float) -> list[np.ndarray]:
    """Outer rings of polygons, simplified by `step` metres."""
    shapes = frame.geometry.to_numpy()
    shapes = shapes[~shapely.is_missing(shapes)]
    parts = shapely.get_parts(shapely.simplify(shapes, step))
    parts = parts[shapely.get_type_id(parts) == 3]
    return _arrays(shapely.get_exterior_ring(parts[shapely.area(parts) > step * step]))


def paths(lines: np.ndarray, step: float) -> list[np.ndarray]:
    """Lines as arrays of corners, simplified by `step` metres."""
    parts = shapely.get_parts(shapely.simplify(lines[~shapely.is_missing(lines)], step))
    return _arrays(parts[shapely.get_type_id(parts) == 1])


def _arrays(lines: np.ndarray) -> list[np.ndarray]:
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    return np.split(xy, np.flatnonzero(np.diff(owner)) + 1) if len(xy) else []
