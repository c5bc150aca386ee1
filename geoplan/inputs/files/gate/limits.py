"""How large an input file may be: named limits, which a study or the environment may raise."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace

from geoplan.errors import FileError, UsageError
from geoplan.words.message import Message

#: name of a limit's environment variable: this and the limit's own name in capitals
_VARIABLE = "GEOPLAN_LIMIT_"


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Bounds of one input file; a file beyond one of them is refused with a finding.

    Each is a key of the section ``[limits]`` of a study; where a command knows no study, the
    environment variable ``GEOPLAN_LIMIT_`` and the name in capitals counts.

    Parameters
    ----------
    file_mb : size of the file (of a file geodatabase: of all its files), megabytes.
    unpacked_mb : what a zip, KMZ or workbook takes when it is unpacked.
    document_mb : an XML or JSON document that must be held in memory as a whole.
    block_mb : the piece in which a raster is stored, all of which is unpacked for any cell of it.
    raster_cells : cells of a population raster that lie around the study.
    members : files in an archive.
    columns, rows, cells : of a table; cells = rows x columns.
    seconds : for an answer that a database in a file has to work out.

    Examples
    --------
    >>> Limits().columns, Limits(columns=100).columns
    (2000, 100)
    """

    file_mb: float = 2_000
    unpacked_mb: float = 1_000
    document_mb: float = 100
    block_mb: float = 500
    raster_cells: int = 1_000_000_000
    members: int = 10_000
    columns: int = 2_000
    rows: int = 10_000_000
    cells: int = 50_000_000
    seconds: float = 20


_CURRENT: ContextVar[Limits | None] = ContextVar("geoplan_limits", default=None)


def current_limits() -> Limits:
    """The limits that hold now: of `limits_set`, else of the environment, else the defaults."""
    return _CURRENT.get() or _of_environment()


@contextmanager
def limits_set(values: Mapping[str, float]) -> Iterator[Limits]:
    """Other limits for as long as the block runs; those that are not named stay.

    Examples
    --------
    >>> with limits_set({"columns": 100}):
    ...     current_limits().columns
    100
    """
    limits = replace(current_limits(), **values)  # type: ignore[arg-type]
    token = _CURRENT.set(limits)
    try:
        yield limits
    finally:
        _CURRENT.reset(token)


def refuse_beyond(limit: str, found: float) -> None:
    """Raise where `found` is more than the limit allows.

    Parameters
    ----------
    limit : name of a field of `Limits`.
    found : the size that was found, in its unit.

    Raises
    ------
    FileError
        It says what was found, which limit that breaks, and how to raise it.

    Examples
    --------
    >>> refuse_beyond("columns", 20_000)
    Traceback (most recent call last):
    geoplan.errors.FileError: it has 20,000 columns; at most 2,000 are read. ...
    """
    most = getattr(current_limits(), limit)
    if not found > most:
        return
    enough = _round_up(found)
    raise FileError.of(
        "file_faults.beyond_limit",
        what=Message(f"file_faults.limit_{limit}", found=f"{found:,.0f}", most=f"{most:,.0f}"),
        key=limit,
        enough=enough,
        variable=_VARIABLE + limit.upper(),
    )


def megabytes(size: int) -> float:
    """Bytes as megabytes."""
    return size / 1e6


def _round_up(found: float) -> int:
    """A round number that is enough: two leading digits, rounded up."""
    step = 10 ** max(len(str(int(found))) - 2, 0)
    return (int(found) // step + 1) * step


def _of_environment() -> Limits:
    """The defaults with what the environment says."""
    given = {}
    for one in fields(Limits):
        text = os.environ.get(_VARIABLE + one.name.upper(), "").strip()
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not value > 0:
            raise UsageError.of("file_faults.bad_limit", variable=_VARIABLE + one.name.upper())
        given[one.name] = value
    return Limits(**given)  # type: ignore[arg-type]
