"""Personal data in other inputs than people and sites: lines, stops, years, projects, streets."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from geoplan.study import Study, check_study
from geoplan.study.example import STUDY, write_example
from tests.planting.plants import Pieces
from tests.planting.unpack import everything

SECTIONS = """
[network.transit]
lines = "lines.csv"
stops = "stops.csv"
depart = "08:00-08:20"
datum = "wgs84"

[background.back]
path = "back.gpkg"

[programme]
years = [2025, 2026]
budget = [100, 100]
covers = "capital"

[report]
office = "某局 {office}"

[services.elderly_centre]
path = "meals.csv"
datum = "wgs84"
demand = "elderly_60"
name = "中心 {name}"
standard = {{ mode = "transit", threshold_min = 30 }}

[[figures]]
"""


def plant(folder: Path, pieces: Pieces) -> None:
    """The example by foot and by bus, with people by year and the office's projects."""

    def said() -> str:
        return pieces.piece()[0]

    write_example(folder)
    people = pd.read_csv(folder / "people.csv", dtype=str).fillna("")
    places = people.loc[people["lon"] != "", ["lon", "lat"]].to_numpy()

    def table(name: str, rows: list[dict[str, object]]) -> None:
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)

    line = f"1路 {said()}"
    hours = {"首末班": "06:00-21:00", "发车间隔": "10分钟", "速度": "18"}
    table("lines", [{"线路": line, **hours, "备注": said()}])
    stops = [{"线路": line, "站序": k + 1, "站名": f"站{k} {said()}"} for k in range(3)]
    at = [{"经度": lon, "纬度": lat, "站长": said()} for lon, lat in places[:3]]
    table("stops", [a | b for a, b in zip(stops, at, strict=True)])
    years = [{"district": c, "year": y, "people": 200} for c in "12" for y in (2024, 2030)]
    table("years", [row | {"填表人": said(), "名称": f"区 {said()}"} for row in years])
    money = {"容量": 40, "年运行费": 7, "起始年": 2025}
    new = {"动作": "新建", "站点": "", "经度": places[2][0], "纬度": places[2][1], "费用": 50}
    more = {"动作": "扩建", "站点": "M1", "经度": "", "纬度": "", "费用": 5}
    who = [{"名称": f"站 {said()}", "负责人": said(), "备注": f"经办 {said()}"} for _ in range(2)]
    table("projects", [row | money | own for row, own in zip((new, more), who, strict=True)])
    meals = pd.read_csv(folder / "meals.csv", dtype=str)
    meals.assign(capacity="400").to_csv(folder / "meals.csv", index=False)
    streets = gpd.read_file(folder / "streets.gpkg")
    streets["name"] = [f"路{k} {said()}" for k in range(len(streets))]
    streets["owner"] = [said() for _ in range(len(streets))]
    for name in ("streets", "back"):
        streets.to_file(folder / f"{name}.gpkg", driver="GPKG")
    study = STUDY.replace('lang = "en"', f'lang = "zh"\nsource = "民政局 {said()}"')
    study = study.replace(
        '"pop60"', '"pop60"\nprojection = { path = "years.csv", level = "district" }'
    )
    study = study.replace("quota", f'source = "标准 {said()}", year = 2024, quota')
    study = study.replace("siting =", f'name = "助餐 {said()}"\nactions = "projects.csv"\nsiting =')
    study = study.replace("[[figures]]", SECTIONS.format(office=said(), name=said()))
    (folder / "study.toml").write_text(study, encoding="utf-8")


@pytest.mark.parametrize("seed", range(1))
def test_nothing_that_was_planted_elsewhere_is_seen(tmp_path: Path, seed: int) -> None:
    pieces = Pieces(1_000 + seed)
    plant(tmp_path / "study", pieces)
    report = check_study(tmp_path / "study")
    study = Study.open(tmp_path / "study")
    said = {"check": str(report.to_dict())}
    for audience in ("internal", "public"):
        plan = study.run(audience=audience)
        said[audience] = everything(plan.save(tmp_path / audience)) + plan.summary()
    (tmp_path / "what.toml").write_text(
        f'[services.meal_station]\nname = "改 {pieces.piece()[0]}"\n'
        "[what_if]\nslower_walkers = 0.9\n",
        encoding="utf-8",
    )
    plan = study.overlay(tmp_path / "what.toml").run(audience="internal")
    said["overlay"] = everything(plan.save(tmp_path / "what"))
    assert len(pieces.made) > 35
    assert [(w, p) for w, text in said.items() for p in pieces.made if p in text] == []
    assert "乘 1路" in said["internal"]  # journeys are told, without what was planted
