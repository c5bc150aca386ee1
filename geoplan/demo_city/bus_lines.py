"""Bus lines of the demo city, all made up: along main roads, with shared stops and headways.

City lines join pairs of inner centres, town lines run from each outer subdistrict to its
district's seat, long ones from the seats to the city.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from geoplan.demo_city.geography import CRS, Land
from geoplan.demo_city.noise import Array
from geoplan.demo_city.roads.streets import City

N_CITY_LINES = 48
#: cost of a metre by class of road, against a main road's
_ROADS = {
    "trunk": 1.1,
    "primary": 1.0,
    "secondary": 1.05,
    "tertiary": 1.2,
    "unclassified": 1.5,
    "residential": 1.8,
}
#: metres between stops in the city and outside
_CITY_STOPS_M, _TOWN_STOPS_M = 420.0, 900.0
_MADE_UP = "虚构线路"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Line:
    """A line: the nodes of its way, how often it runs and how fast."""

    name: str
    nodes: NDArray[np.int64]
    span: str
    headway: str
    speed_kmh: int


class _Roads:
    """The roads that buses use, as a graph."""

    def __init__(self, city: City) -> None:
        edges = city.edges[city.edges["kind"].isin(_ROADS)]
        u, v = edges["u"].to_numpy(), edges["v"].to_numpy()
        metres = np.maximum(np.hypot(*(city.xy[v] - city.xy[u]).T), 1.0)
        metres *= edges["kind"].map(_ROADS).to_numpy(float)
        size = len(city.xy)
        both = sparse.coo_matrix(
            (np.r_[metres, metres], (np.r_[u, v], np.r_[v, u])), shape=(size, size)
        )
        self.graph = both.tocsr()
        label = csgraph.connected_components(self.graph, directed=False)[1]
        self.nodes = np.flatnonzero(label == np.bincount(label).argmax())
        self._tree = cKDTree(city.xy[self.nodes])

    def nearest(self, xy: Array) -> NDArray[np.int64]:
        """The nodes nearest to places."""
        return np.asarray(self.nodes[self._tree.query(xy)[1]])

    def ways(self, start: int, ends: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """The nodes of the shortest ways from one node to others."""
        before = csgraph.dijkstra(
            self.graph, directed=False, indices=start, return_predecessors=True
        )[1]
        found = []
        for end in ends:
            way = [int(end)]
            while way[-1] != start:
                way.append(int(before[way[-1]]))
            found.append(np.array(way[::-1]))
        return found


def bus_lines(
    city: City, people: pd.DataFrame, rng: np.random.Generator
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """The lines with their ways, and their stops in order (``x``, ``y`` in `CRS`)."""
    roads = _Roads(city)
    lines = [*_city_lines(city.land, roads, rng), *_town_lines(city.land, roads, rng)]
    used, times = np.unique(
        np.concatenate([np.unique(one.nodes) for one in lines]), return_counts=True
    )
    stops = _stops(city, used, times)
    near = cKDTree(people[["x", "y"]].to_numpy(float))
    bends = _bends(city)
    rows = []
    for one in lines:
        at = _called(city, one.nodes, stops)
        named = people["name"].to_numpy(object)[near.query(city.xy[at])[1]]
        rows += [
            (one.name, k + 1, n, *city.xy[i])
            for k, (n, i) in enumerate(zip(named, at, strict=True))
        ]
    table = gpd.GeoDataFrame(
        {
            "线路": [one.name for one in lines],
            "首末班": [one.span for one in lines],
            "发车间隔": [one.headway for one in lines],
            "速度": [one.speed_kmh for one in lines],
            "备注": _MADE_UP,
        },
        geometry=[shapely.LineString(_drawn(city, one.nodes, bends)) for one in lines],
        crs=CRS,
    )
    return table, pd.DataFrame(rows, columns=["line", "order", "stop", "x", "y"])


def _city_lines(land: Land, roads: _Roads, rng: np.random.Generator) -> list[_Line]:
    """Lines between inner centres of 4 to 14 km apart: every centre has one at least."""
    core = land.subdistricts[land.subdistricts["core"]]
    xy = core[["x", "y"]].to_numpy(float)
    node = roads.nearest(xy)
    far = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    rounds = -(-N_CITY_LINES // len(core))
    starts = np.concatenate([rng.permutation(len(core)) for _ in range(rounds)])[:N_CITY_LINES]
    lines: list[_Line] = []
    for start in np.unique(starts):
        others = np.flatnonzero((far[start] > 4000) & (far[start] < 14_000))
        ends = rng.choice(others, int((starts == start).sum()), replace=False)
        for way in roads.ways(int(node[start]), node[ends]):
            headway = ("5-8", "6-10", "8", "10", "8-12", "12")[int(rng.integers(6))]
            name = f"{len(lines) + 1}路"
            speed = int(rng.integers(14, 18))
            span = ("05:30-21:30", "06:00-21:00", "05:50-22:00")[int(rng.integers(3))]
            lines.append(_Line(name=name, nodes=way, span=span, headway=headway, speed_kmh=speed))
    return lines


def _town_lines(land: Land, roads: _Roads, rng: np.random.Generator) -> list[_Line]:
    """Lines from the towns to their district's seat, and from the seats to the city."""
    every = land.subdistricts
    node = pd.Series(roads.nearest(every[["x", "y"]].to_numpy(float)), index=every.index)
    seats = (
        every.sort_values("radius_m", ascending=False, kind="stable").groupby("district").head(1)
    )
    core = every[every["core"]]
    inner = cKDTree(core[["x", "y"]].to_numpy(float))
    hub = int(node[core.index[inner.query(core[["x", "y"]].to_numpy(float).mean(axis=0))[1]]])
    lines: list[_Line] = []
    for k, (code, seat) in enumerate(seats.sort_index().iterrows()):
        own = every[(every["district"] == seat["district"]) & ~every["core"]].drop(
            code, errors="ignore"
        )
        start = int(node[code])
        ends = node[own.index].to_numpy()
        ends = ends[ends != start]
        for i, way in enumerate(roads.ways(start, ends)):
            minutes = ("15", "20", "25", "30", "40")[int(rng.integers(5))]
            lines.append(
                _Line(
                    name=f"{100 * (k + 1) + i + 1}路",
                    nodes=way,
                    span="06:00-18:30",
                    headway=f"{minutes}分钟",
                    speed_kmh=int(rng.integers(24, 31)),
                )
            )
        if not seat["core"] and start != hub:
            lines.append(
                _Line(
                    name=f"K{k + 1}路",
                    nodes=roads.ways(start, np.array([hub]))[0],
                    span="06:00-19:00",
                    headway="20-30",
                    speed_kmh=32,
                )
            )
    return lines


