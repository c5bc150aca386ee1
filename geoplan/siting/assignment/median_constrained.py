"""p-median under constraints: money, areas, distances between sites, capacities, the worst-off.

Multipliers from the Lagrangian bound without constraints give every site a reduced cost; the
cheapest sites by that measure which keep the constraints are a start and, with their reduced costs,
a bound. Constraints on sites alone then join the Benders master problem; capacities, shares and
equity need everybody's assignment as columns.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.assignment.benders import solve_by_benders
from geoplan.siting.assignment.capacitated.solve import solve_capacitated
from geoplan.siting.assignment.instance import MedianInstance, MedianSolution, rounded_bound
from geoplan.siting.assignment.lagrangian import (
    MedianDual,
    lagrangian_dual,
    median_reduced_cost_fixing,
)
from geoplan.siting.assignment.median_constrained_interchange import (
    SiteConstraints,
    constrained_interchange,
    drop_idle_sites,
)
from geoplan.siting.assignment.median_solve import search_median
from geoplan.siting.assignment.milp import (
    AssignmentModel,
    assign_to_largest_flow,
    assignment_flows,
    assignment_model,
    infeasible_assignment,
    keeps_area_shares,
    location_model,
    run_accepted,
)
from geoplan.siting.assignment.reachability import ReachablePairs, assign_to_nearest
from geoplan.siting.assignment.weighted_costs import weighted_costs
from geoplan.siting.constrained.accepted import over_budget
from geoplan.siting.model.build_result import make_result, no_result
from geoplan.siting.model.constraints import (
    Constraints,
    early_blocks,
    problem_free,
    site_money,
)
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.highs import Outcome
from geoplan.siting.solver.two_stage import (
    TwoStages,
    forbid_sites,
    near_stage,
    solve_two_stages,
    with_room,
)
from geoplan.tolerances import LEAST_DIVISOR, SAME_VALUE, STAGE_SIZE

SOLVER = "median_constrained_highs"
#: gap to which the start is solved: its bound is one of several
_START_GAP = 1e-4


def constrained_p_median(
    problem: SitingProblem,
    pairs: ReachablePairs,
    constraints: Constraints,
    *,
    control: SolveControl,
) -> SitingResult:
    """Least cost for everybody together under `constraints`."""
    blocked, facts = early_blocks(problem, constraints, everybody=True)
    if blocked:
        return no_result(
            problem,
            "p_median",
            "infeasible",
            control=control,
            solver=SOLVER,
            blocking=tuple(blocked),
            detail=facts,
        )
    solve = _Solve(problem=problem, pairs=pairs, constraints=constraints, control=control)
    if len(pairs.rows) and constraints.only_capacities(problem):
        found = solve.by_knapsacks()
        if found is not None:
            return found
    instance, dual = solve.relaxation() if len(pairs.rows) else (None, None)
    # least reduced cost under all constraints on sites: a start, and a better bound
    model = location_model(problem, pairs, constraints)
    model.cost = [np.zeros(problem.n_sites) if dual is None else dual.reduced]
    opened = run_accepted(
        model,
        np.arange(problem.n_sites),
        problem,
        constraints,
        control=control.with_(gap=_START_GAP),
        seconds=max(control.left / 4, 0.1),
    )
    if opened.status == "infeasible":
        return solve.infeasible()
    if opened.x is None:
        return no_result(problem, "p_median", "unknown", control=control, solver=SOLVER)
    start = opened.x > 0.5
    if instance is None or dual is None:
        return solve.result(start, bound=0.0)
    bound = dual.bound
    if opened.bound is not None:
        bound = max(bound, float(dual.multipliers.sum()) + opened.bound)
    if problem.capacities is None and not constraints.area_share and not constraints.equity:
        proof = solve.by_benders(instance, dual, start, bound)
        return solve.result(proof.is_open, bound=proof.bound)
    return solve.by_assignment(instance, start, bound)


def max_open_sites(problem: SitingProblem, constraints: Constraints) -> int:
    """A number of sites that no solution exceeds: the number asked for, or paid for."""
    most = int(problem.is_allowed.sum())
    if constraints.sites is not None:
        most = min(most, constraints.sites)
    if constraints.budget is not None:
        existing = problem_free(problem)
        price = np.sort(site_money(problem)[~existing & problem.is_allowed])
        new = int(np.searchsorted(np.cumsum(price), constraints.most_money, side="right"))
        most = min(most, int((existing & problem.is_allowed).sum()) + new)
    return max(most, len(problem.fixed), 1)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Solve:
    """One problem under constraints, solved by Benders cuts or by an assignment model."""

    problem: SitingProblem
    pairs: ReachablePairs
    constraints: Constraints
    control: SolveControl

    def instance(self) -> MedianInstance:
        """The instance without constraints."""
        problem, pairs = self.problem, self.pairs
        return MedianInstance(
            costs=weighted_costs(pairs.costs, pairs.people),
            sites=max_open_sites(problem, self.constraints),
            free=problem.is_allowed & ~problem.is_fixed,
            fixed=problem.is_fixed,
        )

    def by_knapsacks(self) -> SitingResult | None:
        """Capacities alone: a knapsack per site bounds the cost; None where no answer is found."""
        instance = self.instance()
        found = solve_capacitated(
            self.problem, self.pairs, self.constraints, instance, control=self.control
        )
        if found is None:
            return None
        limits = SiteConstraints.of(self.problem, self.constraints, instance.sites)
        x = self._drop_idle_sites(found.model, limits, found.x)
        flows = (found.model, x)
        return self.result(x[: self.problem.n_sites] > 0.5, bound=found.bound, flows=flows)

    def relaxation(self) -> tuple[MedianInstance, MedianDual]:
        """The instance without constraints, and its Lagrangian dual."""
        control, instance = self.control, self.instance()
        free = search_median(instance, control=control.part(control.left / 4))
        control.report("bound")
        upper = min(free.value, instance.costs.penalty)
        dual = lagrangian_dual(instance, upper=upper, control=control.part(control.left / 2))
        return instance, dual

    def by_benders(
        self, instance: MedianInstance, dual: MedianDual, start: np.ndarray, bound: float
    ) -> MedianSolution:
        """Constraints on sites alone: swaps that keep them, then Benders cuts with their rows."""
        problem, control, costs = self.problem, self.control, instance.costs
        limits = SiteConstraints.of(problem, self.constraints, instance.sites)
        keep = problem_free(problem)

        def improve(is_open: np.ndarray) -> tuple[np.ndarray, float]:
            better = constrained_interchange(instance, is_open, limits=limits, control=control)
            better = drop_idle_sites(costs, better, keep=keep, limits=limits)
            return better, costs.total(better)

        is_open, value = improve(start)
        bound = min(rounded_bound(bound, costs.step), value)
        best = MedianSolution(is_open=is_open, value=value, bound=bound)
        if best.is_near(bound, control.gap) or control.left <= 0:
            return best
        return solve_by_benders(
            median_reduced_cost_fixing(instance, dual, best),
            best,
            dual.multipliers,
            control=control,
            constraints=location_model(problem, self.pairs, self.constraints),
            improve=improve,
            over_budget=lambda is_open: over_budget(problem, self.constraints, is_open),
        )

    def by_assignment(
        self, instance: MedianInstance, start: np.ndarray, bound: float
    ) -> SitingResult:
        """Capacities, shares of areas and equity: a model with everybody's assignment."""
        problem, constraints, control = self.problem, self.constraints, self.control
        facts: dict[str, Any] = {}
        model = assignment_model(problem, self.pairs, constraints)
        warm = None
        if constraints.equity:
            found, facts = worst_area_first(model, control)
        else:
            model.minimize_cost()
            warm = model.warm_start(start, control.part(control.left / 4))
            found = model.run(control=control, start=warm)
            if found.x is not None and problem.capacities is not None:
                found = replace(found, x=model.held_at_sites(found.x, control))
        if found.status == "infeasible":
            return self.infeasible()
        x = found.x
        if x is None and warm is not None and keeps_area_shares(model, constraints, warm):
            x = warm
        if x is None:
            return no_result(
                problem, "p_median", "unknown", control=control, solver=SOLVER, bound=bound
            )
        if found.bound is not None:
            bound = max(bound, found.bound)
        limits = SiteConstraints.of(problem, constraints, instance.sites)
        if problem.capacities is not None:
            x = self._drop_idle_sites(model, limits, x)
            return self.result(x[: problem.n_sites] > 0.5, bound=bound, flows=(model, x), **facts)
        # who travels no farther changes neither shares nor the worst-off area
        is_open = x[: problem.n_sites] > 0.5
        is_open = drop_idle_sites(
            instance.costs, is_open, keep=problem_free(problem), limits=limits
        )
        return self.result(is_open, bound=bound, **facts)

    def _drop_idle_sites(
        self, model: AssignmentModel, limits: SiteConstraints, x: np.ndarray
    ) -> np.ndarray:
        """`x` without new sites whose closing costs nobody anything, dearest first.

        A site that nobody goes to always is one. Of the others, where shares and equity do not tie
        people to sites, the assignment without it is solved anew.
        """
        x = x.copy()
        n_sites, constraints = self.problem.n_sites, self.constraints
        chosen = np.flatnonzero((x[:n_sites] > 0.5) & ~problem_free(self.problem))
        tied = constraints.equity or bool(constraints.area_share) or not constraints.split
        for j in chosen[np.argsort(-limits.money[chosen], kind="stable")]:
            is_open = x[:n_sites] > 0.5
            if not limits.may_close(is_open, j):
                continue
            is_open[j] = False
            if x[model.x[model.site == j]].sum() <= model.nobody:
                x[model.y[j]] = 0.0
            elif not tied and self.control.left > 0:
                other = model.warm_start(is_open, self.control)
                cost = float(model.cost @ x[model.x])
                if other is not None and model.cost @ other[model.x] <= cost + SAME_VALUE * max(
                    1.0, cost
                ):
                    x = other
        return x

    def infeasible(self) -> SitingResult:
        """The result where the constraints cannot all hold, with the smallest relaxations."""
        return infeasible_assignment(
            self.problem,
            self.pairs,
            self.constraints,
            "p_median",
            solver=SOLVER,
            control=self.control,
        )

    def result(
        self,
        is_open: np.ndarray,
        *,
        bound: float,
        flows: tuple[AssignmentModel, np.ndarray] | None = None,
        **facts: Any,
    ) -> SitingResult:
        """The result for open sites; with capacities from the model's columns (`flows`)."""
        problem = self.problem
        assignment, value = assign_to_nearest(problem, is_open)
        if problem.capacities is not None and flows is None:  # nobody goes anywhere
            facts["flows"] = pd.DataFrame(columns=["demand", "site", "people", "cost"])
        if flows is not None:
            table = assignment_flows(problem, *flows)
            value = float((table["people"] * table["cost"]).sum())
            assignment = assign_to_largest_flow(assignment, table)
            facts["flows"] = table
        return make_result(
            problem,
            "p_median",
            np.flatnonzero(is_open),
            value=value,
            bound=min(bound, value),
            control=self.control,
            solver=SOLVER,
            assignment=assignment,
            detail=facts,
            first_proved="worst_area_bound" not in facts,
            by_model=self.constraints.equity or bool(self.constraints.area_share),
        )


