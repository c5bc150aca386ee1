"""Slips of typing in a study file: all told at once, each with its line as it was meant."""

from __future__ import annotations

import json
import os
import tomllib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from geoplan.errors import StudyFileError, UsageError
from geoplan.study import Study
from geoplan.study.config.near_files import near_file
from geoplan.study.config.repair.repair import repaired
from geoplan.study.config.repair.tables import SIGNS
from geoplan.study.config.study_path import study_path
from geoplan.study.config.study_text import language_of
from geoplan.study.example import STUDY, write_example
from geoplan.words import has_word, say

#: as typed, as meant, slips
LINES = [
    ("name = “济南”", 'name = "济南"', "quotes"),
    ("name = ‘济南’", 'name = "济南"', "quotes"),
    ("name = 「济南」", 'name = "济南"', "quotes"),
    ("name = 『济南』", 'name = "济南"', "quotes"),
    ("name = «Jinan»", 'name = "Jinan"', "quotes"),
    ("name = ＂济南＂", 'name = "济南"', "quotes"),
    ('name = "济南”', 'name = "济南"', "quotes"),
    ('name = ”济南"', 'name = "济南"', "quotes"),
    ("name = `Jinan`", 'name = "Jinan"', "quotes"),
    ('name = "济南', 'name = "济南"', "unclosed"),
    ('name = "济南  # 城市', 'name = "济南"  # 城市', "unclosed"),
    ("name = 济南", 'name = "济南"', "unquoted"),
    ("crs = EPSG:4548", 'crs = "EPSG:4548"', "unquoted"),
    ("path = people.csv", 'path = "people.csv"', "unquoted"),
    ("path = data\\people.csv", 'path = "data/people.csv"', "unquoted"),
    ('name = "济"南"', 'name = "济\\"南"', "inner_quotes"),
    ('name ＝ "济南"', 'name = "济南"', "wide_sign"),
    ('name ： "济南"', 'name = "济南"', "equals"),
    ('name: "济南"', 'name = "济南"', "equals"),
    ('name := "济南"', 'name = "济南"', "equals"),
    ('name == "济南"', 'name = "济南"', "equals"),
    ('name => "济南"', 'name = "济南"', "equals"),
    ('name "济南"', 'name = "济南"', "no_equals"),
    ('name　=　"济南"', 'name = "济南"', "odd_space"),
    ('name\u00a0= "济南"', 'name = "济南"', "odd_space"),
    ('\u200bname = "济南"', 'name = "济南"', "odd_space"),
    ('ｎａｍｅ = "济南"', 'name = "济南"', "wide_sign"),
    ("speed＿m＿s = 1", "speed_m_s = 1", "wide_sign"),
    ('名称 = "济南"', '"名称" = "济南"', "bare_key"),
    ('my name = "x"', '"my name" = "x"', "bare_key"),
    ("[services.养老]", '[services."养老"]', "bare_key"),
    ("[services.my station]", '[services."my station"]', "bare_key"),
    ("【study】", "[study]", "wide_sign"),
    ("［study］", "[study]", "wide_sign"),
    ("（study）", "[study]", "parentheses"),
    ("(study)", "[study]", "parentheses"),
    ("[services。meal]", "[services.meal]", "wide_sign"),
    ("[study", "[study]", "bracket"),
    ("study]", "[study]", "bracket"),
    ("[[figures]", "[[figures]]", "bracket"),
    ("【【figures】】", "[[figures]]", "wide_sign"),
    ("[study]：", "[study]", "trailing"),
    ("suppress_below = １０", "suppress_below = 10", "wide_sign"),
    ("speed_m_s = 0,8", "speed_m_s = 0.8", "decimal_comma"),
    ("speed_m_s = 0，8", "speed_m_s = 0.8", "decimal_comma"),
    ("speed_m_s = .8", "speed_m_s = 0.8", "number"),
    ("speed_m_s = 1.", "speed_m_s = 1", "number"),
    ("sites = 007", "sites = 7", "number"),
    ("budget = 6,000,000", "budget = 6000000", "thousands"),
    ("budget = 600万", "budget = 6000000", "unit"),
    ("budget = 1.5亿元", "budget = 150000000", "unit"),
    ("threshold_m = 300m", "threshold_m = 300", "unit"),
    ("threshold_m = 300 米", "threshold_m = 300", "unit"),
    ("threshold_m = 1.5km", "threshold_m = 1500", "unit"),
    ("threshold_min = 15 min", "threshold_min = 15", "unit"),
    ("threshold_min = 1小时", "threshold_min = 60", "unit"),
    ("share = 80%", "share = 0.8", "unit"),
    ("sites = 30个", "sites = 30", "unit"),
    ("synthetic = True", "synthetic = true", "truth"),
    ("synthetic = FALSE", "synthetic = false", "truth"),
    ("synthetic = yes", "synthetic = true", "truth"),
    ("synthetic = 是", "synthetic = true", "truth"),
    ("synthetic = 否", "synthetic = false", "truth"),
    ('path = "data\\people.csv"', 'path = "data/people.csv"', "backslash"),
    ('path = "C:\\Users\\x.csv"', 'path = "C:/Users/x.csv"', "backslash"),
    ('path = "D:\\data\\"', 'path = "D:/data/"', "backslash"),
    ('path = "\\\\server\\s\\x.csv"', 'path = "//server/s/x.csv"', "backslash"),
    ("path = “data\\new.csv”", 'path = "data/new.csv"', "backslash"),
    ('crs = "EPSG:4548",', 'crs = "EPSG:4548"', "trailing"),
    ('crs = "EPSG:4548"；', 'crs = "EPSG:4548"', "trailing"),
    ('crs = "EPSG:4548"。', 'crs = "EPSG:4548"', "trailing"),
    ('crs = "EPSG:4548" // 济南', 'crs = "EPSG:4548"  # 济南', "comment"),
    ('crs = "EPSG:4548" ； 济南', 'crs = "EPSG:4548"  # 济南', "comment"),
    ("// 注释", "# 注释", "comment"),
    ("weight = 60岁以上", 'weight = "60岁以上"', "unquoted"),
    ("groups = [80岁以上]", 'groups = ["80岁以上"]', "unquoted"),
    ("source = 《济南日报》2024", 'source = "《济南日报》2024"', "unquoted"),
    ("data_date = 2024年12月", 'data_date = "2024年12月"', "unquoted"),
    ("[services.meal–station]", "[services.meal-station]", "wide_sign"),
    ("注：以下为人口", "# 注：以下为人口", "stray"),
    ("standard = mode = “walk”, a = 1", 'standard = { mode = "walk", a = 1 }', "braces"),
    ("；注释", "# 注释", "comment"),
    ("; remark", "# remark", "comment"),
    ("＃ 注释", "# 注释", "comment"),
    ("/* remark */", "# remark", "comment"),
    ("-- remark", "# remark", "comment"),
    ("这是我的城市", "# 这是我的城市", "stray"),
    ("closed = [“甲”，“乙”]", 'closed = ["甲", "乙"]', "quotes"),
    ('closed = ["甲"、"乙"]', 'closed = ["甲", "乙"]', "wide_sign"),
    ('closed = ["甲" "乙"]', 'closed = ["甲", "乙"]', "separator"),
    ('closed = ["甲"; "乙"]', 'closed = ["甲", "乙"]', "separator"),
    ('closed = ("甲", "乙")', 'closed = ["甲", "乙"]', "parentheses"),
    ('closed = ["甲", "乙"', 'closed = ["甲", "乙"]', "bracket"),
    ('standard = { mode = "walk", }', 'standard = { mode = "walk" }', "trailing"),
    ('standard = { mode: "walk" }', 'standard = { mode = "walk" }', "equals"),
    ('standard = {"mode": "walk"}', 'standard = { "mode" = "walk" }', "equals"),
    ("standard = { mode = walk }", 'standard = { mode = "walk" }', "unquoted"),
    ('standard = ｛ mode = "walk" ｝', 'standard = { mode = "walk" }', "wide_sign"),
    ('standard = { mode = "walk"', 'standard = { mode = "walk" }', "bracket"),
    ('a = { share = 0,8, mode = "x" }', 'a = { share = 0.8, mode = "x" }', "decimal_comma"),
    ('columns = {\n lon = "X",\n lat = "Y"\n}', 'columns = { lon = "X", lat = "Y" }', "one_line"),
]


