"""What is written many at a time is what it is one by one."""

import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.outputs.maps.covers import pack
from geoplan.outputs.maps.encode import encode_path, encode_shapes
from geoplan.outputs.maps.values import numbers
from geoplan.words.text_format import (
    as_list,
    cell_text,
    cell_texts,
    clean,
    clean_texts,
    is_missing,
)

VALUES = (
    *("", " a", "a", "=1", "＝x", "\ta", "a\u202eb", "\u3000x", "\u00a0y", "站", "%", "a\nb", "-1"),
    *(None, float("nan"), pd.NA, pd.NaT, 1, 2.5, True, np.float64(3), np.int64(4), np.bool_(True)),
    *(pd.Timestamp("2020-1-1"), datetime.date(2020, 1, 1), np.str_("=x"), np.str_("ok"), [1]),
)


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_texts_of_a_column_are_those_of_its_cells(value: object) -> None:
    known = isinstance(value, bool | int | float | np.number) and not is_missing(value)
    (cell,) = cell_texts([value])
    assert cell == (value if known else cell_text(value))
    assert clean_texts([value]) == [None if is_missing(value) else clean(value)]


@pytest.mark.parametrize("kind", ["str", "string", object, "category"])
def test_a_column_as_a_list(kind: str) -> None:
    column = pd.Series(["站", None, "b"], dtype=kind)
    for each, listed in ((column, as_list(column)), (pd.Index(column), as_list(pd.Index(column)))):
        assert [None if is_missing(v) else v for v in each] == [
            None if is_missing(v) else v for v in listed
        ]


def plain_runs(members: list[int]) -> list[int]:
    found, behind = [], 0
    for k, member in enumerate(members):
        if k and member == members[k - 1] + 1:
            found[-1] += 1
        else:
            found += [member - behind, 0]
        behind = member + 1
    return found


@pytest.mark.parametrize("at_once", [1, 9, 1_000_000])
def test_sets_are_written_as_one_by_one(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "_AT_ONCE", at_once)
    rng = np.random.default_rng(at_once)
    for _ in range(100):
        width = rng.integers(1, 40)
        members = [np.flatnonzero(rng.random(width) < rng.random()) for _ in range(12)]
        members[rng.integers(11) + 1] = members[0]
        numbers: list[int] = []
        before: set[int] = set()
        for one in members:
            whole = plain_runs(one.tolist())
            change = plain_runs(sorted(before ^ set(one.tolist())))
            assert pack.runs(one).tolist() == whole
            differs = len(change) < len(whole)
            numbers += [min(len(whole), len(change)) + differs, *(change if differs else whole)]
            before = set(one.tolist())
        assert pack.sets(members) == pack.varints(np.array(numbers))


def test_shapes_are_encoded_as_their_rings_one_by_one() -> None:
    ring, hole = shapely.box(117, 36, 117.2, 36.2), shapely.box(117.05, 36.05, 117.1, 36.1)
    line = shapely.LineString([(117, 36), (117.3, 36.1)])
    holed = shapely.orient_polygons(ring.difference(hole))
    shapes = [
        None,
        holed,
        line,
        shapely.Polygon(),
        shapely.MultiPolygon([holed, shapely.box(1, 1, 2, 2)]),
        shapely.GeometryCollection([shapely.Point(1, 1), line]),
        shapely.from_wkt("MULTIPOLYGON (EMPTY, ((0 0, 1 0, 1 1, 0 0)))"),
    ]
    rings = [encode_path(shapely.get_coordinates(r)) for r in shapely.get_rings(holed)]
    found = encode_shapes(gpd.GeoSeries(shapes, crs=4326))
    one = encode_path(shapely.get_coordinates(line))
    assert found[:4] == [None, rings, [one], None]
    assert found[4] is not None
    assert found[4][:2] == rings
    assert len(found[4]) == 3
    assert found[5] == [one]
    assert found[6] is not None
    assert len(found[6]) == 1


@pytest.mark.parametrize("digits", [0, 1, 4, 6])
def test_numbers_are_written_as_one_by_one(digits: int) -> None:
    rng = np.random.default_rng(digits)
    values = np.concatenate(
        [
            rng.normal(0, 10.0 ** rng.integers(-3, 9, 300)).round(rng.integers(0, 7)),
            [np.nan, -0.0, 0.0, -0.04, 1e15, 1e17, -1e300, 0.5, 1.5, -2.0, 2.0**53, 2.0**53 - 1],
        ]
    )
    plainly = [
        None if np.isnan(v) else int(v) if abs(v) < 2**53 and v == int(v) else float(v)
        for v in np.round(values, digits).tolist()
    ]
    for given in (pd.Series(values), values.tolist(), pd.Series(values).astype(object)):
        found = numbers(given, digits)
        assert found == plainly
        assert list(map(type, found)) == list(map(type, plainly))
