"""Boundary lines between districts and streets, the markers on them, and protected place names."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.demo_city.geography import CRS
from geoplan.demo_city.services import N_PLACE_NAMES

OLD_STREETS = (
    "芙蓉街",
    "曲水亭街",
    "后宰门街",
    "王府池子街",
    "宽厚所街",
    "县西巷",
    "鞭指巷",
    "榜棚街",
    "剪子巷",
    "翔凤巷",
    "起凤桥街",
    "金菊巷",
    "辘轳把子街",
    "东花墙子街",
    "西更道街",
    "厚德泉巷",
    "司里街",
    "所里街",
    "历山顶街",
    "旧军门巷",
    "高都司巷",
    "启明街",
    "按察司街",
    "钟楼寺街",
    "富官街",
    "制锦市街",
    "铜元局后街",
    "馆驿街",
    "筐市街",
    "凤凰街",
    "万紫巷",
    "通惠街",
    "升平街",
    "魏家庄街",
    "三里庄街",
    "趵突泉",
    "黑虎泉",
    "珍珠泉",
    "五龙潭",
    "百脉泉",
)
#: share of the place names with a sign
SIGNED = 0.72


def boundary_lines(polygons: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The border between every two areas that touch, once; index 0.., ``name``, ``a``, ``b``."""
    shapes, names = polygons.geometry.to_numpy(), polygons["name"].to_numpy()
    rim = shapely.boundary(shapes)
    i, j = shapely.STRtree(shapes).query(shapes, predicate="touches")
    rows = []
    for a, b in sorted({(int(min(p, q)), int(max(p, q))) for p, q in zip(i, j, strict=True)}):
        shared = shapely.intersection(rim[a], rim[b])
        lines = [g for g in shapely.get_parts(shared) if g.geom_type == "LineString"]
        if not lines:
            continue
        merged = shapely.line_merge(shapely.multilinestrings(lines))
        for part in sorted(shapely.get_parts(merged), key=lambda g: (-g.length, g.bounds)):
            if part.length > 30:
                rows.append(
                    (f"{names[a]}—{names[b]}线", polygons.index[a], polygons.index[b], part)
                )
    name, a_code, b_code, shared_lines = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {"name": name, "a": a_code, "b": b_code}, geometry=list(shared_lines), crs=CRS
    )


def boundary_markers(lines: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Digital markers: dense on the pilot lines of the main city, few elsewhere."""
    rows = []
    ends: dict[tuple[float, float], int] = {}
    for line in lines.geometry:
        for point in (line.coords[0], line.coords[-1]):
            ends[point[:2]] = ends.get(point[:2], 0) + 1
    for point in sorted(p for p, n in ends.items() if n >= 3):
        if rng.random() < 0.8:
            rows.append(("三交点界桩", "", point))
    for name, a, b, line in zip(lines["name"], lines["a"], lines["b"], lines.geometry, strict=True):
        pilot = all(code in ("370102", "370103", "370104", "370105", "370112") for code in (a, b))
        low, high = (300.0, 720.0) if pilot else (900.0, 3200.0)
        at = rng.uniform(80, low)
        while at < line.length - 60:
            x, y = line.interpolate(at).coords[0]
            aside = rng.normal(0, 5.0, 2)
            rows.append(("数字界桩", name, (x + aside[0], y + aside[1])))
            at += rng.uniform(low, high)
    kind, line_name, xy = zip(*rows, strict=True)
    return gpd.GeoDataFrame(
        {
            "编号": [f"JN-{k + 1:04d}" for k in range(len(rows))],
            "名称": [f"{n or '三交点'}{k + 1}号界桩" for k, n in enumerate(line_name)],
            "类型": kind,
        },
        geometry=shapely.points(np.round(np.array(xy), 2)),
        crs=CRS,
    )


def place_names(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """232 protected place names: old streets and springs of the old town, and old villages."""
    old_town = people[people["street"].isin(["370102004", "370102003", "370102005", "370105009"])]
    rural = people[~people["urban"] & (people["access"] == "road")]
    n = N_PLACE_NAMES - len(OLD_STREETS)
    there = old_town.iloc[rng.integers(0, len(old_town), len(OLD_STREETS))]
    villages = rural.iloc[np.sort(rng.choice(len(rural), n, replace=False))]
    both = pd.concat([there, villages], ignore_index=True)
    xy = both[["x", "y"]].to_numpy(float) + rng.normal(0, 60, (len(both), 2))
    names = [*OLD_STREETS, *(v.removesuffix("村") for v in villages["name"])]
    return pd.DataFrame(
        {
            "name": names,
            "kind": ["街巷"] * (len(OLD_STREETS) - 5) + ["泉"] * 5 + ["村落"] * n,
            "district": both["district"],
            "street": both["street"],
            "x": np.round(xy[:, 0], 2),
            "y": np.round(xy[:, 1], 2),
            "signed": rng.random(len(both)) < SIGNED,
        }
    )


def name_signs(names: pd.DataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """The signs of place names, a few metres from what they name."""
    standing = names[names["signed"]]
    xy = standing[["x", "y"]].to_numpy(float) + rng.normal(0, 6.0, (len(standing), 2))
    return gpd.GeoDataFrame(
        {
            "编号": [f"DM-{k + 1:04d}" for k in range(len(standing))],
            "名称": [f"{n}地名标志" for n in standing["name"]],
            "类型": "地名标志",
        },
        geometry=shapely.points(np.round(xy, 2)),
        crs=CRS,
    )
