"""Numbers in a table of people that are none: told, and left out where they stand for nothing."""

from __future__ import annotations

import geopandas as gpd
import pytest

from geoplan.inputs import LayerSource, SumTo, read_demand
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.people.doubts import kind_of_heading

CRS = "EPSG:4548"
HONEST = [812, 1200, 455, 2310, 990, 1504, 77, 3120]


def read(tmp_path, people, *, heading="人口", **options):
    rows = [f"{k},村{k},{117 + k / 500},36.65,{n}" for k, n in enumerate(people)]
    path = tmp_path / "p.csv"
    path.write_text("\n".join([f"编号,名称,经度,纬度,{heading}", *rows]), encoding="utf-8")
    source = LayerSource(path=path, datum="wgs84")
    return read_demand(source, key="p", crs=CRS, lang="en", weight=heading, **options)


def codes(one):
    return [f.code for f in one.findings]


@pytest.mark.parametrize(
    "value", [99999, 999999, 9999999, 888888, 2147483647, -9999, -1, "999,999"]
)
def test_numbers_that_stand_for_not_known_are_left_out_and_told(tmp_path, value):
    one = read(tmp_path, [*HONEST, f'"{value}"'])
    assert one.layer.total == sum(HONEST)
    assert one.record.set_aside == 1
    (told,) = [f for f in one.findings if f.code == "people_unknown"]
    assert told.assumption.count == 1
    assert "row 10" in told.problem
    assert [f.row for f in one.findings if f.severity == "error"] == [10]


def test_a_stand_in_that_is_written_again_and_again(tmp_path):
    one = read(tmp_path, [*HONEST, *[9999] * 40])
    assert one.layer.total == sum(HONEST)


@pytest.mark.parametrize(
    "people",
    [
        HONEST,
        [9999, 8100, 12050, 7300, 9100, 15000],  # towns, one of exactly 9,999
        [12, 25, 3, 18, 9, 255],  # hamlets and a village
        [0, 0, 5, 12, 8, 40_000, 2_300],  # a town among hamlets: less than 20 times the next
        [1, 1, 1, 1, 1, 1],
        [0.5, 12.25, 3.5, 8.0, 1.0, 0.25],  # of a grid
        [65535, 65000, 64000, 71000, 52000, 60000],
    ],
)
def test_honest_numbers_raise_no_doubt(tmp_path, people):
    one = read(tmp_path, people)
    assert one.layer.total == sum(people)
    assert codes(one) == []


def test_empty_cells_are_not_known(tmp_path):
    one = read(tmp_path, [*HONEST, ""])
    assert "people_unknown" in codes(one)
    assert one.layer.total == sum(HONEST)


def test_one_row_far_above_all_others_counts_and_is_doubted(tmp_path):
    one = read(tmp_path, [*HONEST, 812_000])
    assert one.layer.total == sum(HONEST) + 812_000
    (told,) = [f for f in one.findings if f.code == "unlikely_people"]
    assert (told.row, told.value) == (10, "812000")


def test_shares_are_no_people(tmp_path):
    one = read(tmp_path, [0.21, 0.35, 0.18, 0.4, 0.22, 0.3])
    assert codes(one) == ["people_are_shares"]


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("人口密度", "a density"),
        ("Pop. density (per km2)", "a density"),
        ("60岁以上占比", "a share"),
        ("老龄化率", "a share"),
        ("percent_60plus", "a share"),
        ("平均年龄", "an age"),
        ("Age", "an age"),
        ("总户数", "households"),
        ("Households", "households"),
        ("面积（平方公里）", "an area"),
        ("常住人口", ""),
        ("60岁以上", ""),
        ("pop60", ""),
        ("户籍人口", ""),
        ("age_60_plus", ""),
        ("65岁及以上年龄人口", ""),
        ("residents", ""),
        ("village", ""),
        ("average_population", ""),
        ("服务区域人口", ""),
        ("registration_population", ""),
        ("migration", ""),
    ],
)
def test_headings_that_say_what_they_hold(tmp_path, heading, kind):
    assert kind_of_heading(heading, "en") == kind
    assert ("no_people_column" in codes(read(tmp_path, HONEST, heading=heading))) == bool(kind)


def test_a_unit_of_rasters_is_not_used_for_a_table(tmp_path):
    one = read(tmp_path, HONEST)
    path = tmp_path / "p.csv"
    source = LayerSource(path=path, datum="wgs84", unit="per_km2")
    told = read_demand(source, key="p", crs=CRS, lang="en", weight="人口")
    assert codes(told) == ["unit_unused"]
    assert told.layer.total == one.layer.total


def test_stand_ins_in_groups_and_in_a_census(tmp_path):
    rows = [f"{k},1,{117 + k / 500},36.65,{n},{n // 5}" for k, n in enumerate(HONEST)]
    rows[0] = rows[0].rpartition(",")[0] + ",999999"
    (tmp_path / "p.csv").write_text(
        "\n".join(["编号,区县,经度,纬度,人口,老人", *rows]), encoding="utf-8"
    )
    (tmp_path / "c.csv").write_text("code,人口\n1,20000\n2,8000\n3,9999999\n", encoding="utf-8")
    frame = gpd.GeoDataFrame(
        {"name": ["甲", "乙", "丙"], "parent": None},
        geometry=[None, None, None],
        index=["1", "2", "3"],
        crs=CRS,
    )
    one = read_demand(
        LayerSource(path=tmp_path / "p.csv", datum="wgs84"),
        key="p",
        crs=CRS,
        areas={"district": AreaLayer(level="district", frame=frame)},
        weight="人口",
        groups=["老人"],
        sum_to=SumTo(source=LayerSource(path=tmp_path / "c.csv"), level="district", weight="人口"),
    )
    assert one.layer.total == 28_000
    assert "bad_group" in codes(one)
    assert one.layer.frame["老人"].max() < 9_000
    assert "stand_in_people" in codes(one.also[0])
