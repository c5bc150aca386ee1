"""Communities: where they are, and how many people live in each.

Communities are dense in towns, villages scattered in the country. District sums of people are the
census's, to the person.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.demo_city.geography import Land
from geoplan.demo_city.mesh import Ints
from geoplan.demo_city.names import community_names, village_names
from geoplan.demo_city.noise import Array

#: published: people in hardship, rounded
HARDSHIP = 250_000

#: villages that no road of the network leads to, and those with lanes of their own only
N_OFF_NETWORK = 22
N_CUT_OFF = 16


def place_communities(
    land: Land, rng: np.random.Generator, town_of: NDArray[np.object_], town_xy: Array
) -> pd.DataFrame:
    """All communities (``urban``) and villages, as many per district as the table says.

    Parameters
    ----------
    town_of, town_xy : street code and location of every street crossing within towns;
        communities stand near them.

    Returns
    -------
    DataFrame
        ``street``, ``district``, ``urban``, ``x``, ``y``, ``access`` ("road", "cut_off",
        "off_network"), sorted by street.
    """
    urban = _urban(land, rng, town_of, town_xy)
    rural = _rural(land, rng, town_xy)
    both = pd.concat([urban, rural], ignore_index=True)
    both["district"] = both["street"].map(land.streets["district"])
    return both.sort_values(
        ["street", "urban"], ascending=[True, False], kind="stable"
    ).reset_index(drop=True)


def _urban(
    land: Land, rng: np.random.Generator, town_of: NDArray[np.object_], town_xy: Array
) -> pd.DataFrame:
    rows = []
    for district, census in land.census.iterrows():
        in_district = land.streets.index[land.streets["district"] == district]
        n_nodes = pd.Series(town_of).value_counts().reindex(in_district).fillna(0)
        codes = n_nodes.index[n_nodes >= 6]
        weight = np.power(n_nodes[codes].to_numpy(float), 0.8)
        counts = apportion(weight, int(census["communities"]), least=1)
        for code, n in zip(codes, counts, strict=True):
            at = town_xy[town_of == code]
            chosen = _spread(rng, at, int(n))
            xy = at[chosen] + rng.normal(0, 35, (len(chosen), 2))
            inside = shapely.contains_xy(land.streets.geometry[code], xy[:, 0], xy[:, 1])
            xy[~inside] = at[chosen][~inside]
            rows.append(pd.DataFrame({"street": code, "urban": True, "x": xy[:, 0], "y": xy[:, 1]}))
    table = pd.concat(rows, ignore_index=True)
    return table.assign(access="road")


def _spread(rng: np.random.Generator, xy: Array, n: int, *, tries: int = 10) -> NDArray[np.int64]:
    """`n` of the points, apart from one another.

    The farthest of `tries` random points from those chosen, again and again (Mitchell's best
    candidates, 1991).
    """
    if n >= len(xy):
        return np.concatenate([np.arange(len(xy)), rng.integers(0, len(xy), n - len(xy))])
    chosen = [int(rng.integers(len(xy)))]
    near = np.hypot(*(xy - xy[chosen[0]]).T)
    for _ in range(n - 1):
        some = rng.integers(0, len(xy), tries)
        best = int(some[np.argmax(near[some])])
        chosen.append(best)
        near = np.minimum(near, np.hypot(*(xy - xy[best]).T))
    return np.array(chosen)


def _rural(land: Land, rng: np.random.Generator, town_xy: Array) -> pd.DataFrame:
    towns = shapely.STRtree(shapely.points(town_xy))
    rows = []
    for district, census in land.census.iterrows():
        if not census["villages"]:
            continue
        codes = land.streets.index[land.streets["district"] == district]
        fields = {code: _fields(land, rng, code, towns) for code in codes}
        fields = {code: f for code, f in fields.items() if len(f[0]) >= 25}
        area = np.array([f[1] for f in fields.values()])
        counts = apportion(area, int(census["villages"]), least=2)
        for (code, (xy, _, _)), n in zip(fields.items(), counts, strict=True):
            at = xy[_spread(rng, xy, int(n), tries=4)]
            rows.append(
                pd.DataFrame({"street": code, "urban": False, "x": at[:, 0], "y": at[:, 1]})
            )
    table = pd.concat(rows, ignore_index=True)
    return table.assign(access=_access(land, rng, table))


def _fields(
    land: Land, rng: np.random.Generator, code: str, towns: shapely.STRtree
) -> tuple[Array, float, float]:
    """Locations in a street where a village may stand, and the area they stand for, m2."""
    polygon = land.streets.geometry[code]
    west, south, east, north = polygon.bounds
    n = int(np.clip(polygon.area / 22_000, 400, 9000))
    xy = np.column_stack([rng.uniform(west, east, n), rng.uniform(south, north, n)])
    inner = polygon.buffer(-110)
    shapely.prepare(inner)
    xy = xy[shapely.contains_xy(inner, xy[:, 0], xy[:, 1])]
    xy = xy[land.height(xy) < rng.normal(0.36, 0.09, len(xy))]
    shapely.prepare(land.no_building)
    xy = xy[~shapely.contains_xy(land.no_building, xy[:, 0], xy[:, 1])]
    hit = towns.query(shapely.points(xy), predicate="dwithin", distance=330.0)
    xy = np.delete(xy, np.unique(hit[0]), axis=0)
    return xy, len(xy) / n * (east - west) * (north - south), polygon.area


def _access(land: Land, rng: np.random.Generator, villages: pd.DataFrame) -> NDArray[np.object_]:
    """Which villages no road leads to: the highest ones, and some on the river's flats."""
    xy = villages[["x", "y"]].to_numpy(float)
    access = np.full(len(villages), "road", dtype=object)
    high = np.argsort(-land.height(xy) - rng.uniform(0, 0.08, len(xy)), kind="stable")
    lonely = high[: 2 * (N_OFF_NETWORK + N_CUT_OFF)]
    chosen = rng.permutation(lonely)
    access[chosen[:N_OFF_NETWORK]] = "off_network"
    access[chosen[N_OFF_NETWORK : N_OFF_NETWORK + N_CUT_OFF // 2]] = "cut_off"
    to_river = shapely.distance(shapely.points(xy), land.river)
    flats = np.argsort(to_river, kind="stable")[: 3 * N_CUT_OFF]
    access[rng.permutation(flats)[: N_CUT_OFF - N_CUT_OFF // 2]] = "cut_off"
    return access


def people_table(land: Land, communities: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Codes, names and people of the communities.

    Adds ``code`` (12 digits), ``name``, ``people``, ``children``, ``elderly_60``, ``elderly_65``,
    ``elderly_80`` and ``hardship``. By district each column sums to the census (people also by
    urban and rural); 80+ <= 65+ <= 60+ and 60+ and children together <= people everywhere.
    """
    table = communities.copy()
    n = len(table)
    for column in ("people", "children", "elderly_60", "elderly_65", "elderly_80", "hardship"):
        table[column] = 0
    urban = table["urban"].to_numpy()
    size = np.where(urban, rng.lognormal(0, 0.42, n), rng.lognormal(0, 0.5, n))
    size *= np.where(table["access"] == "road", 1.0, 0.35)
    old = np.where(urban, 1.0, 1.28) * np.exp(rng.normal(0, 0.13, n))
    for district, census in land.census.iterrows():
        here = (table["district"] == district).to_numpy()
        for is_urban, column in ((True, "urban"), (False, "rural")):
            rows = np.nonzero(here & (urban == is_urban))[0]
            if len(rows):
                least = 320 if is_urban else 40
                table.loc[rows, "people"] = apportion(size[rows], int(census[column]), least=least)
        rows = np.nonzero(here)[0]
        people = table.loc[rows, "people"].to_numpy()
        e60 = apportion_capped(
            people * old[rows], int(census["elderly_60"]), (people * 0.62).astype(int)
        )
        age = np.exp(rng.normal(0, 0.05, len(rows)))
        e65 = apportion_capped(e60 * age, int(census["elderly_65"]), e60)
        e80 = apportion_capped(e65 * age**2, int(census["elderly_80"]), e65)
        young = np.exp(rng.normal(0, 0.16, len(rows)))
        children = apportion_capped(people * young, int(census["children"]), people - e60)
        for column, values in (
            ("elderly_60", e60),
            ("elderly_65", e65),
            ("elderly_80", e80),
            ("children", children),
        ):
            table.loc[rows, column] = values
    need = table["people"] * np.where(urban, 0.7, 2.1) * np.exp(rng.normal(0, 0.4, n))
    table["hardship"] = apportion_capped(
        need.to_numpy(float), HARDSHIP, table["people"].to_numpy() // 3
    )
    return _named(land, table, rng)


def _named(land: Land, table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    urban = table["urban"].to_numpy()
    street = table["street"].to_numpy(object)
    names = np.empty(len(table), dtype=object)
    names[urban] = community_names(rng, street[urban])
    high = land.height(table[["x", "y"]].to_numpy(float)) > 0.25
    names[~urban] = village_names(rng, high[~urban], street[~urban])
    # as in real codes: communities count from 001, villages from 201
    order = table.groupby(["street", "urban"]).cumcount().to_numpy() + np.where(urban, 1, 201)
    table["code"] = [f"{s}{k:03d}" for s, k in zip(street, order, strict=True)]
    table["name"] = names
    return table


def apportion(weights: Array, total: int, *, least: int = 0) -> NDArray[np.int64]:
    """`total` apportioned by `weights`: whole numbers, at least `least` (largest remainder)."""
    free = total - least * len(weights)
    exact = weights / weights.sum() * free
    whole = np.floor(exact).astype(np.int64)
    rest = free - int(whole.sum())
    whole[np.argsort(-(exact - whole), kind="stable")[:rest]] += 1
    return whole + least


def apportion_capped(weights: NDArray[Any], total: int, most: Ints) -> Ints:
    """`total` apportioned by `weights`, nowhere above `most`; the rest goes to the others."""
    given = np.minimum(apportion(np.asarray(weights, float), total), most)
    while (rest := total - int(given.sum())) > 0:
        free = most - given
        more = apportion(np.where(free > 0, np.asarray(weights, float), 0.0), rest)
        given += np.minimum(more, free)
    return given.astype(np.int64)
