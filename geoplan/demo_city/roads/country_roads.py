"""Country roads between villages and towns: few through hills, over water only by bridges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import minimum_spanning_tree
from scipy.spatial import cKDTree

from geoplan.demo_city.geography import Land, to_plane
from geoplan.demo_city.mesh import Ints, Streets, delaunay_edges
from geoplan.demo_city.noise import Array

#: bridges over the Yellow River: name, a location near it, road class
BRIDGES = (
    ("平阴黄河大桥", 116.405, 36.33, "primary"),
    ("长清黄河公路大桥", 116.665, 36.57, "secondary"),
    ("建邦黄河大桥", 116.925, 36.735, "primary"),
    ("泺口黄河大桥", 116.985, 36.745, "primary"),
    ("凤凰黄河大桥", 117.075, 36.785, "primary"),
    ("济阳黄河大桥", 117.225, 36.91, "primary"),
    ("葛店浮桥", 117.345, 37.06, "unclassified"),
)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Hubs:
    """Points that country roads lead to.

    xy : locations; group : the mesh each belongs to; nodes : per hub the street nodes that a road
    may end at.
    """

    xy: Array
    group: Ints
    nodes: list[Ints]


def bridges(streets: Streets, land: Land) -> tuple[Hubs, list[tuple[int, int, str]]]:
    """Lay the bridges; their heads as hubs, and (edge's u, v, name) of each."""
    heads, spans = [], []
    for name, lon, lat, kind in BRIDGES:
        along = land.river.project(shapely.Point(to_plane([lon], [lat])[0]))
        before, after = (
            shapely.get_coordinates(land.river.interpolate(along + d))[0] for d in (-200.0, 200.0)
        )
        direction = (after - before) / np.hypot(*(after - before))
        middle = shapely.get_coordinates(land.river.interpolate(along))[0]
        ends = np.round(middle + np.outer([-430.0, 430.0], [-direction[1], direction[0]]), 2)
        group = streets.n_groups
        streets.n_groups += 1
        u, v = streets.add_nodes(ends, group)
        streets.add_edges(np.array([u]), np.array([v]), kind)
        heads += [(ends[0], group, np.array([u])), (ends[1], group, np.array([v]))]
        spans.append((int(u), int(v), name))
    xy, groups, nodes = zip(*heads, strict=True)
    return Hubs(xy=np.array(xy), group=np.array(groups), nodes=list(nodes)), spans


def gateways(laid_xy: Array, nodes: Ints, group: int, *, every_m: float) -> Hubs:
    """Nodes at the edge of a town where country roads may come in.

    laid_xy : of all nodes that are laid.
    """
    xy = laid_xy[nodes]
    tree = cKDTree(xy)
    around = np.array([len(n) for n in tree.query_ball_point(xy, 520.0)])
    rim = nodes[around <= np.quantile(around, 0.45)]
    rim_xy = laid_xy[rim]
    _, first = np.unique((rim_xy // every_m).astype(np.int64), axis=0, return_index=True)
    rim, rim_xy = rim[np.sort(first)], rim_xy[np.sort(first)]
    return Hubs(xy=rim_xy, group=np.full(len(rim), group), nodes=[np.array([n]) for n in rim])


def link_places(streets: Streets, land: Land, rng: np.random.Generator, hubs: Hubs) -> None:
    """Roads between hubs: a spanning tree that shuns hills, and most of the short direct ways.

    Candidates are the edges of a Delaunay triangulation, so that roads do not cross; nothing
    but a bridge leads over the river.
    """
    a, b = delaunay_edges(hubs.xy).T
    pa, pb = hubs.xy[a], hubs.xy[b]
    length = np.hypot(*(pb - pa).T)
    t = np.array([0.12, 0.3, 0.5, 0.7, 0.88])
    samples = (pa[:, None] + t[None, :, None] * (pb - pa)[:, None]).reshape(-1, 2)
    height = land.height(samples).reshape(len(a), -1)
    steep = height.mean(axis=1)
    middle = np.ascontiguousarray(samples.reshape(len(a), -1, 2)[:, 1:4].reshape(-1, 2))
    built = (
        (land.built_up(middle, list(land.subdistricts.index)) > 1.05).reshape(len(a), 3).any(axis=1)
    )
    same = hubs.group[a] == hubs.group[b]
    lines = shapely.linestrings(np.stack([pa, pb], axis=1))
    wet = _crossing(lines, land)
    nearest = cKDTree(hubs.xy).query((pa + pb) / 2)[0]
    gabriel = nearest >= 0.5 * length * (1 - 1e-9)
    keep = gabriel & ~same & ~wet & ~built & (steep < 0.42) & (height.max(axis=1) < 0.6)
    keep &= (length < 5500) & (rng.random(len(a)) < 0.86)
    cost = length * (1 + 6 * np.clip(steep - 0.25, 0, None)) * np.where(built, 5.0, 1.0)
    cost = np.where(same, 1e-3, cost + np.where(wet, 1e7, 0.0))
    n_groups = streets.n_groups
    group_of = hubs.group
    # a tree over meshes, not over hubs: what lies in one mesh is joined already
    pairs = np.sort(np.column_stack([group_of[a], group_of[b]]).astype(np.int32), axis=1)
    order = np.lexsort((cost, pairs[:, 1], pairs[:, 0]))
    first = order[np.unique(pairs[order], axis=0, return_index=True)[1]]
    first = first[~same[first]]
    graph = coo_array((cost[first], (pairs[first, 0], pairs[first, 1])), shape=(n_groups, n_groups))
    tree = minimum_spanning_tree(graph.tocsr()).tocoo()
    in_tree = set(zip(tree.row.tolist(), tree.col.tolist(), strict=True))
    needed = np.zeros(len(a), dtype=bool)
    for k in first:
        needed[k] = tuple(pairs[k].tolist()) in in_tree and cost[k] < 1e6
    keep |= needed
    _lay(streets, rng, hubs, a[keep], b[keep], steep=steep[keep], needed=needed[keep])


def _crossing(lines: NDArray[np.object_], land: Land) -> NDArray[np.bool_]:
    """Whether lines cross the Yellow River or a lake."""
    lakes = land.water.geometry[land.water["kind"] == "lake"].to_numpy()
    barrier = shapely.STRtree(np.append(lakes, land.river))
    wet = np.zeros(len(lines), dtype=bool)
    wet[barrier.query(lines, predicate="intersects")[0]] = True
    return wet


def _lay(
    streets: Streets,
    rng: np.random.Generator,
    hubs: Hubs,
    a: Ints,
    b: Ints,
    *,
    steep: Array,
    needed: NDArray[np.bool_],
) -> None:
    """The chosen links, from the lane nearest the other end.

    Those that only shorten a way may be tracks, in the hills paths; every village that has a road
    can be reached by car.
    """
    all_xy = np.vstack(streets.xy)

    def nearest(hub: int, towards: Array) -> int:
        nodes = hubs.nodes[hub]
        if len(nodes) == 1:
            return int(nodes[0])
        return int(nodes[np.argmin(((all_xy[nodes] - towards) ** 2).sum(axis=1))])

    u = np.array([nearest(i, hubs.xy[j]) for i, j in zip(a, b, strict=True)])
    v = np.array([nearest(j, hubs.xy[i]) for i, j in zip(a, b, strict=True)])
    narrow = np.where(needed, 1.0, rng.random(len(a)))
    kind = np.where(narrow < 0.2, "track", "unclassified").astype(object)
    kind = np.where((steep > 0.3) & (narrow < 0.45), "path", kind)
    streets.add_edges(u, v, kind, line=-2)
