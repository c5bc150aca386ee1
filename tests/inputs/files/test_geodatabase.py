"""File geodatabases: folders that are one file, for points, lines and streets alike."""

from __future__ import annotations

import itertools

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point

from geoplan.errors import InputError
from geoplan.inputs import LayerSource, read_facilities, read_lines
from geoplan.network import read_network
from tests.inputs.places.conftest import CRS, X, Y


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("gdb") / "city.gdb"
    sites = gpd.GeoDataFrame({"name": ["a"]}, geometry=[Point(X, Y)], crs=CRS)
    corners = [(X + 500 * k, Y) for k in range(4)]
    lines = [LineString(pair) for pair in itertools.pairwise(corners)]
    streets = gpd.GeoDataFrame({"name": list("xyz")}, geometry=lines, crs=CRS)
    streets.to_file(path, driver="OpenFileGDB", layer="streets")
    sites.to_file(path, driver="OpenFileGDB", layer="sites")
    return path


def test_points_and_lines(database):
    one = read_facilities(LayerSource(path=database, layer="sites"), key="s", crs=CRS)
    assert len(one.layer) == 1
    assert len(one.record.sha256) == 64
    lines = read_lines(LayerSource(path=database, layer="streets"), key="l", crs=CRS)
    assert len(lines.layer) == 3
    refused = read_facilities(LayerSource(path=database), key="s", crs=CRS, lang="en")
    assert refused.layer is None
    assert "sites" in refused.findings[0].problem


def test_streets(database):
    network = read_network(database, mode="walk", crs=CRS)  # the only layer of lines
    assert len(network.edge_lines()) == 3
    assert len(read_network(database, mode="walk", crs=CRS, layer="streets").edge_lines()) == 3
    with pytest.raises(InputError, match="sites"):
        read_network(database, mode="walk", crs=CRS, layer="nothing")
