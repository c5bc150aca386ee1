"""p-median to proof where few sites are in doubt: branch and bound on Lagrangean bounds.

Every node keeps its parent's prices and improves them by a few subgradient steps (Narula, Ogbu and
Samuelsson 1977, doi:10.1287/opre.25.4.709); what cannot be open or closed in a better answer is
settled by reduced cost; the site about which the steps disagree most is branched on. Some hundred
nodes of some thousand operations each prove what a general solver needs seconds for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np

from geoplan.siting.assignment.interchange import MedianArrays
from geoplan.siting.solver.time_limit import Clock

#: pairs looked at before the tree is left to others: about a second
WORK = 400_000_000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Tree:
    """What the tree found: the best opening, its cost, whether nothing better exists, and nodes."""

    is_open: np.ndarray
    value: float
    proved: bool
    nodes: int


@nb.njit(cache=True, nogil=True)
def _price(row_ptr, row_site, row_cost, lam, reduced):  # type: ignore[no-untyped-def]
    """Sum of prices, and the pairs looked at; `reduced` gets the reduced cost per site."""
    reduced[:] = 0.0
    total = 0.0
    seen = 0
    for i in range(len(row_ptr) - 1):
        price = lam[i]
        total += price
        for t in range(row_ptr[i], row_ptr[i + 1]):
            seen += 1
            if row_cost[t] >= price:
                break
            reduced[row_site[t]] += row_cost[t] - price
    return total, seen


@nb.njit(cache=True, nogil=True)
def _choose(reduced, state, free, n_free, take, chosen):  # type: ignore[no-untyped-def]
    """Mark open sites and the `take` best free ones; their sum, last in, first out."""
    key = np.empty(n_free)
    s = 0.0
    for j in range(len(state)):
        chosen[j] = state[j] == 1
        if state[j] == 1:
            s += reduced[j]
    for a in range(n_free):
        key[a] = reduced[free[a]]
    order = np.argsort(key)
    for a in range(take):
        chosen[free[order[a]]] = True
        s += key[order[a]]
    last = key[order[take - 1]] if take > 0 else -np.inf
    first = key[order[take]] if take < n_free else np.inf
    return s, last, first


@nb.njit(cache=True, nogil=True)
def _true_cost(row_ptr, row_site, row_cost, penalty, chosen):  # type: ignore[no-untyped-def]
    s = 0.0
    for i in range(len(row_ptr) - 1):
        d = penalty
        for t in range(row_ptr[i], row_ptr[i + 1]):
            if chosen[row_site[t]]:
                d = row_cost[t]
                break
        s += d
    return s


@nb.njit(cache=True, nogil=True)
def _below(value, step, gap):  # type: ignore[no-untyped-def]
    """What a bound must pass so that nothing better than `value` (by `gap`) is left."""
    need = value - step + 1e-6 if step > 0 else value - 1e-9 * abs(value)
    return min(need, value * (1 - gap))


@nb.njit(cache=True, nogil=True)
def _search(  # type: ignore[no-untyped-def]  # noqa: C901
    row_ptr,
    row_site,
    row_cost,
    penalty,
    sites,
    state,
    best,
    step,
    gap,
    lam,
    site,
    phase,
    mark,
    trail,
    memo,
    work,
    steps,
):
    """Go on with the tree until it is empty or `work` pairs were looked at.

    memo: depth, length of the trail, whether to go down next, value, nodes. Everything is
    written to.
    """
    n = len(row_ptr) - 1
    m = len(state)
    depth = np.int64(memo[0])
    length = np.int64(memo[1])
    down = memo[2] > 0
    value = memo[3]
    seen = 0
    reduced = np.empty(m)
    kept = np.empty(m)
    chosen = np.zeros(m, np.bool_)
    picked = np.zeros(m, np.bool_)
    often = np.zeros(m)
    free = np.empty(m, np.int64)
    price = np.empty(n)
    grad = np.empty(n)
    while seen < work:
        if not down:
            # back to the deepest site of which only one side was tried
            while depth >= 0 and phase[depth] == 2:
                depth -= 1
            if depth < 0:
                break
            while length > mark[depth]:
                length -= 1
                state[trail[length]] = 0
            # the first side was undone with the trail; now the other one
            state[site[depth]] = 1 if phase[depth] == 0 else -1
            phase[depth] = 2
            trail[length] = site[depth]
            length += 1
            down = True
            depth += 1
            lam[depth] = lam[depth - 1]
        memo[4] += 1
        down = False
        n_free = 0
        n_open = 0
        for j in range(m):
            if state[j] == 0:
                free[n_free] = j
                n_free += 1
            elif state[j] == 1:
                n_open += 1
        take = sites - n_open
        if take < 0 or n_free < take:
            depth -= 1
            continue
        need = _below(value, step, gap)
        price[:] = lam[depth]
        top = -np.inf
        last = 0.0
        first = 0.0
        scale = 0.6
        idle = 0
        often[:] = 0.0
        done = False
        rounds = 0
        for _ in range(steps):
            total, looked = _price(row_ptr, row_site, row_cost, price, reduced)
            seen += looked
            s, into, out = _choose(reduced, state, free, n_free, take, chosen)
            rounds += 1
            for a in range(n_free):
                if chosen[free[a]]:
                    often[free[a]] += 1
            if total + s > top:
                top = total + s
                lam[depth] = price
                kept[:] = reduced
                picked[:] = chosen
                last = into
                first = out
                idle = 0
                if top > need:
                    done = True
                    break
            else:
                idle += 1
                if idle >= 4:
                    scale *= 0.6
                    idle = 0
            norm = 0.0
            for i in range(n):
                g = 1.0
                for t in range(row_ptr[i], row_ptr[i + 1]):
                    if row_cost[t] >= price[i]:
                        break
                    if chosen[row_site[t]]:
                        g -= 1.0
                grad[i] = g
                norm += g * g
            if norm < 0.5:  # everyone served once: this answer is the bound
                break
            move = scale * max(1.01 * value - (total + s), 1e-9 * abs(value)) / norm
            for i in range(n):
                price[i] = max(price[i] + move * grad[i], 0.0)
        if done:
            depth -= 1
            continue
        cost = _true_cost(row_ptr, row_site, row_cost, penalty, picked)
        seen += n * 4
        if cost < value - 1e-9 * abs(value):
            value = cost
            memo[3] = value
            best[:] = picked
            need = _below(value, step, gap)
            if top > need:
                depth -= 1
                continue
        if take == 0 or n_free == take:
            depth -= 1
            continue
        # settle what a better answer cannot do otherwise; undone with the node above
        left = 0
        choice = -1
        nearest = np.inf
        for a in range(n_free):
            j = free[a]
            if picked[j]:
                if top - kept[j] + first > need:
                    state[j] = 1
                    trail[length] = j
                    length += 1
                    continue
            elif top + kept[j] - last > need:
                state[j] = -1
                trail[length] = j
                length += 1
                continue
            left += 1
            doubt = abs(often[j] / rounds - 0.5)
            if doubt < nearest - 1e-12 or (doubt < nearest + 1e-12 and kept[j] < kept[choice]):
                nearest = doubt
                choice = j
        if left == 0:
            # everything is settled: the one answer left is known or is worth a look
            cost = 0.0
            count = 0
            for j in range(m):
                chosen[j] = state[j] == 1
                count += chosen[j]
            if count <= sites:
                cost = _true_cost(row_ptr, row_site, row_cost, penalty, chosen)
                if cost < value - 1e-9 * abs(value):
                    value = cost
                    memo[3] = value
                    best[:] = chosen
            depth -= 1
            continue
        site[depth] = choice
        mark[depth] = length
        # first the side that the steps favour
        favour = often[choice] / rounds >= 0.5
        state[choice] = 1 if favour else -1
        phase[depth] = 1 if favour else 0
        trail[length] = choice
        length += 1
        lam[depth + 1] = lam[depth]
        depth += 1
        down = True
    memo[0] = depth
    memo[1] = length
    memo[2] = 1.0 if down else 0.0
    memo[3] = value
    return depth < 0 and not down


def branch(
    a: MedianArrays,
    *,
    sites: int,
    allowed: np.ndarray,
    fixed: np.ndarray,
    start: np.ndarray,
    value: float,
    prices: np.ndarray,
    step: float,
    gap: float,
    clock: Clock,
    work: int = WORK,
) -> Tree:
    """Look for a better opening than `start` until there is none, or the work is done.

    Parameters
    ----------
    allowed, fixed : bool per site: may be open, must be open.
    start, value : the best opening known and its cost.
    prices : per demand row, from a good Lagrangean bound.
    step : distance between possible costs (1 for whole ones), else 0.
    gap : relative gap that is good enough.
    work : pairs of demand and site to look at, about 4e8 a second; counted, not timed, so that the
        answer is the same on any machine.
    """
    # rows without the sites that are closed for good
    row_ptr, row_site, row_cost = _open_rows(a, allowed | fixed)
    state = np.where(fixed, 1, np.where(allowed, 0, -1)).astype(np.int8)
    deepest = int((state == 0).sum()) + 2
    lam = np.empty((deepest, a.n_demand))
    lam[0] = prices
    site, phase = np.zeros(deepest, np.int64), np.zeros(deepest, np.int8)
    mark, trail = np.zeros(deepest, np.int64), np.zeros(a.n_sites + 1, np.int64)
    memo = np.array([0.0, 0.0, 1.0, value, 0.0])
    best = start.copy()
    part = 20_000_000
    done, spent = False, 0
    while not done and spent < work and clock.left > 0:
        done = _search(
            row_ptr,
            row_site,
            row_cost,
            a.penalty,
            sites,
            state,
            best,
            step,
            gap,
            lam,
            site,
            phase,
            mark,
            trail,
            memo,
            part,
            30,
        )
        spent += part
    return Tree(is_open=best, value=float(memo[3]), proved=bool(done), nodes=int(memo[4]))


def _open_rows(a: MedianArrays, usable: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    keep = usable[a.row_site]
    before = np.concatenate([[0], np.cumsum(keep)])
    return before[a.row_ptr], a.row_site[keep], a.row_cost[keep]
