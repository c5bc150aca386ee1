"""Demand scaled to a census table: whole people, the total of every area kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.errors import FileError
from geoplan.inputs.allocation import allocate_totals
from geoplan.inputs.columns.numbers.stand_ins import people_stand_ins
from geoplan.inputs.columns.parse_numbers import is_empty, read_numbers
from geoplan.inputs.columns.roles import heading_called
from geoplan.inputs.files.source import SumTo
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import Loaded
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.membership.area_lookup import area_lookup
from geoplan.inputs.membership.assign_areas import put_levels
from geoplan.inputs.rows import Rows, open_rows

#: times the census's people; a group of an age is a part of all, hardly a tenth and never ten times
MOST_TIMES = 12.0


def scale_to_census(
    frame: gpd.GeoDataFrame,
    sum_to: SumTo,
    collector: FindingCollector,
    key: str,
    areas: Mapping[str, AreaLayer],
    groups: tuple[str, ...],
    *,
    order: NDArray[np.int64] | None = None,
) -> tuple[gpd.GeoDataFrame, Loaded[Any]]:
    """`frame` with its people scaled to the census, and what was read of the census table.

    People of census areas without any row, and of census rows without an area, are added as rows
    without geometry.

    Parameters
    ----------
    frame : demand rows with a column of area codes for the census table's level.
    collector : of the demand file. key : of the demand. groups : columns scaled along.
    order : of rows that are cells, along a curve on which neighbours stand together.

    Raises
    ------
    FileError
        The table cannot be used, or its level is not among `areas`.
    """
    if sum_to.level not in areas:
        raise FileError.of("file_faults.no_such_level", level=sum_to.level, levels=", ".join(areas))
    layer = areas[sum_to.level]
    of_census = FindingCollector(source=sum_to.source, lang=collector.lang)
    census = _read_census(sum_to, of_census, layer)
    weights = frame["people"].to_numpy(np.float64)
    allocated, left, outside = allocate_totals(weights, frame[sum_to.level], census.people, order)
    if (weights[outside] > 0).any():
        collector.about_file(
            "outside_census",
            "warning",
            count=int((weights[outside] > 0).sum()),
            people=f"{weights[outside].sum():,.0f}",
        )
    if order is not None:
        _report_ratio(collector, weights, allocated)
    scaled = frame.copy()
    ratio = np.divide(allocated, weights, out=np.zeros(len(allocated)), where=weights > 0)
    scaled["people"] = allocated.astype(np.float64)
    for group in groups:
        scaled[group] = scaled[group].to_numpy(np.float64) * ratio
    extra: list[dict[str, Any]] = []
    for code, people in left.items():
        name = str(layer.names.get(code, code))
        of_census.about_file(
            "census_no_points", "warning", name=name, value=code, people=f"{people:,}"
        )
        extra.append({"name": name, "people": float(people), "code": code})
    for row in census.unmatched.itertuples():
        of_census.about_row(
            int(row.row),
            "census_no_area",
            "warning",
            name=row.name,
            value=row.code,
            people=f"{row.people:,.0f}",
        )
        extra.append({"name": str(row.name), "people": float(round(row.people)), "code": None})
    if order is not None:  # cells without anybody are no demand
        scaled = scaled[scaled["people"] > 0]
    if extra:
        scaled = _with_unlocated(scaled, extra, sum_to.level, key, areas, groups)
    return scaled, of_census.loaded(None)


def _report_ratio(
    collector: FindingCollector, weights: NDArray[np.float64], allocated: NDArray[np.int64]
) -> None:
    """A warning where the cells hold many times the census's people, or a small part of them."""
    cells, census = float(weights.sum()), float(allocated.sum())
    if cells > 0 and census > 0 and not 1 / MOST_TIMES <= cells / census <= MOST_TIMES:
        collector.about_file(
            "raster_not_census",
            "warning",
            assumed=True,
            count=len(weights),
            people=f"{cells:,.0f}",
            census=f"{census:,.0f}",
            times=f"{cells / census:.3g}",
        )


