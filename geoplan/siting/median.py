"""p-median: the sites from which everyone together travels least, with proof."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.errors import SitingError
from geoplan.siting.median_exact import MedianProof, prove_median
from geoplan.siting.median_search import (
    MedianArrays,
    greedy_add,
    interchange,
    lagrangean_bound,
    median_arrays,
)
from geoplan.siting.problem import SitingProblem
from geoplan.siting.result import SitingResult

Progress = Callable[[float, float], None]


def p_median(
    problem: SitingProblem,
    *,
    sites: int,
    time_limit_s: float = 60,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
) -> SitingResult:
    """Choose `sites` sites so that the people's travel costs add up to the least.

    Parameters
    ----------
    problem : with costs; a pair that is out of reach cannot be served. The threshold plays no part.
    sites : sites in all, fixed ones included.
    time_limit_s : wall-clock seconds; then the best answer known is ``"feasible"`` with its gap.
    gap : relative gap that is near enough to count as proved.
    seed : start of the search.
    progress : called with (value, bound) whenever one of them may have moved.

    Returns
    -------
    SitingResult; `value` is the sum of people x cost, `assignment` everyone's cheapest chosen site.
    ``"infeasible"`` names the demand that no `sites` sites can reach.

    Raises
    ------
    SitingError
        The problem has no costs, fewer sites are asked for than are fixed, or it carries rules
        that p-median does not know (capacities, site costs, conflicts, gradual coverage).

    Notes
    -----
    Greedy start and fast interchange (Resende and Werneck 2007), a Lagrangean bound by the volume
    algorithm (Barahona and Anbil 2000), then Benders cuts (Duran-Mateluna, Ales and Elloumi 2023)
    on the sites that reduced costs leave open.

    Examples
    --------
    >>> import numpy as np
    >>> from geoplan.siting import SitingProblem
    >>> costs = np.array([[0.0, 4.0], [4.0, 0.0], [1.0, 5.0]])
    >>> answer = p_median(SitingProblem.from_costs(costs, [1, 1, 10], unit="m"), sites=1)
    >>> answer.sites, answer.value, answer.status
    ([0], 14.0, 'optimal')
    """
    begin = time.monotonic()
    costs = problem.needs_costs("p-median")
    refuse_rules(problem, "p-median")
    count = site_count(problem, sites)
    counted = problem.weights > 0
    allowed = problem.is_allowed & ~problem.is_fixed
    usable = _usable_columns(costs, problem.is_allowed)
    stranded = counted & (np.diff(usable.indptr) == 0)
    if stranded.any():
        blocking = (f"no site can reach {_some(problem.demand_index[stranded])}",)
        return _without_answer(problem, "p_median", blocking, begin, seed)
    if not counted.any():
        chosen = _mask(problem, np.flatnonzero(allowed)[: count - len(problem.fixed)])
        return _answer(problem, chosen, 0.0, 0.0, 0.0, begin, seed, 0)
    arrays = median_arrays(usable[counted], problem.weights[counted])
    is_open, value, greedy = _search(arrays, problem.is_fixed, allowed, count, seed)
    if value >= arrays.penalty * 0.5:
        start, needed = reaching_start(problem, usable[counted], count, time_limit_s, seed)
        if start is None:
            blocking = (
                f"{count} sites cannot reach everyone: at least {needed} are needed "
                "(or a longer cutoff)",
            )
            return _without_answer(problem, "p_median", blocking, begin, seed)
        is_open, value = _fill_and_swap(arrays, start, problem.is_fixed, allowed, count)
    proof = _prove(
        arrays,
        problem.is_fixed,
        allowed,
        count,
        is_open,
        value,
        gap=gap,
        deadline=begin + time_limit_s,
        progress=progress,
    )
    return _answer(
        problem, proof.is_open, proof.value, proof.bound, gap, begin, seed, proof.rounds, greedy
    )


def refuse_rules(problem: SitingProblem, question: str) -> None:
    """Raise when the problem carries rules that `question` would silently ignore."""
    rules = {
        "capacities": problem.capacities is not None,
        "site_costs": problem.site_costs is not None,
        "conflicts": len(problem.conflicts) > 0,
        "full_within": problem.full_within is not None,
    }
    given = [name for name, there in rules.items() if there]
    if given:
        raise SitingError(
            f"{question} does not know {', '.join(given)}: leave them out of the problem, or ask "
            "max_coverage, which does."
        )


def site_count(problem: SitingProblem, sites: int) -> int:
    """How many sites an answer has: `sites`, or all that there are.

    Raises
    ------
    SitingError
        Fewer than are fixed, or fewer than one.
    """
    if sites != int(sites) or sites < 1:
        raise SitingError(f"sites must be a whole number from 1, not {sites!r}.")
    if sites < len(problem.fixed):
        raise SitingError(
            f"sites={sites} counts all sites, and {len(problem.fixed)} are fixed: ask for "
            f"{len(problem.fixed)} or more."
        )
    return int(min(sites, problem.is_allowed.sum()))


def cheapest_open(costs: sparse.csr_matrix, is_open: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Per demand row the cheapest open site (position, -1 = none) and its cost (NaN = none)."""
    coo = costs.tocoo()
    keep = is_open[coo.col]
    row, col, data = coo.row[keep], coo.col[keep], coo.data[keep]
    order = np.lexsort((col, data, row))
    first = np.ones(len(order), bool)
    first[1:] = row[order][1:] != row[order][:-1]
    best = order[first]
    site = np.full(costs.shape[0], -1, np.int64)
    cost = np.full(costs.shape[0], np.nan)
    site[row[best]], cost[row[best]] = col[best], data[best]
    return site, cost


