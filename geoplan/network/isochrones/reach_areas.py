"""Reach areas: the ground from which a site can be reached within a cutoff, cut to the metre."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse

from geoplan.distinct import distinct
from geoplan.errors import Faults, UsageError
from geoplan.network.graph.network import NetworkData
from geoplan.network.graph.timed import TimedNetwork, streets_of
from geoplan.network.isochrones.bands import rings_between
from geoplan.network.isochrones.clip_cells import ReachedEdges, reached_parts
from geoplan.network.isochrones.edge_cost_profile import Reach
from geoplan.network.isochrones.polygonize import polygonize
from geoplan.network.isochrones.voronoi_cells import StreetCells, street_cells
from geoplan.network.search.connectors import Connectors, EdgeCosts, connect
from geoplan.network.search.queries import node_costs, travel_costs
from geoplan.network.search.snapped_points import ON, SnappedPoints, snap_nodes
from geoplan.network.search.travel_query import (
    POINT_DEFAULTS,
    AreaOptions,
    Points,
    check_direction,
    check_labels,
    parse_cutoff,
    snapped,
)
from geoplan.parallel import run
from geoplan.tolerances import POLYGON_GRID_M, SITE_STRIP_M
from geoplan.validate import check_keywords, number, numbers
from geoplan.words.message import Message

_log = logging.getLogger(__name__)

#: side of the tiles by which streets near the reached ones are found
_TILE_M = 250.0
#: sites whose node costs are held at one time
_CHUNK = 256
#: pairs of a site and a node that are looked for in one call, as far as is known before it
_CALL_PAIRS = 4_000_000


def reach_areas(
    network: NetworkData | TimedNetwork,
    sites: Points,
    *,
    cutoffs_m: Sequence[float] | None = None,
    cutoffs_min: Sequence[float] | None = None,
    width_m: float | None = None,
    dissolve: bool = False,
    disjoint: bool = False,
    **options: Unpack[AreaOptions],
) -> gpd.GeoDataFrame:
    """Polygons of the ground within each cutoff of each site.

    A point is inside exactly when `nearest_site` finds the site within the cutoff for
    it: the way from the point to its nearest street counts, then the way along the streets,
    then the site's own way to its street. So along a street the polygon ends at the very metre;
    off the street it narrows by what is left of the cutoff, and ends where another street is
    nearer. That border is true to about a metre (1.25 m within 40 m of the streets, 2 m within
    100 m; farther off, where two corners are equally near, to a few metres). A site that is within
    its own cutoff lies inside.

    Parameters
    ----------
    network : the streets; its mode says how people go. Of a `TransitNetwork` the times at the
        streets' corners are exact and people walk on from there.
    sites : points in the network's CRS, or `SnappedPoints`.
    cutoffs_m, cutoffs_min : one of them; any order, positive.
    width_m : ground farther than this from its street is left out. None = `max_snap_m`: just
        the ground whose people are counted. With a narrow width (30 m) the reached streets
        themselves are drawn; a point inside is still within the cutoff, and one outside is not,
        or lies farther than the width from the street.
    dissolve : one polygon per cutoff for all sites together, from one search; the way to draw
        thousands of sites.
    disjoint : rings: each cutoff without what the smaller ones hold.
    options : keywords, all of which may be left out:
    max_snap_m : sites farther than this from every edge have no area; the widest `width_m`. None =
        no limit (then `width_m` must be given).
    direction : ``"to_sites"`` (people go there) or ``"from_sites"`` (a service drives out).
    barriers, threads : as in `travel_costs`. (The ground is not cut at barriers.)
    depart, arrive, percentile, max_walk_m, max_transfers, board_slack_s : by public transport only.

    Returns
    -------
    GeoDataFrame
        Columns ``site`` (the site's label; <NA> when dissolved), ``cutoff_m`` or ``cutoff_min``,
        ``geometry`` (Polygon or MultiPolygon with holes, in the network's CRS; empty where
        nothing is reached), ordered by site, then cutoff.

    Raises
    ------
    UsageError
        Cutoffs or width make no sense; all faults at once.
    MissingCrsError, CrsMismatchError
        The sites are not in the network's CRS.

    Examples
    --------
    One street of 1 km, a site at its middle: 200 m each way, and a rhombus off the street.

    >>> import geopandas as gpd, pandas as pd
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 1000], [0, 0]), crs="EPSG:4548")
    >>> from geoplan.network import Network
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": [0], "v": [1], "length_m": [1000.0]}), mode="walk")
    >>> site = gpd.GeoSeries(gpd.points_from_xy([500], [0]), index=["A"], crs="EPSG:4548")
    >>> area = reach_areas(network, site, cutoffs_m=[200])
    >>> area.geometry.iloc[0].bounds, round(area.geometry.iloc[0].area)
    ((300.0, -200.0, 700.0, 200.0), 80000)
    """
    check_keywords("reach_areas", options, AreaOptions)
    given = POINT_DEFAULTS | options
    streets: NetworkData = streets_of(network)
    when: dict[str, Any] = {
        key: value for key, value in options.items() if key not in POINT_DEFAULTS
    }
    if when and streets is network:
        said = ", ".join(when)
        raise UsageError.of("transit.streets_only", names=said, function="reach_areas")
    max_snap_m, threads = given["max_snap_m"], given["threads"]
    cutoffs, unit, width = _checked(cutoffs_m, cutoffs_min, width_m, max_snap_m)
    if unit == "m" and streets is not network:
        raise UsageError.of("transit.no_metres", function="reach_areas")
    to_sites = check_direction(given["direction"])
    barriers = given["barriers"]
    points = snapped(streets, sites, "the sites", max_snap_m=max_snap_m, barriers=barriers)
    if not dissolve:
        check_labels(points, "the sites")
    query = AreaQuery(
        network=streets,
        sites=points,
        unit=unit,
        cutoff=max(cutoffs),
        width=width,
        to_sites=to_sites,
        travel=network.changed(**when) if isinstance(network, TimedNetwork) else network,
        threads=threads,
    )
    groups = _dissolved(query) if dissolve else _reached_per_site(query)
    city: StreetCells | None = None
    labels: list[Any] = []
    shapes: list[Any] = []
    for names, reached in groups:
        cells, city = _cells_near(query, reached, city)
        jobs = [(way, cutoff) for way in reached for cutoff in sorted(set(cutoffs))]
        drawn = run(partial(_area, query, cells), jobs, threads=threads)
        labels.extend(names)
        shapes.extend(drawn)
    steps = sorted(set(cutoffs))
    column = "cutoff_m" if unit == "m" else "cutoff_min"
    frame = gpd.GeoDataFrame(
        {
            "site": pd.Series(
                np.repeat(_column(labels), len(steps)),
                dtype="str" if dissolve else getattr(points.index, "dtype", object),
            ),
            column: np.tile(np.asarray(steps, np.float64), len(labels)),
        },
        geometry=np.array(shapes, object),
        crs=streets.crs,
    )
    return rings_between(frame, len(steps)) if disjoint else frame


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AreaQuery:
    """What is asked about reach areas: `unit` ``"m"`` or ``"min"``, the largest cutoff in it."""

    network: NetworkData
    sites: SnappedPoints
    unit: str
    cutoff: float
    width: float
    to_sites: bool
    travel: NetworkData | TimedNetwork
    threads: int | None

    @property
    def leg(self) -> float:
        """Cost of a metre off the street."""
        return self.network.snap_cost(self.unit)

    @property
    def span_m(self) -> float:
        """Farthest that ground can lie from its street."""
        return min(self.width, self.cutoff / self.leg)


def _checked(
    cutoffs_m: Sequence[float] | None,
    cutoffs_min: Sequence[float] | None,
    width_m: float | None,
    max_snap_m: float | None,
) -> tuple[list[float], str, float]:
    faults = Faults(UsageError, "call_faults.of_reach_areas")
    if (cutoffs_m is None) == (cutoffs_min is None):
        faults.add(Message("call_faults.one_of_cutoffs"))
    given = cutoffs_m if cutoffs_m is not None else cutoffs_min
    listed = [] if given is None else numbers(given)
    if given is not None and not listed:
        faults.add(Message("call_faults.cutoffs_empty"))
    if not all(np.isfinite(c) and c > 0 for c in listed):
        faults.add(Message("call_faults.cutoff_positive", value=given))
    most = np.inf if max_snap_m is None else number(max_snap_m)
    width = number(most if width_m is None else width_m)
    if not most > 0:
        faults.add(Message("call_faults.snap_positive", value=max_snap_m))
    elif width_m is None and np.isinf(width):
        faults.add(Message("call_faults.needs_width"))
    elif not (np.isfinite(width) and 0 < width <= most):
        faults.add(Message("call_faults.width_between", most=most, value=width_m))
    faults.raise_all()
    return listed, "m" if cutoffs_m is not None else "min", width


def _dissolved(query: AreaQuery) -> Iterator[tuple[list[Any], list[ReachedEdges]]]:
    """One search from all sites."""
    cutoff = parse_cutoff(*((query.cutoff, None) if query.unit == "m" else (None, query.cutoff)))
    cost = node_costs(query.travel, query.sites, cutoff, to_sites=query.to_sites)
    near = (cost[query.network.u] <= query.cutoff) | (cost[query.network.v] <= query.cutoff)
    seeds = connect(query.network, query.sites, unit=query.unit, leaving=not query.to_sites)
    sites = np.flatnonzero(query.sites.state == ON)
    yield [None], [_reached_edges(query, sites, seeds, cost, np.flatnonzero(near))]


def costs_per_site(
    query: AreaQuery,
) -> Iterator[tuple[NDArray[np.int64], sparse.csc_matrix]]:
    """Node costs of many sites at a time: their positions, and a column of costs per site."""
    nodes = snap_nodes(query.network)
    start, size = 0, _CHUNK
    while start < len(query.sites):
        at = np.arange(start, min(start + size, len(query.sites)))
        found = travel_costs(
            query.travel,
            nodes,
            _some(query.sites, at),
            direction="to_sites" if query.to_sites else "from_sites",
            threads=query.threads,
            cutoff_m=query.cutoff if query.unit == "m" else None,
            cutoff_min=query.cutoff if query.unit == "min" else None,
        )
        costs = found.matrix.tocsc()
        for k in range(0, len(at), _CHUNK):  # the same together, however many were asked about
            yield at[k : k + _CHUNK], costs[:, k : k + _CHUNK]
        start += len(at)
        size = _CHUNK * max(1, int(_CALL_PAIRS * len(at) / max(found.matrix.nnz, 1)) // _CHUNK)


def _reached_per_site(query: AreaQuery) -> Iterator[tuple[list[Any], list[ReachedEdges]]]:
    """What each site reaches, many sites at a time."""
    network = query.network
    seeds = connect(network, query.sites, unit=query.unit, leaving=not query.to_sites)
    meeting = np.argsort(np.concatenate([network.u, network.v]), kind="stable") % network.n_edges
    degree = np.bincount(np.concatenate([network.u, network.v]), minlength=network.n_nodes)
    first = np.cumsum(degree) - degree
    cost = np.full(network.n_nodes, np.inf)
    for at, found in costs_per_site(query):
        reached = []
        for k, site in enumerate(at):
            rows = found.indices[found.indptr[k] : found.indptr[k + 1]]
            cost[rows] = found.data[found.indptr[k] : found.indptr[k + 1]]
            on = np.array([site]) if query.sites.state[site] == ON else np.empty(0, np.int64)
            counts = degree[rows]
            begin = np.repeat(first[rows] - np.cumsum(counts) + counts, counts)
            edges = distinct(meeting[begin + np.arange(counts.sum())])
            reached.append(_reached_edges(query, on, seeds, cost, edges))
            cost[rows] = np.inf
        yield query.sites.index[at].tolist(), reached


def _column(labels: list[Any]) -> NDArray[Any]:
    """Labels as they are, tuples (of a MultiIndex) too."""
    column = np.empty(len(labels), object)
    column[:] = labels
    return column


def _some(points: SnappedPoints, at: NDArray[np.int64]) -> SnappedPoints:
    """The points at these positions, numbered anew."""
    return replace(points.take(at), index=pd.RangeIndex(len(at)))


def _reached_edges(
    query: AreaQuery,
    sites: NDArray[np.int64],
    seeds: Connectors,
    cost: NDArray[np.float64],
    near: NDArray[np.int64],
) -> ReachedEdges:
    """What the node costs say on the edges of reached nodes, and the sites' own edges."""
    network = query.network
    mid = sites[seeds.edge[sites] >= 0]
    mid = mid[np.lexsort((seeds.fraction[mid], seeds.edge[mid]))]
    edges = distinct(np.concatenate([near, seeds.edge[mid]]))
    return ReachedEdges(
        edges=edges,
        from_u=cost[network.u[edges]],
        from_v=cost[network.v[edges]],
        site_ptr=np.searchsorted(seeds.edge[mid], np.append(edges, np.iinfo(np.int64).max)),
        site_at=seeds.fraction[mid],
        site_cost=seeds.snap[mid],
        sites=sites,
    )


