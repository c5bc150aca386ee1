"""Honest files are read without a word about personal data: coordinates, codes, sums, counts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from geoplan.errors import FileError
from geoplan.inputs import LayerSource
from geoplan.inputs.columns.personal.free_text import hide_in_text
from geoplan.inputs.columns.personal.hide_cells import hide_personal
from geoplan.inputs.columns.personal.personal_data import is_personal_heading, personal_columns
from geoplan.inputs.rows.row_table import read_table

ROOT = Path(__file__).parents[3]
#: real data beside the clone, and the demo city's inside it
FOLDERS = (ROOT.parent / "shared" / "data", ROOT / "data")
ENDINGS = (".csv", ".geojson", ".json", ".xlsx", ".gpkg", ".kml", ".shp", ".zip", ".txt")
FILES = sorted(
    path
    for folder in FOLDERS
    for path in folder.rglob("*")
    if path.suffix in ENDINGS and path.stat().st_size < 4_000_000
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_cell_of_real_files_is_taken_for_personal_data(path):
    try:
        text = read_table(LayerSource(path=path, name=path.name)).text
    except FileError:
        pytest.skip("no table that is read without settings")
    assert personal_columns(text) == []
    assert [h for h in text if len(hide_personal(text[h])[1])] == []


DEGREES = (
    "{d} {m:02d} {s:04.1f}",
    "{d} {m} {s:.4f}",
    "{d}°{m:02d}'{s:05.2f}\"",
    "{d}-{m:02d}-{s:05.2f}",
    "{d}.{m:02d}{s:02d}",
    "{d}:{m:02d}:{s:05.2f}",
    "{d:03d} {m:02d} {s:06.3f}",
    "{d}度{m}分{s:.2f}秒",
    "{d}.{m:02d}.{s:06.3f}",
    "{d} {m:02d}.{s:04d}",
    "{d}{m:02d}{s:05.2f}",
    "{d}_{m:02d}_{s:02d}",
    "{d} {m:02d} {s:02d}",
)
PAIRS = ("{a}", "{a} {b}", "{b} {a}", "{a},{b}", "{b}/{a}", "E{a} N{b}", "{a}E {b}N", "({a}; {b})")
EAST, NORTH = st.integers(73, 135), st.integers(4, 53)
SIXTY = st.integers(0, 59)


@given(EAST, NORTH, SIXTY, SIXTY, st.sampled_from(DEGREES), st.sampled_from(PAIRS))
def test_degrees_and_minutes_stay_in_any_writing(east, north, minutes, seconds, form, pair):
    a, b = form.format(d=east, m=minutes, s=seconds), form.format(d=north, m=seconds, s=minutes)
    text = pair.format(a=a, b=b)
    assert hide_in_text(text) == text


@given(
    st.floats(1e5, 5e7),
    st.floats(2e6, 6e6),
    st.sampled_from(("", " ", ",", "\u00a0", "\u2009", "'")),
    st.integers(1, 6),
    st.sampled_from(("{a}", "{a} {b}", "{a}, {b}", "{a};{b}", "{b}/{a}", "POINT ({a} {b})")),
)
def test_metres_stay_however_their_thousands_are_grouped(x, y, sign, decimals, pair):
    a, b = (f"{v:,.{decimals}f}".replace(",", sign) for v in (x, y))
    text = pair.format(a=a, b=b)
    assert hide_in_text(text) == text


@given(st.floats(73, 136), st.floats(3, 54), st.integers(2, 14), st.sampled_from(PAIRS))
def test_decimal_degrees_stay(east, north, decimals, pair):
    text = pair.format(a=f"{east:.{decimals}f}", b=f"{north:.{decimals}f}")
    assert hide_in_text(text) == text


@pytest.mark.parametrize(
    "text",
    """36.123 4567|117 02 13.5|36°40'12"|4 012 345.67|39 512 345.67|P-2023-001234|08:00-17:30
