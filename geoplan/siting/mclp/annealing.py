"""Simulated annealing of a cover: one site moves to a neighbour at a time, at falling temperature.

Where reaches overlap everywhere, swaps and shakes end in arrangements that only many small moves
together improve. A move costs no more than looking at the people of two sites, so millions of them
take seconds (Kirkpatrick, Gelatt and Vecchi 1983, doi:10.1126/science.220.4598.671).
"""

from __future__ import annotations

import numba as nb
import numpy as np

from geoplan.siting.mclp.local_search import swap
from geoplan.siting.model.reduction import Core
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.rng import below, next_bits

#: moves between looks at the control
_PART = 100_000


@nb.njit(cache=True, nogil=True)
def _moves(  # type: ignore[no-untyped-def]  # noqa: C901
    weight,
    site_ptr,
    site_idx,
    row_ptr,
    row_idx,
    chosen,
    count,
    is_open,
    allowed,
    best,
    marks,
    heat,
    cooling,
    moves,
    need,
    state,
):
    """`moves` moves; `chosen`, `count`, `is_open`, `best` (the best so far) are written to.

    marks: people covered now, and by `best`. Ends early once `best` covers `need`.
    """
    m = len(site_ptr) - 1
    p = len(chosen)
    now = marks[0]
    top = marks[1]
    for _ in range(moves):
        heat *= cooling
        a = below(state, p)
        out = chosen[a]
        size = site_ptr[out + 1] - site_ptr[out]
        if size == 0 or below(state, 16) == 0:
            into = below(state, m)
        else:  # a site that reaches one of the same people
            i = site_idx[site_ptr[out] + below(state, size)]
            into = row_idx[row_ptr[i] + below(state, row_ptr[i + 1] - row_ptr[i])]
        if is_open[into] or not allowed[into]:
            continue
        change = 0.0
        for t in range(site_ptr[out], site_ptr[out + 1]):
            i = site_idx[t]
            count[i] -= 1
            if count[i] == 0:
                change -= weight[i]
        for t in range(site_ptr[into], site_ptr[into + 1]):
            i = site_idx[t]
            if count[i] == 0:
                change += weight[i]
        u = (np.float64(next_bits(state) >> np.uint64(11)) + 1.0) * 2.0**-53
        if change >= heat * np.log(u):
            for t in range(site_ptr[into], site_ptr[into + 1]):
                count[site_idx[t]] += 1
            is_open[out] = False
            is_open[into] = True
            chosen[a] = into
            now += change
            if now > top:
                top = now
                best[:] = chosen
                if top >= need:
                    break
        else:
            for t in range(site_ptr[out], site_ptr[out + 1]):
                count[site_idx[t]] += 1
    marks[0] = now
    marks[1] = top


def moves_in(core: Core, seconds: float) -> int:
    """About so many moves take so long; an estimate by size, so that the work stays counted."""
    touched = 2 * core.pairs / max(core.m, 1)
    return max(int(seconds / (touched * 6e-9 + 2e-7)), 1)


def anneal(
    core: Core,
    chosen: np.ndarray,
    *,
    moves: int,
    control: SolveControl,
    state: np.ndarray,
    allowed: np.ndarray | None = None,
    need: float = np.inf,
    warmth: float = 0.1,
) -> np.ndarray:
    """`chosen` or a better choice of as many sites, after `moves` moves.

    Parameters
    ----------
    core : reduced problem. chosen : positions to begin with.
    moves : the work is counted, not timed; the control only ends it.
    state : of the random numbers (`chance.random_state`); moves on.
    allowed : bool per site: may be opened.
    need : enough as soon as so many people are covered.
    warmth : temperature at first, as a share of what one site of `chosen` covers on average; it
        falls to a hundredth of that.
    """
    chosen = np.array(chosen, np.int64)
    value = core.covered(chosen)
    if not len(chosen) or len(chosen) >= core.m or value <= 0:
        return chosen
    may = np.ones(core.m, bool) if allowed is None else allowed
    count = np.zeros(core.n, np.int32)
    is_open = np.zeros(core.m, bool)
    is_open[chosen] = True
    for j in chosen:
        count[core.site_idx[core.site_ptr[j] : core.site_ptr[j + 1]]] += 1
    best = chosen.copy()
    marks = np.array([value, value])
    heat = warmth * value / len(chosen)
    cooling = 0.01 ** (1.0 / moves)
    for done in range(0, moves, _PART):
        if control.left <= 0 or marks[1] >= need:
            break
        part = min(_PART, moves - done)
        _moves(
            core.weight,
            core.site_ptr,
            core.site_idx,
            core.row_ptr,
            core.row_idx,
            chosen,
            count,
            is_open,
            may,
            best,
            marks,
            heat * cooling**done,
            cooling,
            part,
            need,
            state,
        )
    return swap(core, best, allowed=may)
