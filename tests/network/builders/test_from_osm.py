"""Networks from OpenStreetMap files, on streets drawn by hand and on real ones."""

from __future__ import annotations

import re
from collections import Counter

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal

from geoplan.crs.projected import projected_crs_for
from geoplan.errors import GeographicCrsError, NetworkError, UsageError
from geoplan.network import Network, nearest_site
from geoplan.network.builders.from_osm import networks_from_osm
from geoplan.network.builders.osm_tags import (
    STREET_FILTERS,
    direction,
    maxspeed_kmh,
    reason_left_out,
    speed_kmh,
)
from tests.network.builders.osm_files import CRS, X0, Y0, Node, Way, to_lonlat, write


@pytest.fixture
def town(tmp_path):
    """A street 1-2-3 (100 m each), crossed at 2 by 4-2-5, bridged by 6-7 without a shared node.

    ::

              5
              |     7
        1 --- 2 --- | --- 3        1-2-3 has a bend in 2-3 at node 8
              |     6
              4
    """
    nodes = [
        Node(1, (0, 0)),
        Node(2, (100, 0)),
        Node(3, (200, 0)),
        Node(4, (100, -50)),
        Node(5, (100, 50), barrier="gate"),
        Node(6, (150, -40)),
        Node(7, (150, 40)),
        Node(8, (150, 0)),
        Node(9, (300, 0)),
    ]
    ways = [
        Way(11, [1, 2, 8, 3], highway="residential", name="经十路", oneway="yes"),
        Way(12, [4, 2, 5], highway="footway"),
        Way(13, [6, 7], highway="primary", bridge="yes", layer="1"),
        Way(14, [3, 9], highway="residential", access="private"),
        Way(15, [5, 7], highway="steps"),
        Way(16, [5, 6], highway="motorway"),
        Way(17, [3, 9], building="yes"),
    ]
    return write(tmp_path / "town.osm.pbf", nodes, ways)


def parts(network):
    return int(network.components.max()) + 1


def pairs(network):
    frame = network.edges_frame()
    return {
        (int(u), int(v)): round(float(length), 1)
        for u, v, length in zip(frame["u"], frame["v"], frame["length_m"], strict=True)
    }


def test_walk_edges_by_hand(town):
    network = Network.from_osm(town, mode="walk", crs=CRS)
    # node 8 only bends the street, so 2-3 is one edge; the motorway and the private end are out
    assert pairs(network) == {
        (1, 2): 100.0,
        (2, 3): 100.0,
        (4, 2): 50.0,
        (2, 5): 50.0,
        (6, 7): 80.0,
        (5, 7): pytest.approx(np.hypot(50, 10), abs=0.1),
    }
    assert not network.oneway.any()
    assert network.notes["left_out"] == {"access": 1, "class": 1}
    frame = network.edges_frame().set_index(["u", "v"])
    assert shapely.get_num_coordinates(frame.geometry.loc[(2, 3)]) == 3
    assert frame.loc[(2, 3), "name"] == "经十路"
    assert frame.loc[(6, 7), "layer"] == "1"
    assert frame.loc[(5, 7), "highway"] == "steps"
    # the gate at node 5 stays in view on both of its edges
    assert set(frame.index[frame["barrier"] == "gate"]) == {(2, 5), (5, 7)}
    # the bridge is joined only through the steps
    assert parts(network) == 1


def test_drive_edges_by_hand(town):
    network = Network.from_osm(town, mode="drive", crs=CRS, speeds_kmh={"residential": 36})
    frame = network.edges_frame().set_index(["u", "v"])
    # the footway is out, so nothing meets at 2 any more
    assert set(frame.index) == {(1, 3), (6, 7), (5, 6)}
    assert frame["oneway"].to_dict() == {(1, 3): True, (6, 7): False, (5, 6): True}
    assert frame.loc[(1, 3), "minutes"] == pytest.approx(200 / 10 / 60, rel=1e-3)  # 36 km/h
    assert parts(network) == 2


