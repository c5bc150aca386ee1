"""An answer is checked against the plain problem before it is handed over.

Value, constraints and proof are worked out anew from the problem as it was asked, its labels and
the result alone, with nothing of what a solver holds: whatever goes wrong in a reduction, a model
or a rounding is told, and never handed over as optimal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.model.build_result import judged, labelled
from geoplan.siting.model.constraints import Constraints, site_money
from geoplan.siting.model.counting import (
    AreaCounts,
    counts_whole,
    covered_share,
    is_enough,
    least_people,
)
from geoplan.siting.model.parse import listed, sites_text
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.tolerances import NO_VIOLATION, NOTHING, SAME_MODEL_VALUE, SAME_STAGE, SAME_VALUE

#: objectives that are better when larger
_LARGER = ("max_coverage",)
#: objectives that everybody must be served in, at a cost
_SERVE_ALL = ("p_median", "p_center")


def checked(
    problem: SitingProblem,
    constraints: Constraints,
    result: SitingResult,
    *,
    gap: float,
    need: float | None = None,
    money: bool = False,
) -> SitingResult:
    """`result`, if it is what it says; else what is left of it, with ``detail["failed_check"]``.

    An answer that breaks a constraint is not handed over: its status is unknown. One whose value or
    bound is another than told has the value of the plain problem, no bound, and is feasible.

    Parameters
    ----------
    gap : relative gap that was asked for.
    need : people who must be served.
    money : the value is what the sites take, not how many they are.
    """
    if result.status not in ("optimal", "feasible"):
        return result
    answer = _Answer.of(problem, constraints, result)
    if broken := [*broken_site_rules(problem, constraints, answer.chosen), *answer.broken(need)]:
        return _withheld(problem, result, broken)
    value = answer.value(money=money)
    split = problem.capacities is not None
    bound, found, status = judged(result.value, result.bound, gap=gap, split=split)
    if result.status == "feasible":
        status = "feasible"
    wrong = []
    if abs(value - result.value) > max(SAME_MODEL_VALUE * abs(value), NOTHING):
        wrong.append(f"its value is {value:.9g}, not {result.value:.9g}")
    if bound is not None and (bound - value if _is_max(result) else value - bound) < -_room(value):
        wrong.append(f"its bound {bound:.9g} is not one: the value is {value:.9g}")
    wrong += answer.wrong_worst_area()
    if wrong:
        facts = {**result.detail, "failed_check": wrong}
        return replace(result, status="feasible", value=value, bound=None, gap=None, detail=facts)
    return replace(result, status=status, bound=bound, gap=found)


def broken_site_rules(
    problem: SitingProblem, constraints: Constraints, chosen: np.ndarray
) -> list[str]:
    """What the sites `chosen` (positions) break of the constraints on sites alone, in words."""
    is_open = problem.is_open(chosen)
    broken = []
    if (is_open & ~problem.is_allowed).any():
        broken.append("forbidden sites are open")
    if (problem.is_fixed & ~is_open).any():
        broken.append("fixed sites are closed")
    if constraints.sites is not None and is_open.sum() > constraints.sites:
        broken.append(f"{sites_text(int(is_open.sum()))}, {constraints.sites} are allowed")
    spent = float(site_money(problem)[is_open].sum())
    if constraints.budget is not None and spent > constraints.most_money:
        broken.append(f"{spent:.12g} is spent, the budget is {constraints.budget:.12g}")
    for code, least in constraints.area_sites.items():
        assert problem.site_areas is not None
        there = sum(problem.site_areas[j] == code for j in np.flatnonzero(is_open))
        if there < least:
            broken.append(f"area {code!r} has {sites_text(there)}, not {least}")
    if len(problem.conflicts) and is_open[problem.conflicts].all(axis=1).any():
        broken.append("sites too near each other are open")
    return broken


def broken_shares(
    problem: SitingProblem, constraints: Constraints, served: np.ndarray
) -> Iterator[str]:
    """Areas with fewer people served (`served` per demand row) than their least share, in words."""
    if not constraints.area_share:
        return
    assert problem.areas is not None
    for code, share in constraints.area_share.items():
        here = np.array([c == code for c in problem.areas], bool)
        people, there = float(problem.weights[here].sum()), float(served[here].sum())
        least = least_people(share, people, whole=counts_whole(problem))
        if not is_enough(there, least, split=problem.capacities is not None):
            yield f"in area {code!r} {there:.9g} of {people:.9g} people are served, not {share:g}"


def _room(value: float) -> float:
    return max(SAME_VALUE * abs(value), NOTHING)


def _is_max(result: SitingResult) -> bool:
    return result.objective in _LARGER


def _withheld(problem: SitingProblem, result: SitingResult, broken: list[str]) -> SitingResult:
    """The result for an answer that breaks constraints: nothing that could be built by mistake."""
    return replace(
        result,
        status="unknown",
        value=float("nan"),
        bound=None,
        gap=None,
        sites=[],
        assignment=labelled(problem, np.full(problem.n_demand, -1, np.int64)),
        blocking=("the answer failed its own check and is withheld: " + "; ".join(broken),),
        detail={"failed_check": broken},
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Answer:
    """The open sites of a result, and who is served where at what cost.

    row, people, cost : of everybody who is served, as far as the objective asks for it; with
    capacities those of the flows, else of every demand row. away : flows that no pair allows.
    """

    problem: SitingProblem
    constraints: Constraints
    result: SitingResult
    chosen: np.ndarray
    row: np.ndarray
    site: np.ndarray
    people: np.ndarray
    cost: np.ndarray
    away: int = 0

    @classmethod
    def of(cls, problem: SitingProblem, constraints: Constraints, result: SitingResult) -> _Answer:
        chosen = problem.site_index.get_indexer(result.sites)
        told: dict[str, Any] = {
            "problem": problem,
            "constraints": constraints,
            "result": result,
            "chosen": chosen,
        }
        flows = result.detail.get("flows")
        if problem.capacities is not None and flows is not None:
            return cls(**told, **_from_flows(problem, flows, by_cost=_by_cost(result)))
        rows = np.arange(problem.n_demand)
        nowhere = np.full(problem.n_demand, -1, np.int64)
        if not _by_cost(result):
            share = covered_share(problem, chosen, times=constraints.times)
            cost = np.zeros(problem.n_demand)
            people = problem.weights * share
        else:
            cost = _nth_nearest(problem, chosen, constraints.times)
            people = np.where(np.isfinite(cost), problem.weights, 0.0)
        return cls(**told, row=rows, site=nowhere, people=people, cost=cost)

    @property
    def served(self) -> np.ndarray:
        """People served per demand row."""
        return np.bincount(self.row, self.people, minlength=self.problem.n_demand)

    def broken(self, need: float | None) -> list[str]:
        """What the answer breaks beside the constraints on sites, in words."""
        problem, served = self.problem, self.served
        broken = []
        if self.away:
            broken.append(f"{self.away} demand rows are served at sites that do not reach them")
        if (served > problem.weights + _small(problem.weights)).any():
            broken.append("more people are served than there are")
        if problem.capacities is not None and (self.site >= 0).any():
            taken = np.bincount(self.site, self.people, minlength=problem.n_sites)
            if (taken > problem.capacities + _small(problem.capacities)).any():
                broken.append("a site serves more people than it can")
            if (taken[~problem.is_open(self.chosen)] > 0).any():
                broken.append("people are served at closed sites")
        split = problem.capacities is not None
        whole = split and not self.constraints.split
        if whole and len(np.unique(self.row)) < len(self.row):
            broken.append("people of a demand row are split among sites")
        if need is not None and not is_enough(float(served.sum()), need, split=split):
            broken.append(f"{served.sum():.9g} people are served, not {need:.9g}")
        if self.result.objective in _SERVE_ALL:
            missed = problem.weights - served > _small(problem.weights)
            if missed.any():
                broken.append(f"not served: demand {listed(problem.demand_index[missed])}")
        return [*broken, *broken_shares(problem, self.constraints, self._near())]

    def value(self, *, money: bool) -> float:
        """The objective's value, by its definition."""
        objective = self.result.objective
        if objective == "max_coverage":
            return float(self.people.sum())
        counted = self.people > 0
        if objective == "p_median":
            return float((self.people[counted] * self.cost[counted]).sum())
        if objective == "p_center":
            return float(self.cost[counted].max(initial=0.0))
        if money:
            return float(site_money(self.problem)[self.chosen].sum())
        return float(len(self.chosen))

    def wrong_worst_area(self) -> list[str]:
        """Whether the smallest share or largest mean of an area is another one than told."""
        facts, counts = self.result.detail, AreaCounts.of
        if not self.constraints.equity:
            return []
        if "worst_area_share" in facts:
            told = facts["worst_area_share"]
            areas = counts(self.problem, times=self.constraints.times)
            found = areas.smallest_share(self.served)
        elif "worst_area_mean" in facts:
            told, areas = facts["worst_area_mean"], counts(self.problem)
            counted = self.people > 0
            paid = np.zeros(self.problem.n_demand)
            np.add.at(paid, self.row[counted], (self.people * self.cost)[counted])
            found = float((areas.sums(paid) / areas.people).max(initial=0.0))
        else:
            return []
        room = SAME_STAGE if self.problem.capacities is None else SAME_MODEL_VALUE
        if abs(found - told) > 2 * room * max(1.0, abs(told)):
            return [f"the worst-off area has {found:.9g}, not {told:.9g}"]
        return []

    def _near(self) -> np.ndarray:
        """People per demand row who count for their area's share."""
        if not _by_cost(self.result):
            return self.served
        near = self.people * self.problem.in_reach(self.cost)
        return np.bincount(self.row, near, minlength=self.problem.n_demand)


