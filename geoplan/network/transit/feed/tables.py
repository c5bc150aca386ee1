"""The tables of a GTFS feed as text: a zip or a folder, with whatever headings and encoding it has.

Files pass the gate that every input passes: regular, within the limits, nothing unpacked to disk.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path, PurePosixPath

import pandas as pd

from geoplan.errors import Faults, FileError, NetworkError
from geoplan.inputs.files.encoding import detect_encoding
from geoplan.inputs.files.gate.archive import checked_archive, look_at
from geoplan.inputs.files.gate.limits import refuse_beyond
from geoplan.inputs.files.gate.reading import reading
from geoplan.inputs.files.gate.regular_file import checked_file
from geoplan.words.message import Message

#: tables that are read, and the columns without which they are of no use
REQUIRED = {
    "stops": ("stop_id",),
    "routes": ("route_id",),
    "trips": ("route_id", "service_id", "trip_id"),
    "stop_times": ("trip_id", "stop_id", "stop_sequence"),
}
OPTIONAL = {
    "calendar": ("service_id", "start_date", "end_date"),
    "calendar_dates": ("service_id", "date", "exception_type"),
    "frequencies": ("trip_id", "start_time", "end_time", "headway_secs"),
    "shapes": ("shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence"),
    "transfers": ("from_stop_id", "to_stop_id"),
    "pathways": ("from_stop_id", "to_stop_id"),
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Feed:
    """One feed: its name and its tables, all cells text, "" where blank.

    The index of a table is the line of each row, as a text editor counts it.
    """

    name: str
    tables: dict[str, pd.DataFrame]

    def table(self, name: str, *columns: str) -> pd.DataFrame:
        """A table with at least these columns, "" where the feed has none; empty where it lacks."""
        found = self.tables.get(name, pd.DataFrame())
        absent = {c: "" for c in columns if c not in found.columns}
        return found.assign(**absent) if absent else found


def read_feed(path: str | PathLike[str]) -> Feed:
    """The tables of a feed.

    Parameters
    ----------
    path : a zip (its files at the top or in one folder), or a folder.

    Raises
    ------
    NetworkError
        No such file, no feed, or tables that lack what a timetable needs: all faults at once.
    """
    place = Path(path)
    tables: dict[str, pd.DataFrame] = {}
    faults = Faults(NetworkError, "transit.feed")
    try:
        with _members(place) as members:
            for name, columns in (REQUIRED | OPTIONAL).items():
                raw = members.get(name)
                if raw is None or not raw.strip():
                    if name in REQUIRED:
                        faults.add(
                            Message("transit.no_table", feed=place.name, table=f"{name}.txt")
                        )
                    continue
                tables[name] = _table(raw)
                lacking = [c for c in columns if c not in tables[name].columns]
                if lacking:
                    names = ", ".join(lacking)
                    values = {"feed": place.name, "table": f"{name}.txt", "names": names}
                    faults.add(Message("transit.no_columns", **values))
    except FileError as error:
        why = error.sentence or str(error)
        raise NetworkError.of("transit.unreadable", feed=place.name, why=why) from error
    if "calendar" not in tables and "calendar_dates" not in tables:
        faults.add(Message("transit.no_calendar", feed=place.name))
    faults.raise_all()
    return Feed(name=place.name, tables=tables)


@contextmanager
def _members(place: Path) -> Iterator[dict[str, bytes]]:
    """The bytes of the tables by name."""
    wanted = {f"{name}.txt": name for name in REQUIRED | OPTIONAL}
    if place.is_dir():
        inside = [place / file for file in wanted if (place / file).exists()]
        yield {
            wanted[one.name]: checked_file(one).read_bytes() for one in inside if one.stat().st_size
        }
        return
    checked_file(place)
    with checked_archive(place, whole=False) as archive:
        found: dict[str, zipfile.ZipInfo] = {}
        for member in sorted(archive.infolist(), key=lambda m: m.filename.count("/")):
            name = PurePosixPath(member.filename)
            if name.name.lower() in wanted and "__MACOSX" not in name.parts:
                found.setdefault(wanted[name.name.lower()], member)
        look_at(archive, found.values())
        yield {name: archive.read(member) for name, member in found.items()}


def _table(raw: bytes) -> pd.DataFrame:
    """A table of text; headings in small letters without the blanks around them."""
    refuse_beyond("rows", raw.count(b"\n"))
    file = detect_encoding(raw)
    with reading():
        table = pd.read_csv(
            io.BytesIO(file.raw),
            dtype=str,
            keep_default_na=False,
            skipinitialspace=True,
            encoding=file.encoding,
            encoding_errors="replace",
            index_col=False,
            on_bad_lines="skip",
        )
    table.columns = pd.Index([str(c).strip().strip("\ufeff").lower() for c in table.columns])
    table = table.loc[:, ~table.columns.duplicated()].fillna("")
    table.index = pd.RangeIndex(2, len(table) + 2)
    return table
