"""What a search for the MCLP knows: the best solution, the goal, and the sites left in doubt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from geoplan.siting.mclp.lagrangian import MclpDual, mclp_reduced_cost_fixing
from geoplan.siting.model.build_result import rounded_up
from geoplan.siting.model.core import Core
from geoplan.siting.model.reduction import restrict, without_dominated
from geoplan.tolerances import BELOW_NEED, PROVED_GAP, SAME_VALUE


@dataclass(kw_only=True, slots=True, eq=False)
class Incumbent:
    """The best solution so far (positions in the core), and what is proved.

    by_clock : the time was over before the work was.
    """

    chosen: np.ndarray
    value: float
    bound: float
    greedy: float
    dual: MclpDual | None = None
    steps: list[str] = field(default_factory=list)
    by_clock: bool = False

    def take_better(self, core: Core, chosen: np.ndarray) -> bool:
        """Keep `chosen` if it covers more people."""
        value = core.covered(chosen)
        if value > self.value:
            self.chosen, self.value = chosen, value
            return True
        return False


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """How many sites, how good a solution, and what is known of the weights.

    need : where only this matters: can so many people be covered, or can they not?
    """

    n_new: int
    gap: float
    whole: bool
    need: float | None = None

    @property
    def unit(self) -> float:
        """A better solution is better by at least this."""
        return 1.0 if self.whole else 0.0

    def reached(self, incumbent: Incumbent) -> bool:
        """Whether the bound is near enough to the incumbent."""
        bound = rounded_up(incumbent.bound, incumbent.value, whole=self.whole)
        if self.need is not None and not incumbent.value < self.need <= bound:
            return True
        return bound - incumbent.value <= self.gap * abs(incumbent.value) + PROVED_GAP

    def target(self, incumbent: Incumbent) -> float:
        """A bound that reaches the goal."""
        if self.need is not None and incumbent.value < self.need:
            return self.need - (BELOW_NEED if self.whole else SAME_VALUE * self.need)
        return incumbent.value * (1 + self.gap) + 0.999 * self.unit


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RestrictedProblem:
    """What is left to decide when some sites are ruled out and others always open.

    core : the reduced rest. at : position in the full core of each of its sites. always :
    positions in the full core of the sites that are open. may : bool per site of the full core:
    not ruled out.
    """

    core: Core
    at: np.ndarray
    always: np.ndarray
    may: np.ndarray


def restrict_by_reduced_cost(
    core: Core, dual: MclpDual, *, n_new: int, need: float
) -> RestrictedProblem:
    """The sites that reduced costs leave undecided for solutions of at least `need` people."""
    never, always = mclp_reduced_cost_fixing(dual, n_new=n_new, need=need)
    rows = ~core.is_covered(np.flatnonzero(always))
    keep = ~never & ~always
    small = without_dominated(restrict(replace(core, sites=np.arange(core.m)), keep, rows=rows))
    return RestrictedProblem(core=small, at=small.sites, always=np.flatnonzero(always), may=~never)


def pairs_of(core: Core, sites: np.ndarray) -> int:
    """Covering pairs of some sites (bool)."""
    return int(np.diff(core.site_ptr)[sites].sum())
