"""What a GIS shows of a run is told in words: titles of columns, classes of legends."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pytest
from shapely import LineString

from geoplan.outputs.gis.described import described_layers
from geoplan.outputs.gis.styling.symbols import Category
from geoplan.words.speaker import Speaker
from tests.outputs.report.test_programme_words import two_services


@pytest.fixture(scope="module")
def results(fakes):
    run = fakes.fake_run()
    roads = gpd.GeoDataFrame(
        {"class": [1, 2, 3]},
        geometry=[LineString([(5e5, 4.05e6), (5.01e5, 4.05e6 + k)]) for k in range(3)],
        crs=run.info.crs,
    )
    planned = two_services(fakes, 0)
    lines = {k: s for k, s in run.services.items() if s.spacing is not None}
    return replace(
        planned, services=planned.services | lines, background=run.background | {"roads": roads}
    )


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_column_of_ours_has_a_title(results, lang) -> None:
    layers = described_layers(results, Speaker(lang))
    for layer in layers:
        keys = [c for c, title in layer.columns.items() if title.text == c and c.isascii()]
        assert not keys, f"{layer.name}: {keys}"
    assert any(layer.name.endswith("_programme") for layer in layers)


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", ("新建", "首年实施")), ("en", ("open", "first year"))]
)
def test_a_programme_tells_its_codes_in_words_beside_them(results, lang, words) -> None:
    layers = [x for x in described_layers(results, Speaker(lang)) if x.name.endswith("_programme")]
    codes = {c: [v for x in layers for v in x.frame[c]] for c in ("action", "why")}
    told = {c: [v for x in layers for v in x.frame[f"{c}_text"]] for c in codes}
    for name, word in zip(codes, words, strict=True):
        pairs = dict(zip(codes[name], told[name], strict=True))
        assert word in pairs.values()
        assert all(code.isascii() and text and "_" not in text for code, text in pairs.items())
    titles = [layers[0].columns[c].text for c in ("action", "action_text", "why", "why_text")]
    assert len(set(titles)) == 4


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_classes_of_a_legend_are_words(results, lang) -> None:
    labels = {
        layer.name: [c.label for c in style.classes if isinstance(c, Category)]
        for layer in described_layers(results, Speaker(lang))
        for _, style in layer.styles()
        if style.kind == "categorized"
    }
    assert labels["background_roads"] == (
        ["主要道路", "次要道路", "其他道路"]
        if lang == "zh"
        else ["main roads", "secondary roads", "other roads"]
    )
    told = [label for listed in labels.values() for label in listed]
    assert not any(label.strip().isdecimal() or "_" in label for label in told)
