"""Population rasters with odd values, transforms, types, CRS, and damaged ones."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import rasterio
from rasterio.transform import Affine, from_origin

from geoplan.study.example import CRS, X, Y
from tests.fuzz.case import Case, Maker
from tests.fuzz.kinds.damage import DAMAGES

TYPES = ("uint8", "int16", "uint16", "int32", "float32", "float64", "complex64")


def raster(maker: Maker) -> Case:
    """People per cell of 100 m: the whole number of people must be kept, or a finding says why."""
    chance = maker.random
    cells = np.arange(1, 241, dtype=float).reshape(15, 16) % 7
    kind = chance.choice(TYPES)
    known: float | None = float(cells.sum())
    profile: dict[str, Any] = {
        "driver": "GTiff",
        "height": 15,
        "width": 16,
        "count": 1,
        "dtype": kind,
        "crs": CRS,
        "transform": from_origin(X + 10, Y + 1890, 100, 100),
    }
    what = chance.choice(
        ["values", "nodata", "transform", "crs", "bands", "damage", "none", "unit"]
    )
    if what == "values":
        odd = chance.choice([np.nan, np.inf, -np.inf, -1, -9999, 1e30, 65535, 0.5, 1e-30])
        if kind.startswith(("uint", "int")):
            odd = chance.choice([0, 1, 255, 127])
        cells.flat[chance.sample(range(cells.size), chance.choice([1, 10, cells.size]))] = odd
        known = None
        what += f" {odd}"
    elif what == "nodata":
        profile["nodata"] = chance.choice([0, 3, 255] if kind == "uint8" else [0, -1, 3, 100])
        known = None
    elif what == "transform":
        profile["transform"] = chance.choice(
            [
                Affine.identity(),
                from_origin(X, Y, 100, -100),
                Affine(86.6, -50, X, 50, 86.6, Y),
                from_origin(0, 0, 100, 100),
                from_origin(1e12, 1e12, 100, 100),
                Affine(0, 0, 0, 0, 0, 0),
                from_origin(X, Y, 1e-9, 1e-9),
                from_origin(float("nan"), Y, 100, 100),
            ]
        )
    elif what == "crs":
        profile["crs"] = chance.choice([None, "EPSG:4326", "EPSG:3857", "EPSG:32650", "ESRI:54030"])
    elif what == "bands":
        profile["count"] = chance.choice([2, 4])
    ending = chance.choice([".tif", ".tif", ".img", ".asc"]) if kind != "complex64" else ".tif"
    if ending != ".tif":
        profile["driver"] = {".img": "HFA", ".asc": "AAIGrid"}[ending]
    path = maker.folder / f"people{ending}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with rasterio.open(path, "w", **profile) as file:
                for band in range(profile["count"]):
                    file.write(cells.astype(kind), band + 1)
        except Exception:  # this driver cannot hold it
            for part in maker.folder.glob("people.*"):
                part.unlink()
            path.write_bytes(
                b"ncols 3\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize x\n1 2 3\n4 5\n"
            )
            known = None
    if what == "damage":
        spoil = chance.choice(DAMAGES)
        path.write_bytes(spoil(path.read_bytes(), chance))
        what, known = f"damage {spoil.__name__}", None
    demand: dict[str, Any] = {"path": path.name}
    if what == "unit":
        demand["unit"] = chance.choice(["per_km2", "per_ha", "people"])
        known = None
    maker.write(maker.study(demand={"elderly_60": demand}))
    return maker.case(f"raster/{ending[1:]}", f"{what}, {kind}", total=known, file=path.name)


KINDS = (raster,)
