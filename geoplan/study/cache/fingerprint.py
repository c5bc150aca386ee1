"""What a stage depends on, as text: geoplan and its libraries, settings, content of files."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

import geoplan
from geoplan.inputs.files.database import is_database_url
from geoplan.inputs.files.gate.mosaic import named_in_mosaic

T = TypeVar("T")

#: libraries whose version can change a number or the form of what is kept
LIBRARIES = (
    *("geopandas", "shapely", "pyproj", "pyogrio", "rasterio", "exactextract", "pandas", "numpy"),
    *("scipy", "numba", "highspy", "osmium", "openpyxl", "python-calamine", "pyarrow", "pydantic"),
    *("folium", "matplotlib", "python-docx", "pylopdf-fonts-zh-cn"),
)
_CHUNK = 1 << 20
#: files of a folder that are looked at; what depends on a larger one is not kept
_MOST_FILES = 10_000


class TooManyFilesError(Exception):
    """A folder holds more files than are looked at."""


def key_of(*parts: Any) -> str:
    """One key for all of `parts`: texts, numbers, lists and mappings of them, in their order."""
    text = json.dumps(parts, ensure_ascii=False, allow_nan=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def code_key() -> str:
    """A key of geoplan's sources and data, and of the versions of the libraries that matter."""
    package = Path(geoplan.__file__).parent
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(package.rglob("*")):
        if "__pycache__" not in path.parts and path.is_file():  # what Python and Numba compile
            digest.update(path.relative_to(package).as_posix().encode())
            digest.update(path.read_bytes())
    for name in LIBRARIES:
        digest.update(f"{name} {_version(name)}".encode())
    return digest.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def environment_key() -> list[str]:
    """Variables of the environment that settings come from."""
    return sorted(
        f"{name}={value}" for name, value in os.environ.items() if name.startswith("GEOPLAN_LIMIT_")
    )


class FileDigests:
    """SHA-256 of files and folders, each read once in its lifetime."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self._known: dict[Path, str] = {}

    def named_in(self, settings: Any) -> dict[str, dict[str, str]] | None:
        """The content of all that a text in `settings` names: by that text, file by file.

        Files beside it whose names begin alike belong to it (.shx, .cpg, .tif.aux.xml), and all of
        a folder. They go by their names beside it or within it: where `base` lies says nothing of
        what they hold. None where something is named whose content cannot be known: a database, a
        very large folder, a file that cannot be read.
        """
        return self._each(settings, self._digest)

    def marks_in(self, settings: Any) -> dict[str, dict[str, tuple[int, ...]]] | None:
        """Of the files of `named_in`, what the file system changes whenever one is written."""
        return self._each(settings, _mark)

    def _each(self, settings: Any, told: Callable[[Path], T]) -> dict[str, dict[str, T]] | None:
        found: dict[str, dict[str, T]] = {}
        for text in dict.fromkeys(texts_in(settings)):
            if is_database_url(text):
                return None
            try:
                files = self._files_of(text)
                if files is not None:
                    found[text] = {name: told(path) for name, path in files.items()}
            except (TooManyFilesError, OSError):
                return None
        return found

    def _files_of(self, text: str) -> dict[str, Path] | None:
        """All files that belong to what `text` names, by name; None where nothing is there."""
        if not text.strip() or "\0" in text or len(text) > 4000:
            return None
        try:
            path = self.base / text
            if path.is_dir():
                return _by_name(files_within(path), path)
            if not path.exists():
                return None
            if path.suffix.lower() in (".vrt", ".adf"):  # parts of any name beside them
                parts = named_in_mosaic(path) if path.suffix.lower() == ".vrt" else {}
                return parts | _by_name(files_within(path.parent), path.parent)
            stem = path.name.split(".")[0]
            beside = sorted(p for p in path.parent.iterdir() if _begins(p, stem) and p.is_file())
            return _by_name(beside, path.parent)
        except OSError as error:
            if error.errno in (errno.ENAMETOOLONG, errno.EINVAL):  # a sentence, no path
                return None
            raise

    def _digest(self, path: Path) -> str:
        if path not in self._known:
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
            self._known[path] = digest.hexdigest()
        return self._known[path]


def _mark(path: Path) -> tuple[int, ...]:
    told = path.stat()
    return told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_ino


def _by_name(files: Iterable[Path], folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in files}


def _begins(path: Path, stem: str) -> bool:
    return path.name.split(".")[0].lower() == stem.lower()


def files_within(folder: Path) -> list[Path]:
    """All files of a folder and of those in it; raises `TooManyFilesError`."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            found.append(path)
        if len(found) > _MOST_FILES:
            raise TooManyFilesError(folder)
    return sorted(found)


def texts_in(settings: Any) -> Iterator[str]:
    """Every text within mappings and lists."""
    if isinstance(settings, str):
        yield settings
    elif isinstance(settings, Mapping):
        for value in settings.values():
            yield from texts_in(value)
    elif isinstance(settings, (list, tuple)):
        for value in settings:
            yield from texts_in(value)
