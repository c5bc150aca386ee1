"""Services planned together: a building that houses two of them costs less than two buildings."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from geoplan.errors import Faults
from geoplan.siting.mclp.milp_models import add_cover_rows
from geoplan.siting.model.build_result import judged, make_result, no_result, rounded_up
from geoplan.siting.model.constraints import begin_solve, problem_free, site_money
from geoplan.siting.model.core import Core
from geoplan.siting.model.counting import covered_people, is_whole
from geoplan.siting.model.parse import (
    some_of,
)
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.model.result import SitingResult, Status
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model, solve_in_time
from geoplan.siting.solver.request import SolveOptions
from geoplan.tolerances import BUDGET_ROUNDING
from geoplan.words.message import Message

SOLVER = "covering_joint_highs"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TogetherResult:
    """Plans of several services that share a budget and buildings.

    Parameters
    ----------
    status, value, bound, gap : of the people covered, summed over the services (each counts its
        own people), as in `SitingResult`.
    results : service -> its own `SitingResult`; its bound is None, only the sum is proved.
    shared : labels of buildings where a new site of one service joins another service.
    money : what is spent.
    saved : what sharing saves in it.
    seconds : wall-clock time.

    Examples
    --------
    >>> import numpy as np
    >>> problems = {
    ...     name: SitingProblem.from_cover(
    ...         np.eye(2, dtype=bool), people, site_index=["school", "hall"], site_costs=10)
    ...     for name, people in (("meals", [50, 60]), ("care", [30, 5]))}
    >>> both = plan_together(problems, budget=16, saving=4)
    >>> both.status, both.value, both.money
    ('optimal', 80.0, 16.0)
    >>> {name: result.sites for name, result in both.results.items()}
    {'meals': ['school'], 'care': ['school']}
    """

    status: Status
    value: float
    bound: float | None
    gap: float | None
    results: Mapping[Hashable, SitingResult]
    shared: list[Any]
    money: float
    saved: float
    seconds: float


def plan_together(
    problems: Mapping[Hashable, SitingProblem],
    *,
    budget: float,
    saving: float,
    sites: Mapping[Hashable, int] | None = None,
    **options: Unpack[SolveOptions],
) -> TogetherResult:
    """Choose sites for all services so that most people are covered within one budget.

    Parameters
    ----------
    problems : service -> its problem, with `site_costs`. Sites with the same label are the same
        building. Fixed, closable and forbidden sites and gradual coverage as in `max_coverage`.
    budget : money for all new sites together.
    saving : money that each service beyond the first saves in a building, where its site is new;
        a service that joins an existing one saves it too. Never more than the site costs.
    sites : service -> most sites in all, where that is limited.
    options : as in `max_coverage`.

    Returns
    -------
    TogetherResult
        With the bound that proves its sum, or a gap where the time did not suffice.

    Raises
    ------
    SitingError
        Problems without costs, with constraints that are not known here, senseless numbers.

    Examples
    --------
    >>> import numpy as np
    >>> near = np.array([[1, 0], [0, 1]], bool)
    >>> where = ["school", "hall"]
    >>> meals = SitingProblem.from_cover(near, [50, 60], site_index=where, site_costs=10)
    >>> care = SitingProblem.from_cover(near, [30, 5], site_index=where, site_costs=10)
    >>> both = plan_together({"meals": meals, "care": care}, budget=16, saving=4)
    >>> both.value, both.shared, both.money, both.saved
    (80.0, ['school'], 16.0, 4.0)
    """
    control, faults = begin_solve("plan_together", options)
    limits = _checked(problems, budget, saving, sites, faults)
    faults.raise_all()
    with control.interruptible():
        return _solve(problems, limits, float(budget), float(saving), control)


def _checked(
    problems: Mapping[Hashable, SitingProblem],
    budget: Any,
    saving: Any,
    sites: Mapping[Hashable, int] | None,
    faults: Faults,
) -> dict[Hashable, int]:
    if len(problems) < 2:
        faults.add(Message("siting_faults.two_services"))
    for what, amount in (("budget", budget), ("saving", saving)):
        if isinstance(amount, bool) or not amount >= 0 or not np.isfinite(amount):
            faults.add(Message("siting_faults.finite_amount", what=what, amount=amount))
    limits = dict(sites or {})
    unknown = [name for name in limits if name not in problems]
    if unknown:
        faults.add(
            Message("siting_faults.no_service", some=some_of(unknown), some2=some_of(problems))
        )
    for name, problem in problems.items():
        if problem.site_costs is None:
            faults.add(Message("siting_faults.no_site_costs", name=name))
        for constraint, there in (
            ("capacities", problem.capacities is not None),
            ("conflicts", len(problem.conflicts) > 0),
        ):
            if there:
                faults.add(
                    Message("siting_faults.together_without", name=name, constraint=constraint)
                )
        count = limits.get(name)
        if count is not None and (isinstance(count, bool) or count < len(problem.fixed)):
            faults.add(Message("siting_faults.sites_of_fixed", name=name, count=len(problem.fixed)))
    return limits


@dataclass(kw_only=True, slots=True, eq=False)
class _Part:
    """One service in the joint model: its reduced core and its columns of open sites."""

    problem: SitingProblem
    core: Core
    y: np.ndarray
    money: np.ndarray


def _solve(
    problems: Mapping[Hashable, SitingProblem],
    limits: Mapping[Hashable, int],
    budget: float,
    saving: float,
    control: SolveControl,
) -> TogetherResult:
    model = Model()
    parts: dict[Hashable, _Part] = {}
    for name, problem in problems.items():
        core = reduce_problem(problem, drop_sites=False, keep_fixed=True)
        fixed = problem.is_fixed[core.sites].astype(float)
        y = model.add_columns(core.m, lower=fixed, integer=True)
        z = model.add_columns(core.n, cost=-core.weight)
        add_cover_rows(model, core, y, z)
        if name in limits:
            model.add_row(y, upper=float(limits[name]))
        money = site_money(problem)[core.sites]
        parts[name] = _Part(problem=problem, core=core, y=y, money=money)
    sharing, saved_by = _sharing(model, parts, saving)
    spent = np.concatenate([part.y for part in parts.values()])
    money = np.concatenate([part.money for part in parts.values()])
    model.add_row(
        np.concatenate([spent, sharing]),
        np.concatenate([money, -saved_by]),
        upper=budget * (1 + BUDGET_ROUNDING),
    )
    whole = all(is_whole(p.core.weight) for p in parts.values())
    control.report("proof")
    found = solve_in_time(model, control, options={"mip_abs_gap": 0.99} if whole else {})
    if found.x is None:
        return _nothing(problems, control, found.status, found.bound)
    results = {}
    for name, part in parts.items():
        chosen = part.core.sites[found.x[part.y] > 0.5]
        results[name] = make_result(
            part.problem,
            "max_coverage",
            chosen,
            value=covered_people(part.problem, chosen),
            bound=None,
            control=control,
            solver=SOLVER,
        )
    value = sum(r.value for r in results.values())
    total = sum(p.problem.total for p in parts.values())
    most = total if found.bound is None else min(-found.bound, total)
    bound, apart, status = judged(value, rounded_up(most, value, whole=whole), gap=control.gap)
    # counted from the sites: with money to spare the model need not take every saving
    saved = sum(_saved_in(members, found.x, saving) for members in _buildings(parts).values())
    return TogetherResult(
        status=status,
        value=value,
        bound=bound,
        gap=apart,
        results=results,
        shared=_shared(parts, found.x),
        money=float(money @ (found.x[spent] > 0.5)) - saved,
        saved=saved,
        seconds=control.seconds,
    )


def _buildings(parts: Mapping[Hashable, _Part]) -> dict[Any, list[tuple[_Part, int]]]:
    """The services that may be in each building, with their site's position in the core."""
    by_label: dict[Any, list[tuple[_Part, int]]] = {}
    for part in parts.values():
        for k, position in enumerate(part.core.sites):
            by_label.setdefault(part.problem.site_index[position], []).append((part, k))
    return by_label