def test_one_way_against_the_line(tmp_path):
    nodes = [Node(i, (100 * i, 10 * i * i)) for i in (1, 2, 3)]
    path = write(
        tmp_path / "against.osm",
        nodes,
        [Way(1, [1, 2, 3], highway="tertiary", oneway="-1", maxspeed="60")],
    )
    drive = Network.from_osm(path, mode="drive", crs=CRS).edges_frame().iloc[0]
    assert (drive["u"], drive["v"], bool(drive["oneway"])) == (3, 1, True)
    assert drive.geometry.coords[0][0] == pytest.approx(X0 + 300, abs=0.05)
    assert drive["minutes"] == pytest.approx(drive["length_m"] / 1000)  # 60 km/h
    walk = Network.from_osm(path, mode="walk", crs=CRS).edges_frame().iloc[0]
    assert not walk["oneway"]


def test_roundabout_loop_and_self_crossing(tmp_path):
    ring = [Node(i, xy) for i, xy in enumerate([(0, 0), (40, 0), (40, 40), (0, 40)], start=1)]
    arm = Node(5, (-60, 0))
    eight = [Node(6, (200, 0)), Node(7, (240, 0)), Node(8, (240, 30)), Node(9, (220, -30))]
    path = write(
        tmp_path / "rings.osm",
        [*ring, arm, *eight],
        [
            Way(1, [1, 2, 3, 4, 1], highway="primary", junction="roundabout"),
            Way(2, [5, 1], highway="primary"),
            Way(3, [6, 7, 8, 7, 9, 6], highway="residential"),  # meets itself at 7 and at 6
        ],
    )
    network = Network.from_osm(path, mode="drive", crs=CRS)
    frame = network.edges_frame()
    found = sorted(
        zip(frame["u"].tolist(), frame["v"].tolist(), frame["oneway"].tolist(), strict=True)
    )
    assert found == [(1, 1, True), (5, 1, False), (6, 7, False), (7, 6, False), (7, 7, False)]
    loop = frame[(frame["u"] == 1) & (frame["v"] == 1)].iloc[0]
    assert loop["length_m"] == pytest.approx(160, abs=0.1)


def test_nodes_that_an_extract_lacks_cut_the_way(tmp_path):
    nodes = [Node(i, (100 * i, 0)) for i in (1, 2, 4, 5)]
    path = write(
        tmp_path / "cut.osm",
        nodes,
        [Way(1, [1, 2, 3, 4, 5, 5], highway="residential"), Way(2, [3, 4], highway="path")],
    )
    network = Network.from_osm(path, mode="walk", crs=CRS)
    assert pairs(network) == {(1, 2): 100.0, (4, 5): 100.0}
    assert network.notes["nodes_missing"] == 1


def test_bounds_cut_streets_off(town):
    west, south = to_lonlat.transform(X0 - 1, Y0 - 60)
    east, north = to_lonlat.transform(X0 + 151, Y0 + 60)
    network = Network.from_osm(town, mode="drive", crs=CRS, bounds=(west, south, east, north))
    assert (1, 8) in pairs(network)
    with pytest.raises(NetworkError, match="degrees, WGS 84"):
        Network.from_osm(town, mode="drive", crs=CRS, bounds=(0, 0, 1, 1))


def test_the_crs_is_chosen_by_location_and_noted(town):
    network = Network.from_osm(town, mode="walk")
    assert network.crs.to_epsg() == 4548
    assert network.notes["crs_chosen"] == "EPSG:4548"
    with pytest.raises(GeographicCrsError, match="EPSG:4548"):
        Network.from_osm(town, mode="walk", crs="EPSG:4326")
    with pytest.raises(UsageError, match="coordinate reference"):
        Network.from_osm(town, mode="walk", crs="nonsense")


@pytest.mark.parametrize(
    ("lon", "lat", "epsg"),
    [
        (117.0, 36.65, 4548),
        (116.4, 39.9, 4548),
        (121.47, 31.23, 4549),
        (87.6, 43.8, 4538),
        (114.06, 22.54, 4547),
        (110.3, 20.0, 4546),
        (126.6, 45.8, 4551),
        (121.5, 25.0, 4549),
        (126.98, 37.57, 32652),
        (139.7, 35.7, 32654),
        (106.9, 47.9, 32648),
        (105.85, 21.03, 32648),
        (77.2, 28.6, 32643),
        (-51.2, -30.0, 32722),
        (180.0, 0.0, 32660),
    ],
)
def test_grid_zone_by_location(lon, lat, epsg):
    assert projected_crs_for(lon, lat).to_epsg() == epsg


