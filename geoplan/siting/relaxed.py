"""What no choice among many candidates can beat, without choosing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geoplan.siting.mclp.lagrangian import price_out
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import reduce_problem
from geoplan.siting.solver.control import SolveControl


def coverage_bounds(
    problem: SitingProblem, *, sites: int, target: float = 0.0, time_limit_s: float = 10.0
) -> NDArray[np.float64]:
    """Upper bounds on the people that 0, 1, ..., `sites` new sites of `problem` cover.

    For a question that was answered over a part of the candidates: how much better could an answer
    over all of them be? Rules beyond the number of sites can only lower what is covered, so the
    bound holds under them too.

    Parameters
    ----------
    problem : with all candidates.
    sites : most new sites, beyond the fixed ones; the bound for this many is made small.
    target : people that an answer covers; the search for a smaller bound stops there.

    Examples
    --------
    >>> import numpy as np
    >>> cover = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 1]], bool)
    >>> problem = SitingProblem.from_cover(cover, [10, 20, 30])
    >>> bounds = coverage_bounds(problem, sites=2)
    >>> len(bounds), bool(50 <= bounds[1] <= 60), bool(bounds[2] >= 60 - 1e-6)
    (3, True, True)
    """
    control = SolveControl(time_limit_s=time_limit_s)
    core = reduce_problem(problem)
    prices = price_out(core, take=sites, target=target - core.base, control=control)
    return np.minimum(core.base + prices.curve(sites), core.reachable)
