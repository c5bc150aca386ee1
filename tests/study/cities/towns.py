"""Made-up towns of a made-up province, each like the example study but for its numbers."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd

from geoplan.study.example import CRS, write_example

SITING = 'siting = { objective = "max_coverage", sites = 1, candidates = "network" }\n'

PROVINCE = """\
[study]
name = "Three towns"
lang = "en"

[report]
pdf = false

[[include]]
path = "alpha"

[[include]]
path = "beta/study.toml"
name = "Bêta"

[[include]]
path = "gamma"
name = "丙市"
"""


def write_town(
    folder: Path,
    name: str,
    *,
    people: dict[str, int] | None = None,
    edits: dict[str, str] | None = None,
    east_m: float = 0.0,
) -> Path:
    """The example with other people, other settings, and farther to the east."""
    write_example(folder)
    _move(folder, east_m)
    table = pd.read_csv(folder / "people.csv")
    for who, count in (people or {}).items():
        table.loc[table["id"] == who, "pop60"] = count
    table.to_csv(folder / "people.csv", index=False)
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8").replace('"Small"', f'"{name}"')
    text += "\n[report]\npdf = false\n"
    for old, new in (edits or {}).items():
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return folder


def write_province(folder: Path, *, text: str = PROVINCE) -> Path:
    """Three towns and the study that includes them.

    Alpha is the example itself. Beta has more people, another CRS and two new sites. Gamma asks for
    no new site.
    """
    write_town(folder / "alpha", "Alpha")
    beta = {"EPSG:4548": "EPSG:4549", "sites = 1": "sites = 2"}
    people = {"A": 1000, "C": 40, "D": 700}
    write_town(folder / "beta", "Beta", people=people, edits=beta, east_m=5_000)
    gamma = {"B": 5}
    write_town(folder / "gamma", "Gamma", people=gamma, edits={SITING: ""}, east_m=10_000)
    folder.joinpath("study.toml").write_text(text, encoding="utf-8")
    return folder


def _move(folder: Path, east_m: float) -> None:
    """Everything in a study's files so many metres to the east."""
    if not east_m:
        return
    for name in ("streets.gpkg", "districts.gpkg"):
        frame = gpd.read_file(folder / name)
        frame.geometry = frame.translate(east_m)
        (folder / name).unlink()
        frame.to_file(folder / name, driver="GPKG")
    for name in ("people.csv", "meals.csv"):
        table = pd.read_csv(folder / name)
        points = gpd.GeoSeries.from_xy(table["lon"], table["lat"], crs=4326).to_crs(CRS)
        there = points.translate(east_m).to_crs(4326)
        located = table["lon"].notna()
        table.loc[located, "lon"] = there.x[located].round(9)
        table.loc[located, "lat"] = there.y[located].round(9)
        table.to_csv(folder / name, index=False)
