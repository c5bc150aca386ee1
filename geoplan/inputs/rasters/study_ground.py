"""The ground of a study: its areas, or without areas what its streets reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.rasters.open_raster import PopulationRaster
from geoplan.inputs.rasters.share import AreaShapes, CellGrid

#: metres; straight sides of areas get corners this near one another before they change their CRS
_STEP_M = 1_000.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StudyGround:
    """Polygons that a raster is cut to.

    areas : of the study, by level, coarsest first. crs : of the study.
    chain : levels with polygons, each the parent of the next, coarsest first.
    reach : ground that the streets reach; counts only where no level has polygons.
    """

    areas: Mapping[str, AreaLayer]
    crs: pyproj.CRS
    chain: tuple[str, ...]
    reach: shapely.Geometry | None = None
    _cache: dict[str, tuple[list[AreaShapes], NDArray[np.object_], NDArray[np.object_]]] = field(
        default_factory=dict, repr=False
    )

    @classmethod
    def of(cls, context: LocationContext) -> StudyGround:
        """The ground of a study with these areas and streets."""
        areas = context.areas
        drawn = [level for level, layer in areas.items() if layer.has_polygons]
        chain: list[str] = []
        level = drawn[-1] if drawn else None
        while level is not None and level in areas:
            if level in drawn:
                chain.append(level)
            level = areas[level].parent
        streets = context.streets
        return cls(
            areas=areas,
            crs=pyproj.CRS.from_user_input(context.crs),
            chain=tuple(reversed(chain)),
            reach=None if streets is None else streets.reach,
        )

    @property
    def has_areas(self) -> bool:
        """Whether any level has polygons."""
        return bool(self.chain)

    @property
    def has_shapes(self) -> bool:
        """Whether there is anything that a raster can be cut to."""
        return self.has_areas or self.reach is not None

    @property
    def names(self) -> NDArray[np.object_]:
        """Names of the areas of the coarsest level with polygons."""
        return self.areas[self.chain[0]].drawn["name"].astype(str).to_numpy(object)

    @property
    def without_outline(self) -> int:
        """Areas of the finest level that have no polygon and lie in none of the level above."""
        if len(self.chain) != 1:
            return 0
        layer = self.areas[self.chain[0]]
        return len(layer.frame) - len(layer.drawn)

    def levels(self, crs: pyproj.CRS) -> list[AreaShapes]:
        """The polygons of the chain in `crs`, the finest level first."""
        return self._in(crs)[0]

    def shapes(self, crs: pyproj.CRS) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
        """Polygons in `crs`: those of the coarsest level (or the reach), and all others."""
        return self._in(crs)[1:]

    def anchor(self, grid: CellGrid) -> tuple[int, int]:
        """Row and column of the grid's cell at the north-west corner of the ground."""
        shapes, further = self.shapes(grid.crs)
        if not len(shapes):
            return 0, 0
        west, _, _, north = shapely.total_bounds(np.concatenate([shapes, further]))
        t = grid.transform
        # half a cell on: a corner on a line between cells must not fall to either by rounding
        return int(np.floor((north - t.f) / t.e + 1e-6)), int(np.floor((west - t.c) / t.a + 1e-6))

    def _in(
        self, crs: pyproj.CRS
    ) -> tuple[list[AreaShapes], NDArray[np.object_], NDArray[np.object_]]:
        key = crs.to_wkt()
        if key not in self._cache:
            self._cache[key] = self._projected(crs)
        return self._cache[key]

    def _projected(
        self, crs: pyproj.CRS
    ) -> tuple[list[AreaShapes], NDArray[np.object_], NDArray[np.object_]]:
        none = np.empty(0, object)
        if not self.has_areas:
            reach = none if self.reach is None else self._moved(gpd.GeoSeries([self.reach]), crs)
            return [], reach, none
        levels: list[AreaShapes] = []
        for level in reversed(self.chain):
            frame = self.areas[level].drawn
            levels.append(
                AreaShapes(
                    level=level,
                    codes=frame.index.to_numpy(object),
                    shapes=self._moved(frame.geometry, crs),
                    above=np.full(len(frame), -1, np.int64),
                )
            )
        levels = [
            AreaShapes(level=one.level, codes=one.codes, shapes=one.shapes, above=above)
            for one, above in zip(levels, self._above(levels), strict=True)
        ]
        others = [
            self._moved(layer.drawn.geometry, crs)
            for k, layer in self.areas.items()
            if layer.has_polygons and k not in self.chain
        ]
        further = [one.shapes for one in levels[:-1]] + others
        return levels, levels[-1].shapes, np.concatenate(further) if further else none

    def _above(self, levels: Sequence[AreaShapes]) -> list[NDArray[np.int64]]:
        """Position of each area's forebear among those of the next coarser level of the chain."""
        found = []
        for finer, coarser in zip(levels, [*levels[1:], None], strict=True):
            if coarser is None:
                found.append(finer.above)
                continue
            codes, level = finer.codes, finer.level
            while level != coarser.level:
                layer = self.areas[level]
                parents = layer.frame["parent"].reindex(codes).to_numpy(object)
                codes, level = parents, str(layer.parent)
            place = {code: k for k, code in enumerate(coarser.codes)}
            found.append(np.array([place.get(c, -1) for c in codes], np.int64))
        return found

    def _moved(self, shapes: gpd.GeoSeries, crs: pyproj.CRS) -> NDArray[np.object_]:
        own = gpd.GeoSeries(shapes.to_numpy(), crs=self.crs)
        if self.crs.equals(crs, ignore_axis_order=True):
            return own.to_numpy()
        moved = own.segmentize(_STEP_M).to_crs(crs).to_numpy()
        return _cut_at_180(moved) if crs.is_geographic else moved


