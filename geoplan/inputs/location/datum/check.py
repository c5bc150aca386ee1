"""Findings about the datum of a file: what its areas and its streets say against the declared one.

A wrong datum moves every point by 0.5 to 1.3 km (BD-09 taken for GCJ-02 by about 0.7 km), which no
check of the CRS notices. Two independent kinds of evidence do: rows that name their area should
lie in it (`area_evidence`), and sites should lie beside streets (`street_evidence`).
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from geoplan.crs.datum import from_wgs84, to_wgs84
from geoplan.crs.transformer import cached_transformer
from geoplan.errors import FileError
from geoplan.inputs.files.read_once import content_key
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.location.datum.area_evidence import MIN_ROWS, AreaEvidence, area_evidence
from geoplan.inputs.location.datum.street_evidence import (
    DATUM_CANDIDATES,
    WEAK_SIGNIFICANCE,
    Shift,
    SmallShift,
    StreetEvidence,
    small_shift,
    street_evidence,
)
from geoplan.inputs.location.extent import LocationContext
from geoplan.inputs.rows import Rows
from geoplan.words import say
from geoplan.words.message import Message

#: metres of a degree of longitude at the equator, and of one of latitude in China
_M_PER_DEGREE_LON, _M_PER_DEGREE_LAT = 111_320.0, 110_950.0

#: how sure the areas are: by whether no better witness contradicts them, and by their evidence
_SURE = {
    (True, True): "surely",
    (True, False): "perhaps",
    (False, True): "alone",
    (False, False): "perhaps",
}


def check_datum(
    rows: Rows,
    geometry: gpd.GeoSeries,
    declared: str | None,
    collector: FindingCollector,
    context: LocationContext,
) -> None:
    """Findings when another datum, or a shift, explains the locations better than what is declared.

    Parameters
    ----------
    geometry : locations as they are used.
    declared : the datum that degrees were taken for; None for coordinates in metres, which only
        the streets can contradict.
    """
    streets = context.streets
    there = geometry.notna().to_numpy()
    if there.sum() < MIN_ROWS:
        return
    inside = geometry[there].representative_point()
    x, y = inside.x.to_numpy(), inside.y.to_numpy()
    taken = declared if declared in DATUM_CANDIDATES else "wgs84"
    lon, lat = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    back = cached_transformer(context.crs, "EPSG:4326")
    lon[there], lat[there] = from_wgs84(back.transform(x, y), taken)
    reads, places = collector.source.reads, (context.crs, content_key(there, x, y))
    by_streets = None
    if streets is not None:
        by_streets = reads.value(
            ("street evidence", streets, taken, places),
            lambda: street_evidence(lon, lat, streets, taken=taken),
        )
    if declared is not None:
        _contradicted_by_areas(
            area_evidence(rows, lon, lat, context, taken=taken, reads=reads),
            declared,
            collector,
            by_streets,
        )
    if streets is None:
        return
    if by_streets is not None and by_streets.refutes(taken):
        _contradicted_by_streets(by_streets, declared, taken, collector)
    else:
        _shifted(
            reads.value(("shift", streets, places), lambda: small_shift(x, y, streets)), collector
        )


def _contradicted_by_areas(
    found: AreaEvidence | None,
    declared: str,
    collector: FindingCollector,
    by_streets: StreetEvidence | None,
) -> None:
    taken = "wgs84" if declared == "cgcs2000" else declared
    if found is None:
        return
    if found.best == taken or not found.beats(found.best, taken):
        other = found.other_outlines(taken)
        if other is not None:
            collector.about_file(
                "areas_other",
                "warning",
                value=declared,
                other=other,
                rows=found.rows,
                level=found.level,
                share=f"{found.share(taken):.0%}",
                better=f"{float(found.if_outlines[other].mean()):.0%}",
            )
        return
    # where the streets agree with the declared datum, the areas that the rows name are in error
    confirmed = (
        by_streets is not None
        and by_streets.said
        and by_streets.best == taken
        and by_streets.p_value(taken, found.best) < WEAK_SIGNIFICANCE
    )
    code = "datum_doubt" if found.said else "datum_or_areas"
    collector.about_file(
        "areas_doubt" if confirmed else code,
        "warning",
        value=declared,
        other=found.best,
        rows=found.rows,
        level=found.level,
        share=f"{found.share(taken):.0%}",
        better=f"{found.share(found.best):.0%}",
    )


def _contradicted_by_streets(
    found: StreetEvidence, declared: str | None, taken: str, collector: FindingCollector
) -> None:
    best = found.best
    shift = found.shift(taken, best)
    if declared is None:  # metres: somebody has projected other degrees than WGS 84
        code, other = "datum_projected", best.split("_")[0].upper()
    elif best in DATUM_CANDIDATES:
        code, other = "datum_streets", best
    else:
        code, other = "datum_made", Message(f"file_faults.is_{best}").text(collector.lang)
    collector.about_file(
        code,
        "warning",
        value=declared or "",
        other=other,
        points=found.points,
        shift=f"{shift.metres:,.0f}",
        direction=Message(f"file_faults.towards_{shift.direction}").text(collector.lang),
        now=f"{found.median(taken):.0f}",
        then=f"{found.median(best):.0f}",
        sure=say(collector.lang, f"file_faults.{found.verdict(best)}_short"),
        streets="" if found.said else say(collector.lang, "file_faults.streets_unsaid"),
    )


def _shifted(found: SmallShift | None, collector: FindingCollector) -> None:
    if found is None:
        return
    collector.about_file(
        "shifted",
        "warning",
        points=found.points,
        shift=f"{found.shift.metres:.0f}",
        direction=Message(f"file_faults.towards_{found.shift.direction}").text(collector.lang),
        now=f"{found.median_m:.0f}",
        then=f"{found.median_back_m:.0f}",
    )


def missing_datum(
    rows: Rows, lonlat: tuple[np.ndarray, np.ndarray], context: LocationContext
) -> FileError:
    """What degrees of an unknown datum say about it themselves, and what to write.

    lonlat : per row, NaN where there is no location.
    """
    lon, lat = (values[np.isfinite(lonlat[0])] for values in lonlat)
    shifts = {}
    for datum in ("gcj02", "bd09"):
        x, y = to_wgs84((lon, lat), datum)
        east = float(np.mean((lon - x) * np.cos(np.radians(lat)))) * _M_PER_DEGREE_LON
        shift = Shift(east_m=east, north_m=float(np.mean(lat - y)) * _M_PER_DEGREE_LAT)
        shifts[datum] = Message(
            "file_faults.off_by",
            shift=f"{shift.metres:,.0f}",
            direction=Message(f"file_faults.towards_{shift.direction}"),
        )
    parts: dict[str, Message | str] = {"inside": "", "named": "", "beside": "", "clash": ""}
    by_areas = None
    if context.extent is not None:
        share = float(context.extent.holds_degrees(lon, lat).mean())
        parts["inside"] = Message("file_faults.share_inside", share=f"{share:.0%}")
        by_areas = area_evidence(rows, *lonlat, context)
    by_streets = None
    if context.streets is not None:
        by_streets = street_evidence(*lonlat, context.streets)
        parts["beside"] = _describe_streets(by_streets)
    clash = (
        by_areas is not None and by_streets is not None and by_streets.contradicts(by_areas.best)
    )
    streets_said = by_streets is not None and by_streets.said
    if by_areas is not None:
        parts["named"] = _describe_areas(by_areas, certain=not (clash and streets_said))
        if clash and by_streets is not None:
            named = {(True, False): "witness_streets", (False, True): "witness_areas"}
            code = named.get((streets_said, by_areas.said), "witnesses_disagree")
            parts["clash"] = Message(
                f"file_faults.{code}",
                streets=by_streets.best,
                areas=by_areas.best,
            )
    return FileError.of("file_faults.no_datum", **shifts, **parts)


def _describe_areas(found: AreaEvidence, *, certain: bool) -> Message:
    """The shares, the best datum and how sure that is.

    certain : False where a witness that stands before the areas contradicts them.
    """
    shares = ", ".join(f"{d} {found.share(d):.0%}" for d in DATUM_CANDIDATES)
    return Message(
        "file_faults.rows_named" if found.said else "file_faults.rows_named_unsaid",
        rows=found.rows,
        level=found.level,
        best=found.best,
        shares=shares,
        sure=Message("file_faults." + _SURE[certain, found.sure]),
    )


def _describe_streets(found: StreetEvidence | None) -> Message:
    """What the streets say about degrees whose datum nobody says."""
    if found is None:
        return Message("file_faults.streets_too_few")
    medians = ", ".join(f"{d} {found.median(d):.0f} m" for d in DATUM_CANDIDATES)
    best = found.best
    sure = found.verdict(best)
    if sure == "unknown" and not any(found.refutes(d) for d in DATUM_CANDIDATES):
        return Message("file_faults.streets_say_nothing", points=found.points, medians=medians)
    if best not in DATUM_CANDIDATES:
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
        unsaid="" if found.said else Message("file_faults.streets_unsaid"),
    )
