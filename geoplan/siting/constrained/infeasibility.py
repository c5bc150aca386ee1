"""Infeasibility: when constraints cannot all hold, the smallest relaxation of each that would do.

Every family of constraints is made elastic by itself, at a cost for each unit, while all others
stay: the cheapest violation of only that family is its smallest relaxation. Where no family alone
is enough, all are relaxed together (an elastic filter, Chinneck 2008).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geoplan.siting.model.constraints import Constraints
from geoplan.siting.model.counting import is_whole, least_people
from geoplan.siting.model.parse import listed, share_text, sites_text
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model, solve_in_time
from geoplan.tolerances import NO_VIOLATION, WHOLE_COLUMN


@dataclass(frozen=True, kw_only=True, slots=True)
class Relaxation:
    """One relaxation: by how much each constraint gives way, and whether less is proved too little.

    broken : family -> label -> amount (sites, money, people, capacity).
    """

    broken: Mapping[str, Mapping[Any, float]]
    proved: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Relaxations:
    """All relaxations in words, and as facts for programs."""

    text: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def find_relaxations(
    model: Model,
    problem: SitingProblem,
    constraints: Constraints,
    *,
    control: SolveControl,
    people: float | None = None,
) -> Relaxations:
    """What of an infeasible model's constraints could be relaxed, each by the least amount.

    Parameters
    ----------
    model : with its rows tagged by family.
    people : required to be served, where the model has a row for that (family ``need``).
    """
    families = list(dict.fromkeys(family for family, rows, _ in model.tags if len(rows)))
    least = max(control.left / (len(families) + 1), 1.0)
    found = [_relax(model, [family], least, control) for family in families]
    ways = [way for way in found if way is not None]
    if not ways and len(families) > 1:
        every = _relax(model, families, least, control)
        ways = [] if every is None else [every]
    lines = []
    for way in ways:
        parts = [
            _describe(f, broken, problem, constraints, people) for f, broken in way.broken.items()
        ]
        if parts:
            unsure = "" if way.proved else " (a smaller step may do: time ran out)"
            lines.append("; and ".join(parts) + unsure)
    if not lines:
        return Relaxations()
    head = "what to relax, by the least that is enough"
    head += " (any one of these):" if len(lines) > 1 else ":"
    facts = _facts([{f: dict(b) for f, b in way.broken.items()} for way in ways], constraints)
    facts["relaxations_proved"] = [way.proved for way in ways if way.broken]
    return Relaxations(text=(head, *(f"- {line}" for line in lines)), facts=facts)


def describe_constraints(problem: SitingProblem, constraints: Constraints) -> str:
    """The constraints in words."""
    asked = []
    if constraints.sites is not None:
        asked.append(f"at most {sites_text(constraints.sites)}")
    if constraints.budget is not None:
        asked.append(f"a budget of {constraints.budget:g}")
    if constraints.area_sites:
        asked.append(f"least numbers of sites in {len(constraints.area_sites)} areas")
    if constraints.area_share:
        asked.append(f"a least share of people in {len(constraints.area_share)} areas")
    if len(problem.conflicts):
        asked.append(f"{len(problem.conflicts)} pairs of sites too near each other")
    if problem.capacities is not None:
        asked.append("the capacities of sites")
    if constraints.backup:
        asked.append("a second site in reach")
    return ", ".join(asked)


def _relax(
    model: Model, families: list[str], seconds: float, control: SolveControl
) -> Relaxation | None:
    loose, columns = model.elastic(families)
    found = solve_in_time(loose, control.with_(gap=0.0), seconds=seconds)
    if found.x is None:
        return None
    broken: dict[str, dict[Any, float]] = {}
    most = np.concatenate(loose.upper)
    for family, label, column in columns:
        amount, unit = float(found.x[column]), min(1.0, float(most[column]))
        if abs(amount - round(amount)) < WHOLE_COLUMN * unit:  # within HiGHS's tolerance
            amount = float(round(amount))
        if amount > NO_VIOLATION * unit:
            broken.setdefault(family, {})[label] = amount
    return Relaxation(broken=broken, proved=found.status == "optimal")


def _describe(
    family: str,
    broken: Mapping[Any, float],
    problem: SitingProblem,
    constraints: Constraints,
    people: float | None,
) -> str:
    """One family's relaxation in words."""
    total = sum(broken.values())
    if family == "sites":
        assert constraints.sites is not None
        enough = constraints.sites + int(np.ceil(total - NO_VIOLATION))
        return f"{sites_text(enough)} instead of {constraints.sites}"
    if family == "budget":
        assert constraints.budget is not None
        return f"a budget of {constraints.budget + total:g} instead of {constraints.budget:g}"
    if family == "need":
        assert people is not None
        most = people - total
        return (
            f"serve at most {most:,.0f} people ({share_text(most / problem.total)} of all) "
            f"instead of {people:,.0f}"
        )
    if family == "reach":
        left = share_text(1 - total / problem.total)
        return f"leave out {total:,.0f} people ({left} of all are served): demand {listed(broken)}"
    if family == "conflicts":
        return f"allow these pairs to be nearer each other: {listed(broken)}"
    if family == "capacities":
        return f"capacity for {total:,.0f} more: " + _each(broken, "{label!r} +{amount:,.0f}")
    if family == "area_sites":
        return "fewer sites per area: " + _each(
            {c: constraints.area_sites[c] - round(short) for c, short in broken.items()},
            "{amount:g} in area {label!r}",
        )
    shares = {c: share_text(_share_left(problem, constraints, c, s)) for c, s in broken.items()}
    return "a smaller share of people per area: " + _each(shares, "{amount} in area {label!r}")


def _each(amounts: Mapping[Any, Any], form: str) -> str:
    every = [form.format(label=label, amount=amount) for label, amount in amounts.items()]
    more = f" and {len(every) - 8} more" if len(every) > 8 else ""
    return ", ".join(every[:8]) + more


def _share_left(problem: SitingProblem, constraints: Constraints, code: Any, short: float) -> float:
    assert problem.areas is not None
    here = np.array([c == code for c in problem.areas], bool)
    people = float(problem.weights[here].sum())
    need = least_people(constraints.area_share[code], people, whole=is_whole(problem.weights))
    return max(0.0, (need - short) / people) if people else 0.0


def _facts(ways: list[dict[str, dict[Any, float]]], constraints: Constraints) -> dict[str, Any]:
    """The same for programs: every relaxation, and what one constraint alone must become."""
    facts: dict[str, Any] = {"relaxations": ways}
    alone = {next(iter(way)): next(iter(way.values())) for way in ways if len(way) == 1}
    if "sites" in alone and constraints.sites is not None:
        facts["smallest_sites"] = constraints.sites + int(
            np.ceil(sum(alone["sites"].values()) - NO_VIOLATION)
        )
    if "budget" in alone and constraints.budget is not None:
        facts["smallest_budget"] = constraints.budget + sum(alone["budget"].values())
    every = [part for way in ways for part in way.items()]
    areas = [c for family, broken in every if family.startswith("area_") for c in broken]
    if areas:
        facts["blocking_areas"] = list(dict.fromkeys(areas))
    left_out = [label for family, broken in every if family == "reach" for label in broken]
    if left_out:
        facts["blocking_demand"] = left_out
    return facts
