"""Candidates for new sites: junctions, parcels, clusters; thinned so that nobody loses reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from geoplan.errors import UsageError
from geoplan.inputs.layers import check_projected
from geoplan.siting.model.core import Cover
from geoplan.siting.model.dominance import dominated_sites
from geoplan.siting.model.reduction import transpose
from geoplan.tolerances import MEASURED_M

#: Lloyd's algorithm mostly comes to rest within a few dozen rounds
_LLOYD_ROUNDS = 300
#: demand rows at which two candidates meet, weighed at once: some 100 MB
_MEETINGS = 5e6


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Thinned:
    """Which candidates were kept and what that can cost.

    Parameters
    ----------
    kept : positions of the kept candidates, ascending.
    loss : float64 per dropped candidate, largest first: people that the best single kept
        substitute does not reach. Zero for a candidate whose people another one reaches too.
    worth : positions of all but those that were dropped because another one reaches their people
        too (at no cost): where nothing but people counts, a problem over these is one over all.
    """

    kept: np.ndarray
    loss: np.ndarray
    worth: np.ndarray

    def bound_loss(self, sites: int) -> float:
        """An upper bound on the people that thinning can cost a plan of `sites` new sites.

        In a best plan over all candidates, put in place of every dropped site its best kept
        substitute: at most the largest `sites` losses go.
        """
        return float(self.loss[: max(sites, 0)].sum())


def junction_points(
    x: np.ndarray, y: np.ndarray, *, crs: object, near: gpd.GeoDataFrame, within_m: float
) -> gpd.GeoDataFrame:
    """Junctions of a network (`x`, `y`, metres) no farther than `within_m` from any of `near`.

    Parameters
    ----------
    x, y : float64, metres in `crs`.
    crs : projected CRS of the coordinates.
    near : points in the same CRS (demand, say); rows without a location are left aside.
    within_m : metres; a junction exactly so far away is kept.

    Returns
    -------
    GeoDataFrame of points, index ``"n<position>"``.

    Examples
    --------
    >>> homes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([90], [0]), crs="EPSG:4548")
    >>> found = junction_points(
    ...     np.array([0.0, 100.0, 900.0]), np.zeros(3), crs="EPSG:4548", near=homes, within_m=50)
    >>> found.index.tolist(), found.geometry.iloc[0].wkt
    (['n1'], 'POINT (100 0)')
    """
    places = near.geometry.to_numpy()
    located = places[~(shapely.is_missing(places) | shapely.is_empty(places))]
    keep = _near_any(np.column_stack([x, y]), located, within_m)
    return gpd.GeoDataFrame(
        geometry=shapely.points(x[keep], y[keep]),
        index=pd.Index([f"n{i}" for i in keep], name="id"),
        crs=crs,
    )


def _near_any(xy: np.ndarray, targets: np.ndarray, within_m: float) -> np.ndarray:
    """Positions of those no farther than `within_m` from any of the points `targets`, ascending.

    Each looks for its nearest target: all pairs within reach are a hundred times as many.
    """
    from scipy.spatial import cKDTree  # takes a while to load

    if len(xy) == 0 or len(targets) == 0:
        return np.empty(0, np.int64)
    near = cKDTree(shapely.get_coordinates(targets)).query(xy)[0] - within_m
    kept = near <= 0
    close = np.flatnonzero(np.abs(near) < MEASURED_M)  # GEOS, which measures all, decides
    points = shapely.points(xy[close])
    found = shapely.STRtree(targets).query(points, predicate="dwithin", distance=within_m)[0]
    kept[close] = False
    kept[close[found]] = True
    return np.flatnonzero(kept)


def cluster_points(demand: gpd.GeoDataFrame, *, clusters: int, seed: int = 0) -> gpd.GeoDataFrame:
    """Centres of the weighted k-means of `demand` (column ``people``), in its CRS.

    Parameters
    ----------
    demand : points with people; rows without a location or without people are left aside.
    clusters : number of centres; fewer where there are fewer distinct locations.
    seed : of the first centres; the same seed gives the same centres.

    Returns
    -------
    GeoDataFrame with the columns ``people`` (in the cluster) and ``geometry``.

    Raises
    ------
    MissingCrsError, GeographicCrsError
        Demand without a CRS, or in degrees.

    Notes
    -----
    Lloyd's algorithm with people as weights (Lloyd 1982), started by k-means++ (Arthur and
    Vassilvitskii 2007). The centres are locations to look around, not locations proved best.

    Examples
    --------
    >>> people = gpd.GeoDataFrame(
    ...     {"people": [30, 10, 50]}, geometry=gpd.points_from_xy([0, 40, 9000], [0, 0, 0]),
    ...     crs="EPSG:4548")
    >>> centres = cluster_points(people, clusters=2)
    >>> sorted(zip(centres.geometry.x.round(6), centres["people"]))
    [(10.0, 40.0), (9000.0, 50.0)]
    """
    check_projected(demand, "the demand")
    used = demand[demand.geometry.notna() & (demand["people"] > 0)]
    locations = np.column_stack([used.geometry.x, used.geometry.y])
    count = min(clusters, len(np.unique(locations, axis=0)))
    if count == 0:
        return gpd.GeoDataFrame({"people": []}, geometry=[], crs=demand.crs)
    weights = used["people"].to_numpy(float)
    centres = _spread(locations, weights, count, np.random.default_rng(seed))
    label = _nearest(locations, centres)
    for _ in range(_LLOYD_ROUNDS):
        people = np.bincount(label, weights=weights, minlength=count)
        some = people > 0  # a centre that has lost its people stays
        for axis in (0, 1):
            sums = np.bincount(label, weights=weights * locations[:, axis], minlength=count)
            centres[some, axis] = sums[some] / people[some]
        before, label = label, _nearest(locations, centres)
        if np.array_equal(before, label):
            break
    people = np.bincount(label, weights=weights, minlength=count)
    return gpd.GeoDataFrame(
        {"people": people},
        geometry=gpd.points_from_xy(*centres.T),
        index=pd.Index([f"k{i}" for i in range(count)], name="id"),
        crs=demand.crs,
    )


def _nearest(locations: np.ndarray, centres: np.ndarray) -> np.ndarray:
    from scipy.spatial import cKDTree  # takes a while to load

    return np.asarray(cKDTree(centres).query(locations)[1])


def _spread(
    locations: np.ndarray, weights: np.ndarray, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Centres to begin with: drawn by people times squared distance from those drawn so far."""
    chance = weights.copy()
    off = np.full(len(locations), np.inf)
    chosen: list[int] = []
    for _ in range(count):
        chosen.append(int(rng.choice(len(locations), p=chance / chance.sum())))
        off = np.minimum(off, ((locations - locations[chosen[-1]]) ** 2).sum(axis=1))
        chance = weights * off
    return locations[chosen].copy()


