"""OpenStreetMap files read once, for one mode of travel or for several at a time."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import osmium
from numpy.typing import NDArray

from geoplan.errors import NetworkError
from geoplan.network.builders.osm_tags import (
    AREA,
    DECIDING_KEYS,
    KEPT_TAGS,
    STREET_FILTERS,
    TagGetter,
    direction,
    is_of_another_mode,
    odd_access,
    reason_left_out,
    reason_merged,
)
from geoplan.network.builders.tagging.ferries import FERRY, ferry_minutes, is_ferry_of

SUFFIXES = (".osm.pbf", ".pbf", ".osm", ".osm.bz2", ".osm.gz", ".o5m")


@dataclass(slots=True)
class Runs:
    """Ways as node ids one way after the other, with the number of each."""

    refs: array[int] = field(default_factory=lambda: array("q"))
    counts: array[int] = field(default_factory=lambda: array("q"))

    def add(self, refs: Sequence[int]) -> None:
        """Add one way."""
        self.refs.extend(refs)
        self.counts.append(len(refs))


@dataclass(frozen=True, slots=True)
class OsmSquare:
    """An area to walk across: rings of node ids, closed.

    of_relation : whether it is a multipolygon, else a closed way.
    """

    id: int
    outer: list[list[int]]
    inner: list[list[int]]
    tags: tuple[str | None, ...]
    of_relation: bool = False


@dataclass(frozen=True, slots=True)
class OsmWays:
    """The streets of one mode: ids, node ids one way after the other, one-way signs, tags.

    left_out, left_runs : number of ways left out and their nodes, by reason.
    squares : areas that are walked across. minutes : time of each ferry way by position.
    of_other_modes : ways left out by their class that no one of this mode misses.
    conditional : ways with a tag that says when they are open: taken as open, and as shut.
    odd_access : streets by their access tag with a word that no table knows.
    """

    ids: NDArray[np.int64]
    refs: NDArray[np.int64]
    counts: NDArray[np.int64]
    oneway: NDArray[np.int8]
    tags: list[tuple[str | None, ...]]
    left_out: dict[str, int]
    left_runs: dict[str, Runs] = field(default_factory=dict)
    squares: list[OsmSquare] = field(default_factory=list)
    minutes: dict[int, float | None] = field(default_factory=dict)
    conditional: tuple[int, int] = (0, 0)
    of_other_modes: int = 0
    odd_access: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OsmNodes:
    """The nodes of the streets: ids ascending, locations in degrees, barriers by position."""

    ids: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    barriers: dict[int, str]


@dataclass(frozen=True, slots=True)
class _Tags:
    """What is read of a way's tags: what decides about it (see `DECIDING_KEYS`), what is kept."""

    deciding: tuple[str | None, ...]
    kept: tuple[str | None, ...]

    @classmethod
    def of(cls, tags: Any) -> _Tags:
        """Of osmium's list; most ways have few tags, which are the first that are asked for."""
        get, left = tags.get, len(tags)
        found: dict[str, str] = {}
        for key in _READ_KEYS:
            value = get(key)
            if value is not None:
                found[key] = value
                left -= 1
                if not left:
                    break
        return cls(tuple(map(found.get, DECIDING_KEYS)), _kept(found.get))


