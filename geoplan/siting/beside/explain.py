"""Why these sites: what each one adds, and what moving it to the next-best location would lose."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from geoplan.siting.constrained.capacity_part import largest_flow
from geoplan.siting.model.counting import is_whole
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import cover_fractions
from geoplan.siting.model.result import SitingResult
from geoplan.validate import takes


@takes(problem="problem", result="result", phase="mapping?")
def explain_sites(
    problem: SitingProblem, result: SitingResult, *, phase: Mapping[Any, int] | None = None
) -> pd.DataFrame:
    """The new sites of a result, in the order in which they add most people.

    Parameters
    ----------
    problem : the problem that `result` solves.
    result : a solution of it; its sites are judged by the people that they cover, or who find
        capacity there where it is limited (``problem.capacities``): people who leave a full site
        for a new one make room for others, and these are what the new one adds.
    phase : label -> number of the phase that builds a site, where phases are planned: the sites of
        an earlier one come first. Not where capacity limits.

    Returns
    -------
    DataFrame, index = site label (name ``site``), one row per chosen site that is not fixed:

    - ``rank`` : 1 for the site to build first; each is the best next step after those before it;
    - ``added_people`` : people newly covered when the sites open in this order; with the people
      of the fixed sites they sum to what all chosen sites reach;
    - ``share_after`` : share of all people covered by then (NaN when there are no people);
    - ``next_best`` : the best other location for this site while all others stay (<NA> where
      no other allowed location exists);
    - ``next_best_loss`` : people lost by moving it there, never below 0 in a best plan.

    Examples
    --------
    >>> import numpy as np
    >>> from geoplan.siting import SitingProblem, max_coverage
    >>> cover = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]], bool)
    >>> problem = SitingProblem.from_cover(cover, [50, 20, 40, 35], site_index=["A", "B", "C"])
    >>> explain_sites(problem, max_coverage(problem, sites=2))
          rank  added_people  share_after next_best  next_best_loss
    site
    A        1          70.0     0.482759         C            15.0
    B        2          40.0     0.758621         C             5.0
    """
    chosen = problem.positions(result.sites)
    fixed = problem.is_fixed
    new = chosen[~fixed[chosen]]
    if problem.capacities is not None:
        return _table(problem, *_explain_with_capacities(problem, chosen, new))
    reach = _Reach(problem)
    numbers = np.zeros(problem.n_sites, np.int64)
    for label, number in (phase or {}).items():
        numbers[problem.positions([label])] = number
    order, added = _build_order(reach, problem.fixed, new, numbers)
    before = float(problem.weights @ reach.fraction_of(problem.fixed))
    covered = before + np.cumsum(added)
    without = _Without(reach, chosen)
    alternatives = [_next_best(problem, without, chosen, site) for site in order]
    return _table(problem, order, added, covered, alternatives)


def _table(
    problem: SitingProblem,
    order: np.ndarray,
    added: list[float],
    covered: np.ndarray,
    alternatives: list[tuple[int, float]],
) -> pd.DataFrame:
    names = problem.site_index.to_numpy(dtype=object)
    best = np.array([pd.NA if k < 0 else names[k] for k, _ in alternatives], dtype=object)
    total = problem.total
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(order) + 1),
            "added_people": np.asarray(added, np.float64),
            "share_after": covered / total if total > 0 else np.full(len(order), np.nan),
            "next_best": pd.Series(best, dtype=object).to_numpy(),
            "next_best_loss": np.array([loss for _, loss in alternatives], np.float64),
        },
        index=pd.Index(names[order], name="site"),
    )


class _Reach:
    """The covering pairs by demand row and by site, with their fractions (1 unless gradual)."""

    def __init__(self, problem: SitingProblem) -> None:
        cover = problem.cover
        self.n, self.m = cover.shape
        self.row = np.repeat(np.arange(self.n), np.diff(cover.indptr))
        self.site = cover.indices
        self.fraction = cover_fractions(problem)
        self.weights = problem.weights
        self.by_site = np.argsort(self.site, kind="stable")
        self.ptr = np.concatenate([[0], np.cumsum(np.bincount(self.site, minlength=self.m))])

    def pairs(self, site: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows that a site covers and their fractions."""
        at = self.by_site[self.ptr[site] : self.ptr[site + 1]]
        return self.row[at], self.fraction[at]

    def fraction_of(self, sites: np.ndarray) -> np.ndarray:
        """Best fraction per row that any of `sites` gives."""
        best = np.zeros(self.n)
        for site in sites:
            rows, fraction = self.pairs(int(site))
            best[rows] = np.maximum(best[rows], fraction)
        return best

    def gain(self, site: int, fraction: np.ndarray) -> float:
        """People whom `site` adds to rows already covered at `fraction`."""
        rows, own = self.pairs(site)
        return float((self.weights[rows] * np.maximum(own - fraction[rows], 0.0)).sum())

    def gains(self, fraction: np.ndarray) -> np.ndarray:
        """The same for every site at once."""
        gain = self.weights[self.row] * np.maximum(self.fraction - fraction[self.row], 0.0)
        return np.bincount(self.site, weights=gain, minlength=self.m)


