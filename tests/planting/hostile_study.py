"""Two small studies whose feeds, lines, projects, added sites and cities have hostile names.

The example's street (see `geoplan.study.example`), once with a GTFS feed and a site that an overlay
opens, once with a table of bus lines, a plan in time with an office's projects, included in a study
of cities.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import geopandas as gpd
import pandas as pd
from shapely.geometry import Point

from geoplan.study.example import CRS, X, Y, write_example
from tests.fake_results import HOSTILE

DATE = "20250513"
#: of the corpus, what a study file may say: the others hold control characters or are too long
SAYABLE = tuple(n for n in HOSTILE if len(n) <= 200 and not set(n) & set("\x00\x07\x0b"))
_STOPS_M = range(0, 3001, 250)
#: of the corpus, what may be a folder: the others are refused before the work
CITY = "'; DROP TABLE sites; -- ` %s %(x)s {0} {{x}} $x$ &amp; =1+1"


def write_feed_study(folder: Path) -> tuple[Path, Path]:
    """The study with a feed, and an overlay that opens a site."""
    write_example(folder)
    _rename(folder, cycle(HOSTILE))
    _sites(folder / "meals.csv")
    _feed(folder / "feed", cycle(HOSTILE[3:] + HOSTILE[:3]))
    _transit(folder, 'path = "feed"\ndate = "2025-05-13"')
    lon, lat = _degrees(1500)
    opened = [
        {"id": f"N{k}", "name": name, "lon": lon + k * 1e-4, "lat": lat}
        for k, name in enumerate(SAYABLE)
    ]
    listed = ",\n  ".join(
        "{ " + ", ".join(f"{k} = {quoted(v)}" for k, v in site.items()) + " }" for site in opened
    )
    overlay = folder / "overlay.toml"
    overlay.write_text(f"[what_if.opened]\nmeal_station = [\n  {listed}\n]\n", encoding="utf-8")
    return folder, overlay


def write_cities_study(folder: Path) -> Path:
    """A study of one city whose lines and projects are tables."""
    city = write_example(folder / "city")
    names = cycle(HOSTILE[7:] + HOSTILE[:7])
    _rename(city, names)
    lines = {"线路": list(HOSTILE), "首末班": "06:00-21:00", "发车间隔": "10分钟", "速度": "18"}
    pd.DataFrame(lines).to_csv(city / "lines.csv", index=False)
    rows = [
        {"线路": line, "站序": k + 1, "站名": next(names), **_lonlat(metres)}
        for line in HOSTILE
        for k, metres in enumerate(_STOPS_M)
    ]
    pd.DataFrame(rows).to_csv(city / "stops.csv", index=False)
    projects = [
        {"项目名称": name, "措施": "新建", **_lonlat(1500 + 40 * k), "投资": 100, "地址": name}
        for k, name in enumerate(HOSTILE)
    ]
    pd.DataFrame(projects).to_csv(city / "projects.csv", index=False)
    _transit(city, 'lines = "lines.csv"\nstops = "stops.csv"')
    path = city / "study.toml"
    text = "\n".join(
        line for line in path.read_text(encoding="utf-8").splitlines() if "siting =" not in line
    )
    text = text.replace(
        "[services.meal_station]", '[services.meal_station]\nactions = "projects.csv"'
    )
    text += "\n[programme]\nyears = [2025, 2026]\nbudget = [200, 200]\n"
    path.write_text(text, encoding="utf-8")
    (folder / "study.toml").write_text(include(CITY), encoding="utf-8")
    return folder


def include(name: str) -> str:
    """A study of one city called `name`, and itself by the first of the corpus."""
    return (
        f"[study]\nname = {quoted(HOSTILE[0])}\n\n[report]\npdf = false\n\n"
        f'[[include]]\npath = "city"\nname = {quoted(name)}\n'
    )


def quoted(value: str | float) -> str:
    """A value or key as TOML writes it."""
    return json.dumps(value, ensure_ascii=False)


def _rename(folder: Path, names: Iterator[str]) -> None:
    people = pd.read_csv(folder / "people.csv", dtype=str).fillna("")
    people["name"] = [next(names) for _ in people.index]
    people.to_csv(folder / "people.csv", index=False)
    layer = gpd.read_file(folder / "districts.gpkg")
    layer["name"] = [next(names).replace("\x00", "") for _ in layer.index]
    layer.to_file(folder / "districts.gpkg", driver="GPKG")


def _sites(path: Path) -> None:
    """Sites with ids of the corpus beside the one that is there, and names of it."""
    sites = pd.read_csv(path, dtype=str)
    lon, lat = _degrees(1000)
    more = [
        {"id": label, "name": name, "lon": f"{lon + k * 1e-4:.9f}", "lat": f"{lat:.9f}"}
        for k, (label, name) in enumerate(zip(HOSTILE, reversed(HOSTILE), strict=True))
    ]
    pd.concat([sites, pd.DataFrame(more)]).to_csv(path, index=False)


def _transit(folder: Path, source: str) -> None:
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8").replace(
        "[demand.elderly_60]",
        f'[network.transit]\n{source}\ndepart = "08:00-08:30"\n\n[demand.elderly_60]',
    )
    text = text.replace('mode = "walk", threshold_m = 800', 'mode = "transit", threshold_min = 11')
    path.write_text(text + "\n[report]\npdf = false\n", encoding="utf-8")


def _feed(folder: Path, names: Iterator[str]) -> None:
    """Eighteen lines along the street, one every 2 minutes: agency, lines, stops, headsigns."""
    folder.mkdir()
    tables = {
        "agency": [
            {
                "agency_id": "a",
                "agency_name": next(names),
                "agency_url": "https://x.invalid",
                "agency_timezone": "Asia/Shanghai",
            }
        ],
        "stops": [
            {"stop_id": f"s{k}", "stop_name": next(names), "stop_lat": lat, "stop_lon": lon}
            for k, (lon, lat) in enumerate(map(_degrees, _STOPS_M))
        ],
        "routes": [
            {
                "route_id": f"r{k}",
                "agency_id": "a",
                "route_short_name": name,
                "route_long_name": next(names),
                "route_type": 3,
            }
            for k, name in enumerate(HOSTILE)
        ],
        "trips": [
            {
                "route_id": f"r{k}",
                "service_id": "d",
                "trip_id": f"t{k}-{way}",
                "trip_headsign": next(names),
                "direction_id": way,
            }
            for k in range(len(HOSTILE))
            for way in (0, 1)
        ],
        "stop_times": [
            {
                "trip_id": f"t{k}-{way}",
                "stop_id": f"s{stop}",
                "stop_sequence": n,
                "arrival_time": _clock(2 * k + n),
                "departure_time": _clock(2 * k + n),
            }
            for k in range(len(HOSTILE))
            for way in (0, 1)
            for n, stop in enumerate(range(len(_STOPS_M))[:: 1 - 2 * way])
        ],
        "calendar_dates": [{"service_id": "d", "date": DATE, "exception_type": 1}],
    }
    for name, rows in tables.items():
        pd.DataFrame(rows).to_csv(folder / f"{name}.txt", index=False)


def _clock(minute: int) -> str:
    return f"08:{minute:02d}:00"


def _degrees(metres: float) -> tuple[float, float]:
    point = gpd.GeoSeries([Point(X + metres, Y)], crs=CRS).to_crs(4326).iloc[0]
    return round(point.x, 9), round(point.y, 9)


def _lonlat(metres: float) -> dict[str, float]:
    lon, lat = _degrees(metres)
    return {"经度": lon, "纬度": lat}
