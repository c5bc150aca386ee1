"""A raster as GDAL may open it: by the driver that its ending names, without the net."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import RasterioIOError

from geoplan.inputs.files.gate.limits import megabytes, refuse_beyond
from geoplan.inputs.files.gate.mosaic import plain_mosaic
from geoplan.inputs.files.gate.offline import OFFLINE
from geoplan.inputs.files.gate.pointers import head_of, refuse_pointer
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
    target: Path | str = path
    if suffix == ".vrt":
        target, parts = plain_mosaic(path)
        for part in parts:  # each as if the study named it
            with opened_raster(part):
                pass
    else:
        refuse_pointer(head_of(path))
    with rasterio.Env(**OFFLINE), _open(target, RASTER_DRIVERS.get(suffix, ("GTiff",))) as source:
        for shape, kind in zip(source.block_shapes, source.dtypes, strict=True):
            refuse_beyond("block_mb", megabytes(math.prod(shape) * np.dtype(kind).itemsize))
        yield source


def _open(path: Path | str, drivers: tuple[str, ...]) -> Any:
    *others, last = drivers
    for driver in others:
        try:
            return rasterio.open(path, driver=driver)
        except RasterioIOError:
            continue
    return rasterio.open(path, driver=last)
