"""Published results, from data beside the checkout (``../shared/data``; none of it is shipped)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from geoplan.coverage import floating_catchment
from geoplan.coverage.equity import weighted_gini
from geoplan.crs import from_wgs84, to_wgs84
from geoplan.inputs import LayerSource, read_demand
from geoplan.network import TravelCosts
from geoplan.siting import SitingProblem, max_coverage, min_sites, p_center, p_median
from validation.row import Row

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
#: metres of one degree at the Equator
DEGREE_M = 111_320.0
EXACT = "proved optimal", "证明为最优"


def rows() -> Iterator[Row]:
    """All published results whose data are there."""
    for folder, reproduce in (
        ("spopt_sf", _san_francisco),
        ("orlib_pmed", _or_library),
        ("e2sfca_almeria", _almeria),
        ("datum", _datums),
    ):
        if (DATA / folder).is_dir():
            yield from reproduce(DATA / folder)
    yield from _census()


def _san_francisco(folder: Path) -> Iterator[Row]:
    name = "SF_network_distance_candidateStore_16_censusTract_205_new.csv"
    table = pd.read_csv(folder / name, dtype={"DestinationName": str})
    costs = table.pivot_table(index="DestinationName", columns="name", values="distance")
    people = table.groupby("DestinationName")["demand"].first()
    known = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    source = "spopt, San Francisco stores"

    def problem(radius: float | None = None) -> SitingProblem:
        return SitingProblem.from_costs(costs, people, threshold=radius, unit="m")

    covered = max_coverage(problem(5000), sites=4)
    cases = (
        ("MCLP, 4 stores, 5 km: people", "MCLP，4 店、5 千米：覆盖人数",
         known["mclp_p4_radius_5000_covered"], covered.value),
        ("LSCP, 5 km: stores", "LSCP，5 千米：店数",
         known["lscp_radius_5000_min_facilities"], min_sites(problem(5000)).value),
        ("LSCP, 8 km: stores", "LSCP，8 千米：店数",
         known["lscp_radius_8000"], min_sites(problem(8000)).value),
        ("p-median, 4 stores: person metres", "p-median，4 店：人·米",
         known["pmedian_p4"], p_median(problem(), sites=4).value),
        ("p-center, 4 stores: metres", "p-center，4 店：米",
         known["pcenter_p4"], p_center(problem(), sites=4).value),
    )  # fmt: skip
    for what, what_zh, published, ours in cases:
        yield Row(
            what=what, what_zh=what_zh, source=source, published=published, ours=float(ours),
            tolerance=1e-9 * abs(published), why=EXACT[0], why_zh=EXACT[1],
        )  # fmt: skip


def or_library(path: Path) -> tuple[np.ndarray, int]:
    """Costs and number of sites of an OR-Library file; a repeated edge replaces the earlier one."""
    numbers = [int(t) for t in path.read_text(encoding="ascii").split()]
    n, edges, p = numbers[:3]
    length = {}
    for k in range(edges):
        u, v, c = numbers[3 + 3 * k : 6 + 3 * k]
        length[min(u, v) - 1, max(u, v) - 1] = c
    ends = np.array(list(length))
    graph = sparse.csr_matrix((list(length.values()), (ends[:, 0], ends[:, 1])), shape=(n, n))
    return dijkstra(graph, directed=False), p


def _or_library(folder: Path) -> Iterator[Row]:
    optima = (folder / "optima.txt").read_text(encoding="ascii").split()
    medians = dict(zip(optima[::2], map(int, optima[1::2]), strict=True))
    centres = {"pmed1": 127, "pmed2": 98, "pmed3": 93, "pmed4": 74, "pmed5": 48}
    for name, centre in centres.items():
        costs, p = or_library(folder / f"{name}.txt")
        problem = SitingProblem.from_costs(costs, np.ones(len(costs)), unit="m")
        for kind, source, published, ours in (
            ("p-median", "Beasley (1985), OR-Library", medians[name], p_median(problem, sites=p)),
            ("p-center", "Elloumi, Labbé, Pochet (2004)", centre, p_center(problem, sites=p)),
        ):
            yield Row(
                what=f"{name}, {kind}", what_zh=f"{name}，{kind}", source=source,
                published=published, ours=float(ours.value), why=EXACT[0], why_zh=EXACT[1],
            )  # fmt: skip


def _almeria(folder: Path) -> Iterator[Row]:
    cells = pd.read_csv(folder / "grid_preview.csv")
    sites = pd.read_csv(folder / "facilities.csv", encoding="mac_roman")

    def points(frame: pd.DataFrame) -> np.ndarray:
        places = gpd.points_from_xy(frame["lon"], frame["lat"], crs=4326)
        return gpd.GeoSeries(places).to_crs(3035).to_numpy()

    homes, goals = points(cells), points(sites)
    for radius, table, metrics in (
        (30_000, "e2sfca_results.csv", "equity_metrics.csv"),
        (20_000, "e2sfca_r20.csv", "equity_metrics_r20.csv"),
    ):
        published = pd.read_csv(folder / table)
        catchments = shapely.buffer(goals, radius, quad_segs=16)
        site, home = shapely.STRtree(homes).query(catchments, predicate="intersects")
        distance = shapely.distance(homes[home], goals[site])
        costs = TravelCosts(
            matrix=sparse.csr_matrix((distance, (home, site)), shape=(len(homes), len(goals))),
            demand_index=pd.Index(cells["cell_id"]), site_index=pd.RangeIndex(len(goals)),
            unit="m", method="straight", cutoff=float(radius),
        )  # fmt: skip
        people = pd.Series(published["pop"].to_numpy(float), index=cells["cell_id"])
        found = floating_catchment(costs, people, np.ones(len(goals)), method="e2sfca")
        off = float(np.abs(found.to_numpy() - published["A_E2SFCA"].to_numpy()).max())
        km = radius // 1000
        source = "Sajjad, Almería E2SFCA 2021"
        yield Row(
            what=f"E2SFCA {km} km, 8,705 cells: largest difference",
            what_zh=f"E2SFCA {km} 千米，8705 个格网：最大差值",
            source=source, published=0.0, ours=off, tolerance=1e-9,
            why="with the authors' catchment, a polygon of 64 sides; a circle differs at its edge",
            why_zh="沿用作者的 64 边形范围；用圆时边缘格网会不同",
        )  # fmt: skip
        gini = float(pd.read_csv(folder / metrics).iloc[0]["Gini"])
        yield Row(
            what=f"E2SFCA {km} km: Gini", what_zh=f"E2SFCA {km} 千米：基尼系数",
            source=source, published=gini, ours=float(weighted_gini(found, people)),
            tolerance=1e-6, why="published with six digits", why_zh="公布时取六位小数",
        )  # fmt: skip


def _datums(folder: Path) -> Iterator[Row]:
    vectors = json.loads((folder / "test_vectors.json").read_text(encoding="utf-8"))

    def off_m(found: np.ndarray, wanted: np.ndarray) -> float:
        return float(np.abs(found - wanted).max() * DEGREE_M)

    table = np.array(vectors["wgs84_to_gcj02_lonlat"], float)
    yield Row(
        what="WGS 84 to GCJ-02, 4 vectors: metres off", what_zh="WGS 84→GCJ-02，4 个向量：差（米）",
        source="eviltransform, coordtransform", published=0.0, tolerance=1e-3,
        ours=off_m(from_wgs84(table[:, 0], "gcj02"), table[:, 1]),
        why="digits of the vectors", why_zh="向量的小数位数",
    )  # fmt: skip
    table = np.array(vectors["gcj02_to_bd09_lonlat"], float)
    through = from_wgs84(to_wgs84(table[:, 0], "gcj02"), "bd09")
    yield Row(
        what="GCJ-02 to BD-09: metres off", what_zh="GCJ-02→BD-09：差（米）",
        source="coordtransform", published=0.0, ours=off_m(through, table[:, 1]), tolerance=1e-3,
        why="there and back through the exact inverse", why_zh="经精确反算往返",
    )  # fmt: skip
    table = np.array(vectors["gcj02_to_wgs84_lonlat_onepass"], float)
    exact = to_wgs84(table[:, 0], "gcj02")
    yield Row(
        what="GCJ-02 to WGS 84 and back: metres off", what_zh="GCJ-02→WGS 84→GCJ-02：差（米）",
        source="definition", published=0.0, tolerance=1e-3,
        ours=off_m(from_wgs84(exact, "gcj02"), table[:, 0]),
        why=f"the published inverse of one pass is {off_m(exact, table[:, 1]):.2f} m off",
        why_zh=f"公布的一步近似反算本身差 {off_m(exact, table[:, 1]):.2f} 米",
    )  # fmt: skip


def _census() -> Iterator[Row]:
    """The demo city's 5,000 communities hold the census' people, whatever their rounding."""
    census = {
        "常住人口": ("residents", 9_202_432),
        "60岁以上": ("people of 60 and over", 1_837_112),
        "65岁以上": ("people of 65 and over", 1_294_977),
        "80岁以上": ("people of 80 and over", 231_792),
    }
    path = ROOT / "data" / "jinan_demo" / "社区人口.csv"
    for column, (what, published) in census.items():
        source = LayerSource(path=path, datum="gcj02")
        loaded = read_demand(source, key="people", crs="EPSG:4548", weight=column)
        assert loaded.layer is not None
        yield Row(
            what=f"sum over the demo's communities: {what}",
            what_zh=f"演示城市各社区合计：{column}",
            source="七普 / 2020 census, Jinan", published=published,
            ours=float(loaded.layer.total),
            why="shared out in whole people, none lost", why_zh="按整数分配，一人不少",
        )  # fmt: skip
