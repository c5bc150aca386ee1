"""A raster as GDAL may open it: by the driver that its ending names, without the net."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import RasterioIOError

from geoplan.errors import FileError
from geoplan.inputs.files.gate.limits import megabytes, refuse_beyond
from geoplan.inputs.files.gate.offline import OFFLINE
from geoplan.inputs.files.gate.pointers import head_of, refuse_entities, refuse_pointer
from geoplan.inputs.files.gate.regular_file import checked_file

#: the drivers of every ending; GDAL by itself would take any file for whatever it looks like
RASTER_DRIVERS: dict[str, tuple[str, ...]] = {
    ".tif": ("GTiff",),
    ".tiff": ("GTiff",),
    ".vrt": ("VRT",),
    ".img": ("HFA",),
    ".asc": ("AAIGrid", "GRASSASCIIGrid"),
    ".bil": ("EHdr", "ENVI", "GenBin"),
    ".flt": ("EHdr", "ENVI"),
    ".adf": ("AIG",),
    # of heights alone
    ".hgt": ("SRTMHGT",),
    ".dem": ("USGSDEM",),
    ".dt0": ("DTED",),
    ".dt1": ("DTED",),
    ".dt2": ("DTED",),
}
#: a mosaic names its rasters in elements of this kind, and nothing else that is opened
_SOURCE = re.compile(rb"<SourceFilename([^>]*)>([^<]*)</SourceFilename>", re.IGNORECASE)
_MORE = re.compile(
    rb"<(SourceDataset|PixelFunction|PixelFunctionType|PixelFunctionCode|GDALWarpOptions|SourceBand>mask"
    rb"|VRTDataset[^>]*subClass|VRTRasterBand[^>]*subClass)",
    re.IGNORECASE,
)


@contextmanager
def opened_raster(path: Path) -> Iterator[Any]:
    """The raster at `path`, open for as long as the block runs.

    Raises
    ------
    FileError
        No regular file, too large, a pointer to other data, or stored in blocks that do not fit
        into memory. What GDAL says of a damaged file passes as it is.
    """
    checked_file(path)
    suffix = path.suffix.lower()
    if suffix == ".vrt":
        _check_mosaic(path)
    else:
        refuse_pointer(head_of(path))
    with rasterio.Env(**OFFLINE), _open(path, RASTER_DRIVERS.get(suffix, ("GTiff",))) as source:
        for shape, kind in zip(source.block_shapes, source.dtypes, strict=True):
            refuse_beyond("block_mb", megabytes(math.prod(shape) * np.dtype(kind).itemsize))
        yield source


def _open(path: Path, drivers: tuple[str, ...]) -> Any:
    *others, last = drivers
    for driver in others:
        try:
            return rasterio.open(path, driver=driver)
        except RasterioIOError:
            continue
    return rasterio.open(path, driver=last)


def _check_mosaic(path: Path) -> None:
    """Raise unless a ``.vrt`` is made of rasters beside it alone."""
    refuse_beyond("document_mb", megabytes(path.stat().st_size))
    text = path.read_bytes()
    refuse_entities(text)
    named = [
        (b"1" in flags, name.decode("utf-8", "replace")) for flags, name in _SOURCE.findall(text)
    ]
    elsewhere = [name for beside, name in named if not beside or not _is_beside(path, name)]
    if elsewhere or _MORE.search(text) or not named:
        raise FileError.of("file_faults.pointer", what=elsewhere[0] if elsewhere else "VRT")


def _is_beside(path: Path, name: str) -> bool:
    """Whether a raster that a mosaic names is a file in its folder or below."""
    below = (path.parent / name).resolve()
    if not below.is_relative_to(path.parent.resolve()) or not below.is_file():
        return False
    refuse_pointer(head_of(below))
    return below.suffix.lower() in (".tif", ".tiff")
