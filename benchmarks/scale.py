"""From a town to a province: one walking service of a made-up province, each size by itself.

A province is a lattice of streets (130 m apart, every eighth street missing in places), one demand
point to four corners, one site to a hundred, in districts of 1,600 corners and counties of 25,600;
500 new sites are asked for at 500,000 corners and more. Each size runs as the command does, in a
process of its own, without what earlier runs kept. Printed: CPU seconds and peak memory of all and
of every stage, and per node beside the smallest.

    python benchmarks/scale.py                      # 20,000, 50,000 and 200,000 corners
    python benchmarks/scale.py --nodes 500000       # minutes
    python benchmarks/scale.py --scheduler ADDRESS  # what a cluster brings; "local" starts one
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scale_cluster import cluster_table, command

from geoplan.network import Network

SIZES = (20_000, 50_000, 200_000)
#: new sites asked for, by number of corners
ASKED = {20_000: 10, 50_000: 25, 200_000: 50, 500_000: 500, 2_000_000: 500}
CRS, X, Y, STEP_M = "EPSG:4548", 400_000.0, 3_900_000.0, 130.0
STUDY = """\
[study]
name = "Province"
crs = "EPSG:4548"
lang = "en"
synthetic = true

[areas.county]
path = "counties.gpkg"

[areas.district]
path = "districts.gpkg"

[network.walk]
path = "streets.zip"

[demand.elderly_60]
path = "people.gpkg"
weight = "pop60"

[services.meal_station]
path = "meals.gpkg"
demand = "elderly_60"
standard = {{ mode = "walk", threshold_m = 1000 }}
siting = {{ objective = "max_coverage", sites = {sites}, candidates = "network" }}
"""


def province(folder: Path, nodes: int, *, seed: int = 0) -> None:
    """Write a study of about so many street corners."""
    rng = np.random.default_rng(seed)
    width = round(np.sqrt(nodes))
    height = nodes // width
    column, row = (part.ravel() for part in np.meshgrid(np.arange(width), np.arange(height)))
    xy = np.column_stack([column, row]) * STEP_M + rng.uniform(-25, 25, (len(column), 2))
    xy += [X, Y]
    here = np.arange(len(xy))
    u = np.concatenate([here[column < width - 1], here[row < height - 1]])
    v = np.concatenate([here[column < width - 1] + 1, here[row < height - 1] + width])
    there = rng.random(len(u)) > 1 / 8
    u, v = u[there], v[there]
    edges = pd.DataFrame({"u": u, "v": v, "length_m": np.hypot(*(xy[u] - xy[v]).T)})
    corners = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=CRS)
    Network.from_edges(corners, edges, mode="walk").save(folder / "streets.zip")
    homes = xy[rng.choice(len(xy), len(xy) // 4, replace=False)]
    homes = homes + rng.uniform(-60, 60, homes.shape)
    people = gpd.GeoDataFrame(
        {"pop60": rng.integers(1, 200, len(homes))},
        geometry=gpd.points_from_xy(*homes.T),
        crs=CRS,
    )
    people.insert(0, "id", [f"p{i}" for i in range(len(homes))])
    people.to_file(folder / "people.gpkg", driver="GPKG")
    at = xy[rng.choice(len(xy), len(xy) // 100, replace=False)]
    meals = gpd.GeoDataFrame(
        {"id": [f"s{i}" for i in range(len(at))]}, geometry=gpd.points_from_xy(*at.T), crs=CRS
    )
    meals.to_file(folder / "meals.gpkg", driver="GPKG")
    for name, corners_wide in (("counties", 160), ("districts", 40)):
        squares(width * STEP_M, height * STEP_M, corners_wide * STEP_M).to_file(
            folder / f"{name}.gpkg", driver="GPKG"
        )
    asked = ASKED.get(nodes, min(500, max(10, nodes // 1000)))
    (folder / "study.toml").write_text(STUDY.format(sites=asked), encoding="utf-8")


def squares(wide_m: float, high_m: float, side_m: float) -> gpd.GeoDataFrame:
    """Areas of so many metres each way, beyond the edge of the streets, too."""
    found = {
        f"{i}-{j}": shapely.box(
            X + i * side_m, Y + j * side_m, X + (i + 1) * side_m, Y + (j + 1) * side_m
        )
        for i in range(-1, int(wide_m / side_m) + 2)
        for j in range(-1, int(high_m / side_m) + 2)
    }
    codes = [f"{'c' if side_m > 10_000 else 'd'}{place}" for place in found]
    return gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=[*found.values()], crs=CRS)


def measured(nodes: int) -> dict[str, Any]:
    """One run of a province of so many corners: CPU seconds, peak memory, stages."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = [sys.executable, __file__, "--make", str(folder), "--nodes", str(nodes)]
        subprocess.run(made, check=True)
        start = time.perf_counter()
        cpu, facts = command(folder)
        pages = sum(p.stat().st_size for p in (folder / "out" / "maps").rglob("*.html"))
    return {
        "seconds": time.perf_counter() - start,
        "cpu": cpu,
        "peak_mb": max(facts["peak_memory_mb"].values()),
        "stages": facts["seconds"],
        "peaks": facts["peak_memory_mb"],
        "maps_mb": pages / 1e6,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--scheduler", metavar="ADDRESS")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.make is not None:  # in a process of its own, whose memory is not the run's
        province(given.make, given.nodes[0])
        return
    if given.scheduler:
        cluster_table(given.scheduler)
        return
    first: tuple[float, float] | None = None
    for nodes in given.nodes:
        found = measured(nodes)
        per_node = found["cpu"] / nodes, found["peak_mb"] / nodes
        first = first or per_node
        print(
            f"\n{nodes:,} corners: {found['cpu']:.0f} CPU s ({found['seconds']:.0f} s), "
            f"{found['peak_mb'] / 1000:.2f} GB, maps {found['maps_mb']:.1f} MB; per corner "
            f"{per_node[0] / first[0]:.2f} x the time, {per_node[1] / first[1]:.2f} x the memory"
        )
        for stage, seconds in found["stages"].items():
            print(f"  {stage:<32}{seconds:>8.1f} s{found['peaks'].get(stage, 0):>8.0f} MB by then")


if __name__ == "__main__":
    main()
