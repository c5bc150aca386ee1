"""A plan that meets the targets for little money, where HiGHS alone would have to find the first.

Targets are met one after the other, each time by the option that helps most for its money; then
what the targets do not need is left out again, the dearest first. HiGHS begins with that plan; it
alone proves what no plan undercuts.
"""

from __future__ import annotations

import numpy as np

from geoplan.siting.periods.core import ProgrammeCore
from geoplan.siting.periods.mixed.search import ActionSearch
from geoplan.siting.periods.plain import Programme
from geoplan.siting.solver.control import SolveControl

#: how much chance is in the trials after the first
_NOISE = 0.5
#: trials in a row that find nothing cheaper, after which they end
_PATIENCE = 12


def least_money(of: Programme, small: ProgrammeCore, control: SolveControl) -> np.ndarray | None:
    """Times (actions x years) of a plan that keeps every rule and target, or None."""
    search = ActionSearch(of, small, control)
    lasting = np.cumsum(of.problem.lengths[::-1])[::-1]
    table = of.table
    money = table.cost[search.action] + table.running[search.action] * lasting[search.year]
    mean = float(np.abs(money).mean()) if len(money) else 0.0
    if mean > 0:
        search.dear = np.maximum(money / mean, 0.0)
    best, least, idle = None, np.inf, 0
    while idle < _PATIENCE and (control.left > 0 or idle == 0):
        times = search.meet_targets(of.plan_of_nothing, 0.0 if best is None else _NOISE)
        if not of.plan(times).broken():
            times = _without_idle(of, times, control)
            cost = of.plan(times).money
            if cost < least:
                best, least, idle = times, cost, 0
                continue
        elif best is None and idle:
            break
        idle += 1
    return best


def _without_idle(of: Programme, times: np.ndarray, control: SolveControl) -> np.ndarray:
    """The plan without what can be left out for less money, the dearest first."""
    plan = of.plan(times)
    done = np.argwhere(times > 0)
    spent = of.table.cost[done[:, 0]]
    for a, t in done[np.argsort(-spent, kind="stable")]:
        if control.left <= 0:
            break
        less = plan.times.copy()
        less[a, t] -= 1
        other = of.plan(less)
        if other.money < plan.money and not other.broken():
            plan = other
    return plan.times
