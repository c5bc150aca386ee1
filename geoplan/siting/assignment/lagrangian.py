"""Prices per demand that bound p-median from below: the Lagrangean dual, and those of Benders cuts.

The dual is that of Narula, Ogbu and Samuelsson (1977), doi:10.1287/opre.25.4.709, climbed by the
volume algorithm of Barahona and Anbil (2000), doi:10.1007/s101070050002.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np

from geoplan.siting.assignment.interchange import MedianArrays
from geoplan.siting.solver.time_limit import Clock


@nb.njit(cache=True, nogil=True)
def _dual(row_ptr, row_site, row_cost, price, reduced):  # type: ignore[no-untyped-def]
    """Sum of prices; `reduced` gets each site's reduced cost (<= 0)."""
    reduced[:] = 0.0
    s = 0.0
    for i in range(len(row_ptr) - 1):
        s += price[i]
        for t in range(row_ptr[i], row_ptr[i + 1]):
            if row_cost[t] >= price[i]:
                break
            reduced[row_site[t]] += row_cost[t] - price[i]
    return s


@nb.njit(cache=True, nogil=True)
def _inside(reduced, free, fixed, take, inside):  # type: ignore[no-untyped-def]
    """Mark the fixed and the `take` best free sites; their reduced costs' sum."""
    inside[:] = fixed
    if take > 0:
        key = reduced[free]
        edge = np.partition(key, take - 1)[take - 1]
        left = take
        for a in range(len(free)):
            if key[a] < edge:
                inside[free[a]] = True
                left -= 1
        for a in range(len(free)):  # of equals the first ones
            if left == 0:
                break
            if key[a] == edge:
                inside[free[a]] = True
                left -= 1
    s = 0.0
    for j in range(len(reduced)):
        if inside[j]:
            s += reduced[j]
    return s


@nb.njit(cache=True, nogil=True)
def _volume(  # type: ignore[no-untyped-def]  # noqa: C901
    row_ptr,
    row_site,
    row_cost,
    free,
    fixed,
    take,
    upper,
    most,
    best_price,
    best_reduced,
    mean,
    shares,
    memo,
    rounds,
):
    """`rounds` steps of the volume algorithm; all arrays and `memo` are written to.

    memo: best bound, step, widest blend, failures in a row, whether it was started.
    """
    n = len(row_ptr) - 1
    m = len(best_reduced)
    price = best_price.copy()
    reduced = np.empty(m)
    inside = np.zeros(m, np.bool_)
    slack = np.empty(n)
    for _ in range(rounds):
        if memo[4] > 0:
            norm = 0.0
            for i in range(n):
                norm += mean[i] * mean[i]
            if norm < 1e-12 or memo[0] >= upper * (1 - 1e-9):
                break
            step = memo[1] * (1.02 * upper - memo[0]) / norm
            for i in range(n):
                price[i] = min(max(best_price[i] + step * mean[i], 0.0), most[i])
        value = _dual(row_ptr, row_site, row_cost, price, reduced)
        value += _inside(reduced, free, fixed, take, inside)
        for i in range(n):
            c = 1.0
            for t in range(row_ptr[i], row_ptr[i + 1]):
                if row_cost[t] >= price[i]:
                    break
                if inside[row_site[t]]:
                    c -= 1.0
            slack[i] = c
        if memo[4] == 0:
            memo[0] = value
            memo[4] = 1
            best_price[:] = price
            best_reduced[:] = reduced
            mean[:] = slack
            for j in range(m):
                shares[j] = 1.0 if inside[j] else 0.0
            continue
        cross = 0.0
        square = 0.0
        agree = 0.0
        for i in range(n):
            d = slack[i] - mean[i]
            cross += mean[i] * d
            square += d * d
            agree += mean[i] * slack[i]
        blend = memo[2]
        if square > 0:
            blend = min(max(-cross / square, memo[2] / 10), memo[2])
        if value > memo[0]:
            memo[0] = value
            best_price[:] = price
            best_reduced[:] = reduced
            memo[3] = 0
            if agree > 0:
                memo[1] = min(memo[1] * 1.1, 2.0)
        else:
            memo[3] += 1
            if memo[3] >= 10:
                memo[1] *= 0.66
                memo[3] = 0
        for i in range(n):
            mean[i] += blend * (slack[i] - mean[i])
        for j in range(m):
            shares[j] += blend * ((1.0 if inside[j] else 0.0) - shares[j])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MedianPrices:
    """A Lagrangean bound: prices per demand, reduced costs and relaxed shares per site."""

    bound: float
    price: np.ndarray
    reduced: np.ndarray
    shares: np.ndarray


