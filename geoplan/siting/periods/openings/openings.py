"""Plans in time that only open sites, as arrays for compiled searches: options, limits, people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from geoplan.siting.periods.core import ProgrammeCore
from geoplan.siting.periods.plain import Programme
from geoplan.tolerances import BUDGET_ROUNDING


class Options(NamedTuple):
    """A site opens by one option at most: an action in a year.

    ptr : options of each site of the core. year, until : per option, the year that it opens in and
    the first in which it is closed again (the number of years: never). then : the site that stands
    from that year on instead, -1 = none. use : options x limits, in units of each limit's mean use.
    limit : of each limit, in the same units. places : per site, ``inf`` where they do not limit.
    matters : bool per site, of some option. people : classes x years.
    """

    ptr: np.ndarray
    year: np.ndarray
    until: np.ndarray
    then: np.ndarray
    use: np.ndarray
    limit: np.ndarray
    places: np.ndarray
    matters: np.ndarray
    people: np.ndarray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Openings:
    """A problem of openings alone.

    worth : person-years, classes x years, that sites whose opening is to be decided may add.
    base : person-years that are served whatever is decided. action : per option.
    """

    of: Programme
    small: ProgrammeCore
    options: Options
    action: np.ndarray
    worth: np.ndarray
    base: float

    @property
    def site(self) -> np.ndarray:
        """The site of the core of every option."""
        return np.repeat(np.arange(self.small.core.m), np.diff(self.options.ptr))

    def times(self, chosen: np.ndarray) -> np.ndarray:
        """Actions x years of the options `chosen` (per site, -1 = not opened)."""
        found = self.of.plan_of_nothing
        picked = chosen[chosen >= 0]
        found[self.action[picked], self.options.year[picked]] = 1
        return found


def openings_of(of: Programme, small: ProgrammeCore) -> Openings | None:
    """The problem as openings alone, or None where it is more than that.

    Targets are left aside: they make no plan better, so that bounds hold with them too.
    """
    problem, table, core = of.problem, of.table, small.core
    kept = np.flatnonzero(small.actions)
    if problem.limited or len(problem.base.conflicts) or (table.opens[kept] < 0).any():
        return None
    if table.closing[kept].any():
        return None
    at = small.at
    worth = small.people * problem.lengths
    base = float(small.base @ problem.lengths)
    start = problem.open_at_start
    for k, site in enumerate(core.sites):  # open without us: what it serves is decided
        since = 0 if start[site] else problem.opening.get(int(site), problem.n_years)
        classes = core.classes_of(k)
        base += float(worth[classes, since:].sum())
        worth[classes, since:] = 0.0
    may = table.may(problem.n_years)
    found = []
    for a in kept:
        k = at[int(table.opens[a])]
        found += [(k, int(t), int(a)) for t in np.flatnonzero(may[a])]
    order = np.array(sorted(found), np.int64).reshape(-1, 3)
    use, limit, _ = limits_of(of, order[:, 2], order[:, 1])
    if (use < 0).any():  # what frees money must not be taken out alone
        return None
    ptr = np.searchsorted(order[:, 0], np.arange(core.m + 1))
    options = Options(
        ptr=ptr,
        year=np.ascontiguousarray(order[:, 1]),
        until=np.full(len(order), problem.n_years, np.int64),
        then=np.full(len(order), -1, np.int64),
        use=use,
        limit=limit,
        places=np.full(core.m, np.inf),
        matters=np.diff(ptr) > 0,
        people=small.people,
    )
    return Openings(of=of, small=small, options=options, action=order[:, 2], worth=worth, base=base)


def limits_of(
    of: Programme, action: np.ndarray, year: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Use of every limit by options (an action, -1 = none, in a year), the limits, and their units.

    Both are in units of the limit's mean use.
    """
    use = np.zeros((len(action), len(of.limits)))
    limit, unit = np.zeros(len(of.limits)), np.ones(len(of.limits))
    done = action >= 0
    for r, row in enumerate(of.limits):
        use[done, r] = row.use[action[done], year[done]]
        used = use[use[:, r] != 0, r]
        unit[r] = float(np.abs(used).mean()) if len(used) else 1.0
        use[:, r] /= unit[r]
        limit[r] = row.most / unit[r] * (1 + BUDGET_ROUNDING)
    return use, limit, unit
