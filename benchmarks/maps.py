"""A map of 100,000 demand points in headless Chromium: seconds until it is drawn, and of a pan.

The page is written a second time, from the same results made anew: its bytes must be the same.

A made-up city: Zipf-sized towns in 60 km, 1,000 sites, points covered within 1 km as the crow
flies, gaps around the others, 30 suggested sites, a street grid. The page is the one a run writes.

    python benchmarks/maps.py [--points 100000] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from playwright.sync_api import Page, sync_playwright
from scipy.spatial import cKDTree

from geoplan.coverage.ledger import STATES, Coverage
from geoplan.inputs.layers import AreaLayer, FacilityLayer
from geoplan.outputs.maps import service_map, write_map
from geoplan.outputs.maps.write import LARGE_BYTES
from geoplan.results import RunResults, ServiceResult, SitingOutcome, StudyInfo
from geoplan.services.standard import ServiceStandard
from geoplan.siting.model.result import SitingResult

CRS, X0, Y0, SIDE_M = "EPSG:4548", 480_000.0, 4_030_000.0, 60_000.0
MARK_LOAD_S, MARK_PAN_S = 3.0, 0.3


def towns(rng: np.random.Generator, n: int) -> np.ndarray:
    """Points (n, 2) in sixty towns of Zipf sizes, a seventh of them scattered."""
    centres = rng.uniform(0.1, 0.9, (60, 2)) * SIDE_M
    weights = 1 / np.arange(1, 61)
    home = rng.choice(60, n, p=weights / weights.sum())
    xy = centres[home] + rng.normal(0, 1, (n, 2)) * (600 + 2500 / np.sqrt(home + 1))[:, None]
    rural = rng.random(n) < 1 / 7
    xy[rural] = rng.uniform(0, SIDE_M, (int(rural.sum()), 2))
    return np.clip(xy, 0, SIDE_M) + np.array([X0, Y0])


def city(n: int, seed: int = 0) -> RunResults:
    """Results of a made-up run with `n` demand points."""
    rng = np.random.default_rng(seed)
    xy, sites = towns(rng, n), towns(rng, 1_000)
    cell = 15_000.0
    squares = [(i, j) for i in range(4) for j in range(4)]
    areas = {
        "district": AreaLayer(
            level="district",
            frame=gpd.GeoDataFrame(
                {
                    "name": [f"第{k + 1}区" for k in range(16)],
                    "parent": pd.array([pd.NA] * 16, dtype="string"),
                },
                geometry=[
                    shapely.box(
                        X0 + i * cell, Y0 + j * cell, X0 + (i + 1) * cell, Y0 + (j + 1) * cell
                    )
                    for i, j in squares
                ],
                index=pd.Index([f"d{i}{j}" for i, j in squares], name="code"),
                crs=CRS,
            ),
        )
    }
    ij = np.minimum(((xy - (X0, Y0)) // cell).astype(int), 3)
    frame = gpd.GeoDataFrame(
        {
            "name": [f"第{k + 1}居民点" for k in range(n)],
            "people": np.ceil(rng.lognormal(4, 0.8, n)),
            "district": pd.array([f"d{i}{j}" for i, j in ij], dtype="string"),
        },
        geometry=shapely.points(xy),
        index=pd.Index([f"p{k:06d}" for k in range(n)], name="id"),
        crs=CRS,
    )
    far, near = cKDTree(sites).query(xy)
    served = far <= 1_000
    for state in STATES:
        frame[state] = 0.0
    frame["served"] = np.where(served, frame["people"], 0.0)
    frame["beyond"] = np.where(served, 0.0, frame["people"])
    frame["site"] = pd.array([f"s{k}" for k in near], dtype="string")
    frame["cost"], frame["reason"] = far, np.where(served, "", "beyond")
    standard = ServiceStandard(
        service="meal_station",
        name_zh="助餐点",
        name_en="Meals",
        measure="reach",
        mode="walk",
        threshold_m=1_000.0,
        confidence="low",
    )
    coverage = Coverage(service="meal_station", standard=standard, frame=frame, areas=areas)
    facilities = FacilityLayer(
        key="meal_station",
        frame=gpd.GeoDataFrame(
            {
                "name": [f"{k + 1}号站" for k in range(len(sites))],
                "capacity": np.nan,
                "tier": pd.array([pd.NA] * len(sites), dtype="string"),
            },
            geometry=shapely.points(sites),
            index=pd.Index([f"s{k}" for k in range(len(sites))], name="id"),
            crs=CRS,
        ),
    )
    service = ServiceResult(
        key="meal_station",
        standard=standard,
        facilities=facilities,
        coverage=coverage,
        gaps=gaps_of(frame),
        siting=plan_of(coverage, rng),
    )
    info = StudyInfo(name="十万点", crs=CRS, synthetic=True)
    return RunResults(
        info=info,
        inputs=(),
        findings=pd.DataFrame(),
        set_aside={},
        figures=pd.DataFrame(),
        areas=areas,
        services={"meal_station": service},
        background={"roads": streets()},
    )


def gaps_of(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Unserved points of the same 2 km cell as one gap."""
    missed = frame[frame["reason"] != ""]
    xy = shapely.get_coordinates(missed.geometry.to_numpy()) // 2_000
    rows = []
    for _, part in missed.groupby([xy[:, 0], xy[:, 1]]):
        shape = shapely.union_all(part.geometry.buffer(300, quad_segs=4).to_numpy())
        shape = shape if shape.geom_type == "MultiPolygon" else shapely.multipolygons([shape])
        rows.append((float(part["people"].sum()), len(part), shape))
    rows.sort(key=lambda row: -row[0])
    return gpd.GeoDataFrame(
        {
            "rank": np.arange(1, len(rows) + 1),
            "people": [r[0] for r in rows],
            "cause": "no_site",
            "remedy": "add_site",
            "area": "",
            "closing_site": pd.array([pd.NA] * len(rows), "string"),
            "members": [r[1] for r in rows],
        },
        geometry=[r[2] for r in rows],
        crs=CRS,
    )


