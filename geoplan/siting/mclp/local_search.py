"""Good answers at once: greedy, and swapping sites while it helps. All on a reduced core.

The swap search keeps per site what opening or closing it is worth and updates only the
neighbourhood of a swap (after Resende and Werneck 2007, doi:10.1016/j.ejor.2005.02.072).
Ties go to the smaller position, so the answer never depends on the machine.
"""

from __future__ import annotations

import heapq

import numba as nb
import numpy as np

from geoplan.siting.model.reduction import Core


@nb.njit(cache=True, nogil=True)
def _greedy(weight, site_ptr, site_idx, take, count, is_open, allowed):  # type: ignore[no-untyped-def]
    """Open sites by people added; `count` and `is_open` are written to."""
    m = len(site_ptr) - 1
    heap = [(0.0, -1)]
    heap.pop()
    for j in range(m):
        if is_open[j] or not allowed[j]:
            continue
        s = 0.0
        for t in range(site_ptr[j], site_ptr[j + 1]):
            if count[site_idx[t]] == 0:
                s += weight[site_idx[t]]
        if s > 0:
            heap.append((-s, j))
    heapq.heapify(heap)
    order = np.empty(max(0, min(take, m)), np.int64)
    k = 0
    stamp = np.full(m, 0, np.int64)
    while k < len(order) and len(heap) > 0:
        _, j = heapq.heappop(heap)
        if stamp[j] != k:
            s = 0.0
            for t in range(site_ptr[j], site_ptr[j + 1]):
                if count[site_idx[t]] == 0:
                    s += weight[site_idx[t]]
            stamp[j] = k
            if s > 0:
                heapq.heappush(heap, (-s, j))
            continue
        is_open[j] = True
        for t in range(site_ptr[j], site_ptr[j + 1]):
            count[site_idx[t]] += 1
        order[k] = j
        k += 1
    return order[:k]


@nb.njit(cache=True, nogil=True)
def swap_kernel(  # type: ignore[no-untyped-def]  # noqa: C901
    weight, site_ptr, site_idx, row_ptr, row_idx, chosen, count, is_open, allowed, rounds
):
    """Swap one open for one closed site while more people are covered; best swap first.

    `chosen`, `count` and `is_open` are written to. Returns the number of swaps.
    """
    n = len(row_ptr) - 1
    m = len(site_ptr) - 1
    gain = np.zeros(m)  # people added by opening
    loss = np.zeros(m)  # people lost by closing
    single = np.zeros(m)  # people whose only open site could be replaced by this one
    owner = np.zeros(n, np.int64)  # sum of the open sites: the only one where count is 1
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
    place = np.full(m, -1, np.int64)
    for a in range(len(chosen)):
        place[chosen[a]] = a
    shared = np.zeros(m)
    eps = 1e-9 * (1.0 + total)
    done = 0
    while done < rounds:
        least = np.inf
        cheap = -1
        for a in range(len(chosen)):
            if loss[chosen[a]] < least:
                least = loss[chosen[a]]
                cheap = chosen[a]
        best = eps
        out = -1
        into = -1
        for k in range(m):
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
        if out < 0:
            break
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
        place[into] = place[out]
        chosen[place[out]] = into
        place[out] = -1
        done += 1
    return done


@nb.njit(cache=True, nogil=True)
def _open(site_ptr, site_idx, chosen, count, is_open):  # type: ignore[no-untyped-def]
    for a in range(len(chosen)):
        is_open[chosen[a]] = True
        for t in range(site_ptr[chosen[a]], site_ptr[chosen[a] + 1]):
            count[site_idx[t]] += 1


def greedy(
    core: Core,
    *,
    take: int,
    start: np.ndarray | None = None,
    allowed: np.ndarray | None = None,
) -> np.ndarray:
    """Positions of at most `take` sites, `start` among them, in the order of opening.

    Sites that add nobody are not opened.
    """
    count = np.zeros(core.n, np.int32)
    is_open = np.zeros(core.m, bool)
    first = np.empty(0, np.int64) if start is None else np.asarray(start, np.int64)
    _open(core.site_ptr, core.site_idx, first, count, is_open)
    may = np.ones(core.m, bool) if allowed is None else allowed
    more = _greedy(
        core.weight, core.site_ptr, core.site_idx, take - len(first), count, is_open, may
    )
    return np.concatenate([first, more])


def swap(
    core: Core, chosen: np.ndarray, *, allowed: np.ndarray | None = None, rounds: int = 100_000
) -> np.ndarray:
    """`chosen` improved by swaps of one site for another until none helps."""
    chosen = np.array(chosen, np.int64)
    if not len(chosen) or not core.n:
        return chosen
    count = np.zeros(core.n, np.int32)
    is_open = np.zeros(core.m, bool)
    _open(core.site_ptr, core.site_idx, chosen, count, is_open)
    may = np.ones(core.m, bool) if allowed is None else allowed
    swap_kernel(
        core.weight,
        core.site_ptr,
        core.site_idx,
        core.row_ptr,
        core.row_idx,
        chosen,
        count,
        is_open,
        may,
        rounds,
    )
    return chosen


def drop_idle(core: Core, chosen: np.ndarray) -> np.ndarray:
    """`chosen` without the sites whose people the others cover too, dearest first."""
    count = np.zeros(core.n, np.int64)
    for j in chosen:
        count[core.site_idx[core.site_ptr[j] : core.site_ptr[j + 1]]] += 1
    kept = list(chosen)
    order = sorted(
        chosen, key=lambda j: (-core.cost[j], core.site_ptr[j + 1] - core.site_ptr[j], j)
    )
    for j in order:
        rows = core.site_idx[core.site_ptr[j] : core.site_ptr[j + 1]]
        if (count[rows] > 1).all():
            count[rows] -= 1
            kept.remove(j)
    return np.array(kept, np.int64)