def test_faults_are_reported(tmp_path, town):
    with pytest.raises(NetworkError, match="no such file"):
        Network.from_osm(tmp_path / "absent.osm.pbf", mode="walk", crs=CRS)
    broken = tmp_path / "broken.osm.pbf"
    broken.write_bytes(b"this is no map")
    with pytest.raises(NetworkError, match=r"cannot be read as OpenStreetMap"):
        Network.from_osm(broken, mode="walk", crs=CRS)
    with pytest.raises(UsageError, match="walk, drive"):
        Network.from_osm(town, mode="fly", crs=CRS)
    paths = write(
        tmp_path / "paths.osm",
        [Node(1, (0, 0)), Node(2, (9, 0))],
        [Way(1, [1, 2], highway="footway"), Way(2, [1, 2], highway="steps")],
    )
    with pytest.raises(NetworkError, match=r"no street for mode 'drive'.*2 by class.*'walk'"):
        Network.from_osm(paths, mode="drive", crs=CRS)
    nothing = write(tmp_path / "nothing.osm", [Node(1, (0, 0))], [])
    with pytest.raises(NetworkError, match="no way with a highway tag"):
        Network.from_osm(nothing, mode="walk", crs=CRS)


@pytest.mark.parametrize(
    ("mode", "tags", "why"),
    [
        ("walk", {"highway": "footway", "foot": "no"}, "access"),
        ("walk", {"highway": "footway", "foot": "use_sidepath"}, "access"),
        ("walk", {"highway": "service", "access": "no", "foot": "yes"}, ""),
        ("walk", {"highway": "service", "access": "no"}, "access"),
        ("walk", {"highway": "service", "access": "military"}, "access"),
        # foot=* is more specific than access=*, the class, the kind of service and motorroad
        ("walk", {"highway": "service", "access": "private", "foot": "yes"}, ""),
        ("walk", {"highway": "service", "access": "private", "foot": "permissive"}, ""),
        ("walk", {"highway": "service", "access": "yes", "foot": "private"}, "access"),
        ("walk", {"highway": "service", "service": "private", "foot": "designated"}, ""),
        ("walk", {"highway": "cycleway", "foot": "designated"}, ""),
        ("walk", {"highway": "cycleway", "foot": "yes;permissive"}, ""),
        ("walk", {"highway": "cycleway", "foot": "no"}, "class"),
        ("walk", {"highway": "motorway", "foot": "yes"}, ""),
        ("walk", {"highway": "platform", "foot": "yes"}, ""),
        ("walk", {"highway": "construction", "foot": "yes"}, "class"),
        ("walk", {"highway": "proposed", "foot": "designated"}, "class"),
        ("walk", {"highway": "trunk", "motorroad": "yes"}, "tag"),
        ("walk", {"highway": "trunk", "motorroad": "yes", "foot": "yes"}, ""),
        ("walk", {"highway": "trunk", "sidewalk": "no"}, ""),
        # a street whose sidewalks are mapped apart is crossed, and walked where they do not join
        ("walk", {"highway": "primary", "sidewalk": "separate"}, ""),
        ("walk", {"highway": "primary", "sidewalk:left": "separate", "sidewalk:right": "yes"}, ""),
        ("walk", {"highway": "primary", "sidewalk": "separate", "foot": "use_sidepath"}, "access"),
        ("walk", {"highway": "pedestrian", "area": "yes"}, "tag"),
        ("walk", {"highway": "cycleway"}, "class"),
        *(("walk", {"highway": h}, "") for h in ("steps", "corridor", "elevator", "escalator")),
        # what a condition says is not read: the tag without it counts
        ("walk", {"highway": "primary", "foot": "no", "foot:conditional": "yes @ (Su)"}, "access"),
        ("drive", {"highway": "service"}, "class"),
        ("drive", {"highway": "service", "motor_vehicle": "yes"}, "class"),
        ("drive", {"highway": "track", "motor_vehicle": "yes"}, ""),
        ("drive", {"highway": "pedestrian", "motorcar": "permissive"}, ""),
        ("drive", {"highway": "pedestrian", "motorcar": "no", "motor_vehicle": "yes"}, "class"),
        ("drive", {"highway": "residential", "motorcar": "no", "motor_vehicle": "yes"}, "access"),
        ("drive", {"highway": "residential", "vehicle": "no", "motor_vehicle": "yes"}, ""),
        ("drive", {"highway": "residential", "access": "private", "vehicle": "yes"}, ""),
        ("drive", {"highway": "unclassified", "motor_vehicle": "agricultural"}, "access"),
        ("drive", {"highway": "residential", "service": "alley"}, "service"),
        ("drive", {"highway": "residential", "motor_vehicle": "private"}, "access"),
        ("drive", {"highway": "residential", "foot": "no"}, ""),
    ],
)
def test_ways_are_chosen_by_their_tags(mode, tags, why):
    assert reason_left_out(mode, tags.get) == why


