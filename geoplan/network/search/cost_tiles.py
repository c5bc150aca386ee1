"""Travel costs in tiles: pieces of a network that can be searched anywhere, put together again.

A tile is a rectangle of the ground. Its own sites are searched from, over the edges and to the
demand of the ground around it that can matter: nobody reaches a site from farther away than the
cutoff times the straight metres that a unit of cost buys at most on any edge. That is 1 m per
metre where no edge is shorter than it is drawn, and more where one is: then more ground is taken.
Where a drawn edge ends beside its node, the way between costs nothing and counts as drawn.
So the pairs, and every float of them, are those of the whole network, whatever the tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse

from geoplan.network.graph.network import NetworkData
from geoplan.network.graph.travel_costs import TravelCosts
from geoplan.network.search.edge_tiles import EdgeBoxes, edge_boxes, tiles
from geoplan.network.search.many_to_many import all_pairs
from geoplan.network.search.snapped_points import OFF_NETWORK, STATES, UNLOCATED, text_of_codes
from geoplan.network.search.travel_query import Cutoff, TravelOptions, parse_cutoff, travel_query

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]
Box = tuple[float, float, float, float]

#: sites of a query that is worth cutting into tiles
LEAST_SITES = 5_000
#: metres that sides of boxes, and sums of floats, may be off by
_ROUNDING_M = 1.0
#: metres from its node within which a drawn edge ends upon it
_UPON_M = 1e-6
#: of a route in metres: what a path's length may be below the sum of its parts
_ROUNDING = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CostTile:
    """A tile's ground, as it can be sent.

    Parameters
    ----------
    network : the edges that matter, in the order of the whole network.
    demand, sites : the points that matter, and those that are searched from; (n, 2) metres.
    owns : of `demand`, which lie in the tile itself.
    cutoff : largest cost. max_snap_m, direction, barriers : as in `travel_costs`.
    """

    network: NetworkData
    demand: Floats
    sites: Floats
    owns: NDArray[np.bool_]
    cutoff: Cutoff
    max_snap_m: float
    direction: str
    barriers: gpd.GeoDataFrame | gpd.GeoSeries | None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TileCosts:
    """Costs within one tile: rows of its demand, columns of its sites; states of its own points."""

    matrix: sparse.csr_matrix
    demand_state: NDArray[np.int8]
    site_state: NDArray[np.int8]


def tile_costs(tile: CostTile, name: str = "") -> TileCosts:
    """The costs of one tile; `name` is for who sends tiles elsewhere."""
    if not tile.network.n_edges:  # nobody can be put on a street
        shape = len(tile.demand), len(tile.sites)
        off = [np.full(n, OFF_NETWORK, np.int8) for n in (int(tile.owns.sum()), shape[1])]
        return TileCosts(matrix=sparse.csr_matrix(shape), demand_state=off[0], site_state=off[1])
    crs = tile.network.crs
    demand, sites = (gpd.GeoSeries(shapely.points(xy), crs=crs) for xy in (tile.demand, tile.sites))
    options: TravelOptions = {
        "max_snap_m": tile.max_snap_m,
        "direction": tile.direction,
        "barriers": tile.barriers,
    }
    if tile.cutoff.unit == "m":
        options["cutoff_m"] = tile.cutoff.value
    else:
        options["cutoff_min"] = tile.cutoff.value
    query = travel_query("travel_costs", tile.network, demand, sites, options)
    return TileCosts(
        matrix=all_pairs(query),
        demand_state=query.demand.state[tile.owns],
        site_state=query.sites.state,
    )


#: works out tiles, here or elsewhere: given their number and a function that makes one, it gives
#: each one's number and costs, in any order
Spread = Callable[[int, Callable[[int], CostTile]], Iterable[tuple[int, TileCosts]]]


def one_by_one(count: int, tile: Callable[[int], CostTile]) -> Iterator[tuple[int, TileCosts]]:
    """All tiles in this process."""
    for k in range(count):
        yield k, tile_costs(tile(k))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CostTiles:
    """A query of costs cut into tiles: positions of each tile's points; see `cut`."""

    network: NetworkData
    demand: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    demand_xy: Floats
    sites_xy: Floats
    cutoff: Cutoff
    options: dict[str, Any]
    reach_m: float
    own_demand: tuple[Positions, ...]
    own_sites: tuple[Positions, ...]

    def __len__(self) -> int:
        return len(self.own_sites)

    def demand_of(self, k: int) -> Positions:
        """Positions, ascending, of the demand that tile `k` looks at."""
        near = _within(self.demand_xy, self._box(k), self.reach_m + 2 * self.options["max_snap_m"])
        return np.union1d(near, self.own_demand[k])

    def _box(self, k: int) -> Box | None:
        return _box_of(self.sites_xy[self.own_sites[k]])

    def tile(self, k: int) -> CostTile:
        """The ground of tile `k`."""
        snap_m = self.options["max_snap_m"]
        boxes = edge_boxes(self.network)
        near = np.zeros(self.network.n_edges, bool)
        demand = self.demand_of(k)
        # beside every point all edges that it could be put on, around sites all ways
        for box, margin in (
            (self._box(k), self.reach_m + 3 * snap_m),
            (_box_of(self.demand_xy[self.own_demand[k]]), snap_m),
        ):
            if box is not None:
                near[boxes.within(box, margin + _ROUNDING_M)] = True
        barriers = self.options["barriers"]
        edges = _with_partners(self.network, np.flatnonzero(near))
        if barriers is not None and len(edges):
            met = _box_meets(barriers, boxes, edges, snap_m)
            barriers = barriers[met] if met.any() else None
        return CostTile(
            network=piece_of(self.network, edges),
            demand=self.demand_xy[demand],
            sites=self.sites_xy[self.own_sites[k]],
            owns=np.isin(demand, self.own_demand[k], assume_unique=True),
            cutoff=self.cutoff,
            max_snap_m=snap_m,
            direction=self.options["direction"],
            barriers=barriers,
        )

    def put_together(self, found: Iterable[tuple[int, TileCosts]]) -> TravelCosts:
        """The costs of all tiles, whatever order they come in."""
        parts: dict[int, tuple[NDArray[np.int32], NDArray[np.int32], Floats]] = {}
        demand_state = np.full(len(self.demand), UNLOCATED, np.int8)
        site_state = np.full(len(self.sites), UNLOCATED, np.int8)
        for k, one in found:
            pairs, sites = one.matrix.tocoo(), self.own_sites[k]
            rows = self.demand_of(k)[pairs.row].astype(np.int32)
            parts[k] = rows, sites[pairs.col].astype(np.int32), pairs.data
            demand_state[self.own_demand[k]] = one.demand_state
            site_state[sites] = one.site_state
        none = np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0)
        every = zip(*(none, *(parts[k] for k in sorted(parts))), strict=True)
        row, column, cost = (np.concatenate(one) for one in every)
        shape = len(self.demand), len(self.sites)
        matrix = sparse.csr_matrix((cost, (row, column)), shape=shape)
        matrix.sort_indices()
        demand, sites = self.demand.index, self.sites.index
        return TravelCosts(
            matrix=matrix,
            demand_index=demand,
            site_index=sites,
            unit=self.cutoff.unit,
            method=f"network:{self.network.mode}",
            cutoff=self.cutoff.value,
            demand_state=_states(demand_state, demand),
            site_state=_states(site_state, sites),
        )


