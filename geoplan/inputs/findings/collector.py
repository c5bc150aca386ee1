"""A notebook of doubts: collects findings and outcomes of rows while a layer is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyproj

from geoplan.errors import GeoplanError
from geoplan.inputs.files.source import LayerSource, file_sha256
from geoplan.inputs.findings.finding import Finding, InputRecord, Loaded, Severity
from geoplan.words import level_word, say

#: row numbers that a finding about many rows names
_NAMED_ROWS = 10
#: rows from which memory is worth being given back
_LARGE = 100_000


@dataclass(kw_only=True, slots=True)
class Notes:
    """What is found while one layer is read; turned into a `Loaded` at the end.

    A note about a row names its place by the row's position in the table, so that every finding
    carries sheet and row number.
    """

    source: LayerSource
    lang: str
    sheets: np.ndarray = field(default_factory=lambda: np.empty(0, object))
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    text: pd.DataFrame = field(default_factory=pd.DataFrame)
    roles: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    why_aside: dict[int, str] = field(default_factory=dict)
    dropped: pd.DataFrame | None = None
    order: list[str] = field(default_factory=list)
    warned: set[int] = field(default_factory=set)

    def heading(self, role: str) -> str:
        """The heading that was taken for `role`, or the role itself."""
        return next((h for h, r in self.roles.items() if r == role), role)

    def about_file(self, code: str, severity: Severity, /, **values: Any) -> None:
        """A finding about the whole file."""
        values = self._named(values)
        self.findings.append(
            Finding(
                file=self.source.label,
                sheet=self._only_sheet(),
                column=str(values.get("column", "")),
                value=str(values.get("value", "")),
                problem=say(self.lang, f"inputs.{code}", **values),
                advice=say(self.lang, f"inputs.{code}_advice", **values),
                severity=severity,
                code=code,
            )
        )

    def about_row(
        self,
        position: int,
        code: str,
        severity: Severity,
        /,
        *,
        column: str = "",
        value: object = "",
        aside: bool = False,
        **values: Any,
    ) -> None:
        """A finding about one row; `aside` sets it aside."""
        values = self._named(values)
        problem = say(self.lang, f"inputs.{code}", value=value, **values)
        self.findings.append(
            Finding(
                file=self.source.label,
                sheet=str(self.sheets[position]),
                row=int(self.rows[position]),
                column=column,
                value=str(value),
                problem=problem,
                advice=say(self.lang, f"inputs.{code}_advice", value=value, **values),
                severity=severity,
                code=code,
            )
        )
        if aside:
            self.why_aside.setdefault(position, problem)
        elif severity != "note":
            self.warned.add(position)

    def _only_sheet(self) -> str:
        """The sheet that all rows stand on; "" where there are several."""
        if self.source.sheet is not None:
            return self.source.sheet
        if len(self.sheets) and (self.sheets == self.sheets[0]).all():
            return str(self.sheets[0])
        return ""

    def _named(self, values: dict[str, Any]) -> dict[str, Any]:
        """`values` with what the level is called, where they name one."""
        if "level" not in values:
            return values
        return {**values, "level_name": level_word(self.lang, values["level"])}

    def lines(self, positions: np.ndarray) -> str:
        """The row numbers of the first few `positions`, for a finding about many rows."""
        more = " …" if len(positions) > _NAMED_ROWS else ""
        return ", ".join(str(r) for r in self.rows[positions[:_NAMED_ROWS]]) + more

    @property
    def aside(self) -> np.ndarray:
        """Bool per row: set aside."""
        mask = np.zeros(len(self.rows), bool)
        mask[list(self.why_aside)] = True
        return mask

    def drop_columns(self, headings: Sequence[str]) -> None:
        """Take columns out of the rows' text, but for the rows set aside: it is shared with `Rows`.

        No further row may be set aside: it would lack these cells in the sheet. Only
        large tables are worth it: whoever needs the cells of a small one finds them.
        """
        if len(self.text) < _LARGE:
            return
        self.dropped = self.text.loc[sorted(self.why_aside), list(headings)]
        self.order = list(self.text.columns)
        for heading in headings:
            del self.text[heading]

    def let_go(self) -> None:
        """Keep the text of the rows set aside only; no further row may be set aside."""
        self.text = self.text.iloc[sorted(self.why_aside)]

    def record(self) -> InputRecord:
        """The counts of the file."""
        count, aside = len(self.rows), len(self.why_aside)
        digest = "" if self.source.is_url else file_sha256(Path(self.source.path))
        return InputRecord(
            path=self.source.label,
            sha256=digest,
            rows=count,
            accepted=count - aside,
            set_aside=aside,
            warned=len(self.warned - set(self.why_aside)),
            role=self.source.role,
            columns=dict(self.roles),
            sheet=self._only_sheet(),
        )

    def set_aside_frame(self) -> pd.DataFrame:
        """The rows set aside, whole, with file, sheet, row and why in front."""
        places = sorted(self.why_aside)
        front = pd.DataFrame(
            {
                "file": self.source.label,
                "sheet": [str(self.sheets[p]) for p in places],
                "row": [int(self.rows[p]) for p in places],
                "why": [self.why_aside[p] for p in places],
            }
        )
        if not len(self.text.columns):
            return front
        rest = self.text.loc[places]
        if self.dropped is not None:
            rest = rest.join(self.dropped)[self.order]
        rest = rest.reset_index(drop=True)
        return pd.concat([front, rest], axis=1)

    def loaded(self, layer: Any, *, also: tuple[Loaded[Any], ...] = ()) -> Loaded[Any]:
        """`layer` with everything that was found; `also` are further files read for it."""
        return Loaded(
            layer=layer,
            record=self.record(),
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
        path = Path(str(self.source.path))
        try:
            digest = "" if self.source.is_url or not path.exists() else file_sha256(path)
        except OSError:  # it may not be read, which is what is told
            digest = ""
        record = InputRecord(
            path=self.source.label,
            sha256=digest,
            rows=len(self.rows),
            accepted=0,
            set_aside=len(self.rows),
            warned=0,
            role=self.source.role,
            columns=dict(self.roles),
            sheet=self._only_sheet(),
        )
        return Loaded(
            layer=None,
            record=record,
            findings=tuple(self.findings),
            set_aside=self.set_aside_frame(),
        )

    def with_rows(self, text: pd.DataFrame, rows: np.ndarray, sheets: np.ndarray) -> None:
        """The table that positions refer to."""
        self.text, self.rows, self.sheets = text, rows, sheets


def roles_of(roles: Mapping[str, str], role: str) -> str | None:
    """The heading taken for `role`, or None."""
    return next((heading for heading, r in roles.items() if r == role), None)


def _problem(error: Exception, lang: str) -> str:
    """What went wrong with a file, in `lang` where its words are known."""
    if isinstance(error, GeoplanError):
        return error.message(lang)
    if isinstance(error, pyproj.exceptions.CRSError):
        return say(lang, "file_faults.bad_crs", error=str(error))
    return str(error)
