"""The plain definition of a plan in time: who is served, what it costs, which rules it breaks.

Everything here is worked out from the problem as it was asked, year by year, without reductions:
values that are handed over, explanations and checks all come from here.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from geoplan.siting.model.counting import (
    covered_share,
    is_enough,
    is_whole,
    least_people,
)
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.periods.flows import YearFlows
from geoplan.siting.periods.problem import ProgrammeProblem
from geoplan.siting.periods.rules import Target
from geoplan.siting.periods.table import ActionTable, Resource, resources
from geoplan.tolerances import NO_VIOLATION, SAME_VALUE


@dataclass(frozen=True, kw_only=True, eq=False)
class Programme:
    """A problem with its actions as arrays, and the limits of money and works.

    like : another one of the same actions and sites, whose table is taken.
    """

    problem: ProgrammeProblem
    like: Programme | None = None

    @cached_property
    def table(self) -> ActionTable:
        """The actions."""
        return ActionTable.of(self.problem) if self.like is None else self.like.table

    @cached_property
    def limits(self) -> list[Resource]:
        """Rows of money and works."""
        return resources(self.problem, self.table)

    @property
    def plan_of_nothing(self) -> np.ndarray:
        """Times of every action, actions x years: none is done."""
        return np.zeros((self.table.n, self.problem.n_years), np.int64)

    @cached_property
    def number(self) -> dict[Hashable, int]:
        """Label of an action -> its number."""
        return {action.id: a for a, action in enumerate(self.problem.actions)}

    @property
    def stands(self) -> np.ndarray:
        """Bool per site: open at the start, or under construction."""
        found = self.problem.open_at_start
        found[[j for j, t in self.problem.opening.items() if t < self.problem.n_years]] = True
        return found

    @cached_property
    def may_open(self) -> np.ndarray:
        """Bool per site: open in some year of some plan."""
        problem, table = self.problem, self.table
        found = self.stands
        actions = table.may(problem.n_years).any(axis=1) & (table.opens >= 0)
        found[table.opens[actions]] = True
        return np.asarray(found & problem.base.is_allowed)

    @cached_property
    def served_at_start(self) -> np.ndarray:
        """With capacities: people whom the sites open at the start would serve in each year."""
        return self.plan(self.plan_of_nothing).served

    @cached_property
    def whole(self) -> bool:
        """Whether numbers of people served are whole in every year."""
        finite = [c[np.isfinite(c)] for c in self.problem.capacities.values()]
        parts = [self.problem.weights.ravel(), *finite]
        parts += [np.array(list(a.capacity.values())) for a in self.problem.actions if a.capacity]
        return self.problem.base.full_within is None and all(is_whole(part) for part in parts)

    @cached_property
    def year_flows(self) -> YearFlows:
        """Where places are scarce: who is served where, by year."""
        base, weights = self.problem.base, self.problem.weights
        return YearFlows(
            [
                reduce_problem(
                    replace(base, weights=weights[:, t]), drop_sites=False, keep_fixed=True
                )
                for t in range(self.problem.n_years)
            ]
        )

    @cached_property
    def flows(self) -> dict[tuple[int, bytes], float]:
        """People served where places are scarce, by year and places: plans share most years."""
        return {}

    def plan(self, times: np.ndarray) -> Plan:
        """The plan that does each action `times` (actions x years)."""
        return Plan(of=self, times=times)

    def needed(self, target: Target) -> float:
        """The least number (people, sites, areas, places) that a target asks for."""
        problem, t = self.problem, self.problem.years.index(target.year)
        if target.measure in ("sites", "capacity"):
            return float(target.amount)
        if target.measure == "capacity_share":
            return 0.0
        if target.measure == "people":
            people = float(self.people_of(target)[:, t].sum())
            return least_people(target.amount, people, whole=self.whole)
        areas = len(problem.levels[target.level or ""].codes)
        return float(np.ceil(target.amount * areas * (1 - SAME_VALUE)))

    def people_of(self, target: Target) -> np.ndarray:
        """People, demand x years, of the target's area or of all."""
        weights = self.problem.weights
        if target.area is None:
            return weights
        codes = self.problem.levels[target.level or ""].demand
        inside = np.array([c == target.area for c in codes], bool)
        return np.where(inside[:, None], weights, 0.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """What is done in which year, and what follows from it. times : actions x years."""

    of: Programme
    times: np.ndarray

    @cached_property
    def balance(self) -> np.ndarray:
        """Years x sites: 1 open, 0 closed; anything else breaks a rule."""
        problem, table = self.of.problem, self.of.table
        change = np.zeros((problem.n_years, problem.base.n_sites), np.int64)
        done, year = np.nonzero(self.times)
        opening = table.opens[done] >= 0
        np.add.at(change, (year[opening], table.opens[done][opening]), 1)
        for a, t in zip(done, year, strict=True):
            if len(table.closes[a]):
                change[t, table.closes[a]] -= 1
        for site, since in problem.opening.items():
            if since < problem.n_years:
                change[since, site] += 1
        return np.cumsum(change, axis=0) + problem.open_at_start

    @cached_property
    def is_open(self) -> np.ndarray:
        """Bool, years x sites."""
        return self.balance > 0

    @cached_property
    def open_before(self) -> np.ndarray:
        """Bool, years x sites: open in the year before."""
        return np.vstack([self.of.problem.open_at_start, self.is_open[:-1]])

    @cached_property
    def places(self) -> dict[str, np.ndarray]:
        """Kind -> places, years x sites; none at closed sites."""
        problem, table = self.of.problem, self.of.table
        found = {}
        for kind, per_site in problem.capacities.items():
            more = np.zeros((problem.n_years, problem.base.n_sites))
            for a, t in zip(*np.nonzero(self.times), strict=True):
                if table.places[kind][a]:
                    more[t:, table.needs[a]] += self.times[a, t] * table.places[kind][a]
            found[kind] = np.where(self.is_open, per_site + more, 0.0)
        return found

    @cached_property
    def capacity(self) -> np.ndarray:
        """Places of all kinds, years x sites."""
        return np.sum(list(self.places.values()), axis=0)

    @cached_property
    def share(self) -> np.ndarray:
        """Share of every demand row in reach of open sites, years x demand."""
        return np.array([_share(self.of.problem.base, row) for row in self.is_open])

    @cached_property
    def served(self) -> np.ndarray:
        """People served, per year."""
        problem = self.of.problem
        if not problem.limited:
            return (problem.weights * self.share.T).sum(axis=0)
        return np.array([self._flow(t) for t in range(problem.n_years)])

    def _flow(self, t: int) -> float:
        places = np.maximum(self.capacity[t], 0.0)  # none at closed sites
        known = t, places.tobytes()
        if known not in self.of.flows:
            self.of.flows[known] = self.of.year_flows.flow(t, places).served
        return self.of.flows[known]

    @property
    def person_years(self) -> float:
        """People served, summed over calendar years."""
        return float((self.served * self.of.problem.lengths).sum())

    @cached_property
    def capital(self) -> np.ndarray:
        """Capital money per year."""
        return self.of.table.cost @ self.times

    @cached_property
    def running(self) -> np.ndarray:
        """Running money of one calendar year, per planning year."""
        return np.cumsum(self.of.table.running @ self.times)

    @property
    def money(self) -> float:
        """Capital and running money over all calendar years."""
        return float(self.capital.sum() + (self.running * self.of.problem.lengths).sum())

    def area_shares(self) -> np.ndarray:
        """Share of person-years served, per area of the base that anybody can be served in."""
        problem = self.of.problem
        weights = problem.weights * problem.lengths
        return _area_shares(self.of, (weights * self.share.T).sum(axis=1))

    @property
    def smallest_share(self) -> float:
        """The smallest of `area_shares`; 1 without areas."""
        return float(self.area_shares().min(initial=1.0))

    def reached(self, target: Target) -> float:
        """The number that a target is about, as `Programme.needed` has it."""
        problem = self.of.problem
        t = problem.years.index(target.year)
        if target.measure == "people":
            if problem.limited:
                return float(self.served[t])
            return float((self.of.people_of(target)[:, t] * self.share[t]).sum())
        if target.measure == "capacity":
            kinds = problem.capacities if target.kind is None else (target.kind,)
            return float(sum(self.places[kind][t].sum() for kind in kinds))
        if target.measure == "capacity_share":
            every = float(self.capacity[t].sum())
            return float(self.places[str(target.kind)][t].sum()) - target.amount * every
        if target.measure == "sites" and target.area is None:
            return float(self.is_open[t].sum())
        level = problem.levels[target.level or ""]
        if target.measure == "sites":
            return float(sum(c == target.area for c in level.sites[self.is_open[t]]))
        if target.measure == "areas_with_site":
            here = set(level.sites[self.is_open[t]])
            return float(sum(code in here for code in level.codes))
        return float(sum(self._areas_served(target, t)))

    def _areas_served(self, target: Target, t: int) -> Iterator[bool]:
        problem = self.of.problem
        level = problem.levels[target.level or ""]
        for code in level.codes:
            here = np.array([c == code for c in level.demand], bool)
            people = float(problem.weights[here, t].sum())
            served = float((problem.weights[here, t] * self.share[t][here]).sum())
            need = least_people(target.within, people, whole=self.of.whole)
            yield people > 0 and is_enough(served, need)

    def broken(self) -> list[str]:
        """The rules that the plan breaks, as family names; empty: a plan."""
        problem, table = self.of.problem, self.of.table
        found = []
        may = table.may(problem.n_years)
        if (self.times < 0).any() or (self.times[~may] > 0).any():
            found.append("years")
        if (self.times.sum(axis=1) > table.most).any():
            found.append("times")
        if ((self.balance < 0) | (self.balance > 1)).any():
            found.append("open")
        found += [f"{r.family} {r.where}" for r in self.of.limits if self.used(r) > r.most]
        found += list(self._broken_actions())
        pairs = problem.base.conflicts
        if len(pairs) and (self.is_open[:, pairs[:, 0]] & self.is_open[:, pairs[:, 1]]).any():
            found.append("conflicts")
        if not problem.may_lose and table.closing.any():
            found += list(self._losers())
        split = problem.limited
        for target in problem.targets:
            room = NO_VIOLATION if target.measure == "capacity_share" else 0.0
            if not is_enough(self.reached(target) + room, self.of.needed(target), split=split):
                found.append(f"target {target.measure} {target.year}")
        if any((places < -NO_VIOLATION).any() for places in self.places.values()):
            found.append("places")
        return found

    def used(self, limit: Resource) -> float:
        """How much of a limit the plan takes."""
        return float((limit.use * self.times).sum())

    def _broken_actions(self) -> Iterator[str]:
        problem, table = self.of.problem, self.of.table
        years = np.array(problem.years)
        for a, t in zip(*np.nonzero(self.times), strict=True):
            name = problem.actions[a].id
            lasting = (years >= years[t]) & (years < years[t] + table.lasting[a])
            site = table.opens[a]
            if site >= 0 and (self.open_before[t, site] or not self.is_open[lasting, site].all()):
                yield f"opening {name}"
            gone = table.closes[a]
            if len(gone) and (
                not self.open_before[t, gone].all() or self.is_open[np.ix_(lasting, gone)].any()
            ):
                yield f"closing {name}"
            needed = table.needs[a]
            if needed >= 0:
                # what was enlarged or converted stays; a merger needs its site in its year
                stays = slice(t, None) if problem.actions[a].capacity else slice(t, t + 1)
                if not self.is_open[stays, needed].all():
                    yield f"site of {name}"

    def _losers(self) -> Iterator[str]:
        problem = self.of.problem
        somebody = problem.weights.sum(axis=1) > 0
        start = _share(problem.base, problem.open_at_start)
        before = np.vstack([start, self.share[:-1]])
        if (self.share < before - SAME_VALUE)[:, somebody].any():
            yield "loss"
        if problem.limited:
            least = self.of.served_at_start * (1 - SAME_VALUE)
            if (self.served < least).any():
                yield "loss of places"


def _share(base: SitingProblem, is_open: np.ndarray) -> np.ndarray:
    return covered_share(base, np.flatnonzero(is_open))


def _area_shares(of: Programme, served: np.ndarray) -> np.ndarray:
    """Share of all person-years per area of the base; areas that nobody can be served in left out.

    served : person-years per demand row.
    """
    problem = of.problem
    if "" not in problem.levels:
        return np.empty(0)
    people = (problem.weights * problem.lengths).sum(axis=1)
    reachable = people * _share(problem.base, of.may_open)
    codes = problem.levels[""].demand
    shares = []
    for code in problem.levels[""].codes:
        here = np.array([c == code for c in codes], bool)
        if reachable[here].sum() > 0:
            shares.append(served[here].sum() / people[here].sum())
    return np.array(shares)
