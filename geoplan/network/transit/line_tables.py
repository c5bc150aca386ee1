"""A `Schedule` from what offices have where there is no feed: lines, their stops, their headways.

Stops come in their order per line (线路, 站序), lines with first and last departure and headway
(首班, 末班, 发车间隔), by time of day in several rows (时段). People wait half the headway.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.errors import Faults, NetworkError
from geoplan.inputs.columns.yes_no import says_yes
from geoplan.inputs.layers import check_projected
from geoplan.network.transit.clock import MINUTE_MS, clock_ms
from geoplan.network.transit.interpolate import along_shape, straight
from geoplan.network.transit.schedule import Calls, Doors, Schedule
from geoplan.words.message import Message, first_few

#: headings that offices use, by what they mean
HEADINGS = {
    "line": ("line", "route", "线路", "线路名称", "线路名", "路线", "公交线路"),
    "direction": ("direction", "方向", "上下行", "行向"),
    "order": ("order", "sequence", "stop_sequence", "站序", "序号", "站点序号", "顺序"),
    "name": ("stop", "stop_name", "name", "站名", "站点", "站点名称", "站点名"),
    "first": ("first", "首班", "首班车", "首班时间", "首车", "首车时间"),
    "last": ("last", "末班", "末班车", "末班时间", "末车", "末车时间"),
    "span": ("span", "首末班", "首末班时间", "首末班车", "运营时间", "营运时间"),
    "period": ("period", "时段", "时间段"),
    "headway": (
        "headway",
        "headway_min",
        "发车间隔",
        "发车间隔(分钟)",
        "发车间隔（分钟）",
        "发车间隔（分）",
        "间隔",
    ),
    "speed": ("speed_kmh", "speed", "速度", "运营速度", "运送速度", "平均速度"),
    "loop": ("loop", "环线", "是否环线"),
}
#: km/h between stops, stopping included, where a table does not say
USUAL_SPEED_KMH = 18.0
#: what is slower or faster is a slip
_SLOWEST_KMH, _FASTEST_KMH = 1.0, 400.0
_LONGEST_HEADWAY_MIN = 1440.0
_HEADWAY = re.compile(
    r"\s*约?(\d+(?:\.\d+)?)(?:\s*[-–~～至到]\s*(\d+(?:\.\d+)?))?"
    r"\s*(?:分钟|分|min)?(?:/?[班辆车次])?\s*"
)
#: what a column of loops says beside yes
_LOOP = "环线"
_SAME_STOP_M = 1.0


def named(table: pd.DataFrame, columns: Mapping[str, str] | None = None) -> pd.DataFrame:
    """The columns of a table by what they mean; `columns` names those with other headings.

    Examples
    --------
    >>> named(pd.DataFrame({"线路": ["1"], "发车间隔": [10]})).columns.tolist()
    ['line', 'headway']
    """
    found = {}
    plain = {str(c).strip().lower(): c for c in table.columns}
    for role, headings in HEADINGS.items():
        given = (columns or {}).get(role)
        choices = (given,) if given else headings
        for heading in choices:
            if str(heading).strip().lower() in plain:
                found[role] = table[plain[str(heading).strip().lower()]]
                break
    return pd.DataFrame(found, index=table.index)


@dataclass(frozen=True, kw_only=True, slots=True)
class Band:
    """Departures of one line and direction ("" = both) in a part of the day, milliseconds."""

    line: str
    direction: str
    first: int
    last: int
    headway: int
    speed_kmh: float


def schedule_of_lines(
    lines: pd.DataFrame, stops: gpd.GeoDataFrame, *, columns: Mapping[str, str] | None = None
) -> tuple[Schedule, dict[str, Any]]:
    """The schedule of lines with headways, and notes on what was assumed.

    Parameters
    ----------
    lines : one row per line, or per line and part of the day; with geometry, vehicles follow it.
    stops : points in a projected CRS, one row per line and stop in its order.

    Raises
    ------
    NetworkError
        Columns or values that are missing or wrong: all faults at once.
    """
    check_projected(stops, "the stops")
    faults = Faults(NetworkError, "transit.lines")
    table, calls = named(lines, columns), named(stops, columns)
    for role, where, what in (
        ("line", table, "lines"),
        ("headway", table, "lines"),
        ("line", calls, "stops"),
        ("order", calls, "stops"),
    ):
        if role not in where:
            names = ", ".join(HEADINGS[role])
            faults.add(
                Message("transit.lines_lack", what=Message(f"transit.the_{what}"), names=names)
            )
    faults.raise_all()
    notes: dict[str, Any] = {}
    bands = _bands(table, faults, notes)
    order = pd.to_numeric(calls["order"], errors="coerce")
    if order.isna().any():
        faults.add(Message("transit.bad_order", some=first_few(calls["order"][order.isna()])))
    lines_without = sorted({b.line for b in bands} - set(_text(calls["line"])))
    if lines_without:
        faults.add(Message("transit.lines_without_stops", some=first_few(lines_without)))
    faults.raise_all()
    nowhere = stops.geometry.isna() | stops.geometry.is_empty
    if nowhere.any():
        notes["stops_nowhere"] = int(nowhere.sum())
    calls = calls.assign(line=_text(calls["line"]), order=order)[~nowhere.to_numpy()]
    points = stops.geometry[~nowhere.to_numpy()]
    calls["x"], calls["y"] = points.x.to_numpy(), points.y.to_numpy()
    unserved = sorted(set(calls["line"]) - {b.line for b in bands})
    if unserved:
        notes["lines_without_headway"] = unserved
    schedule = _schedule(bands, calls, _drawn(lines, table), notes)
    notes["by_hour"] = schedule.calls_by_hour().tolist()
    return schedule, notes


def _text(column: pd.Series) -> pd.Series:
    text = column.astype("string").fillna("").str.strip()
    return text.str.replace(r"\.0$", "", regex=True)


def _bands(table: pd.DataFrame, faults: Faults, notes: dict[str, Any]) -> list[Band]:
    """The rows of the table of lines as bands."""
    bands = []
    line = _text(table["line"])
    direction = _text(table["direction"]) if "direction" in table else line.str.slice(0, 0)
    speed = pd.to_numeric(table["speed"], errors="coerce") if "speed" in table else None
    for i in range(len(table)):
        row = table.iloc[i]
        headway = headway_min(row["headway"])
        if headway is None:
            if str(row["headway"]).strip() not in ("", "nan", "None", "<NA>"):
                values = {"line": line.iloc[i], "given": repr(row["headway"])}
                faults.add(Message("transit.bad_headway", **values))
            continue
        span = _span(row)
        if span is None:
            faults.add(Message("transit.bad_span", line=line.iloc[i]))
            continue
        kmh = float(speed.iloc[i]) if speed is not None else np.nan
        if not _SLOWEST_KMH <= kmh <= _FASTEST_KMH:
            kmh = USUAL_SPEED_KMH
            notes["speeds_assumed"] = notes.get("speeds_assumed", 0) + 1
        bands.append(
            Band(
                line=line.iloc[i],
                direction=direction.iloc[i],
                first=span[0],
                last=span[1],
                headway=round(headway * MINUTE_MS),
                speed_kmh=kmh,
            )
        )
    return bands


def headway_min(cell: Any) -> float | None:
    """Minutes of a headway as offices write it; the middle of a range; None = none up to a day.

    Examples
    --------
    >>> headway_min("10分钟"), headway_min("5-8"), headway_min(12), headway_min("滚动发车")
    (10.0, 6.5, 12.0, None)
    """
    found = _HEADWAY.fullmatch(str(cell))
    if found is None:
        return None
    low, high = float(found[1]), float(found[2] or found[1])
    return (low + high) / 2 if 0 < low + high <= 2 * _LONGEST_HEADWAY_MIN else None


def _span(row: pd.Series) -> tuple[int, int] | None:
    """First and last departure of a row; the part of the day where one is given."""
    spans = []
    for role in ("span", "period"):
        if role in row.index and str(row[role]).strip() not in ("", "nan", "None", "<NA>", "全天"):
            times = [clock_ms(t) for t in re.split(r"\s*[-–—~～至]+\s*", str(row[role]).strip())]
            if len(times) != 2 or None in times:
                return None
            spans.append(times)
    if "first" in row.index and "last" in row.index:
        times = [clock_ms(row["first"]), clock_ms(row["last"])]
        if None not in times:
            spans.append(times)
    if not spans:
        return None
    ends = [(int(a or 0), int(b or 0)) for a, b in spans]
    first, last = max(a for a, _ in ends), min(b for _, b in ends)
    return (first, last) if last >= first else None


def _drawn(lines: pd.DataFrame, table: pd.DataFrame) -> dict[tuple[str, str], NDArray[np.float64]]:
    """The ways of the lines that are drawn, by line and direction."""
    if not isinstance(lines, gpd.GeoDataFrame):
        return {}
    line = _text(table["line"])
    direction = _text(table["direction"]) if "direction" in table else line.str.slice(0, 0)
    found: dict[tuple[str, str], NDArray[np.float64]] = {}
    for i, shape in enumerate(lines.geometry):
        if shape is not None and not shape.is_empty:
            merged = shapely.line_merge(shape) if shape.geom_type.startswith("Multi") else shape
            if merged.geom_type == "LineString":
                key = (str(line.iloc[i]), str(direction.iloc[i]))
                found.setdefault(key, shapely.get_coordinates(merged))
    return found


def _is_loop(cells: pd.Series) -> pd.Series:
    """Bool per stop: its line runs round."""
    return says_yes(cells) | cells.astype("string").str.strip().eq(_LOOP).fillna(False).astype(bool)


def _courses(calls: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame, bool]]:
    """Line, direction, its stops in order, and whether it also runs back by the same stops."""
    directed = "direction" in calls
    if not directed:
        calls = calls.assign(direction="")
    calls = calls.assign(direction=_text(calls["direction"]))
    loop = _is_loop(calls["loop"]) if "loop" in calls else None
    for line, own in calls.groupby("line", sort=False):
        ways = own["direction"].unique()
        for way, course in own.groupby("direction", sort=False):
            course = course.sort_values("order", kind="stable")
            ends = course[["x", "y"]].to_numpy()[[0, -1]]
            closed = bool(np.hypot(*(ends[0] - ends[1])) <= _SAME_STOP_M)
            if loop is not None and loop.loc[course.index].any():
                if not closed:  # the vehicle goes on to where it began
                    course = pd.concat([course, course.iloc[:1]])
                closed = True
            yield str(line), str(way), course, len(ways) == 1 and not closed


def _schedule(
    bands: list[Band],
    calls: pd.DataFrame,
    drawn: dict[tuple[str, str], NDArray[np.float64]],
    notes: dict[str, Any],
) -> Schedule:
    spot = np.round(calls[["x", "y"]].to_numpy() / _SAME_STOP_M).astype(np.int64)
    name = _text(calls["name"]) if "name" in calls else pd.Series("", index=calls.index)
    place = pd.DataFrame({"x": spot[:, 0], "y": spot[:, 1], "n": name.to_numpy()})
    number = place.groupby(["x", "y", "n"], sort=False).ngroup().to_numpy()
    calls = calls.assign(stop=number, label=name.to_numpy())
    stops = calls.drop_duplicates("stop").sort_values("stop")
    shapes: dict[int, NDArray[np.float64]] = {}
    parts: list[tuple[NDArray, NDArray]] = []
    rows: list[tuple] = []
    for line, way, course, both in _courses(calls):
        own = [b for b in bands if b.line == line and b.direction in ("", way)]
        if len(course) < 2 or not own:
            continue
        for back in (False, True) if both else (False,):
            there = course.iloc[::-1] if back else course
            xy = there[["x", "y"]].to_numpy(float)
            shape = drawn.get((line, way), drawn.get((line, "")))
            if shape is None:
                metres = straight(xy)
                notes["lines_straight"] = notes.get("lines_straight", 0) + 1
            else:
                shape = _with_travel(shape, xy)
                metres = along_shape(xy, shape)
            for band in own:
                ms = np.rint(metres / (band.speed_kmh / 3.6) * 1000).astype(np.int64)
                if shape is not None:
                    shapes[len(rows)] = shape
                parts.append((there["stop"].to_numpy(), ms))
                sign = str(there["label"].iloc[-1])
                rows.append((line, sign, f"{line}", line, band.headway, band.first, band.last))
    names = ["line", "headsign", "id", "line_id", "headway_ms", "first_ms", "last_ms"]
    sizes = np.array([len(s) for s, _ in parts], np.int64)
    times = np.concatenate([np.empty(0, np.int64), *[t for _, t in parts]]).astype(np.int32)
    ptr = np.zeros(len(parts) + 1, np.int64)
    np.cumsum(sizes, out=ptr[1:])
    xy = stops[["x", "y"]].to_numpy(float)
    none = np.zeros(len(stops), np.int32)
    return Schedule(
        stops=pd.DataFrame(
            {
                "id": stops["stop"].astype(str).to_numpy(object),
                "name": stops["label"].to_numpy(object),
                "x": xy[:, 0],
                "y": xy[:, 1],
            }
        ),
        trips=pd.DataFrame(rows, columns=names),
        calls=Calls(
            ptr=ptr,
            stop=np.concatenate([np.empty(0, np.int64), *[s for s, _ in parts]]).astype(np.int32),
            arrive=times,
            depart=times,
            board=np.ones(len(times), np.bool_),
            alight=np.ones(len(times), np.bool_),
        ),
        doors=Doors(stop=np.arange(len(stops), dtype=np.int32), xy=xy, in_ms=none, out_ms=none),
        shapes=shapes,
    )


def _with_travel(shape: NDArray[np.float64], stops: NDArray[np.float64]) -> NDArray[np.float64]:
    """The drawn line in the direction in which the stops follow one another."""
    turned = shape[::-1]

    def off(line: NDArray[np.float64]) -> float:
        return float(np.hypot(*(line[0] - stops[0])) + np.hypot(*(line[-1] - stops[-1])))

    return turned if off(turned) < off(shape) else shape
