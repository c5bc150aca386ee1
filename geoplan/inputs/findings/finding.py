"""`Finding` about an input row or file, `Assumption`, `InputRecord`, `Loaded` layer with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

import pandas as pd

from geoplan.inputs.columns.personal.free_text import hide_in_text
from geoplan.inputs.files.shown_names import shown_name
from geoplan.words.text_format import sentences

Severity = Literal["error", "warning", "note"]

FINDING_COLUMNS = (
    "file",
    "sheet",
    "row",
    "column",
    "value",
    "problem",
    "advice",
    "severity",
)

#: findings about rows that only lack coordinates
WITHOUT_COORDINATES = ("address_only", "no_coordinates")

LayerT = TypeVar("LayerT")


@dataclass(frozen=True, kw_only=True, slots=True)
class Assumption:
    """What a run takes for granted because no input says it: on the report's first page.

    Names of places and persons do not stand in its texts: the public edition prints them too.

    what : what was assumed, a sentence.
    where : the file, or the section of the study.
    count : rows, sites, cells or ways concerned.
    effect : what that does to the numbers, a sentence.
    code : short stable name of the kind.
    """

    what: str
    where: str
    count: int
    effect: str
    code: str

    def to_dict(self) -> dict[str, Any]:
        """The entry in ``summary.json``."""
        return {name: getattr(self, name) for name in ("what", "where", "count", "effect")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something wrong, doubtful or assumed about an input row or file, and what to do about it.

    row : as the spreadsheet or the text editor counts it (the heading is row 1 in a plain table);
        None when the finding is about the whole file.
    severity : ``"error"`` (wrong: the row, or without a row the whole file, cannot be used),
        ``"warning"`` (used, but doubted, or only waiting for something such as geocoding),
        ``"note"`` (done, for information).
    code : short stable name of the kind of finding, for tests and filters.
    effect : of an assumption only: what it does to the numbers; see `Assumption`.
    count : of an assumption only: rows, sites, cells or ways concerned.
    """

    file: str
    problem: str
    advice: str
    severity: Severity
    code: str
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    effect: str = ""
    count: int = 0

    def __post_init__(self) -> None:
        """What a finding says holds no personal data, wherever its words come from."""
        object.__setattr__(self, "file", shown_name(self.file))
        for name in ("sheet", "column", "value", "problem", "advice", "effect"):
            object.__setattr__(self, name, hide_in_text(getattr(self, name)))

    @property
    def said(self) -> str:
        """The problem and the advice as one text."""
        return sentences(self.problem, self.advice)

    @property
    def assumption(self) -> Assumption | None:
        """What was assumed here; None where the finding assumes nothing."""
        if not self.effect:
            return None
        return Assumption(
            what=self.problem, where=self.file, count=self.count, effect=self.effect, code=self.code
        )

    def to_dict(self) -> dict[str, Any]:
        """The eight public columns."""
        return {name: getattr(self, name) for name in FINDING_COLUMNS}


def assumptions(findings: Iterable[Finding]) -> tuple[Assumption, ...]:
    """What the findings assume, each once, in their order."""
    every = (finding.assumption for finding in findings)
    return tuple(dict.fromkeys(one for one in every if one is not None))


def findings_frame(findings: list[Finding] | tuple[Finding, ...]) -> pd.DataFrame:
    """One row per finding: the eight public columns and ``code``; ``row`` <NA> for a whole file."""
    columns = [*FINDING_COLUMNS, "code"]
    rows = [[getattr(f, c) for c in columns] for f in findings]
    return pd.DataFrame(rows, columns=columns).astype({"row": "Int64"})


@dataclass(frozen=True, kw_only=True, slots=True)
class InputRecord:
    """One input file: rows = accepted + set_aside; `warned` rows are among the accepted.

    columns : what each heading was taken for, ``{"经度": "lon"}``.
    sheet : of a workbook, where all rows stand on one.
    parts : SHA-256 of the files that belong to this one (a Shapefile's ``.dbf``), by name.
    reasons : why rows are set aside, with their number, where that is counted and not listed.
    """

    path: str
    sha256: str
    rows: int
    accepted: int
    set_aside: int
    warned: int
    role: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""
    parts: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The names of files and sheets hold no personal data."""
        object.__setattr__(self, "path", shown_name(self.path))
        object.__setattr__(self, "sheet", hide_in_text(self.sheet))
        for name in ("columns", "parts"):
            found = {hide_in_text(key): value for key, value in getattr(self, name).items()}
            object.__setattr__(self, name, found)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Loaded(Generic[LayerT]):
    """A layer with what was found while it was read.

    layer : None when the file cannot be used at all (then a finding without row says why).
    set_aside : the rows set aside, whole, with the columns ``file``, ``sheet``, ``row``, ``why``
        first.
    also : further files that were read for this layer (a census table).
    """

    layer: LayerT | None
    record: InputRecord
    findings: tuple[Finding, ...]
    set_aside: pd.DataFrame
    also: tuple[Loaded[Any], ...] = ()
