"""People of a group by area and year, and the rows of a demand layer brought to a year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import UsageError
from geoplan.inputs.allocation import allocate_totals, largest_remainder, location_order
from geoplan.inputs.layers import Demand
from geoplan.inputs.projection.cohorts import CITY, cohort_change_ratios, people_of_ages
from geoplan.inputs.projection.holdout import leave_areas_out
from geoplan.validate import number, raise_faults
from geoplan.words.message import Message

Variant = Literal["low", "middle", "high"]
VARIANTS: tuple[Variant, ...] = ("low", "middle", "high")
#: how many years after its base a growth factor is worked out for
_GROWTH_YEARS = 50


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PeopleByYear:
    """People of one group by area and year; between two years they lie in a straight line.

    Parameters
    ----------
    people : index = area code (``""`` = the whole study), columns = years, rising.
    low, high : the same, less and more likely to be exceeded; None = as `people`.
    level : area level of the codes; None = one row for the whole study.
    base_year : the demand's rows are of that year, and only the change since then is taken from
        `people`; None = `people` are the numbers themselves.
    error : of the method, as `leave_areas_out` tells it; None where nothing does.

    Raises
    ------
    UsageError
        Years that do not rise, people that are missing or negative, an area more than once.

    Examples
    --------
    >>> by_year = PeopleByYear(people=pd.DataFrame({2020: [10.0], 2030: [20.0]}, index=["A"]))
    >>> by_year, by_year.at(2025).to_dict()
    (PeopleByYear(1 areas, 2020 to 2030, +100.0%), {'A': 15.0})
    """

    people: pd.DataFrame
    low: pd.DataFrame | None = None
    high: pd.DataFrame | None = None
    level: str | None = None
    base_year: int | None = None
    error: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        faults = []
        for name in ("people", "low", "high"):
            table = getattr(self, name)
            if table is None:
                continue
            years = [int(y) for y in table.columns]
            values = table.to_numpy(float)
            if not years or years != sorted(set(years)):
                faults.append(Message("call_faults.years_rise", name=name))
            if not np.isfinite(values).all() or (values < 0).any():
                faults.append(Message("call_faults.people_of_missing", name=name))
            if not table.index.is_unique:
                faults.append(Message("call_faults.areas_twice", name=name))
        if self.base_year is not None and not faults and not self.has(self.base_year):
            faults.append(
                Message(
                    "call_faults.base_year_outside",
                    base_year=self.base_year,
                    first=self.first,
                    last=self.last,
                )
            )
        raise_faults("the people by year", faults)

    @property
    def first(self) -> int:
        """The first year that is known."""
        return int(self.people.columns[0])

    @property
    def last(self) -> int:
        """The last year that is known."""
        return int(self.people.columns[-1])

    def has(self, year: int) -> bool:
        """Whether the people of `year` are known."""
        return self.first <= year <= self.last

    def at(self, year: int, variant: Variant = "middle") -> pd.Series:
        """People by area in `year`, not rounded.

        Raises
        ------
        UsageError
            A year before the first or after the last, a variant that is none.
        """
        if variant not in VARIANTS:
            raise UsageError.of(
                "inputs.projection_variant", variants=", ".join(VARIANTS), variant=variant
            )
        if not self.has(year):
            raise UsageError.of(
                "inputs.projection_no_year", year=year, first=self.first, last=self.last
            )
        table = {"low": self.low, "high": self.high}.get(variant)
        table = self.people if table is None else table
        years = table.columns.to_numpy(float)
        values = [np.interp(year, years, row) for row in table.to_numpy(float)]
        return pd.Series(values, index=table.index, dtype=float)

    def __repr__(self) -> str:
        return (
            f"PeopleByYear({len(self.people):,} areas, {self.first} to {self.last}, "
            f"{self.at(self.last).sum() / max(self.at(self.first).sum(), 1e-9) - 1:+.1%})"
        )


def growth_by_year(
    growth: float, *, base_year: int, low: float | None = None, high: float | None = None
) -> PeopleByYear:
    """People who become more by the same share every year.

    Parameters
    ----------
    growth, low, high : yearly, 0.03 for 3 %; above -1. None = as `growth`.
    base_year : the year that the demand's rows are of.

    Returns
    -------
    PeopleByYear
        Fifty years, one row for the whole study.

    Raises
    ------
    UsageError
        No number above -1.

    Examples
    --------
    >>> growth_by_year(0.1, base_year=2020).at(2022).to_dict()
    {'': 1.2100000000000002}
    """
    rates = {"people": growth, "low": low, "high": high}
    given = {name: number(rate) for name, rate in rates.items() if rate is not None}
    wrong = [name for name, rate in given.items() if not rate > -1]
    raise_faults("growth", [Message("call_faults.growth_above", name=name) for name in wrong])
    span = np.arange(_GROWTH_YEARS + 1)
    tables = {
        name: pd.DataFrame([(1 + rate) ** span], index=[CITY], columns=base_year + span)
        for name, rate in given.items()
    }
    return PeopleByYear(**tables, base_year=base_year)


def cohorts_by_year(
    earlier: pd.DataFrame,
    later: pd.DataFrame,
    *,
    census_years: tuple[int, int],
    base_year: int,
    ages: tuple[int, int | None],
    level: str | None = None,
) -> PeopleByYear:
    """People of an age group by year, from two censuses by age (Hamilton and Perry's method).

    Parameters
    ----------
    earlier, later : as `cohort_change_ratios` takes them.
    census_years : of the two; what is known reaches two such steps beyond the later one.
    base_year : the year that the demand's rows are of.
    ages : lower border of the group, and the upper one, not included (None = open).
    level : area level of the codes.

    Returns
    -------
    PeopleByYear
        `low` and `high` are off by the method's mean error, as areas left out tell it, for every
        step that has passed; `error` has the areas.

    Raises
    ------
    UsageError
        As `cohort_change_ratios` and `people_of_ages`; years that do not rise.

    Examples
    --------
    >>> before = pd.DataFrame({50: [100.0, 10.0], 60: [50.0, 40.0]}, index=["A", "B"])
    >>> after = pd.DataFrame({50: [90.0, 90.0], 60: [75.0, 25.0]}, index=["A", "B"])
    >>> by_year = cohorts_by_year(
    ...     before, after, census_years=(2010, 2020), base_year=2020, ages=(60, None))
    >>> by_year.at(2030).round(1).to_dict()  # half of 165, and of 115
    {'A': 82.5, 'B': 57.5}
    """
    step = census_years[1] - census_years[0]
    ratios = cohort_change_ratios(earlier, later, step_years=step)
    from_age, to_age = ages
    old = [a for a in earlier.columns if a >= from_age and (to_age is None or a < to_age)]
    span = range(0, 2 * step + 1, ratios.width)
    known = {
        census_years[1] + e: people_of_ages(
            later, ratios, elapsed_years=e, from_age=from_age, to_age=to_age
        )
        for e in span
    }
    if base_year < census_years[1]:
        before = earlier[old].sum(axis=1).reindex(later.index)
        # an area of the later census alone changed as all others together
        share = before.sum() / known[census_years[1]][before.notna()].sum()
        known[census_years[0]] = before.fillna(known[census_years[1]] * share)
    people = pd.DataFrame(known).sort_index(axis=1)
    error = None
    if len(earlier.index.intersection(later.index)) > 1:
        error = leave_areas_out(earlier, later, step_years=step, from_age=from_age, to_age=to_age)
    off = 0.0 if error is None else float(error["cohort_error"].abs().mean())
    passed = np.maximum(people.columns.to_numpy(float) - census_years[1], 0.0) / step
    return PeopleByYear(
        people=people,
        low=people * np.maximum(1 - off * passed, 0.0),
        high=people * (1 + off * passed),
        level=level,
        base_year=base_year,
        error=error,
    )


def controlled(by_year: PeopleByYear, totals: Mapping[int, float]) -> PeopleByYear:
    """The same with every year's areas scaled to a total that is known for the city.

    Parameters
    ----------
    by_year : people by area and year.
    totals : people by year, in a straight line between two years; a year before the first or after
        the last is scaled as that one is.

    Returns
    -------
    PeopleByYear
        A new one; where only the change since a base year counts, that year stays as it is.

    Raises
    ------
    UsageError
        A year that `by_year` does not reach.

    Examples
    --------
    >>> by_year = PeopleByYear(
    ...     people=pd.DataFrame({2020: [10.0, 30.0], 2030: [20.0, 30.0]}, index=["A", "B"]))
    >>> controlled(by_year, {2030: 100}).at(2030).to_dict()
    {'A': 40.0, 'B': 60.0}
    """
    years = sorted({*map(int, by_year.people.columns), *totals})
    tables = {
        variant: pd.DataFrame({y: by_year.at(y, variant) for y in years}) for variant in VARIANTS
    }
    given = sorted(totals)
    wanted = {y: totals[y] / float(tables["middle"][y].sum()) for y in given}
    factor = np.interp(years, given, [wanted[y] for y in given])
    if by_year.base_year is not None and by_year.base_year < given[0]:
        # the base is what it is: the correction grows from there
        at = [by_year.base_year, *given]
        factor = np.interp(years, at, [1.0, *(wanted[y] for y in given)])
    scaled = {name: table * factor for name, table in tables.items()}
    return replace(by_year, people=scaled["middle"], low=scaled["low"], high=scaled["high"])


def project_people(
    demand: Demand, by_year: PeopleByYear, *, year: int, variant: Variant = "middle"
) -> Demand:
    """The demand of a year: every area's people in whole numbers, its rows in their proportions.

    Parameters
    ----------
    demand : rows with a column of area codes for the level of `by_year`.
    by_year : people by area and year.
    year, variant : of the people wanted.

    Returns
    -------
    Demand
        The total is that of all areas, rounded once; areas by the largest remainder, rows so that
        every neighbourhood keeps its part. Where `by_year` gives the numbers themselves, people of
        an area without any row are added without a location, so that nobody is lost. Rows of an
        area that `by_year` does not know change as all known areas together. Sub-groups change
        with their row.

    Raises
    ------
    UsageError
        A year that is not known; a demand without codes of that level.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> demand = example_study().check().demand["elderly_60"]
    >>> more = project_people(demand, growth_by_year(0.1, base_year=2024), year=2025)
    >>> demand.total, more.total, more.frame["people"].tolist()
    (290.0, 319.0, [110.0, 55.0, 88.0, 33.0, 22.0, 11.0])
    """
    frame = demand.frame
    if by_year.level is None:
        codes = pd.Series(CITY, index=frame.index, dtype=object)
    elif by_year.level in frame.columns:
        codes = frame[by_year.level].astype(object)
    else:
        raise UsageError.of("inputs.projection_no_level", key=demand.key, level=by_year.level)
    base = frame["people"].to_numpy(float)
    wanted = _wanted(pd.Series(base).groupby(codes.to_numpy()).sum(), by_year, year, variant)
    known = codes.isin(wanted.index).to_numpy()
    rest = _growth_of_rest(base, known, wanted, by_year, year)
    targets = pd.concat([wanted, pd.Series({None: base[~known].sum() * rest}, dtype=float)])
    whole = largest_remainder(targets.to_numpy(float), round(float(targets.sum())))
    by_code = pd.Series(whole, index=targets.index)
    filled = codes.where(known, None)
    people = np.zeros(len(frame), np.int64)
    order = location_order(frame.geometry)
    areas = by_code[by_code.index.notna()]
    people, left, outside = allocate_totals(base, filled, areas, order)
    unknown = order[outside[order]]
    if len(unknown):
        rest_people = by_code[by_code.index.isna()]
        people[unknown] = largest_remainder(base[unknown], int(rest_people.sum()))
    ratio = np.divide(people, base, out=np.zeros(len(base)), where=base > 0)
    changed = frame.assign(people=people.astype(float))
    for group in demand.groups:
        changed[group] = frame[group].to_numpy(float) * ratio
    lost = {code: n for code, n in left.items() if n > 0}
    return replace(demand, frame=_with_unlocated(changed, lost, by_year, demand))


def _wanted(base: pd.Series, by_year: PeopleByYear, year: int, variant: Variant) -> pd.Series:
    """People by area in `year`."""
    then = by_year.at(year, variant)
    if by_year.base_year is None:
        return then
    before = by_year.at(by_year.base_year)
    here = base.reindex(then.index).fillna(0.0)
    # an area that had nobody and has some later has no growth: it keeps its people
    factor = (then / before.where(before > 0)).fillna(1.0)
    return (here * factor)[here > 0]


def _growth_of_rest(
    base: np.ndarray, known: np.ndarray, wanted: pd.Series, by_year: PeopleByYear, year: int
) -> float:
    """By how much the known areas together change."""
    if by_year.base_year is not None:
        before = by_year.at(by_year.base_year).sum()
        return float(by_year.at(year).sum() / before) if before > 0 else 1.0
    here = base[known].sum()
    return float(wanted.sum() / here) if here > 0 else 1.0


def _with_unlocated(
    frame: gpd.GeoDataFrame, left: Mapping[str, int], by_year: PeopleByYear, demand: Demand
) -> gpd.GeoDataFrame:
    """`frame` with a row without location for every area that has people and no row."""
    if not left:
        return frame
    added = pd.DataFrame({"name": list(left), "people": [float(n) for n in left.values()]})
    for group in demand.groups:
        added[group] = 0.0
    if by_year.level is not None:
        added[by_year.level] = list(left)
    added.index = pd.Index([f"{demand.key}-projected-{c}" for c in left], name=frame.index.name)
    shapes = gpd.GeoSeries([None] * len(added), index=added.index, crs=frame.crs)
    extra = gpd.GeoDataFrame(added, geometry=shapes, crs=frame.crs)
    return gpd.GeoDataFrame(pd.concat([frame, extra]), geometry="geometry", crs=frame.crs)
