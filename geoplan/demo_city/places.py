"""Where communities and villages stand: dense in built-up places, scattered in the country."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.demo_city.geography import Land
from geoplan.demo_city.noise import Array

#: villages that no road of the network leads to, and those with lanes of their own only
N_OFF_NETWORK = 22
N_CUT_OFF = 16


def place_communities(
    land: Land, rng: np.random.Generator, town_of: NDArray[np.object_], town_xy: Array
) -> pd.DataFrame:
    """All communities (``urban``) and villages, as many per district as the table says.

    Parameters
    ----------
    town_of, town_xy : street code and place of every street crossing within built-up places;
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


def shares(weights: Array, total: int, *, least: int = 0) -> NDArray[np.int64]:
    """`total` split by `weights` into whole numbers of at least `least` (largest remainder)."""
    free = total - least * len(weights)
    exact = weights / weights.sum() * free
    whole = np.floor(exact).astype(np.int64)
    rest = free - int(whole.sum())
    whole[np.argsort(-(exact - whole), kind="stable")[:rest]] += 1
    return whole + least


def _urban(
    land: Land, rng: np.random.Generator, town_of: NDArray[np.object_], town_xy: Array
) -> pd.DataFrame:
    rows = []
    for district, census in land.census.iterrows():
        in_district = land.streets.index[land.streets["district"] == district]
        n_nodes = pd.Series(town_of).value_counts().reindex(in_district).fillna(0)
        codes = n_nodes.index[n_nodes >= 6]
        weight = np.power(n_nodes[codes].to_numpy(float), 0.8)
        counts = shares(weight, int(census["communities"]), least=1)
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
    """N of the points, apart from one another: the best of `tries` random ones, again and again."""
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
        room = np.array([f[1] for f in fields.values()])
        counts = shares(room, int(census["villages"]), least=2)
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
    """Places in a street where a village may stand, and how much room there is, m2."""
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