def plan_of(coverage: Coverage, rng: np.random.Generator) -> SitingOutcome:
    """Thirty sites among the unserved, and the coverage with them."""
    frame = coverage.frame
    missed = frame[frame["reason"] != ""].iloc[
        rng.permutation(int((frame["reason"] != "").sum()))[:30]
    ]
    after = frame.copy()
    far, near = cKDTree(shapely.get_coordinates(missed.geometry.to_numpy())).query(
        shapely.get_coordinates(frame.geometry.to_numpy())
    )
    gained = (far <= 1_000) & (frame["reason"] != "").to_numpy()
    after.loc[gained, "served"], after.loc[gained, "beyond"] = after["people"][gained], 0.0
    after.loc[gained, "reason"] = ""
    after.loc[gained, "site"] = [f"n{k}" for k in near[gained]]
    then = Coverage(
        service=coverage.service, standard=coverage.standard, frame=after, areas=coverage.areas
    )
    degrees = missed.geometry.to_crs(4326)
    added = [float(frame["people"][gained & (near == k)].sum()) for k in range(30)]
    sites = gpd.GeoDataFrame(
        {
            "rank": np.arange(1, 31),
            "name": missed["name"].to_numpy(),
            "area": "",
            "lon": degrees.x.to_numpy(),
            "lat": degrees.y.to_numpy(),
            "added_people": added,
            "share_after": (coverage.ledger.served + np.cumsum(added)) / coverage.ledger.total,
        },
        geometry=missed.geometry.to_numpy(),
        index=pd.Index([f"n{k}" for k in range(30)]),
        crs=CRS,
    )
    result = SitingResult(
        objective="max_coverage",
        status="feasible",
        value=then.ledger.served,
        bound=None,
        gap=None,
        sites=list(sites.index),
        assignment=after["site"],
        seconds=0.0,
        solver="made up",
    )
    return SitingOutcome(
        result=result,
        objective="max_coverage",
        sites=sites,
        people_after=then.ledger,
        coverage_after=then,
    )


