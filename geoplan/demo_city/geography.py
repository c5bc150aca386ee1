"""The land: districts and streets, the river and lakes, hills, and where towns are built.

Locations are Jinan's (centres of the subdistricts, 街道 and towns, to a hundred metres or so, the
course of the rivers by a few points, see `landmarks`); borders, hills and lake shores are made up.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geoplan.demo_city.landmarks import (
    CORE_DISTRICTS,
    HILLS,
    LAKES,
    SMALL_RIVERS,
    TOWN_RADII_M,
    YELLOW_RIVER,
)
from geoplan.demo_city.noise import Array, Warp, Waves

CRS = "EPSG:4548"
#: columns of a town as a circle
_CIRCLE = ("x", "y", "radius_m")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Land:
    """What streets and communities are laid upon, in `CRS`.

    subdistricts : index = code; ``name``, ``district``, centre ``x``, ``y``, ``radius_m`` (of the
        built-up area) and ``core`` (part of the main city).
    streets, districts : polygons of a coverage, index = code.
    census : index = district code, see ``census.csv``.
    river, bridges : the Yellow River's middle line, and where roads cross it.
    water : polygons with ``name`` and ``kind``.
    """

    subdistricts: pd.DataFrame
    census: pd.DataFrame
    streets: gpd.GeoDataFrame
    districts: gpd.GeoDataFrame
    river: shapely.LineString
    small_rivers: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    no_building: shapely.Geometry
    _hills: Array
    _ridge: Waves
    _folds: Waves
    _edge: Waves

    def height(self, xy: Array) -> Array:
        """How steep and high the land is, 0 (plain) to about 1 (too steep for roads)."""
        base = np.zeros(len(xy))
        for (cx, cy), (_, _, radius, strength) in zip(self._hills, HILLS, strict=True):
            d2 = (xy[:, 0] - cx) ** 2 + (xy[:, 1] - cy) ** 2
            base += strength * np.exp(-d2 / (2 * (0.62 * radius) ** 2))
        # valleys run where the wide waves are level, hills rise between them
        rough = 0.1 + 1.25 * np.abs(self._ridge(xy)) + 0.16 * self._folds(xy)
        high = np.clip(base, 0, 1.15) * np.clip(rough, 0, 1.25)
        if not len(xy):
            return high
        centres = self.subdistricts[list(_CIRCLE)].to_numpy(float)
        reach = 5 * centres[:, 2:] + 1.0  # of these towns alone some point may be near
        low, top = centres[:, :2] - reach, centres[:, :2] + reach
        some = ((low < xy.max(axis=0)) & (top > xy.min(axis=0))).all(axis=1)
        for x, y, r in centres[some].tolist():
            near = (np.abs(xy[:, 0] - x) < 5 * r) & (np.abs(xy[:, 1] - y) < 5 * r)
            if near.any():
                d2 = (xy[near, 0] - x) ** 2 + (xy[near, 1] - y) ** 2
                high[near] *= 1 - 0.85 * np.exp(-d2 / (2 * (0.8 * r) ** 2))
        return high

    def built_up(self, xy: Array, codes: list[str]) -> Array:
        """Closeness to the towns of `codes`: above 1 inside, falling off outward."""
        most = np.zeros(len(xy))
        ragged = 1 + 0.28 * self._edge(xy)
        at = self.subdistricts.index.get_indexer(codes)
        centres = (
            self.subdistricts[c].to_numpy(float)[at].tolist() for c in ("x", "y", "radius_m")
        )
        for x, y, radius in zip(*centres, strict=True):
            d = np.hypot(xy[:, 0] - x, xy[:, 1] - y)
            most = np.maximum(most, ragged * radius / np.maximum(d, 1.0))
        return most


@cache
def _transformer(source: str, target: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def to_plane(
    lon: Sequence[float] | Array | pd.Series, lat: Sequence[float] | Array | pd.Series
) -> Array:
    """Degrees to `CRS`, ``(n, 2)``."""
    to = _transformer("EPSG:4326", CRS)
    x, y = to.transform(np.asarray(lon, float), np.asarray(lat, float))
    return np.column_stack([x, y])


def to_degrees(xy: Array) -> Array:
    """`CRS` to WGS 84 degrees, ``(n, 2)`` lon, lat."""
    to = _transformer(CRS, "EPSG:4326")
    return np.column_stack(to.transform(xy[:, 0], xy[:, 1]))


def table(name: str) -> pd.DataFrame:
    """One of the small tables of published facts beside this module."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return pd.DataFrame(rows).set_index("code")


