"""A report on what is doubtful about a network: components, gaps and one-way streets, located."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from geoplan.errors import UsageError
from geoplan.network.graph.network import NetworkData
from geoplan.network.near_misses import near_misses, unjoined_crossings
from geoplan.validate import number
from geoplan.words.display import text_html
from geoplan.words.speaker import Speaker


@dataclass(frozen=True, kw_only=True, slots=True, eq=False, repr=False)
class NetworkReport:
    """The findings about one network.

    Parameters
    ----------
    name, mode, nodes, edges, length_m : what the network is.
    islands : GeoDataFrame, one row per component other than the largest: ``nodes``,
        ``length_m``, ``geometry`` (its longest edge's middle); longest first.
    largest_share : share of the length in the largest component, 0 to 1.
    one_way_traps : length of streets that one can reach but not leave again, or leave but not
        reach, because of one-way signs, metres (0 on foot).
    near_misses : GeoDataFrame of dead ends that nearly meet a street far off on the network:
        ``node``, ``edge`` (label of the street), ``name`` of the street or None, ``gap_m``,
        ``detour_m`` (network distance between the two points; NaN = not joined at all, inf =
        farther than 5 km and 20 times the given detour),
        ``geometry`` (line across the gap); widest detour first.
    crossings : GeoDataFrame of places where lines of a layer cross at equal height without a
        junction: ``edge``, ``other`` (labels of the two), ``name``, ``detour_m`` (NaN = not joined,
        -1 = not looked for), ``geometry``; widest detour first. Empty for OpenStreetMap, where
        only shared nodes join.
    zero_length, long_edges, self_loops : GeoDataFrames of edges with ``u``, ``v``, ``length_m``.
    dead_ends : number of nodes with a single street.
    steps_m, barriers : length of steps, and number of edges with a barrier (gate, bollard, ...).

    Examples
    --------
    >>> from geoplan.network import network_report, read_network
    >>> from geoplan.study import example_study
    >>> folder = example_study().folder
    >>> report = network_report(read_network(folder / "streets.gpkg", mode="walk"))
    >>> report
    NetworkReport('streets.gpkg', walk, 1 islands)
    >>> report.length_m, round(report.largest_share, 3)
    (3400.0, 0.882)
    >>> report.islands[["nodes", "length_m"]].to_numpy().tolist()
    [[2.0, 400.0]]
    """

    name: str
    mode: str
    nodes: int
    edges: int
    length_m: float
    islands: gpd.GeoDataFrame
    largest_share: float
    one_way_traps: float
    near_misses: gpd.GeoDataFrame
    crossings: gpd.GeoDataFrame
    zero_length: gpd.GeoDataFrame
    long_edges: gpd.GeoDataFrame
    self_loops: gpd.GeoDataFrame
    dead_ends: int
    steps_m: float
    barriers: int

    def _repr_html_(self) -> str:
        return text_html(self.summary())

    def __repr__(self) -> str:
        return f"NetworkReport({self.name!r}, {self.mode}, {len(self.islands)} islands)"

    def summary(self, lang: str = "en") -> str:
        """The findings as lines of text, in ``"zh"`` or ``"en"``."""
        say = Speaker(lang).say
        mode = say(f"network.mode_{self.mode}")
        rows = [
            say(
                "network.size",
                name=self.name or "-",
                mode=mode,
                nodes=f"{self.nodes:,}",
                edges=f"{self.edges:,}",
                km=f"{self.length_m / 1000:,.1f}",
            ),
            say(
                "network.largest",
                share=f"{self.largest_share:.1%}",
                islands=len(self.islands),
            ),
        ]
        if self.one_way_traps > 0:
            rows.append(say("network.traps", km=f"{self.one_way_traps / 1000:,.1f}"))
        rows.append(say("network.near_misses", count=len(self.near_misses), ends=self.dead_ends))
        for row in self.near_misses.head(3).itertuples():
            x, y = row.geometry.coords[0]
            key = "network.near_miss" if np.isfinite(row.detour_m) else "network.near_miss_apart"
            detour = f"{row.detour_m:,.0f}" if np.isfinite(row.detour_m) else ""
            rows.append(
                "  " + say(key, x=f"{x:.0f}", y=f"{y:.0f}", gap=f"{row.gap_m:.1f}", detour=detour)
            )
        if len(self.crossings):
            rows.append(say("network.crossings_count", count=len(self.crossings)))
        if len(self.zero_length):
            rows.append(say("network.zero_length", count=len(self.zero_length)))
        if len(self.long_edges):
            km = f"{self.long_edges['length_m'].max() / 1000:,.1f}"
            rows.append(say("network.long_edges", count=len(self.long_edges), km=km))
        if len(self.self_loops):
            rows.append(say("network.self_loops", count=len(self.self_loops)))
        if self.steps_m or self.barriers:
            rows.append(say("network.steps", km=f"{self.steps_m / 1000:,.1f}", count=self.barriers))
        return "\n".join(rows)


def network_report(
    network: NetworkData,
    *,
    near_m: float = 15.0,
    detour_m: float = 200.0,
    long_m: float = 5000.0,
) -> NetworkReport:
    """Look for what may be wrong with `network`.

    Parameters
    ----------
    network : the street network to look at; it is not changed.
    near_m : a dead end within this of another street ...
    detour_m : ... that is at least this far off on the network (or not joined) is a near miss.
        Heights are distinguished only where edges have the property ``layer``.
    long_m : edges longer than this are listed.

    Returns
    -------
    NetworkReport
        Islands, traps of one-way streets, near misses, and edges of odd length, each with its
        geometry in the network's CRS.

    Raises
    ------
    UsageError
        A distance that is no number above 0.

    Examples
    --------
    A street that stops 5 m short of another one:

    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from geoplan.network import Network
    >>> roads = gpd.GeoDataFrame(
    ...     geometry=[LineString([(0, 0), (900, 0)]), LineString([(400, 5), (400, 300)])],
    ...     crs="EPSG:4548")
    >>> report = network_report(Network.from_lines(roads, mode="walk"))
    >>> report.near_misses[["gap_m", "detour_m"]].to_numpy().tolist()
    [[5.0, nan]]
    >>> print(report.summary("en"))
    line layer (walking): 4 nodes, 2 edges, 1.2 km
    75.3% of the length hangs together; 1 parts lie apart from it
    1 of 4 dead ends nearly meet another street: mend them where they should meet
      at 400, 5: 5.0 m short of a street that no way leads to
    """
    wrong = [
        f"{name}={value!r}"
        for name, value in (("near_m", near_m), ("detour_m", detour_m), ("long_m", long_m))
        if not 0 < number(value) < np.inf
    ]
    if wrong:
        raise UsageError.of("call_faults.no_metres", names=", ".join(wrong))
    degree = np.bincount(
        np.concatenate([network.u, network.v]), minlength=network.n_nodes
    )  # a loop counts twice: its node is no dead end
    component = network.component_numbers
    of_edge = component[network.u]
    length = np.bincount(of_edge, weights=network.length_m)
    total = float(network.length_m.sum())
    largest = int(np.argmax(length))
    properties = network.properties
    has = [] if properties is None else list(properties.columns)
    steps = 0.0
    if properties is not None and "highway" in has:
        steps = float(network.length_m[(properties["highway"] == "steps").to_numpy()].sum())
    barriers = 0
    if properties is not None and "barrier" in has:
        barriers = int(properties["barrier"].notna().sum())
    return NetworkReport(
        name=network.source,
        mode=network.mode,
        nodes=network.n_nodes,
        edges=network.n_edges,
        length_m=total,
        islands=_islands(network, of_edge, length, np.bincount(component), largest),
        largest_share=float(length[largest] / total) if total else 1.0,
        one_way_traps=_one_way_traps(network),
        near_misses=near_misses(
            network, np.flatnonzero(degree == 1), near_m=near_m, detour_m=detour_m
        ),
        crossings=unjoined_crossings(network, detour_m=detour_m),
        zero_length=_listed_edges(network, network.length_m <= 0),
        long_edges=_listed_edges(network, network.length_m > long_m),
        self_loops=_listed_edges(network, network.u == network.v),
        dead_ends=int((degree == 1).sum()),
        steps_m=steps,
        barriers=barriers,
    )


def _listed_edges(network: NetworkData, mask: NDArray[np.bool_]) -> gpd.GeoDataFrame:
    at = np.flatnonzero(mask)
    at = at[np.argsort(-network.length_m[at], kind="stable")]
    return gpd.GeoDataFrame(
        {
            "u": network.node_ids[network.u[at]],
            "v": network.node_ids[network.v[at]],
            "length_m": network.length_m[at],
        },
        index=network.edge_ids[at],
        geometry=network.edge_lines(at),
        crs=network.crs,
    )


def _islands(
    network: NetworkData,
    of_edge: NDArray[np.int32],
    length: NDArray[Any],
    nodes: NDArray[Any],
    largest: int,
) -> gpd.GeoDataFrame:
    """The components but the largest, each at the middle of its longest edge."""
    order = np.lexsort((-network.length_m, of_edge))
    heads = order[np.flatnonzero(np.diff(of_edge[order], prepend=-1))]
    heads = heads[of_edge[heads] != largest]
    ids = of_edge[heads]
    rank = np.argsort(-length[ids], kind="stable")
    middles = shapely.line_interpolate_point(network.edge_lines(heads[rank]), 0.5, normalized=True)
    return gpd.GeoDataFrame(
        {"nodes": nodes[ids[rank]], "length_m": length[ids[rank]]},
        geometry=middles,
        crs=network.crs,
    )


def _one_way_traps(network: NetworkData) -> float:
    """Length of streets with an end outside its component's largest strongly connected core."""
    if not network.oneway.any():
        return 0.0
    graph = network.graph("m")
    arcs = sparse.csr_array(
        (np.ones(len(graph.indices), np.int8), graph.indices, graph.indptr),
        shape=(network.n_nodes, network.n_nodes),
    )
    count, core = csgraph.connected_components(arcs, directed=True, connection="strong")
    size = np.bincount(core, minlength=count)
    component = network.component_numbers
    best = np.zeros(int(component.max()) + 1, np.int64)
    np.maximum.at(best, component, size[core])
    outside = size[core] < best[component]
    return float(network.length_m[outside[network.u] | outside[network.v]].sum())
