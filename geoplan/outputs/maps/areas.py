"""Area levels for the page: boundaries that still meet after simplifying, and their figures."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.inputs.layers import AreaLayer
from geoplan.outputs.maps.encode import encode_shapes
from geoplan.outputs.maps.values import numbers, texts
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import as_list, plain

#: more polygons than this are not drawn
MOST_POLYGONS = 8_000
#: bytes that one level's boundaries may take
LEVEL_BUDGET = 450_000

#: bounds of the classes of a covered share: the same for every service, so that maps compare
SHARE_BREAKS = (0.2, 0.4, 0.6, 0.8)


@lru_cache(maxsize=8)  # the levels of a run, for all its pages
def boundaries(layer: AreaLayer) -> list[list[str] | None]:
    """Rings per area; shared borders stay shared. None where an area has no polygon."""
    shapes = layer.frame.geometry.to_numpy().copy()
    polygons = np.isin(shapely.get_type_id(shapes), (3, 6))
    shapes[~polygons] = None
    valid = shapely.make_valid(shapes[polygons])
    coded: list[list[str] | None] = [None] * len(shapes)
    for tolerance_m in (5.0, 12.0, 30.0, 75.0, 150.0):
        # the tolerance of coverage_simplify is the root of the area a corner may lose
        shapes[polygons] = shapely.coverage_simplify(valid, tolerance_m * 2)
        coded = encode_shapes(gpd.GeoSeries(shapes, crs=layer.frame.crs))
        if sum(len(ring) for rings in coded if rings for ring in rings) <= LEVEL_BUDGET:
            break
    return coded


def areas_content(
    results: RunResults, service: ServiceResult, speaker: Speaker
) -> list[dict[str, Any]]:
    """One entry per area level that has polygons or figures, coarsest first."""
    levels = []
    for level, layer in results.areas.items():
        table = _figures(service, level, layer)
        drawn = layer.has_polygons and len(layer) <= MOST_POLYGONS
        if table is None and not drawn:
            continue
        rows, known = _rows(layer, table), layer.name_of
        entry: dict[str, Any] = {
            "level": level,
            "name": speaker.level(level),
            "names": [
                known.get(code) or speaker.say("maps.unknown_area") for code in as_list(rows)
            ],
            "rings": boundaries(layer) if drawn else None,
        }
        entry["names"] = texts(entry["names"])
        if table is not None:
            table = table.reindex(rows)
            entry |= _columns(table)
            entry |= _planned(service, level, rows)
        levels.append(entry)
    return levels


def area_rows(service: ServiceResult, level: str, layer: AreaLayer) -> pd.Index | None:
    """Codes of the areas with people's figures, in the page's order; None where there are none."""
    if service.coverage is None or level not in service.coverage.frame.columns:
        return None
    return _rows(layer, _figures(service, level, layer))


def _rows(layer: AreaLayer, table: pd.DataFrame | None) -> pd.Index:
    codes = layer.frame.index
    return codes if table is None else codes.append(table.index.difference(codes, sort=False))


def _figures(service: ServiceResult, level: str, layer: AreaLayer) -> pd.DataFrame | None:
    if service.coverage is not None and level in service.coverage.frame.columns:
        table = service.coverage.by_area(level)
        # the row of people without an area is listed only when there are any
        return table[(table.index != "") | (table["total"] > 0)]
    if service.rates is not None and service.rates.index.isin(layer.frame.index).any():
        return service.rates.drop(columns="name", errors="ignore")
    return None


def _planned(service: ServiceResult, level: str, rows: pd.Index) -> dict[str, Any]:
    """The same figures with the suggested sites, where there are any."""
    after = None if service.siting is None else service.siting.coverage_after
    if after is None or service.coverage is None or level not in after.frame.columns:
        return {}
    table = after.by_area(level).reindex(rows)
    return {
        "value_after": numbers(table["covered_share"], 4),
        "unserved_after": numbers(table["total"] - table["served"]),
    }


def _columns(table: pd.DataFrame) -> dict[str, Any]:
    if "covered_share" in table.columns:
        return {
            "kind": "share",
            "value": numbers(table["covered_share"], 4),
            "total": numbers(table["total"]),
            "unserved": numbers(table["total"] - table["served"]),
            "breaks": list(SHARE_BREAKS),
        }
    rate = table["rate"]
    return {
        "kind": "rate",
        "value": numbers(rate, 3),
        "count": numbers(table["count"]),
        "total": numbers(table["people"]),
        "low": numbers(table["low"], 3) if "low" in table else None,
        "high": numbers(table["high"], 3) if "high" in table else None,
        "breaks": rate_breaks(rate),
    }


def rate_breaks(rate: pd.Series) -> list[float]:
    """Inner bounds of at most five natural classes (Fisher-Jenks).

    Examples
    --------
    >>> rate_breaks(pd.Series([1.0, 1.1, 5.0, 5.2, float("nan")]))
    [1, 1.1, 5]
    """
    known = rate.dropna().to_numpy(float)
    different = len(np.unique(known))
    if different < 2:
        return []
    bins = natural_classes(known, classes=min(5, different))[:-1]
    return [value for value in (plain(b, 3) for b in bins) if value is not None]


def natural_classes(values: np.ndarray, *, classes: int) -> list[float]:
    """Upper bounds of the classes within which values differ least (Fisher 1958, Jenks 1977).

    The least sum of squared distances from the classes' means, by dynamic programming: exact.

    Parameters
    ----------
    values : finite numbers; equal ones are never parted.
    classes : number of classes, at most the number of different values.

    Examples
    --------
    >>> natural_classes(np.array([1.0, 1.1, 5.0, 5.2, 5.1]), classes=2)
    [1.1, 5.2]
    """
    bounds, counts = np.unique(values, return_counts=True)
    centred = bounds - bounds.mean()
    many = np.concatenate([[0], np.cumsum(counts)])
    sums = np.concatenate([[0.0], np.cumsum(counts * centred)])
    squares = np.concatenate([[0.0], np.cumsum(counts * centred**2)])
    size = len(bounds)
    best = np.full(size + 1, np.inf)
    best[0] = 0.0
    cuts = np.zeros((classes, size + 1), int)
    for k in range(classes):
        last, best = best, np.full(size + 1, np.inf)
        for end in range(k + 1, size + 1):
            start = np.arange(k, end)
            within = squares[end] - squares[start]
            within -= (sums[end] - sums[start]) ** 2 / (many[end] - many[start])
            at = int(np.argmin(last[start] + within))
            best[end], cuts[k, end] = last[start[at]] + within[at], start[at]
    found, end = [], size
    for k in reversed(range(classes)):
        found.append(float(bounds[end - 1]))
        end = int(cuts[k, end])
    return found[::-1]
