"""Plans in time by HiGHS on the whole model: small ones to the end, others within the time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from geoplan.siting.constrained.accepted import solve_accepted
from geoplan.siting.model.build_result import rounded_up
from geoplan.siting.periods.core import ProgrammeCore
from geoplan.siting.periods.milp.model import ProgrammeModel, build_model
from geoplan.siting.periods.milp.model_targets import keep_worst_area, worst_area_column
from geoplan.siting.periods.plain import Programme
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.highs import Outcome
from geoplan.siting.solver.milp import solve_in_time
from geoplan.siting.solver.two_stage import TwoStages, forbid_sites, solve_two_stages


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Found:
    """What a method found: times (actions x years) or None, and what no plan can beat.

    status : ``"infeasible"`` where that is proved; else whatever follows from value and bound.
    first_proved : the smallest share of any area is proved to be largest.
    """

    times: np.ndarray | None
    bound: float | None
    status: str = "feasible"
    first_proved: bool = True
    solver: str = "programme_highs"
    detail: dict[str, Any] = field(default_factory=dict)


def solve_by_model(
    of: Programme,
    small: ProgrammeCore,
    objective: str,
    control: SolveControl,
    start: np.ndarray | None = None,
) -> Found:
    """The best plan by HiGHS. start : a plan (actions x years) to begin with."""
    built = build_model(of, small)
    facts = {"classes": small.core.n, "free_sites": small.core.m, "columns": built.model.columns}
    if objective == "worst_area":
        return replace(_worst_area(built, control), detail=facts)
    cost = built.money_costs() if objective == "min_cost" else built.person_year_costs()
    built.set_costs(cost)
    found = _run(built, control, None if start is None else built.start(start))
    if found.x is None:
        status = "infeasible" if found.status == "infeasible" else "unknown"
        return Found(times=None, bound=_bound(built, found, objective), status=status, detail=facts)
    times = built.plan_times(found.x)
    return Found(times=times, bound=_bound(built, found, objective), detail=facts)


def _run(
    built: ProgrammeModel,
    control: SolveControl,
    start: np.ndarray | None = None,
    ruled_out: list[np.ndarray] | None = None,
) -> Outcome:
    """HiGHS, until a solution keeps every rule by the plain definition.

    ruled_out : answers refused before, on the same model; further ones are added.
    """
    refused: list[np.ndarray] = [] if ruled_out is None else ruled_out
    bounds: list[float | None] = []

    def run() -> Outcome:
        first = None if start is None else np.pad(start, (0, built.model.columns - len(start)))
        found = solve_in_time(built.model, control, start=first)
        if exact_rows(built) or not refused:
            bounds.append(found.bound)
        return found

    def refuse(x: np.ndarray) -> bool:
        if not _refuse(built, x):
            return False
        refused.append(x)
        return True

    found = solve_accepted(run, refuse)
    if exact_rows(built) or not refused:
        return found
    # what came after such a row is a plan, but proves nothing
    status = "unknown" if found.status == "infeasible" else found.status
    return replace(found, bound=bounds[-1] if bounds else None, status=status)


def exact_rows(built: ProgrammeModel) -> bool:
    """Whether a row that rules a plan out rules out no other: every action is done once at most."""
    return bool((built.of.table.most <= 1).all())


def _refuse(built: ProgrammeModel, x: np.ndarray) -> bool:
    """Whether the plan in `x` breaks a rule; a row then rules it out."""
    times = built.plan_times(x)
    if not built.of.plan(times).broken():
        return False
    columns = built.times[built.times >= 0]
    forbid_sites(built.model, columns, x)
    return True


def _bound(built: ProgrammeModel, found: Outcome, objective: str) -> float | None:
    """HiGHS's bound as one of the problem; people counted whole where they are."""
    if found.bound is None:
        return None
    if objective == "min_cost":
        return found.bound
    problem = built.of.problem
    base = float(built.small.base @ problem.lengths)
    return base - found.bound


def rounded_bound(of: Programme, value: float, bound: float | None) -> float | None:
    """A bound on person-years, rounded where they are whole numbers."""
    if bound is None:
        return None
    whole = of.whole and bool(np.all(of.problem.lengths == np.round(of.problem.lengths)))
    return float(rounded_up(bound, value, whole=whole))


def _worst_area(built: ProgrammeModel, control: SolveControl) -> Found:
    """First the smallest share of any area made largest, then most person-years."""
    worst = worst_area_column(built)
    refused: list[np.ndarray] = []

    def run_first(part: SolveControl) -> Outcome:
        cost = np.zeros(built.model.columns)
        cost[worst] = -1.0
        built.set_costs(cost)
        return _run(built, part, ruled_out=refused)

    def run_second(start: np.ndarray | None, part: SolveControl) -> Outcome:
        built.set_costs(built.person_year_costs())
        return _run(built, part, start, refused)

    def first_value(x: np.ndarray) -> float:
        return -built.of.plan(built.plan_times(x)).smallest_share

    def forbid(x: np.ndarray) -> None:
        refused.append(x)
        forbid_sites(built.model, built.times[built.times >= 0], x)

    stages = TwoStages(
        run_first=run_first,
        first_value=first_value,
        keep=lambda least: keep_worst_area(built, -least),
        run_second=run_second,
        forbid=forbid,
    )
    found = solve_two_stages(stages, control)
    if found.x is None:
        return Found(times=None, bound=None, status=found.status)
    proved = exact_rows(built) or not refused
    second = Outcome(
        status="feasible", x=found.x, value=np.nan, bound=found.bound if proved else None
    )
    return Found(
        times=built.plan_times(found.x),
        bound=_bound(built, second, "worst_area"),
        first_proved=found.first_proved and proved,
    )
