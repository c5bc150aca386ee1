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

from geoplan.errors import UsageError
from geoplan.network.graph.network import NetworkData
from geoplan.network.isochrones.outlines import street_points
from geoplan.network.isochrones.outlines.outline import FINEST_M
from geoplan.network.isochrones.outlines.point_runs import (
    Meeting,
    NodeCosts,
    PointRuns,
    SitesBetween,
    runs_per_group,
)
from geoplan.network.isochrones.outlines.strips import strips
from geoplan.network.isochrones.reach_areas import AreaQuery, costs_per_site
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
    """The streets at every node, and the sites that lie on a street between its nodes."""

    meeting: Meeting
    seeds: Connectors

    @classmethod
    def of(cls, query: AreaQuery) -> _Streets:
        network = query.network
        ends = np.concatenate([network.u, network.v])
        by_node = np.argsort(ends, kind="stable")
        degree = np.bincount(ends, minlength=network.n_nodes)
        forward, backward = network.edge_costs(query.unit)
        return cls(
            meeting=Meeting(
                first=np.cumsum(degree) - degree,
                degree=degree,
                edge=by_node % network.n_edges,
                at_v=by_node >= network.n_edges,
                per=np.stack([backward, forward] if query.to_sites else [forward, backward]),
            ),
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
            runs = _points_reached(query, streets, at[some], costs[:, some], float(side))
            width_m = max(query.width, float(side))
            shapes[some] = strips([runs], n_groups=len(some), width_m=width_m, cell_m=float(side))
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
) -> PointRuns:
    """Points along the streets from which each site is within the cutoff."""
    network, meeting, seeds = query.network, streets.meeting, streets.seeds
    own = SitesBetween(seeds.edge[sites], seeds.fraction[sites], seeds.snap[sites])
    met = np.zeros(network.n_edges, bool)
    met[own.edge[own.edge >= 0]] = True
    reached = np.zeros(network.n_nodes, bool)
    reached[costs.indices] = True
    met |= reached[network.u] | reached[network.v]
    step_m = FINEST_M / 2 * 2 ** np.floor(np.log2(cell_m / FINEST_M))
    points = street_points.street_points(network, float(step_m), np.flatnonzero(met))
    there = NodeCosts(costs.indptr, costs.indices, costs.data)
    return runs_per_group(there, meeting, own, query.cutoff, points)
