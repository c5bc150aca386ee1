"""Layers of a GeoPackage that the file works out while it is read: they may never end."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from geoplan.errors import FileError
from geoplan.inputs.files.gate.limits import current_limits, refuse_beyond
from geoplan.inputs.files.gate.reading import said_by

#: steps of the database between two looks at the clock, rows taken at one time
_STEPS, _ROWS = 10_000, 1_000
#: functions of GDAL that one view may call
_FUNCTIONS = 50
#: bytes of one cell
_LONGEST_CELL = 100_000_000
#: what `PRAGMA table_xinfo` says of a column that is worked out
_GENERATED = (2, 3)
_VIRTUAL = "create virtual table"


def refuse_endless(path: Path, layer: str) -> None:
    """Raise where a layer is a view that takes too long or grows too large, or no table at all.

    A view, or a table with columns that are worked out, is read once to its end under the limits;
    an ordinary table is as large as the file and costs nothing.

    Raises
    ------
    FileError
        It takes longer or has more rows or columns than a limit allows, or stands for other data.
    """
    with _opened(path) as database:
        _look(database, layer)


def refuse_endless_views(path: Path) -> None:
    """Raise where the first row of any view takes too long: GDAL asks for it to list the layers.

    Raises
    ------
    FileError
    """
    with _opened(path) as database:
        views = database.execute("SELECT name FROM sqlite_master WHERE type = 'view'").fetchall()
        _bound(database)
        for (name,) in views:
            _rows_of(database, f"SELECT * FROM {_quoted(name)} LIMIT 1").fetchall()


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The database, read only; what this library does not know of it is GDAL's to tell."""
    address = f"{path.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            yield database
    except sqlite3.Error as error:
        if "interrupted" in str(error):
            refuse_beyond("seconds", current_limits().seconds * 1.01)
        if _is_broken(error):
            raise FileError.of("file_faults.reader_failed", error=said_by(error)) from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _bound(database: sqlite3.Connection) -> None:
    """Interrupt the database where the limit of time or of a cell's size is reached."""
    end = time.monotonic() + current_limits().seconds
    database.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_CELL)


def _rows_of(database: sqlite3.Connection, query: str) -> sqlite3.Cursor:
    """The rows of a query; functions that only GDAL has say nothing instead of failing."""
    for _ in range(_FUNCTIONS):
        try:
            return database.execute(query)
        except sqlite3.OperationalError as error:
            _, known, name = str(error).partition("no such function: ")
            if not known:
                raise
            database.create_function(name, -1, lambda *_: None)
    return database.execute(query)


def _look(database: sqlite3.Connection, layer: str) -> None:
    quoted = _quoted(layer)
    found = database.execute(
        "SELECT type, sql FROM sqlite_master WHERE lower(name) = lower(?)", (layer,)
    ).fetchone()
    if found is None:
        return
    kind, sql = found[0], " ".join(str(found[1]).lower().split())
    if sql.startswith(_VIRTUAL):
        raise FileError.of("file_faults.pointer", what="CREATE VIRTUAL TABLE")
    columns = (
        database.execute(f"PRAGMA table_xinfo({quoted})").fetchall() if kind == "table" else []
    )
    refuse_beyond("columns", len(columns))
    if kind == "view" or any(column[6] in _GENERATED for column in columns):
        _read_through(database, quoted)


def _read_through(database: sqlite3.Connection, quoted: str) -> None:
    """All rows once, each forgotten at once, within the limits."""
    _bound(database)
    rows = 0
    cursor = _rows_of(database, f"SELECT * FROM {quoted}")
    width = len(cursor.description)
    refuse_beyond("columns", width)
    while some := cursor.fetchmany(_ROWS):
        rows += len(some)
        refuse_beyond("rows", rows)
        refuse_beyond("cells", rows * width)


def _is_broken(error: sqlite3.Error) -> bool:
    """Whether the file itself is at fault, and not what this library knows of it."""
    return "malformed" in str(error) or "not a database" in str(error) or "too big" in str(error)
