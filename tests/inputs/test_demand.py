"""People of rows and groups: unusable numbers are reported, people without location are kept."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from geoplan.inputs import LayerSource, read_demand
from geoplan.inputs.columns.numbers.column_units import unit_factor
from geoplan.inputs.columns.roles import people_of_age

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


@pytest.mark.parametrize(
    ("headings", "weight", "near"),
    [
        ("人口,60岁及以上", "60岁以上", "60岁及以上"),
        ("总人口,60岁以上老年人数", "60岁以上老年人", "60岁以上老年人数"),
        ("人口,面积", "60岁以上", None),
    ],
)
def test_a_column_that_is_not_there_is_told_with_the_one_like_it(tmp_path, headings, weight, near):
    text = f"名称,经度,纬度,{headings}\n甲,117,36.6,10,3\n"
    (told,) = read(tmp_path, text, weight=weight)[0].findings
    assert "there is no column" in told.problem
    assert (f"is '{near}' meant?" in told.problem) if near else ("meant" not in told.problem)


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
        *("65岁以上人口（户）", "60岁以上老人（床位）", "60岁以上人数（男）", "60岁以上人数（女）"),
        *("60岁以上人口(%)", "60岁以上（占比）", "population aged 65 and over (%)", "60+ (beds)"),
        *("100+", "10+", "18岁以上"),
    ],
)
def test_other_numbers_of_an_age_are_not(tmp_path, heading):
    cells = ",".join("12" for _ in heading.split(","))
    text = f"名称,经度,纬度,{heading}\n甲,117,36.6,{cells}\n乙,117.1,36.6,{cells}\n"
    one, _ = read(tmp_path, text)
    assert one.layer is None
    assert any("which column holds the people" in finding.problem for finding in one.findings)


@pytest.mark.parametrize("place", ["历城,,", ",,", "历城,117.5,36.6"])
def test_sums_of_people_from_an_age_on_are_left_out(tmp_path, place):
    """A last row with the sum of all is no village, as under 人口."""
    people = [100 + 37 * i * i % 2900 for i in range(30)]
    rows = "".join(f"村{i}号,117.{i:03d},36.6,{n}\n" for i, n in enumerate(people))
    codes = {}
    for heading in ("人口", "60岁以上人数"):
        one, _ = read(tmp_path, f"名称,经度,纬度,{heading}\n{rows}{place},{sum(people)}\n")
        assert one.layer.total == sum(people)
        codes[heading] = {finding.code for finding in one.findings}
    assert "sum_row" in codes["人口"]
    assert codes["60岁以上人数"] == codes["人口"] | {"people_of_age"}


@pytest.mark.parametrize(
    ("heading", "total"),
    [
        *(("60岁以上人口（万人）", 379_000), ("60岁以上人口（单位：万人）", 379_000)),
        *(("65歲以上人口（千人）", 37_900), ("60岁以上人口（百）", 3_790)),
        *(("people 60+ (thousands)", 37_900), ("60岁以上（人）", 37.9), ("18岁以上人口", 37.9)),
    ],
)
def test_units_of_people_from_an_age_on_count(tmp_path, heading, total):
    cells = "甲,117,36.6,12.5\n乙,117.1,36.6,3.4\n丙,117.2,36.6,22\n"
    one, told = read(tmp_path, f"名称,经度,纬度,{heading}\n{cells}")
    assert one.layer.total == pytest.approx(total)
    assert "people_of_age" in told.values() or "unit_factor" in told.values()
    asked, _ = read(tmp_path, f"名称,经度,纬度,{heading}\n{cells}", weight=heading)
    assert asked.layer.total == one.layer.total


def test_every_unit_of_people_in_brackets_has_its_factor():
    """A bracket that a heading is read without says ones, or what the numbers are multiplied by."""
    text = files("geoplan.inputs.columns").joinpath("heading_words.toml").read_text("utf-8")
    for word in tomllib.loads(text)["people_units"]["words"]:
        many = re.search("[百千万亿]|thousand|000|million", word) is not None
        assert (unit_factor(f"60岁以上（{word}）", (), ()) > 1) == many, word
        assert people_of_age([f"60岁以上（{word}）"], {})


@pytest.mark.parametrize(
    "all_people",
    [
        *(
            "总人数",
            "總人數",
            "合计",
            "常住人口数（人）",
            "居民数",
            "户籍人数",
            "人数合计",
            "total",
        ),
        *("全部居民", "2020年人口", "常住人口总数", "number of residents", "total (persons)"),
    ],
)
def test_people_of_an_age_beside_all_people_are_for_the_study_to_choose(tmp_path, all_people):
    text = f"名称,经度,纬度,60岁以上人数,{all_people}\n甲,117,36.6,12,90\n乙,117.1,36.6,3,41\n"
    one, _ = read(tmp_path, text)
    assert one.layer is None
    (finding,) = one.findings
    assert f"holds the people: 60岁以上人数 / {all_people}?" in finding.problem
    for weight, total in (("60岁以上人数", 15), (all_people, 131)):
        chosen, told = read(tmp_path, text, weight=weight)
        assert (chosen.layer.total, told) == (total, {})


@pytest.mark.parametrize(
    "other", ["人口密度", "户数", "总户数", "床位合计", "合计（户）", "机构总数"]
)
def test_other_totals_beside_people_of_an_age_leave_no_choice(tmp_path, other):
    text = f"名称,经度,纬度,60岁以上人数,{other}\n甲,117,36.6,12,90\n乙,117.1,36.6,3,41\n"
    one, told = read(tmp_path, text)
    assert one.layer.total == 15
    assert told == {(None, "60岁以上人数"): "people_of_age"}


def test_people_of_an_age_in_a_heading_of_several_rows():
    """The total under the age is meant; the total of a part of them is not."""
    levels = {f"60岁以上/{part}": ("60岁以上", part) for part in ("男", "女", "合计（人）")}
    assert people_of_age(list(levels), levels) == ["60岁以上/合计（人）"]
    town = {"60岁以上/城镇/合计": ("60岁以上", "城镇", "合计")}
    assert people_of_age(list(town), town) == []
    both = levels | {"常住/合计": ("常住", "合计")}
    assert people_of_age(list(both), both) == ["60岁以上/合计（人）", "常住/合计"]


def test_groups_leave_the_people_their_unit(tmp_path):
    """Without `weight`, beside a sub-group, 人口（万人） is people and no group is."""
    text = "名称,经度,纬度,人口（万人）,p80\n甲,117,36.6,1.5,20\n乙,117.1,36.6,2,30\n"
    one, _ = read(tmp_path, text, groups=("p80",))
    assert one.layer.total == 35_000
    assert one.layer.frame["p80"].tolist() == [20, 30]
    text = "名称,经度,纬度,60岁以上\n甲,117,36.6,2\n"
    assert read(tmp_path, text, groups=("60岁以上",))[0].layer is None
