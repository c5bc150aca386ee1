"""What a sheet's marks are does not depend on whether rows of plain values are parsed."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, strategies as st

from geoplan.inputs.files.workbook import marked_rows as rooms
from geoplan.inputs.files.workbook.marked_rows import UnnumberedRowError, marked_rows
from geoplan.inputs.files.workbook.marks_xlsx import _Sheet

ROWS = ['spans="1:2"', 'ht="15"', 'hidden="1"', "hidden = 'true'", 'hidden="0"', 'ht="0.0"']
ROWS += ['hidden="1" outlineLevel="1"', 'customHeight="1"', ""]
CELLS = [
    "<P:v>12</P:v>",
    "",
    "<P:f>A1&gt;2</P:f>",
    "<P:f>A1</P:f><P:v>7</P:v>",
    "<P:f/><P:v>0</P:v>",
]
CELLS += [
    '<P:f t="shared" si="0"/><P:v/>',
    "<P:f>B</P:f><P:v>0.0</P:v>",
    "<P:f>B</P:f>\n<P:v>3</P:v>",
]
KINDS = ["", ' t="e"', " t='e'", ' t="str"']
TAILS = ["", '<P:filterColumn colId="0"/>', '<P:rowBreaks><P:brk id="3"/></P:rowBreaks>']
sheets = st.lists(
    st.tuples(
        st.sampled_from(ROWS),
        st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(CELLS)), max_size=3),
    ),
    max_size=12,
)


def xml(rows: list, prefix: str, tail: str, *, numbered: bool = True) -> str:
    parts = []
    for r, (attributes, cells) in enumerate(rows, start=1):
        inside = "".join(f"<P:c{kind}>{cell}</P:c>" for kind, cell in cells)
        number = f' r="{r}"' if numbered else ""
        parts.append(f"<P:row {attributes}{number}>{inside}</P:row>")
    text = f"<P:sheet NS><P:sheetData>{''.join(parts)}</P:sheetData>{tail}</P:sheet>"
    return text.replace("P:", prefix).replace("NS", "xmlns:q='p'")


def marks(blocks, *, stale: bool, numbered: bool) -> tuple:
    sheet = _Sheet(stale=stale, numbered=numbered)
    sheet.parse(blocks)
    found = sheet.done()
    return found.hidden, found.folded, found.texts


@given(sheets, st.sampled_from(TAILS), st.booleans(), st.sampled_from([20, 70, 1 << 20]))
@pytest.mark.parametrize("prefix", ["", "q:"])
def test_marks_are_those_of_all_rows(prefix, rows, tail, stale, block) -> None:
    raw = xml(rows, prefix, tail).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rooms, "BLOCK", block)
        some = list(marked_rows(io.BytesIO(raw)))
    assert marks(some, stale=stale, numbered=True) == marks([raw], stale=stale, numbered=False)


def test_rows_of_values_are_left_out() -> None:
    rows = [(ROWS[0], [("", CELLS[0])])] * 5_000
    rows[2_500] = (ROWS[2], [("", CELLS[0])])
    raw = xml(rows, "", "").encode()
    some = b"".join(marked_rows(io.BytesIO(raw)))
    assert len(some) < len(raw) / 100
    assert marks([some], stale=False, numbered=True)[0] == {2_500}


def test_rows_that_say_no_number_are_all_parsed() -> None:
    raw = xml([("", [("", CELLS[0])]), ("hidden='1'", [])], "", "", numbered=False).encode()
    with pytest.raises(UnnumberedRowError):
        marks(marked_rows(io.BytesIO(raw)), stale=False, numbered=True)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
def test_nothing_is_left_out_where_rows_cannot_be_told(encoding: str) -> None:
    text = "<s><!-- <row r='1'> --><row r='2'/><row r='3' hidden='1'/><row r='4'/></s>"
    raw = f"<?xml version='1.0' encoding='{encoding}'?>{text}".encode(encoding)
    assert b"".join(marked_rows(io.BytesIO(raw))) == raw
