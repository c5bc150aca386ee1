"""Which sites serve people today: words, yes and no, dates, map services; what is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from geoplan.inputs.columns.status import SENSES, StatusWords, status_table
from geoplan.inputs.findings.finding import assumptions
from geoplan.inputs.layers import FacilityLayer, serves
from tests.inputs.sites.site_tables import sites_of

OPEN = """正常运营|正常|营业中|营业|运营中|試營業|試運營|试运营|已启用|未停用|未关闭|没有停业
已建成|開放|存续（在营、开业、在册）|OPEN|Operational|OPERATIONAL|active|in use
not closed|isn't closed|abierto|En funcionamiento|ouvert|en activité|in Betrieb
geöffnet|em funcionamento|Aberto|恢复营业|竣工|completed|营业中（正常）|未注销"""
OUT = """已停用|停用|停用中|Closed|CLOSED|Planned|已关停|关闭|已永久关闭|注销|吊销|撤销|撤并
暂停营业|停业整顿|改造中|提升改造|建设中|筹建中|规划中|拟建|在建|CLOSED_TEMPORARILY
CLOSED_PERMANENTLY|inactive|已關閉|暫停營業|籌備中|興建中|未启用|未运营|尚未启用
待运营|不再营业|停止运营|未营业|Under Construction|under_construction
temporarily closed|Permanently closed|Fermé définitivement|cerrado temporalmente
Geschlossen|vorübergehend geschlossen|außer Betrieb|nicht in Betrieb
en construcción|Em construção|Fechado|in Planung|en projet|à venir|not open
no longer open|closed since 2021-05|closed in May 2023|built, not yet open|建成未投入使用
竣工待验收|已竣工，尚未启用|已于2023年5月停用|建成未启用|proposed|abandoned
disused|Out of service|已停业整顿|闲置"""
UNCLEAR = """营业中（二楼装修）|民办|0|异常|夜间关闭|部分停用|open, partly closed|？|已搬迁
待核实|Active/Planned|非正常"""


def _words(text: str) -> list[str]:
    return [word for line in text.splitlines() for word in line.split("|")]


@pytest.mark.parametrize("word", _words(OPEN))
def test_words_for_open(word: str) -> None:
    said = StatusWords().read(word)
    assert (said.sense, said.sure) == ("open", True)


@pytest.mark.parametrize("word", _words(OUT))
def test_words_for_not_open(word: str) -> None:
    said = StatusWords().read(word)
    assert said.sure
    assert said.sense in SENSES[1:]


@pytest.mark.parametrize("word", _words(UNCLEAR))
def test_words_that_are_not_understood_are_not_guessed(word: str) -> None:
    assert not StatusWords().read(word).sure


@pytest.mark.parametrize("sense", SENSES)
def test_every_word_of_the_table_says_what_its_list_says(sense: str) -> None:
    wrong = [w for w in status_table()["words"][sense] if StatusWords().read(w).sense != sense]
    assert not wrong


@given(st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_and_only_known_words_leave_a_site_out(text: str) -> None:
    said = StatusWords().read(text)
    assert said.sense in ("", *SENSES)
    assert said.serves == (said.sense in ("", "open"))
    if said.sense:
        assert StatusWords().read(f"  {text.upper()}。") is not None


def test_a_study_adds_and_overrides_words() -> None:
    words = StatusWords(own={"closed": ["合并", "Stage 9"], "open": ["在建"]})
    assert words.read("已合并").sense == "closed"
    assert words.read("stage 9").sense == "closed"
    assert words.read("在建").sense == "open"
    assert StatusWords().read("在建").sense == "under_construction"


def _open(layer: FacilityLayer) -> list[bool]:
    return serves(layer.frame).tolist()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"是否启用": ["是", "否", "1", "0", "启用", "停用"]}, [1, 0, 1, 0, 1, 0]),
        ({"是否停用": ["是", "否", "", "TRUE", "FALSE", "未停用"]}, [0, 1, 1, 0, 1, 1]),
        ({"is_open": ["TRUE", "FALSE", "1.0", "0.0", "yes", "No"]}, [1, 0, 1, 0, 1, 0]),
        ({"active": ["t", "f", "Y", "N", "sí", "não"]}, [1, 0, 1, 0, 1, 0]),
        ({"permanently_closed": ["true", "", "false"]}, [0, 1, 1]),
        ({"open": ["08:00-17:00", "24/7", "closed"]}, [1, 1, 1]),
        ({"disused:amenity": ["social_facility", "", "no"]}, [0, 1, 1]),
        ({"construction:building": ["yes", ""]}, [0, 1]),
        ({"construction_year": ["1998", ""]}, [1, 1]),
        ({"opening_hours": ["off", "Mo-Fr 08:00-17:00", "closed"]}, [0, 1, 0]),
        ({"营业时间": ["暂停营业", "08:00-18:00", ""]}, [0, 1, 1]),
        ({"备注": ["已停用", "联系居委会", "二楼"]}, [0, 1, 1]),
        ({"operational_status": ["operational", "closed"]}, [1, 0]),
        ({"businessStatus": ["OPERATIONAL", "CLOSED_TEMPORARILY"]}, [1, 0]),
        ({"名称": ["甲站（暂停营业）", "乙站", "丙站(已关闭)", "丁站（东区）"]}, [0, 1, 0, 1]),
        ({"名称": ["Hall 1 - CLOSED", "Hall 2 – east", "[停用] 丙站", "丁站——规划"]}, [0, 1, 0, 0]),
        ({"正在运营": ["Y", "N"]}, [1, 0]),
        ({"Open?": ["yes", "no"]}, [1, 0]),
        ({"In service": ["1", "0", ""]}, [1, 0, 1]),
        ({"是否对外开放": ["是", "否"]}, [1, 0]),
        ({"是否已建成": ["是", "否"]}, [1, 0]),
        ({"是否在建": ["否", "是"]}, [1, 0]),
        ({"规划": ["是", "否"]}, [1, 1]),
        ({"运营": ["1", "3"]}, [1, 1]),
        ({"状态": ["正常", "正常"], "营业状态": ["", "停业"]}, [1, 0]),
    ],
)
def test_columns_of_every_kind(
    tmp_path: Path, columns: dict[str, list[str]], expected: list[int]
) -> None:
    layer, findings = sites_of(tmp_path, columns)
    assert _open(layer) == [bool(e) for e in expected]
    out = [f for f in findings if f.code == "not_serving"]
    assert bool(out) == (not all(expected))
    assert not [f for f in findings if f.code.startswith("status_unread")]


def test_unknown_words_are_told_with_their_number_and_assumed_open(tmp_path: Path) -> None:
    layer, findings = sites_of(
        tmp_path, {"运营状态": ["民办", "正常", "民办", "营业中（二楼装修）"]}
    )
    assert _open(layer) == [True] * 4
    (told,) = [f for f in findings if f.code == "status_unread_word"]
    assert "民办 ×2" in told.problem
    rows = [f.row for f in findings if f.code == "status_unread_word_row"]
    assert rows == [2, 4, 5]
    (assumed,) = assumptions(findings)
    assert assumed.count == 3
    assert "民办" not in assumed.what  # the public edition prints it


def test_what_is_left_out_is_told_per_word(tmp_path: Path) -> None:
    _, findings = sites_of(tmp_path, {"状态": ["已停用", "在建", "已停用", "正常"]})
    (told,) = findings
    assert (told.code, told.severity) == ("not_serving", "note")
    assert "已停用 ×2" in told.problem
    assert "在建 ×1" in told.problem


def test_honest_files_have_no_new_finding(tmp_path: Path) -> None:
    for columns in ({"状态": ["正常"] * 3}, {"开业日期": ["2020-01-01"] * 3, "状态": ["正常"] * 3}):
        layer, findings = sites_of(tmp_path, columns)
        assert not findings
        assert all(_open(layer))


def test_an_empty_status_is_an_assumption_where_others_say_open(tmp_path: Path) -> None:
    _, findings = sites_of(tmp_path, {"状态": ["正常", "", "停用"]})
    assert [a.code for a in assumptions(findings)] == ["status_blank"]
    _, findings = sites_of(tmp_path, {"状态": ["", "", "停用"]})  # only closed sites are marked
    assert not assumptions(findings)


def test_columns_that_contradict_each_other_are_told(tmp_path: Path) -> None:
    layer, findings = sites_of(tmp_path, {"状态": ["正常", "正常"], "是否停用": ["是", "否"]})
    assert _open(layer) == [False, True]
    assert [a.code for a in assumptions(findings)] == ["status_conflict"]


def test_dates_are_compared_with_the_day_of_the_data(tmp_path: Path) -> None:
    columns = {
        "启用时间": ["2020-01-01", "2026年3月", "2019", ""],
        "停用日期": ["", "", "2023/5/1", "9999-12-31"],
    }
    layer, findings = sites_of(tmp_path, columns, data_date="2025年6月30日")
    assert _open(layer) == [True, False, False, True]
    assert {f.code for f in findings} == {"closed_by_date", "opens_later"}


def test_without_a_day_of_the_data_today_is_not_used(tmp_path: Path) -> None:
    columns = {"启用时间": ["2020-01-01", "2999-01-01"], "停用日期": ["2023/5/1", ""]}
    layer, findings = sites_of(tmp_path, columns)
    assert _open(layer) == [False, True]
    codes = {a.code: a.count for a in assumptions(findings)}
    assert codes == {"closing_dates_taken": 1, "opening_dates_unused": 1}


def test_a_rough_closing_date_within_the_year_is_told(tmp_path: Path) -> None:
    layer, findings = sites_of(
        tmp_path, {"停用日期": ["2025", "2024", "soon"]}, data_date="2025-06-30"
    )
    assert _open(layer) == [True, False, True]
    assert {a.code for a in assumptions(findings)} == {"date_unclear", "date_unread"}


@pytest.mark.parametrize("name", ["data-preparation.md", "data-preparation.zh-CN.md"])
def test_the_table_of_words_in_the_guide_is_true(checkout: Path, name: str) -> None:
    lines = (checkout / "docs" / name).read_text(encoding="utf-8").splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    rows = [
        row for row in rows if len(row) == 3 and row[2].split("，")[0] in ("yes", "no", "是", "否")
    ]
    known = [(re.split("[,;、；] ?", row[1]), row[2] in ("yes", "是")) for row in rows[:5]]
    assert len(known) == 5
    for words, open_ in known:
        for word in words:
            said = StatusWords().read(word)
            assert (said.sure, said.serves) == (True, open_), word
