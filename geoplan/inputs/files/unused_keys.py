"""Settings of a study that are of no use for the kind of file that they are given for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyproj
from pyproj.exceptions import CRSError

from geoplan.inputs.files.source import LayerSource

_BOOKS = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
_TEXTS = frozenset({".csv", ".tsv", ".txt"})
#: of files with geometry, those that keep their letters in an encoding of their own
_ENCODED = frozenset({".shp", ".tab"})


def unused_keys(source: LayerSource) -> Iterator[tuple[str, dict[str, Any]]]:
    """A finding for every key that was given and that files of this ending have no use for.

    Examples
    --------
    >>> list(unused_keys(LayerSource(path="people.csv", sheet="2024")))
    [('key_unused', {'key': 'sheet', 'value': '2024', 'ending': '.csv'})]
    """
    kind = "" if source.is_url else source.suffix
    if kind in (".zip", ".shp.zip"):  # any kind of file may be inside
        return
    useless: set[str] = set()
    if kind not in _BOOKS:
        useless.add("sheet")
    if kind in _BOOKS | _TEXTS:
        useless.add("layer")
    if kind not in _TEXTS | _ENCODED:
        useless.add("encoding")
    for key in sorted(useless):
        value = getattr(source, key)
        if value is not None:
            yield "key_unused", {"key": key, "value": value, "ending": kind or "-"}


def other_crs(given: str | None, own: Any) -> dict[str, str] | None:
    """Both names where a file says another CRS itself than the study says for it.

    Examples
    --------
    >>> other_crs("EPSG:4548", pyproj.CRS(4326))
    {'given': 'EPSG:4548', 'own': 'EPSG:4326'}
    >>> other_crs("EPSG:4326", pyproj.CRS("OGC:CRS84")) is None
    True
    """
    if given is None or own is None:
        return None
    try:
        said = pyproj.CRS.from_user_input(given)
    except CRSError:
        return {"given": given, "own": crs_name(own)}
    if said.equals(own, ignore_axis_order=True):
        return None
    return {"given": given, "own": crs_name(own)}


def crs_name(crs: Any) -> str:
    """The code of a CRS where it has one, else its name."""
    crs = pyproj.CRS.from_user_input(crs)
    return crs.to_string() if crs.to_epsg() else str(crs.name)
