"""`PlaceJourney`: how one gets from one place to one site, told beside a gap or a site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from geoplan.network.transit.journey import Journey


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PlaceJourney:
    """One journey by public transport that a map tells.

    Parameters
    ----------
    row : label of the demand row where it begins (or ends, where people are visited).
    site : id of the site.
    about : ``"gap"`` (from its largest place), ``"median"`` (half of the site's people are as
        quick) or ``"farthest"`` (its last ones).
    gap : rank of the gap; 0 = it is told of the site.
    minutes : door to door; on foot where nothing runs.
    journey : its legs; None where nothing runs.
    """

    row: Any
    site: str
    about: str
    gap: int
    minutes: float
    journey: Journey | None