@pytest.mark.parametrize(("typed", "meant", "code"), LINES)
def test_a_line_is_told_as_it_was_meant(typed, meant, code):
    found = repaired("# first\n" + typed + "\n")
    (one,) = found.wrong
    assert one.meant == meant
    assert code in [slip.code for slip in one.slips]
    assert one.line == 2
    assert found.raw == tomllib.loads(meant)


@pytest.mark.parametrize(("typed", "meant", "code"), LINES)
def test_every_slip_has_words_in_both_languages(typed, meant, code):
    for slip in repaired(typed).wrong[0].slips:
        for lang in ("zh", "en"):
            assert say(lang, f"study_file.{slip.code}", **slip.values)
    assert has_word(f"study_file.{code}")


HONEST = [
    'name = "“济南”，（试点）"  # “注释”，：；',
    "a = [\n  1, # one\n  2,\n]",
    'b = """\n“x”\n= ，\n"""',
    "c = '''C:\\new\\table'''",
    "path = 'C:\\new\\table.csv'",
    '"养老" = 1',
    "[services.'养老']",
    "when = 2024-12-31",
    "big = 6_000_000",
    'name = "tab\\there"',
]


@pytest.mark.parametrize("line", HONEST)
def test_what_is_right_is_left_alone_beside_what_is_wrong(line):
    found = repaired(f"{line}\nwrong = yes\n")
    assert [one.typed for one in found.wrong] == ["wrong = yes"]
    assert tomllib.loads(line).items() <= found.raw.items() or found.raw == {
        **tomllib.loads(line + "\nwrong = true")
    }


