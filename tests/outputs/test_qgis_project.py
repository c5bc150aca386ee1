"""The project beside the layers, as QGIS opens it; SLD and aliases as it reads them."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest

from geoplan.disclosure import edition
from geoplan.errors import UsageError
from geoplan.outputs import export_run, write_layers
from tests.outputs.system_qgis import asked_of_qgis

#: what the system's Python runs: facts of the project, and a picture of its first theme
_OPEN = """
import json, sys
from qgis.core import (QgsApplication, QgsMapRendererParallelJob, QgsMapSettings, QgsProject)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

app = QgsApplication([], False)
app.initQgis()
path, picture = sys.argv[1:]
project = QgsProject.instance()
opened = project.read(path)
root = project.layerTreeRoot()
layers = {}
for key, layer in project.mapLayers().items():
    renderer = layer.renderer()
    columns = layer.attributeTableConfig().columns()
    layers[key] = {
        "name": layer.name(), "valid": layer.isValid(), "crs": layer.crs().authid(),
        "labels": layer.labelsEnabled(), "n": layer.featureCount(), "renderer": renderer.type(),
        "field": renderer.classAttribute() if hasattr(renderer, "classAttribute") else "",
        "hidden": [c.name for c in columns if c.hidden],
        "aliases": {f.name(): layer.attributeAlias(k) for k, f in enumerate(layer.fields())},
        "short": layer.shortName(), "source": layer.source()}
groups = {g.name(): [n.layerId() for n in g.children()] for g in root.children()}
themes = project.mapThemeCollection()
settings = QgsMapSettings()
settings.setLayers(themes.mapThemeVisibleLayers(themes.mapThemes()[0]))
found = {t: [l.id() for l in themes.mapThemeVisibleLayers(t)] for t in themes.mapThemes()}
checked = {g.name(): g.isVisible() for g in root.children()}
settings.setDestinationCrs(project.crs())
settings.setOutputSize(QSize(900, 900))
settings.setBackgroundColor(QColor("white"))
settings.setExtent(list(project.mapLayers().values())[0].extent())
wanted = [l for l in project.mapLayers().values() if l.id().startswith("areas_")][0].extent()
wanted.scale(1.05)
settings.setExtent(wanted)
settings.setLayers(themes.mapThemeVisibleLayers("老年助餐站点"))
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
job.renderedImage().save(picture)
print(json.dumps({"opened": opened, "title": project.title(), "crs": project.crs().authid(),
    "layers": layers, "groups": groups, "themes": found, "checked": checked,
    "stamp": project.readEntry("CopyrightLabel", "/Label")[0],
    "errors": [e.message for e in job.errors()]}))
"""
#: every style of a GeoPackage as SLD: what QGIS makes of it
_SLD = """
import json, sqlite3, sys, tempfile
from qgis.core import QgsApplication, QgsVectorLayer

app = QgsApplication([], False)
app.initQgis()
path = sys.argv[1]
link = sqlite3.connect(path)
found = {}
for name, sld in link.execute(
        "SELECT f_table_name, styleSLD FROM layer_styles WHERE useAsDefault"):
    layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    with tempfile.NamedTemporaryFile("w", suffix=".sld", encoding="utf-8") as file:
        file.write(sld)
        file.flush()
        text, good = layer.loadSldStyle(file.name)
    renderer = layer.renderer()
    rules = []
    if renderer.type() == "RuleRenderer":
        rules = [[r.label(), r.filterExpression()] for r in renderer.rootRule().children()]
    found[name] = {"good": good, "text": text, "type": renderer.type(), "rules": rules}
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def opened(whole_run, tmp_path_factory):
    """The project in a folder to which the two files were moved: paths are relative."""
    home = tmp_path_factory.mktemp("qgis")
    folder = tmp_path_factory.mktemp("elsewhere")
    for name in ("layers.gpkg", "layers.qgz"):
        shutil.copy(whole_run("internal")[1] / name, folder / name)
    return asked_of_qgis(_OPEN, folder / "layers.qgz", folder / "map.png", home=home), folder


