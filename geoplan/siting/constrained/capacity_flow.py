"""How many people sites with capacities serve, grown site by site, as a largest flow.

Somebody who is served may change to another site and leave the capacity to somebody else, so what
a new site adds is found along chains of such changes: augmenting paths (Ford and Fulkerson 1956)
from the people to the sites. The number served is submodular in the open sites: a site never adds
more where more sites are open, and what it adds to few of them bounds what it adds to many.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from geoplan.kernels import inner_kernel, kernel
from geoplan.siting.model.core import Core
from geoplan.tolerances import LEAST_FLOW


def flow_tolerance(weight: np.ndarray) -> float:
    """People so few that they are none: in a small unit of people fewer, never more."""
    return LEAST_FLOW * min(1.0, float(weight.max(initial=0.0)))


class _Pairs(NamedTuple):
    """Classes of people and the sites that they may use, by class and by site.

    row_idx : site of each pair, by class. site_row, site_pair : class and pair number, by site.
    """

    row_ptr: np.ndarray
    row_idx: np.ndarray
    site_ptr: np.ndarray
    site_row: np.ndarray
    site_pair: np.ndarray


class _Flow(NamedTuple):
    """People per pair, people not served per class, and spare capacity per site."""

    pair: np.ndarray
    unserved: np.ndarray
    spare: np.ndarray


class _Paths(NamedTuple):
    """Where a search for an augmenting path came from.

    to : per class the pair by which it would come. via : per site the class that would leave it.
    stamp : when a class or (behind all classes) a site was last seen.
    """

    to: np.ndarray
    via: np.ndarray
    stamp: np.ndarray


@inner_kernel
def _serve_at_once(pairs, flow, j, tolerance):
    """Bring people who are not served to site j, as far as its capacity goes; how many came."""
    came = 0.0
    for t in range(pairs.site_ptr[j], pairs.site_ptr[j + 1]):
        i = pairs.site_row[t]
        part = min(flow.unserved[i], flow.spare[j])
        if part > tolerance:
            flow.pair[pairs.site_pair[t]] += part
            flow.unserved[i] -= part
            flow.spare[j] -= part
            came += part
    return came


@inner_kernel
def _leave(pairs, flow, paths, i, tick, tolerance, queue, tail):
    """Append the sites that people of class i could leave to `queue`; its new end."""
    rows = len(pairs.row_ptr) - 1
    for q in range(pairs.row_ptr[i], pairs.row_ptr[i + 1]):
        other = pairs.row_idx[q]
        if flow.pair[q] > tolerance and paths.stamp[rows + other] != tick:
            paths.stamp[rows + other] = tick
            paths.via[other] = i
            queue[tail] = other
            tail += 1
    return tail


@inner_kernel
def _find_path(pairs, flow, paths, queue, j, tick, tolerance):
    """The nearest class with people not served from which changes lead to site j, or -1."""
    head, tail = 0, 1
    queue[0] = j
    paths.stamp[len(pairs.row_ptr) - 1 + j] = tick
    while head < tail:
        s = queue[head]
        head += 1
        for t in range(pairs.site_ptr[s], pairs.site_ptr[s + 1]):
            i = pairs.site_row[t]
            if paths.stamp[i] == tick:
                continue
            paths.stamp[i] = tick
            paths.to[i] = pairs.site_pair[t]
            if flow.unserved[i] > tolerance:
                return i
            tail = _leave(pairs, flow, paths, i, tick, tolerance, queue, tail)
    return -1


@inner_kernel
def _pair_between(pairs, i, s):
    """The pair of class i and site s."""
    found = -1
    for q in range(pairs.row_ptr[i], pairs.row_ptr[i + 1]):
        if pairs.row_idx[q] == s:
            found = q
    return found


@inner_kernel
def _augment(pairs, flow, paths, end, j):
    """Move as many people as the path from class `end` to site j carries; how many."""
    to, via = paths.to, paths.via
    part = min(flow.unserved[end], flow.spare[j])
    i = end
    while pairs.row_idx[to[i]] != j:
        s = pairs.row_idx[to[i]]
        i = via[s]
        part = min(part, flow.pair[_pair_between(pairs, i, s)])
    i = end
    flow.pair[to[i]] += part
    while pairs.row_idx[to[i]] != j:
        s = pairs.row_idx[to[i]]
        i = via[s]
        flow.pair[_pair_between(pairs, i, s)] -= part
        flow.pair[to[i]] += part
    flow.unserved[end] -= part
    flow.spare[j] -= part
    return part


@kernel
def _fill(pairs, flow, paths, j, tick, tolerance):
    """Bring people to site j as long as it has capacity and augmenting paths lead there.

    Returns the people brought and the next `tick`.
    """
    queue = np.empty(len(pairs.site_ptr) - 1, np.int64)
    came = _serve_at_once(pairs, flow, j, tolerance)  # whoever is not served needs no path
    while flow.spare[j] > tolerance:
        tick += 1
        end = _find_path(pairs, flow, paths, queue, j, tick, tolerance)
        if end < 0:
            break
        came += _augment(pairs, flow, paths, end, j)
    return came, tick


@inner_kernel
def _mark_users(pairs, flow, s, tolerance, rows, queue, tail):
    """Mark the classes served at site s and append the new ones to `queue`; its new end."""
    for t in range(pairs.site_ptr[s], pairs.site_ptr[s + 1]):
        k = pairs.site_row[t]
        if flow.pair[pairs.site_pair[t]] > tolerance and not rows[k]:
            rows[k] = True
            queue[tail] = k
            tail += 1
    return tail


@kernel
def _shortage(pairs, flow, is_open, tolerance):
    """Classes and open sites that alternating paths reach from people who are not served."""
    n, m = len(pairs.row_ptr) - 1, len(pairs.site_ptr) - 1
    rows = np.zeros(n, np.bool_)
    sites = np.zeros(m, np.bool_)
    queue = np.empty(n, np.int64)
    head = tail = 0
    for i in range(n):
        if flow.unserved[i] > tolerance:
            rows[i] = True
            queue[tail] = i
            tail += 1
    while head < tail:
        i = queue[head]
        head += 1
        for q in range(pairs.row_ptr[i], pairs.row_ptr[i + 1]):
            s = pairs.row_idx[q]
            if is_open[s] and not sites[s]:
                sites[s] = True
                tail = _mark_users(pairs, flow, s, tolerance, rows, queue, tail)
    return rows, sites


class CapacityFlow:
    """Open sites and who is served where; sites open and close, the flow stays a largest one.

    Parameters
    ----------
    core : classes of people and the sites that they may use.
    capacity : people that each site of `core` serves (``inf``: no limit).

    Examples
    --------
    Ten people may use either site, ten more only the first; each serves ten. The second site
    reaches nobody who is not served, and yet it serves ten more:

    >>> from geoplan.siting import SitingProblem
    >>> from geoplan.siting.model.reduction import reduce_problem
    >>> problem = SitingProblem.from_cover(np.array([[1, 1], [1, 0]], bool), [10, 10])
    >>> flow = CapacityFlow(reduce_problem(problem, drop_sites=False), np.array([10.0, 10.0]))
    >>> flow.open(0), flow.gain(1), flow.open(1), flow.served
    (10.0, 10.0, 10.0, 20.0)
    """

    def __init__(self, core: Core, capacity: np.ndarray) -> None:
        self.core = core
        row_of = core.row_of
        # more capacity than people in reach is never used, and is a number that can be added
        reach = np.bincount(core.row_idx, weights=core.weight[row_of], minlength=core.m)
        self.capacity = np.minimum(np.asarray(capacity, np.float64), reach)
        row_idx = np.asarray(core.row_idx, np.int64)
        self.pairs = _Pairs(
            row_ptr=np.asarray(core.row_ptr, np.int64),
            row_idx=row_idx,
            site_ptr=np.asarray(core.site_ptr, np.int64),
            site_row=np.asarray(core.site_idx, np.int64),
            site_pair=np.argsort(row_idx, kind="stable"),
        )
        self.people = np.zeros(core.pairs)
        self.unserved = np.asarray(core.weight, np.float64).copy()
        self.tolerance = flow_tolerance(self.unserved)
        self.spare = np.zeros(core.m)
        self.is_open = np.zeros(core.m, bool)
        self._tick = 0
        self._paths = _Paths(
            np.zeros(core.n, np.int64),
            np.zeros(core.m, np.int64),
            np.zeros(core.n + core.m, np.int64),
        )

    @property
    def served(self) -> float:
        """People who are served."""
        return float((self.core.weight - self.unserved).sum())

    @property
    def chosen(self) -> np.ndarray:
        """Positions (in the core) of the open sites."""
        return np.flatnonzero(self.is_open)

    def open(self, j: int) -> float:
        """Open site j; returns how many more people are served."""
        self.is_open[j] = True
        self.spare[j] = self.capacity[j]
        return self._fill(j, self._flow)

    def enlarge(self, j: int, capacity: float) -> float:
        """Open site j with so much capacity, or more than it had; how many more are served."""
        if not self.is_open[j]:
            self.capacity[j] = capacity
            return self.open(j)
        self.spare[j] += capacity - self.capacity[j]
        self.capacity[j] = capacity
        return self._fill(j, self._flow)

    def gain(self, j: int) -> float:
        """How many more people would be served with site j."""
        spare = self.spare.copy()
        spare[j] = self.capacity[j]
        return self._fill(j, _Flow(self.people.copy(), self.unserved.copy(), spare))

    def best_gain(
        self,
        sites: np.ndarray,
        ceiling: np.ndarray,
        *,
        above: float = -1.0,
        stop: Callable[[], bool] = lambda: False,
    ) -> tuple[int, float]:
        """The site of `sites` with the largest gain above `above`, and that gain; -1 for none.

        ceiling : per site of the core, what its gain cannot exceed; sites that cannot be the best
        are not worked out (lazy evaluation, Minoux 1978, doi:10.1007/BFb0006528).
        stop : called before each; True ends the search with the best so far.
        """
        best, most = -1, above
        for j in sites[np.argsort(-ceiling[sites], kind="stable")]:
            if ceiling[j] <= most or stop():
                break
            gain = self.gain(int(j))
            if gain > most:
                best, most = int(j), gain
        return best, most

    def direct_gain(self) -> np.ndarray:
        """Per site the people it would serve if nobody changed: no more than its gain."""
        unserved = np.bincount(
            self.pairs.row_idx,
            weights=np.repeat(self.unserved, np.diff(self.pairs.row_ptr)),
            minlength=len(self.capacity),
        )
        return np.minimum(unserved, self.capacity)

    def close(self, j: int) -> float:
        """Close site j; returns how many people are no longer served."""
        before = self.served
        here = slice(self.pairs.site_ptr[j], self.pairs.site_ptr[j + 1])
        pairs, rows = self.pairs.site_pair[here], self.pairs.site_row[here]
        idle = not self.people[pairs].any()
        self.unserved[rows] += self.people[pairs]
        self.people[pairs] = 0.0
        self.spare[j] = 0.0
        self.is_open[j] = False
        if idle:  # nobody is sent away, so the flow is still a largest one
            return 0.0
        for k in np.flatnonzero(self.spare > self.tolerance):
            self._fill(int(k), self._flow)
        return before - self.served

    def shortage(self) -> tuple[np.ndarray, np.ndarray]:
        """Bool per class and per site: the part of the city where capacity is short.

        Whoever is not served, the sites that they find full, the people served there, the sites
        that those find full, and so on. All others are served with capacity which nobody here can
        use, whatever sites open beside them.
        """
        found: tuple[np.ndarray, np.ndarray] = _shortage(
            self.pairs, self._flow, self.is_open, self.tolerance
        )
        return found

    def copy(self) -> CapacityFlow:
        """Another one in the same state."""
        twin = object.__new__(CapacityFlow)
        twin.__dict__.update(self.__dict__)
        for name in ("people", "unserved", "spare", "is_open"):
            setattr(twin, name, getattr(self, name).copy())
        twin._paths = _Paths(*(array.copy() for array in self._paths))
        return twin

    @property
    def _flow(self) -> _Flow:
        return _Flow(self.people, self.unserved, self.spare)

    def _fill(self, j: int, flow: _Flow) -> float:
        came, self._tick = _fill(self.pairs, flow, self._paths, j, self._tick, self.tolerance)
        return float(came)
