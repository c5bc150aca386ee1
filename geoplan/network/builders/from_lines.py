"""Networks from line layers: junctions by coordinate, stacked roads kept apart."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.errors import NetworkError, UsageError
from geoplan.inputs.layers import check_projected
from geoplan.network.builders.build_notes import log_note
from geoplan.network.builders.from_graph import network_from_graph
from geoplan.network.builders.osm_tags import driving_minutes, left_out_by
from geoplan.network.builders.osmnx_layer import graph_of_layer, is_osmnx_layer
from geoplan.network.builders.tagging.line_columns import LineColumns, line_columns
from geoplan.network.builders.topology.joining import joined_ends
from geoplan.network.builders.topology.noding import (
    crossings_without_node,
    noded_at_crossings,
    nodes_by_height,
)
from geoplan.network.builders.topology.segments import (
    drop_repeated_vertices,
    node_and_edge_tables,
    split_at_junctions,
)
from geoplan.network.graph.network import NetworkData, check_mode
from geoplan.network.graph.polylines import location_numbers
from geoplan.network.graph.tables import network_from_tables
from geoplan.tolerances import JOIN_WITHIN_M, VERTEX_SNAP_M
from geoplan.validate import checked_speeds, positive_number

#: without a one-way column, this share of mirrored lines shows that each line is one direction
MIRRORED_SHARE = 0.25
#: what `LineOptions.split` may be
SPLITS = ("ends", "touching")
#: roles whose cells stay with the edges
_KEPT = frozenset(
    {"highway", "maxspeed", "layer", "bridge", "tunnel", "name", "access", "foot", "service"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LineOptions:
    """How the lines of a layer become streets.

    Parameters
    ----------
    speed_m_s : walking speed, or when driving the speed to and from the streets; default 1.0
        or 30 km/h.
    speeds_kmh : for drive, speed by road class, adding to `osm_tags.SPEEDS_KMH`.
    columns : which column plays which role (``highway``, ``oneway``, ``maxspeed``, ``layer``,
        ``bridge``, ``tunnel``, ``name``, ``access``, ``foot``, ``service``, ...: the headings of
        ``tagging/makers.toml``); others are found by their usual names in Chinese and English and
        by those of OpenStreetMap, Overture, HERE, TomTom, NavInfo, AutoNavi, ArcGIS, TIGER and
        Ordnance Survey.
    snap_m : vertices nearer than this are one.
    split : ``"ends"``: line ends are joined to the line that they lie upon, or nearly, and that
        line is cut there; ``"touching"``: besides, lines of equal height are joined where they
        cross. None = only shared vertices join, unless `join_within_m` says how far to join.
    join_within_m : how near an end must be to be joined; default `JOIN_WITHIN_M` with `split`.
    split_crossings : join lines of equal height where they cross or where one ends upon another.
    directed : each line is one direction of travel, so that only a mirrored pair makes a two-way
        street. None = found out: True when there is no one-way column and a quarter of the lines
        have a mirror image (then in `notes`).
    all_classes : keep lines whatever their road class or access.
    source : what the lines are, for reports.
    """

    speed_m_s: float | None = None
    speeds_kmh: Mapping[str, float] | None = None
    columns: Mapping[str, str] | None = None
    snap_m: float = VERTEX_SNAP_M
    split: str | None = None
    join_within_m: float | None = None
    split_crossings: bool = False
    directed: bool | None = None
    all_classes: bool = False
    source: str = "line layer"


def network_from_lines(
    frame: gpd.GeoDataFrame | gpd.GeoSeries, *, mode: str, options: LineOptions = LineOptions()
) -> NetworkData:
    """The street network of a line layer; see `geoplan.network.Network.from_lines`."""
    check_mode(mode)
    check_projected(frame, "the line layer")
    if isinstance(frame, gpd.GeoSeries):
        frame = gpd.GeoDataFrame(geometry=frame)
    snap_m = positive_number("snap_m", options.snap_m, "metres")
    speeds_kmh = checked_speeds(options.speeds_kmh)
    lines, row, notes = _single_lines(frame)
    facts = line_columns(frame, options.columns, mode=mode, speeds_kmh=speeds_kmh)
    used = (facts.left_out[row] == "") | options.all_classes
    gone = np.unique(row[~used])  # rows: one of several parts is left out once
    left_out = Counter(facts.left_out[gone].tolist())
    if not used.any():
        raise _no_street(frame, mode, facts, dict(left_out))
    if left_out:
        whys = facts.left_out[row][~used]
        metres = pd.Series(shapely.length(lines[~used])).groupby(whys).sum()
        notes["left_out"] = dict(left_out)
        notes["of_other_modes"] = int(facts.of_another_mode[gone].sum())
        notes["left_out_m"] = {str(why): round(float(m), 1) for why, m in metres.items()}
    notes |= facts.notes
    lines, row = lines[used], row[used]
    in_use = len(np.unique(row))
    oneway = facts.oneway[row]
    if not (options.directed is False or (options.directed is None and facts.has_oneway)):
        mirrors = _mirror_images(lines, snap_m)
        if options.directed is not None or mirrors.guess_directed(mode):
            notes["directed_lines"] = mirrors.counts
            keep = mirrors.first
            oneway = np.where(mirrors.has_image | (mode == "walk"), 0, 1).astype(np.int8)[keep]
            lines, row = lines[keep], row[keep]
    lines = _joined(lines, facts.height[row], options, snap_m, notes)

    coords, way = shapely.get_coordinates(lines, return_index=True)
    location = location_numbers(coords, snap_m)
    keep, offsets = drop_repeated_vertices(location, way, len(lines))
    stays = np.diff(offsets) > 0
    if not stays.all():
        notes["too_short"] = int((~stays).sum())
    coords, location = coords[keep], location[keep]
    short = np.setdiff1d(row, row[stays])
    notes["rows"] = {"file": len(frame), "used": in_use - len(short)}
    row, oneway = row[stays], oneway[stays]
    offsets = np.concatenate([[0], offsets[1:][stays]])
    if len(row) == 0:
        raise NetworkError.of("network_faults.no_length")
    node, stacked = nodes_by_height(location, offsets, facts.height[row])
    if stacked:
        notes["stacked_places"] = stacked
    n_nodes = int(node.max()) + 1
    segments = split_at_junctions(node, offsets, n_nodes)
    nodes, edges = node_and_edge_tables(segments, node, coords, np.arange(n_nodes), crs=frame.crs)
    way = edges.pop("way").to_numpy()
    edges["oneway"] = oneway[way]
    properties = _properties(frame, facts, row[way], mode)
    if mode == "drive":
        edges["minutes"] = driving_minutes(edges["length_m"], properties["speed_kmh"])
    return network_from_tables(
        nodes,
        pd.concat([edges, properties], axis=1),
        mode=mode,
        speed_m_s=options.speed_m_s,
        keep=list(properties.columns),
        source=options.source,
        notes=notes,
    )


def network_from_layer(
    frame: gpd.GeoDataFrame, *, mode: str, options: LineOptions = LineOptions()
) -> NetworkData:
    """The network of a layer that a file holds: of OSMnx's edges as the graph that they were."""
    drawn = options.split or options.join_within_m or options.split_crossings or options.columns
    if drawn or options.directed is not None or not is_osmnx_layer(frame):
        return network_from_lines(frame, mode=mode, options=options)
    return network_from_graph(
        graph_of_layer(frame),
        mode=mode,
        crs=frame.crs,
        speed_m_s=options.speed_m_s,
        speeds_kmh=options.speeds_kmh,
        all_classes=options.all_classes,
        source=options.source,
    )


