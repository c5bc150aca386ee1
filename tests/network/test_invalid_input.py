"""Invalid or unusual input of every function: a result, or one error that lists all faults."""

from __future__ import annotations

import logging
import math

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from shapely import LineString, MultiLineString, MultiPoint, Point

from geoplan.crs.projected import unfit_reason
from geoplan.errors import (
    CrsMismatchError,
    GeographicCrsError,
    InputError,
    MissingCrsError,
    NetworkError,
    UsageError,
)
from geoplan.network import (
    Network,
    k_nearest,
    nearest_site,
    reach_areas,
    read_network,
    route,
    snap,
    snap_nodes,
    travel_costs,
    with_links,
)
from geoplan.network.builders.elevation import with_slope
from geoplan.network.isochrones.outlines.outline import reach_outline

CRS = "EPSG:4548"


def points(xy, index=None, crs=CRS):
    return gpd.GeoSeries([None if p is None else Point(*p) for p in xy], index=index, crs=crs)


def nodes(ids=(0, 1, 2), crs=CRS, geometry=None):
    at = [Point(100 * k, 0) for k in range(len(ids))]
    return gpd.GeoDataFrame(geometry=geometry or at, index=list(ids), crs=crs)


def edges(u=(0, 1), v=(1, 2), **columns):
    return pd.DataFrame({"u": list(u), "v": list(v), "length_m": 100.0, **columns})


@pytest.fixture(scope="module")
def street():
    """0 --100 m-- 1 --100 m-- 2."""
    return Network.from_edges(nodes(), edges(), mode="walk")


# -- what cannot be measured in ------------------------------------------------------------


@pytest.mark.parametrize(
    ("crs", "xy", "instead"),
    [
        ("EPSG:4326", (117.0, 36.65), "EPSG:4548"),
        ("EPSG:4326", (-51.2, -30.0), "EPSG:32722"),
        ("EPSG:3857", (13024380.0, 4390000.0), "EPSG:4548"),
        ("EPSG:3395", (13024380.0, 4370000.0), "EPSG:4548"),
        ("EPSG:2263", (980000.0, 200000.0), "EPSG:32618"),
    ],
)
def test_a_crs_unfit_for_lengths_is_refused_and_a_fit_one_proposed(crs, xy, instead):
    x, y = xy
    two = [Point(x, y), Point(x + 0.01, y)]
    with pytest.raises(GeographicCrsError, match=instead):
        Network.from_edges(nodes(range(2), crs=crs, geometry=two), edges(u=[0], v=[1]), mode="walk")
    lines = gpd.GeoDataFrame(geometry=[LineString(two)], crs=crs)
    with pytest.raises(GeographicCrsError, match=instead):
        Network.from_lines(lines, mode="walk")


def test_web_mercator_is_refused_wherever_a_crs_is_named(tmp_path):
    with pytest.raises(GeographicCrsError, match="no metres on the ground"):
        Network.from_osm(tmp_path / "x.osm", mode="walk", crs="EPSG:3857")
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    graph.add_node(1, x=117.0, y=36.65)
    graph.add_node(2, x=117.01, y=36.65)
    graph.add_edge(1, 2)
    with pytest.raises(GeographicCrsError, match=r"1.25 of them to one here.*EPSG:4548"):
        Network.from_graph(graph, mode="walk", crs="EPSG:3857")
    true = Network.from_graph(graph, mode="walk", crs=CRS).length_m
    web = nx.MultiDiGraph(crs="EPSG:3857")
    xy = gpd.GeoSeries.from_xy([117.0, 117.01], [36.65, 36.65], crs="EPSG:4326").to_crs(3857)
    web.add_nodes_from((k + 1, {"x": p.x, "y": p.y}) for k, p in enumerate(xy))
    web.add_edge(1, 2)
    network = Network.from_graph(web, mode="walk")  # left to us, a true plane is taken
    assert network.crs == CRS
    assert network.length_m == pytest.approx(true, abs=1e-6)
    layer = tmp_path / "roads.gpkg"
    gpd.GeoDataFrame(geometry=[LineString(xy)], crs=3857).to_file(layer)
    assert read_network(layer, mode="walk").length_m == pytest.approx(true, abs=1e-6)


