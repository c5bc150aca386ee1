"""Mosaics (``.vrt``) of GeoTIFFs beside them: nothing else that such a file can say is followed.

A virtual raster can name any file or server, programs to run and rasters that are worked out. What
GDAL is given is therefore not the file but an XML of our own, with the elements that a plain mosaic
has and the full paths of its parts, each of which has passed the gate by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from geoplan.errors import FileError
from geoplan.inputs.files.gate.limits import megabytes, refuse_beyond
from geoplan.inputs.files.gate.pointers import head_of, refuse_entities, refuse_pointer

#: elements of a plain mosaic, and the attributes that each may have
_PLAIN: dict[str, frozenset[str]] = {
    "VRTDataset": frozenset({"rasterXSize", "rasterYSize"}),
    "SRS": frozenset({"dataAxisToSRSAxisMapping", "coordinateEpoch"}),
    "VRTRasterBand": frozenset({"dataType", "band", "blockXSize", "blockYSize"}),
    "SimpleSource": frozenset({"resampling"}),
    "ComplexSource": frozenset({"resampling"}),
    "AveragedSource": frozenset({"resampling"}),
    "SourceFilename": frozenset({"relativeToVRT", "shared"}),
    "SourceProperties": frozenset({"RasterXSize", "RasterYSize", "DataType"})
    | {"BlockXSize", "BlockYSize"},
    "SrcRect": frozenset({"xOff", "yOff", "xSize", "ySize"}),
    "DstRect": frozenset({"xOff", "yOff", "xSize", "ySize"}),
    "MDI": frozenset({"key"}),
    **dict.fromkeys(
        [
            "GeoTransform",
            "BlockXSize",
            "BlockYSize",
            "SourceBand",
            "NODATA",
            "UseMaskBand",
            "NoDataValue",
            "HideNoDataValue",
            "ColorInterp",
            "Description",
            "UnitType",
            "Offset",
            "Scale",
            "ScaleOffset",
            "ScaleRatio",
            "MaskBand",
            "Metadata",
        ],
        frozenset[str](),
    ),
}
#: elements that say nothing about values or places: left out
_LEFT_OUT = frozenset({"ColorTable", "CategoryNames", "Histograms", "OverviewList", "Overview"})
_SOURCE = "SourceFilename"
#: elements one within another
_DEEPEST = 8
#: how a GeoTIFF begins, in either byte order, small or large
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def plain_mosaic(path: Path) -> tuple[str, list[Path]]:
    """A mosaic as the XML that GDAL may read, and the GeoTIFFs that it is made of.

    Parameters
    ----------
    path : the ``.vrt``; its parts stand in its folder or below.

    Returns
    -------
    The XML, with full paths, and each part once.

    Raises
    ------
    FileError
        No XML, another kind of virtual raster, or a part that is elsewhere or no GeoTIFF.
    """
    refuse_beyond("document_mb", megabytes(path.stat().st_size))
    text = path.read_bytes()
    refuse_entities(text)
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise FileError.of("file_faults.mosaic_broken", error=error) from error
    if root.tag != "VRTDataset":
        raise _not_plain(root.tag)
    parts: dict[str, Path] = {}
    mosaic = _copied(root, path, parts, depth=0)
    if not parts:
        raise FileError.of("file_faults.pointer", what="VRT")
    refuse_beyond("members", len(parts))
    return ElementTree.tostring(mosaic, encoding="unicode"), list(parts.values())


def named_in_mosaic(path: Path) -> dict[str, Path]:
    """The files beside a mosaic that it is made of, by the name that it gives them.

    Nothing where it cannot be read, which is for its reader to tell.
    """
    try:
        text = path.read_bytes()
        refuse_entities(text)
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError, OSError, FileError):
        return {}
    folder = path.parent.resolve()
    found = {name: (folder / name).resolve() for name in _names(root)}
    return {n: p for n, p in found.items() if p.is_relative_to(folder) and p.is_file()}


def _names(root: ElementTree.Element) -> Iterator[str]:
    for one in root.iter(_SOURCE):
        name = (one.text or "").strip()
        if name and "\x00" not in name:
            yield name


def _copied(
    element: ElementTree.Element, path: Path, parts: dict[str, Path], depth: int
) -> ElementTree.Element:
    """The element with what a plain mosaic may have, its parts by their full paths."""
    if depth > _DEEPEST:
        raise FileError.of("file_faults.nested_too_deep")
    known = _PLAIN.get(element.tag)
    if known is None:
        raise _not_plain(element.tag)
    if more := sorted(set(element.attrib) - known):
        raise _not_plain(f"{element.tag} {more[0]}")
    text = (element.text or "").strip()
    if element.tag == _SOURCE:
        if len(element):
            raise _not_plain(element[0].tag)
        part = _part(path, text, beside=element.get("relativeToVRT") == "1")
        parts[str(part)] = part
        copy = ElementTree.Element(_SOURCE, {"relativeToVRT": "0"})
        copy.text = str(part)
        return copy
    copy = ElementTree.Element(element.tag, dict(element.attrib))
    copy.text = text
    copy.extend([_copied(one, path, parts, depth + 1) for one in element if not _for_show(one)])
    return copy


def _for_show(element: ElementTree.Element) -> bool:
    """Whether an element says nothing that counts: also metadata of other programs."""
    return element.tag in _LEFT_OUT or (element.tag == "Metadata" and bool(element.attrib))


def _part(path: Path, name: str, *, beside: bool) -> Path:
    """A GeoTIFF in the folder of the mosaic or below.

    Raises
    ------
    FileError
    """
    folder = path.parent.resolve()
    try:
        part = (folder / name).resolve()
        is_there = beside and bool(name) and part.is_relative_to(folder) and part.is_file()
    except (ValueError, OSError):  # no name of a file
        is_there = False
    if not is_there or part.suffix.lower() not in (".tif", ".tiff"):
        raise FileError.of("file_faults.pointer", what=name or "VRT")
    head = head_of(part)
    refuse_pointer(head)
    if not head.startswith(_TIFF):
        raise FileError.of("file_faults.mosaic_part", part=part.name)
    return part


def _not_plain(what: object) -> FileError:
    return FileError.of("file_faults.mosaic_more", what=str(what)[:80])
