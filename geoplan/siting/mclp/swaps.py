"""Interchanges of an open site of a covering problem for a closed one, the best one first.

The interchange (Teitz and Bart 1968, doi:10.1287/opre.16.5.955) keeps per site what opening or
closing it is worth, and the best swap that brings it in; a move updates only its neighbourhood
(after Resende and Werneck 2007, doi:10.1007/s10479-006-0154-0), so that over a province a move
costs hardly more than in a town. Ties go to the smaller position, so the solution never depends on
the machine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.tolerances import SAME_VALUE


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
    only one where there is one. shared : zeros, for work. known : bool per site: its best swap is
    known. worth, instead : that swap with an open site that shares people with it: people added,
    and the site to close (-1 = there is none).
    """

    gain: np.ndarray
    loss: np.ndarray
    single: np.ndarray
    owner: np.ndarray
    shared: np.ndarray
    known: np.ndarray
    worth: np.ndarray
    instead: np.ndarray


class _Changed(NamedTuple):
    """What the last move has changed.

    losers : open sites whose `loss` it changed, `size[0]` of them. is_loser : bool per site.
    seen : per class the number of the move that looked at all its sites last.
    """

    losers: np.ndarray
    size: np.ndarray
    is_loser: np.ndarray
    seen: np.ndarray


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
    known, instead = np.zeros(m, np.bool_), np.zeros(m, np.int64)
    return _Moves(gain, loss, single, owner, np.zeros(m), known, np.zeros(m), instead), total


@inner_kernel
def _best_swap_for(cover, solution, moves, k):
    """Write down the best swap of an open site that shares people with `k` for `k`."""
    weight, site_ptr, site_idx, _, _ = cover
    count = solution.covering
    gain, loss, _, owner, shared, known, worth, instead = moves
    out = -1
    best = 0.0
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
                if out < 0 or d > best:
                    best = d
                    out = j
                shared[j] = 0.0
    known[k] = True
    worth[k] = best
    instead[k] = out


@inner_kernel
def _best_interchange(cover, solution, moves, allowed, best):
    """The site to close and the site to open that add most people, more than `best`; else -1."""
    chosen, _, is_open = solution
    gain, loss, single, _, _, known, worth, instead = moves
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
        if not known[k]:
            _best_swap_for(cover, solution, moves, k)
        if instead[k] >= 0 and worth[k] > best:
            best = worth[k]
            out = instead[k]
            into = k
    return out, into


@inner_kernel
def _note_loser(changed, j):
    """The `loss` of the open site `j` changes."""
    if not changed.is_loser[j]:
        changed.is_loser[j] = True
        changed.losers[changed.size[0]] = j
        changed.size[0] += 1


@inner_kernel
def _close(cover, solution, moves, changed, out, move):
    """Close the site `out`; `solution`, `moves` and `changed` are written to."""
    weight, site_ptr, site_idx, row_ptr, row_idx = cover
    _, count, is_open = solution
    gain, loss, single, owner, _, known, _, _ = moves
    for t in range(site_ptr[out], site_ptr[out + 1]):
        i = site_idx[t]
        owner[i] -= out
        count[i] -= 1
        if count[i] == 0:
            changed.seen[i] = move
            loss[out] -= weight[i]
            for q in range(row_ptr[i], row_ptr[i + 1]):
                single[row_idx[q]] -= weight[i]
                gain[row_idx[q]] += weight[i]
                known[row_idx[q]] = False
        elif count[i] == 1:
            changed.seen[i] = move
            loss[owner[i]] += weight[i]
            _note_loser(changed, owner[i])
            for q in range(row_ptr[i], row_ptr[i + 1]):
                single[row_idx[q]] += weight[i]
                known[row_idx[q]] = False
    is_open[out] = False


@inner_kernel
def _add(cover, solution, moves, changed, into, move):
    """Open the site `into`; `solution`, `moves` and `changed` are written to."""
    weight, site_ptr, site_idx, row_ptr, row_idx = cover
    _, count, is_open = solution
    gain, loss, single, owner, _, known, _, _ = moves
    for t in range(site_ptr[into], site_ptr[into + 1]):
        i = site_idx[t]
        if count[i] == 0:
            changed.seen[i] = move
            loss[into] += weight[i]
            for q in range(row_ptr[i], row_ptr[i + 1]):
                single[row_idx[q]] += weight[i]
                gain[row_idx[q]] -= weight[i]
                known[row_idx[q]] = False
        elif count[i] == 1:
            changed.seen[i] = move
            loss[owner[i]] -= weight[i]
            _note_loser(changed, owner[i])
            for q in range(row_ptr[i], row_ptr[i + 1]):
                single[row_idx[q]] -= weight[i]
                known[row_idx[q]] = False
        owner[i] += into
        count[i] += 1
    is_open[into] = True


@inner_kernel
def _forget_swaps(cover, solution, moves, changed, move):
    """No swap is known any more that would close a site whose `loss` has changed."""
    _, site_ptr, site_idx, row_ptr, row_idx = cover
    losers, size, is_loser, seen = changed
    for a in range(size[0]):
        j = losers[a]
        is_loser[j] = False
        for t in range(site_ptr[j], site_ptr[j + 1]):
            i = site_idx[t]
            if solution.covering[i] == 1 and seen[i] != move:
                seen[i] = move
                for q in range(row_ptr[i], row_ptr[i + 1]):
                    moves.known[row_idx[q]] = False
    size[0] = 0


@kernel
def interchange_until_best(cover, solution, allowed, rounds):
    """Swap an open for a closed site while more people are covered; best interchange first.

    `solution` is written to. Returns the number of interchanges, `rounds` at most.
    """
    chosen = solution.chosen
    moves, total = _moves(cover, solution)
    m = len(moves.gain)
    place = np.full(m, -1, np.int64)
    for a in range(len(chosen)):
        place[chosen[a]] = a
    changed = _Changed(
        np.empty(m, np.int64),
        np.zeros(1, np.int64),
        np.zeros(m, np.bool_),
        np.full(len(cover.weight), -1, np.int64),
    )
    eps = SAME_VALUE * (1.0 + total)
    done = 0
    while done < rounds:
        out, into = _best_interchange(cover, solution, moves, allowed, eps)
        if out < 0:
            break
        _close(cover, solution, moves, changed, out, done)
        _add(cover, solution, moves, changed, into, done)
        _forget_swaps(cover, solution, moves, changed, done)
        place[into] = place[out]
        chosen[place[out]] = into
        place[out] = -1
        done += 1
    return done
