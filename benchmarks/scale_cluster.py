"""What a cluster brings: `python benchmarks/scale.py --scheduler ADDRESS` (or ``local``).

Everything is counted in seconds of processor time, so that other work on the machine does not
matter: of the command that asks, and of each piece of work on its worker (`run.json`). The time
that W workers with processors of their own would take is reckoned from these, not measured: pieces
go to the first free worker, the largest files first, and the asking command's time is added as if
nothing ran beside it. Sending over a network is not in it.
"""

from __future__ import annotations

import json
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from geoplan.network import Network, travel_costs
from geoplan.network.search.cost_tiles import cut, tile_costs
from geoplan.network.search.edge_tiles import TILE_EDGES

#: corners of the counties that are run, and of those that a country is reckoned from
COUNTIES = (1_000, 1_000, 4_000, 4_000, 10_000, 10_000, 20_000, 20_000)
COUNTRY, COUNTY = 3_000, 20_000
WORKERS = (1, 2, 8, 32, 128)
#: corners of the city whose costs are cut into tiles
CITY = 200_000


@contextmanager
def own_cluster(folder: Path) -> Iterator[str]:
    """A scheduler and one worker on this machine, for as long as the block runs."""
    file = folder / "scheduler.json"
    environment = {**os.environ, "GEOPLAN_CACHE": "off"}
    asked: list[list[str]] = [
        ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"],
        ["worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", "--memory-limit", "0"],
    ]
    started = []
    try:
        for one in asked:
            command = [sys.executable, "-m", "dask", *one, "--scheduler-file", str(file)]
            with (folder / f"{one[0]}.log").open("wb") as log:
                started.append(
                    subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
                )
            while not file.exists():
                time.sleep(0.1)
        yield json.loads(file.read_text("utf-8"))["address"]
    finally:
        for process in started:
            process.kill()
            process.wait()


def command(study: Path, *options: str) -> tuple[float, dict[str, Any]]:
    """CPU seconds of ``geoplan run``, nothing kept from earlier runs, and its `run.json`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    asked = [sys.executable, "-m", "geoplan", "run", str(study), "--no-cache", *options]
    environment = {**os.environ, "GEOPLAN_CACHE": "off"}
    ran = subprocess.run(asked, capture_output=True, text=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not (study / "out" / "run.json").exists():
        raise SystemExit(ran.stderr)
    facts = json.loads((study / "out" / "run.json").read_text("utf-8"))
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, facts


def counties(folder: Path, sizes: Sequence[int]) -> Path:
    """A study of several counties, made by `scale.py`."""
    include = []
    for k, nodes in enumerate(sizes):
        own = folder / f"county{k}"
        own.mkdir(parents=True)
        script = str(Path(__file__).with_name("scale.py"))
        made = [sys.executable, script, "--make", str(own), "--nodes", str(nodes)]
        subprocess.run(made, check=True)
        study = own / "study.toml"
        study.write_text(study.read_text("utf-8") + "\n[report]\npdf = false\n", "utf-8")
        include.append(f'[[include]]\npath = "county{k}"\nname = "County {k}"\n')
    head = '[study]\nname = "Counties"\nlang = "en"\n\n[report]\npdf = false\n\n'
    (folder / "study.toml").write_text(head + "\n".join(include), "utf-8")
    return folder


def makespan(pieces: Sequence[float], workers: int) -> float:
    """When the last piece ends, each going to the first free worker in this order."""
    free = [0.0] * workers
    for cost in pieces:
        k = free.index(min(free))
        free[k] += cost
    return max(free)


def cluster_table(scheduler: str) -> None:
    """Print the rows; some minutes of processor time."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if scheduler != "local":
            _print_rows(folder, scheduler)
            return
        with own_cluster(folder) as address:
            _print_rows(folder, address)


def _print_rows(folder: Path, address: str) -> None:
    warm = counties(folder / "warm", [1_000])
    command(warm)
    command(warm, "--scheduler", address)
    few = counties(folder / "few", [1_000, 1_000])
    asked_few, _ = command(few, "--scheduler", address)
    many = counties(folder / "many", COUNTIES)
    alone, _ = command(many)
    asked, facts = command(many, "--scheduler", address)
    facts = facts["cluster"]
    cpu = {one: facts["pieces"][one]["cpu_s"] for one in facts["bytes_of_files"]}
    order = sorted(cpu, key=lambda one: -facts["bytes_of_files"][one])
    pieces = [cpu[one] for one in order]
    low, high = min(COUNTIES), max(COUNTIES)
    print(f"\n{len(pieces)} counties of {low:,} to {high:,} corners, one service each")
    print(f"  without a cluster             {alone:8.1f} CPU s")
    print(f"  asking command, with one      {asked:8.1f} CPU s; {asked_few:.1f} for 2 counties")
    print(f"  counties on workers           {sum(pieces):8.1f} CPU s")
    one, two = (asked + makespan(pieces, n) for n in (1, 2))
    print(f"  two workers against one       {one / two:8.2f} x ({one:.1f} to {two:.1f} s)")
    sent = [facts["pieces"][n]["bytes_sent"] / facts["bytes_of_files"][n] for n in order]
    print(f"  bytes sent per byte of files  {max(sent):8.3f} at most")
    _print_one_city(folder, address)
    _print_country(order, cpu, asked, asked_few)
    _print_tiles(folder)


