"""Check before there are streets; run and check end alike; every file is on record."""

from __future__ import annotations

import hashlib
import json

import geopandas as gpd
import pytest
from shapely import LineString, MultiLineString, box

from geoplan.errors import InputError, StudyFileError
from geoplan.study import Study, check_study


def edit(folder, *pairs):
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def without_network(folder):
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    start = text.index("[network.walk]")
    end = text.index("[", start + 1)
    path.write_text(text[:start] + text[end:], encoding="utf-8")


@pytest.mark.parametrize("how", ["no file", "no section"])
def test_everything_but_streets_is_checked_before_there_are_any(small_folder, how):
    if how == "no file":
        (small_folder / "streets.gpkg").unlink()
    else:
        without_network(small_folder)
    report = check_study(small_folder)
    assert {"people.csv", "meals.csv", "districts.gpkg"} <= {r.path for r in report.records}
    assert "address_only" in {f.code for f in report.findings}  # people.csv was read
    (missing,) = [f for f in report.findings if f.code == "no_streets"]
    assert missing.severity == "error"
    assert ("streets.gpkg" if how == "no file" else "network.walk") in missing.problem
    assert report.has_errors
    with pytest.raises(StudyFileError, match=r"streets\.gpkg|network\.walk"):
        Study.open(small_folder).run()
    with pytest.raises(StudyFileError):
        Study.open(small_folder).suggest("meal_station", sites=1)


def test_all_missing_files_are_named_at_once(small_folder):
    for name in ("streets.gpkg", "people.csv", "districts.gpkg"):
        (small_folder / name).unlink()
    with pytest.raises(StudyFileError) as refused:
        check_study(small_folder)
    for name in ("streets.gpkg", "people.csv", "districts.gpkg"):
        assert name in str(refused.value)


def test_streets_of_one_mode_that_are_broken_leave_the_other(small_folder):
    (small_folder / "roads.geojson").write_text("{", encoding="utf-8")
    path = small_folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text + '\n[network.drive]\npath = "roads.geojson"\n', encoding="utf-8")
    report = check_study(small_folder)
    assert "streets.gpkg" in {r.path for r in report.records}
    (broken,) = [f for f in report.findings if f.code == "network"]
    assert "roads.geojson" in broken.problem


def roads(folder, lines):
    frame = gpd.GeoDataFrame(
        {"highway": [kind for kind, _ in lines]},
        geometry=[geometry for _, geometry in lines],
        crs="EPSG:4548",
    )
    frame.to_file(folder / "streets.gpkg", driver="GPKG")


def test_a_street_file_is_recorded_by_its_own_rows(small_folder):
    x, y = 500_000.0, 4_055_000.0
    cross = [
        ("residential", LineString([(x, y), (x + 500, y), (x + 900, y)])),
        ("residential", LineString([(x + 500, y - 300), (x + 500, y), (x + 500, y + 300)])),
        ("motorway", LineString([(x, y + 50), (x + 900, y + 50)])),
        ("construction", LineString([(x, y + 90), (x + 900, y + 90)])),
        ("residential", None),
    ]
    roads(small_folder, cross)
    (record,) = [r for r in Study.open(small_folder).check().records if r.path == "streets.gpkg"]
    assert (record.rows, record.accepted, record.set_aside) == (5, 2, 3)
    assert sum(record.reasons.values()) == 3
    assert all(why.startswith("walk.") for why in record.reasons)


def test_every_row_of_a_street_file_that_is_set_aside_has_one_reason(small_folder):
    """A row of two parts counted twice, one without length not at all."""
    x, y = 500_000.0, 4_055_000.0
    far = [[(x, y + d), (x + 900, y + d)] for d in (50, 90)]
    lines = [
        ("residential", LineString([(x, y), (x + 500, y), (x + 900, y)])),
        ("residential", LineString([(x + 500, y - 300), (x + 500, y), (x + 500, y + 300)])),
        ("motorway", MultiLineString(far)),
        ("residential", LineString([(x, y), (x, y)])),
    ]
    roads(small_folder, lines)
    (record,) = [r for r in Study.open(small_folder).check().records if r.path == "streets.gpkg"]
    assert (record.rows, record.accepted, record.set_aside) == (4, 2, 2)
    assert record.reasons == {"walk.class": 1, "walk.no_length": 1}


def test_two_modes_share_one_record_of_a_file(small_folder):
    (small_folder / "city.osm").write_text(
        """<osm version="0.6">
        <node id="1" lon="117.000" lat="36.65"/><node id="2" lon="117.001" lat="36.65"/>
        <node id="3" lon="117.002" lat="36.65"/>
        <way id="7"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
        <way id="8"><nd ref="2"/><nd ref="3"/><tag k="highway" v="footway"/></way>
        <way id="9"><nd ref="2"/><nd ref="3"/><tag k="highway" v="proposed"/></way></osm>"""
    )
    section = {"path": "city.osm"}
    study = Study.open(small_folder).replace({"network": {"walk": section, "drive": section}})
    (record,) = [r for r in study.check(services=[]).records if r.path == "city.osm"]
    assert record.role == "network.walk, network.drive"
    assert (record.rows, record.accepted, record.set_aside) == (3, 2, 1)
    assert sum(n for why, n in record.reasons.items() if why.startswith("drive.")) == 2


def test_files_beside_the_main_ones_are_on_record(small_folder, tmp_path):
    x, y = 500_000.0, 4_055_000.0
    spots = gpd.GeoDataFrame(geometry=[box(x, y, x + 9, y + 9)] * 2, crs="EPSG:4548")
    spots.to_file(small_folder / "parcels.shp")
    spots[:1].to_file(small_folder / "lake.gpkg")
    siting = {"sites": 1, "candidates": "parcels.shp", "forbidden": "lake.gpkg", "robustness": 0}
    study = Study.open(small_folder).replace({"services.meal_station.siting": siting})
    checked, plan = study.check(), study.run()
    assert [r.path for r in checked.records] == [r.path for r in plan.inputs.records]
    rows = {r.path: r.rows for r in checked.records}
    assert (rows["parcels.shp"], rows["lake.gpkg"]) == (2, 1)
    hashes = plan.results.run["inputs"]
    for name in ("parcels.shp", "parcels.dbf", "parcels.shx", "lake.gpkg", "people.csv"):
        content = (small_folder / name).read_bytes()
        assert hashes[name] == hashlib.sha256(content).hexdigest()


def test_a_layer_of_candidates_that_is_none_is_a_finding_of_both(small_folder):
    (small_folder / "parcels.gpkg").write_text("no database", encoding="utf-8")
    siting = {"sites": 1, "candidates": "parcels.gpkg"}
    study = Study.open(small_folder).replace({"services.meal_station.siting": siting})
    (broken,) = [f for f in study.check().findings if f.file == "parcels.gpkg"]
    assert broken.severity == "error"
    with pytest.raises(InputError, match="parcels"):
        study.run()


def test_run_and_check_tell_the_same(small_folder, tmp_path):
    with (small_folder / "people.csv").open("a", encoding="utf-8") as file:
        file.write("9,X,117.003,36.626,many,\n")
    study = Study.open(small_folder)
    checked, plan = study.check(), study.run()
    assert set(checked.findings) == set(plan.inputs.findings)
    assert checked.records == plan.inputs.records
    folder = plan.save(tmp_path / "out")
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    for record in summary["inputs"]:
        assert record["rows"] == record["accepted"] + record["set_aside"]
    assert plan.input_errors == sum(f.severity == "error" for f in checked.findings) > 0
