"""Several sheets that are read as one table: whether they hold the same places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import pandas as pd

from geoplan.inputs.columns.roles import find_roles
from geoplan.inputs.files.table import RawTable

#: roles whose cells tell places apart, the surest first
_IDENTITY = ("name", "id", "code")
#: of the smaller sheet's places, this share in another sheet too makes both the same places
_SAME = 0.2


def sheets_together(tables: Sequence[RawTable]) -> list[tuple[str, Mapping[str, Any]]]:
    """Findings about sheets that are read together, none for a single sheet."""
    if len(tables) < 2:
        return []
    sheets = ", ".join(t.sheet for t in tables)
    worst: tuple[int, RawTable, RawTable] | None = None
    for one, other in combinations(tables, 2):
        names, others = _places(one), _places(other)
        both = len(names & others)
        few = min(len(names), len(others))
        if both > 1 and both >= _SAME * few and (worst is None or both > worst[0]):
            worst = (both, one, other)
    if worst is None:
        count = sum(len(t) for t in tables)
        return [("sheets_together", {"count": count, "sheets": sheets})]
    both, one, other = worst
    values = {
        "count": both,
        "sheets": sheets,
        "one": one.sheet,
        "other": other.sheet,
        "columns": ", ".join(_differing(one, other)) or "-",
    }
    return [("sheets_overlap", values)]


def _identity(table: RawTable) -> str | None:
    roles = find_roles(list(table.frame.columns), wanted=_IDENTITY, levels=table.levels)
    headings = {role: heading for heading, role in roles.items()}
    return next((headings[r] for r in _IDENTITY if r in headings), None)


def _places(table: RawTable) -> set[str]:
    """Names of the places on a sheet, or their ids or codes."""
    heading = _identity(table)
    return set() if heading is None else set(table.frame[heading]) - {""}


def _differing(one: RawTable, other: RawTable) -> list[str]:
    """Headings of one sheet only, and those whose cells differ for the same place."""
    first, second = list(one.frame.columns), list(other.frame.columns)
    only = [h for h in (*first, *second) if (h in first) != (h in second)]
    heading = _identity(one)
    if heading is None or heading not in second:
        return only
    tables = [t.frame.drop_duplicates(heading).set_index(heading) for t in (one, other)]
    index = tables[0].index.intersection(tables[1].index)
    shared = [h for h in first if h in second and h != heading]
    left, right = (t.loc[index, shared] for t in tables)
    differ: pd.Series = (left != right).any()
    return only + [h for h in shared if differ[h]]
