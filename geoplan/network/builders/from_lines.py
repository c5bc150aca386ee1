"""Networks from line layers: junctions by coordinate, stacked roads kept apart."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.errors import NetworkError
from geoplan.inputs.layers import check_projected
from geoplan.network.builders.build_notes import log_note
from geoplan.network.builders.line_columns import ROLES, LineColumns, line_columns
from geoplan.network.builders.noding import nodes_by_level, with_crossings
from geoplan.network.builders.osm_tags import left_out_by
from geoplan.network.builders.segments import cut_at_junctions, edge_tables, without_repeats
from geoplan.network.graph.network import NetworkData, check_mode
from geoplan.network.graph.tables import network_from_tables
from geoplan.validate import checked_speeds, positive

#: without a one-way column, this share of mirrored lines says that each line is one direction
MIRRORED_SHARE = 0.25


def network_from_lines(
    frame: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    mode: str,
    speed_m_s: float | None = None,
    speeds_kmh: Mapping[str, float] | None = None,
    columns: Mapping[str, str] | None = None,
    snap_m: float = 0.01,
    split_crossings: bool = False,
    directed: bool | None = None,
    all_classes: bool = False,
    source: str = "line layer",
) -> NetworkData:
    """The street network of a line layer.

    Lines meet where they share a vertex (coordinates equal after rounding to `snap_m`). Where the
    layer tells heights apart (columns layer, bridge, tunnel), lines of other heights do not meet,
    except that a line whose end would otherwise hang in the air (a bridge's ramp) joins the
    nearest height there. Lines that cross without a shared vertex are not joined unless
    `split_crossings`.

    Parameters
    ----------
    frame : LineStrings or MultiLineStrings in a projected CRS in metres; its index becomes the
        property ``line``.
    mode : ``"walk"`` or ``"drive"``. Where a road class column holds OSM's classes, the classes of
        the other mode are left out.
    speed_m_s : walking speed, or when driving the speed to and from the streets; default 1.0
        or 30 km/h.
    speeds_kmh : for drive, speed by road class, adding to `osm_rules.SPEEDS_KMH`.
    columns : which column plays which role (``highway``, ``oneway``, ``maxspeed``, ``layer``,
        ``bridge``, ``tunnel``, ``name``, ``access``, ``foot``, ``service``); others are found by
        their usual English, Chinese and Geofabrik names.
    snap_m : vertices nearer than this are one.
    split_crossings : join lines of equal height where they cross or where one ends upon another.
    directed : each line is one direction of travel, so that only a mirrored pair makes a two-way
        street. None = found out: True when there is no one-way column and a quarter of the lines
        have a mirror image (told in `notes`).
    all_classes : keep lines whatever their road class or access says.
    source : what the lines are, for reports.

    Raises
    ------
    MissingCrsError, GeographicCrsError
        The layer is not in a projected CRS.
    NetworkError
        No line at all, or none for this mode.
    UsageError
        `columns` names a column or a role that does not exist.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> roads = gpd.GeoDataFrame(
    ...     {"bridge": ["no", "no", "yes"]},
    ...     geometry=[LineString([(0, 0), (50, 0), (100, 0)]), LineString([(50, 0), (50, 80)]),
    ...               LineString([(50, -40), (50, 0), (90, 40)])],
    ...     crs="EPSG:4548",
    ... )
    >>> network = network_from_lines(roads, mode="walk")   # the bridge passes over (50, 0)
    >>> network.n_edges, network.components.nunique()
    (4, 2)
    """
    check_mode(mode)
    check_projected(frame, "the line layer")
    if isinstance(frame, gpd.GeoSeries):
        frame = gpd.GeoDataFrame(geometry=frame)
    snap_m = positive("snap_m", snap_m, "metres")
    speeds_kmh = checked_speeds(speeds_kmh)
    lines, row, notes = _plain_lines(frame)
    facts = line_columns(frame, columns, mode=mode, speeds_kmh=speeds_kmh)
    used = (facts.left_out[row] == "") | all_classes
    left_out = Counter(facts.left_out[row][~used].tolist())
    if not used.any():
        raise _nothing(frame, mode, facts, dict(left_out))
    if left_out:
        notes["left_out"] = dict(left_out)
    lines, row = lines[used], row[used]
    oneway = facts.oneway[row]
    lines, row, oneway = _two_ways(lines, row, oneway, facts, mode, directed, snap_m, notes)
    if split_crossings:
        lines, notes["crossings_joined"] = with_crossings(lines, facts.level[row], snap_m=snap_m)

    coords, way = shapely.get_coordinates(lines, return_index=True)
    place = _rounded(coords, snap_m)
    keep, offsets = without_repeats(place, way, len(lines))
    stays = np.diff(offsets) > 0
    if not stays.all():
        notes["too_short"] = int((~stays).sum())
    coords, place = coords[keep], place[keep]
    row, oneway = row[stays], oneway[stays]
    offsets = np.concatenate([[0], offsets[1:][stays]])
    if len(row) == 0:
        raise NetworkError.of("network_faults.no_length")
    node, apart = nodes_by_level(place, offsets, facts.level[row])
    if apart:
        notes["stacked_places"] = apart
    n_nodes = int(node.max()) + 1
    cut = cut_at_junctions(node, offsets, n_nodes)
    nodes, edges = edge_tables(cut, node, coords, np.arange(n_nodes), crs=frame.crs)
    way = edges.pop("way").to_numpy()
    edges["oneway"] = oneway[way]
    properties = _properties(frame, facts, row[way], mode)
    if mode == "drive":
        edges["minutes"] = edges["length_m"] * 0.06 / properties["speed_kmh"]
    return network_from_tables(
        nodes,
        pd.concat([edges, properties], axis=1),
        mode=mode,
        speed_m_s=speed_m_s,
        keep=list(properties.columns),
        source=source,
        notes=notes,
    )


def _plain_lines(
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


def _rounded(coords: NDArray[np.float64], snap_m: float) -> NDArray[np.int64]:
    """One number per distinct place."""
    cell = np.round((coords - coords.min(axis=0)) / snap_m).astype(np.int64)
    width = int(cell[:, 1].max()) + 1
    return np.unique(cell[:, 0] * width + cell[:, 1], return_inverse=True)[1].astype(np.int64)


def _shape_keys(lines: NDArray[Any], snap_m: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Bytes that are equal for equal shapes, and those of the mirrored shapes."""
    snapped = shapely.set_precision(lines, snap_m, mode="pointwise")
    return shapely.to_wkb(snapped), shapely.to_wkb(shapely.reverse(snapped))


def _two_ways(
    lines: NDArray[Any],
    row: NDArray[np.int64],
    oneway: NDArray[np.int8],
    facts: LineColumns,
    mode: str,
    directed: bool | None,
    snap_m: float,
    notes: dict[str, Any],
) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int8]]:
    """Mirrored pairs of lines become one; in a directed layer the others are one-way."""
    if directed is False or (directed is None and facts.has_oneway):
        return lines, row, oneway
    shape, mirror = _shape_keys(lines, snap_m)
    frame = pd.DataFrame({"shape": shape, "mirror": mirror, "row": row})
    first = frame.drop_duplicates("shape")
    at = pd.Series(first.index, index=first["shape"])
    twin = at.reindex(frame["mirror"]).to_numpy(np.float64)
    own = np.arange(len(lines))
    has_twin = ~np.isnan(twin) & (twin != own)
    share = float(has_twin.mean())
    if directed is None and share < MIRRORED_SHARE:
        return lines, row, oneway
    if directed is None:
        # on foot every street goes both ways, whatever this guess
        log_note(
            "%.0f %% of the lines have a mirror image and no column says one-way: each line is "
            "taken for one direction of travel (say directed=False or True to settle it)",
            100 * share,
            level=logging.INFO if mode == "walk" else logging.WARNING,
        )
    notes["directed_lines"] = {"mirrored": int(has_twin.sum()), "single": int((~has_twin).sum())}
    keep = frame.index.isin(first.index) & ~(has_twin & (np.nan_to_num(twin, nan=0) < own))
    either = np.where(has_twin | (mode == "walk"), 0, 1).astype(np.int8)
    return lines[keep], row[keep], either[keep]


def _properties(
    frame: gpd.GeoDataFrame, facts: LineColumns, row: NDArray[np.int64], mode: str
) -> pd.DataFrame:
    """Per edge: the line's label, and what its columns say."""
    columns: dict[str, Any] = {"line": frame.index.to_numpy()[row]}
    for role, name in facts.found.items():
        if role in ROLES and role != "oneway":
            values = frame[name].to_numpy(object)[row]
            texts = pd.Series(values, dtype=object)
            columns[role] = texts.where(texts.isna(), texts.astype(str)).astype("str")
    if mode == "drive":
        columns["speed_kmh"] = facts.speed_kmh[row]
    return pd.DataFrame(columns)


def _nothing(
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
