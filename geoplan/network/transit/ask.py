"""What is asked of public transport: when, how long at most, how far on foot, how many changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from geoplan.errors import UsageError
from geoplan.network.transit.clock import MINUTE_MS, NEVER, SECOND_MS, minutes_of
from geoplan.validate import number, raise_faults
from geoplan.words.message import Message


@dataclass(frozen=True, kw_only=True, slots=True)
class TransitOptions:
    """How people travel by public transport.

    Parameters
    ----------
    depart : window in which they set out: ``("08:00", "10:00")`` is every minute from 8:00 to 9:59.
    arrive : window in which they want to be there, instead of `depart`.
    percentile : of the travel times at these minutes, from above 0 to 100: with 50 at least half of
        the minutes are as quick; no minute in between is made up.
    max_walk_m : longest walk to, between and from stops, metres (on slopes: as long as these take
        on the flat). Walking all the way is bounded by the cutoff alone.
    max_transfers : changes of vehicle.
    board_slack_s : seconds at a stop before the vehicle leaves.

    Examples
    --------
    >>> TransitOptions(depart="08:00-10:00").minutes.size
    120
    """

    depart: str | Sequence[str] | None = ("08:00", "10:00")
    arrive: str | Sequence[str] | None = None
    percentile: float = 50
    max_walk_m: float = 800.0
    max_transfers: int = 3
    board_slack_s: float = 0.0

    def __post_init__(self) -> None:
        faults = []
        if not 0 < number(self.percentile) <= 100:
            faults.append(Message("call_faults.percentile_between", percentile=self.percentile))
        if not (math.isfinite(number(self.max_walk_m)) and number(self.max_walk_m) >= 0):
            faults.append(Message("call_faults.walk_metres", max_walk_m=self.max_walk_m))
        changes = number(self.max_transfers)
        if not (0 <= changes <= 20 and changes.is_integer()):
            faults.append(Message("call_faults.transfers_whole", max_transfers=self.max_transfers))
        if not 0 <= number(self.board_slack_s) <= 3600:
            faults.append(Message("call_faults.slack_seconds", board_slack_s=self.board_slack_s))
        raise_faults("public transport", faults)
        _ = self.minutes  # a window that makes no sense raises here

    @property
    def by_arrival(self) -> bool:
        """Whether the minutes are those of arriving."""
        return self.arrive is not None

    @property
    def minutes(self) -> NDArray[np.int32]:
        """The minutes of the window, milliseconds."""
        if self.arrive is not None:
            return minutes_of(self.arrive, "arrive")
        if self.depart is None:
            raise UsageError.of("transit.no_window")
        return minutes_of(self.depart)

    @property
    def rank(self) -> int:
        """Which of the sorted travel times counts, from 1."""
        return max(1, math.ceil(len(self.minutes) * self.percentile / 100 - 1e-9))

    @property
    def slack_ms(self) -> int:
        """Boarding slack in milliseconds."""
        return round(self.board_slack_s * SECOND_MS)

    def changed(self, given: Any) -> Self:
        """With the options of a query that are among `given`; a window there replaces both."""
        known = {f.name for f in fields(self)}
        own = {k: v for k, v in given.items() if k in known and v is not None}
        if "depart" in own and "arrive" in own:
            raise UsageError.of("transit.two_windows")
        if "depart" in own:
            own["arrive"] = None
        return replace(self, **own)


def cutoff_ms(cutoff_min: float) -> int:
    """The longest travel time in milliseconds; `NEVER` without a cutoff."""
    return int(NEVER) if not math.isfinite(cutoff_min) else math.floor(cutoff_min * MINUTE_MS + 0.5)
