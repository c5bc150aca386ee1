"""Streets in tiles: a search tree of a province's streets is made and dropped tile by tile.

Lines as objects, and the tree over them, take ten times the memory of the network itself. A network
of a city has one tree, which is kept. A larger one is cut into rectangles of about as many edges
each; for the points of a rectangle a tree is made of the edges that come within a margin of it.
Answers do not depend on the tiles: an edge that is left out lies farther away than the margin.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.network.graph.network import NetworkData

#: edges up to which one tree is made of all, and about as many that a tile has
MOST_EDGES = 400_000
TILE_EDGES = 50_000

#: metres by which the sides of a box may be off
_ROUNDING_M = 1e-3
#: squares of the ground that are marked where points are few
_MOST_SQUARES = 20_000_000

Floats = NDArray[np.float64]


class EdgeBoxes(NamedTuple):
    """West, south, east and north of every edge."""

    west: Floats
    south: Floats
    east: Floats
    north: Floats

    @classmethod
    def of(cls, network: NetworkData) -> EdgeBoxes:
        """The boxes of a network's edges."""
        begin = network.offsets[:-1]
        low = np.minimum.reduceat(network.coords, begin)
        high = np.maximum.reduceat(network.coords, begin)
        return cls(low[:, 0], low[:, 1], high[:, 0], high[:, 1])

    def within(self, box: tuple[float, float, float, float], margin_m: float) -> NDArray[np.int64]:
        """Positions of the edges that come within a margin of a rectangle, ascending."""
        west, south, east, north = box
        met = (self.west <= east + margin_m) & (self.east >= west - margin_m)
        met &= (self.south <= north + margin_m) & (self.north >= south - margin_m)
        return np.flatnonzero(met)


def whole_tree(network: NetworkData) -> shapely.STRtree:
    """The network's edges in an STRtree (made once and kept); items are edge positions."""
    return network.derived("tree", lambda: shapely.STRtree(network.edge_lines()))


def tiles(network: NetworkData, most: int) -> list[tuple[float, float, float, float]]:
    """Rectangles that cover the plane, with so many edges each at most, as far as can be.

    Halved again and again at the median, along the longer side: west, south, east, north.
    """
    boxes = edge_boxes(network)
    x, y = (boxes.west + boxes.east) / 2, (boxes.south + boxes.north) / 2
    found: list[tuple[float, float, float, float]] = []
    waiting = [(np.arange(network.n_edges), (-np.inf, -np.inf, np.inf, np.inf))]
    while waiting:
        inside, (west, south, east, north) = waiting.pop()
        if len(inside) <= most:
            found.append((west, south, east, north))
            continue
        upright = np.ptp(x[inside]) >= np.ptp(y[inside])
        along = (x if upright else y)[inside]
        middle = float(np.median(along))
        low = along < middle
        if not low.any() or low.all():  # all in one place
            found.append((west, south, east, north))
        elif upright:
            waiting.append((inside[low], (west, south, middle, north)))
            waiting.append((inside[~low], (middle, south, east, north)))
        else:
            waiting.append((inside[low], (west, south, east, middle)))
            waiting.append((inside[~low], (west, middle, east, north)))
    return found


def edge_boxes(network: NetworkData) -> EdgeBoxes:
    """The boxes of all edges (worked out once and kept)."""
    return network.derived("edge_boxes", lambda: EdgeBoxes.of(network))


def _points_by_tile(
    network: NetworkData, xy: Floats
) -> Iterator[tuple[tuple[float, float, float, float], NDArray[np.int64]]]:
    """Tiles that have points, and these points; a tile's rectangle is that of its points."""
    kept = network.derived(("tiles", TILE_EDGES), lambda: tiles(network, TILE_EDGES))
    for west, south, east, north in kept:
        inside = (xy[:, 0] >= west) & (xy[:, 0] < east)
        inside &= (xy[:, 1] >= south) & (xy[:, 1] < north)
        at = np.flatnonzero(inside)
        if len(at):
            low, high = xy[at].min(axis=0), xy[at].max(axis=0)
            yield (float(low[0]), float(low[1]), float(high[0]), float(high[1])), at


class Tile(NamedTuple):
    """Some points, and a tree of all edges within `margin_m` of them.

    points : positions. edges : positions of the tree's items, ascending; None: all edges.
    """

    points: NDArray[np.int64]
    tree: shapely.STRtree
    edges: NDArray[np.int64] | None
    margin_m: float

    def edge_of(self, item: NDArray[np.int64]) -> NDArray[np.int64]:
        """Positions in the network of items of the tree."""
        return item if self.edges is None else self.edges[item]


def edge_tiles(network: NetworkData, xy: Floats, *, margin_m: float) -> Iterator[Tile]:
    """The points `xy`, finite, tile by tile with the edges within a margin of them."""
    if network.n_edges <= MOST_EDGES:
        yield Tile(np.arange(len(xy)), whole_tree(network), None, np.inf)
        return
    boxes = edge_boxes(network)
    for box, at in _points_by_tile(network, xy):
        near = boxes.within(box, margin_m + _ROUNDING_M)
        whole = len(near) == network.n_edges
        tree = shapely.STRtree(network.edge_lines(near))
        yield Tile(at, tree, near, np.inf if whole else margin_m)


def edges_beside(network: NetworkData, xy: Floats, *, within_m: float) -> NDArray[np.int64]:
    """Positions, ascending, of the edges that may come within so many metres of any of few points.

    All of those, and others: whatever touches a square of the ground beside a point's square.
    """
    boxes = edge_boxes(network)
    low = np.array([boxes.west.min(), boxes.south.min()])
    span = np.array([boxes.east.max(), boxes.north.max()]) - low
    side = max(within_m, float(np.sqrt(np.prod(span) / _MOST_SQUARES)), _ROUNDING_M)
    marked = np.zeros((span / side).astype(np.int64) + 5, bool)  # two beyond either end
    at = np.clip(np.floor((xy - low) / side), -2, np.array(marked.shape) - 3).astype(np.int64) + 2
    for right in (-1, 0, 1):
        for up in (-1, 0, 1):
            column, row = np.clip(at + np.array([right, up]), 0, np.array(marked.shape) - 1).T
            marked[column, row] = True
    west, east = (((one - low[0]) / side).astype(np.int32) + 2 for one in (boxes.west, boxes.east))
    south, north = (
        ((one - low[1]) / side).astype(np.int32) + 2 for one in (boxes.south, boxes.north)
    )
    met = (east - west > 1) | (north - south > 1)  # of long ones the squares between are not known
    for column in (west, east):
        for row in (south, north):
            met |= marked[column, row]
    return np.flatnonzero(met)


def edges_near(
    network: NetworkData, points: NDArray[Any], *, within_m: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Positions of all pairs of a point (shapely, finite) and an edge within so many metres.

    By point, then by edge.
    """
    which, edges = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for tile in edge_tiles(network, shapely.get_coordinates(points), margin_m=within_m):
        at, item = tile.tree.query(points[tile.points], predicate="dwithin", distance=within_m)
        which.append(tile.points[at])
        edges.append(tile.edge_of(item))
    point, edge = np.concatenate(which), np.concatenate(edges)
    order = np.lexsort((edge, point))
    return point[order], edge[order]
