"""One cell that somebody typed otherwise: numbers, coordinates, ids, names, status, capacity."""

from __future__ import annotations

import copy
import datetime
from typing import Any

from tests.fuzz.case import Case, Maker
from tests.fuzz.formats import FORMATS, TYPED, csv_text, grid
from tests.fuzz.words import CELLS

NOT_A_NUMBER, WRITTEN, PLACE_CELLS = CELLS["not_a_number"], CELLS["written"], CELLS["place"]
#: half of a character, which no text file can hold, and more than a cell of a workbook takes
NAMES = [*CELLS["name"], "\ud83d", "x" * 5000]
SITES = {
    "status": CELLS["status"],
    "capacity": CELLS["capacity"],
    "tier": CELLS["tier"],
    "lon": PLACE_CELLS,
    "lat": PLACE_CELLS,
    "name": NAMES,
    "id": NAMES,
}


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
    total = maker.town.total
    for at in picked:
        n = rows[at]["pop60"]
        total += _says(pattern, n) - n
        rows[at]["pop60"] = pattern.format(n) if "{" in pattern else pattern
    name, kind = _write(maker, rows, "people")
    maker.write(maker.people_from(name))
    told = tuple(at + 2 for at in picked)
    what = f"{pattern!r} in {len(picked)} rows"
    return maker.case(f"cells/{kind}", what, total=total, file=name, rows=told)


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
    heading = chance.choice(list(SITES))
    for row in rows:
        row.setdefault(heading, chance.choice(SITES[heading]))
    rows[chance.randrange(len(rows))][heading] = value = chance.choice(SITES[heading])
    name, kind = _write(maker, rows, "meals")
    services = copy.deepcopy(maker.study()["services"])
    services["meal_station"]["path"] = name
    maker.write(maker.study(services=services))
    return maker.case(
        f"site cell/{kind}", f"{heading} = {value!r}", total=maker.town.total, file="people.csv"
    )


def _people(maker: Maker, rows: list[dict[str, Any]], at: int, heading: str, value: Any) -> Case:
    total = maker.town.total
    if heading == "pop60":
        total += _says(value, rows[at][heading]) - rows[at][heading]
    rows[at][heading] = value
    name, kind = _write(maker, rows, "people")
    maker.write(maker.people_from(name))
    return maker.case(
        f"cell {heading}/{kind}",
        f"row {at + 2}: {heading} = {value!r}",
        total=total,
        file=name,
        rows=(at + 2,),
    )


def _says(value: Any, truth: int) -> float:
    """The people that a cell tells for sure; the truth where it tells none."""
    try:
        told = float(value) if not isinstance(value, bool) else float("nan")
    except (TypeError, ValueError):
        return truth
    return told if 0 <= told < 1e6 else truth


def _write(maker: Maker, rows: list[dict[str, Any]], stem: str) -> tuple[str, str]:
    """The rows in a format that can hold them: text where a workbook refuses a character."""
    kind = maker.random.choice(TYPED)
    ending, write = FORMATS[kind]
    try:
        write(maker.folder / f"{stem}{ending}", rows)
    except Exception:  # no such cell in this format
        (maker.folder / f"{stem}{ending}").unlink(missing_ok=True)
        kind, ending = "csv", ".csv"
        content = csv_text(grid(rows)).encode("utf-8", "replace")
        (maker.folder / f"{stem}.csv").write_bytes(content)
    return f"{stem}{ending}", kind


KINDS = (people_cell, people_cell, people_cells, place_cell, name_cell, site_cell)
