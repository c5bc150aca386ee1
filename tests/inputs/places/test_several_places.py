"""One row with several places: sites, people and areas; nothing is multiplied, nothing is lost."""

from __future__ import annotations

import geopandas as gpd
import pytest
from hypothesis import given, settings, strategies as st
from shapely.geometry import (
    GeometryCollection,
    LineString,
    MultiLineString,
    MultiPoint,
    MultiPolygon,
    Polygon,
    box,
)

from geoplan.errors import UsageError
from geoplan.inputs import read_areas, read_demand, read_facilities
from geoplan.inputs.layers import AreaLayer
from geoplan.study.read.layers.changed_layers import closed_down
from geoplan.study.read.layers.side_layers import one_place_each
from geoplan.words.speaker import Speaker
from tests.inputs.places.conftest import CRS, X, Y, at, written


def sites(tmp_path, shapes, **columns):
    columns = columns or {"name": [f"s{k}" for k in range(len(shapes))]}
    return read_facilities(written(tmp_path, shapes, **columns), key="s", crs=CRS, lang="en")


def eastings(one):
    return [round(p.x - X) for p in one.layer.frame.geometry]


square = box(X, Y, X + 30, Y + 30)
far_square = box(X + 2000, Y, X + 2040, Y + 40)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (MultiPoint([at(0), at(900), at(1800)]), [0, 900, 1800]),
        (MultiPoint([at(0), at(0), at(20)]), [0]),  # one place
        (MultiPoint([at(0), at(40), at(80), at(900)]), [0, 900]),  # a chain within 50 m is one
        (GeometryCollection([at(0), MultiPoint([at(900), at(1800)])]), [0, 900, 1800]),
        (GeometryCollection([at(10, 10), square]), [10]),  # a site and its plot
        (MultiPolygon([square, far_square]), [15, 2020]),
        (MultiPolygon([square, box(X + 60, Y, X + 90, Y + 30)]), None),  # two wings
        (MultiLineString([[at(0), at(100)], [at(3000), at(3100)]]), [0, 3000]),
        (Polygon(square), [15]),
        (LineString([at(0), at(40)]), None),  # no wider than one place
    ],
)
def test_parts_of_a_row_are_its_sites(tmp_path, shape, expected):
    one = sites(tmp_path, [shape, at(5000)])
    if expected is None:
        assert len(one.layer) == 2
        assert one.findings == ()
        return
    assert eastings(one)[:-1] == expected
    told = [f.code for f in one.findings]
    assert told == (["several_places"] if len(expected) > 1 else [])
    assert one.record.rows == one.record.accepted == 2


def test_ids_are_stable_and_never_clash(tmp_path):
    shapes = [at(0), MultiPoint([at(1000), at(2000)]), at(3000)]
    one = sites(tmp_path, shapes, id=["7-1", "7", "8"], name=["a", "b", "c"])
    assert one.layer.frame.index.tolist() == ["7-1", "7--1", "7-2", "8"]
    assert one.layer.frame["name"].tolist() == ["a", "b", "b", "c"]


@settings(deadline=None, max_examples=20)
@given(
    beds=st.integers(0, 500),
    parts=st.integers(2, 7),
)
def test_a_capacity_is_divided_and_keeps_its_sum(tmp_path_factory, beds, parts):
    folder = tmp_path_factory.mktemp("beds")
    shape = MultiPoint([at(500 * k) for k in range(parts)])
    one = sites(folder, [shape, at(9000)], name=["a", "b"], capacity=[beds, 33])
    capacity = one.layer.frame["capacity"]
    assert len(capacity) == parts + 1
    assert capacity.sum() == beds + 33
    assert capacity[:-1].max() - capacity[:-1].min() <= 1
    assert [(f.code, f.count) for f in one.findings] == [("several_places_capacity", 1)]


def test_an_unknown_capacity_stays_unknown(tmp_path):
    one = sites(tmp_path, [MultiPoint([at(0), at(900)])], name=["a"], capacity=[""])
    assert one.layer.frame["capacity"].isna().all()
    assert [f.code for f in one.findings] == ["several_places"]


def halves():
    shapes = [box(X - 1000, Y - 1000, X + 1000, Y + 1000), box(X + 1000, Y - 1000, X + 9000, Y + 9)]
    frame = gpd.GeoDataFrame(
        {"name": ["West", "East"], "parent": None}, geometry=shapes, index=["1", "2"], crs=CRS
    )
    return {"district": AreaLayer(level="district", frame=frame)}


def test_every_place_has_its_own_area_unless_the_row_says_one(tmp_path):
    shapes = [MultiPoint([at(0), at(2000)]), MultiPoint([at(10, 100), at(2100)])]
    source = written(tmp_path, shapes, name=["a", "b"], district=["", "West"])
    one = read_facilities(source, key="s", crs=CRS, areas=halves(), lang="en")
    assert one.layer.frame["district"].tolist() == ["1", "2", "1", "1"]
    # the second row says West, and its second place lies in East: told
    assert [(f.row, f.code) for f in one.findings if f.row] == [(2, "other_area")]


