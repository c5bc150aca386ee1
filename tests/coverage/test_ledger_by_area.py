"""The ledger by area: summed once, and nobody's table but the caller's own."""

import pickle

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geoplan.coverage.ledger import STATES, Coverage
from geoplan.inputs.layers import AreaLayer
from geoplan.services import load_catalogue


def coverage_of(seed: int) -> Coverage:
    """Random people in five known areas, one unknown, and none."""
    rng = np.random.default_rng(seed)
    people = rng.integers(0, 50, (80, len(STATES))).astype(float)
    codes = rng.choice(["A", "B", "C", "D", "E", "X", ""], 80).astype(object)
    codes[rng.random(80) < 0.1] = None
    frame = gpd.GeoDataFrame(
        {"name": "", "people": people.sum(axis=1), "street": codes, "reason": ""}
        | {state: people[:, k] for k, state in enumerate(STATES)},
        geometry=gpd.points_from_xy(rng.random(80), rng.random(80)),
        crs=4548,
    )
    areas = gpd.GeoDataFrame(
        {"name": list("abcdef"), "parent": ""},
        index=list("ABCDEF"),
        geometry=[None] * 6,
        crs=4548,
    )
    layer = AreaLayer(level="street", frame=areas)
    return Coverage(
        service="s",
        standard=load_catalogue()["meal_station"],
        frame=frame,
        areas={"street": layer},
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_second_table_is_the_first_whatever_was_done_to_it(seed: int) -> None:
    coverage = coverage_of(seed)
    first = coverage.by_area("street")
    plainly = coverage.frame.fillna({"street": ""}).groupby("street")[list(STATES)].sum()
    there = first.loc[first["total"] > 0, list(STATES)].sort_index()
    plainly = plainly[plainly.sum(axis=1) > 0].sort_index()
    assert there.index.tolist() == plainly.index.tolist()
    assert there.to_numpy().tolist() == plainly.to_numpy().tolist()
    kept = first.copy()
    first["served"] = -1.0
    first.pop("total")
    pd.testing.assert_frame_equal(coverage.by_area("street"), kept)
    again = pickle.loads(pickle.dumps(coverage))
    assert not again._by_area, "what is kept does not carry it"
    pd.testing.assert_frame_equal(again.by_area("street"), kept)
