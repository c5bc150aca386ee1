"""Other plans that are as good: how many there are, and how different they can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
import pandas as pd

from geoplan.errors import SitingError
from geoplan.siting.constrained.capacity_part import people_served
from geoplan.siting.constrained.covering_model import CoveringModel
from geoplan.siting.constrained.milp import build_covering_model
from geoplan.siting.model.constraints import Asked, PlanOptions, begin_solve, read_constraints
from geoplan.siting.model.counting import covered_people, is_whole, least_for
from geoplan.siting.model.parse import sites_text
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl
from geoplan.tolerances import BOUND_ROUNDING
from geoplan.validate import takes
from geoplan.words.message import Message


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Alternatives:
    """Plans as good as a solution, the most different first.

    Parameters
    ----------
    table : DataFrame with the columns ``sites`` (labels, fixed first), ``value`` (people covered,
        for `min_sites` too) and ``changed`` (its sites that the solution has not).
    complete : whether these are all; otherwise there may be more.
    kept : labels of sites that are in the solution and in every plan of a complete table: they are
        not a matter of taste.

    Examples
    --------
    Two halls reach the same 70 people, so that either plan of one site is as good:

    >>> import numpy as np
    >>> from geoplan.siting import alternative_sites, max_coverage
    >>> cover = np.array([[1, 1, 0], [0, 0, 1]], bool)
    >>> problem = SitingProblem.from_cover(cover, [70, 20], site_index=["A", "B", "C"])
    >>> others = alternative_sites(problem, max_coverage(problem, sites=1))
    >>> others.complete, others.kept
    (True, [])
    >>> others.summary()
    '1 other plan is as good; it changes 1 site'
    """

    table: pd.DataFrame
    complete: bool
    kept: list[Any]

    def summary(self) -> str:
        """How many, how different."""
        count = len(self.table)
        if not count:
            return "no other plan is as good" if self.complete else "none was found in the time"
        changed = sites_text(int(self.table["changed"].max()))
        if count == 1 and self.complete:
            return f"1 other plan is as good; it changes {changed}"
        more = "" if self.complete else " or more"
        return f"{count}{more} other plans are as good; they change up to {changed}"


@takes(problem="problem", result="result")
def alternative_sites(
    problem: SitingProblem,
    result: SitingResult,
    *,
    within: float = 0.0,
    most: int = 20,
    budget: float | None = None,
    min_sites_per_area: int | Mapping[Any, int] | None = None,
    min_share_per_area: float | Mapping[Any, float] | None = None,
    backup: bool = False,
    **options: Unpack[PlanOptions],
) -> Alternatives:
    """Plans with no more sites that cover as many people as `result`.

    Parameters
    ----------
    problem, result : a problem, and what `max_coverage` or `min_sites` found for it.
    within : share of the people covered that a plan may lose and still count (0.01 = 1 %).
    most : how many plans to look for.
    budget, min_sites_per_area, min_share_per_area, backup : the constraints that `result` was
        found under.
    options : as in `max_coverage`; gap and seed play no part.

    Returns
    -------
    Alternatives
        A plan that only adds idle sites to another one is not counted.

    Raises
    ------
    SitingError
        For another objective, or a result without sites to compare with.

    Examples
    --------
    >>> import numpy as np
    >>> from geoplan.siting import max_coverage
    >>> cover = np.array([[1, 1, 0], [0, 0, 1], [1, 1, 0]], bool)
    >>> problem = SitingProblem.from_cover(cover, [5, 9, 2], site_index=["A", "B", "C"])
    >>> others = alternative_sites(problem, max_coverage(problem, sites=2))
    >>> others.table.to_dict("records"), others.kept
    ([{'sites': ['B', 'C'], 'value': 16.0, 'changed': 1}], ['C'])
    """
    asked: Asked = {
        "sites": len(result.sites),
        "budget": budget,
        "min_sites_per_area": min_sites_per_area,
        "min_share_per_area": min_share_per_area,
        "backup": backup,
    }
    control, faults = begin_solve("alternative_sites", options, asked)
    control.gap = 0.0
    if result.objective not in ("max_coverage", "min_sites"):
        faults.add(Message("siting_faults.alternatives_of", objective=result.objective))
    if result.status not in ("optimal", "feasible"):
        faults.add(Message("siting_faults.nothing_to_compare", status=result.status))
    if not 0 <= within < 1:
        faults.add(Message("siting_faults.within_share", within=within))
    if most < 1:
        faults.add(Message("siting_faults.most_one", most=most))
    constraints = read_constraints(problem, faults, **asked)
    faults.raise_all()
    chosen = problem.positions(result.sites)
    covering = build_covering_model(problem, constraints, every_site=True)
    covering.require_people(_least(covering, result, within, chosen, times=2 if backup else 1))
    with control.interruptible():
        return _look(covering, chosen, most, control, times=2 if backup else 1)


def _least(
    covering: CoveringModel, result: SitingResult, within: float, chosen: np.ndarray, *, times: int
) -> float:
    """People that a plan must serve to count."""
    problem = covering.problem
    if result.objective == "min_sites":
        people = result.detail.get("people_needed")
        if people is None:
            raise SitingError.of("call_faults.no_people_to_cover")
    elif problem.capacities is not None:
        people = result.value
    else:
        people = covered_people(problem, chosen, times=times)
    least = float(people) * (1 - within)
    if covering.whole and is_whole(problem.weights):
        return float(np.ceil(least - BOUND_ROUNDING))
    return least


def _look(
    covering: CoveringModel, chosen: np.ndarray, most: int, control: SolveControl, *, times: int
) -> Alternatives:
    """One plan after another, each as different from the solution as can be."""
    problem, core = covering.problem, covering.core
    mine = np.isin(core.sites, chosen)
    covering.set_objective(covering.y[mine], 1.0)
    rows: list[dict[str, Any]] = []
    kept, complete = set(chosen.tolist()), False
    _forbid(covering, chosen)
    while len(rows) < most and control.left > 0:
        found = covering.run(control=control, whole_goal=True)
        if found.status == "infeasible":
            complete = True
            break
        if found.x is None:
            break
        plan = _drop_idle_sites(covering, covering.open_sites(found), times)
        _forbid(covering, plan)
        kept &= set(plan.tolist())
        rows.append(
            {
                "sites": problem.in_order(plan),
                "value": people_served(problem, plan, times=times),
                "changed": int((~np.isin(plan, chosen)).sum()),
            }
        )
    table = pd.DataFrame(rows, columns=["sites", "value", "changed"])
    names = problem.in_order(np.array(sorted(kept), np.int64)) if complete else []
    return Alternatives(table=table, complete=complete, kept=names)


def _drop_idle_sites(covering: CoveringModel, plan: np.ndarray, times: int) -> np.ndarray:
    """`plan` without new sites that change nothing for anybody."""
    problem, constraints = covering.problem, covering.constraints
    if problem.capacities is not None or constraints.area_sites or constraints.area_share:
        return plan
    value = covered_people(problem, plan, times=times)
    for j in np.setdiff1d(plan, problem.fixed):
        fewer = plan[plan != j]
        if covered_people(problem, fewer, times=times) >= least_for(value):
            plan = fewer
    return plan


def _forbid(covering: CoveringModel, plan: np.ndarray) -> None:
    """Row: not all of these sites together (nor with others beside them)."""
    here = np.isin(covering.core.sites, plan)
    covering.model.add_row(covering.y[here], upper=float(here.sum() - 1))
