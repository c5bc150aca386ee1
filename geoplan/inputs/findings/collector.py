"""Collects the findings about one file, and which of its rows are set aside, while it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from geoplan.errors import FileError, GeoplanError
from geoplan.inputs.columns.personal.free_text import hide_in_text
from geoplan.inputs.files.gate.regular_file import checked_file
from geoplan.inputs.files.source import LayerSource, file_parts, file_sha256
from geoplan.inputs.findings.finding import Finding, InputRecord, Loaded, Severity
from geoplan.words import level_word, say

#: row numbers that a finding about many rows names
_NAMED_ROWS = 10
#: rows from which memory is worth being released
LARGE_TABLE = 100_000


@dataclass(kw_only=True, slots=True)
class FindingCollector:
    """Findings and set-aside rows of one file; turned into a `Loaded` at the end.

    Rows are named by their position in the table; findings carry their sheet and row number.

    source, lang : the file, and the language of the findings.
    sheets, rows, text : sheet name, row number and cells by position.
    roles : heading -> role.
    set_aside_reasons : why, by position. warned : positions of rows that are used but doubted.
    dropped, order : columns of the rows set aside that `text` has lost, and the order of all.
    """

    source: LayerSource
    lang: str
    sheets: np.ndarray = field(default_factory=lambda: np.empty(0, object))
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    text: pd.DataFrame = field(default_factory=pd.DataFrame)
    roles: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    set_aside_reasons: dict[int, str] = field(default_factory=dict)
    dropped: pd.DataFrame | None = None
    order: list[str] = field(default_factory=list)
    warned: set[int] = field(default_factory=set)

    def about_file(
        self, code: str, severity: Severity, /, *, assumed: bool = False, **values: Any
    ) -> None:
        """A finding about the whole file.

        assumed : whether something is assumed: the words ``inputs.<code>_effect`` say what that
            does to the numbers, ``count`` (among `values`) how many rows are concerned. The words
            name no place and no person: the report's first page prints them, the public one too.
        """
        self._add(
            code,
            severity,
            values,
            effect=say(self.lang, f"inputs.{code}_effect", **values) if assumed else "",
            count=int(values["count"]) if assumed else 0,
            sheet=self._only_sheet(),
            column=str(values.get("column", "")),
            value=str(values.get("value", "")),
        )

    def about_rows_together(
        self,
        where: np.ndarray,
        code: str,
        severity: Severity,
        /,
        *,
        assumed: bool = False,
        **values: Any,
    ) -> None:
        """One finding about all of these rows, its ``count`` and ``lines``; none without rows.

        where : bool per row, or positions. assumed : see `about_file`.
        """
        at = np.flatnonzero(where) if where.dtype == bool else where
        if len(at):
            lines = self.row_numbers(at)
            self.about_file(code, severity, assumed=assumed, count=len(at), lines=lines, **values)

    def about_row(
        self,
        position: int,
        code: str,
        severity: Severity,
        /,
        *,
        column: str = "",
        value: object = "",
        set_aside: bool = False,
        **values: Any,
    ) -> None:
        """A finding about one row; `set_aside` sets it aside."""
        problem = self._add(
            code,
            severity,
            {"value": value, **values},
            sheet=str(self.sheets[position]),
            row=int(self.rows[position]),
            column=column,
            value=str(value),
        )
        if set_aside:
            self.set_aside_reasons.setdefault(position, problem)
        elif severity != "note":
            self.warned.add(position)

    def about_rows(
        self,
        mask: np.ndarray,
        code: str,
        severity: Severity,
        /,
        *,
        column: str = "",
        cells: pd.Series | None = None,
        **values: Any,
    ) -> None:
        """A finding about every row of `mask`, with its cell of `cells` as the value."""
        for position in np.flatnonzero(mask):
            value = "" if cells is None else cells.iloc[position]
            self.about_row(int(position), code, severity, column=column, value=value, **values)

    def _add(self, code: str, severity: Severity, values: dict[str, Any], **where: Any) -> str:
        """Add a finding in the words of `code`; returns what it says."""
        if "level" in values:
            values = {**values, "level_name": level_word(self.lang, values["level"])}
        finding = Finding(
            file=self.source.label,
            problem=say(self.lang, f"inputs.{code}", **values),
            advice=say(self.lang, f"inputs.{code}_advice", **values),
            severity=severity,
            code=code,
            **where,
        )
        self.findings.append(finding)
        return finding.problem

    def _only_sheet(self) -> str:
        """The sheet that all rows stand on; "" where there are several."""
        if self.source.sheet is not None:
            return self.source.sheet
        if len(self.sheets) and (self.sheets == self.sheets[0]).all():
            return str(self.sheets[0])
        return ""

    def row_numbers(self, positions: np.ndarray) -> str:
        """The row numbers of the first few `positions`, for a finding about many rows."""
        more = " …" if len(positions) > _NAMED_ROWS else ""
        return ", ".join(str(r) for r in self.rows[positions[:_NAMED_ROWS]]) + more

    @property
    def set_aside_mask(self) -> np.ndarray:
        """Bool per row: set aside."""
        mask = np.zeros(len(self.rows), bool)
        mask[list(self.set_aside_reasons)] = True
        return mask

    def drop_columns(self, headings: Sequence[str]) -> None:
        """Take columns out of the rows' text, but for the rows set aside: it is shared with `Rows`.

        No further row may be set aside: it would lack these cells in the sheet. Only
        large tables are worth it: whoever needs the cells of a small one finds them.
        """
        if len(self.text) < LARGE_TABLE:
            return
        there = [heading for heading in headings if heading in self.text.columns]
        self.dropped = self.text.loc[sorted(self.set_aside_reasons), there]
        self.order = list(self.text.columns)
        for heading in there:
            del self.text[heading]

    def release_text(self) -> None:
        """Keep the text of the rows set aside only; no further row may be set aside."""
        self.text = self.text.iloc[sorted(self.set_aside_reasons)]

    def _record(self, *, usable: bool = True) -> InputRecord:
        """The counts of the file; of one that cannot be used all rows are set aside."""
        count = len(self.rows)
        set_aside = len(self.set_aside_reasons) if usable else count
        digest, parts = "", {}
        try:
            if not self.source.is_url:
                path = checked_file(Path(self.source.path))
                digest, parts = file_sha256(path), file_parts(path)
        except (OSError, FileError):  # not there, no file, too large: a finding says so
            pass
        return InputRecord(
            path=self.source.label,
            sha256=digest,
            rows=count,
            accepted=count - set_aside,
            set_aside=set_aside,
            warned=len(self.warned - set(self.set_aside_reasons)) if usable else 0,
            role=self.source.role,
            columns=dict(self.roles),
            sheet=self._only_sheet(),
            parts=parts,
        )

    def set_aside_frame(self) -> pd.DataFrame:
        """The rows set aside, whole, with file, sheet, row and why in front."""
        positions = sorted(self.set_aside_reasons)
        front = pd.DataFrame(
            {
                "file": self.source.label,
                "sheet": [hide_in_text(str(self.sheets[p])) for p in positions],
                "row": [int(self.rows[p]) for p in positions],
                "why": [self.set_aside_reasons[p] for p in positions],
            }
        )
        if not len(self.text.columns):
            return front
        rest = self.text.loc[positions]
        if self.dropped is not None:
            rest = rest.join(self.dropped)[self.order]
        rest = rest.reset_index(drop=True)
        return pd.concat([front, rest], axis=1)

    def loaded(self, layer: Any, *, also: tuple[Loaded[Any], ...] = ()) -> Loaded[Any]:
        """`layer` with everything that was found; `also` are further files read for it."""
        return Loaded(
            layer=layer,
            record=self._record(),
            findings=tuple(self.findings),
            set_aside=self.set_aside_frame(),
            also=also,
        )

    def unusable(self, error: Exception) -> Loaded[Any]:
        """A file that cannot be used: an error without a row says why."""
        self.findings.append(
            Finding(
                file=self.source.label,
                sheet=self._only_sheet(),
                problem=_problem(error, self.lang),
                advice=say(self.lang, "inputs.unusable_advice"),
                severity="error",
                code="unusable",
            )
        )
        return Loaded(
            layer=None,
            record=self._record(usable=False),
            findings=tuple(self.findings),
            set_aside=self.set_aside_frame(),
        )

    def bind_rows(self, text: pd.DataFrame, rows: np.ndarray, sheets: np.ndarray) -> None:
        """The table that positions refer to."""
        self.text, self.rows, self.sheets = text, rows, sheets


def heading_for(roles: Mapping[str, str], role: str) -> str | None:
    """The heading taken for `role`, or None."""
    return next((heading for heading, r in roles.items() if r == role), None)


def _problem(error: Exception, lang: str) -> str:
    """What went wrong with a file, in `lang` where its words are known."""
    if isinstance(error, GeoplanError):
        return error.message(lang)
    if isinstance(error, pyproj.exceptions.CRSError):
        return say(lang, "file_faults.bad_crs", error=str(error))
    return str(error)
