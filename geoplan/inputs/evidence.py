"""What a table's own words say about its datum: do its points lie in the areas that it names?

A wrong datum moves every point by 0.5 to 1.3 km (BD-09 taken for GCJ-02 by about 0.7 km), which no
check of the CRS notices. But rows also name their street or district. Under the right datum more
of them lie where they say; the rows that change sides decide, as in McNemar's test (1947,
doi:10.1007/BF02295996).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj

from geoplan.inputs.assigning import area_heading, area_lookup, drawn_codes
from geoplan.inputs.datum import from_wgs84, to_wgs84
from geoplan.inputs.faults import FileError
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.notes import Notes
from geoplan.inputs.numbers import is_empty
from geoplan.inputs.rows import Rows

#: rows that are looked at, spread over the table
_MOST_ROWS = 5_000
#: fewer rows that name an area say nothing
_LEAST_ROWS = 10
#: McNemar's statistic beyond which chance is no excuse (one in a thousand)
_SURE = 10.83
_CANDIDATES = ("wgs84", "gcj02", "bd09")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DatumEvidence:
    """How many rows lie in the area that they name, by datum.

    level : the areas' level. rows : rows that name one and have a place. inside : bool per row, by
    datum.
    """

    level: str
    rows: int
    inside: Mapping[str, np.ndarray]

    def share(self, datum: str) -> float:
        """Share of the rows that lie where they say."""
        return float(self.inside[datum].mean())

    @property
    def best(self) -> str:
        """The datum under which most rows lie where they say."""
        return max(_CANDIDATES, key=self.share)

    def beats(self, datum: str, other: str) -> bool:
        """Whether `datum` explains the rows better than `other`, beyond chance."""
        gained = int((self.inside[datum] & ~self.inside[other]).sum())
        lost = int((~self.inside[datum] & self.inside[other]).sum())
        return gained > lost and (gained - lost) ** 2 / (gained + lost) > _SURE

    @property
    def sure(self) -> bool:
        """Whether the best one beats every other."""
        return all(self.beats(self.best, d) for d in _CANDIDATES if d != self.best)

    def as_words(self) -> FileError:
        """The shares, the best datum and how sure that is, in any language."""
        shares = ", ".join(f"{d} {self.share(d):.0%}" for d in _CANDIDATES)
        return FileError(
            "rows_named", rows=self.rows, level=self.level, best=self.best, shares=shares,
            sure=FileError("surely" if self.sure else "perhaps"),
        )  # fmt: skip


def datum_evidence(
    rows: Rows, lon: np.ndarray, lat: np.ndarray, areas: Mapping[str, AreaLayer], *, crs: str
) -> DatumEvidence | None:
    """Try every datum on degrees as they stand in the file; None where nothing can be said.

    Parameters
    ----------
    rows : of the file. lon, lat : degrees per row, NaN where there is no place.
    areas : by level, coarsest first; the finest with polygons that the rows name is used.
    crs : of the areas.
    """
    there = np.isfinite(lon) & np.isfinite(lat)
    for level in reversed(list(areas)):
        layer = areas[level]
        heading = area_heading(rows, level, layer) if layer.has_polygons else None
        if heading is None:
            continue
        cells = rows.text[heading]
        lookup = area_lookup(layer)
        at = np.flatnonzero(there & ~is_empty(cells))
        at = at[:: max(len(at) // _MOST_ROWS, 1)]
        named = cells.iloc[at].map({v: lookup.code(v) for v in cells.iloc[at].unique()})
        at = at[named.notna().to_numpy()]
        said = named.dropna().astype(str).to_numpy()
        if len(at) < _LEAST_ROWS:
            continue
        step = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        inside = {}
        for datum in _CANDIDATES:
            x, y = to_wgs84((lon[at], lat[at]), datum)
            points = gpd.GeoSeries(gpd.points_from_xy(*step.transform(x, y)), crs=crs)
            found = drawn_codes(layer, points, pd.RangeIndex(len(at)))
            inside[datum] = found.fillna("").astype(str).to_numpy() == said
        return DatumEvidence(level=level, rows=len(at), inside=inside)
    return None


def doubt_datum(
    rows: Rows,
    geometry: gpd.GeoSeries,
    declared: str,
    notes: Notes,
    areas: Mapping[str, AreaLayer],
    *,
    crs: str,
) -> None:
    """A finding when another datum than the declared one explains the places better."""
    there = geometry.notna().to_numpy()
    if there.sum() < _LEAST_ROWS:
        return
    lon, lat = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    points = geometry[there]
    back = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    centre = points.representative_point()
    x, y = back.transform(centre.x.to_numpy(), centre.y.to_numpy())
    lon[there], lat[there] = from_wgs84((x, y), declared)
    found = datum_evidence(rows, lon, lat, areas, crs=crs)
    taken = "wgs84" if declared == "cgcs2000" else declared
    if found is None or found.best == taken or not found.beats(found.best, taken):
        return
    notes.about_file(
        "datum_doubt", "warning", value=declared, other=found.best, rows=found.rows,
        level=found.level, share=f"{found.share(taken):.0%}",
        better=f"{found.share(found.best):.0%}",
    )  # fmt: skip
