"""What the columns of a line layer mean: road class, direction, height and speed per row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.errors import Faults, UsageError
from geoplan.network.builders.osm_tags import (
    direction,
    is_of_another_mode,
    odd_access,
    reason_merged,
    speed_kmh,
)
from geoplan.network.builders.tagging import overture
from geoplan.network.builders.tagging.makers import (
    CLOSED,
    class_word,
    column_of,
    direction_words,
    mostly_classes,
    mostly_ground,
    plain,
    roles,
    says_no,
    says_yes,
    weak_columns,
)
from geoplan.network.builders.tagging.odd_tags import OddTags
from geoplan.network.builders.tagging.values import tag_values
from geoplan.words.message import Message

#: usual names of the columns, lower case; the first that is there counts
ROLES: Mapping[str, tuple[str, ...]] = roles()
#: roles whose cells are read as OpenStreetMap's tags of that name
_TAGS = (
    "highway",
    "maxspeed",
    "access",
    "foot",
    "service",
    "motor_vehicle",
    "motorcar",
    "vehicle",
    "motorroad",
    "junction",
    "area",
)
#: yes-and-no columns, and the tag that a no is
_MAY_GO = {"walkers": "foot", "cars": "motorcar"}

Values = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LineColumns:
    """Per row of a line layer: why it is left out, direction, height, driving speed.

    `of_another_mode` marks those left out by a class that no one of this mode misses. `found`
    names the column of each role that the layer has; `notes` counts what was not understood, by
    code.
    """

    found: Mapping[str, str]
    left_out: NDArray[Any]
    of_another_mode: NDArray[np.bool_]
    oneway: NDArray[np.int8]
    height: NDArray[np.float64]
    speed_kmh: NDArray[np.float64]
    notes: Mapping[str, Any]

    @property
    def has_oneway(self) -> bool:
        """Whether a column gives the direction."""
        return "oneway" in self.found or "restrictions" in self.found


def find_columns(frame: pd.DataFrame, columns: Mapping[str, str] | None) -> dict[str, str]:
    """The column of each role, as named in `columns` or by its usual name.

    Raises
    ------
    UsageError
        `columns` names a role or a column that does not exist; all faults at once.

    Examples
    --------
    >>> import pandas as pd
    >>> find_columns(pd.DataFrame(columns=["FCLASS", "限速", "去向"]), {"oneway": "去向"})
    {'highway': 'FCLASS', 'maxspeed': '限速', 'oneway': '去向'}
    """
    given = dict(columns or {})
    faults = Faults(UsageError, "network_faults.columns")
    used = {*given.values(), *(usual for names in ROLES.values() for usual in names)}
    twice = frame.columns[frame.columns.duplicated()]
    if clash := [str(name) for name in dict.fromkeys(twice) if name in used or plain(name) in used]:
        faults.add(Message("network_faults.columns_twice", names=", ".join(clash)))
    if unknown := [role for role in given if role not in ROLES]:
        values = {"names": ", ".join(unknown), "known": ", ".join(ROLES)}
        faults.add(Message("network_faults.columns_role", **values))
    if absent := [name for name in given.values() if name not in frame.columns]:
        there = ", ".join(str(c) for c in frame.columns)
        faults.add(Message("network_faults.columns_absent", names=", ".join(absent), there=there))
    faults.raise_all()
    by_name = {plain(name): name for name in reversed(list(frame.columns))}
    found: dict[str, str] = {}
    for role in ROLES:
        column = None if role in given else column_of(role, by_name)
        if column is None and role not in given:
            column = _weak_column(frame, role, by_name)
        if column is not None:
            found[role] = column
    return found | given


def _weak_column(frame: pd.DataFrame, role: str, by_name: Mapping[str, str]) -> str | None:
    """A column whose heading says little, but whose cells fit the role."""
    for column, heading in weak_columns(role, by_name):
        if column not in frame.columns or frame.columns.tolist().count(column) > 1:
            continue
        cells = frame[column].drop_duplicates()
        if role == "highway" and mostly_classes(cells, heading):
            return column
        if role == "layer" and mostly_ground(frame[column].tolist()):
            return column
        if role == "oneway":
            texts = {plain(text) for cell in cells for text in tag_values(cell)} - {""}
            if texts and len(direction_words(texts, heading)) == len(texts):
                return column
    return None


def line_columns(
    frame: pd.DataFrame,
    columns: Mapping[str, str] | None,
    *,
    mode: str,
    speeds_kmh: Mapping[str, float] | None = None,
) -> LineColumns:
    """Read the columns of a line layer for `mode`; see `network_from_lines`."""
    found = find_columns(frame, columns)
    tags, way = _tags(frame, found)
    oneway, unknown = _directions(frame, found, mode)
    verdicts: dict[tuple[Values, ...], tuple[str, float, int, str]] = {}
    names, keys = list(tags), list(zip(*tags.values(), strict=True))
    for key in keys:
        if key not in verdicts:
            row = {name: list(values) for name, values in zip(names, key, strict=True)}
            single = {name: values[0] if values else None for name, values in row.items()}
            verdicts[key] = (
                reason_merged(mode, row.get),
                speed_kmh(row["highway"], row["maxspeed"], speeds_kmh),
                direction(mode, single.get),
                odd_access(mode, row.get),
            )
    left_out = np.array([verdicts[key][0] for key in keys], object)
    implied = np.array([verdicts[key][2] for key in keys], np.int8)
    shut = (oneway == CLOSED) & (left_out == "")
    left_out[shut] = "access"
    signs = np.where(oneway == _BLANK, implied, np.where(oneway == CLOSED, 0, oneway))
    signs = np.where((signs == 0) & (way != 0) & (oneway == _BLANK), way, signs)
    classes = tags["highway"]
    other = [any(is_of_another_mode(mode, name) for name in names) for names in classes]
    odd = OddTags(mode)
    kept = np.flatnonzero(left_out == "")
    for at in kept:
        odd.add(list(tags["highway"][at]), ";".join(tags["maxspeed"][at]) or None)
        odd.add_access(verdicts[keys[at]][3])
    return LineColumns(
        found=found,
        left_out=left_out,
        of_another_mode=np.array(other, bool) & (left_out == "class"),
        oneway=np.zeros(len(frame), np.int8) if mode == "walk" else signs.astype(np.int8),
        height=heights(frame, found),
        speed_kmh=np.array([verdicts[key][1] for key in keys], np.float64),
        notes=odd.notes() | _of_directions(found, unknown, mode, len(kept)),
    )


def _of_directions(
    found: Mapping[str, str], unknown: Mapping[str, int], mode: str, kept: int
) -> dict[str, Any]:
    """What to tell about directions: words not known, or no column at all."""
    if unknown:
        return {"odd_directions": unknown}
    silent = mode == "drive" and "oneway" not in found and "restrictions" not in found
    return {"no_oneway": kept} if silent and kept else {}


def _tags(
    frame: pd.DataFrame, found: Mapping[str, str]
) -> tuple[dict[str, list[Values]], NDArray[np.int8]]:
    """OpenStreetMap's tags of every row as tuples of values; directions of nested restrictions."""
    tags: dict[str, list[Values]] = {}
    for name in _TAGS:
        cells = frame[found[name]].tolist() if name in found else [None] * len(frame)
        tags[name] = _each(cells, lambda cell: tuple(tag_values(cell)))
    if "highway" in found:
        heading = plain(found["highway"])
        tags["highway"] = _each(
            tags["highway"], lambda cell: tuple(class_word(text, heading) for text in cell)
        )
    for role, name in _MAY_GO.items():
        if role in found and name not in found:
            tags[name] = [_may_go(cell) for cell in frame[found[role]].tolist()]
    if "speed_limits" in found:
        limits = map(overture.max_speed_kmh, frame[found["speed_limits"]].tolist())
        tags["maxspeed"] = [
            known or (() if limit is None else (limit,))
            for known, limit in zip(tags["maxspeed"], limits, strict=True)
        ]
    if "subtype" in found:  # Overture's segments hold railways and waterways as well
        kinds = frame[found["subtype"]].tolist()
        tags["highway"] = [
            ("no",) if kind in ("rail", "water") else known
            for known, kind in zip(tags["highway"], kinds, strict=True)
        ]
    way = np.zeros(len(frame), np.int8)
    if "restrictions" in found:
        for at, cell in enumerate(frame[found["restrictions"]].tolist()):
            denied, way[at] = overture.restrictions(cell)
            for name, word in denied.items():
                tags[name][at] = tags[name][at] or (word,)
    return tags, way


