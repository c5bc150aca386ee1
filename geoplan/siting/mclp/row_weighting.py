"""A cheaper set cover by local search: rows that stay uncovered gain weight until they are covered.

Gao, Weise and Li 2015, "An efficient local search heuristic with row weighting for the unicost set
covering problem", doi:10.1016/j.ejor.2015.05.038. With costs, a site is judged by weight per money.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.model.core import Core
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.rng import below, random_state
from geoplan.tolerances import SAME_VALUE

#: entries of the cover that are looked at, per entry that it has, and at most (some seconds)
LOOKS_PER_ENTRY = 5_000
MOST_LOOKS = 2_000_000_000
#: looks between two glances at the clock
LOOKS_PER_ROUND = 50_000_000


class _State(NamedTuple):
    """Where the search stands.

    score : weight of the rows that a flip of the site would cover, or leave uncovered.
    times : by how many chosen sites a row is covered.
    stamp, row_stamp : the step in which a site, or any site of a row, was flipped last.
    """

    weight: np.ndarray
    score: np.ndarray
    times: np.ndarray
    chosen: np.ndarray
    stamp: np.ndarray
    row_stamp: np.ndarray


class _Progress(NamedTuple):
    """counts: flips so far, and the site that was added last (-1: none); random: its state."""

    counts: np.ndarray
    random: np.ndarray


@inner_kernel
def _flip(cover, j, state, step):
    """Take site j in or out, with all scores; entries looked at."""
    came = not state.chosen[j]
    change = 1 if came else -1
    state.chosen[j] = came
    state.stamp[j] = step
    looked = 0
    own = 0
    for t in range(cover.site_ptr[j], cover.site_ptr[j + 1]):
        i = cover.site_idx[t]
        state.row_stamp[i] = step
        before = state.times[i]
        state.times[i] = before + change
        looked += 1
        lower = min(before, before + change)
        if lower == 0:  # covered now, or by none any more
            own += state.weight[i]
            for u in range(cover.row_ptr[i], cover.row_ptr[i + 1]):
                state.score[cover.row_idx[u]] -= change * state.weight[i]
            looked += cover.row_ptr[i + 1] - cover.row_ptr[i]
        elif lower == 1:  # another site is no longer, or again, alone in covering it
            for u in range(cover.row_ptr[i], cover.row_ptr[i + 1]):
                k = cover.row_idx[u]
                looked += 1
                if state.chosen[k] and k != j:
                    state.score[k] -= change * state.weight[i]
                    break
    state.score[j] = own
    return looked


@inner_kernel
def _least_loss(cost, state, banned):
    """The chosen site that loses least weight per money; of equal ones the longest unchanged."""
    best = -1
    for k in range(len(cost)):
        if not state.chosen[k] or k == banned:
            continue
        if best < 0:
            best = k
            continue
        mine, other = state.score[k] * cost[best], state.score[best] * cost[k]
        if mine < other or (mine == other and state.stamp[k] < state.stamp[best]):
            best = k
    return best


@inner_kernel
def _may_return(cover, k, state):
    """Whether a site that shares a row with site k was flipped since k was."""
    for t in range(cover.site_ptr[k], cover.site_ptr[k + 1]):
        if state.row_stamp[cover.site_idx[t]] > state.stamp[k]:
            return True
    return False


@inner_kernel
def _most_gain(cover, cost, i, state):
    """The site covering row i that gains most weight per money; of equal ones as above."""
    best = -1
    for u in range(cover.row_ptr[i], cover.row_ptr[i + 1]):
        k = cover.row_idx[u]
        if best >= 0:
            mine, other = state.score[k] * cost[best], state.score[best] * cost[k]
            if mine < other or (mine == other and state.stamp[k] >= state.stamp[best]):
                continue
        if _may_return(cover, k, state):
            best = k
    return best


@inner_kernel
def _note_uncovered(cover, j, state, open_rows, where, n_open):
    """Rows of site j, just flipped, taken into or out of the list of uncovered ones; its length."""
    for t in range(cover.site_ptr[j], cover.site_ptr[j + 1]):
        i = cover.site_idx[t]
        if state.times[i] == 0:
            open_rows[n_open], where[i] = i, n_open
            n_open += 1
        elif where[i] >= 0:
            n_open -= 1
            last = open_rows[n_open]
            open_rows[where[i]], where[last] = last, where[i]
            where[i] = -1
    return n_open


@inner_kernel
def _raise_weights(cover, rows, state):
    """One more weight for each of `rows`, all uncovered; entries looked at."""
    looked = 0
    for i in rows:
        state.weight[i] += 1
        for u in range(cover.row_ptr[i], cover.row_ptr[i + 1]):
            state.score[cover.row_idx[u]] += 1
        looked += cover.row_ptr[i + 1] - cover.row_ptr[i]
    return looked


@kernel
def _search(cover, cost, state, best, progress, most):
    """Search until `most` entries were looked at; `best` becomes the cheapest cover."""
    counts, random = progress
    open_rows = np.empty(len(state.times), np.int64)
    where = np.full(len(state.times), -1, np.int64)
    n_open = 0
    for i in range(len(state.times)):
        if state.times[i] == 0:
            open_rows[n_open], where[i] = i, n_open
            n_open += 1
    spent, money = cost[state.chosen].sum(), cost[best].sum()
    looked = 0
    while looked < most:
        if n_open == 0 and spent < money - SAME_VALUE:
            best[:] = state.chosen
            money = spent
        out = _least_loss(cost, state, -1 if n_open == 0 else counts[1])
        looked += len(cost)
        if out < 0:
            break
        counts[0] += 1
        looked += _flip(cover, out, state, counts[0])
        spent -= cost[out]
        n_open = _note_uncovered(cover, out, state, open_rows, where, n_open)
        while n_open > 0:
            come = _most_gain(cover, cost, open_rows[below(random, n_open)], state)
            if come < 0 or spent + cost[come] >= money - SAME_VALUE:
                break
            counts[0] += 1
            counts[1] = come
            looked += _flip(cover, come, state, counts[0])
            spent += cost[come]
            n_open = _note_uncovered(cover, come, state, open_rows, where, n_open)
            looked += _raise_weights(cover, open_rows[:n_open], state)


def cheaper_cover(core: Core, start: np.ndarray, *, control: SolveControl) -> np.ndarray:
    """Sites that cover every class of `core`, at most as dear as the cover `start`.

    The work is bounded by the size of the problem, and the time by a fifth of what is left.
    """
    cost = np.asarray(core.cost, float)
    if len(start) < 2 or (cost <= 0).any():
        return start
    chosen = np.zeros(core.m, bool)
    chosen[start] = True
    times = np.bincount(core.row_of, chosen[core.row_idx], core.n).astype(np.int64)
    alone = (times[core.row_of] == 1) & chosen[core.row_idx]
    state = _State(
        weight=np.ones(core.n, np.int64),
        score=np.bincount(core.row_idx, alone, core.m).astype(np.int64),
        times=times,
        chosen=chosen,
        stamp=np.full(core.m, -1),
        row_stamp=np.zeros(core.n, np.int64),
    )
    best = chosen.copy()
    progress = _Progress(np.array([0, -1]), random_state(control.seed))
    looks, until = min(MOST_LOOKS, LOOKS_PER_ENTRY * core.pairs), 0.8 * control.left
    while looks > 0 and control.has(until):
        _search(core.cover, cost, state, best, progress, min(looks, LOOKS_PER_ROUND))
        looks -= LOOKS_PER_ROUND
    return np.flatnonzero(best)
