"""What the columns of a line layer mean: road class, direction, height and speed per row."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.errors import Faults, UsageError
from geoplan.network.builders.osm_tags import direction, reason_left_out, speed_kmh
from geoplan.words.message import Message

#: usual names of the columns, lower case; the first that is there counts
ROLES: Mapping[str, tuple[str, ...]] = {
    "highway": ("highway", "fclass", "road_class", "roadclass", "道路等级", "道路类型"),
    "oneway": ("oneway", "one_way", "单行", "单行线", "单向", "是否单行"),
    "maxspeed": ("maxspeed", "speed_kmh", "speed_kph", "speedlimit", "speed_limit", "限速"),
    "layer": ("layer", "z_level", "zlevel", "层级", "层次"),
    "bridge": ("bridge", "桥梁", "是否桥梁", "高架"),
    "tunnel": ("tunnel", "隧道", "是否隧道"),
    "name": ("name", "road_name", "roadname", "名称", "道路名称", "路名"),
    "access": ("access",),
    "foot": ("foot",),
    "service": ("service",),
}
_NO = frozenset({"", "no", "n", "f", "false", "0", "0.0", "none", "nan", "否", "无", "不是"})
_ONEWAY = {
    "yes": 1,
    "true": 1,
    "1": 1,
    "1.0": 1,
    "t": 1,
    "y": 1,
    "ft": 1,
    "是": 1,
    "单行": 1,
    "单向": 1,
    "-1": -1,
    "-1.0": -1,
    "reverse": -1,
    "tf": -1,
    "逆向": -1,
    "no": 0,
    "false": 0,
    "0": 0,
    "0.0": 0,
    "b": 0,
    "n": 0,
    "": 0,
    "否": 0,
    "双向": 0,
    "双行": 0,
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LineColumns:
    """Per row of a line layer: why it is left out, direction, height, driving speed.

    `found` names the column of each role that the layer has.
    """

    found: Mapping[str, str]
    left_out: NDArray[Any]
    oneway: NDArray[np.int8]
    height: NDArray[np.float64]
    speed_kmh: NDArray[np.float64]

    @property
    def has_oneway(self) -> bool:
        """Whether a column gives the direction."""
        return "oneway" in self.found


def _plain(name: object) -> str:
    return unicodedata.normalize("NFKC", str(name)).strip().lower()


def find_columns(frame: pd.DataFrame, columns: Mapping[str, str] | None) -> dict[str, str]:
    """The column of each role, as named in `columns` or by its usual name.

    Raises
    ------
    UsageError
        `columns` names a role or a column that does not exist; all faults at once.

    Examples
    --------
    >>> import pandas as pd
    >>> find_columns(pd.DataFrame(columns=["FCLASS", "限速", "方向"]), {"oneway": "方向"})
    {'highway': 'FCLASS', 'maxspeed': '限速', 'oneway': '方向'}
    """
    given = dict(columns or {})
    faults = Faults(UsageError, "network_faults.columns")
    used = {*given.values(), *(usual for names in ROLES.values() for usual in names)}
    twice = frame.columns[frame.columns.duplicated()]
    if clash := [
        str(name) for name in dict.fromkeys(twice) if name in used or _plain(name) in used
    ]:
        faults.add(Message("network_faults.columns_twice", names=", ".join(clash)))
    if unknown := [role for role in given if role not in ROLES]:
        values = {"names": ", ".join(unknown), "known": ", ".join(ROLES)}
        faults.add(Message("network_faults.columns_role", **values))
    if absent := [name for name in given.values() if name not in frame.columns]:
        there = ", ".join(str(c) for c in frame.columns)
        faults.add(Message("network_faults.columns_absent", names=", ".join(absent), there=there))
    faults.raise_all()
    by_name = {_plain(name): name for name in reversed(list(frame.columns))}
    found: dict[str, str] = {}
    for role, usual in ROLES.items():
        hits = [by_name[name] for name in usual if name in by_name]
        if role not in given and hits:
            found[role] = hits[0]
    return found | given


def _says_yes(values: pd.Series) -> NDArray[np.bool_]:
    text = values.astype(object).where(values.notna(), "").map(_plain)
    return ~text.isin(_NO).to_numpy(bool)


def _texts(frame: pd.DataFrame, column: str | None) -> list[str | None]:
    if column is None:
        return [None] * len(frame)
    return [_text(value) for value in frame[column].tolist()]


def _text(value: object) -> str | None:
    """A cell as text; of a list (streets that OSMnx merged into one) the first one with text."""
    if isinstance(value, list | tuple | set | np.ndarray):
        return next((text for text in map(_text, value) if text is not None), None)
    return None if pd.isna(value) or str(value) == "" else str(value)  # type: ignore[call-overload]


def _oneway(frame: pd.DataFrame, found: Mapping[str, str]) -> NDArray[np.int8]:
    """From the one-way column; beside a B, T and F are Geofabrik's directions, not booleans."""
    raw = frame[found["oneway"]]
    text = raw.astype(object).where(raw.notna(), "").map(_plain)
    meaning: dict[str, int] = dict(_ONEWAY)
    if set(text.unique()) <= {"f", "t", "b", ""}:
        meaning |= {"f": 1, "t": -1} if "b" in set(text.unique()) else {"f": 0, "t": 1}
    unknown = sorted(set(text.unique()) - set(meaning))
    if unknown:
        values = ", ".join(map(repr, unknown[:5]))
        raise UsageError.of("network_faults.oneway", column=found["oneway"], values=values)
    return np.asarray(text.map(meaning), np.int8)


def line_columns(
    frame: pd.DataFrame,
    columns: Mapping[str, str] | None,
    *,
    mode: str,
    speeds_kmh: Mapping[str, float] | None = None,
) -> LineColumns:
    """Read the columns of a line layer for `mode`; see `network_from_lines`."""
    found = find_columns(frame, columns)
    values = {
        role: _texts(frame, found.get(role))
        for role in ("highway", "maxspeed", "access", "foot", "service")
    }
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    verdicts = {tuple(row.values()): row for row in rows}
    whys = {key: reason_left_out(mode, _getter(row)) for key, row in verdicts.items()}
    speeds = {
        key: speed_kmh(row["highway"], row["maxspeed"], speeds_kmh) for key, row in verdicts.items()
    }
    keys = [tuple(row.values()) for row in rows]
    implied = [direction(mode, _getter(row)) if row["highway"] == "motorway" else 0 for row in rows]
    oneway = np.array(implied, np.int8)
    if "oneway" in found:
        signed = _oneway(frame, found)
        oneway = signed if mode != "walk" else np.zeros(len(frame), np.int8)
    return LineColumns(
        found=found,
        left_out=np.array([whys[key] for key in keys], object),
        oneway=oneway,
        height=_height(frame, found),
        speed_kmh=np.array([speeds[key] for key in keys], np.float64),
    )


def _getter(row: Mapping[str, str | None]) -> Callable[[str], str | None]:
    return row.get


def _height(frame: pd.DataFrame, found: Mapping[str, str]) -> NDArray[np.float64]:
    """Height of each line: its layer, else 1 for bridges and -1 for tunnels."""
    height = np.zeros(len(frame))
    if "layer" in found:
        number = pd.to_numeric(frame[found["layer"]], errors="coerce")
        height = number.fillna(0).to_numpy(np.float64).copy()
    for role, value in (("bridge", 1.0), ("tunnel", -1.0)):
        if role in found:
            height[_says_yes(frame[found[role]]) & (height == 0)] = value
    return height
