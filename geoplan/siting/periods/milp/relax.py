"""What a plan in time asks too much of, and the smallest changes that make one possible.

As for one period (`constrained.infeasibility`): each family of rules alone is made elastic, all
others stay; where no family alone is enough, all are.
"""

from __future__ import annotations

from geoplan.siting.model.parse import share_text
from geoplan.siting.periods.core import ProgrammeCore
from geoplan.siting.periods.milp.model import ProgrammeModel, build_model
from geoplan.siting.periods.plain import Plan, Programme
from geoplan.siting.periods.result import Change
from geoplan.siting.periods.rules import Target
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.milp import solve_in_time
from geoplan.tolerances import NO_VIOLATION, WHOLE_COLUMN


def smallest_changes(
    of: Programme, small: ProgrammeCore, control: SolveControl
) -> tuple[tuple[Change, ...], bool]:
    """Ways out of an infeasible problem, and whether all of them are needed at once."""
    built = build_model(of, small)
    families = list(dict.fromkeys(family for family, _, _ in built.model.tags))
    seconds = max(control.left / (len(families) + 1), 1.0)
    found = [_relax(built, [family], seconds, control) for family in families]
    ways = [change for way in found for change in way]
    if ways or len(families) < 2:
        return tuple(ways), False
    return tuple(_relax(built, families, seconds, control)), True


def _relax(
    built: ProgrammeModel, families: list[str], seconds: float, control: SolveControl
) -> list[Change]:
    loose, columns = built.model.elastic(families)
    found = solve_in_time(loose, control.with_(gap=0.0), seconds=seconds)
    if found.x is None:
        return []
    plan = built.of.plan(built.plan_times(found.x))
    proved = found.status == "optimal"
    changes = []
    for family, where, column in columns:
        if float(found.x[column]) > NO_VIOLATION:
            changes.append(_change(plan, (family, where), float(found.x[column]), proved))
    return [change for change in changes if change.asked != change.enough]


def _change(plan: Plan, rule: tuple[str, object], amount: float, proved: bool) -> Change:
    family, where = rule
    amount = float(round(amount)) if abs(amount - round(amount)) < WHOLE_COLUMN else amount
    if family == "target":
        assert isinstance(where, Target)
        asked, enough = where.amount, _reachable(plan, where)
    elif family in ("budget", "works", "spend_share"):
        limit = next(r for r in plan.of.limits if r.family == family and r.where == where)
        asked, enough = limit.limit, max(limit.limit, plan.used(limit))
    else:
        asked, enough = 0.0, amount
    return Change(family=family, where=where, asked=asked, enough=enough, proved=proved)


def _reachable(plan: Plan, target: Target) -> float:
    """What the plan reaches, in the unit in which the target asks."""
    reached = plan.reached(target)
    t = plan.of.problem.years.index(target.year)
    if target.measure == "people":
        people = float(plan.of.people_of(target)[:, t].sum())
        return min(target.amount, reached / people) if people else target.amount
    if target.measure in ("sites", "capacity"):
        return min(float(target.amount), reached)
    if target.measure == "capacity_share":
        every = float(plan.capacity[t].sum())
        return float(plan.places[str(target.kind)][t].sum()) / every if every else 0.0
    return min(target.amount, reached / len(plan.of.problem.levels[target.level or ""].codes))


def changes_in_words(changes: tuple[Change, ...], *, together: bool) -> tuple[str, ...]:
    """The changes as lines for people."""
    if not changes:
        return ("no plan keeps all rules, and no change of money, works or targets alone helps",)
    many = len({change.family for change in changes}) > 1
    head = "what to relax, by the least that is enough"
    head += " (all of these):" if together else " (one of these kinds):" if many else ":"
    return (head, *(f"- {_line(change)}" for change in changes))


def _line(change: Change) -> str:
    unsure = "" if change.proved else " (a smaller step may do: time ran out)"
    if change.family == "target":
        target = change.where
        what = target.measure.replace("_", " ")
        where = "" if target.area is None else f" in {target.area!r}"
        share = target.measure not in ("sites", "capacity")
        enough = share_text(change.enough) if share else f"{change.enough:g}"
        says = f"{what}{where} {enough} instead of {change.asked:g}"
        return f"target of {target.year}: {says}{unsure}"
    if change.family == "budget":
        name, year = change.where
        return f"{name} of {year}: {change.enough:g} instead of {change.asked:g}{unsure}"
    if change.family == "works":
        return f"works of {change.where}: {change.enough:g} instead of {change.asked:g}{unsure}"
    return f"{change.family} {change.where}: off by {change.enough - change.asked:g}{unsure}"
