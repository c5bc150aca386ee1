"""What was left out, guessed or doubted while a network was built, as findings and in the log.

A command or a study shows it in its reader's language (`build_findings`); whoever builds a network
in Python finds it in the log and in `Network.notes`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from pyproj import CRS

from geoplan.crs.projected import bounds_centre, checked_crs, projected_crs_for, scale_error
from geoplan.network.graph.network import NetworkData, crs_name
from geoplan.words import say

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


def build_findings(network: NetworkData, lang: str) -> list[tuple[str, str, str]]:
    """Findings about how a network was built: code, problem and advice, in `lang`.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geoplan.network import Network
    >>> street = shapely.LineString([(500000, 4055000), (500400, 4055000)])
    >>> roads = gpd.GeoSeries([street, shapely.Point(0, 0)], crs="EPSG:4548")
    >>> with notes_not_logged():
    ...     network = Network.from_lines(roads, mode="walk")
    >>> build_findings(network, "en")[0][:2]
    ('rows_without_line', 'Rows of the network layer that hold no usable line and are left out: 1.')
    """
    return [
        (
            code,
            say(lang, f"network.{code}", **values),
            say(lang, f"network.{code}_advice", **values),
        )
        for code, values in _notes(network)
    ]


def _notes(network: NetworkData) -> Iterator[tuple[str, dict[str, Any]]]:
    notes = network.notes
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
