"""The outline of what each site reaches, for layers with a polygon per site.

As `reach_outline` for a whole city: exact along the streets, with a strip of ground beside them.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from geoplan.errors import UsageError
from geoplan.network.graph.network import NetworkData
from geoplan.network.isochrones.clip_cells import ReachedEdges
from geoplan.network.isochrones.outline import street_points, strip
from geoplan.network.isochrones.reach_areas import AreaQuery, reached_per_site
from geoplan.network.search.travel_query import Points, check_direction, snapped
from geoplan.validate import positive_number

#: most cells of the grid of one site: a quarter of an hour by car is drawn to about 40 m
_MOST_CELLS = 160_000


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
        raise UsageError("site_outlines: give cutoff_m or cutoff_min, and only one of them.")
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
    for names, reached in reached_per_site(query):
        for name, way in zip(names, reached, strict=True):
            xy = _points_reached(query, way)
            if len(xy):
                shape, cell = strip(xy, width_m, most_cells=_MOST_CELLS)
                labels.append(name)
                shapes.append(shape)
                cells.append(cell)
    return gpd.GeoDataFrame(
        {"cutoff": np.full(len(labels), query.cutoff), "cell_m": cells},
        index=labels,
        geometry=shapes,
        crs=network.crs,
    )


def _points_reached(query: AreaQuery, way: ReachedEdges) -> NDArray[np.float64]:
    """Points along the reached edges from which the site is within the cutoff."""
    network = query.network
    xy, edge, part = street_points(network)
    first = network.derived(
        "street_points_of_edges",
        lambda: np.searchsorted(edge, np.arange(network.n_edges + 1)),
    )
    forward, backward = network.edge_costs(query.unit)
    along, against = (forward, backward) if query.to_sites else (backward, forward)
    counts = first[way.edges + 1] - first[way.edges]
    begin = np.repeat(first[way.edges] - np.cumsum(counts) + counts, counts)
    at = begin + np.arange(counts.sum())
    slot, own = np.repeat(np.arange(len(way.edges)), counts), part[at]
    e = way.edges[slot]
    with np.errstate(invalid="ignore"):  # inf times 0: at the node itself its own cost counts
        by_u = way.from_u[slot] + np.where(own > 0, own * against[e], 0.0)
        by_v = way.from_v[slot] + np.where(own < 1, (1.0 - own) * along[e], 0.0)
        reached = np.minimum(by_u, by_v) <= query.cutoff
        # people on the site's own street reach it without passing a node
        for k in np.flatnonzero(np.diff(way.site_ptr)):
            on = np.flatnonzero(slot == k)
            for s in range(way.site_ptr[k], way.site_ptr[k + 1]):
                ahead = way.site_at[s] - own[on]
                cost = np.where(ahead >= 0, ahead * along[e[on]], -ahead * against[e[on]])
                reached[on[cost + way.site_cost[s] <= query.cutoff]] = True
    return xy[at[reached]]
