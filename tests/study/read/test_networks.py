"""The street networks of a study: files that modes share are read once."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import geopandas as gpd
import networkx as nx
import pytest
import shapely

from geoplan.errors import (
    GeographicCrsError,
    InputError,
    MissingCrsError,
    NetworkError,
    UsageError,
)
from geoplan.network import read_network
from geoplan.network.builders import osm_file
from geoplan.study import Study
from geoplan.study.config.schema import StudyFile
from geoplan.study.read.networks import read_networks

STREETS = """<osm version="0.6">
<node id="1" lon="117.000" lat="36.65"/><node id="2" lon="117.001" lat="36.65"/>
<node id="3" lon="117.002" lat="36.65"/>
<way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
<way id="8"><nd ref="2"/><nd ref="3"/><tag k="highway" v="footway"/></way></osm>"""


def config_of(**networks):
    return StudyFile.model_validate(
        {"study": {"name": "x", "crs": "EPSG:4548"}, "network": networks, "services": {}}
    )


def test_one_reading_serves_both_modes(tmp_path, monkeypatch):
    (tmp_path / "city.osm").write_text(STREETS)
    readings = []
    processor = osm_file.file_processor
    monkeypatch.setattr(
        osm_file, "file_processor", lambda *args: readings.append(args) or processor(*args)
    )
    config = config_of(
        walk={"path": "city.osm", "speed_m_s": 0.9}, drive={"path": "city.osm", "speed_m_s": 5}
    )
    both = read_networks(config, tmp_path)
    assert list(both) == ["walk", "drive"]
    assert len(readings) == 2  # the ways, and their nodes
    assert (both["walk"].network.n_edges, both["drive"].network.n_edges) == (2, 1)
    assert both["walk"].network.speed_m_s == 0.9
    assert both["walk"].record.rows == 2
    readings.clear()
    assert list(read_networks(config, tmp_path, modes=["drive"])) == ["drive"]
    assert len(readings) == 2
    alone = read_network(tmp_path / "city.osm", mode="drive", crs="EPSG:4548")
    assert both["drive"].network.speed_m_s == alone.speed_m_s


def test_each_mode_may_have_its_own_file(tmp_path):
    (tmp_path / "walk.osm").write_text(STREETS)
    (tmp_path / "drive.osm").write_text(STREETS.replace("footway", "primary"))
    own = read_networks(config_of(walk={"path": "walk.osm"}, drive={"path": "drive.osm"}), tmp_path)
    assert [own[m].network.n_edges for m in ("walk", "drive")] == [2, 2]
    with pytest.raises(NetworkError, match=r"^\[network.walk\] 找不到路网文件“none.osm”"):
        read_networks(config_of(walk={"path": "none.osm"}, drive={"path": "none.osm"}), tmp_path)


def layer_of(path, *shapes, layer="roads", **columns):
    columns = {name: [text] * len(shapes) for name, text in columns.items()}
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs="EPSG:4548")
    frame.to_file(path, driver="GPKG", layer=layer)


ROAD = shapely.LineString([(500_000, 4_055_000), (500_300, 4_055_000)])
FAULTS = {
    "points": ("图层里没有线（现有：Point）", "holds no line (it holds: Point)"),
    "motorways": (
        "1 条线都未采用（道路等级 1 条）；“highway”列中的道路等级有：motorway",
        "1 lines were left out (1 by class); its road classes (column 'highway') are motorway",
    ),
    "two layers": ("请用 layer 指明一个", "name one with layer="),
    "other layer": ("没有图层“道路”；文件中有：roads", "no layer '道路'; the file has: roads"),
    "other column": ("没有这样的列：单行（图层有：", "no such column: 单行 (the layer has"),
    "damaged": ("内容不是 .gpkg 格式", "not what .gpkg says"),
    "damaged.osm": ("不能作为 OpenStreetMap 数据读取", "cannot be read as OpenStreetMap"),
    "kind": ("不认识这种文件", "this kind of file is not known"),
    "no streets.osm": (
        "道路；1 条带 highway 标签的线未采用",
        "1 ways with a highway tag were left",
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_street_file_of_no_use_is_told_in_the_study_s_language(tmp_path, what):
    path = tmp_path / "streets.gpkg"
    section = {"path": path.name}
    layer_of(path, ROAD) if what != "points" else layer_of(path, shapely.Point(ROAD.coords[0]))
    if what == "motorways":
        layer_of(path, ROAD, highway="motorway")
    elif what == "two layers":
        layer_of(path, ROAD, layer="more")
    elif what == "other layer":
        section["layer"] = "道路"
    elif what == "other column":
        section["columns"] = {"oneway": "单行"}
    elif what == "damaged":
        path.write_bytes(b"nothing that anybody reads")
    elif what == "kind":
        path = path.rename(tmp_path / "streets.dwg")
    elif what.endswith(".osm"):
        path = tmp_path / "streets.osm"
        path.write_text(
            STREETS[:300].partition("<way")[0]
            + '<way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="motorway"/></way></osm>'
            * (what != "damaged.osm")
        )
    section["path"] = path.name
    config = config_of(walk=section)
    for lang, words in zip(("zh", "en"), FAULTS[what], strict=True):
        told = config.model_copy(update={"study": config.study.model_copy(update={"lang": lang})})
        with pytest.raises((InputError, UsageError)) as caught:
            read_networks(told, tmp_path)
        assert words in str(caught.value)
        assert str(caught.value).startswith("[network.walk]")
        assert path.name in str(caught.value)


def in_lang(config, lang, **study):
    changed = config.study.model_copy(update={"lang": lang, **study})
    return config.model_copy(update={"study": changed})


def graphml_of(path, nodes, edges, **attributes):
    osmnx = pytest.importorskip("osmnx")
    graph = nx.MultiDiGraph(**attributes)
    graph.add_nodes_from((k + 1, {"x": x, "y": y}) for k, (x, y) in enumerate(nodes))
    graph.add_edges_from(edges)
    osmnx.save_graphml(graph, path)


def test_the_faults_of_a_graph_are_told_in_the_study_s_language(tmp_path):
    path = tmp_path / "streets.graphml"
    bow = shapely.LineString([(117.0, 36.65), (117.02, 36.65)])  # ends 0.9 km past its node
    edge = (1, 2, {"length": 890.0})
    cases = (
        (
            [(117.0, 36.65), (36.65, 117.0)],
            [(1, 2, {"length": -5.0})],
            {"crs": "EPSG:4326"},
            "图不能构成路网：1 个节点超出 WGS 84 的经纬度范围（2）：.*；1 条边的 length 为负",
            "does not make a network: 1 nodes lie outside the degrees.*; 1 edges have a length",
        ),
        (
            [(117.0, 36.65), (117.01, 36.65)],
            [(1, 2, {"geometry": bow})],
            {"crs": "EPSG:4326"},
            "1 条边画的线没有接到它的两个节点（边 0，最多差 [89]",
            "1 edges have a geometry that does not end at their nodes",
        ),
        (
            [(117.0, 36.65), (117.01, 36.65)],
            [edge],
            {"crs": "EPSG:4326"},
            None,
            None,
        ),
    )
    config = config_of(walk={"path": path.name, "crs": "EPSG:4326"})
    for nodes, edges, attributes, zh, en in cases:
        graphml_of(path, nodes, edges, **attributes)
        for lang, words in (("zh", zh), ("en", en)):
            told = in_lang(config, lang)
            if words is None:
                assert read_networks(told, tmp_path)["walk"].findings == ()
                continue
            with pytest.raises(NetworkError, match=rf"^\[network.walk\] {path.name}: .*{words}"):
                read_networks(told, tmp_path)
    # its own crs= would not help: the graph must say it
    path.write_text(re.sub(r'<data key="d\d+">EPSG:4326</data>', "", path.read_text()))
    with pytest.raises(MissingCrsError, match=r"没有坐标系说明.*geoplan fetch 重新下载"):
        read_networks(config, tmp_path)


@pytest.mark.parametrize("file", ["streets.gpkg", "streets.osm"])
def test_lengths_that_are_somewhat_off_are_a_finding(tmp_path, caplog, file):
    """12 degrees east of the map's meridian its metres are 1.4 % too many."""
    layer_of(tmp_path / "streets.gpkg", ROAD)
    (tmp_path / "streets.osm").write_text(STREETS)
    config = config_of(walk={"path": file})
    (found,) = read_networks(in_lang(config, "zh", crs="EPSG:4544"), tmp_path)["walk"].findings
    assert (found.code, found.severity) == ("network_lengths_long", "warning")
    assert "EPSG:4544 量出的长度在这里偏长 1.4%" in found.problem
    assert "EPSG:4548" in found.advice
    true, long = (
        read_networks(in_lang(config, "zh", crs=crs), tmp_path)["walk"].network.length_m.sum()
        for crs in ("EPSG:4548", "EPSG:4544")
    )
    assert long / true == pytest.approx(1.014, abs=0.001)  # as the sentence says
    assert caplog.text == ""


