"""Tables of the report's document: nothing breaks a number, everything fits the page."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings, strategies as st

from geoplan.outputs.report.blocks import TableBlock
from geoplan.outputs.report.word.tables import column_widths_cm

PAGE_CM = 15.6
#: a digit of Times New Roman is half an em wide; points per centimetre
EM_HALF, POINTS = 0.5, 72 / 2.54

numbers = st.integers(0, 99_999_999).map(lambda n: f"{n:,}")
words = st.text(alphabet="社区街道养老服务站点", min_size=1, max_size=60)


# how fast a busy machine draws its examples says nothing of the widths
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(words, words, numbers, numbers), min_size=1, max_size=8))
def test_numbers_stand_on_one_line(rows):
    block = TableBlock(
        caption="",
        heads=("地点", "原因", "人数", "覆盖"),
        rows=tuple(rows),
        right=frozenset({2, 3}),
    )
    widths = column_widths_cm(block, 8.5)
    assert abs(sum(widths) - PAGE_CM) < 0.01
    assert min(widths) > 0
    for k in (2, 3):
        longest = max(len(row[k]) for row in rows)
        assert widths[k] * POINTS >= longest * 8.5 * EM_HALF


def test_more_numbers_than_a_page_holds_still_fit():
    row = ("某区", *["1,234,567,890,123"] * 12)
    block = TableBlock(
        caption="", heads=("区", *["人数"] * 12), rows=(row,), right=frozenset(range(1, 13))
    )
    assert abs(sum(column_widths_cm(block, 7.5)) - PAGE_CM) < 0.01


def test_room_goes_where_it_saves_lines():
    """A name of nine signs beside a long text: the name is not broken for the text's sake."""
    rows = (("婚姻登记处（公交）", "常住人口", "依据" * 40), ("老年助餐站点", "—", "依据" * 10))
    block = TableBlock(caption="", heads=("服务", "服务对象", "依据"), rows=rows)
    widths = column_widths_cm(block, 9.0)
    assert abs(sum(widths) - PAGE_CM) < 0.01
    sign = 9 * 2.54 / 72
    assert widths[0] > 9 * sign
    assert widths[2] > 25 * sign


def test_short_names_beside_a_map_stay_on_one_line():
    heads = ("Area", "Not covered", "Covered share", "With the plan")
    rows = tuple((name, "1,054,222", "19.9%", "27.3%") for name in ("历城区", "章丘区"))
    block = TableBlock(caption="", heads=heads, rows=rows, right=frozenset({1, 2, 3}))
    widths = column_widths_cm(block, 7.5, width_cm=6.4)
    assert abs(sum(widths) - 6.4) < 0.01
    assert widths[0] > 3 * 7.5 * 2.54 / 72 + 0.2
