"""MCLP by kernel search on a reduced core: the sites that cover most people, and a proved bound.

Greedy and interchange give a solution. A Lagrangian relaxation gives a bound, and its relaxed
shares, rounded and interchanged, give much better solutions. Then restricted problems: reduced
costs say what it costs at least to leave the few doubtful sites, so HiGHS solves the problem over
those exactly, and its bound or that cost bounds everything; the restricted problem grows until
value and bound meet (kernel search, Angelelli, Mansini and Speranza 2010,
doi:10.1016/j.cor.2010.02.002). Work is counted, not timed, unless the time limit comes
first.
"""

from __future__ import annotations

import numpy as np

from geoplan.siting.mclp.incumbent import (
    Goal,
    Incumbent,
    RestrictedProblem,
    pairs_of,
    restrict_by_reduced_cost,
)
from geoplan.siting.mclp.lagrangian import MclpDual, mclp_reduced_cost_fixing, solve_dual
from geoplan.siting.mclp.large_doubt import REGION_PAIRS, improve_by_perturbation, search_regions
from geoplan.siting.mclp.local_search import greedy, interchange
from geoplan.siting.mclp.milp_models import solve_mclp_milp
from geoplan.siting.model.build_result import rounded_up
from geoplan.siting.model.core import Core
from geoplan.siting.model.counting import is_whole
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.rng import random_state

#: covering pairs of the first restricted problem; HiGHS proves such ones in a second or so
RESTRICTED_PAIRS = 20_000
#: with so many in doubt that regions bound better: share of the time that the dual may take
_DUAL_TIME = 0.35
#: covering pairs per pair wanted beyond which a restricted problem is not worth building
_TOO_MANY = 10
#: HiGHS takes so long per covering pair to begin at all: it is left out where less time is left
_BEGIN_SECONDS = 1e-5


def solve_mclp(
    core: Core,
    *,
    n_new: int,
    control: SolveControl,
    start: np.ndarray | None = None,
    dual: MclpDual | None = None,
    need: float | None = None,
    bound: float | None = None,
    greedy_order: np.ndarray | None = None,
) -> Incumbent:
    """At most `n_new` sites of the core that cover most people of its classes.

    `start` (positions) and `dual` come from a neighbouring problem, where there is one. With
    `need` the search ends as soon as so many people are covered, or cannot be. `bound` is one that
    is known; `greedy_order` are the greedy sites of this many, or of more.
    """
    total = float(core.weight.sum())
    order = greedy(core, n_new=n_new) if greedy_order is None else greedy_order
    greedy_sites = order[: max(n_new, 0)]
    value = core.covered(greedy_sites)
    known = total if bound is None else min(bound, total)
    incumbent = Incumbent(chosen=greedy_sites, value=value, bound=known, greedy=value)
    goal = Goal(n_new=n_new, gap=control.gap, whole=is_whole(core.weight), need=need)
    try:
        _search(core, incumbent, goal, control, start, dual)
    except KeyboardInterrupt:
        control.stop()
    incumbent.bound = rounded_up(min(incumbent.bound, total), incumbent.value, whole=goal.whole)
    return incumbent


def _search(
    core: Core,
    incumbent: Incumbent,
    goal: Goal,
    control: SolveControl,
    start: np.ndarray | None,
    dual: MclpDual | None,
) -> None:
    if goal.reached(incumbent):
        return
    control.report("swap")
    incumbent.take_better(core, interchange(core, incumbent.chosen))
    if start is not None and len(start):
        grown = greedy(core, n_new=goal.n_new, start=start[: goal.n_new])
        incumbent.take_better(core, interchange(core, grown))
    if goal.reached(incumbent):
        return
    control.report("bound")

    def visit(shares: np.ndarray) -> float:
        order = np.argsort(-shares, kind="stable")[: goal.n_new]
        incumbent.take_better(core, interchange(core, order))
        return goal.target(incumbent)

    large = goal.need is None and core.pairs > REGION_PAIRS
    found = solve_dual(
        core,
        n_new=goal.n_new,
        target=goal.target(incumbent),
        control=control.part(_DUAL_TIME * control.left) if large else control,
        start=None if dual is None else dual.multipliers,
        visit=visit,
    )
    incumbent.dual = found
    incumbent.bound = min(incumbent.bound, found.bound(goal.n_new))
    if not goal.reached(incumbent):
        _solve_restricted_problems(core, incumbent, goal, control, found)


