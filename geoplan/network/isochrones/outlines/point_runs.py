"""Which points along streets are reached, as runs of points along one street."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geoplan.kernels import inner_kernel, kernel


class PointRuns(NamedTuple):
    """Points by runs, each of one group: run k is ``xy[first[k]:last[k]]``.

    xy : float64 (points, 2), points of no run among them.
    first, last, group : int64 (runs,).
    """

    xy: NDArray[np.float64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    group: NDArray[np.int64]

    def of(self, groups: NDArray[np.int64]) -> PointRuns:
        """The runs of some groups (ascending), which are numbered anew."""
        some = np.isin(self.group, groups)
        group = np.searchsorted(groups, self.group[some])
        return PointRuns(self.xy, self.first[some], self.last[some], group)


class Ways(NamedTuple):
    """Streets from the nodes at their ends, with what the way between these and the sites costs.

    u, v : int32 (edges,). cost : float64 (nodes,), inf = not reached.
    towards_u, towards_v : float64 (edges,), cost of the whole street between its points and u or v.
    """

    u: NDArray[np.int32]
    v: NDArray[np.int32]
    cost: NDArray[np.float64]
    towards_u: NDArray[np.float64]
    towards_v: NDArray[np.float64]


class SitesBetween(NamedTuple):
    """Sites between the ends of a street: its position, the part of it before them, their leg."""

    edge: NDArray[np.int32]
    fraction: NDArray[np.float64]
    leg: NDArray[np.float64]


class Meeting(NamedTuple):
    """The streets that meet at each node.

    first, degree : int64 (nodes,), a node's entries in `edge` and `at_v` (whether it is the
        street's end).
    per : float64 (2, edges), cost of the whole street towards its start and towards its end.
    """

    first: NDArray[np.int64]
    degree: NDArray[np.int64]
    edge: NDArray[np.int64]
    at_v: NDArray[np.bool_]
    per: NDArray[np.float64]


class NodeCosts(NamedTuple):
    """Costs between nodes and groups: the entries of group g are ``begin[g]:begin[g + 1]``."""

    begin: NDArray[np.int32]
    node: NDArray[np.int32]
    cost: NDArray[np.float64]


@kernel
def runs_along(which, ways, sites, cutoff, points):
    """The points from which some site is within the cutoff, as one group.

    which : positions of streets. The rest : `Ways`, `SitesBetween`, float, `StreetPoints`.
    Returns where each run begins and ends.
    """
    room = 2 * len(which) + len(sites.edge)
    runs = np.empty(room, np.int64), np.empty(room, np.int64)
    n = 0
    for e in which:
        from_u, from_v = ways.cost[ways.u[e]], ways.cost[ways.v[e]]
        first, last = points.first[e], points.last[e]
        # from either end to the other: all of it, and nothing is to be worked out
        if from_u + ways.towards_u[e] <= cutoff or from_v + ways.towards_v[e] <= cutoff:
            runs[0][n], runs[1][n] = first, last
            n += 1
            continue
        begun = n
        for i in range(first, last):
            before, after = points.part[i], 1.0 - points.part[i]
            # at the node itself its own cost counts, be the street closed
            by_u = from_u + before * ways.towards_u[e] if before > 0.0 else from_u
            by_v = from_v + after * ways.towards_v[e] if after > 0.0 else from_v
            if min(by_u, by_v) <= cutoff:
                n = _with_point(i, runs, begun, n)
    for k in range(len(sites.edge)):  # people on a site's own street reach it without a node
        e, begun = sites.edge[k], n
        for i in range(points.first[e], points.last[e]):
            ahead = sites.fraction[k] - points.part[i]
            way = ahead * ways.towards_v[e] if ahead >= 0.0 else -ahead * ways.towards_u[e]
            if way + sites.leg[k] <= cutoff:
                n = _with_point(i, runs, begun, n)
    return runs[0][:n], runs[1][:n]


@inner_kernel
def _with_point(i, runs, begun, n):
    """Point i is reached, too: of the last run, or of another; the count of runs."""
    if n > begun and runs[1][n - 1] == i:
        runs[1][n - 1] = i + 1
        return n
    runs[0][n], runs[1][n] = i, i + 1
    return n + 1


@kernel
def runs_per_group(costs, meeting, sites, cutoff, points):
    """The points from which each group's site is within the cutoff, some of them twice.

    costs : `NodeCosts`. sites : `SitesBetween`, one per group; edge -1 = at a node.
    The rest : `Meeting`, float, `StreetPoints`.
    """
    room = len(sites.edge)
    for node in costs.node:
        room += meeting.degree[node]
    first, last, group = (
        np.empty(room, np.int64),
        np.empty(room, np.int64),
        np.empty(room, np.int64),
    )
    n = 0
    for g in range(len(sites.edge)):
        for k in range(costs.begin[g], costs.begin[g + 1]):
            node, rest = costs.node[k], cutoff - costs.cost[k]
            for way in range(meeting.first[node], meeting.first[node] + meeting.degree[node]):
                e = meeting.edge[way]
                if meeting.at_v[way]:
                    low, high = 1.0 - _share(rest, meeting.per[1, e]), 1.0
                else:
                    low, high = 0.0, _share(rest, meeting.per[0, e])
                first[n], last[n] = _between(low, high, e, points)
                group[n] = g
                n += first[n] < last[n]
        e, rest = sites.edge[g], cutoff - sites.leg[g]
        if e >= 0 and rest >= 0.0:  # people on its own street reach it without passing a node
            low = max(sites.fraction[g] - _share(rest, meeting.per[1, e]), 0.0)
            high = min(sites.fraction[g] + _share(rest, meeting.per[0, e]), 1.0)
            first[n], last[n] = _between(low, high, e, points)
            group[n] = g
            n += first[n] < last[n]
    return PointRuns(points.xy, first[:n], last[:n], group[:n])


@inner_kernel
def _share(rest, whole):
    """The part of a street that `rest` is enough for."""
    return 1.0 if whole <= rest else rest / whole


@inner_kernel
def _between(low, high, e, points):
    """The points of street e from the part `low` of it to the part `high`, both included."""
    first, last = points.first[e], points.last[e]
    while first < last and points.part[first] < low:
        first += 1
    while first < last and points.part[last - 1] > high:
        last -= 1
    return first, last


@kernel
def widen(runs, low, high):
    """Widen the least and largest coordinates of the groups, `low` and `high`, by their points."""
    xy, first, last, group = runs
    for k in range(len(first)):
        g = group[k]
        for i in range(first[k], last[k]):
            for axis in range(2):
                low[g, axis] = min(low[g, axis], xy[i, axis])
                high[g, axis] = max(high[g, axis], xy[i, axis])


@kernel
def mark_cells(runs, low, cell_m, top, marked):
    """Mark the cells in which points lie.

    Parameters
    ----------
    runs : `PointRuns`.
    low : float64 (groups, 2), where the grid of each begins.
    cell_m : float.
    top : int64 (groups,), the row of `marked` in which the window of each begins.
    marked : bool (rows, columns).
    """
    xy, first, last, group = runs
    for k in range(len(first)):
        g = group[k]
        for i in range(first[k], last[k]):
            row, column = int((xy[i, 1] - low[g, 1]) / cell_m), int((xy[i, 0] - low[g, 0]) / cell_m)
            marked[top[g] + row, column] = True
