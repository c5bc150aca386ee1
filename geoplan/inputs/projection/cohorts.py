"""Cohort change ratios: the people of a later year from two censuses by age.

Hamilton, C. H. & Perry, J. (1962), "A short method for projecting population by age from one
decennial census to another", Social Forces 41; Swanson, D. & Tayman, J. (2017), *Cohort Change
Ratios and their Applications*. Ratios of small areas are shrunk towards the city's (empirical
Bayes; Marshall 1991).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.validate import raise_faults
from geoplan.words.message import Message

Array = NDArray[np.float64]

#: index of the row that stands for all areas together
CITY = ""
#: ages of the adults whom the number of children follows
_PARENTS = (20, 45)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CohortRatios:
    """How many people of an age are still there one step later, moves included.

    Parameters
    ----------
    ratios : index = area code, `CITY` (``""``) = all together; columns = lower age at the start
        of a step, the last one open: its people, and all older ones, make the open group.
    step_years : between the two censuses.
    width : years of one age group.

    Examples
    --------
    >>> ratios = CohortRatios(
    ...     ratios=pd.DataFrame({50: [0.5, 0.4]}, index=["A", ""]), step_years=10, width=10)
    >>> ratios.of(pd.Index(["A", "B"]))[50].to_dict()  # B has none of its own
    {'A': 0.5, 'B': 0.4}
    """

    ratios: pd.DataFrame
    step_years: int
    width: int

    def of(self, areas: pd.Index) -> pd.DataFrame:
        """The ratios of `areas`; the city's for an area that has none of its own."""
        own = self.ratios.reindex(areas)
        return own.fillna(self.ratios.loc[CITY])


def cohort_change_ratios(
    earlier: pd.DataFrame, later: pd.DataFrame, *, step_years: int, shrink: bool = True
) -> CohortRatios:
    """People of an age at the later census per person so much younger at the earlier one.

    Parameters
    ----------
    earlier, later : people by area and age: index = area code, columns = lower ages (int), evenly
        spaced, the last group open. Both have the same columns. An area of `later` alone counts
        for the city, and gets the city's ratios.
    step_years : between the two; a multiple of the width of the age groups.
    shrink : draw the ratios of small areas towards the city's; False leaves them as they are.

    Returns
    -------
    CohortRatios

    Raises
    ------
    UsageError
        Ages that do not match or are not evenly spaced, negative people.

    Examples
    --------
    Of 150 people of 50 and more, 100 are there ten years later:

    >>> before = pd.DataFrame({50: [100.0], 60: [50.0]}, index=["A"])
    >>> after = pd.DataFrame({50: [120.0], 60: [100.0]}, index=["A"])
    >>> cohort_change_ratios(before, after, step_years=10).ratios.loc["A"].round(3).to_dict()
    {50: 0.667}
    """
    width = _checked(earlier, later, step_years)
    ages = [int(a) for a in later.columns]
    starts = [a for a in ages if a + step_years <= ages[-1]]
    both = earlier.index.intersection(later.index)
    whole, shared = earlier.sum().to_frame(CITY).T, earlier.loc[both]
    begun = {a: (_begun(whole, a, starts), _begun(shared, a, starts)) for a in starts}
    city = pd.Series({a: later[a + step_years].sum() / begun[a][0][CITY] for a in starts})
    table = pd.DataFrame(index=both, columns=starts, dtype=float)
    for age in starts:
        people = begun[age][1].to_numpy(float)
        ended = later.loc[both, age + step_years].to_numpy(float)
        table[age] = _shrunk(people, ended, float(city[age])) if shrink else _over(people, ended)
    table.loc[CITY] = city
    # nobody of an age anywhere: whoever is there later stays
    table = table.fillna(city).fillna(1.0)
    return CohortRatios(ratios=table, step_years=step_years, width=width)


