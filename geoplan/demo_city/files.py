"""The demo city's folder: every file in the format and with the small faults an office has."""

from __future__ import annotations

import itertools
from importlib.resources import files
from pathlib import Path
from typing import Any

import contourpy
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.demo_city import services as made
from geoplan.demo_city.boundaries import (
    boundary_lines,
    boundary_markers,
    name_signs,
    place_names,
)
from geoplan.demo_city.bus_lines import bus_lines
from geoplan.demo_city.geography import CRS, Land, to_degrees
from geoplan.demo_city.projects import elderly_projects, people_by_year
from geoplan.demo_city.roads.osm_file import write_pbf
from geoplan.demo_city.roads.streets import City
from geoplan.demo_city.tables import (
    as_yes,
    degrees,
    full_width,
    write_csv,
    write_gpkg,
    write_workbook,
)

PEOPLE_COLUMNS = {
    "people": "常住人口",
    "children": "0-14岁",
    "elderly_60": "60岁以上",
    "elderly_65": "65岁以上",
    "elderly_80": "80岁以上",
    "hardship": "困难群众",
}


def write_city(
    out: Path,
    city: City,
    people: pd.DataFrame,
    rng: np.random.Generator,
    projects_rng: np.random.Generator,
) -> None:
    """Write all files of the study into `out`."""
    land = city.land
    write_pbf(out / "streets.osm.pbf", city.xy, city.edges)
    _areas(out, land)
    _background(out, city)
    _people(out, land, people, rng)
    centres = made.centre_communities(land, people)
    _meals(out, land, made.meal_stations(people, rng), rng)
    elderly = made.elderly_facilities(land, people, centres, rng)
    _elderly(out, land, elderly, rng)
    write_csv(out / "60岁以上人口预测.csv", people_by_year(land))
    projects = elderly_projects(land, people, elderly, projects_rng)
    write_csv(out / "养老服务项目库.csv", projects)
    _children(out, land, *made.child_protection(land, centres, rng))
    _shelters(out, land, made.shelters(land, people, centres, rng))
    _others(out, land, made.other_sites(land, people, centres, rng))
    _boundaries(out, land, people, rng)
    write_csv(out / "为老服务与社会组织.csv", made.rate_tables(land, rng))
    toml = files(__package__).joinpath("study.toml").read_bytes()
    (out / "study.toml").write_bytes(toml)


def write_buses(out: Path, city: City, people: pd.DataFrame, rng: np.random.Generator) -> None:
    """Bus lines with their ways, and their stops in GCJ-02."""
    lines, stops = bus_lines(city, people, rng)
    write_gpkg(out / "公交线路.gpkg", {"公交线路": _cm(lines)})
    lon, lat = degrees(stops, datum="gcj02")
    table = pd.DataFrame(
        {
            "线路": stops["line"],
            "站序": stops["order"],
            "站名": stops["stop"],
            "经度": lon,
            "纬度": lat,
        }
    )
    write_csv(out / "公交站点.csv", table)


def _areas(out: Path, land: Land) -> None:
    districts = gpd.GeoDataFrame(
        {"区划代码": land.districts.index, "名称": land.districts["name"].to_numpy()},
        geometry=land.districts.geometry.to_numpy(),
        crs=CRS,
    )
    streets = gpd.GeoDataFrame(
        {
            "街道代码": land.streets.index,
            "名称": land.streets["name"].to_numpy(),
            "区划代码": land.streets["district"].to_numpy(),
        },
        geometry=land.streets.geometry.to_numpy(),
        crs=CRS,
    )
    write_gpkg(out / "行政区划.gpkg", {"区县": _cm(districts), "街道": _cm(streets)})
    census = land.census
    table = pd.DataFrame(
        {
            "区划代码": census.index,
            "区县": census["name"].to_numpy(),
            "常住人口": census["people"].to_numpy(),
            "城镇人口": census["urban"].to_numpy(),
            "乡村人口": census["rural"].to_numpy(),
            "0-14岁": census["children"].to_numpy(),
            "60岁以上": census["elderly_60"].to_numpy(),
            "65岁以上": census["elderly_65"].to_numpy(),
            "80岁以上": census["elderly_80"].to_numpy(),
        }
    )
    write_csv(out / "人口普查2020_区县.csv", table)


