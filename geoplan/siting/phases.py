"""A programme in phases: sites so far, each phase upon the one before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Unpack

import numpy as np
import pandas as pd

from geoplan.siting.beside.curve import solve_all
from geoplan.siting.mclp.incumbent import Incumbent
from geoplan.siting.mclp.local_search import greedy, interchange
from geoplan.siting.model.constraints import begin_solve, check_count
from geoplan.siting.model.core import Core
from geoplan.siting.model.counting import covered_people
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.periods.plain import Programme
from geoplan.siting.periods.problem import ProgrammeProblem
from geoplan.siting.periods.solve import solve_programme
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.request import SolveOptions
from geoplan.words.message import Message


def phased_sites(
    problem: SitingProblem,
    *,
    phases: Sequence[int],
    **options: Unpack[SolveOptions],
) -> pd.DataFrame:
    """A programme in phases, each keeping the sites of the one before, and what that costs.

    Three programmes are tried: forward (the best first phase, then the best addition), backward
    (the best last phase, its best part first) and all phases together (as `programme` plans years,
    in as much time again); the one that covers most people, summed over the phases, is returned.

    Parameters
    ----------
    problem : the problem, with its fixed sites.
    phases : numbers of sites in all (fixed included) at the end of each phase, ascending.
    options : as in `max_coverage`.

    Returns
    -------
    DataFrame with the columns ``phase`` (1..), ``sites``, ``value``, ``new`` (labels added in this
    phase), ``chosen`` (all labels), ``best_value`` (without nesting), ``bound`` and
    ``nesting_cost`` (people: best_value - value).

    Raises
    ------
    SitingError
        Phases that do not ascend, or numbers of sites that cannot be; all at once.

    Examples
    --------
    >>> import numpy as np
    >>> cover = np.array([[1, 1, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 0]], bool)
    >>> problem = SitingProblem.from_cover(cover, [10, 10, 15, 12, 8])
    >>> phased_sites(problem, phases=[1, 2])[["sites", "value", "best_value", "nesting_cost"]]
       sites  value  best_value  nesting_cost
    0      1   28.0        35.0           7.0
    1      2   55.0        55.0           0.0
    """
    control, faults = begin_solve("phased_sites", options)
    counts = [check_count(problem, count, faults) for count in phases]
    if problem.capacities is not None:
        faults.add(Message("siting_faults.phases_capacities"))
    if any(b < a for a, b in pairwise(counts)):
        faults.add(Message("siting_faults.phases_ascend", counts=counts))
    faults.raise_all()
    core = reduce_problem(problem)
    fixed = len(problem.fixed)
    numbers = [count - fixed for count in counts]
    with control.interruptible():
        free = solve_all(core, sorted(set(numbers)), control)
    programmes = [_forward(core, numbers, free), _backward(core, numbers, free)]
    with control.interruptible():
        together = _together(problem, core, numbers, control)
    programmes += [] if together is None else [together]
    people = [sum(core.covered(chosen) for chosen in programme) for programme in programmes]
    programme = programmes[int(np.argmax(people))]
    rows = []
    built: set = set(problem.in_order(problem.fixed))
    for k, (n_new, part) in enumerate(zip(numbers, programme, strict=True)):
        chosen = np.concatenate([problem.fixed, core.sites[part]])
        labels = problem.in_order(chosen)
        value = covered_people(problem, chosen)
        best = core.base + free[n_new].value
        rows.append(
            {
                "phase": k + 1,
                "sites": counts[k],
                "value": value,
                "new": [label for label in labels if label not in built],
                "chosen": labels,
                "best_value": best,
                "bound": core.base + free[n_new].bound,
                "nesting_cost": max(0.0, best - value),
            }
        )
        built |= set(labels)
    return pd.DataFrame(rows)


def _forward(core: Core, numbers: Sequence[int], free: dict[int, Incumbent]) -> list[np.ndarray]:
    chosen = free[numbers[0]].chosen if numbers else np.empty(0, np.int64)
    programme = [chosen] if numbers else []
    for n_new in numbers[1:]:
        grown = greedy(core, n_new=n_new, start=chosen)
        chosen = _swap_new(core, grown, len(chosen))
        programme.append(chosen)
    return programme


def _swap_new(core: Core, chosen: np.ndarray, keep: int) -> np.ndarray:
    """Swaps among the sites behind the first `keep`, which stay."""
    left = np.where(core.is_covered(chosen[:keep]), 0.0, core.weight)
    rest = replace(core, weight=left)
    return np.concatenate([chosen[:keep], interchange(rest, chosen[keep:])])


def _backward(core: Core, numbers: Sequence[int], free: dict[int, Incumbent]) -> list[np.ndarray]:
    if not numbers:
        return []
    chosen = free[numbers[-1]].chosen
    programme = [chosen]
    for n_new in numbers[-2::-1]:
        inside = np.zeros(core.m, bool)
        inside[chosen] = True
        first = greedy(core, n_new=n_new, allowed=inside)
        chosen = interchange(core, first, allowed=inside)
        programme.append(chosen)
    return programme[::-1]


def _together(
    problem: SitingProblem, core: Core, numbers: Sequence[int], control: SolveControl
) -> list[np.ndarray] | None:
    """All phases at once, as years of a plan in time whose works may wait; None: none was found."""
    if not numbers or control.left <= 0:
        return None
    nobody = np.empty(0, np.int64)
    free = replace(problem, site_costs=None, closable=nobody, conflicts=np.empty((0, 2), np.int64))
    of = Programme(
        problem=ProgrammeProblem.of(
            free,
            years=range(1, len(numbers) + 1),
            max_works=np.diff(numbers, prepend=0).tolist(),
            works_carry_over=True,
        )
    )
    part = control.part(min(control.left, max(1.0, control.seconds)))
    found = solve_programme(of, "person_years", part)
    if found.times is None:
        return None
    at = np.full(problem.n_sites, -1, np.int64)
    at[core.sites] = np.arange(core.m)
    programme = []
    for is_open in of.plan(found.times).is_open:
        chosen = at[np.flatnonzero(is_open & ~problem.is_fixed)]
        if (chosen < 0).any():  # a site that another one makes needless for one phase alone
            return None
        programme.append(chosen)
    return programme
