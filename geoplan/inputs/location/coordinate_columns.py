"""Which two columns of a table are its coordinates, decided by headings and by their cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyproj

from geoplan.errors import FileError
from geoplan.inputs.columns.cell_errors import is_error, is_formula
from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.columns.places.angles import MAX_DEGREES, read_angles
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.findings.finding import Severity
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.location.pair_columns import split_pairs
from geoplan.inputs.rows import Rows

#: rows whose cells decide between degrees and metres
_SAMPLE_ROWS = 5_000
#: more cells than that, and that share of all, written in one way: told once for the file
_FEW_CLEANED, _MOST = 3, 0.9


def has_coordinates(rows: Rows) -> bool:
    """Whether the file says where its rows are."""
    return (
        rows.geometry is not None
        or any(rows.column(role) is not None for role in ("wkt", "lonlat"))
        or any(has_pair(rows, a, b) for a in ("lon", "x") for b in ("lat", "y"))
    )


def has_pair(rows: Rows, one: str, other: str) -> bool:
    """Whether both roles have a column."""
    return rows.heading(one) != "" and rows.heading(other) != ""


def choose_coordinates(
    rows: Rows, collector: FindingCollector, context: LocationContext, *, points: bool = True
) -> Rows:
    """`rows` with the one pair of coordinate columns that is used, its roles named by the cells.

    Headings and the study's ``columns`` say which cells are coordinates, not of which kind: metres
    stand under 经度 and degrees under X坐标 often enough. The cells decide. A column that holds
    both coordinates becomes two; columns of coordinates that are empty give way to geometry in a
    column, and so do all where lines and areas are wanted (`points` False).

    Raises
    ------
    FileError
        All cells are metres and nobody says their CRS; or degrees and the CRS is one of metres.
    """
    source, rows = collector.source, _complete_pair(rows)
    if rows.geometry is not None:
        return rows
    rows = _without_needless_pairs(rows, points=points)
    if not any(has_pair(rows, *p) for p in (("lon", "lat"), ("x", "y"))):
        rows = split_pairs(rows, collector, context)
    pairs = [p for p in (("lon", "lat"), ("x", "y")) if has_pair(rows, *p)]
    if not pairs:
        return rows
    cells = {pair: _sample(rows, *pair) for pair in pairs}
    metres = {pair: _share_of_metres(*cells[pair]) for pair in pairs}
    projected = source.crs is not None and pyproj.CRS.from_user_input(source.crs).is_projected
    # where both pairs are there, metres are taken only when the study names their CRS
    pair = next((p for p in pairs if (metres[p] > 0.5) == projected), pairs[0])
    columns = ", ".join(rows.heading(role) for role in pair)
    to = ("x", "y") if metres[pair] > 0.5 else ("lon", "lat")
    if to == ("x", "y") and not projected:
        if min(map(_smallest, cells[pair])) > MAX_DEGREES:  # in every row both
            raise FileError.of("file_faults.no_metres_crs", columns=columns)
        to = pair
    if to == ("lon", "lat") and projected and source.datum is None and len(cells[pair][0]):
        raise FileError.of("file_faults.degrees_in_xy", columns=columns, crs=source.crs)
    if to == ("lon", "lat") and pair == ("x", "y") and _latitude_first(*cells[pair]):
        to = ("lat", "lon")
        collector.about_file("axes_chinese", "note")
    names = dict(zip(pair, to, strict=True))
    others = {role for p in pairs for role in p} - set(pair)
    roles = {h: names.get(r, r) for h, r in rows.roles.items() if r not in others}
    return replace(rows, roles=roles)


def _complete_pair(rows: Rows) -> Rows:
    """`rows` with a pair where the study names one column only: lon = "X坐标" beside Y坐标."""
    if has_pair(rows, "lon", "lat") or has_pair(rows, "x", "y"):
        return rows
    for one, other, instead in (
        ("lon", "y", "lat"),
        ("x", "lat", "y"),
        ("lat", "x", "lon"),
        ("y", "lon", "x"),
    ):
        if has_pair(rows, one, other):
            roles = {h: instead if r == other else r for h, r in rows.roles.items()}
            return replace(rows, roles=roles)
    return rows


def _without_needless_pairs(rows: Rows, *, points: bool) -> Rows:
    """`rows` without empty pairs of columns where another column says the places."""
    one_cell = [role for role in ("wkt", "lonlat") if not is_empty(_cells(rows, role)).all()]
    shapes = "wkt" in one_cell and not points
    roles = dict(rows.roles)
    for one, other in (("lon", "lat"), ("x", "y")):
        if not one_cell or not has_pair(rows, one, other):
            continue
        empty = is_empty(_cells(rows, one)).all() or is_empty(_cells(rows, other)).all()
        if empty or shapes:
            roles = {h: r for h, r in roles.items() if r not in (one, other)}
    return replace(rows, roles=roles)


def _cells(rows: Rows, role: str) -> pd.Series:
    found = rows.column(role)
    return pd.Series([], dtype=object) if found is None else found


def _sample(rows: Rows, one: str, other: str) -> tuple[np.ndarray, np.ndarray]:
    """Absolute coordinates of some rows that have them, taken evenly over the table."""
    every = max(len(rows) // _SAMPLE_ROWS, 1)
    first, second = rows.text[rows.heading(one)], rows.text[rows.heading(other)]
    a, b = (np.abs(read_angles(c.iloc[::every]).values) for c in (first, second))
    known = np.isfinite(a) & np.isfinite(b) & ((a > 0) | (b > 0))
    return a[known], b[known]


def _share_of_metres(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a > MAX_DEGREES) | (b > MAX_DEGREES)).mean()) if len(a) else 0.0


def _smallest(values: np.ndarray) -> float:
    return float(values.min()) if len(values) else 0.0


def _latitude_first(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether X is the latitude, as surveyors have it: certain where Y exceeds 90 everywhere."""
    return bool(len(a) and ((a <= 90) & (b > 90)).all())


