"""Identity and telephone numbers never leave the input."""

from __future__ import annotations

import openpyxl
import pytest

from geoplan.inputs import LayerSource, read_facilities, write_findings

CRS = "EPSG:4548"
IDENTITY = "11010519491231002X"  # the example of GB 11643-1999
MOBILE = "13812345678"


def test_numbers_in_remarks_are_hidden_everywhere(tmp_path):
    rows = [f"S{k},站{k},117.{k:02d},36.6,路{k}号,正常" for k in range(10, 40)]
    rows.append(f"S40,甲,117.5,36.6,某路1号{MOBILE},联系:张三{MOBILE}或{IDENTITY}")
    rows.append(f"S41,乙,,,某路2号,电话{MOBILE}")
    path = tmp_path / "p.csv"
    path.write_text("编号,名称,经度,纬度,地址,备注\n" + "\n".join(rows), encoding="utf-8")
    one = read_facilities(LayerSource(path=path, datum="wgs84"), key="x", crs=CRS)
    told = [(f.row, f.column) for f in one.findings if f.code == "personal_cell"]
    assert told == [(32, "地址"), (32, "备注"), (33, "备注")]
    book = openpyxl.load_workbook(write_findings(tmp_path / "f.xlsx", [one]))
    cells = [str(c.value) for sheet in book for row in sheet.iter_rows() for c in row]
    seen = " ".join([*cells, one.layer.frame.astype(str).to_string(), one.set_aside.to_string()])
    assert "联系:***或***" in seen
    assert MOBILE not in seen
    assert IDENTITY not in seen


def test_a_column_full_of_them_is_left_out_whatever_its_heading(tmp_path):
    rows = [f"站{k},117.{k},36.6,{MOBILE},{IDENTITY}" for k in range(10, 14)]
    path = tmp_path / "p.csv"
    path.write_text("名称,经度,纬度,热线,证件\n" + "\n".join(rows), encoding="utf-8")
    one = read_facilities(LayerSource(path=path, datum="wgs84"), key="x", crs=CRS)
    assert [(f.code, f.column) for f in one.findings] == [
        ("personal", "热线"),
        ("personal", "证件"),
    ]
    assert not {"热线", "证件"} & set(one.layer.frame.columns)


def read(folder, text, **source):
    path = folder / "p.csv"
    path.write_text(text, encoding="utf-8")
    return read_facilities(LayerSource(path=path, datum="wgs84", **source), key="x", crs=CRS)


def everything(one):
    """All that is handed on of a file, as text."""
    told = [f.to_dict() for f in one.findings]
    frame = one.layer.frame if one.layer is not None else None
    text = "" if frame is None else frame.reset_index().astype(str).to_string()
    return f"{told} {one.record} {text} {one.set_aside.to_string()}"


@pytest.mark.parametrize(
    "column", ["编号", "名称", "经度", "层级", "床位数", "街道", "状态", "备注"]
)
def test_a_number_in_any_column_is_told_by_its_row_and_never_repeated(tmp_path, column):
    headings = ["编号", "名称", "经度", "纬度", "层级", "床位数", "街道", "状态", "备注"]
    rows = [
        [f"S{k}", f"站{k}", "117.1", f"36.{k}", "甲", "40", "街", "正常", "好"]
        for k in range(10, 30)
    ]
    rows[7][headings.index(column)] = MOBILE
    one = read(tmp_path, "\n".join(",".join(r) for r in [headings, *rows]))
    assert MOBILE not in everything(one)
    assert [f.row for f in one.findings if f.code == "personal_cell" and f.column == column] == [9]
    assert one.record.rows == 20


def test_what_the_study_keeps_stays(tmp_path):
    text = f"名称,经度,纬度,站长姓名,备注\n甲,117.1,36.6,王芳,电话{MOBILE}\n乙,117.2,36.6,李明,好"
    one = read(tmp_path, text, keep=("站长姓名",))
    assert one.layer.frame["站长姓名"].tolist() == ["王芳", "李明"]
    assert MOBILE not in everything(one)
    assert {f.code for f in one.findings} >= {"personal_kept", "personal_cell"}
    every = read(tmp_path, text, keep=("*",)).layer.frame
    assert every["备注"].tolist() == [f"电话{MOBILE}", "好"]
    assert "站长姓名" not in read(tmp_path, text).layer.frame


def test_a_kept_heading_that_is_not_there_is_told_and_spelling_is_taken_lightly(tmp_path):
    text = "名称,经度,纬度,站长 姓名,户主\n甲,117.1,36.6,王芳,李明"
    one = read(tmp_path, text, keep=("站长姓名", "厨师"))
    told = [f for f in one.findings if f.code == "keep_missing"]
    assert [("厨师" in f.problem, f.severity) for f in told] == [(True, "warning")]
    assert one.layer.frame["站长 姓名"].tolist() == ["王芳"]
    assert "户主" not in one.layer.frame


def test_a_condition_still_reads_what_is_hidden(tmp_path):
    text = f"名称,经度,纬度,负责人,备注\n甲,117.1,36.6,王芳,{MOBILE}夜\n乙,117.2,36.6,李明,好"
    assert len(read(tmp_path, text, where="负责人 == '王芳'").layer) == 1
    found = read(tmp_path, text, where=f"备注 == '{MOBILE}夜'")
    assert len(found.layer) == 1


def test_headings_and_file_names_hold_none_either(tmp_path):
    path = tmp_path / f"联系人王芳{MOBILE}.csv"
    path.write_text(f"名称,经度,纬度,备注{MOBILE}\n甲,117.1,36.6,好", encoding="utf-8")
    one = read_facilities(LayerSource(path=path, name=path.name, datum="wgs84"), key="x", crs=CRS)
    assert MOBILE not in everything(one)
    assert "王芳" not in everything(one)


@pytest.mark.parametrize(
    ("heading", "cells"),
    [
        ("osm_id", ["13000000123", "12999999000", "13123456789", "981234567"]),
        ("内部代码", [f"1301{k:07d}" for k in range(4)] + [f"1201{k:07d}" for k in range(4)]),
        ("项目编号", [f"37010220231015{k:04d}" for k in range(40)]),
        ("ARS", ["031020000000", "010010000000", "020000000000", "090000000000", "091000000000"]),
        ("信用代码", ["52370100MJD673123A", "12370102493012345X", "52370102MJE1234567"]),
        ("负责人数", ["2", "3", "1"]),
        ("营业时间", ["8:00-11:30", "0531", "全天"]),
    ],
)
def test_codes_and_counts_stay(tmp_path, heading, cells):
    rows = [f"站{k},117.{k + 10},36.6,{c}" for k, c in enumerate(cells)]
    one = read(tmp_path, f"名称,经度,纬度,{heading}\n" + "\n".join(rows))
    assert one.layer.frame[heading].tolist() == cells
    assert not [f for f in one.findings if f.code.startswith("personal")]
