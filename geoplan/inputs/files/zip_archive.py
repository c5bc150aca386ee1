"""Zip archives as they are sent around: Shapefiles in folders, with Chinese names, several at once.

One file is taken out into a folder of its own and read as it would be without the archive; nothing
that stands beside it is looked at.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from geoplan.errors import FileError
from geoplan.inputs.files.gate.archive import checked_archive, look_at

#: names in a .zip are UTF-8 where this flag says so, else what the sender's machine used
_UTF8 = 0x800
#: files that belong to one, by its ending
_PARTS = {
    ".shp": (".shp", ".shx", ".dbf", ".prj", ".cpg"),
    ".tab": (".tab", ".dat", ".map", ".id", ".ind", ".cpg"),
}


@contextmanager
def file_inside(path: Path, layer: str | None, endings: Collection[str]) -> Iterator[Path]:
    """The one file of an archive, put into a folder of its own for as long as it is read.

    Parameters
    ----------
    path : the archive.
    layer : the file's name without ending, where there are several.
    endings : of the files that can be read; where there is a Shapefile, others do not count.

    Yields
    ------
    Path of the file (of a file geodatabase its folder).

    Raises
    ------
    FileError
        No archive, an encrypted or too large one, no such file in it, or several and none named.
    """
    with (
        checked_archive(path, whole=False) as archive,
        tempfile.TemporaryDirectory(prefix="geoplan-") as folder,
    ):
        sets = _sets(archive, endings)
        shapes = {key: one for key, one in sets.items() if key.endswith(".shp")}
        sets = shapes or sets
        names = [PurePosixPath(key).stem for key in sets]
        if not sets:
            raise FileError.of("file_faults.zip_without_layer", known=", ".join(endings))
        if len(sets) > 1 and layer is None:
            raise FileError.of("file_faults.several_layers", layers=", ".join(names))
        if layer is not None and layer not in names and (shapes or len(sets) > 1):
            raise FileError.of("file_faults.no_layer_named", layer=layer, layers=", ".join(names))
        chosen = list(sets)[names.index(layer) if layer in names else 0]
        parts = sets[chosen]
        look_at(archive, parts.values())
        for name, member in parts.items():
            target = Path(folder) / name
            target.parent.mkdir(exist_ok=True)
            with archive.open(member) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy)
        yield Path(folder) / _safe(PurePosixPath(chosen).name)


def _sets(
    archive: zipfile.ZipFile, endings: Collection[str]
) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """The members that make up each readable file, under the names they get, by its path."""
    members: dict[str, zipfile.ZipInfo] = {}
    for member in archive.infolist():
        name = PurePosixPath(member_name(member))
        if not member.is_dir() and not name.name.startswith("._"):  # what macOS puts beside each
            members[str(name)] = member
    folders = _geodatabases(members) if ".gdb" in endings else {}
    sets = dict(folders)
    inside = {path for one in folders for path in members if path.startswith(one + "/")}
    beside: dict[str, dict[str, str]] = {}
    for path in members:
        name = PurePosixPath(path)
        beside.setdefault(str(name.with_suffix("")), {})[path] = name.suffix.lower()
    for stem, files in beside.items():
        for path, ending in files.items():
            if ending in endings and path not in inside:
                sets[stem + ending] = {
                    _safe(PurePosixPath(stem).name) + part: members[p]
                    for p, part in files.items()
                    if p == path or part in _PARTS.get(ending, ())
                }
    return sets


def _safe(name: str) -> str:
    """A file's name without signs that are separators on some systems."""
    return re.sub(r"[\\/:*?\"<>|\x00-\x1f]", "_", name)


def _geodatabases(members: dict[str, zipfile.ZipInfo]) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """The file geodatabases of an archive: folders whose names end in .gdb."""
    found: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for path, member in members.items():
        folder = PurePosixPath(path).parent
        if folder.suffix.lower() == ".gdb":
            inside = f"{_safe(folder.name)}/{_safe(PurePosixPath(path).name)}"
            found.setdefault(str(folder), {})[inside] = member
    return found


def member_name(member: zipfile.ZipInfo) -> str:
    """A member's name, read as GB18030 where the archive does not say UTF-8."""
    if member.flag_bits & _UTF8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030").replace("\\", "/")
    except UnicodeError:
        return member.filename