def _each(cells: list[Any], read: Any) -> list[Values]:
    """`read` of every cell, once per different text."""
    known: dict[Any, Values] = {}
    values = []
    for cell in cells:
        key = cell if isinstance(cell, str | tuple) else repr(cell)
        if key not in known:
            known[key] = read(cell)
        values.append(known[key])
    return values


def _may_go(cell: Any) -> Values:
    """A yes-and-no cell as an access tag; a word that says neither stays what it is."""
    texts = tag_values(cell)
    if not texts:
        return ()
    word = plain(texts[0])
    return ("no",) if says_no(word) else ("yes",) if says_yes(word) else (texts[0],)


#: of a one-way column's cell that says nothing
_BLANK = 9


def _directions(
    frame: pd.DataFrame, found: Mapping[str, str], mode: str
) -> tuple[NDArray[np.int8], dict[str, int]]:
    """What the one-way column says per row, and how often each word that is not known."""
    if "oneway" not in found or mode == "walk":
        return np.full(len(frame), _BLANK, np.int8), {}
    column = found["oneway"]
    cells = _each(
        frame[column].tolist(), lambda cell: tuple(plain(text) for text in tag_values(cell))
    )
    texts = {text for cell in cells for text in cell} - {""}
    meaning = direction_words(texts, _scheme_heading(plain(column)))
    if texts and not meaning:
        some = ", ".join(map(repr, sorted(texts)[:5]))
        raise UsageError.of("network_faults.oneway", column=column, values=some)
    unknown = Counter(text for cell in cells for text in cell if text and text not in meaning)
    signs = [_sign(cell, meaning) for cell in cells]
    return np.array(signs, np.int8), dict(unknown)


