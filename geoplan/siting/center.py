"""p-center: the sites from which the farthest person has the shortest way, with proof."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.siting.covering import min_sites
from geoplan.siting.median import (
    Progress,
    cheapest_open,
    labelled_assignment,
    reaching_start,
    refuse_rules,
    site_count,
)
from geoplan.siting.problem import SitingProblem
from geoplan.siting.result import SitingResult


def p_center(
    problem: SitingProblem,
    *,
    sites: int,
    time_limit_s: float = 60,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> SitingResult:
    """Choose `sites` sites so that the largest cost of anybody to a chosen site is least.

    Parameters
    ----------
    problem : with costs; rows without people do not count. The threshold plays no part.
    sites, time_limit_s, gap, seed, progress : as in `p_median`.

    Returns
    -------
    SitingResult; `value` is the largest cost, `assignment` everyone's cheapest chosen site.

    Raises
    ------
    SitingError
        As `p_median`.

    Notes
    -----
    The optimum is one of the costs: a search by halves over them asks each time whether `sites`
    sites cover everyone within that cost (Minieka 1970, doi:10.1137/1012016).

    Examples
    --------
    >>> import numpy as np
    >>> from geoplan.siting import SitingProblem
    >>> costs = np.array([[0.0, 4.0], [4.0, 0.0], [1.0, 5.0]])
    >>> answer = p_center(SitingProblem.from_costs(costs, [1, 1, 10], unit="m"), sites=1)
    >>> answer.sites, answer.value, answer.status
    ([0], 4.0, 'optimal')
    """
    begin = time.monotonic()
    deadline = begin + time_limit_s
    costs = problem.needs_costs("p-center")
    refuse_rules(problem, "p-center")
    count = site_count(problem, sites)
    rows = _counted(problem, costs)
    if rows.shape[0] == 0:
        chosen = np.flatnonzero(problem.is_allowed & ~problem.is_fixed)
        mask = problem.is_fixed
        mask[chosen[: count - len(problem.fixed)]] = True
        return _answer(problem, mask, 0.0, 0.0, 0.0, begin, seed)
    counts = np.diff(rows.indptr)
    labels = problem.demand_index[problem.weights > 0]
    if (counts == 0).any():
        some = ", ".join(map(str, labels[counts == 0][:5]))
        return _blocked(problem, f"no site can reach demand {some}", begin, seed)
    start, needed = reaching_start(problem, rows, count, time_limit_s, seed)
    if start is None:
        told = f"{count} sites cannot reach everyone: at least {needed} are needed"
        return _blocked(problem, told, begin, seed)
    best = start
    value = _radius(rows, best)
    # nobody can do better than their own cheapest site
    nearest = float(np.minimum.reduceat(rows.data, rows.indptr[:-1]).max())
    levels = np.unique(rows.data[(rows.data >= nearest) & (rows.data <= value)])
    low, high = 0, len(levels) - 1  # the optimum is in levels[low..high]; levels[high] == value
    sure = True
    try:
        while low < high and time.monotonic() < deadline:
            middle = (low + high) // 2
            found, proved = _within(
                problem, rows, float(levels[middle]), count, deadline - time.monotonic(), seed
            )
            if found is not None:
                best, value = found, _radius(rows, found)
                high = int(np.searchsorted(levels, value))
            elif proved:
                low = middle + 1
            else:  # not decided in time: the lower half stays open
                sure = False
                break
            if progress:
                progress(value, float(levels[low]))
    except KeyboardInterrupt:
        sure = False
    bound = value if sure and low >= high else float(levels[low])
    return _answer(problem, best, value, bound, gap, begin, seed)


def _counted(problem: SitingProblem, costs: sparse.csr_matrix) -> sparse.csr_matrix:
    """Pairs of rows with people to allowed sites, explicit zeros kept."""
    coo = costs[problem.weights > 0].tocoo()
    keep = problem.is_allowed[coo.col]
    return sparse.csr_matrix((coo.data[keep], (coo.row[keep], coo.col[keep])), shape=coo.shape)


def _within(
    problem: SitingProblem,
    rows: sparse.csr_matrix,
    radius: float,
    count: int,
    seconds: float,
    seed: int,
) -> tuple[np.ndarray | None, bool]:
    """`count` sites that cover all rows within `radius`; else None and whether that is proved."""
    coo = rows.tocoo()
    keep = coo.data <= radius
    cover = sparse.csr_matrix(
        (np.ones(int(keep.sum()), bool), (coo.row[keep], coo.col[keep])), shape=rows.shape
    )
    if (np.diff(cover.indptr) == 0).any():
        return None, True
    asked = SitingProblem.from_cover(cover, np.ones(rows.shape[0]), fixed=list(problem.fixed))
    fewest = min_sites(asked, time_limit_s=max(seconds, 0.1), seed=seed)
    if fewest.status in ("optimal", "feasible") and fewest.value <= count:
        is_open = np.zeros(rows.shape[1], bool)
        is_open[np.asarray(fewest.sites, np.int64)] = True
        return is_open, True
    proved = fewest.status == "optimal" or (
        fewest.bound is not None and np.ceil(fewest.bound - 1e-9) > count
    )
    return None, proved


def _radius(rows: sparse.csr_matrix, is_open: np.ndarray) -> float:
    return float(cheapest_open(rows, is_open)[1].max())


def _answer(
    problem: SitingProblem,
    is_open: np.ndarray,
    value: float,
    bound: float,
    gap: float,
    begin: float,
    seed: int,
) -> SitingResult:
    assert problem.costs is not None
    site, _ = cheapest_open(problem.costs, is_open)
    left = (value - bound) / value if value > 0 else 0.0
    return SitingResult(
        objective="p_center",
        status="optimal" if left <= max(gap, 1e-12) else "feasible",
        value=value,
        bound=bound,
        gap=left,
        sites=problem.in_order(np.flatnonzero(is_open)),
        assignment=labelled_assignment(problem, site),
        seconds=time.monotonic() - begin,
        solver="search over costs with set covering",
        seed=seed,
    )


def _blocked(problem: SitingProblem, why: str, begin: float, seed: int) -> SitingResult:
    return SitingResult(
        objective="p_center",
        status="infeasible",
        value=float("nan"),
        bound=None,
        gap=None,
        sites=[],
        assignment=pd.Series(pd.NA, index=problem.demand_index, dtype=object, name="site"),
        seconds=time.monotonic() - begin,
        solver="reach check",
        seed=seed,
        blocking=(why,),
    )
