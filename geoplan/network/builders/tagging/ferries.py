"""Ferry lines: who may board, and how long the crossing takes."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.network.builders.osm_tags import STREET_FILTERS, TagGetter, access_verdict
from geoplan.network.builders.tagging.speeds import FERRY_KMH
from geoplan.network.graph.network import DEFAULT_SPEED_M_S

FERRY = "ferry"

_CLOCK = re.compile(r"(\d+):(\d{1,2})(?::(\d{1,2}))?")
_ISO = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?", re.IGNORECASE)
_MINUTES = re.compile(r"(\d+(?:\.\d+)?)\s*(?:min|minutes?|分钟|分)?", re.IGNORECASE)


def is_ferry_of(mode: str, tag: TagGetter) -> bool:
    """Whether `mode` may board; a ferry takes cars only where it says so."""
    if tag("route") != FERRY:
        return False
    street = STREET_FILTERS[mode]
    if mode == "walk":
        return access_verdict(street, street.access_keys, tag) is not False
    return access_verdict(street, street.own_keys, tag) is True


def ferry_minutes(duration: str | None) -> float | None:
    """OpenStreetMap's ``duration`` in minutes; None where it is not given or not understood.

    Examples
    --------
    >>> ferry_minutes("00:12"), ferry_minutes("1:05:30"), ferry_minutes("PT1H5M")
    (12.0, 65.5, 65.0)
    >>> ferry_minutes("8"), ferry_minutes("soon"), ferry_minutes(None)
    (8.0, None, None)
    """
    text = (duration or "").strip()
    if found := _CLOCK.fullmatch(text):
        return 60.0 * int(found[1]) + int(found[2]) + int(found[3] or 0) / 60
    if found := _MINUTES.fullmatch(text):
        return float(found[1]) or None
    if (found := _ISO.fullmatch(text)) and text.upper() != "PT":
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return 60.0 * hours + minutes + seconds / 60 or None
    return None


def with_ferries(
    edges: pd.DataFrame,
    way: NDArray[np.int64],
    minutes: Mapping[int, float | None],
    *,
    mode: str,
    speed_m_s: float | None,
) -> tuple[NDArray[np.float64], int]:
    """Minutes of all edges, those of ferries by their crossing time; metres stay as they are.

    Parameters
    ----------
    edges : with ``length_m``, and ``minutes`` where the mode has them.
    way : way of each edge. minutes : of the whole crossing, by way; None = not given.

    Returns
    -------
    tuple
        The minutes, and the number of ferries whose time follows from `FERRY_KMH`.
    """
    length = edges["length_m"].to_numpy(np.float64)
    speed = DEFAULT_SPEED_M_S[mode] if speed_m_s is None else speed_m_s
    time = (
        edges["minutes"].to_numpy(np.float64).copy() if "minutes" in edges else length / speed / 60
    )
    for one, given in minutes.items():
        mine = way == one
        total = length[mine].sum()
        share = length[mine] / total if total else length[mine]
        time[mine] = length[mine] * 0.06 / FERRY_KMH if given is None else given * share
    return time, sum(given is None for given in minutes.values())
