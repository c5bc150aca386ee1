"""Readers of small tables of people, with two districts."""

from __future__ import annotations

import csv

import geopandas as gpd
import pytest
from shapely.geometry import box

from geoplan.inputs import LayerSource, read_demand
from geoplan.inputs.layers import AreaLayer

CRS = "EPSG:4548"


@pytest.fixture(scope="session")
def areas():
    shapes = [
        box(499_000, 4_050_000, 503_000, 4_056_000),
        box(503_000, 4_050_000, 506_000, 4_056_000),
    ]
    frame = gpd.GeoDataFrame(
        {"name": ["历下区", "市中区"], "parent": [None, None]},
        geometry=shapes,
        index=["370102", "370103"],
        crs=CRS,
    )
    return {"district": AreaLayer(level="district", frame=frame)}


@pytest.fixture
def people(areas):
    """Reads a file of people."""

    def read(path, weight="60岁以上", lang="en", **options):
        source = LayerSource(path=path, datum="wgs84", **options)
        return read_demand(source, key="k", crs=CRS, areas=areas, weight=weight, lang=lang)

    return read


@pytest.fixture
def table(tmp_path):
    """Writes rows as CSV."""

    def write(rows, delimiter=","):
        path = tmp_path / "people.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, delimiter=delimiter)
            writer.writerows([["" if c is None else c for c in row] for row in rows])
        return path

    return write


def codes(one):
    return {f.code for f in one.findings}


def the(one, code):
    """The one finding about the file with this code."""
    (found,) = [f for f in one.findings if f.code == code and f.row is None]
    return found
