"""A bound for plans of all kinds of actions: openings that only get easier.

A site that stands stays until one action closes it, or moves it to another place; a site that
an action opens stays from its first opening on; an expansion is a site of its own with the places
that it adds, in reach of the same people; what else frees money or works is done by itself. Every
plan is a plan of these, serves no more people and takes no less of any limit, so that the
Lagrangian bound of `openings.dual` holds for it. Targets, conflicts and people who must not lose
their site are left aside: they only rule plans out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from geoplan.siting.periods.core import ProgrammeCore
from geoplan.siting.periods.openings.openings import Openings, Options, limits_of
from geoplan.siting.periods.plain import Programme


class _Way(NamedTuple):
    """An action (-1 = nothing is done), its year, the years served, the site instead (-1 = none).

    It serves from `start` until `end`, and the site instead from then on.
    """

    action: int
    year: int
    start: int
    end: int
    then: int = -1


class _Part(NamedTuple):
    """Something that may be done once, in one of several ways.

    site : of the core whose people it serves, -1 = nobody. places : how many of them.
    """

    site: int
    places: float
    ways: list[_Way]


def relaxed_openings(of: Programme, small: ProgrammeCore) -> Openings:
    """Openings alone, with everything that a plan can gain and less than it can lose."""
    problem, core = of.problem, small.core
    worth = small.people * problem.lengths
    base = float(small.base @ problem.lengths)
    parts = _Parts(of=of, small=small).every()
    if not problem.limited:  # what stands and cannot close serves its people whatever is decided
        for k, part in enumerate(parts):
            if [way.action for way in part.ways] == [-1]:
                classes, since = core.classes_of(part.site), part.ways[0].start
                base += float(worth[classes, since:].sum())
                worth[classes, since:] = 0.0
                parts[k] = part._replace(ways=[])
    reach = [core.classes_of(p.site) if p.site >= 0 else core.site_idx[:0] for p in parts]
    ways = np.array([way for part in parts for way in part.ways], np.int64).reshape(-1, 5)
    action, year, start, end, then = np.ascontiguousarray(ways.T)
    use, limit, _ = limits_of(of, action, year)
    ptr = _starts([len(part.ways) for part in parts])
    matters = np.diff(ptr) > 0
    matters[then[then >= 0]] = True
    options = Options(
        ptr=ptr,
        year=start,
        until=end,
        then=then,
        use=use,
        limit=limit,
        places=np.array([part.places for part in parts], np.float64),
        matters=matters,
        people=small.people,
    )
    wider = replace(
        core,
        site_ptr=_starts([len(classes) for classes in reach]).astype(core.site_ptr.dtype),
        site_idx=np.concatenate([core.site_idx[:0], *reach]),
        sites=np.array([-1 if p.site < 0 else core.sites[p.site] for p in parts], np.int64),
    )
    wide = replace(small, core=wider)
    return Openings(of=of, small=wide, options=options, action=action, worth=worth, base=base)


def _starts(sizes: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.array(sizes, np.int64))]).astype(np.int64)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Parts:
    """The parts of a problem: first one for each site of the core, in their order."""

    of: Programme
    small: ProgrammeCore

    def every(self) -> list[_Part]:
        """Sites, then places that are added, and what frees money or works."""
        problem = self.of.problem
        parts = []
        ends, opened = self._ends, self._opened
        again = []
        for k, site in enumerate(self.small.core.sites):
            since = self._since(int(site))
            places, ways = float(self._places[site]), opened.get(k, [])
            if since < problem.n_years:
                if ways:
                    again.append(_Part(k, places, ways))
                ways = [_Way(-1, since, since, problem.n_years)]
                for a in ends.get(int(site), []):
                    then = self._at(self.of.table.opens[a])
                    years = [way.year for way in self._ways(a)]
                    ways += [_Way(a, t, min(since, t), t, then) for t in years]
            parts.append(_Part(k, places, ways))
        return parts + again + self._others()

    def _at(self, site: int | np.integer) -> int:
        return self.small.at.get(int(site), -1)

    def _since(self, site: int) -> int:
        """The year from which a site stands without anything done; the number of years: never."""
        problem = self.of.problem
        return 0 if problem.open_at_start[site] else problem.opening.get(site, problem.n_years)

    def _ways(self, action: int) -> list[_Way]:
        """Serving from the action's year on, for every year in which it may be done."""
        years = self.of.problem.n_years
        may = self.of.table.may(years)[action]
        return [_Way(action, int(t), int(t), years) for t in np.flatnonzero(may)]

    @cached_property
    def _done(self) -> list[int]:
        return [int(a) for a in np.flatnonzero(self.small.actions)]

    @cached_property
    def _places(self) -> np.ndarray:
        """Places per site when it is open; ``inf`` where they do not limit."""
        problem = self.of.problem
        if not problem.limited:
            return np.full(problem.base.n_sites, np.inf)
        return np.asarray(np.sum(list(problem.capacities.values()), axis=0))

    @cached_property
    def _ends(self) -> dict[int, list[int]]:
        """Per site that stands the actions that close it first of all.

        Left out are sites that may be closed twice, in between opened again.
        """
        table, found = self.of.table, dict[int, list[int]]()
        for a in self._done:
            if len(table.closes[a]):
                first = int(table.closes[a][0])
                if self._at(first) >= 0 and self._since(first) < self.of.problem.n_years:
                    found.setdefault(first, []).append(a)
        twice = {int(j) for a in self._done if (j := table.opens[a]) >= 0}
        return {j: some for j, some in found.items() if len(some) == 1 or j not in twice}

    @cached_property
    def _told(self) -> set[int]:
        """Actions that are ways of a site that stands."""
        return {a for actions in self._ends.values() for a in actions}

    @cached_property
    def _opened(self) -> dict[int, list[_Way]]:
        """Per site of the core the ways in which the other actions open it."""
        found: dict[int, list[_Way]] = {}
        for a in self._done:
            k = self._at(self.of.table.opens[a])
            if k >= 0 and a not in self._told:
                found.setdefault(k, []).extend(self._ways(a))
        return found

    def _others(self) -> list[_Part]:
        problem, table = self.of.problem, self.of.table
        may, parts = table.may(problem.n_years), list[_Part]()
        more = np.zeros(table.n)
        if problem.limited:
            more = np.sum(list(table.places.values()), axis=0)
        frees = np.zeros(table.n, bool)
        for limit in self.of.limits:
            frees |= ((limit.use < 0) & may).any(axis=1)
        for a in self._done:
            k = self._at(table.needs[a])
            if table.opens[a] < 0 and more[a] > 0 and k >= 0:
                parts += [_Part(k, float(more[a]), self._ways(a))] * int(table.most[a])
            elif frees[a] and a not in self._told:
                parts += [_Part(-1, np.inf, self._ways(a))] * int(table.most[a])
        return parts