def cut(
    network: NetworkData,
    demand: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    *,
    most_edges: int,
    **options: Any,
) -> CostTiles | None:
    """A query of travel costs cut into tiles of about so many edges.

    None where tiles would not do: without a bound of cost or of snapping, where an edge costs
    nothing over a distance, or where something is wrong with the points, which `travel_costs`
    says.

    Parameters
    ----------
    network, demand, sites, options : as in `travel_costs`.
    """
    asked = {"max_snap_m": 500.0, "direction": "to_sites", "barriers": None, **options}
    cutoff = parse_cutoff(asked.pop("cutoff_m", None), asked.pop("cutoff_min", None))
    reach_m = cutoff.value * straight_metres(network, cutoff.unit) * (1 + _ROUNDING)
    reach_m += 2 * _ends_beside(network).max(initial=0.0)  # of the edges at both ends of a route
    frames, walls = (demand, sites), asked["barriers"]
    if walls is not None and not np.isfinite(shapely.get_coordinates(walls.geometry.array)).all():
        return None
    if asked["max_snap_m"] is None or not np.isfinite(reach_m) or not network.n_edges:
        return None
    if not all(_is_plain(frame, network) for frame in frames):
        return None
    xy = [_coordinates(frame) for frame in frames]
    own: list[tuple[Positions, Positions]] = []
    for box in tiles(network, most_edges):
        inside = [_in_tile(points, box) for points in xy]
        if any(map(len, inside)):
            own.append((inside[0], inside[1]))
    return CostTiles(
        network=network,
        demand=demand,
        sites=sites,
        demand_xy=xy[0],
        sites_xy=xy[1],
        cutoff=cutoff,
        options=asked,
        reach_m=float(reach_m),
        own_demand=tuple(one for one, _ in own),
        own_sites=tuple(one for _, one in own),
    )


def straight_metres(network: NetworkData, unit: str) -> float:
    """Metres from node to node as drawn that a unit of cost buys at most, on any edge either way.

    1 or less in metres where no edge is shorter than it is drawn; inf where one costs nothing.
    """
    steps = np.hypot(*np.diff(network.coords, axis=0).T)
    steps = np.append(steps, 0.0)
    steps[network.offsets[1:] - 1] = 0.0  # from one edge's end to the next one's start
    drawn = np.add.reduceat(steps, network.offsets[:-1]) + _ends_beside(network)
    cost = np.minimum(*network.edge_costs(unit))
    usable = np.isfinite(cost) & (drawn > 0)
    with np.errstate(divide="ignore"):
        return float(np.max(drawn[usable] / cost[usable], initial=0.0))


