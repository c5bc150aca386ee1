"""p-center: the sites from which the farthest person has the least cost, with proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from geoplan.siting.assignment.center_solve import constrained_p_center, plain_p_center
from geoplan.siting.assignment.reachability import (
    reachable_pairs,
    read_assignment_constraints,
    unreachable_demand,
)
from geoplan.siting.model.check_answer import checked
from geoplan.siting.model.constraints import (
    Asked,
    PlanOptions,
    begin_solve,
)
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.validate import takes
from geoplan.words.message import Message


@takes(problem="problem")
def p_center(
    problem: SitingProblem,
    *,
    sites: int | None = None,
    budget: float | None = None,
    min_sites_per_area: int | Mapping[Any, int] | None = None,
    min_share_per_area: float | Mapping[Any, float] | None = None,
    backup: bool = False,
    equity: bool = False,
    **options: Unpack[PlanOptions],
) -> SitingResult:
    """Choose sites so that the largest cost of anybody to a chosen site is least.

    Parameters
    ----------
    problem : with costs; rows without people do not count. Sites, costs, `capacities` (the largest
        cost is that of anybody to the site that serves them) and `conflicts` are those of
        the problem. The threshold plays no part.
    sites, budget, options : as in `p_median`.
    min_sites_per_area : least number of sites in every area, or by area code.
    min_share_per_area : refused: everybody is served within the largest cost.
    backup : the largest cost to the *second* nearest site: how far at most when one closes.
    equity : refused: p-center puts the worst-off person first already.

    Returns
    -------
    SitingResult; `value` is the largest cost, `assignment` everyone's cheapest chosen site (with
    capacities the one that takes most of the row's people; ``detail["flows"]`` has all).

    Raises
    ------
    SitingError
        As `p_median`.

    Notes
    -----
    The optimum is one of the costs: a binary search over them decides each time whether the sites
    can serve everyone within that cost (Minieka 1970, doi:10.1137/1012016).

    Examples
    --------
    >>> import numpy as np
    >>> from geoplan.siting import SitingProblem
    >>> costs = np.array([[0.0, 4.0], [4.0, 0.0], [1.0, 5.0]])
    >>> problem = SitingProblem.from_costs(costs, [1, 1, 10], unit="m")
    >>> result = p_center(problem, sites=1)
    >>> result.sites, result.value, result.status
    ([0], 4.0, 'optimal')
    >>> p_center(problem, sites=2, backup=True).value
    5.0
    """
    asked: Asked = {
        "sites": sites,
        "budget": budget,
        "min_sites_per_area": min_sites_per_area,
        "min_share_per_area": min_share_per_area,
        "backup": backup,
        "equity": equity,
    }
    control, faults = begin_solve("p_center", options, asked)
    problem.needs_costs("p-center")
    constraints = read_assignment_constraints(problem, "p-center", faults, **asked)
    if backup and problem.capacities is None and sites is not None and sites == 1:
        faults.add(Message("siting_faults.backup_two"))
    faults.raise_all()
    with control.interruptible():
        pairs = reachable_pairs(problem, "p-center")
        times = 2 if backup else 1
        blocked = unreachable_demand(problem, pairs, "p_center", times=times, control=control)
        if blocked is not None:
            return blocked
        if constraints.sites is not None and constraints.unconstrained(problem):
            found = plain_p_center(problem, pairs, count=constraints.sites, control=control)
        else:
            found = constrained_p_center(problem, pairs, constraints, control=control)
    return checked(problem, constraints, found, gap=control.gap)
