"""People by year as a study gives them: a table of years, censuses by age, or growth."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from geoplan.errors import FileError, InputError
from geoplan.inputs.area_table import area_figures
from geoplan.inputs.columns.parse_numbers import read_numbers
from geoplan.inputs.columns.roles import normalize
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import Loaded
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.projection.age_table import WIDTH, area_codes, people_by_age
from geoplan.inputs.projection.by_year import PeopleByYear, cohorts_by_year
from geoplan.inputs.projection.cohorts import CITY

#: headings of a table of people by year
_ALIASES = {
    "year": ("year", "年份", "年度", "年"),
    "people": ("people", "人数", "人口", "人口数", "预测人口", "预测人数", "population", "weight"),
    "low": ("low", "低方案", "低"),
    "high": ("high", "高方案", "高"),
}
_YEAR_HEADING = re.compile(r"^\D{0,6}((?:19|20|21)\d\d)年?\D{0,6}$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Census:
    """A census by age of one year.

    Parameters
    ----------
    source : a table with one row per area and one column per age group.
    year : of the census.
    codes : codes or names of areas in it -> codes of today, where areas were joined or renamed.

    Examples
    --------
    >>> census = Census(source=LayerSource(path="2010.csv"), year=2010, codes={"371202": "370116"})
    >>> census.year, census.source.suffix
    (2010, '.csv')
    """

    source: LayerSource
    year: int
    codes: Mapping[str, str] = field(default_factory=dict)


def read_people_by_year(
    source: LayerSource, *, layer: AreaLayer | None = None, lang: str = "zh"
) -> Loaded[PeopleByYear]:
    r"""Read a table of people by area and year.

    Parameters
    ----------
    source : rows of area, year and people (also ``low`` and ``high``); or one row per area and one
        column per year. The headings are found, or given by ``columns``.
    layer : areas that the rows are of; None: the rows are of the whole study.
    lang : of the findings.

    Returns
    -------
    Loaded[PeopleByYear]
        The numbers themselves (`base_year` is None). Rows that name no area of `layer` keep their
        people under their own code.

    Notes
    -----
    A file that cannot be used raises nothing: the layer is then None and the findings say why.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "years.csv"
    >>> _ = path.write_text("year,people\n2025,300\n2030,400\n")
    >>> read_people_by_year(LayerSource(path=path)).layer.at(2027).to_dict()
    {'': 340.0}
    """
    collector = FindingCollector(source=source, lang=lang)
    try:
        with reading():
            by_year = _by_year(collector, layer)
    except InputError as error:
        return collector.unusable(error)
    return collector.loaded(by_year)


def read_censuses(
    censuses: Sequence[Census],
    *,
    ages: tuple[int, int | None],
    base_year: int,
    layer: AreaLayer | None = None,
    lang: str = "zh",
) -> Loaded[PeopleByYear]:
    r"""Read two censuses by age and carry the people of an age group forward by cohort.

    Parameters
    ----------
    censuses : two, of different years; of more the last two count.
    ages : lower border of the age group, and the upper one, not included (None = open).
    base_year : the year that the demand's rows are of.
    layer : areas that the rows are of.
    lang : of the findings.

    Returns
    -------
    Loaded[PeopleByYear]
        With the other census in ``also``. A finding tells the method's error, areas left out.

    Notes
    -----
    A file that cannot be used raises nothing: the layer is then None and the findings say why.

    Examples
    --------
    Half of those of 50 and more in 2010 are there in 2020:

    >>> import tempfile, pathlib
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> head = "code," + ",".join(f"{a}-{a + 4}岁" for a in (50, 55, 60)) + ",65岁以上\n"
    >>> _ = (folder / "2010.csv").write_text(head + "A,100,100,0,0\n", encoding="utf-8")
    >>> _ = (folder / "2020.csv").write_text(head + "A,80,80,50,50\n", encoding="utf-8")
    >>> loaded = read_censuses(
    ...     [Census(source=LayerSource(path=folder / f"{y}.csv"), year=y) for y in (2010, 2020)],
    ...     ages=(60, None), base_year=2020)
    >>> loaded.layer.at(2030).to_dict()
    {'A': 130.0}
    """
    first, second = sorted(censuses, key=lambda census: census.year)[-2:]
    before = FindingCollector(source=first.source, lang=lang)
    after = FindingCollector(source=second.source, lang=lang)
    collector = before
    try:
        with reading():
            earlier = people_by_age(before, layer=layer, codes=first.codes)
            collector = after
            later = people_by_age(after, layer=layer, codes=second.codes)
            earlier, later = _same_ages(earlier, later)
            there = {int(a) for a in later.columns}
            between = [a for a in ages if a is not None and a not in there]
            if between or (second.year - first.year) % WIDTH:
                listed = ", ".join(map(str, sorted(there)))
                shown = ", ".join(map(str, between or [second.year - first.year]))
                raise FileError.of("file_faults.census_ages_between", ages=shown, there=listed)
            by_year = cohorts_by_year(
                earlier,
                later,
                census_years=(first.year, second.year),
                base_year=base_year,
                ages=ages,
                level=None if layer is None else layer.level,
            )
            _report_unknown(after, pd.Series(later.index), layer)
            _report_error(after, by_year)
    except InputError as error:
        failed = collector.unusable(error)
        return failed if collector is before else replace(failed, also=(before.loaded(None),))
    return after.loaded(by_year, also=(before.loaded(None),))


def _same_ages(earlier: pd.DataFrame, later: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both with the age groups that both have: the younger open group is the last."""
    last = min(int(earlier.columns[-1]), int(later.columns[-1]))
    first = max(int(earlier.columns[0]), int(later.columns[0]))
    if int(earlier.columns[0]) != int(later.columns[0]) or last <= first:
        raise FileError.of(
            "file_faults.ages_differ",
            first=earlier.columns[0],
            last=earlier.columns[-1],
            other_first=later.columns[0],
            other_last=later.columns[-1],
        )
    return _opened_at(earlier, last), _opened_at(later, last)