def _scheme_heading(heading: str) -> str:
    """A heading as the schemes have it, whole where a Shapefile cut it."""
    return next((name for _, name in weak_columns("oneway", {heading: heading})), heading)


def _sign(cell: Iterable[str], meaning: Mapping[str, int]) -> int:
    """One-way where any part is, closed where any part is."""
    signs = [meaning.get(text, 0) for text in cell if text]
    if not signs:
        return _BLANK
    return CLOSED if CLOSED in signs else next((sign for sign in signs if sign), 0)


def _says_yes(values: pd.Series) -> NDArray[np.bool_]:
    answer = cache(lambda text: not says_no(plain(text)))  # few different ones
    texts = values.astype(object).where(values.notna(), "").tolist()
    return np.array([answer(str(text)) for text in texts], bool)


def heights(frame: pd.DataFrame, found: Mapping[str, str]) -> NDArray[np.float64]:
    """Height of each line: its layer, else 1 for bridges and -1 for tunnels."""
    height = np.zeros(len(frame))
    if "layer" in found:
        number = pd.to_numeric(frame[found["layer"]], errors="coerce")
        height = number.fillna(0).to_numpy(np.float64).copy()
    if "levels" in found:
        levels = [overture.level(cell) or 0.0 for cell in frame[found["levels"]].tolist()]
        height = np.where(height == 0, levels, height)
    yes = {role: _says_yes(frame[found[role]]) for role in ("bridge", "tunnel") if role in found}
    if "flags" in found:
        flags = [overture.flags(cell) for cell in frame[found["flags"]].tolist()]
        for role in ("bridge", "tunnel"):
            own = np.array([f"is_{role}" in each for each in flags], bool)
            yes[role] = yes.get(role, np.zeros(len(frame), bool)) | own
    for role, value in (("bridge", 1.0), ("tunnel", -1.0)):
        if role in yes:
            height[yes[role] & (height == 0)] = value
    return height