def test_a_crs_made_for_another_region_is_reported(tmp_path, caplog):
    path = tmp_path / "t.osm"
    path.write_text(
        '<osm version="0.6"><node id="-1" lon="117" lat="36.65"/><node id="-2" lon="117.001" '
        'lat="36.65"/><way id="-7"><nd ref="-1"/><nd ref="-2"/><tag k="highway" v="path"/></way>'
        "</osm>"
    )
    with caplog.at_level(logging.WARNING):
        network = Network.from_osm(path, mode="walk", crs="EPSG:32648")
    assert "off by" in caplog.text
    assert sorted(network.node_ids) == [-2, -1]  # an editor's ids, never uploaded
    assert unfit_reason(network.crs, (117.0, 36.65)) is None


# -- node and edge tables -----------------------------------------------------------------


def test_all_faults_of_the_tables_are_reported_at_once():
    bad = nodes(geometry=[Point(0, 0), Point(math.nan, 0), MultiPoint([(0, 0)])])
    with pytest.raises(NetworkError, match=r"2 nodes have no point.*lack the columns v, class"):
        Network.from_edges(bad, edges().drop(columns="v"), mode="walk", keep=["class"])
    wrong = edges(
        u=[0, 9], v=[7, 2], length_m=[-1.0, math.nan], oneway=["yes", 0], minutes=[math.inf, 1]
    )
    with pytest.raises(NetworkError) as told:
        Network.from_edges(nodes(), wrong, mode="drive")
    for part in (
        "u names 1 nodes",
        "v names 1 nodes",
        "2 edges have a length_m",
        "oneway must",
        "1 edges have a minutes",
    ):
        assert part in str(told.value)
    assert "np." not in str(told.value)  # numbers as a user writes them


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"nodes": None}, "must be a GeoDataFrame"),
        ({"nodes": pd.DataFrame(nodes())}, "must be a GeoDataFrame"),
        ({"nodes": gpd.GeoDataFrame({"a": [1]})}, "no geometry"),
        ({"edges": [(0, 1)]}, "must be a DataFrame"),
        ({"edges": edges().set_index(["u", "v"])}, "reset_index"),
        ({"edges": pd.concat([edges(), edges()[["u"]]], axis=1)}, "stand twice: u"),
        ({"edges": edges(geometry=["LINESTRING (0 0, 1 1)"] * 2)}, "not text"),
        ({"edges": edges(u=["0", "1"])}, "make both the same"),
        ({"edges": edges(u=[math.nan, 1])}, "do not exist: nan"),
        ({"edges": edges().iloc[:0]}, "no edges"),
        ({"speed_m_s": "fast"}, "speed_m_s must be a positive number"),
        ({"speed_m_s": 0}, "speed_m_s must be a positive number"),
        ({"mode": "bike"}, "mode must be"),
    ],
)
def test_wrong_tables_are_refused_with_a_message(change, match):
    given = {"nodes": nodes(), "edges": edges(), "mode": "walk"} | change
    with pytest.raises((UsageError, InputError), match=match):
        Network.from_edges(given.pop("nodes"), given.pop("edges"), **given)


@pytest.mark.parametrize(
    "ids",
    [
        [2**31 + 5, 2**40, 2**62],
        ["a", "b", "c"],
        ["a", 1, (2, 3)],
        [2**63 + 5, 2**63 + 6, 2**63 + 7],
        [-1, 0, 1],
        [(0, 0), (0, 1), (1, 1)],
    ],
)
def test_node_ids_of_any_kind_name_the_same_streets(ids):
    index = pd.Index(ids, tupleize_cols=False)
    table = nodes().set_index(index)
    pairs = pd.DataFrame({"u": pd.Series(ids[:2]), "v": pd.Series(ids[1:]), "length_m": 100.0})
    network = Network.from_edges(table, pairs, mode="walk")
    frame = network.edges_frame()
    assert frame["u"].tolist() == ids[:2]
    assert frame["v"].tolist() == ids[1:]
    cost = nearest_site(network, points([(200, 0)]), points([(0, 0)]))["cost_m"]
    assert cost.tolist() == [200.0]


