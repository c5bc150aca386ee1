"""Noding: which vertices of lines are one node, with heights apart and crossings inserted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.tolerances import VERTEX_SNAP_M


def nodes_by_height(
    location: NDArray[np.int64], offsets: NDArray[np.int64], line_height: NDArray[np.float64]
) -> tuple[NDArray[np.int64], int]:
    """The node of each vertex: one per location, or several where lines pass above one another.

    At one location the lines of each height that continue (an inner vertex, or two ends and more)
    are a node of their own; a single end joins the nearest height that continues, else the
    nearest height.

    Parameters
    ----------
    location : location number of each vertex, all lines one after the other.
    offsets : line w has the vertices ``offsets[w]:offsets[w + 1]``.
    line_height : height of each line.

    Returns
    -------
    tuple
        Node of each vertex, and the number of locations that hold more than one node.

    Examples
    --------
    Two lines over location 1, at heights 0 and 1, and a ramp of height 1 ending at location 2:

    >>> import numpy as np
    >>> location, offsets = np.array([0, 1, 2, 3, 1, 4, 5, 2]), np.array([0, 3, 6, 8])
    >>> nodes_by_height(location, offsets, np.array([0.0, 1.0, 1.0]))[0].tolist()
    [0, 1, 3, 4, 2, 5, 6, 3]
    """
    if len(line_height) == 0 or (line_height == line_height[0]).all():
        return np.unique(location, return_inverse=True)[1].astype(np.int64), 0
    height = np.repeat(line_height, np.diff(offsets))
    arms = np.full(len(location), 2)
    arms[offsets[:-1]] = 1
    arms[offsets[1:] - 1] = 1
    groups = (
        pd.DataFrame({"location": location, "height": height, "arms": arms})
        .groupby(["location", "height"], sort=True)["arms"]
        .sum()
        .reset_index()
    )
    group_location = groups["location"].to_numpy()
    stacked = np.flatnonzero(np.bincount(group_location)[group_location] > 1)
    target = np.arange(len(groups))
    height_of, continues = groups["height"].to_numpy(), groups["arms"].to_numpy()
    for same in np.split(stacked, np.flatnonzero(np.diff(group_location[stacked])) + 1):
        _join_single_ends(same, height_of, continues, target)
    # which group each vertex is in, and which node its group became
    at = pd.MultiIndex.from_arrays([groups["location"], groups["height"]]).get_indexer(
        pd.MultiIndex.from_arrays([location, height])
    )
    node = np.unique(target[at], return_inverse=True)[1].astype(np.int64)
    per_location = np.bincount(group_location[np.unique(target)])
    return node, int((per_location > 1).sum())


def _join_single_ends(
    same: NDArray[Any], height: NDArray[Any], arms: NDArray[Any], target: NDArray[Any]
) -> None:
    """Set `target` of the groups at one location: heights that continue stay, single ends join."""
    on = [int(g) for g in same if arms[g] > 1]
    for g in same:
        if arms[g] == 1:
            if not on:
                on = [int(g)]  # two ramps' ends: the first is the node, the others join it
                continue
            target[g] = min(on, key=lambda other: (abs(height[other] - height[g]), height[other]))


def noded_at_crossings(
    lines: NDArray[Any], height: NDArray[np.float64], *, snap_m: float
) -> tuple[NDArray[Any], int]:
    """Lines with a vertex where they cross another of equal height or another ends on them.

    Returns
    -------
    tuple
        The lines, and the number of vertices inserted.

    Examples
    --------
    >>> import numpy as np
    >>> import shapely
    >>> cross = shapely.from_wkt(["LINESTRING (0 0, 10 0)", "LINESTRING (5 -5, 5 5)"])
    >>> lines, count = noded_at_crossings(cross, np.zeros(2), snap_m=0.01)
    >>> lines[0].wkt, count
    ('LINESTRING (0 0, 5 0, 10 0)', 2)
    """
    tree = shapely.STRtree(lines)
    a, b = tree.query(lines, predicate="dwithin", distance=snap_m)
    pair = (a < b) & (height[a] == height[b])
    a, b = a[pair], b[pair]
    points, of_pair = shapely.get_parts(shapely.intersection(lines[a], lines[b]), return_index=True)
    there = ~shapely.is_empty(points)
    points, of_pair = points[there], of_pair[there]
    # an overlap counts by its two ends
    along = shapely.get_type_id(points) == 1
    ends = np.concatenate(
        [shapely.get_point(points[along], 0), shapely.get_point(points[along], -1)]
    )
    is_point = shapely.get_type_id(points) == 0
    points = np.concatenate([points[is_point], ends])
    of_pair = np.concatenate([of_pair[is_point], np.tile(of_pair[along], 2)])
    host = np.concatenate([a[of_pair], b[of_pair]])
    points = np.concatenate([points, points])
    # ends that stop just short of another line
    for first, second in ((a, b), (b, a)):
        for which in (0, -1):
            tip = shapely.get_point(lines[first], which)
            near = shapely.dwithin(tip, lines[second], snap_m)
            host = np.concatenate([host, second[near]])
            points = np.concatenate([points, tip[near]])
    return insert_vertices(lines, host, points, snap_m=snap_m)


def insert_vertices(
    lines: NDArray[Any], host: NDArray[np.int64], points: NDArray[Any], *, snap_m: float
) -> tuple[NDArray[Any], int]:
    """`lines` with `points` inserted by their measure along; one at a vertex already is not."""
    coords, line = shapely.get_coordinates(lines, return_index=True)
    first = np.concatenate([[0], np.flatnonzero(np.diff(line)) + 1])
    step = np.zeros(len(coords))
    step[1:] = np.hypot(*np.diff(coords, axis=0).T)
    step[first] = 0.0
    run = np.cumsum(step)
    run -= np.repeat(run[first], np.diff(np.append(first, len(coords))))
    new = shapely.get_coordinates(points)
    at = shapely.line_locate_point(lines[host], points)
    frame = pd.DataFrame(
        {
            "line": np.concatenate([line, host]),
            "run": np.concatenate([run, at]),
            "new": np.concatenate([np.zeros(len(coords), bool), np.ones(len(new), bool)]),
            "x": np.concatenate([coords[:, 0], new[:, 0]]),
            "y": np.concatenate([coords[:, 1], new[:, 1]]),
        }
    ).sort_values(["line", "run", "new"], kind="stable")
    # a new vertex beside one of its line (within the snapping distance) is that one
    x, y, ours, fresh = (frame[c].to_numpy() for c in ("x", "y", "line", "new"))
    drop = np.zeros(len(frame), bool)
    for shift in (1, -1):
        other = np.roll(np.arange(len(frame)), shift)
        beside = (ours == ours[other]) & (np.hypot(x - x[other], y - y[other]) <= snap_m)
        drop |= fresh & beside & (~fresh[other] | (shift == 1))
    kept = frame[~drop]
    out = shapely.linestrings(
        kept[["x", "y"]].to_numpy(), indices=kept["line"].to_numpy().astype(np.intp)
    )
    return out, int(kept["new"].sum())


def crossings_without_node(
    lines: NDArray[Any], height: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any]]:
    """Pairs of lines of one height that cross where neither ends, and a point of each crossing.

    Examples
    --------
    >>> import numpy as np
    >>> import shapely
    >>> cross = shapely.from_wkt(["LINESTRING (0 0, 10 0)", "LINESTRING (5 -5, 5 5)"])
    >>> a, b, points = crossings_without_node(cross, np.zeros(2))
    >>> a.tolist(), b.tolist(), points[0].wkt
    ([0], [1], 'POINT (5 0)')
    """
    a, b = shapely.STRtree(lines).query(lines, predicate="crosses")
    pair = (a < b) & (height[a] == height[b])
    a, b = a[pair], b[pair]
    points, of_pair = shapely.get_parts(shapely.intersection(lines[a], lines[b]), return_index=True)
    a, b = a[of_pair], b[of_pair]
    ends = [
        shapely.distance(shapely.get_point(lines[one], end), points)
        for one in (a, b)
        for end in (0, -1)
    ]
    inner = (shapely.get_type_id(points) == 0) & (np.min(ends, axis=0) > VERTEX_SNAP_M)
    return a[inner], b[inner], points[inner]
