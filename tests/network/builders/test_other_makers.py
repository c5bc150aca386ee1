"""Street layers of other makers: the same streets in each one's headings, words and codes."""

from __future__ import annotations

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from shapely import LineString

from geoplan.network import Network, read_network
from geoplan.network.builders.build_notes import build_findings
from geoplan.network.builders.tagging.speeds import read_maxspeed
from geoplan.network.builders.tagging.values import tag_values

CRS = "EPSG:4548"
#: a primary street along the line, a residential one against it, a two-way one, and stairs
ALONG, AGAINST, BOTH = 1, -1, 0


def layer(**columns):
    count = len(next(iter(columns.values())))
    lines = [LineString([(i * 100, 0), (i * 100 + 100, 0)]) for i in range(count)]
    return gpd.GeoDataFrame(columns, geometry=lines, crs=CRS)


def streets(frame, mode="drive"):
    """By line: direction of travel and speed."""
    network = Network.from_lines(frame, mode=mode)
    edges = network.edges_frame().sort_values("line")
    turned = [line.coords[0][0] > line.coords[-1][0] for line in edges.geometry]
    signs = [int(o) * (-1 if t else 1) for o, t in zip(edges["oneway"], turned, strict=True)]
    speeds = edges["speed_kmh"].tolist() if mode == "drive" else [None] * len(edges)
    return dict(zip(edges["line"], zip(signs, speeds, strict=True), strict=True)), network


@pytest.mark.parametrize(
    "columns",
    [
        {"DIR_TRAVEL": ["F", "T", "B"], "FUNC_CLASS": ["2", "5", "2"]},  # HERE
        {"DIR_TRAVEL": ["F", "T", "B"], "FUNC_CLASS": [2, 5, 2]},
        {"DIRECTION": [2, 3, 1], "KIND": ["0301", "0801|0805", "0301"]},  # NavInfo
        {"DIRECTION": ["2", "3", "0"], "道路等级": ["44000", "49000", "44000"]},  # AutoNavi
        {"ONEWAY": ["FT", "TF", None], "FRC": [2, 6, 2]},  # TomTom
        {"Oneway": ["FT", "TF", ""], "fclass": ["primary", "residential", "primary"]},  # ArcGIS
        {"oneway": ["F", "T", "B"], "fclass": ["primary", "residential", "primary"]},  # Geofabrik
        {
            "directiona": ["in direction", "in opposite direction", "both directions"],
            "roadClassi": ["A Road", "Local Access Road", "A Road"],  # OS, a Shapefile's headings
        },
        {"SENS": ["Sens direct", "Sens inverse", "Double sens"], "FRC": [2, 6, 2]},  # IGN
        {"sens_de_ci": ["Direct", "Inverse", "Double"], "FRC": [2, 6, 2]},
        {"方向": ["正向", "反向", "双向"], "道路等级": ["主干路", "小区道路", "主干路"]},
        {
            "class": ["primary", "residential", "primary"],  # Overture
            "access_restrictions": [
                '[{"access_type": "denied", "when": {"heading": "backward"}}]',
                '[{"access_type": "denied", "when": {"heading": "forward", "mode": ["vehicle"]}}]',
                None,
            ],
        },
        {
            "highway": ["['primary', 'service']", "[residential]", '["primary"]'],
            "oneway": ["[True, False]", "-1", "False"],
        },
        {"highway": ["primary;service", "residential", "primary"], "oneway": ["yes", "-1", "no"]},
    ],
    ids=lambda columns: "+".join(columns),
)
def test_the_same_three_streets_of_every_maker(columns):
    found, network = streets(layer(**columns))
    assert found == {0: (ALONG, 50.0), 1: (AGAINST, 25.0), 2: (BOTH, 50.0)}
    assert not [f.code for f in build_findings(network, "en")]
    assert not Network.from_lines(layer(**columns), mode="walk").oneway.any()


def test_tiger_and_chinese_classes_decide_who_may_go():
    tiger = layer(MTFCC=["S1100", "S1710", "S1720", "S1400", "S1820"])
    assert set(streets(tiger, "walk")[0]) == {1, 2, 3}
    assert set(streets(tiger)[0]) == {0, 3}
    ours = layer(道路等级=["高速公路", "人行道", "台阶", "支路", "规划道路"])
    assert set(streets(ours, "walk")[0]) == {1, 2, 3}
    assert set(streets(ours)[0]) == {0, 3}


def test_closed_streets_and_those_closed_to_walkers():
    closed = layer(ONEWAY=["FT", "N", "TF"])
    found, network = streets(closed)
    assert set(found) == {0, 2}
    assert network.notes["left_out"] == {"access": 1}
    # where no FT or TF stands, N is a plain no
    assert streets(layer(ONEWAY=["N", "Y", "N"]))[0] == {
        0: (BOTH, 25.0),
        1: (ALONG, 25.0),
        2: (BOTH, 25.0),
    }
    here = layer(FUNC_CLASS=["1", "4"], AR_PEDEST=["N", "Y"], AR_AUTO=["Y", "N"])
    assert set(streets(here, "walk")[0]) == {1}
    assert set(streets(here)[0]) == {0}


