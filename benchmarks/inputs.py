"""Inputs at size: a million rows read, checked and placed; datums; a city's raster by area.

    python benchmarks/inputs.py            everything (a minute)
    python benchmarks/inputs.py --rows N

Peers do less: pandas reads the same file without a check, a plain Python loop converts points one
by one (a sample, scaled up, marked ~), exactextract sums a raster without assigning cells.
"""

from __future__ import annotations

import argparse
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
from rasterio.transform import from_origin
from shapely.geometry import box

from geoplan.crs import from_wgs84, to_wgs84
from geoplan.inputs import LayerSource, read_areas, read_demand

CRS = "EPSG:4548"
X, Y = 450_000.0, 4_000_000.0


def write_rows(path: Path, rows: int) -> None:
    """A people table as an office exports it: GB18030, GCJ-02, one row in a thousand faulty."""
    rng = np.random.default_rng(0)
    wgs = np.column_stack([rng.uniform(116.4, 117.6, rows), rng.uniform(36.1, 37.0, rows)])
    lon, lat = from_wgs84(wgs, "gcj02").T
    number = pd.Series(np.arange(rows)).astype(str)
    people = rng.integers(300, 9000, rows)
    frame = pd.DataFrame(
        {
            "社区代码": np.arange(rows) + 370102000000,
            "社区名称": "社区" + number,
            "区县": "历下区",
            "街道": "解放路街道办事处",
            "详细地址": "山东省济南市历下区解放路街道青年东路" + number + "号",
            "经度": np.char.mod("%.6f", lon),
            "纬度": np.char.mod("%.6f", lat),
            "常住人口": people.astype(str),
            "老年人口": (people // 5).astype(str),
            "65岁及以上": (people // 7).astype(str),
            "80岁及以上": (people // 40).astype(str),
            "数据来源": "第七次全国人口普查",
        }
    )
    bad = rng.choice(rows, rows // 1000, replace=False)
    frame.loc[bad[::2], "经度"] = ""
    frame.loc[bad[1::2], "老年人口"] = "多"
    path.write_bytes(frame.to_csv(index=False).encode("gb18030"))


def write_narrow(path: Path, rows: int) -> None:
    """Five columns: as few bytes per row as a people table can have."""
    rng = np.random.default_rng(0)
    wgs = np.column_stack([rng.uniform(116.4, 117.6, rows), rng.uniform(36.1, 37.0, rows)])
    lon, lat = from_wgs84(wgs, "gcj02").T
    frame = pd.DataFrame(
        {
            "社区代码": np.arange(rows),
            "街道": "解放路街道",
            "经度": np.char.mod("%.6f", lon),
            "纬度": np.char.mod("%.6f", lat),
            "老年人口": rng.integers(60, 1800, rows).astype(str),
        }
    )
    bad = rng.choice(rows, rows // 1000, replace=False)
    frame.loc[bad[::2], "经度"] = ""
    frame.loc[bad[1::2], "老年人口"] = "多"
    path.write_bytes(frame.to_csv(index=False).encode("gb18030"))


def one_by_one(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 back to WGS 84 in plain Python, one pass, as snippets have it."""
    x, y = lon - 105.0, lat - 35.0
    common = (20.0 * math.sin(6.0 * x * math.pi) + 20.0 * math.sin(2.0 * x * math.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north += common + (20.0 * math.sin(y * math.pi) + 40.0 * math.sin(y / 3.0 * math.pi)) * 2 / 3
    north += (160.0 * math.sin(y / 12.0 * math.pi) + 320 * math.sin(y * math.pi / 30.0)) * 2 / 3
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + common
    east += (20.0 * math.sin(x * math.pi) + 40.0 * math.sin(x / 3.0 * math.pi)) * 2.0 / 3.0
    east += (150.0 * math.sin(x / 12.0 * math.pi) + 300.0 * math.sin(x / 30.0 * math.pi)) * 2 / 3
    phi = lat / 180.0 * math.pi
    magic = 1 - 0.00669342162296594323 * math.sin(phi) ** 2
    root = math.sqrt(magic)
    d_lat = north * 180.0 / ((6378245.0 * (1 - 0.00669342162296594323)) / (magic * root) * math.pi)
    d_lon = east * 180.0 / (6378245.0 / root * math.cos(phi) * math.pi)
    return lon - d_lon, lat - d_lat


#: memory beyond what Python and the imports take: the high-water mark of a process of its own
#: (VmHWM, not ru_maxrss, which a child inherits from its parent), less that after the imports
_CHILD = """
import time
import geoplan.inputs.demand
from geoplan.inputs import LayerSource, read_demand
def high():
    lines = open('/proc/self/status').read().splitlines()
    return next(int(x.split()[1]) for x in lines if x.startswith('VmHWM')) / 1000
base = high()
start = time.perf_counter()
one = read_demand(LayerSource(path={path!r}, datum='gcj02', columns={{'id': '社区代码'}}),
                  key='d', crs='EPSG:4548', weight='老年人口')
seconds = time.perf_counter() - start
assert one.record.rows == {rows} and one.record.set_aside == {rows} // 1000
print(seconds, high() - base)
"""

#: the same for nothing but as many points as shapely holds them
_POINTS = """
import numpy as np, shapely
def now():
    lines = open('/proc/self/status').read().splitlines()
    return next(int(x.split()[1]) for x in lines if x.startswith('VmRSS')) / 1000
at = np.random.default_rng(0).uniform(0, 1e6, ({rows}, 2))
base = now()
points = shapely.points(at)
print(now() - base)
"""


def table(rows: int, folder: Path) -> list[tuple[str, float, str]]:
    told = []
    points = float(_child(_POINTS.format(rows=rows)))
    for columns, write in ((12, write_rows), (5, write_narrow)):
        path = folder / f"people{columns}.csv"
        write(path, rows)
        size = path.stat().st_size / 1e6
        seconds, peak = map(float, _child(_CHILD.format(path=str(path), rows=rows)).split())
        start = time.perf_counter()
        plain = pd.read_csv(path, encoding="gb18030", dtype=str, keep_default_na=False)
        assert len(plain) == rows
        peer = time.perf_counter() - start
        told += [
            (
                f"{rows:,} rows of {columns} columns ({size:.0f} MB) read, checked, placed",
                seconds,
                "<= 15 s",
            ),
            ("  memory beyond Python and imports, times the file", peak / size, "<= 4"),
            ("  of it the points alone, as shapely holds them, times the file", points / size, ""),
            ("  pandas.read_csv of the same file, no check, no points", peer, ""),
        ]
    return told


def _child(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return done.stdout


def datums() -> list[tuple[str, float, str]]:
    rng = np.random.default_rng(1)
    points = np.column_stack([rng.uniform(116, 118, 1_000_000), rng.uniform(36, 37, 1_000_000)])
    told = []
    for datum in ("gcj02", "bd09"):
        start = time.perf_counter()
        exact = to_wgs84(points, datum)
        seconds = time.perf_counter() - start
        back = np.abs(from_wgs84(exact, datum) - points).max() * 111_000
        told.append(
            (f"{datum} to WGS 84, 1,000,000 points, exact to {back:.0e} m", seconds, "<= 1 s")
        )
    sample = points[:20_000].tolist()
    start = time.perf_counter()
    for lon, lat in sample:
        one_by_one(lon, lat)
    told.append(("  one by one in Python, one pass (~)", (time.perf_counter() - start) * 50, ""))
    return told


def raster(folder: Path) -> list[tuple[str, float, str]]:
    """10,000 km2 at 100 m, and 6,000 areas."""
    rng = np.random.default_rng(2)
    cells = rng.gamma(0.3, 10.0, (1000, 1000)) * (rng.random((1000, 1000)) < 0.4)
    path = folder / "people.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=1000,
        height=1000,
        count=1,
        dtype="float32",
        crs=CRS,
        transform=from_origin(X, Y + 100_000, 100, 100),
        nodata=-1,
    ) as target:
        target.write(cells.astype("float32"), 1)
    wide, high = 100_000 / 80, 100_000 / 75
    shapes = [
        box(X + i * wide, Y + j * high, X + (i + 1) * wide, Y + (j + 1) * high)
        for i in range(80)
        for j in range(75)
    ]
    frame = gpd.GeoDataFrame(
        {"code": [f"{k:06d}" for k in range(len(shapes))], "name": "x"}, geometry=shapes, crs=CRS
    )
    frame.to_file(folder / "areas.gpkg", driver="GPKG")
    areas = read_areas(LayerSource(path=folder / "areas.gpkg"), level="village", crs=CRS).layer
    assert areas is not None
    start = time.perf_counter()
    one = read_demand(LayerSource(path=path), key="p", crs=CRS, areas={"village": areas})
    assert one.layer is not None
    sums = one.layer.frame.groupby("village")["people"].sum()
    seconds = time.perf_counter() - start
    total = float(cells.astype("float32").astype(float).sum())
    assert abs(one.layer.total - total) <= 0.5
    from exactextract import exact_extract

    start = time.perf_counter()
    peer = exact_extract(str(path), frame, ["sum"], output="pandas")
    peer_seconds = time.perf_counter() - start
    off = np.abs(sums.reindex(frame["code"]).fillna(0).to_numpy() - peer["sum"].to_numpy()).max()
    return [
        ("raster of 10,000 km2 at 100 m: demand, shared among 6,000 areas", seconds, "<= 10 s"),
        (f"  exactextract on the file (areas differ by {off:.1f} people)", peer_seconds, ""),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory() as name:
        rows = [*table(options.rows, Path(name)), *datums(), *raster(Path(name))]
    for work, value, floor in rows:
        shown = "" if np.isnan(value) else f"{value:.2f}"
        print(f"{work:<72}{shown:>9}  {floor}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    print(f"\npeak memory of this process: {peak:.2f} GB")


if __name__ == "__main__":
    main()
