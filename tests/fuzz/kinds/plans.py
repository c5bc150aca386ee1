"""Feeds and tables of public transport, people by year, projects, the office's template."""

from __future__ import annotations

import copy
import io
import random
import zipfile
from collections.abc import Callable
from typing import Any

import docx

from tests.fuzz.case import Case, Maker
from tests.fuzz.formats import FORMATS, TYPED, csv_text, grid
from tests.fuzz.kinds.damage import DAMAGES
from tests.fuzz.town import SITING
from tests.fuzz.words import CELLS, PLANS

Rows = list[dict[str, Any]]
#: what stands in any cell of these tables
ANYTHING = [*CELLS["not_a_number"], *CELLS["name"], *CELLS["place"], *PLANS["times"]]


def _stops(maker: Maker) -> Rows:
    """Four stops of one line, at communities."""
    return [
        {
            "stop_id": f"S{k}",
            "stop_name": row["name"],
            "stop_lat": row["lat"],
            "stop_lon": row["lon"],
        }
        for k, row in enumerate(maker.town.people[:4])
    ]


def _feed(maker: Maker) -> dict[str, Rows]:
    """The tables of a GTFS feed: one line, a vehicle every ten minutes on workdays."""
    stops = _stops(maker)
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    service = {"service_id": "D", **dict.fromkeys(days, 1)}
    trips = [{"route_id": "R", "service_id": "D", "trip_id": f"T{k}"} for k in range(12)]
    times = [
        {
            "trip_id": f"T{k}",
            "arrival_time": _clock(480 + 5 * k + j),
            "departure_time": _clock(480 + 5 * k + j),
            "stop_id": stop["stop_id"],
            "stop_sequence": j + 1,
        }
        for k in range(12)
        for j, stop in enumerate(stops)
    ]
    agency = {"agency_name": "Bus", "agency_url": "http://x.invalid"}
    return {
        "agency": [{**agency, "agency_timezone": "Asia/Shanghai"}],
        "stops": stops,
        "routes": [{"route_id": "R", "route_short_name": "1", "route_type": 3}],
        "trips": trips,
        "stop_times": times,
        "calendar": [{**service, "start_date": "20240101", "end_date": "20251231"}],
    }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"


