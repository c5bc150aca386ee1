"""What is proved for a whole service: value, bound, gap and status of a conditional problem.

A solver proves its bound for the rows and the candidates that it has seen. These functions add the
people served elsewhere, and take the bound to all candidates where some were left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.beside.curve import coverage_curve
from geoplan.siting.conditional.problem import ConditionalProblem
from geoplan.siting.mclp.lagrangian import coverage_bounds
from geoplan.siting.model.build_result import judged
from geoplan.siting.model.counting import least_for
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.request import SolveRequest
from geoplan.tolerances import LEAST_GAP, SERVED_ROUNDING


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ConditionalSolution:
    """A solution of a conditional problem.

    Parameters
    ----------
    problem : what was solved.
    request : how: time limit, gap and seed.
    solved : the result in ``problem.solved``: its sites include the existing ones there.
    result : the same for the whole service; its sites are the new ones.
    bounds : of ``problem.solved`` over all candidates for 0, 1, ... new sites; None where no
        thinning asks for them.
    """

    problem: ConditionalProblem
    request: SolveRequest
    solved: SitingResult
    result: SitingResult
    bounds: np.ndarray | None

    @property
    def thinning_may_cost(self) -> float:
        """People whom candidates that were left out might serve beyond the solver's own bound."""
        if self.result.bound is None:
            return 0.0
        return self.result.bound - (self.solved.bound or 0.0) - self.problem.served_outside


def whole_service(
    problem: ConditionalProblem, solved: SitingResult, request: SolveRequest
) -> ConditionalSolution:
    """The solution of the whole service from the result in ``problem.solved``."""
    bounds = _bounds_over_all(problem, solved)
    result = _result_of_service(problem, solved, bounds, allowed_gap=request.gap)
    return ConditionalSolution(
        problem=problem, request=request, solved=solved, result=result, bounds=bounds
    )


def _bounds_over_all(problem: ConditionalProblem, solved: SitingResult) -> np.ndarray | None:
    """Bounds over all candidates for 0, 1, ... new sites, where thinning may have cost people."""
    if problem.unthinned is None or solved.bound is None:
        return None
    asked = problem.sites or 0
    most = max(problem.most_sites, asked, len(solved.sites) - problem.n_existing)
    # whoever does not go to a new site may at best have one of the seats at full ones
    old = 0.0 if problem.reassignment is None else problem.reassignment.full_capacity
    bounds = old + coverage_bounds(problem.unthinned, sites=most, target=solved.value - old)
    bounds = np.minimum(bounds, [problem.capacity_bound(k) for k in range(most + 1)])
    return np.minimum(bounds, problem.solved.total)


def _result_of_service(
    problem: ConditionalProblem,
    solved: SitingResult,
    bounds: np.ndarray | None,
    *,
    allowed_gap: float,
) -> SitingResult:
    """Value and bound of the whole service: people served already and by the new sites.

    `min_sites` counts new sites, `min_cost` their money. Where candidates were thinned away the
    bound is that over all of them.
    """
    existing = set(problem.solved.site_index[problem.solved.fixed])
    sites = [label for label in solved.sites if label not in existing]
    if problem.asks_for_share:
        return _least_of_service(problem, solved, sites, allowed_gap=allowed_gap)
    value = solved.value + problem.served_outside
    bound = solved.bound
    if bound is not None and bounds is not None and problem.unconstrained is None:
        lost = problem.thinning_loss(len(bounds) - 1)
        bound = max(bound, min(bound + lost, float(bounds[-1])))
    if bound is not None:
        bound = min(bound + problem.served_outside, problem.total)
    greedy = solved.greedy_value
    return replace(
        _judged(solved, value, bound, allowed_gap, split=problem.solved.capacities is not None),
        greedy_value=None if greedy is None else greedy + problem.served_outside,
        sites=sites,
    )


def _least_of_service(
    problem: ConditionalProblem, solved: SitingResult, sites: list[Any], *, allowed_gap: float
) -> SitingResult:
    """Fewest new sites, or the least money for them, with a bound over all candidates."""
    if solved.objective != problem.objective:  # enough are served today: no site is needed
        return replace(
            solved, objective=problem.objective, value=0.0, bound=0.0, gap=0.0, sites=sites
        )
    standing = float(problem.n_existing) if problem.objective == "min_sites" else 0.0
    value = solved.value - standing
    bound = None if solved.bound is None else solved.bound - standing
    if bound is not None and np.isfinite(value):
        bound = min(bound, _least_over_all(problem, solved, len(sites)))
    return replace(_judged(solved, value, bound, allowed_gap), sites=sites)


