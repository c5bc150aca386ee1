"""What a sheet says beside its values: hidden rows, cells with errors, merged cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from geoplan.inputs.files.headings import Range
from geoplan.inputs.files.workbook.extent import Extent


@dataclass(kw_only=True, slots=True)
class SheetMarks:
    """Marks of one sheet; rows and columns count from 0.

    hidden : rows hidden by hand or by a filter. folded : rows of an outline that is folded up.
    texts : cells that hold no value: the error (``#REF!``), or ``=`` and a formula never worked
        out. merges : merged cells, where the file's format tells them here; None = not known.
    extent : how far the sheet reaches.
    extent : how far the sheet reaches.
    """

    hidden: set[int] = field(default_factory=set)
    folded: set[int] = field(default_factory=set)
    texts: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: list[Range] | None = None
    extent: Extent = field(default_factory=Extent)

    def hide(self, row: int, *, outlined: bool) -> None:
        """Note a hidden row; one of an outline counts as folded up."""
        (self.folded if outlined else self.hidden).add(row)

    def unfold(self) -> None:
        """A filter hides rows of this sheet: those of an outline may be among them."""
        self.hidden |= self.folded
        self.folded = set()


Marks: TypeAlias = Mapping[str, SheetMarks]
