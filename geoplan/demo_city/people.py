"""The people of every community, to the person: district sums are the census's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.demo_city.geography import Land
from geoplan.demo_city.names import community_names, village_names
from geoplan.demo_city.places import shares

Ints = NDArray[np.int64]

#: published: people in hardship, rounded
HARDSHIP = 250_000


def people_table(land: Land, communities: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Codes, names and people of the communities.

    Adds ``code`` (12 digits), ``name``, ``people``, ``children``, ``elderly_60``, ``elderly_65``,
    ``elderly_80`` and ``hardship``. By district each column sums to the census (people also by
    urban and rural); 80+ <= 65+ <= 60+ and 60+ and children together <= people everywhere.
    """
    table = communities.copy()
    n = len(table)
    for column in ("people", "children", "elderly_60", "elderly_65", "elderly_80", "hardship"):
        table[column] = 0
    urban = table["urban"].to_numpy()
    size = np.where(urban, rng.lognormal(0, 0.42, n), rng.lognormal(0, 0.5, n))
    size *= np.where(table["access"] == "road", 1.0, 0.35)
    old = np.where(urban, 1.0, 1.28) * np.exp(rng.normal(0, 0.13, n))
    for district, census in land.census.iterrows():
        here = (table["district"] == district).to_numpy()
        for is_urban, column in ((True, "urban"), (False, "rural")):
            rows = np.nonzero(here & (urban == is_urban))[0]
            if len(rows):
                least = 320 if is_urban else 40
                table.loc[rows, "people"] = shares(size[rows], int(census[column]), least=least)
        rows = np.nonzero(here)[0]
        people = table.loc[rows, "people"].to_numpy()
        e60 = within(people * old[rows], int(census["elderly_60"]), (people * 0.62).astype(int))
        age = np.exp(rng.normal(0, 0.05, len(rows)))
        e65 = within(e60 * age, int(census["elderly_65"]), e60)
        e80 = within(e65 * age**2, int(census["elderly_80"]), e65)
        young = np.exp(rng.normal(0, 0.16, len(rows)))
        children = within(people * young, int(census["children"]), people - e60)
        for column, values in (
            ("elderly_60", e60),
            ("elderly_65", e65),
            ("elderly_80", e80),
            ("children", children),
        ):
            table.loc[rows, column] = values
    need = table["people"] * np.where(urban, 0.7, 2.1) * np.exp(rng.normal(0, 0.4, n))
    table["hardship"] = within(need.to_numpy(float), HARDSHIP, table["people"].to_numpy() // 3)
    return _named(land, table, rng)


def within(weights: NDArray[Any], total: int, most: Ints) -> Ints:
    """`total` split by `weights`, nowhere above `most`; what does not fit goes to the others."""
    given = np.minimum(shares(np.asarray(weights, float), total), most)
    while (rest := total - int(given.sum())) > 0:
        room = most - given
        more = shares(np.where(room > 0, np.asarray(weights, float), 0.0), rest)
        given += np.minimum(more, room)
    return given.astype(np.int64)


def _named(land: Land, table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    urban = table["urban"].to_numpy()
    street = table["street"].to_numpy(object)
    names = np.empty(len(table), dtype=object)
    names[urban] = community_names(rng, street[urban])
    high = land.height(table[["x", "y"]].to_numpy(float)) > 0.25
    names[~urban] = village_names(rng, high[~urban], street[~urban])
    # as in real codes: communities count from 001, villages from 201
    order = table.groupby(["street", "urban"]).cumcount().to_numpy() + np.where(urban, 1, 201)
    table["code"] = [f"{s}{k:03d}" for s, k in zip(street, order, strict=True)]
    table["name"] = names
    return table
