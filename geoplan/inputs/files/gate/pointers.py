"""Files that are not what their ending says, and files that point elsewhere: neither is opened.

GDAL finds out by itself what a file is, and follows what it says: a ``people.geojson`` that holds a
virtual layer or the address of a server would be asked for its data there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from geoplan.errors import FileError

#: bytes at the start in which drivers look for what a file is
_HEAD = 65_536
#: what the files begin with, or hold near their start, that stand for data elsewhere
_POINTERS = re.compile(
    rb"<OGR(VRT|WFS|VRTLayer)\w*|<VRT(Dataset|Raster)\w*|<GDAL_W\w+|<WM(T_MS|S)_\w+|<(\w+:)?Capabilities"
    rb"|gdal(g|_streamed_alg)\b|<WCS_GDAL|<TileMap|<OGCAPIDataset|<Service name=",
    re.IGNORECASE,
)
_ENTITIES = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_ELEMENT = re.compile(rb"<[A-Za-z_][^<>]*opengis\.net/gml")
_SPACE = b"\xef\xbb\xbf\xff\xfe\x1e \t\r\n\x00"


def refuse_foreign(path: Path, suffix: str) -> None:
    """Raise unless a vector file begins as its ending says, and points nowhere else.

    Parameters
    ----------
    path : a file, or the folder of a file geodatabase.
    suffix : its ending, small letters.

    Raises
    ------
    FileError
        It is something else, points to other files or to the net, or declares XML entities.
    """
    if path.is_dir():
        if not any(path.glob("*.gdbtable")):
            raise FileError.of("file_faults.not_as_named", ending=suffix)
        return
    head = head_of(path)
    refuse_pointer(head)
    if suffix == ".gml":
        refuse_entities(head)
    is_it = _BEGINNINGS.get(suffix)
    if is_it is None or is_it(head):
        return
    like = next((ending for ending, begins in _BEGINNINGS.items() if begins(head)), None)
    if like is None:
        raise FileError.of("file_faults.not_as_named", ending=suffix)
    raise FileError.of("file_faults.rather_named", ending=suffix, like=like)


def head_of(path: Path) -> bytes:
    """The first bytes of a file."""
    with path.open("rb") as stream:
        return stream.read(_HEAD)


def refuse_pointer(head: bytes) -> None:
    """Raise where the first bytes of a file are those of a pointer to other data.

    Raises
    ------
    FileError

    Examples
    --------
    >>> refuse_pointer(b'<OGRVRTDataSource><OGRVRTLayer name="a">')
    Traceback (most recent call last):
    geoplan.errors.FileError: the file holds no data of its own but points to others ...
    """
    found = _POINTERS.search(head)
    if found is not None:
        what = found.group().decode("ascii", "replace").lstrip("<")
        raise FileError.of("file_faults.pointer", what=what)


def refuse_entities(document: bytes) -> None:
    """Raise where an XML document declares entities: they may name files, or grow without end.

    Raises
    ------
    FileError

    Examples
    --------
    >>> refuse_entities(b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    Traceback (most recent call last):
    geoplan.errors.FileError: its XML declares entities ...
    """
    if _ENTITIES.search(_prolog(document)):
        raise FileError.of("file_faults.entities")


def _prolog(document: bytes) -> bytes:
    """What stands before the first element of an XML document, without comments."""
    said, at = b"", 0
    while (start := document.find(b"<", at)) >= 0:
        if document.startswith(b"<!--", start):
            at = document.find(b"-->", start)
        elif document.startswith(b"<?", start):
            at = document.find(b"?>", start)
        elif document.startswith(b"<!", start):
            return said + document[start : start + _HEAD]
        else:
            return said
        if at < 0:
            break
    return said


def _json(head: bytes) -> bool:
    return head.lstrip(_SPACE)[:1] in (b"{", b"[")


def _gml(head: bytes) -> bool:
    # the first element must be near: what stands before it is looked at
    return head.lstrip(_SPACE)[:1] == b"<" and _ELEMENT.search(head) is not None


def _starts(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda head: head[:16].lower().startswith(marks)


#: by ending: whether the first bytes are those of such a file
_BEGINNINGS: dict[str, Callable[[bytes], bool]] = {
    ".gpkg": _starts(b"sqlite format 3\x00"),
    ".fgb": _starts(b"fgb"),
    ".shp": _starts(b"\x00\x00\x27\x0a"),
    ".tab": _starts(b"!table"),
    ".parquet": _starts(b"par1", b"pare"),
    ".geoparquet": _starts(b"par1", b"pare"),
    ".json": _json,
    ".geojson": _json,
    ".gml": _gml,
}
