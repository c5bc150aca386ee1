"""What if: a line withdrawn, or running more or less often. A new schedule from the old one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.errors import Faults, UsageError
from geoplan.network.transit.clock import MINUTE_MS
from geoplan.network.transit.schedule import Calls, Schedule
from geoplan.validate import number
from geoplan.words.message import Message, first_few

#: vehicles are put between two that leave no farther apart; a night without buses stays one
_LONGEST_GAP_MS = 120 * MINUTE_MS
#: how near to a whole number of vehicles for one a factor must be, for lines with a timetable
_WHOLE = 0.02


def changed_lines(
    schedule: Schedule,
    *,
    withdrawn: Sequence[str] = (),
    headway_factor: Mapping[str, float] | None = None,
) -> Schedule:
    """The schedule without some lines, and with others more or less often.

    Parameters
    ----------
    schedule : what runs.
    withdrawn : names of lines that run no more.
    headway_factor : by line: 0.5 halves the minutes between two vehicles. Of lines with a
        timetable a whole number of vehicles comes for one (0.5, 0.33, …), evenly between those
        there are, or one for a whole number of them (2, 3, …).

    Raises
    ------
    UsageError
        Lines that do not run, factors that make no sense: all faults at once.
    """
    factors = {str(line): number(factor) for line, factor in (headway_factor or {}).items()}
    gone = {withdrawn} if isinstance(withdrawn, str) else {str(line) for line in withdrawn}
    line = schedule.trips["line"].astype(str)
    timed = set(line[schedule.trips["headway_ms"] < 0])
    faults = Faults(UsageError, "transit.changes")
    unknown = sorted((gone | set(factors)) - set(line))
    if unknown:
        known = first_few(sorted(set(line)))
        faults.add(Message("transit.no_such_line", some=first_few(unknown), known=known))
    for name, factor in factors.items():
        if not 0 < factor <= 100 or (name in timed and _times(factor) is None):
            faults.add(Message("transit.bad_factor", line=name, given=repr(factor)))
    faults.raise_all()
    trips = schedule.trips.copy()
    by_headway = (trips["headway_ms"] >= 0).to_numpy()
    scale = line.map(factors).fillna(1.0).to_numpy()
    trips.loc[by_headway, "headway_ms"] = np.maximum(
        np.rint(trips["headway_ms"].to_numpy()[by_headway] * scale[by_headway]), 1
    ).astype(np.int64)
    keep = ~line.isin(gone).to_numpy()
    added: list[tuple[int, NDArray[np.int64], NDArray[np.int64]]] = []
    for name, factor in factors.items():
        rows = np.flatnonzero((line == name).to_numpy() & ~by_headway & keep)
        for alike in _alike(schedule.calls, rows):
            more = _times(factor)
            if factor > 1:
                keep[alike] = np.arange(len(alike)) % round(factor) == 0
            elif more is not None:
                added += _between(schedule.calls, alike, more)
    return _with_trips(schedule, trips, np.flatnonzero(keep), added)


def _times(factor: float) -> int | None:
    """How many vehicles come for one, or one for how many; None = no whole number."""
    ratio = max(factor, 1 / factor)
    if round(ratio) == 1 and ratio > 1:  # it would change nothing
        return None
    return round(ratio) if abs(ratio - round(ratio)) <= _WHOLE * ratio else None


def _alike(calls: Calls, trips: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Trips with the same calls, by departure."""
    groups: dict[bytes, list[int]] = {}
    for t in trips:
        own = slice(int(calls.ptr[t]), int(calls.ptr[t + 1]))
        key = calls.stop[own].tobytes() + calls.board[own].tobytes() + calls.alight[own].tobytes()
        groups.setdefault(key, []).append(int(t))
    found = []
    for group in groups.values():
        at = np.array(group)
        found.append(at[np.argsort(calls.depart[calls.ptr[at]], kind="stable")])
    return found


def _between(
    calls: Calls, trips: NDArray[np.int64], more: int
) -> list[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
    """Vehicles between each two that follow one another: (trip to copy, arrivals, departures)."""
    found = []
    for a, b in pairwise(trips):
        one, two = (slice(int(calls.ptr[t]), int(calls.ptr[t + 1])) for t in (a, b))
        gap = int(calls.depart[two][0]) - int(calls.depart[one][0])
        if not 0 < gap <= _LONGEST_GAP_MS:
            continue
        for k in range(1, more):
            times = [
                column[one] + (column[two].astype(np.int64) - column[one]) * k // more
                for column in (calls.arrive, calls.depart)
            ]
            found.append((int(a), times[0], times[1]))
    return found


def _with_trips(
    schedule: Schedule,
    trips: pd.DataFrame,
    kept: NDArray[np.int64],
    added: list[tuple[int, NDArray[np.int64], NDArray[np.int64]]],
) -> Schedule:
    """The schedule of the kept trips and of copies with other times."""
    calls = schedule.calls
    source = np.concatenate([kept, np.array([t for t, _, _ in added], np.int64)]).astype(np.int64)
    sizes = (calls.ptr[1:] - calls.ptr[:-1])[source]
    ptr = np.zeros(len(source) + 1, np.int64)
    np.cumsum(sizes, out=ptr[1:])
    at = np.repeat(calls.ptr[source] - ptr[:-1], sizes) + np.arange(ptr[-1])
    arrive, depart = calls.arrive[at], calls.depart[at]
    first = int(ptr[len(kept)])
    if added:
        arrive[first:] = np.concatenate([times for _, times, _ in added])
        depart[first:] = np.concatenate([times for _, _, times in added])
    return replace(
        schedule,
        trips=trips.iloc[source].reset_index(drop=True),
        calls=Calls(
            ptr=ptr,
            stop=calls.stop[at],
            arrive=arrive,
            depart=depart,
            board=calls.board[at],
            alight=calls.alight[at],
        ),
        shapes={
            i: schedule.shapes[int(t)] for i, t in enumerate(source) if int(t) in schedule.shapes
        },
    )
