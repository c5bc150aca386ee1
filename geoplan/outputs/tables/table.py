"""One table of a run: values as they are, and how each column is headed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from geoplan.outputs.ranges import is_plan_unlimited
from geoplan.results import ServiceResult
from geoplan.words.speaker import Speaker

#: "mixed": numbers of different things, each with the decimals that it needs itself
Kind = Literal["text", "count", "share", "number", "mixed", "degrees"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a table: a stable name, kind of value, its heading's word, and a unit."""

    name: str
    kind: Kind = "text"
    word: str = ""
    unit: str = ""

    def heading(self, speaker: Speaker) -> str:
        """The heading in `speaker`'s language."""
        word = speaker.word(f"outputs.col_{self.word or self.name}", self.name)
        if not self.unit:
            return word
        return f"{word}（{self.unit}）" if speaker.lang == "zh" else f"{word} ({self.unit})"


#: headings of what a plan reaches, which say so where its new sites are taken as unlimited
_PLANNED = ("served_after", "share_after", "added_people")


def plan_columns(columns: tuple[Column, ...], service: ServiceResult) -> tuple[Column, ...]:
    """The columns of a plan's tables, under headings that name the capacity it assumes."""
    if not is_plan_unlimited(service):
        return columns
    words = [c.word or c.name for c in columns]
    return tuple(
        replace(c, word=f"{word}_unlimited") if word in _PLANNED else c
        for c, word in zip(columns, words, strict=True)
    )


#: areas that a table of the report, or the figure beside it, may have
MOST_AREAS = 40
#: columns that say which area a row is of
AREA = (Column(name="code"), Column(name="name", word="area_name"))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Table:
    """One table of a run: values as they are, under the headings of `columns`.

    name : file name without ending; service : its key, "" for tables of the whole run;
    sheet : the workbook's sheet that it goes to.
    """

    name: str
    service: str
    sheet: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]

    @classmethod
    def of(
        cls,
        service: str,
        name: str,
        frame: pd.DataFrame,
        columns: tuple[Column, ...],
        *,
        sheet: str = "",
    ) -> Table:
        """A table of one service; it goes to the sheet of its name unless `sheet` names another."""
        return cls(
            name=f"{service}_{name}",
            service=service,
            sheet=sheet or name,
            frame=frame,
            columns=columns,
        )

    def with_headings(self, speaker: Speaker) -> pd.DataFrame:
        """The frame under headings in `speaker`'s language."""
        names = [c.name for c in self.columns]
        frame = self.frame[names].reset_index(drop=True)
        frame.columns = [c.heading(speaker) for c in self.columns]
        return frame
