"""Tables of the report's document: nothing breaks a number, everything fits the page."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from geoplan.outputs.report.blocks import TableBlock
from geoplan.outputs.report.word.tables import _lowest, column_widths_cm

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


def plain_lowest(floor, texts, room):
    """Step by step, each trial by itself."""

    def height(lines):
        broken = 0.2 * sum(column.sum() for column in lines)
        return float(np.maximum.reduce(lines).sum() + broken)

    def lines_of(lengths, width):
        return np.maximum(np.ceil(lengths / max(width - 0.2, 0.2)), 1.0)

    widths, left = dict(floor), room - sum(floor.values())
    while left > 0:
        lines = {k: lines_of(texts[k], width) for k, width in widths.items()}
        now, best, gain = height(list(lines.values())), (0.0, -1), 0.0
        for k in widths:
            others = [lines[j] for j in widths if j != k]
            for step in np.arange(0.1, left + 0.05, 0.1):
                saved = now - height([lines_of(texts[k], widths[k] + step), *others])
                if saved / step > gain + 1e-9:
                    best, gain = (float(step), k), saved / step
        if not gain:
            return {k: width + left / len(widths) for k, width in widths.items()}
        widths[best[1]] += min(best[0], left)
        left -= best[0]
    return widths


@pytest.mark.parametrize("seed", range(40))
def test_trials_of_widths_at_once_choose_what_one_by_one_do(seed):
    rng = np.random.default_rng(seed)
    columns = rng.choice(9, int(rng.integers(1, 5)), replace=False).tolist()
    floor = {k: float(rng.uniform(1.5, 3.5)) for k in columns}
    rows = int(rng.integers(1, 30))
    texts = {k: rng.gamma(1.5, 4.0, rows).round(2) * (rng.random(rows) < 0.9) for k in columns}
    room = float(rng.uniform(0.5, 12.0)) + sum(floor.values()) * (seed % 8 > 0)
    assert _lowest(floor, texts, room) == plain_lowest(floor, texts, room)
