"""p-median by greedy choice and interchange: a good set of open sites, without a bound.

Greedy choice opens the site that saves most, again and again; interchange swaps an open site for a
closed one while that saves (Teitz and Bart 1968), with separate terms for gain, loss and their
correction (Resende and Werneck 2007, doi:10.1007/s10479-006-0154-0).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.assignment.weighted_costs import nearest_of_all, nearest_two
from geoplan.siting.solver.order import heap_of, sift_down
from geoplan.tolerances import SAME_VALUE


@inner_kernel
def _saving(by_site, current, j):
    """What opening site j saves where each demand row pays its `current` cost."""
    ptr, idx, data = by_site
    saved = 0.0
    for t in range(ptr[j], ptr[j + 1]):
        v = current[idx[t]] - data[t]
        if v > 0:
            saved += v
    return saved


@kernel
def greedy_add(costs, is_open, allowed, add):
    """Open `add` more sites, each time the one that saves most; `is_open` is written to.

    Savings only shrink as sites open, so an old one is a bound: only the site on top of the heap is
    looked at anew (lazy evaluation, Minoux 1978, doi:10.1007/BFb0006528).
    """
    ptr, idx, data = costs.by_site
    m = len(ptr) - 1
    current = nearest_of_all(costs, is_open).cost
    saving = np.empty(m)
    for j in range(m):
        saved = _saving(costs.by_site, current, j)
        saving[j] = saved if (allowed[j] and not is_open[j]) else -1.0
    heap = heap_of(saving)
    known = np.zeros(m, np.int64)  # after how many openings a saving was worked out
    opened = 0
    while opened < add and m > 0 and saving[heap[0]] >= 0:
        j = heap[0]
        if known[j] != opened:
            saving[j] = _saving(costs.by_site, current, j)
            known[j] = opened
        else:
            is_open[j] = True
            saving[j] = -1.0
            opened += 1
            for t in range(ptr[j], ptr[j + 1]):
                if data[t] < current[idx[t]]:
                    current[idx[t]] = data[t]
        sift_down(heap, m, np.int64(0), saving)


class _SwapTerms(NamedTuple):
    """Per open site: `loss` if it closes, and `extra`, the correction beside one that opens."""

    loss: np.ndarray
    extra: np.ndarray


@inner_kernel
def _gain_of(by_site, near, terms, k):
    """What opening site k saves; into `terms`: correction term (extra, in Resende & Werneck)."""
    ptr, idx, data = by_site
    gain = 0.0
    for t in range(ptr[k], ptr[k + 1]):
        i = idx[t]
        v = data[t]
        if v < near.cost[i]:
            gain += near.cost[i] - v
            if near.site[i] >= 0:
                terms.extra[near.site[i]] += near.second[i] - near.cost[i]
        elif v < near.second[i]:
            terms.extra[near.site[i]] += near.second[i] - v
    return gain


@inner_kernel
def _cheapest_to_close(leaving, terms):
    """Position in `leaving` of the site whose closing costs least, and that cost."""
    position = -1
    least = np.inf
    for a in range(len(leaving)):
        cost = terms.loss[leaving[a]] - terms.extra[leaving[a]]
        if cost < least or (cost == least and leaving[a] < leaving[position]):
            least = cost
            position = a
    return position, least


@inner_kernel
def _best_partner(by_site, near, terms, leaving, k):
    """Position in `leaving` of the best site to close for k, and what that swap saves."""
    ptr, idx, _ = by_site
    gain = _gain_of(by_site, near, terms, k)
    position, least = _cheapest_to_close(leaving, terms)
    for t in range(ptr[k], ptr[k + 1]):
        if near.site[idx[t]] >= 0:
            terms.extra[near.site[idx[t]]] = 0.0
    return position, gain - least


@inner_kernel
def _update_nearest(costs, is_open, near, loss, closed, j, total):
    """Renew the demand rows that site j touches after `closed` has left; the new total cost."""
    ptr, idx, data = costs.by_site
    for t in range(ptr[j], ptr[j + 1]):
        i = idx[t]
        if data[t] <= near.second[i] or near.site[i] == closed:
            if near.site[i] >= 0:
                loss[near.site[i]] -= near.second[i] - near.cost[i]
            total -= near.cost[i]
            near.site[i], near.cost[i], near.second[i] = nearest_two(costs, is_open, np.int64(i))
            total += near.cost[i]
            if near.site[i] >= 0:
                loss[near.site[i]] += near.second[i] - near.cost[i]
    return total


@kernel
def interchange(costs, is_open, allowed, fixed, start, max_swaps):
    """Swap open for closed sites while it helps, at most `max_swaps` times, looking from `start`.

    `is_open` is written to. `fixed` sites never leave, sites not `allowed` never enter. Returns the
    number of swaps (fewer than `max_swaps`: none helps any more) and where to go on.
    """
    m = len(is_open)
    near = nearest_of_all(costs, is_open)
    terms = _SwapTerms(np.zeros(m), np.zeros(m))
    total = 0.0
    for i in range(len(near.cost)):
        total += near.cost[i]
        if near.site[i] >= 0:
            terms.loss[near.site[i]] += near.second[i] - near.cost[i]
    leaving = np.flatnonzero(is_open & ~fixed)
    swaps = 0
    tried = 0  # closed sites in a row that no swap helps to open
    while swaps < max_swaps and len(leaving) > 0 and tried < m:
        k = (start + tried) % m
        tried += 1
        if is_open[k] or not allowed[k]:
            continue
        position, saved = _best_partner(costs.by_site, near, terms, leaving, k)
        if saved <= SAME_VALUE * (1.0 + abs(total)):
            continue
        closed = leaving[position]
        is_open[closed] = False
        is_open[k] = True
        leaving[position] = k
        # only demand that touches either site can change its two cheapest
        total = _update_nearest(costs, is_open, near, terms.loss, closed, k, total)
        total = _update_nearest(costs, is_open, near, terms.loss, closed, closed, total)
        swaps += 1
        start = k + 1
        tried = 0
    return swaps, start
