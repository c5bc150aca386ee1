"""What is proved for a whole service: value, bound, gap and status of a conditional problem.

A solver proves its bound for the rows and the candidates that it has seen. These functions add the
people served elsewhere, and take the bound to all candidates where some were left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from geoplan.siting.conditional.problem import ConditionalProblem
from geoplan.siting.curve import coverage_curve
from geoplan.siting.mclp.lagrangian import coverage_bounds
from geoplan.siting.model.build_result import relative_gap
from geoplan.siting.model.result import SitingResult, Status
from geoplan.siting.solver.request import SolveRequest
from geoplan.tolerances import LEAST_GAP, PROVED_GAP_SERVICE, SERVED_ROUNDING


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

    `min_sites` counts new sites. Where candidates were thinned away the bound is that over all of
    them.
    """
    existing = set(problem.solved.site_index[problem.solved.fixed])
    sites = [label for label in solved.sites if label not in existing]
    if problem.objective == "min_sites":
        if solved.objective != "min_sites":  # enough are served today: no site is needed
            return replace(
                solved, objective="min_sites", value=0.0, bound=0.0, gap=0.0, sites=sites
            )
        value = solved.value - len(existing)
        bound = None if solved.bound is None else solved.bound - len(existing)
        return replace(
            solved, value=value, bound=bound, gap=relative_gap(value, bound), sites=sites
        )
    value = solved.value + problem.served_outside
    bound = solved.bound
    if bound is not None and bounds is not None and problem.unconstrained is None:
        lost = problem.thinning_loss(len(bounds) - 1)
        bound = max(bound, min(bound + lost, float(bounds[-1])))
    if bound is not None:
        bound = min(bound + problem.served_outside, problem.total)
    gap = None
    if bound is not None and np.isfinite(value):
        gap = (bound - value) / value if value > 0 else 0.0
    greedy = solved.greedy_value
    status = solved.status
    if status == "optimal" and gap is not None and gap > allowed_gap + PROVED_GAP_SERVICE:
        status = "feasible"
    return replace(
        solved,
        value=value,
        bound=bound,
        gap=gap,
        greedy_value=None if greedy is None else greedy + problem.served_outside,
        status=status,
        sites=sites,
    )


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
    bound = served if near else result.bound
    found = (bound - served) / served
    status: Status = "optimal" if found <= gap + PROVED_GAP_SERVICE else "feasible"
    return replace(result, value=served, bound=bound, gap=found, status=status)


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
    DataFrame with ``sites``, ``value``, ``bound``; None where there is nothing to draw.
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
    table = pd.DataFrame(curve)[["sites", "value", "bound"]].copy()
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
