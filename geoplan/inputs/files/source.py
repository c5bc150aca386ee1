"""`LayerSource`: where a layer is and how the study says to read it."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from geoplan.inputs.files.database import is_database_url, mask_password
from geoplan.inputs.files.gate.mosaic import named_in_mosaic
from geoplan.inputs.files.gate.regular_file import files_in
from geoplan.inputs.files.read_once import ReadOnce
from geoplan.inputs.files.shown_names import shown_name

#: layers that are read by themselves share nothing, so a file that changes is read anew
ALONE = ReadOnce(keeps=False)
#: stands for all headings among those whose personal data are kept
KEEP_ALL = "*"


@dataclass(frozen=True, kw_only=True, slots=True)
class LayerSource:
    """Where a layer is and how to read it.

    Parameters
    ----------
    path : the file, or a ``postgresql://`` URL.
    name : how findings call the file, usually its path relative to the study.
    layer, sheet : of a file that holds several.
    datum : ``wgs84``, ``gcj02``, ``bd09`` or ``cgcs2000``, for coordinates in degrees.
    crs : of coordinates in metres, or of a file that does not carry its own.
    encoding : of a text file or a Shapefile; found when None.
    columns : role -> heading, where the heading is not one of the known ones.
    where : a simple condition on the file's own columns; only rows that meet it are read.
    unit : what the cells of a population raster hold, ``people``, ``per_km2`` or ``per_ha``; None =
        people, unless the file says otherwise.
    role : what the layer is for, kept in the input's record.
    keep : headings whose personal data stay in the internal edition; `KEEP_ALL` stands for all.
    reads : what a reading of several layers has worked out; each alone unless it is shared.

    Examples
    --------
    >>> source = LayerSource(path="people.csv", datum="wgs84", columns={"people": "pop60"})
    >>> source.label, source.suffix, source.is_url
    ('people.csv', '.csv', False)
    >>> LayerSource(path="postgresql://me:secret@host/city", layer="people").label
    'postgresql://me:***@host/city'
    """

    path: Path | str
    name: str = ""
    layer: str | None = None
    sheet: str | None = None
    datum: str | None = None
    crs: str | None = None
    encoding: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    where: str | None = None
    unit: str | None = None
    role: str = ""
    keep: tuple[str, ...] = ()
    reads: ReadOnce = field(default=ALONE, repr=False, compare=False)

    @property
    def label(self) -> str:
        """How findings call the file: see `shown_name`; a database without its password."""
        return shown_name(mask_password(self.name or str(self.path)))

    @property
    def is_url(self) -> bool:
        """Whether the layer stands in a database."""
        return is_database_url(self.path)

    @property
    def cells(self) -> Hashable:
        """A key of all that its rows and cells depend on; the role of its columns is no part."""
        place = (str(self.path), self.name, self.layer, self.sheet, self.encoding)
        return (*place, self.datum, self.crs, tuple(self.columns.items()))

    @property
    def suffix(self) -> str:
        """The file's ending in lower case, with both parts of ``.shp.zip``."""
        name = str(self.path).lower()
        return ".shp.zip" if name.endswith(".shp.zip") else Path(name).suffix


@dataclass(frozen=True, kw_only=True, slots=True)
class SumTo:
    """A census table that people are scaled to: `weight` per area of `level`.

    Parameters
    ----------
    source : the census table, one row per area, with the area's code or name.
    level : area level of its rows, for example ``"district"``.
    weight : heading of its people column.

    Examples
    --------
    >>> census = SumTo(source=LayerSource(path="census.csv"), level="district", weight="pop60")
    >>> census.level, census.source.suffix
    ('district', '.csv')
    """

    source: LayerSource
    level: str
    weight: str


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, hex; of a folder (a file geodatabase) over its files in order."""
    digest = hashlib.sha256()
    for one in files_in(path) if path.is_dir() else [path]:
        with one.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


#: endings of the files that belong to one: what a reader reads beside it
PARTS = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg", ".qpj"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
    ".tif": (".tfw", ".tif.aux.xml", ".prj"),
    ".asc": (".prj", ".asc.aux.xml"),
    ".bil": (".hdr", ".prj"),
    ".flt": (".hdr", ".prj"),
}


def file_parts(path: Path) -> dict[str, str]:
    """SHA-256 of the files that are read with `path`, by name: without them its own says little."""
    if path.suffix.lower() == ".vrt" and path.is_file():
        return {name: file_sha256(part) for name, part in named_in_mosaic(path).items()}
    endings = PARTS.get(path.suffix.lower(), ())
    if not endings or not path.is_file():
        return {}
    stem = path.name[: -len(path.suffix)].lower()
    wanted = {stem + ending for ending in endings}
    beside = sorted(p for p in path.parent.iterdir() if p.name.lower() in wanted and p.is_file())
    return {p.name: file_sha256(p) for p in beside}