def _joined(
    lines: NDArray[Any],
    height: NDArray[np.float64],
    options: LineOptions,
    snap_m: float,
    notes: dict[str, Any],
) -> NDArray[Any]:
    """The lines joined as the options ask; what was joined goes into `notes`."""
    split = options.split
    if split not in (None, *SPLITS):
        raise UsageError.of("network_faults.split", split=split, known=", ".join(SPLITS))
    within = JOIN_WITHIN_M
    if options.join_within_m is not None:
        within = positive_number("join_within_m", options.join_within_m, "metres")
        split = split or "ends"
    if split is not None:
        lines, ends = joined_ends(lines, height, within_m=within, snap_m=snap_m)
        notes["joined"] = {"ends": ends, "within_m": within, "crossings": 0, "split": split}
    if split == "touching" or options.split_crossings:
        if split is not None:
            notes["joined"]["crossings"] = len(crossings_without_node(lines, height)[0])
        lines, notes["crossings_joined"] = noded_at_crossings(lines, height, snap_m=snap_m)
    return lines


def _single_lines(
    frame: gpd.GeoDataFrame,
) -> tuple[NDArray[Any], NDArray[np.int64], dict[str, Any]]:
    """Single LineStrings in two dimensions, and the row of each."""
    geometry = np.asarray(frame.geometry.array)
    parts, row = shapely.get_parts(shapely.force_2d(geometry), return_index=True)
    finite = np.ones(len(parts), bool)
    coords, part = shapely.get_coordinates(parts, return_index=True)
    finite[part[~np.isfinite(coords).all(axis=1)]] = False
    line = np.isin(shapely.get_type_id(parts), (1, 2)) & ~shapely.is_empty(parts)
    good = line & finite
    notes: dict[str, Any] = {}
    lost = np.ones(len(frame), bool)
    lost[row[good]] = False
    kinds = frame.geometry.geom_type.to_numpy(object, copy=True)
    kinds[shapely.is_missing(geometry)] = "missing"
    kinds[shapely.is_empty(geometry)] = "empty"
    broken = np.zeros(len(frame), bool)
    broken[row[line & ~finite]] = True
    kinds[broken] = "broken coordinates"
    if lost.any():
        notes["rows_without_line"] = dict(Counter(kinds[lost].tolist()))
        if good.any():
            log_note("the line layer: rows left out: %s", notes["rows_without_line"])
    partly = broken & ~lost
    if partly.any():
        count = int((line & ~finite & ~lost[row]).sum())
        notes["parts_with_broken_coordinates"] = count
        log_note("the line layer: %d parts of lines with broken coordinates left out", count)
    if not good.any():
        held = ", ".join(sorted(set(kinds.tolist()))) or "no rows"
        raise NetworkError.of("network_faults.no_line", held=held)
    return parts[good], row[good], notes


