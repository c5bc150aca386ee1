"""Rows that count the same people twice: alike in name, place and number."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.findings.collector import Notes
from geoplan.inputs.rows import Rows


def tell_repeated(
    rows: Rows, notes: Notes, name: pd.Series, people: np.ndarray, geometry: gpd.GeoSeries
) -> None:
    """A finding per row that is alike another one: told, never deleted.

    Parameters
    ----------
    rows, notes : of one file.
    name, people, geometry : aligned with the rows; those without a place or people are not looked
        at.
    """
    there = np.flatnonzero(
        geometry.notna().to_numpy() & ~is_empty(name) & ~notes.aside & (people > 0)
    )
    points = np.asarray(geometry.array)
    there = there[_met_again(points[there], people[there])]  # few: most rows are alone at once
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
            notes.about_row(
                position,
                "repeated_people",
                "warning",
                column=rows.heading("name"),
                value=str(name.iloc[position]),
                other=int(notes.rows[twin]),
                people=f"{people[position]:,.0f}",
            )


def _met_again(points: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Bool per row: another row seems to have its place and people (hashes take little room)."""
    mixed = pd.util.hash_array(np.ascontiguousarray(people, np.float64))
    for coordinate in (shapely.get_x, shapely.get_y):
        values = coordinate(points)
        mixed *= np.uint64(0x100000001B3)
        mixed ^= pd.util.hash_array(np.round(values, 1, out=values))
    ordered = np.sort(mixed)
    twice = ordered[1:][ordered[1:] == ordered[:-1]]
    return np.isin(mixed, twice) if len(twice) else np.zeros(len(mixed), bool)
