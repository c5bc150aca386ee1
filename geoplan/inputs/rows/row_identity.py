"""The identity of rows: a unique id for each, and findings about the same site or people twice."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.inputs.columns.duplicates import is_duplicated
from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.columns.roles import normalize
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.rows import Rows
from geoplan.tolerances import DUPLICATE_M

#: rows from which a column of ids that mostly repeat is taken for something else
_MIN_ROWS = 20


def row_ids(rows: Rows, collector: FindingCollector, key: str) -> pd.Index:
    """Unique ids: the id column where it is unique and filled, else ``key-row``.

    With several sheets row numbers repeat, so the sheet's position stands in front of them.
    """
    column = rows.column("id")
    if column is None:
        return pd.Index(_numbered_ids(collector, key, np.arange(len(rows))), name="id")
    heading, empty = rows.heading("id"), is_empty(column)
    twice = is_duplicated(column) & ~empty
    # a column that merely repeats a code on many rows is no id
    if len(rows) >= _MIN_ROWS and twice.mean() > 0.5:
        collector.about_file("no_ids", "note", column=heading)
    else:
        again = twice.copy()
        again[twice] = column[twice].duplicated().to_numpy(bool)
        collector.about_rows(again, "same_id", "warning", column=heading, cells=column)
    needed = np.flatnonzero(empty | twice)
    if len(needed) == 0:
        return pd.Index(column, name="id")
    ids = column.astype(object).to_numpy(copy=True)
    ids[needed] = _numbered_ids(collector, key, needed)
    clash = np.flatnonzero(is_duplicated(pd.Series(ids)))
    ids[clash] = _numbered_ids(collector, key, clash)
    return pd.Index(ids, name="id").astype("str")


def _numbered_ids(collector: FindingCollector, key: str, positions: np.ndarray) -> list[str]:
    sheets = {sheet: k for k, sheet in enumerate(dict.fromkeys(collector.sheets), start=1)}
    if len(sheets) == 1:
        return [f"{key}-{r}" for r in collector.rows[positions]]
    pairs = zip(collector.sheets[positions], collector.rows[positions], strict=True)
    return [f"{key}-{sheets[sheet]}-{r}" for sheet, r in pairs]


def report_duplicate_sites(
    rows: Rows, collector: FindingCollector, geometry: gpd.GeoSeries
) -> None:
    """A finding per row with the name of an earlier one within `DUPLICATE_M`; all stay."""
    names = rows.names.map(normalize)
    there = np.flatnonzero(
        geometry.notna().to_numpy() & (names != "").to_numpy() & ~collector.set_aside_mask
    )
    there = there[names.iloc[there].duplicated(keep=False).to_numpy()]
    if len(there) < 2:
        return
    xy = shapely.get_coordinates(geometry.iloc[there].to_numpy())
    keys = pd.DataFrame(
        {"name": names.iloc[there].to_numpy(), "x": xy[:, 0].round(), "y": xy[:, 1].round()}
    )
    # many rows on one spot would all be neighbours of all: only the first of a spot is compared
    first = keys.groupby(["name", "x", "y"], sort=False).ngroup().to_numpy()
    lead = there[np.unique(first, return_index=True)[1]]
    other = dict(zip(there.tolist(), lead[first].tolist(), strict=True))
    points = geometry.iloc[lead].to_numpy()
    a, b = shapely.STRtree(points).query(points, predicate="dwithin", distance=DUPLICATE_M)
    label = names.iloc[lead].to_numpy()
    near = (a < b) & (label[a] == label[b])
    for i, j in sorted(zip(lead[a[near]].tolist(), lead[b[near]].tolist(), strict=True)):
        if other[j] == j:
            other[j] = i
    for position in there.tolist():
        twin = other[position]
        if twin == position:
            continue
        away = geometry.iloc[twin].distance(geometry.iloc[position])
        collector.about_row(
            position,
            "duplicate",
            "warning",
            column=rows.heading("name"),
            value=rows.names.iloc[position],
            other=int(collector.rows[twin]),
            distance=f"{away:.0f}",
        )


def report_repeated_people(
    rows: Rows, collector: FindingCollector, people: np.ndarray, geometry: gpd.GeoSeries
) -> None:
    """A finding per row with the name, location and number of people of an earlier one; all stay.

    Parameters
    ----------
    rows, collector : of one file.
    people, geometry : aligned with the rows; those without people or location are not compared.
    """
    name = rows.names
    there = np.flatnonzero(
        geometry.notna().to_numpy() & ~is_empty(name) & ~collector.set_aside_mask & (people > 0)
    )
    points = np.asarray(geometry.array)
    there = there[_occurs_again(points[there], people[there])]  # few: most rows are alone at once
    if not len(there):
        return
    xy = shapely.get_coordinates(points[there]).round(1)
    keys = pd.DataFrame(
        {"name": name.iloc[there].to_numpy(), "x": xy[:, 0], "y": xy[:, 1], "n": people[there]}
    )
    if not keys.duplicated().any():
        return
    first = keys.groupby(list(keys.columns), sort=False).ngroup().to_numpy()
    lead = there[np.unique(first, return_index=True)[1]][first]
    for position, twin in zip(there.tolist(), lead.tolist(), strict=True):
        if position != twin:
            collector.about_row(
                position,
                "repeated_people",
                "warning",
                column=rows.heading("name"),
                value=str(name.iloc[position]),
                other=int(collector.rows[twin]),
                people=f"{people[position]:,.0f}",
            )


def _occurs_again(points: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Bool per row: another row seems to have its location and people (by hash, to save memory)."""
    hashes = pd.util.hash_array(np.ascontiguousarray(people, np.float64))
    for coordinate in (shapely.get_x, shapely.get_y):
        values = coordinate(points)
        hashes *= np.uint64(0x100000001B3)
        hashes ^= pd.util.hash_array(np.round(values, 1, out=values))
    ordered = np.sort(hashes)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    return np.isin(hashes, twice) if len(twice) else np.zeros(len(hashes), bool)
