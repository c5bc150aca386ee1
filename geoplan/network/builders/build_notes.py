"""What was left out, guessed or doubted while a network was built, as findings and in the log.

A command or a study shows it in its reader's language (`build_findings`); whoever builds a network
in Python finds it in the log and in `Network.notes`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from pyproj import CRS

from geoplan.crs.projected import bounds_centre, checked_crs, projected_crs_for, scale_error
from geoplan.inputs.findings.finding import Severity
from geoplan.network.builders.tagging.speeds import FERRY_KMH, OTHER_SPEED_KMH
from geoplan.network.graph.network import NetworkData, crs_name
from geoplan.words import say
from geoplan.words.message import Message, Messages, written

#: reasons that have words of their own
_WHYS = frozenset({"class", "service", "access", "tag", "short", "ferry"})
#: words named in one finding
_NAMED = 6
#: more than this share of the streets is much
_MANY = 0.1

_log = logging.getLogger(__name__)
_not_logged: ContextVar[bool] = ContextVar("the caller shows the notes", default=False)


def log_note(text: str, *values: object, level: int = logging.WARNING) -> None:
    """Log what `build_findings` returns as well."""
    if not _not_logged.get():
        _log.log(level, text, *values)


@contextmanager
def notes_not_logged() -> Iterator[None]:
    """A context in which nothing is logged that `build_findings` returns: the caller shows it."""
    before = _not_logged.set(True)
    try:
        yield
    finally:
        _not_logged.reset(before)


def measuring_crs(crs: Any, lonlat: tuple[float, float] | None) -> CRS:
    """The CRS to measure lengths in, checked, with a note where its metres are somewhat off."""
    plane = checked_crs(crs, lonlat)
    if off := scale_error(plane, lonlat):
        log_note(
            "lengths in %s (%s) are off by %.1f %% here: it is made for another place",
            crs,
            plane.name,
            100 * abs(off),
        )
    return plane


def unused_options(
    source: str, own: CRS | None, *, source_crs: CRS | None = None, datum: str | None = None
) -> dict[str, list[str]]:
    """The options that contradict the file and are not used; they are logged.

    Parameters
    ----------
    source : the file's name.
    own : the file's own CRS; None = it names none.
    source_crs, datum : as given.

    Returns
    -------
    dict
        Option -> what was given, and the CRS that was used.
    """
    crs = source_crs if own is None else own
    if crs is None:
        return {}
    name = crs_name(crs)
    unused = {}
    if source_crs is not None and not source_crs.equals(crs, ignore_axis_order=True):
        unused["source_crs"] = [crs_name(source_crs), name]
    if datum not in (None, "wgs84", "cgcs2000") and crs.is_projected:
        unused["datum"] = [str(datum), name]
    for option, (given, used) in unused.items():
        log_note("%s: %s=%r is not used, the file is in %s", source, option, given, used)
    return unused


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkFinding:
    """A doubt about a network, in one language.

    effect, count : of an assumption: what it does to the numbers, and ways or places concerned.
    """

    code: str
    problem: str
    advice: str
    severity: Severity = "warning"
    effect: str = ""
    count: int = 0


def network_finding(
    lang: str,
    code: str,
    /,
    *,
    severity: Severity = "warning",
    assumed: int = 0,
    **values: Any,
) -> NetworkFinding:
    """The finding in the words ``network.<code>``; `assumed` ways or places rest on it, if any."""
    said = {name: written(value, lang) for name, value in values.items()}
    return NetworkFinding(
        code=code,
        problem=say(lang, f"network.{code}", **said),
        advice=say(lang, f"network.{code}_advice", **said),
        severity=severity,
        effect=say(lang, f"network.{code}_effect", **said) if assumed else "",
        count=assumed,
    )


def build_findings(network: NetworkData, lang: str) -> list[NetworkFinding]:
    """Findings about how a network was built, in `lang`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geoplan.network import Network
    >>> street = shapely.LineString([(500000, 4055000), (500400, 4055000)])
    >>> roads = gpd.GeoSeries([street, shapely.Point(0, 0)], crs="EPSG:4548")
    >>> with notes_not_logged():
    ...     network = Network.from_lines(roads, mode="walk")
    >>> found = build_findings(network, "en")[0]
    >>> found.code, found.problem
    ('rows_without_line', 'Rows of the network layer that hold no usable line and are left out: 1.')
    """
    told = [network_finding(lang, code, **values) for code, values in _notes(network)]
    return [
        *told,
        *_doubted_costs(network, lang),
        *_tag_findings(network, lang),
        *_without_height(network, lang),
    ]


def _doubted_costs(network: NetworkData, lang: str) -> Iterator[NetworkFinding]:
    """Lengths and times that contradict the lines that are drawn."""
    for code in ("lengths_doubted", "times_doubted"):
        if note := network.notes.get(code):
            count = int(note["count"])
            values = {"total": f"{count:,}", "edges": f"{note['edges']:,}", "some": note["some"]}
            yield network_finding(lang, code, assumed=count, **values)


def _tag_findings(network: NetworkData, lang: str) -> Iterator[NetworkFinding]:
    """What the streets' tags and columns left out, left open or did not say plainly."""
    notes, mode = network.notes, Message(f"common.{network.mode}")
    left = notes.get("left_out", {})
    count = sum(left.values()) if isinstance(left, Mapping) else 0
    if count > notes.get("of_other_modes", 0):  # stairs are missed by no driver
        metres = notes.get("left_out_m", {})
        km = f"{sum(metres.values()) / 1000:,.1f}"
        reasons = [_left_out_by(why, n, metres.get(why)) for why, n in sorted(left.items())]
        whys = Messages(reasons, join="; ")
        values = {"mode": mode, "total": f"{count:,}", "km": km, "whys": whys}
        yield network_finding(lang, "left_out", severity="note", assumed=count, **values)
    if squares := notes.get("squares"):
        yield network_finding(lang, "squares", severity="note", **_thousands(squares))
    if times := notes.get("conditional"):
        count = sum(times.values())
        values = {"mode": mode, "total": f"{count:,}", **_thousands(times)}
        yield network_finding(lang, "conditional", severity="note", assumed=count, **values)
    if (ferries := notes.get("ferries")) and (count := ferries["without_duration"]):
        values = {"total": count, "kmh": f"{FERRY_KMH:g}"}
        yield network_finding(lang, "ferries", severity="note", assumed=count, **values)
    if joined := notes.get("joined"):
        values = {**_thousands(joined), "within": f"{joined['within_m']:g}"}
        count = joined["ends"] + joined["crossings"]
        yield network_finding(lang, "joined", severity="note", assumed=count, **values)
    yield from _odd_words(network, lang)


