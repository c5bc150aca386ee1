"""Evidence for a file's datum from the areas that its rows name.

Under the right datum more rows lie in the area that they name. Two datums are compared by the rows
that change sides between them, as in McNemar's test (1947, doi:10.1007/BF02295996).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.crs.datum import to_wgs84
from geoplan.crs.transformer import cached_transformer
from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.location.datum.street_evidence import DATUM_CANDIDATES
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.membership.area_lookup import area_heading, area_lookup
from geoplan.inputs.membership.assign_areas import codes_by_location
from geoplan.inputs.rows import Rows

#: rows that are compared, taken evenly over the table
_MAX_SAMPLE_ROWS = 5_000
#: fewer rows that name an area are no evidence
MIN_ROWS = 10
#: of McNemar's statistic, chi-squared with one degree of freedom, at p = 0.001
_CRITICAL_VALUE = 10.83


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AreaEvidence:
    """How many rows lie in the area that they name, by datum.

    level : the areas' level. rows : rows that name one and have a location.
    inside : bool per row, by datum.
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
        return max(DATUM_CANDIDATES, key=self.share)

    def beats(self, datum: str, other: str) -> bool:
        """Whether `datum` explains the rows significantly better than `other`."""
        gained = int((self.inside[datum] & ~self.inside[other]).sum())
        lost = int((~self.inside[datum] & self.inside[other]).sum())
        return gained > lost and (gained - lost) ** 2 / (gained + lost) > _CRITICAL_VALUE

    @property
    def sure(self) -> bool:
        """Whether the best one beats every other."""
        return all(self.beats(self.best, d) for d in DATUM_CANDIDATES if d != self.best)


def area_evidence(
    rows: Rows, lon: np.ndarray, lat: np.ndarray, context: LocationContext
) -> AreaEvidence | None:
    """Try every datum on degrees as they stand in the file; None without evidence.

    Parameters
    ----------
    rows : of the file. lon, lat : degrees per row, NaN where there is no location.
    context : the finest level with polygons that the rows name is used.
    """
    there = np.isfinite(lon) & np.isfinite(lat)
    for level in reversed(list(context.areas)):
        layer = context.areas[level]
        heading = area_heading(rows, level, layer) if layer.has_polygons else None
        if heading is None:
            continue
        cells = rows.text[heading]
        lookup = area_lookup(layer)
        at = np.flatnonzero(there & ~is_empty(cells))
        at = at[:: max(len(at) // _MAX_SAMPLE_ROWS, 1)]
        named = cells.iloc[at].map({v: lookup.code(v) for v in cells.iloc[at].unique()})
        at = at[named.notna().to_numpy()]
        codes = named.dropna().astype(str).to_numpy()
        if len(at) < MIN_ROWS:
            continue
        to_study = cached_transformer("EPSG:4326", context.crs)
        inside = {}
        for datum in DATUM_CANDIDATES:
            x, y = to_wgs84((lon[at], lat[at]), datum)
            points = gpd.GeoSeries(gpd.points_from_xy(*to_study.transform(x, y)), crs=context.crs)
            found = codes_by_location(layer, points, pd.RangeIndex(len(at)))
            inside[datum] = found.fillna("").astype(str).to_numpy() == codes
        return AreaEvidence(level=level, rows=len(at), inside=inside)
    return None
