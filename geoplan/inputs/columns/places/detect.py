"""Columns that hold a place in one cell, found by their cells where the heading does not tell."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from geoplan.inputs.columns.places.pairs import pair_share
from geoplan.inputs.columns.places.shapes import shape_share
from geoplan.inputs.columns.roles import find_roles, known_roles

#: share of the filled cells that must hold what the column is taken for
_MOST = 0.5
#: and of those under a heading that says nothing
_NEARLY_ALL = 0.8


def place_roles(
    text: pd.DataFrame, roles: Mapping[str, str], *, fixed: Mapping[str, str]
) -> dict[str, str]:
    """`roles` (heading -> role) with the columns of geometry and of coordinate pairs.

    Parameters
    ----------
    text : cells of all columns.
    fixed : roles that the study gives: they stay.

    Notes
    -----
    A heading such as location is taken for coordinates only where its cells are some, else for
    what it may mean besides. Under unknown headings nearly all filled cells must be places.

    Examples
    --------
    >>> text = pd.DataFrame({"name": ["a"], "Location": ["36.65, 117.02"], "note": ["x"]})
    >>> place_roles(text, {"name": "name", "Location": "lonlat"}, fixed={})
    {'name': 'name', 'Location': 'lonlat'}
    >>> place_roles(text.assign(Location="1 Main St"), {"Location": "lonlat"}, fixed={})
    {'Location': 'address'}
    """
    found = dict(roles)
    for heading, role in roles.items():
        if role == "lonlat" and heading not in fixed:
            found |= _second_meaning(text, heading, found)
    for heading in [h for h, role in found.items() if role == ""]:
        del found[heading]
    if not any(_filled(text, found, pair) for pair in (("lon", "lat"), ("x", "y"))):
        free = [str(h) for h in text.columns if found.get(str(h), "address") == "address"]
        for role, share in (("wkt", shape_share), ("lonlat", pair_share)):
            if role in found.values():
                continue
            hit = next((h for h in free if h not in fixed and share(text[h]) > _NEARLY_ALL), None)
            if hit is not None:
                return found | {hit: role}
    return found


def _second_meaning(text: pd.DataFrame, heading: str, roles: Mapping[str, str]) -> dict[str, str]:
    """The role of a heading of coordinates: as its cells say ("" for none)."""
    cells = text[heading]
    if shape_share(cells) > _MOST:
        return {heading: "wkt" if "wkt" not in roles.values() else ""}
    if pair_share(cells, any_degrees=True) > _MOST:
        return {heading: "lonlat"}
    free = [r for r in known_roles() if r not in (*roles.values(), "lonlat")]
    return {heading: find_roles([heading], wanted=free).get(heading, "")}


def _filled(text: pd.DataFrame, roles: Mapping[str, str], pair: tuple[str, str]) -> bool:
    """Whether both roles have a column with something in it."""
    headings = [next((h for h, r in roles.items() if r == role), None) for role in pair]
    return all(h is not None and (text[h] != "").any() for h in headings)
