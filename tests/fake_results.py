"""A small made-up city with all kinds of results, for the tests of the outputs room.

`fake_run()` gives `RunResults`: 3 districts, 300 communities, 3 services
(``meal_station``: reach with gaps, siting, curve, quota; ``elderly_centre``: reach with tiers and
full facilities, no siting; ``boundary_marker``: spacing; ``home_care``: rates by area).
`fake_run(hostile=True)` gives the same with names that try to break out of every format.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from shapely import LineString, MultiPolygon, Point, box, union_all

from geoplan.coverage import group_table, supply_in_reach
from geoplan.coverage.ledger import STATES, Coverage, Ledger
from geoplan.coverage.lines.spacing import spacing_coverage
from geoplan.inputs.findings.finding import InputRecord
from geoplan.inputs.layers import AreaLayer, FacilityLayer
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.results import (
    RECOMMENDED,
    Robustness,
    RunResults,
    ServiceResult,
    SitingOutcome,
    StudyInfo,
)
from geoplan.services.standard import Quota, ServiceStandard, Tier
from geoplan.siting.beside.knee import Knee
from geoplan.siting.model.result import SitingResult

CRS = "EPSG:4548"
X0, Y0 = 500_000.0, 4_057_000.0
SIDE = 6_000.0

HOSTILE = (
    "<script>window.pwned=1</script>",
    '"><img src=x onerror=window.pwned=1>',
    "</script><script>window.pwned=1</script>",
    "{{7*7}}${7*7}`+window.pwned+`",
    '=HYPERLINK("http://x.invalid","a")',
    "+1+cmd|' /C calc'!A0",
    "<svg onload=window.pwned=1>",
    "a\u2028b\u2029c ' \\ & ]]> -->",
    "@SUM(A1)\t\x07",
    "站\u202egpj.exe\u202c\u2066x\u2069",
    "\ufeff甲\u200b乙\u200e\u00ad",
    "مركز 😀👨\u200d👩\u200d👧 नगर",
    "'; DROP TABLE sites; -- \" ` \\ %s %(x)s {0} {{x}} $x$",
    "**[x](javascript:window.pwned=1)** `a` | b | # h <!-- c",
    "x\x00\x0b\ufffey",
    "-2+3\r\n=1+1",
    "javascript:window.pwned=1//" + "长" * 300,
    "&lt;img src=x onerror=window.pwned=1&gt;&#x3c;b",
)


def _names(base: list[str], hostile: bool) -> list[str]:
    if not hostile:
        return base
    return [HOSTILE[i % len(HOSTILE)] if i % 2 == 0 else name for i, name in enumerate(base)]


def districts(hostile: bool = False) -> AreaLayer:
    names = _names(["东城区", "西城区", "南山县"], hostile)
    third = SIDE / 3
    shapes = [
        box(X0 + i * third, Y0, X0 + (i + 1) * third, Y0 + SIDE).segmentize(500) for i in range(3)
    ]
    return AreaLayer(
        level="district",
        frame=gpd.GeoDataFrame(
            {"name": names, "parent": pd.array([pd.NA] * 3, dtype="string")},
            geometry=shapes,
            index=pd.Index(["370101", "370102", "370103"], name="code"),
            crs=CRS,
        ),
    )


def streets(hostile: bool = False) -> AreaLayer:
    shapes, names, parents = [], [], []
    for i in range(3):
        for j in range(4):
            x, y = X0 + i * SIDE / 3, Y0 + j * SIDE / 4
            shapes.append(box(x, y, x + SIDE / 3, y + SIDE / 4))
            names.append(f"{'东西南'[i]}{j + 1}街道")
            parents.append(f"37010{i + 1}")
    codes = [f"{p}{k % 4 + 1:03d}" for k, p in enumerate(parents)]
    return AreaLayer(
        level="street",
        parent="district",
        frame=gpd.GeoDataFrame(
            {"name": _names(names, hostile), "parent": pd.array(parents, dtype="string")},
            geometry=shapes,
            index=pd.Index(codes, name="code"),
            crs=CRS,
        ),
    )


def _demand(n: int, hostile: bool, seed: int) -> gpd.GeoDataFrame:
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, SIDE, n)
    y = rng.uniform(0, SIDE, n)
    i, j = (x // (SIDE / 3)).astype(int), (y // (SIDE / 4)).astype(int)
    geometry = [Point(X0 + a, Y0 + b) for a, b in zip(x, y, strict=True)]
    geometry[-1] = None  # one community whose place is not known
    return gpd.GeoDataFrame(
        {
            "name": _names([f"第{k + 1}社区" for k in range(n)], hostile),
            "people": rng.integers(20, 900, n).astype(float),
            "district": pd.array([f"37010{a + 1}" for a in i], dtype="string"),
            "street": pd.array(
                [f"37010{a + 1}{b + 1:03d}" for a, b in zip(i, j, strict=True)], dtype="string"
            ),
        },
        geometry=geometry,
        index=pd.Index([f"c{k:05d}" for k in range(n)], name="id"),
        crs=CRS,
    )


def _judge(
    demand: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    standard: ServiceStandard,
    areas: dict[str, AreaLayer],
    *,
    full_share: float = 0.0,
) -> Coverage:
    located = sites[sites.geometry.notna()]
    placed = demand.geometry.notna().to_numpy()
    people = demand["people"].to_numpy()
    k = np.arange(len(demand))
    far = shapely.distance(demand.geometry.to_numpy()[:, None], located.geometry.to_numpy()) * 1.2
    nearest = np.where(placed, np.nan_to_num(far).argmin(axis=1), 0)
    cost = far[k, nearest]
    reached = placed & (cost <= (standard.threshold_m or 1000))
    full = np.where(reached & (k % 4 == 0), people * full_share, 0.0)
    missed = np.where(k % 41 == 0, "off_network", np.where(k % 23 == 0, "cut_off", "beyond"))
    reason = np.where(placed, np.where(reached, "", missed), "unlocated")
    frame = demand.copy()
    for state in STATES:
        frame[state] = np.where(reason == state, people, 0.0)
    frame["served"] = np.where(reached, people - full, 0.0)
    frame["full"] = full
    frame["site"] = pd.Series(located.index[nearest], frame.index, dtype="string").where(placed)
    frame["cost"] = np.where(placed, cost, np.nan)
    frame["reason"] = np.where(full > people / 2, "full", reason)
    return Coverage(service=standard.service, standard=standard, frame=frame, areas=areas)


def _facilities(
    key: str, n: int, hostile: bool, seed: int, tiers: tuple[str, ...] = ()
) -> FacilityLayer:
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(500, SIDE * 0.75, n), rng.uniform(500, SIDE * 0.7, n)
    frame = gpd.GeoDataFrame(
        {
            "name": _names(
                [f"{'甲乙丙丁戊己庚辛'[k % 8]}号站点{k + 1}" for k in range(n)], hostile
            ),
            "capacity": rng.integers(20, 120, n).astype(float),
            "tier": pd.array(
                [tiers[k % len(tiers)] if tiers else pd.NA for k in range(n)], dtype="string"
            ),
        },
        geometry=[Point(X0 + a, Y0 + b) for a, b in zip(x, y, strict=True)],
        index=pd.Index([f"{key}-{k + 1}" for k in range(n)], name="id"),
        crs=CRS,
    )
    frame.loc[frame.index[0], "capacity"] = np.nan
    return FacilityLayer(key=key, frame=frame)


def _gaps(coverage: Coverage, sites: gpd.GeoDataFrame | None, hostile: bool) -> gpd.GeoDataFrame:
    frame = coverage.frame
    missed = frame[(frame["people"] > frame["served"]) & frame.geometry.notna()]
    rows = []
    for street, part in missed.groupby("street"):
        cause = part["reason"].replace({"beyond": "no_site", "": "full"}).mode().iloc[0]
        remedy = {"no_site": "add_site", "full": "add_capacity", "cut_off": "mend_link"}
        closing = pd.NA
        shape = union_all(part.buffer(350).to_numpy())
        if sites is not None:
            near = sites[sites.within(shape)]
            closing = near.index[0] if len(near) else pd.NA
        names = coverage.areas["street"].names
        rows.append(
            {
                "people": float((part["people"] - part["served"]).sum()),
                "cause": cause,
                "remedy": remedy.get(cause, "mend_data"),
                "area": names[street],
                "closing_site": closing,
                "members": len(part),
                "geometry": shape if shape.geom_type == "MultiPolygon" else MultiPolygon([shape]),
            }
        )
    rows.sort(key=lambda row: -row["people"])
    table = gpd.GeoDataFrame(rows, geometry="geometry", crs=CRS)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table


def _siting(
    coverage: Coverage, facilities: FacilityLayer, areas: dict[str, AreaLayer], hostile: bool
) -> SitingOutcome:
    spots = [(5200, 5300), (5300, 1200), (1200, 5400), (3500, 5200)]
    index = [f"n{k}" for k in range(len(spots))]
    points = gpd.GeoSeries([Point(X0 + a, Y0 + b) for a, b in spots], index=index, crs=CRS)
    now = facilities.frame
    added, share = [], []
    before, total = coverage.ledger.served, coverage.ledger.total
    after = coverage
    for k in range(len(spots)):
        extra = gpd.GeoDataFrame(
            {"name": index[: k + 1]}, geometry=points.iloc[: k + 1], index=index[: k + 1], crs=CRS
        )
        both = pd.concat([now[["name", "geometry"]], extra])
        plain = coverage.frame.drop(columns=[*STATES, "site", "cost", "reason"])
        after = _judge(plain, both, coverage.standard, areas)
        added.append(after.ledger.served - before)
        share.append(after.ledger.served / total)
        before = after.ledger.served
    degrees = points.to_crs(4326)
    names = _names([f"第{k + 5}社区附近" for k in range(len(spots))], hostile)
    sites = gpd.GeoDataFrame(
        {
            "rank": np.arange(1, len(spots) + 1),
            "name": names,
            "lon": degrees.x,
            "lat": degrees.y,
            "added_people": added,
            "share_after": share,
            "district": ["370103", "370103", "370101", "370102"],
            "area": names,
            "next_best": pd.array(["n9", pd.NA, "n7", pd.NA], dtype="string"),
            "next_best_loss": [120.0, np.nan, 45.0, np.nan],
            "chosen_share": [1.0, 0.5, 1.0, 0.0],
        },
        geometry=points,
        index=pd.Index(index, name="candidate"),
        crs=CRS,
    )
    served = coverage.ledger.served + np.concatenate([[0], np.cumsum(added)])
    curve = pd.DataFrame(
        {"sites": np.arange(len(served)), "value": served, "bound": served * 1.002}
    )
    result = SitingResult(
        objective="max_coverage",
        status="optimal",
        value=float(served[-1]),
        bound=float(served[-1]),
        gap=0.0,
        sites=[*now.index, *index],
        assignment=after.frame["site"],
        seconds=0.25,
        solver="highs",
    )
    return SitingOutcome(
        result=result,
        objective="max_coverage",
        sites=sites,
        people_after=after.ledger,
        coverage_after=after,
        curve=curve,
        knee=Knee(sites=2, value=float(served[2]), bend=0.2, before=250.0, after=40.0),
        robustness=_robustness(sites),
    )


def _robustness(sites: gpd.GeoDataFrame) -> Robustness:
    labels = sites.index.astype(str)
    draws = pd.DataFrame(
        {
            "reach": [0.9, 1.1],
            "people": [3000.0, 3100.0],
            "closed": [0, 1],
            "best": [2003.0, 2507.0],
            "bound": [2003.0, 2507.0],
            "plan": [2003.0, 2484.0],
            "regret": [0.0, 23.0],
        },
        index=pd.RangeIndex(1, 3, name="draw"),
    )
    plans = pd.DataFrame(
        {"worst_regret": [23.0], "mean_regret": [11.5], "sites": [list(labels)]},
        index=pd.Index([RECOMMENDED], name="plan"),
    )
    critical = pd.DataFrame({"name": ["甲站", "乙站"], "people": [127.0, 0.0]}, index=["f1", "f2"])
    after = pd.DataFrame({"name": ["", "甲站"], "people": [83.0, 41.0]}, index=[labels[0], "f1"])
    chosen = pd.DataFrame(
        {"share": sites["chosen_share"].to_numpy(), "in_plan": True}, index=labels
    )
    return Robustness(
        service="meal_station",
        sites=len(sites),
        draws=draws,
        chosen=chosen,
        plans=plans,
        critical=critical,
        critical_after=after,
        variation={"reach_cv": 0.1, "people_cv": 0.1, "closure_share": 0.02},
    )


def _quota(facilities: FacilityLayer, layer: AreaLayer) -> pd.DataFrame:
    points = facilities.located
    sites = [int(points.within(shape).sum()) for shape in layer.frame.geometry]
    return pd.DataFrame(
        {
            "name": layer.frame["name"],
            "sites": sites,
            "designated": 0,
            "required": 1,
            "counted": sites,
            "meets": [n >= 1 for n in sites],
        },
        index=layer.frame.index,
    )


def _with_facts(service: ServiceResult, hostile: bool) -> ServiceResult:
    """The service with coverage by group and by town and country, and, where it has tiers, its
    places and its referral."""
    coverage, names = service.coverage, _names(["80岁以上"], hostile)
    frame = coverage.frame
    old = pd.Series((frame["people"] * 0.2).round(), index=frame.index)
    kind = pd.Series(np.where(frame["district"] == "370103", "rural", "urban"), index=frame.index)
    then = None if service.siting is None else service.siting.coverage_after
    aged = [
        None if c is None else replace(c, frame=c.frame.assign(**{names[0]: old}))
        for c in (coverage, then)
    ]
    shown = replace(
        service,
        by_group=group_table(aged[0], groups=names, after=aged[1]),
        by_kind=group_table(coverage, by=kind, after=then),
    )
    if not service.standard.tiers:
        return shown
    layer, levels = coverage.areas["district"], {"district": coverage.areas["district"]}
    sites = service.facilities.frame
    capacity = sites["capacity"].fillna(0.0)
    costs = np.full((len(frame), len(sites)), np.nan)
    located = frame.geometry.notna().to_numpy()
    for j, point in enumerate(sites.geometry):
        far = frame.geometry[located].distance(point).to_numpy() * 1.2
        costs[located, j] = np.where(far <= 1000, far, np.nan)
    row, col = np.nonzero(np.isfinite(costs))
    travel = TravelCosts(
        matrix=sparse.csr_matrix((costs[row, col], (row, col)), shape=costs.shape),
        demand_index=frame.index,
        site_index=sites.index,
        unit="m",
        method="made up",
        cutoff=1000.0,
    )
    names_of = layer.frame["name"]
    places = pd.Series([200.0, 150.0, 80.0], index=layer.frame.index)
    people = frame.groupby("district")["people"].sum().reindex(layer.frame.index)
    table = pd.DataFrame(
        {
            "name": names_of,
            "people": people,
            "places": places,
            "facilities": [3, 2, 2],
            "facilities_unknown": [1, 0, 0],
            "places_per_1000": places / people * 1000,
            "required": people * 0.04,
            "lacking": (people * 0.04 - places).clip(lower=0),
        }
    )
    stations = sites[sites["tier"] == "street"]
    referral = pd.DataFrame(
        {
            "name": stations["name"],
            "tier": "street",
            "centre": sites.index[0],
            "centre_name": sites["name"].iloc[0],
            "cost_min": [4.0, 31.5, np.nan][: len(stations)],
            "limit_min": 30.0,
            "within": [True, False, False][: len(stations)],
            "reason": ["", "beyond", "cut_off"][: len(stations)],
        }
    )
    return replace(
        shown,
        tier_sites={"district": int((sites["tier"] == "district").sum()), "street": len(stations)},
        capacity={
            "places": 430.0,
            "places_per_1000": 430 / people.sum() * 1000,
            "required_per_1000": 40.0,
            "required_places": people.sum() * 0.04,
            "places_lacking": people.sum() * 0.04 - 430,
            "nursing_places": 300.0,
            "nursing_share": 300 / 430,
            "required_nursing_share": 0.55,
            "nursing_lacking": 0.0,
        },
        capacity_areas={"district": table},
        supply=supply_in_reach(
            frame, travel, capacity, mode="walk", areas=levels, levels=["district"]
        ),
        referral=referral,
    )


def _reach(facilities: FacilityLayer) -> gpd.GeoDataFrame:
    points = facilities.located
    shapes = [union_all(points.buffer(r).to_numpy()) for r in (500.0, 830.0)]
    return gpd.GeoDataFrame({"cutoff": [500.0, 1000.0]}, geometry=shapes, crs=CRS)


def _lines() -> gpd.GeoSeries:
    return gpd.GeoSeries(
        [
            LineString([(X0, Y0 + 1500), (X0 + 2000, Y0 + 1800), (X0 + SIDE, Y0 + 1500)]),
            LineString([(X0 + 2000, Y0), (X0 + 2000, Y0 + SIDE)]),
        ],
        index=["界线一", "界线二"],
        crs=CRS,
    )


def _markers(hostile: bool) -> FacilityLayer:
    lines = _lines()
    at = [
        (0, 0),
        (0, 420),
        (0, 900),
        (0, 2600),
        (0, 3000),
        (1, 100),
        (1, 560),
        (1, 3000),
        (1, 3400),
    ]
    frame = gpd.GeoDataFrame(
        {
            "name": _names([f"界桩{k + 1}号" for k in range(len(at))], hostile),
            "capacity": np.nan,
            "tier": pd.array([pd.NA] * len(at), dtype="string"),
        },
        geometry=[lines.iloc[k].interpolate(d) for k, d in at],
        index=pd.Index([f"m{k + 1}" for k in range(len(at))], name="id"),
        crs=CRS,
    )
    return FacilityLayer(key="boundary_marker", frame=frame)


def _roads() -> gpd.GeoDataFrame:
    lines, classes = [], []
    for k in range(25):
        at = k * SIDE / 24
        for line in (
            LineString([(X0 + at, Y0), (X0 + at, Y0 + SIDE)]),
            LineString([(X0, Y0 + at), (X0 + SIDE, Y0 + at)]),
        ):
            lines.append(line)
            classes.append(1 if k % 12 == 0 else 2 if k % 4 == 0 else 3)
    return gpd.GeoDataFrame({"class": classes}, geometry=lines, crs=CRS)


@cache
def fake_run(
    *,
    n: int = 300,
    hostile: bool = False,
    lang: str = "zh",
    audience: str = "internal",
    synthetic: bool = True,
    seed: int = 7,
) -> RunResults:
    """Results of a made-up run."""
    areas = {"district": districts(hostile), "street": streets(hostile)}
    demand = _demand(n, hostile, seed)
    meal = ServiceStandard(
        service="meal_station",
        name_zh="老年助餐站点",
        name_en="Meal stations",
        measure="reach",
        mode="walk",
        threshold_m=1000.0,
        group="elderly_60",
        quotas=(Quota(level="street", minimum=1),),
        source="GB 50180-2018",
        year=2018,
        confidence="medium",
    )
    centre = ServiceStandard(
        service="elderly_centre",
        name_zh="养老服务中心",
        name_en="Elderly centres",
        measure="reach",
        mode="walk",
        threshold_m=1000.0,
        group="elderly_60",
        capacity_limits=True,
        tiers=(
            Tier(
                key="district",
                name_zh="区级中心",
                name_en="District centre",
                mode="walk",
                threshold_m=3000.0,
            ),
            Tier(
                key="street",
                name_zh="街道综合体",
                name_en="Street facility",
                mode="walk",
                threshold_m=1000.0,
                refers_to="district",
                refer_mode="drive",
                refer_threshold_min=30.0,
            ),
        ),
        source="GB 50437-2007",
        year=2018,
        confidence="medium-high",
    )
    marker = ServiceStandard(
        service="boundary_marker",
        name_zh="数字界桩",
        name_en="Boundary markers",
        measure="spacing",
        max_spacing_m=500.0,
        tolerance_m=30.0,
        confidence="low",
    )
    home = ServiceStandard(
        service="home_care",
        name_zh="家庭养老床位",
        name_en="Home care beds",
        measure="rate",
        group="elderly_60",
    )
    meals = _facilities("meal_station", 9, hostile, seed)
    centres = _facilities("elderly_centre", 7, hostile, seed + 1, ("district", "street"))
    markers = _markers(hostile)
    meal_coverage = _judge(demand, meals.frame, meal, areas)
    centre_coverage = _judge(demand, centres.frame, centre, areas, full_share=0.6)
    outcome = _siting(meal_coverage, meals, areas, hostile)
    spacing = spacing_coverage(_lines(), markers.frame)
    holes = spacing.gaps.sort_values("length_m", ascending=False).reset_index(drop=True)
    line_gaps = gpd.GeoDataFrame(
        {
            "rank": np.arange(1, len(holes) + 1),
            "length_m": holes["length_m"],
            "cause": "no_site",
            "remedy": "add_site",
            "area": holes["line"],
            "closing_site": pd.array([pd.NA] * len(holes), dtype="string"),
            "members": 1,
        },
        geometry=holes.geometry,
        crs=CRS,
    )
    rates = pd.DataFrame(
        {
            "name": areas["district"].frame["name"],
            "count": [120.0, 60.0, 8.0],
            "people": [30_000.0, 25_000.0, 9_000.0],
            "rate": [4.0, 2.4, 0.889],
            "low": [3.3, 1.8, 0.38],
            "high": [4.8, 3.1, 1.75],
            "smoothed": [3.9, 2.4, 1.1],
        },
        index=areas["district"].frame.index,
    )
    services = {
        "meal_station": ServiceResult(
            key="meal_station",
            standard=meal,
            facilities=meals,
            in_service=len(meals),
            coverage=meal_coverage,
            gaps=_gaps(meal_coverage, outcome.sites, hostile),
            siting=outcome,
            quota={"street": _quota(meals, areas["street"])},
            reach=_reach(meals),
            capacity={"places": 540.0, "places_per_1000": 4.0},
            equity={"gini": 0.31, "palma": 1.4, "worst_tenth_share": 0.2, "gini_after": 0.2},
        ),
        "elderly_centre": ServiceResult(
            key="elderly_centre",
            standard=centre,
            facilities=centres,
            in_service=len(centres),
            coverage=centre_coverage,
            gaps=_gaps(centre_coverage, None, hostile),
            tiers={
                tier.key: _judge(
                    demand,
                    centres.frame[centres.frame["tier"] == tier.key],
                    centre.of_tier(tier.key),
                    areas,
                )
                for tier in centre.tiers
            },
            reach=_reach(centres),
        ),
        "boundary_marker": ServiceResult(
            key="boundary_marker",
            standard=marker,
            facilities=markers,
            spacing=spacing,
            gaps=line_gaps,
        ),
        "home_care": ServiceResult(key="home_care", standard=home, rates=rates),
    }
    for key in ("meal_station", "elderly_centre"):
        services[key] = _with_facts(services[key], hostile)
    info = StudyInfo(
        name=HOSTILE[0] if hostile else "示例市",
        crs=CRS,
        lang=lang,
        synthetic=synthetic,
        map_approval_no="鲁S(2024)001号",
        audience=audience,
        data_date="2024-12-31",
        source="民政局业务数据",
    )
    findings = pd.DataFrame(
        [
            {
                "file": "站点.csv",
                "sheet": "",
                "row": 7,
                "column": "经度",
                "value": _names(["0"], hostile)[0],
                "problem": "坐标为 0,0",
                "advice": "请补充坐标",
                "severity": "error",
            }
        ]
    )
    figures = pd.DataFrame(
        [
            {
                "key": "meal_station.facilities",
                "label": "老年助餐站点数",
                "published": 10.0,
                "computed": float(len(meals)),
                "difference": -1.0,
                "cause": "set_aside",
                "source": "公开报道",
            }
        ]
    )
    water = gpd.GeoDataFrame(
        {"name": ["大河"]},
        geometry=[
            LineString([(X0, Y0 + 4600), (X0 + 3000, Y0 + 4300), (X0 + SIDE, Y0 + 4700)]).buffer(
                120
            )
        ],
        crs=CRS,
    )
    return RunResults(
        info=info,
        inputs=(
            InputRecord(
                path="站点.csv", sha256="0" * 64, rows=10, accepted=9, set_aside=1, warned=0
            ),
        ),
        findings=findings,
        set_aside={"站点.csv": pd.DataFrame([{"row": 7, "why": "坐标为 0,0", "名称": "丢失站"}])},
        areas=areas,
        services=services,
        figures=figures,
        background={"roads": _roads(), "water": water},
        run={"seed": 0, "seconds": {}, "versions": {}},
    )


__all__ = ["CRS", "HOSTILE", "Ledger", "fake_run"]


def moved_site(results, key):
    """The results with the first suggested site 40 m further east and the first facility closed."""
    service = results.services[key]
    sites = service.siting.sites.copy()
    shapes = sites.geometry.to_numpy().copy()
    shapes[0] = shapely.Point(shapes[0].x + 40, shapes[0].y)
    sites = sites.set_geometry(gpd.GeoSeries(shapes, index=sites.index, crs=sites.crs))
    frame = service.facilities.frame.copy()
    frame["status"] = ["closed", *[""] * (len(frame) - 1)]
    result = replace(service.siting.result, status="feasible", gap=0.02)
    changed = replace(
        service,
        siting=replace(service.siting, sites=sites, result=result),
        facilities=replace(service.facilities, frame=frame),
    )
    return replace(results, services={**results.services, key: changed})
