"""Points on lines that must carry a marker whatever the spacing.

Junctions of three areas, ends of lines, road crossings, sharp bends, and points the user names.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.coverage.lines.linear_reference import Chains, clusters, line_frame, point_frame
from geoplan.coverage.lines.stretches import SpacingRules
from geoplan.inputs.layers import LineLayer

#: kinds, the stronger reason first: where several fall together the first names the point
KINDS = ("given", "junction", "end", "crossing", "bend")


def required_points(
    chains: Chains,
    markers: gpd.GeoSeries,
    rules: SpacingRules,
    crs: Any,
) -> gpd.GeoDataFrame:
    """Required points of `chains` and which are marked.

    A crossing or bend within the tolerance of a stronger point is that point. Bends are measured on
    the line simplified by the tolerance (Douglas & Peucker 1973), so that a wiggle is no bend.

    Returns
    -------
    GeoDataFrame with the columns ``kind``, ``line``, ``marked``, ``marker``, ``geometry``.
    """
    empty = gpd.GeoSeries([], crs=crs)
    found: list[tuple[str, np.ndarray]] = []
    if rules.required is not None:
        given = point_frame(rules.required, empty, "the required points")
        found.append(("given", shapely.get_coordinates(given.to_numpy())))
    junctions, ends = _nodes(chains)
    found += [("junction", junctions), ("end", ends)]
    if rules.crossings is not None:
        found.append(("crossing", crossing_points(chains, rules.crossings, rules.tolerance_m, crs)))
    if rules.bend_deg is not None:
        found.append(("bend", _bends(chains, rules.bend_deg, rules.tolerance_m)))
    kinds, points = _distinct(found, chains.join_m, rules.tolerance_m)
    return _frame(chains, kinds, points, markers, rules.tolerance_m, crs)


def crossing_points(
    chains: Chains,
    crossings: gpd.GeoDataFrame | gpd.GeoSeries | LineLayer,
    tolerance_m: float,
    crs: Any,
) -> np.ndarray:
    """Points on chains where roads cross: intersections with lines, or points that are near."""
    shapes = np.array([chain.geometry for chain in chains.chains], dtype=object)
    if isinstance(crossings, LineLayer):
        crossings = crossings.frame
    series = crossings.geometry
    if not len(series) or not len(shapes):
        return np.empty((0, 2))
    tree = shapely.STRtree(shapes)
    if (series.dropna().geom_type == "Point").all():
        points = point_frame(series, gpd.GeoSeries([], crs=crs), "the crossings").to_numpy()
        which, chain = tree.query(points, predicate="dwithin", distance=tolerance_m)
        at = shapely.line_locate_point(shapes[chain], points[which])
        return shapely.get_coordinates(shapely.line_interpolate_point(shapes[chain], at))
    roads = line_frame(series, "the crossing roads")
    point_frame(gpd.GeoSeries(roads.representative_point()), gpd.GeoSeries([], crs=crs), "roads")
    road, chain = tree.query(roads.to_numpy(), predicate="intersects")
    meets = shapely.intersection(roads.to_numpy()[road], shapes[chain])
    parts = shapely.get_parts(meets)
    return shapely.get_coordinates(parts[shapely.get_type_id(parts) == 0])


def _nodes(chains: Chains) -> tuple[np.ndarray, np.ndarray]:
    """Coordinates of junctions (three arms or more) and of open ends (one arm)."""
    pieces = chains.pieces
    shapes = np.array([piece.geometry for piece in pieces], dtype=object)
    if not len(shapes):
        return np.empty((0, 2)), np.empty((0, 2))
    tips = [p.geometry.coords[k] for p in pieces if not p.closed for k in (0, -1)]
    tree = shapely.STRtree(shapes)
    a, b = tree.query(shapes, predicate="intersects")
    meets = shapely.get_parts(shapely.intersection(shapes[a[a < b]], shapes[b[a < b]]))
    inner = shapely.get_coordinates(meets[shapely.get_type_id(meets) == 0])
    points = np.concatenate([np.array(tips).reshape(-1, 2), inner])
    if not len(points):
        return points, points
    # several lines that meet at one point are one node
    number = clusters(points, chains.join_m)
    first = np.unique(number, return_index=True)[1]
    points = points[first]
    arms = np.zeros(len(points), dtype=int)
    where = shapely.points(points)
    node, piece = tree.query(where, predicate="dwithin", distance=chains.join_m)
    for n, p in zip(node, piece, strict=True):
        if pieces[p].closed:
            arms[n] += 2
            continue
        ends = shapely.points(np.array(shapes[p].coords)[[0, -1]])
        touching = int((shapely.distance(ends, where[n]) <= 2 * chains.join_m).sum())
        arms[n] += touching or 2
    return points[arms >= 3], points[arms == 1]


def _bends(chains: Chains, bend_deg: float, tolerance_m: float) -> np.ndarray:
    found = []
    for chain in chains.chains:
        xy = shapely.get_coordinates(chain.geometry.simplify(tolerance_m))
        if chain.closed:
            xy = np.concatenate([xy, xy[1:2]])
        step = np.diff(xy, axis=0)
        angle = np.arctan2(step[:, 1], step[:, 0])
        turn = np.abs((np.diff(angle) + np.pi) % (2 * np.pi) - np.pi)
        found.append(xy[1:-1][np.degrees(turn) > bend_deg])
    return np.concatenate(found) if found else np.empty((0, 2))


def _distinct(
    found: list[tuple[str, np.ndarray]], join_m: float, tolerance_m: float
) -> tuple[list[str], np.ndarray]:
    from scipy.spatial import cKDTree  # takes a while to load

    kinds: list[str] = []
    points: list[np.ndarray] = []
    for kind, candidates in found:
        radius = tolerance_m if kind in ("crossing", "bend") else join_m
        for point in candidates:
            near = cKDTree(np.array(points)).query(point)[0] if points else np.inf
            if near > radius:
                kinds.append(kind)
                points.append(point)
    return kinds, np.array(points).reshape(-1, 2)


def _frame(
    chains: Chains,
    kinds: list[str],
    points: np.ndarray,
    markers: gpd.GeoSeries,
    tolerance_m: float,
    crs: Any,
) -> gpd.GeoDataFrame:
    from scipy.spatial import cKDTree  # takes a while to load

    marked = np.zeros(len(points), dtype=bool)
    label = np.full(len(points), pd.NA, dtype=object)
    if len(points) and len(markers):
        distance, nearest = cKDTree(shapely.get_coordinates(markers.to_numpy())).query(points)
        marked = distance <= tolerance_m
        label[marked] = markers.index.to_numpy(object)[nearest[marked]]
    line = np.full(len(points), pd.NA, dtype=object)
    pieces = chains.pieces
    if len(points) and pieces:
        shapes = np.array([piece.geometry for piece in pieces], dtype=object)
        owner = shapely.STRtree(shapes).nearest(shapely.points(points))
        line = np.array([pieces[k].line for k in owner], dtype=object)
    return gpd.GeoDataFrame(
        {
            "kind": pd.Series(kinds, dtype=object),
            "line": pd.Series(line, dtype=object),
            "marked": marked,
            "marker": pd.Series(label, dtype=object),
        },
        geometry=gpd.GeoSeries(shapely.points(points) if len(points) else [], crs=crs),
        crs=crs,
    )