def _cells_near(
    query: AreaQuery, reached: list[ReachedEdges], city: StreetCells | None
) -> tuple[StreetCells, StreetCells | None]:
    """Cells of the streets that are reached and of those near enough to be the nearest.

    Where that is most of a city, all of it (`city`) is divided once for the call. It is not kept
    longer: it takes half a gigabyte for 200,000 nodes, and seconds to make.
    """
    network = query.network
    if city is not None:
        return city, city
    edges = [np.empty(0, np.int64), *(one.edges for one in reached)]
    near = _edges_near(network, distinct(np.concatenate(edges)), 2 * query.span_m)
    if len(near) > 0.5 * network.n_edges:
        _log.debug("dividing the ground among all %d streets", network.n_edges)
        city = street_cells(network, np.arange(network.n_edges), margin_m=query.span_m)
        return city, city
    return street_cells(network, near, margin_m=query.span_m), None


def _edges_near(
    network: NetworkData, edges: NDArray[np.int64], distance_m: float
) -> NDArray[np.int64]:
    """Edges whose box comes within `distance_m` of the boxes of `edges` (and some more)."""
    if len(edges) == 0:
        return edges
    first = network.offsets[:-1]
    low = np.minimum.reduceat(network.coords, first)
    high = np.maximum.reduceat(network.coords, first)
    origin = low.min(axis=0) - distance_m
    size = np.ceil((high.max(axis=0) + distance_m - origin) / _TILE_M).astype(np.int64) + 2
    tile_low = ((low - origin) / _TILE_M).astype(np.int64)
    tile_high = ((high - origin) / _TILE_M).astype(np.int64)
    reach = int(np.ceil(distance_m / _TILE_M))
    # mark the tiles of each box by the corners of a summed difference table
    marks = np.zeros(tuple(size + 1), np.int64)
    a = np.maximum(tile_low[edges] - reach, 0)
    b = np.minimum(tile_high[edges] + reach + 1, size)
    for x, y, sign in ((a, a, 1), (b, b, 1), (a, b, -1), (b, a, -1)):
        np.add.at(marks, (x[:, 0], y[:, 1]), sign)
    covered = marks.cumsum(axis=0).cumsum(axis=1) > 0
    total = np.zeros(tuple(size + 2), np.int64)
    total[1:, 1:] = covered.cumsum(axis=0).cumsum(axis=1)
    p, q = tile_low, tile_high + 1
    hits = total[q[:, 0], q[:, 1]] - total[p[:, 0], q[:, 1]]
    hits += total[p[:, 0], p[:, 1]] - total[q[:, 0], p[:, 1]]
    return np.flatnonzero(hits > 0)


