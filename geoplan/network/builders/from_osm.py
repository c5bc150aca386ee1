"""Networks from OpenStreetMap files, by pyosmium."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import CRS

from geoplan.crs.antimeridian import median_lonlat
from geoplan.crs.projected import checked_crs, project_lonlat, projected_crs_for
from geoplan.errors import NetworkError, UsageError
from geoplan.network.builders.build_notes import measuring_crs
from geoplan.network.builders.osm_file import OsmNodes, OsmWays, Runs, read_osm
from geoplan.network.builders.osm_tags import KEPT_TAGS, driving_minutes, left_out_by, speed_kmh
from geoplan.network.builders.squares import with_squares
from geoplan.network.builders.tagging.ferries import with_ferries
from geoplan.network.builders.tagging.odd_tags import OddTags
from geoplan.network.builders.topology.segments import (
    Segments,
    drop_repeated_vertices,
    node_and_edge_tables,
    split_at_junctions,
)
from geoplan.network.graph.network import NetworkData, check_mode
from geoplan.network.graph.tables import network_from_tables
from geoplan.validate import checked_speeds, numbers
from geoplan.words.message import Message

_log = logging.getLogger(__name__)


def network_from_osm(
    path: str | PathLike[str],
    *,
    mode: str,
    crs: Any = None,
    speed_m_s: float | None = None,
    speeds_kmh: Mapping[str, float] | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    ferries: bool = False,
) -> NetworkData:
    """The street network of an OpenStreetMap file; see `geoplan.network.Network.from_osm`."""
    return networks_from_osm(
        path,
        modes=[mode],
        crs=crs,
        speeds_m_s={mode: speed_m_s},
        speeds_kmh=speeds_kmh,
        bounds=bounds,
        ferries=[mode] if ferries else [],
    )[mode]


def networks_from_osm(
    path: str | PathLike[str],
    *,
    modes: Sequence[str],
    crs: Any = None,
    speeds_m_s: Mapping[str, float | None] | None = None,
    speeds_kmh: Mapping[str, float] | None = None,
    bounds: tuple[float, float, float, float] | None = None,
    ferries: Sequence[str] = (),
) -> dict[str, NetworkData]:
    """The networks of several modes, by mode, from one reading; see `network_from_osm`.

    ferries : modes that take ferry lines as streets.
    """
    for mode in modes:
        check_mode(mode)
    if crs is not None:
        checked_crs(crs)
    speeds_kmh = checked_speeds(speeds_kmh)
    bounds = _checked_bounds(bounds)
    path = Path(path)
    streets, osm_nodes = read_osm(path, modes, ferries=[mode in ferries for mode in modes])
    options = _Options(path=path, crs=crs, speeds_kmh=speeds_kmh, bounds=bounds)
    return {
        mode: _network(mode, ways, osm_nodes, (speeds_m_s or {}).get(mode), options)
        for mode, ways in zip(modes, streets, strict=True)
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Options:
    """What holds for every mode of one file."""

    path: Path
    crs: Any
    speeds_kmh: Mapping[str, float] | None
    bounds: tuple[float, float, float, float] | None


def _network(
    mode: str, ways: OsmWays, osm_nodes: OsmNodes, speed_m_s: float | None, options: _Options
) -> NetworkData:
    path, bounds = options.path, options.bounds
    vertices = _vertices(ways, osm_nodes, bounds)
    if len(vertices.node) == 0:
        raise _no_street(path, mode, ways.left_out, bounds)
    notes: dict[str, Any] = {"left_out": dict(ways.left_out), "ways": len(ways.ids)}
    if vertices.missing:
        notes["nodes_missing"] = vertices.missing
        _log.info("%s: %d street nodes lie outside the file", path.name, vertices.missing)
    plane = _plane(vertices, osm_nodes, options, notes)
    every_xy = project_lonlat(osm_nodes.lon, osm_nodes.lat, plane)
    notes |= _notes(mode, ways, osm_nodes, every_xy)
    if ways.squares:
        of_ways = sum(not square.of_relation for square in ways.squares)
        ways, squares = with_squares(ways, osm_nodes, every_xy)
        apart = squares.pop("apart_ways")
        notes["squares"] = squares
        notes["ways"] += of_ways - apart
        if apart:
            notes["left_out"]["tag"] = notes["left_out"].get("tag", 0) + apart
        vertices = _vertices(ways, osm_nodes, bounds)
    xy = every_xy[vertices.node]
    segments = split_at_junctions(vertices.node, vertices.offsets, len(osm_nodes.ids))
    nodes, edges = node_and_edge_tables(segments, vertices.node, xy, osm_nodes.ids, crs=plane)
    way = vertices.way[edges.pop("way").to_numpy()]
    edges["oneway"] = ways.oneway[way]
    properties = _properties(ways, way, _barriers(segments, vertices.node, osm_nodes))
    if mode == "drive":
        speed_of = cache(partial(speed_kmh, speeds=options.speeds_kmh))
        speed = np.array([speed_of(t[0], t[_MAXSPEED]) for t in ways.tags])
        properties["speed_kmh"] = speed[way]
        edges["minutes"] = driving_minutes(edges["length_m"], properties["speed_kmh"])
    if ways.minutes:
        minutes, unknown = with_ferries(edges, way, ways.minutes, mode=mode, speed_m_s=speed_m_s)
        edges["minutes"] = minutes
        notes["ferries"] = {"count": len(ways.minutes), "without_duration": unknown}
    left = sum(notes["left_out"].values())
    notes["rows"] = {"file": notes["ways"] + left, "used": notes["ways"]}
    return network_from_tables(
        nodes,
        pd.concat([edges, properties], axis=1),
        mode=mode,
        speed_m_s=speed_m_s,
        keep=list(properties.columns),
        source=path.name,
        notes=notes,
    )


def _plane(
    vertices: _Vertices, osm_nodes: OsmNodes, options: _Options, notes: dict[str, Any]
) -> CRS:
    """The CRS to measure in; noted where it was chosen by location."""
    used = np.unique(vertices.node)
    middle = median_lonlat(np.column_stack([osm_nodes.lon[used], osm_nodes.lat[used]]))
    if options.crs is not None:
        return measuring_crs(options.crs, middle)
    plane = projected_crs_for(*middle)
    name = options.path.name
    notes["crs_chosen"] = plane.to_string()
    _log.info("%s: measured in %s, as no CRS was named", name, plane.to_string())
    return plane


def _notes(
    mode: str, ways: OsmWays, osm_nodes: OsmNodes, xy: NDArray[np.float64]
) -> dict[str, Any]:
    """How long the ways are that were left out, and what their tags say that is not read."""
    notes: dict[str, Any] = {}
    if ways.left_runs:
        notes["left_out_m"] = {
            why: round(_length(runs, osm_nodes, xy), 1) for why, runs in ways.left_runs.items()
        }
    if ways.of_other_modes:
        notes["of_other_modes"] = ways.of_other_modes
    if any(ways.conditional):
        notes["conditional"] = dict(zip(("open", "shut"), ways.conditional, strict=True))
    odd = OddTags(mode)
    for (highway, maxspeed), count in Counter((t[0], t[_MAXSPEED]) for t in ways.tags).items():
        odd.add(highway, maxspeed, count)
    for word, count in ways.odd_access.items():
        odd.add_access(word, count)
    return notes | odd.notes()


def _length(runs: Runs, osm_nodes: OsmNodes, xy: NDArray[np.float64]) -> float:
    """Metres of ways, as far as their nodes are in the file."""
    refs, counts = np.array(runs.refs, np.int64), np.array(runs.counts, np.int64)
    if not len(refs) or not len(osm_nodes.ids):
        return 0.0
    at = np.minimum(np.searchsorted(osm_nodes.ids, refs), len(osm_nodes.ids) - 1)
    way = np.repeat(np.arange(len(counts)), counts)
    steps = np.hypot(*(xy[at[1:]] - xy[at[:-1]]).T)
    known = osm_nodes.ids[at] == refs
    return float(steps[(way[1:] == way[:-1]) & known[1:] & known[:-1]].sum())


_MAXSPEED = KEPT_TAGS.index("maxspeed")


@dataclass(frozen=True, slots=True)
class _Vertices:
    node: NDArray[np.int64]  # position in `OsmNodes`
    offsets: NDArray[np.int64]
    way: NDArray[np.int64]  # position in `OsmWays` of each run of vertices
    missing: int


def _checked_bounds(bounds: Any) -> tuple[float, float, float, float] | None:
    if bounds is None:
        return None
    found = numbers(bounds)
    if len(found) != 4 or not (found[0] < found[2] and found[1] < found[3]):
        raise UsageError.of("call_faults.no_bounds", value=bounds)
    return found[0], found[1], found[2], found[3]


def _vertices(
    ways: OsmWays, osm_nodes: OsmNodes, bounds: tuple[float, float, float, float] | None
) -> _Vertices:
    """The ways as runs of known nodes; a run ends where a node is missing or out of `bounds`."""
    way = np.repeat(np.arange(len(ways.ids)), ways.counts)
    at = np.searchsorted(osm_nodes.ids, ways.refs)
    at = np.minimum(at, max(len(osm_nodes.ids) - 1, 0))
    known = osm_nodes.ids[at] == ways.refs if len(osm_nodes.ids) else np.zeros(len(at), bool)
    missing = len(np.unique(ways.refs[~known]))
    if bounds is not None and len(osm_nodes.ids):
        west, south, east, north = bounds
        inside = (west <= osm_nodes.lon) & (osm_nodes.lon <= east)
        inside &= (south <= osm_nodes.lat) & (osm_nodes.lat <= north)
        known &= inside[at]
    # a new run begins with each way and after each gap
    begins = np.ones(len(way), bool)
    begins[1:] = (way[1:] != way[:-1]) | ~known[:-1]
    run = np.cumsum(begins)[known] - 1
    node, way = at[known], way[known]
    keep, offsets = drop_repeated_vertices(node, run, int(run[-1]) + 1 if len(run) else 0)
    used = np.diff(offsets) > 0
    offsets = np.concatenate([[0], offsets[1:][used]])
    node, way = node[keep], way[keep]
    return _Vertices(node, offsets, way[offsets[:-1]] if len(way) else way, missing)


def _barriers(segments: Segments, node: NDArray[np.int64], osm_nodes: OsmNodes) -> NDArray[Any]:
    """Names of the barriers on each edge, ends included, joined by ";"."""
    names: NDArray[Any] = np.full(len(segments.first), None, object)
    if not osm_nodes.barriers:
        return names
    on_way = np.flatnonzero(np.isin(node, np.fromiter(osm_nodes.barriers, np.int64)))
    # a vertex between two edges of a way is the last of one and the first of the next
    edge = np.searchsorted(segments.first, on_way, side="right") - 1
    pairs = [(e, v) for e, v in zip(edge.tolist(), on_way.tolist(), strict=True)]
    pairs += [(e - 1, v) for e, v in pairs if e > 0]
    for e, v in sorted(pairs):
        if e >= 0 and segments.first[e] <= v <= segments.last[e]:
            kind = osm_nodes.barriers[int(node[v])]
            known = names[e]
            if known is None:
                names[e] = kind
            elif kind not in known.split(";"):
                names[e] = f"{known};{kind}"
    return names


def _properties(ways: OsmWays, way: NDArray[np.int64], barriers: NDArray[Any]) -> pd.DataFrame:
    """Per edge the tags that some street has, osm_id, and barrier."""
    columns: dict[str, Any] = {"osm_id": ways.ids[way]}
    by_tag = zip(*ways.tags, strict=True)
    for key, values in zip(KEPT_TAGS, by_tag, strict=True):
        if values.count(None) < len(values):
            columns[key] = np.array(values, object)[way]
    frame = pd.DataFrame({**columns, "barrier": barriers})
    texts = {name: "str" for name in frame.columns if name != "osm_id"}
    return frame.astype(texts)


def _no_street(
    path: Path,
    mode: str,
    left_out: dict[str, int],
    bounds: tuple[float, float, float, float] | None,
) -> NetworkError:
    values = {
        "name": path.name,
        "mode": mode,
        "other": "drive" if mode == "walk" else "walk",
        "within": "" if bounds is None else Message("network_faults.within", bounds=bounds),
        "count": sum(left_out.values()),
        "whys": left_out_by(left_out),
    }
    code = "osm_no_street" if values["count"] else "osm_no_way"
    return NetworkError.of(f"network_faults.{code}", **values)
