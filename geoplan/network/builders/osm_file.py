"""OpenStreetMap files read once, for one mode of travel or for several at a time."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray

from geoplan.errors import NetworkError
from geoplan.network.builders.osm_tags import KEPT_TAGS, direction, reason_left_out

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.bz2", ".osm.gz", ".o5m")


@dataclass(frozen=True, slots=True)
class OsmWays:
    """The streets of one mode: ids, node ids one way after the other, one-way signs, tags."""

    ids: NDArray[np.int64]
    refs: NDArray[np.int64]
    counts: NDArray[np.int64]
    oneway: NDArray[np.int8]
    tags: list[tuple[str | None, ...]]
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class OsmNodes:
    """The nodes of the streets: ids ascending, locations in degrees, barriers by position."""

    ids: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    barriers: dict[int, str]


class _WayCollector:
    """The ways of one mode as they are met in the file."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.ids, self.refs, self.counts = array("q"), array("q"), array("q")
        self.oneway = array("b")
        self.tags: list[tuple[str | None, ...]] = []
        self.left_out: Counter[str] = Counter()

    def ways(self) -> OsmWays:
        return OsmWays(
            np.array(self.ids, np.int64),
            np.array(self.refs, np.int64),
            np.array(self.counts, np.int64),
            np.array(self.oneway, np.int8),
            self.tags,
            dict(self.left_out),
        )


def read_osm(path: Path, modes: Sequence[str]) -> tuple[list[OsmWays], OsmNodes]:
    """The streets of each of `modes`, and the locations of all their nodes.

    Raises
    ------
    NetworkError
        The file is absent or cannot be read as OSM.
    """
    found = [_WayCollector(mode) for mode in modes]
    tracker = _read_ways(path, found)
    return [each.ways() for each in found], _read_nodes(path, tracker)


def file_processor(path: Path, what: Any) -> Any:
    """Osmium's reader of one kind of object in the file."""
    if not path.is_file():
        raise NetworkError(f"{path.name}: no such file. Give one of {', '.join(SUFFIXES)}.")
    return osmium.FileProcessor(str(path), what)


def _unreadable(path: Path, error: Exception) -> NetworkError:
    return NetworkError.of(
        "network_faults.osm_unreadable", name=path.name, why=error, osm=", ".join(SUFFIXES)
    )


def _read_ways(path: Path, found: list[_WayCollector]) -> Any:
    """Collect the ways of each mode; returns the tracker of the nodes that they need."""
    tracker: Any = osmium.IdTracker()
    try:
        streets = file_processor(path, osmium.osm.WAY).with_filter(
            osmium.filter.KeyFilter("highway")
        )
        for way in streets:
            tag, nodes = way.tags.get, way.nodes
            refs: list[int] = []
            for each in found:
                why = reason_left_out(each.mode, tag)
                if why or len(nodes) < 2:
                    each.left_out[why or "short"] += 1
                    continue
                refs = refs or [node.ref for node in nodes]
                each.ids.append(way.id)
                each.refs.extend(refs)
                each.counts.append(len(refs))
                each.oneway.append(direction(each.mode, tag))
                each.tags.append(tuple([tag(key) for key in KEPT_TAGS]))
            if not refs or tracker is None:
                continue
            if min(refs) < 0:
                tracker = None  # ids of an editor that were never uploaded: osmium takes none
            else:
                tracker.add_references(way)
    except RuntimeError as error:
        raise _unreadable(path, error) from error
    return tracker


def _read_nodes(path: Path, tracker: Any) -> OsmNodes:
    """The nodes that the streets use, wherever in the file they are."""
    ids, lon, lat = array("q"), array("d"), array("d")
    barriers: dict[int, str] = {}
    nodes = file_processor(path, osmium.osm.NODE)
    for node in nodes if tracker is None else nodes.with_filter(tracker.id_filter()):
        location = node.location
        if not location.valid():
            continue
        ids.append(node.id)
        lon.append(location.lon)
        lat.append(location.lat)
        kind = node.tags.get("barrier")
        if kind is not None:
            barriers[node.id] = kind
    all_ids = np.array(ids, np.int64)
    # the last of several versions of a node counts
    unique, from_end = np.unique(all_ids[::-1], return_index=True)
    at = len(all_ids) - 1 - from_end
    return OsmNodes(
        unique,
        np.array(lon, np.float64)[at],
        np.array(lat, np.float64)[at],
        {int(np.searchsorted(unique, i)): kind for i, kind in barriers.items()},
    )
