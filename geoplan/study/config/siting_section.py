"""``siting = {...}``: the siting problem of one service, as `study.toml` states it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from geoplan.errors import UsageError
from geoplan.study.config.fields import (
    NotNegative,
    Number,
    Objective,
    Positive,
    Section,
    ShareOfAreas,
    Whole,
    Year,
)


class SitingSection(Section):
    """``siting = {...}``: the siting problem. `sites` counts NEW sites.

    `robustness` is the number of draws that show how robust the sites are (0: none).
    `min_share_per_area` is of all people of an area: one share for all areas, or shares by level or
    area code. `site_cost` is the money that one site takes, or one price per kind of site
    (``urban``, ``rural``, or what a file of candidates calls them). `phases` are numbers of sites
    so far; `years` names the phases, or shares a budget out evenly.

    `capacity` is that of a new site: one number, one per kind of site, or the heading of a column
    of the file of candidates. `closable` sites that stand may close: all, or those named. `backup`
    asks for two sites in reach. Up to `full_within_m` (or ``_min``) people count whole, then less
    and less up to the standard's threshold. `alternatives` is how many plans as good are looked
    for. `tiers` are numbers of new sites per tier, of a tier and of the one that it refers to.
    """

    objective: Objective = "max_coverage"
    sites: Annotated[Whole, Field(ge=0)] | None = None
    budget: NotNegative | None = None
    share: Annotated[Number, Field(gt=0, le=1)] | None = None
    candidates: str = "network"
    candidates_layer: str | None = None
    max_candidates: Annotated[Whole, Field(ge=1)] = 2000
    min_distance_m: NotNegative = 0.0
    min_sites_per_area: dict[str, Annotated[Whole, Field(ge=0)]] | None = None
    min_share_per_area: ShareOfAreas | None = None
    site_cost: Positive | dict[str, Positive] | None = None
    capacity: Positive | dict[str, Positive] | str | None = None
    phases: list[Annotated[Whole, Field(ge=0)]] = Field(default_factory=list)
    years: list[Year] = Field(default_factory=list)
    forbidden: str | None = None
    forbidden_layer: str | None = None
    time_limit_s: Positive = 60.0
    gap: Annotated[Number, Field(ge=0, lt=1)] = 0.0
    curve: bool = True
    robustness: Annotated[Whole, Field(ge=0, le=1000)] = 20
    closable: bool | list[str] = False
    backup: bool = False
    full_within_m: Positive | None = None
    full_within_min: Positive | None = None
    alternatives: Annotated[Whole, Field(ge=0, le=100)] = 0
    tiers: dict[str, Annotated[Whole, Field(ge=0)]] | None = None

    @property
    def full_within(self) -> float | None:
        """Up to where people count whole, in the unit of the standard; None: covered is covered."""
        return self.full_within_m if self.full_within_min is None else self.full_within_min

    @property
    def one_capacity(self) -> float | None:
        """The capacity of every new site; None where they differ, or have no limit."""
        return self.capacity if isinstance(self.capacity, float) else None

    @model_validator(mode="after")
    def _check_whole_service(self) -> SitingSection:
        """What is asked of the whole service goes with objectives that count people in reach."""
        asked = {
            "closable": bool(self.closable),
            "backup": self.backup,
            "full_within": self.full_within is not None,
            "tiers": self.tiers is not None,
            "alternatives": self.alternatives > 0,
        }
        there = [name for name, on in asked.items() if on]
        if there and self.objective in ("p_median", "p_center"):
            raise UsageError.of("study.coverage_only", names=", ".join(there))
        if self.full_within_m is not None and self.full_within_min is not None:
            raise UsageError.of("study.one_full_within")
        if self.backup and self.full_within is not None:
            raise UsageError.of("study.backup_gradual")
        if self.min_share_per_area is not None and set(there) - {"alternatives"}:
            raise UsageError.of("study.area_shares_whole", names=", ".join(there))
        if self.alternatives and self.objective == "min_cost":
            raise UsageError.of("study.alternatives_min_cost")
        if self.tiers is not None:
            self._check_tiers(there)
        own = self.candidates not in ("network", "demand")
        if isinstance(self.capacity, str) and (not own or self.candidates.startswith("facilities")):
            raise UsageError.of("study.capacity_column_file")
        return self

    def _check_tiers(self, there: list[str]) -> None:
        """Two tiers, most people, and no other rule: that is what is solved."""
        others = [name for name in there if name != "tiers"]
        for name in ("budget", "share", "sites", "min_sites_per_area", "capacity"):
            others += [name] if getattr(self, name) is not None else []
        others += [name for name in ("phases", "years", "min_distance_m") if getattr(self, name)]
        if others:
            raise UsageError.of("study.tiers_alone", names=", ".join(others))
        if self.objective != "max_coverage" or len(self.tiers or {}) != 2:
            raise UsageError.of("study.tiers_two")

    @model_validator(mode="after")
    def _check_objective(self) -> SitingSection:
        counted = self.sites is not None or self.budget is not None or self.tiers is not None
        if self.objective in ("max_coverage", "p_median", "p_center") and not counted:
            raise UsageError.of("study.objective_needs_sites", objective=self.objective)
        if self.objective == "p_center" and self.min_share_per_area is not None:
            raise UsageError.of("study.area_shares_p_center")
        own_prices = self.candidates not in ("network", "demand")
        if self.budget is not None and self.site_cost is None and not own_prices:
            raise UsageError.of("study.budget_needs_cost")
        if self.objective == "min_cost" and self.site_cost is None and not own_prices:
            raise UsageError.of("study.min_cost_needs_cost")
        if self.phases != sorted(set(self.phases)):
            raise UsageError.of("study.phases_rise")
        if self.years != sorted(set(self.years)):
            raise UsageError.of("study.years_rise")
        if self.years and self.phases and len(self.years) != len(self.phases):
            raise UsageError.of("study.years_name_phases")
        if self.years and not self.phases and self.budget is None:
            raise UsageError.of("study.years_need_phases")
        return self


class SharedBuildingsSection(Section):
    """``[shared_buildings]``: services whose new sites are planned together, within one budget.

    `saving` is what each further service of a building saves. ``siting`` of each service says its
    candidates and prices, and with `sites` at most how many it gets.
    """

    services: Annotated[list[str], Field(min_length=2)]
    budget: NotNegative
    saving: NotNegative
    time_limit_s: Positive = 60.0
    gap: Annotated[Number, Field(ge=0, lt=1)] = 0.0