def streets() -> gpd.GeoDataFrame:
    """A grid of streets, one main road in ten."""
    lines, classes = [], []
    for k in range(121):
        at = k * 500.0
        lines += [
            shapely.linestrings([(X0 + at, Y0), (X0 + at, Y0 + SIDE_M)]),
            shapely.linestrings([(X0, Y0 + at), (X0 + SIDE_M, Y0 + at)]),
        ]
        classes += [1 if k % 10 == 0 else 3] * 2
    return gpd.GeoDataFrame({"class": classes}, geometry=lines, crs=CRS)


_STEP = """([act, value]) => new Promise(done => {
  const map = window.map_meal_station, start = performance.now();
  map.geoplan.scene.once("update", () => requestAnimationFrame(
    () => done((performance.now() - start) / 1000)));
  if (act === "pan") { map.panBy(value, {animate: false}); }
  else { map.setZoom(value, {animate: false}); }
})"""
_POINTER = """() => {
  const map = window.map_meal_station, size = map.getSize(), start = performance.now();
  for (let k = 0; k < 40; k++) {
    const at = map.containerPointToLatLng([size.x * (k % 8) / 8, size.y * (k % 5) / 5]);
    geoplan.hit(map.geoplan.model, ...geoplan.toWorld(at), map.getZoom(), 1);
  }
  return (performance.now() - start) / 40 / 1000;
}"""
_TICKED = """() => ["served", "missed"].forEach(
  key => window.map_meal_station.geoplan.toggle(key, true))"""
_DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def measure(page: Page, address: str) -> dict[str, float]:
    """Seconds of load, and the median and the worst of pans at four zooms; the pointer's answer."""
    start = time.perf_counter()
    page.goto(address)
    page.wait_for_selector("[data-ready=true]")
    page.evaluate(_DRAWN)
    found = {"load": time.perf_counter() - start}
    first = page.evaluate("window.map_meal_station.getZoom()")
    steps = (("city", first), ("city, points ticked", first))
    for name, zoom in (*steps, ("zoom 11", 11), ("zoom 12.5", 12.5), ("zoom 14", 14)):
        if name.endswith("ticked"):
            page.evaluate(_TICKED)  # from afar they appear only when asked for
        if zoom != first:
            page.evaluate(_STEP, ["zoom", zoom])
        pans = [page.evaluate(_STEP, ["pan", way]) for way in [(220, 130), (-220, -130)] * 4]
        found[f"pan, {name}"] = statistics.median(pans)
        found[f"worst pan, {name}"] = max(pans)
        found[f"pointer, {name}"] = page.evaluate(_POINTER)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--keep", type=Path, help="leave the page there")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        start = time.perf_counter()
        path = write_map(service_map(city(wanted.points), "meal_station"), Path(name) / "map.html")
        made = time.perf_counter() - start
        other = service_map(city(wanted.points), "meal_station")
        again = write_map(other, Path(name) / "again" / "map.html")
        same = path.read_bytes() == again.read_bytes()
        if wanted.keep:
            wanted.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, wanted.keep / "map.html")
        with sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            rounds = []
            for _ in range(3):
                context = browser.new_context(viewport={"width": 1440, "height": 900}, offline=True)
                rounds.append(measure(context.new_page(), path.as_uri()))
                context.close()
            browser.close()
        size = path.stat().st_size / 1e6
    print(
        f"{wanted.points:,} demand points: {size:.1f} MB (a run warns at {LARGE_BYTES / 1e6:.0f})"
    )
    print(f"{'made':<24}{made:8.3f} s")
    print(f"{'the same bytes again':<24}{'yes' if same else 'NO':>8}")
    for key in rounds[0]:
        value = statistics.median(r[key] for r in rounds)
        mark = MARK_LOAD_S if key == "load" else MARK_PAN_S if key.startswith("pan") else None
        print(f"{key:<24}{value:8.3f} s" + (f"   mark {mark:g} s" if mark else ""))
    if not same:
        raise SystemExit("the same results gave another page")


if __name__ == "__main__":
    main()
