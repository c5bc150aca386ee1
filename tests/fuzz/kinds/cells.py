"""One cell that somebody typed otherwise: numbers, coordinates, ids, names, status, capacity."""

from __future__ import annotations

import copy
import datetime
from typing import Any

from tests.fuzz.case import Case, Maker
from tests.fuzz.formats import FORMATS, TYPED

NOT_A_NUMBER = (
    "", " ", "-", "--", "—", "n/a", "N/A", "NA", "nan", "NaN", "NULL", "None", "inf", "-inf", "∞",
    "1e400", "1e9", "1e-9", "9999999999", "-9999", "-1", "#REF!", "#N/A", "12/31/2024",
    "2024-12-31", "0x1F", "TRUE", "一百", "百", "unknown", "不详", "1.2.3", "1,2,3", "1 2", "½",
    "٣", "=1+1", "<b>3</b>", "\u200b", "\ufeff", "\u202e12", "\x00", "\x1b[31m", "💥", "(5)",
    "5-9", "5~9", "≈7", "<10", ">100", "10以下", "300+", "0", "00", "0.4", "99.5", "1/2", "壹佰",
    "5e", "e5", "+", "+-3", "١٢", "Ⅻ", "①", "１２３", "12.000,5", "3'000", "1_000", "1000000000000",
)  # fmt: skip
WRITTEN = (
    "{}", " {} ", "{}人", "{} 人", "{}.0", "+{}", "{}.", "{}\u00a0", "\u3000{}", "{}\t", "'{}",
    "{} people", "{}口", "{}位", "约{}", "{}e0", "{:,}", "0{}", "{}\n", '"{}"', "{}名",
)  # fmt: skip
PLACE_CELLS = (
    "", "0", "0.0", "181", "-181", "91", "1e308", "nan", "inf", "117°E", "117°3′2″", "E117.1",
    "117,1", "117.1;36.6", "东经117", "abc", "36.6", "500000", "4055000", "39500000", "1e-300",
    "-117.0", "117.1E", "\u200b", "117.1 36.6", "POINT (117 36)", "117 06 30", "None", "117..1",
)  # fmt: skip
NAMES = (
    "", " ", "合计", "总计", "小计", "Total", "subtotal", "全市合计", "其中", "\u202eabc", "\u200b",
    "=cmd|'/c calc'!A1", "<script>alert(1)</script>", "../../x", "a/b", "CON", "x" * 5000, "\u2028",
    "名\n名", "'; DROP TABLE x; --", "{0}", "%s", "{name}", "\\", "💥", "مرحبا", "\x07", "nan", "1",
    "备注：", "注：数据来源", "Source: office", "-", "C01", "第1页", "\ufffe", "\ud83d", "{% x %}",
)  # fmt: skip
STATUS = ("", "open", "closed", "营业", "关闭", "停用？", "2", "正常", "planned 2031", "拆", "?", "暂停")
CAPACITY = ("", "0", "40", "-3", "40床", "nan", "13800138000", "about 40", "40/50", "1e99", "不限", "∞")
TIERS = ("", "一级", "1", "A", "?", "乡镇级", "x" * 300, "nan", "二级/三级")


def people_cell(maker: Maker) -> Case:
    """A number of people that is none, or that is written in another way."""
    rows, chance = copy.deepcopy(maker.town.people), maker.random
    at = chance.randrange(len(rows))
    value: Any
    if chance.random() < 0.35:
        value = chance.choice(WRITTEN).format(rows[at]["pop60"])
    elif chance.random() < 0.1:
        moment = datetime.datetime(2024, 12, 31)
        value = chance.choice([moment, moment.date(), True, False, float("1e300"), 1e-9])
    else:
        value = chance.choice(NOT_A_NUMBER)
    return _people(maker, rows, at, "pop60", value)


