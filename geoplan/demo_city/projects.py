"""What the demo city's offices plan: people by year, and the projects of the elderly network."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from geoplan.demo_city.geography import Land, table
from geoplan.demo_city.noise import Array
from geoplan.demo_city.tables import degrees

#: years of the table of people, straight lines between those of projection.csv
YEARS = (2020, 2025, 2026, 2027, 2028, 2029, 2030)
_NEW, _EXPANDED, _CONVERTED, _MERGED = 60, 10, 40, 4
#: yuan, made up
_COST = {"urban": 2_000_000, "rural": 1_200_000, "expand": 1_600_000, "convert": 300_000}
_RUNNING = {"urban": 240_000, "rural": 120_000, "expand": 160_000, "convert": 40_000}


def people_by_year(land: Land) -> pd.DataFrame:
    """People of 60 and over by district and year, from two censuses by cohort (SOURCES.md)."""
    known = table("projection.csv").loc[land.census.index]
    at = [int(name[1:]) for name in known.columns]
    rows = {
        f"{year}年": [round(np.interp(year, at, row)) for row in known.to_numpy(float)]
        for year in YEARS
    }
    return pd.DataFrame({"区划代码": known.index, "区县": land.census["name"].to_numpy(), **rows})


def elderly_projects(
    land: Land, people: pd.DataFrame, sites: dict[str, pd.DataFrame], rng: np.random.Generator
) -> pd.DataFrame:
    """New facilities, more beds, conversions, mergers: one row per project."""
    parts = [
        _new(land, people, sites, rng),
        _on_sites(land, _largest(sites["streets"], _EXPANDED), "扩建", 20, 16),
        _on_sites(land, _most_ordinary(sites["streets"], _CONVERTED), "改造", 0, 20),
        _mergers(land, sites["village_homes"]),
    ]
    projects = pd.concat(parts, ignore_index=True)
    projects.insert(0, "项目编号", [f"YL{k + 1:03d}" for k in range(len(projects))])
    return projects.astype(object).where(projects.notna(), "")


def _new(
    land: Land, people: pd.DataFrame, sites: dict[str, pd.DataFrame], rng: np.random.Generator
) -> pd.DataFrame:
    """A facility in the villages that have none, those with most elderly first."""
    served = {*sites["day_care"]["village"], *sites["village_homes"]["village"]}
    without = people[~people["code"].isin(served)]
    chosen = without.sort_values(["elderly_60", "code"], ascending=[False, True]).head(_NEW)
    chosen = chosen.sort_values("code")
    lon, lat = degrees(chosen, datum="gcj02")
    urban = chosen["urban"].to_numpy(bool)
    kind = np.where(urban, "urban", "rural")
    return pd.DataFrame(
        {
            "项目名称": [f"{name}养老服务设施" for name in chosen["name"]],
            "措施": "新建",
            "现有站点": "",
            "并入站点": "",
            "区县": chosen["district"].map(land.census["name"]).to_numpy(),
            "经度": lon,
            "纬度": lat,
            "床位数": np.where(urban, 40, 20),
            "护理床位": np.where(urban, 34, 17),
            "投资（万元）": [_COST[k] / 10_000 for k in kind],
            "年运营费（万元）": [_RUNNING[k] / 10_000 for k in kind],
            "最早年份": 2025 + rng.integers(0, 3, len(chosen)),
            "模块数": 1,
        }
    )


def _largest(streets: pd.DataFrame, count: int) -> pd.DataFrame:
    named = streets[~streets["name"].duplicated(keep=False)]
    return named.sort_values(["beds", "name"], ascending=[False, True]).head(count)


def _most_ordinary(streets: pd.DataFrame, count: int) -> pd.DataFrame:
    ordinary = (streets["beds"] - streets["nursing"]).rename("ordinary")
    ranked = streets.assign(ordinary=ordinary)[~streets["name"].duplicated(keep=False)]
    return ranked.sort_values(["ordinary", "name"], ascending=[False, True]).head(count)


def _on_sites(
    land: Land, sites: pd.DataFrame, action: str, beds: int, nursing: int
) -> pd.DataFrame:
    """The same project at every one of some sites that stand."""
    kind = "expand" if action == "扩建" else "convert"
    return pd.DataFrame(
        {
            "项目名称": [f"{name}{action}" for name in sites["name"]],
            "措施": action,
            "现有站点": sites["name"].to_numpy(),
            "并入站点": "",
            "区县": sites["district"].map(land.census["name"]).to_numpy(),
            "床位数": beds,
            "护理床位": nursing,
            "投资（万元）": _COST[kind] / 10_000,
            "年运营费（万元）": _RUNNING[kind] / 10_000,
            "最早年份": 2025,
            "模块数": 2 if kind == "expand" else 1,
        }
    )


def _nearest_first(apart: Array) -> Iterator[int]:
    """Positions as a stable sort has them, sorted as far as they are asked for."""
    most, told = 1 << 14, 0
    while told < len(apart):
        some = np.arange(len(apart))
        if most < len(apart):
            some = np.flatnonzero(apart <= np.partition(apart, most)[most])
        order = some[np.argsort(apart[some], kind="stable")]
        yield from order[told:].tolist()
        told, most = len(order), most * 16


def _mergers(land: Land, homes: pd.DataFrame) -> pd.DataFrame:
    """Village homes beside each other that become one: running costs of one are saved."""
    homes = homes[~homes["name"].duplicated(keep=False)]
    xy = homes[["x", "y"]].to_numpy(float)
    apart = np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    stays: list[int] = []
    goes: list[int] = []
    used: set[int] = set()
    for at in _nearest_first(apart.ravel()):
        a, b = divmod(at, len(homes))
        if a < b and not {a, b} & used:
            stays.append(a)
            goes.append(b)
            used |= {a, b}
        if len(stays) == _MERGED:
            break
    kept = homes.iloc[stays]
    return pd.DataFrame(
        {
            "项目名称": [f"{name}整合" for name in kept["name"]],
            "措施": "合并",
            "现有站点": kept["name"].to_numpy(),
            "并入站点": homes["name"].to_numpy()[goes],
            "区县": kept["district"].map(land.census["name"]).to_numpy(),
            "床位数": 0,
            "护理床位": 0,
            "投资（万元）": 10,
            "年运营费（万元）": -8,
            "最早年份": 2026,
            "模块数": 1,
        }
    )
