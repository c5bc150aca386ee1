"""Sections about later years: people by year, the programme of actions, its targets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from geoplan.errors import UsageError
from geoplan.study.config.fields import (
    Encoding,
    NotNegative,
    Number,
    Positive,
    Section,
    Share,
    Whole,
    Year,
)


class _FiguresSection(Section):
    """A table of figures by area."""

    path: str
    layer: str | None = None
    sheet: str | None = None
    encoding: Encoding | None = None
    columns: dict[str, str] = Field(default_factory=dict)


class CensusSection(_FiguresSection):
    """One of ``censuses``: people by area and age of one year.

    `codes` are codes or names of areas then, and the codes of today, where they were joined or
    renamed since.
    """

    year: Year
    codes: dict[str, str] = Field(default_factory=dict)


class GrowthSection(Section):
    """``growth = {...}``: yearly shares; 0.03 is 3 %."""

    low: Number | None = None
    middle: Number
    high: Number | None = None


class ProjectionSection(_FiguresSection):
    """``[demand.KEY.projection]``: people by year, from one of three sources.

    `path` is a table of area, year, people (also low, high); `censuses` are two by age group;
    `growth` is a yearly share. `level` says whose codes the rows carry; without it they stand for
    the whole study. `from_age` and `to_age` (not included) are the group's. `base_year` is the
    year of the demand's own rows; `totals` are people of the whole study by year.
    """

    path: str | None = None  # type: ignore[assignment]
    censuses: Annotated[list[CensusSection], Field(min_length=2)] | None = None
    growth: Number | GrowthSection | None = None
    level: str | None = None
    from_age: Annotated[Whole, Field(ge=0)] | None = None
    to_age: Annotated[Whole, Field(ge=1)] | None = None
    base_year: Year | None = None
    totals: dict[str, Positive] = Field(default_factory=dict)
    variant: Literal["low", "middle", "high"] = "middle"

    @model_validator(mode="after")
    def _one_source(self) -> ProjectionSection:
        given = [v for v in (self.path, self.censuses, self.growth) if v is not None]
        if len(given) != 1:
            raise UsageError.of("study.projection_one_source")
        if self.censuses is not None and self.from_age is None:
            raise UsageError.of("study.projection_needs_age")
        if self.censuses is not None and len({c.year for c in self.censuses}) < len(self.censuses):
            raise UsageError.of("study.projection_census_years")
        if self.growth is not None and self.base_year is None:
            raise UsageError.of("study.projection_needs_base")
        if not all(year.isdigit() and 1900 <= int(year) <= 2200 for year in self.totals):
            raise UsageError.of("study.projection_totals_years")
        return self


class ProgrammeSection(Section):
    """``[programme]``: planning years, the money of each, and what is asked.

    `budget` is one amount per year, or one for every year; none: no limit. `carry_over`: what is
    left may be spent later. `covers` says what the money pays for. `max_works` is the most actions
    a year. `shares` are the least shares of the capital money by service. `may_lose`: people who
    are served may lose it when sites close. `max_candidates` of each service are kept.
    """

    years: Annotated[list[Year], Field(min_length=1)]
    budget: NotNegative | list[NotNegative] | None = None
    carry_over: bool = False
    covers: Literal["capital", "running", "both"] = "capital"
    max_works: Annotated[Whole, Field(ge=0)] | list[Annotated[Whole, Field(ge=0)]] | None = None
    shares: dict[str, Share] = Field(default_factory=dict)
    objective: Literal["person_years", "min_cost", "worst_area"] = "person_years"
    may_lose: bool = False
    max_candidates: Annotated[Whole, Field(ge=1)] = 500
    time_limit_s: Positive = 60.0
    gap: Annotated[Number, Field(ge=0, lt=1)] = 0.0

    @model_validator(mode="after")
    def _one_amount_a_year(self) -> ProgrammeSection:
        if self.years != sorted(set(self.years)):
            raise UsageError.of("study.programme_years_rise")
        for name in ("budget", "max_works"):
            given = getattr(self, name)
            if isinstance(given, list) and len(given) != len(self.years):
                raise UsageError.of("study.programme_per_year", name=name, years=len(self.years))
        return self


class ActionRule(Section):
    """What one kind of action costs and does, wherever it is possible.

    `capacity` is places of an opened site, or places added by one module; `kind` is the kind of
    places, ``ordinary`` or ``nursing`` (of a conversion: what ordinary places become).
    """

    cost: NotNegative | None = None
    running_cost: Number = 0.0
    capacity: NotNegative | None = None
    kind: Literal["ordinary", "nursing"] = "ordinary"
    from_year: Year | None = None
    until_year: Year | None = None
    least_years: Annotated[Whole, Field(ge=1)] = 1
    most: Annotated[Whole, Field(ge=1)] = 1


class ActionsSection(Section):
    """``actions = {...}``: priced by rule; a table of projects is named by its path instead."""

    open: ActionRule | None = None
    expand: ActionRule | None = None
    convert: ActionRule | None = None
    close: ActionRule | None = None

    @model_validator(mode="after")
    def _some_action(self) -> ActionsSection:
        if not any((self.open, self.expand, self.convert, self.close)):
            raise UsageError.of("study.actions_none")
        for rule in (self.expand, self.convert):
            if rule is not None and not rule.capacity:
                raise UsageError.of("study.actions_need_capacity")
        return self


class TargetSection(Section):
    """One of ``targets``: what must be reached in a year.

    `share` of all people; of the people of `area`; of the areas of `level` (with a site, or with
    `within` of whose people served); of all places, those of `kind`. `number` of sites (in `area`),
    or of places of `kind`.
    """

    year: Year
    measure: Literal["people", "sites", "areas_with_site", "areas_served", "capacity"] | None = None
    share: Share | None = None
    number: NotNegative | None = None
    level: str | None = None
    area: str | None = None
    kind: Literal["ordinary", "nursing"] | None = None
    within: Share = 0.5

    @model_validator(mode="after")
    def _one_amount(self) -> TargetSection:
        if (self.share is None) == (self.number is None):
            raise UsageError.of("study.target_one_amount")
        if self.area is not None and self.level is None:
            raise UsageError.of("study.target_area_level")
        return self
