"""Who counts as covered: the one definition that values, bounds, areas, shares and checks go by.

A demand row is covered where enough chosen sites reach it (one, or two with backup); with gradual
coverage it counts with the best level that a chosen site gives. `reach_limit` of the coverage
package says up to which cost a site reaches anybody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import cover_fractions
from geoplan.tolerances import SAME_MODEL_VALUE, SAME_VALUE


def covered_share(problem: SitingProblem, chosen: np.ndarray, *, times: int = 1) -> np.ndarray:
    """Share 0..1 of every demand row that the sites `chosen` cover at least `times` times."""
    is_open = problem.is_open(chosen)
    cover = problem.cover
    hit = is_open[cover.indices]
    if problem.full_within is None or times > 1:
        before = np.concatenate([[0], np.cumsum(hit)])
        return (np.diff(before[cover.indptr]) >= times).astype(np.float64)
    share = np.zeros(problem.n_demand)
    row_of = np.repeat(np.arange(problem.n_demand), np.diff(cover.indptr))
    np.maximum.at(share, row_of[hit], cover_fractions(problem)[hit])
    return share


def covered_people(problem: SitingProblem, chosen: np.ndarray, *, times: int = 1) -> float:
    """People whom the sites `chosen` (positions) cover at least `times` times.

    With gradual coverage each person counts with the best level that a chosen site gives.
    """
    return float((problem.weights * covered_share(problem, chosen, times=times)).sum())


def reachable_share(problem: SitingProblem, *, times: int = 1) -> np.ndarray:
    """Share of every demand row that all allowed sites together cover: no solution has more."""
    return covered_share(problem, np.flatnonzero(problem.is_allowed), times=times)


def is_whole(weight: np.ndarray) -> bool:
    """Whether all weights are whole numbers, so that sums of them are, and are exact."""
    return bool(len(weight) == 0 or (np.all(weight == np.round(weight)) and weight.sum() < 2**52))


def counts_whole(problem: SitingProblem) -> bool:
    """Whether every number of people served is whole, so that needs and bounds may be rounded.

    It is not where people are fractions, where coverage is gradual, or where a capacity that is no
    whole number may be used up.
    """
    capacity = problem.capacities
    if capacity is not None and not is_whole(capacity[np.isfinite(capacity)]):
        return False
    return problem.full_within is None and is_whole(problem.weights)


def is_enough(people: float, need: float, *, split: bool = False) -> bool:
    """Whether so many people are as many as are needed, but for rounding of sums.

    split : they are split among sites by HiGHS, which rounds more than sums do.
    """
    return bool(people >= least_for(need, split=split))


def least_for(need: float, *, split: bool = False) -> float:
    """The fewest people that count as `need`."""
    return need * (1.0 - (SAME_MODEL_VALUE if split else SAME_VALUE))


def least_people(share: float, people: float, *, whole: bool) -> float:
    """How many people a share is; rounded up where the people served are whole numbers."""
    need = share * people
    return float(np.ceil(least_for(need))) if whole else need


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AreaCounts:
    """People of areas, as equity and least shares judge them.

    codes : of the areas that have people. group : per demand row, its area's number in `codes`
    (-1 = none of them). people : all people of each area. reachable : those whom all allowed sites
    together cover.
    """

    codes: list[Any]
    group: np.ndarray
    people: np.ndarray
    reachable: np.ndarray

    @classmethod
    def of(cls, problem: SitingProblem, *, times: int = 1) -> AreaCounts:
        """The areas of a problem's demand rows."""
        codes: list[Any] = []
        group = np.full(problem.n_demand, -1, np.int64)
        if problem.areas is not None:
            known = problem.weights > 0
            codes = list(dict.fromkeys(c for c in problem.areas[known] if c is not None))
            number = {code: k for k, code in enumerate(codes)}
            group = np.array([number.get(c, -1) for c in problem.areas], np.int64)
        everyone = cls(codes=codes, group=group, people=np.empty(0), reachable=np.empty(0))
        reached = problem.weights * reachable_share(problem, times=times)
        return replace(
            everyone, people=everyone.sums(problem.weights), reachable=everyone.sums(reached)
        )

    def sums(self, people: np.ndarray) -> np.ndarray:
        """People (per demand row) of each area."""
        inside = self.group >= 0
        return np.bincount(self.group[inside], people[inside], minlength=len(self.codes))

    @property
    def hopeless(self) -> np.ndarray:
        """Bool per area: nobody of it can be covered; the smallest share leaves it out."""
        return self.reachable <= 0

    def smallest_share(self, covered: np.ndarray) -> float:
        """The smallest share of an area, given people covered per demand row; 1 without areas."""
        counted = ~self.hopeless
        shares = self.sums(covered)[counted] / self.people[counted]
        return float(shares.min(initial=1.0))
