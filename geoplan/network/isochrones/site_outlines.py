"""The outline of what each site reaches, for layers with a polygon per site.

As `reach_outline` for a whole city: exact along the streets, with a strip of ground beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from geoplan.distinct import distinct
from geoplan.errors import UsageError
from geoplan.network.graph.network import NetworkData
from geoplan.network.isochrones.outline import FINEST_M, street_points
from geoplan.network.isochrones.reach_areas import AreaQuery, costs_per_site
from geoplan.network.isochrones.strips import strips
from geoplan.network.search.connectors import Connectors, connect
from geoplan.network.search.travel_query import Points, check_direction, snapped
from geoplan.validate import positive_number

#: most cells of the grid of one site: a quarter of an hour by car is drawn to about 60 m
_MOST_CELLS = 80_000
#: each grid is this much coarser than the next finer one
_COARSER = 2**0.5
#: sites that are drawn together: most pairs of a site and a node
_MOST_PAIRS = 500_000


def site_outlines(
    network: NetworkData,
    sites: Points,
    *,
    cutoff_m: float | None = None,
    cutoff_min: float | None = None,
    width_m: float = 100.0,
    max_snap_m: float = 500.0,
    direction: str = "to_sites",
    barriers: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
) -> gpd.GeoDataFrame:
    """One polygon per site: streets within the cutoff of it, with `width_m` of ground beside them.

    Parameters
    ----------
    network, sites, cutoff_m, cutoff_min, width_m, max_snap_m, direction, barriers : as in
        `reach_outline`.

    Returns
    -------
    GeoDataFrame
        Index = the site's label; ``cutoff``, ``cell_m`` (the grid's side: the outline is true to
        about that), ``geometry`` in the network's CRS. Sites that reach no street have no row.

    Raises
    ------
    UsageError
        No cutoff, both cutoffs, or a width that is not positive.

    Examples
    --------
    >>> import pandas as pd
    >>> nodes = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 2000], [0, 0]), crs="EPSG:4548")
    >>> from geoplan.network import Network
    >>> network = Network.from_edges(
    ...     nodes, pd.DataFrame({"u": [0], "v": [1], "length_m": [2000.0]}), mode="walk")
    >>> two = gpd.GeoSeries(
    ...     gpd.points_from_xy([500, 1800], [0, 0]), index=["a", "b"], crs="EPSG:4548")
    >>> found = site_outlines(network, two, cutoff_m=300)
    >>> found.bounds.round(-2).astype(int).to_dict("index")["b"]
    {'minx': 1400, 'miny': -100, 'maxx': 2100, 'maxy': 100}
    """
    if (cutoff_m is None) == (cutoff_min is None):
        raise UsageError.of("call_faults.one_cutoff", function="site_outlines")
    unit = "m" if cutoff_m is not None else "min"
    width_m = positive_number("site_outlines: width_m", width_m, "metres")
    query = AreaQuery(
        network=network,
        sites=snapped(network, sites, "the sites", max_snap_m=max_snap_m, barriers=barriers),
        unit=unit,
        cutoff=positive_number(
            f"site_outlines: cutoff_{unit}",
            cutoff_m if unit == "m" else cutoff_min,
            "metres" if unit == "m" else "minutes",
        ),
        width=width_m,
        to_sites=check_direction(direction),
        travel=network,
        threads=None,
    )
    labels: list[Any] = []
    shapes: list[Any] = []
    cells: list[float] = []
    streets = _Streets.of(query)
    for at, costs in costs_per_site(query):
        found, cell = _outlines(query, streets, at, costs)
        drawn = np.array([shape is not None for shape in found], bool)
        labels.extend(query.sites.index[at[drawn]].tolist())
        shapes.extend(found[drawn])
        cells.extend(cell[drawn])
    return gpd.GeoDataFrame(
        {"cutoff": np.full(len(labels), query.cutoff), "cell_m": cells},
        index=labels,
        geometry=shapes,
        crs=network.crs,
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Streets:
    """The streets at every node, and the sites that lie on a street between its nodes.

    first, degree : of a node, its entries in `edge` and `at_v` (whether it is the edge's end).
    per : cost of the whole edge towards its start (row 0) and its end (row 1).
    """

    first: NDArray[np.int64]
    degree: NDArray[np.int64]
    edge: NDArray[np.int64]
    at_v: NDArray[np.bool_]
    per: NDArray[np.float64]
    seeds: Connectors

    @classmethod
    def of(cls, query: AreaQuery) -> _Streets:
        network = query.network
        ends = np.concatenate([network.u, network.v])
        meeting = np.argsort(ends, kind="stable")
        degree = np.bincount(ends, minlength=network.n_nodes)
        forward, backward = network.edge_costs(query.unit)
        return cls(
            first=np.cumsum(degree) - degree,
            degree=degree,
            edge=meeting % network.n_edges,
            at_v=meeting >= network.n_edges,
            per=np.stack([backward, forward] if query.to_sites else [forward, backward]),
            seeds=connect(network, query.sites, unit=query.unit, leaving=not query.to_sites),
        )


def _outlines(
    query: AreaQuery, streets: _Streets, at: NDArray[np.int64], costs: sparse.csc_matrix
) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """The outlines of the sites `at`, and their cells; `costs` has a column for each of them."""
    shapes = np.full(len(at), None, object)
    cell = _cells(query, costs)
    for side in np.unique(cell):
        alike = np.flatnonzero(cell == side)
        for some in _together(alike, np.diff(costs.indptr)[alike]):
            xy, owner = _points_reached(query, streets, at[some], costs[:, some], float(side))
            shapes[some] = strips(
                xy, owner, n_groups=len(some), width_m=max(query.width, side), cell_m=float(side)
            )
    return shapes, cell


def _cells(query: AreaQuery, costs: sparse.csc_matrix) -> NDArray[np.float64]:
    """The side of each site's grid, by how far its nodes lie apart."""
    found = np.full(costs.shape[1], FINEST_M)
    some = np.flatnonzero(np.diff(costs.indptr))
    if len(some):
        network, begin = query.network, costs.indptr[some]
        xy = np.column_stack([network.x, network.y])[costs.indices]
        span = np.maximum.reduceat(xy, begin) - np.minimum.reduceat(xy, begin)
        sides = np.sqrt(np.prod(span + 2 * query.width, axis=1) / _MOST_CELLS)
        coarser = np.ceil(np.log(np.maximum(sides / FINEST_M, 1.0)) / np.log(_COARSER))
        found[some] *= _COARSER**coarser
    return found


def _together(sites: NDArray[np.int64], pairs: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """`sites` in runs of a bounded number of pairs."""
    begin, held = 0, 0
    for k, more in enumerate(pairs):
        if k > begin and held + more > _MOST_PAIRS:
            yield sites[begin:k]
            begin, held = k, 0
        held += more
    yield sites[begin:]


def _points_reached(
    query: AreaQuery,
    streets: _Streets,
    sites: NDArray[np.int64],
    costs: sparse.csc_matrix,
    cell_m: float,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Points along the streets from which each site is within the cutoff, and whose they are."""
    network = query.network
    count = streets.degree[costs.indices]
    way = np.repeat(streets.first[costs.indices] - np.cumsum(count) + count, count)
    way += np.arange(len(way))
    owner = np.repeat(np.repeat(np.arange(len(sites)), np.diff(costs.indptr)), count)
    on, at_v = streets.edge[way], streets.at_v[way]
    with np.errstate(divide="ignore", invalid="ignore"):  # a street without length has a cost of 0
        share = np.repeat(query.cutoff - costs.data, count) / streets.per[at_v.astype(int), on]
    share[np.isnan(share)] = 1.0
    pair = owner * network.n_edges + on
    full = distinct(pair[share >= 1])
    whole, street = np.divmod(full, network.n_edges)
    cut = np.flatnonzero(share < 1)
    cut = cut[~_among(full, pair[cut])]
    on, at_v, share = on[cut], at_v[cut], share[cut]
    mid = np.flatnonzero(streets.seeds.edge[sites] >= 0)
    own = streets.seeds.edge[sites[mid]]
    met = np.zeros(network.n_edges, bool)
    for some in (street, on, own):
        met[some] = True
    which = np.flatnonzero(met)
    step_m = FINEST_M / 2 * 2 ** np.floor(np.log2(cell_m / FINEST_M))
    xy, edge, part = street_points(network, float(step_m), which=which)
    place = 2.0 * edge + part
    first, last = (np.searchsorted(edge, which, side=side) for side in ("left", "right"))
    street, at = np.searchsorted(which, street), np.searchsorted(which, on)
    begin = np.where(at_v, np.searchsorted(place, 2.0 * on + (1 - share)), first[at])
    end = np.where(at_v, last[at], np.searchsorted(place, 2.0 * on + share, side="right"))
    # people on the site's own street reach it without passing a node
    rest = query.cutoff - streets.seeds.snap[sites[mid]]
    fraction = streets.seeds.fraction[sites[mid]]
    with np.errstate(divide="ignore", invalid="ignore"):
        after, before = np.nan_to_num(rest / streets.per[:, own], nan=1.0)
    near, far = np.maximum(fraction - before, 0), np.minimum(fraction + after, 1)
    starts = (first[street], begin, np.searchsorted(place, 2.0 * own + near))
    ends = (last[street], end, np.searchsorted(place, 2.0 * own + far, side="right"))
    start, length = np.concatenate(starts), np.concatenate(ends)
    length -= start
    length[length < 0] = 0
    point = np.repeat(start - np.cumsum(length) + length, length) + np.arange(length.sum())
    return xy[point], np.repeat(np.concatenate([whole, owner[cut], mid]), length)


def _among(known: NDArray[np.int64], values: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the values are among `known`, which are ascending."""
    if not len(known):
        return np.zeros(len(values), bool)
    return known[np.minimum(np.searchsorted(known, values), len(known) - 1)] == values