@dataclass(frozen=True, slots=True)
class _MirrorImages:
    """Per line whether another one runs the other way, and whether it is the first of its pair."""

    has_image: NDArray[np.bool_]
    first: NDArray[np.bool_]

    @property
    def counts(self) -> dict[str, int]:
        return {"mirrored": int(self.has_image.sum()), "single": int((~self.has_image).sum())}

    def guess_directed(self, mode: str) -> bool:
        """Whether so many lines have an image that each is one direction of travel."""
        share = float(self.has_image.mean())
        if share < MIRRORED_SHARE:
            return False
        # on foot every street goes both ways, whatever this guess
        log_note(
            "%.0f %% of the lines have a mirror image and no column says one-way: each line is "
            "taken for one direction of travel (say directed=False or True to settle it)",
            100 * share,
            level=logging.INFO if mode == "walk" else logging.WARNING,
        )
        return True


def _mirror_images(lines: NDArray[Any], snap_m: float) -> _MirrorImages:
    """Lines with the same vertices in the opposite order; of equal lines the first counts."""
    snapped = shapely.set_precision(lines, snap_m, mode="pointwise")
    shape, mirror = shapely.to_wkb(snapped), shapely.to_wkb(shapely.reverse(snapped))
    first = pd.Series(shape).drop_duplicates()
    image = pd.Series(first.index, index=first).reindex(mirror).to_numpy(np.float64)
    own = np.arange(len(lines))
    has_image = ~np.isnan(image) & (image != own)
    later = has_image & (np.nan_to_num(image, nan=0) < own)
    return _MirrorImages(has_image, np.isin(own, first.index) & ~later)


def _properties(
    frame: gpd.GeoDataFrame, facts: LineColumns, row: NDArray[np.int64], mode: str
) -> pd.DataFrame:
    """Per edge: the line's label, and the values of its role columns."""
    columns: dict[str, Any] = {"line": frame.index.to_numpy()[row]}
    for role, name in facts.found.items():
        if role in _KEPT:
            values = frame[name].to_numpy(object)[row]
            texts = pd.Series(values, dtype=object)
            columns[role] = texts.where(texts.isna(), texts.astype(str)).astype("str")
    if mode == "drive":
        columns["speed_kmh"] = facts.speed_kmh[row]
    return pd.DataFrame(columns)


def _no_street(
    frame: gpd.GeoDataFrame, mode: str, facts: LineColumns, left_out: dict[str, int]
) -> NetworkError:
    values = {
        "mode": mode,
        "other": "drive" if mode == "walk" else "walk",
        "count": sum(left_out.values()),
        "whys": left_out_by(left_out),
    }
    if "highway" not in facts.found:
        return NetworkError.of("network_faults.no_street", **values)
    name = facts.found["highway"]
    classes = ", ".join(sorted({str(v) for v in frame[name].dropna().unique()})[:10])
    return NetworkError.of(
        "network_faults.no_street_classes", column=name, classes=classes, **values
    )
