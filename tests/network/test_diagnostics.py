"""What is doubtful about a network, on streets where every fault was put in by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, Point

from geoplan.errors import UsageError
from geoplan.network import Network
from geoplan.network.diagnostics import network_report

CRS = "EPSG:4548"


def lines_network(lines, mode="walk", **columns):
    return Network.from_lines(gpd.GeoDataFrame(columns, geometry=lines, crs=CRS), mode=mode)


def test_components_and_the_share_of_the_largest():
    network = lines_network(
        [
            LineString([(0, 0), (900, 0)]),
            LineString([(0, 0), (0, 100)]),
            LineString([(5000, 0), (5000, 150)]),
            LineString([(9000, 0), (9000, 50), (9000, 90)]),
            LineString([(9000, 50), (9010, 50)]),
        ]
    )
    report = network.report()
    assert report.islands["length_m"].tolist() == [150, 100]
    assert report.islands["nodes"].tolist() == [2, 4]
    assert report.islands.geometry.iloc[0].equals(Point(5000, 75))
    assert report.largest_share == pytest.approx(1000 / 1250)
    assert report.dead_ends == 7


def test_near_misses_by_hand():
    """Dead ends 5 m from another street; the detour says which are faults.

    ::

        (0,0) ------------------------- (900,0)      main street, joined at (0,0) to
        (0,0) - (0,300) - (400,300) - (400,5)        a way round that stops 5 m short of it:
                                                     detour 300 + 400 + 295 + 400 = 1395 m
        (850,0)...: a stub that bends back to 5 m from the main street it starts from: no fault
    """
    main = LineString([(0, 0), (850, 0), (900, 0)])
    round_way = LineString([(0, 0), (0, 300), (400, 300), (400, 5)])
    stub = LineString([(850, 0), (850, 20), (820, 20), (820, 5)])
    apart = LineString([(600, -12), (600, -200)])
    network = lines_network([main, round_way, stub, apart])
    found = network_report(network).near_misses
    assert found["gap_m"].tolist() == [12, 5]
    assert np.isnan(found["detour_m"].iloc[0])  # not joined at all: first
    assert found["detour_m"].iloc[1] == pytest.approx(1395)
    assert found.geometry.iloc[1].equals(LineString([(400, 5), (400, 0)]))
    at = network.nodes_frame().loc[found["node"]].geometry
    assert at.iloc[1].equals(Point(400, 5))
    assert len(network_report(network, near_m=6).near_misses) == 1
    assert len(network_report(network, detour_m=60).near_misses) == 3  # the stub's way is 65 m
    with pytest.raises(UsageError, match="near_m=-1"):
        network_report(network, near_m=-1, detour_m=np.nan)


def test_a_bridge_over_a_dead_end_is_no_fault():
    lines = [LineString([(0, 0), (900, 0)]), LineString([(400, 3), (400, 300)])]
    assert len(lines_network(lines, layer=["1", "0"]).report().near_misses) == 0
    assert len(lines_network(lines, layer=["0", "0"]).report().near_misses) == 1


def test_zero_length_long_and_loop_edges():
    nodes = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy([0, 0, 7000], [0, 0, 0]), index=["a", "b", "c"], crs=CRS
    )
    edges = pd.DataFrame(
        {
            "u": ["a", "b", "c"],
            "v": ["b", "c", "c"],
            "geometry": [None, None, LineString([(7000, 0), (7010, 0), (7000, 9), (7000, 0)])],
        },
        index=["none", "long", "loop"],
    )
    report = Network.from_edges(nodes, edges, mode="walk").report()
    assert report.zero_length.index.tolist() == ["none"]
    assert report.long_edges.index.tolist() == ["long"]
    assert report.self_loops.index.tolist() == ["loop"]
    assert report.dead_ends == 1


def test_one_way_traps():
    """A ring of one-way streets with a one-way street out of it that never comes back."""
    ring = [
        LineString(p)
        for p in (
            [(0, 0), (100, 0)],
            [(100, 0), (100, 100)],
            [(100, 100), (0, 0)],
            [(100, 100), (300, 100)],
        )
    ]
    network = lines_network(ring, mode="drive", oneway=["yes"] * 4)
    assert network.report().one_way_traps == 200
    assert lines_network(ring, oneway=["yes"] * 4).report().one_way_traps == 0


def test_the_summary_in_both_languages():
    main = LineString([(0, 0), (6000, 0)])
    loop = LineString([(0, 0), (0, 50), (50, 50), (0, 0)])
    network = lines_network(
        [main, loop, LineString([(400, 5), (400, 300)])],
        highway=["residential", "steps", "footway"],
    )
    english, chinese = network.report().summary(), network.report().summary("zh")
    assert "1 parts lie apart" in english
    assert "5.0 m short of a street that no way leads to" in english
    assert "the longest 6.0 km" in english
    assert "0.2 km of steps" in english
    assert "不连通" in chinese
    assert "台阶共 0.2 千米" in chinese


def test_jinan(shared_data):
    from geoplan.network.read_file import read_network

    network = read_network(
        shared_data / "roads_jinan" / "jinan_edges.csv",
        mode="drive",
        source_crs="EPSG:4326",
        all_classes=True,
    )
    report = network.report()
    # the source's note: 25 small weak parts, 23 loops of which one has no length, one of 20.6 km
    assert len(report.islands) == 25
    assert len(report.self_loops) == 22
    assert report.long_edges["length_m"].max() == pytest.approx(20_600, abs=60)
    assert report.largest_share > 0.99