def _cut_at_180(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Shapes in degrees; those across 180 degrees in two parts, as rasters have them."""
    bounds = shapely.bounds(shapes)
    across = bounds[:, 2] - bounds[:, 0] > 180.0
    if not across.any():
        return shapes
    shapes = shapes.copy()
    east = shapely.transform(
        shapes[across], lambda xy: np.column_stack([xy[:, 0] % 360.0, xy[:, 1]])
    )
    before = shapely.intersection(east, shapely.box(0, -90, 180, 90))
    beyond = shapely.intersection(east, shapely.box(180, -90, 360, 90))
    shapes[across] = shapely.union(
        before, shapely.transform(beyond, lambda xy: xy - np.array([360.0, 0.0]))
    )
    return shapes


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Cover:
    """Share of the ground that lies under rasters: of all, and by area of the coarsest level."""

    of_all: float
    by_area: NDArray[np.float64]


def covered_share(rasters: Sequence[PopulationRaster], ground: StudyGround) -> Cover:
    """How much of `ground` lies under any of `rasters`; half a cell more on every side counts.

    A raster that was cut to the areas by the centres of its cells ends within half a cell of them.
    """
    boxes: dict[str, tuple[pyproj.CRS, list[shapely.Geometry]]] = {}
    for raster in rasters:
        west, south, east, north = raster.bounds
        dx, dy = raster.transform.a / 2, -raster.transform.e / 2
        box = shapely.box(west - dx, south - dy, east + dx, north + dy)
        boxes.setdefault(raster.crs.to_wkt(), (raster.crs, []))[1].append(box)
    covered: NDArray[np.float64] | None = None
    size = np.empty(0)
    for crs, own in boxes.values():
        shapes = ground.shapes(crs)[0]
        under = shapely.area(shapely.intersection(shapes, shapely.union_all(own)))
        size = shapely.area(shapes)
        share = np.divide(under, size, out=np.ones(len(size)), where=size > 0)
        covered = share if covered is None else np.minimum(covered + share, 1.0)
    assert covered is not None
    weights = size / size.sum() if size.sum() > 0 else np.full(len(size), 1.0 / len(size))
    return Cover(of_all=float((covered * weights).sum()), by_area=covered)
