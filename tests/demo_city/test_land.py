"""Heights, towns and the nearest pairs are those of the plain way, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from geoplan.demo_city.geography import make_land
from geoplan.demo_city.projects import _nearest_first


@pytest.fixture(scope="module")
def land():
    return make_land(np.random.default_rng(3))


@pytest.mark.parametrize("side_m", [0.0, 900.0, 20_000.0, 200_000.0])
def test_land_is_as_if_every_town_were_asked(land, side_m):
    rng = np.random.default_rng(int(side_m))
    towns = land.subdistricts
    middle = towns[["x", "y"]].to_numpy(float)[rng.integers(len(towns))]
    xy = middle + rng.uniform(-side_m, side_m, (300, 2))
    alone = np.concatenate([land.height(one[None]) for one in xy])
    assert np.array_equal(land.height(xy), alone)
    # one point far off makes every town one that may be near
    corners = [[-1e7, -1e7], [1e7, 1e7]]
    assert np.array_equal(land.height(np.vstack([xy, corners]))[:300], alone)
    codes = towns.index[rng.integers(0, len(towns), 7)].tolist()
    each = [land.built_up(xy, [code]) for code in codes]
    assert np.array_equal(land.built_up(xy, codes), np.max(each, axis=0))
    assert land.height(xy[:0]).shape == land.built_up(xy[:0], codes).shape == (0,)


@pytest.mark.parametrize("size", [0, 1, 5, 1 << 14, (1 << 14) + 1, 300_000])
def test_nearest_first_is_a_stable_sort(size):
    apart = np.random.default_rng(size).integers(0, 3000, size).astype(float)
    apart[::7] = np.inf
    assert list(_nearest_first(apart)) == np.argsort(apart, kind="stable").tolist()
