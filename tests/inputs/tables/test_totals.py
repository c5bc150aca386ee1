"""Rows that sum up others, by name and by number; honest numbers are left alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from geoplan.inputs.columns.roles import heading_key
from geoplan.inputs.columns.totals.sum_rows import find_sum_rows
from geoplan.inputs.columns.totals.total_names import total_name
from geoplan.inputs.rows.no_data import no_data_rows
from tests.inputs.tables.books import HEAD, PEOPLE, ROWS
from tests.inputs.tables.conftest import codes, the

GROUPS = [ROWS[:8], ROWS[8:13], ROWS[13:]]


def total(rows):
    return sum(row[4] for row in rows)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "合计",
            "总 计：",
            "小计",
            "全市合计",
            "历下区小计",
            "本页合计",
            "总计（人）",
            "共计",
            "汇总",
            "累计",
        ),
        *(
            "历下区（合计）",
            "其中：农村",
            "合計",
            "小計",
            "以上合计",
            "计",
            "平均",
            "小计-历下区",
            "Σ",
            "Sum",
        ),
        *(
            "Total",
            "GRAND TOTAL",
            "Sub-total",
            "Total general",
            "Total (persons)",
            "Gesamt",
            "Итого",
        ),
        *("合计人数", "总计人口", "全区小计户数", "Sum of all", "All communities", "Whole city"),
    ],
)
def test_names_of_sums(name):
    assert total_name(name) == "sure"


@pytest.mark.parametrize(
    "name",
    [
        "甲社区",
        "合计村",
        "其中村",
        "小计家湾村",
        "计家村",
        "总部社区",
        "含山县",
        "Summer Hill",
        "Sumy",
        "全福街道",
    ],
)
def test_names_of_places(name):
    assert total_name(name) == ""


@pytest.mark.parametrize(
    "label",
    [
        lambda k: ["", f"{'甲乙丙'[k]}街道小计", "", ""],
        lambda k: ["", f"{'甲乙丙'[k]}街道", "", ""],
        lambda k: ["", "", "", ""],
    ],
    ids=["named", "called a street", "unnamed"],
)
@pytest.mark.parametrize("above", [True, False])
def test_nested_sums_are_left_out_at_any_depth(people, table, label, above):
    rows = []
    for k, group in enumerate(GROUPS):
        own = [[*label(k), total(group)]]
        rows += own + group if above else group + own
    city = [["", "济南市", "", "", PEOPLE]]
    one = people(table([HEAD, *city, *rows] if above else [HEAD, *rows, *city]))
    assert one.layer.total == PEOPLE
    told = the(one, "totals_left_out")
    assert told.count == 4
    assert f"{2 * PEOPLE:,}" in told.problem
    assert told.effect


def test_a_row_called_like_a_district_is_doubted_where_its_number_fits_nothing(people, table):
    one = people(table([HEAD, ["370102", "历下区", "", "", 1400], *ROWS]))
    assert one.layer.total == PEOPLE + 1400
    assert the(one, "likely_totals").severity == "warning"


@pytest.mark.parametrize(
    ("last", "first"),
    [
        (["", "", "", "", 290], False),
        (["", "城", "", "", 290], True),
        (["Z", "城", "", "", 290], False),
    ],
)
def test_the_sum_of_a_few_round_numbers_is_doubted(people, table, last, first):
    rows = [
        [f"C{k}", f"{n}社区", 117.0 + k / 100, 36.62, n] for k, n in enumerate((100, 50, 80, 60))
    ]
    one = people(table([HEAD, last, *rows] if first else [HEAD, *rows, last]))
    assert one.layer.total == 580
    told = the(one, "likely_totals")
    assert "290" in told.problem


def test_the_sum_of_all_rows_is_doubted_where_it_has_a_place(people, table):
    rows = [
        [f"C{k}", f"{n}社区", 117.0 + k / 100, 36.62, n]
        for k, n in enumerate((100, 50, 80, 60, 30))
    ]
    one = people(table([HEAD, *rows, ["C9", "城", 117.1, 36.62, 320]]))
    assert one.layer.total == 640
    assert "320" in the(one, "likely_totals").problem


def test_a_table_of_districts_keeps_them(people, table):
    rows = [["370102", "历下区", 117.0, 36.62, 900], ["370103", "市中区", 117.04, 36.62, 700]]
    one = people(table([HEAD, *rows]))
    assert one.layer.total == 1600
    assert codes(one) == set()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_honest_numbers_are_never_taken_for_sums(data):
    seed = data.draw(st.integers(0, 10_000))
    n = data.draw(st.integers(3, 400))
    random = np.random.default_rng(seed)
    kind = data.draw(st.sampled_from(["even", "skewed", "rounded", "small", "heavy"]))
    people = {
        "even": lambda: random.integers(1, 200, n),
        "skewed": lambda: random.lognormal(5, 1.2, n).round(),
        "rounded": lambda: random.lognormal(3, 1, n).round() * 10,
        "small": lambda: random.integers(0, 12, n),
        "heavy": lambda: random.pareto(1, n).round(1) * 100,
    }[kind]()
    none = np.zeros(n, bool)
    found = find_sum_rows(
        np.c_[people.astype(float)], nameless=none, apart=random.random(n) < 0.05, marked=none
    )
    assert not found.sure.any()


def _groups_with_sums(seed, groups, below):
    random = np.random.default_rng(seed)
    values, sums = [], []
    for _ in range(groups):
        inside = random.integers(50, 900, random.integers(4, 12)).tolist()
        own = [sum(inside)]
        values += inside + own if below else own + inside
        sums += [False] * len(inside) + [True] if below else [True] + [False] * len(inside)
    return values, sums


@pytest.mark.parametrize("below", [True, False])
@pytest.mark.parametrize("groups", [3, 5, 8])
def test_sums_of_groups_are_found_by_their_numbers_alone(groups, below):
    found_all = 0
    for seed in range(100):
        values, sums = _groups_with_sums(seed, groups, below)
        none = np.zeros(len(values), bool)
        table = np.c_[np.array(values, float)]
        found = find_sum_rows(table, nameless=none, apart=none, marked=none)
        found_all += found.sure.tolist() == sums
    # numbers that add up by chance as well leave a doubt: no more than some in a hundred
    assert found_all >= 97


def split_rows(named):
    """Each community, then its men and women; `named` is what the first of them is called."""
    rows = []
    for row in ROWS:
        men = int(row[4]) // 2
        rows += [row, ["", named, "", "", men], ["", "女", "", "", int(row[4]) - men]]
    return rows


@pytest.mark.parametrize("named", ["其中：男", "男"])
def test_parts_below_their_place_are_not_counted(people, table, named):
    one = people(table([HEAD, *split_rows(named)]))
    assert one.layer.total == PEOPLE
    assert one.record.accepted == len(ROWS)
    assert the(one, "totals_left_out").count == 2 * len(ROWS)


def test_parts_that_do_not_add_up_are_doubted(people, table):
    rows = split_rows("其中：男")
    rows[2] = ["", "女", "", "", 3]
    one = people(table([HEAD, *rows]))
    assert one.layer.total == PEOPLE + 3
    assert the(one, "likely_totals").count == 1


def test_district_rows_without_a_name(people, table):
    groups = [("历下区", ROWS[:13]), ("市中区", ROWS[13:])]
    rows = []
    for name, group in groups:
        rows += [[name, "", "", "", "", total(group)], *([name, *row] for row in group)]
    one = people(table([["区县", *HEAD], *rows]))
    assert one.layer.total == PEOPLE
    assert the(one, "totals_left_out").count == 2


def test_headings_of_further_pages_and_notes_are_no_data(people, table):
    title = ["社区人口", "", "", "", ""]
    notes = [
        ["注：数据截至2024年底", "", "", "", ""],
        ["资料来源：普查", "", "", "", ""],
        ["填表人：张三  审核：李四", "", "", "", ""],
        ["* provisional", "", "", "", ""],
        ["Source: census 2020", "", "", "", ""],
    ]
    one = people(table([title, HEAD, *ROWS[:9], title, HEAD, *ROWS[9:], *notes]))
    assert one.layer.total == PEOPLE
    assert codes(one) == {"no_data_rows"}
    assert the(one, "no_data_rows").severity == "note"


@pytest.mark.parametrize(
    "name",
    ["注村", "说明社区", "Notes Hill", "Page Street", "来源社区", "联系人之家养老院", "统计局宿舍"],
)
def test_a_place_without_anything_else_is_no_note(people, table, name):
    one = people(table([HEAD, *ROWS, ["", name, "", "", ""]]))
    assert "no_data_rows" not in codes(one)


def test_decimal_commas_of_coordinates_are_told_once(people, table):
    rows = [[*row[:2], *(str(c).replace(".", ",") for c in row[2:4]), row[4]] for row in ROWS]
    head = ["Code", "Name", "Längengrad", "Breitengrad", HEAD[4]]
    one = people(table([head, *rows], delimiter=";"))
    assert one.layer.total == PEOPLE
    assert codes(one) == {"places_written"}


def _says_every_heading(text):
    """The plain definition: two cells or more, and each says a part of its own heading."""
    said = []
    for row in text.to_dict("records"):
        cells = {column: cell for column, cell in row.items() if cell != ""}
        parts = {c: {heading_key(p) for p in c.split("/")} - {""} for c in cells}
        same = all(heading_key(cell) in parts[c] for c, cell in cells.items())
        said.append(len(cells) >= 2 and same)
    return said


def test_headings_of_further_pages_are_found_among_numbers_and_look_alikes():
    random = np.random.default_rng(0)
    columns = ["名称", "人数", "2020", "60岁以上/男", "5/名称"]
    cells = ["名称", "人数", "名 称", "人數", "2020", "２０２０", "5", "-5", "男", "60歲以上", "甲"]
    repeats = 0
    for _ in range(200):
        heads = list(dict.fromkeys(random.choice(columns, 3)))
        drawn = {head: random.choice([*cells, "", ""], 8) for head in heads}
        text = pd.DataFrame(drawn, dtype="str")
        found = no_data_rows(text, ())
        several = text.ne("").sum(axis=1) >= 2  # a single text may be a title or a note besides
        told = np.array(_says_every_heading(text))
        assert found[several].tolist() == told[several].tolist()
        repeats += told.sum()
    assert repeats > 20


#: further columns that follow from the people more or less, as offices' tables have them
FOLLOWING = {
    "shares": lambda random, people: [people // 5, people // 7, people // 40],
    "men and women": lambda random, people: [m := random.binomial(people, 0.5), people - m],
    "households": lambda random, people: [people // 3 + random.integers(0, 3, len(people))],
    "ages": lambda random, people: [
        young := random.binomial(people, 0.17),
        old := random.binomial(people - young, 0.2),
        people - young - old,
    ],
}


@pytest.mark.parametrize("following", FOLLOWING)
@pytest.mark.parametrize("rows", [40, 400, 20_000])
def test_columns_that_follow_from_the_people_make_no_row_a_sum(following, rows):
    none = np.zeros(rows, bool)
    for seed in range(3 if rows > 1000 else 30):
        random = np.random.default_rng(seed)
        people = random.integers(30, 1800, rows)
        table = np.column_stack([people, *FOLLOWING[following](random, people)]).astype(float)
        found = find_sum_rows(table, nameless=none, apart=none, marked=none)
        assert not found.sure.any()


@pytest.mark.parametrize("following", FOLLOWING)
def test_sums_with_columns_that_follow_from_the_people_are_found(following):
    found_all = 0
    for seed in range(50):
        random = np.random.default_rng(seed)
        blocks, sums = [], []
        for _ in range(4):
            people = random.integers(50, 900, random.integers(4, 9))
            block = np.column_stack([people, *FOLLOWING[following](random, people)])
            blocks += [block.sum(axis=0)[None], block]
            sums += [True, *[False] * len(block)]
        none = np.zeros(len(sums), bool)
        table = np.vstack(blocks).astype(float)
        found = find_sum_rows(table, nameless=none, apart=none, marked=none)
        found_all += found.sure.tolist() == sums
    assert found_all >= 48
