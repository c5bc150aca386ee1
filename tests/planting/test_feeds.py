"""Personal data in the timetables of public transport: names, contacts, ids, rows in doubt."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pandas as pd
import pytest

from geoplan.errors import GeoplanError
from geoplan.study import Study, check_study
from geoplan.study.example import STUDY, write_example
from tests.planting.plants import Pieces
from tests.planting.search import everything_in
from tests.planting.unpack import everything

SECTIONS = """
[network.transit]
path = ["{feed}"]
date = "2025-05-13"
depart = "08:00-08:20"

[services.elderly_centre]
path = "meals.csv"
datum = "wgs84"
demand = "elderly_60"
standard = {{ mode = "transit", threshold_min = 30 }}

[[figures]]
"""


def plant(folder: Path, pieces: Pieces) -> str:
    """The example with a feed; returns the line that a what-if withdraws."""

    def said() -> str:
        return pieces.piece()[0]

    write_example(folder)
    people = pd.read_csv(folder / "people.csv", dtype=str).fillna("")
    places = people.loc[people["lon"] != "", ["lon", "lat"]].to_numpy()[:3]
    lines = [f"1路 {said()}", f"2路 {said()}"]
    stop = {"stop_code": said(), "tts_stop_name": said(), "zone_id": said(), "stop_url": said()}
    stops = [
        {"stop_id": f"s{k} {said()}", "stop_name": f"站{k} {said()}", "stop_desc": said(), **stop}
        | {"stop_lon": lon, "stop_lat": lat}
        for k, (lon, lat) in enumerate(places)
    ]
    stops.append(stops[0] | {"stop_id": said(), "stop_name": f"远站 {said()}", "stop_lat": "10"})
    stops.append(stops[0] | {"stop_id": said(), "stop_name": f"无站 {said()}", "stop_lat": said()})
    tables: dict[str, list[dict[str, object]]] = {
        "agency": [
            {"agency_id": said(), "agency_name": f"公交 {said()}", "agency_phone": said()}
            | {"agency_email": said(), "agency_url": said(), "agency_timezone": "Asia/Shanghai"}
        ],
        "feed_info": [
            {"feed_publisher_name": said(), "feed_contact_email": said(), "feed_lang": "zh"}
            | {"feed_contact_url": said(), "feed_publisher_url": said()}
        ],
        "attributions": [{"organization_name": said(), "attribution_phone": said()}],
        "routes": [
            {"route_id": f"r{k} {said()}", "route_short_name": line, "route_long_name": said()}
            | {"route_desc": said(), "route_type": 3}
            for k, line in enumerate(lines)
        ],
        "stops": stops,
        "calendar_dates": [{"service_id": said(), "date": "20250513", "exception_type": 1}],
    }
    trips, times = [], []
    for k in range(12):
        route = tables["routes"][k % 2]["route_id"]
        name = f"t{k} {said()}"
        trips.append({"route_id": route, "service_id": tables["calendar_dates"][0]["service_id"]})
        trips[-1] |= {"trip_id": name, "trip_headsign": f"开往 {said()}", "trip_short_name": said()}
        for i in range(3):
            minute = 5 * k + 2 * (i if k < 11 else 2 - i)  # the last runs backwards in time
            clock = f"8:{minute:02d}:00" if k < 10 or i else said()
            times.append({"trip_id": name, "arrival_time": clock, "departure_time": clock})
            times[-1] |= {
                "stop_id": stops[2 - i]["stop_id"],
                "stop_sequence": i,
                "stop_headsign": said(),
            }
    times.append(times[-1] | {"stop_id": said(), "stop_sequence": 9})  # a stop that is not there
    trips.append(trips[-1] | {"trip_id": said(), "service_id": said()})
    tables |= {"trips": trips, "stop_times": times}
    tables["transfers"] = [
        {"from_stop_id": stops[0]["stop_id"], "to_stop_id": said(), "transfer_type": 2}
        | {"min_transfer_time": said()}
    ]
    feed = f"公交{(phone := pieces.mobile())}.zip"
    pieces.made.append(phone)
    with zipfile.ZipFile(folder / feed, "w") as file:
        for name, rows in tables.items():
            file.writestr(f"{name}.txt", pd.DataFrame(rows).to_csv(index=False))
    study = STUDY.replace('lang = "en"', 'lang = "zh"')
    study = study.replace("[[figures]]", SECTIONS.format(feed=feed))
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return lines[1]


@pytest.mark.parametrize("seed", range(2))
def test_nothing_that_was_planted_in_a_feed_is_seen(tmp_path: Path, seed: int) -> None:
    pieces = Pieces(2_000 + seed)
    withdrawn = plant(tmp_path / "study", pieces)
    said = {"check": str(check_study(tmp_path / "study").to_dict())}
    study = Study.open(tmp_path / "study")
    for audience in ("internal", "public"):
        plan = study.run(audience=audience, services=["elderly_centre"])
        said[audience] = everything(plan.save(tmp_path / audience)) + plan.summary()
    (tmp_path / "what.toml").write_text(
        f'[network.transit]\nwithdrawn = ["{withdrawn}"]\n', encoding="utf-8"
    )
    plan = study.overlay(tmp_path / "what.toml").run(services=["elderly_centre"])
    said["overlay"] = everything(plan.save(tmp_path / "what"))
    assert len(pieces.made) > 80
    assert [(w, p) for w, text in said.items() for p in pieces.made if p in text] == []
    assert "乘 1路" in said["internal"]  # journeys are told, without what was planted


LINES = """
[network.transit]
lines = "lines.csv"
stops = "stops.csv"
depart = "08:00-08:20"
datum = "wgs84"
"""


def faulty(folder: Path, pieces: Pieces, case: str) -> None:
    """The example by lines of which one thing is wrong, with a piece in every cell that is said."""

    def said() -> str:
        return pieces.piece()[0]

    write_example(folder)
    here = {"经度": 117.01, "纬度": 36.65}
    hours = {"首末班": "06:00-21:00", "发车间隔": "10"}
    lines = [{"线路": f"{k}路 {said()}", **hours} for k in range(4)]
    stops = [
        {"线路": line["线路"], "站序": k, "站名": f"站 {said()}", **here}
        for line in lines
        for k in (1, 2)
    ]
    feed = LINES
    if case == "headway":
        lines[0]["发车间隔"], lines[1]["发车间隔"] = said(), said()
    elif case == "span":
        lines[0]["首末班"] = said()
    elif case == "order":
        stops[1]["站序"] = said()
    elif case == "without stops":
        stops = stops[:-2]
    elif case == "without headway":
        lines = lines[:-1]
    elif case == "columns":
        lines = [{said(): 1, said(): 2}]
    elif case == "withdrawn":
        feed += f'withdrawn = ["9路 {said()}"]\n'
    elif case == "factor":
        feed += f'headway_factor = {{ "{lines[0]["线路"]}" = 1000, "9路 {said()}" = 2 }}\n'
    else:
        name = f"公交{(phone := pieces.mobile())}.zip"
        pieces.made.append(phone)
        feed = f'\n[network.transit]\npath = ["{name}"]\ndate = "2025-05-13"\ndepart = "08:00"\n'
        with zipfile.ZipFile(folder / name, "w") as file:
            if case == "feed":
                file.writestr("stops.txt", f"stop_id,{said()}\n{said()},1\n")
            else:
                file.writestr("stops.txt", "stop_id,stop_lat,stop_lon\nA,36.6,117\nB,36.7,117\n")
                file.writestr("routes.txt", f"route_id,route_short_name\n1,{said()}\n")
                file.writestr("trips.txt", f"route_id,service_id,trip_id\n1,{said()},t\n")
                file.writestr(
                    "calendar_dates.txt", "service_id,date,exception_type\nx,20200101,1\n"
                )
                head = "trip_id,stop_id,stop_sequence,arrival_time,departure_time\n"
                file.writestr(
                    "stop_times.txt", f"{head}t,A,1,8:00:00,8:00:00\nt,B,2,8:09:00,8:09:00\n"
                )
        if case == "no zip":
            (folder / name).write_bytes(b"no zip")
    for name, rows in (("lines", lines), ("stops", stops)):
        pd.DataFrame(rows).to_csv(folder / f"{name}.csv", index=False)
    text = STUDY.replace('lang = "en"', 'lang = "zh"')
    standard = SECTIONS[SECTIONS.index("[services") :].format()
    (folder / "study.toml").write_text(
        text.replace("[[figures]]", feed + "\n" + standard), encoding="utf-8"
    )


CASES = (
    "headway",
    "span",
    "order",
    "without stops",
    "without headway",
    "columns",
    "withdrawn",
    "factor",
    "feed",
    "feed that never runs",
    "no zip",
)


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong_with_lines_and_feeds_is_said_without_what_was_planted(
    tmp_path: Path, case: str
) -> None:
    for seed in range(3):
        pieces = Pieces(3_000 + 20 * CASES.index(case) + seed)
        folder = tmp_path / f"{seed}"
        faulty(folder, pieces, case)
        try:
            report = check_study(folder)
            said = str(report.to_dict()) + everything_in(folder / "findings.xlsx")
            said += report._repr_html_()
            assert "公交" in said or "线路" in said
            said += str(Study.open(folder).run(services=["elderly_centre"], cache=False).summary())
        except GeoplanError as error:
            said = str(error)
        assert pieces.made
        assert [p for p in pieces.made if p in said] == [], said
