"""Tables that are laid out otherwise: columns, rows, sheets, separators, encodings."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.fuzz.case import Case, Maker
from tests.fuzz.formats import FORMATS, csv_text, grid
from tests.fuzz.words import TABLES
from tests.inputs.tables.books import write_ods, write_xls, write_xlsb, write_xlsx

Grid = list[list[Any]]
BOOKS: dict[str, Callable[..., Any]] = {
    ".xlsx": write_xlsx,
    ".xls": write_xls,
    ".xlsb": write_xlsb,
    ".ods": write_ods,
}


def layout(maker: Maker) -> Case:
    """The same people, laid out otherwise: nobody may be lost or doubled without a word."""
    cells, chance = grid(maker.town.people), maker.random
    change = chance.choice(LAYOUTS)
    what = change(cells, chance)
    ending = chance.choice([".csv", *BOOKS])
    path = maker.folder / f"people{ending}"
    if ending == ".csv":
        path.write_text(csv_text(cells), encoding="utf-8")
    else:
        BOOKS[ending](path, cells)
    maker.write(maker.people_from(path.name))
    return maker.case(
        f"layout/{ending[1:]}", f"{change.__name__}: {what}", total=maker.town.total, file=path.name
    )


def _drop_column(cells: Grid, chance: Any) -> str:
    at = chance.randrange(len(cells[0]))
    name = cells[0][at]
    for line in cells:
        del line[at]
    return str(name)


def _rename(cells: Grid, chance: Any) -> str:
    at = chance.randrange(len(cells[0]))
    old, cells[0][at] = cells[0][at], chance.choice(TABLES["renamed"])
    return f"{old} -> {cells[0][at]!r}"


def _double_column(cells: Grid, chance: Any) -> str:
    at = chance.randrange(len(cells[0]))
    keep = chance.random() < 0.5
    for k, line in enumerate(cells):
        line.append(line[at] if keep or not k else chance.choice(["", 1, "x"]))
    return f"{cells[0][at]} {'copied' if keep else 'again with other cells'}"


def _move_columns(cells: Grid, chance: Any) -> str:
    order = list(range(len(cells[0])))
    chance.shuffle(order)
    cells[:] = [[line[k] for k in order] for line in cells]
    return str(order)


def _shuffle_rows(cells: Grid, chance: Any) -> str:
    body = cells[1:]
    chance.shuffle(body)
    cells[1:] = body
    return "rows"


def _double_rows(cells: Grid, chance: Any) -> str:
    at = chance.randrange(1, len(cells))
    cells[at:at] = [list(cells[at]) for _ in range(chance.choice([1, 1, 5, 200]))]
    return f"row {at + 1}"


def _blank_rows(cells: Grid, chance: Any) -> str:
    at, count = chance.randrange(len(cells) + 1), chance.choice([1, 2, 30, 3000])
    cells[at:at] = [[chance.choice(["", None, " "])] * len(cells[0]) for _ in range(count)]
    return f"{count} before row {at + 1}"


def _title(cells: Grid, chance: Any) -> str:
    lines = chance.sample(TABLES["titles"], 2)
    cells[0:0] = [[line] + [""] * (len(cells[1]) - 1) for line in lines]
    return repr(lines)


def _notes_below(cells: Grid, chance: Any) -> str:
    cells.append([""] * len(cells[0]))
    note = chance.choice(TABLES["notes"])
    cells.append([note] + [""] * (len(cells[0]) - 1))
    return note


def _total_row(cells: Grid, chance: Any) -> str:
    total = sum(line[5] for line in cells[1:])
    name = chance.choice(TABLES["totals"])
    place = chance.choice([0, 1])
    line: list[Any] = [""] * len(cells[0])
    line[place], line[5] = name, total
    cells.insert(chance.choice([1, len(cells)]), line)
    return name


def _heading_again(cells: Grid, chance: Any) -> str:
    at = chance.randrange(1, len(cells))
    cells.insert(at, list(cells[0]))
    return f"at row {at + 1}"


def _no_heading(cells: Grid, chance: Any) -> str:
    del cells[0]
    return ""


def _only_heading(cells: Grid, chance: Any) -> str:
    del cells[1:]
    return ""


def _many_columns(cells: Grid, chance: Any) -> str:
    count = chance.choice([30, 300])
    for k, line in enumerate(cells):
        line.extend(f"note{j}" if not k else "" for j in range(count))
    return f"{count}"


def _long_cell(cells: Grid, chance: Any) -> str:
    at = chance.randrange(len(cells))
    cells[at][1] = "x" * 5_000
    return f"row {at + 1}"


def _two_headings(cells: Grid, chance: Any) -> str:
    cells.insert(0, ["", "", "place", "", "", "people"])
    return ""


def _numbers_as_text(cells: Grid, chance: Any) -> str:
    for line in cells[1:]:
        line[5] = f"{line[5]}"
    return ""


LAYOUTS: tuple[Callable[[Grid, Any], str], ...] = (
    _drop_column,
    _rename,
    _rename,
    _double_column,
    _move_columns,
    _shuffle_rows,
    _double_rows,
    _blank_rows,
    _title,
    _notes_below,
    _total_row,
    _total_row,
    _heading_again,
    _no_heading,
    _only_heading,
    _many_columns,
    _long_cell,
    _two_headings,
    _numbers_as_text,
)


def text_table(maker: Maker) -> Case:
    """A text table with other separators, quotes, line ends, encodings, ragged rows."""
    chance, rows = maker.random, copy.deepcopy(maker.town.people)
    for row in rows[::3]:
        row["name"] = chance.choice(["Cité", "社区", "Café, “x”", 'a "b" c', "plain"]) + row["id"]
    delimiter = chance.choice([",", ",", ";", "\t", "|", "，", " ", ":"])
    plain = delimiter if len(delimiter.encode()) == 1 else ","
    text = csv_text(grid(rows), plain)
    if plain != delimiter:
        text = text.replace(plain, delimiter)
    ends = chance.choice(["\n", "\n", "\r\n", "\r", "\n\n", "\u2028"])
    text = text.replace("\n", ends)
    known: float | None = maker.town.total
    spoiled = chance.choice(
        ["", "", "quote", "ragged", "nul", "sep line", "tail", "quoted numbers"]
    )
    lines = text.split(ends)
    at = chance.randrange(1, len(rows))
    if spoiled == "quote":
        text, known = ends.join([*lines[:at], '"' + lines[at], *lines[at + 1 :]]), maker.town.total
    elif spoiled == "ragged":
        lines[at] = chance.choice(
            [lines[at] + delimiter * 3 + "x", delimiter.join(lines[at].split(delimiter)[:3])]
        )
        text = ends.join(lines)
    elif spoiled == "nul":
        text = text.replace("C0", "C\x00", 2)
    elif spoiled == "sep line":
        text = f"sep={delimiter}{ends}" + text
    elif spoiled == "tail":
        text += "\x1a"
    encoding = chance.choice(["utf-8", "utf-8", *TABLES["encodings"]])
    content = text.encode(encoding, "replace")
    ending = chance.choice([".csv", ".csv", ".txt", ".tsv"])
    (maker.folder / f"people{ending}").write_bytes(content)
    study = maker.people_from(f"people{ending}")
    if chance.random() < 0.25:
        wrong = chance.choice([encoding, *TABLES["encodings_told"]])
        study["demand"]["elderly_60"]["encoding"] = wrong
        encoding = f"{encoding} told as {wrong}"
    maker.write(study)
    what = f"delimiter {delimiter!r}, ends {ends!r}, {encoding}, {spoiled or 'whole'}"
    return maker.case("text", what, total=known, file=f"people{ending}")


def workbook(maker: Maker) -> Case:
    """Merged cells, hidden rows, further sheets."""
    chance, cells = maker.random, grid(maker.town.people)
    path = maker.folder / "people.xlsx"
    options: dict[str, Any] = {}
    total: float | None = maker.town.total
    what = chance.choice(["merge", "merge names", "hidden rows", "sheets", "folded"])
    first = chance.randrange(2, 10)
    if what == "merge":
        for k in range(first, first + 2):
            cells[k][5] = None
        options["merges"] = [f"F{first}:F{first + 2}"]
        total -= sum(row["pop60"] for row in maker.town.people[first - 1 : first + 1])
    elif what == "merge names":
        options["merges"] = [f"C{first}:C{first + 2}"]
    elif what == "hidden rows":
        options["hidden"] = [first]
    elif what == "folded":
        options["folded"] = [first, first + 1]
    else:
        names = ["summary", "2023", "合计", "Sheet2", "人口 (2)", "说明", "chart"]
        state = chance.choice(["visible", "hidden", "veryHidden"])
        other = chance.choice(
            [cells, cells[:4], [["note"], ["see the other sheet"]], [cells[0]], []]
        )
        options["others"] = {chance.choice(names): (state, other)}
        what += f" {state} of {len(other)} rows"
    write_xlsx(path, cells, **options)
    maker.write(maker.people_from("people.xlsx"))
    return maker.case("workbook", what, total=total, file="people.xlsx")


def empty(maker: Maker) -> Case:
    """Nothing at all, in any format: refused, never a plan for nobody."""
    kind = maker.random.choice(list(FORMATS))
    name = f"people{FORMATS[kind][0]}"
    (maker.folder / name).write_bytes(
        maker.random.choice([b"", b"\n", b" ", b"\x00", b"{}", b"[]"])
    )
    maker.write(maker.people_from(name))
    return maker.case("empty", name, total=maker.town.total, file=name)


KINDS = (layout, layout, text_table, text_table, workbook, empty)
