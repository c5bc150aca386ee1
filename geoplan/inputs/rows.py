"""Opening a layer: rows as text with their roles, and geometry where the file has it."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import FileError
from geoplan.inputs.columns.parse_numbers import is_power, read_numbers
from geoplan.inputs.columns.personal_data import hide_personal, personal_columns
from geoplan.inputs.columns.roles import (
    by_role,
    find_roles,
    known_roles,
    match_given,
    plain,
    total_words,
)
from geoplan.inputs.files.source import LayerSource
from geoplan.inputs.files.table import (
    BOOK_SUFFIXES,
    TEXT_SUFFIXES,
    RawTable,
    give_back,
    read_tables,
)
from geoplan.inputs.files.vector import VECTOR_SUFFIXES, read_vector
from geoplan.inputs.findings.collector import Notes, roles_of

#: the word for a total, with spaces and a colon
_LONGEST_TOTAL = 12
#: what is only told about a file
_TOLD = ("sheets_skipped", "driver_says")
_REPEATED = re.compile(r".+\.\d+")
_CONDITION = re.compile(r"^\s*(.+?)\s*(==|!=|<=|>=|<|>)\s*(.+?)\s*$")
_OPERATORS: dict[str, Callable] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rows:
    """A file's data rows.

    text : all cells as text, columns = headings.
    geometry : of vector files; None for tables.
    roles : heading -> role.
    """

    text: pd.DataFrame
    geometry: gpd.GeoSeries | None
    roles: dict[str, str]

    def __len__(self) -> int:
        return len(self.text)

    def column(self, role: str) -> pd.Series | None:
        """The cells of the column taken for `role`, or None."""
        heading = roles_of(self.roles, role)
        return None if heading is None else self.text[heading]

    def heading(self, role: str) -> str:
        """The heading taken for `role`, or ""."""
        return roles_of(self.roles, role) or ""

    def only(self, *roles: str) -> Rows:
        """The same rows with the columns of `roles` and without geometry."""
        kept = {heading: role for heading, role in self.roles.items() if role in roles}
        return Rows(text=self.text[list(kept)], geometry=None, roles=kept)


def open_rows(
    source: LayerSource, notes: Notes, *, extra: Iterable[str] = (), figures: bool = False
) -> Rows:
    """Read the file, find the roles, leave out personal columns, totals and rows not asked for.

    Parameters
    ----------
    extra : headings that are wanted for themselves (people columns): never taken for a role.
    figures : True where the study's ``columns`` name figures of its own and not roles.

    Raises
    ------
    InputError
        What cannot be read at all; the caller makes it a finding.
    """
    tables, geometry = _read(source)
    text, rows, sheets = _stack(tables)
    doubted = _stack_masks(tables)
    doubts = [doubt for t in tables for doubt in t.doubts]
    unnamed = sum(t.unnamed for t in tables)
    del tables
    give_back()
    headings = [str(c) for c in text.columns]
    given, missing = match_given(headings, source.columns if figures else by_role(source.columns))
    if missing:
        raise FileError.of(
            "file_faults.columns_missing", missing=", ".join(missing), headings=", ".join(headings)
        )
    taken = {h for h in headings if plain(h) in {plain(e) for e in extra}}
    free = [h for h in headings if h not in given and h not in taken]
    roles = _roles(text, given, free)
    keep = np.ones(len(text), bool)
    if source.where is not None:
        keep &= condition(text, source.where)
    skipped = _is_total(text, roles)
    keep &= ~skipped
    notes.with_rows(text, rows, sheets)
    notes.roles = roles
    for position in np.flatnonzero(skipped):
        # said before rows are renumbered; a sum of other rows is no row of its own
        notes.about_row(int(position), "total_row", "note")
    if geometry is not None:
        geometry = geometry[keep].reset_index(drop=True)
    if not keep.all():
        text = text[keep].reset_index(drop=True)
        rows, sheets = rows[keep], sheets[keep]
    notes.with_rows(text, rows, sheets)
    for code, mask in doubted.items():
        for position in np.flatnonzero(mask[keep]):
            notes.about_row(int(position), code, "warning")
    _same_headings(text, roles, given, notes)
    for code, values in doubts:
        notes.about_file(code, "note" if code in _TOLD else "warning", **values)
    if unnamed:
        notes.about_file("unnamed_columns", "note", count=unnamed)
    _lost_codes(text, roles, notes)
    if len(text) == 0:
        notes.about_file("no_rows", "warning")
    personal = personal_columns(text, keep=set(roles) | taken)
    for heading in personal:
        notes.about_file("personal", "warning", column=heading)
    text = text.drop(columns=personal)
    text = _without_numbers_of_people(text, roles, taken, notes)
    roles = {h: r for h, r in roles.items() if h not in personal}
    notes.with_rows(text, rows, sheets)
    notes.roles = roles
    give_back()
    return Rows(text=text, geometry=geometry, roles=roles)


def _roles(text: pd.DataFrame, given: dict[str, str], free: list[str]) -> dict[str, str]:
    """Role by heading: as given, then as the headings say, filled columns before empty ones.

    An empty column has a role only where no filled one has it: KML's own Name beside 名称.
    """
    roles = dict(given)
    empty = {h for h in free if not (text[h] != "").any()}
    for some in ([h for h in free if h not in empty], [h for h in free if h in empty]):
        roles |= find_roles(some, wanted=[r for r in known_roles() if r not in roles.values()])
    return {h: roles[h] for h in map(str, text.columns) if h in roles}


def _same_headings(
    text: pd.DataFrame, roles: dict[str, str], given: dict[str, str], notes: Notes
) -> None:
    """A heading that stands twice over different cells: one of them is used, which is told."""
    for heading in map(str, text.columns):
        twin = heading.rpartition(".")[0]
        if heading in given or twin not in roles or not _REPEATED.fullmatch(heading):
            continue
        if ((text[heading] != text[twin]) & (text[heading] != "")).any():
            notes.about_file("same_heading", "warning", column=twin)


def _read(source: LayerSource) -> tuple[list[RawTable], gpd.GeoSeries | None]:
    if not source.is_url:
        check_file(Path(source.path), source.suffix)
    if not source.is_url and source.suffix in TEXT_SUFFIXES + BOOK_SUFFIXES:
        tables = read_tables(
            Path(source.path),
            sheet=source.sheet,
            encoding=source.encoding,
            columns=source.columns,
        )
        return tables, None
    if source.is_url or source.suffix in VECTOR_SUFFIXES:
        layer = read_vector(source)
        return [layer.table], layer.geometry
    known = ", ".join((*TEXT_SUFFIXES, *BOOK_SUFFIXES, *VECTOR_SUFFIXES))
    raise FileError.of("file_faults.unknown_ending", ending=source.suffix or "-", known=known)


def check_file(path: Path, suffix: str) -> None:
    """Raise unless there is a file with something in it that may be read (or a geodatabase)."""
    if not path.exists():
        raise FileError.of("file_faults.not_there")
    if path.is_dir() and suffix != ".gdb":
        inside = sorted(p.name for p in path.iterdir())[:8]
        raise FileError.of("file_faults.folder", inside=", ".join(inside) or "-")
    if not path.is_file():
        return
    if path.stat().st_size == 0:
        raise FileError.of("file_faults.empty")
    try:
        with path.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        raise FileError.of("file_faults.unreadable", error=error.strerror or error) from error


def _stack(tables: list[RawTable]) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """One table of all sheets, with row numbers and sheet names."""
    if len(tables) == 1:
        only = tables[0]
        return only.frame, only.rows, np.broadcast_to(np.array(only.sheet, object), len(only))
    rows = np.concatenate([t.rows for t in tables])
    sheets = np.concatenate([np.full(len(t), t.sheet, object) for t in tables])
    text = pd.concat([t.frame for t in tables], ignore_index=True).fillna("")
    return text, rows, sheets


def _stack_masks(tables: list[RawTable]) -> dict[str, np.ndarray]:
    """What is doubted about rows, of all sheets together."""
    codes = dict.fromkeys(code for t in tables for code in t.doubted)
    return {
        code: np.concatenate([t.doubted.get(code, np.zeros(len(t), bool)) for t in tables])
        for code in codes
    }


def _is_total(text: pd.DataFrame, roles: dict[str, str]) -> np.ndarray:
    """Rows that sum up others: 合计, 小计 and their like as the name or the first filled cell."""
    words = total_words()
    # few cells hold a letter that such a word begins with: only those are looked at closely
    letters = "".join(sorted({c for word in words for c in (word[0], word[0].upper())}))
    wide = "".join(chr(ord(c) + 0xFEE0) for c in letters if c.isascii())
    mask = np.zeros(len(text), bool)
    name = roles_of(roles, "name")
    for heading in {name or text.columns[0], text.columns[0]} if text.shape[1] else ():
        cells = text[heading]
        likely = (cells.str.len() <= _LONGEST_TOTAL) & cells.str.contains(f"[{letters}{wide}]")
        short = np.flatnonzero(likely.to_numpy(bool))
        mask[short] |= cells.iloc[short].map(plain).isin(words).to_numpy(bool)
    return mask


def _without_numbers_of_people(
    text: pd.DataFrame, roles: dict[str, str], taken: set[str], notes: Notes
) -> pd.DataFrame:
    """`text` with mobile and identity numbers in remarks, names and addresses hidden."""
    hidden = {}
    for heading in map(str, text.columns):
        if heading in taken or roles.get(heading, "name") not in ("name", "address", "status"):
            continue
        cells, where = hide_personal(text[heading])
        if len(where):
            hidden[heading] = cells
            notes.about_file(
                "personal_cells",
                "warning",
                column=heading,
                count=f"{len(where):,}",
                lines=notes.lines(where),
            )
    return text.assign(**hidden) if hidden else text


def _lost_codes(text: pd.DataFrame, roles: dict[str, str], notes: Notes) -> None:
    """Codes that a spreadsheet has turned into powers of ten: their last digits are gone."""
    for role in ("code", "id", "parent", "district", "street", "village"):
        heading = roles_of(roles, role)
        if heading is None:
            continue
        cells = text[heading]
        for position in np.flatnonzero(is_power(cells)):
            notes.about_row(
                int(position), "lost_code", "warning", column=heading, value=cells.iloc[position]
            )


def condition(text: pd.DataFrame, where: str) -> np.ndarray:
    """Bool per row for ``column op value [and ...]``; numbers are compared as numbers.

    Raises
    ------
    InputError
        It is no such condition, or names no column of the file.

    Examples
    --------
    >>> table = pd.DataFrame({"level": ["town", "village"], "n": ["3", "12"]})
    >>> condition(table, "level == 'village' and n > 5").tolist()
    [False, True]
    """
    mask = np.ones(len(text), bool)
    for part in re.split(r"\s+and\s+", where.strip()):
        match = _CONDITION.match(part)
        if match is None:
            raise FileError.of("file_faults.where_no_condition", where=where)
        column, sign, value = match.groups()
        column = column.strip("'\"`")
        if column not in text.columns:
            raise FileError.of(
                "file_faults.where_no_column", column=column, headings=", ".join(map(str, text))
            )
        quoted = value[:1] in "'\"" and value[-1:] == value[:1] and len(value) > 1
        compare = _OPERATORS[sign]
        if quoted or (sign in ("==", "!=") and not _numeric(value)):
            mask &= compare(text[column], value.strip("'\"")).to_numpy(bool)
        elif _numeric(value):
            mask &= compare(read_numbers(text[column])[0], float(value))
        else:
            raise FileError.of("file_faults.where_no_number", where=where, value=value)
    return mask


def _numeric(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", text))