_HIGHWAY, _ROUTE = DECIDING_KEYS.index("highway"), DECIDING_KEYS.index("route")
#: the usual tags first
_READ_KEYS = tuple(dict.fromkeys(("highway", "name", "oneway", *KEPT_TAGS, *DECIDING_KEYS)))


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the tags of a way say to one mode, whatever its nodes.

    why : it is left out; "" for a street. square : if closed it is an area that people walk across.
    conditional : it says when it is open. other : no one of this mode misses it.
    """

    why: str = ""
    is_way: bool = True
    square: bool = False
    conditional: bool = False
    other: bool = False
    oneway: int = 0
    odd_access: str = ""
    ferry: bool = False
    minutes: float | None = None


def _verdict(mode: str, tag: TagGetter, *, ferries: bool) -> _Verdict:
    """What the tags say about a way with a ``highway`` or ``route`` tag."""
    highway = tag("highway")
    if highway is None:
        if not is_ferry_of(mode, tag):
            return _Verdict(is_way=False)
        return _Verdict(
            why="" if ferries else FERRY,
            oneway=direction(mode, tag),
            odd_access=odd_access(mode, tag),
            ferry=True,
            minutes=ferry_minutes(tag("duration")),
        )
    merged = ";" in highway
    why = reason_merged(mode, tag) if merged else reason_left_out(mode, tag)
    return _Verdict(
        why=why,
        square=why == "tag" and mode == "walk" and _may_be_square(tag),
        conditional=any(tag(key) is not None for key in STREET_FILTERS[mode].conditional_keys),
        other=why == "class" and is_of_another_mode(mode, highway),
        oneway=direction(mode, tag),
        odd_access=odd_access(mode, tag),
    )


class _WayCollector:
    """The ways of one mode as they are met in the file."""

    def __init__(self, mode: str, *, ferries: bool) -> None:
        self.mode, self.ferries = mode, ferries
        self.ids, self.oneway = array("q"), array("b")
        self.runs = Runs()
        self.tags: list[tuple[str | None, ...]] = []
        self.left_out: dict[str, Runs] = {}
        self.squares: list[OsmSquare] = []
        self.minutes: dict[int, float | None] = {}
        self.conditional = [0, 0]
        self.of_other_modes = 0
        self.odd_access: Counter[str] = Counter()
        self._verdicts: dict[tuple[str | None, ...], _Verdict] = {}

    def add(self, id: int, refs: list[int], tags: _Tags) -> None:
        """A way with a ``highway`` or ``route`` tag: a street, a square, or left out."""
        said = self._said(tags)
        if not said.is_way or (said.ferry and len(refs) < 2):
            return
        if said.square and len(refs) > 3 and refs[0] == refs[-1]:
            self.squares.append(OsmSquare(id, [refs], [], tags.kept))
            self.odd_access[said.odd_access] += 1
            return
        if said.conditional:
            self.conditional[1 if said.why else 0] += 1
        if said.why or len(refs) < 2:
            self.left_out.setdefault(said.why or "short", Runs()).add(refs)
            self.of_other_modes += said.other
            return
        if said.ferry:
            self.minutes[len(self.ids)] = said.minutes
        self.ids.append(id)
        self.runs.add(refs)
        self.oneway.append(said.oneway)
        self.tags.append(tags.kept)
        self.odd_access[said.odd_access] += 1

    def _said(self, tags: _Tags) -> _Verdict:
        """What the tags say; most ways have the tags of another one."""
        known = self._verdicts.get(tags.deciding)
        if known is None:
            tag = dict(zip(DECIDING_KEYS, tags.deciding, strict=True)).__getitem__
            known = self._verdicts[tags.deciding] = _verdict(self.mode, tag, ferries=self.ferries)
        return known

    def ways(self) -> OsmWays:
        return OsmWays(
            np.array(self.ids, np.int64),
            np.array(self.runs.refs, np.int64),
            np.array(self.runs.counts, np.int64),
            np.array(self.oneway, np.int8),
            self.tags,
            {why: len(runs.counts) for why, runs in self.left_out.items()},
            self.left_out,
            self.squares,
            self.minutes,
            (self.conditional[0], self.conditional[1]),
            self.of_other_modes,
            self.odd_access,
        )


def _kept(tag: TagGetter) -> tuple[str | None, ...]:
    tags = [tag(key) for key in KEPT_TAGS]
    if tags[0] is None:
        tags[0] = tag("route")
    return tuple(tags)


def _may_be_square(tag: TagGetter) -> bool:
    """Whether a way was left out only for being an area that people walk across."""
    why = reason_left_out("walk", lambda key: None if key == AREA[0] else tag(key))
    return not why and tag(AREA[0]) == AREA[1]


def read_osm(
    path: Path, modes: Sequence[str], *, ferries: Sequence[bool] = ()
) -> tuple[list[OsmWays], OsmNodes]:
    """The streets of each of `modes`, and the locations of all their nodes.

    ferries : by mode, whether ferry lines are streets; none of them where it is empty.

    Raises
    ------
    NetworkError
        The file is absent or cannot be read as OSM.
    """
    on_board = ferries or [False] * len(modes)
    found = [_WayCollector(m, ferries=f) for m, f in zip(modes, on_board, strict=True)]
    tracker = _Tracker()
    try:
        _read_ways(path, found, tracker)
    except RuntimeError as error:
        raise _unreadable(path, error) from error
    return [each.ways() for each in found], _read_nodes(path, tracker)


def file_processor(path: Path, what: Any) -> Any:
    """Osmium's reader of one kind of object in the file."""
    if not path.is_file():
        raise NetworkError.of("call_faults.no_osm_file", name=path.name, kinds=", ".join(SUFFIXES))
    return osmium.FileProcessor(str(path), what)


