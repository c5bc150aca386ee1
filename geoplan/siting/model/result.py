"""`SitingResult`: what a solver found and how much of it is proved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from geoplan.words.display import text_html

Status = Literal["optimal", "feasible", "infeasible", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SitingResult:
    """What one siting function found.

    Parameters
    ----------
    objective : ``"max_coverage"``, ``"min_sites"``, ``"p_median"`` or ``"p_center"``.
    status : ``"optimal"`` only when proved (within the requested `gap`); ``"feasible"`` with an
        honest `gap` otherwise; ``"infeasible"``; ``"unknown"`` when nothing was found in time.
    value : people covered, number (or cost) of sites, weighted cost, or largest cost.
    bound : no solution can be better than this.
    gap : abs(bound - value) / abs(value), or None when there is no bound.
    sites : labels, `fixed` first.
    assignment : demand label -> site label (<NA> where not served).
    seconds : wall-clock time, without the compilation of kernels (once per computer).
    solver, seed : code of the method that found it, and its seed.
    greedy_value : what plain greedy reaches, for comparison.
    blocking : for infeasible: what blocks it, in words and labels.
    detail : further facts (reduction sizes, rounds, relaxations).

    Examples
    --------
    >>> import geoplan as gp, numpy as np
    >>> problem = gp.SitingProblem.from_cover(np.eye(3, dtype=bool), [5, 6, 7])
    >>> result = gp.max_coverage(problem, sites=2)
    >>> result
    SitingResult(max_coverage: optimal, value=13, gap=0.0000%, 2 sites)
    >>> result.sites, result.bound
    ([1, 2], 13.0)
    """

    objective: str
    status: Status
    value: float
    bound: float | None
    gap: float | None
    sites: list[Any]
    assignment: pd.Series
    seconds: float
    solver: str
    seed: int = 0
    greedy_value: float | None = None
    blocking: tuple[str, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)

    def summary(self) -> str:
        """A few lines for people.

        Returns
        -------
        str

        Examples
        --------
        >>> import geoplan as gp, numpy as np
        >>> problem = gp.SitingProblem.from_cover(np.eye(3, dtype=bool), [5, 6, 7])
        >>> print(gp.max_coverage(problem, sites=2).summary())
        max_coverage: optimal (proved optimal)
        ...
        """
        proof = {
            "optimal": "proved optimal",
            "feasible": "not proved optimal",
            "infeasible": "no feasible answer",
            "unknown": "no plan found, there may be one",
        }[self.status]
        lines = [f"{self.objective}: {self.status} ({proof})"]
        if self.status in ("optimal", "feasible"):
            bound = "none" if self.bound is None else _number_text(self.bound)
            gap = "not known" if self.gap is None else f"{self.gap:.3%}"
            lines.append(f"value {_number_text(self.value)}, bound {bound}, gap {gap}")
            lines.append(f"{len(self.sites)} sites: " + ", ".join(map(str, self.sites[:12])))
        lines.extend(self.blocking)
        lines.append(f"{self.seconds:.2f} s with {self.solver}, seed {self.seed}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return text_html(self.summary())

    def __repr__(self) -> str:
        gap = "None" if self.gap is None else f"{self.gap:.4%}"
        return (
            f"SitingResult({self.objective}: {self.status}, value={_number_text(self.value)}, "
            f"gap={gap}, {len(self.sites)} sites)"
        )


def _number_text(value: float) -> str:
    """A number as people read it: whole where it is large."""
    return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:,.6g}"
