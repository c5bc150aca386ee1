"""Rows with several places: multi-part geometry where one point per row is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geoplan.inputs.allocation import largest_remainder
from geoplan.inputs.findings.collector import FindingCollector
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.membership.assign_areas import assign_areas
from geoplan.inputs.rows import Rows
from geoplan.tolerances import DUPLICATE_M

#: share of a row's area that its smaller parts must hold to be worth a word
_WORTH_TELLING = 0.1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Places:
    """Where the rows of a file are.

    points : one per row, missing where there is none.
    several : position of a row -> its places, for rows that have more than one.
    scattered : positions of rows of polygons apart from each other that count at one point.
    lines : positions of rows that are long lines, which count at one point in their middle.
    """

    points: gpd.GeoSeries
    several: Mapping[int, Sequence[shapely.Point]] = field(default_factory=dict)
    scattered: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    lines: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def several_at(self) -> np.ndarray:
        """Positions of the rows that have more than one place."""
        return np.array(sorted(self.several), np.int64)


def places_of(geometry: gpd.GeoSeries, *, polygons_apart: bool = True) -> Places:
    """The places of every row: parts farther from each other than one site is wide are several.

    Parameters
    ----------
    geometry : in metres. Parts within `DUPLICATE_M` of each other are one place.
    polygons_apart : False where polygons are areas whose people count at one point inside.

    Examples
    --------
    >>> geometry = gpd.GeoSeries([shapely.MultiPoint([(0, 0), (900, 0), (900, 3)])])
    >>> places = places_of(geometry)
    >>> [point.wkt for point in places.several[0]], places.points[0].wkt
    (['POINT (0 0)', 'POINT (900 0)'], 'POINT (0 0)')
    """
    shapes = geometry.to_numpy().copy()
    there = ~shapely.is_missing(shapes)
    whole = np.flatnonzero(there & (shapely.get_num_geometries(shapes) > 1))
    lines = _long_lines(shapes)
    shapes[there] = _inside(shapes[there])
    several: dict[int, list[shapely.Point]] = {}
    scattered = []
    for position in whole.tolist():
        shape = geometry.iloc[position]
        clusters = _clusters(_parts(shape))
        if len(clusters) < 2:
            shapes[position] = _point(clusters[0]) if clusters else None
            continue
        if not polygons_apart and shape.area > 0:
            areas = [sum(part.area for part in cluster) for cluster in clusters]
            if 1 - max(areas) / sum(areas) > _WORTH_TELLING:
                scattered.append(position)
            continue
        several[position] = [_point(cluster) for cluster in clusters]
        shapes[position] = several[position][0]
    return Places(
        points=gpd.GeoSeries(shapes, index=geometry.index, crs=geometry.crs),
        several=several,
        scattered=np.array(scattered, np.int64),
        lines=np.setdiff1d(lines, list(several)).astype(np.int64),
    )


def _long_lines(shapes: np.ndarray) -> np.ndarray:
    """Positions of lines that are longer than one place is wide; closed ones are outlines."""
    kinds = shapely.get_type_id(shapes)
    lines = (kinds == shapely.GeometryType.LINESTRING) | (kinds == shapely.GeometryType.LINEARRING)
    lines |= kinds == shapely.GeometryType.MULTILINESTRING
    at = np.flatnonzero(lines)
    long = (shapely.length(shapes[at]) > DUPLICATE_M) & ~shapely.is_closed(shapes[at])
    return at[long]


def _inside(shapes: np.ndarray) -> np.ndarray:
    """A point of every shape, points as they are."""
    if (shapely.get_type_id(shapes) == shapely.GeometryType.POINT).all():
        return shapes
    return shapely.point_on_surface(shapes)


def _parts(shape: shapely.Geometry) -> np.ndarray:
    """The simple parts of a geometry, collections inside collections included."""
    parts = np.array([shape], object)
    while (shapely.get_type_id(parts) >= shapely.GeometryType.MULTIPOINT).any():
        parts = shapely.get_parts(parts)
    return parts[~shapely.is_empty(parts)]


def _clusters(parts: np.ndarray) -> list[np.ndarray]:
    """Parts that are one place together, in the order of their first part."""
    a, b = shapely.STRtree(parts).query(parts, predicate="dwithin", distance=DUPLICATE_M)
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(parts), len(parts)))
    label = connected_components(graph, directed=False)[1]
    order = list(dict.fromkeys(label.tolist()))
    return [parts[label == one] for one in order]


def _point(cluster: np.ndarray) -> shapely.Point:
    """The point of a place: the one that is drawn, else one inside the largest part."""
    kinds = shapely.get_type_id(cluster)
    points = cluster[kinds == shapely.GeometryType.POINT]
    if len(points):
        return points[0]
    sizes = [shapely.area(cluster), shapely.length(cluster)]
    return shapely.point_on_surface(cluster[int(np.lexsort(sizes[::-1])[-1])])


def report_lines(places: Places, collector: FindingCollector) -> None:
    """A finding about rows that are lines where places are wanted."""
    gap = f"{DUPLICATE_M:.0f}"
    collector.about_rows_together(
        places.lines, "lines_for_places", "warning", assumed=True, gap=gap
    )


def report_several_places(
    places: Places, quantities: pd.DataFrame, collector: FindingCollector
) -> None:
    """A finding about rows that become several sites, and what becomes of their capacity."""
    at = places.several_at
    shared = bool(quantities.iloc[at].notna().any(axis=None))
    collector.about_rows_together(
        at,
        "several_places_capacity" if shared else "several_places",
        "warning",
        assumed=True,
        places=sum(map(len, places.several.values())),
        gap=f"{DUPLICATE_M:.0f}",
    )


def report_people_of_places(places: Places, collector: FindingCollector) -> None:
    """Findings about rows whose people live at several places."""
    tell, gap = collector.about_rows_together, f"{DUPLICATE_M:.0f}"
    tell(places.several_at, "people_shared", "warning", assumed=True, gap=gap)
    tell(places.scattered, "people_scattered", "note", assumed=True, gap=gap)


def split_rows(
    frame: gpd.GeoDataFrame,
    places: Places,
    rows: Rows,
    areas: Mapping[str, AreaLayer],
    collector: FindingCollector,
    *,
    shared: Sequence[str],
) -> tuple[gpd.GeoDataFrame, np.ndarray]:
    """`frame` with a row per place, and the position of the row that each comes from.

    Parameters
    ----------
    frame : one row per row of the file, its index the ids: places get ``id-1``, ``id-2``, ...
    rows, areas, collector : places without an area of their own row's saying lie where they lie.
    shared : columns of quantities that belong to the row as a whole: divided evenly among its
        places, in whole units where they are whole, so that the row's sum stays.
    """
    counts = np.ones(len(frame), np.int64)
    counts[list(places.several)] = [len(points) for points in places.several.values()]
    take = np.repeat(np.arange(len(frame)), counts)
    if len(take) == len(frame):
        return frame, take
    number = np.arange(len(take)) - np.repeat(np.cumsum(counts) - counts, counts)
    split = counts[take] > 1
    out = frame.iloc[take].copy()
    shapes = out.geometry.to_numpy().copy()
    shapes[split] = [point for points in places.several.values() for point in points]
    out = out.set_geometry(gpd.GeoSeries(shapes, index=out.index, crs=frame.crs))
    for column in shared:
        out[column] = _divided(frame[column].to_numpy(float), counts)
    ids = out.index.to_numpy(object)
    ids[split] = _part_ids(ids, split, number)
    out.index = pd.Index(ids, name=frame.index.name)
    part_codes = _codes_of_parts(rows, take, shapes, areas, collector, split)
    for level, codes in part_codes.items():
        out[level] = np.where(split, codes.to_numpy(object), out[level].to_numpy(object))
    return out, take


def _divided(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Every value shared evenly among as many rows."""
    shares = []
    for value, count in zip(values, counts, strict=True):
        if count > 1 and np.isfinite(value) and value >= 0 and value == round(value):
            shares.append(largest_remainder(np.ones(count), round(value)).astype(float))
        else:
            shares.append(np.full(count, value / count))
    return np.concatenate(shares) if shares else values