def worst_area_first(
    model: AssignmentModel, control: SolveControl
) -> tuple[Outcome, dict[str, Any]]:
    """The solution whose worst-off area has the least mean cost, of those the least cost of all.

    Returns
    -------
    outcome, whose bound is that of the cost of all; and facts for the result: ``worst_area_bound``
    is among them where the largest mean is not proved to be least.
    """
    worst = model.add_worst_area()

    def run_first(part: SolveControl) -> Outcome:
        model.set_objective(worst, 1.0)
        return model.run(control=part)

    def keep(mean: float) -> None:
        scale = max(1.0, STAGE_SIZE / max(mean, LEAST_DIVISOR))
        model.model.add_row(worst, scale, upper=scale * with_room(mean))

    def run_second(start: np.ndarray | None, part: SolveControl) -> Outcome:
        model.minimize_cost()
        return model.run(control=part, start=start)

    def forbid(x: np.ndarray) -> None:
        forbid_sites(model.model, model.y, x)

    found = solve_two_stages(
        TwoStages(
            run_first=run_first,
            first_value=lambda x: model.least_mean(x, worst, control),
            keep=keep,
            run_second=run_second,
            forbid=forbid,
        ),
        control,
    )
    facts: dict[str, Any] = {}
    x = found.x
    if x is not None and model.problem.capacities is not None:
        model.minimize_cost()
        model.model.add_row(worst, upper=found.first + near_stage(found.first))
        x = model.held_at_sites(x, control)
    if x is not None:
        facts["worst_area_mean"] = model.largest_mean(x)
    if not found.first_proved:
        facts["worst_area_bound"] = found.first_bound
    return Outcome(status=found.status, x=x, value=np.nan, bound=found.bound), facts