def _least_over_all(problem: ConditionalProblem, solved: SitingResult, n_new: int) -> float:
    """New sites, or money, that plans over all candidates have at least; ``inf``: as `solved` has.

    So many sites are too few when they cannot cover enough people wherever they are.
    """
    need = solved.detail.get("people_needed")
    if problem.unthinned is None or need is None or not n_new:
        return float("inf")
    old = 0.0 if problem.reassignment is None else problem.reassignment.full_capacity
    most = old + coverage_bounds(problem.unthinned, sites=n_new, target=need - old)
    enough = np.flatnonzero(most >= least_for(need))
    fewest = float(enough[0]) if len(enough) else float(n_new)
    if problem.objective == "min_sites":
        return fewest
    assert problem.solved.site_costs is not None
    new = ~problem.solved.is_fixed
    return fewest * float(problem.solved.site_costs[new].min(initial=np.inf))


def _judged(
    result: SitingResult,
    value: float,
    bound: float | None,
    allowed_gap: float,
    *,
    split: bool = False,
) -> SitingResult:
    """`result` with another value and bound, and the gap and status that follow."""
    if result.status not in ("optimal", "feasible") or not np.isfinite(value):
        return replace(result, value=value, bound=bound, gap=None)
    told, gap, status = judged(value, bound, gap=allowed_gap, split=split)
    first = result.status if "worst_area_bound" in result.detail else status
    return replace(result, value=value, bound=told, gap=gap, status=first)


def rounding_of(served: float) -> float:
    """People by which two sums of so many may differ: whole ones differ by more or not at all."""
    return min(SERVED_ROUNDING * max(served, 1.0), 0.5)


def with_ledger_value(result: SitingResult, served: float, *, gap: float) -> SitingResult:
    """`result` with the people whom the ledger counts, which measures and assigns anew.

    The two differ where people are no whole numbers and capacities round. A ledger above the
    bound shows that the bound is none for it: then nothing is proved.

    Parameters
    ----------
    served : people served once the sites are open.
    gap : relative gap up to which a solution counts as optimal.
    """
    if not np.isfinite(result.value) or not served > 0:
        return result
    if result.bound is None:
        return replace(result, value=served)
    near = abs(result.bound - served) <= rounding_of(served)
    if not near and served > result.bound:
        return without_bound(replace(result, value=served))
    return _judged(result, served, served if near else result.bound, gap)


def without_bound(result: SitingResult) -> SitingResult:
    """`result` of a problem whose candidates were cut: nothing is proved for all of them."""
    if result.status not in ("optimal", "feasible"):
        return result
    return replace(result, status="feasible", bound=None, gap=None)


def coverage_by_sites(solution: ConditionalSolution) -> pd.DataFrame | None:
    """People served by every number of new sites up to the solution's, with the bound.

    The curve has no constraints of distance or area; the solution's own number is at its end
    when it has none either.

    Returns
    -------
    DataFrame with ``sites``, ``value``, ``bound`` and ``cut_short`` (see `coverage_curve`); None
    where there is nothing to draw.
    """
    problem, solved = solution.problem, solution.solved
    if problem.objective != "max_coverage" or solved.status in ("infeasible", "unknown"):
        return None
    if solved.detail.get("interrupted"):
        return None
    existing = problem.n_existing
    count = len(solved.sites) - existing if problem.sites is None else problem.sites
    if solved.status == "optimal":
        count = min(count, len(solved.sites) - existing)  # more would serve nobody more
    curve = coverage_curve(
        problem.solved,
        sites=range(existing, existing + count + 1),
        request=replace(solution.request, gap=max(solution.request.gap, LEAST_GAP)),
    )
    table = pd.DataFrame(curve)[["sites", "value", "bound", "cut_short"]].copy()
    table["sites"] -= existing
    last = table["sites"] == count
    table.loc[last, "value"] = np.maximum(table.loc[last, "value"], solved.value)
    if solution.bounds is not None:
        # two bounds over all candidates: by multipliers, and by what thinning can cost each number
        asked = table["sites"].to_numpy()
        lost = [problem.thinning_loss(int(k)) for k in asked]
        over = solution.bounds[np.minimum(asked, len(solution.bounds) - 1)]
        table["bound"] = np.maximum(table["value"], np.minimum(table["bound"] + lost, over))
    table["value"] += problem.served_outside
    table["bound"] = np.minimum(table["bound"] + problem.served_outside, problem.total)
    return table
