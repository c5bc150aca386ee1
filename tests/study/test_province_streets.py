"""What maps are given of a province's streets, and how the page writes them."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geoplan.network import Network
from geoplan.outputs.maps import background as page, encode
from geoplan.study.assess import background
from geoplan.study.sites import candidates

CRS, LOW = "EPSG:4548", np.array([400_000.0, 3_900_000.0])


def streets(count: int, seed: int = 0) -> gpd.GeoDataFrame:
    """Lines of two to five corners all over 9 km."""
    rng = np.random.default_rng(seed)
    starts = LOW + rng.uniform(0, 9000, (count, 2))
    turns = [start + rng.uniform(-200, 200, (rng.integers(1, 5), 2)) for start in starts]
    lines = [shapely.LineString([s, *t]) for s, t in zip(starts, turns, strict=True)]
    return gpd.GeoDataFrame(geometry=lines, crs=CRS)


@pytest.mark.parametrize("at_once", [7, 1000])
def test_lines_are_encoded_as_each_is_alone(at_once, monkeypatch):
    monkeypatch.setattr(encode, "_MOST_LINES", at_once)
    lines = streets(40).geometry
    lines = gpd.GeoSeries([*lines, shapely.LineString(), shapely.union_all(lines[:3])], crs=CRS)
    degrees = encode.to_degrees(lines)
    alone = [
        encode.encode_path(shapely.get_coordinates(part))
        for part in shapely.get_parts(degrees.to_numpy())
        if not part.is_empty
    ]
    assert encode.encode_lines(lines) == alone
    assert encode.encode_lines(lines[:0]) == []


def test_very_many_streets_are_joined_square_by_square(monkeypatch):
    """Every piece of the ground stays; chains within a square are one line."""
    corners = np.column_stack([np.arange(400) * 25.0, np.zeros(400)])
    pieces = shapely.linestrings(np.stack([corners[:-1], corners[1:]], axis=1))
    monkeypatch.setattr(page, "_MOST_JOINED", 100)
    joined = page._joined(pieces)
    assert 90 <= len(joined) <= 101  # squares along the longer side
    assert shapely.length(joined).sum() == pytest.approx(399 * 25)
    assert shapely.union_all(joined).equals(shapely.union_all(pieces))


def test_maps_of_a_province_are_given_the_longest_streets_of_every_part(monkeypatch):
    lines = streets(600)
    lines["highway"] = ["primary"] * 20 + ["residential"] * 580
    network = Network.from_lines(lines, mode="walk")
    chosen = {"walk": SimpleNamespace(network=network)}
    every = background.background_layers({}, chosen)["roads"]
    assert len(every) == network.n_edges
    monkeypatch.setattr(background, "_MOST_MINOR", 100)
    monkeypatch.setattr(background, "_SQUARES", 3)
    some = background.background_layers({}, chosen)["roads"]
    assert (some["class"] == 1).sum() == (every["class"] == 1).sum() > 0
    assert (some["class"] == 3).sum() == 100
    minor = some[some["class"] == 3]
    assert minor.length.mean() > 1.3 * every[every["class"] == 3].length.mean()
    start = shapely.get_coordinates(shapely.get_point(minor.geometry.to_numpy(), 0))
    assert len(np.unique((start - start.min(axis=0)) // 3000, axis=0)) >= 9


def test_the_nearest_junctions_are_those_of_all_pairs(monkeypatch):
    network = Network.from_lines(streets(200), mode="walk")
    rng = np.random.default_rng(5)
    homes = LOW + rng.uniform(0, 9000, (90, 2))
    near = gpd.GeoDataFrame(geometry=[*gpd.points_from_xy(*homes.T), None], crs=CRS)
    far = np.hypot(network.x[:, None] - homes[:, 0], network.y[:, None] - homes[:, 1])
    expected = [f"n{i}" for i in np.unique(far.argmin(axis=0))]
    for most in (0, 10_000):
        monkeypatch.setattr(candidates, "_MOST_POINTS", most)
        assert candidates.nearest_junctions(network, near).index.tolist() == expected
