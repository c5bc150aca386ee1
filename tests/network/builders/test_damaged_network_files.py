"""A network's file damaged anywhere is refused by a sentence, and never reaches compiled code."""

from __future__ import annotations

import io
import json
import re
import zipfile
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from pyarrow import feather
from shapely import Point

import geoplan as gp
from geoplan.errors import NetworkError
from geoplan.network import Network
from geoplan.network.builders.saved.native_format import load_network
from geoplan.network.graph.array_checks import KINDS

CRS = "EPSG:4548"


@cache
def written(tmp) -> bytes:
    """A grid of streets with minutes and properties, as `Network.save` writes it."""
    x, y = (part.ravel() for part in np.meshgrid(np.arange(4) * 100.0, np.arange(4) * 100.0))
    nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=CRS)
    u = [k for k in range(16) if k % 4 < 3] + list(range(12))
    v = [k + 1 for k in range(16) if k % 4 < 3] + [k + 4 for k in range(12)]
    edges = pd.DataFrame({"u": u, "v": v, "minutes": 1.5, "oneway": [0, 1] * 12, "name": "路"})
    network = Network.from_edges(nodes, edges, mode="drive", keep=["name"])
    network.save(tmp / "city.geoplan")
    return (tmp / "city.geoplan").read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("damaged")


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_members(parts: dict[str, bytes], path, *, signed: bool = True, packed=()) -> None:
    """A file of these members, whole as a zip; unsigned ones are as an earlier version wrote."""
    meta = parts.get("meta.json", b"")
    if not signed:
        meta = json.dumps({k: v for k, v in json.loads(meta).items() if k != "crc32"}).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in {**parts, "meta.json": meta}.items():
            kind = zipfile.ZIP_DEFLATED if name in packed else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name), part, compress_type=kind)


