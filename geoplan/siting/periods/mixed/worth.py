"""What each option of a plan would add, about: person-years gained by opening, lost by closing.

Exact for one opening or closing where places do not limit; where they do, nobody is thought to
change to another site, so that a gain is at most as large as told by the plain definition.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from scipy import sparse

from geoplan.siting.constrained.capacity_flow import CapacityFlow
from geoplan.siting.periods.core import ProgrammeCore
from geoplan.siting.periods.flows import YearFlows
from geoplan.siting.periods.plain import Plan, Programme
from geoplan.siting.periods.rules import Target


class Worth:
    """Gains and losses on the classes of a core.

    action, year : of every option. `score` and `places` hold for a plan; `people_in` for a target.
    """

    def __init__(
        self, of: Programme, small: ProgrammeCore, action: np.ndarray, year: np.ndarray
    ) -> None:
        self.of, self.small, self.action, self.year = of, small, action, year
        core, at, table = small.core, small.at, of.table
        self.lengths = of.problem.lengths
        ones = np.ones(core.pairs)
        self.inside = sparse.csr_matrix((ones, core.site_idx, core.site_ptr), (core.m, core.n))
        self.opened = np.array([at.get(int(j), -1) for j in table.opens], np.int64)
        self.grown = np.array([at.get(int(j), -1) for j in table.needs], np.int64)
        places = sum(table.places.values(), np.zeros(table.n))
        self.more = np.where(self.grown >= 0, np.maximum(places, 0.0), 0.0)
        gone = [[at[int(j)] for j in closed if int(j) in at] for closed in table.closes]
        self.gone = _rows(gone, core.m)
        # of a move: who is in reach of the site that goes and of the one that comes
        comes = _rows([[k] if k >= 0 else [] for k in self.opened], core.m)
        self.both = (comes @ self.inside).minimum((self.gone @ self.inside).sign()).tocsr()

    def flow(self, plan: Plan, t: int) -> CapacityFlow:
        """Who is served where in a year."""
        places = np.maximum(plan.capacity[t], 0.0)
        found = self._flows.flow(t, places)
        self.of.flows.setdefault((t, places.tobytes()), found.served)
        return found

    @cached_property
    def _flows(self) -> YearFlows:
        core, people = self.small.core, self.small.people
        return YearFlows([replace(core, weight=weight) for weight in people.T])

    def score(self, plan: Plan) -> np.ndarray:
        """Person-years that each option would add to the plan, about."""
        gain, loss, kept, more = (
            self._limited(plan) if self.of.problem.limited else self._plain(plan)
        )
        found = -(self.gone @ loss) + kept
        rows = self.opened >= 0
        found[rows] += gain[self.opened[rows]]
        found += more
        return np.asarray(found[self.action, self.year])

    def _plain(self, plan: Plan) -> tuple[np.ndarray, ...]:
        is_open = plan.is_open[:, self.small.core.sites].T.astype(np.float64)
        count = self.inside.T @ is_open
        worth = self.small.people * self.lengths
        alone = worth * (count == 1)
        gain = _from(self.inside @ (worth * (count == 0))) * (1 - is_open)
        loss = _from((self.inside @ alone) * is_open)
        return gain, loss, _from(self.both @ alone), np.zeros(loss.shape[1])

    def _limited(self, plan: Plan) -> tuple[np.ndarray, ...]:
        problem, core = self.of.problem, self.small.core
        shape = (core.m, problem.n_years)
        waiting, used = np.zeros(shape), np.zeros(shape)
        kept = np.zeros((self.of.table.n, problem.n_years))
        for t in range(problem.n_years):
            flow = self.flow(plan, t)
            waiting[:, t] = self.inside @ flow.unserved
            served = self.small.people[:, t] - flow.unserved
            used[:, t] = np.bincount(core.row_idx, weights=flow.people, minlength=core.m)
            kept[:, t] = self.both @ served
        is_open = plan.is_open[:, core.sites].T
        places = np.sum(list(problem.capacities.values()), axis=0)[core.sites]
        gain = np.minimum(waiting, places[:, None]) * self.lengths * ~is_open
        spare = np.minimum(kept, (self.gone @ used)) * self.lengths
        grows = np.zeros_like(kept)
        rows = self.more > 0
        reached = waiting[self.grown[rows]]
        grows[rows] = np.minimum(reached, self.more[rows][:, None]) * self.lengths
        return _from(gain), _from(used * self.lengths), _from(spare), _from(grows)

    def people_in(self, plan: Plan, target: Target) -> np.ndarray:
        """Per option the people of the target's area whom it reaches and nobody serves."""
        problem, t = self.of.problem, self.of.problem.years.index(target.year)
        sites = self.small.core.sites
        weight = self.small.people[:, t] * (self.inside.T @ plan.is_open[t, sites] == 0)
        if problem.limited:
            weight = self.flow(plan, t).unserved
        elif target.area is not None or target.measure == "areas_served":
            codes = problem.levels[target.level or ""].demand[self.small.row]
            wanted = target.area
            weight = weight * np.array([c is not None and wanted in (None, c) for c in codes], bool)
        reached = self.inside @ weight
        found = np.zeros(self.of.table.n)
        rows = self.opened >= 0
        found[rows] = reached[self.opened[rows]]
        found += np.where(self.more > 0, np.minimum(reached[self.grown], self.more), 0.0)
        return np.asarray(found[self.action] * (self.year <= t))


def _rows(members: list[list[int]], width: int) -> sparse.csr_matrix:
    ptr = np.concatenate([[0], np.cumsum([len(row) for row in members])]).astype(np.int64)
    idx = np.array([j for row in members for j in row], np.int64)
    return sparse.csr_matrix((np.ones(len(idx)), idx, ptr), (len(members), width))


def _from(per_year: np.ndarray) -> np.ndarray:
    """Sums from each year on."""
    return np.cumsum(per_year[:, ::-1], axis=1)[:, ::-1]
