"""What speaks for and against a file's datum: the areas that its rows name, and the streets.

A wrong datum moves every point by 0.5 to 1.3 km (BD-09 taken for GCJ-02 by about 0.7 km), which no
check of the CRS notices. But rows also name their street or district. Under the right datum more
of them lie where they say; the rows that change sides decide, as in McNemar's test (1947,
doi:10.1007/BF02295996). Streets speak by the distances of the points, see `street_evidence`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.crs.datum import from_wgs84, to_wgs84
from geoplan.crs.transformer import cached_transformer
from geoplan.inputs.columns.parse_numbers import is_empty
from geoplan.inputs.findings.collector import Notes
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.location.datum_evidence_streets import (
    CANDIDATES,
    LIKELY,
    StreetEvidence,
    small_shift,
    street_evidence,
)
from geoplan.inputs.location.streets import Streets
from geoplan.inputs.membership.assign_areas import area_heading, area_lookup, codes_by_location
from geoplan.inputs.rows import Rows
from geoplan.words import say
from geoplan.words.message import Message

#: rows that are looked at, spread over the table
_MOST_ROWS = 5_000
#: fewer rows that name an area say nothing
_LEAST_ROWS = 10
#: McNemar's statistic beyond which chance is no excuse (one in a thousand)
_SURE = 10.83


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
        return max(CANDIDATES, key=self.share)

    def beats(self, datum: str, other: str) -> bool:
        """Whether `datum` explains the rows better than `other`, beyond chance."""
        gained = int((self.inside[datum] & ~self.inside[other]).sum())
        lost = int((~self.inside[datum] & self.inside[other]).sum())
        return gained > lost and (gained - lost) ** 2 / (gained + lost) > _SURE

    @property
    def sure(self) -> bool:
        """Whether the best one beats every other."""
        return all(self.beats(self.best, d) for d in CANDIDATES if d != self.best)

    def as_words(self) -> Message:
        """The shares, the best datum and how sure that is, in any language."""
        shares = ", ".join(f"{d} {self.share(d):.0%}" for d in CANDIDATES)
        return Message(
            "file_faults.rows_named",
            rows=self.rows,
            level=self.level,
            best=self.best,
            shares=shares,
            sure=Message(f"file_faults.{'surely' if self.sure else 'perhaps'}"),
        )


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
        to_study = cached_transformer("EPSG:4326", crs)
        inside = {}
        for datum in CANDIDATES:
            x, y = to_wgs84((lon[at], lat[at]), datum)
            points = gpd.GeoSeries(gpd.points_from_xy(*to_study.transform(x, y)), crs=crs)
            found = codes_by_location(layer, points, pd.RangeIndex(len(at)))
            inside[datum] = found.fillna("").astype(str).to_numpy() == said
        return DatumEvidence(level=level, rows=len(at), inside=inside)
    return None


def street_words(found: StreetEvidence | None) -> Message:
    """What the streets say about degrees whose datum nobody says, in any language."""
    if found is None:
        return Message("file_faults.streets_too_few")
    medians = ", ".join(f"{d} {found.median(d):.0f} m" for d in CANDIDATES)
    best = found.best
    sure = found.verdict(best)
    if sure == "unknown" and not any(found.refutes(d) for d in CANDIDATES):
        return Message("file_faults.streets_say_nothing", points=found.points, medians=medians)
    if best not in CANDIDATES:
        return Message(
            "file_faults.streets_say_made",
            points=found.points,
            medians=medians,
            made=Message(f"file_faults.is_{best}"),
            median=f"{found.median(best):.0f}",
        )
    shift = found.shift("wgs84", best)
    moved: Message | str = ""
    if best != "wgs84":
        moved = Message(
            "file_faults.streets_shift",
            shift=f"{shift.metres:,.0f}",
            direction=Message(f"file_faults.towards_{shift.direction}"),
        )
    return Message(
        "file_faults.streets_say",
        points=found.points,
        medians=medians,
        best=best,
        moved=moved,
        sure=Message(f"file_faults.{'surely' if sure == 'surely' else 'perhaps'}"),
    )


def doubt_datum(
    rows: Rows,
    geometry: gpd.GeoSeries,
    declared: str | None,
    notes: Notes,
    areas: Mapping[str, AreaLayer],
    streets: Streets | None,
    *,
    crs: str,
) -> None:
    """Findings when another datum, or a shift, explains the places better than what is declared.

    Parameters
    ----------
    geometry : places as they are used. declared : the datum that degrees were taken for; None for
        coordinates in metres, which only the streets can doubt.
    """
    there = geometry.notna().to_numpy()
    if there.sum() < _LEAST_ROWS:
        return
    inside = geometry[there].representative_point()
    x, y = inside.x.to_numpy(), inside.y.to_numpy()
    taken = declared if declared in CANDIDATES else "wgs84"
    lon, lat = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    back = cached_transformer(crs, "EPSG:4326")
    lon[there], lat[there] = from_wgs84(back.transform(x, y), taken)
    beside = None if streets is None else street_evidence(lon, lat, streets, taken=taken)
    if declared is not None:
        _doubt_by_areas(rows, lon, lat, declared, notes, areas, beside, crs=crs)
    if streets is None:
        return
    if beside is not None and beside.refutes(taken):
        _doubt_by_streets(beside, declared, taken, notes)
    else:
        _doubt_shift(x, y, notes, streets)


def _doubt_by_areas(
    rows: Rows,
    lon: np.ndarray,
    lat: np.ndarray,
    declared: str,
    notes: Notes,
    areas: Mapping[str, AreaLayer],
    beside: StreetEvidence | None,
    *,
    crs: str,
) -> None:
    found = datum_evidence(rows, lon, lat, areas, crs=crs)
    taken = "wgs84" if declared == "cgcs2000" else declared
    if found is None or found.best == taken or not found.beats(found.best, taken):
        return
    # the streets are a second witness: who agrees with them is not the one in error
    agreed = (
        beside is not None and beside.best == taken and beside.chance(taken, found.best) < LIKELY
    )
    notes.about_file(
        "areas_doubt" if agreed else "datum_doubt",
        "warning",
        value=declared,
        other=found.best,
        rows=found.rows,
        level=found.level,
        share=f"{found.share(taken):.0%}",
        better=f"{found.share(found.best):.0%}",
    )


def _doubt_by_streets(
    found: StreetEvidence, declared: str | None, taken: str, notes: Notes
) -> None:
    best = found.best
    shift = found.shift(taken, best)
    if declared is None:  # metres: somebody has projected other degrees than WGS 84
        code, other = "datum_projected", best.split("_")[0].upper()
    elif best in CANDIDATES:
        code, other = "datum_streets", best
    else:
        code, other = "datum_made", Message(f"file_faults.is_{best}").text(notes.lang)
    notes.about_file(
        code,
        "warning",
        value=declared or "",
        other=other,
        points=found.points,
        shift=f"{shift.metres:,.0f}",
        direction=Message(f"file_faults.towards_{shift.direction}").text(notes.lang),
        now=f"{found.median(taken):.0f}",
        then=f"{found.median(best):.0f}",
        sure=say(notes.lang, f"file_faults.{found.verdict(best)}_short"),
    )


def _doubt_shift(x: np.ndarray, y: np.ndarray, notes: Notes, streets: Streets) -> None:
    found = small_shift(x, y, streets)
    if found is None:
        return
    shift, points, now, then = found
    notes.about_file(
        "shifted",
        "warning",
        points=points,
        shift=f"{shift.metres:.0f}",
        direction=Message(f"file_faults.towards_{shift.direction}").text(notes.lang),
        now=f"{now:.0f}",
        then=f"{then:.0f}",
    )
