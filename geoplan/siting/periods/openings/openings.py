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

    ptr : options of each site of the core. year : per option. use : options x limits, in units of
    each limit's mean use. limit : of each limit, in the same units.
    """

    ptr: np.ndarray
    year: np.ndarray
    use: np.ndarray
    limit: np.ndarray


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
    use = np.zeros((len(order), len(of.limits)))
    limit = np.zeros(len(of.limits))
    for r, row in enumerate(of.limits):
        use[:, r] = row.use[order[:, 2], order[:, 1]]
        size = float(np.abs(use[use[:, r] != 0, r]).mean()) if use[:, r].any() else 1.0
        use[:, r] /= size
        limit[r] = row.most / size * (1 + BUDGET_ROUNDING)
    if (use < 0).any():  # what frees money must not be taken out alone
        return None
    ptr = np.searchsorted(order[:, 0], np.arange(core.m + 1))
    options = Options(ptr, np.ascontiguousarray(order[:, 1]), use, limit)
    return Openings(of=of, small=small, options=options, action=order[:, 2], worth=worth, base=base)
