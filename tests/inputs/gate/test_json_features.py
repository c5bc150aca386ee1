"""Features that are longer than what is looked into are neither lost nor read otherwise."""

from __future__ import annotations

import json

import pytest

from geoplan.inputs.files.gate import json_features
from geoplan.inputs.files.gate.json_features import boolean_cells, lost_features


def _feature(points, **properties):
    ring = [[117.0 + k / 1000, 36.0] for k in range(points)]
    shape = {"type": "LineString", "coordinates": ring}
    return {"type": "Feature", "properties": properties, "geometry": shape}


@pytest.fixture
def short(monkeypatch):
    monkeypatch.setattr(json_features, "_LONGEST", 300)


def _written(path, features, kind):
    if kind == "GeoJSONSeq":
        path.write_text("".join(json.dumps(f) + "\n" for f in features) + "\n")
    else:
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.mark.parametrize("kind", ["GeoJSON", "GeoJSONSeq"])
def test_a_long_feature_is_no_lost_one(tmp_path, short, kind):
    features = [_feature(2, a=1), _feature(200, a=2), 5, _feature(2, a="x" * 400)]
    path = _written(tmp_path / "a.geojson", features, kind)
    assert path.stat().st_size > 3000
    assert lost_features(path, kind, 3) == (4, [3])


@pytest.mark.parametrize("kind", ["GeoJSON", "GeoJSONSeq"])
def test_true_is_seen_beside_many_coordinates(tmp_path, short, kind):
    features = [_feature(2, pop=5), _feature(200, pop=True), _feature(2, pop=7)]
    path = _written(tmp_path / "a.geojson", features, kind)
    assert boolean_cells(path, kind, 3) == {"pop": {1: "true"}}
