"""Pedestrian squares as streets: their edge, and the straight ways across that stay inside.

A square is an area, not a line. People cross it from any of its entries (nodes that it shares with
a street) to any other. The shortest way inside a polygon bends only at corners that
stand out into it (de Berg et al., *Computational Geometry*, ch. 15: the visibility graph), so the
lines between entries and such corners that see each other keep every distance between two entries
exact. Lines from the entries to the other corners bring those who live at the edge nearly
straight across as well.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geoplan.network.builders.osm_file import OsmNodes, OsmSquare, OsmWays
from geoplan.tolerances import SQUARE_EDGE_M

#: a square with more entries and corners that stand out is walked along its edge only
MOST_POINTS = 80
#: a turn below this is no corner, degrees
_CORNER_DEG = 15.0


def with_squares(
    ways: OsmWays, nodes: OsmNodes, xy: NDArray[np.float64]
) -> tuple[OsmWays, dict[str, int]]:
    """The ways with those along and across the squares, and how many squares became what.

    Parameters
    ----------
    ways, nodes : as read. xy : metres of each node.

    Returns
    -------
    tuple
        The ways, and the number of squares ``crossed``, walked along the edge only (``edge``),
        and left out since no street leads to them or their border is cut off (``apart``; of
        these ``apart_ways`` are no relations).
    """
    counts = {"crossed": 0, "edge": 0, "apart": 0, "apart_ways": 0}
    entries = _shared_nodes(ways)
    refs, tags, ids = [], [], []  # type: list[list[int]], list[Any], list[int]
    for square in ways.squares:
        found = _streets_of(square, entries, nodes, xy)
        if found is None:
            counts["apart"] += 1
            counts["apart_ways"] += not square.of_relation
            continue
        rings, across = found
        counts["crossed" if across is not None else "edge"] += 1
        for line in (*rings, *(across or ())):
            refs.append(list(line))
            tags.append(square.tags)
            ids.append(square.id)
    if not refs:
        return ways, counts
    more = replace(
        ways,
        ids=np.concatenate([ways.ids, np.array(ids, np.int64)]),
        refs=np.concatenate([ways.refs, np.concatenate(refs).astype(np.int64)]),
        counts=np.concatenate([ways.counts, np.array([len(r) for r in refs], np.int64)]),
        oneway=np.concatenate([ways.oneway, np.zeros(len(refs), np.int8)]),
        tags=[*ways.tags, *tags],
    )
    return more, counts


def _shared_nodes(ways: OsmWays) -> set[int]:
    """Nodes of streets, and those that two squares share."""
    streets = set(ways.refs.tolist())
    once: set[int] = set()
    for square in ways.squares:
        own = {ref for ring in (*square.outer, *square.inner) for ref in ring}
        streets |= own & once
        once |= own
    return streets


def _streets_of(
    square: OsmSquare, entries: set[int], nodes: OsmNodes, xy: NDArray[np.float64]
) -> tuple[list[list[int]], list[tuple[int, int]] | None] | None:
    """Rings and lines across as node ids; None for a square that no street leads to."""
    rings = [*square.outer, *square.inner]
    refs = np.array([ref for ring in rings for ref in ring], np.int64)
    at = np.minimum(np.searchsorted(nodes.ids, refs), max(len(nodes.ids) - 1, 0))
    if not len(nodes.ids) or (nodes.ids[at] != refs).any() or entries.isdisjoint(refs.tolist()):
        return None
    place = dict(zip(refs.tolist(), xy[at], strict=True))
    area = _area(square, place)
    if area is None:
        return rings, None
    points = _points(rings, entries, place, area)
    if points is None:
        return rings, None
    return rings, _seen(points, rings, entries, place, area)


def _area(square: OsmSquare, place: dict[int, Any]) -> Any:
    """The polygon of a square, None where its rings make none."""
    outer = [shapely.Polygon([place[ref] for ref in ring]) for ring in square.outer]
    inner = [shapely.Polygon([place[ref] for ref in ring]) for ring in square.inner]
    if not all(ring.is_valid for ring in (*outer, *inner)):
        return None
    area = shapely.difference(shapely.union_all(outer), shapely.union_all(inner))
    return None if area.is_empty else area


def _points(
    rings: list[list[int]], entries: set[int], place: dict[int, Any], area: Any
) -> dict[int, str] | None:
    """The nodes that lines across begin and end at: ``"entry"``, ``"inward"`` or ``"corner"``."""
    kinds: dict[int, str] = {}
    for ring in rings:
        for before, ref, after in zip([ring[-2], *ring[:-2]], ring[:-1], ring[1:], strict=True):
            turned = _turn_deg(place[before], place[ref], place[after])
            if ref in entries:
                kinds[ref] = "entry"
            elif turned < 1e-6:
                continue
            elif _stands_out(place[before], place[ref], place[after], area):
                kinds.setdefault(ref, "inward")
            elif turned > _CORNER_DEG:
                kinds.setdefault(ref, "corner")
    if len(kinds) > MOST_POINTS:
        kinds = {ref: kind for ref, kind in kinds.items() if kind != "corner"}
    return kinds if len(kinds) <= MOST_POINTS else None


def _turn_deg(a: Any, b: Any, c: Any) -> float:
    """By how much the way a-b-c turns at b, 0 to 180 degrees."""
    first, second = np.subtract(b, a), np.subtract(c, b)
    cross = first[0] * second[1] - first[1] * second[0]
    return float(abs(np.degrees(np.arctan2(cross, first @ second))))


def _stands_out(a: Any, b: Any, c: Any, area: Any) -> bool:
    """Whether the corner at b stands out into the area: more than half of all ways lead inside."""
    back, on = np.subtract(a, b), np.subtract(c, b)
    lengths = np.hypot(*back), np.hypot(*on)
    if min(lengths) == 0:
        return False
    middle = back / lengths[0] + on / lengths[1]
    size = np.hypot(*middle)
    if size < 1e-9:
        return False
    # opposite the sharp side of the corner
    beyond = shapely.Point(np.asarray(b) - middle / size * SQUARE_EDGE_M)
    return bool(area.contains(beyond))


def _seen(
    points: dict[int, str],
    rings: list[list[int]],
    entries: set[int],
    place: dict[int, Any],
    area: Any,
) -> list[tuple[int, int]]:
    """The pairs of points that see each other inside the square, but for its own edge."""
    beside = {frozenset(pair) for ring in rings for pair in pairwise(ring)}
    pairs = [
        (a, b)
        for a, b in combinations(points, 2)
        if frozenset((a, b)) not in beside
        and (points[a] != "corner" or points[b] == "entry")
        and (points[b] != "corner" or points[a] == "entry")
    ]
    if not pairs:
        return []
    lines = shapely.linestrings([(place[a], place[b]) for a, b in pairs])
    room = area.buffer(SQUARE_EDGE_M, join_style="mitre")
    shapely.prepare(room)
    inside = shapely.covers(room, lines)
    return [pair for pair, fits in zip(pairs, inside, strict=True) if fits]