def _without_height(network: NetworkData, lang: str) -> Iterator[NetworkFinding]:
    """Streets beyond the heights of the raster, taken as flat there."""
    slope = network.notes.get("slope", {})
    if count := slope.get("streets_without_height"):
        many: Severity = "warning" if count > _MANY * network.n_edges else "note"
        values = {"total": f"{count:,}", "raster": slope["raster"]}
        yield network_finding(lang, "no_height", severity=many, assumed=count, **values)


def _odd_words(network: NetworkData, lang: str) -> Iterator[NetworkFinding]:
    """Words that no table knows, and what was taken instead."""
    notes = network.notes
    streets = notes.get("streets") or network.n_edges
    for code in ("odd_classes", "odd_speeds", "odd_directions", "odd_access"):
        words = notes.get(code)
        if not words or (code == "odd_directions" and network.mode == "walk"):
            continue
        count = sum(words.values())
        values = {
            "total": f"{count:,}",
            "words": _some_words(words),
            "kmh": f"{OTHER_SPEED_KMH:g}",
        }
        walks = "_walk" if code == "odd_classes" and network.mode == "walk" else ""
        many: Severity = "warning" if count > _MANY * streets else "note"
        yield network_finding(lang, code + walks, severity=many, assumed=count, **values)
    if count := notes.get("no_class"):
        values = {"total": f"{count:,}", "streets": f"{streets:,}", "kmh": f"{OTHER_SPEED_KMH:g}"}
        yield network_finding(lang, "no_class", severity="note", assumed=count, **values)
    if count := notes.get("no_oneway"):
        values = {"total": f"{count:,}"}
        yield network_finding(lang, "no_oneway", severity="note", assumed=count, **values)


def _left_out_by(why: str, count: int, metres: float | None) -> Message:
    code = f"network.why_{why}" if why in _WHYS else "network.why_other"
    return Message(code, count=f"{count:,}", km=f"{(metres or 0.0) / 1000:,.1f}")


def _thousands(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: f"{v:,}" if isinstance(v, int) else v for name, v in values.items()}


def _some_words(words: Mapping[str, int]) -> str:
    """The most frequent words, with how often each stands."""
    ranked = sorted(words.items(), key=lambda item: (-item[1], item[0]))
    more = " …" if len(ranked) > _NAMED else ""
    return ", ".join(f"{word[:30]} ({n:,})" for word, n in ranked[:_NAMED]) + more


def _notes(network: NetworkData) -> Iterator[tuple[str, dict[str, Any]]]:
    notes = network.notes
    for text in notes.get("driver_says", ()):
        yield "driver_says", {"text": text}
    if lost := notes.get("features_lost"):
        yield "features_lost", dict(lost)
    if left := notes.get("rows_without_line"):
        count = sum(left.values()) if isinstance(left, Mapping) else left
        yield "rows_without_line", {"count": count}
    if broken := notes.get("parts_with_broken_coordinates"):
        yield "broken_parts", {"count": broken}
    for option, (given, own) in notes.get("unused", {}).items():
        code = "datum_unused" if option == "datum" else "crs_unused"
        yield code, {"mode": network.mode, "given": given, "own": own}
    directed = notes.get("directed_lines")
    if directed and network.mode != "walk":  # on foot every street goes both ways
        yield "directed", dict(directed)
    # measured on the network itself: a saved one keeps no note of it
    lonlat = bounds_centre(network.crs, network.bounds)
    if lonlat is not None and (off := scale_error(network.crs, lonlat)):
        yield (
            "lengths_long" if off > 0 else "lengths_short",
            {
                "crs": crs_name(network.crs),
                "percent": f"{100 * abs(off):.1f}",
                "instead": projected_crs_for(*lonlat).to_string(),
            },
        )
