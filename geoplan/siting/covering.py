"""`max_coverage` (MCLP) and `min_sites` (LSCP): most people covered, fewest sites that suffice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Unpack

import numpy as np
import pandas as pd

from geoplan.siting.constrained.capacity_solve import (
    is_capacity_problem,
    max_coverage_with_capacities,
    min_sites_with_capacities,
)
from geoplan.siting.constrained.milp import build_covering_model
from geoplan.siting.constrained.solve import (
    constrained_max_coverage,
    constrained_min_sites,
    infeasible_covering,
)
from geoplan.siting.mclp.kernel_search import solve_mclp
from geoplan.siting.mclp.local_search import drop_idle_sites, greedy
from geoplan.siting.mclp.milp_models import solve_lscp_milp
from geoplan.siting.mclp.partial_cover import solve_partial_lscp
from geoplan.siting.model.build_result import make_result, no_result
from geoplan.siting.model.check_answer import checked
from geoplan.siting.model.constraints import (
    Asked,
    Constraints,
    PlanOptions,
    begin_solve,
    read_constraints,
    read_count,
)
from geoplan.siting.model.core import Core
from geoplan.siting.model.counting import (
    counts_whole,
    covered_people,
    is_enough,
    least_for,
    least_people,
    reachable_share,
)
from geoplan.siting.model.parse import listed, problem_faults, share_text
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl
from geoplan.tolerances import BOUND_ROUNDING
from geoplan.validate import number, takes
from geoplan.words.message import Message

SOLVER = "covering_lagrangian_highs"


@takes(problem="problem")
def max_coverage(
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
    """Choose sites so that most people are covered (Church and ReVelle 1974, MCLP).

    Parameters
    ----------
    problem : with `fixed`, `closable` and `forbidden` sites, `site_costs`, `capacities` (people
        must then find capacity, not only be near), `conflicts` (sites too near each other) and
        gradual coverage.
    sites : most sites in all, fixed ones counted; or
    budget : most money for new sites; or both.
    min_sites_per_area : least number of sites in every area, or by area code.
    min_share_per_area : least share of every area's people that is covered, or by area code.
    backup : only people in reach of two sites count.
    equity : first the smallest share of any area as large as can be, then most people.
    options : ``time_limit_s=60``, ``gap=0.0``, ``seed=0``, ``threads=None``, ``progress=None``, one
        by one or all as ``request`` (see `SolveRequest`).

    Returns
    -------
    SitingResult
        With capacities ``detail["flows"]`` says who takes how much capacity where.

    Raises
    ------
    SitingError
        Options that are wrong or make no sense together, all at once.

    Examples
    --------
    >>> import numpy as np
    >>> cover = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]], bool)
    >>> problem = SitingProblem.from_cover(cover, [50, 20, 40, 35])
    >>> result = max_coverage(problem, sites=2)
    >>> result.value, result.bound, result.status, result.sites
    (110.0, 110.0, 'optimal', [0, 1])
    """
    asked: Asked = {
        "sites": sites,
        "budget": budget,
        "min_sites_per_area": min_sites_per_area,
        "min_share_per_area": min_share_per_area,
        "backup": backup,
        "equity": equity,
    }
    control, faults = begin_solve("max_coverage", options, asked)
    asked["sites"] = read_count(problem, asked, faults)
    constraints = read_constraints(problem, faults, **asked)
    faults.raise_all()
    with control.interruptible():
        found = _most_people(problem, constraints, control=control)
    return checked(problem, constraints, found, gap=control.gap)


def best_sites(
    problem: SitingProblem, *, sites: int | None, budget: float | None, control: SolveControl
) -> SitingResult:
    """`max_coverage` for who needs the sites alone: who goes where may be left out."""
    faults = problem_faults()
    constraints = read_constraints(problem, faults, sites=sites, budget=budget)
    faults.raise_all()
    found = _most_people(problem, constraints, control=control, assigned=False)
    return checked(problem, constraints, found, gap=control.gap)


def _most_people(
    problem: SitingProblem,
    constraints: Constraints,
    *,
    control: SolveControl,
    assigned: bool = True,
) -> SitingResult:
    """`max_coverage` by the method that its constraints ask for."""
    count = constraints.sites
    if count is not None and constraints.unconstrained(problem):
        return _max_coverage(problem, count=count, control=control, assigned=assigned)
    if is_capacity_problem(problem, constraints):
        return max_coverage_with_capacities(problem, constraints, control=control)
    loose = None
    if count is not None and constraints.only_apart(problem):
        loose = partial(_max_coverage, count=count, control=control)
    return constrained_max_coverage(problem, constraints, without=loose, control=control)


def _max_coverage(
    problem: SitingProblem,
    *,
    count: int,
    control: SolveControl,
    assigned: bool = True,
) -> SitingResult:
    """Without other constraints. assigned : say who goes where."""
    core = reduce_problem(problem)
    best = solve_mclp(core, n_new=count - len(problem.fixed), control=control)
    chosen = np.concatenate([problem.fixed, core.sites[best.chosen]])
    return make_result(
        problem,
        "max_coverage",
        chosen,
        value=covered_people(problem, chosen),
        bound=core.base + best.bound,
        control=control,
        solver=SOLVER,
        greedy_value=core.base + best.greedy,
        detail=core_facts(core) | {"steps": best.steps},
        assignment=None if assigned else pd.Series(dtype=object),
    )


def core_facts(core: Core) -> dict[str, Any]:
    """How small the problem became."""
    return {"classes": core.n, "free_sites": core.m, "pairs": core.pairs}


@takes(problem="problem")
def min_sites(
    problem: SitingProblem,
    *,
    share: float = 1.0,
    min_sites_per_area: int | Mapping[Any, int] | None = None,
    min_share_per_area: float | Mapping[Any, float] | None = None,
    backup: bool = False,
    **options: Unpack[PlanOptions],
) -> SitingResult:
    """Fewest sites (fixed ones counted) that cover everyone, or `share` of the people.

    Toregas et al. 1971 (LSCP); partial for a share below 1 (Daskin and Owen 1999).

    Parameters
    ----------
    problem : see `max_coverage`.
    share : of all people, 0 to 1.
    min_sites_per_area, min_share_per_area, backup, options : see `max_coverage`.

    Returns
    -------
    SitingResult
        Infeasible ones name who cannot be reached and the largest share that can.

    Raises
    ------
    SitingError
        Options that are wrong or make no sense together, all at once.

    Examples
    --------
    >>> import numpy as np
    >>> cover = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]], bool)
    >>> problem = SitingProblem.from_cover(cover, [50, 20, 40, 35])
    >>> min_sites(problem).value, min_sites(problem, share=0.7).sites
    (3.0, [0, 1])
    """
    asked: Asked = {
        "min_sites_per_area": min_sites_per_area,
        "min_share_per_area": min_share_per_area,
        "backup": backup,
    }
    control, faults = begin_solve("min_sites", options, asked)
    if not 0 <= number(share) <= 1:
        faults.add(Message("siting_faults.share_between", share=share))
    constraints = read_constraints(problem, faults, **asked)
    faults.raise_all()
    need = people_needed(problem, share)
    with control.interruptible():
        found = _min_sites(problem, constraints, share=share, control=control)
    return checked(problem, constraints, found, gap=control.gap, need=need)


def _min_sites(
    problem: SitingProblem,
    constraints: Constraints,
    *,
    share: float,
    control: SolveControl,
) -> SitingResult:
    need = people_needed(problem, share)
    blocked = out_of_reach(problem, constraints, "min_sites", share=share, control=control)
    if blocked is not None:
        return blocked
    if is_capacity_problem(problem, constraints):
        return min_sites_with_capacities(problem, constraints, need=need, control=control)
    if not constraints.unconstrained(problem):
        return constrained_min_sites(problem, constraints, need=need, control=control)
    core = reduce_problem(problem)
    short = 0.0 if is_enough(core.base, need) else need - core.base
    greedy_sites = _greedy_share(core, short)
    chosen, bound, greedy_count = greedy_sites, float(len(greedy_sites)), len(greedy_sites)
    if len(greedy_sites) > 1:
        try:
            if share >= 1 or short >= core.weight.sum():
                chosen, bound, _ = solve_lscp_milp(core, start=greedy_sites, control=control)
            else:
                chosen, bound = solve_partial_lscp(
                    core, need=short, start=greedy_sites, control=control
                )
        except KeyboardInterrupt:
            control.stop()
            bound = 0.0
    every = np.concatenate([problem.fixed, core.sites[chosen]])
    lower = min(float(np.ceil(bound - BOUND_ROUNDING)), float(len(chosen)))
    return make_result(
        problem,
        "min_sites",
        every,
        value=float(len(every)),
        bound=len(problem.fixed) + max(lower, 1.0 if short > 0 else 0.0),
        control=control,
        solver=SOLVER,
        greedy_value=float(len(problem.fixed) + greedy_count),
        detail=core_facts(core)
        | {"share": share, "people": covered_people(problem, every), "people_needed": need},
    )


def people_needed(problem: SitingProblem, share: float) -> float:
    """How many people `share` of all is; whole where only whole numbers of people are served."""
    return least_people(share, problem.total, whole=counts_whole(problem))


def _greedy_share(core: Core, short: float) -> np.ndarray:
    order = greedy(core, n_new=core.m)
    hit = np.zeros(core.n, bool)
    people = 0.0
    for k, j in enumerate(order):
        if is_enough(people, short):
            order = order[:k]
            break
        hit[core.classes_of(j)] = True
        people = float(core.weight[hit].sum())
    return drop_idle_sites(core, order, need=least_for(short))


def out_of_reach(
    problem: SitingProblem,
    constraints: Constraints,
    objective: str,
    *,
    share: float,
    control: SolveControl,
) -> SitingResult | None:
    """The result where all allowed sites together cover less than `share`, or None.

    It names who cannot be reached and the largest share that can; where not all sites may be open
    together, or have no room for all, what could be relaxed.
    """
    reachable = problem.weights * reachable_share(problem, times=constraints.times)
    need = people_needed(problem, share)
    if is_enough(float(reachable.sum()), need):
        return None
    missed = problem.weights - reachable
    labels = problem.demand_index[missed > 0]
    people = float(missed.sum())
    what = "not in reach of two sites" if constraints.backup else "beyond every allowed site"
    if problem.full_within is not None:
        what += ", or reached in part only"
    who = f"{people:,.6g} people at {len(labels)} demand rows are {what}: " + listed(labels)
    facts: dict[str, Any] = {"blocking_demand": list(labels), "unreachable_people": people}
    if not constraints.all_may_open(problem):  # or not have room for all whom they reach
        covering = build_covering_model(problem, constraints)
        why = infeasible_covering(covering, objective, control, people=need)
        return replace(why, blocking=(who, *why.blocking), detail=why.detail | facts)
    largest = float(reachable.sum()) / problem.total
    most = f"the largest share that can be reached is {share_text(largest)}"
    if problem.full_within is not None:
        most = f"people in part counted, {most}"
    return no_result(
        problem,
        objective,
        "infeasible",
        control=control,
        solver=SOLVER,
        blocking=(
            who,
            f"{most} (asked: {share:g}); ask for no more, add candidates "
            "near these rows, or raise the threshold",
        ),
        detail=facts | {"largest_share": largest},
    )