def npy(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def usable(network: Network) -> None:
    """Searches over the network come back."""
    points = gpd.GeoSeries([Point(10, 5), Point(250, 205)], crs=network.crs)
    gp.travel_costs(network, points, points, cutoff_m=500)
    gp.nearest_site(network, points, points[:1])


def same(a: Network, b: Network) -> bool:
    return (
        all(np.array_equal(getattr(a, name), getattr(b, name)) for name in KINDS)
        and a.node_ids.equals(b.node_ids)
        and a.properties.equals(b.properties)
        and (a.speed_m_s, a.mode, a.crs, a.notes) == (b.speed_m_s, b.mode, b.crs, b.notes)
    )


def loaded(path) -> Network | None:
    """The network; None where it is refused, which must be by one sentence in both languages."""
    told = None
    try:
        return Network.load(path)
    except NetworkError as error:
        told = error
    assert told.sentence is not None
    assert "\n" not in told.message("en") + told.message("zh")
    return None


def same_or_refused(path, whole: Network) -> None:
    network = loaded(path)
    assert network is None or same(network, whole)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_flipped_bit_or_a_cut_is_refused_or_changes_nothing(folder, data):
    content = written(folder)
    whole = Network.load(folder / "city.geoplan")
    at = data.draw(st.integers(0, len(content) - 1))
    damaged = bytearray(content)
    if data.draw(st.booleans()):
        damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del damaged[at : at + data.draw(st.integers(1, len(content)))]
    path = folder / "flipped.geoplan"
    path.write_bytes(bytes(damaged))
    same_or_refused(path, whole)


@st.composite
def exchanged(draw, array):
    """Another array in the place of one: other kinds, lengths and values."""
    kinds = st.sampled_from([">i4", "<i8", ">f8", "<f4", "u1", "?", "<c16", "S3", "<i4", "<f8"])
    how = draw(st.sampled_from(["kind", "cut", "longer", "value", "2d", "empty", "other"]))
    if how == "kind":
        return array.astype(draw(kinds))
    if how == "cut":
        return array[: draw(st.integers(0, len(array) - 1))]
    if how == "longer":
        return np.concatenate([array, array])
    if how == "2d":
        return array[:, None]
    if how == "empty":
        return array[:0]
    if how == "other":
        return draw(st.sampled_from([np.array(0), np.zeros((3, 0)), np.arange(5) > 2]))
    odd = [-1, -(2**31), 2**31 - 1, 5, 0]
    if array.dtype.kind == "f":
        odd = [np.nan, np.inf, -np.inf, -1.0, 1e300, 1e9]
    changed = array.copy()
    changed.flat[draw(st.integers(0, array.size - 1))] = draw(st.sampled_from(odd))
    return changed


@settings(max_examples=200, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("signed", [True, False])
def test_an_exchanged_array_is_refused_or_makes_a_network(folder, signed, data):
    parts = members(written(folder))
    whole = Network.load(folder / "city.geoplan")
    name = data.draw(st.sampled_from([n for n in parts if n.endswith(".npy")]))
    parts[name] = npy(data.draw(exchanged(np.load(io.BytesIO(parts[name])))))
    path = folder / "exchanged.geoplan"
    with_members(parts, path, signed=signed)
    if signed:
        same_or_refused(path, whole)
        return
    network = loaded(path)
    if network is not None:
        usable(network)  # lengths that are other ones are lengths


@pytest.mark.parametrize("name", [n for n in KINDS if n != "minutes_back"])
@pytest.mark.parametrize(
    "change",
    [
        lambda a: a.astype(a.dtype.newbyteorder(">")) if a.dtype != bool else a.astype("u1"),
        lambda a: a[:-1],
        lambda a: a.astype("<f4"),
        lambda a: np.zeros((2**3, 2**3)),
    ],
    ids=["byte order", "cut", "kind", "shape"],
)
def test_kinds_and_sizes_are_refused_without_checksums_too(folder, name, change):
    parts = members(written(folder))
    parts[f"{name}.npy"] = npy(change(np.load(io.BytesIO(parts[f"{name}.npy"]))))
    path = folder / "kinds.geoplan"
    with_members(parts, path, signed=False)
    with pytest.raises(NetworkError, match="damaged"):
        Network.load(path)


def test_offsets_that_fall_and_nodes_elsewhere_are_refused(folder):
    for name, change in {
        "offsets": lambda a: np.concatenate([a[:3], a[2:3], a[4:]]),
        "x": lambda a: a + 50.0,
        "oneway": None,
    }.items():
        parts = members(written(folder))
        if change is None:  # a byte that is neither yes nor no
            parts["oneway.npy"] = parts["oneway.npy"][:-1] + b"\x02"
        else:
            parts[f"{name}.npy"] = npy(change(np.load(io.BytesIO(parts[f"{name}.npy"]))))
        with_members(parts, folder / "offsets.geoplan", signed=False)
        with pytest.raises(NetworkError, match="damaged"):
            Network.load(folder / "offsets.geoplan")


def test_members_that_unpack_or_declare_more_than_they_hold_are_refused(folder):
    whole = members(written(folder))
    with_members(whole, folder / "bomb.geoplan", packed=["x.npy"])
    with pytest.raises(NetworkError, match="compressed"):
        Network.load(folder / "bomb.geoplan")
    header = npy(np.zeros(16)).replace(b"(16,), ", b"(10**9,), ").replace(b"    \n", b"\n")
    huge = npy(np.zeros(16)).replace(b"(16,),   ", b"(1600000,")
    for content in (header, huge, b"", b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 900):
        with_members({**whole, "x.npy": content}, folder / "bomb.geoplan", signed=False)
        with pytest.raises(NetworkError, match="damaged"):
            Network.load(folder / "bomb.geoplan")


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_tables_are_refused(folder, compression):
    parts = members(written(folder))
    buffer = io.BytesIO()
    table = feather.read_table(io.BytesIO(parts["nodes.arrow"]))
    feather.write_feather(table, buffer, compression=compression)
    with_members(
        {**parts, "nodes.arrow": buffer.getvalue()}, folder / "table.geoplan", signed=False
    )
    with pytest.raises(NetworkError, match="arrow in it is compressed"):
        Network.load(folder / "table.geoplan")


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_damaged_tables_are_refused_or_make_a_network(folder, data):
    parts = members(written(folder))
    name = data.draw(st.sampled_from(["nodes.arrow", "edges.arrow"]))
    damaged = bytearray(parts[name])
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    with_members({**parts, name: bytes(damaged)}, folder / "arrow.geoplan", signed=False)
    network = loaded(folder / "arrow.geoplan")
    if network is not None:
        usable(network)


@pytest.mark.parametrize("key", ["crs", "mode", "speed_m_s", "source", "notes", "node_names"])
@pytest.mark.parametrize("value", [None, [], {"a": 1}, "", 3, -1, float("nan"), [["x"]], True])
def test_settings_of_another_shape_are_refused_or_used(folder, key, value):
    parts = members(written(folder))
    meta = {**json.loads(parts["meta.json"]), key: value}
    parts["meta.json"] = json.dumps(meta).encode()
    with_members(parts, folder / "meta.geoplan")
    same_or_refused(folder / "meta.geoplan", Network.load(folder / "city.geoplan"))
    with_members(parts, folder / "meta.geoplan", signed=False)
    network = loaded(folder / "meta.geoplan")
    assert network is None or network.report().summary("zh")


def test_notes_of_another_shape_are_dropped(folder):
    parts = members(written(folder))
    meta = json.loads(parts["meta.json"])
    meta["notes"] = {"left_out": 5, "rows": [1], "driver_says": 3, "odd_speeds": {"x": "y"}}
    parts["meta.json"] = json.dumps(meta).encode()
    with_members(parts, folder / "notes.geoplan", signed=False)
    assert Network.load(folder / "notes.geoplan").notes == {}


def _cut(parts):
    return {**parts, "x.npy": parts["x.npy"][:-8]}


def _other_kind(parts):
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3, "float32"))
    return {**parts, "x.npy": buffer.getvalue()}


@pytest.mark.parametrize(
    "spoil", [_cut, _other_kind, lambda parts: {**parts, "nodes.arrow": b"ARROW1"}]
)
def test_the_reason_is_told_in_the_language_of_the_sentence(folder, spoil):
    path = folder / "told.geoplan"
    with_members(spoil(members(written(folder))), path, signed=False)
    with pytest.raises(NetworkError) as caught:
        load_network(path)
    assert str(folder) not in str(caught.value)
    said = caught.value.message("zh")
    for known in ("told.geoplan", "network build", "geoplan", "x.npy", "*.arrow", "<f4"):
        said = said.replace(known, "")
    assert not re.search("[A-Za-z]{2,}", said), said
