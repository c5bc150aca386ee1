"""A census table by age groups, as yearbooks print it, as people by area and age."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from geoplan.errors import FileError
from geoplan.inputs.area_table import area_figures
from geoplan.inputs.columns.roles import normalize
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.membership.area_lookup import area_lookup

#: years of one age group, once single years and odd first groups are summed
WIDTH = 5
#: headings that are no numbers of people of an age
_OTHER = re.compile(r"[%％‰]|比重|比例|率|户|妇女|share|rate|percent|household", re.IGNORECASE)
_AGES = re.compile(
    r"(?<!\d)(\d{1,3})\s*(?:(?:岁|周岁)?\s*(?:-|–|—|~|～|至|到|_|to)\s*(\d{1,3}))?\s*"
    r"(岁及以上|岁以上|周岁以上|及以上|以上|\+|plus)?\s*(岁|周岁|years?|yrs?)?",
    re.IGNORECASE,
)
_SEXES = (
    re.compile(r"男|(?<!fe)male|_m\b|^m_", re.IGNORECASE),
    re.compile(r"女|female|_f\b|^f_", re.IGNORECASE),
)
_MARKED = re.compile(
    r"岁|age|years?|yrs?|^\s*\d{1,3}\s*(?:[-–—~～至到_]\s*\d{1,3}|\+)\s*$", re.IGNORECASE
)


def people_by_age(
    collector: FindingCollector,
    *,
    layer: AreaLayer | None,
    codes: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """The people of the collector's table by area and age.

    Parameters
    ----------
    collector : its source has one row per area and one column per age group, or two by sex.
    layer : areas whose codes and names the rows may carry; None keeps the codes as they are.
    codes : codes of the table -> codes of `layer`, for areas that were joined or renamed since.

    Returns
    -------
    DataFrame
        Index = area code, columns = lower ages in steps of 5, the last one open. Rows that sum up
        others are left out.

    Raises
    ------
    InputError
        No columns by age, groups that cross a multiple of five, no open group.
    """
    table = area_figures(collector)
    ages = age_columns([str(c) for c in table.columns if pd.api.types.is_numeric_dtype(table[c])])
    if not ages:
        headings = ", ".join(map(str, table.columns))
        raise FileError.of("file_faults.no_ages", headings=headings)
    people = _in_fives({age: table[cols].sum(axis=1) for age, cols in ages.items()})
    areas = area_codes(table, layer, codes or {})
    people.index = pd.Index(areas.to_numpy(object))
    total = _totals(people)
    if total.any():
        collector.about_file("projection_totals", "note", count=int(total.sum()))
    return people[~total].groupby(level=0).sum()


def age_columns(headings: list[str]) -> dict[int, list[str]]:
    """The columns with people of an age, by its lower border: both sexes', or the one of all.

    Examples
    --------
    >>> age_columns(["男_0岁", "女_0岁", "60-64岁（男）", "60-64岁（女）", "60-64岁", "85岁及以上"])
    {0: ['男_0岁', '女_0岁'], 60: ['60-64岁（男）', '60-64岁（女）'], 85: ['85岁及以上']}
    >>> age_columns(["人口比重_65岁及以上", "15-49岁妇女", "age_60_64", "85+"])
    {60: ['age_60_64'], 85: ['85+']}
    """
    found: dict[int, dict[int | None, str]] = {}
    spans: dict[int, int | None] = {}
    for heading in headings:
        plain = re.sub(r"\s+", "", heading)
        match = _AGES.search(plain)
        if match is None or _OTHER.search(plain) or not _MARKED.search(plain):
            continue
        lower = int(match[1])
        open_ = bool(match[3])
        upper = None if open_ else int(match[2] or lower)
        if upper is not None and (upper < lower or upper - lower >= WIDTH):
            continue  # 0-14 and 15-64: sums of groups
        sex = next((k for k, sign in enumerate(_SEXES) if sign.search(plain)), None)
        if open_ and lower in spans and spans[lower] is not None:
            continue
        spans[lower] = upper
        found.setdefault(lower, {}).setdefault(sex, heading)
    opens = [age for age, upper in spans.items() if upper is None]
    last = max(opens, default=None)
    columns = {}
    for age in sorted(found):
        if age in opens and age != last:
            continue  # 60 and over beside the single groups
        by_sex = found[age]
        both = [by_sex[k] for k in (0, 1) if k in by_sex]
        columns[age] = both if len(both) == 2 else [by_sex.get(None) or both[0]]
    return columns


def _in_fives(people: Mapping[int, pd.Series]) -> pd.DataFrame:
    """Groups of five years from single years and narrower groups."""
    ages = sorted(people)
    fives: dict[int, pd.Series] = {}
    for age in ages:
        five = age // WIDTH * WIDTH
        fives[five] = people[age] + fives[five] if five in fives else people[age]
    missing = [a for a in range(min(fives), max(fives), WIDTH) if a not in fives]
    if missing:
        raise FileError.of("file_faults.ages_missing", ages=", ".join(map(str, missing)))
    return pd.DataFrame(dict(sorted(fives.items())))


def area_codes(
    table: pd.DataFrame, layer: AreaLayer | None, renamed: Mapping[str, str]
) -> pd.Series:
    """The area code of every row: renamed, found in `layer` by code or name, else as written."""
    texts = [c for c in ("code", "district", "street", "village", "name", "id") if c in table]
    if layer is not None:
        by_name = [c for c in table.columns if normalize(str(c)) == normalize(layer.level)]
        texts = [*texts, *(c for c in by_name if c not in texts)]
    found = pd.Series(pd.NA, index=table.index, dtype=object)
    lookup = None if layer is None else area_lookup(layer)
    for column in texts:
        cells = table[column].astype("string").fillna("").str.strip()
        said = cells.map(renamed).astype(object)
        known = cells.map(lambda v: None if lookup is None or not v else lookup.code(v))
        for values in (said, known.astype(object)):
            found = found.where(found.notna(), values)
    for column in texts:
        cells = table[column].astype("string").fillna("").str.strip()
        found = found.where(found.notna(), cells.where(cells != "", pd.NA).astype(object))
    return found.where(found.notna(), "").astype(str)


def _totals(people: pd.DataFrame) -> np.ndarray:
    """Rows that are the sum of others: of all below them up to the next such row, or of all."""
    values = people.to_numpy(float)
    count = len(values)
    total = np.zeros(count, bool)
    for k in range(count):
        below = np.zeros(values.shape[1])
        for other in range(k + 1, count):
            below = below + values[other]
            if np.abs(below - values[k]).max() <= 1 and other > k + 1:
                total[k] = True
                break
        rest = values[~total].sum(axis=0) - values[k]
        if not total[k] and count > 2 and np.abs(rest - values[k]).max() <= 1:
            total[k] = True
    return total
