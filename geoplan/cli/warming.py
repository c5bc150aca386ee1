"""Small runs that use what the runs of a city use: kernels are compiled, and outputs written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from geoplan.words import say

if TYPE_CHECKING:
    from geoplan.study.progress import Progress

#: corners of the trial town along each side, and metres between two of them
_SIDE, _STEP_M = 9, 180.0
_X, _Y = 500_000.0, 4_055_000.0

_STUDY = """\
[study]
name = "Trial"
crs = "EPSG:4548"
lang = "en"
synthetic = true

[areas.district]
path = "districts.gpkg"

[network.walk]
path = "streets.gpkg"

[network.drive]
path = "streets.gpkg"
speed_m_s = 8.0

[network.transit]
lines = "lines.csv"
stops = "stops.csv"
datum = "wgs84"
arrive = "09:00-09:30"

[demand.people]
path = "people.gpkg"
weight = "people"
"""
#: one service per objective, so that every solver is used
_SERVICE = """
[services.{key}]
path = "sites.gpkg"
demand = "people"
standard = {{ mode = "{mode}", {threshold}{more} }}
siting = {{ {siting}, candidates = "network" }}
"""
_SERVICES = (
    ("coverage", "walk", "threshold_m = 400", "", "sites = 4, robustness = 2"),
    ("money", "walk", "threshold_m = 400", "", "budget = 400, site_cost = 100, robustness = 2"),
    ("fewest", "walk", "threshold_m = 300", "", 'objective = "min_sites", share = 0.95'),
    ("median", "drive", "threshold_min = 1", "", 'objective = "p_median", sites = 3'),
    ("bus", "transit", "threshold_min = 30", "", 'objective = "max_coverage", sites = 2'),
    ("centre", "walk", "threshold_m = 400", "", 'objective = "p_center", sites = 3'),
    ("beds", "walk", "threshold_m = 500", ", capacity_limits = true", "sites = 3, capacity = 500"),
)


def small_runs(progress: Callable[[int, int, str], None], lang: str) -> None:
    """Run a made-up town through every solver, and write the outputs of one service.

    Parameters
    ----------
    progress : told how far it is: done, total, what.
    lang : of what it is told.
    """
    parts = len(_SERVICES) + 2

    def part(number: int, key: str) -> Progress:
        """Progress of one part of all, in percent of the whole; the first compiles most."""
        what = say(lang, key, number=number + 1, parts=parts)

        def report(done: int, total: int, text: str) -> None:
            share = done / total if total else 0.0
            del text  # of a made-up town's services nobody need be told
            progress(round(100 * (number + share) / parts), 100, what)

        report(0, 1, what)
        return report

    first = part(0, "doctor.warming")  # before the libraries are loaded, which takes seconds
    from geoplan.study import Study, example_study

    with tempfile.TemporaryDirectory(prefix="geoplan-doctor-") as name:
        folder = Path(name)
        # finished stages of an earlier trial would compile nothing
        study = Study.open(_write_town(folder / "town"))
        for number, (key, *_) in enumerate(_SERVICES):
            told = part(number, "doctor.warming") if number else first
            study.run(services=[key], cache=False, progress=told)
        told = part(parts - 2, "doctor.warming")
        plan = example_study(folder / "example").run(cache=False, progress=told)
        plan.save(folder / "out", progress=part(parts - 1, "doctor.writing"))
        progress(100, 100, say(lang, "doctor.writing", number=parts, parts=parts))


def _write_town(folder: Path) -> Path:
    """A square of streets with people at every corner and two sites; returns its folder."""
    import geopandas as gpd
    from shapely.geometry import LineString, Point, box

    folder.mkdir()
    far = (_SIDE - 1) * _STEP_M
    along = [k * _STEP_M for k in range(_SIDE)]
    corners = [(_X + a, _Y + b) for a in along for b in along]
    streets = [LineString([(x, y), (x + _STEP_M, y)]) for x, y in corners if x < _X + far]
    streets += [LineString([(x, y), (x, y + _STEP_M)]) for x, y in corners if y < _Y + far]

    def write(file: str, shapes: list, **columns: list) -> None:  # type: ignore[type-arg]
        frame = gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4548")
        frame.to_file(folder / file, driver="GPKG")

    write("streets.gpkg", streets, name=["street"] * len(streets))
    halves = [box(_X - 500, _Y - 500, _X + far / 2, _Y + far + 500)]
    halves.append(box(_X + far / 2, _Y - 500, _X + far + 500, _Y + far + 500))
    write("districts.gpkg", halves, code=["1", "2"], name=["West", "East"])
    people = [20 + 37 * k % 90 for k in range(len(corners))]
    homes = [Point(x + 31, y + 4) for x, y in corners]
    names = [f"C{k}" for k in range(len(corners))]
    write("people.gpkg", homes, id=names, name=names, people=people)
    sites = [Point(_X + 40, _Y + 2), Point(_X + far - 40, _Y + far - 2)]
    write("sites.gpkg", sites, id=["S1", "S2"], name=["S1", "S2"], capacity=[300, 500])
    lines = "线路,首班,末班,发车间隔,速度\nbus,06:00,22:00,10,20\n"
    (folder / "lines.csv").write_text(lines, encoding="utf-8")
    places = gpd.GeoSeries([Point(_X + a, _Y + far / 2) for a in along[::2]], crs="EPSG:4548")
    rows = [f"bus,{n},S{n},{p.x},{p.y}" for n, p in enumerate(places.to_crs(4326), 1)]
    stops = "\n".join(["线路,站序,站名,经度,纬度", *rows, ""])
    (folder / "stops.csv").write_text(stops, encoding="utf-8")
    services = [
        _SERVICE.format(key=key, mode=mode, threshold=threshold, more=more, siting=siting)
        for key, mode, threshold, more, siting in _SERVICES
    ]
    (folder / "study.toml").write_text(_STUDY + "".join(services), encoding="utf-8")
    return folder
