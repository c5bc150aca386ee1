"""Coordinates for addresses, by a geocoder that the user brings with a key of their own.

Nothing here is called by a run: rows with an address and no coordinates are listed in
``findings.xlsx``, and whoever may use a service fills them in by this function or by hand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import pandas as pd

from geoplan.crs.datum import to_wgs84
from geoplan.errors import UsageError


class Geocoder(Protocol):
    """What a geopy geocoder offers."""

    def geocode(self, query: str, **options: Any) -> Any:
        """The location of `query` with ``latitude``, ``longitude`` and ``address``, or None."""


def geocode_missing(
    table: pd.DataFrame,
    *,
    geocoder: Geocoder,
    datum: str,
    address: str = "地址",
    lon: str = "经度",
    lat: str = "纬度",
    prefix: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Fill in coordinates of rows that have an address but no coordinates.

    Parameters
    ----------
    table : one row per site; it is not changed.
    geocoder : for example ``geopy.geocoders.Baidu(api_key=...)``; its errors are not hidden, so
        wrap it in ``geopy.extra.rate_limiter.RateLimiter`` where the service limits requests.
    datum : of the geocoder's answers (``"bd09"`` for Baidu, ``"gcj02"`` for AMap, ``"wgs84"`` for
        Nominatim).
    address, lon, lat : headings.
    prefix : put in front of every address, for example the city's name.
    progress : called with rows done and rows to do.

    Returns
    -------
    DataFrame
        A copy in which `lon` and `lat` of the rows found are degrees in WGS 84, with the columns
        ``geocoded`` (bool) and ``geocoded_as`` (what the geocoder took the address for: read it
        before you trust it). Rows that already have coordinates stay as they are, in their own
        datum.

    Raises
    ------
    UsageError
        A heading is not there.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> class Known:
    ...     def geocode(self, query):
    ...         if "泉城路" in query:
    ...             return SimpleNamespace(longitude=117.02, latitude=36.66, address="泉城路")
    >>> table = pd.DataFrame({"地址": ["泉城路1号", "某处"], "经度": ["", ""], "纬度": ["", ""]})
    >>> filled = geocode_missing(table, geocoder=Known(), datum="wgs84")
    >>> filled["geocoded"].tolist(), filled["经度"].tolist()
    ([True, False], [117.02, ''])
    """
    missing = [h for h in (address, lon, lat) if h not in table.columns]
    if missing:
        raise UsageError.of(
            "call_faults.table_columns",
            missing=", ".join(missing),
            there=", ".join(map(str, table.columns)),
        )
    done = table.copy()
    for heading in (lon, lat):
        done[heading] = done[heading].astype(object)
    done["geocoded"] = False
    done["geocoded_as"] = ""
    wanted = np.flatnonzero((_blank(table[lon]) | _blank(table[lat])) & ~_blank(table[address]))
    known: dict[str, Any] = {}
    for count, position in enumerate(wanted, start=1):
        query = f"{prefix}{str(table[address].iloc[position]).strip()}"
        if query not in known:
            known[query] = geocoder.geocode(query)
        found = known[query]
        if found is not None:
            x, y = to_wgs84((float(found.longitude), float(found.latitude)), datum)
            values = (float(x), float(y), True, str(found.address))
            for heading, value in zip((lon, lat, "geocoded", "geocoded_as"), values, strict=True):
                done.iloc[position, done.columns.get_loc(heading)] = value
        if progress is not None:
            progress(count, len(wanted))
    return done


def _blank(cells: pd.Series) -> np.ndarray:
    """Bool per cell: nothing in it."""
    return (cells.isna() | (cells.astype(str).str.strip() == "")).to_numpy(bool)