def _build_order(
    reach: _Reach, fixed: np.ndarray, new: np.ndarray, phase: np.ndarray
) -> tuple[np.ndarray, list[float]]:
    """The best next site of `new`, phase after phase (per site), and the people each one adds.

    What a site adds never grows, so an old number bounds it and only the site on top is counted
    anew (lazy evaluation, Minoux 1978, doi:10.1007/BFb0006528).
    """
    fraction = reach.fraction_of(fixed)
    order: list[int] = []
    added: list[float] = []
    for now in sorted({int(phase[j]) for j in new}):
        heap = [(-reach.gain(int(j), fraction), int(j)) for j in new if phase[j] == now]
        heapq.heapify(heap)
        while heap:
            known, site = heap[0]
            gain = reach.gain(site, fraction)
            if gain < -known:
                heapq.heapreplace(heap, (-gain, site))
                continue
            heapq.heappop(heap)
            rows, own = reach.pairs(site)
            fraction[rows] = np.maximum(fraction[rows], own)
            order.append(site)
            added.append(gain)
    return np.array(order, np.int64), added


class _Without:
    """What every site adds to the sites `chosen` but one."""

    def __init__(self, reach: _Reach, chosen: np.ndarray) -> None:
        self.reach = reach
        self.best, self.second = np.zeros(reach.n), np.zeros(reach.n)
        for site in chosen:
            rows, own = reach.pairs(int(site))
            best = self.best[rows]
            self.second[rows] = np.maximum(self.second[rows], np.minimum(best, own))
            self.best[rows] = np.maximum(best, own)
        self.ptr = np.searchsorted(reach.row, np.arange(reach.n + 1))
        # sums of whole people are exact whatever their order
        self.exact = is_whole(reach.weights) and bool((reach.fraction == 1).all())
        self.gains = reach.gains(self.best) if self.exact else None

    def gains_without(self, site: int) -> np.ndarray:
        """People whom each site adds where `site`, one of those chosen, is not open."""
        rows, own = self.reach.pairs(site)
        alone = own == self.best[rows]  # a second one as good takes its place
        if self.gains is None:
            fraction = self.best.copy()
            fraction[rows[alone]] = self.second[rows[alone]]
            return self.reach.gains(fraction)
        lost = rows[alone & (self.second[rows] == 0)]
        count = self.ptr[lost + 1] - self.ptr[lost]
        at = np.repeat(self.ptr[lost] - np.cumsum(count) + count, count) + np.arange(count.sum())
        found = self.gains.copy()
        np.add.at(found, self.reach.site[at], np.repeat(self.reach.weights[lost], count))
        return found


def _next_best(
    problem: SitingProblem, without: _Without, chosen: np.ndarray, site: int
) -> tuple[int, float]:
    """The best location instead of `site` (-1 = none) and the people lost by moving there."""
    others = chosen[chosen != site]
    gains = without.gains_without(site)
    may = may_replace(problem, chosen, others)
    if not may.any():
        return -1, float("nan")
    candidates = np.flatnonzero(may)
    best = int(candidates[np.argmax(gains[candidates])])
    return best, float(gains[site] - gains[best])


def _explain_with_capacities(
    problem: SitingProblem, chosen: np.ndarray, new: np.ndarray
) -> tuple[np.ndarray, list[float], np.ndarray, list[tuple[int, float]]]:
    """The sites `new` (positions) in the order in which they add most people.

    Parameters
    ----------
    chosen : all sites of the plan, `new` and the fixed ones.

    Returns
    -------
    order : positions; added : people each one adds; covered : people with capacity by then;
    alternatives : per site the best other location (-1 = none) and the people lost by moving there.
    """
    flow = largest_flow(problem, problem.fixed)
    position = np.full(problem.n_sites, -1, np.int64)
    position[flow.core.sites] = np.arange(flow.core.m)
    closed = position[np.setdiff1d(np.flatnonzero(problem.is_allowed), problem.fixed)]
    # a site never adds more than it does alone beside the fixed ones
    ceiling = np.zeros(flow.core.m)
    ceiling[closed] = [flow.gain(int(j)) for j in closed]
    before = flow.served
    order, added = [], []
    left = position[np.sort(new)]
    while len(left):
        best, gain = flow.best_gain(left, ceiling)
        left = left[left != best]
        order.append(int(flow.core.sites[best]))
        added.append(gain)
        flow.open(best)
    found = []
    for site in order:
        without = flow.copy()
        lost = without.close(int(position[site]))
        may = np.flatnonzero(may_replace(problem, chosen, chosen[chosen != site]))
        other, gain = without.best_gain(position[may], ceiling)
        found.append(
            (-1, float("nan")) if other < 0 else (int(flow.core.sites[other]), lost - gain)
        )
    return np.array(order, np.int64), added, before + np.cumsum(added), found


def may_replace(problem: SitingProblem, chosen: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Bool per site: may be open beside `others`, and is not chosen already."""
    may = problem.is_allowed
    may[chosen] = False
    if len(problem.conflicts):
        first, second = problem.conflicts.T
        may[second[np.isin(first, others)]] = False
        may[first[np.isin(second, others)]] = False
    return may
