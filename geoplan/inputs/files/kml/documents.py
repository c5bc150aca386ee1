"""The KML of a file or of an archive, and its XML put right where programs write it loosely."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from geoplan.errors import FileError
from geoplan.inputs.files.gate.archive import checked_archive
from geoplan.inputs.files.gate.limits import megabytes, refuse_beyond
from geoplan.inputs.files.gate.pointers import refuse_entities
from geoplan.words.message import Message

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*encoding=["']([\w.-]+)["'][^>]*\?>""")
_PREFIX = re.compile(r"(</?|\s)(?!xml)[A-Za-z_][\w.-]*:(?=[A-Za-z_])")


def kml_documents(path: Path) -> dict[str, bytes]:
    """The KML of a file, or those of an archive: the one that programs open, else all.

    Raises
    ------
    FileError
        No archive, an encrypted one, or one without KML.
    """
    if path.suffix.lower() != ".kmz":
        refuse_beyond("document_mb", megabytes(path.stat().st_size))
        return {path.name: path.read_bytes()}
    with checked_archive(path) as archive:
        inside = [n for n in archive.namelist() if n.lower().endswith(".kml")]
        main = [n for n in inside if n.lower() == "doc.kml"] or inside
        if not inside:
            raise FileError.of("file_faults.kmz_without_kml")
        size = sum(archive.getinfo(name).file_size for name in main)
        refuse_beyond("document_mb", megabytes(size))
        return {Path(name).stem: archive.read(name) for name in main}


def kml_left_out(path: Path) -> list[str]:
    """Names of the KML files in an archive that programs do not open: those beside doc.kml."""
    if path.suffix.lower() != ".kmz":
        return []
    with checked_archive(path) as archive:
        inside = [n for n in archive.namelist() if n.lower().endswith(".kml")]
    beside = [n for n in inside if n.lower() != "doc.kml"]
    return beside if len(beside) < len(inside) else []


def parsed(raw: bytes) -> ElementTree.Element:
    """The root element; other encodings and forgotten namespaces are put right first."""
    refuse_entities(raw)
    declared = _DECLARED.match(raw[:200])
    encoding = declared.group(1).decode().lower() if declared else "utf-8"
    if encoding not in ("utf-8", "utf-16"):
        try:
            raw = raw[declared.end() :].decode(_wider(encoding)).encode() if declared else raw
        except (UnicodeDecodeError, LookupError) as error:
            raise _broken(error) from error
    try:
        return ElementTree.fromstring(raw)
    except (ElementTree.ParseError, ValueError) as error:
        if "unbound prefix" not in str(error):
            raise _broken(error) from error
    try:
        return ElementTree.fromstring(_PREFIX.sub(r"\1", raw.decode("utf-8-sig")))
    except (ElementTree.ParseError, ValueError) as error:
        raise _broken(error) from error


def _wider(encoding: str) -> str:
    return "gb18030" if encoding in ("gb2312", "gbk") else encoding


def _broken(error: Exception) -> FileError:
    return FileError.of(
        "file_faults.layer_broken", error=error, hint=Message("file_faults.hint_kml")
    )


def tag_of(element: ElementTree.Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def child(element: ElementTree.Element, name: str) -> ElementTree.Element | None:
    """The first element of this name directly inside."""
    return next((e for e in element if tag_of(e) == name), None)


def text_of(element: ElementTree.Element | None) -> str:
    """All text inside, "" where there is no element."""
    return "" if element is None else "".join(element.itertext()).strip()
