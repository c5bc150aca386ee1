"""Personal data: found by heading and by pattern, kept out of every layer and output."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from geoplan.inputs.headings import is_personal_heading

# 18 digits with date of birth, or the old 15; mobile numbers of mainland China
_IDENTITY = re.compile(r"^\d{6}(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[\dXx]$")
_MOBILE = re.compile(r"^(\+?86[- ]?)?1[3-9]\d{9}$")
_LOOK = 2000


def personal_columns(text: pd.DataFrame, *, keep: set[str] = frozenset()) -> list[str]:  # type: ignore[assignment]
    """Headings of columns with personal data.

    A column counts when its heading announces it, or when at least a tenth of its filled cells
    look like identity or mobile numbers. Columns in `keep` (places, names of sites, people
    counts) are not judged by heading, but are by pattern.
    """
    found = []
    for heading in map(str, text.columns):
        by_heading = heading not in keep and is_personal_heading(heading)
        if by_heading or _looks_personal(text[heading]):
            found.append(heading)
    return found


def _looks_personal(cells: pd.Series) -> bool:
    filled = cells[cells != ""].head(_LOOK)
    if len(filled) == 0:
        return False
    hits = np.fromiter(
        (bool(_IDENTITY.match(c) or _MOBILE.match(c)) for c in filled.astype(str)), bool
    )
    return bool(hits.mean() >= 0.1)
