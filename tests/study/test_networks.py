"""The street networks of a study: files that modes share are read once."""

from __future__ import annotations

import pytest

from geoplan.errors import NetworkError
from geoplan.network import osm_file, read_network
from geoplan.study.config import StudyFile
from geoplan.study.networks import read_networks

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
    processor = osm_file._processor
    monkeypatch.setattr(
        osm_file, "_processor", lambda *args: readings.append(args) or processor(*args)
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
    with pytest.raises(NetworkError, match="no such file"):
        read_networks(config_of(walk={"path": "none.osm"}, drive={"path": "none.osm"}), tmp_path)
