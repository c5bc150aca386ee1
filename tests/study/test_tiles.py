"""A study in tiles: the same summary, gaps and outlines, byte for byte, whatever the tiles.

The town is a lattice with streets missing; gaps, sites and candidates lie across every border that
its tiles can have. The oracle is the run without tiles.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geoplan.inputs.location import streets
from geoplan.network import Network
from geoplan.network.isochrones import reach_areas
from geoplan.network.isochrones.outlines import street_points
from geoplan.network.search import cost_tiles, edge_tiles
from geoplan.network.search.cost_tiles import CostTile, TileCosts, tile_costs
from geoplan.outputs.summary.summary_json import summary_dict
from geoplan.siting import candidates
from geoplan.study import Study, run
from geoplan.study.assess import assess_service
from geoplan.study.read.context import Context

CRS, SIDE, STEP_M = "EPSG:4548", 22, 150.0
RAIL_M = np.array([0.0, 640.0])
STUDY = """\
[study]
name = "Town"
crs = "EPSG:4548"
lang = "en"
synthetic = true

[areas.district]
path = "districts.gpkg"

[network.walk]
path = "streets.zip"
barriers = "rail.gpkg"

[demand.people]
path = "people.gpkg"

[services.clinic]
path = "clinics.gpkg"
demand = "people"
standard = { mode = "walk", threshold_m = 400 }
siting = { objective = "max_coverage", sites = 6, max_candidates = 9, robustness = 3 }
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town's folder."""
    folder, rng = tmp_path_factory.mktemp("town"), np.random.default_rng(11)
    column, row = (part.ravel() for part in np.meshgrid(np.arange(SIDE), np.arange(SIDE)))
    xy = np.column_stack([column, row]) * STEP_M + rng.uniform(-25, 25, (SIDE * SIDE, 2))
    xy += [400_000.0, 3_900_000.0]
    here = np.arange(len(xy))
    u = np.concatenate([here[column < SIDE - 1], here[row < SIDE - 1]])
    v = np.concatenate([here[column < SIDE - 1] + 1, here[row < SIDE - 1] + SIDE])
    there = rng.random(len(u)) > 1 / 6
    u, v = u[there], v[there]
    edges = pd.DataFrame({"u": u, "v": v, "length_m": np.hypot(*(xy[u] - xy[v]).T)})
    corners = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=CRS)
    Network.from_edges(corners, edges, mode="walk").save(folder / "streets.zip")
    homes = xy[rng.choice(len(xy), 160, replace=False)] + rng.uniform(-60, 60, (160, 2))
    points(folder / "people.gpkg", homes, people=rng.integers(1, 200, len(homes)))
    points(folder / "clinics.gpkg", xy[[25, 31, 240, 451]])
    low, high = xy.min(axis=0) - 99, xy.max(axis=0) + 99
    middle = (low[0] + high[0]) / 2
    halves = [
        shapely.box(low[0], low[1], middle, high[1]),
        shapely.box(middle, low[1], high[0], high[1]),
    ]
    frame(folder / "districts.gpkg", halves, code=["west", "east"], name=["West", "East"])
    frame(folder / "rail.gpkg", [shapely.LineString([low + RAIL_M, high - RAIL_M])])
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder


def points(path: Path, xy: np.ndarray, **columns: Any) -> None:
    ids = [f"{path.stem}{i}" for i in range(len(xy))]
    frame(path, gpd.points_from_xy(*xy.T), id=ids, **columns)


def frame(path: Path, shapes: Any, **columns: Any) -> None:
    gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS).to_file(path)


def found(folder: Path) -> dict[str, Any]:
    """What a run finds, as text or bytes."""
    results = Study.open(folder).run().results
    service = results.services["clinic"]
    assert service.siting is not None
    assert service.covers is not None
    summary = summary_dict(results)
    summary["services"]["clinic"]["siting"].pop("seconds")
    return {
        "summary": json.dumps(summary, ensure_ascii=False),
        "gaps": service.gaps.to_wkb().to_csv(),
        "reach": service.reach.to_wkb().to_csv(),
        "reach of each": service.site_reach.to_wkb().to_csv(),
        "curve": service.siting.curve.to_csv(),
        "draws": service.siting.robustness.draws.to_csv(),
        "covers": service.covers.cover.toarray().tobytes(),
        "notes": service.siting.notes,
    }


@pytest.fixture(scope="module")
def untiled(town: Path) -> dict[str, Any]:
    return found(town)


@pytest.mark.parametrize("edges", [1000, 120, 17])
def test_tiled_is_untiled(
    town: Path, untiled: dict[str, Any], edges: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edge_tiles, "MOST_EDGES", 0)
    monkeypatch.setattr(edge_tiles, "TILE_EDGES", edges)
    monkeypatch.setattr(street_points, "MOST_EDGES", edges)
    monkeypatch.setattr(reach_areas, "_CALL_PAIRS", 50 * edges)
    monkeypatch.setattr(candidates, "_MEETINGS", float(edges))
    monkeypatch.setattr(streets, "_HULL_POINTS", 3 + edges)
    cut = edge_tiles.tiles(Network.load(town / "streets.zip"), edges)
    assert (len(cut) > 1) == (edges < 1000)
    queries: list[int] = []

    def spread(count: int, tile: Callable[[int], CostTile]) -> Iterator[tuple[int, TileCosts]]:
        """Costs, too, as a cluster works them out; the last tile comes first."""
        queries.append(count)
        for k in reversed(range(count)):
            yield k, tile_costs(tile(k))

    monkeypatch.setattr(run, "Context", partial(Context, spread=spread))
    monkeypatch.setattr(assess_service, "TILE_EDGES", edges)
    monkeypatch.setattr(cost_tiles, "LEAST_SITES", 0)
    tiled = found(town)
    assert len(queries) >= 3
    assert min(queries) >= len(cut) / 2
    for name, content in untiled.items():
        assert tiled[name] == content, name


def test_more_candidates_than_asked_for_are_told(untiled: dict[str, Any]) -> None:
    [note] = [text for text in untiled["notes"] if "max_candidates" in text]
    assert "more than the 9 of max_candidates" in note
