"""Perturbation: close a few neighbouring sites, refill greedily, interchange, keep what is better.

An iterated local search (Lourenço, Martin and Stützle 2003, doi:10.1007/0-306-48056-5_11) with the
random numbers of `geoplan.siting.solver.rng`.
"""

from __future__ import annotations

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.mclp.local_search import open_sites
from geoplan.siting.mclp.swaps import Solution, interchange_until_best
from geoplan.siting.model.core import Core
from geoplan.siting.solver.rng import below, next_bits


@inner_kernel
def _people(weight, count):
    """People of the classes that are covered."""
    people = 0.0
    for i in range(len(weight)):
        if count[i] > 0:
            people += weight[i]
    return people


@inner_kernel
def _close_near(cover, trial, near, k, state):
    """Close `k` open sites around a random one; the positions in `trial.chosen` that are free now.

    `trial` and `near` (how much a site has in common with the surroundings) are written to.
    """
    weight, site_ptr, site_idx, row_ptr, row_idx = cover
    chosen, count, is_open = trial
    p = len(chosen)
    centre = below(state, len(site_ptr) - 1)
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
            j = chosen[a]
            if j >= 0 and near[j] > top:
                top = near[j]
                pick = a
        if top <= 0:  # nobody near is left: any open site
            pick = below(state, p)
            while chosen[pick] < 0:
                pick = (pick + 1) % p
        j = chosen[pick]
        # the surroundings grow by those of the site that closes
        for t in range(site_ptr[j], site_ptr[j + 1]):
            i = site_idx[t]
            count[i] -= 1
            for q in range(row_ptr[i], row_ptr[i + 1]):
                near[row_idx[q]] += 0.25 * weight[i]
        is_open[j] = False
        chosen[pick] = -1
        closed[c] = pick
    return closed


@inner_kernel
def _best_near(cover, trial, near, allowed, banned, state):
    """The site near by that adds most people, among a random nine tenths; -1 where there is none.

    banned : bool per site: not to be opened.
    """
    weight, site_ptr, site_idx, _, _ = cover
    _, count, is_open = trial
    pick = -1
    top = -1.0
    for j in range(len(near)):
        if is_open[j] or not allowed[j] or banned[j]:
            continue
        if near[j] <= 0 and top > 0:
            continue
        if next_bits(state) % np.uint64(10) == 0:
            continue
        s = 0.0
        for t in range(site_ptr[j], site_ptr[j + 1]):
            if count[site_idx[t]] == 0:
                s += weight[site_idx[t]]
        if s > top:
            top = s
            pick = j
    return pick


@kernel
def _perturb(cover, chosen, allowed, rounds, least, most, state):
    """`rounds` perturbations of `chosen` (written to): how many of them helped."""
    weight, site_ptr, site_idx, row_ptr, _ = cover
    m = len(site_ptr) - 1
    p = len(chosen)
    now = Solution(chosen, np.zeros(len(row_ptr) - 1, np.int32), np.zeros(m, np.bool_))
    open_sites(cover, chosen, now.covering, now.is_open)
    best = _people(weight, now.covering)
    helped = 0
    near = np.zeros(m)
    banned = np.zeros(m, np.bool_)
    for _ in range(rounds):
        trial = Solution(chosen.copy(), now.covering.copy(), now.is_open.copy())
        k = min(p, least + below(state, most - least + 1))
        closed = _close_near(cover, trial, near, k, state)
        banned[:] = now.is_open & ~trial.is_open  # the first site is none that has just closed
        for c in range(k):
            pick = _best_near(cover, trial, near, allowed, banned, state)
            banned[:] = False
            if pick < 0:
                for a in range(p):
                    if trial.chosen[a] < 0 and not trial.is_open[chosen[a]]:
                        pick = chosen[a]
                        break
            trial.chosen[closed[c]] = pick
            trial.is_open[pick] = True
            for t in range(site_ptr[pick], site_ptr[pick + 1]):
                trial.covering[site_idx[t]] += 1
        interchange_until_best(cover, trial, allowed, 10_000)
        value = _people(weight, trial.covering)
        if value >= best:
            if value > best:
                helped += 1
            best = value
            chosen[:] = trial.chosen
            now.is_open[:] = trial.is_open
            now.covering[:] = trial.covering
    return helped


def perturb(
    core: Core,
    chosen: np.ndarray,
    *,
    allowed: np.ndarray,
    rounds: int,
    state: np.ndarray,
    least: int = 2,
    most: int = 6,
) -> tuple[np.ndarray, int]:
    """`chosen` after `rounds` perturbations, and how many of them helped; `state` moves on.

    least, most : how many sites each of them closes.
    """
    chosen = np.array(chosen, np.int64)
    if not len(chosen):
        return chosen, 0
    helped = _perturb(core.cover, chosen, allowed, rounds, least, most, state)
    return chosen, helped
