"""Arguments of a wrong kind end in geoplan's own error, in words of either language.

A table of calls that work; each argument in turn is None, text, a number, a list, another class, an
empty frame, a frame without the column, in degrees, without a CRS, NaN or negative. A call may
still give an answer where the value makes sense; what it raises is always a `GeoplanError`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString, Point

import geoplan as gp
from geoplan.errors import GeoplanError
from geoplan.siting import explain_sites
from geoplan.study import example_study
from geoplan.study.example import CRS, X, Y
from tests.fuzz.town import streets


class Other:
    """A class of somebody else."""


def wrong_values() -> dict[str, Any]:
    """What people hand over by mistake, by what it is."""
    points = gpd.GeoDataFrame(
        {"people": [1.0]}, geometry=gpd.points_from_xy([X], [Y]), crs=CRS, index=["a"]
    )
    return {
        "None": None,
        "text": "x",
        "empty text": "",
        "bytes": b"x",
        "number": 3,
        "negative": -7,
        "NaN": math.nan,
        "infinite": math.inf,
        "True": True,
        "list": [1, "x", None],
        "no list": [],
        "dict": {"a": 1},
        "object": Other(),
        "class": Other,
        "function": len,
        "date": date(2025, 1, 1),
        "array": np.zeros((2, 2, 2)),
        "objects": np.array([Other(), None], object),
        "dates": pd.Series(pd.to_datetime(["2025-01-01"])),
        "no rows": points.iloc[:0],
        "empty": pd.DataFrame(),
        "no geometry": pd.DataFrame({"people": [1.0]}),
        "empty frame of places": gpd.GeoDataFrame(),
        "no places": gpd.GeoSeries([], crs=CRS),
        "places": points,
        "no CRS": points.set_crs(None, allow_override=True),
        "degrees": points.to_crs("EPSG:4326"),
        "web": points.to_crs("EPSG:3857"),
        "null places": gpd.GeoSeries([None, Point()], crs=CRS),
        "NaN places": gpd.GeoSeries([Point(math.nan, 1)], crs=CRS),
        "lines": gpd.GeoSeries([LineString([(X, Y), (X + 90, Y)])], crs=CRS),
    }


WRONG = list(wrong_values())


@pytest.fixture(scope="module")
def calls() -> dict[str, tuple[Any, dict[str, Any]]]:
    """A call that works by name of what is called: the function, and its arguments."""
    network = gp.Network.from_lines(streets(), mode="walk")
    points = wrong_values()["places"]
    costs = gp.travel_costs(network, points, points, cutoff_m=900)
    cover = np.eye(3, dtype=bool)
    weights = pd.Series([5.0, 6.0, 7.0])
    problem = gp.SitingProblem.from_cover(cover, weights, site_costs=[1.0, 2.0, 3.0])
    result = gp.max_coverage(problem, sites=2)
    nodes = gpd.GeoDataFrame(geometry=gpd.points_from_xy([X, X + 90], [Y, Y]), crs=CRS)
    edges = pd.DataFrame({"u": [0], "v": [1], "length_m": [90.0]})
    lines = wrong_values()["lines"]
    in_time = gp.ProgrammeProblem.of(problem, years=[2025, 2026], max_works=1)
    median = gp.SitingProblem.from_costs(np.array([[1.0, 2.0], [3.0, 1.0]]), [5.0, 6.0])
    study = example_study()
    plan = study.run()
    travel = {"network": network, "demand": points, "sites": points}
    limits = {"budget": None, "min_sites_per_area": None, "min_share_per_area": None}
    more = {"time_limit_s": 9.0, "gap": 0.0, "seed": 0, "request": gp.SolveRequest()}
    stops = gpd.GeoDataFrame(
        {"line": ["1", "1"], "order": [1, 2], "name": ["a", "b"]},
        geometry=gpd.points_from_xy([X, X + 90], [Y, Y]),
        crs=CRS,
    )
    bus = pd.DataFrame({"line": ["1"], "headway": [10.0], "first": ["06:00"], "last": ["22:00"]})
    return {
        "nearest_site": (gp.nearest_site, {**travel, "cutoff_m": 900.0, "max_snap_m": 500.0}),
        "travel_costs": (gp.travel_costs, {**travel, "cutoff_m": 900.0, "max_snap_m": 500.0}),
        "reach_areas": (
            gp.reach_areas,
            {"network": network, "sites": points, "cutoffs_m": [300.0], "width_m": 30.0},
        ),
        "Network.from_lines": (gp.Network.from_lines, {"lines": streets(), "mode": "walk"}),
        "Network.from_edges": (
            gp.Network.from_edges,
            {"nodes": nodes, "edges": edges, "mode": "walk", "speed_m_s": 1.0},
        ),
        "Network.from_graph": (gp.Network.from_graph, {"graph": _graph(), "mode": "walk"}),
        "Network.from_osm": (gp.Network.from_osm, {"path": "no.osm", "mode": "walk", "crs": CRS}),
        "Network.from_graphml": (gp.Network.from_graphml, {"path": "no.graphml", "mode": "walk"}),
        "Network.load": (gp.Network.load, {"path": "no.geoplan"}),
        "Network.save": (network.save, {"path": ""}),
        "TransitNetwork.from_gtfs": (
            gp.TransitNetwork.from_gtfs,
            {"paths": "no.zip", "walk": network, "date": "2025-05-13"},
        ),
        "TransitNetwork.from_lines": (
            gp.TransitNetwork.from_lines,
            {"lines": bus, "stops": stops, "walk": network},
        ),
        "SitingProblem.from_cover": (
            gp.SitingProblem.from_cover,
            {
                **{"cover": cover, "weights": weights, "fixed": [0], "forbidden": [1]},
                **{"site_costs": [1.0] * 3, "capacities": [9.0] * 3},
                **{"demand_index": [0, 1, 2], "site_index": [0, 1, 2]},
                **{"areas": ["a"] * 3, "site_areas": ["a"] * 3, "conflicts": [], "closable": []},
            },
        ),
        "SitingProblem.from_costs": (
            gp.SitingProblem.from_costs,
            {"costs": costs, "weights": [1.0], "threshold": 900.0, "fixed": ["a"]},
        ),
        "max_coverage": (gp.max_coverage, {"problem": problem, "sites": 2, **limits, **more}),
        "min_sites": (gp.min_sites, {"problem": problem, "share": 0.5, **more}),
        "min_cost": (gp.min_cost, {"problem": problem, "share": 0.5, **more}),
        "p_median": (gp.p_median, {"problem": median, "sites": 1, "split": True, **more}),
        "p_center": (gp.p_center, {"problem": median, "sites": 1, **more}),
        "coverage_curve": (gp.coverage_curve, {"problem": problem, "sites": range(3), **more}),
        "ProgrammeProblem.of": (
            gp.ProgrammeProblem.of,
            {
                **{"base": problem, "years": [2025, 2026], "max_works": 1, "weights": None},
                **{"actions": None, "budgets": (), "targets": (), "opening": {}, "levels": {}},
                **{"year_lengths": None, "spend_shares": (), "capacities": None},
            },
        ),
        "programme": (gp.programme, {"problem": in_time, "objective": "person_years"}),
        "SolveRequest": (gp.SolveRequest, {"time_limit_s": 9.0, "gap": 0.0, "seed": 0}),
        "floating_catchment": (
            gp.floating_catchment,
            {
                **{"costs": np.ones((2, 2)), "demand_weights": [1.0, 2.0], "supply": [1.0, 1.0]},
                **{"method": "2sfca", "catchment": 5.0, "per": 1.0},
            },
        ),
        "spacing_coverage": (
            gp.spacing_coverage,
            {"lines": lines, "markers": points, "max_spacing_m": 50.0, "tolerance_m": 5.0},
        ),
        "suggest_markers": (
            gp.suggest_markers,
            {"lines": lines, "markers": points, "max_spacing_m": 50.0, "tolerance_m": 5.0},
        ),
        "to_wgs84": (gp.to_wgs84, {"points": (117.0, 36.6), "datum": "gcj02"}),
        "from_wgs84": (gp.from_wgs84, {"points": (117.0, 36.6), "datum": "bd09"}),
        "explain_sites": (explain_sites, {"problem": problem, "result": result}),
        "Study.open": (gp.Study.open, {"where": "no/study"}),
        "Study.replace": (study.replace, {"changes": {"study.name": "x"}}),
        "Study.overlay": (study.overlay, {"path": "no.toml"}),
        "Study.robustness": (study.robustness, {"service": "no_service"}),
        "Plan.map": (plan.map, {"service": "meal_station"}),
        "Plan.table": (plan.table, {"name": "gaps"}),
        "Plan.in_language": (plan.in_language, {"lang": "zh"}),
    }


def _graph() -> Any:
    import networkx as nx

    graph = nx.MultiDiGraph(crs=CRS)
    graph.add_node(0, x=X, y=Y)
    graph.add_node(1, x=X + 90, y=Y)
    graph.add_edge(0, 1, length=90.0)
    return graph


def trials(given: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each argument in turn with every wrong value."""
    for name in given:
        for kind, value in wrong_values().items():
            yield f"{name}={kind}", {**given, name: value}


