"""How far a projection by cohorts is off, told by leaving areas out."""

from __future__ import annotations

import pandas as pd

from geoplan.inputs.projection.cohorts import cohort_change_ratios, people_of_ages


def leave_areas_out(
    earlier: pd.DataFrame,
    later: pd.DataFrame,
    *,
    step_years: int,
    from_age: int,
    to_age: int | None = None,
) -> pd.DataFrame:
    """Project every area from the earlier census by the others alone, and compare.

    Parameters
    ----------
    earlier, later, step_years : as `cohort_change_ratios` takes them.
    from_age, to_age : as `people_of_ages` takes them.

    Returns
    -------
    DataFrame
        Index = areas of both censuses; columns ``people`` (of the later census), ``by_cohorts``
        and ``by_growth`` (what the cohort ratios of the other areas, and their growth of the same
        ages, would have said), ``cohort_error`` and ``growth_error`` (relative to ``people``).

    Raises
    ------
    UsageError
        As `cohort_change_ratios` and `people_of_ages`.

    Examples
    --------
    >>> before = pd.DataFrame({50: [100.0, 10.0], 60: [50.0, 40.0]}, index=["A", "B"])
    >>> after = pd.DataFrame({50: [90.0, 90.0], 60: [75.0, 25.0]}, index=["A", "B"])
    >>> left_out = leave_areas_out(before, after, step_years=10, from_age=60)
    >>> left_out[["people", "by_cohorts", "by_growth"]].values.tolist()
    [[75.0, 75.0, 31.25], [25.0, 25.0, 60.0]]
    """
    both = earlier.index.intersection(later.index)
    ages = [a for a in later.columns if a >= from_age and (to_age is None or a < to_age)]
    old, now = earlier[ages].sum(axis=1), later[ages].sum(axis=1)
    rows = {}
    for area in both:
        rest = cohort_change_ratios(
            earlier.drop(index=area), later.drop(index=area), step_years=step_years
        )
        alone = people_of_ages(
            earlier.loc[[area]], rest, elapsed_years=step_years, from_age=from_age, to_age=to_age
        )
        growth = (now.sum() - now[area]) / (old.sum() - old[area])
        rows[area] = (now[area], float(alone.iloc[0]), old[area] * growth)
    table = pd.DataFrame.from_dict(
        rows, orient="index", columns=["people", "by_cohorts", "by_growth"]
    )
    table["cohort_error"] = table["by_cohorts"] / table["people"] - 1
    table["growth_error"] = table["by_growth"] / table["people"] - 1
    return table
