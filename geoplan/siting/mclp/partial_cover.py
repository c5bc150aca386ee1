"""Partial LSCP: fewest sites for a share of the people, by bisection on the number of sites.

So many sites are enough exactly when the most people that they can cover are enough, and that MCLP
the search of `geoplan.siting.mclp.kernel_search` decides quickly, yes or no. A number that stays
undecided in its time is left open; the bound is then below it. Where sites are so many that their
Lagrangian bound leaves a wide gap, the bound by regions narrows it first.
"""

from __future__ import annotations

import numpy as np

from geoplan.siting.mclp.annealing import anneal, moves_in
from geoplan.siting.mclp.decomposition import FIRST_PAIRS, RegionBound, region_bound
from geoplan.siting.mclp.kernel_search import RESTRICTED_PAIRS, solve_mclp
from geoplan.siting.mclp.lagrangian import MclpDual, mclp_reduced_cost_fixing, solve_dual
from geoplan.siting.mclp.local_search import drop_idle_sites, interchange
from geoplan.siting.model.core import Core
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.rng import random_state
from geoplan.tolerances import SAME_VALUE

#: share of the time left that one number of sites may take
_TIME_SHARE = 0.15
#: how often what stayed open is tried again
_TURNS = 12
#: moves of annealing while numbers are halved, and for each further site less
_MOVES, _LAST_MOVES = 1_000_000, 4_000_000
#: share of the time limit that annealing one number of sites may take
_ANNEAL_TIME_SHARE = 0.06
#: annealing ends once one site less was not found so many times
_MAX_FAILURES = 3
#: share of the time left that bounds by regions may take
_REGIONS = 0.95
#: regions of fewer sites than these lose all at their borders (measured)
_MIN_SITES_PER_REGION = 5


def solve_partial_lscp(
    core: Core,
    *,
    need: float,
    start: np.ndarray,
    control: SolveControl,
) -> tuple[np.ndarray, float]:
    """Sites that cover at least `need` people of the classes, and a bound on their number.

    Parameters
    ----------
    core : reduced problem; every site counts one.
    need : people, at most those of all classes.
    start : positions that cover enough.

    Returns
    -------
    positions, and a number of sites that no solution goes below.
    """
    best, dual = start, None
    slack = SAME_VALUE * need
    below, dual = first_dual(core, len(start), need - slack, control)

    def gap_is_open() -> bool:
        return len(best) - below - 1 > control.gap * len(best) + SAME_VALUE

    if core.pairs > RESTRICTED_PAIRS and gap_is_open():
        # counted by the limit, not by what is left of it: the same moves every time
        most_moves = moves_in(core, _ANNEAL_TIME_SHARE * control.time_limit_s)
        part = control.part(control.left / 2)
        best = _annealed(core, best, dual, below, need - slack, part, most_moves)
    regions = core.pairs / FIRST_PAIRS
    if 4 < regions < len(best) / _MIN_SITES_PER_REGION and gap_is_open():
        part = control.part(_REGIONS * control.left)
        below = max(below, bound_by_regions(core, best, dual, below, need - slack, part))
    open_from = below  # numbers above `below` and up to here could not be decided
    share, turns = _TIME_SHARE, 0
    while control.left > 0 and gap_is_open():
        low = max(below, open_from)
        if len(best) - low <= 1:  # all that is left was open: once more, with more time for each
            share, turns = min(2 * share, 1.0), turns + 1
            if turns > _TURNS:
                break
            low = open_from = below
        count = (low + len(best)) // 2 if turns == 0 else len(best) - 1 if turns % 2 else below + 1
        turn = control.part(max(control.left * share, 0.5))
        found = solve_mclp(
            core,
            n_new=count,
            control=turn.with_(gap=0.0, seed=control.seed + turns),
            start=best,
            dual=dual,
            need=need - slack,
        )
        if found.value >= need - slack:
            best = drop_idle_sites(core, found.chosen, need=need - slack)
        elif found.bound < need - slack:
            below = max(below, count)
        else:
            open_from = max(open_from, count) if turns == 0 else len(best)
        if found.dual is not None:
            dual = found.dual
            below = max(below, _proved(dual, len(best), need - slack))
    return best, float(min(below + 1, len(best)))


def _annealed(
    core: Core,
    best: np.ndarray,
    dual: MclpDual,
    below: int,
    need: float,
    control: SolveControl,
    most_moves: int,
) -> np.ndarray:
    """Fewer sites than `best` that cover `need`, as far down as annealing gets."""
    control.report("improve")
    state = random_state(control.seed)
    # converge the dual first: its shares round better
    converged = solve_dual(
        core, n_new=below + 1, target=0.0, control=control, start=dual.multipliers, rounds=4000
    )
    order = best if converged.shares is None else np.argsort(-converged.shares, kind="stable")
    failed = below

    def tried(count: int, moves: int) -> bool:
        nonlocal best, failed
        found = anneal(
            core,
            interchange(core, order[:count]),
            moves=min(moves, most_moves),
            control=control,
            state=state,
            need=need,
            start_temperature=0.05,
        )
        if core.covered(found) < need:
            failed = max(failed, count)
            return False
        best = drop_idle_sites(core, found, need=need)
        return True

    while control.left > 0 and len(best) - failed > 1:
        tried((failed + len(best)) // 2, _MOVES)
    failures = 0
    while control.left > 0 and len(best) - below > 1 and failures < _MAX_FAILURES:
        failures = 0 if tried(len(best) - 1, _LAST_MOVES) else failures + 1
    return best


def bound_by_regions(
    core: Core,
    best: np.ndarray,
    dual: MclpDual,
    below: int,
    need: float,
    control: SolveControl,
) -> int:
    """The largest number of sites that regions prove to be too few."""
    control.report("bound")
    most = len(best) - 1
    while below < most:  # to where multipliers alone prove no more
        n_new = below + 1
        dual = solve_dual(core, n_new=n_new, target=need, control=control, start=dual.multipliers)
        proved = _proved(dual, most, need)
        if proved <= below or control.left <= 0:
            break
        below = proved
    # the curve of dual bounds is concave: the cost of a site at `most` <= that at `below` + 1
    dual = solve_dual(core, n_new=most, target=need, control=control, start=dual.multipliers)
    never, _ = mclp_reduced_cost_fixing(dual, n_new=most, need=need)

    def enough(found: RegionBound) -> bool:
        return most - found.too_few(need) <= control.gap * len(best) + SAME_VALUE

    found = region_bound(
        core, dual, n_new=most, chosen=best, allowed=~never, control=control, enough=enough
    )
    return min(most, max(found.too_few(need), below))


def first_dual(core: Core, most: int, need: float, control: SolveControl) -> tuple[int, MclpDual]:
    """A dual that is good near the solution, and the number that it rules out."""
    n_new, below = most, 0
    dual = solve_dual(core, n_new=n_new, target=need, control=control, rounds=600)
    for _ in range(4):
        below = max(below, _proved(dual, most, need))
        if below + 1 >= n_new or control.left <= 0:
            break
        n_new = below + 1
        dual = solve_dual(
            core, n_new=n_new, target=need, control=control, start=dual.multipliers, rounds=1200
        )
    return max(below, _proved(dual, most, need)), dual


def _proved(dual: MclpDual, most: int, need: float) -> int:
    """The largest number of sites that this dual proves to be too few."""
    curve = dual.curve(most)
    short = np.flatnonzero(curve < need)
    return int(short[-1]) if len(short) else 0