def labelled_assignment(problem: SitingProblem, site: np.ndarray) -> pd.Series:
    """Demand label -> site label from positions; -1 becomes <NA>."""
    labels = np.full(len(site), pd.NA, object)
    served = site >= 0
    labels[served] = problem.site_index.to_numpy(object)[site[served]]
    return pd.Series(labels, index=problem.demand_index, name="site")


def reaching_start(
    problem: SitingProblem,
    costs: sparse.csr_matrix,
    count: int,
    time_limit_s: float,
    seed: int,
) -> tuple[np.ndarray | None, int]:
    """At most `count` sites from which all rows are reached, or None and the number it takes."""
    from geoplan.siting.covering import min_sites

    cover = costs.copy()
    cover.data = np.ones_like(cover.data)
    fewest = min_sites(
        SitingProblem.from_cover(
            cover.astype(bool), np.ones(costs.shape[0]), fixed=list(problem.fixed)
        ),
        time_limit_s=time_limit_s,
        seed=seed,
    )
    if fewest.value > count:
        return None, int(np.ceil((fewest.bound or fewest.value) - 1e-9))
    is_open = np.zeros(costs.shape[1], bool)
    is_open[np.asarray(fewest.sites, np.int64)] = True
    return is_open, int(fewest.value)


def _usable_columns(costs: sparse.csr_matrix, allowed: np.ndarray) -> sparse.csr_matrix:
    """`costs` without the pairs to sites that are not allowed, explicit zeros kept."""
    if allowed.all():
        return costs
    coo = costs.tocoo()
    keep = allowed[coo.col]
    return sparse.csr_matrix((coo.data[keep], (coo.row[keep], coo.col[keep])), shape=costs.shape)


def _mask(problem: SitingProblem, positions: np.ndarray) -> np.ndarray:
    mask = problem.is_fixed
    mask[positions] = True
    return mask


def _search(
    a: MedianArrays, fixed: np.ndarray, allowed: np.ndarray, count: int, seed: int
) -> tuple[np.ndarray, float, float]:
    """Greedy plus interchange, and interchange from a random start; the better of the two."""
    greedy = fixed.copy()
    _greedy(a, greedy, allowed, count - int(fixed.sum()))
    greedy_value = _cost(a, greedy)
    best, best_value = greedy.copy(), greedy_value
    starts = [greedy]
    free = np.flatnonzero(allowed)
    if len(free) > count - fixed.sum() > 0:
        drawn = fixed.copy()
        rng = np.random.default_rng(seed)
        drawn[rng.choice(free, count - int(fixed.sum()), replace=False)] = True
        starts.append(drawn)
    for start in starts:
        is_open, value = _swap(a, start, fixed, allowed)
        if value < best_value:
            best, best_value = is_open, value
    return best, best_value, greedy_value


def _greedy(a: MedianArrays, is_open: np.ndarray, allowed: np.ndarray, add: int) -> None:
    greedy_add(
        a.row_ptr, a.row_site, a.row_cost, a.col_ptr, a.col_demand, a.col_cost, a.penalty,
        is_open, allowed, add,
    )  # fmt: skip


def _swap(
    a: MedianArrays, start: np.ndarray, fixed: np.ndarray, allowed: np.ndarray
) -> tuple[np.ndarray, float]:
    is_open = start.copy()
    interchange(
        a.row_ptr, a.row_site, a.row_cost, a.col_ptr, a.col_demand, a.col_cost, a.penalty,
        is_open, allowed, fixed, 100_000,
    )  # fmt: skip
    return is_open, _cost(a, is_open)


def _fill_and_swap(
    a: MedianArrays, start: np.ndarray, fixed: np.ndarray, allowed: np.ndarray, count: int
) -> tuple[np.ndarray, float]:
    is_open = start.copy()
    _greedy(a, is_open, allowed, count - int(is_open.sum()))
    return _swap(a, is_open, fixed, allowed)


