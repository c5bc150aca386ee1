"""`ConditionalProblem`: where new sites go beside the existing ones of a service.

The conditional location problem (Minieka 1980): people whom the existing sites serve are part of
every value and bound, but only the others are rows of the problem. Where existing sites are full,
people may change to a new site, and the problem is the `Reassignment` of all whom that concerns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from geoplan.siting.beside.explain import may_replace
from geoplan.siting.candidates import Thinned
from geoplan.siting.conditional.area_shares import AreaShares
from geoplan.siting.conditional.reassignment import Reassignment
from geoplan.siting.model.counting import is_enough, reachable_share
from geoplan.siting.model.problem import SitingProblem
from geoplan.siting.model.result import SitingResult


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ConditionalProblem:
    """The problem of one service, ready for a solver.

    Parameters
    ----------
    objective : ``"max_coverage"`` (MCLP), ``"min_sites"`` (LSCP, partial for ``share`` < 1) or
        ``"min_cost"`` (the same by money).
    problem : the people not served today x the candidates.
    served, turned_away, total : people served today, people who find every site full, all people.
    sites, budget, share : what limits the new sites, as the objective needs it.
    capacity : people whom one new site takes; None = no limit.
    min_sites_per_area : area code -> new sites still needed there.
    area_shares : least shares of the people of areas, or None.
    n_offered : candidates before thinning, which leaves out those that reach nobody.
    thinned : what thinning can cost by itself.
    unthinned : the same problem over all candidates, where thinning may have cost people; its bound
        holds for the solution.
    unconstrained : the problem without constraints of distance, area and capacity, where candidates
        were left out that such constraints may want; its bound holds over all candidates.
    most_sites : with a budget, no solution has more new sites; else 0.
    reassignment : where sites are full, the problem of the whole service, as `problem` knows only
        those who are not served today; `unthinned` and `unconstrained` are then of it.
    """

    objective: Literal["max_coverage", "min_sites", "min_cost"]
    problem: SitingProblem
    served: float
    turned_away: float
    total: float
    sites: int | None = None
    budget: float | None = None
    share: float | None = None
    capacity: float | None = None
    min_sites_per_area: Mapping[str, int] = field(default_factory=dict)
    area_shares: AreaShares | None = None
    n_offered: int = 0
    thinned: Thinned | None = None
    unthinned: SitingProblem | None = None
    unconstrained: SitingProblem | None = None
    most_sites: int = 0
    reassignment: Reassignment | None = None

    @property
    def asks_for_share(self) -> bool:
        """Whether a share of the people must be served, and fewest sites or least money do it."""
        return self.objective in ("min_sites", "min_cost")

    @property
    def solved(self) -> SitingProblem:
        """The problem that the solution is found in."""
        return self.problem if self.reassignment is None else self.reassignment.problem

    @property
    def has_capacities(self) -> bool:
        """Whether capacity limits the new sites."""
        return self.problem.capacities is not None

    @property
    def served_outside(self) -> float:
        """People served who are not in `solved`: to be added to its numbers."""
        return self.served if self.reassignment is None else self.reassignment.served_outside

    @property
    def n_existing(self) -> int:
        """Sites of `solved` that exist already."""
        return len(self.solved.fixed)

    @property
    def has_area_minimums(self) -> bool:
        """Whether areas still need sites or people served."""
        short = self.area_shares is not None and self.area_shares.short
        return bool(self.min_sites_per_area or short)

    @property
    def impossible_anywhere(self) -> bool:
        """Whether no candidates could do it: too few sites for the areas, or people out of reach.

        Everybody in reach of some candidate is in reach of one that is left.
        """
        if self.sites is not None and sum(self.min_sites_per_area.values()) > self.sites:
            return True
        if not self.asks_for_share:
            return False
        reached = float((self.solved.weights * reachable_share(self.solved)).sum())
        return not is_enough(reached, (self.share or 1.0) * self.total - self.served_outside)

    def thinning_loss(self, sites: int) -> float:
        """People whom thinning can cost a plan of so many new sites; ``inf`` if not known.

        A candidate replaces another one as long as it has capacity for the people of both.
        """
        if self.has_capacities or self.thinned is None:
            return float("inf")
        return self.thinned.bound_loss(sites)

    def capacity_bound(self, sites: int | None = None) -> float:
        """People of `solved` whom so many new sites (default: those asked for) can serve at most.

        Today's and one for every seat of the new sites: ``inf`` where capacity does not limit them.
        """
        count = self.sites if sites is None else sites
        if not self.has_capacities or self.capacity is None or count is None:
            return float("inf")
        return self.served - self.served_outside + self.capacity * count

    def extra_sites_useless(self, result: SitingResult) -> bool:
        """Whether `result` has fewer sites than asked for because another would serve nobody.

        Not where a target, a budget or the distance between sites kept them fewer.
        """
        if self.objective != "max_coverage" or self.budget is not None or self.sites is None:
            return False
        new = len(result.sites) - self.n_existing
        if result.status != "optimal" or new >= self.sites or not self.n_offered:
            return False
        chosen = self.solved.positions(result.sites)
        free = not len(self.solved.conflicts)
        return free or bool(may_replace(self.solved, chosen, chosen).any())