def test_missing_oneway_means_both_ways_whatever_its_type():
    for oneway in ([None, True], pd.array([pd.NA, True], dtype="boolean"), [math.nan, 1.0]):
        network = Network.from_edges(nodes(), edges(oneway=oneway), mode="drive")
        assert network.oneway.tolist() == [False, True]


def test_one_node_and_self_loops_only():
    loop = Network.from_edges(nodes([0]), edges(u=[0], v=[0]), mode="drive")
    found = nearest_site(loop, points([(0, 3)]), points([(4, 0)]))
    assert found["cost_m"].tolist() == [7.0]
    assert reach_areas(loop, points([(0, 0)]), cutoffs_m=[50]).is_empty.all()  # no street is drawn


# -- lines and graphs -----------------------------------------------------------------------


def test_rows_without_a_usable_line_are_counted_by_kind():
    with np.errstate(invalid="ignore"):
        broken = shapely.from_wkt("LINESTRING (0 0, nan 3, 5 5)")
    rows = [
        LineString([(0, 0, 5), (100, 0, 6)]),
        MultiLineString([[(100, 0), (100, 50)], [(100, 50), (100, 80)]]),
        None,
        LineString(),
        Point(0, 0),
        Point(0, 0).buffer(5),
        broken,
        LineString([(0, 0), (math.inf, 0)]),
    ]
    frame = gpd.GeoDataFrame(geometry=rows, index=[7] * len(rows), crs=CRS)
    network = Network.from_lines(frame, mode="walk")
    assert network.n_edges == 3
    assert network.notes["rows_without_line"] == {
        "missing": 1,
        "empty": 1,
        "Point": 1,
        "Polygon": 1,
        "broken coordinates": 2,
    }
    assert network.length_m.tolist() == [100.0, 50.0, 30.0]
    for nothing in (frame.iloc[:0], frame.iloc[2:]):
        with pytest.raises(NetworkError, match="holds no line"):
            Network.from_lines(nothing, mode="walk")


def test_a_series_of_lines_and_columns_of_lists():
    lines = gpd.GeoSeries([LineString([(0, 0), (100, 0)])] * 2, crs=CRS)
    assert Network.from_lines(lines, mode="walk").n_edges == 2
    merged = gpd.GeoDataFrame(
        {"highway": [["primary", "x"], None], "maxspeed": [["60"], math.nan]}, geometry=lines
    )
    network = Network.from_lines(merged, mode="drive")
    assert network.properties["speed_kmh"].tolist() == [60.0, 25.0]
    with pytest.raises(UsageError, match=r"not primary=0, trunk='x'"):
        Network.from_lines(merged, mode="drive", speeds_kmh={"primary": 0, "trunk": "x"})
    twice = gpd.GeoDataFrame(
        pd.DataFrame([["a", "b"]] * 2, columns=["highway", "highway"]), geometry=lines
    )
    with pytest.raises(UsageError, match="stand twice: highway"):
        Network.from_lines(twice, mode="walk")


def test_all_faults_of_a_graph_are_reported_at_once():
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    graph.add_node(1, x=117.0, y=36.65)
    graph.add_node(2, x=36.65, y=117.0)
    graph.add_node(3, x=math.inf, y=0)
    graph.add_edge(1, 2, length=-5)
    graph.add_edge(1, 2, length="abc")
    graph.add_edge(2, 3, geometry=Point(0, 0))
    with pytest.raises(NetworkError) as told:
        Network.from_graph(graph, mode="walk")
    for part in (
        "1 nodes lack x or y",
        "1 nodes lie outside the degrees",
        "x is the longitude",
        "2 edges have a length",
        "1 edges have a geometry that is no line",
    ):
        assert part in str(told.value)
    for other in (None, {}, nx.grid_2d_graph(2, 2), nx.Graph(crs="foo")):
        with pytest.raises((UsageError, MissingCrsError)):
            Network.from_graph(other, mode="walk")