def _opened_at(people: pd.DataFrame, last: int) -> pd.DataFrame:
    kept = people.loc[:, :last].copy()
    kept[last] = people.loc[:, last:].sum(axis=1)
    return kept


def _by_year(collector: FindingCollector, layer: AreaLayer | None) -> PeopleByYear:
    table = area_figures(collector)
    names = {role: _heading(table, role, collector.source) for role in _ALIASES}
    level = None if layer is None else layer.level
    codes = pd.Series(CITY, index=table.index) if layer is None else area_codes(table, layer, {})
    headings = ", ".join(map(str, table.columns))
    wide = [c for c in table.columns if _YEAR_HEADING.match(str(c).strip())]
    if names["year"] is None and wide:
        long = _of_columns(table, wide, codes)
    elif names["year"] is None:
        raise FileError.of("file_faults.no_year_column", headings=headings)
    elif names["people"] is None:
        raise FileError.of("file_faults.no_people_column", headings=headings)
    else:
        long = pd.DataFrame({"area": codes, "year": _figures(table[names["year"]])})
        for role in ("people", "low", "high"):
            if names[role] is not None:
                long[role] = _figures(table[names[role]])
    used = long["year"].notna() & long["people"].notna() & (long["people"] >= 0)
    if layer is not None:
        used &= long["area"] != ""
    if (~used).any():
        collector.about_file("projection_cells", "warning", count=int((~used).sum()))
    long = long[used]
    if long.empty:
        raise FileError.of("file_faults.no_projection_rows")
    long["year"] = long["year"].round().astype(int)
    tables = {role: _pivot(long, role) for role in ("people", "low", "high") if role in long}
    long_gaps = int(tables["people"].isna().any(axis=1).sum())
    if long_gaps:
        collector.about_file("projection_gaps", "note", count=long_gaps)
    tables = {role: _filled(one) for role, one in tables.items()}
    if layer is not None:
        tables = _without_total(collector, tables, layer)
    _report_unknown(collector, pd.Series(tables["people"].index), layer)
    return PeopleByYear(**tables, level=level)


def _of_columns(table: pd.DataFrame, wide: Sequence[str], codes: pd.Series) -> pd.DataFrame:
    parts = []
    for heading in wide:
        year = re.search(r"\d{4}", str(heading))
        assert year is not None  # the heading is one of years
        parts.append(
            pd.DataFrame(
                {"area": codes, "year": float(year[0]), "people": _figures(table[heading])}
            )
        )
    return pd.concat(parts, ignore_index=True)


def _pivot(long: pd.DataFrame, role: str) -> pd.DataFrame:
    return long.pivot_table(index="area", columns="year", values=role, aggfunc="sum", min_count=1)


def _filled(table: pd.DataFrame) -> pd.DataFrame:
    """Missing years in a straight line, as the nearest one beyond the ends."""
    plain = table.astype(float)
    plain = plain.T.interpolate(method="index", limit_direction="both").T
    plain.index.name = plain.columns.name = None
    return plain


def _without_total(
    collector: FindingCollector, tables: dict[str, pd.DataFrame], layer: AreaLayer
) -> dict[str, pd.DataFrame]:
    """Without a row of no area that is the sum of all others: the city's own."""
    people = tables["people"]
    unknown = [c for c in people.index if c not in set(layer.frame.index)]
    for code in unknown:
        rest = people.drop(index=code).sum()
        if len(people) > 2 and (rest - people.loc[code]).abs().max() <= 1 + 1e-6 * rest.max():
            collector.about_file("projection_totals", "note", count=1)
            return {role: one.drop(index=code, errors="ignore") for role, one in tables.items()}
    return tables


def _figures(cells: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(cells):
        return cells.to_numpy(float)
    values, _ = read_numbers(cells.astype("string").fillna("").str.removesuffix("年"))
    return values


def _heading(table: pd.DataFrame, role: str, source: LayerSource) -> str | None:
    """The column of a role: as the study names it, else by the known headings."""
    if role in source.columns and role in table.columns:
        return role
    known = {normalize(str(c)): str(c) for c in table.columns}
    found = (known.get(normalize(alias)) for alias in _ALIASES[role])
    return next((heading for heading in found if heading is not None), None)


def _report_unknown(collector: FindingCollector, codes: pd.Series, layer: AreaLayer | None) -> None:
    if layer is None:
        return
    unknown = codes[~codes.isin(layer.frame.index)].tolist()
    if unknown:
        collector.about_file(
            "projection_unknown_areas",
            "warning",
            count=len(unknown),
            names=", ".join(map(str, unknown[:5])),
        )


def _report_error(collector: FindingCollector, by_year: PeopleByYear) -> None:
    """How far the method is off, areas left out."""
    if by_year.error is None:
        return
    cohort, growth = by_year.error["cohort_error"], by_year.error["growth_error"]
    collector.about_file(
        "projection_error",
        "note",
        count=len(by_year.error),
        low=f"{cohort.min():+.1%}",
        high=f"{cohort.max():+.1%}",
        mean=f"{cohort.abs().mean():.1%}",
        growth_low=f"{growth.min():+.1%}",
        growth_high=f"{growth.max():+.1%}",
    )
