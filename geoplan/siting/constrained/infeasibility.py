"""When rules cannot all hold: what to loosen, and by how little.

Every family of rules is loosened by itself, at a price for each unit, while all others stay: the
cheapest way to break only that family is the smallest relaxation of it. Where no family alone is
enough, all are loosened together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from geoplan.siting.model.build_result import is_whole
from geoplan.siting.model.constraints import Constraints, least_people
from geoplan.siting.model.parse import listed, share_told, sites_told
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import Model, solve_in_time


@dataclass(frozen=True, kw_only=True, slots=True)
class Loosening:
    """One way out: by how much each rule of it gives way, and whether less is proved too little.

    broken : family -> label -> amount (sites, money, people, places).
    """

    broken: Mapping[str, Mapping[Any, float]]
    proved: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class WaysOut:
    """All ways out in words, and as facts for programs."""

    text: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def find_relaxations(
    model: Model,
    problem: SitingProblem,
    rules: Constraints,
    *,
    control: SolveControl,
    people: float | None = None,
) -> WaysOut:
    """What of an infeasible model's rules could be loosened, each by the least amount.

    Parameters
    ----------
    model : with its rows tagged by family.
    people : asked to be served, where the model has a row for that (family ``need``).
    """
    families = list(dict.fromkeys(family for family, rows, _ in model.tags if len(rows)))
    least = max(control.left / (len(families) + 1), 1.0)
    found = [_loosen(model, [family], least, control) for family in families]
    ways = [way for way in found if way is not None]
    if not ways and len(families) > 1:
        every = _loosen(model, families, least, control)
        ways = [] if every is None else [every]
    lines = []
    for way in ways:
        parts = [_told(f, broken, problem, rules, people) for f, broken in way.broken.items()]
        if parts:
            unsure = "" if way.proved else " (a smaller step may do: time ran out)"
            lines.append("; and ".join(parts) + unsure)
    if not lines:
        return WaysOut()
    head = "what to loosen, by the least that is enough"
    head += " (any one of these):" if len(lines) > 1 else ":"
    return WaysOut(
        text=(head, *(f"- {line}" for line in lines)),
        facts=_facts([{f: dict(b) for f, b in way.broken.items()} for way in ways], rules),
    )


def _loosen(
    model: Model, families: list[str], seconds: float, control: SolveControl
) -> Loosening | None:
    loose, columns = model.elastic(families)
    found = solve_in_time(loose, control.with_(gap=0.0), seconds=seconds)
    if found.x is None:
        return None
    broken: dict[str, dict[Any, float]] = {}
    for family, label, column in columns:
        amount = float(found.x[column])
        if abs(amount - round(amount)) < 1e-4:  # HiGHS leaves a little dust
            amount = float(round(amount))
        if amount > 1e-6:
            broken.setdefault(family, {})[label] = amount
    return Loosening(broken=broken, proved=found.status == "optimal")


def _told(
    family: str,
    broken: Mapping[Any, float],
    problem: SitingProblem,
    rules: Constraints,
    people: float | None,
) -> str:
    """One family's relaxation in words."""
    total = sum(broken.values())
    if family == "sites":
        assert rules.sites is not None
        return f"{sites_told(rules.sites + int(np.ceil(total - 1e-6)))} instead of {rules.sites}"
    if family == "budget":
        assert rules.budget is not None
        return f"a budget of {rules.budget + total:g} instead of {rules.budget:g}"
    if family == "need":
        assert people is not None
        most = people - total
        return (
            f"serve at most {most:,.0f} people ({share_told(most / problem.total)} of all) "
            f"instead of {people:,.0f}"
        )
    if family == "reach":
        left = share_told(1 - total / problem.total)
        return f"leave out {total:,.0f} people ({left} of all are served): demand {listed(broken)}"
    if family == "conflicts":
        return f"let these pairs stand nearer each other: {listed(broken)}"
    if family == "capacities":
        return f"{total:,.0f} more places: " + _each(broken, "{label!r} +{amount:,.0f}")
    if family == "area_sites":
        return "fewer sites per area: " + _each(
            {c: rules.area_sites[c] - round(short) for c, short in broken.items()},
            "{amount:g} in area {label!r}",
        )
    shares = {c: share_told(_share_left(problem, rules, c, s)) for c, s in broken.items()}
    return "a smaller share of people per area: " + _each(shares, "{amount} in area {label!r}")


def _each(amounts: Mapping[Any, Any], form: str) -> str:
    every = [form.format(label=label, amount=amount) for label, amount in amounts.items()]
    more = f" and {len(every) - 8} more" if len(every) > 8 else ""
    return ", ".join(every[:8]) + more


def _share_left(problem: SitingProblem, rules: Constraints, code: Any, short: float) -> float:
    assert problem.areas is not None
    here = np.array([c == code for c in problem.areas], bool)
    people = float(problem.weights[here].sum())
    need = least_people(rules.area_share[code], people, whole=is_whole(problem.weights))
    return max(0.0, (need - short) / people) if people else 0.0


def _facts(ways: list[dict[str, dict[Any, float]]], rules: Constraints) -> dict[str, Any]:
    """The same for programs: every way, and by name what one rule alone must come to."""
    told: dict[str, Any] = {"relaxations": ways}
    alone = {next(iter(way)): next(iter(way.values())) for way in ways if len(way) == 1}
    if "sites" in alone and rules.sites is not None:
        told["smallest_sites"] = rules.sites + int(np.ceil(sum(alone["sites"].values()) - 1e-6))
    if "budget" in alone and rules.budget is not None:
        told["smallest_budget"] = rules.budget + sum(alone["budget"].values())
    every = [part for way in ways for part in way.items()]
    areas = [c for family, broken in every if family.startswith("area_") for c in broken]
    if areas:
        told["blocking_areas"] = list(dict.fromkeys(areas))
    left_out = [label for family, broken in every if family == "reach" for label in broken]
    if left_out:
        told["blocking_demand"] = left_out
    return told