def test_a_geometry_of_an_edge_as_text_is_a_line():
    graph = nx.Graph(crs=CRS)
    graph.add_node(1, x=0, y=0)
    graph.add_node(2, x=100, y=0)
    graph.add_edge(1, 2, geometry="LINESTRING (0 0, 50 120, 100 0)")
    assert Network.from_graph(graph, mode="walk").length_m.tolist() == [260.0]


# -- questions --------------------------------------------------------------------------------


def ask(kind, network, demand=None, sites=None, **options):
    demand = points([(10, 5)]) if demand is None else demand
    sites = points([(0, 0)]) if sites is None else sites
    if kind == "reach":
        options["cutoffs_m"] = options.pop("cutoff_m", [100])
        return reach_areas(network, demand, **options)
    return {"nearest": nearest_site, "costs": travel_costs}[kind](network, demand, sites, **options)


@pytest.mark.parametrize("kind", ["nearest", "costs", "reach"])
@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"demand": gpd.GeoSeries([Point(1, 1)])}, MissingCrsError, "no CRS"),
        ({"demand": points([(1, 1)], crs="EPSG:4527")}, CrsMismatchError, "to_crs"),
        ({"demand": points([(1, 1)], crs="EPSG:4326")}, GeographicCrsError, "degrees"),
        ({"demand": pd.DataFrame({"x": [1]})}, UsageError, "must be a GeoDataFrame"),
        (
            {"demand": gpd.GeoSeries([Point(1, 1).buffer(9)], crs=CRS)},
            InputError,
            "representative_point",
        ),
        ({"cutoff_m": "500"}, UsageError, "number"),
        ({"cutoff_m": -1}, UsageError, "number"),
        ({"cutoff_m": math.nan}, UsageError, "number"),
        ({"cutoff_m": [[1, 2]]}, UsageError, "number"),
        ({"cutoff_m": True}, UsageError, "number"),
        ({"max_snap_m": "100"}, UsageError, "max_snap_m"),
        ({"max_snap_m": 0}, UsageError, "max_snap_m"),
        ({"threads": 2.5}, UsageError, "threads"),
        ({"threads": "2"}, UsageError, "threads"),
        ({"direction": "up"}, UsageError, "direction"),
        ({"barriers": [LineString([(0, 1), (1, 1)])]}, UsageError, "barriers"),
    ],
)
def test_wrong_query_options_are_refused_with_a_message(street, kind, options, error, match):
    with pytest.raises(error, match=match):
        ask(kind, street, **options)


def broken_line():
    with np.errstate(invalid="ignore"):
        return shapely.from_wkt("LINESTRING (0 0, nan 3, 200 0)")


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda n, p: route(n, p.iloc[0].buffer(1), p), "no points"),
        (lambda n, p: route(n, (0, 0), p), "shapely.Point"),
        (lambda n, p: route(None, p, p), "must be a geoplan Network"),
        (lambda n, p: k_nearest(n, p, p, k="2"), "k must be a whole number"),
        (lambda n, p: k_nearest(n, p, p, k=1.5), "k must be a whole number"),
        (lambda n, p: reach_outline(n, p, cutoff_m="a"), "cutoff_m must be a positive number"),
        (lambda n, p: reach_outline(n, p, cutoff_min=0), "number of minutes"),
        (lambda n, p: reach_outline(n, p, cutoff_m=9, width_m="a"), "width_m must be a positive"),
        (lambda n, p: with_links(n, gpd.GeoSeries([broken_line()], crs=CRS)), "no numbers"),
        (lambda n, p: with_links(n, p, max_gap_m="a"), "max_gap_m must be a positive number"),
        (lambda n, p: with_links(n, p, speed_kmh=0), "speed_kmh must be a positive number"),
        (lambda n, p: with_slope(n, "x.tif", step_m="a"), "step_m must be a positive number"),
        (lambda n, p: n.report(near_m="a", long_m=None), "near_m='a', long_m=None"),
        (lambda n, p: snap_nodes(n, 5), "list of node ids"),
        (lambda n, p: snap(n, p, barriers=gpd.GeoSeries([broken_line()], crs=CRS)), "barriers"),
    ],
)
def test_wrong_options_of_other_functions_are_refused(street, call, match):
    with pytest.raises((UsageError, InputError), match=match):
        call(street, points([(10, 5)]))