def _ends_beside(network: NetworkData) -> Floats:
    """Of each edge, how far both its drawn ends are from its nodes; none within rounding."""
    nodes = np.column_stack([network.x, network.y])
    tips = (network.u, network.offsets[:-1]), (network.v, network.offsets[1:] - 1)
    beside = [np.hypot(*(nodes[node] - network.coords[tip]).T) for node, tip in tips]
    return np.where((total := beside[0] + beside[1]) > _UPON_M, total, 0.0)


def piece_of(network: NetworkData, edges: Positions) -> NetworkData:
    """Some edges of a network with their ends, in the same order; names and notes are left out."""
    both = np.concatenate([network.u[edges], network.v[edges]])
    nodes, at = np.unique(both, return_inverse=True)
    ends = at.astype(np.int32)
    counts = np.diff(network.offsets)[edges]
    start = np.repeat(network.offsets[:-1][edges] - np.cumsum(counts) + counts, counts)
    minutes: dict[str, Any] = {
        name: None if given is None else given[edges]
        for name, given in (("minutes", network.minutes), ("minutes_back", network.minutes_back))
    }
    return NetworkData(
        crs=network.crs,
        mode=network.mode,
        speed_m_s=network.speed_m_s,
        node_ids=pd.RangeIndex(len(nodes)),
        x=network.x[nodes],
        y=network.y[nodes],
        u=ends[: len(edges)],
        v=ends[len(edges) :],
        length_m=network.length_m[edges],
        oneway=network.oneway[edges],
        coords=network.coords[start + np.arange(len(start))],
        offsets=np.append(0, np.cumsum(counts)),
        edge_ids=pd.RangeIndex(len(edges)),
        **minutes,
    )


def _with_partners(network: NetworkData, edges: Positions) -> Positions:
    """The edges, and those by which the same streets are kept the other way."""
    if not network.oneway.any():
        return edges
    network.edge_costs()  # finds them
    other = network.derived("antiparallel", lambda: np.full(network.n_edges, -1, np.int32))[edges]
    return np.union1d(edges, other[other >= 0])


def _box_of(xy: Floats) -> Box | None:
    if not len(xy):
        return None
    (west, south), (east, north) = xy.min(axis=0).tolist(), xy.max(axis=0).tolist()
    return west, south, east, north


def _within(xy: Floats, box: Box | None, margin_m: float) -> Positions:
    """Points within a margin of a rectangle (and the rounding of it)."""
    if box is None:
        return np.empty(0, np.int64)
    margin = margin_m + _ROUNDING_M
    west, south, east, north = box
    inside = (xy[:, 0] >= west - margin) & (xy[:, 0] <= east + margin)
    return np.flatnonzero(inside & (xy[:, 1] >= south - margin) & (xy[:, 1] <= north + margin))


def _in_tile(xy: Floats, box: Box) -> Positions:
    west, south, east, north = box
    inside = (xy[:, 0] >= west) & (xy[:, 0] < east) & (xy[:, 1] >= south) & (xy[:, 1] < north)
    return np.flatnonzero(inside)


def _box_meets(barriers: Any, boxes: EdgeBoxes, edges: Positions, snap_m: float) -> Any:
    """Of barriers, which come near the edges: a way to an edge could cross them."""
    margin = snap_m + _ROUNDING_M
    west, south = boxes.west[edges].min() - margin, boxes.south[edges].min() - margin
    east, north = boxes.east[edges].max() + margin, boxes.north[edges].max() + margin
    at = barriers.geometry.bounds
    apart = (at["minx"] > east) | (at["maxx"] < west) | (at["miny"] > north) | (at["maxy"] < south)
    return ~apart.to_numpy()


def _is_plain(frame: gpd.GeoDataFrame, network: NetworkData) -> bool:
    """Whether these are points that can be looked at apart, with labels that are unique."""
    if frame.crs is None or not frame.crs.equals(network.crs, ignore_axis_order=True):
        return False
    kinds = shapely.get_type_id(np.asarray(frame.geometry.array))
    return bool(frame.index.is_unique) and bool(np.isin(kinds, (-1, 0)).all())


def _coordinates(frame: gpd.GeoDataFrame) -> Floats:
    """Where the points are; NaN for those that are nowhere."""
    geometry = np.asarray(frame.geometry.array)
    xy = np.full((len(geometry), 2), np.nan)
    located = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    xy[located] = shapely.get_coordinates(geometry[located])
    xy[~np.isfinite(xy).all(axis=1)] = np.nan
    return xy


def _states(codes: NDArray[np.int8], index: pd.Index) -> pd.Series:
    return pd.Series(text_of_codes(STATES, codes), index=index, name="state")
