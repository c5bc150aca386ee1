"""Iterated local search: close a few neighbouring sites, fill up greedily, swap, keep if better.

The random numbers are its own (splitmix64), so a seed gives the same answer on every machine.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from geoplan.siting.heuristics import _swap
from geoplan.siting.reduction import Core


@nb.njit(cache=True, nogil=True)
def _next(state):  # type: ignore[no-untyped-def]
    """The next 64 random bits (Steele, Lea and Flood 2014, doi:10.1145/2660193.2660195)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    z = state[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@nb.njit(cache=True, nogil=True)
def _below(state, n):  # type: ignore[no-untyped-def]
    return np.int64(_next(state) % np.uint64(n))


@nb.njit(cache=True, nogil=True)
def _shake(  # type: ignore[no-untyped-def]  # noqa: C901
    weight, site_ptr, site_idx, row_ptr, row_idx, chosen, allowed, rounds, least, most, state
):
    """`rounds` shakes of `chosen` (written to): people covered, and shakes that helped."""
    n = len(row_ptr) - 1
    m = len(site_ptr) - 1
    p = len(chosen)
    count = np.zeros(n, np.int32)
    is_open = np.zeros(m, np.bool_)
    for a in range(p):
        is_open[chosen[a]] = True
        for t in range(site_ptr[chosen[a]], site_ptr[chosen[a] + 1]):
            count[site_idx[t]] += 1
    best = 0.0
    for i in range(n):
        if count[i] > 0:
            best += weight[i]
    helped = 0
    near = np.zeros(m)
    banned = np.zeros(m, np.int64)
    for r in range(1, rounds + 1):
        trial = chosen.copy()
        open2 = is_open.copy()
        count2 = count.copy()
        k = min(p, least + _below(state, most - least + 1))
        # a random site, and the open sites that share most people with its surroundings
        centre = _below(state, m)
        near[:] = 0.0
        for t in range(site_ptr[centre], site_ptr[centre + 1]):
            i = site_idx[t]
            for q in range(row_ptr[i], row_ptr[i + 1]):
                near[row_idx[q]] += weight[i]
        closed = np.empty(k, np.int64)
        for c in range(k):
            pick = -1
            top = -1.0
            for a in range(p):
                j = trial[a]
                if j >= 0 and near[j] > top:
                    top = near[j]
                    pick = a
            if top <= 0:  # nobody near is left: any open site
                pick = _below(state, p)
                while trial[pick] < 0:
                    pick = (pick + 1) % p
            j = trial[pick]
            # the surroundings grow by those of the site that closes
            for t in range(site_ptr[j], site_ptr[j + 1]):
                i = site_idx[t]
                count2[i] -= 1
                for q in range(row_ptr[i], row_ptr[i + 1]):
                    near[row_idx[q]] += 0.25 * weight[i]
            open2[j] = False
            trial[pick] = -1
            closed[c] = pick
            banned[j] = r
        # fill up greedily among a random nine tenths, not with what has just been closed
        for c in range(k):
            pick = -1
            top = -1.0
            for j in range(m):
                if open2[j] or not allowed[j] or (c == 0 and banned[j] == r):
                    continue
                if near[j] <= 0 and top > 0:
                    continue
                if _next(state) % np.uint64(10) == 0:
                    continue
                s = 0.0
                for t in range(site_ptr[j], site_ptr[j + 1]):
                    if count2[site_idx[t]] == 0:
                        s += weight[site_idx[t]]
                if s > top:
                    top = s
                    pick = j
            if pick < 0:
                for a in range(p):
                    if trial[a] < 0 and not open2[chosen[a]]:
                        pick = chosen[a]
                        break
            trial[closed[c]] = pick
            open2[pick] = True
            for t in range(site_ptr[pick], site_ptr[pick + 1]):
                count2[site_idx[t]] += 1
        _swap(weight, site_ptr, site_idx, row_ptr, row_idx, trial, count2, open2, allowed, 10_000)
        value = 0.0
        for i in range(n):
            if count2[i] > 0:
                value += weight[i]
        if value >= best:
            if value > best:
                helped += 1
            best = value
            chosen[:] = trial
            is_open[:] = open2
            count[:] = count2
    return best, helped


def shake(
    core: Core,
    chosen: np.ndarray,
    *,
    allowed: np.ndarray,
    rounds: int,
    state: np.ndarray,
    least: int = 2,
    most: int = 6,
) -> tuple[np.ndarray, int]:
    """`chosen` after `rounds` shakes, and how many of them helped; `state` moves on."""
    chosen = np.array(chosen, np.int64)
    if not len(chosen):
        return chosen, 0
    _, helped = _shake(
        core.weight, core.site_ptr, core.site_idx, core.row_ptr, core.row_idx, chosen, allowed,
        rounds, least, most, state,
    )  # fmt: skip
    return chosen, helped


def random_state(seed: int) -> np.ndarray:
    """A random state to hand to `shake`."""
    return np.array([(int(seed) * 0x9E3779B97F4A7C15 + 0x1234567) % 2**64], np.uint64)
