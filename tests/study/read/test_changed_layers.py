"""A tenth more people: everywhere, not where there were more already."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from shapely import Point

from geoplan.inputs.layers import Demand
from geoplan.study.read.layers.changed_layers import scaled


def test_every_neighbourhood_grows_alike():
    x, y = np.meshgrid(np.arange(40) * 100.0, np.arange(40) * 100.0)
    people = np.where(x < 2000, 1.0, 5.0).ravel()  # by the largest remainder all would go east
    points = gpd.GeoSeries.from_xy(500_000 + x.ravel(), 4_055_000 + y.ravel(), crs="EPSG:4548")
    frame = gpd.GeoDataFrame({"name": "", "people": people}, geometry=points)
    frame.index = frame.index.astype(str)
    more = scaled(Demand(key="p", frame=frame), 1.1).frame
    west = more.geometry.x < 502_000
    assert more["people"].sum() == 5280
    assert abs(more["people"][west].sum() - 880) <= 10
    assert (more["people"] == more["people"].round()).all()


def test_rows_without_a_location_grow_as_well():
    frame = gpd.GeoDataFrame(
        {"name": "", "people": [10.0, 10.0, 30.0]},
        geometry=[Point(500_000, 4_055_000), None, None],
        index=["a", "b", "c"],
        crs="EPSG:4548",
    )
    assert scaled(Demand(key="p", frame=frame), 1.5).frame["people"].tolist() == [15, 15, 45]