@settings(deadline=None, max_examples=20)
@given(people=st.integers(0, 10_000), parts=st.integers(2, 6))
def test_people_of_a_row_are_never_multiplied(tmp_path_factory, people, parts):
    folder = tmp_path_factory.mktemp("people")
    shape = MultiPoint([at(500 * k) for k in range(parts)])
    source = written(folder, [shape, at(9000)], name=["a", "b"], people=[people, 5], old=[1, 2])
    one = read_demand(source, key="d", crs=CRS, weight="people", groups=["old"], lang="en")
    assert len(one.layer) == parts + 1
    assert one.layer.total == people + 5
    assert one.layer.frame["old"].sum() == 3
    assert "people_shared" in [f.code for f in one.findings]


def test_people_of_an_outline_in_parts_count_at_one_point(tmp_path):
    shape = MultiPolygon([square, far_square])
    source = written(tmp_path, [shape], name=["a"], people=[80])
    one = read_demand(source, key="d", crs=CRS, weight="people", lang="en")
    assert (len(one.layer), one.layer.total) == (1, 80)
    assert [(f.code, f.severity) for f in one.findings] == [("people_scattered", "note")]
    islet = MultiPolygon([far_square, box(X, Y, X + 5, Y + 5)])
    source = written(tmp_path, [islet], name=["a"], people=[80])
    assert read_demand(source, key="d", crs=CRS, weight="people").findings == ()


def pieces(tmp_path, shapes, **columns):
    return read_areas(written(tmp_path, shapes, **columns), level="district", crs=CRS, lang="en")


def test_a_district_in_two_rows_is_one(tmp_path):
    shapes = [square, far_square, box(X, Y + 100, X + 30, Y + 130)]
    one = pieces(tmp_path, shapes, code=["1", "2", "1"], name=["A", "B", "A"])
    assert one.layer.frame.index.tolist() == ["1", "2"]
    assert one.layer.frame.geometry["1"].area == 1800
    assert [f.code for f in one.findings] == ["areas_dissolved"]
    assert one.record.set_aside == 0


def test_one_code_under_two_names_is_an_error(tmp_path):
    one = pieces(tmp_path, [square, far_square], code=["1", "1"], name=["A", "B"])
    assert [(f.row, f.code) for f in one.findings] == [(2, "same_code")]


def test_namesakes_far_apart_or_under_other_parents_stay_apart(tmp_path):
    far = box(X + 300_000, Y, X + 300_040, Y + 40)
    one = pieces(tmp_path, [square, far], objectid=["1", "2"], name=["A", "A"])
    assert len(one.layer) == 2
    near = box(X + 40, Y, X + 70, Y + 30)
    other = pieces(
        tmp_path, [square, near], objectid=["1", "2"], name=["A", "A"], parent=["p", "q"]
    )
    assert len(other.layer) == 2
    same = pieces(tmp_path, [square, near], objectid=["1", "2"], name=["A", "A"])
    assert len(same.layer) == 1
    assert [f.code for f in same.findings] == ["areas_dissolved"]


def test_a_row_is_closed_with_all_its_places(tmp_path):
    layer = sites(tmp_path, [MultiPoint([at(0), at(900)]), at(5000)], id=["7", "8"]).layer
    speaker = Speaker("en")
    closed = closed_down(layer, ["7"], speaker)
    assert closed.frame["status"].eq("closed").tolist() == [True, True, False]
    one = closed_down(layer, ["7-2"], speaker)
    assert one.frame["status"].eq("closed").tolist() == [False, True, False]
    with pytest.raises(UsageError):
        closed_down(layer, ["9"], speaker)


def test_candidates_with_several_places():
    layer = gpd.GeoDataFrame(
        {"cost": [1, 2]}, geometry=[MultiPoint([at(0), at(900)]), square], crs=CRS
    )
    points = one_place_each(layer)
    assert points["cost"].tolist() == [1, 1, 2]
    assert [round(p.x - X) for p in points.geometry] == [0, 900, 15]
    assert points.index.is_unique
    assert one_place_each(layer[1:]).index.tolist() == [1]


long_line = LineString([at(0), at(300), at(300, 400)])


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        (long_line, True),
        (MultiLineString([[at(0), at(300)], [at(300), at(300, 400)]]), True),  # one stretch
        (LineString([at(0), at(49)]), False),
        (LineString([at(0), at(90), at(90, 90), at(0, 90), at(0)]), False),  # an outline
        (GeometryCollection([at(0), long_line]), False),  # its point is drawn
    ],
)
def test_a_line_among_places_is_told(tmp_path, shape, told):
    for lang in ("zh", "en"):
        source = written(tmp_path, [at(5000), shape], name=["a", "b"], people=[10, 20])
        found = (
            read_facilities(source, key="s", crs=CRS, lang=lang),
            read_demand(source, key="d", crs=CRS, weight="people", lang=lang),
        )
        for one in found:
            lines = [f for f in one.findings if f.code == "lines_for_places"]
            assert [(f.severity, f.assumption is not None) for f in lines] == [
                ("warning", True)
            ] * told
            assert all("2" in f.problem and f.advice for f in lines)
            assert len(one.layer.frame) == 2
