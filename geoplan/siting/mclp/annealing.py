"""Simulated annealing of a cover: one site moves to a neighbour at a time, at falling temperature.

Where reaches overlap everywhere, interchange and perturbation end in solutions that only many small
moves together improve. A move costs no more than looking at the people of two sites, so millions of
them take seconds (Kirkpatrick, Gelatt and Vecchi 1983, doi:10.1126/science.220.4598.671).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.mclp.local_search import interchange, open_sites
from geoplan.siting.mclp.swaps import Solution
from geoplan.siting.model.core import Core
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.rng import below, next_bits

#: moves between looks at the time left
_PART = 100_000


class _AnnealState(NamedTuple):
    """The state of the annealing; everything is written to.

    now : the open sites now. best : positions of the best ones so far. marks : people covered now,
    and by `best`.
    """

    now: Solution
    best: np.ndarray
    marks: np.ndarray


@inner_kernel
def _neighbour(cover, out, state):
    """A random site that reaches one of the people of `out`; now and then any site."""
    _, site_ptr, site_idx, row_ptr, row_idx = cover
    size = site_ptr[out + 1] - site_ptr[out]
    if size == 0 or below(state, 16) == 0:
        return below(state, len(site_ptr) - 1)
    i = site_idx[site_ptr[out] + below(state, size)]
    return np.int64(row_idx[row_ptr[i] + below(state, row_ptr[i + 1] - row_ptr[i])])


@kernel
def _moves(cover, annealing, allowed, temperature, cooling, moves, need, state):
    """`moves` moves of the annealing; ends early once its best covers `need`."""
    weight, site_ptr, site_idx, _, _ = cover
    chosen, count, is_open = annealing.now
    p = len(chosen)
    now = annealing.marks[0]
    top = annealing.marks[1]
    for _ in range(moves):
        temperature *= cooling
        a = below(state, p)
        out = chosen[a]
        into = _neighbour(cover, out, state)
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
        if change < temperature * np.log(u):
            for t in range(site_ptr[out], site_ptr[out + 1]):
                count[site_idx[t]] += 1
            continue
        for t in range(site_ptr[into], site_ptr[into + 1]):
            count[site_idx[t]] += 1
        is_open[out] = False
        is_open[into] = True
        chosen[a] = into
        now += change
        if now > top:
            top = now
            annealing.best[:] = chosen
            if top >= need:
                break
    annealing.marks[0] = now
    annealing.marks[1] = top


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
    start_temperature: float = 0.1,
) -> np.ndarray:
    """`chosen` or a better solution of as many sites, after `moves` moves.

    Parameters
    ----------
    core : reduced problem. chosen : positions to begin with.
    moves : the work is counted, not timed; the control only ends it early.
    state : of the random numbers (`rng.random_state`); moves on.
    allowed : bool per site: may be opened.
    need : enough as soon as so many people are covered.
    start_temperature : as a share of what one site of `chosen` covers on average; the temperature
        falls to a hundredth of that.
    """
    chosen = np.array(chosen, np.int64)
    value = core.covered(chosen)
    if not len(chosen) or len(chosen) >= core.m or value <= 0:
        return chosen
    may = np.ones(core.m, bool) if allowed is None else allowed
    now = Solution(chosen, np.zeros(core.n, np.int32), np.zeros(core.m, bool))
    open_sites(core.cover, chosen, now.covering, now.is_open)
    annealing = _AnnealState(now, chosen.copy(), np.array([value, value]))
    temperature = start_temperature * value / len(chosen)
    cooling = 0.01 ** (1.0 / moves)
    for done in range(0, moves, _PART):
        if control.left <= 0 or annealing.marks[1] >= need:
            break
        part = min(_PART, moves - done)
        _moves(core.cover, annealing, may, temperature * cooling**done, cooling, part, need, state)
    return interchange(core, annealing.best, allowed=may)
