"""The network above the lanes: main roads by use, an elevated ring road, motorways."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from geoplan.demo_city.geography import Land, to_plane
from geoplan.demo_city.mesh import delaunay_edges
from geoplan.demo_city.noise import Array, Warp

#: how willingly long journeys use a class, times its length
FACTOR = {
    "primary": 0.55,
    "secondary": 0.7,
    "tertiary": 0.85,
    "unclassified": 1.0,
    "residential": 1.5,
    "living_street": 2.0,
    "track": 3.0,
    "service": 6.0,
}
RANK = ("unclassified", "tertiary", "secondary", "primary")

#: motorways: name, number, course in degrees (None of them is for walking)
MOTORWAYS = (
    (
        "济南绕城高速",
        "G2001",
        (
            (116.84, 36.74),
            (116.83, 36.62),
            (116.88, 36.555),
            (116.98, 36.555),
            (117.06, 36.585),
            (117.17, 36.60),
            (117.245, 36.65),
            (117.245, 36.74),
            (117.16, 36.79),
            (117.09, 36.84),
            (116.96, 36.83),
            (116.86, 36.80),
            (116.84, 36.74),
        ),
    ),
    (
        "济青高速",
        "G20",
        ((117.245, 36.70), (117.36, 36.71), (117.48, 36.755), (117.62, 36.775), (117.78, 36.79)),
    ),
    (
        "京沪高速",
        "G2",
        (
            (117.245, 36.66),
            (117.34, 36.56),
            (117.50, 36.47),
            (117.60, 36.33),
            (117.72, 36.20),
            (117.83, 36.10),
            (117.90, 36.02),
        ),
    ),
    (
        "京台高速",
        "G3",
        (
            (116.70, 36.90),
            (116.83, 36.74),
            (116.79, 36.58),
            (116.88, 36.44),
            (116.95, 36.30),
            (116.98, 36.22),
        ),
    ),
    (
        "济广高速",
        "G35",
        ((116.82, 36.61), (116.70, 36.47), (116.56, 36.35), (116.47, 36.22), (116.42, 36.08)),
    ),
    (
        "济乐高速",
        "S2",
        ((116.98, 36.83), (117.05, 36.98), (117.12, 37.16), (117.18, 37.32), (117.20, 37.46)),
    ),
)


def join_parts(
    edges: pd.DataFrame, xy: Array, group: NDArray[np.int64], land: Land, left_alone: set[int]
) -> pd.DataFrame:
    """Join stray pieces to the main network, but for the meshes `left_alone`; drop small pieces."""
    n = len(xy)
    label = _parts(edges, n)
    sizes = np.bincount(label, minlength=label.max() + 1)
    main = int(np.argmax(sizes))
    alone = np.isin(group, list(left_alone))
    strays = np.unique(label[(label != main) & ~alone])
    in_main = np.nonzero(label == main)[0]
    tree = cKDTree(xy[in_main])
    added, dropped = [], []
    for part in strays:
        nodes = np.nonzero(label == part)[0]
        distance, near = tree.query(xy[nodes])
        best = int(np.argmin(distance))
        link = shapely.LineString([xy[nodes[best]], xy[in_main[near[best]]]])
        if sizes[part] < 4 or link.crosses(land.river) or link.length > 2500:
            dropped.append(part)
            continue
        added.append((nodes[best], in_main[near[best]], "unclassified", -2, 0, ""))
    edges = edges[~np.isin(label[edges["u"]], dropped)]
    more = pd.DataFrame(added, columns=["u", "v", "kind", "line", "oneway", "bridge"])
    return pd.concat([edges, more], ignore_index=True)


def _parts(edges: pd.DataFrame, n: int) -> NDArray[np.int32]:
    graph = coo_array((np.ones(len(edges)), (edges["u"], edges["v"])), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def raise_main_roads(edges: pd.DataFrame, xy: Array, centre_nodes: pd.Series) -> pd.DataFrame:
    """Give the ways between neighbouring centres the class of their use.

    centre_nodes : street code -> street node. Roads between county centres become primary, between
    towns secondary or tertiary.
    """
    kind = edges["kind"].to_numpy(object).copy()
    factor = np.array([FACTOR.get(k, np.inf) for k in kind])
    length = np.hypot(*(xy[edges["u"]] - xy[edges["v"]]).T)
    usable = np.isfinite(factor)
    u, v = edges["u"].to_numpy()[usable], edges["v"].to_numpy()[usable]
    graph = coo_array(((length * factor)[usable], (u, v)), shape=(len(xy), len(xy))).tocsr()
    ends = zip(np.minimum(u, v).tolist(), np.maximum(u, v).tolist(), strict=True)
    number = dict(zip(ends, np.nonzero(usable)[0].tolist(), strict=True))
    county = centre_nodes[centre_nodes.index.str.endswith("001")]
    rank = np.zeros(len(edges), dtype=np.int64)
    for nodes, level, limit in ((centre_nodes, 1, 26_000.0), (county, 3, 75_000.0)):
        centres = nodes.to_numpy()
        pairs = _neighbours(xy[centres])
        _, before = dijkstra(
            graph, directed=False, indices=centres, return_predecessors=True, limit=limit
        )
        for i, j in pairs:
            step, came_from = int(centres[j]), before[i]
            while (back := int(came_from[step])) >= 0:
                k = number[(min(back, step), max(back, step))]
                rank[k] = max(rank[k], level + (level == 1 and (i + j) % 3 == 0))
                step = back
    own = np.array([RANK.index(k) if k in RANK else 0 for k in kind])
    better = rank > own
    kind[better] = np.array(RANK, dtype=object)[rank[better]]
    return edges.assign(kind=kind)


def _neighbours(xy: Array) -> NDArray[np.int64]:
    pairs = delaunay_edges(xy)
    return pairs[np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T) < 45_000]


def fast_roads(
    edges: pd.DataFrame, xy: Array, rng: np.random.Generator
) -> tuple[pd.DataFrame, Array]:
    """Add the elevated ring road and the motorways, two carriageways each, with their ramps.

    They pass over or under everything else: only ramps join them to other roads.
    """
    bend = Warp(rng, ((9000.0, 420.0), (3000.0, 60.0)))
    main = np.unique(edges.loc[edges["kind"].isin(["primary", "secondary"]), ["u", "v"]])
    tree = cKDTree(xy[main])
    new_xy, rows, n = [xy], [], len(xy)
    t = np.linspace(0, 2 * np.pi, 90)
    middle = to_plane([117.015], [36.668])[0]
    # flatter than an ellipse on the long sides, as ring roads along a valley are
    ring = middle + np.column_stack(
        [
            8600 * np.sign(np.cos(t)) * np.abs(np.cos(t)) ** 0.72,
            3900 * np.sign(np.sin(t)) * np.abs(np.sin(t)) ** 0.72,
        ]
    )
    ring[-1] = ring[0]
    courses = [("二环高架路", "trunk", bend(ring), 1700.0, 450.0)]
    for name, _, points in MOTORWAYS:
        corners = shapely.LineString(to_plane(*zip(*points, strict=True)))
        smooth = shapely.segmentize(_rounded(corners), 450.0)
        courses.append((name, "motorway", bend(shapely.get_coordinates(smooth)), 7000.0, 1600.0))
    line = -10
    for name, kind, course, ramp_every, ramp_reach in courses:
        middle_line = shapely.LineString(course)
        ends = []
        for side in (1, -1):
            way = shapely.get_coordinates(shapely.offset_curve(middle_line, 9.0 * side))
            way = np.round(way if side < 0 else way[::-1], 2)
            ids = np.arange(n, n + len(way))
            new_xy.append(way)
            n += len(way)
            line -= 1
            rows += [(p, q, kind, line, 1, name) for p, q in itertools.pairwise(ids)]
            ends.append((ids[0], ids[-1]))
            along = np.r_[0, np.cumsum(np.hypot(*np.diff(way, axis=0).T))]
            distance, near = tree.query(way)
            last = -ramp_every
            for k in np.nonzero(distance < ramp_reach)[0]:
                window = (along >= along[k]) & (along < along[k] + 0.3 * ramp_every)
                if along[k] - last < ramp_every or distance[k] > distance[window].min():
                    continue
                last = along[k]
                line -= 1
                rows.append((ids[k], main[near[k]], f"{kind}_link", line, 0, ""))
        # where a course ends, one carriageway turns into the other; a ring is closed
        (first_a, last_a), (first_b, last_b) = ends
        closed = bool((course[0] == course[-1]).all())
        turns = (
            ((last_a, first_a), (last_b, first_b))
            if closed
            else ((last_a, first_b), (last_b, first_a))
        )
        for p, q in turns:
            line -= 1
            rows.append((p, q, kind, line, 1, name))
    more = pd.DataFrame(rows, columns=["u", "v", "kind", "line", "oneway", "bridge"])
    elevated = more["kind"].isin(["trunk"])
    more["layer"] = np.where(more["kind"].isin(["trunk", "motorway"]), 1, 0)
    more["name"] = more["bridge"]
    more["bridge"] = np.where(elevated, "yes", "")
    return pd.concat([edges, more], ignore_index=True), np.vstack(new_xy)


def _rounded(line: shapely.LineString) -> shapely.LineString:
    xy = shapely.get_coordinates(line)
    closed = bool((xy[0] == xy[-1]).all())
    for _ in range(3):
        q, r = 0.75 * xy[:-1] + 0.25 * xy[1:], 0.25 * xy[:-1] + 0.75 * xy[1:]
        inner = np.stack([q, r], 1).reshape(-1, 2)
        xy = np.vstack([inner, inner[:1]]) if closed else np.vstack([xy[:1], inner, xy[-1:]])
    return shapely.LineString(xy)
