"""Good solutions of the MCLP at once: greedy, and interchanges of sites while they help.

All on a reduced core. Ties go to the smaller position: the solution never depends on the machine.
"""

from __future__ import annotations

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.mclp.swaps import Solution, interchange_until_best
from geoplan.siting.model.core import Core
from geoplan.siting.model.dominance import drop_idle_columns
from geoplan.siting.solver.order import heap_of, sift_down


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