@pytest.mark.parametrize(
    "cell", ["['steps', 'footway']", "[steps, footway]", '["footway", "steps"]', "steps;footway"]
)
def test_merged_stairs_are_not_driven(cell):
    frame = layer(highway=["residential", cell, "['residential', 'steps']"])
    assert set(streets(frame)[0]) == {0}
    assert set(streets(frame, "walk")[0]) == {0, 1, 2}


def test_a_closed_part_closes_a_merged_street():
    frame = layer(highway=["residential"] * 3, access=["['yes', 'private']", None, "['yes']"])
    assert set(streets(frame, "walk")[0]) == {1, 2}


@pytest.mark.parametrize(
    ("text", "kmh", "odd"),
    [
        ("50", 50, False),
        ("30 mph", 48.28, False),
        ("20mph", 32.19, False),
        ("10 knots", 18.52, False),
        ("60公里/小时", 60, False),
        ("['60', '80']", 70, False),
        ("[60, 80]", 70, False),
        ("60;80", 70, False),
        ("60|40", 50, False),
        ("walk", 7, False),
        ("signals", None, False),
        ("none", None, False),
        ("CN:urban", 50, False),
        ("DE:rural", 100, False),
        ("XX:urban", 50, False),
        ("DE:zone:30", 30, False),
        ("0", None, True),
        ("900", None, True),
        ("250", None, True),
        ("fast", None, True),
        ("50 furlongs", None, True),
        (None, None, False),
        (float("nan"), None, False),
        (60.0, 60, False),
    ],
)
def test_speed_limits(text, kmh, odd):
    found, doubted = read_maxspeed(text)
    assert found == (None if kmh is None else pytest.approx(kmh, abs=0.01))
    assert doubted == odd


def test_what_was_not_understood_is_told_with_counts_and_what_was_taken():
    frame = layer(
        highway=["primary", "boulevard", "boulevard", None, "lane"],
        maxspeed=["fast", None, None, None, "50"],
        oneway=["yes", "perhaps", "no", None, None],
    )
    network = streets(frame)[1]
    told = {f.code: f for f in build_findings(network, "en")}
    assert set(told) == {"odd_classes", "odd_speeds", "odd_directions", "no_class"}
    assert "boulevard (2)" in told["odd_classes"].problem  # a lane with a speed needs no class
    assert "25 km/h was taken" in told["odd_classes"].problem
    assert (told["odd_classes"].count, told["odd_speeds"].count) == (2, 1)
    assert told["odd_directions"].count == 1
    assert all(f.effect and f.advice for f in told.values())
    on_foot = {f.code for f in build_findings(streets(frame, "walk")[1], "zh")}
    assert on_foot == {"odd_classes_walk"}


@pytest.mark.parametrize(
    ("mode", "columns", "words"),
    [
        ("walk", {"access": ["foo", "yes", "foo"]}, {"access=foo": 2}),
        ("walk", {"foot": ["perhaps", None, "yes"]}, {"foot=perhaps": 1}),
        # what the more specific tag decides is no matter
        ("walk", {"foot": ["yes", "no", ""], "access": ["foo", "foo", "foo"]}, {"access=foo": 1}),
        ("walk", {"access": ["agricultural", "customers", "['yes', 'foo']"]}, {}),
        ("walk", {"access": ["['foo', 'bar']", "private", None]}, {"access=foo": 1}),
        ("drive", {"motorcar": ["foo", "no", None], "access": ["no", None, None]}, {}),
        ("drive", {"vehicle": ["foo", None, None], "foot": ["foo"] * 3}, {"vehicle=foo": 1}),
    ],
)
def test_access_words_that_nobody_knows_count_as_open_and_are_told(mode, columns, words):
    frame = layer(highway=["residential"] * 3, oneway=["no"] * 3, **columns)
    graph = nx.MultiDiGraph(crs=CRS)
    for at, row in frame.drop(columns="geometry").iterrows():
        graph.add_node(2 * at, x=100.0 * at, y=0.0)
        graph.add_node(2 * at + 1, x=100.0 * at + 50, y=0.0)
        graph.add_edge(2 * at, 2 * at + 1, length=50.0, **row.to_dict())
    for network in (streets(frame, mode)[1], Network.from_graph(graph, mode=mode)):
        assert network.notes.get("odd_access", {}) == words
        told = [f for f in build_findings(network, "en") if f.code == "odd_access"]
        assert [f.count for f in told] == ([sum(words.values())] if words else [])
        assert all(word in f.problem and f.effect and f.advice for f in told for word in words)


def test_a_yes_and_no_column_with_another_word_is_no_yes():
    frame = layer(fclass=["cycleway"] * 4, AR_PEDEST=["Y", "N", "maybe", None])
    found, network = streets(frame, "walk")
    assert set(found) == {0}  # a cycleway is walked where somebody says so
    frame = layer(fclass=["residential"] * 4, 允许步行=["是", "否", "待定", None])
    found, network = streets(frame, "walk")
    assert set(found) == {0, 2, 3}
    assert network.notes["odd_access"] == {"foot=待定": 1}


