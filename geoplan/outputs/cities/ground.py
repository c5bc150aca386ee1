"""The areas of all cities as one small drawing: outlines in SVG units, under a size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.results.cities import CityResult

#: the drawing's width, and its height at most
WIDTH, HEIGHT = 760.0, 560.0
#: bytes of all outlines together; finer ones are made simpler until they fit
_MOST_BYTES = 1_200_000
#: units of the drawing: details and parts that are smaller are left out, doubled until all fits
_DETAIL, _LEAST_AREA = 0.6, 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """One area: its city and code, its name, its outline as an SVG path."""

    city: str
    code: str
    name: str
    path: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """Where a city's name stands."""

    city: str
    x: float
    y: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """The drawing of all cities: its height, areas, names, and outlines of whole cities."""

    height: float
    shapes: tuple[Shape, ...]
    labels: tuple[Label, ...]
    borders: tuple[str, ...]


def ground_of(cities: Sequence[CityResult]) -> Ground | None:
    """All areas of all cities in one drawing; None where there is nothing to draw."""
    outlines = [(city, city.outlines) for city in cities if len(city.outlines)]
    if not outlines:
        return None
    boxes = np.array([frame.total_bounds for _, frame in outlines])
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    narrow = np.cos(np.radians((south + north) / 2))  # a degree of longitude by one of latitude
    wide, high = (east - west) * narrow, north - south
    if not np.isfinite([wide, high]).all() or wide <= 0 or high <= 0:
        return None
    scale = min((WIDTH - 8) / wide, (HEIGHT - 8) / high)
    left = (WIDTH - scale * wide) / 2

    def to_svg(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        x = left + (xy[:, 0] - west) * narrow * scale
        return np.column_stack([x, 4 + (north - xy[:, 1]) * scale])

    drawn = [
        (city, frame, np.asarray(shapely.transform(frame.geometry.to_numpy(), to_svg)))
        for city, frame in outlines
    ]
    detail = _DETAIL
    while True:
        shapes = [
            Shape(city=city.name, code=str(code), name=str(name), path=path)
            for city, frame, geometries in drawn
            for code, name, path in zip(
                frame.index, frame["name"], _paths(geometries, detail), strict=True
            )
            if path
        ]
        if sum(len(shape.path) for shape in shapes) <= _MOST_BYTES or detail > WIDTH:
            break
        detail *= 2
    coarse = [(city.name, shapely.simplify(geometries, detail)) for city, _, geometries in drawn]
    whole = [(name, shapely.union_all(shapely.make_valid(one))) for name, one in coarse]
    return Ground(
        height=round(scale * high + 8, 1),
        shapes=tuple(shapes),
        labels=tuple(_label(name, one) for name, one in whole if not one.is_empty),
        borders=tuple(
            path for path in _paths(np.array([one for _, one in whole], object), detail) if path
        ),
    )


def _label(city: str, ground: shapely.Geometry) -> Label:
    inside = ground.representative_point()
    return Label(city=city, x=round(inside.x, 1), y=round(inside.y, 1))


def _paths(geometries: NDArray[np.object_], detail: float) -> list[str]:
    """Outlines as SVG paths; "" for what is too small to be seen."""
    paths = []
    for geometry in shapely.simplify(geometries, detail):
        rings = []
        for part in shapely.get_parts(geometry):
            if shapely.get_type_id(part) == 3 and shapely.area(part) >= _LEAST_AREA * detail:
                holes = [h for h in part.interiors if shapely.Polygon(h).area >= 4 * detail]
                rings += [part.exterior, *holes]
        paths.append("".join(map(_ring, rings)))
    return paths


def _ring(ring: shapely.Geometry) -> str:
    xy = shapely.get_coordinates(ring).round(1)
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in xy[:-1]) + "Z"
