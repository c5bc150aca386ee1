"""Area codes of rows without a location, from the areas that their address names in full."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geoplan.inputs.columns.roles import normalize
from geoplan.inputs.layers import AreaLayer

#: shorter names stand in too many words (东村 in 东村路)
_SHORTEST = 3


def fill_from_addresses(
    assigned: Mapping[str, pd.Series],
    addresses: pd.Series,
    areas: Mapping[str, AreaLayer],
    where: np.ndarray,
) -> dict[str, pd.Series]:
    """`assigned` with codes of areas that the addresses of the rows `where` name in full.

    Parameters
    ----------
    assigned : area code per level, <NA> where unknown; a known code is never changed, and an area
        inside another one than the row's is not taken.
    addresses : as written.
    areas : by level, coarsest first.
    where : bool per row.

    Notes
    -----
    A name counts when the whole of it, kind included, stands in the address (泉城路街道, not
    泉城路) and no longer name covers it; of several areas of one name only that inside the row's
    area above. Where more than one is left, none is taken.
    """
    found = {level: codes.to_numpy(object, copy=True) for level, codes in assigned.items()}
    lookups = {level: _by_name(layer) for level, layer in areas.items()}
    parents = {level: layer.frame["parent"].to_dict() for level, layer in areas.items()}
    rows = np.flatnonzero(where & (addresses != "").to_numpy(bool))
    for position, address in zip(rows, addresses.iloc[rows], strict=True):
        text = normalize(address)
        for level, layer in areas.items():
            if pd.notna(found[level][position]):
                continue
            fitting = _named(text, *lookups[level])
            above = found[layer.parent][position] if layer.parent in found else pd.NA
            if pd.notna(above):
                fitting = [code for code in fitting if parents[level].get(code) == above]
            if len(fitting) == 1:
                found[level][position] = fitting[0]
                _fill_above(found, areas, parents, level, int(position))
    return {
        level: pd.Series(codes, index=assigned[level].index, dtype=object)
        for level, codes in found.items()
    }


def _fill_above(
    found: dict[str, np.ndarray],
    areas: Mapping[str, AreaLayer],
    parents: Mapping[str, Mapping[str, object]],
    level: str,
    position: int,
) -> None:
    """The areas that hold the row's area of `level`, where they are not known."""
    above = areas[level].parent
    while above is not None and above in found:
        if pd.isna(found[above][position]):
            found[above][position] = parents[level].get(found[level][position], pd.NA)
        level, above = above, areas[above].parent


def _by_name(layer: AreaLayer) -> tuple[dict[str, list[str]], list[int]]:
    """Codes by name, and the lengths of the names, longest first."""
    names: dict[str, list[str]] = {}
    for code, name in layer.frame["name"].items():
        key = normalize(name)
        if len(key) >= _SHORTEST:
            names.setdefault(key, []).append(str(code))
    return names, sorted({len(n) for n in names}, reverse=True)


def _named(text: str, names: Mapping[str, list[str]], lengths: list[int]) -> list[str]:
    """Codes of all areas whose name stands in `text`, but for names inside longer ones."""
    covered = np.zeros(len(text), bool)
    codes: list[str] = []
    for length in lengths:
        for start in range(len(text) - length + 1):
            fitting = names.get(text[start : start + length])
            if fitting is None or covered[start : start + length].all():
                continue
            covered[start : start + length] = True
            codes += [code for code in fitting if code not in codes]
    return codes