def test_two_settings_on_one_line():
    found = repaired('path = "a.csv", weight = "pop"\n')
    assert found.raw == {"path": "a.csv", "weight": "pop"}
    assert found.wrong[0].slips[0].code == "two_in_line"


def test_a_section_and_a_setting_that_come_twice():
    text = '[study]\nname = "a"\n[areas.x]\npath = "x"\n[study]\ncrs = "b"\nname = "c"\n'
    found = repaired(text)
    assert found.raw["study"] == {"name": "a", "crs": "b"}
    told = [(one.line, one.slips[0].code, one.slips[0].values["first"]) for one in found.wrong]
    assert told == [(5, "twice_section", 1), (7, "twice_key", 2)]


def test_a_value_that_is_missing():
    found = repaired("name =\ncrs = 空\n")
    assert found.raw == {}
    assert [one.slips[0].code for one in found.wrong] == ["no_value", "no_value"]


def test_a_bracket_left_open_does_not_take_the_next_section_along():
    found = repaired('closed = ["甲"\n[services.b]\nname = "B"\n')
    assert found.raw == {"closed": ["甲"], "services": {"b": {"name": "B"}}}


def _mistyped(text: str, wide: str, sign: str) -> str:
    """`text` with a sign of TOML replaced by its look-alike outside of quotation marks."""
    out, inside = [], False
    for c in text:
        inside ^= c == '"'
        out.append(wide if c == sign and not inside else c)
    return "".join(out)


@pytest.mark.parametrize("wide", [w for w, s in SIGNS.items() if s in "=,[]{}#"])
def test_a_whole_study_in_full_width_signs_is_understood(wide):
    typed = _mistyped(STUDY, wide, SIGNS[wide])
    if typed == STUDY:
        pytest.skip("the study has no such sign")
    assert repaired(typed).raw == tomllib.loads(STUDY)


@pytest.mark.parametrize(
    "marks", ["“”", "‘’", "「」", "『』", "＂＂", "”“", "””", "»«", "«»", "″″"]
)
def test_a_whole_study_in_other_quotation_marks_is_understood(marks):
    parts = STUDY.split('"')
    typed = parts[0]
    for k, part in enumerate(parts[1:]):
        typed += marks[k % 2] + part
    found = repaired(typed)
    wanted = tomllib.loads(STUDY)
    if marks != "”“":  # a closing mark first may be either
        assert found.raw == wanted
    assert found.wrong


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(STUDY) - 1),
            st.sampled_from(
                sorted({*SIGNS, *"“”‘’「」\"'=,.:;[](){}#\\/", "　", "\u00a0", "\n", ""})
            ),
            st.integers(0, 12),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_is_typed_is_told_and_ends(changes):
    text = STUDY
    for at, sign, cut in changes:
        text = text[:at] + sign + text[at + cut :]
    found = repaired(text)
    try:
        wanted = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assert found.wrong
        assert all(1 <= one.line <= text.count("\n") + 1 for one in found.wrong)
    else:
        assert found.raw == wanted
        assert not found.wrong


def _opened(folder: Path, text: str | bytes, **options) -> StudyFileError:
    write_example(folder)
    raw = text if isinstance(text, bytes) else text.encode("utf-8")
    (folder / "study.toml").write_bytes(raw)
    with pytest.raises(StudyFileError) as caught:
        Study.open(folder, **options)
    return caught.value


