"""An instance of p-median as the solvers take it, the best solution so far, and what bounds say."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from geoplan.siting.assignment.weighted_costs import WeightedCosts
from geoplan.tolerances import BOUND_ROUNDING, SAME_VALUE


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MedianInstance:
    """Which sites may, must and how many open.

    sites : how many open in all. free, fixed : bool per site: may be open, must be open; none both.
    """

    costs: WeightedCosts
    sites: int
    free: np.ndarray
    fixed: np.ndarray

    @property
    def n_new(self) -> int:
        """How many free sites open."""
        return self.sites - int(self.fixed.sum())


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MedianSolution:
    """The incumbent (open sites as bool, their cost), and the bound that is proved.

    greedy : cost of the plain greedy solution. facts : for the result's `detail`.
    """

    is_open: np.ndarray
    value: float
    greedy: float | None = None
    bound: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)

    def better(self, other: MedianSolution) -> MedianSolution:
        """The same with the incumbent of `other`, where that costs less."""
        if other.value < self.value:
            return replace(self, is_open=other.is_open, value=other.value)
        return self

    def is_near(self, bound: float, gap: float) -> bool:
        """Whether `bound` is within the relative `gap`."""
        return not self.value - bound > max(gap, SAME_VALUE) * abs(self.value)

    def cutoff(self, step: float) -> float:
        """What a bound must pass so that no better solution is left (`step` as in the costs)."""
        return self.value - step + BOUND_ROUNDING if step else self.value * (1 - SAME_VALUE)


def rounded_bound(bound: float, step: float) -> float:
    """Where only multiples of `step` are possible, a lower bound rises to the next one."""
    return float(np.ceil((bound - BOUND_ROUNDING) / step) * step) if step else bound
