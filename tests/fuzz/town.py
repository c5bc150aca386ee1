"""The honest town that every case breaks: whoever is counted in it is known beforehand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import geopandas as gpd
from shapely.geometry import LineString, Point, box

from geoplan.study.example import CRS, X, Y

STEP, LINES = 400, 6
#: people of community k: no number is the sum of others nearby, so no row looks like a total
PEOPLE = (113, 257, 89, 341, 167, 59, 223, 97, 401, 131, 73, 199)
PLACES = ("Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Maple", "Oak", "Pine", "Rowan")
HEADINGS = ("id", "name", "district", "lon", "lat", "pop60")

STUDY: dict[str, Any] = {
    "study": {"name": "Fuzz", "crs": CRS, "lang": "en", "data_date": "2024-12-31"},
    "areas": {"district": {"path": "districts.gpkg"}},
    "network": {"walk": {"path": "streets.geoplan", "speed_m_s": 1.0}},
    "demand": {"elderly_60": {"path": "people.csv", "weight": "pop60", "datum": "wgs84"}},
    "services": {
        "meal_station": {
            "path": "meals.csv",
            "datum": "wgs84",
            "demand": "elderly_60",
            "standard": {
                "mode": "walk",
                "threshold_m": 800,
                "quota": {"level": "district", "minimum": 1},
            },
        }
    },
}
SITING = {"objective": "max_coverage", "sites": 1, "candidates": "network", "robustness": 0}


@dataclass(frozen=True, kw_only=True)
class Town:
    """Communities, meal stations, districts and streets, in degrees of WGS 84 and in metres."""

    people: list[dict[str, Any]]
    meals: list[dict[str, Any]]

    @property
    def total(self) -> float:
        """People in all communities."""
        return float(sum(row["pop60"] for row in self.people))

    def changed(self, **tables: list[dict[str, Any]]) -> Town:
        """The same town with other rows."""
        return replace(self, **tables)


@cache
def _degrees(x: float, y: float) -> tuple[float, float]:
    point = gpd.GeoSeries([Point(X + x, Y + y)], crs=CRS).to_crs(4326).iloc[0]
    return round(point.x, 7), round(point.y, 7)


def town() -> Town:
    """Twelve communities and three meal stations on a grid of streets."""
    people: list[dict[str, Any]] = []
    for k, count in enumerate(PEOPLE):
        lon, lat = _degrees(150 + 400 * (k % 4) + 17 * k, 120 + 500 * (k // 4) + 9 * k)
        people.append(
            {
                "id": f"C{k + 1:02d}",
                "name": f"{PLACES[k % len(PLACES)]} {'Court' if k % 2 else 'Green'} {k}",
                "district": "West" if lon < _degrees(1000, 0)[0] else "East",
                "lon": lon,
                "lat": lat,
                "pop60": count,
            }
        )
    meals = []
    for k, (x, y) in enumerate([(210, 400), (1190, 800), (1600, 1600)]):
        lon, lat = _degrees(x, y)
        meals.append({"id": f"M{k + 1}", "name": f"Station {k + 1}", "lon": lon, "lat": lat})
    return Town(people=people, meals=meals)


def streets() -> gpd.GeoDataFrame:
    """A grid of six by six streets, 400 m apart."""
    lines = []
    for k in range(LINES):
        for j in range(LINES - 1):
            a, b, c = STEP * j, STEP * (j + 1), STEP * k
            lines.append(LineString([(X + a, Y + c), (X + b, Y + c)]))
            lines.append(LineString([(X + c, Y + a), (X + c, Y + b)]))
    names = [f"Street {k}" for k in range(len(lines))]
    return gpd.GeoDataFrame({"name": names}, geometry=lines, crs=CRS)


def districts() -> gpd.GeoDataFrame:
    """Two districts that share the town."""
    west, east = (
        box(X - 500, Y - 500, X + 1000, Y + 2500),
        box(X + 1000, Y - 500, X + 2500, Y + 2500),
    )
    return gpd.GeoDataFrame(
        {"code": ["1", "2"], "name": ["West", "East"]}, geometry=[west, east], crs=CRS
    )