def test_all_faults_at_once_typing_and_meaning(tmp_path):
    text = STUDY.replace('name = "Small"', "name ＝ “Small”")  # line 2
    text = text.replace('path = "streets.gpkg"', 'path = "Streets.gpkg"')  # line 11
    text = text.replace("speed_m_s = 1.0", "speed_m_s = 1,0")  # line 12
    text = text.replace('demand = "elderly_60"', 'demand = "elderly_06"')  # line 22
    error = _opened(tmp_path, text)
    told = str(error)
    assert [f.row for f in error.findings] == [2, 11, 12, 22]
    assert 'Write: name = "Small"' in told
    assert "There is 'streets.gpkg'" in told
    assert "Write: speed_m_s = 1.0" in told
    assert "Did you mean 'elderly_60'?" in told
    assert "name ＝ “Small”" in told  # the line as it stands
    assert error.exit_code == 1


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-32", "UTF-32"), ("gb18030", "GBK")],
)
def test_other_encodings_are_named_and_further_faults_told(tmp_path, encoding, name):
    text = STUDY.replace('"Small"', '"小村"').replace('lang = "en"', 'lang = "zh"')
    error = _opened(tmp_path, text.replace("sites = 1,", "sites = -1,").encode(encoding))
    told = str(error)
    assert name in told
    assert "UTF-8" in told
    assert "不能小于 0" in told
    assert error.findings[0].row == 2  # the first line that is not plain ASCII


def test_a_byte_order_mark_and_any_line_ends_are_no_fault(tmp_path):
    write_example(tmp_path)
    for ends in ("\n", "\r\n", "\r"):
        raw = STUDY.replace("\n", ends).encode("utf-8-sig")
        (tmp_path / "study.toml").write_bytes(raw)
        assert Study.open(tmp_path).name == "Small"


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"PK\x03\x04rest", "Word"),
        (b"{\\rtf1 x}", "Word"),
        (b"\x00\x01\x02\x03" * 50, "binary"),
        (b"", "empty"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_files_that_are_no_text(tmp_path, raw, told):
    error = _opened(tmp_path, raw, lang="en")
    assert told in str(error)
    assert "Traceback" not in str(error)


def test_a_password_is_not_shown(tmp_path):
    line = "path = “postgresql://gis:secret@db/city”\n"
    text = STUDY.replace('path = "people.csv"\n', line)
    error = _opened(tmp_path, text)
    assert "secret" not in str(error).replace("Write: ", "")
    assert "secret" not in json.dumps([f.to_dict() for f in error.findings], ensure_ascii=False)


@pytest.mark.parametrize(
    ("text", "env", "lang"),
    [
        ("[study\n", "zh_CN.UTF-8", "zh"),
        ("[study\n", "en_GB.UTF-8", "en"),
        ("[study\nname = 济南", "C", "zh"),
        ("[study\nlang = “en”\nname = 济南", "zh_CN.UTF-8", "en"),
        ("[study\nlang：zh", "en_GB.UTF-8", "zh"),
    ],
)
def test_the_language_where_the_file_cannot_be_read(monkeypatch, text, env, lang):
    for name in ("LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", env)
    assert language_of({}, text, valid=False) == lang


def test_a_named_language_goes_first(tmp_path):
    assert "应为" in str(_opened(tmp_path, STUDY.replace("= 1.0", "= 1,0"), lang="zh"))


@pytest.mark.parametrize(
    ("value", "advice"),
    [('"800m"', "threshold_m = 800"), ('"800 米"', "threshold_m = 800")],
)
def test_standards_are_refused_in_the_study_s_language(tmp_path, value, advice):
    text = STUDY.replace("threshold_m = 800", f"threshold_m = {value}")
    zh = str(_opened(tmp_path, text.replace('lang = "en"', 'lang = "zh"')))
    assert "服务“meal_station”的标准：threshold_m 应为数字" in zh
    assert advice in zh
    assert "must be" not in zh
    assert "threshold_min" not in zh  # it is there, only not as a number
    assert advice in str(_opened(tmp_path, text))


def test_numbers_in_quotation_marks_with_a_unit(tmp_path):
    told = str(_opened(tmp_path, STUDY.replace("speed_m_s = 1.0", 'speed_m_s = "1.2 m/s"')))
    assert "speed_m_s = 1.2" in told


def test_a_backslash_that_toml_reads_as_a_tab(tmp_path):
    told = str(_opened(tmp_path, STUDY.replace('"people.csv"', '"data\\table.csv"')))
    assert 'path = "data/table.csv"' in told
    assert "\t" not in told


@pytest.mark.parametrize(
    ("there", "named", "word"),
    [
        ("People.CSV", "people.csv", "same_but_case"),
        ("ｐeople.csv", "people.csv", "same_but_form"),
        ("people.csv", "people．csv", "same_but_form"),
        ("people.csv", "people .csv", "same_but_form"),
        (unicodedata.normalize("NFD", "café.csv"), "café.csv", "same_but_form"),
        ("people.xlsx", "people.csv", "same_but_ending"),
        ("people.csv.csv", "people.csv", "same_but_ending"),
        ("people.csv.txt", "people.csv", "same_but_ending"),
        ("data/people.csv", "people.csv", "elsewhere"),
        ("data/people.csv", "data\\people.csv", "did_you_mean_file"),
        ("peoples.csv", "people.csv", "did_you_mean_file"),
        ("roads.gpkg", "people.csv", None),
    ],
)
def test_a_file_that_was_probably_meant(tmp_path, there, named, word):
    path = tmp_path / there
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    found = near_file(tmp_path, named)
    assert (found and found[0]) == word
    if found:
        assert found[1] == there


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ("study.toml.txt", "Windows"),
        ("study.toml.toml", "Windows"),
        ("study.txt", "study.txt"),
        ("city.toml", "city.toml"),
        ("jinan/study.toml", "jinan"),
        ("people.csv", "people.csv"),
    ],
)
def test_a_folder_without_a_study_names_what_may_be_meant(tmp_path, there, told):
    path = tmp_path / there
    path.parent.mkdir(exist_ok=True)
    path.write_text("[study]")
    with pytest.raises(UsageError, match=told) as caught:
        study_path(tmp_path)
    assert caught.value.exit_code == 2


