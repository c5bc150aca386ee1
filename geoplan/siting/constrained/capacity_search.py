"""A good set of sites with capacities: the best next one, then swaps, and a bound beside it.

What a site adds never grows as others open (see `capacity_flow`). So an old gain bounds the new
one, few gains are worked out anew, and the largest gains of one state bound every choice of sites.
"""

from __future__ import annotations

import numpy as np

from geoplan.siting.constrained.capacity_flow import CapacityFlow
from geoplan.siting.constrained.site_constraints import conflict_pairs
from geoplan.siting.model.constraints import Constraints, problem_free, site_money
from geoplan.siting.model.core import Core
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.solver.control import SolveControl
from geoplan.tolerances import NO_MONEY, SAME_VALUE


class CapacitySearch:
    """Sites opened one by one under constraints, and exchanged; all positions in the core.

    Parameters
    ----------
    capacity : people that each site of `core` serves.
    control : after the time limit, upper bounds replace exact gains.
    need : people after whom no more sites are wanted (``inf``: as many as can be).
    known : per site of the core what it adds to the fixed ones, where somebody has worked that out
        (else NaN).
    """

    def __init__(
        self,
        problem: SitingProblem,
        constraints: Constraints,
        core: Core,
        capacity: np.ndarray,
        *,
        control: SolveControl,
        need: float = np.inf,
        known: np.ndarray | None = None,
    ) -> None:
        self.control = control
        self.flow, self.need = CapacityFlow(core, capacity), need
        self.stays = problem.is_fixed[core.sites]
        for j in np.flatnonzero(self.stays):
            self.flow.open(int(j))
        self.most = np.inf if constraints.sites is None else constraints.sites
        self.budget = constraints.most_money
        self.paid = constraints.budget is not None
        self.money = site_money(problem)[core.sites]
        self.free_of_cost = problem_free(problem)[core.sites]
        self.rivals = _rivals(problem, core)
        self.areas = (
            np.full(core.m, None, object)
            if problem.site_areas is None
            else problem.site_areas[core.sites]
        )
        self.least = dict(constraints.area_sites)
        self.tolerance = self.flow.tolerance
        self.before = self.flow.served
        # a site adds no more than its capacity, nor more people than are not served
        most = np.minimum(self.flow.capacity, self.flow.unserved.sum())
        self.known = np.full(core.m, np.nan) if known is None else known.copy()
        self._work_out(self.known)
        self.ceiling = np.where(np.isnan(self.known), most, self.known)
        self.ceiling[self.flow.is_open] = 0.0
        self.gain_bound = self.ceiling.copy()

    @property
    def served(self) -> float:
        """People who are served."""
        return self.flow.served

    @property
    def enough(self) -> bool:
        """Whether as many people are served as are wanted."""
        return bool(self.served >= self.need * (1 - SAME_VALUE) - self.tolerance)

    def construct(self) -> bool:
        """Open sites as far as the constraints allow; False where an area falls short.

        When time is out, sites are opened without working out what changes would bring them.
        """
        for code, least in self.least.items():
            here = np.array([c == code for c in self.areas], bool)
            while int((here & self.flow.is_open).sum()) < least:
                if not self._open_next(here, self.control, useful=False):
                    return False
        if int(self.flow.is_open.sum()) > self.most:
            return False
        everywhere = np.ones(len(self.money), bool)
        while not self.enough and self._open_next(everywhere, self.control, useful=True):
            pass
        return True

    def interchange(self, control: SolveControl) -> None:
        """Exchange one site for a better one while that helps and time is left."""
        better = True
        while better and control.left > 0:
            better = False
            for j in self.flow.chosen:
                if control.left <= 0:
                    return
                if not self.stays[j] and self._replace(int(j), control):
                    better = True
            everywhere = np.ones(len(self.money), bool)
            while control.left > 0 and self._open_next(everywhere, control, useful=True):
                better = True

    def set_open(self, opened: np.ndarray) -> None:
        """Open the sites `opened` (bool) and close all others."""
        flow = CapacityFlow(self.flow.core, self.flow.capacity)
        for j in np.flatnonzero(opened | self.stays):
            flow.open(int(j))
        self.flow = flow
        self.gain_bound = self.ceiling.copy()

    def take_better(self, opened: np.ndarray, *, started: bool) -> bool:
        """`set_open`, unless what is open serves as many people; whether there is a solution."""
        saved = self.flow
        self.set_open(opened)
        if started and saved.served >= self.served:
            self.flow = saved
        return True

    def take_fewer(self, opened: np.ndarray, *, started: bool) -> bool:
        """`set_open`, where that is enough with fewer sites; whether there is a solution."""
        saved = self.flow
        self.set_open(opened)
        if self.enough and (not started or len(self.flow.chosen) < len(saved.chosen)):
            return True
        self.flow = saved
        return started

    def drop_idle_sites(self, *, need: float, keep: np.ndarray) -> None:
        """Close sites, those that serve fewest first, that neither `need` nor an area asks for.

        keep : bool per site: stays open. When time is out, only sites that serve nobody close.
        """
        self.need = need
        use = np.bincount(
            self.flow.pairs.row_idx, weights=self.flow.people, minlength=len(self.money)
        )
        for j in sorted(self.flow.chosen, key=lambda j: (use[j], -j)):
            if keep[j] or not self._may_close(int(j)):
                continue
            if use[j] > 0 and self.control.left <= 0:
                break
            saved = self.flow.copy()
            self.flow.close(int(j))
            if not self.enough:
                self.flow = saved
        self.gain_bound = self.ceiling.copy()  # what was closed may add more again

    def bound(self) -> float:
        """People whom no choice of sites within the constraints' number and money can exceed.

        From what sites add to the fixed ones, and, unless that proves the solution, from what they
        add to what is open now.
        """
        bound = min(
            self.before + self._largest_sum(self.ceiling)[0], float(self.flow.core.weight.sum())
        )
        exact = self.flow.is_open.copy()
        gains = np.where(exact, 0.0, self.gain_bound)
        while bound > self.served + max(self.tolerance, SAME_VALUE * self.served):
            most, used = self._largest_sum(gains)
            bound = min(bound, self.served + most)
            # old gains bound the new ones: only those that the sum takes have to be worked out
            due = np.flatnonzero(used & ~exact & (gains > 0))
            if not len(due):
                break
            for j in due:
                if self.control.left <= 0:
                    return min(bound, self.served + self._largest_sum(gains)[0])
                gains[j] = self.flow.gain(int(j))
            exact[due] = True
        return bound

    def fewest(self) -> int:
        """Sites in all that any choice which serves `need` has at least."""
        short = self.need - self.before
        fixed = int(self.stays.sum())
        gains = np.cumsum(np.sort(self.ceiling[~self.stays])[::-1])
        if short <= max(self.tolerance, SAME_VALUE * self.need):
            return fixed
        return fixed + int(np.searchsorted(gains, short * (1 - SAME_VALUE)) + 1)

    def _work_out(self, gains: np.ndarray) -> None:
        """Put into `gains`, where it is NaN, what a closed site would add, while time is left."""
        for j in np.flatnonzero(np.isnan(gains) & ~self.flow.is_open):
            if self.control.left <= 0:
                return
            gains[j] = self.flow.gain(int(j))

    def _largest_sum(self, gains: np.ndarray) -> tuple[float, np.ndarray]:
        """The largest sum of gains that the number of sites and the money allow; whose it takes."""
        most, used = float(gains.sum()), np.zeros(len(gains), bool)
        if np.isfinite(self.most):
            count = max(int(self.most) - int(self.stays.sum()), 0)
            top = np.argsort(-gains, kind="stable")[:count]
            most = min(most, float(gains[top].sum()))
            used[top] = True
        if self.paid:
            price = np.where(self.free_of_cost, 0.0, self.money)
            free = float(gains[price <= 0].sum())
            order = np.argsort(-gains / np.where(price > 0, price, 1.0), kind="stable")
            order = order[price[order] > 0]
            spent = np.cumsum(price[order])
            part = np.clip((self.budget - spent + price[order]) / price[order], 0.0, 1.0)
            most = min(most, free + float((gains[order] * part).sum()))
            used |= price <= 0
            used[order[part > 0]] = True
        if not np.isfinite(self.most) and not self.paid:
            used[:] = True
        return most, used

    def _spent(self) -> float:
        return float(self.money[self.flow.is_open & ~self.free_of_cost].sum())

    def _openable(self) -> np.ndarray:
        """Bool per site: closed, and the constraints would let it open now."""
        able = ~self.flow.is_open
        if int(self.flow.is_open.sum()) >= self.most:
            return np.zeros_like(able)
        if self.paid:
            able &= self.free_of_cost | (self.money <= self.budget - self._spent())
        for j in self.flow.chosen:
            able[self.rivals[j]] = False
        return able

    def _open_next(self, pool: np.ndarray, control: SolveControl, *, useful: bool) -> bool:
        """Open the site of `pool` that adds most (for its money); False where there is none.

        When time is out: the best of those worked out, or the one that adds most if nobody changes.
        """
        at = np.flatnonzero(pool & self._openable())
        price = np.ones(len(self.money))
        if self.paid:
            price = np.where(self.free_of_cost, NO_MONEY, np.maximum(self.money, NO_MONEY))
        best, most = -1, -1.0
        order = at[np.argsort(-self.gain_bound[at] / price[at], kind="stable")]
        for j in order:
            if self.gain_bound[j] / price[j] <= most:
                break
            if control.left <= 0:
                # ties: largest upper bound
                now = self.flow.direct_gain()[order] / price[order]
                best = int(order[np.argmax(now)]) if best < 0 else best
                break
            self.gain_bound[j] = self.flow.gain(int(j))
            if self.gain_bound[j] / price[j] > most:
                best, most = int(j), self.gain_bound[j] / price[j]
        if best < 0 or (useful and self.gain_bound[best] <= self.tolerance):
            return False
        self.flow.open(best)
        return True

    def _replace(self, j: int, control: SolveControl) -> bool:
        """Open the best other site instead of j, where that serves more people."""
        saved = self.flow.copy()
        lost = self.flow.close(j)
        able = self._openable()
        able[j] = False
        if not self._may_close(j, closed=True):
            able &= np.array([c == self.areas[j] for c in self.areas], bool)
        at = np.flatnonzero(able)
        least = lost + max(self.tolerance, SAME_VALUE * self.before)
        best, _ = self.flow.best_gain(at, self.ceiling, above=least, stop=lambda: control.left <= 0)
        if best < 0:
            self.flow = saved
            return False
        self.flow.open(best)
        self.gain_bound = self.ceiling.copy()  # what was closed may add more again
        return True

    def _may_close(self, j: int, *, closed: bool = False) -> bool:
        """Whether j's area has enough sites without it (`closed`: it is closed already)."""
        least = self.least.get(self.areas[j], 0)
        if least <= 0:
            return True
        here = np.array([c == self.areas[j] for c in self.areas], bool)
        return int((here & self.flow.is_open).sum()) - (not closed) >= least


def _rivals(problem: SitingProblem, core: Core) -> list[np.ndarray]:
    """Per site of the core those that may not be open beside it."""
    pairs = conflict_pairs(problem, core.sites)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    cuts = np.searchsorted(both[:, 0], np.arange(core.m + 1))
    return [both[cuts[j] : cuts[j + 1], 1] for j in range(core.m)]