def people_cells(maker: Maker) -> Case:
    """Several cells of the people column, or the whole column."""
    rows, chance = copy.deepcopy(maker.town.people), maker.random
    picked = sorted(chance.sample(range(len(rows)), chance.choice([2, 3, 6, len(rows)])))
    pattern = chance.choice((*NOT_A_NUMBER, *WRITTEN))
    for at in picked:
        n = rows[at]["pop60"]
        rows[at]["pop60"] = pattern.format(n) if "{" in pattern else pattern
    name, kind = _write(maker, rows, "people")
    maker.write(maker.people_from(name))
    told = tuple(at + 2 for at in picked)
    what = f"{pattern!r} in {len(picked)} rows"
    return maker.case(f"cells/{kind}", what, total=maker.town.total, file=name, rows=told)


def place_cell(maker: Maker) -> Case:
    """A longitude or latitude that is none: the people stay, their place does not."""
    rows, chance = copy.deepcopy(maker.town.people), maker.random
    at, heading = chance.randrange(len(rows)), chance.choice(["lon", "lat"])
    return _people(maker, rows, at, heading, chance.choice(PLACE_CELLS))


def name_cell(maker: Maker) -> Case:
    """A name, an id or a district that looks like something else."""
    rows, chance = copy.deepcopy(maker.town.people), maker.random
    at, heading = chance.randrange(len(rows)), chance.choice(["id", "name", "name", "district"])
    return _people(maker, rows, at, heading, chance.choice(NAMES))


def site_cell(maker: Maker) -> Case:
    """Any cell of the sites: the people in all stay the same whatever it says."""
    rows, chance = copy.deepcopy(maker.town.meals), maker.random
    words = {"status": STATUS, "capacity": CAPACITY, "tier": TIERS, "lon": PLACE_CELLS,
             "lat": PLACE_CELLS, "name": NAMES, "id": NAMES}  # fmt: skip
    heading = chance.choice(list(words))
    for row in rows:
        row.setdefault(heading, chance.choice(words[heading]))
    rows[chance.randrange(len(rows))][heading] = value = chance.choice(words[heading])
    name, kind = _write(maker, rows, "meals")
    services = copy.deepcopy(maker.study()["services"])
    services["meal_station"]["path"] = name
    maker.write(maker.study(services=services))
    return maker.case(
        f"site cell/{kind}", f"{heading} = {value!r}", total=maker.town.total, file="people.csv"
    )


def _people(maker: Maker, rows: list[dict[str, Any]], at: int, heading: str, value: Any) -> Case:
    rows[at][heading] = value
    name, kind = _write(maker, rows, "people")
    maker.write(maker.people_from(name))
    return maker.case(
        f"cell {heading}/{kind}",
        f"row {at + 2}: {heading} = {value!r}",
        total=maker.town.total,
        file=name,
        rows=(at + 2,),
    )


def _write(maker: Maker, rows: list[dict[str, Any]], stem: str) -> tuple[str, str]:
    """The rows in a format that can hold them: text where a workbook refuses a character."""
    kind = maker.random.choice(TYPED)
    try:
        ending, write = FORMATS[kind]
        write(maker.folder / f"{stem}{ending}", rows)
    except (ValueError, TypeError, UnicodeError, AttributeError):  # no such cell in this format
        (maker.folder / f"{stem}{ending}").unlink(missing_ok=True)
        kind, ending = "csv", ".csv"
        from tests.fuzz.formats import csv_text, grid

        text = csv_text(grid(rows)).encode("utf-8", "replace")
        (maker.folder / f"{stem}.csv").write_bytes(text)
    except Exception as error:  # openpyxl's own error for control characters
        if type(error).__name__ != "IllegalCharacterError":
            raise
        (maker.folder / f"{stem}{ending}").unlink(missing_ok=True)
        kind, ending = "csv", ".csv"
        FORMATS["csv"][1](maker.folder / f"{stem}.csv", rows)
    return f"{stem}{ending}", kind


KINDS = (people_cell, people_cell, people_cells, place_cell, name_cell, site_cell)
