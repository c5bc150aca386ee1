"""Zipped Shapefiles as they are sent around: in folders, with Chinese names, several at once."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from geoplan.errors import FileError

#: names in a .zip are UTF-8 where this flag says so, else what the sender's machine used
_UTF8 = 0x800


@contextmanager
def shapefile_inside(path: Path, layer: str | None) -> Iterator[Path | None]:
    """The Shapefile `layer` of an archive, put into a folder of its own for as long as it is read.

    Parameters
    ----------
    path : the archive.
    layer : the Shapefile's name without ending; None where there is only one.

    Yields
    ------
    Path of the ``.shp``; None where the archive holds none.

    Raises
    ------
    FileError
        No archive, several Shapefiles and none named, or none of that name.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise FileError.of("file_faults.no_archive", ending=".zip") from error
    with archive, tempfile.TemporaryDirectory(prefix="geoplan-") as folder:
        sets = _sets(archive)
        if not sets:
            yield None
            return
        names = [PurePosixPath(key).name for key in sets]
        if layer is None and len(sets) > 1:
            raise FileError.of("file_faults.several_layers", layers=", ".join(names))
        if layer is not None and layer not in names:
            raise FileError.of("file_faults.no_layer_named", layer=layer, layers=", ".join(names))
        name = names[0] if layer is None else layer
        parts = sets[list(sets)[names.index(name)]]
        for ending, member in parts.items():
            with (
                archive.open(member) as source,
                (Path(folder) / f"{name}{ending}").open("wb") as target,
            ):
                shutil.copyfileobj(source, target)
        yield Path(folder) / f"{name}.shp"


def _sets(archive: zipfile.ZipFile) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """Members by path without ending, then by ending, for those with a ``.shp`` among them."""
    sets: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for member in archive.infolist():
        name = PurePosixPath(member_name(member))
        if member.is_dir() or name.name.startswith("._"):  # what macOS puts beside each file
            continue
        sets.setdefault(str(name.with_suffix("")), {})[name.suffix.lower()] = member
    return {key: parts for key, parts in sets.items() if ".shp" in parts}


def member_name(member: zipfile.ZipInfo) -> str:
    """A member's name, read as GB18030 where the archive does not say UTF-8."""
    if member.flag_bits & _UTF8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030").replace("\\", "/")
    except UnicodeError:
        return member.filename