@pytest.mark.parametrize("kind", ["nearest", "costs", "reach"])
def test_a_network_that_is_none_is_refused(kind):
    with pytest.raises(UsageError, match="must be a geoplan Network, not NoneType"):
        ask(kind, None)


def test_points_snapped_to_another_network_are_refused(street):
    other = Network.from_edges(
        nodes(geometry=[Point(0, 0), Point(0, 100), Point(0, 200)]), edges(), mode="walk"
    )
    there = snap(other, points([(0, 150)]))
    assert nearest_site(other, there, points([(0, 0)]))["cost_m"].tolist() == [150.0]
    with pytest.raises(UsageError, match="another network"):
        nearest_site(street, there, points([(0, 0)]))


def test_points_of_every_sort_keep_their_rows_and_reasons(street):
    rows = [(10, 0), (10, 0), None, (math.nan, 1), (math.inf, 1), (1e300, 1e300), (10, 501), (9, 0)]
    homes = points(rows, index=pd.Index(["a", "a", *"bcdefg"]))
    homes.iloc[-1] = Point(9, 0, 77)
    found = nearest_site(street, homes, points([(0, 0)]))
    assert found.index.tolist() == homes.index.tolist()
    assert found["reason"].tolist() == [
        "",
        "",
        "unlocated",
        "unlocated",
        "unlocated",
        "off_network",
        "off_network",
        "",
    ]
    np.testing.assert_array_equal(found["cost_m"], [10, 10] + [math.nan] * 5 + [9])
    with pytest.raises(InputError, match=r"more than once: \['a'\]"):
        travel_costs(street, homes, points([(0, 0)]))


@pytest.mark.parametrize(
    ("cutoff", "reached"),
    [
        (0, [0]),
        (0.0, [0]),
        (1e-9, [0]),
        (10, [0, 1]),
        (np.float32(10), [0, 1]),
        (np.int64(9), [0]),
        (1e39, [0, 1, 2]),
        (math.inf, [0, 1, 2]),
        (None, [0, 1, 2]),
    ],
)
def test_cutoffs_at_the_limits(street, cutoff, reached):
    homes, here = points([(0, 0), (10, 0), (200, 0)]), points([(0, 0)])
    costs = travel_costs(street, homes, here, cutoff_m=cutoff)
    assert np.flatnonzero(np.diff(costs.matrix.indptr)).tolist() == reached
    found = nearest_site(street, homes, here, cutoff_m=cutoff)
    assert np.flatnonzero(found["reason"] == "").tolist() == reached


@pytest.mark.parametrize(
    "cutoffs", [500, [500, 100, 100], (c for c in (100, 500)), {100, 500}, pd.Series([500, 100])]
)
def test_cutoffs_in_any_form_and_order(street, cutoffs):
    areas = reach_areas(street, points([(0, 0)]), cutoffs_m=cutoffs)
    assert areas["cutoff_m"].tolist() in ([500], [100, 500])
    assert areas.area.is_monotonic_increasing


@pytest.mark.parametrize(
    "labels",
    [
        pd.MultiIndex.from_tuples([(1, 2), (1, 3)], names=["p", "q"]),
        pd.CategoricalIndex(["a", "b"]),
        pd.date_range("2020", periods=2),
        [1.5, 2.5],
        ["a", 3],
        np.array([1, 2], np.uint8),
        [True, False],
    ],
)
def test_labels_of_any_kind_come_back(street, labels):
    two = points([(10, 0), (150, 0)], index=pd.Index(labels))
    want = two.index.tolist()
    assert nearest_site(street, two, two)["site"].tolist() == want
    costs = travel_costs(street, two, two)
    assert costs.demand_index.tolist() == want
    assert costs.to_frame()["site"].tolist() == [*want, *want]
    assert reach_areas(street, two, cutoffs_m=[5])["site"].tolist() == want


