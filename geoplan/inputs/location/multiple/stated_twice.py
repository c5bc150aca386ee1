"""Files that say their places twice, in columns and as geometry: told where the two lie apart.

One of them is used (see `choose_coordinates`), and nothing in the file says that it is the right
one. Where they agree but for a datum's shift, that is of no matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geoplan.inputs.columns.places.angles import MAX_DEGREES, read_angles
from geoplan.inputs.columns.places.pairs import parse_pair
from geoplan.inputs.columns.places.shapes import read_shapes
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.rows import Rows
from geoplan.tolerances import SAME_PLACE_M
from geoplan.words import say

_GEOD = pyproj.Geod(ellps="WGS84")
_ROLES = (("lon", "lat"), ("x", "y"), ("lonlat",), ("wkt",))
#: metres of a degree, rounded up
_M_PER_DEGREE = 111_700.0
#: share of the rows that must agree before columns x and y are known to be coordinates of this kind
_AGREE = 0.5


def report_stated_twice(
    stated: Rows, used: Rows, geometry: gpd.GeoSeries, collector: FindingCollector
) -> None:
    """A finding per further statement of the places that lies far from the one in use.

    Parameters
    ----------
    stated : the rows with all their roles. used : with those that say the places in use.
    geometry : the places in use, in the study's CRS.

    Notes
    -----
    Far is farther than any datum's shift and what is lost by rounding; latitude in front and a
    missing sign of the west are no other place. Columns x and y may hold anything, so they count
    only where most rows agree.
    """
    taken = _headings_used(stated, used)
    for roles in _ROLES:
        headings = [stated.heading(role) for role in roles]
        if not all(headings) or set(headings) & set(taken):
            continue
        metres = _metres_apart(stated, roles, geometry, collector)
        limit = SAME_PLACE_M + _rounding(stated.text[headings], roles)
        compared = np.isfinite(metres)
        far = compared & (metres > limit)
        if roles == ("x", "y") and far.sum() > _AGREE * compared.sum():
            continue
        if far.any():
            collector.about_rows_together(
                far,
                "stated_twice",
                "warning",
                assumed=True,
                column=", ".join(headings),
                used=", ".join(taken) or say(collector.lang, "inputs.own_geometry"),
                gap=f"{limit / 1000:.3g}",
                km=f"{float(metres[far].max()) / 1000:,.1f}",
            )


def _headings_used(stated: Rows, used: Rows) -> list[str]:
    """The columns that say the places in use; none where the file carries geometry itself."""
    if stated.geometry is not None:
        return []
    if used.geometry is not None:
        return [stated.heading("wkt")]
    pair = ("x", "y") if used.heading("x") and used.heading("y") else ("lon", "lat")
    headings = [used.heading(role) for role in pair]
    own = [heading for heading in headings if heading in stated.roles]
    return own or [stated.heading("lonlat")]  # one column, split into two


def _metres_apart(
    stated: Rows, roles: tuple[str, ...], geometry: gpd.GeoSeries, collector: FindingCollector
) -> np.ndarray:
    """Metres between the place in use and the other one per row; NaN where one is not known."""
    here = _bounds(geometry)
    nearest = np.full(len(stated), np.nan)
    for places in _places(stated, roles, collector):
        there = _bounds(places)
        known = np.flatnonzero(np.isfinite(here).all(axis=1) & np.isfinite(there).all(axis=1))
        # the points of both rectangles that are next to each other, the same where they overlap
        a = np.clip(there[known, :2], here[known, :2], here[known, 2:])
        b = np.clip(a, there[known, :2], there[known, 2:])
        metres = _GEOD.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])[2]
        nearest[known] = np.fmin(nearest[known], metres)
    return nearest


def _bounds(places: gpd.GeoSeries) -> np.ndarray:
    """West, south, east and north of each place in degrees."""
    return np.asarray(shapely.bounds(places.to_crs("EPSG:4326").to_numpy()))


def _places(
    stated: Rows, roles: tuple[str, ...], collector: FindingCollector
) -> Iterator[gpd.GeoSeries]:
    """What the columns of `roles` may mean, one series per reading; missing where it is unknown."""
    crs = collector.source.crs or (None if stated.geometry is None else stated.geometry.crs)
    given = None if crs is None else pyproj.CRS.from_user_input(crs)
    cells = [stated.text[stated.heading(role)] for role in roles]
    if roles == ("wkt",):
        yield from _shapes(cells[0], given)
        return
    if roles == ("lonlat",):
        pairs = [parse_pair(str(cell), any_degrees=True) for cell in cells[0]]
        cells = [
            pd.Series(["" if p is None else p.first for p in pairs], dtype=object),
            pd.Series(["" if p is None else p.second for p in pairs], dtype=object),
        ]
    a, b = (read_angles(one).values for one in cells)
    nothing = (a == 0) & (b == 0)
    for x, y in ((a, b), (b, a), (-a, b)):
        with np.errstate(invalid="ignore"):
            degrees = (np.abs(x) <= 180) & (np.abs(y) <= 90) & ~nothing
            metres = (np.abs(x) > MAX_DEGREES) & (np.abs(y) > MAX_DEGREES)
        yield _points(x, y, degrees, pyproj.CRS("EPSG:4326"))
        if given is not None and given.is_projected:
            yield _points(x, y, metres, given)


def _points(x: np.ndarray, y: np.ndarray, known: np.ndarray, crs: pyproj.CRS) -> gpd.GeoSeries:
    shapes = np.full(len(x), None, object)
    shapes[known] = shapely.points(x[known], y[known])
    return gpd.GeoSeries(shapes, crs=crs)


def _shapes(cells: pd.Series, given: pyproj.CRS | None) -> Iterator[gpd.GeoSeries]:
    """Geometry of cells by their SRID; without one in degrees, or in the CRS that is given."""
    found = read_shapes(cells)
    bounds = np.abs(shapely.bounds(found.shapes))
    with np.errstate(invalid="ignore"):
        degrees = (bounds[:, [0, 2]] <= 180).all(axis=1) & (bounds[:, [1, 3]] <= 90).all(axis=1)
    for srid in np.unique(found.srid):
        own = found.srid == srid
        readings = [(own & degrees, pyproj.CRS("EPSG:4326"))] if srid == 0 else []
        if srid == 0 and given is not None and given.is_projected:
            readings.append((own & ~degrees, given))
        if srid > 0:
            with suppress(pyproj.exceptions.CRSError):  # a number that no CRS has says nothing
                readings.append((own, pyproj.CRS.from_epsg(int(srid))))
        for at, crs in readings:
            shapes = found.shapes.copy()
            shapes[~at] = None
            yield gpd.GeoSeries(shapes, crs=crs)


def _rounding(cells: pd.DataFrame, roles: tuple[str, ...]) -> float:
    """Metres that coordinates in degrees may be off because decimals are missing."""
    if len(roles) < 2:
        return 0.0
    decimals = [
        cells[heading].astype(str).str.extract(r"[.,](\d+)\D*$")[0].str.len().max()
        for heading in cells
    ]
    fewest = min(0 if pd.isna(one) else int(one) for one in decimals)
    return float(0.5 * 10.0**-fewest * np.sqrt(2) * _M_PER_DEGREE)