def _area(query: AreaQuery, cells: StreetCells, job: tuple[ReachedEdges, float]) -> Any:
    """The polygon of one site (or of all of them) at one cutoff."""
    reached, cutoff = job
    costs = EdgeCosts(*query.network.edge_costs(query.unit), query.to_sites)
    reach = Reach(cutoff, query.leg, query.width)
    area = polygonize(reached_parts(reached, costs, cells, reach))
    return _with_sites(query, area, reached.sites, cutoff)


def _with_sites(query: AreaQuery, area: Any, sites: NDArray[np.int64], cutoff: float) -> Any:
    """The area with the sites inside that are within their own cutoff.

    On a one-way street the ground ends in the very line from the site to its street, and between
    two streets the site may lie where the border is off: then that line, a few centimetres wide.
    """
    if area.is_empty:  # streets without length have no ground
        return area
    points = query.sites
    leg = points.snap_m[sites]
    own = sites[(2 * leg * query.leg <= cutoff) & (leg <= query.width)]
    out = own[~shapely.covers(area, shapely.points(points.origin[own]))]
    if not len(out):
        return area
    ways = shapely.linestrings(np.stack([points.origin[out], points.xy[out]], axis=1))
    strips = shapely.buffer(ways, SITE_STRIP_M, quad_segs=2)
    return shapely.union_all([area, *strips], grid_size=POLYGON_GRID_M)
