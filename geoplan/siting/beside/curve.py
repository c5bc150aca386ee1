"""How many people every number of sites covers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple, Unpack

import numpy as np
import pandas as pd

from geoplan.errors import Faults
from geoplan.siting.constrained.capacity_part import people_served, shortage_part
from geoplan.siting.constrained.capacity_solve import max_coverage_with_capacities
from geoplan.siting.mclp.components import components_of, solve_components
from geoplan.siting.mclp.incumbent import Incumbent
from geoplan.siting.mclp.kernel_search import solve_mclp
from geoplan.siting.mclp.local_search import greedy
from geoplan.siting.model.build_result import judged
from geoplan.siting.model.constraints import Constraints, begin_solve, check_count
from geoplan.siting.model.core import Core
from geoplan.siting.model.counting import covered_people
from geoplan.siting.model.parse import (
    some_of,
)
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.request import SolveOptions
from geoplan.validate import takes
from geoplan.words.message import Message

#: numbers of sites beyond which not each is solved from the start, and how far those stand apart
_MANY, _STRIDE = 100, 16


@takes(problem="problem", sites="list?")
def coverage_curve(
    problem: SitingProblem,
    *,
    sites: Iterable[int] | None = None,
    **options: Unpack[SolveOptions],
) -> pd.DataFrame:
    """People covered and the proved bound for every number of sites.

    Parameters
    ----------
    problem : the problem; `fixed` sites count. With `capacities` whoever finds capacity counts.
        Money, areas and conflicts play no part.
    sites : numbers of sites in all, fixed ones counted; default: up to 50 new ones.
    options : as in `max_coverage`; the time limit is for the whole curve, where each number starts
        from its neighbour's sites and multipliers; the gap is for each number.

    Raises
    ------
    SitingError
        Numbers of sites that are below 0, or leave no room for the fixed ones.

    Returns
    -------
    DataFrame with the columns ``sites``, ``value`` (people), ``bound``, ``gap``, ``status``,
    ``share`` (of all people), ``chosen`` (labels, fixed first), ``cut_short`` (the time was over
    before the number was as exact as asked), one row per number, ascending.

    Examples
    --------
    >>> import numpy as np
    >>> cover = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]], bool)
    >>> problem = SitingProblem.from_cover(cover, [50, 20, 40, 35])
    >>> coverage_curve(problem, sites=range(4))[["sites", "value", "bound", "status"]]
       sites  value  bound   status
    0      0    0.0    0.0  optimal
    1      1   70.0   70.0  optimal
    2      2  110.0  110.0  optimal
    3      3  145.0  145.0  optimal
    """
    control, faults = begin_solve("coverage_curve", options)
    fixed = len(problem.fixed)
    counts = _counts(problem, range(fixed, fixed + 51) if sites is None else sites, faults)
    faults.raise_all()
    with control.interruptible():
        if problem.capacities is None:
            found = _curve_of_reach(problem, counts, control)
        else:
            found = _curve_with_capacities(problem, counts, control=control)
    rows: list[tuple[Any, ...]] = []
    for count in counts:
        value, bound, chosen, by_clock = found[count]
        split = problem.capacities is not None
        told, distance, status = judged(value, bound, gap=control.gap, split=split)
        cut_short = by_clock and status != "optimal"
        rows.append((count, value, told, distance, status, problem.in_order(chosen), cut_short))
    columns = ["sites", "value", "bound", "gap", "status", "chosen", "cut_short"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["gap"] = frame["gap"].astype(np.float64)
    total = problem.total
    frame.insert(5, "share", frame["value"] / total if total > 0 else np.nan)
    return frame


class _Point(NamedTuple):
    """People covered by one number of sites, the bound, positions of the sites.

    by_clock : the time was over before the work was.
    """

    value: float
    bound: float
    chosen: np.ndarray
    by_clock: bool


def _curve_of_reach(
    problem: SitingProblem,
    counts: Sequence[int],
    control: SolveControl,
) -> dict[int, _Point]:
    """The point of every number of sites in all."""
    core, fixed = reduce_problem(problem), len(problem.fixed)
    best = solve_all(core, [count - fixed for count in counts], control)
    found = {}
    for count in counts:
        chosen = np.concatenate([problem.fixed, core.sites[best[count - fixed].chosen]])
        value = covered_people(problem, chosen)
        bound = max(core.base + best[count - fixed].bound, value)
        found[count] = _Point(value, bound, chosen, best[count - fixed].by_clock)
    return found


def _curve_with_capacities(
    problem: SitingProblem,
    counts: Sequence[int],
    *,
    control: SolveControl,
) -> dict[int, _Point]:
    """The point of every number of sites in all, by people with capacity.

    counts : ascending, none below the number of fixed sites.
    """
    free = replace(problem, conflicts=np.empty((0, 2), np.int64))
    part = shortage_part(free)
    gains = np.full(problem.n_sites, np.nan)  # the same for every number
    found: dict[int, _Point] = {}
    chosen, value = problem.fixed, people_served(part.problem, problem.fixed)
    for k, count in enumerate(counts):
        control.report(f"{count}")
        # what the easy numbers leave over goes to the hard ones
        share = control.part(max(0.05, 2.5 * control.left / (len(counts) - k)))
        constraints = Constraints(sites=count)
        one = max_coverage_with_capacities(part.problem, constraints, control=share, gains=gains)
        if one.value > value:  # more sites never serve fewer people
            chosen, value = problem.site_index.get_indexer(one.sites), one.value
        bound = part.problem.total if one.bound is None else one.bound
        found[count] = _Point(value, max(bound, value), chosen, share.by_clock)
    for few, many in pairwise(reversed(counts)):
        more_sites = found[many]
        bound = max(more_sites.value, min(more_sites.bound, found[few].bound))
        found[many] = more_sites._replace(bound=bound)
    more = part.served_outside
    return {
        count: point._replace(value=more + point.value, bound=more + point.bound)
        for count, point in found.items()
    }


def _counts(problem: SitingProblem, sites: Iterable[int], faults: Faults) -> list[int]:
    counts = list(sites)
    wrong = [c for c in counts if isinstance(c, bool) or not isinstance(c, (int, np.integer))]
    if wrong:
        faults.add(Message("siting_faults.sites_whole_list", some=some_of(wrong)))
        return []
    every = sorted({int(c) for c in counts})
    if every:  # the smallest tells of all
        check_count(problem, every[0], faults)
    return every


def solve_all(
    core: Core,
    numbers: Sequence[int],
    control: SolveControl,
) -> dict[int, Incumbent]:
    """Every number of sites, from few to many, each warm-started by the next smaller one known.

    Of many numbers components that share nothing have a curve each, put together. Where there are
    none, every sixteenth is solved first: the multipliers of two of them mostly prove what a local
    search finds for the numbers between.
    """
    many = len(numbers) > _MANY
    parts = components_of(core) if many else []
    if parts:
        found = solve_components(core, parts, numbers, solve=solve_mclp, control=control)
        for best in found.values():  # of parts that all numbers share
            best.by_clock = control.by_clock
        return found
    found = {}
    order = list(dict.fromkeys([*numbers[::_STRIDE], numbers[-1], *numbers])) if many else numbers
    greedy_order = greedy(core, n_new=max(numbers, default=0))
    for k, n_new in enumerate(order):
        control.report(f"{n_new}")
        # what the easy numbers leave over goes to the hard ones
        share = control.part(max(0.05, 2.5 * control.left / (len(order) - k)))
        fewer = max((n for n in found if n < n_new), default=None)
        below = None if fewer is None else found[fewer]
        dual = None if below is None else below.dual
        found[n_new] = solve_mclp(
            core,
            n_new=n_new,
            control=share,
            start=None if below is None else below.chosen,
            dual=dual,
            bound=_bound_between(found, n_new) if many else None,
            greedy_order=greedy_order,
        )
        found[n_new].by_clock = share.by_clock
        if found[n_new].dual is None:
            found[n_new].dual = dual
    _tighten(found)
    return found


def _bound_between(found: dict[int, Incumbent], n_new: int) -> float | None:
    """What the multipliers of the nearest numbers known, below and above, prove for this one."""
    below = max((n for n in found if n < n_new and found[n].dual is not None), default=None)
    above = min((n for n in found if n > n_new and found[n].dual is not None), default=None)
    duals = [found[n].dual for n in (below, above) if n is not None]
    return min((dual.bound(n_new) for dual in duals if dual is not None), default=None)


def _tighten(found: dict[int, Incumbent]) -> None:
    """The multipliers of one number bound all others; more sites never cover fewer people."""
    numbers = sorted(found)
    if not numbers:
        return
    for best in list(found.values()):
        if best.dual is not None:
            bounds = best.dual.curve(numbers[-1])
            for n_new in numbers:
                found[n_new].bound = max(
                    found[n_new].value, min(found[n_new].bound, float(bounds[n_new]))
                )
    for few, many in pairwise(numbers):
        if found[many].value < found[few].value:
            found[many].chosen, found[many].value = found[few].chosen, found[few].value
    for few, many in zip(numbers[-2::-1], numbers[:0:-1], strict=True):
        found[few].bound = max(found[few].value, min(found[few].bound, found[many].bound))
