"""`programme`: what to open, enlarge, convert, move, merge and close in which year."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from geoplan.errors import Faults
from geoplan.siting.model.build_result import judged
from geoplan.siting.model.constraints import begin_solve
from geoplan.siting.periods.core import reduce_programme
from geoplan.siting.periods.explain import TELL_TIME, Explainer, is_quickly_told
from geoplan.siting.periods.milp.exact import Found, rounded_bound
from geoplan.siting.periods.milp.relax import changes_in_words, smallest_changes
from geoplan.siting.periods.plain import Plan, Programme
from geoplan.siting.periods.problem import ProgrammeProblem
from geoplan.siting.periods.result import ProgrammeResult
from geoplan.siting.periods.solve import each_year_alone, solve_programme
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.request import SolveOptions
from geoplan.validate import takes
from geoplan.words.message import Message

OBJECTIVES = ("person_years", "min_cost", "worst_area")
#: share of the time for planning all years together, where each year alone is compared with it
_TOGETHER_TIME = 0.85


@takes(problem="programme", objective="text")
def programme(
    problem: ProgrammeProblem,
    *,
    objective: str = "person_years",
    compare_alone: bool = True,
    **options: Unpack[SolveOptions],
) -> ProgrammeResult:
    """Choose actions and their years: most person-years, least money, or the worst-off area first.

    Multi-period covering with modular capacities (Jena, Cordeau and Gendron 2015,
    doi:10.1287/trsc.2014.0575). What is open stays open but for actions that close it.

    Parameters
    ----------
    problem : years, people, sites, actions, money, targets; see `ProgrammeProblem.of`.
    objective : ``"person_years"``: most people served, summed over calendar years;
        ``"min_cost"``: least capital and running money that meets the targets;
        ``"worst_area"``: first the smallest share of person-years of any area (of the base problem)
        as large as can be, then most person-years.
    compare_alone : work out `alone_value` too: each year planned by itself (to 0.1 %), in the time
        that is left over.
    options : as in `max_coverage`. A tenth of the time limit is kept for explaining the actions
        where that takes time; what it is not enough for is told as not worked out.

    Returns
    -------
    ProgrammeResult
        Where the rules cannot all be kept: ``"infeasible"``, with the smallest changes.

    Raises
    ------
    SitingError
        Options that are wrong or make no sense together, all at once.

    Examples
    --------
    >>> import numpy as np
    >>> from geoplan.siting import Budget, SitingProblem
    >>> cover = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]], bool)
    >>> base = SitingProblem.from_cover(cover, [50, 20, 40, 35], site_costs=[6, 5, 4])
    >>> budgets = Budget(amounts=[5, 5, 5], carry_over=True)
    >>> problem = ProgrammeProblem.of(base, years=[2025, 2026, 2027], budgets=budgets)
    >>> result = programme(problem)
    >>> result.status, result.value, [(a.year, a.action.site, a.why) for a in result.actions]
    ('optimal', 300.0, [(2025, 1, 'first_year'), (2026, 2, 'budget'), (2027, 0, 'budget')])
    """
    control, faults = begin_solve("programme", options)
    _check(problem, objective, faults)
    faults.raise_all()
    of = Programme(problem=problem)
    together = compare_alone and objective != "worst_area" and problem.n_years > 1
    with control.interruptible():
        planning = control
        if not is_quickly_told(of):
            planning = control.part((1 - TELL_TIME) * control.left)
        part = planning.part(_TOGETHER_TIME * planning.left) if together else planning
        found = solve_programme(of, objective, part)
        if found.times is None:
            return _no_plan(of, objective, found, control)
        alone = each_year_alone(of, objective, planning) if together else None
        return _result(of, found, alone, objective, control)


def _check(problem: ProgrammeProblem, objective: str, faults: Faults) -> None:
    if objective not in OBJECTIVES:
        faults.add(
            Message("siting_faults.no_objective", known=", ".join(OBJECTIVES), objective=objective)
        )
    if objective == "min_cost" and not problem.targets:
        faults.add(Message("siting_faults.cost_targets"))
    if objective == "worst_area" and (problem.limited or problem.base.areas is None):
        faults.add(
            Message("siting_faults.worst_areas")
            if problem.base.areas is None
            else Message("siting_faults.worst_scarce")
        )


def _result(
    of: Programme, found: Found, alone: Plan | None, objective: str, control: SolveControl
) -> ProgrammeResult:
    assert found.times is not None
    late = control.by_clock  # explaining has time of its own
    plan = of.plan(found.times)
    broken = plan.broken()
    if broken:
        return _unknown(objective, found, control, {"failed_check": broken})
    value = value_of(plan, objective)
    alone_value = None if alone is None else value_of(alone, objective)
    if alone is not None and alone_value is not None and _better(alone_value, value, objective):
        plan, value = alone, alone_value
    bound = found.bound
    if objective != "min_cost":
        bound = rounded_bound(of, value, bound)
    bound, gap, status = judged(value, bound, gap=control.gap, split=of.problem.limited)
    explainer = Explainer(plan=plan, control=control)
    actions = explainer.actions()
    unknown = sum(not done.is_explained(of.problem.years[-1]) for done in actions)
    detail = {**found.detail, **({"not_explained": unknown} if unknown else {})}
    told = status if found.first_proved else "feasible"
    if late and told != "optimal":
        detail["cut_short"] = True
    return ProgrammeResult(
        objective=objective,
        status=told,
        value=value,
        bound=bound,
        gap=gap,
        actions=actions,
        by_year=explainer.years(),
        alone_value=alone_value,
        smallest_share=plan.smallest_share if objective == "worst_area" else None,
        seconds=control.seconds,
        solver=found.solver,
        seed=control.seed,
        detail={**detail, **({"interrupted": True} if control.stopped else {})},
    )


def _better(one: float, other: float, objective: str) -> bool:
    """Whether the value `one` is better than the other."""
    return one < other if objective == "min_cost" else one > other


def value_of(plan: Plan, objective: str) -> float:
    """What is made as large, or as small, as can be."""
    return plan.money if objective == "min_cost" else plan.person_years


def _unknown(
    objective: str, found: Found, control: SolveControl, detail: dict[str, object]
) -> ProgrammeResult:
    return ProgrammeResult(
        objective=objective,
        status="unknown",
        value=float("nan"),
        bound=found.bound,
        gap=None,
        actions=(),
        by_year=(),
        seconds=control.seconds,
        solver=found.solver,
        seed=control.seed,
        detail={**found.detail, **detail, **({"interrupted": True} if control.stopped else {})},
    )


def _no_plan(of: Programme, objective: str, found: Found, control: SolveControl) -> ProgrammeResult:
    if found.status != "infeasible":
        return _unknown(objective, found, control, {})
    small = reduce_programme(of, by_area=objective == "worst_area")
    changes, together = smallest_changes(of, small, control)
    return ProgrammeResult(
        objective=objective,
        status="infeasible",
        value=np.nan,
        bound=None,
        gap=None,
        actions=(),
        by_year=(),
        changes=changes,
        together=together,
        blocking=changes_in_words(changes, together=together),
        seconds=control.seconds,
        solver=found.solver,
        seed=control.seed,
        detail=found.detail,
    )
