"""People served where places are scarce, year by year: the largest flow of each plan.

Plans that are looked at one after the other differ in a few sites, so that a flow is grown from the
last one of its year.
"""

from __future__ import annotations

import numpy as np

from geoplan.siting.constrained.capacity_flow import CapacityFlow
from geoplan.siting.model.core import Core

#: sites that differ between two plans up to which one flow is made from the other
_MOST_CHANGES = 24


class YearFlows:
    """Largest flows on the classes of each year.

    cores : per year classes of people and the sites that they may use.
    """

    def __init__(self, cores: list[Core]) -> None:
        self._empty = [CapacityFlow(core, np.full(core.m, np.inf)) for core in cores]
        self._last: list[tuple[np.ndarray, CapacityFlow] | None] = [None] * len(cores)

    def flow(self, t: int, places: np.ndarray) -> CapacityFlow:
        """Who is served where in a year. places : people per site of the problem; closed: 0."""
        empty = self._empty[t]
        asked = np.minimum(places[empty.core.sites], empty.capacity)
        last = self._last[t]
        if last is not None and np.count_nonzero(last[0] != asked) <= _MOST_CHANGES:
            before, found = last[0], last[1].copy()
        else:
            before, found = np.zeros(len(asked)), empty.copy()
        found.capacity = before.copy()
        for k in np.flatnonzero(asked < before):
            found.close(int(k))
            found.capacity[k] = before[k] = 0.0
        for k in np.flatnonzero(asked > before):
            found.enlarge(int(k), float(asked[k]))
        self._last[t] = asked, found
        return found