@pytest.mark.qgis
def test_the_project_opens_grouped_and_labelled(opened):
    project, folder = opened
    assert project["opened"]
    assert (project["crs"], project["title"]) == ("EPSG:4548", "示例市服务设施布局")
    layers = project["layers"]
    for key, layer in layers.items():
        assert layer["valid"], key
        assert str(folder) in layer["source"], key
        assert layer["crs"] == "EPSG:4548", key
        assert layer["short"] == key
    assert list(project["groups"]) == [
        *("老年助餐站点", "养老服务中心", "数字界桩", "家庭养老床位"),
        *("行政区划", "底图"),
    ]
    meals = project["groups"]["老年助餐站点"]
    assert meals[0] == "meal_station_sites"
    assert [layers[key]["name"] for key in meals[:3]] == ["建议站点", "现有站点", "居民点"]
    assert {"meal_station_areas_street", "meal_station_areas_district"} < set(meals)
    for key in ("meal_station_sites", "meal_station_facilities", "areas_district"):
        assert layers[key]["labels"], key


@pytest.mark.qgis
def test_areas_are_coloured_by_service_and_show_its_columns_only(opened):
    layers = opened[0]["layers"]
    for key in ("meal_station", "elderly_centre"):
        shown = layers[f"{key}_areas_district"]
        assert (shown["renderer"], shown["field"]) == ("graduatedSymbol", f"{key}_share")
        assert f"{key}_share" not in shown["hidden"]
        assert shown["hidden"]
        assert all(not c.startswith(key) for c in shown["hidden"])
    assert layers["areas_district"]["renderer"] == "singleSymbol"
    assert layers["meal_station_demand"]["aliases"]["cost"] == "到站距离（米）"
    assert layers["meal_station_reach"]["aliases"]["cutoff"] == "服务距离（米）"


@pytest.mark.qgis
def test_a_theme_per_service(opened):
    project, folder = opened
    themes = project["themes"]
    assert set(themes) == {"老年助餐站点", "养老服务中心", "数字界桩", "家庭养老床位", "总览"}
    meals = themes["老年助餐站点"]
    assert {"meal_station_sites", "meal_station_gaps", "areas_district"} <= set(meals)
    assert not any(key.startswith(("elderly_centre", "boundary_marker")) for key in meals)
    assert {"meal_station_facilities", "elderly_centre_facilities"} <= set(themes["总览"])
    # it opens as the first service's theme shows it
    assert [name for name, seen in project["checked"].items() if seen] == [
        *("老年助餐站点", "行政区划", "底图")
    ]
    assert project["errors"] == []
    assert (folder / "map.png").stat().st_size > 5_000


@pytest.mark.qgis
def test_qgis_reads_every_sld(whole_run, tmp_path):
    found = asked_of_qgis(_SLD, whole_run("internal")[1] / "layers.gpkg", home=tmp_path)
    for name, read in found.items():
        assert read["good"], (name, read["text"])
    gaps = dict(found["meal_station_gaps"]["rules"])
    assert gaps["服务距离内没有站点"] == "cause = 'no_site'"
    shares = found["areas_district"]["rules"]
    assert len([rule for rule in shares if rule[1]]) == 5


def test_shares_on_a_bound_meet_one_rule_only(whole_run):
    """Readers draw every rule that fits: 0.2 must not be in two classes."""
    import sqlite3

    link = sqlite3.connect(whole_run("internal")[1] / "layers.gpkg")
    (text,) = link.execute(
        "SELECT styleSLD FROM layer_styles WHERE f_table_name = 'areas_district' AND useAsDefault"
    ).fetchone()
    link.close()
    space = "{http://www.opengis.net/ogc}"
    tests = []
    for both in ET.fromstring(text).iter(f"{space}And"):
        tests.append([(t.tag.removeprefix(space), float(t[1].text)) for t in both])

    def fits(value, test):
        kind, bound = test
        return {
            "PropertyIsGreaterThanOrEqualTo": value >= bound,
            "PropertyIsGreaterThan": value > bound,
            "PropertyIsLessThanOrEqualTo": value <= bound,
        }[kind]

    for value in (0.0, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0):
        assert sum(all(fits(value, t) for t in both) for both in tests) == 1


def test_names_cannot_break_out_of_the_project(fakes, tmp_path):
    path = write_layers(fakes.fake_run(hostile=True), tmp_path / "layers.gpkg")
    with zipfile.ZipFile(path.with_suffix(".qgz")) as archive:
        root = ET.fromstring(archive.read("layers.qgs"))
    names = {layer.findtext("layername") for layer in root.iter("maplayer")}
    assert names
    assert all(root.iter("maplayer"))
    again = tmp_path / "again"
    write_layers(fakes.fake_run(hostile=True), again / "layers.gpkg")
    assert (again / "layers.qgz").read_bytes() == path.with_suffix(".qgz").read_bytes()


