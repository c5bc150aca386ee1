"""The services' sites: as many as published, placed where an office would have them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.demo_city.communities import apportion
from geoplan.demo_city.geography import Land, to_plane

#: published counts, see ``study.toml``
N_MEAL_UP_TO_STANDARD = 400
MEAL_SHARE = 0.43
N_BEDS, NURSING_SHARE = 24_000, 0.82
N_CHILD_CENTRES, N_HAVENS, N_PARTNERS, N_HOMES = 16, 166, 74, 41
N_PLACE_NAMES = 232
SCENIC = (
    ("大明湖公园颁证点", 117.0235, 36.671),
    ("千佛山风景区颁证点", 117.035, 36.632),
    ("百脉泉公园颁证点", 117.535, 36.705),
)
CEMETERIES = (
    ("玉函山安息园", 116.985, 36.585, True),
    ("福寿园", 116.845, 36.505, True),
    ("卧虎山公墓", 116.935, 36.47, False),
    ("长清公墓", 116.73, 36.50, False),
    ("章丘胡山公墓", 117.47, 36.63, False),
    ("章丘长白山公墓", 117.63, 36.78, False),
    ("历城凤凰山公墓", 117.24, 36.64, False),
    ("莱芜公墓", 117.70, 36.27, False),
    ("钢城公墓", 117.86, 36.08, False),
    ("平阴公墓", 116.47, 36.25, False),
    ("济阳公墓", 117.16, 37.02, False),
    ("商河公墓", 117.18, 37.34, False),
    ("天桥公墓", 116.95, 36.81, False),
    ("市殡仪馆", 117.01, 36.60, False),
    ("章丘殡仪馆", 117.49, 36.69, False),
    ("莱芜殡仪馆", 117.63, 36.18, False),
)


def _beside(rng: np.random.Generator, near: pd.DataFrame, metres: float) -> NDArray[np.float64]:
    """Points near communities, but not at their very location."""
    angle = rng.uniform(0, 2 * np.pi, len(near))
    far = metres * np.sqrt(rng.uniform(0.05, 1.0, len(near)))
    return near[["x", "y"]].to_numpy(float) + np.column_stack(
        [far * np.cos(angle), far * np.sin(angle)]
    )


def _sites(
    communities: pd.DataFrame, xy: NDArray[np.float64], names: Sequence[str], **more: object
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": list(names),
            "district": communities["district"].to_numpy(),
            "street": communities["street"].to_numpy(),
            "village": communities["code"].to_numpy(),
            "village_name": communities["name"].to_numpy(),
            "x": np.round(xy[:, 0], 2),
            "y": np.round(xy[:, 1], 2),
            **more,
        }
    )


def centre_communities(land: Land, people: pd.DataFrame) -> pd.DataFrame:
    """Per street the community nearest its centre (index = street code)."""
    centre = land.subdistricts.loc[people["street"], ["x", "y"]].to_numpy(float)
    off = np.hypot(*(people[["x", "y"]].to_numpy(float) - centre).T)
    order = people.assign(off=off + np.where(people["access"] == "road", 0, 1e6))
    first = order.sort_values(["street", "off"], kind="stable").groupby("street").head(1)
    return first.set_index("street", drop=False).loc[land.streets.index].drop(columns="off")


def _likely(people: pd.DataFrame, rng: np.random.Generator, *, taste: float) -> NDArray[np.float64]:
    """A score by which sites were set up first: large, urban, and by the district's effort."""
    effort = dict(zip(sorted(people["district"].unique()), rng.normal(0, 0.35, 40), strict=False))
    of_street = dict(zip(sorted(people["street"].unique()), rng.normal(0, 0.55, 200), strict=False))
    score = np.log(people["people"].to_numpy(float)) * taste
    score += people["district"].map(effort).to_numpy() + people["street"].map(of_street).to_numpy()
    score += rng.normal(0, 0.8, len(people))
    score[people["access"].to_numpy() != "road"] = -99
    return score


