"""`Case`: one siting question as plain arrays, and how it is put to geoplan."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

import geoplan as gp
from geoplan.siting import SitingProblem, SitingResult

#: questions that count people who are covered; the others count what everybody's way costs
COVERING = ("max_coverage", "min_sites", "min_cost")
#: those of them that cover a share of the people with as little as can be
LEAST = ("min_sites", "min_cost")


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """Sites and demand rows are numbered from 0; geoplan sees them as ``s0`` and ``d0``.

    question : the public function. cost : demand x sites, ``inf`` where there is no way.
    costs_known : False where geoplan is told only who covers whom. All others as in `SitingProblem`
    and in the keywords of the question; None, empty or False where nothing is asked.
    """

    question: str
    cost: np.ndarray
    weights: np.ndarray
    seed: int = -1
    costs_known: bool = True
    threshold: float | None = None
    full_within: float | None = None
    fixed: list[int] = field(default_factory=list)
    closable: list[int] = field(default_factory=list)
    forbidden: list[int] = field(default_factory=list)
    site_costs: np.ndarray | None = None
    capacities: np.ndarray | None = None
    areas: list[Any] | None = None
    site_areas: list[Any] | None = None
    conflicts: list[tuple[int, int]] = field(default_factory=list)
    sites: int | None = None
    budget: float | None = None
    share: float = 1.0
    min_sites_per_area: dict[Any, int] = field(default_factory=dict)
    min_share_per_area: dict[Any, float] = field(default_factory=dict)
    backup: bool = False
    equity: bool = False
    split: bool = True

    @property
    def n_sites(self) -> int:
        return self.cost.shape[1]

    @property
    def total(self) -> float:
        return float(self.weights.sum())

    @cached_property
    def cover(self) -> np.ndarray:
        """Bool, demand x sites: the site is near enough."""
        return np.isfinite(self.cost) & (
            self.cost <= (np.inf if self.threshold is None else self.threshold)
        )

    @cached_property
    def level(self) -> np.ndarray:
        """How much of a person a site covers: 1 or 0, in between where coverage is gradual."""
        if self.full_within is None:
            return self.cover.astype(float)
        assert self.threshold is not None
        falling = (self.threshold - self.cost) / (self.threshold - self.full_within)
        return np.where(self.cover, np.clip(falling, 0.0, 1.0), 0.0)

    @cached_property
    def allowed(self) -> np.ndarray:
        mask = np.ones(self.n_sites, bool)
        mask[self.forbidden] = False
        return mask

    @cached_property
    def new(self) -> np.ndarray:
        """Bool per site: would have to be built, and paid for."""
        mask = np.ones(self.n_sites, bool)
        mask[[*self.fixed, *self.closable]] = False
        return mask

    @cached_property
    def price(self) -> np.ndarray:
        """What every site adds to the value of `min_sites` and `min_cost`: one, or its money."""
        if self.question == "min_sites":
            return np.ones(self.n_sites)
        assert self.site_costs is not None
        return np.where(self.new, self.site_costs, 0.0)

    @cached_property
    def whole(self) -> bool:
        """Whether people served are whole numbers: nobody is covered in part, all room is whole."""
        numbers = [self.weights] if self.capacities is None else [self.weights, self.capacities]
        return self.full_within is None and all(np.all(n == np.round(n)) for n in numbers)

    def people_of(self, area: Any) -> float:
        return float(self.weights[self.in_area(area)].sum())

    def in_area(self, area: Any) -> np.ndarray:
        """Bool per demand row."""
        return np.array([code == area for code in self.areas or []], bool)

    # -- geoplan's side -----------------------------------------------------------------------

    def problem(self) -> SitingProblem:
        """The problem as geoplan's user states it."""
        sites = [f"s{j}" for j in range(self.n_sites)]
        demand = [f"d{i}" for i in range(len(self.weights))]
        stated: dict[str, Any] = {
            name: [sites[j] for j in getattr(self, name)]
            for name in ("fixed", "closable", "forbidden")
        }
        stated["conflicts"] = [(sites[a], sites[b]) for a, b in self.conflicts]
        for name in ("site_costs", "capacities", "areas", "site_areas"):
            if getattr(self, name) is not None:
                stated[name] = getattr(self, name)
        if not self.costs_known:
            return SitingProblem.from_cover(
                self.cover, self.weights, demand_index=demand, site_index=sites, **stated
            )
        frame = gp_frame(self.cost, demand, sites)
        return SitingProblem.from_costs(
            frame,
            self.weights,
            unit="m",
            threshold=self.threshold,
            full_within=self.full_within,
            **stated,
        )

    def ask(self, **options: Any) -> SitingResult:
        """geoplan's answer."""
        asked: dict[str, Any] = {} if self.question in LEAST else {"sites": self.sites}
        if self.question in LEAST:
            asked["share"] = self.share
        if not self.split:
            asked["split"] = False
        for name in ("budget", "min_sites_per_area", "min_share_per_area", "backup", "equity"):
            if is_stated(getattr(self, name)):
                asked[name] = getattr(self, name)
        return getattr(gp, self.question)(self.problem(), **asked, **options)

    def chosen(self, result: SitingResult) -> np.ndarray:
        """Bool per site: chosen in `result`."""
        mask = np.zeros(self.n_sites, bool)
        mask[[int(label[1:]) for label in result.sites]] = True
        return mask

    def __str__(self) -> str:
        """The case as Python that makes it again."""
        said = []
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, np.ndarray):
                value = f"np.array({np.array2string(value, separator=', ', threshold=10**6)})"
            elif value is one.default or value in ([], {}):
                continue
            else:
                value = repr(value)
            said.append(f"{one.name}={value}")
        return "Case(" + ", ".join(said).replace("inf", "np.inf") + ")"


def is_stated(value: Any) -> bool:
    """Whether a rule asks for anything; a budget of 0 does."""
    return not (value is None or value is False or value == {})


def gp_frame(cost: np.ndarray, demand: list[str], sites: list[str]) -> Any:
    """The costs as a labelled table."""
    return pd.DataFrame(cost, index=demand, columns=sites)