def test_a_crs_that_an_osm_file_leaves_without_use_is_told_for_both_modes(tmp_path, caplog):
    (tmp_path / "city.osm").write_text(STREETS)
    section = {"path": "city.osm", "crs": "EPSG:4548"}
    both = read_networks(config_of(walk=section, drive=section), tmp_path)
    for mode in ("walk", "drive"):
        codes = {f.code: f.problem for f in both[mode].findings}
        assert f"[network.{mode}]" in codes["network_crs_unused"]
        assert "自带坐标系 EPSG:4326" in codes["network_crs_unused"]
    assert caplog.text == ""
    section["crs"] = "EPSG:4326"
    both = read_networks(config_of(walk=section, drive=section), tmp_path)
    assert not any(n.findings for n in both.values())


def test_a_file_that_both_modes_share_is_told_once(small_folder):
    """By the check as by the run: 2 streets to walk on, 1 of them to drive on, 1.4 % too long."""
    (small_folder / "city.osm").write_text(STREETS)
    section = {"path": "city.osm"}
    study = Study.open(small_folder).replace(
        {
            "network": {"walk": section, "drive": section},
            "study.crs": "EPSG:4544",
            "services.meal_station.catchment": {"mode": "drive", "threshold_min": 15},
        }
    )
    checked = study.check(services=[])
    told = [r for r in checked.records if r.path == "city.osm"]
    assert [(r.role, r.rows) for r in told] == [("network.walk, network.drive", 2)]
    assert [f.code for f in checked.findings if f.file == "city.osm"] == ["network_lengths_long"]
    run = study.run().results
    assert [r for r in run.inputs if r.path == "city.osm"] == told
    assert (run.findings["file"] == "city.osm").sum() == 1