def meal_stations(people: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One for 43 % of communities and villages; 400 of them up to the standard of 2024."""
    n = round(MEAL_SHARE * len(people))
    score = _likely(people, rng, taste=0.45)
    chosen = people.iloc[np.sort(np.argsort(-score, kind="stable")[:n])]
    names = [_meal_name(n) for n in chosen["name"]]
    sites = _sites(chosen, _beside(rng, chosen, 130), names)
    first = np.argsort(-(np.log(chosen["people"].to_numpy()) + rng.normal(0, 1.2, n)))
    sites["up_to_standard"] = False
    sites.loc[first[:N_MEAL_UP_TO_STANDARD], "up_to_standard"] = True
    urban = chosen["urban"].to_numpy()
    sites["seats"] = np.where(urban, rng.integers(20, 81, n), rng.integers(10, 41, n))
    sites["kind"] = np.where(
        sites["up_to_standard"], "老年食堂", np.where(urban, "助餐点", "幸福食堂")
    )
    return sites


def _meal_name(community: str) -> str:
    return f"{community}{'长者食堂' if community.endswith('社区') else '幸福食堂'}"


def elderly_facilities(
    land: Land, people: pd.DataFrame, centres: pd.DataFrame, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """District centres, street facilities, day-care of urban communities, village homes."""
    largest = (
        centres.assign(rank=land.subdistricts.loc[centres.index, "radius_m"])
        .sort_values("rank", ascending=False, kind="stable")
        .groupby("district")
        .head(1)
        .sort_index()
    )
    built = np.ones(len(largest), dtype=bool)
    built[[k for k, d in enumerate(largest["district"]) if d in ("370126", "370171")]] = False
    short = land.census["name"]
    tops = _sites(
        largest,
        _beside(rng, largest, 500),
        [f"{short[d]}养老服务中心" for d in largest["district"]],
        status=np.where(built, "已建成", "在建"),
    )
    beds = np.zeros(len(tops), dtype=np.int64)
    beds[built] = 20 * rng.integers(8, 15, built.sum())
    tops["beds"] = beds
    mid = _sites(
        centres,
        _beside(rng, centres, 350),
        [f"{n}综合养老服务中心" for n in land.streets["name"]],
        status="已建成",
    )
    weight = people.groupby("street")["elderly_60"].sum().reindex(centres.index).to_numpy(float)
    mid["beds"] = apportion(weight**0.6, N_BEDS - int(beds.sum()), least=20)
    nursing = round(N_BEDS * NURSING_SHARE)
    for table in (tops, mid):
        table["nursing"] = np.floor(table["beds"] * NURSING_SHARE).astype(int)
    short_of = nursing - int(tops["nursing"].sum() + mid["nursing"].sum())
    biggest = np.argsort(-mid["beds"].to_numpy(), kind="stable")[:short_of]
    mid.loc[biggest, "nursing"] += 1
    urban = people[people["urban"]]
    day = _sites(
        urban,
        _beside(rng, urban, 110),
        [f"{n}日间照料中心" for n in urban["name"]],
        status="已建成",
    )
    rural = people[~people["urban"]]
    n = int(np.ceil(0.613 * len(rural)))
    chosen = rural.iloc[np.sort(np.argsort(-_likely(rural, rng, taste=0.5), kind="stable")[:n])]
    homes = _sites(
        chosen, _beside(rng, chosen, 120), [f"{n}幸福院" for n in chosen["name"]], status="已建成"
    )
    return {"centres": tops, "streets": mid, "day_care": day, "village_homes": homes}


def child_protection(
    land: Land, centres: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """16 centres (the city's own, one per district, two more) and a station per street."""
    by_size = centres.assign(rank=land.subdistricts.loc[centres.index, "radius_m"]).sort_values(
        "rank", ascending=False, kind="stable"
    )
    first = by_size.groupby("district").head(1).sort_index()
    extra = centres.loc[["370102001", "370112018", "370116008"]]
    chosen = pd.concat([first, extra])
    short = land.census["name"]
    names = [f"{short[d]}未成年人救助保护中心" for d in first["district"]]
    names += [
        "济南市未成年人救助保护中心",
        "历城区南部山区未成年人保护中心",
        "莱芜区雪野未成年人保护中心",
    ]
    tops = _sites(chosen, _beside(rng, chosen, 400), names)
    stations = _sites(
        centres,
        _beside(rng, centres, 260),
        [f"{n}未成年人保护工作站" for n in land.streets["name"]],
    )
    return tops, stations


def shelters(
    land: Land, people: pd.DataFrame, centres: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """1 rescue station, 166 havens (one per street and five more), N partner points."""
    rescue = _sites(
        centres.loc[["370105013"]],
        _beside(rng, centres.loc[["370105013"]], 300),
        ["济南市救助管理站"],
        tier="救助管理站",
    )
    core = people[
        people["urban"] & people["district"].isin(["370102", "370103", "370104", "370105"])
    ]
    more = core.iloc[rng.choice(len(core), N_HAVENS - len(centres) + N_PARTNERS, replace=False)]
    extra, partner = more.iloc[: N_HAVENS - len(centres)], more.iloc[N_HAVENS - len(centres) :]
    havens = pd.concat([centres, extra])
    street_name = land.streets["name"]
    names = [f"泉城避风港（{street_name[s].removesuffix('街道')}）" for s in centres["street"]]
    names += [f"泉城避风港（{n}）" for n in extra["name"]]
    tail = ("便利店", "银行网点", "环卫驿站", "书店", "医院急诊", "长途客运站")
    partner_names = [f"{n}{tail[k % len(tail)]}爱心驿站" for k, n in enumerate(partner["name"])]
    return pd.concat(
        [
            rescue,
            _sites(havens, _beside(rng, havens, 300), names, tier="避风港"),
            _sites(partner, _beside(rng, partner, 200), partner_names, tier="合作点"),
        ],
        ignore_index=True,
    )


def other_sites(
    land: Land, people: pd.DataFrame, centres: pd.DataFrame, rng: np.random.Generator
) -> dict[str, pd.DataFrame]:
    """精康之家, registries with scenic points, cemeteries, social-aid windows."""
    by_size = centres.assign(rank=land.subdistricts.loc[centres.index, "radius_m"]).sort_values(
        "rank", ascending=False, kind="stable"
    )
    first = by_size.groupby("district").head(1).sort_index()
    rest = by_size.drop(first.index)
    more = rest.iloc[np.sort(rng.choice(60, N_HOMES - len(first), replace=False))]
    homes = pd.concat([first, more]).sort_index()
    street_name, short = land.streets["name"], land.census["name"]
    homes_sites = _sites(
        homes, _beside(rng, homes, 450), [f"{street_name[s]}精康之家" for s in homes["street"]]
    )
    registry = _sites(
        first,
        _beside(rng, first, 500),
        [f"{short[d]}民政局婚姻登记处" for d in first["district"]],
        tier="登记处",
    )
    scenic = _at(people, SCENIC).assign(tier="景区颁证点")
    graves = _at(people, tuple(c[:3] for c in CEMETERIES))
    graves["extended"] = [c[3] for c in CEMETERIES]
    graves["kind"] = np.where(graves["name"].str.contains("殡仪馆"), "殡仪馆", "公墓")
    windows = _sites(centres, _beside(rng, centres, 200), [f"{n}社会救助窗口" for n in street_name])
    return {
        "mental_health_home": homes_sites,
        "marriage_registry": pd.concat([registry, scenic], ignore_index=True),
        "funeral_site": graves,
        "aid_window": windows,
    }


def _at(people: pd.DataFrame, locations: tuple[tuple[str, float, float], ...]) -> pd.DataFrame:
    names, lon, lat = zip(*locations, strict=True)
    xy = to_plane(lon, lat)
    near = shapely.STRtree(shapely.points(people[["x", "y"]].to_numpy(float))).nearest(
        shapely.points(xy)
    )
    return _sites(people.iloc[near], xy, names)


def rate_tables(land: Land, rng: np.random.Generator) -> pd.DataFrame:
    """Counts by district of what has no site; every column sums to the published figure."""
    census = land.census
    elderly = census["elderly_60"].to_numpy(float)
    very_old = census["elderly_80"].to_numpy(float)
    people = census["people"].to_numpy(float)
    columns = {
        "家庭养老床位": (3562, elderly, 0.45),
        "适老化改造户数": (5040, elderly, 0.35),
        "居家上门服务人数": (3721, elderly, 0.4),
        "探访关爱人数": (36000, elderly, 0.25),
        "高龄津贴人数": (176000, very_old, 0.05),
        "困难老年人补贴人数": (49000, elderly, 0.3),
        "社区基金数": (629, people, 0.5),
        "社区基金规模元": (9902800, people, 0.6),
        "社区基金项目数": (658, people, 0.5),
        "登记社会组织数": (6469, people, 0.3),
        "社区社会组织数": (29000, people, 0.3),
        "慈善组织数": (122, people, 0.5),
        "慈善信托数": (49, people, 0.6),
        "慈善信托规模元": (151000000, people, 0.7),
    }
    table = pd.DataFrame({"区划代码": census.index, "区县": census["name"].to_numpy()})
    for name, (total, weight, spread) in columns.items():
        table[name] = apportion(weight * np.exp(rng.normal(0, spread, len(weight))), total, least=1)
    return table
