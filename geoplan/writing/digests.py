"""What is in a file, as a short text: whether it is still what geoplan wrote."""

from __future__ import annotations

import hashlib
import marshal
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

#: how the first bytes of a SQLite file read, so of a GeoPackage
SQLITE = b"SQLite format 3\0"
#: dates and permissions that `inputs.findings.fixed_clock` gives to the parts of office files
_OFFICE_MARK = ((1980, 1, 1, 0, 0, 0), 0o600 << 16)
#: the moment that `outputs.gis.described` writes instead of now
_GEOPACKAGE_MARK = "2000-01-01T00:00:00.000Z"

#: rows that are read together
_AT_ONCE = 1000
#: how the digest of a GeoPackage begins, and rows as the bytes that are summed up; that of the rows
#: follows, then that of the file's bytes. Marshal's version 2 is the same in every Python and takes
#: a tenth of the time of `repr`, in which older runs were recorded
_FORMS: dict[str, Callable[[list[Any]], bytes]] = {
    "packed:": lambda rows: marshal.dumps(rows, 2),
    "rows:": lambda rows: "".join(map(repr, rows)).encode("utf-8", "backslashreplace"),
}
_NEWEST = "packed:"
#: tables that are no layers: QGIS keeps projects in one. Those of the format itself and of indexes
#: are changed by looking
_OTHER_TABLES = r"""SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'gpkg\_%'
ESCAPE '\' AND name NOT LIKE 'rtree\_%' ESCAPE '\' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'"""


def digest(path: Path) -> str:
    """SHA-256 of a file; of a GeoPackage, of its rows, too: QGIS changes its bytes by looking.

    Of a folder that is one thing (a geodatabase), of its files; locks of who reads it left out.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    if path.is_dir():
        sums = hashlib.sha256()
        for inside in sorted(path.iterdir()):
            if inside.suffix != ".lock":
                sums.update(f"{inside.name} {digest(inside)}\n".encode())
        return sums.hexdigest()
    if path.suffix == ".gpkg":
        rows = _rows_digest(path, _NEWEST)
        if rows:
            return f"{_NEWEST}{rows}/{_bytes_digest(path)}"
    return _bytes_digest(path)


def is_still(path: Path, written: str) -> bool:
    """Whether a file is what had the digest `written`.

    Of a GeoPackage the bytes come first: its rows, which take fifty times as long, are read only
    where they differ. Changes that somebody's program has yet to move into it stand beside it.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    form = next((form for form in _FORMS if written.startswith(form)), None)
    if form is None:
        return digest(path) == written
    rows, _, content = written.removeprefix(form).partition("/")
    beside = path.with_name(f"{path.name}-wal")
    settled = not beside.exists() or beside.stat().st_size == 0
    return (settled and _bytes_digest(path) == content) or _rows_digest(path, form) == rows


def _bytes_digest(path: Path) -> str:
    sums = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            sums.update(part)
    return sums.hexdigest()


def _rows_digest(path: Path, form: str) -> str:
    """Of all layers and their styles; empty where this is no sound GeoPackage."""
    try:
        return _rows_read(path, form, str)
    except sqlite3.OperationalError:  # a text that is no UTF-8
        pass
    except (sqlite3.Error, ValueError):
        return ""
    try:
        return _rows_read(path, form, lambda raw: raw.decode("utf-8", "replace"))
    except (sqlite3.Error, ValueError):
        return ""


def _rows_read(path: Path, form: str, text: Any) -> str:
    """The digest of all rows in a form of `_FORMS`, their texts made by `text`.

    The newest form has the columns' names and tables that are no layers, too.
    """
    sums = hashlib.sha256()
    link = _reading(path)
    link.text_factory = text
    try:
        names = {str(n) for (n,) in link.execute("SELECT table_name FROM gpkg_contents")}
        if form == _NEWEST:
            names |= {str(n) for (n,) in link.execute(_OTHER_TABLES)}
        for name in sorted({*names, "layer_styles"}):
            quoted = name.replace('"', '""')
            rows = link.execute(f'SELECT * FROM "{quoted}" ORDER BY rowid')
            if form == _NEWEST:
                sums.update(marshal.dumps([name, *(column for column, *_ in rows.description)], 2))
            while some := rows.fetchmany(_AT_ONCE):
                sums.update(_FORMS[form](some))
    finally:
        link.close()
    return sums.hexdigest()


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def is_own_office_file(path: Path) -> bool:
    """Whether a workbook or a document is as geoplan wrote it: saving it anew changes the marks."""
    try:
        with ZipFile(path) as archive:
            parts = archive.infolist()
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    return bool(parts) and all((p.date_time, p.external_attr) == _OFFICE_MARK for p in parts)


def is_own_geopackage(path: Path) -> bool:
    """Whether a GeoPackage is as geoplan wrote it: who edits it writes the moment."""
    try:
        with path.open("rb") as file:
            if file.read(len(SQLITE)) != SQLITE:
                return False
        link = _reading(path)
    except (OSError, sqlite3.Error, ValueError):
        return False
    try:
        moments = {m for (m,) in link.execute("SELECT last_change FROM gpkg_contents")}
        styled = link.execute("SELECT count(*) FROM layer_styles").fetchone()[0]
    except sqlite3.Error:
        return False
    finally:
        link.close()
    return moments == {_GEOPACKAGE_MARK} and styled > 0