def _part_ids(ids: np.ndarray, split: np.ndarray, number: np.ndarray) -> list[str]:
    """``id-1``, ``id-2``, ...; with another hyphen where a row of the file has that id already."""
    taken = {str(one) for one in ids[~split]}
    found = []
    for one, k in zip(ids[split], number[split], strict=True):
        name = f"{one}-{k + 1}"
        while name in taken:
            name = f"{one}-{name.removeprefix(str(one))}"
        taken.add(name)
        found.append(name)
    return found


def _codes_of_parts(
    rows: Rows,
    take: np.ndarray,
    shapes: np.ndarray,
    areas: Mapping[str, AreaLayer],
    collector: FindingCollector,
    split: np.ndarray,
) -> dict[str, pd.Series]:
    """Area codes per place, as its row says, else where it lies; doubts are told once per row."""
    scratch = FindingCollector(source=collector.source, lang=collector.lang)
    some = np.flatnonzero(split)
    at = take[some]
    text = rows.text.iloc[at].reset_index(drop=True)
    parts = Rows(text=text, geometry=None, roles=rows.roles)
    scratch.bind_rows(text, collector.rows[at], collector.sheets[at])
    crs = next((layer.frame.crs for layer in areas.values()), None)
    geometry = gpd.GeoSeries(shapes[some], crs=crs)
    codes = assign_areas(parts, scratch, areas, geometry)
    known = {(f.code, f.row, f.sheet) for f in collector.findings}
    for finding in scratch.findings:
        if finding.row is not None and (finding.code, finding.row, finding.sheet) not in known:
            known.add((finding.code, finding.row, finding.sheet))
            collector.findings.append(finding)
    found = {}
    for level, values in codes.items():
        whole = pd.Series(pd.NA, index=range(len(take)), dtype=object)
        whole.iloc[some] = values.to_numpy(object)
        found[level] = whole
    return found
