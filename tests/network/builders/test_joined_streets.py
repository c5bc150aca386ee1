"""Streets that only look joined: told with their place and the way round, joined on request."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from shapely import LineString

from geoplan.errors import UsageError
from geoplan.network import Network, nearest_site
from geoplan.network.builders.from_lines import LineOptions, network_from_lines
from geoplan.network.doubts import network_doubts

CRS = "EPSG:4548"
MAIN = [(0, 0), (1000, 0)]
#: from one end of the main street round to a point above its middle: 3 km
ROUND = [(1000, 0), (1000, 1000), (400, 1000)]


def layer(lines, **columns):
    return gpd.GeoDataFrame(columns, geometry=[LineString(line) for line in lines], crs=CRS)


def built(lines, mode="walk", *, split=None, join_within_m=None, **columns):
    options = LineOptions(split=split, join_within_m=join_within_m)
    return network_from_lines(layer(lines, **columns), mode=mode, options=options)


def told(network):
    return {f.code: f for f in network_doubts(network, "en")}


def metres(network, start, end):
    places = gpd.GeoSeries([shapely.Point(start), shapely.Point(end)], crs=CRS)
    return nearest_site(Network.from_data(network), places[:1], places[1:])["cost_m"].iloc[0]


@pytest.mark.parametrize("gap", [0.0, 0.004, 0.3, 0.49, 1.2, 1.9])
@pytest.mark.parametrize("bridge", [None, ["no", "yes"]])
def test_an_end_that_stops_short_is_told_with_its_place_and_the_way_round(gap, bridge):
    columns = {} if bridge is None else {"bridge": bridge}
    lines = [MAIN, [*ROUND, (400, gap)]]
    network = built(lines, name=["经十路", "天桥"], **columns)
    if bridge is not None and gap > 0.5:
        assert "hairline" not in told(network)  # a bridge that ends above a street, not upon it
        return
    found = told(network)["hairline"]
    assert (found.severity, found.count) == ("warning", 1)
    assert f"at 400, {gap:.0f}, 经十路" in found.advice
    away = 1000 + 600 + 1000 - gap + 600
    assert f"{away:,.0f} m away on foot" in found.advice
    assert "400" not in found.problem  # the public edition prints it
    assert found.effect


@pytest.mark.parametrize("gap", [0.0, 0.004, 0.3, 0.49])
@pytest.mark.parametrize("columns", [{}, {"bridge": ["no", "yes"]}, {"layer": ["0", "1"]}])
@pytest.mark.parametrize("split", ["ends", "touching"])
def test_split_joins_an_end_to_the_street_that_it_touches(gap, columns, split):
    network = built([MAIN, [*ROUND, (400, gap)]], split=split, join_within_m=0.5, **columns)
    assert network.notes["joined"]["ends"] == 1
    assert not told(network)
    assert metres(network, (400, 900), (400, 0)) == pytest.approx(900, abs=0.01)


def test_a_gap_wider_than_join_within_stays_and_is_told():
    network = built([MAIN, [*ROUND, (400, 0.3)]], split="ends", join_within_m=0.2)
    assert network.notes["joined"]["ends"] == 0
    assert "hairline" in told(network)
    # without split, join_within_m alone asks for ends
    assert built([MAIN, [*ROUND, (400, 0.3)]], join_within_m=0.4).notes["joined"]["ends"] == 1
    with pytest.raises(UsageError, match="ends, touching"):
        built([MAIN], split="both")
    with pytest.raises(UsageError, match="join_within_m"):
        built([MAIN], split="ends", join_within_m=-1)


@pytest.mark.parametrize(
    ("columns", "joined"),
    [
        ({}, True),
        ({"bridge": ["no", "yes"]}, False),
        ({"layer": ["0", "1"]}, False),
        ({"layer": ["1", "1"]}, True),
        ({"tunnel": ["no", "yes"]}, False),
        ({"level": [0, 1]}, False),
    ],
)
def test_crossing_lines_are_joined_only_by_touching_and_at_one_height(columns, joined):
    lines = [MAIN, [(400, -300), (400, 300)], [(1000, 0), (1000, 300), (400, 300)]]
    columns = {name: [*values, values[0]] for name, values in columns.items()}
    for split in (None, "ends"):
        network = built(lines, split=split, **columns)
        assert metres(network, (400, -300), (0, 0)) > 1000
        assert ("crossings" in told(network)) == joined
    network = built(lines, split="touching", **columns)
    way = metres(network, (400, -300), (0, 0))
    assert way == (pytest.approx(700) if joined else pytest.approx(600 + 600 + 300 + 1000))
    assert "crossings" not in told(network)


def test_a_crossing_is_told_with_its_place_and_the_way_round():
    found = told(built([MAIN, [(400, -300), (400, 300), (1000, 300), (1000, 0)]]))["crossings"]
    assert found.count == 1
    assert "at 400, 0, beside a line that is 1,800 m away on foot" in found.advice
    # a street cut where it crosses one that is not
    cut = [MAIN, [(400, -300), (400, 0)], [(400, 0), (400, 300), (1000, 300), (1000, 0)]]
    assert told(built(cut))["crossings"].count == 1
    assert "crossings" not in told(built(cut, split="ends"))


def test_two_ends_that_nearly_meet_become_one():
    network = built([[(0, 0), (100, 0)], [(100.3, 0.1), (200, 0)]], split="ends")
    assert network.n_nodes == 3
    assert len(network.components.unique()) == 1


def test_a_bridge_over_a_street_stays_above_it_though_it_was_drawn_in_two():
    # both halves of the bridge end exactly above the street: none is a dangling end
    lines = [MAIN, [(400, -200), (400, 0)], [(400, 0), (400, 200)]]
    network = built(lines, split="touching", bridge=["no", "yes", "yes"])
    assert len(network.components.unique()) == 2
    assert network.notes["joined"] == {
        "ends": 0,
        "within_m": 0.5,
        "crossings": 0,
        "split": "touching",
    }


def test_islands_are_told_at_any_share():
    lines = [[(0, 0), (50_000, 0)], [(0, 900), (120, 900)]]
    found = told(built(lines))["islands"]
    assert (found.severity, found.count) == ("note", 1)
    assert "0.12 km in all" in found.problem
    assert "99.8%" in found.problem
    lines[0] = [(0, 0), (5000, 0)]
    assert told(built(lines))["islands"].severity == "warning"


def test_streets_that_meet_are_not_doubted():
    grid = [[(i * 100, j * 100), (i * 100 + 100, j * 100)] for i in range(4) for j in range(5)]
    grid += [[(i * 100, j * 100), (i * 100, j * 100 + 100)] for i in range(5) for j in range(4)]
    assert not told(built(grid))
    # a dead end in the middle of a block, and one whose street comes back close by
    assert not told(built([*grid, [(100, 100), (150, 150)]]))
    assert not told(built([*grid, [(200, 200), (210, 210), (220, 201.5)]]))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.floats(0.05, 0.95), st.floats(0, 0.45)),
        min_size=1,
        max_size=6,
    )
)
def test_joined_ends_make_one_network_whatever_the_gap(ends):
    """Spurs that stop short of the sides of a square are all joined, and no longer than drawn."""
    square = [(0, 0), (1000, 0), (1000, 1000), (0, 1000), (0, 0)]
    spurs = []
    for side, share, gap in ends:
        a, b = np.array(square[side], float), np.array(square[side + 1], float)
        along, inward = (b - a) / 1000, np.array([-(b - a)[1], (b - a)[0]]) / 1000
        foot = a + along * (40 + 920 * share)
        spurs.append([tuple(foot + inward * 30), tuple(foot + inward * gap)])
    sides = [square[i : i + 2] for i in range(4)]
    network = built([*sides, *spurs], split="ends", join_within_m=0.5)
    assert len(network.components.unique()) == 1
    drawn = 4000 + sum(shapely.length(LineString(spur)) for spur in spurs)
    assert network.length_m.sum() == pytest.approx(drawn, abs=0.51 * len(spurs))
