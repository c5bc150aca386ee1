"""A town for what-ifs: one-way streets, an island, a dead end, people off the network or unlocated.

It is written as a study's files, so that what a page counts can be run.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString, box

CRS, X, Y = "EPSG:4548", 500_000.0, 4_055_000.0
SIDE, STEP = 9, 400.0

STUDY = """\
[study]
name = "Town"
crs = "EPSG:4548"
lang = "{lang}"
data_date = "2024-12-31"
synthetic = true

[areas.district]
path = "districts.gpkg"
[areas.street]
path = "streets.gpkg"
parent = "district"

[network.walk]
path = "roads.gpkg"
speed_m_s = 1.0
[network.drive]
path = "roads.gpkg"
max_snap_m = 300

[demand.everybody]
path = "people.csv"
datum = "wgs84"
weight = "people"
groups = ["old"]

[services.meal_station]
path = "meals.csv"
datum = "wgs84"
demand = "everybody"
standard = {{ mode = "walk", threshold_m = 700 }}
siting = {{ objective = "max_coverage", sites = 3, site_cost = 50_000, robustness = 2 }}

[services.clinic]
path = "clinics.csv"
datum = "wgs84"
demand = "everybody"
standard = {{ mode = "drive", threshold_min = 1.5 }}
siting = {{ objective = "min_sites", share = 0.8, candidates = "demand", robustness = 0 }}

[services.shelter]
path = "shelters.csv"
datum = "wgs84"
demand = "everybody"
columns = {{ tier = "tier" }}
standard = {{ mode = "walk", threshold_m = 900 }}

[services.day_care]
path = "care.csv"
datum = "wgs84"
demand = "everybody"
standard = {{ measure = "reach", mode = "walk", threshold_m = 800, capacity_limits = true }}
siting = {{ objective = "max_coverage", sites = 2, capacity = 90, robustness = 0 }}
"""


def write_town(folder: Path, *, seed: int = 0, lang: str = "en", whole: bool = True) -> Path:
    """Write the town's files into `folder`."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(STUDY.format(lang=lang), encoding="utf-8")
    _roads(rng).to_file(folder / "roads.gpkg", driver="GPKG")
    _areas(folder)
    _people(rng, whole).to_csv(folder / "people.csv", index=False)
    for name, count in (("meals", 9), ("clinics", 3), ("shelters", 5), ("care", 8)):
        table = _points(rng, count, name)
        if name == "care":
            table["capacity"] = rng.integers(5, 120, count).astype(str)
            table.loc[0, "capacity"] = ""
        if name == "shelters":
            table["tier"] = rng.choice(["避风港", "partner", ""], count)
        table.to_csv(folder / f"{name}.csv", index=False)
    return folder


def _roads(rng: np.random.Generator) -> gpd.GeoDataFrame:
    """A grid with gaps and one-way streets, an island, and a one-way way out of a dead end."""
    rows = []
    for i in range(SIDE):
        for j in range(SIDE):
            here = (X + i * STEP, Y + j * STEP)
            for di, dj in ((1, 0), (0, 1)):
                if i + di >= SIDE or j + dj >= SIDE or rng.random() < 0.12:
                    continue
                there = (X + (i + di) * STEP, Y + (j + dj) * STEP)
                rows.append((LineString([here, there]), bool(rng.random() < 0.35)))
    island = [(X + 1000, Y + 9000), (X + 1500, Y + 9000), (X + 1500, Y + 9600)]
    rows += [(LineString(pair), False) for pair in pairwise(island)]
    rows += [
        (LineString([(X - 900, Y), (X, Y)]), True),
        (LineString([(X + (SIDE - 1) * STEP, Y), (X + (SIDE - 1) * STEP + 900, Y)]), True),
    ]
    lines, oneway = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"highway": "residential", "oneway": ["yes" if o else "no" for o in oneway]},
        geometry=list(lines),
        crs=CRS,
    )


def _areas(folder: Path) -> None:
    half, whole = SIDE * STEP / 2, SIDE * STEP
    low, high = -2000.0, 12_000.0
    shapes = {
        "D1": box(X + low, Y + low, X + half, Y + high),
        "D2": box(X + half, Y + low, X + whole + 3000, Y + high),
    }
    gpd.GeoDataFrame(
        {"code": list(shapes), "name": ["West", "East"]}, geometry=list(shapes.values()), crs=CRS
    ).to_file(folder / "districts.gpkg", driver="GPKG")
    parts = []
    for code, shape in shapes.items():
        left, bottom, right, top = shape.bounds
        for k, (a, b) in enumerate([(bottom, Y + half), (Y + half, top)]):
            parts.append((f"{code}{k}", f"Street {code}{k}", code, box(left, a, right, b)))
    gpd.GeoDataFrame(
        {
            "code": [p[0] for p in parts],
            "name": [p[1] for p in parts],
            "parent": [p[2] for p in parts],
        },
        geometry=[p[3] for p in parts],
        crs=CRS,
    ).to_file(folder / "streets.gpkg", driver="GPKG")


def _points(rng: np.random.Generator, count: int, name: str) -> pd.DataFrame:
    xy = rng.uniform(-100, (SIDE - 1) * STEP + 100, (count, 2)) + np.array([X, Y])
    if count > 4:  # one on the island, one that no street is near
        xy[0] = (X + 1200, Y + 9000)
        xy[1] = (X + 300, Y + 7000)
    at = gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=CRS).to_crs(4326)
    return pd.DataFrame(
        {
            "id": [f"{name[0].upper()}{k}" for k in range(count)],
            "name": [f"{name} {k}" for k in range(count)],
            "lon": [f"{p.x:.7f}" for p in at],
            "lat": [f"{p.y:.7f}" for p in at],
        }
    )


def _people(rng: np.random.Generator, whole: bool) -> pd.DataFrame:
    table = _points(rng, 140, "people")
    xy = {
        0: (X - 700, Y + 3),  # before the one-way street into the grid
        1: (X + (SIDE - 1) * STEP + 800, Y - 4),  # nobody gets back from here by car
        2: (X + 1490, Y + 9500),
        3: (X + 1100, Y + 9010),
        4: (X + 5000, Y + 5000),
    }
    for row, place in xy.items():
        point = gpd.GeoSeries(gpd.points_from_xy([place[0]], [place[1]]), crs=CRS).to_crs(4326)[0]
        table.loc[row, ["lon", "lat"]] = [f"{point.x:.7f}", f"{point.y:.7f}"]
    table.loc[[5, 6], ["lon", "lat"]] = ""
    people = rng.integers(0, 60, len(table)).astype(float)
    if not whole:
        people = np.round(people * 0.37, 3)
    table["people"], table["old"] = people, np.floor(people / 3)
    return table