def test_a_study_in_other_letters_is_the_study(tmp_path):
    (tmp_path / "Study.TOML").write_text("[study]")
    assert study_path(tmp_path).name.casefold() == "study.toml"


def test_a_file_of_data_and_a_folder_misspelt(tmp_path):
    write_example(tmp_path / "small")
    with pytest.raises(UsageError, match=r"people\.csv.*small"):
        study_path(tmp_path / "small" / "people.csv")
    with pytest.raises(UsageError, match=r"Is .*small.* meant"):
        study_path(tmp_path / "Smal")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("[service.meal_station]", "services"),
        ("[服务.meal_station]", "services"),
        ("[SERVICES.meal_station]", "services"),
    ],
)
def test_a_misspelt_section(tmp_path, name, meant):
    told = str(_opened(tmp_path, STUDY.replace("[services.meal_station]", name)))
    assert f"Did you mean {meant!r}?" in told


@pytest.mark.parametrize(
    ("value", "meant"),
    [("GCJ-02", "gcj02"), ("ＧＣＪ０２", "gcj02"), ("高德", "gcj02"), ("GPS", "wgs84")],
)
def test_a_datum_by_another_name(tmp_path, value, meant):
    told = str(_opened(tmp_path, STUDY.replace('datum = "wgs84"', f'datum = "{value}"')))
    assert f"Did you mean {meant!r}?" in told


def test_a_very_long_file_is_refused_at_once(tmp_path):
    text = "[study]\nname = “x”\n" + "x" * 2_000_000
    assert "too long" in str(_opened(tmp_path, text, lang="en"))


@pytest.mark.parametrize("name", ["x" * 5000, "a\\u0000b"])
@pytest.mark.parametrize("old", ['path = "streets.gpkg"', 'candidates = "network"'])
def test_a_name_that_no_system_takes_is_a_file_that_is_not_there(tmp_path, name, old):
    folder = write_example(tmp_path / "small")
    text = STUDY.replace(old, f'{old.partition(" =")[0]} = "{name}"')
    assert text != STUDY
    (folder / "study.toml").write_text(text, "utf-8")
    try:
        told = [f.problem for f in Study.open(folder).check().findings if f.severity == "error"]
    except StudyFileError as error:  # streets alone may be missing in a check
        told = [f.problem for f in error.findings]
    assert len(told) == 1
    assert name[0] in told[0]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_paths_as_people_paste_them(tmp_path):
    from geoplan.cli.typed_path import typed_path

    folder = tmp_path / "my study"
    folder.mkdir()
    for text in (
        f'"{folder}"',
        f'{folder}"',
        f" {folder} ",
        f"“{folder}”",
        f"'{folder}/'",
        folder.as_uri(),
        f"\u202a{folder}",
        str(folder).replace("/", "\\"),
    ):
        assert typed_path(text).resolve() == folder, text
    odd = tmp_path / '"odd"'
    odd.mkdir()
    assert typed_path(str(odd)) == odd  # what is there is meant