1,234,567|GB/T 50180-2018|0531-2023-0012|0531 2023 2024|0012345678|00100200300|node/13812345678
way/13812345678|https://www.openstreetmap.org/node/13812345678|osm:13812345678|G104国道138号
4497953.8 4057174.1|91370100MA3C8XXX5F|3701020010010000|鲁2023济南市不动产权第0123456号
95588|12345|2023-10-15 13:45|130 140 150 160 170""".replace("\n", "|").split("|"),
)
def test_codes_times_and_numbers_stay(text):
    assert hide_in_text(text) == text


def hidden(heading: str, *cells: str) -> list[int]:
    return hide_personal(pd.Series(cells, name=heading, dtype="str"))[1].tolist()


@pytest.mark.parametrize(
    "heading", ["投资额", "总投资（元）", "补贴金额", "cost_cny", "预算资金(元)"]
)
@pytest.mark.parametrize(
    "cell", ["13800138000", "13800138000.00", "13 800 138 000", "¥13800138000"]
)
def test_sums_of_money_are_no_telephone_numbers(heading, cell):
    assert hidden(heading, cell, "5000000", "120000") == []
    assert hidden("备注", cell, "5000000", "120000") == [0]


def test_a_column_of_round_sums_holds_no_telephone_number():
    assert hidden("投资额", *(f"13{k}00138000" for k in range(6))) == []


def test_a_column_of_telephones_under_a_sum_s_heading_is_still_hidden():
    assert hidden("投资额", *(f"1380013800{k}" for k in range(6))) == [0, 1, 2, 3, 4, 5]
    assert hidden("投资额", "500万元，王芳13800138000", "300") == [0]
    assert hidden("投资人电话", "13800138000") == [0]


@pytest.mark.parametrize("heading", ["osm_id", "@osm_id", "统一社会信用代码", "node"])
def test_columns_of_codes_keep_codes_and_hide_what_is_written_beside_them(heading):
    assert hidden(heading, "91370100MA3C8XXX5F", "12370102493012345X") == []
    assert hidden(heading, "node/123456789，电话13812345678") == [0]


def test_credit_codes_are_never_as_short_as_a_telephone_number():
    assert hidden("统一社会信用代码", "13812345678", "52370100MJD673123A") == [0]
    assert hidden("osm_id", "13812345678") == []


def test_one_long_number_among_ids_tells_that_all_are_codes():
    assert hidden("id", "13812345678", "981234567", "4512345678") == []
    assert hidden("id", "13812345678", "S2", "S3") == [0]
    assert hidden("编号", "13812345678", "1", "2", "3") == [0]


COUNTS = """
负责人数 负责人数2023 联系人数 户主人数 owner_count 老人数 院长期护理床位 传真机数 老人姓名数
60岁以上老人 80岁及以上老人 责任人口 养老院长者人数 敬老院长期照护床位 公交站长度 公里长度
社工合计 社工编制 监护床位 owner_occupied_units owner_households 户主平均年龄 家属楼 农村长者
手机用户 微信公众号
"""
PERSONS = "负责人 院长姓名 站长 站长护照号 护理院长电话 社工姓名 网格长 联系人2 owner 户主 里长"


@pytest.mark.parametrize("heading", COUNTS.split())
def test_headings_of_counts_and_of_things_are_no_person_s(heading):
    assert not is_personal_heading(heading)
    assert personal_columns(pd.DataFrame({heading: ["1234567", "120"]}, dtype="str")) == []


@pytest.mark.parametrize("heading", PERSONS.split())
def test_headings_of_persons_stay_so(heading):
    assert is_personal_heading(heading)


def test_short_telephone_numbers_under_their_heading_are_no_counts():
    cells = pd.DataFrame({"联系电话": ["6612345", "6612346"], "负责人": ["2", "3人"]}, dtype="str")
    assert personal_columns(cells) == ["联系电话"]
