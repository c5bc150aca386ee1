"""p-median: the sites from which everyone together travels least, with proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np

from geoplan.siting.assignment.instance import MedianInstance, MedianSolution
from geoplan.siting.assignment.median_constrained import constrained_p_median
from geoplan.siting.assignment.median_solve import search_median, solve_median
from geoplan.siting.assignment.reachability import (
    ReachablePairs,
    assign_to_nearest,
    covering_start,
    reachable_pairs,
    read_assignment_constraints,
    too_few_sites,
    unreachable_demand,
)
from geoplan.siting.assignment.weighted_costs import weighted_costs
from geoplan.siting.model.build_result import make_result, no_result
from geoplan.siting.model.check_answer import checked
from geoplan.siting.model.constraints import Asked, PlanOptions, begin_solve
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl
from geoplan.tolerances import SAME_VALUE
from geoplan.validate import takes

SOLVER = "median_lagrangian_benders"


@takes(problem="problem")
def p_median(
    problem: SitingProblem,
    *,
    sites: int | None = None,
    budget: float | None = None,
    min_sites_per_area: int | Mapping[Any, int] | None = None,
    min_share_per_area: float | Mapping[Any, float] | None = None,
    backup: bool = False,
    equity: bool = False,
    split: bool = True,
    **options: Unpack[PlanOptions],
) -> SitingResult:
    """Choose sites so that the people's travel costs add up to the least; everybody is served.

    Parameters
    ----------
    problem : with costs; a pair that is out of reach cannot be served. `fixed`, `closable` and
        `forbidden` sites, `site_costs`, `capacities` (a row's people may then be split among
        sites) and `conflicts` are its own. The threshold counts for shares only.
    sites : most sites in all, fixed ones included. With an existing network as `closable` and as
        many sites as it has, this says which of them to move, and where; or
    budget : most money for new sites; or both.
    min_sites_per_area : least number of sites in every area, or by area code.
    min_share_per_area : least share of every area's people within the problem's threshold, or by
        area code.
    backup : refused, with the reason.
    equity : first the largest mean cost of any area as small as can be, then the sum of all.
    split : with capacities, whether a row's people may be split among sites; False: every row is
        served whole at one site (the capacitated p-median with single sources).
    options : as in `max_coverage`.

    Returns
    -------
    SitingResult; `value` is the sum of people x cost, `assignment` everyone's cheapest chosen site
    (with capacities: the one that takes most of the row's people, and ``detail["flows"]`` says who
    goes where). ``"infeasible"`` names what blocks it and the smallest relaxations.

    Raises
    ------
    SitingError
        Options that are wrong or make no sense together, all at once.

    Notes
    -----
    Greedy start and fast interchange (Resende and Werneck 2007), a Lagrangian bound by the volume
    algorithm (Barahona and Anbil 2000), branch and bound on it where few sites are in doubt, else
    Benders cuts (Duran-Mateluna, Ales and Elloumi 2023). With capacities a knapsack per site
    (Lorena and Senne 2004), a local search, and HiGHS on the pairs that are left.

    Examples
    --------
    >>> import numpy as np
    >>> from geoplan.siting import SitingProblem
    >>> costs = np.array([[0.0, 4.0], [4.0, 0.0], [1.0, 5.0]])
    >>> result = p_median(SitingProblem.from_costs(costs, [1, 1, 10], unit="m"), sites=1)
    >>> result.sites, result.value, result.status
    ([0], 14.0, 'optimal')

    With a capacity of eleven one person goes farther, and two sites are needed:

    >>> small = SitingProblem.from_costs(costs, [1, 1, 10], unit="m", capacities=11)
    >>> p_median(small, sites=2).value, p_median(small, sites=1).status
    (10.0, 'infeasible')

    Rows that are served whole may not find room though there are enough places in all:

    >>> tight = SitingProblem.from_costs(costs, [1, 5, 5], unit="m", capacities=[6, 5])
    >>> p_median(tight, sites=2).value, p_median(tight, sites=2, split=False).value
    (5.0, 5.0)
    >>> even = SitingProblem.from_costs(costs, [2, 5, 5], unit="m", capacities=6)
    >>> p_median(even, sites=2).value, p_median(even, sites=2, split=False).status
    (9.0, 'infeasible')
    """
    asked: Asked = {
        "sites": sites,
        "budget": budget,
        "min_sites_per_area": min_sites_per_area,
        "min_share_per_area": min_share_per_area,
        "backup": backup,
        "equity": equity,
        "split": split,
    }
    control, faults = begin_solve("p_median", options, asked)
    problem.needs_costs("p-median")
    constraints = read_assignment_constraints(problem, "p-median", faults, **asked)
    faults.raise_all()
    with control.interruptible():
        pairs = reachable_pairs(problem, "p-median")
        blocked = unreachable_demand(problem, pairs, "p_median", times=1, control=control)
        if blocked is not None:
            return blocked
        if constraints.sites is not None and constraints.unconstrained(problem):
            found = _plain(problem, pairs, count=constraints.sites, control=control)
        else:
            found = constrained_p_median(problem, pairs, constraints, control=control)
    return checked(problem, constraints, found, gap=control.gap)


def _plain(
    problem: SitingProblem,
    pairs: ReachablePairs,
    *,
    count: int,
    control: SolveControl,
) -> SitingResult:
    """Without other constraints."""
    fixed = problem.is_fixed
    free = problem.is_allowed & ~fixed
    count = int(min(count, problem.is_allowed.sum()))
    if not len(pairs.rows):
        chosen = np.flatnonzero(free)[: count - int(fixed.sum())]
        every = np.concatenate([problem.fixed, chosen])
        return _result(problem, every, bound=0.0, control=control)
    costs = weighted_costs(pairs.costs, pairs.people)
    instance = MedianInstance(costs=costs, sites=count, free=free, fixed=fixed)
    control.report("greedy")
    found = search_median(instance, control=control)
    if found.value >= costs.penalty * 0.5:
        start, least, proved = covering_start(problem, pairs, count=count, control=control)
        if proved:
            return too_few_sites(
                problem, pairs, "p_median", count=count, least=least, control=control
            )
        if start is None:
            return no_result(problem, "p_median", "unknown", control=control, solver=SOLVER)
        found = search_median(instance, control=control, start=start)
    proof = solve_median(instance, found, control=control)
    return _result(
        problem, np.flatnonzero(proof.is_open), bound=proof.bound, control=control, found=proof
    )


def _result(
    problem: SitingProblem,
    chosen: np.ndarray,
    *,
    bound: float,
    control: SolveControl,
    found: MedianSolution | None = None,
) -> SitingResult:
    is_open = problem.is_open(chosen)
    assignment, value = assign_to_nearest(problem, is_open)
    near = value - bound <= SAME_VALUE * abs(value)
    return make_result(
        problem,
        "p_median",
        chosen,
        value=value,
        bound=value if near else min(bound, value),
        control=control,
        solver=SOLVER,
        greedy_value=None if found is None else found.greedy,
        assignment=assignment,
        detail={} if found is None else found.facts,
    )
