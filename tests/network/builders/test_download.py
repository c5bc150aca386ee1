"""`fetch_place` without the internet: OSMnx is stood in for, or refused."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import osmnx as ox
import pytest
import requests
from shapely.geometry import Point, box

from geoplan.errors import GeoplanError
from geoplan.network import read_network
from geoplan.network.builders.download import fetch_place


def street() -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    graph.add_node(1, x=117.0, y=36.65)
    graph.add_node(2, x=117.01, y=36.65)
    for u, v in ((1, 2), (2, 1)):
        graph.add_edge(u, v, osmid=7, highway="residential", length=890.0, oneway=False)
    return graph


@pytest.fixture
def known_place(monkeypatch):
    area = box(116.9, 36.6, 117.1, 36.7)
    place = gpd.GeoDataFrame({"display_name": ["Somewhere"]}, geometry=[area], crs="EPSG:4326")
    sites = gpd.GeoDataFrame(
        {"name": ["Home"], "amenity": ["nursing_home"], "phone": ["13900000000"]},
        geometry=[Point(117, 36.65).buffer(0.001)],
        crs="EPSG:4326",
    )
    monkeypatch.setattr(ox, "geocode_to_gdf", lambda where: place)
    monkeypatch.setattr(ox, "graph_from_polygon", lambda *a, **k: street())
    monkeypatch.setattr(ox, "features_from_polygon", lambda *a, **k: sites)


def test_a_place_becomes_a_folder_to_begin_with(known_place, tmp_path):
    written = {p.name for p in fetch_place("Somewhere", tmp_path)}
    assert written == {
        "boundary.gpkg",
        "walk.graphml",
        "drive.graphml",
        "facilities.gpkg",
        "study.toml",
    }
    network = read_network(tmp_path / "walk.graphml", mode="walk", crs="EPSG:32650")
    assert network.n_edges == 1
    sites = gpd.read_file(tmp_path / "facilities.gpkg")
    assert list(sites.columns) == ["name", "amenity", "geometry"]  # no telephone numbers
    assert sites.geom_type.eq("Point").all()


def test_without_internet_the_error_says_what_to_do(monkeypatch, tmp_path):
    def refused(*_args, **_kwargs):
        raise requests.ConnectionError("refused")

    monkeypatch.setattr(ox, "geocode_to_gdf", refused)
    with pytest.raises(GeoplanError, match="could not be reached"):
        fetch_place("Somewhere", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_place_that_is_not_known(monkeypatch, tmp_path):
    def nothing(*_args, **_kwargs):
        raise TypeError("no polygon")

    monkeypatch.setattr(ox, "geocode_to_gdf", nothing)
    with pytest.raises(GeoplanError, match="region and country"):
        fetch_place("Atlantis", tmp_path)