def _unreadable(path: Path, error: Exception) -> NetworkError:
    return NetworkError.of(
        "network_faults.osm_unreadable", name=path.name, why=error, osm=", ".join(SUFFIXES)
    )


class _Tracker:
    """The nodes that ways need; all of them where ids of an editor were never uploaded."""

    def __init__(self) -> None:
        self.refs = array("q")

    def node_filter(self) -> Any:
        """Osmium's filter for the nodes; None = all, as it takes no ids below 0."""
        ids = np.unique(np.array(self.refs, np.int64))
        if len(ids) and ids[0] < 0:
            return None
        wanted = array("q")
        wanted.frombytes(ids.tobytes())
        return osmium.filter.IdFilter(wanted)


def _read_ways(path: Path, found: list[_WayCollector], tracker: _Tracker) -> None:
    """Collect the ways of each mode, and the nodes that they need."""
    what = osmium.osm.WAY | osmium.osm.RELATION
    keys = osmium.filter.KeyFilter("highway", "route")
    borders: dict[int, Any] = {}
    for item in file_processor(path, what).with_filter(keys):
        if item.is_relation():
            if square := _square_relation(item):
                borders[item.id] = square
            continue
        refs = [node.ref for node in item.nodes]
        tags, id = _Tags.of(item.tags), item.id
        for each in found:
            each.add(id, refs, tags)
        if tags.deciding[_HIGHWAY] is not None or tags.deciding[_ROUTE] == FERRY:
            tracker.refs.extend(refs)
    walkers = [each for each in found if each.mode == "walk"]
    if borders and walkers:
        _add_relations(path, borders, walkers, tracker)


def _square_relation(relation: Any) -> tuple[Any, dict[int, str]] | None:
    """The tags and the member ways of a multipolygon to walk across."""
    tags = {tag.k: tag.v for tag in relation.tags}
    if tags.get("type") != "multipolygon" or "highway" not in tags:
        return None
    if reason_left_out("walk", {k: v for k, v in tags.items() if k != AREA[0]}.get):
        return None
    return _kept(tags.get), {m.ref: m.role for m in relation.members if m.type == "w"}


def _add_relations(
    path: Path, borders: dict[int, Any], walkers: list[_WayCollector], tracker: _Tracker
) -> None:
    """The squares of relations, from one more reading of the ways: most have no tags."""
    wanted = {way for _, members in borders.values() for way in members}
    refs_of: dict[int, list[int]] = {}
    for way in file_processor(path, osmium.osm.WAY):
        if way.id in wanted:
            refs_of[way.id] = [node.ref for node in way.nodes]
            tracker.refs.extend(refs_of[way.id])
    for relation, (tags, members) in borders.items():
        known = {role: [] for role in ("outer", "inner")}  # type: dict[str, list[list[int]]]
        for way, role in members.items():
            known["inner" if role == "inner" else "outer"].append(refs_of.get(way, []))
        outer, inner = _rings(known["outer"]), _rings(known["inner"])
        if outer:
            for each in walkers:
                each.squares.append(OsmSquare(relation, outer, inner, tags, True))


def _rings(ways: list[list[int]]) -> list[list[int]]:
    """Ways joined end to end into closed rings; what does not close is left out."""
    left = [list(way) for way in ways if len(way) > 1]
    rings = []
    while left:
        ring = left.pop()
        while ring[0] != ring[-1]:
            at = next((i for i, w in enumerate(left) if ring[-1] in (w[0], w[-1])), None)
            if at is None:
                break
            more = left.pop(at)
            ring += more[1:] if more[0] == ring[-1] else more[-2::-1]
        if ring[0] == ring[-1] and len(ring) > 3:
            rings.append(ring)
    return rings


def _read_nodes(path: Path, tracker: _Tracker) -> OsmNodes:
    """The nodes that the streets use, wherever in the file they are."""
    ids, lon, lat = array("q"), array("d"), array("d")
    barriers: dict[int, str] = {}
    nodes = file_processor(path, osmium.osm.NODE)
    needed = tracker.node_filter()
    for node in nodes if needed is None else nodes.with_filter(needed):
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