def test_access_words_that_nobody_knows_are_counted(tmp_path):
    tags = [
        {"highway": "residential", "access": "foo"},
        {"highway": "path", "foot": "foo", "access": "yes"},
        {"highway": "service", "access": "foo", "foot": "yes", "motor_vehicle": "bar"},
        {"highway": "residential", "access": "private;foo"},  # closed: told as left out
        {"highway": "residential", "access": "delivery"},
    ]
    nodes = [Node(i, (i * 50, 0)) for i in range(1, len(tags) + 2)]
    ways = [Way(i, [i, i + 1], **each) for i, each in enumerate(tags, 1)]
    path = write(tmp_path / "odd.osm", nodes, ways)
    found = networks_from_osm(path, modes=["walk", "drive"], crs=CRS)
    assert found["walk"].notes["odd_access"] == {"access=foo": 1, "foot=foo": 1}
    assert found["drive"].notes["odd_access"] == {"access=foo": 1}


def test_osmnx_agrees_on_the_classes():
    """Our lists hold every class that OSMnx's documented filters exclude."""
    overpass = pytest.importorskip("osmnx._overpass")
    for mode in ("walk", "drive"):
        excluded = overpass._get_network_filter(mode).split('["highway"!~"')[1].split('"]')[0]
        assert set(excluded.split("|")) <= STREET_FILTERS[mode].not_highway


def osmnx_keeps(mode):
    """OSMnx's own filter, read from the text it sends to Overpass: patterns are not anchored."""
    overpass = pytest.importorskip("osmnx._overpass")
    text = overpass._get_network_filter(mode)
    unlike = re.findall(r'\["([^"]+)"!~"([^"]+)"\]', text)
    assert len(unlike) == text.count("!~")
    assert unlike

    def keeps(tags):
        return "highway" in tags and not any(
            key in tags and re.search(pattern, tags[key]) for key, pattern in unlike
        )

    return keeps


def test_every_way_of_porto_alegre_as_osmnx_chooses_it(shared_data):
    """OSMnx's choice, without what the tags forbid, and with what a mode's own tag allows."""
    path = shared_data / "r5r_poa_spo" / "poa_osm.pbf"
    keeps = {mode: osmnx_keeps(mode) for mode in ("walk", "drive")}
    both, gone, come = Counter(), Counter(), Counter()
    streets = osmium.FileProcessor(str(path), osmium.osm.WAY)
    for way in streets.with_filter(osmium.filter.KeyFilter("highway")):
        tags = {tag.k: tag.v for tag in way.tags}
        for mode, keep in keeps.items():
            why = reason_left_out(mode, tags.get)
            if not why and keep(tags):
                both[mode] += 1
            elif not why:
                own = {tags.get(key) for key in STREET_FILTERS[mode].own_keys}
                assert own & {"yes", "designated", "permissive", "destination"}, (mode, tags)
                come[mode, tags["highway"]] += 1
            elif keep(tags):
                gone[mode, why] += 1
                forbidden = {tags.get(key) for key in STREET_FILTERS[mode].access_keys}
                assert forbidden & {"no", "private"} or tags.get("motorroad") == "yes", tags
    assert both == {"walk": 14_084, "drive": 7_997}
    assert gone == {("walk", "access"): 549, ("drive", "access"): 9}
    # on foot: 99 cycleways tagged foot=*, platforms, and private ways with foot=yes
    assert {what: n for what, n in come.items() if what[0] == "walk"} == {
        ("walk", "cycleway"): 99,
        ("walk", "platform"): 26,
        ("walk", "service"): 6,
        ("walk", "path"): 1,
    }