def test_a_project_that_somebody_saved_is_not_overwritten(fakes, tmp_path):
    path = write_layers(fakes.fake_run(), tmp_path / "layers.gpkg")
    write_layers(fakes.fake_run(), path)  # geoplan's own gives way
    with zipfile.ZipFile(path.with_suffix(".qgz"), "w") as archive:
        archive.writestr("layers.qgs", "<qgis>mine</qgis>")
    with pytest.raises(UsageError, match=r"layers\.qgz"):
        write_layers(fakes.fake_run(), path)


def test_the_file_says_what_columns_are_called(whole_run):
    import sqlite3

    link = sqlite3.connect(whole_run("internal")[1] / "layers.gpkg")
    rows = link.execute("SELECT table_name, column_name, name FROM gpkg_data_columns").fetchall()
    tables = {t for (t,) in link.execute("SELECT table_name FROM gpkg_geometry_columns")}
    known = {
        (t, row[1])
        for t in tables
        for row in link.execute(f'PRAGMA table_info("{t}")')
        if row[1] not in ("fid", "geom")
    }
    assert {(t, c) for t, c, _ in rows} == known  # every column, and no other
    names = {(t, c): n for t, c, n in rows}
    assert names["areas_district", "meal_station_share"] == "老年助餐站点 覆盖率（0–1）"
    assert names["meal_station_facilities", "capacity"] == "容量（床位或席位）"
    assert not any(name.isascii() for name in names.values())
    assert link.execute("SELECT count(*) FROM gpkg_extensions WHERE extension_name = 'gpkg_schema'")
    titles = dict(link.execute("SELECT table_name, identifier FROM gpkg_contents"))
    assert titles["meal_station_gaps"] == "老年助餐站点：缺口"
    link.close()


def test_people_within_reach_stay_inside(fakes, tmp_path):
    """The internal edition says how many reach each site; the public one would disclose cells."""
    results = fakes.fake_run()
    service = results.services["meal_station"]
    sites = service.facilities.frame
    reach = gpd.GeoDataFrame(
        {"cutoff": 500.0}, geometry=sites.buffer(300), index=sites.index, crs=sites.crs
    )
    people = pd.Series(np.arange(len(sites)) + 3.0, sites.index.astype(str))
    service = replace(service, site_reach=reach, in_reach=people)
    results = replace(results, services={**results.services, "meal_station": service})
    for audience in ("internal", "public"):
        shown = edition(results, audience=audience)
        path = write_layers(shown, tmp_path / audience / "layers.gpkg")
        for name in ("meal_station_reach_sites", "meal_station_facilities"):
            frame = pyogrio.read_dataframe(path, layer=name)
            assert ("people_in_reach" in frame) == (audience == "internal"), (audience, name)
        layer = pyogrio.read_dataframe(path, layer="meal_station_reach_sites")
        assert layer["id"].tolist() == sites.index.astype(str).tolist()
        assert layer["name"].tolist() == sites["name"].tolist()
        with zipfile.ZipFile(path.with_suffix(".qgz")) as archive:
            project = archive.read("layers.qgs").decode()
        assert ("people_in_reach" in project) == (audience == "internal")
        assert str(tmp_path) not in project


#: layers of a geodatabase and the aliases of one of them
_GDB = """
import json, sys
from qgis.core import QgsApplication, QgsVectorLayer

app = QgsApplication([], False)
app.initQgis()
layer = QgsVectorLayer(f"{sys.argv[1]}|layername={sys.argv[2]}", "a", "ogr")
print(json.dumps({"valid": layer.isValid(), "n": layer.featureCount(), "crs": layer.crs().authid(),
    "aliases": {f.name(): f.alias() for f in layer.fields()}}))
"""


@pytest.mark.qgis
def test_a_geodatabase_opens_with_its_aliases(whole_run, tmp_path):
    """Read by the system's GDAL, an older one than wrote it."""
    results, run = whole_run("internal")
    (place,) = export_run(run, format="gdb", out=tmp_path / "city.gdb")
    seen = asked_of_qgis(_GDB, place, "meal_station_areas_district", home=tmp_path)
    assert seen["valid"]
    assert (seen["n"], seen["crs"]) == (len(results.areas["district"].frame), "EPSG:4548")
    assert seen["aliases"]["share"] == "覆盖率（0–1）"