def outside(candidates: gpd.GeoDataFrame, forbidden: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The candidates in none of the `forbidden` polygons.

    Parameters
    ----------
    candidates : points; not changed.
    forbidden : polygons in the same CRS; their borders are forbidden too.

    Returns
    -------
    GeoDataFrame
        Rows of `candidates`, in their order.

    Raises
    ------
    UsageError
        When the CRS differ.

    Examples
    --------
    >>> from shapely import box
    >>> points = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 50], [0, 50]), index=["a", "b"], crs="EPSG:4548")
    >>> water = gpd.GeoDataFrame(geometry=[box(40, 40, 60, 60)], crs="EPSG:4548")
    >>> outside(points, water).index.tolist()
    ['a']
    """
    if candidates.crs != forbidden.crs:
        raise UsageError.of("call_faults.zones_crs", candidates=candidates.crs, zones=forbidden.crs)
    hit = shapely.STRtree(forbidden.geometry.to_numpy()).query(
        candidates.geometry.to_numpy(), predicate="intersects"
    )[0]
    keep = np.ones(len(candidates), bool)
    keep[hit] = False
    return candidates[keep]


def too_close(candidates: gpd.GeoDataFrame, *, min_distance_m: float) -> np.ndarray:
    """Pairs (positions, shape (k, 2), i < j) closer to each other than `min_distance_m`.

    Parameters
    ----------
    candidates : points in a projected CRS, metres.
    min_distance_m : metres; a pair exactly so far apart is not too close.

    Returns
    -------
    int64 array, shape (k, 2)
        Positions in `candidates`, i < j, for `SitingProblem`'s conflicts.

    Examples
    --------
    >>> points = gpd.GeoDataFrame(
    ...     geometry=gpd.points_from_xy([0, 300, 800], [0, 0, 0]), crs="EPSG:4548")
    >>> too_close(points, min_distance_m=500).tolist()
    [[0, 1]]
    """
    points = candidates.geometry.to_numpy()
    pairs = nearer_than(points, points, min_distance_m)
    return pairs[pairs[:, 0] < pairs[:, 1]]


def nearer_than(points: np.ndarray, others: np.ndarray, distance_m: float) -> np.ndarray:
    """Pairs (positions, shape (k, 2)) of `points` and `others` less than `distance_m` apart."""
    i, j = shapely.STRtree(others).query(points, predicate="dwithin", distance=distance_m)
    return np.column_stack([i, j])[shapely.distance(points[i], others[j]) < distance_m]


def thin(
    cover: sparse.spmatrix,
    weights: np.ndarray,
    *,
    limit: int,
    always: Sequence[int] = (),
    kind: np.ndarray | None = None,
    alike: bool = True,
) -> Thinned:
    """Keep at most about `limit` candidates so that nobody loses reach.

    First the candidates whose people another candidate reaches too are dropped (at no cost). If
    more than `limit` are left, every demand row keeps the candidate that reaches most people
    among those that reach it, then the strongest of the rest follow; the possible cost of that
    is in `Thinned.loss`.

    Parameters
    ----------
    cover : bool, shape (demand, candidates).
    weights : people per demand row, >= 0.
    limit : wanted number; exceeded only where reach demands it.
    always : candidates that stay.
    kind : a number per candidate (its area, say); one only gives way to another of its kind.
    alike : False where two sites that reach the same people are not worth the same
        (capacities, distances to keep): then none is dropped for another that reaches as many.

    Returns
    -------
    Thinned
        Positions kept, and an upper bound on what dropping the others can cost.

    Examples
    --------
    The second candidate reaches no one whom the first does not reach:

    >>> cover = sparse.csc_matrix(np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]], bool))
    >>> thinned = thin(cover, np.array([10, 20, 5]), limit=2)
    >>> thinned.kept.tolist(), thinned.bound_loss(2)
    ([0, 2], 0.0)
    """
    by_row, stays = _by_row(cover), np.asarray(always, np.int64)
    weights = np.asarray(weights, float)
    reached = np.asarray(by_row.T @ weights).ravel()
    kept = _undominated(by_row, stays, kind) if alike else np.flatnonzero(reached > 0)
    order, chosen = _picked(by_row, reached, np.union1d(kept, stays), stays, limit)
    loss = np.empty(0)
    if not chosen.all():
        columns = by_row[:, order].astype(np.float64).tocsc()
        best_shared = _most_shared(columns[:, ~chosen], columns[:, chosen], weights)
        loss = np.sort(reached[order[~chosen]] - best_shared)[::-1]
    return Thinned(kept=np.sort(order[chosen]), loss=np.maximum(loss, 0.0), worth=np.sort(order))


def kept_of(
    cover: sparse.spmatrix, weights: np.ndarray, *, limit: int, always: Sequence[int] = ()
) -> np.ndarray:
    """Positions that `thin` keeps, for who does not ask what the others would be worth."""
    by_row, stays = _by_row(cover), np.asarray(always, np.int64)
    reached = np.asarray(by_row.T @ np.asarray(weights, float)).ravel()
    kept = np.union1d(_undominated(by_row, stays, None), stays)
    order, chosen = _picked(by_row, reached, kept, stays, limit)
    return np.sort(order[chosen])


def _picked(
    by_row: sparse.csr_matrix,
    reached: np.ndarray,
    kept: np.ndarray,
    stays: np.ndarray,
    limit: int,
) -> tuple[np.ndarray, np.ndarray]:
    """The candidates `kept`, those that reach most first, and which of them stay."""
    if len(kept) <= limit:
        return kept, np.ones(len(kept), bool)
    order = kept[np.argsort(-reached[kept], kind="stable")]
    ordered = by_row[:, order]
    ordered.sort_indices()
    rows = np.flatnonzero(np.diff(ordered.indptr))
    chosen = np.zeros(len(order), bool)
    chosen[ordered.indices[ordered.indptr[rows]]] = True  # the best of each row
    chosen |= np.isin(order, stays)
    room = max(limit - int(chosen.sum()), 0)
    chosen[np.flatnonzero(~chosen)[:room]] = True
    return order, chosen


def _by_row(cover: sparse.spmatrix) -> sparse.csr_matrix:
    """Every stored pair as one, by row, columns ascending; the pairs are not copied if they are."""
    by_row = sparse.csr_matrix(cover)
    if not by_row.has_sorted_indices:
        by_row = by_row.sorted_indices()
    parts = (np.ones(by_row.nnz, np.int8), by_row.indices, by_row.indptr)
    ones = sparse.csr_matrix(parts, shape=by_row.shape, copy=False)
    ones.has_sorted_indices = True
    return ones


def _most_shared(
    columns: sparse.csc_matrix, others: sparse.csc_matrix, weights: np.ndarray
) -> np.ndarray:
    """Per column the most people that it shares with any one of `others`.

    Pairs are weighed in blocks: all of a province's at once would take gigabytes.
    """
    most = np.zeros(columns.shape[1])
    if 0 in (*most.shape, others.shape[1]):
        return most
    by_row = others.tocsr()
    meetings = np.cumsum(columns.T @ np.diff(by_row.indptr).astype(float))
    blocks = (meetings // _MEETINGS).astype(np.int64)
    for block in np.split(np.arange(len(most)), np.flatnonzero(np.diff(blocks)) + 1):
        shared = columns[:, block].T @ sparse.diags(weights) @ by_row
        most[block] = np.asarray(shared.max(axis=1).todense()).ravel()
    return most


def _undominated(
    by_row: sparse.csr_matrix, always: np.ndarray, kind: np.ndarray | None
) -> np.ndarray:
    """Positions of candidates whose rows are no subset of another one's (one of equals stays)."""
    n, m = by_row.shape
    row_ptr, row_idx = by_row.indptr.astype(np.int64), by_row.indices.astype(np.int32, copy=False)
    site_ptr, site_idx = transpose(row_ptr, row_idx, m)
    cover = Cover(np.ones(n), site_ptr, site_idx, row_ptr, row_idx)
    kinds = np.zeros(m, np.int64) if kind is None else np.unique(kind, return_inverse=True)[1]
    gone = dominated_sites(cover, np.zeros(m), kinds.astype(np.int64))
    gone[always] = False
    return np.flatnonzero(~gone)
