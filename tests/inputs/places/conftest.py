"""A study around Jinan and readers of tables in it."""

from __future__ import annotations

import csv

import geopandas as gpd
import pytest
from shapely.geometry import Point, box

from geoplan.inputs import LayerSource, read_facilities
from geoplan.inputs.layers import AreaLayer

CRS = "EPSG:4548"
#: the middle of the study in metres
X, Y = 500_000.0, 4_055_000.0


def at(east, north=0.0):
    """A point so many metres from the middle."""
    return Point(X + east, Y + north)


def written(tmp_path, shapes, file="layer", **columns):
    """A GeoPackage of these shapes and columns."""
    path = tmp_path / f"{file}.gpkg"
    gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS).to_file(path)
    return LayerSource(path=path)


def area_layer(shapes, names=None, crs=CRS):
    """A level `district` of these outlines in degrees."""
    outlines = gpd.GeoSeries(shapes, crs=4326).to_crs(crs)
    codes = [str(k + 1) for k in range(len(shapes))]
    frame = gpd.GeoDataFrame(
        {"name": names or codes, "parent": [None] * len(codes)},
        geometry=outlines.to_numpy(),
        index=codes,
        crs=crs,
    )
    return {"district": AreaLayer(level="district", frame=frame)}


@pytest.fixture
def areas():
    return area_layer([box(116.5, 36.3, 117.5, 37.0)])


@pytest.fixture
def sites(tmp_path, areas):
    """Reads rows of cells as facilities."""

    def read(headings, rows, *, datum="wgs84", lang="en", near=areas, crs=CRS, metres_crs=None):
        path = tmp_path / "sites.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([headings, *rows])
        source = LayerSource(path=path, datum=datum, crs=metres_crs)
        return read_facilities(source, key="s", crs=crs, areas=near, lang=lang)

    return read


def lonlat(one):
    """Longitude and latitude of the sites, six decimals."""
    degrees = one.layer.frame.geometry.to_crs(4326)
    return [(round(p.x, 6), round(p.y, 6)) if p is not None else None for p in degrees]


def codes(one):
    """Codes of the findings by row (None: the file)."""
    return [(f.row, f.code) for f in one.findings]