def test_streets_without_a_direction_column_are_two_way_and_that_is_told():
    network = streets(layer(highway=["primary", "motorway", "footway"]))[1]
    (told,) = build_findings(network, "en")
    assert (told.code, told.severity, told.count) == ("no_oneway", "note", 2)
    assert told.effect
    assert not build_findings(streets(layer(highway=["primary"]), "walk")[1], "en")


def test_headings_that_say_something_else_are_left_alone():
    """A house's class, a compass direction, a level of roads: none of them is a street's."""
    frame = layer(class_=["a"] * 3, direction=["N", "NE", "S"], level=["1", "2", "3"])
    frame = frame.rename(columns={"class_": "class"})
    found, network = streets(frame)
    assert {sign for sign, _ in found.values()} == {BOTH}
    assert network.n_nodes == 4  # no heights apart


def osmnx_like():
    graph = nx.MultiDiGraph(crs="EPSG:4326", simplified=True)
    for node, (x, y) in enumerate([(117.0, 36.65), (117.01, 36.65), (117.02, 36.66)]):
        graph.add_node(node, x=x, y=y, street_count=2)
    line = LineString([(117.0, 36.65), (117.005, 36.651), (117.01, 36.65)])
    both = {"highway": ["trunk", "primary"], "maxspeed": ["60", "80"], "oneway": False}
    for u, v, shape in ((0, 1, line), (1, 0, line.reverse())):
        graph.add_edge(u, v, osmid=[5, 6], length=921.5, geometry=shape, **both)
    tags = {"highway": "residential", "oneway": True, "osmid": 7, "length": 1423.0}
    graph.add_edge(2, 1, geometry=LineString([(117.02, 36.66), (117.01, 36.65)]), **tags)
    stairs = {"highway": ["steps", "footway"], "oneway": False, "osmid": 8, "length": 1998.0}
    for u, v in ((0, 2), (2, 0)):
        ends = [(graph.nodes[n]["x"], graph.nodes[n]["y"]) for n in (u, v)]
        graph.add_edge(u, v, geometry=LineString(ends), **stairs)
    return graph


@pytest.mark.parametrize("directed", [True, False])
@pytest.mark.parametrize("ending", ["gpkg", "shp", "csv", "geojson", "fgb"])
@pytest.mark.parametrize("mode", ["drive", "walk"])
def test_a_graph_saved_as_a_layer_is_the_graph(tmp_path, directed, ending, mode):
    """The same streets, lengths, minutes and directions as from the graph itself."""
    osmnx = pytest.importorskip("osmnx")
    graph = osmnx_like()
    saved = tmp_path / "g.gpkg"
    osmnx.save_graph_geopackage(graph, saved, directed=directed)
    edges = gpd.read_file(saved, layer="edges")
    if ending in ("shp", "geojson", "fgb"):
        edges.to_file(tmp_path / f"g.{ending}")
    elif ending == "csv":
        table = pd.DataFrame(edges.assign(wkt=edges.geometry.to_wkt())).drop(columns="geometry")
        table.to_csv(tmp_path / "g.csv", index=False)
    source = {"source_crs": "EPSG:4326"} if ending == "csv" else {}
    network = read_network(tmp_path / f"g.{ending}", mode=mode, crs=CRS, **source)
    direct = Network.from_graph(graph, mode=mode, crs=CRS)
    assert arcs(network) == arcs(direct)
    assert len(arcs(network)) == (3 if mode == "drive" else 6)


def arcs(network):
    """Every way to go: from, to, metres, minutes."""
    frame = network.edges_frame()
    minutes = frame["minutes"] if "minutes" in frame else frame["length_m"] / 60
    found = set()
    for u, v, one, m, t in zip(
        frame["u"], frame["v"], frame["oneway"], frame["length_m"], minutes, strict=True
    ):
        found.add((int(u), int(v), round(float(m), 2), round(float(t), 5)))
        if not one:
            found.add((int(v), int(u), round(float(m), 2), round(float(t), 5)))
    return found


def test_values_that_are_none_of_a_street_stay_out_of_lists():
    classes = ["[nan, 'primary']", "['', 'primary']", np.nan]
    found, network = streets(layer(highway=classes, maxspeed=["", None, "nan"]))
    assert {speed for _, speed in found.values()} == {50.0, 25.0}
    assert "odd_speeds" not in network.notes


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("{'primary', 'secondary'}", ["primary", "secondary"]),
        ("{'secondary', 'primary'}", ["primary", "secondary"]),
        ({"secondary", "primary"}, ["primary", "secondary"]),
        ("['secondary' 'primary']", ["secondary", "primary"]),
        ("[60 80]", ["60", "80"]),
        ('["secondary", "primary"]', ["secondary", "primary"]),
    ],
)
def test_a_merged_cell_has_one_order_whatever_program_wrote_it(cell, values):
    # a set's own order differs from process to process, and the first known class gives the speed
    assert tag_values(cell) == values
