"""Lengths and times that contradict the drawn streets are told, honest differences are not."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from shapely import LineString, Point

from geoplan.network import Network
from geoplan.network.builders.build_notes import build_findings
from geoplan.network.graph.doubted_costs import LENGTH_TIMES

CRS = "EPSG:4548"
X, Y = 500_000.0, 4_055_000.0


def street(lengths, *, drawn: float = 500.0, mode: str = "walk", shape=None, **columns) -> Network:
    """A street of edges `drawn` metres long each, with the lengths that a table gives them."""
    at = [Point(X + drawn * k, Y) for k in range(len(lengths) + 1)]
    nodes = gpd.GeoDataFrame(geometry=at, crs=CRS)
    table = {"u": range(len(lengths)), "v": range(1, len(lengths) + 1), "length_m": lengths}
    if shape is not None:
        columns["geometry"] = [shape(a, b) for a, b in pairwise(at)]
    return Network.from_edges(nodes, pd.DataFrame({**table, **columns}), mode=mode)


def straight(a: Point, b: Point) -> LineString:
    return LineString([a, b])


def told(network: Network, code: str, lang: str = "en") -> list:
    return [found for found in build_findings(network, lang) if found.code == code]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(
    ("length", "what"),
    [
        (0.5, "kilometres"),
        (0.0, "nothing"),
        (0.001, "a millimetre"),
        (0.31, "miles"),
        (1640.0, "feet"),
        (50_000.0, "centimetres"),
    ],
)
def test_lengths_in_another_unit_are_told_with_count_and_edges(length, what, lang) -> None:
    network = street([500.0, length, 500.0, length], shape=straight)
    (found,) = told(network, "lengths_doubted", lang)
    assert (found.severity, found.count) == ("warning", 2)
    assert "1–2" in found.problem
    assert found.effect
    assert network.length_m.tolist() == [500.0, length, 500.0, length]  # as given


def test_a_way_that_winds_is_honest_where_no_line_is_drawn() -> None:
    assert not told(street([4_000.0]), "lengths_doubted")
    assert told(street([4_000.0], shape=straight), "lengths_doubted")
    assert told(street([50.0]), "lengths_doubted")  # shorter than straight is no way at all


def test_a_loop_without_a_line_and_short_edges_are_honest() -> None:
    nodes = gpd.GeoDataFrame(geometry=[Point(X, Y), Point(X + 3, Y)], crs=CRS)
    edges = pd.DataFrame({"u": [0, 0], "v": [0, 1], "length_m": [300.0, 15.0]})
    assert not told(Network.from_edges(nodes, edges, mode="walk"), "lengths_doubted")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(1 / LENGTH_TIMES + 0.01, LENGTH_TIMES - 0.01), min_size=1, max_size=9))
def test_slopes_and_generalised_lines_are_honest(factors: list[float]) -> None:
    network = street([500.0 * f for f in factors], shape=straight)
    assert not told(network, "lengths_doubted")


@pytest.mark.parametrize(("minutes", "doubted"), [(1.0, 0), (0.01, 1), (60.0, 0), (90.0, 1)])
def test_times_that_nobody_drives_in_are_told(minutes: float, doubted: int) -> None:
    network = street([500.0, 500.0], mode="drive", minutes=[1.0, minutes])
    assert sum(found.count for found in told(network, "times_doubted")) == doubted


def graph(*, factor: float = 1.0, speed: float | None = None) -> nx.MultiDiGraph:
    made = nx.MultiDiGraph(crs=CRS)
    for k in range(4):
        made.add_node(k, x=X + 500.0 * k, y=Y)
    for k in range(3):
        for u, v in ((k, k + 1), (k + 1, k)):
            tags = {"highway": "primary", "osmid": k, "length": 500.0 * factor}
            made.add_edge(u, v, **tags, **({} if speed is None else {"speed_kph": speed}))
    return made


@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_a_graph_with_lengths_in_kilometres_is_told_and_saved_with_it(tmp_path, mode) -> None:
    assert not told(Network.from_graph(graph(), mode=mode), "lengths_doubted")
    network = Network.from_graph(graph(factor=0.001), mode=mode)
    network.save(tmp_path / "city.geoplan")
    for one in (network, Network.load(tmp_path / "city.geoplan")):
        (found,) = told(one, "lengths_doubted")
        assert found.count == 3


def test_a_graph_whose_speeds_are_none_is_told() -> None:
    assert not told(Network.from_graph(graph(speed=50), mode="drive"), "times_doubted")
    assert told(Network.from_graph(graph(speed=0.1), mode="drive"), "times_doubted")
    assert told(Network.from_graph(graph(speed=50_000), mode="drive"), "times_doubted")


def test_drawn_streets_contradict_nothing() -> None:
    rng = np.random.default_rng(4)
    lines = [LineString(rng.uniform(0, 900, (5, 2)) + np.array([X, Y])) for _ in range(30)]
    layer = gpd.GeoDataFrame({"highway": "primary"}, geometry=lines, crs=CRS, index=range(30))
    for mode in ("walk", "drive"):
        network = Network.from_lines(layer, mode=mode)
        assert not told(network, "lengths_doubted")
        assert not told(network, "times_doubted")
