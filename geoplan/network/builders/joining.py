"""Line ends joined to the lines that they touch or nearly touch: what a GIS calls dangles."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.network.builders.noding import insert_vertices


def joined_ends(
    lines: NDArray[Any], height: NDArray[np.float64], *, within_m: float, snap_m: float
) -> tuple[NDArray[Any], int]:
    """Lines whose ends lie upon the lines that they meet, and those cut there.

    An end that nothing else begins or ends at (a dangle) is moved to the nearest line within
    `within_m`, to a vertex of it where one is as near, and joins it whatever their heights:
    a bridge ends on the street that it leads to. Other ends join only a line of their own height
    that they lie upon; a line that passes over another never does.

    Parameters
    ----------
    lines, height : single lines, and the height of each.
    within_m : farthest that an end is moved. snap_m : vertices nearer than this are one.

    Returns
    -------
    tuple
        The lines, and the number of ends joined.

    Examples
    --------
    >>> import numpy as np, shapely
    >>> t = shapely.from_wkt(["LINESTRING (0 0, 10 0)", "LINESTRING (5 5, 5 0.3)"])
    >>> lines, count = joined_ends(t, np.zeros(2), within_m=0.5, snap_m=0.01)
    >>> lines[0].wkt, lines[1].wkt, count
    ('LINESTRING (0 0, 5 0, 10 0)', 'LINESTRING (5 5, 5 0)', 1)
    """
    coords, of_line = shapely.get_coordinates(lines, return_index=True)
    first = np.searchsorted(of_line, np.arange(len(lines)))
    last = np.searchsorted(of_line, np.arange(len(lines)), side="right") - 1
    tips = np.concatenate([first, last])
    reach = max(within_m, snap_m)
    tip, host = _near_lines(coords[tips], lines, reach)
    alone = _alone(coords, tips, snap_m)
    own = of_line[tips[tip]]
    gap = shapely.distance(shapely.points(coords[tips[tip]]), lines[host])
    level = height[own] == height[host]
    fits = (own != host) & np.where(alone[tip], True, level & (gap <= snap_m))
    tip, host, gap, level = tip[fits], host[fits], gap[fits], level[fits]
    # of several lines the nearest, and of equally near ones that of the end's own height
    order = np.lexsort((host, ~level, np.round(gap / snap_m), tip))
    order = order[np.flatnonzero(np.diff(tip[order], prepend=-1))]
    targets = _targets(coords, of_line, tips[tip[order]], host[order], lines, reach)
    moved, on_line = _move(coords, tips[tip[order]], targets, snap_m)
    count = len(on_line)
    if not count:
        return lines, 0
    placed = shapely.linestrings(moved, indices=of_line)
    at = np.array(sorted(on_line), np.int64)
    cut, _ = insert_vertices(
        placed,
        host[order][at],
        shapely.points(moved[tips[tip[order]][at]]),
        snap_m=snap_m,
    )
    return cut, count


def _near_lines(
    points: NDArray[np.float64], lines: NDArray[Any], reach: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    tree = shapely.STRtree(lines)
    tip, host = tree.query(shapely.points(points), predicate="dwithin", distance=reach)
    return tip, host


def _alone(
    coords: NDArray[np.float64], tips: NDArray[np.int64], snap_m: float
) -> NDArray[np.bool_]:
    """Whether no other vertex lies where each tip does."""
    cell = np.round((coords - coords.min(axis=0)) / snap_m).astype(np.int64)
    _, place, times = np.unique(cell, axis=0, return_inverse=True, return_counts=True)
    return times[place.ravel()[tips]] == 1


def _targets(
    coords: NDArray[np.float64],
    of_line: NDArray[np.int64],
    tips: NDArray[np.int64],
    host: NDArray[np.int64],
    lines: NDArray[Any],
    reach: float,
) -> list[tuple[int, NDArray[np.float64]]]:
    """Per tip the vertex that it goes to (-1 = none as near) and the location."""
    targets = []
    begin = np.searchsorted(of_line, host)
    end = np.searchsorted(of_line, host, side="right")
    points = shapely.points(coords[tips])
    upon = shapely.get_coordinates(
        shapely.line_interpolate_point(lines[host], shapely.line_locate_point(lines[host], points))
    )
    for k, tip in enumerate(tips):
        away = np.hypot(*(coords[begin[k] : end[k]] - coords[tip]).T)
        nearest = int(np.argmin(away))
        if away[nearest] <= reach:
            targets.append((int(begin[k]) + nearest, coords[begin[k] + nearest]))
        else:
            targets.append((-1, upon[k]))
    return targets


def _move(
    coords: NDArray[np.float64],
    tips: NDArray[np.int64],
    targets: list[tuple[int, NDArray[np.float64]]],
    snap_m: float,
) -> tuple[NDArray[np.float64], list[int]]:
    """The coordinates with tips moved, and which of them were joined to something new.

    Two dangles that meet each other move once: the later one to the earlier.
    """
    moved = coords.copy()
    goes: dict[int, int] = {}
    joined = []
    for k, tip in enumerate(tips.tolist()):
        vertex, location = targets[k]
        if vertex >= 0 and np.hypot(*(coords[vertex] - coords[tip])) <= snap_m / 2:
            continue  # joined by its coordinates already
        if vertex >= 0:
            if goes.get(vertex) == tip:
                continue  # that one came here
            goes[tip] = vertex
            location = moved[vertex]
        moved[tip] = location
        joined.append(k)
    return moved, joined