def unexpected(call: Any, given: dict[str, Any]) -> str:
    """What comes out that geoplan did not raise on purpose; "" for an answer or its own error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.simplefilter("ignore", RuntimeWarning)
            call(**given)
    except GeoplanError as error:
        told = error.message("zh"), error.message("en")
        ours = "study" in call.__module__  # a study's methods speak the study's language
        if not all(told) or (told[0] == told[1] and not ours):
            return f"in one language: {told}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:150]
    return ""


NAMES = [
    *("nearest_site", "travel_costs", "reach_areas", "Network.from_lines", "Network.from_edges"),
    *("Network.from_graph", "Network.from_osm", "Network.from_graphml", "Network.load"),
    *("Network.save", "TransitNetwork.from_gtfs", "TransitNetwork.from_lines"),
    *("SitingProblem.from_cover", "SitingProblem.from_costs", "max_coverage", "min_sites"),
    *("min_cost", "p_median", "p_center", "coverage_curve", "ProgrammeProblem.of", "programme"),
    *("SolveRequest", "floating_catchment", "spacing_coverage", "suggest_markers", "to_wgs84"),
    *("from_wgs84", "explain_sites", "Study.open", "Study.replace", "Study.overlay"),
    *("Study.robustness", "Plan.map", "Plan.table", "Plan.in_language"),
]


@pytest.mark.parametrize("name", NAMES)
def test_wrong_kinds_end_in_words(calls, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    call, given = calls[name]
    found = {what: told for what, one in trials(given) if (told := unexpected(call, one))}
    assert found == {}


def test_every_public_function_is_tried(calls):
    tried = {name.split(".")[0] for name in calls}
    values = {"SitingResult", "TravelCosts"}  # made by geoplan alone
    assert set(gp.__all__) - tried == values
    assert list(calls) == NAMES


def test_a_fault_names_the_function_as_it_is_called_and_the_value_as_it_is_written():
    with pytest.raises(GeoplanError, match=r"ProgrammeProblem\.of\(\)"):
        gp.siting.ProgrammeProblem.of(None, years=[2025])
    with pytest.raises(GeoplanError, match=r"2\.5(?!\))") as found:
        gp.siting.max_coverage(np.float64(2.5), sites=1)
    assert "np.float64" not in str(found.value)
    with pytest.raises(GeoplanError) as found:
        gp.siting.max_coverage(int, sites=1)
    assert "the class" not in str(found.value)