def test_empty_demand_and_empty_sites(street):
    none, some = points([]), points([(10, 5)], index=["h"])
    assert len(nearest_site(street, none, some)) == 0
    assert travel_costs(street, none, some).matrix.shape == (0, 1)
    assert travel_costs(street, some, none).matrix.shape == (1, 0)
    assert nearest_site(street, some, none)["site"].isna().tolist() == [True]
    assert len(reach_areas(street, none, cutoffs_m=[100])) == 0


def test_the_callers_frames_stay_as_they_are(street):
    table, pairs = nodes(), edges(oneway=[None, True], minutes=[1, 2])
    lines = gpd.GeoDataFrame(
        {"oneway": ["yes", None]}, geometry=[LineString([(0, 0), (9, 9)])] * 2, crs=CRS
    )
    homes = gpd.GeoDataFrame({"n": [1, 2]}, geometry=points([(10, 5), None]), crs=CRS)
    kept = [frame.copy(deep=True) for frame in (table, pairs, lines, homes)]
    Network.from_edges(table, pairs, mode="drive")
    Network.from_lines(lines, mode="drive")
    nearest_site(street, homes, homes)
    travel_costs(street, homes, homes, cutoff_m=100)
    reach_areas(street, homes, cutoffs_m=[50])
    for frame, before in zip((table, pairs, lines, homes), kept, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before))


# -- any network against networkx --------------------------------------------------------------


@st.composite
def cities(draw):
    """Nodes that may share places, edges that may be loops, parallel, one-way or without length."""
    count = draw(st.integers(1, 7))
    xy = draw(st.lists(st.tuples(*[st.integers(0, 3)] * 2), min_size=count, max_size=count))
    node = st.integers(0, count - 1)
    edge = st.tuples(node, node, st.integers(0, 9), st.sampled_from([0, 1, -1]))
    ids = draw(st.sampled_from([lambda k: k, lambda k: f"n{k}", lambda k: 2**40 + k]))
    return xy, draw(st.lists(edge, min_size=1, max_size=14)), ids


@settings(max_examples=60, deadline=None)
@given(
    city=cities(),
    cutoff=st.sampled_from([None, 0, 3, 11.5]),
    mode=st.sampled_from(["walk", "drive"]),
)
def test_costs_between_nodes_are_those_of_networkx(city, cutoff, mode):
    xy, rows, name = city
    ids = [name(k) for k in range(len(xy))]
    table = gpd.GeoDataFrame(
        geometry=points([(100 * x, 100 * y) for x, y in xy]).array, index=ids, crs=CRS
    )
    pairs = pd.DataFrame(
        [(name(a), name(b), float(c), way) for a, b, c, way in rows],
        columns=["u", "v", "length_m", "oneway"],
    )
    graph = nx.MultiDiGraph()
    graph.add_nodes_from(ids)
    for row in pairs.itertuples():
        if mode == "walk" or row.oneway >= 0:
            graph.add_edge(row.u, row.v, weight=row.length_m)
        if mode == "walk" or row.oneway <= 0:
            graph.add_edge(row.v, row.u, weight=row.length_m)
    network = Network.from_edges(table, pairs, mode=mode)
    everyone = snap_nodes(network)
    found = travel_costs(network, everyone, everyone, cutoff_m=cutoff).to_frame()
    told = {(r.demand, r.site): r.cost for r in found.itertuples()}
    want = {
        (a, b): cost
        for a, costs in nx.all_pairs_dijkstra_path_length(graph, cutoff=cutoff)
        for b, cost in costs.items()
    }
    assert told == pytest.approx(want)
    nearest = nearest_site(network, everyone, everyone, cutoff_m=cutoff)
    assert (nearest["cost_m"] == 0).all()
