"""A vector file as GDAL may open it: by the driver that its ending names, without the net."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geoplan.errors import FileError
from geoplan.inputs.files.gate.geopackage import refuse_endless_views
from geoplan.inputs.files.gate.json_features import refuse_links
from geoplan.inputs.files.gate.offline import offline_gdal
from geoplan.inputs.files.gate.pointers import head_of, refuse_foreign
from geoplan.inputs.files.gate.regular_file import checked_file
from geoplan.writing.file_names import misread_mark

_JSON = (".geojson", ".json", ".geojsonl", ".geojsons")
#: lines that tell whether each is a value of its own
_LINES = 20
#: kinds of JSON that GDAL has a driver for, by what stands near their start; else it is GeoJSON
_JSON_KINDS = (
    ("TopoJSON", re.compile(rb'"type"\s*:\s*"Topology"')),
    ("ESRIJSON", re.compile(rb'"(geometryType"\s*:\s*"esri|fieldAliases"|objectIdFieldName")')),
)


@contextmanager
def opened_vector(path: Path) -> Iterator[str]:
    """What to give to pyogrio in place of `path`, for as long as the block runs.

    Parameters
    ----------
    path : a GeoPackage, GeoJSON, Shapefile, FlatGeobuf, GML, MapInfo table or file geodatabase.

    Raises
    ------
    FileError
        No regular file, too large, not what its ending says, or a pointer to other data.

    Examples
    --------
    >>> with opened_vector(Path("streets.gpkg")) as target:
    ...     layers = pyogrio.list_layers(target)
    Traceback (most recent call last):
    geoplan.errors.FileError: the file is not there.
    """
    checked_file(path)
    suffix = path.suffix.lower()
    refuse_foreign(path, suffix)
    if suffix == ".gpkg":
        refuse_endless_views(path)
    target = str(path)
    if suffix in _JSON:
        kind = json_kind(head_of(path))
        if kind == "GeoJSON":
            refuse_links(path)
        target = f"{kind}:{path}"
    elif mark := misread_mark(path):
        raise FileError.of("file_faults.misread", mark=mark)
    with offline_gdal():
        yield target


def json_kind(head: bytes) -> str:
    r"""The driver for a JSON file by its first bytes: other drivers might follow what it says.

    Examples
    --------
    >>> json_kind(b'{"type": "FeatureCollection", "features": []}')
    'GeoJSON'
    >>> json_kind(b'{"type": "Feature"}\n{"type": "Feature"}\n')
    'GeoJSONSeq'
    """
    if head[:8].lstrip(b"\xef\xbb\xbf \r\n")[:1] == b"\x1e" or _goes_on(head):
        return "GeoJSONSeq"
    return next((name for name, mark in _JSON_KINDS if mark.search(head)), "GeoJSON")


def _goes_on(head: bytes) -> bool:
    """Whether another JSON value follows the first, or most lines are values of their own."""
    text = head.decode("utf-8-sig", "replace").lstrip()
    try:
        _, end = json.JSONDecoder().raw_decode(text)
        return text[end:].lstrip()[:1] == "{"
    except (ValueError, RecursionError):
        lines = [line for line in text.split("\n")[:_LINES] if line.strip()]
    return 2 * sum(map(_is_value, lines)) > len(lines) > 1


def _is_value(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