def people_of_ages(
    later: pd.DataFrame,
    ratios: CohortRatios,
    *,
    elapsed_years: float,
    from_age: int,
    to_age: int | None = None,
) -> pd.Series:
    """People aged `from_age` up to below `to_age`, so many years after the later census.

    Every cohort goes its own way: what a step does to it is spread evenly over the step's years;
    between two whole widths of an age group people are taken in a straight line. Children born
    since are as many per adult of 20 to 44 as at the later census.

    Parameters
    ----------
    later : people by area and age, as `cohort_change_ratios` takes them.
    ratios : of that function.
    elapsed_years : since the later census, >= 0.
    from_age, to_age : borders of age groups; None = no upper one.

    Returns
    -------
    Series
        People by area, not rounded.

    Raises
    ------
    UsageError
        Ages inside a group; years before the census.

    Examples
    --------
    Half of those of 50 and more are there ten years later:

    >>> census = pd.DataFrame({50: [100.0], 60: [60.0]}, index=["A"])
    >>> half = cohort_change_ratios(
    ...     pd.DataFrame({50: [100.0], 60: [20.0]}, index=["A"]), census, step_years=10)
    >>> people_of_ages(census, half, elapsed_years=10, from_age=60).to_dict()
    {'A': 80.0}
    """
    ages = [int(a) for a in later.columns]
    faults = [
        Message("call_faults.no_age_group", a=a)
        for a in (from_age, to_age)
        if a not in (*ages, None)
    ]
    if elapsed_years < 0:
        faults.append(Message("call_faults.elapsed_not_negative"))
    raise_faults("the ages and years", faults)
    whole = int(elapsed_years // ratios.width)
    part = elapsed_years / ratios.width - whole
    below = _of_ages(_advanced(later, ratios, whole), from_age, to_age)
    if part == 0:
        return below
    above = _of_ages(_advanced(later, ratios, whole + 1), from_age, to_age)
    return below + part * (above - below)


def _advanced(later: pd.DataFrame, ratios: CohortRatios, widths: int) -> pd.DataFrame:
    """The census so many widths of an age group later, whole steps first."""
    per_step = ratios.step_years // ratios.width
    children = _children(later)
    people = later.astype(float)
    for _ in range(widths // per_step):
        people = _step(people, ratios, per_step, children)
    return _step(people, ratios, widths % per_step, children)


def _step(
    people: pd.DataFrame, ratios: CohortRatios, widths: int, children: pd.DataFrame
) -> pd.DataFrame:
    if widths == 0:
        return people
    years = widths * ratios.width
    power = years / ratios.step_years
    table = ratios.of(people.index)
    ages = [int(a) for a in people.columns]
    last = int(table.columns[-1])
    after = pd.DataFrame(0.0, index=people.index, columns=people.columns)
    for age in ages:
        kept = people[age] * table[min(age, last)] ** power
        after[min(age + years, ages[-1])] += kept
    adults = _of_ages(after, *_PARENTS) if ages[0] == 0 else None
    for age in ages[:widths] if adults is not None else ():
        after[age] = adults * children[age]
    return after


def _children(later: pd.DataFrame) -> pd.DataFrame:
    """People of every age per adult of 20 to 44; the city's where an area has no adult."""
    adults = _of_ages(later, *_PARENTS)
    own = later.div(adults.where(adults > 0), axis=0)
    every = later.sum() / adults.sum() if adults.sum() > 0 else later.sum() * 0.0
    return own.fillna(every)


def _of_ages(people: pd.DataFrame, from_age: int, to_age: int | None) -> pd.Series:
    wanted = [a for a in people.columns if a >= from_age and (to_age is None or a < to_age)]
    return people[wanted].sum(axis=1)


def _begun(people: pd.DataFrame, age: int, starts: list[int]) -> pd.Series:
    """People by area of the group that begins at `age`; with all older ones for the last."""
    return people.loc[:, age:].sum(axis=1) if age == starts[-1] else people[age]


def _over(people: Array, ended: Array) -> Array:
    return np.divide(ended, people, out=np.full(len(people), np.nan), where=people > 0)


def _shrunk(people: Array, ended: Array, city: float) -> Array:
    """Ratios drawn towards the city's by how little their numbers say (global empirical Bayes)."""
    own = _over(people, ended)
    known = people > 0
    if not known.any() or not np.isfinite(city):
        return own
    heads, ratio = people[known], own[known]
    spread = float((heads * (ratio - city) ** 2).sum() / heads.sum())
    between = max(spread - city / float(heads.mean()), 0.0)
    weight = between / (between + city / heads) if between > 0 else np.zeros(len(heads))
    own[known] = city + (ratio - city) * weight
    return own


def _checked(earlier: pd.DataFrame, later: pd.DataFrame, step_years: int) -> int:
    """The width of the age groups.

    Raises
    ------
    UsageError
    """
    faults = []
    ages = list(later.columns)
    if list(earlier.columns) != ages:
        faults.append(Message("call_faults.ages_differ"))
    widths = set(np.diff(ages).tolist()) if len(ages) > 1 else set()
    if len(widths) != 1 or min(widths) <= 0:
        faults.append(Message("call_faults.ages_uneven"))
    elif step_years <= 0 or step_years % min(widths):
        faults.append(
            Message("call_faults.step_multiple", value=min(widths), step_years=step_years)
        )
    elif ages[0] + step_years > ages[-1]:
        faults.append(Message("call_faults.ages_span"))
    for name, table in (("earlier", earlier), ("later", later)):
        values = table.to_numpy(float)
        if not np.isfinite(values).all() or (values < 0).any():
            faults.append(Message("call_faults.people_of_missing", name=name))
        if not table.index.is_unique:
            faults.append(Message("call_faults.areas_twice", name=name))
    raise_faults("the censuses", faults)
    return int(min(widths))
