"""Evidence for a file's datum from the areas that its rows name.

Under the right datum more rows lie in the area that they name. Two datums are compared by the rows
that change sides between them, as in McNemar's test (1947, doi:10.1007/BF02295996).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.crs.datum import from_wgs84, to_wgs84
from geoplan.crs.transformer import cached_transformer
from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.files.read_once import ReadOnce, content_key
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.location.datum.street_evidence import DATUM_CANDIDATES
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.membership.area_lookup import area_heading, area_lookup
from geoplan.inputs.membership.assign_areas import codes_by_location
from geoplan.inputs.rows import Rows
from geoplan.words.text_format import distinct_texts

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
    said : whether the areas' own datum is certain; if not, nothing is sure.
    if_outlines : bool per row, by datum: it would lie there if the outlines were in that datum and
        the file as declared.
    """

    level: str
    rows: int
    inside: Mapping[str, np.ndarray]
    said: bool = True
    if_outlines: Mapping[str, np.ndarray] = field(default_factory=dict)

    def share(self, datum: str) -> float:
        """Share of the rows that lie where they say."""
        return float(self.inside[datum].mean())

    @property
    def best(self) -> str:
        """The datum under which most rows lie where they say."""
        return max(DATUM_CANDIDATES, key=self.share)

    def beats(self, datum: str, other: str) -> bool:
        """Whether `datum` explains the rows significantly better than `other`."""
        return _beats(self.inside[datum], self.inside[other])

    def other_outlines(self, taken: str) -> str | None:
        """The datum of the outlines that explains the rows better than `taken`, if one does."""
        now = self.inside[taken]
        for datum, then in sorted(self.if_outlines.items(), key=lambda one: -one[1].mean()):
            if _beats(then, now):
                return datum
        return None

    @property
    def sure(self) -> bool:
        """Whether the areas are a certain witness and the best datum beats every other."""
        return self.said and all(
            self.beats(self.best, d) for d in DATUM_CANDIDATES if d != self.best
        )


def _beats(one: np.ndarray, other: np.ndarray) -> bool:
    """McNemar's test of rows inside."""
    gained, lost = int((one & ~other).sum()), int((~one & other).sum())
    return gained > lost and (gained - lost) ** 2 / (gained + lost) > _CRITICAL_VALUE


def _lies_in(
    layer: AreaLayer, codes: np.ndarray, degrees: tuple[np.ndarray, np.ndarray], crs: str
) -> np.ndarray:
    """Bool per point: it lies in the area with its code."""
    places = gpd.points_from_xy(*cached_transformer("EPSG:4326", crs).transform(*degrees))
    found = codes_by_location(layer, gpd.GeoSeries(places, crs=crs), pd.RangeIndex(len(codes)))
    return np.asarray(found.fillna("").astype(str).to_numpy() == codes)


def area_evidence(
    rows: Rows,
    lon: np.ndarray,
    lat: np.ndarray,
    context: LocationContext,
    *,
    taken: str | None = None,
    reads: ReadOnce | None = None,
) -> AreaEvidence | None:
    """Try every datum on degrees as they stand in the file; None without evidence.

    Parameters
    ----------
    rows : of the file. lon, lat : degrees per row, NaN where there is no location.
    context : the finest level with polygons that the rows name is used.
    taken : the datum that the file is declared in; then outlines in other datums are tried too.
    reads : of the study; what was tried on the same places and areas is not tried again.
    """
    reads = reads or ReadOnce()
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
        named = cells.iloc[at].map({v: lookup.code(v) for v in distinct_texts(cells.iloc[at])})
        at = at[named.notna().to_numpy()]
        codes = named.dropna().astype(str).to_numpy()
        if len(at) < MIN_ROWS:
            continue
        here = lon[at], lat[at]
        return reads.value(
            ("area evidence", layer, context.crs, taken, *codes.tolist(), content_key(*here)),
            partial(_tried, layer, codes, here, context.crs, taken=taken),
        )
    return None


def _tried(
    layer: AreaLayer,
    codes: np.ndarray,
    here: tuple[np.ndarray, np.ndarray],
    crs: str,
    *,
    taken: str | None,
) -> AreaEvidence:
    """`area_evidence` of rows with these codes at these degrees."""
    outlines = {}
    if taken is not None:
        true = to_wgs84(here, taken)
        outlines = {
            d: _lies_in(layer, codes, from_wgs84(true, d), crs) for d in DATUM_CANDIDATES[1:]
        }
    return AreaEvidence(
        level=layer.level,
        rows=len(codes),
        inside={d: _lies_in(layer, codes, to_wgs84(here, d), crs) for d in DATUM_CANDIDATES},
        said=layer.datum_said,
        if_outlines=outlines,
    )
