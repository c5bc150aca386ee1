"""Findings about rows that seem to stand twice in a file: the same site, or the same people."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.columns.roles import normalize
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.rows import Rows
from geoplan.tolerances import DUPLICATE_M


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
