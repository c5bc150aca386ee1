"""Layers handed over as columns of Arrow are to the byte those handed over cell by cell."""

import pickle
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from geoplan.outputs.gis.described import DescribedLayer
from geoplan.outputs.gis.formats import geopackage
from geoplan.outputs.gis.formats.storable import arrow_table, geometry_kind, storable
from geoplan.outputs.gis.layers import Layer
from geoplan.outputs.gis.styling import styles

#: one that has a code, one that has none
CRS = ("EPSG:4548", "+proj=tmerc +lon_0=117.3 +x_0=500000 +ellps=GRS80")


def random_frame(seed: int) -> gpd.GeoDataFrame:
    """Columns of every kind that a layer has, with what is missing, and shapes of one kind."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 60))
    missing = rng.random(n) < 0.3
    points = shapely.points(rng.normal(500_000, 900, (n, 2)))
    kinds = [
        points,
        shapely.buffer(points, 10.0),
        shapely.linestrings(rng.normal(0, 5, (n, 3, 2))),
        shapely.points(rng.normal(0, 5, (n, 3))),
        np.where(rng.random(n) < 0.5, shapely.multipoints(points, indices=np.arange(n)), points),
    ]
    shapes = kinds[seed % len(kinds)].astype(object)
    shapes[rng.random(n) < 0.1] = None
    if n > 3:
        shapes[0] = shapely.from_wkt("POINT EMPTY") if seed % len(kinds) == 0 else shapes[0]
    texts = rng.choice(["站", "a'b", "", "two\nlines", "x\x00y", " s "], n).astype(object)
    return gpd.GeoDataFrame(
        {
            "text": texts,
            "some": np.where(missing, None, texts),
            "nothing": pd.Series([None] * n, dtype=object),
            "string": pd.array(np.where(missing, None, texts), dtype="string"),
            "number": np.where(missing, np.nan, rng.normal(0, 1e6, n)),
            "none": np.full(n, np.nan),
            "whole": rng.integers(-5, 5_000_000_000, n),
            "small": rng.integers(0, 9, n).astype(np.int32),
            "known": pd.array(np.where(missing, None, rng.integers(0, 9, n)), dtype="Int64"),
            "yes": rng.random(n) < 0.5,
            "maybe": np.where(missing, None, rng.random(n) < 0.5),
            "sort": pd.Categorical(rng.choice(["a", "b"], n)),
            "多": rng.normal(0, 1, n).astype(np.float32),
        },
        geometry=shapes,
        crs="EPSG:4548",
    )


def described(name: str, frame: gpd.GeoDataFrame, title: str) -> DescribedLayer:
    layer = Layer(name=name, frame=frame, style=styles.reach_style())
    return DescribedLayer(layer=layer, title=title, columns={}, service_names={})


def cell_by_cell(layer: DescribedLayer, target: Path) -> None:
    """The plain way: a frame handed over as it is."""
    frame = storable(layer.frame)
    pyogrio.write_dataframe(
        frame,
        target,
        layer=layer.name,
        driver="GPKG",
        geometry_type=geometry_kind(frame.geometry),
        promote_to_multi=False,
        append=target.exists(),
        use_arrow=False,
        dataset_options={"VERSION": "1.3"},
        layer_options={
            "GEOMETRY_NAME": "geom",
            "FID": "fid",
            "IDENTIFIER": layer.title,
            "DESCRIPTION": layer.title,
        },
    )


@pytest.mark.parametrize("seed", range(20))
def test_a_file_is_the_same_either_way(seed: int, tmp_path: Path) -> None:
    crs = CRS[seed % len(CRS)]
    frames = [random_frame(seed + k).set_crs(crs, allow_override=True) for k in range(3)]
    layers = [described(f"l{k}", frame, f"层 {k}") for k, frame in enumerate(frames)]
    column, cell, kept = (tmp_path / f"{name}.gpkg" for name in ("column", "cell", "kept"))
    with geopackage._gdal_options():
        for layer in layers:
            rows = arrow_table(layer.frame)
            geopackage._write_layer(layer, rows, column)
            geopackage._write_layer(layer, pickle.loads(pickle.dumps(rows)), kept)
            cell_by_cell(layer, cell)
    assert column.read_bytes() == cell.read_bytes() == kept.read_bytes()