@pytest.mark.parametrize("file", ["streets.gpkg", "streets.osm"])
def test_a_crs_made_for_another_place_is_refused_for_every_kind_of_file(tmp_path, file):
    layer_of(tmp_path / "streets.gpkg", ROAD)
    (tmp_path / "streets.osm").write_text(STREETS)
    config = config_of(walk={"path": file})
    study = config.study.model_copy(update={"crs": "EPSG:32647"})  # 18 degrees farther west
    with pytest.raises(GeographicCrsError, match=rf"walk\] {file}: 坐标系“EPSG:32647”.*EPSG:4548"):
        read_networks(config.model_copy(update={"study": study}), tmp_path)


def test_new_links_that_end_nowhere_are_told_in_the_study_s_language(tmp_path):
    layer_of(tmp_path / "streets.gpkg", ROAD)
    layer_of(tmp_path / "bridge.gpkg", shapely.LineString([(500_000, 4_055_000), (500_000, 0)]))
    config = config_of(walk={"path": "streets.gpkg", "links": "bridge.gpkg"})
    with pytest.raises(
        NetworkError, match=r"^\[network.walk\] bridge.gpkg: 新增连接线的端点.*50 米：（"
    ):
        read_networks(config, tmp_path)


def test_what_is_a_finding_is_not_logged_as_well(tmp_path, caplog):
    ends = [(500_000, 4_055_000), (500_400, 4_055_000)]
    rows = [shapely.LineString(ends), shapely.Point(ends[0])]
    gpd.GeoDataFrame(geometry=rows, crs="EPSG:4548").to_file(tmp_path / "streets.gpkg")
    section = {"path": "streets.gpkg", "crs": "EPSG:4326", "datum": "gcj02"}
    found = read_networks(config_of(walk=section), tmp_path)["walk"].findings
    assert {f.code for f in found} == {
        "network_rows_without_line",
        "network_crs_unused",
        "network_datum_unused",
    }
    told = {f.code: f.problem for f in found}
    assert 'crs = "EPSG:4326"，但文件自带坐标系 EPSG:4548' in told["network_crs_unused"]
    assert 'datum = "gcj02"' in told["network_datum_unused"]
    assert caplog.text == ""
    right = config_of(walk={"path": "streets.gpkg", "crs": "EPSG:4548"})
    codes = [f.code for f in read_networks(right, tmp_path)["walk"].findings]
    assert codes == ["network_rows_without_line"]


def test_the_sentences_need_the_same_in_both_languages():
    rooms = [files("geoplan.words") / f"{room}.toml" for room in ("network_faults", "network")]
    needs = [
        {lang: set(re.findall(r"{(\w+)", said[lang].replace("{{", ""))) for lang in ("zh", "en")}
        for room in rooms
        for said in tomllib.loads(room.read_text(encoding="utf-8")).values()
    ]
    assert all(need["zh"] == need["en"] for need in needs), needs
