"""A network's file gives back the same network, and refuses what it cannot read."""

from __future__ import annotations

import json
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from geoplan.errors import NetworkError
from geoplan.network import Network
from geoplan.network.builders.saved.native_format import VERSION, is_network_file

CRS = "EPSG:4548"


def ring(labels, **columns):
    """A ring road through all labels."""
    angle = np.linspace(0, 6, len(labels))
    nodes = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(100 * np.cos(angle), 100 * np.sin(angle)),
        index=labels,
        crs=CRS,
    )
    edges = pd.DataFrame({"u": nodes.index, "v": np.roll(nodes.index.to_numpy(), 1), **columns})
    return Network.from_edges(
        nodes,
        edges,
        mode="drive",
        keep=[c for c in columns if c in ("highway", "层")],
        speed_m_s=7.5,
        source="环路.csv",
        notes={"left_out": {"class": 3}},
    )


def same(a, b):
    for name in ("x", "y", "u", "v", "length_m", "oneway", "coords", "offsets"):
        left, right = getattr(a, name), getattr(b, name)
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)
    for name in ("minutes", "minutes_back"):
        left, right = getattr(a, name), getattr(b, name)
        assert (left is None) == (right is None)
        if left is not None:
            np.testing.assert_array_equal(left, right)
    assert a.crs == b.crs
    for name in ("mode", "speed_m_s", "source", "notes"):
        assert getattr(a, name) == getattr(b, name)
    pd.testing.assert_index_equal(a.node_ids, b.node_ids)
    pd.testing.assert_index_equal(a.edge_ids, b.edge_ids, exact="equiv")
    if a.properties is not None:
        pd.testing.assert_frame_equal(a.properties, b.properties)


@settings(max_examples=20, deadline=None)
@given(
    labels=st.one_of(
        st.lists(st.integers(-(2**62), 2**62), min_size=2, max_size=9, unique=True),
        st.lists(st.text("路街é'<", min_size=1), min_size=2, max_size=9, unique=True),
    ),
    minutes=st.booleans(),
)
def test_round_trip(tmp_path_factory, labels, minutes):
    path = tmp_path_factory.mktemp("net") / "city.gpnet"
    columns = {"minutes": 1.5, "minutes_back": 2.5} if minutes else {}
    network = ring(labels, highway="primary", 层=None, oneway=True, **columns)
    network.save(path)
    same(network, Network.load(path))


def test_edges_with_several_keys(tmp_path):
    network = ring([5, 6, 7])
    keys = pd.MultiIndex.from_tuples([(5, 7, 0), (6, 5, 0), (7, 6, 1)], names=["u", "v", "key"])
    nodes = network.nodes_frame()
    edges = network.edges_frame().set_index(keys)
    Network.from_edges(nodes, edges, mode="walk").save(tmp_path / "keys")
    assert Network.load(tmp_path / "keys").edge_ids.equals(keys)


def test_the_same_network_gives_the_same_bytes(tmp_path):
    ring([1, 2, 3]).save(tmp_path / "a")
    ring([1, 2, 3]).save(tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]  # nothing left beside


def test_bad_paths_and_contents_are_refused(tmp_path):
    with pytest.raises(NetworkError, match="there is no network file"):
        Network.load(tmp_path / "absent")
    (tmp_path / "text").write_text("u,v\n1,2\n")
    with pytest.raises(NetworkError, match="geoplan network build"):
        Network.load(tmp_path / "text")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(NetworkError, match="no network file or is damaged"):
        Network.load(tmp_path / "other.zip")
    with pytest.raises(NetworkError, match="folder"):
        ring([1, 2]).save(tmp_path / "nowhere" / "city")


def test_newer_version_is_named(tmp_path):
    ring([1, 2]).save(tmp_path / "old")
    with (
        zipfile.ZipFile(tmp_path / "old") as old,
        zipfile.ZipFile(tmp_path / "new", "w") as new,
    ):
        for name in old.namelist():
            content = old.read(name)
            if name == "meta.json":
                content = json.dumps({**json.loads(content), "version": VERSION + 1}).encode()
            new.writestr(name, content)
    with pytest.raises(NetworkError, match=f"version {VERSION + 1}"):
        Network.load(tmp_path / "new")


def test_damage_is_noticed(tmp_path):
    path = tmp_path / "city"
    ring(list(range(50))).save(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 255
    path.write_bytes(bytes(content))
    with pytest.raises(NetworkError, match="damaged"):
        Network.load(path)


def test_labels_that_mix_types_are_refused(tmp_path):
    with pytest.raises(NetworkError, match="mix types"):
        ring([1, "a", 2]).save(tmp_path / "mixed")


def test_is_network_file(tmp_path):
    ring([1, 2]).save(tmp_path / "city")
    (tmp_path / "text").write_text("no")
    assert is_network_file(tmp_path / "city")
    assert not is_network_file(tmp_path / "text")
    assert not is_network_file(tmp_path / "absent")
