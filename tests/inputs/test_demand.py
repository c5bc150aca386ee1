"""People of rows and groups: unusable numbers are reported, people without location are kept."""

from __future__ import annotations

import pytest

from geoplan.inputs import LayerSource, read_demand

CRS = "EPSG:4548"


def read(tmp_path, text, **options):
    path = tmp_path / "d.csv"
    path.write_text(text, encoding="utf-8")
    source = LayerSource(path=path, datum="wgs84")
    one = read_demand(source, key="d", crs=CRS, lang="en", **options)
    return one, {(f.row, f.column): f.code for f in one.findings}


def test_groups_are_checked_like_the_people(tmp_path):
    text = (
        "名称,经度,纬度,人口,p80\n甲,117,36.6,10,x\n乙,117.1,36.6,10,-3\n丙,117.2,36.6,10,50\n"
        "丁,117.3,36.6,5,\n戊,117.4,36.6,5,5\n"
    )
    one, told = read(tmp_path, text, weight="人口", groups=("p80",))
    assert told == {(2, "p80"): "bad_group", (3, "p80"): "bad_group", (4, "p80"): "group_exceeds"}
    assert one.layer.frame["p80"].tolist() == [0, 0, 50, 0, 5]
    assert one.layer.total == 40
    assert one.record.set_aside == 0


def test_people_without_a_location_are_kept(tmp_path):
    text = "名称,经度,纬度,人口\n甲,,,1200\n乙,0,0,34\n丙,117.2,36.6,10\n丁,,,0\n"
    one, told = read(tmp_path, text, weight="人口")
    assert {row for row, _ in told} == {2, 3, 5}
    assert one.layer.total == 1244
    assert one.layer.located["people"].sum() == 10
    assert one.record.set_aside == 3


def test_several_columns_are_summed(tmp_path):
    text = "名称,经度,纬度,男,女\n甲,117,36.6,10,12\n乙,117.1,36.6,3,\n"
    one, told = read(tmp_path, text, weight=["男", "女"])
    assert one.layer.frame["people"].tolist() == [22, 3]
    assert told == {(3, "女"): "empty_people", (None, "女"): "people_unknown"}


def test_codes_in_the_people_column_are_not_people(tmp_path):
    text = "名称,经度,纬度,人口\n甲,117,36.6,370102001\n乙,117.1,36.6,370102001001\n丙,117,36,7\n"
    one, told = read(tmp_path, text, weight="人口")
    assert told.pop((None, "人口")) == "people_unknown"
    assert told == {(2, "人口"): "absurd_people", (3, "人口"): "absurd_people"}
    assert one.layer.total == 7


def test_rows_that_count_the_same_people_twice_are_reported(tmp_path):
    """The second is the first again; another number, another place or no name is not."""
    text = (
        "名称,经度,纬度,人口\n甲,117,36.6,10\n甲,117,36.6,１０\n甲,117,36.6,11\n甲,117.1,36.6,10\n"
        ",117,36.7,5\n,117,36.7,5\n"
    )
    one, told = read(tmp_path, text, weight="人口")
    assert [row for (row, _), code in told.items() if code == "repeated_people"] == [3]
    assert one.layer.total == 51  # told, not taken away


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "60岁以上",
            "60岁以上人数",
            "60岁及以上人口",
            "65岁及以上老年人口数",
            "60周岁以上老年人数",
        ),
        *(
            "60歲以上人數",
            "65歲及以上老年人口數（人）",
            "80岁及其以上老人",
            "60+",
            "常住60岁以上人口",
        ),
        *("people 60+", "Population aged 60 and over", "pop60plus", "60 years and older"),
    ],
)
def test_people_from_an_age_on_are_people(tmp_path, heading):
    """The only such column of a file is the people column, though nobody said so."""
    one, told = read(tmp_path, f"名称,经度,纬度,{heading}\n甲,117,36.6,12\n乙,117.1,36.6,3\n")
    assert one.layer.total == 15
    assert told == {(None, heading): "people_of_age"}


@pytest.mark.parametrize(
    "heading",
    [
        "60岁以上占比",
        "60岁以上户数",
        "60-64岁",
        "60岁以上男性",
        "60岁以上床位数",
        "60岁以上,80岁以上",
    ],
)
def test_other_numbers_of_an_age_are_not(tmp_path, heading):
    cells = ",".join("12" for _ in heading.split(","))
    text = f"名称,经度,纬度,{heading}\n甲,117,36.6,{cells}\n乙,117.1,36.6,{cells}\n"
    one, _ = read(tmp_path, text)
    assert one.layer is None
    assert any("which column holds the people" in finding.problem for finding in one.findings)