def make_land(rng: np.random.Generator) -> Land:
    """The land of the demo city."""
    census = table("census.csv")
    counts = [c for c in census.columns if c != "name"]
    census[counts] = census[counts].astype(int)
    subdistricts = _subdistricts()
    warp = Warp(rng, ((26000.0, 1000.0), (9000.0, 230.0), (3200.0, 70.0), (1300.0, 28.0)))
    streets = _streets(subdistricts, warp)
    districts = gpd.GeoDataFrame(
        {"name": census["name"]},
        geometry=gpd.GeoSeries(
            {
                code: shapely.coverage_union_all(streets.geometry[streets["district"] == code])
                for code in census.index
            },
            crs=CRS,
        ),
        crs=CRS,
    )
    bend = Warp(rng, ((7000.0, 420.0), (2500.0, 120.0)))
    river = _course(YELLOW_RIVER, bend)
    small = gpd.GeoDataFrame(
        {"name": [n for n, _, _ in SMALL_RIVERS], "half_width_m": [w for _, w, _ in SMALL_RIVERS]},
        geometry=[_course(c, bend) for _, _, c in SMALL_RIVERS],
        crs=CRS,
    )
    water = _water(rng, river, small)
    city = shapely.union_all(districts.geometry.to_numpy())
    water = water.assign(geometry=water.geometry.intersection(city.buffer(3000)))
    shore = river.buffer(1150)
    lakes = shapely.union_all(water.geometry[water["kind"] == "lake"].to_numpy()).buffer(60)
    return Land(
        subdistricts=subdistricts,
        census=census,
        streets=streets,
        districts=districts,
        river=river,
        small_rivers=small,
        water=water,
        no_building=shapely.union_all([shore, lakes]),
        _hills=to_plane([h[0] for h in HILLS], [h[1] for h in HILLS]),
        _ridge=Waves(rng, 8200.0, 12),
        _folds=Waves(rng, 2600.0, 10),
        _edge=Waves(rng, 1800.0, 10),
    )


def _subdistricts() -> pd.DataFrame:
    subdistricts = table("streets.csv")
    xy = to_plane(subdistricts.pop("lon").astype(float), subdistricts.pop("lat").astype(float))
    xy = _apart(xy, 820.0)
    subdistricts["x"], subdistricts["y"] = xy[:, 0], xy[:, 1]
    middle = to_plane([117.02], [36.665])[0]
    away = np.hypot((xy[:, 0] - middle[0]) / 1.75, xy[:, 1] - middle[1])
    urban = subdistricts["district"].isin(CORE_DISTRICTS) | subdistricts.index.str.startswith(
        ("370112", "370176")
    )
    subdistricts["core"] = urban & (away < 9_500)
    size = np.where(
        subdistricts["core"],
        1400.0,
        np.where(subdistricts["name"].str.endswith("镇"), 720.0, 980.0),
    )
    subdistricts["radius_m"] = pd.Series(size, index=subdistricts.index)
    large = pd.Series(TOWN_RADII_M)
    known = large.index.intersection(subdistricts.index)
    subdistricts.loc[known, "radius_m"] = large[known]
    return subdistricts


def _apart(xy: Array, least_m: float) -> Array:
    """The points pushed from one another until none are much nearer than `least_m`."""
    xy = xy.copy()
    for _ in range(60):
        push = np.zeros_like(xy)
        for i, j in cKDTree(xy).query_pairs(least_m, output_type="ndarray"):
            gap = xy[i] - xy[j]
            far = np.hypot(*gap)
            step = 0.25 * (least_m - far) * gap / far
            push[i] += step
            push[j] -= step
        xy += push
    return xy


