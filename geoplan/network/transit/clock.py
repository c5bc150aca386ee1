"""Times of a timetable: whole milliseconds after the midnight at which the service day begins.

Whole numbers, so that sums do not depend on their order: a search from the homes and one back from
the sites give the same minutes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.errors import UsageError

SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000
#: no time: later than every timetable
NEVER = np.int32(1 << 30)
_CLOCK = re.compile(r"\s*(\d{1,3})\s*[:：时]\s*(\d{1,2})(?:\s*[:：分]\s*(\d{1,2}))?\s*分?\s*")
_MOST_HOURS = 100


def clock_ms(text: Any) -> int | None:
    """Milliseconds of a time of day such as ``"7:05"``, ``"25:30:00"``, ``"6时30分"``; None = none.

    Examples
    --------
    >>> clock_ms("7:05"), clock_ms("25:30:00"), clock_ms("6：30"), clock_ms("noon")
    (25500000, 91800000, 23400000, None)
    """
    if isinstance(text, dt.time):
        return ((text.hour * 60 + text.minute) * 60 + text.second) * SECOND_MS
    found = _CLOCK.fullmatch(str(text))
    if found is None:
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    if minutes > 59 or seconds > 59 or hours > _MOST_HOURS:
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * SECOND_MS


def clock_text(ms: int) -> str:
    """A time as people write it; after midnight of the next day it goes on from 24.

    Examples
    --------
    >>> clock_text(25_500_000), clock_text(91_800_000), clock_text(25_530_000)
    ('07:05', '25:30', '07:05:30')
    """
    minutes, seconds = divmod(int(ms) // SECOND_MS, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{seconds:02d}" if seconds else text


def clock_column(cells: pd.Series) -> NDArray[np.float64]:
    """Milliseconds of every cell ``H:MM:SS``; NaN where it is blank or no time."""
    text = cells.astype("string").str.strip()
    unique = pd.Series(text.unique()).dropna()
    known = {cell: clock_ms(cell) for cell in unique}
    values = {cell: float(ms) for cell, ms in known.items() if ms is not None}
    return text.map(values).to_numpy(np.float64, na_value=np.nan)


def minutes_of(window: str | Sequence[str], name: str = "depart") -> NDArray[np.int32]:
    """Every whole minute of a window, its end not included; one time alone is one minute.

    Parameters
    ----------
    window : ``("08:00", "10:00")``, ``"08:00-10:00"``, or one time ``"14:00"``.
    name : what it is called in an error.

    Returns
    -------
    int32, milliseconds, ascending.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> len(minutes_of(("08:00", "10:00"))), minutes_of("14:00").tolist()
    (120, [50400000])
    """
    parts = re.split(r"\s*[-–—~～至]\s*", window) if isinstance(window, str) else list(window)
    times = [ms for ms in map(clock_ms, parts) if ms is not None]
    good = len(times) == len(parts) and len(parts) in (1, 2) and times == sorted(set(times))
    if not good:
        raise UsageError.of("transit.bad_window", name=name, given=repr(window))
    end = times[1] if len(times) == 2 else times[0] + 1
    return np.arange(times[0], end, MINUTE_MS, dtype=np.int32)


def date_of(given: Any) -> dt.date:
    """A date from ``"2025-05-13"``, ``"20250513"`` or a date.

    Raises
    ------
    UsageError

    Examples
    --------
    >>> date_of("20250513")
    datetime.date(2025, 5, 13)
    """
    if isinstance(given, dt.datetime):
        return given.date()
    if isinstance(given, dt.date):
        return given
    text = str(given).strip()
    try:
        return dt.date.fromisoformat(text)  # 2025-05-13 and 20250513
    except ValueError:
        raise UsageError.of("transit.bad_date", given=repr(given)) from None
