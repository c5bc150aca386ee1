"""What a study knows about where its rows lie: its CRS, areas and streets, and their extent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.location.streets import Streets
from geoplan.tolerances import EXTENT_MARGIN_DEG, EXTENT_MARGIN_M

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Extent:
    """Bounds within which locations are expected, in the study's CRS and in degrees (WGS 84)."""

    bounds_m: Bounds
    bounds_deg: Bounds

    @classmethod
    def of(cls, geometry: gpd.GeoSeries) -> Extent:
        """The bounds of `geometry` (study CRS)."""
        box = gpd.GeoSeries([shapely.box(*geometry.total_bounds)], crs=geometry.crs)
        degrees = box.to_crs("EPSG:4326").total_bounds
        return cls(bounds_m=_bounds(geometry.total_bounds), bounds_deg=_bounds(degrees))

    def holds_degrees(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Bool per point: inside the bounds, a twentieth of a degree around them included."""
        return _within(self.bounds_deg, lon, lat, EXTENT_MARGIN_DEG)

    def holds_metres(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Bool per point in the study's CRS: inside the bounds, 5 km around them included."""
        return _within(self.bounds_m, x, y, EXTENT_MARGIN_M)


def _bounds(total: np.ndarray) -> Bounds:
    west, south, east, north = map(float, total)
    return west, south, east, north


def _within(bounds: Bounds, x: np.ndarray, y: np.ndarray, margin: float) -> np.ndarray:
    west, south, east, north = bounds
    with np.errstate(invalid="ignore"):
        return (
            (x > west - margin) & (x < east + margin) & (y > south - margin) & (y < north + margin)
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LocationContext:
    """What the rows of a file are located with.

    crs : the study's projected CRS.
    areas : by level, coarsest first. streets : of the study, where known.
    extent : of the coarsest level with geometry, else of the streets; None without either.
    """

    crs: str
    areas: Mapping[str, AreaLayer] = field(default_factory=dict)
    streets: Streets | None = None
    extent: Extent | None = None

    @classmethod
    def of(
        cls, crs: str, areas: Mapping[str, AreaLayer] | None, streets: Streets | None = None
    ) -> LocationContext:
        """The context of a study with these areas and streets."""
        areas = areas or {}
        shapes = (layer.frame.geometry for layer in areas.values())
        first = next((geometry for geometry in shapes if geometry.notna().any()), None)
        extent = None if first is None else Extent.of(first)
        if extent is None and streets is not None and len(streets):
            extent = Extent.of(streets.outline)
        return cls(crs=crs, areas=areas, streets=streets, extent=extent)

    @property
    def degrees(self) -> Bounds | None:
        """Where degrees are expected: the extent, else where the study's CRS is used."""
        if self.extent is not None:
            west, south, east, north = self.extent.bounds_deg
            margin = EXTENT_MARGIN_DEG
            return west - margin, south - margin, east + margin, north + margin
        use = pyproj.CRS.from_user_input(self.crs).area_of_use
        return None if use is None else (use.west, use.south, use.east, use.north)

    def expects(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Bool per point: it lies where degrees are expected."""
        if self.degrees is None:
            return np.zeros(len(lon), bool)
        return _within(self.degrees, lon, lat, 0.0)
