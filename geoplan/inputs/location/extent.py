"""Where places are expected: the bounds of the study's areas, in metres and in degrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import shapely

from geoplan.inputs.layers import AreaLayer


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StudyArea:
    """Where places are expected: bounds in the study's CRS and in degrees (WGS 84); the areas."""

    bounds_m: tuple[float, float, float, float]
    bounds_deg: tuple[float, float, float, float]
    areas: Mapping[str, AreaLayer] = field(default_factory=dict)

    @classmethod
    def of(cls, geometry: gpd.GeoSeries) -> StudyArea:
        """The bounds of `geometry` (study CRS)."""
        box = gpd.GeoSeries([shapely.box(*geometry.total_bounds)], crs=geometry.crs)
        degrees = box.to_crs("EPSG:4326").total_bounds
        return cls(
            bounds_m=tuple(map(float, geometry.total_bounds)),  # type: ignore[arg-type]
            bounds_deg=tuple(map(float, degrees)),  # type: ignore[arg-type]
        )

    def holds_degrees(self, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
        """Bool per point: inside the bounds, a twentieth of a degree around them included."""
        west, south, east, north = self.bounds_deg
        m = 0.05
        return (lon > west - m) & (lon < east + m) & (lat > south - m) & (lat < north + m)

    def holds_metres(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Bool per point in the study's CRS: inside the bounds, 5 km around them included."""
        west, south, east, north = self.bounds_m
        m = 5_000.0
        with np.errstate(invalid="ignore"):
            return (x > west - m) & (x < east + m) & (y > south - m) & (y < north + m)


def study_area(areas: Mapping[str, AreaLayer]) -> StudyArea | None:
    """The bounds of the coarsest level with places; None where no level has any."""
    for layer in areas.values():
        geometry = layer.frame.geometry
        if geometry.notna().any():
            return replace(StudyArea.of(geometry), areas=areas)
    return None