def _by_cost(result: SitingResult) -> bool:
    return result.objective in _SERVE_ALL


def _small(amount: np.ndarray) -> np.ndarray:
    """What flows may be off by: HiGHS keeps a row to so much, in the largest of its unit."""
    largest = float(amount[np.isfinite(amount)].max(initial=0.0))
    return np.full(len(amount), NO_VIOLATION * largest)


def _nth_nearest(problem: SitingProblem, chosen: np.ndarray, times: int) -> np.ndarray:
    """Per demand row the cost to the `times`-th nearest of the sites `chosen`; NaN without one."""
    assert problem.costs is not None
    costs = problem.costs
    at = np.flatnonzero(problem.is_open(chosen)[costs.indices])
    row = np.searchsorted(costs.indptr, at, side="right") - 1
    order = np.lexsort((costs.data[at], row))
    at, row = at[order], row[order]
    place = np.arange(len(row)) - np.searchsorted(row, row, side="left")
    nth = place == times - 1
    found = np.full(problem.n_demand, np.nan)
    found[row[nth]] = costs.data[at[nth]]
    return found


def _from_flows(problem: SitingProblem, flows: pd.DataFrame, *, by_cost: bool) -> dict[str, Any]:
    """The rows of a table of flows as positions, with the cost of each pair."""
    row = problem.demand_index.get_indexer(flows["demand"])
    site = problem.site_index.get_indexer(flows["site"])
    pairs = problem.needs_costs("p-median") if by_cost else problem.cover
    key = np.repeat(np.arange(pairs.shape[0]), np.diff(pairs.indptr)).astype(np.int64)
    key = key * problem.n_sites + pairs.indices
    order = np.argsort(key, kind="stable")
    asked = row.astype(np.int64) * problem.n_sites + site
    found = np.minimum(np.searchsorted(key[order], asked), max(len(key) - 1, 0))
    known = key[order][found] == asked if len(key) else np.zeros(len(asked), bool)
    cost = np.full(len(asked), np.nan)
    if by_cost and len(key):
        cost[known] = pairs.data[order[found[known]]]
    return {
        "row": row,
        "site": site,
        "people": flows["people"].to_numpy(float),
        "cost": cost if by_cost else np.zeros(len(asked)),
        "away": int((~known).sum()),
    }
