"""A population raster opened: its grid, which band counts, what its cells are said to hold."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioIOError
from rasterio.windows import Window

from geoplan.errors import FileError
from geoplan.inputs.files.gate.raster_file import opened_raster
from geoplan.inputs.files.gate.reading import reading, said_by

#: what a study may say that the cells hold
UNITS = ("people", "per_km2", "per_ha")
#: tags that describe what the numbers are
_TAG_NAMES = re.compile(r"unit|descr|long_name|standard_name|title|variable|layer_name", re.I)
_PICTURE = {ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.palette}
#: cells at which the ground area of a cell is worked out; between them it is interpolated
_AREA_ROWS = 33


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PopulationRaster:
    """One band of a raster with people.

    crs, transform, shape : the grid, north up. band : number of the band that counts.
    dtype : of the numbers as they are stored. scale, offset : people = stored * scale + offset.
    unit : ``people``, ``per_km2`` or ``per_ha``. said : where it is written that it is a density;
        empty where nothing says so. asked : the study says the unit itself.
    carries_crs : the file says its CRS.
    """

    path: Path
    crs: pyproj.CRS
    transform: Affine
    shape: tuple[int, int]
    band: int
    dtype: np.dtype[Any]
    scale: float = 1.0
    offset: float = 0.0
    unit: str = "people"
    said: str = ""
    asked: bool = False
    carries_crs: bool = True

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in the raster's CRS."""
        t, (height, width) = self.transform, self.shape
        return t.c, t.f + t.e * height, t.c + t.a * width, t.f

    def read(self, window: Window) -> NDArray[np.float64]:
        """The numbers as they are stored, NaN where there are no data."""
        try:
            with opened_raster(self.path) as source:
                band = source.read(self.band, masked=True, window=window)
        except (RasterioIOError, MemoryError, ValueError) as error:
            why = said_by(error)
            raise FileError.of("file_faults.raster_broken", name=self.name, error=why) from error
        return np.ma.filled(band.astype(np.float64), np.nan)

    def cell_km2(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Ground covered by a cell in each of `rows`, square kilometres."""
        if len(rows) == 0:
            return np.empty(0)
        at = np.unique(np.linspace(rows.min(), rows.max(), _AREA_ROWS).round())
        t = self.transform
        west = t.c + t.a * (self.shape[1] // 2)
        to_degrees = pyproj.Transformer.from_crs(self.crs, "EPSG:4326", always_xy=True)
        geod = pyproj.Geod(ellps="WGS84")
        areas = np.empty(len(at))
        for k, row in enumerate(at):
            north = t.f + t.e * row
            x = np.array([west, west + t.a, west + t.a, west])
            y = np.array([north, north, north + t.e, north + t.e])
            lon, lat = to_degrees.transform(x, y)
            areas[k] = abs(geod.polygon_area_perimeter(lon, lat)[0]) / 1e6
        known = np.isfinite(areas) & (areas > 0)
        if not known.any():
            return np.full(len(rows), np.nan)
        return np.interp(rows, at[known], areas[known])


def open_raster(
    path: Path, *, crs: str | None = None, layer: str | None = None, unit: str | None = None
) -> PopulationRaster:
    """The raster at `path`, nothing read yet.

    Parameters
    ----------
    path : any raster that GDAL reads. crs : of one that does not carry its own.
    layer : number or description of the band that counts, where there are several.
    unit : what the study says that the cells hold; see `UNITS`.

    Raises
    ------
    FileError
        It cannot be read, is a picture, has several bands of which none is named, has no CRS, or is
        rotated.
    """
    try:
        with reading(), opened_raster(path) as source:
            return _described(source, path, crs, layer, unit)
    except FileError as error:
        if isinstance(error.__cause__, RasterioIOError):
            why = said_by(error.__cause__)
            raise FileError.of("file_faults.raster_broken", name=path.name, error=why) from error
        raise


def _described(
    source: Any, path: Path, crs: str | None, layer: str | None, unit: str | None
) -> PopulationRaster:
    _refuse_pictures(source, path)
    band = _band(source, path, layer)
    own = source.crs if source.crs is not None else crs
    if own is None:
        raise FileError.of("file_faults.raster_no_crs")
    t = source.transform
    if t.b or t.d or t.e >= 0 or t.a <= 0:
        raise FileError.of("file_faults.raster_rotated", name=path.name)
    dtype = np.dtype(source.dtypes[band - 1])
    if dtype.kind == "c":
        raise FileError.of("file_faults.raster_picture", name=path.name, why=str(dtype))
    found, said = _density(path.stem, dict(_texts(source, band)))
    return PopulationRaster(
        path=path,
        crs=pyproj.CRS.from_user_input(own),
        transform=t,
        shape=source.shape,
        band=band,
        dtype=dtype,
        scale=float(source.scales[band - 1]),
        offset=float(source.offsets[band - 1]),
        unit=unit or found,
        said=said,
        asked=unit is not None,
        carries_crs=source.crs is not None,
    )


def _refuse_pictures(source: Any, path: Path) -> None:
    colours = [c for c in source.colorinterp if c in _PICTURE]
    small = all(np.dtype(d).itemsize == 1 for d in source.dtypes)
    if colours and (len(colours) > 1 or ColorInterp.palette in colours) and small:
        why = ", ".join(c.name for c in colours)
        raise FileError.of("file_faults.raster_picture", name=path.name, why=why)


def _band(source: Any, path: Path, layer: str | None) -> int:
    """The number of the band that counts."""
    alpha = {ColorInterp.alpha}
    bands = [k for k in source.indexes if source.colorinterp[k - 1] not in alpha]
    if len(bands) == 1 and layer is None:
        return int(bands[0])
    names = {k: str(source.descriptions[k - 1] or "") for k in bands}
    for k in bands:
        if layer is not None and layer.strip() in (str(k), names[k]):
            return int(k)
    listed = ", ".join(f"{k} ({names[k]})" if names[k] else str(k) for k in bands[:12])
    listed += " …" if len(bands) > 12 else ""
    raise FileError.of("file_faults.raster_bands", name=path.name, count=len(bands), bands=listed)


def _texts(source: Any, band: int) -> Iterator[tuple[str, str]]:
    """What the file says about the numbers of `band`, by where it stands."""
    yield "unit", str(source.units[band - 1] or "")
    yield "description", str(source.descriptions[band - 1] or "")
    for tags in (source.tags(band), source.tags()):
        for name, text in tags.items():
            if _TAG_NAMES.search(name):
                yield name, str(text)


def _density(stem: str, texts: Mapping[str, str]) -> tuple[str, str]:
    """``people`` or a density, and the words that say so; ``density`` where no unit is said."""
    for where, text in {**texts, "": stem}.items():
        # an underscore or a digit parts words in a file's name: chn_pd_2020_1km
        plain = text if where else re.sub(r"([_\d]+)", r" \1 ", text)
        for unit, words in _unit_words().items():
            if any(word.search(plain.lower()) or word.search(text.lower()) for word in words):
                return unit, f"{where} = {text}" if where else text
    return "people", ""


@cache
def _unit_words() -> dict[str, tuple[re.Pattern[str], ...]]:
    text = files(__package__).joinpath("unit_words.toml").read_text(encoding="utf-8")
    return {unit: tuple(map(re.compile, words)) for unit, words in tomllib.loads(text).items()}
