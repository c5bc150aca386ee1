"""Locations in words: "历下区 解放路街道 青后社区等3处", for gaps and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from geoplan.inputs.layers import AreaLayer
from geoplan.words import say
from geoplan.words.naming import is_name


def is_scattered(name: str) -> bool:
    """Whether a gap's name says that it stands for many scattered gaps, in either language."""
    marks = (say(lang, "coverage.gap_scattered", count="|").split("|")[0] for lang in ("zh", "en"))
    return any(mark in name for mark in marks)


class LocationNames:
    """Names rows of a demand frame by their areas and their own name.

    Parameters
    ----------
    frame : column ``name`` and one column per level with area codes.
    layers : area layers by level.
    levels : levels to name, coarsest first.
    lang : ``"zh"`` or ``"en"``.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        layers: Mapping[str, AreaLayer],
        levels: Sequence[str],
        lang: str,
    ) -> None:
        self.lang = lang
        own = frame["name"].astype("string").fillna("").to_numpy(object)
        self.own = np.array([name if is_name(name) else "" for name in own], dtype=object)
        self.areas = []
        for level in levels:
            names = {str(code): str(name) for code, name in layers[level].names.items()}
            codes = frame[level].astype("string").fillna("")
            self.areas.append([names.get(code, "") for code in codes.tolist()])

    def __call__(self, row: int, members: int = 1, located: bool = True) -> str:
        """Where the row at a position is, with `members` - 1 others."""
        parts = [names[row] for names in self.areas if names[row]]
        name = str(self.own[row])
        if name and name not in parts:
            if members > 1:
                count = members if self.lang == "zh" else members - 1
                name = say(self.lang, "coverage.gap_lead_more", name=name, count=count)
            elif not parts and located:
                name = say(self.lang, "coverage.gap_around", name=name)
            parts.append(name)
        return " ".join(parts) or say(self.lang, "coverage.gap_unknown_place")

    def scattered(self, rows: Sequence[int], count: int) -> str:
        """The areas that hold all of `rows`, where `count` gaps are scattered."""
        parts = []
        for names in self.areas:
            there = {names[row] for row in rows}
            if len(there) > 1:
                break
            parts += [name for name in there if name]
        parts.append(say(self.lang, "coverage.gap_scattered", count=count))
        return " ".join(parts)