def _saved_in(members: list[tuple[_Part, int]], x: np.ndarray, saving: float) -> float:
    """What the open services of one building save: all new ones but the one that pays in full."""
    here = [(part, k) for part, k in members if x[part.y[k]] > 0.5]
    new = [(part, k) for part, k in here if not problem_free(part.problem)[part.core.sites[k]]]
    saved = sorted(min(saving, float(part.money[k])) for part, k in new)
    return sum(saved if len(new) < len(here) else saved[1:])


def _sharing(
    model: Model, parts: Mapping[Hashable, _Part], saving: float
) -> tuple[np.ndarray, np.ndarray]:
    """A column per service and building: this new site saves, because another one has paid.

    Of the services in a building one pays in full: an existing one, if there is one.
    """
    columns: list[int] = []
    saved_by: list[float] = []
    for members in _buildings(parts).values():
        if len(members) < 2:
            continue
        open_here = np.array([part.y[k] for part, k in members])
        new = [
            (int(part.y[k]), float(part.money[k]))
            for part, k in members
            if not problem_free(part.problem)[part.core.sites[k]]
        ]
        shares = model.add_columns(len(new), integer=True)
        used = model.add_columns(1)
        for share, (y, money) in zip(shares, new, strict=True):
            model.add_row(np.array([share, y]), np.array([1.0, -1.0]), upper=0.0)
            columns.append(int(share))
            saved_by.append(min(saving, money))
        for y in open_here:
            model.add_row(np.append(used, y), np.array([-1.0, 1.0]), upper=0.0)
        factors = [1.0] * len(new) + [-1.0] * len(open_here) + [1.0]
        model.add_row(np.concatenate([shares, open_here, used]), np.array(factors), upper=0.0)
    return np.array(columns, np.int64), np.array(saved_by)


def _shared(parts: Mapping[Hashable, _Part], x: np.ndarray) -> list[Any]:
    """Buildings with two services or more, at least one of them new."""
    there: dict[Any, list[bool]] = {}
    for part in parts.values():
        for k in np.flatnonzero(x[part.y] > 0.5):
            position = part.core.sites[k]
            existing = bool(problem_free(part.problem)[position])
            there.setdefault(part.problem.site_index[position], []).append(existing)
    return [label for label, existing in there.items() if len(existing) > 1 and not all(existing)]


def _nothing(
    problems: Mapping[Hashable, SitingProblem],
    control: SolveControl,
    status: str,
    bound: float | None,
) -> TogetherResult:
    """No solution in the time; fixed sites alone are always one, so it is never infeasible."""
    nothing: Status = "unknown" if status != "infeasible" else "infeasible"
    results = {
        name: no_result(problem, "max_coverage", nothing, control=control, solver=SOLVER)
        for name, problem in problems.items()
    }
    return TogetherResult(
        status=nothing,
        value=float("nan"),
        bound=None if bound is None else -bound,
        gap=None,
        results=results,
        shared=[],
        money=float("nan"),
        saved=0.0,
        seconds=control.seconds,
    )
