"""Layers handed over as columns of Arrow are to the byte those handed over cell by cell."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from geoplan.outputs.gis.described import DescribedLayer
from geoplan.outputs.gis.formats import geopackage
from geoplan.outputs.gis.layers import Layer
from geoplan.outputs.gis.styling import styles


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


@pytest.mark.parametrize("seed", range(20))
def test_a_file_is_the_same_either_way(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = [
        DescribedLayer(
            layer=Layer(name=f"l{k}", frame=random_frame(seed + k), style=styles.reach_style()),
            title=f"层 {k}",
            columns={},
            service_names={},
        )
        for k in range(3)
    ]

    def written(name: str) -> bytes:
        with geopackage._gdal_options():
            for layer in layers:
                geopackage._write_layer(layer, tmp_path / name)
        return (tmp_path / name).read_bytes()

    by_column = written("column.gpkg")
    real = pyogrio.write_dataframe

    def cell_by_cell(*args: Any, use_arrow: bool, **options: Any) -> None:
        assert use_arrow
        real(*args, **options)

    monkeypatch.setattr(pyogrio, "write_dataframe", cell_by_cell)
    assert by_column == written("cell.gpkg")
