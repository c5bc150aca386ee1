"""What changed on the ground between two runs: sites and gap areas, from the layers of both."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geoplan.inputs.layers import serves

SITE_COLUMNS = ["service", "kind", "change", "id", "name", "people", "x", "y"]
GAP_COLUMNS = ["service", "change", "area", "cause", "people", "length_m", "x", "y"]
#: two shapes share ground from so many square metres, or metres of line, on
_SHARED = 1.0


def layer_names(run: Path) -> list[str]:
    """Layers of a run; none where it has no `layers.gpkg`."""
    path = run / "layers.gpkg"
    return [str(n) for n in pyogrio.list_layers(path)[:, 0]] if path.exists() else []


def site_changes(run_a: Path, run_b: Path, services: Iterable[str]) -> pd.DataFrame:
    """Sites of one run only.

    Returns
    -------
    DataFrame with the columns ``service``, ``kind`` (``"existing"`` or ``"suggested"``),
    ``change`` (``"added"``, ``"dropped"``, ``"opened"`` or ``"closed"``), ``id``, ``name``,
    ``people`` (added by a suggested site in its own run), ``x``, ``y`` (study CRS). Existing sites
    are matched by id, suggested ones by their location to the metre: two runs may name the same
    corner differently.
    """
    found = []
    for key in services:
        a, b = _layers(run_a, run_b, f"{key}_facilities", ["id", "name", "status", "serving"])
        found += _existing(key, a, b)
        a, b = _layers(run_a, run_b, f"{key}_sites", ["id", "name", "added_people"])
        found += _suggested(key, a, b)
    return _table(found, SITE_COLUMNS)


def gap_changes(run_a: Path, run_b: Path, services: Iterable[str]) -> pd.DataFrame:
    """Gap areas of one run that share no ground with any of the other.

    Returns
    -------
    DataFrame with the columns ``service``, ``change`` (``"opened"``: only in B, or ``"closed"``:
    only in A), ``area``, ``cause``, ``people`` (NaN along lines), ``length_m``, ``x``, ``y``; most
    people (longest) first. Gaps without a shape are the same when area and cause are.
    """
    found = []
    columns = ["area", "cause", "people", "length_m"]
    for key in services:
        a, b = _layers(run_a, run_b, f"{key}_gaps", columns)
        for change, own, other in (("closed", a, b), ("opened", b, a)):
            part = own[~shares_ground(own, other)]
            size = part["people"].fillna(part["length_m"]).astype(float)
            part = part.loc[size.sort_values(ascending=False, kind="stable").index]
            found.append(_placed(part).assign(service=key, change=change))
    return _table(found, GAP_COLUMNS)


def shares_ground(own: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> np.ndarray:
    """Bool per row of `own`: some shape of `other` shares more than a border with it.

    Rows without a shape are looked up by the columns ``area`` and ``cause``.
    """
    shapes, others = own.geometry.to_numpy(), other.geometry.to_numpy()
    hit = np.zeros(len(own), bool)
    if len(own) and len(other):
        left, right = shapely.STRtree(others).query(shapes, predicate="intersects")
        shared = shapely.intersection(shapes[left], others[right])
        flat = shapely.get_dimensions(shapes[left]) == 2
        size = np.where(flat, shapely.area(shared), shapely.length(shared))
        point = shapely.get_dimensions(shapes[left]) == 0
        hit[left[(size > _SHARED) | point]] = True
    nowhere = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    known = set(map(tuple, other[["area", "cause"]].astype(str).to_numpy()))
    named = [tuple(row) in known for row in own[["area", "cause"]].astype(str).to_numpy()]
    return np.where(nowhere, np.array(named, bool), hit)


def _existing(key: str, a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> list[pd.DataFrame]:
    a, b = a.set_index(a["id"].astype(str)), b.set_index(b["id"].astype(str))
    a, b = a[~a.index.duplicated()], b[~b.index.duplicated()]
    both = a.index.intersection(b.index)
    open_a, open_b = _open(a).loc[both], _open(b).loc[both]
    parts = {
        "added": b[~b.index.isin(a.index)],
        "dropped": a[~a.index.isin(b.index)],
        "opened": b.loc[both[(~open_a & open_b).to_numpy()]],
        "closed": b.loc[both[(open_a & ~open_b).to_numpy()]],
    }
    return [_placed(p).assign(service=key, kind="existing", change=c) for c, p in parts.items()]


def _open(sites: gpd.GeoDataFrame) -> pd.Series:
    """Bool per site; runs of an earlier version say it by the status alone."""
    known = bool(sites["serving"].notna().any())
    return serves(sites if known else sites.drop(columns="serving"))


def _suggested(key: str, a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> list[pd.DataFrame]:
    locations = [set(_metres(frame)) for frame in (a, b)]
    parts = {
        "added": b[np.array([p not in locations[0] for p in _metres(b)], bool)],
        "dropped": a[np.array([p not in locations[1] for p in _metres(a)], bool)],
    }
    return [
        _placed(p)
        .rename(columns={"added_people": "people"})
        .assign(service=key, kind="suggested", change=c)
        for c, p in parts.items()
    ]


def _metres(frame: gpd.GeoDataFrame) -> list[tuple[float, float]]:
    return list(zip(frame.geometry.x.round(), frame.geometry.y.round(), strict=True))


def _placed(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Attributes with a location: the point, or one that lies on the shape."""
    inside = shapely.point_on_surface(frame.geometry.to_numpy())
    table = pd.DataFrame(frame.drop(columns="geometry"))
    return table.assign(x=shapely.get_x(inside).round(1), y=shapely.get_y(inside).round(1))


def _layers(
    run_a: Path, run_b: Path, layer: str, columns: list[str]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The same layer of both runs, in the first one's CRS; missing columns are empty."""
    frames: list[gpd.GeoDataFrame | None] = []
    for run in (run_a, run_b):
        if layer in layer_names(run):
            read = pyogrio.read_dataframe(run / "layers.gpkg", layer=layer)
            shapes = read["geometry"].to_numpy() if "geometry" in read else [None] * len(read)
            frames.append(
                gpd.GeoDataFrame(
                    read.reindex(columns=columns), geometry=shapes, crs=getattr(read, "crs", None)
                )
            )
        else:
            frames.append(None)
    crs = next((f.crs for f in frames if f is not None and f.crs is not None), None)
    there = [gpd.GeoDataFrame(columns=columns, geometry=[]) if f is None else f for f in frames]
    a, b = (f.set_crs(crs) if f.crs is None else f.to_crs(crs) for f in there)
    return a, b


def _table(parts: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    filled = [p.reindex(columns=columns).astype(object) for p in parts if len(p)]
    if not filled:
        return pd.DataFrame(columns=columns)
    table = pd.concat(filled, ignore_index=True)
    numbers = {n: float for n in ("people", "length_m", "x", "y") if n in columns}
    return table.astype(numbers)
