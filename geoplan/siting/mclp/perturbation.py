"""Iterated local search: close a few neighbouring sites, fill up greedily, swap, keep if better.

Its random numbers are those of `geoplan.siting.solver.rng`.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from geoplan.siting.mclp.local_search import swap_kernel
from geoplan.siting.model.reduction import Core
from geoplan.siting.solver.rng import below, next_bits


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
        k = min(p, least + below(state, most - least + 1))
        # a random site, and the open sites that share most people with its surroundings
        centre = below(state, m)
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
                pick = below(state, p)
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
                if next_bits(state) % np.uint64(10) == 0:
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
        swap_kernel(
            weight, site_ptr, site_idx, row_ptr, row_idx, trial, count2, open2, allowed, 10_000
        )
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
        core.weight,
        core.site_ptr,
        core.site_idx,
        core.row_ptr,
        core.row_idx,
        chosen,
        allowed,
        rounds,
        least,
        most,
        state,
    )
    return chosen, helped