def _stops(city: City, nodes: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Nodes with a stop, shared by lines: those of most lines first, none near another."""
    core = city.land.subdistricts[city.land.subdistricts["core"]]
    xy = city.xy[nodes]
    off = cKDTree(core[["x", "y"]].to_numpy(float)).query(xy)[0]
    apart = np.where(off < 3500, _CITY_STOPS_M, _TOWN_STOPS_M)
    tree = cKDTree(xy)
    free = np.ones(len(nodes), bool)
    kept = np.zeros(len(city.xy), bool)
    for i in np.lexsort((nodes, -times)):
        if free[i]:
            kept[nodes[i]] = True
            free[tree.query_ball_point(xy[i], apart[i])] = False
    return kept


def _called(city: City, way: NDArray[np.int64], stops: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The stops of a way in order, its ends included unless another stop is beside them."""
    at = way[stops[way]]
    ends = []
    for end in (way[0], way[-1]):
        near = len(at) and np.hypot(*(city.xy[at] - city.xy[end]).T).min() < _CITY_STOPS_M / 2
        ends.append([] if near else [end])
    return np.concatenate([ends[0], at, ends[1]]).astype(np.int64)


def _bends(city: City) -> dict[tuple[int, int], Array]:
    """The bends of streets by their ends, in both directions."""
    bends = {}
    bent = city.edges[city.edges["bend"].notna()]
    for u, v, bend in zip(bent["u"].tolist(), bent["v"].tolist(), bent["bend"], strict=True):
        bends[u, v], bends[v, u] = bend, bend[::-1]
    return bends


def _drawn(city: City, way: NDArray[np.int64], bends: Mapping[tuple[int, int], Array]) -> Array:
    """The way with the bends of its streets."""
    parts = [city.xy[way[:1]]]
    for a, b in pairwise(way.tolist()):
        parts += [bends[a, b]] if (a, b) in bends else []
        parts.append(city.xy[b][None])
    return np.vstack(parts)