def usable_pairs(
    rows: Rows,
    collector: FindingCollector,
    roles: tuple[str, str],
    faults: Sequence[tuple[str, np.ndarray, Severity]],
    cleaned: np.ndarray,
) -> np.ndarray:
    """Bool per row: no fault; a row with faults is set aside, with a finding about the first.

    Parameters
    ----------
    roles : of the two columns.
    faults : code, bool per row, severity; a row without coordinates that has an address is said
        to lack them only.
    cleaned : bool per row: not plain numbers; a finding says how usable ones were read.
    """
    first, second = (rows.text[rows.heading(role)] for role in roles)
    address = rows.column("address")
    column = rows.heading("lonlat") or rows.heading(roles[0])
    usable = np.ones(len(rows), bool)
    for code, mask, severity in faults:
        for position in np.flatnonzero(mask & usable):
            name = code
            cells = dict.fromkeys(filter(None, (first.iloc[position], second.iloc[position])))
            wrong = [cell for cell in cells if is_error(cell) or is_formula(cell)]
            value = ", ".join(cells)
            if code == "no_coordinates" and address is not None and address.iloc[position] != "":
                name, value = "address_only", str(address.iloc[position])
            elif code == "not_a_number" and wrong:
                name = "place_error"
            collector.about_row(
                int(position), name, severity, column=column, value=value, set_aside=True
            )
        usable &= ~mask
    at = np.flatnonzero(cleaned & usable)
    example = f"{first.iloc[at[0]]}, {second.iloc[at[0]]}" if len(at) else ""
    if len(at) > _FEW_CLEANED and len(at) > _MOST * usable.sum():  # the way of the whole file
        collector.about_file(
            "places_written", "note", column=column, count=len(at), example=example
        )
        return usable
    for position in at:
        value = f"{first.iloc[position]}, {second.iloc[position]}"
        collector.about_row(int(position), "read_as_number", "warning", column=column, value=value)
    return usable