def _cost(a: MedianArrays, is_open: np.ndarray) -> float:
    """Weighted cost, summed afresh so that no rounding piles up; `penalty` per stranded row."""
    hit = is_open[a.row_site]
    cost = np.full(a.n_demand, a.penalty)
    row_of = np.repeat(np.arange(a.n_demand), np.diff(a.row_ptr))[hit]
    first = np.ones(len(row_of), bool)
    first[1:] = row_of[1:] != row_of[:-1]
    cost[row_of[first]] = a.row_cost[hit][first]
    return float(cost.sum())


def _prove(
    a: MedianArrays,
    fixed: np.ndarray,
    allowed: np.ndarray,
    count: int,
    is_open: np.ndarray,
    value: float,
    *,
    gap: float,
    deadline: float,
    progress: Progress | None,
) -> MedianProof:
    step = 1.0 if np.equal(np.mod(a.row_cost, 1), 0).all() else 0.0
    bound, prices, reduced, shares = lagrangean_bound(
        a, sites=count, upper=value, allowed=allowed | fixed, fixed=fixed
    )
    # the relaxation's favourites are another good start
    order = np.argsort(-np.where(allowed, shares, -1.0), kind="stable")
    guided = fixed.copy()
    guided[order[: count - int(fixed.sum())]] = True
    other, other_value = _swap(a, guided, fixed, allowed)
    if other_value < value:
        is_open, value = other, other_value
    if progress:
        progress(value, bound)
    free, must = _fix_by_reduced_cost(
        allowed, fixed, count, reduced, bound, value, step, keep=is_open
    )
    try:
        return prove_median(
            a,
            sites=count,
            allowed=free,
            fixed=must,
            start=is_open,
            value=value,
            prices=np.minimum(prices, a.penalty),
            bound=bound,
            gap=gap,
            step=step,
            deadline=deadline,
            tick=progress,
        )
    except KeyboardInterrupt:  # the best so far is an honest answer
        return MedianProof(is_open=is_open, value=value, bound=bound, rounds=0)


def _fix_by_reduced_cost(
    allowed: np.ndarray,
    fixed: np.ndarray,
    count: int,
    reduced: np.ndarray,
    bound: float,
    value: float,
    step: float,
    *,
    keep: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Sites that a better answer cannot open, or cannot do without."""
    take = count - int(fixed.sum())
    places = np.flatnonzero(allowed)
    if take <= 0 or len(places) <= take:
        return allowed, fixed
    ordered = np.sort(reduced[places])
    last_in, first_out = ordered[take - 1], ordered[take]
    inside = allowed & (reduced <= last_in)
    need = value - step + 1e-6 if step else value * (1 - 1e-9)
    never = allowed & ~inside & (bound + reduced - last_in > need) & ~keep
    always = inside & (reduced < last_in) & (bound + first_out - reduced > need) & keep
    return allowed & ~never, fixed | always


def _answer(
    problem: SitingProblem,
    is_open: np.ndarray,
    value: float,
    bound: float,
    gap: float,
    begin: float,
    seed: int,
    rounds: int,
    greedy: float | None = None,
) -> SitingResult:
    assert problem.costs is not None
    site, cost = cheapest_open(problem.costs, is_open)
    counted = problem.weights > 0
    value = float((problem.weights[counted] * cost[counted]).sum())
    bound = min(bound, value)
    left = (value - bound) / value if value > 0 else 0.0
    done = left <= max(gap, 1e-9)
    return SitingResult(
        objective="p_median",
        status="optimal" if done else "feasible",
        value=value,
        bound=value if left <= 1e-9 else bound,
        gap=0.0 if left <= 1e-9 else left,
        sites=problem.in_order(np.flatnonzero(is_open)),
        assignment=labelled_assignment(problem, site),
        seconds=time.monotonic() - begin,
        solver="interchange + Lagrangean bound + Benders (HiGHS)",
        seed=seed,
        greedy_value=greedy,
        detail={"rounds": rounds},
    )


def _without_answer(
    problem: SitingProblem, objective: str, blocking: tuple[str, ...], begin: float, seed: int
) -> SitingResult:
    return SitingResult(
        objective=objective,
        status="infeasible",
        value=float("nan"),
        bound=None,
        gap=None,
        sites=[],
        assignment=labelled_assignment(problem, np.full(problem.n_demand, -1)),
        seconds=time.monotonic() - begin,
        solver="reach check",
        seed=seed,
        blocking=blocking,
    )


def _some(labels: pd.Index, most: int = 5) -> str:
    told = ", ".join(map(str, labels[:most]))
    return f"demand {told}" + (f" and {len(labels) - most} more" if len(labels) > most else "")