def lagrangean_bound(
    arrays: MedianArrays,
    *,
    sites: int,
    upper: float,
    allowed: np.ndarray,
    fixed: np.ndarray,
    clock: Clock,
    rounds: int = 2000,
) -> MedianPrices:
    """Lower bound on the weighted cost of opening at most `sites` of the `allowed` sites.

    `upper` is the cost of an answer; the work is counted in `rounds` and ends with the clock.
    """
    a = arrays
    n, m = a.n_demand, a.n_sites
    free = np.flatnonzero(allowed & ~fixed)
    take = min(sites - int(fixed.sum()), len(free))
    # start where about m / sites sites would serve each demand: the usual depth of the answer
    depth = np.minimum(a.row_ptr[:-1] + max(1, m // max(sites, 1) // 2), a.row_ptr[1:] - 1)
    price = a.row_cost[depth].copy()
    most = a.row_cost[a.row_ptr[1:] - 1] + 1
    reduced, shares, mean = np.zeros(m), np.zeros(m), np.zeros(n)
    memo = np.array([-np.inf, 0.1, 0.1, 0.0, 0.0])
    marks: list[float] = []
    # parts short enough to look at the clock in between
    part = int(np.clip(100_000_000 // max(len(a.row_site), 1), 1, 100))
    done = 0
    while done < rounds and (clock.left > 0 or not done):
        before = memo[0]
        _volume(
            a.row_ptr,
            a.row_site,
            a.row_cost,
            free,
            fixed,
            take,
            upper,
            most,
            price,
            reduced,
            mean,
            shares,
            memo,
            part,
        )
        done += part
        if memo[0] >= upper * (1 - 1e-9) or memo[0] == before == -np.inf:
            break
        if done % 100 < part:
            marks.append(float(memo[0]))
            if len(marks) > 1 and marks[-1] - marks[-2] < 1e-4 * abs(marks[-1]):
                memo[2] = max(memo[2] / 2, 1e-4)
            if len(marks) > 5 and marks[-1] - marks[-5] < 1e-6 * abs(marks[-1]):
                break
    return MedianPrices(bound=float(memo[0]), price=price, reduced=reduced, shares=shares)


@nb.njit(cache=True, nogil=True)
def benders_prices(row_ptr, row_site, row_cost, share, penalty, served, eps):  # type: ignore[no-untyped-def]
    """Per demand the critical cost of a (fractional) opening, and what serving costs at it.

    The critical cost is where the open shares, cheapest first, add up to one; the Benders cut
    theta_i >= p - sum_j max(0, p - c_ij) y_j at that price p is the deepest (Cornuejols, Nemhauser
    and Wolsey 1990; Duran-Mateluna, Ales and Elloumi 2023, doi:10.1016/j.ejor.2022.08.016).
    Returns prices with -1 where `served` already satisfies the cut, and the total cost.
    """
    n = len(row_ptr) - 1
    price = np.full(n, -1.0)
    total = 0.0
    for i in range(n):
        c = 0.0
        p = penalty
        for t in range(row_ptr[i], row_ptr[i + 1]):
            c += share[row_site[t]]
            if c >= 1 - 1e-9:
                p = row_cost[t]
                break
        v = p
        for t in range(row_ptr[i], row_ptr[i + 1]):
            if row_cost[t] >= p:
                break
            v -= (p - row_cost[t]) * share[row_site[t]]
        total += v
        if v > served[i] + eps:
            price[i] = p
    return price, total
