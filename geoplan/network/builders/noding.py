"""Where lines meet: vertices at one place joined, heights kept apart, crossings put in."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray


def nodes_by_level(
    place: NDArray[np.int64], offsets: NDArray[np.int64], level: NDArray[np.float64]
) -> tuple[NDArray[np.int64], int]:
    """Nodes of vertices: one per place, or more where lines pass above one another.

    At one place the lines of each height that lead on (an inner vertex, or two ends and more)
    are a node of their own; a single end joins the nearest height that leads on, else the
    nearest height.

    Parameters
    ----------
    place : place number of each vertex, all lines one after the other.
    offsets : line w has the vertices ``offsets[w]:offsets[w + 1]``.
    level : height of each line.

    Returns
    -------
    tuple
        Node of each vertex, and the number of places that hold more than one node.

    Examples
    --------
    Two lines over place 1, at heights 0 and 1, and a ramp of height 1 ending at place 2:

    >>> import numpy as np
    >>> place, offsets = np.array([0, 1, 2, 3, 1, 4, 5, 2]), np.array([0, 3, 6, 8])
    >>> nodes_by_level(place, offsets, np.array([0.0, 1.0, 1.0]))[0].tolist()
    [0, 1, 3, 4, 2, 5, 6, 3]
    """
    if len(level) == 0 or (level == level[0]).all():
        return np.unique(place, return_inverse=True)[1].astype(np.int64), 0
    height = np.repeat(level, np.diff(offsets))
    leads = np.full(len(place), 2)
    leads[offsets[:-1]] = 1
    leads[offsets[1:] - 1] = 1
    groups = (
        pd.DataFrame({"place": place, "height": height, "leads": leads})
        .groupby(["place", "height"], sort=True)["leads"]
        .sum()
        .reset_index()
    )
    group_place = groups["place"].to_numpy()
    stacked = np.flatnonzero(np.bincount(group_place)[group_place] > 1)
    target = np.arange(len(groups))
    height_of, leads_on = groups["height"].to_numpy(), groups["leads"].to_numpy()
    for same in np.split(stacked, np.flatnonzero(np.diff(group_place[stacked])) + 1):
        _join_single_ends(same, height_of, leads_on, target)
    # which group each vertex is in, and which node its group became
    at = pd.MultiIndex.from_arrays([groups["place"], groups["height"]]).get_indexer(
        pd.MultiIndex.from_arrays([place, height])
    )
    node = np.unique(target[at], return_inverse=True)[1].astype(np.int64)
    per_place = np.bincount(group_place[np.unique(target)])
    return node, int((per_place > 1).sum())


def _join_single_ends(
    same: NDArray[Any], height: NDArray[Any], leads: NDArray[Any], target: NDArray[Any]
) -> None:
    """Set `target` of the groups at one place: who leads on stays, single ends join."""
    on = [int(g) for g in same if leads[g] > 1]
    for g in same:
        if leads[g] == 1:
            if not on:
                on = [int(g)]  # two ramps' ends: the first is the node, the others join it
                continue
            target[g] = min(on, key=lambda other: (abs(height[other] - height[g]), height[other]))


def with_crossings(
    lines: NDArray[Any], level: NDArray[np.float64], *, snap_m: float
) -> tuple[NDArray[Any], int]:
    """Lines with a vertex where they cross another of equal height or carry another's end.

    Returns the lines and the number of vertices put in.

    Examples
    --------
    >>> import numpy as np
    >>> import shapely
    >>> cross = shapely.from_wkt(["LINESTRING (0 0, 10 0)", "LINESTRING (5 -5, 5 5)"])
    >>> lines, count = with_crossings(cross, np.zeros(2), snap_m=0.01)
    >>> lines[0].wkt, count
    ('LINESTRING (0 0, 5 0, 10 0)', 2)
    """
    tree = shapely.STRtree(lines)
    a, b = tree.query(lines, predicate="dwithin", distance=snap_m)
    pair = (a < b) & (level[a] == level[b])
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
    return _with_vertices(lines, host, points, snap_m=snap_m)


def _with_vertices(
    lines: NDArray[Any], host: NDArray[np.int64], points: NDArray[Any], *, snap_m: float
) -> tuple[NDArray[Any], int]:
    """`lines` with `points` put in at their place along; those at a vertex already are not."""
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
