"""Natural neighbours among points, their Voronoi cells, and patches of joined neighbours.

Two points are natural neighbours when their Voronoi cells touch, which are the edges of the
Delaunay triangulation (Delaunay 1934; Sibson 1981): no other point lies between them. Where
communities are drawn as polygons, touching polygons are neighbours instead.
"""

from __future__ import annotations

import numpy as np
import shapely

from geoplan.distinct import distinct
from geoplan.tolerances import COLLINEAR_SHARE


def natural_neighbours(xy: np.ndarray) -> np.ndarray:
    """Pairs of points with no other point between them.

    Parameters
    ----------
    xy : n x 2 coordinates in metres, all finite. Points on the same spot are neighbours, and one of
        them stands for all.

    Returns
    -------
    m x 2 positions, the smaller first, sorted. Points on one line are neighbours in their order
    along it.

    Examples
    --------
    A triangle with a point in its middle: the middle is a neighbour of all three.

    >>> natural_neighbours(np.array([[0, 0], [10, 0], [5, 9], [5, 3]])).tolist()
    [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    >>> natural_neighbours(np.array([[0, 0], [20, 0], [10, 0], [20, 0]])).tolist()
    [[0, 2], [1, 2], [1, 3]]
    """
    places, first, spot_of = np.unique(_as_one(xy), return_index=True, return_inverse=True)
    spots = places.view(float).reshape(-1, 2)
    here = np.arange(len(spot_of))
    same = np.column_stack([first[spot_of], here])[first[spot_of] != here]
    pairs = np.concatenate([first[_spot_pairs(spots)], same]).astype(np.int64)
    pairs = np.sort(pairs, axis=1)
    count = max(len(spot_of), 1)  # a pair as one number: sorted ten times as fast
    return np.column_stack(np.divmod(distinct(pairs[:, 0] * count + pairs[:, 1]), count))


def _as_one(xy: np.ndarray) -> np.ndarray:
    """Both coordinates as one number each, in the same order: sorted four times as fast as rows."""
    return np.ascontiguousarray(xy, float).reshape(-1, 2).view(np.complex128).ravel()


def _spot_pairs(spots: np.ndarray) -> np.ndarray:
    from scipy.spatial import Delaunay, QhullError  # takes a while to load

    if len(spots) < 2:
        return np.empty((0, 2), dtype=np.int64)
    middle = spots - spots.mean(axis=0)  # far from the origin Qhull loses digits
    try:
        if len(spots) < 4:
            raise QhullError
        drawn = Delaunay(middle)
    except QhullError:
        return _few(middle)
    corner = drawn.simplices
    sides = [corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [2, 0]]]
    # points so near to another that the triangulation leaves them out
    return np.concatenate([*sides, drawn.coplanar[:, [0, 2]]])


def _few(spots: np.ndarray) -> np.ndarray:
    """Two or three points, or points on one line."""
    along = np.linalg.svd(spots, full_matrices=False)[2][0]
    order = np.argsort(spots @ along, kind="stable")
    pairs = np.column_stack([order[:-1], order[1:]])
    across = spots - np.outer(spots @ along, along)
    if len(spots) == 3 and np.abs(across).max() > COLLINEAR_SHARE * np.abs(spots).max():
        pairs = np.concatenate([pairs, order[None, [0, 2]]])
    return pairs


def cells(xy: np.ndarray, rows: np.ndarray, *, radius_m: float) -> np.ndarray:
    """The ground nearer to a point than to any other, as far as `radius_m` around it.

    Parameters
    ----------
    xy : all points, n x 2, metres. rows : positions of those whose cells are wanted.

    Returns
    -------
    Polygons in the order of `rows`. Cells do not overlap; those of natural neighbours no farther
    apart than twice the radius touch. Points on one spot share a cell.
    """
    from scipy.spatial import cKDTree  # takes a while to load

    discs = shapely.buffer(shapely.points(xy[rows]), radius_m, quad_segs=6)
    places, which = np.unique(_as_one(xy), return_inverse=True)
    spots = places.view(float).reshape(-1, 2)
    if len(rows) == 0 or len(spots) < 2:
        return discs
    # a point with no other so near has its whole disc; among the rest, a broken coordinate 1e300 m
    # away would leave no digits to tell them apart
    nearest, _ = cKDTree(spots).query(spots, k=2, distance_upper_bound=2 * radius_m)
    crowded = np.isfinite(nearest[:, 1])
    if not crowded.any():
        return discs
    near, among = spots[crowded], np.flatnonzero(crowded[which][rows])
    low, high = near.min(axis=0) - 2 * radius_m, near.max(axis=0) + 2 * radius_m
    drawn = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(near), extend_to=shapely.box(*low, *high))
    )
    points = shapely.points(xy[rows][among])
    at, cell = shapely.STRtree(drawn).query(points, predicate="intersects")
    whole = np.full(len(rows), None, dtype=object)
    whole[among[at]] = drawn[cell]
    missing = shapely.is_missing(whole)
    return np.where(missing, discs, shapely.intersection(whole, discs))


def patches(pairs: np.ndarray, xy: np.ndarray, *, extent_m: float) -> np.ndarray:
    """Join neighbours, the nearest first, as long as no patch is wider than `extent_m`.

    Parameters
    ----------
    pairs : m x 2 positions of points that may be joined.
    xy : n x 2 coordinates in metres (NaN for points without a location, which are joined to none).
    extent_m : the largest diagonal of the box around a patch.

    Returns
    -------
    The patch of every point: 0, 1, ... in the order of their first points. With an endless extent
    these are the connected components.

    Examples
    --------
    Four points in a row, 900 m apart: 1,800 m hold three of them only.

    >>> row = np.array([[0.0, 0], [900, 0], [1800, 0], [2700, 0]])
    >>> patches(np.array([[0, 1], [1, 2], [2, 3]]), row, extent_m=1800).tolist()
    [0, 0, 0, 1]
    """
    far = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], np.round(far, 6)))
    parent = list(range(len(xy)))
    box = [[x, y, x, y] for x, y in xy.tolist()]

    def root(a: int) -> int:
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        return a

    for one, other in pairs[order].tolist():
        a, b = sorted((root(one), root(other)))
        if a == b:
            continue
        p, q = box[a], box[b]
        both = [min(p[0], q[0]), min(p[1], q[1]), max(p[2], q[2]), max(p[3], q[3])]
        if np.hypot(both[2] - both[0], both[3] - both[1]) <= extent_m:
            parent[b] = a
            box[a] = both
    roots = np.array([root(a) for a in range(len(xy))], dtype=np.int64)
    return np.unique(roots, return_inverse=True)[1].ravel()
