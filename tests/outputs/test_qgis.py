"""`layers.gpkg` as QGIS sees it. PyQGIS belongs to the system's Python, so that one is asked."""

from __future__ import annotations

import pytest

from tests.outputs.system_qgis import asked_of_qgis

pytestmark = pytest.mark.qgis

#: what the system's Python runs: facts of every layer, and a picture of them all
_LOOK = """
import json, sys
from qgis.core import (QgsApplication, QgsMapRendererParallelJob, QgsMapSettings, QgsVectorLayer)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

app = QgsApplication([], False)
app.initQgis()
path, picture = sys.argv[1:]
whole = QgsVectorLayer(path, "all", "ogr")
names = [s.split("!!::!!")[1] for s in whole.dataProvider().subLayers()]
found, layers = {}, []
for name in names:
    layer = QgsVectorLayer(f"{path}|layername={name}", name, "ogr")
    layer.loadDefaultStyle()
    kind = layer.renderer().type()
    facts = {"valid": layer.isValid(), "crs": layer.crs().authid(), "n": layer.featureCount(),
            "renderer": kind, "labels": layer.labelsEnabled(), "field": "", "classes": [],
            "aliases": {f.name(): layer.attributeAlias(k) for k, f in enumerate(layer.fields())},
            "colour": ""}
    if kind == "categorizedSymbol":
        facts["field"] = layer.renderer().classAttribute()
        facts["classes"] = [[str(c.value()), c.label()] for c in layer.renderer().categories()]
    elif kind == "graduatedSymbol":
        facts["field"] = layer.renderer().classAttribute()
        facts["classes"] = [[r.lowerValue(), r.label()] for r in layer.renderer().ranges()]
    else:
        facts["colour"] = layer.renderer().symbol().color().name()
    styles = layer.listStylesInDatabase()
    facts["styles"] = styles[2][: styles[0]]
    field = next((f for f in ("name", "area") if f in facts["aliases"]), None)
    facts["names"] = [f[field] for f in layer.getFeatures()][:3] if field else []
    found[name] = facts
    layers.append(layer)
settings = QgsMapSettings()
settings.setLayers(layers[::-1])
settings.setDestinationCrs(layers[0].crs())
settings.setOutputSize(QSize(900, 900))
settings.setBackgroundColor(QColor("white"))
box = [l for l in layers if l.name() == "areas_district"][0].extent()
box.scale(1.05)
settings.setExtent(box)
job = QgsMapRendererParallelJob(settings)
job.start()
job.waitForFinished()
job.renderedImage().save(picture)
print(json.dumps({"layers": found, "errors": [e.message for e in job.errors()]}))
"""


@pytest.fixture(scope="module")
def seen(whole_run, tmp_path_factory):
    """What QGIS finds in the layers of the made-up run, and the picture that it draws."""
    folder = tmp_path_factory.mktemp("qgis")
    gpkg = whole_run("internal")[1] / "layers.gpkg"
    return asked_of_qgis(_LOOK, gpkg, folder / "map.png", home=folder), folder / "map.png"


def test_every_layer_opens_with_its_style(seen, fakes):
    layers, results = seen[0]["layers"], fakes.fake_run()
    assert {"areas_district", "meal_station_gaps", "boundary_marker_required"} <= set(layers)
    for name, shown in layers.items():
        assert shown["valid"], name
        assert shown["crs"] == "EPSG:4548", name
        if shown["renderer"] != "singleSymbol":
            assert shown["field"] in shown["aliases"], (
                name
            )  # the style asks for a column that is there
            assert shown["classes"], name
    kinds = {
        "meal_station_gaps": ("categorizedSymbol", "cause"),
        "meal_station_demand": ("categorizedSymbol", "state"),
        "elderly_centre_facilities": ("categorizedSymbol", "tier"),
        "areas_district": ("graduatedSymbol", "meal_station_share"),
        "boundary_marker_stretches": ("categorizedSymbol", "status"),
        "boundary_marker_required": ("categorizedSymbol", "marked"),
        "background_roads": ("categorizedSymbol", "class"),
    }
    for name, (renderer, field) in kinds.items():
        assert (layers[name]["renderer"], layers[name]["field"]) == (renderer, field)
    # one symbol is ours too: QGIS would have taken a colour by chance
    assert layers["meal_station_sites"]["colour"] == "#f0b400"
    assert layers["meal_station_sites"]["labels"]
    assert layers["meal_station_reach"]["colour"] == "#9ecae1"
    assert len(layers["meal_station_demand"]["names"]) == 3
    assert layers["meal_station_demand"]["n"] == len(
        results.services["meal_station"].coverage.frame
    )


def test_chinese_is_chinese_in_qgis(seen):
    layers = seen[0]["layers"]
    assert layers["areas_district"]["names"] == ["东城区", "西城区", "南山县"]
    assert dict(layers["meal_station_gaps"]["classes"])["no_site"] == "服务距离内没有站点"
    assert [label for _, label in layers["areas_district"]["classes"]][-1] == (
        "老年助餐站点 80–100%"
    )
    assert layers["meal_station_gaps"]["aliases"]["people"] == "未覆盖人数"
    assert layers["meal_station_demand"]["aliases"]["name"] == "名称"
    # the shares of every other service are a style to choose
    assert "养老服务中心" in layers["areas_district"]["styles"]


def test_qgis_draws_them(seen):
    from PIL import Image

    shown, path = seen
    assert shown["errors"] == []
    colours = {colour for n, colour in Image.open(path).convert("RGB").getcolors(10**6) if n >= 30}
    suggested, facility = (0xF0, 0xB4, 0x00), (0x12, 0x34, 0x3B)
    assert {suggested, facility} <= colours
    assert len(colours) > 12