def _solve_restricted_problems(
    core: Core, incumbent: Incumbent, goal: Goal, control: SolveControl, dual: MclpDual
) -> None:
    """Solve ever larger restricted problems; max(bound inside, bound outside) is a valid bound."""
    ceiling = dual.bound(goal.n_new)
    state = random_state(control.seed)
    size = RESTRICTED_PAIRS
    perturbed = search_regions(core, incumbent, goal, control, dual)
    while control.left > 0 and not goal.reached(incumbent):
        lowest = incumbent.value + goal.unit
        found = _restricted_of_size(core, dual, goal.n_new, (lowest, ceiling), size, control)
        if found is None:
            return
        restricted, need = found
        whole_rest = need <= lowest
        if not perturbed and not (whole_rest and restricted.core.pairs <= RESTRICTED_PAIRS):
            perturbed = True
            if improve_by_perturbation(core, incumbent, restricted.may, control, state):
                continue
        control.report("proof")
        before = incumbent.value
        bound, proved = _solve_restricted(
            core, incumbent, restricted, goal, control, last=whole_rest
        )
        outside = incumbent.value if whole_rest else need
        incumbent.bound = min(incumbent.bound, max(incumbent.value, bound, outside))
        incumbent.steps.append(
            f"restricted problem of {restricted.core.m} sites, {restricted.core.pairs} pairs"
            f"{' (all)' if whole_rest else ''}: {incumbent.value:.0f} .. {incumbent.bound:.0f}"
            f"{'' if proved else ' (not finished)'}"
        )
        if whole_rest and (proved or incumbent.value == before):
            return
        size = size * 2 if proved or incumbent.value == before else size


def _restricted_of_size(
    core: Core,
    dual: MclpDual,
    n_new: int,
    needs: tuple[float, float],
    pairs: int,
    control: SolveControl,
) -> tuple[RestrictedProblem, float] | None:
    """The one of about `pairs` covering pairs, and what solutions outside it cannot reach.

    All sites in doubt where less than that is none; None where there is no time to begin with it.
    needs : the least people that matter, and the most that there can be.
    """
    lowest, ceiling = needs

    def in_doubt(need: float) -> int:
        never, always = mclp_reduced_cost_fixing(dual, n_new=n_new, need=need)
        return pairs_of(core, ~never & ~always)

    def fits(need: float) -> RestrictedProblem | None:
        if in_doubt(need) > _TOO_MANY * pairs:
            return None
        found = restrict_by_reduced_cost(core, dual, n_new=n_new, need=need)
        return found if found.core.pairs <= pairs else None

    low, high = lowest, ceiling
    restricted, need = fits(lowest), lowest
    for _ in range(0 if restricted is not None else 12):
        middle = (low + high) / 2
        if control.left <= 0:
            break
        trial = fits(middle)
        if trial is not None:
            restricted, need, high = trial, middle, middle
        else:
            low = middle
    if restricted is None:
        if not control.has(_BEGIN_SECONDS * in_doubt(lowest)):
            return None
        restricted = restrict_by_reduced_cost(core, dual, n_new=n_new, need=lowest)
    return restricted, need


def _solve_restricted(
    core: Core,
    incumbent: Incumbent,
    restricted: RestrictedProblem,
    goal: Goal,
    control: SolveControl,
    *,
    last: bool,
) -> tuple[float, bool]:
    """HiGHS on the restricted problem: (upper bound on its solutions, whether it finished)."""
    rest = restricted.core
    covered = core.covered(restricted.always)
    left = goal.n_new - len(restricted.always)
    if rest.m == 0 or left <= 0:
        incumbent.take_better(core, restricted.always)
        return covered, True
    start = interchange(rest, greedy(rest, n_new=left))
    inside = np.flatnonzero(np.isin(restricted.at, incumbent.chosen))
    if len(inside) <= left and rest.covered(inside) > rest.covered(start):
        start = interchange(rest, greedy(rest, n_new=left, start=inside))
    chosen, bound, proved = solve_mclp_milp(
        rest,
        n_new=left,
        start=start,
        control=control,
        seconds=None if last else control.left / 2,
        max_nodes=None if last else 1000,
    )
    every = np.concatenate([restricted.always, restricted.at[chosen]])
    incumbent.take_better(core, every)
    incumbent.take_better(core, interchange(core, every))
    return covered + bound, proved