def _with_unlocated(
    frame: gpd.GeoDataFrame,
    extra: list[dict[str, Any]],
    level: str,
    key: str,
    areas: Mapping[str, AreaLayer],
    groups: tuple[str, ...],
) -> gpd.GeoDataFrame:
    """`frame` with a row without geometry for each of `extra`: name, people and area code."""
    rows = pd.DataFrame(extra)
    added = pd.DataFrame({"name": rows["name"], "people": rows["people"]})
    for group in groups:
        added[group] = 0.0
    code = rows["code"].astype(object).where(rows["code"].notna(), pd.NA)
    put_levels(added, code, level, areas)
    added.index = pd.Index([f"{key}-census-{k}" for k in range(1, len(rows) + 1)], name="id")
    shapes = gpd.GeoSeries([None] * len(added), index=added.index, crs=frame.crs)
    extra_frame = gpd.GeoDataFrame(added, geometry=shapes, crs=frame.crs)
    both = pd.concat([frame.astype({"people": float}), extra_frame])
    return gpd.GeoDataFrame(both, geometry="geometry", crs=frame.crs)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Census:
    """People per area, and what has no area in the layer.

    people : people by area code. unmatched : rows without an area in the layer: columns ``name``,
        ``code``, ``people``, ``row`` (position in the table).
    """

    people: pd.Series
    unmatched: pd.DataFrame


def _read_census(sum_to: SumTo, collector: FindingCollector, layer: AreaLayer) -> _Census:
    """The table of `sum_to`, matched to the areas of its level.

    A row that is the sum of the others is skipped, with a finding. Rows that no area of the layer
    matches keep their people.

    Raises
    ------
    InputError
        No such column, or no row matches an area.
    """
    rows = open_rows(collector, extra=[sum_to.weight], areas={})
    heading = heading_called(sum_to.weight, list(map(str, rows.text.columns)), rows.levels)
    cells = rows.text[heading] if heading else rows.column(sum_to.weight)
    if cells is None:
        raise FileError.of(
            "file_faults.no_census_column",
            weight=sum_to.weight,
            headings=", ".join(map(str, rows.text.columns)),
        )
    people, _ = read_numbers(cells)
    unknown = people_stand_ins(people)
    for position in np.flatnonzero(np.isnan(people) | (people < 0) | unknown):
        code = "negative_people" if people[position] < 0 else "bad_people"
        code = "stand_in_people" if unknown[position] else code
        collector.about_row(
            int(position),
            code,
            "error",
            column=sum_to.weight,
            value=cells.iloc[position],
            set_aside=True,
        )
    codes = _codes(rows, layer)
    known = codes.notna().to_numpy()
    used = np.isfinite(people) & (people >= 0) & ~unknown
    _skip_totals(rows, collector, people, known, used)
    unmatched = np.flatnonzero(used & ~known).tolist()
    table = pd.DataFrame(
        {
            "name": [_name(rows, p) for p in unmatched],
            "code": [_cell(rows, "code", p) for p in unmatched],
            "people": people[unmatched],
            "row": unmatched,
        }
    )
    total = pd.Series(people[used & known]).groupby(codes[used & known].to_numpy()).sum()
    if len(total) == 0:
        raise FileError.of("file_faults.no_census_match", level=layer.level)
    return _Census(people=total.round().astype(np.int64), unmatched=table)


def _codes(rows: Rows, layer: AreaLayer) -> pd.Series:
    lookup = area_lookup(layer)
    codes = pd.Series(pd.NA, index=rows.text.index, dtype=object)
    for role in ("code", layer.level, "name", "id"):
        cells = rows.column(role)
        if cells is not None:
            found = cells.map({v: lookup.code(v) for v in cells.unique()}).astype(object)
            codes = codes.where(codes.notna(), found)
    return codes.where(codes.notna(), pd.NA)


def _skip_totals(
    rows: Rows, collector: FindingCollector, people: np.ndarray, known: np.ndarray, used: np.ndarray
) -> None:
    """Rows without an area whose people are the sum of all others: the city's own row."""
    for position in np.flatnonzero(used & ~known).tolist():
        others = used.copy()
        others[position] = False
        if others.sum() > 1 and abs(people[others].sum() - people[position]) <= 1:
            used[position] = False
            collector.about_row(
                position,
                "census_total_row",
                "note",
                name=_name(rows, position),
                value=_cell(rows, "code", position),
            )


def _cell(rows: Rows, role: str, position: int) -> str:
    cells = rows.column(role)
    return "" if cells is None else str(cells.iloc[position])


def _name(rows: Rows, position: int) -> str:
    for role in ("name", "district", "street", "village", "code"):
        text = _cell(rows, role, position)
        if text and not is_empty(pd.Series([text]))[0]:
            return text
    return ""
