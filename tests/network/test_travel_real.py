"""Jinan's real roads: points mid-edge, one-way streets, islands, against networkx."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

import geoplan.network as gn
from geoplan.network import Network

CRS = "EPSG:4548"


@pytest.fixture(scope="module")
def jinan(shared_data):
    folder = shared_data / "roads_jinan"
    if not folder.is_dir():
        pytest.skip("the real roads of Jinan are absent")
    nodes = pd.read_csv(folder / "jinan_nodes.csv").set_index("node")
    nodes = gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(nodes.lon, nodes.lat), crs=4326, index=nodes.index
    ).to_crs(CRS)
    table = pd.read_csv(folder / "jinan_edges.csv")
    lines = gpd.GeoSeries.from_wkt(table["wkt"], crs=4326).to_crs(CRS)
    edges = table[["u", "v", "length_m"]].assign(oneway=True, geometry=lines)
    return Network.from_edges(nodes, edges, mode="drive"), nodes, edges


def split_graph(network, edges, places):
    """networkx graph with every edge cut at the points on it."""
    g = nx.MultiDiGraph()
    on_edge: dict[int, list] = {}
    twin_of: dict[tuple, int] = {}
    for e, row in enumerate(edges.itertuples()):
        twin_of.setdefault((row.u, row.v, tuple(row.geometry.coords)), e)
    for name, placed in places:
        for i, label in enumerate(placed.index):
            point = (name, label)
            if placed.state[i] != 0:
                continue
            leg = placed.snap_m[i]
            f = placed.fraction[i]
            row = edges.iloc[placed.edge[i]]
            if f in (0.0, 1.0):
                place = row.u if f == 0 else row.v
            else:
                place = ("place", *point)
                on_edge.setdefault(placed.edge[i], []).append((f, place))
                back = twin_of.get((row.v, row.u, tuple(row.geometry.coords[::-1])))
                if back is not None:  # the same street, driven the other way
                    on_edge.setdefault(back, []).append((1 - f, place))
            g.add_edge(point, place, w=leg)
            g.add_edge(place, point, w=leg)
    for e, row in enumerate(edges.itertuples()):
        chain = [(0.0, row.u), *sorted(on_edge.get(e, []), key=lambda p: p[0]), (1.0, row.v)]
        for (f0, a), (f1, b) in pairwise(chain):
            g.add_edge(a, b, w=(f1 - f0) * row.length_m)
    return g


def test_nearest_and_all_pairs_on_real_roads(jinan):
    network, _, edges = jinan
    rng = np.random.default_rng(4)
    lines = network.edge_lines()
    near_road = shapely.line_interpolate_point(
        lines[rng.integers(0, len(lines), 400)], rng.random(400), normalized=True
    )
    xy = shapely.get_coordinates(near_road) + rng.normal(size=(400, 2)) * 30
    homes = gpd.GeoSeries(shapely.points(xy[:370]), crs=CRS)
    sites = gpd.GeoSeries(shapely.points(xy[370:]), index=range(1000, 1030), crs=CRS)
    placed = [("d", gn.snap(network, homes)), ("s", gn.snap(network, sites))]
    g = split_graph(network, edges, placed).reverse(copy=False)
    near = gn.nearest_site(network, homes, sites)
    reach = nx.multi_source_dijkstra_path_length(g, [("s", s) for s in sites.index], weight="w")
    want = np.array([reach.get(("d", d), np.nan) for d in homes.index])
    np.testing.assert_allclose(near["cost_m"], want, atol=1e-4)
    assert (near["reason"] == "cut_off").sum() == np.isnan(want).sum()
    costs = gn.travel_costs(network, homes, sites, cutoff_m=5000).to_dense()
    for s in sites.index[:8]:
        reach = nx.single_source_dijkstra_path_length(g, ("s", s), cutoff=5000, weight="w")
        want = np.array([reach.get(("d", d), np.nan) for d in homes.index])
        np.testing.assert_allclose(costs[s], want, atol=1e-4)


def test_snapping_on_real_roads(jinan):
    network = jinan[0]
    rng = np.random.default_rng(8)
    minx, miny, maxx, maxy = network.bounds
    xy = rng.random((200, 2)) * [maxx - minx, maxy - miny] + [minx, miny]
    homes = gpd.GeoSeries(shapely.points(xy), crs=CRS)
    placed = gn.snap(network, homes, max_snap_m=None)
    gaps = shapely.distance(np.asarray(homes)[:, None], network.edge_lines()[None, :])
    np.testing.assert_allclose(placed.snap_m, gaps.min(axis=1), atol=1e-6)
    np.testing.assert_array_equal(placed.edge, gaps.argmin(axis=1))


def test_the_file_of_a_real_network(jinan, tmp_path):
    network = jinan[0]
    network.save(tmp_path / "jinan.gpnet")
    again = Network.load(tmp_path / "jinan.gpnet")
    assert repr(again) == repr(network)
    assert again.edges_frame().geometry.geom_equals(network.edges_frame().geometry).all()
