"""What no choice of sites can beat: a Lagrangean bound on covering, and what follows from it.

Every class of demand gets a price between nothing and its weight; a site is worth the prices of
the classes it covers; at any prices, the weights beyond the prices plus the best `take` sites'
worth bound what `take` sites can cover. The volume algorithm (Barahona and Anbil 2000,
doi:10.1007/s101070050002) walks to good prices and finds an approximate relaxed answer on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numba as nb
import numpy as np

from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.reduction import Core, reduce_problem
from geoplan.siting.solver.control import SolveControl


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Prices:
    """Prices per class and what they prove.

    price : per class, 0..weight. worth : per site, the prices of its classes.
    free : sum of the weights beyond the prices. shares : relaxed opening per site, 0..1, or None.
    """

    price: np.ndarray
    worth: np.ndarray
    free: float
    shares: np.ndarray | None = None

    def bound(self, take: int) -> float:
        """An upper bound on the people of all classes that `take` sites cover."""
        take = min(take, len(self.worth))
        if take <= 0:
            return 0.0
        top = np.partition(self.worth, len(self.worth) - take)[len(self.worth) - take :]
        return self.free + float(top.sum())

    def curve(self, most: int) -> np.ndarray:
        """Upper bounds for 0, 1, ..., `most` sites."""
        top = np.sort(self.worth)[::-1][:most]
        out = np.full(most + 1, self.free + float(top.sum()))
        out[: len(top) + 1] = self.free + np.concatenate([[0.0], np.cumsum(top)])
        out[0] = 0.0
        return out


@nb.njit(cache=True, nogil=True)
def _worth(site_ptr, site_idx, price, worth):  # type: ignore[no-untyped-def]
    for j in range(len(site_ptr) - 1):
        s = 0.0
        for t in range(site_ptr[j], site_ptr[j + 1]):
            s += price[site_idx[t]]
        worth[j] = s


@nb.njit(cache=True, nogil=True)
def _pick(worth, take, top):  # type: ignore[no-untyped-def]
    """The `take` most worthy sites into `top` (ties: smaller position); their worth."""
    m = len(worth)
    edge = np.partition(worth, m - take)[m - take]
    k = 0
    s = 0.0
    for j in range(m):
        if worth[j] > edge:
            top[k] = j
            s += worth[j]
            k += 1
    for j in range(m):
        if k == take:
            break
        if worth[j] == edge:
            top[k] = j
            s += edge
            k += 1
    return s


@nb.njit(cache=True, nogil=True)
def _count(site_ptr, site_idx, top, out):  # type: ignore[no-untyped-def]
    out[:] = 0.0
    for a in range(len(top)):
        for t in range(site_ptr[top[a]], site_ptr[top[a] + 1]):
            out[site_idx[t]] += 1.0


@nb.njit(cache=True, nogil=True)
def _volume(  # type: ignore[no-untyped-def]  # noqa: C901
    weight, site_ptr, site_idx, take, target, best_price, best_worth, mean, shares, state, rounds
):
    """`rounds` steps of the volume algorithm; all arrays and `state` are written to.

    state: best bound, step, widest blend, failures in a row, whether it was started.
    """
    n = len(weight)
    m = len(site_ptr) - 1
    price = best_price.copy()
    worth = np.empty(m)
    top = np.empty(take, np.int64)
    now = np.empty(n)
    if state[4] == 0:
        _worth(site_ptr, site_idx, price, worth)
        s = _pick(worth, take, top)
        state[0] = s + (weight - price).sum()
        best_worth[:] = worth
        _count(site_ptr, site_idx, top, mean)
        shares[:] = 0.0
        for a in range(take):
            shares[top[a]] = 1.0
        state[4] = 1
    for _ in range(rounds):
        best = state[0]
        norm = 0.0
        for i in range(n):
            v = mean[i] - 1.0
            if (best_price[i] <= 0 and v > 0) or (best_price[i] >= weight[i] and v < 0):
                continue
            norm += v * v
        if norm < 1e-12 or best <= target:
            break
        step = state[1] * max(best - target, 1e-7 * best) / norm
        rest = 0.0
        for i in range(n):
            x = best_price[i] - step * (mean[i] - 1.0)
            x = min(max(x, 0.0), weight[i])
            price[i] = x
            rest += weight[i] - x
        _worth(site_ptr, site_idx, price, worth)
        value = rest + _pick(worth, take, top)
        _count(site_ptr, site_idx, top, now)
        cross = 0.0
        square = 0.0
        agree = 0.0
        for i in range(n):
            d = now[i] - mean[i]
            v = mean[i] - 1.0
            cross += v * d
            square += d * d
            agree += v * (now[i] - 1.0)
        blend = state[2]
        if square > 0:
            blend = min(max(-cross / square, state[2] / 10), state[2])
        if value < best:
            state[0] = value
            best_price[:] = price
            best_worth[:] = worth
            state[3] = 0
            if agree > 0:
                state[1] = min(state[1] * 1.1, 2.0)
        else:
            state[3] += 1
            if state[3] >= 10:
                state[1] *= 0.66
                state[3] = 0
        for i in range(n):
            mean[i] += blend * (now[i] - mean[i])
        for j in range(m):
            shares[j] *= 1 - blend
        for a in range(take):
            shares[top[a]] += blend


def price_out(
    core: Core,
    *,
    take: int,
    target: float,
    control: SolveControl,
    start: np.ndarray | None = None,
    rounds: int = 6000,
    patience: float = 2e-6,
    visit: Callable[[np.ndarray], float] | None = None,
) -> Prices:
    """Prices whose bound for `take` sites is as small as the volume algorithm gets it.

    Parameters
    ----------
    target : stop as soon as the bound falls to it (people of the classes an answer covers).
    start : prices to begin with, for example those of one site less.
    rounds : most steps; the work is counted, not timed, so that the answer is the same anywhere.
    patience : stop when 400 steps improve the bound by less than this share.
    visit : called every 100 steps with the relaxed shares per site; returns the target from then
        on (the place to round the shares to an answer: they get better all the time).
    """
    take = min(take, core.m)
    price = core.weight * 0.5 if start is None else np.clip(start, 0.0, core.weight)
    worth, mean, shares = np.empty(core.m), np.zeros(core.n), np.zeros(core.m)
    state = np.array([np.inf, 0.1, 0.1, 0.0, 0.0])
    marks: list[float] = []
    done, resting = 0, np.inf
    while take > 0 and core.n and done < rounds and (control.left > 0 or not done):
        before = state[0]
        _volume(
            core.weight,
            core.site_ptr,
            core.site_idx,
            take,
            target,
            price,
            worth,
            mean,
            shares,
            state,
            100,
        )
        done += 100
        best = state[0]
        marks.append(best)
        if visit is not None:
            target = max(target, visit(shares))
        if best <= target:
            break
        if np.isfinite(before) and before - best < 1e-4 * abs(best):
            state[2] = max(state[2] / 2, 1e-4)
        if len(marks) > 4 and marks[-5] - best < patience * abs(best):
            # a fresh start from the same prices gets further, as long as the last one did
            if resting - best < 1e-5 * abs(best):
                break
            resting, state[1:] = best, (0.1, 0.1, 0.0, 0.0)
            marks.clear()
    free = float((core.weight - price).sum())
    if not (take > 0 and core.n):
        _worth(core.site_ptr, core.site_idx, price, worth)
    return Prices(price=price, worth=worth, free=free, shares=shares)


def settle(prices: Prices, *, take: int, need: float) -> tuple[np.ndarray, np.ndarray]:
    """Sites that no answer of at least `need` people opens, and sites that every such one does.

    Returns
    -------
    never, always : bool per site.
    """
    m = len(prices.worth)
    never, always = np.zeros(m, bool), np.zeros(m, bool)
    if not 0 < take < m:
        return never, always
    order = np.argsort(-prices.worth, kind="stable")
    inside = np.zeros(m, bool)
    inside[order[:take]] = True
    last, following = prices.worth[order[take - 1]], prices.worth[order[take]]
    bound = prices.free + float(prices.worth[order[:take]].sum())
    slack = 1e-9 * max(1.0, abs(bound))
    never = ~inside & (bound - (last - prices.worth) < need - slack)
    always = inside & (bound - (prices.worth - following) < need - slack)
    return never, always


def coverage_bounds(
    problem: SitingProblem, *, sites: int, target: float = 0.0, time_limit_s: float = 10.0
) -> np.ndarray:
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
