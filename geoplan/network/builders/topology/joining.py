"""Line ends joined to the lines that they touch or nearly touch: what a GIS calls dangles."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.network.builders.topology.noding import insert_vertices
from geoplan.network.graph.polylines import location_numbers


def joined_ends(
    lines: NDArray[Any], height: NDArray[np.float64], *, within_m: float, snap_m: float
) -> tuple[NDArray[Any], int]:
    """Lines whose ends lie upon the lines that they meet, and those cut there.

    An end is moved to the nearest line within `within_m`, to a vertex of it where one is as near,
    together with all that ends at the same place. One that is alone there (a dangle) joins
    whatever their heights: a bridge ends on the street that it leads to. Where lines go on, they
    join only a line of their own height; a line that passes over another never does.

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
    place = location_numbers(coords, snap_m)
    begin = np.searchsorted(of_line, np.arange(len(lines) + 1))
    tips = np.unique(np.concatenate([begin[:-1], begin[1:] - 1]))
    reach = max(within_m, snap_m)
    tip, host = shapely.STRtree(lines).query(
        shapely.points(coords[tips]), predicate="dwithin", distance=reach
    )
    tip = tips[tip]
    alone = np.bincount(place)[place] == 1
    level = height[of_line[tip]] == height[host]
    fits = (of_line[tip] != host) & (alone[tip] | level)
    tip, host, level = tip[fits], host[fits], level[fits]
    gap = shapely.distance(shapely.points(coords[tip]), lines[host])
    # the nearest first, and of equally near lines those of the end's own height
    order = np.lexsort((host, tip, ~level, np.round(gap / snap_m)))
    joiner = _Joiner(coords, of_line, begin, place, reach)
    upon = shapely.line_interpolate_point(
        lines[host], shapely.line_locate_point(lines[host], shapely.points(coords[tip]))
    )
    foot = shapely.get_coordinates(upon)
    for k in order.tolist():
        joiner.join(int(tip[k]), int(host[k]), foot[k])
    if not joiner.joined:
        return lines, 0
    placed = shapely.linestrings(joiner.moved, indices=of_line)
    at, hosts = (np.array(each, np.int64) for each in zip(*joiner.joined, strict=True))
    cut, _ = insert_vertices(placed, hosts, shapely.points(joiner.moved[at]), snap_m=snap_m)
    return cut, len(at)


class _Joiner:
    """Moves ends, with all that lies at the same place, on to the lines near them."""

    def __init__(
        self,
        coords: NDArray[np.float64],
        of_line: NDArray[np.int64],
        begin: NDArray[np.int64],
        place: NDArray[np.int64],
        reach: float,
    ) -> None:
        from scipy.cluster.hierarchy import DisjointSet  # takes a while to load

        self.coords, self.of_line, self.begin = coords, of_line, begin
        self.place, self.reach = place, reach
        self.moved = coords.copy()
        #: vertex and line of each join
        self.joined: list[tuple[int, int]] = []
        self._done: set[int] = set()
        #: places that became one
        self._same = DisjointSet()
        #: vertices by place: place p has ``by_place[first[p]:first[p + 1]]``
        self._by_place = np.argsort(place, kind="stable")
        self._first = np.concatenate([[0], np.cumsum(np.bincount(place))])

    def join(self, tip: int, host: int, foot: NDArray[np.float64]) -> None:
        """Join the end at vertex `tip` to line `host`, whose nearest location is `foot`."""
        here = int(self.place[tip])
        vertices = slice(self.begin[host], self.begin[host + 1])
        self._same.add(here)
        merged = self._same.subset(here)
        theirs = not merged.isdisjoint(self.place[vertices].tolist())
        if here in self._done or theirs or self._meets_nearby(tip, host):
            return  # joined before, by its coordinates, or close by
        self._done.add(here)
        away = np.hypot(*(self.coords[vertices] - self.coords[tip]).T)
        if away.min() <= self.reach:
            nearest = int(self.begin[host] + np.argmin(away))
            self._move(merged, self.moved[nearest])
            self._same.add(int(self.place[nearest]))
            self._same.merge(here, int(self.place[nearest]))
        else:
            self._move(merged, foot)
        self.joined.append((tip, host))

    def _move(self, places: set[int], foot: NDArray[np.float64]) -> None:
        for place in places:
            self.moved[self._by_place[self._first[place] : self._first[place + 1]]] = foot

    def _meets_nearby(self, tip: int, host: int) -> bool:
        """Whether the end's own line meets the other one close by: a short stub from it."""
        line = self.of_line[tip]
        own = np.arange(self.begin[line], self.begin[line + 1])
        near = own[np.hypot(*(self.coords[own] - self.coords[tip]).T) <= 3 * self.reach]
        theirs = self.place[self.begin[host] : self.begin[host + 1]]
        return bool(np.isin(self.place[near], theirs).any())
