"""Cases small enough to be worked by hand; they need no data."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import pandas as pd
from shapely.geometry import LineString, Point

from geoplan.coverage import quota_summary, spacing_coverage, suggest_markers
from geoplan.coverage.tiers import assess_tiers
from geoplan.inputs.layers import Demand
from geoplan.services import Quota, ServiceStandard, Tier
from geoplan.study import example_study
from validation.row import Row

CRS = "EPSG:4548"


def rows() -> Iterator[Row]:
    """All cases worked by hand."""
    yield from _example()
    yield from _tiers()
    yield from _markers()


def _hand(what: str, what_zh: str, published: float, ours: float, why: str, why_zh: str) -> Row:
    return Row(
        what=what, what_zh=what_zh, source="by hand", published=published, ours=ours,
        tolerance=1e-9, why=why, why_zh=why_zh,
    )  # fmt: skip


def _example() -> Iterator[Row]:
    """The village of `geoplan.study.example`: 290 people, one station, 800 m on foot."""
    plan = example_study().run()
    people = plan.to_dict()["services"]["meal_station"]
    told = "A at 0 m and B at 700 m of 800 m", "A 在 0 米、B 在 700 米，均在 800 米内"
    yield _hand("people served, example village", "示例村庄：得到服务的人数",
                150, people["people"]["served"], *told)  # fmt: skip
    told = "C's 80 are the most that one corner adds", "一处路口最多增加 C 的 80 人"
    yield _hand("served with one site more", "示例村庄：新增一处后",
                230, people["siting"]["people_after"]["served"], *told)  # fmt: skip
    service = plan.services["meal_station"]
    summary = quota_summary(service.quota, service.standard).loc["district"]
    told = "one station, two districts, one each asked", "两个区各须一处，现有一处"
    yield _hand("districts that meet a quota of one", "配额：满足“每区一处”的区",
                1, float(summary["meeting_quota"]), *told)  # fmt: skip
    quota = Quota(level="district", target_share=0.5)
    told = "half is asked, half is met", "目标一半，达到一半"
    share = float(summary["meeting_share"])
    yield _hand("share of districts, target 50 %", "配额：达标的区占比（目标 50%）",
                quota.target_share, share, *told)  # fmt: skip


def _tiers() -> Iterator[Row]:
    """30 people 12 minutes by car from the upper tier and 1,400 m from the lower one."""
    upper = Tier(key="centre", name_zh="中心", name_en="Centre", mode="drive", threshold_min=30.0)
    lower = Tier(key="stop", name_zh="驿站", name_en="Stop", mode="walk", threshold_m=1000.0)
    standard = ServiceStandard(
        service="care", name_zh="照料", name_en="Care", measure="reach", mode="drive",
        threshold_min=30.0, tiers=(upper, lower),
    )  # fmt: skip
    people = gpd.GeoDataFrame(
        {"name": ["a"], "people": [30]}, index=["a"], geometry=gpd.points_from_xy([0], [0]), crs=CRS
    )
    near = {
        "centre": pd.DataFrame({"site": "C", "cost_min": 12.0, "reason": ""}, index=["a"]),
        "stop": pd.DataFrame({"site": "S", "cost_m": 1400.0, "reason": ""}, index=["a"]),
    }
    found = assess_tiers(Demand(key="all", frame=people), standard, near=near)
    why = "12 of 30 minutes", "12 分钟，限 30 分钟"
    yield _hand("share in reach of the upper tier", "层级：上级覆盖比例",
                1.0, found["centre"].covered_share, *why)  # fmt: skip
    why = "1,400 m of 1,000 m; the upper tier is no substitute", "1400 米超出 1000 米，上级不能替代"
    yield _hand("share in reach of the lower tier", "层级：下级覆盖比例",
                0.0, found["stop"].covered_share, *why)  # fmt: skip


def _markers() -> Iterator[Row]:
    """A border of 1,600 m with a marker at both ends; one of 2,000 m with one missing."""
    border = gpd.GeoSeries([LineString([(0, 0), (1600, 0)])], index=["border"], crs=CRS)
    ends = gpd.GeoSeries([Point(0, 0), Point(1600, 0)], crs=CRS)
    added = suggest_markers(border, ends, max_spacing_m=500)
    why = "ceil(1600 / 500) - 1", "⌈1600/500⌉ − 1"
    yield _hand("markers to add on 1,600 m, spacing 500 m", "界桩：1600 米、间距 500 米须增设",
                3, len(added), *why)  # fmt: skip
    line = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (2000, 0)])], crs=CRS)
    there = gpd.GeoDataFrame(geometry=[Point(x, 0) for x in (0, 500, 1500, 2000)], crs=CRS)
    found = spacing_coverage(line, there, max_spacing_m=500)
    why = "the stretch from 500 m to 1,500 m is too long", "500—1500 米一段超长"
    yield _hand("metres of gap, markers at 0, 500, 1,500, 2,000 m", "界桩：缺口长度（米）",
                1000, found.gap_m, *why)  # fmt: skip
