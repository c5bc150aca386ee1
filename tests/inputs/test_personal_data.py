"""Identity and telephone numbers never leave the input."""

from __future__ import annotations

from datetime import date

import openpyxl
from hypothesis import given, strategies as st

from geoplan.inputs import LayerSource, read_facilities, write_findings
from geoplan.inputs.columns.personal.personal_data import is_identity_number

CRS = "EPSG:4548"
IDENTITY = "11010519491231002X"  # the example of GB 11643-1999
MOBILE = "13812345678"


def test_numbers_in_remarks_are_hidden_everywhere(tmp_path):
    rows = [f"S{k},站{k},117.{k:02d},36.6,路{k}号,正常" for k in range(10, 40)]
    rows.append(f"S40,甲,117.5,36.6,某路1号{MOBILE},联系张三{MOBILE}或{IDENTITY}")
    rows.append(f"S41,乙,,,某路2号,电话{MOBILE}")
    path = tmp_path / "p.csv"
    path.write_text("编号,名称,经度,纬度,地址,备注\n" + "\n".join(rows), encoding="utf-8")
    one = read_facilities(LayerSource(path=path, datum="wgs84"), key="x", crs=CRS)
    told = {f.column: f.problem for f in one.findings if f.code == "personal_cells"}
    assert set(told) == {"地址", "备注"}
    assert "32, 33" in told["备注"]
    book = openpyxl.load_workbook(write_findings(tmp_path / "f.xlsx", [one]))
    cells = [str(c.value) for sheet in book for row in sheet.iter_rows() for c in row]
    seen = " ".join([*cells, one.layer.frame.astype(str).to_string(), one.set_aside.to_string()])
    assert "联系张三***或***" in seen
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


@given(
    serial=st.integers(0, 999),
    born=st.dates(min_value=date(1900, 1, 1), max_value=date(2024, 12, 31)),
)
def test_only_one_of_eleven_check_characters_fits(serial, born):
    body = f"370102{born:%Y%m%d}{serial:03d}"
    assert sum(is_identity_number(body + c) for c in "0123456789X") == 1