def test_people_near_a_clinic_in_porto_alegre(shared_data):
    """Paths that cyclists and walkers share: 4,891 more people reach a clinic in 800 m.

    The count follows from the file: 549,623 people without the 99 cycleways that carry foot=*,
    554,514 with them. Squares (area=yes) change no one's answer at this distance.
    """
    folder = shared_data / "r5r_poa_spo"
    cells = pd.read_csv(folder / "poa_hexgrid.csv")
    network = Network.from_osm(folder / "poa_osm.pbf", mode="walk")
    points = gpd.GeoSeries.from_xy(cells["lon"], cells["lat"], crs="EPSG:4326").to_crs(network.crs)
    near = nearest_site(network, points, points[cells["healthcare"] > 0], cutoff_m=800)
    assert cells["population"][near["site"].notna()].sum() == 554_514
    assert parts(network) == 57  # 56 islands; 76 before, some of them with private ways


def test_speeds_and_directions():
    assert maxspeed_kmh("none") is None
    assert maxspeed_kmh("900") is None
    assert maxspeed_kmh(["30", "50"]) == 40
    assert speed_kmh("unheard_of", None) == 25
    assert speed_kmh(["unheard_of", "trunk"], None) == 70
    motorway = {"highway": "motorway"}
    assert direction("drive", motorway.get) == 1
    assert direction("drive", {**motorway, "oneway": "no"}.get) == 0
    assert (
        direction(
            "drive", {"highway": "primary", "oneway": "yes", "oneway:motor_vehicle": "no"}.get
        )
        == 0
    )


def test_porto_alegre(shared_data):
    path = shared_data / "r5r_poa_spo" / "poa_osm.pbf"
    walk, drive = networks_from_osm(path, modes=["walk", "drive"]).values()
    assert walk.crs.to_epsg() == 32722
    # every way with a highway tag is a street, a square to cross, or left out for a reason;
    # the counts of `osmium tags-filter` and the source's note: 15,886 ways, 41,109 vertices
    assert walk.notes["ways"] + sum(walk.notes["left_out"].values()) == 15_886
    assert walk.n_nodes > 17_000
    assert walk.components.value_counts(normalize=True).iloc[0] > 0.97
    assert drive.oneway.mean() > 0.3
    assert walk.notes["squares"] == {"crossed": 40, "edge": 0, "apart": 12}
    assert walk.notes["conditional"] == {"open": 10, "shut": 43}
    assert set(walk.notes["left_out_m"]) >= {"access", "class"}
    assert 0.7 < drive.length_m.sum() / walk.length_m.sum() < 1
    assert np.allclose(shapely.length(walk.edge_lines()), walk.length_m)


def test_one_reading_gives_what_each_mode_gives(town, monkeypatch):
    from geoplan.network.builders import osm_file

    apart = {
        m: Network.from_osm(town, mode=m, speed_m_s=s) for m, s in (("walk", 0.8), ("drive", None))
    }
    readings = []
    processor = osm_file.file_processor
    monkeypatch.setattr(
        osm_file, "file_processor", lambda *args: readings.append(args) or processor(*args)
    )
    both = networks_from_osm(town, modes=["walk", "drive"], speeds_m_s={"walk": 0.8})
    assert len(readings) == 2  # once the ways, once their nodes
    for mode, network in both.items():
        alone = apart[mode]
        assert network.mode == mode
        assert network.speed_m_s == alone.speed_m_s
        assert network.notes == alone.notes
        assert network.crs == alone.crs
        assert_geodataframe_equal(network.edges_frame(), alone.edges_frame())
        assert_geodataframe_equal(network.nodes_frame(), alone.nodes_frame())
    with pytest.raises(NetworkError, match="no such file"):
        networks_from_osm(town.with_name("none.osm"), modes=["walk", "drive"])
