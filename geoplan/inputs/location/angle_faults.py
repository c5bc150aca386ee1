"""What angles say beyond their value: hemispheres, swapped columns, packed minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from geoplan.inputs.columns.places.angles import Angles
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.location.extent import LocationContext
from geoplan.words import say

#: rows from which digits alone tell minutes and seconds (by chance every eighth row looks so)
_MIN_PACKED = 12
#: decimals that packed minutes and seconds have
_DECIMALS = r"\.[^.]{4,}$"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DegreeColumns:
    """Longitudes and latitudes of a file, NaN where there is none, and what is told about them.

    cleaned : bool per row: a cell is no plain number. written : a cell is an angle with signs.
    contradictory : two latitudes or two longitudes. no_side : the letter O, of unknown meaning.
    swapped : the letters say that the headings are the wrong way round. spaced : see `Angle`.
    """

    lon: np.ndarray
    lat: np.ndarray
    cleaned: np.ndarray
    written: np.ndarray
    contradictory: np.ndarray
    no_side: np.ndarray
    swapped: np.ndarray
    spaced: np.ndarray


def settle_angles(
    first: Angles, second: Angles, collector: FindingCollector, context: LocationContext
) -> DegreeColumns:
    """Longitude and latitude from the columns under these headings, as their letters say."""
    swapped = (first.axis == "lat") | (second.axis == "lon")
    contradictory = (first.axis != "") & (first.axis == second.axis)
    swapped &= ~contradictory
    lon = np.where(swapped, second.values, first.values)
    lat = np.where(swapped, first.values, second.values)
    lon[contradictory] = lat[contradictory] = np.nan
    opened = np.where(swapped, second.open_side, first.open_side).astype(bool) & ~contradictory
    lon, no_side = _sided(lon, lat, opened, collector, context)
    return DegreeColumns(
        lon=lon,
        lat=lat,
        cleaned=first.cleaned | second.cleaned,
        written=first.written | second.written,
        contradictory=contradictory,
        no_side=no_side,
        swapped=swapped,
        spaced=first.spaced | second.spaced,
    )


def _sided(
    lon: np.ndarray,
    lat: np.ndarray,
    opened: np.ndarray,
    collector: FindingCollector,
    context: LocationContext,
) -> tuple[np.ndarray, np.ndarray]:
    """Longitudes with the letter O taken for west or east, whichever lies in the study's region."""
    if not opened.any():
        return lon, opened
    east, west = context.expects(lon, lat) & opened, context.expects(-lon, lat) & opened
    # one file has one language: what most rows mean decides
    if east.sum() == west.sum():
        return np.where(opened, np.nan, lon), opened
    is_west = bool(west.sum() > east.sum())
    side = say(collector.lang, f"inputs.letter_o_{'west' if is_west else 'east'}")
    collector.about_rows_together(opened, "letter_o", "warning", assumed=True, side=side)
    return np.where(opened & is_west, -lon, lon), np.zeros(len(lon), bool)


def report_angles(
    found: DegreeColumns,
    texts: tuple[pd.Series, pd.Series],
    usable: np.ndarray,
    collector: FindingCollector,
) -> None:
    """Findings about how angles were read."""
    for code, mask in (("letters_swapped", found.swapped), ("spaced_angles", found.spaced)):
        at = np.flatnonzero(mask & usable)
        if len(at):
            example = _example(found, texts, int(at[0]))
            assumed = code == "spaced_angles"
            collector.about_rows_together(at, code, "warning", assumed=assumed, **example)
    at = np.flatnonzero(found.written & usable)
    if _most(found, usable):
        collector.about_file(
            "angles_read", "note", count=len(at), **_example(found, texts, int(at[0]))
        )


def _most(found: DegreeColumns, usable: np.ndarray) -> bool:
    """Whether angles are the custom of the file, not of single rows."""
    return bool((found.written & usable).sum() * 2 > usable.sum() > 0)


def cleaned_rows(found: DegreeColumns) -> np.ndarray:
    """Bool per row: to be told one by one, since the file's other cells are plain numbers."""
    every = np.isfinite(found.lon) & np.isfinite(found.lat)
    return found.cleaned & ~found.written if _most(found, every) else found.cleaned


def _example(
    found: DegreeColumns, texts: tuple[pd.Series, pd.Series], position: int
) -> dict[str, Any]:
    return {
        "example": ", ".join(dict.fromkeys(str(t.iloc[position]) for t in texts)),
        "read": f"{found.lon[position]:.6f}, {found.lat[position]:.6f}",
    }


def report_packed(
    found: DegreeColumns,
    texts: tuple[pd.Series, pd.Series],
    usable: np.ndarray,
    collector: FindingCollector,
    context: LocationContext,
) -> None:
    """A finding where 117.0012 seems to mean 117°00′12″: minutes and seconds behind the point."""
    plain = usable & ~found.written
    if not plain.any():
        return
    lon, lat = found.lon[plain], found.lat[plain]
    # one row in two has 60 minutes or more: most files are told apart here
    unpacked = [_unpacked(values) for values in (lon, lat)]
    if any(np.isnan(values).any() for values in unpacked):
        return
    long_enough = np.logical_and(*(_has_decimals(t[plain]) for t in texts))
    if long_enough.mean() < 0.5:
        return
    inside, otherwise = context.expects(lon, lat), context.expects(*unpacked)
    shifted = np.abs(unpacked[0] - lon) + np.abs(unpacked[1] - lat)
    nearer = otherwise.sum() - inside.sum()
    by_digits = len(np.unique(np.round(lon[long_enough] + 7 * lat[long_enough], 6))) >= _MIN_PACKED
    if nearer <= 0 and not (by_digits and otherwise.sum() >= inside.sum()):
        return
    first = int(np.flatnonzero(plain)[0])
    collector.about_file(
        "packed_degrees",
        "warning",
        count=int(plain.sum()),
        example=", ".join(str(t.iloc[first]) for t in texts),
        read=f"{unpacked[0][0]:.5f}, {unpacked[1][0]:.5f}",
        km=f"{float(np.median(shifted)) * 111:.0f}",
        inside=int(inside.sum()),
        otherwise=int(otherwise.sum()),
    )


def _has_decimals(cells: pd.Series) -> np.ndarray:
    """Bool per cell: as many decimals as packed minutes and seconds have, or more."""
    return cells.astype("str").str.contains(_DECIMALS).to_numpy(bool)


def _unpacked(values: np.ndarray) -> np.ndarray:
    """ddd.mmss as degrees, NaN where minutes or seconds would be 60 or more."""
    size = np.abs(values)
    whole = np.floor(size + 1e-9)
    minutes = np.floor((size - whole) * 100 + 1e-6)
    seconds = ((size - whole) * 100 - minutes) * 100
    fits = (minutes < 60) & (seconds < 60 - 1e-6)
    return np.where(fits, np.copysign(whole + minutes / 60 + seconds / 3600, values), np.nan)
