"""Good solutions of the MCLP at once: greedy, and interchanges of sites while they help.

All on a reduced core. The interchange (Teitz and Bart 1968, doi:10.1287/opre.16.5.955) keeps per
site what opening or closing it is worth and updates only the neighbourhood of a move (after Resende
and Werneck 2007, doi:10.1007/s10479-006-0154-0). Ties go to the smaller position, so the solution
never depends on the machine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.model.core import Core
from geoplan.siting.model.dominance import drop_idle_columns
from geoplan.siting.solver.order import heap_of, sift_down
from geoplan.tolerances import SAME_VALUE


@inner_kernel
def _uncovered_people(cover, count, j):
    weight, site_ptr, site_idx, _, _ = cover
    people = 0.0
    for t in range(site_ptr[j], site_ptr[j + 1]):
        if count[site_idx[t]] == 0:
            people += weight[site_idx[t]]
    return people


@kernel
def _greedy(cover, n_new, count, is_open, allowed):
    """Open sites by people added; `count` and `is_open` are written to.

    What a site adds never grows, so an old number bounds it: only the site on top of the heap is
    counted anew (lazy evaluation, Minoux 1978, doi:10.1007/BFb0006528).
    """
    _, site_ptr, site_idx, _, _ = cover
    m = len(site_ptr) - 1
    adds = np.zeros(m)
    for j in range(m):
        if allowed[j] and not is_open[j]:
            adds[j] = _uncovered_people(cover, count, j)
    heap = heap_of(adds)
    order = np.empty(max(0, min(n_new, m)), np.int64)
    k = 0
    known = np.zeros(m, np.int64)  # after how many openings a number was counted
    while k < len(order) and adds[heap[0]] > 0:
        j = heap[0]
        if known[j] != k:
            adds[j] = _uncovered_people(cover, count, j)
            known[j] = k
        else:
            is_open[j] = True
            for t in range(site_ptr[j], site_ptr[j + 1]):
                count[site_idx[t]] += 1
            order[k] = j
            k += 1
            adds[j] = 0.0
        sift_down(heap, m, np.int64(0), adds)
    return order[:k]


class Solution(NamedTuple):
    """Open sites of a core while compiled searches write to them.

    chosen : positions of the open sites. covering : per class, how many of them cover it.
    is_open : bool per site.
    """

    chosen: np.ndarray
    covering: np.ndarray
    is_open: np.ndarray


class _Moves(NamedTuple):
    """What opening or closing each site is worth, kept up to date from move to move.

    gain : people added by opening. loss : people lost by closing. single : people whose only open
    site could be replaced by this one. owner : per class the sum of its open sites, which is the
    only one where there is one. shared : zeros, for work.
    """

    gain: np.ndarray
    loss: np.ndarray
    single: np.ndarray
    owner: np.ndarray
    shared: np.ndarray


@inner_kernel
def _moves(cover, solution):
    """What every move from `solution` is worth, and the people of all classes."""
    weight, site_ptr, site_idx, row_ptr, row_idx = cover
    chosen, count, _ = solution
    n = len(row_ptr) - 1
    m = len(site_ptr) - 1
    gain = np.zeros(m)
    loss = np.zeros(m)
    single = np.zeros(m)
    owner = np.zeros(n, np.int64)
    for a in range(len(chosen)):
        for t in range(site_ptr[chosen[a]], site_ptr[chosen[a] + 1]):
            owner[site_idx[t]] += chosen[a]
    total = 0.0
    for i in range(n):
        total += weight[i]
        if count[i] == 0:
            for t in range(row_ptr[i], row_ptr[i + 1]):
                gain[row_idx[t]] += weight[i]
        elif count[i] == 1:
            loss[owner[i]] += weight[i]
            for t in range(row_ptr[i], row_ptr[i + 1]):
                single[row_idx[t]] += weight[i]
    return _Moves(gain, loss, single, owner, np.zeros(m)), total


@inner_kernel
def _best_interchange(cover, solution, moves, allowed, best):
    """The site to close and the site to open that add most people, more than `best`; else -1."""
    weight, site_ptr, site_idx, _, _ = cover
    chosen, count, is_open = solution
    gain, loss, single, owner, shared = moves
    least = np.inf
    cheap = -1
    for a in range(len(chosen)):
        if loss[chosen[a]] < least:
            least = loss[chosen[a]]
            cheap = chosen[a]
    out = -1
    into = -1
    for k in range(len(gain)):
        if is_open[k] or not allowed[k] or gain[k] + single[k] - least <= best:
            continue
        if gain[k] - least > best:
            best = gain[k] - least
            out = cheap
            into = k
        for t in range(site_ptr[k], site_ptr[k + 1]):
            i = site_idx[t]
            if count[i] == 1:
                shared[owner[i]] += weight[i]
        for t in range(site_ptr[k], site_ptr[k + 1]):
            i = site_idx[t]
            if count[i] == 1:
                j = owner[i]
                if shared[j] > 0:
                    d = gain[k] - loss[j] + shared[j]
                    if d > best:
                        best = d
                        out = j
                        into = k
                    shared[j] = 0.0
    return out, into


@inner_kernel
def _close(cover, solution, moves, out):
    """Close the site `out`; `solution` and `moves` are written to."""
    weight, site_ptr, site_idx, row_ptr, row_idx = cover
    _, count, is_open = solution
    gain, loss, single, owner, _ = moves
    for t in range(site_ptr[out], site_ptr[out + 1]):
        i = site_idx[t]
        owner[i] -= out
        count[i] -= 1
        if count[i] == 0:
            loss[out] -= weight[i]
            for q in range(row_ptr[i], row_ptr[i + 1]):
                single[row_idx[q]] -= weight[i]
                gain[row_idx[q]] += weight[i]
        elif count[i] == 1:
            loss[owner[i]] += weight[i]
            for q in range(row_ptr[i], row_ptr[i + 1]):
                single[row_idx[q]] += weight[i]
    is_open[out] = False


@inner_kernel
def _add(cover, solution, moves, into):
    """Open the site `into`; `solution` and `moves` are written to."""
    weight, site_ptr, site_idx, row_ptr, row_idx = cover
    _, count, is_open = solution
    gain, loss, single, owner, _ = moves
    for t in range(site_ptr[into], site_ptr[into + 1]):
        i = site_idx[t]
        if count[i] == 0:
            loss[into] += weight[i]
            for q in range(row_ptr[i], row_ptr[i + 1]):
                single[row_idx[q]] += weight[i]
                gain[row_idx[q]] -= weight[i]
        elif count[i] == 1:
            loss[owner[i]] -= weight[i]
            for q in range(row_ptr[i], row_ptr[i + 1]):
                single[row_idx[q]] -= weight[i]
        owner[i] += into
        count[i] += 1
    is_open[into] = True


@kernel
def interchange_until_best(cover, solution, allowed, rounds):
    """Swap an open for a closed site while more people are covered; best interchange first.

    `solution` is written to. Returns the number of interchanges, `rounds` at most.
    """
    chosen = solution.chosen
    moves, total = _moves(cover, solution)
    place = np.full(len(moves.gain), -1, np.int64)
    for a in range(len(chosen)):
        place[chosen[a]] = a
    eps = SAME_VALUE * (1.0 + total)
    done = 0
    while done < rounds:
        out, into = _best_interchange(cover, solution, moves, allowed, eps)
        if out < 0:
            break
        _close(cover, solution, moves, out)
        _add(cover, solution, moves, into)
        place[into] = place[out]
        chosen[place[out]] = into
        place[out] = -1
        done += 1
    return done


@kernel
def open_sites(cover, chosen, count, is_open):
    """Open the sites `chosen`; `count` and `is_open` are written to."""
    _, site_ptr, site_idx, _, _ = cover
    for a in range(len(chosen)):
        is_open[chosen[a]] = True
        for t in range(site_ptr[chosen[a]], site_ptr[chosen[a] + 1]):
            count[site_idx[t]] += 1


def greedy(
    core: Core,
    *,
    n_new: int,
    start: np.ndarray | None = None,
    allowed: np.ndarray | None = None,
) -> np.ndarray:
    """Positions of at most `n_new` sites, `start` among them, in the order of opening.

    Sites that add nobody are not opened.
    """
    count = np.zeros(core.n, np.int32)
    is_open = np.zeros(core.m, bool)
    first = np.empty(0, np.int64) if start is None else np.asarray(start, np.int64)
    open_sites(core.cover, first, count, is_open)
    may = np.ones(core.m, bool) if allowed is None else allowed
    more = _greedy(core.cover, n_new - len(first), count, is_open, may)
    return np.concatenate([first, more])


def interchange(
    core: Core, chosen: np.ndarray, *, allowed: np.ndarray | None = None, rounds: int = 100_000
) -> np.ndarray:
    """`chosen` improved by interchanges of one site for another until none helps."""
    chosen = np.array(chosen, np.int64)
    if not len(chosen) or not core.n:
        return chosen
    count = np.zeros(core.n, np.int32)
    is_open = np.zeros(core.m, bool)
    open_sites(core.cover, chosen, count, is_open)
    may = np.ones(core.m, bool) if allowed is None else allowed
    interchange_until_best(core.cover, Solution(chosen, count, is_open), may, rounds)
    return chosen


def drop_idle_sites(core: Core, chosen: np.ndarray, *, need: float) -> np.ndarray:
    """`chosen` without sites whose people the others cover too, dearest first.

    All stay where rounding would leave fewer than `need` people.
    """
    order = sorted(
        chosen, key=lambda j: (-core.cost[j], core.site_ptr[j + 1] - core.site_ptr[j], j)
    )
    kept = drop_idle_columns((core.site_ptr, core.site_idx), chosen, order, n_rows=core.n)
    return kept if core.covered(kept) >= need else chosen
