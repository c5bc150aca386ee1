"""Good plans of openings: greedy over (site, year), then parts taken out and filled anew.

Every class is worth what its first open site gives from its year on; what opening a site in a year
would add is kept for all sites and years, and only the neighbourhood of a change is updated (after
Resende and Werneck 2007, doi:10.1007/s10479-006-0154-0). A few sites near each other close,
the freed money and works are filled greedily at the prices of the Lagrangian relaxation, and the
new plan is kept where it is no worse (large neighbourhood search, Shaw 1998; ruin and recreate,
Schrimpf et al. 2000, doi:10.1006/jcph.1999.6413).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.periods.openings.openings import Openings
from geoplan.siting.solver.control import SolveControl
from geoplan.siting.solver.rng import below, random_state, uniform
from geoplan.tolerances import SAME_VALUE

#: turns between two looks at the clock, and turns without a better plan that end the search
_TURNS, _PATIENCE = 500, 12_000
#: most sites taken out at once
_MOST_OUT = 6


class Rows(NamedTuple):
    """Who covers whom, both ways, and what a class adds from each year on (classes x years + 1)."""

    site_ptr: np.ndarray
    site_idx: np.ndarray
    row_ptr: np.ndarray
    row_idx: np.ndarray
    from_year: np.ndarray


class Opened(NamedTuple):
    """A plan while searches write to it.

    chosen : option per site, -1 = closed. used : per limit. opens : classes x years, sites
    that opened then. first : per class its first year, the number of years = never. gain : sites
    x years, what opening adds. value : person-years, one number.
    """

    chosen: np.ndarray
    used: np.ndarray
    opens: np.ndarray
    first: np.ndarray
    gain: np.ndarray
    value: np.ndarray


@inner_kernel
def _shift(rows, opened, i, new):
    """Class i is served from the year `new` on; gains of the sites around it follow."""
    old = opened.first[i]
    opened.first[i] = new
    worth = rows.from_year
    opened.value[0] += worth[i, new] - worth[i, old]
    for q in range(rows.row_ptr[i], rows.row_ptr[i + 1]):
        k = rows.row_idx[q]
        for t in range(opened.gain.shape[1]):
            change = max(0.0, worth[i, t] - worth[i, new]) - max(0.0, worth[i, t] - worth[i, old])
            opened.gain[k, t] += change


@kernel
def _open(rows, options, opened, k, o):
    year = options.year[o]
    opened.chosen[k] = o
    for r in range(len(opened.used)):
        opened.used[r] += options.use[o, r]
    for q in range(rows.site_ptr[k], rows.site_ptr[k + 1]):
        i = rows.site_idx[q]
        opened.opens[i, year] += 1
        if year < opened.first[i]:
            _shift(rows, opened, i, year)


@inner_kernel
def _close(rows, options, opened, k):
    o = opened.chosen[k]
    year = options.year[o]
    opened.chosen[k] = -1
    for r in range(len(opened.used)):
        opened.used[r] -= options.use[o, r]
    for q in range(rows.site_ptr[k], rows.site_ptr[k + 1]):
        i = rows.site_idx[q]
        opened.opens[i, year] -= 1
        if year == opened.first[i] and opened.opens[i, year] == 0:
            later = year + 1
            while later < opened.opens.shape[1] and opened.opens[i, later] == 0:
                later += 1
            _shift(rows, opened, i, later)


@kernel
def _fits(options, used, o):
    fits = True
    for r in range(len(used)):
        fits = fits and used[r] + options.use[o, r] <= options.limit[r]
    return fits


@kernel
def _fill(rows, options, opened, price, theta, noise, state):
    """Open what adds most beyond `theta` times its price, while anything fits and adds."""
    least = SAME_VALUE * (1.0 + opened.value[0])
    while True:
        best, into, by = 0.0, -1, -1
        for k in range(len(opened.chosen)):
            if opened.chosen[k] >= 0:
                continue
            for o in range(options.ptr[k], options.ptr[k + 1]):
                gain = opened.gain[k, options.year[o]]
                if gain <= least:
                    continue
                score = gain
                for r in range(len(price)):
                    score -= theta * price[r] * options.use[o, r]
                if noise > 0:
                    score *= 1.0 + noise * (uniform(state) - 0.5)
                if score > best and _fits(options, opened.used, o):
                    best, into, by = score, k, o
        if into < 0:
            if theta == 0.0:
                return
            theta, noise = 0.0, 0.0
            continue
        _open(rows, options, opened, into, by)


@inner_kernel
def _add_open(opened, out, n, k):
    """Put site k into `out` where it is open and not in it; how many there are then."""
    if opened.chosen[k] < 0 or n >= len(out):
        return n
    for q in range(n):
        if out[q] == k:
            return n
    out[n] = k
    return n + 1


@inner_kernel
def _take_out(rows, opened, out, state):
    """A few open sites near each other, and sometimes one elsewhere, into `out`; how many."""
    sites = len(opened.chosen)
    n = 0
    for _ in range(50 * sites):
        n = _add_open(opened, out, 0, below(state, sites))
        if n:
            break
    if n == 0:
        return 0
    wanted = 1 + below(state, len(out))
    at = out[0]
    for _ in range(12 * wanted):
        start, end = rows.site_ptr[at], rows.site_ptr[at + 1]
        if n >= wanted or start == end:
            break
        i = rows.site_idx[start + below(state, end - start)]
        start, end = rows.row_ptr[i], rows.row_ptr[i + 1]
        at = rows.row_idx[start + below(state, end - start)]
        n = _add_open(opened, out, n, at)
    if uniform(state) < 0.3:  # what is freed here may be spent there
        n = _add_open(opened, out, n, below(state, sites))
    return n


@kernel
def _improve(rows, options, opened, price, best, state, turns, heat):
    """`turns` of taking out and filling; `best` (chosen) is written to, its value returned."""
    out = np.empty(_MOST_OUT, np.int64)
    old = np.empty(len(opened.chosen), np.int64)
    top = best[1][0]
    for _ in range(turns):
        before = opened.value[0]
        old[:] = opened.chosen
        n = _take_out(rows, opened, out, state)
        for q in range(n):
            _close(rows, options, opened, out[q])
        theta = 1.0 if uniform(state) < 0.6 else 2.0 * uniform(state)
        noise = 0.3 * uniform(state) if uniform(state) < 0.5 else 0.0
        _fill(rows, options, opened, price, theta, noise, state)
        if opened.value[0] < before - heat * before:
            for k in range(len(old)):
                if opened.chosen[k] != old[k] and opened.chosen[k] >= 0:
                    _close(rows, options, opened, k)
            for k in range(len(old)):
                if opened.chosen[k] != old[k] and old[k] >= 0:
                    _open(rows, options, opened, k, old[k])
        elif opened.value[0] > top:
            top = opened.value[0]
            best[0][:] = opened.chosen
            best[1][0] = top


class PlanSearch:
    """The best plan of openings known, and ways to better ones."""

    def __init__(self, openings: Openings, seed: int) -> None:
        core = openings.small.core
        self.openings = openings
        later = np.cumsum(openings.worth[:, ::-1], axis=1)[:, ::-1]
        from_year = np.ascontiguousarray(np.pad(later, ((0, 0), (0, 1))))
        self.rows = Rows(core.site_ptr, core.site_idx, core.row_ptr, core.row_idx, from_year)
        self.state = random_state(seed)
        self.best = np.full(core.m, -1, np.int64)
        self.value = 0.0

    def _empty(self) -> Opened:
        core, years = self.openings.small.core, self.openings.worth.shape[1]
        gain = np.zeros((core.m, years))
        np.add.at(gain, core.row_idx, self.rows.from_year[core.row_of, :years])
        return Opened(
            np.full(core.m, -1, np.int64),
            np.zeros(len(self.openings.options.limit)),
            np.zeros((core.n, years), np.int32),
            np.full(core.n, years, np.int64),
            gain,
            np.zeros(1),
        )

    def _opened(self, chosen: np.ndarray) -> Opened:
        opened = self._empty()
        for k in np.flatnonzero(chosen >= 0):
            _open(self.rows, self.openings.options, opened, int(k), int(chosen[k]))
        return opened

    def _take_better(self, opened: Opened) -> None:
        if opened.value[0] > self.value:
            self.best, self.value = opened.chosen.copy(), float(opened.value[0])

    def greedy(self, price: np.ndarray) -> None:
        """Fill an empty plan at these prices."""
        opened = self._empty()
        options = self.openings.options
        _fill(self.rows, options, opened, price, 1.0, 0.0, self.state)
        self._take_better(opened)

    def round_shares(self, shares: np.ndarray, price: np.ndarray) -> None:
        """Open what the relaxed solution opens most, as far as it fits, then fill."""
        opened, options = self._empty(), self.openings.options
        site = self.openings.site
        for o in np.argsort(-shares, kind="stable"):
            if shares[o] < 0.2:
                break
            if opened.chosen[site[o]] < 0 and _fits(options, opened.used, int(o)):
                _open(self.rows, options, opened, int(site[o]), int(o))
        _fill(self.rows, options, opened, price, 1.0, 0.0, self.state)
        self._take_better(opened)

    def improve(self, price: np.ndarray, *, target: float, control: SolveControl) -> None:
        """Take parts out and fill them anew, until nothing better comes or `target` is reached."""
        opened = self._opened(self.best)
        idle, heat = 0, 2e-4
        best = (self.best.copy(), np.array([self.value]))
        while idle < _PATIENCE and control.left > 0 and self.value < target:
            before = self.value
            args = (self.rows, self.openings.options, opened, price)
            _improve(*args, best, self.state, _TURNS, heat)
            self.best, self.value = best[0].copy(), float(best[1][0])
            idle = 0 if self.value > before * (1 + 1e-6) else idle + _TURNS
            if idle and idle % 3000 == 0:
                heat /= 4
                opened = self._opened(self.best)
            control.report("swap")