def _streets(subdistricts: pd.DataFrame, warp: Warp) -> gpd.GeoDataFrame:
    """A coverage of street polygons: Voronoi cells with bent borders, every centre in its own."""
    xy = subdistricts[["x", "y"]].to_numpy(float)
    points = shapely.points(warp.before(xy))
    outline = shapely.concave_hull(shapely.multipoints(points), ratio=0.22).buffer(6500)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=outline)
    )
    centre, cell = shapely.STRtree(cells).query(points, predicate="intersects")
    order = cell[np.argsort(centre, kind="stable")]
    cells = shapely.intersection(cells[order], outline)
    # noded together, so that both neighbours have every vertex of a shared border
    lines = shapely.segmentize(shapely.union_all(shapely.boundary(cells)), 260.0)
    faces = shapely.get_parts(shapely.polygonize([lines]))
    centre, face = shapely.STRtree(faces).query(points, predicate="intersects")
    bent = shapely.transform(faces[face[np.argsort(centre, kind="stable")]], warp)
    bent = shapely.coverage_simplify(bent, 12.0)
    return gpd.GeoDataFrame(
        {"name": subdistricts["name"], "district": subdistricts["district"]},
        geometry=gpd.GeoSeries(bent, index=subdistricts.index, crs=CRS),
        crs=CRS,
    )


def _course(points: tuple[tuple[float, float], ...], bend: Warp) -> shapely.LineString:
    lon, lat = zip(*points, strict=True)
    corners = shapely.LineString(to_plane(lon, lat))
    # corners cut twice (Chaikin), then bent
    xy = shapely.get_coordinates(corners)
    for _ in range(3):
        q, r = 0.75 * xy[:-1] + 0.25 * xy[1:], 0.25 * xy[:-1] + 0.75 * xy[1:]
        xy = np.vstack([xy[:1], np.stack([q, r], 1).reshape(-1, 2), xy[-1:]])
    fine = shapely.segmentize(shapely.LineString(xy), 250.0)
    return shapely.simplify(shapely.transform(fine, bend), 6.0)


def _water(
    rng: np.random.Generator, river: shapely.LineString, small: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    rows = [("黄河", "river", _banks(rng, river, 190.0))]
    for name, half, line in zip(small["name"], small["half_width_m"], small.geometry, strict=True):
        rows.append((name, "river", line.buffer(half, quad_segs=2)))
    for name, lon, lat, a, b in LAKES:
        rows.append((name, "lake", _blob(rng, to_plane([lon], [lat])[0], a, b)))
    names, kinds, shapes = zip(*rows, strict=True)
    return gpd.GeoDataFrame({"name": names, "kind": kinds}, geometry=list(shapes), crs=CRS)


def _banks(
    rng: np.random.Generator, line: shapely.LineString, half_width_m: float
) -> shapely.Geometry:
    """A river with banks of changing width."""
    wide = Waves(rng, 5000.0)
    xy = shapely.get_coordinates(shapely.segmentize(line, 200.0))
    width = half_width_m * (1 + 0.4 * wide(xy))
    pieces = shapely.buffer(shapely.points(xy), width, quad_segs=4)
    links = [shapely.convex_hull(shapely.union(a, b)) for a, b in _pairs(pieces)]
    return shapely.simplify(shapely.union_all(links), 8.0)


def _pairs(items: NDArray[np.object_]) -> Iterator[tuple[object, object]]:
    yield from itertools.pairwise(items)


def _blob(rng: np.random.Generator, centre: Array, a: float, b: float) -> shapely.Polygon:
    """An ellipse with an uneven shore."""
    t = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    uneven = np.ones(len(t))
    for k in (2, 3, 5, 7):
        uneven += rng.normal(0, 0.22 / k) * np.cos(k * t + rng.uniform(0, 2 * np.pi))
    turn = rng.uniform(-0.5, 0.5)
    x, y = a * uneven * np.cos(t), b * uneven * np.sin(t)
    return shapely.Polygon(
        np.column_stack(
            [
                centre[0] + x * np.cos(turn) - y * np.sin(turn),
                centre[1] + x * np.sin(turn) + y * np.cos(turn),
            ]
        )
    )