def _print_one_city(folder: Path, address: str) -> None:
    """A city that one machine holds: one service, sent as it is."""
    city = counties(folder / "city", [20_000]) / "county0"
    here, _ = command(city)
    asked, facts = command(city, "--scheduler", address)
    facts = facts["cluster"]
    there = sum(one["cpu_s"] for one in facts["pieces"].values())
    extra = (asked + there) / here - 1
    print(f"\none city of 20,000 corners, one service: {here:.1f} CPU s")
    print(f"  on a cluster                  {asked + there:8.1f} CPU s ({extra:+.0%})")


def _print_country(order: list[str], cpu: dict[str, float], asked: float, few: float) -> None:
    """A line through what counties took, and what follows for many of them."""
    sizes = np.array([COUNTIES[int(one.split()[1])] for one in order], float)
    took = np.array([cpu[one] for one in order])
    slope, fixed = np.polyfit(sizes, took, 1)
    worst = np.abs(fixed + slope * sizes - took).max()
    per_county = (asked - few) / (len(order) - 2)
    print(f"\na county takes {fixed:.2f} s + {1000 * slope:.3f} s per 1,000 corners of a worker")
    print(f"  (least squares over {len(order)} counties, {worst:.2f} s off at most),")
    print(f"  and {per_county:.2f} s of the asking command ({len(order)} counties against 2)")
    each = fixed + slope * COUNTY
    for workers in WORKERS:
        away, here = COUNTRY * each / workers / 3600, COUNTRY * per_county / 3600
        print(
            f"  {COUNTRY:,} counties of {COUNTY:,} on {workers:>3} workers: {away:6.2f} h, "
            f"the asking command {here:.2f} h, so {max(away, here):.2f} to {away + here:.2f} h"
        )


def _print_tiles(folder: Path) -> None:
    """All pairs of one large city, whole and in tiles, in this process."""
    city = counties(folder / "large", [CITY]) / "county0"
    network = Network.load(city / "streets.zip")
    people = gpd.read_file(city / "people.gpkg")
    corners = network.nodes_frame()
    corners.index = corners.index.astype(str)
    options = {"cutoff_m": 1000.0, "max_snap_m": 500.0}
    few = corners.iloc[:100]
    travel_costs(network, people.iloc[:100], few, threads=1, **options)  # trees and kernels
    start = time.process_time()
    whole = travel_costs(network, people, corners, **options)
    untiled = time.process_time() - start
    start = time.process_time()
    tiled = cut(network, people, corners, most_edges=TILE_EDGES, **options)
    assert tiled is not None
    own, sent, took, found = 0.0, 0, [], []
    own += time.process_time() - start
    for k in range(len(tiled)):
        start = time.process_time()
        body = pickle.dumps(tiled.tile(k), protocol=5)
        own += time.process_time() - start
        sent += len(body)
        start = time.process_time()
        found.append((k, tile_costs(pickle.loads(body))))
        took.append(time.process_time() - start)
    start = time.process_time()
    put = tiled.put_together(found)
    own += time.process_time() - start
    same = all(
        np.array_equal(getattr(put.matrix, part), getattr(whole.matrix, part))
        for part in ("indptr", "indices", "data")
    )
    arrays = ("x", "y", "u", "v", "length_m", "oneway", "coords", "offsets")
    inputs = sum(getattr(network, one).nbytes for one in arrays)
    inputs += 16 * (len(people) + len(corners))
    one, two = (own + makespan(took, n) for n in (1, 2))
    pairs, away = f"{whole.matrix.nnz:,}", sum(took)
    told = "equal" if same else "NOT THE SAME"
    print(f"\nall {pairs} pairs of a city of {CITY:,} corners: {untiled:.1f} CPU s whole")
    print(f"  in {len(tiled)} tiles, {told:<18}{away:9.1f} CPU s, and {own:.1f} here")
    print(f"  two workers against one       {one / two:8.2f} x, to whole {untiled / two:.2f} x")
    mb = sent / len(tiled) / 1e6
    print(f"  bytes sent per byte of inputs {sent / inputs:8.2f} ({mb:.1f} MB per tile)")
