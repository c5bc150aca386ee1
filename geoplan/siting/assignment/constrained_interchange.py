"""Swapping sites of a p-median answer while the rules about sites hold."""

from __future__ import annotations

from dataclasses import dataclass

import numba as nb
import numpy as np
from scipy import sparse

from geoplan.siting.assignment.interchange import MedianArrays, nearest_two
from geoplan.siting.model.constraints import Rules, site_money
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.time_limit import Clock


@nb.njit(cache=True, nogil=True)
def _worth(  # type: ignore[no-untyped-def]
    row_ptr,
    row_site,
    row_cost,
    col_ptr,
    col_demand,
    col_cost,
    penalty,
    is_open,
    coming,
    place,
    n_open,
):
    """Saved by each site that could come; lost by each open one; and what softens that loss."""
    n = len(row_ptr) - 1
    c1 = np.empty(n, np.int32)
    d1 = np.empty(n)
    d2 = np.empty(n)
    loss = np.zeros(n_open)
    for i in range(n):
        c1[i], d1[i], d2[i] = nearest_two(row_ptr, row_site, row_cost, penalty, is_open, i)
        if c1[i] >= 0:
            loss[place[c1[i]]] += d2[i] - d1[i]
    gain = np.zeros(len(coming))
    relief = np.zeros((len(coming), n_open))
    for q in range(len(coming)):
        k = coming[q]
        for t in range(col_ptr[k], col_ptr[k + 1]):
            i = col_demand[t]
            v = col_cost[t]
            if v < d1[i]:
                gain[q] += d1[i] - v
                if c1[i] >= 0:
                    relief[q, place[c1[i]]] += d2[i] - d1[i]
            elif v < d2[i] and c1[i] >= 0:
                relief[q, place[c1[i]]] += d2[i] - v
    return gain, loss, relief


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SiteLimits:
    """The rules about sites, ready for many quick questions.

    rivals : sites x sites, who may not stand with whom. area : number of a site's area (0 = none
    that asks for sites). least : sites that each area must have.
    """

    rivals: sparse.csr_matrix
    area: np.ndarray
    least: np.ndarray
    money: np.ndarray
    budget: float
    most: int

    @classmethod
    def of(cls, problem: SitingProblem, rules: Rules, most: int) -> SiteLimits:
        """The limits of a problem under `rules`; at most `most` sites."""
        m, pairs = problem.n_sites, problem.conflicts
        both = np.concatenate([pairs, pairs[:, ::-1]])
        rivals = sparse.csr_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(m, m))
        codes = list(rules.area_sites)
        area = np.zeros(m, np.int64)
        if codes and problem.site_areas is not None:
            number = {code: k + 1 for k, code in enumerate(codes)}
            area = np.array([number.get(c, 0) for c in problem.site_areas], np.int64)
        return cls(
            rivals=rivals,
            area=area,
            least=np.array([0, *(rules.area_sites[c] for c in codes)], np.int64),
            money=site_money(problem) if rules.budget is not None else np.zeros(m),
            budget=np.inf if rules.budget is None else rules.budget * (1 + 1e-12),
            most=most,
        )

    def may_swap(self, is_open: np.ndarray, coming: np.ndarray, going: np.ndarray) -> np.ndarray:
        """Bool, coming x going: whether the rules hold after that swap."""
        clash = np.asarray(self.rivals @ is_open.astype(float)).ravel()[coming][:, None]
        ok = clash - self.rivals[coming][:, going].toarray() < 0.5
        count = np.bincount(self.area[is_open], minlength=len(self.least))
        spare = count[self.area[going]] > self.least[self.area[going]]
        ok &= spare[None, :] | (self.area[coming][:, None] == self.area[going][None, :])
        spent = self.money[is_open].sum() + self.money[coming][:, None] - self.money[going][None, :]
        return ok & (spent <= self.budget)

    def may_add(self, is_open: np.ndarray, coming: np.ndarray) -> np.ndarray:
        """Bool per coming site: whether the rules hold with it beside the open ones."""
        if is_open.sum() >= self.most:
            return np.zeros(len(coming), bool)
        clash = np.asarray(self.rivals @ is_open.astype(float)).ravel()[coming]
        spent = self.money[is_open].sum() + self.money[coming]
        return (clash < 0.5) & (spent <= self.budget)


def swap_ruled(
    a: MedianArrays,
    start: np.ndarray,
    *,
    fixed: np.ndarray,
    allowed: np.ndarray,
    limits: SiteLimits,
    clock: Clock,
) -> np.ndarray:
    """`start`, which keeps the rules, improved by the best swap or addition until none helps."""
    is_open = start.copy()
    while clock.left > 0:
        coming = np.flatnonzero(allowed & ~is_open)
        opened = np.flatnonzero(is_open)
        if not len(coming) or not len(opened):
            break
        place = np.full(len(is_open), -1, np.int64)
        place[opened] = np.arange(len(opened))
        gain, loss, relief = _worth(
            a.row_ptr,
            a.row_site,
            a.row_cost,
            a.col_ptr,
            a.col_demand,
            a.col_cost,
            a.penalty,
            is_open,
            coming,
            place,
            len(opened),
        )
        going = np.flatnonzero(~fixed[opened])
        saved = gain[:, None] + relief[:, going] - loss[going][None, :]
        saved[~limits.may_swap(is_open, coming, opened[going])] = -np.inf
        added = np.where(limits.may_add(is_open, coming), gain, -np.inf)
        best_add = int(np.argmax(added))
        best_swap = int(np.argmax(saved)) if saved.size else -1
        swap_worth = saved.flat[best_swap] if best_swap >= 0 else -np.inf
        if max(added[best_add], swap_worth) <= 1e-9 * (1.0 + float(loss.sum())):
            break
        if added[best_add] >= swap_worth:
            is_open[coming[best_add]] = True
            continue
        row, column = divmod(best_swap, len(going))
        is_open[coming[row]] = True
        is_open[opened[going[column]]] = False
    return is_open


def without_idle(
    a: MedianArrays, is_open: np.ndarray, *, keep: np.ndarray, limits: SiteLimits
) -> np.ndarray:
    """`is_open` without new sites that nobody goes to and no area asks for, dearest first."""
    kept = is_open.copy()
    chosen = np.flatnonzero(is_open & ~keep)
    for j in chosen[np.argsort(-limits.money[chosen], kind="stable")]:
        count = int((kept & (limits.area == limits.area[j])).sum())
        if limits.area[j] and count <= limits.least[limits.area[j]]:
            continue
        kept[j] = False
        # who goes there, and what their next best would cost them more: nearly always a lot
        rows = a.col_demand[a.col_ptr[j] : a.col_ptr[j + 1]]
        own = a.col_cost[a.col_ptr[j] : a.col_ptr[j + 1]]
        lost = 0.0
        for i, cost in zip(rows, own, strict=True):
            lost += max(_cheapest(a, i, kept) - cost, 0.0)
            if lost > 1e-3:  # in people x metres or minutes: a matter of rounding below
                kept[j] = True
                break
    return kept


def _cheapest(a: MedianArrays, row: int, is_open: np.ndarray) -> float:
    here = slice(a.row_ptr[row], a.row_ptr[row + 1])
    at = np.flatnonzero(is_open[a.row_site[here]])
    return float(a.row_cost[here][at[0]]) if len(at) else np.inf