def _cm(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Coordinates in whole centimetres, shared vertices staying shared."""
    shapes = shapely.transform(frame.geometry.to_numpy(), lambda xy: np.round(xy, 2))
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=CRS))


def _background(out: Path, city: City) -> None:
    land = city.land
    water = land.water[~land.water.geometry.is_empty]
    water = gpd.GeoDataFrame(
        {"名称": water["name"].to_numpy()}, geometry=water.geometry.to_numpy(), crs=CRS
    )
    west, south, east, north = land.districts.total_bounds
    x, y = np.arange(west, east, 600.0), np.arange(south, north, 600.0)
    gx, gy = np.meshgrid(x, y)
    high = land.height(np.column_stack([gx.ravel(), gy.ravel()])).reshape(gx.shape)
    contours = contourpy.contour_generator(x, y, high, fill_type="OuterOffset")
    rings: list[Any] = list(contours.filled(0.5, 99.0))
    hills = [
        shapely.Polygon(
            points[offset[0] : offset[1]],
            [points[a:b] for a, b in itertools.pairwise(offset[1:])],
        )
        for points, offset in zip(rings[0], rings[1], strict=True)
    ]
    city_outline = shapely.union_all(land.districts.geometry.to_numpy())
    wood = shapely.intersection(shapely.union_all([h.buffer(0) for h in hills]), city_outline)
    parts = [p for p in shapely.get_parts(wood) if p.geom_type == "Polygon" and p.area > 400_000]
    green = gpd.GeoDataFrame(
        {"名称": ["山地"] * len(parts)}, geometry=shapely.simplify(parts, 60.0), crs=CRS
    )
    main = city.edges[city.edges["kind"].isin(["primary", "trunk", "motorway"])]
    rows = []
    for (kind, name), group in main.groupby(["kind", "name"], sort=True):
        pieces = [
            np.vstack([city.xy[u], *([] if b is None else [b]), city.xy[v]])
            for u, v, b in zip(group["u"], group["v"], group["bend"], strict=True)
        ]
        merged = shapely.line_merge(shapely.union_all([shapely.LineString(p) for p in pieces]))
        rows.append((name, kind, shapely.simplify(merged, 15.0)))
    names, kinds, shapes = zip(*rows, strict=True)
    roads = gpd.GeoDataFrame({"名称": names, "等级": kinds}, geometry=list(shapes), crs=CRS)
    write_gpkg(out / "底图.gpkg", {"水系": _cm(water), "山地": _cm(green), "主要道路": _cm(roads)})


def _people(out: Path, land: Land, people: pd.DataFrame, rng: np.random.Generator) -> None:
    """Communities in GCJ-02; two without coordinates, two with full-width digits."""
    lon, lat = degrees(people, datum="gcj02")
    street_name, district = land.streets["name"], land.census["name"]
    table = pd.DataFrame(
        {
            "社区代码": people["code"],
            "社区名称": people["name"],
            "街道代码": people["street"],
            "街道": people["street"].map(street_name),
            "区县": people["district"].map(district),
            "城乡": np.where(people["urban"], "城镇", "乡村"),
            "经度": lon,
            "纬度": lat,
        }
    )
    for column, heading in PEOPLE_COLUMNS.items():
        table[heading] = people[column].astype(str)
    rural = np.nonzero(~people["urban"].to_numpy() & (people["access"] == "road").to_numpy())[0]
    odd = rng.choice(rural, 5, replace=False)
    table.loc[odd[:3], ["经度", "纬度"]] = ""
    for row in odd[3:]:
        table.loc[row, "常住人口"] = full_width(table.loc[row, "常住人口"])
    write_csv(out / "社区人口.csv", table)


def _office(
    land: Land, sites: pd.DataFrame, heading: str, datum: str, **more: object
) -> pd.DataFrame:
    """The columns that every office table begins with."""
    lon, lat = degrees(sites, datum=datum)
    return pd.DataFrame(
        {
            "序号": np.arange(1, len(sites) + 1),
            heading: sites["name"].to_numpy(),
            **more,
            "区县": sites["district"].map(land.census["name"]).to_numpy(),
            "街道": sites["street"].map(land.streets["name"]).to_numpy(),
            "社区代码": sites["village"].to_numpy(),
            "经度": lon,
            "纬度": lat,
        }
    )


def _meals(out: Path, land: Land, sites: pd.DataFrame, rng: np.random.Generator) -> None:
    """Meal stations in GCJ-02; three without coordinates, two twice, two in another street."""
    table = _office(land, sites, "站点名称", "gcj02", 供餐形式=sites["kind"].to_numpy())
    table["餐位数"] = sites["seats"].astype(str).to_numpy()
    table["2024年达标"] = as_yes(sites["up_to_standard"].to_numpy())
    table["地址"] = [
        f"{d}{s}{v}"
        for d, s, v in zip(table["区县"], table["街道"], sites["village_name"], strict=True)
    ]
    plain = np.nonzero(~sites["up_to_standard"].to_numpy())[0]
    odd = rng.choice(plain, 9, replace=False)
    table.loc[odd[:3], ["经度", "纬度"]] = ""
    for row in odd[3:5]:
        mates = land.streets["district"] == sites["district"].loc[row]
        names = [n for n in land.streets["name"][mates] if n != table["街道"].loc[row]]
        table.loc[row, "街道"] = names[0]
    table.loc[odd[5], "餐位数"] = full_width(str(table["餐位数"].loc[odd[5]]))
    again = table.loc[odd[6:8]].copy()
    again["经度"] = [f"{float(v) + 0.00012:.6f}" for v in again["经度"]]
    table = pd.concat([table, again], ignore_index=True)
    table["序号"] = np.arange(1, len(table) + 1)
    write_csv(out / "助餐站点.csv", table)


def _elderly(
    out: Path, land: Land, sites: dict[str, pd.DataFrame], rng: np.random.Generator
) -> None:
    tiers = {
        "centres": "区县级",
        "streets": "街道级",
        "day_care": "社区级",
        "village_homes": "社区级",
    }
    titles = {
        "centres": ("区县养老服务中心", "济南市区县养老服务中心一览表（演示数据）"),
        "streets": ("街道综合养老", "济南市街道（镇）综合养老服务中心一览表（演示数据）"),
        "day_care": ("社区日间照料", "济南市城市社区日间照料中心一览表（演示数据）"),
        "village_homes": ("农村幸福院", "济南市农村幸福院一览表（演示数据）"),
    }
    sheets = {}
    for key, frame in sites.items():
        table = _office(land, frame, "机构名称", "gcj02", 层级=tiers[key])
        table = table.sort_values(["区县"], kind="stable") if key == "streets" else table
        if "beds" in frame:
            order = table.index
            table["核定床位数"] = frame["beds"].loc[order].where(frame["beds"] > 0).to_numpy()
            table["护理型床位"] = frame["nursing"].loc[order].where(frame["beds"] > 0).to_numpy()
        table["状态"] = frame["status"].loc[table.index].to_numpy()
        if key == "centres":  # two are being built
            opens = np.where(table["状态"] == "在建", "2026", "")
            table["投用年份"] = opens
        table["经度"] = pd.to_numeric(table["经度"])
        table["纬度"] = pd.to_numeric(table["纬度"])
        table["序号"] = np.arange(1, len(table) + 1)
        sheets[titles[key][0]] = (titles[key][1], table.astype(object).where(table.notna(), None))
    # a few coordinates typed as text, as happens
    homes = sheets["农村幸福院"][1]
    for row in homes.index[rng.choice(len(homes), 3, replace=False)]:
        homes.loc[row, "经度"] = str(homes["经度"].loc[row])
    write_workbook(out / "养老服务设施.xlsx", sheets, merge="区县")


def _children(out: Path, land: Land, centres: pd.DataFrame, stations: pd.DataFrame) -> None:
    sheets = {}
    for name, tier, title, frame in (
        ("未保中心", "中心", "济南市未成年人救助保护中心（演示数据）", centres),
        ("未保站", "未保站", "济南市街道（镇）未成年人保护工作站（演示数据）", stations),
    ):
        table = _office(land, frame, "名称", "wgs84", 层级=tier)
        table["经度"], table["纬度"] = pd.to_numeric(table["经度"]), pd.to_numeric(table["纬度"])
        sheets[name] = (title, table.drop(columns="社区代码"))
    write_workbook(out / "未保站点.xlsx", sheets, merge="区县")


def _shelters(out: Path, land: Land, sites: pd.DataFrame) -> None:
    table = _office(land, sites, "名称", "bd09", 类型=sites["tier"].to_numpy())
    write_csv(out / "避风港.csv", table.drop(columns="社区代码"))


def _others(out: Path, land: Land, sites: dict[str, pd.DataFrame]) -> None:
    homes = sites["mental_health_home"]
    lonlat = np.round(to_degrees(homes[["x", "y"]].to_numpy(float)), 6)
    frame = gpd.GeoDataFrame(
        {
            "名称": homes["name"].to_numpy(),
            "区县": homes["district"].map(land.census["name"]).to_numpy(),
            "街道": homes["street"].map(land.streets["name"]).to_numpy(),
        },
        geometry=shapely.points(lonlat),
        crs="EPSG:4326",
    )
    (out / "精康之家.geojson").write_text(
        frame.to_json(ensure_ascii=False, drop_id=True) + "\n", encoding="utf-8"
    )
    registry = sites["marriage_registry"]
    write_csv(
        out / "婚姻登记处.csv",
        _office(land, registry, "名称", "gcj02", 类型=registry["tier"].to_numpy()).drop(
            columns="社区代码"
        ),
        encoding="utf-8-sig",
    )
    graves = sites["funeral_site"]
    table = _office(land, graves, "名称", "gcj02", 设施性质=graves["kind"].to_numpy())
    table["扩建"] = as_yes(graves["extended"].to_numpy())
    write_csv(out / "殡葬设施.csv", table.drop(columns="社区代码"))
    write_csv(
        out / "社会救助窗口.csv",
        _office(land, sites["aid_window"], "窗口名称", "gcj02").drop(columns="社区代码"),
    )


def _boundaries(out: Path, land: Land, people: pd.DataFrame, rng: np.random.Generator) -> None:
    lines = boundary_lines(land.districts)
    streets = boundary_lines(land.streets)

    def named(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return _cm(
            gpd.GeoDataFrame(
                {
                    "界线名称": frame["name"].to_numpy(),
                    "甲方": frame["a"].to_numpy(),
                    "乙方": frame["b"].to_numpy(),
                },
                geometry=frame.geometry.to_numpy(),
                crs=CRS,
            )
        )

    write_gpkg(out / "行政区域界线.gpkg", {"区县界线": named(lines), "街道界线": named(streets)})
    names = place_names(people, rng)
    markers = boundary_markers(lines, rng)
    both = pd.concat([markers, name_signs(names, rng)], ignore_index=True)
    write_gpkg(out / "数字界桩.gpkg", {"界桩与标志": both})
    table = _office(
        land,
        names.assign(village=""),
        "地名",
        "gcj02",
        地名种类=names["kind"].to_numpy(),
    ).drop(columns="社区代码")
    table["设标"] = as_yes(names["signed"].to_numpy())
    write_csv(out / "地名标志.csv", table)
