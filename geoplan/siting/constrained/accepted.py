"""HiGHS's answers taken only where the plain problem agrees: else they are ruled out, and on.

HiGHS keeps a row to a millionth. A budget, a number of people or a share that is missed by less
than that is missed all the same: such sites are forbidden by a row, and the model is solved again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from geoplan.siting.model.check_answer import broken_shares, broken_site_rules
from geoplan.siting.model.constraints import Constraints, site_money
from geoplan.siting.model.counting import covered_share, is_enough
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.highs import Outcome
from geoplan.siting.solver.milp import Model
from geoplan.siting.solver.two_stage import forbid_sites

#: answers that are ruled out before the search gives up
_MOST_TURNS = 200


def solve_accepted(run: Callable[[], Outcome], refuse: Callable[[np.ndarray], bool]) -> Outcome:
    """The outcome of `run`, once `refuse` (which then adds a row to the model) lets it pass."""
    found = run()
    for _ in range(_MOST_TURNS):
        if found.x is None or not refuse(found.x):
            return found
        found = run()
    return replace(found, status="unknown", x=None, value=float("nan"))


def over_budget(
    problem: SitingProblem, constraints: Constraints, is_open: np.ndarray
) -> np.ndarray | None:
    """The open sites that take money (bool per site), where together they take too much."""
    if constraints.budget is None:
        return None
    money = site_money(problem)
    paid = is_open & (money > 0)
    return paid if float(money[is_open].sum()) > constraints.most_money else None


def refuse_sites(
    model: Model,
    columns: tuple[np.ndarray, np.ndarray],
    problem: SitingProblem,
    constraints: Constraints,
    x: np.ndarray,
) -> bool:
    """Whether the open sites in `x` break a constraint on sites; a row then rules them out.

    columns : the column of each open site, and the position in the problem of each.
    """
    y, sites = columns
    chosen = sites[x[y] > 0.5]
    if not broken_site_rules(problem, constraints, chosen):
        return False
    paid = over_budget(problem, constraints, problem.is_open(chosen))
    if paid is None:
        forbid_sites(model, y, x)
    else:  # nor with others beside them
        here = paid[sites]
        model.add_row(y[here], upper=float(here.sum()) - 1.0)
    return True


def refuse_people(
    problem: SitingProblem, constraints: Constraints, chosen: np.ndarray, need: float | None
) -> bool:
    """Whether too few people are covered by `chosen`, in all or in an area; capacities aside."""
    served = problem.weights * covered_share(problem, chosen, times=constraints.times)
    if need is not None and not is_enough(float(served.sum()), need):
        return True
    return any(broken_shares(problem, constraints, served))
