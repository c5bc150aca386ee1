"""The honest files that cases copy and break, written once for all of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import networkx as nx
import osmium

from geoplan.network import Network
from geoplan.study import Study
from tests.fuzz.formats import write_rows
from tests.fuzz.toml_text import toml_text
from tests.fuzz.town import SITING, STUDY, districts, streets, town


def write_base(folder: Path) -> Path:
    """Streets (built), districts and both tables; in ``more`` other street files and a run."""
    more = folder / "more"
    more.mkdir(parents=True, exist_ok=True)
    network = Network.from_lines(streets(), mode="walk")
    network.save(folder / "streets.geoplan")
    shutil.copyfile(folder / "streets.geoplan", more / "streets.geoplan")
    districts().to_file(folder / "districts.gpkg", driver="GPKG")
    write_rows(folder / "people.csv", town().people)
    write_rows(folder / "meals.csv", town().meals)
    _osm(more)
    _graphml(more)
    _run(folder, more)
    return folder


def _ends() -> list[tuple[tuple[float, float], tuple[float, float]]]:
    degrees = streets().to_crs(4326).geometry
    return [
        tuple((round(x, 7), round(y, 7)) for x, y in (line.coords[0], line.coords[-1]))  # type: ignore[misc]
        for line in degrees
    ]


def _osm(folder: Path) -> None:
    ids: dict[tuple[float, float], int] = {}
    for pair in _ends():
        for place in pair:
            ids.setdefault(place, len(ids) + 1)
    for name in ("streets.osm", "streets.osm.pbf"):
        with osmium.SimpleWriter(str(folder / name)) as writer:
            for (lon, lat), key in ids.items():
                writer.add_node(osmium.osm.mutable.Node(id=key, location=(lon, lat), version=1))
            for key, (a, b) in enumerate(_ends()):
                way = osmium.osm.mutable.Way(
                    id=1000 + key, nodes=[ids[a], ids[b]], tags={"highway": "footway"}, version=1
                )
                writer.add_way(way)


def _graphml(folder: Path) -> None:
    graph = nx.MultiDiGraph(crs="EPSG:4326")
    for a, b in _ends():
        for place in (a, b):
            graph.add_node(f"{place[0]}_{place[1]}", x=place[0], y=place[1])
        names = [f"{place[0]}_{place[1]}" for place in (a, b)]
        line = f"LINESTRING ({a[0]} {a[1]}, {b[0]} {b[1]})"
        for u, v in (names, names[::-1]):
            graph.add_edge(u, v, length=400.0, oneway=False, geometry=line)
    nx.write_graphml(graph, folder / "streets.graphml")


def _run(folder: Path, more: Path) -> None:
    meal = {**STUDY["services"]["meal_station"], "siting": SITING}
    study = {**STUDY, "services": {"meal_station": meal}}
    (folder / "study.toml").write_text(toml_text(study), encoding="utf-8")
    Study.open(folder).run().save(more / "run")
    (folder / "study.toml").unlink()