def gtfs(maker: Maker) -> Case:
    """A feed with odd cells, without a table or a column, or damaged: the people stay."""
    chance, tables = maker.random, _feed(maker)
    how = chance.choice(["cell", "cell", "cells", "column", "table", "bytes", "member", "rows"])
    name = chance.choice(list(tables))
    rows = tables[name]
    heading = chance.choice(list(rows[0]))
    what = f"{name}.txt: {how} {heading}"
    if how in ("cell", "cells"):
        value = chance.choice(ANYTHING)
        for row in rows if how == "cells" else [chance.choice(rows)]:
            row[heading] = value
        what += f" = {value!r}"
    elif how == "column":
        for row in rows:
            del row[heading]
    elif how == "table":
        del tables[name]
    elif how == "rows":
        tables[name] = chance.choice(
            [rows[:0] or [dict.fromkeys(rows[0], "")], rows * 3, rows[::-1]]
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for one, content in tables.items():
            text = csv_text(grid(content)).encode("utf-8", "replace")
            if how == "member" and one == name:
                text, spoilt = _spoilt(text, chance)
                what += f" {spoilt}"
            archive.writestr(f"{one}.txt", text)
    content = buffer.getvalue()
    if how == "bytes":
        content, spoilt = _spoilt(content, chance)
        what += f" {spoilt}"
    (maker.folder / "feed.zip").write_bytes(content)
    _by_bus(maker, {"path": "feed.zip", "date": "2024-06-03"})
    return maker.case("transit/gtfs", what, total=maker.town.total, file="people.csv")


def lines(maker: Maker) -> Case:
    """Tables of lines and their stops with odd cells, in any format of tables."""
    chance = maker.random
    tables: dict[str, Rows] = {
        "lines": [{"线路": "1", "首末班": "06:00-21:00", "发车间隔": "10分钟", "速度": "18"}],
        "stops": [
            {"线路": "1", "站序": k + 1, "站名": s["stop_name"], "经度": s["stop_lon"]}
            | {"纬度": s["stop_lat"]}
            for k, s in enumerate(_stops(maker))
        ],
    }
    names, what = {}, []
    for name, rows in tables.items():
        if chance.random() < 0.7:
            what.append(f"{name}: {_odd_cell(rows, chance)}")
        names[name] = _written(maker, name, rows)
    _by_bus(maker, names)
    what_text = "; ".join(what) or "whole"
    return maker.case("transit/lines", what_text, total=maker.town.total, file="people.csv")


def _by_bus(maker: Maker, transit: dict[str, Any]) -> None:
    study = copy.deepcopy(maker.study())
    study["network"]["transit"] = {**transit, "depart": "08:00-08:20"}
    meal = study["services"]["meal_station"]
    meal["standard"] = {"mode": "transit", "threshold_min": 12}
    maker.write(study)


def projection(maker: Maker) -> Case:
    """People by year with odd cells: the people of today stay."""
    chance = maker.random
    rows: Rows = [
        {"district": code, "year": year, "people": people + 10 * (year - 2024)}
        for code, people in (("1", 900), ("2", 1250))
        for year in (2024, 2027, 2030)
    ]
    what = _odd_cell(rows, chance)
    name = _written(maker, "years", rows)
    study = copy.deepcopy(maker.study())
    section = {"path": name, "level": "district", "variant": chance.choice(["middle", "low"])}
    study["demand"]["elderly_60"]["projection"] = section
    year = chance.random() < 0.3
    if year:
        study["study"]["year"] = chance.choice([2027, 2030, 2035, 1990])
    maker.write(study)
    total = None if year else maker.town.total
    return maker.case("projection", what, total=total, file="people.csv")


def projects(maker: Maker) -> Case:
    """The office's projects, or actions by rule, with odd cells and values."""
    chance = maker.random
    place = maker.town.people[5]
    rows: Rows = [
        {"动作": "新建", "站点": "", "经度": place["lon"], "纬度": place["lat"], "费用": 100},
        {"动作": "关闭", "站点": "M1", "经度": "", "纬度": "", "费用": 5},
        {"动作": "扩建", "站点": "Station 2", "经度": "", "纬度": "", "费用": 30},
    ]
    for row in rows:
        row |= {"容量": 40, "年运行费": 7, "起始年": 2025}
    study = copy.deepcopy(maker.study())
    meal = study["services"]["meal_station"]
    meal["siting"] = dict(SITING)
    programme: dict[str, Any] = {"years": [2025, 2026], "budget": [100, 100], "covers": "capital"}
    if chance.random() < 0.7:
        what = _odd_cell(rows, chance)
        meal["actions"] = _written(maker, "projects", rows)
    else:
        meal["actions"] = {"open": {"cost": 100, "running_cost": 7}}
        target = chance.choice([meal["actions"]["open"], meal["actions"], programme, programme])
        key = chance.choice([*target, "close", "x"])
        target[key] = chance.choice(PLANS["values"])
        what = f"{key} = {target[key]!r}"
    study["programme"] = programme
    maker.write(study)
    return maker.case("projects", what, total=maker.town.total, file="people.csv")


def template(maker: Maker) -> Case:
    """The office's template for the report, damaged or something else; written by the command."""
    chance = maker.random
    book = docx.Document()
    for text in ("{{正文}}", "某局", "{{名称}}", "{{ }}", "{{"):
        book.add_paragraph(text)
    buffer = io.BytesIO()
    book.save(buffer)
    content, what = _spoilt(buffer.getvalue(), chance)
    (maker.folder / "form.docx").write_bytes(content)
    maker.write({**maker.study(), "report": {"template": "form.docx", "office": "某局"}})
    return maker.case("template", what, total=maker.town.total, file="people.csv", saved=True)


def _spoilt(content: bytes, chance: random.Random) -> tuple[bytes, str]:
    damage: Callable[[bytes, random.Random], bytes] = chance.choice(DAMAGES)
    return (damage(content, chance) if content else b"x"), damage.__name__


def _odd_cell(rows: Rows, chance: random.Random) -> str:
    """One cell, one column or one row otherwise; what was done."""
    how = chance.choice(["cell", "cell", "cell", "column", "drop", "double", "gone"])
    at, heading = chance.randrange(len(rows)), chance.choice(list(rows[0]))
    value = chance.choice(ANYTHING)
    if how == "cell":
        rows[at][heading] = value
        return f"row {at + 2}: {heading} = {value!r}"
    if how == "column":
        for row in rows:
            row[heading] = value
    elif how == "drop":
        for row in rows:
            del row[heading]
    elif how == "double":
        rows.append(dict(rows[at]))
    else:
        del rows[at]
        if not rows:
            rows.append({heading: ""})
    return f"{how} {heading} {value!r}"


def _written(maker: Maker, stem: str, rows: Rows) -> str:
    """The rows in a format of tables; as text where a workbook refuses a character."""
    ending, write = FORMATS[maker.random.choice(TYPED)]
    path = maker.folder / f"{stem}{ending}"
    try:
        write(path, rows)
    except Exception:  # no such cell in this format
        path.unlink(missing_ok=True)
        path = path.with_suffix(".csv")
        path.write_bytes(csv_text(grid(rows)).encode("utf-8", "replace"))
    return path.name


KINDS = (gtfs, gtfs, lines, projection, projects, projects, template)
