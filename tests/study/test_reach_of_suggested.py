"""A suggested site has its ground drawn in the layers as existing ones have."""

from __future__ import annotations

import pyogrio

from geoplan.outputs import write_layers
from geoplan.study import example_study


def test_each_suggested_site_has_its_reach(tmp_path):
    study = example_study()
    results = study.run().results
    service = results.services["meal_station"]
    new, reach = service.siting.sites, service.site_reach
    assert len(new)
    assert set(new.index) <= set(reach.index)
    assert set(service.facilities.located.index) <= set(reach.index)
    standard = service.standard
    people = service.coverage.frame
    placed = people[people.geometry.notna()]
    for label, shape in reach.geometry.loc[new.index].items():
        assert shape.distance(new.geometry[label]) < 100
        # whoever the plan newly serves stands on that ground, or beside it
        near = placed[placed.distance(new.geometry[label]) < 0.3 * standard.threshold]
        assert (near.distance(shape) < 100).all()
    write_layers(results, tmp_path / "layers.gpkg")
    layer = pyogrio.read_dataframe(tmp_path / "layers.gpkg", layer="meal_station_reach_sites")
    ranks = layer.set_index("id")["rank"].dropna()
    assert ranks.to_dict() == {str(k): float(r) for k, r in new["rank"].items()}
