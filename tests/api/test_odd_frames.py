"""Every public function on frames as people bring them: an answer, or an error raised on purpose.

Empty frames, no rows with a place, NaN and infinite coordinates, wrong or no CRS, labels twice,
mixed or hierarchical labels, columns of objects, heights, geometry of every kind. What comes in is
never changed.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from shapely.geometry import (
    GeometryCollection,
    LineString,
    MultiLineString,
    MultiPoint,
    Point,
    box,
)

import geoplan as gp
from geoplan.errors import GeoplanError, UsageError
from geoplan.study.example import CRS, X, Y
from tests.fuzz.town import streets

RUNS = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
CRSES = st.sampled_from([CRS, CRS, CRS, CRS, None, "EPSG:4326", "EPSG:3857", "EPSG:2263"])
NUMBERS = st.sampled_from(
    [
        0,
        0.0,
        1,
        5.5,
        100,
        -1,
        -0.0,
        math.nan,
        math.inf,
        -math.inf,
        1e300,
        1e-300,
        None,
        "7",
        "x",
        True,
    ]
)
COORDINATES = st.sampled_from([0.0, 10.0, 400.0, 777.7, -5000.0, 1e7, math.nan, math.inf, 1e300])


@st.composite
def shapes(draw: Any, kinds: str = "any") -> Any:
    """A geometry near the town, mostly; of `kinds` ``"points"``, ``"lines"`` or any."""
    x, y = X + draw(COORDINATES), Y + draw(COORDINATES)
    a, b = X + draw(COORDINATES), Y + draw(COORDINATES)
    points = [
        lambda: Point(x, y),
        lambda: Point(x, y),
        lambda: Point(x, y),
        lambda: Point(x, y, 12.0),
        lambda: Point(),
        lambda: None,
        lambda: MultiPoint([(x, y), (a, b)]),
    ]
    lines = [
        lambda: LineString([(x, y), (a, b)]),
        lambda: LineString([(x, y), (a, b)]),
        lambda: LineString([(x, y, 3.0), (a, b, math.nan)]),
        lambda: LineString([(x, y), (x, y)]),
        lambda: LineString(),
        lambda: None,
        lambda: MultiLineString([[(x, y), (a, b)], [(a, b), (x, y + 1)]]),
    ]
    other = [
        lambda: box(*np.nan_to_num([x, y, x + 9, y + 9], posinf=1e6)),
        lambda: GeometryCollection([Point(x, y), LineString([(x, y), (a, b)])]),
        lambda: GeometryCollection(),
    ]
    choice = {"points": points, "lines": lines}.get(kinds, points) + other[
        : draw(st.integers(0, 3))
    ]
    if kinds == "any":
        choice = points + lines + other
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shapely's, about the NaN that is meant
        return draw(st.sampled_from(choice))()


@st.composite
def labels(draw: Any, size: int) -> pd.Index:
    """An index of `size` as frames have them after filters, joins and readings."""
    kind = draw(
        st.sampled_from(["range", "text", "twice", "mixed", "nan", "levels", "times", "floats"])
    )
    if kind == "range":
        return pd.RangeIndex(size)
    if kind == "text":
        return pd.Index([f"C{k}" for k in range(size)], name="code")
    if kind == "twice":
        return pd.Index([k // 2 for k in range(size)])
    if kind == "mixed":
        return pd.Index([k if k % 2 else str(k) for k in range(size)], dtype=object)
    if kind == "nan":
        return pd.Index([math.nan if k == 1 else float(k) for k in range(size)])
    if kind == "levels":
        return pd.MultiIndex.from_arrays([[k % 2 for k in range(size)], list(range(size))])
    if kind == "times":
        return pd.date_range("2024-01-01", periods=size)
    return pd.Index([k + 0.5 for k in range(size)])


@st.composite
def layers(draw: Any, kinds: str) -> gpd.GeoDataFrame:
    """A layer with a column of people, of whatever type."""
    size = draw(st.integers(0, 5))
    crs = draw(CRSES)
    geometry = gpd.GeoSeries([draw(shapes(kinds)) for _ in range(size)], crs=crs)
    people = [draw(NUMBERS) for _ in range(size)]
    frame = gpd.GeoDataFrame(
        {"people": pd.Series(people, dtype=object)}, geometry=geometry, crs=crs
    )
    frame.index = draw(labels(size))
    return frame if draw(st.booleans()) else frame.geometry


@pytest.fixture(scope="module")
def network() -> gp.Network:
    return gp.Network.from_lines(streets(), mode="walk")


def answered(call: Callable[[], Any], *given_in: Any) -> Any:
    """What the call gives, None where it refuses on purpose; what came in is as it was."""
    before = [one.copy() if hasattr(one, "copy") else one for one in given_in]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            found = call()
    except GeoplanError as error:
        found, told = None, str(error).strip()
    else:
        told = "an answer"
    assert told
    for was, now in zip(before, given_in, strict=True):
        if isinstance(was, pd.DataFrame | pd.Series):
            assert was.index.equals(now.index)
            assert was.equals(now)
    return found


@RUNS
@given(demand=layers("points"), sites=layers("points"), cutoff=st.sampled_from([None, 0, 500, 1e9]))
def test_nearest_site(network, demand, sites, cutoff):
    found = answered(
        lambda: gp.nearest_site(network, demand, sites, cutoff_m=cutoff), demand, sites
    )
    if found is not None:
        assert found.index.equals(demand.index)
        assert set(found["reason"]) <= {"", "cut_off", "beyond", "off_network", "unlocated"}
        assert (found["cost_m"].isna() == found["site"].isna()).all()
        assert not (found["cost_m"] < 0).any()


@RUNS
@given(demand=layers("any"), sites=layers("points"), cutoff=st.sampled_from([None, 0, 500, 1e9]))
def test_travel_costs(network, demand, sites, cutoff):
    found = answered(
        lambda: gp.travel_costs(network, demand, sites, cutoff_m=cutoff), demand, sites
    )
    if found is not None:
        assert found.matrix.shape == (len(demand), len(sites))
        assert np.isfinite(found.matrix.data).all()
        assert (found.matrix.data >= 0).all()


@settings(RUNS, max_examples=15)
@given(sites=layers("points"), cutoff=st.sampled_from([0, 1, 300.0, math.nan, -5, 1e6]))
def test_reach_areas(network, sites, cutoff):
    found = answered(lambda: gp.reach_areas(network, sites, cutoffs_m=[cutoff]), sites)
    if found is not None:
        shape = found.geometry.dropna()
        assert shape.is_valid.all()
        assert np.isfinite(shape.total_bounds).all() or shape.is_empty.all()


@RUNS
@given(lines=layers("lines"), mode=st.sampled_from(["walk", "drive"]))
def test_network_from_lines(lines, mode):
    found = answered(lambda: gp.Network.from_lines(lines, mode=mode), lines)
    if found is not None:
        assert np.isfinite(found.length_m).all()
        assert (found.length_m >= 0).all()


@RUNS
@given(nodes=layers("points"), data=st.data())
def test_network_from_edges(nodes, data):
    size = data.draw(st.integers(0, 4))
    ends = st.sampled_from([*nodes.index.tolist(), 0, "x", None, math.nan])
    edges = pd.DataFrame(
        {
            "u": pd.Series([data.draw(ends) for _ in range(size)], dtype=object),
            "v": pd.Series([data.draw(ends) for _ in range(size)], dtype=object),
            "length_m": pd.Series([data.draw(NUMBERS) for _ in range(size)], dtype=object),
        }
    )
    if data.draw(st.booleans()):
        edges["oneway"] = pd.Series([data.draw(NUMBERS) for _ in range(size)], dtype=object)
    if data.draw(st.booleans()):
        edges["geometry"] = [data.draw(shapes("lines")) for _ in range(size)]
    found = answered(lambda: gp.Network.from_edges(nodes, edges, mode="walk"), nodes, edges)
    if found is not None:
        assert np.isfinite(found.length_m).all()


@RUNS
@given(
    lines=layers("lines"), markers=layers("points"), spacing=st.sampled_from([500, 0, 1e-9, 1e9])
)
def test_spacing_coverage(lines, markers, spacing):
    found = answered(
        lambda: gp.spacing_coverage(lines, markers, max_spacing_m=spacing), lines, markers
    )
    if found is not None:
        assert found.covered_m <= found.total_m + 1e-6


@settings(RUNS, max_examples=15)
@given(lines=layers("lines"), markers=layers("points"))
def test_suggest_markers(lines, markers):
    # no marker for every millimetre of a line that is as long as the earth's way to the sun
    short = [s is None or s.is_empty or not s.length > 1e5 for s in lines.geometry]
    near = lines[pd.Series(short, index=lines.index, dtype=bool).to_numpy()]
    answered(lambda: gp.suggest_markers(near, markers), near, markers)


TABLES = st.integers(0, 4).flatmap(
    lambda rows: st.integers(0, 4).flatmap(
        lambda columns: st.lists(
            st.lists(NUMBERS, min_size=columns, max_size=columns), min_size=rows, max_size=rows
        )
    )
)


@RUNS
@given(table=TABLES, data=st.data())
def test_siting_problems(table, data):
    costs = pd.DataFrame(table, dtype=object)
    costs.index = data.draw(labels(len(costs)))
    costs.columns = data.draw(labels(costs.shape[1]))
    people = pd.Series([data.draw(NUMBERS) for _ in costs.index], index=costs.index, dtype=object)
    threshold = data.draw(st.sampled_from([None, 1000, 0, 5, math.nan, -1, math.inf]))
    problem = answered(
        lambda: gp.SitingProblem.from_costs(costs, people, threshold=threshold), costs, people
    )
    answered(
        lambda: gp.floating_catchment(costs, people, [1.0] * costs.shape[1], catchment=5), costs
    )
    answered(lambda: gp.SitingProblem.from_cover(costs, people), costs, people)
    if problem is None:
        return
    sites = data.draw(st.sampled_from([0, 1, 2, 9, -1, 1.5, None, math.nan, True]))
    for solve in (gp.max_coverage, gp.p_median, gp.p_center):
        found = answered(lambda solve=solve: solve(problem, sites=sites))
        if found is not None and found.status == "optimal":
            assert math.isfinite(found.value)
    share = data.draw(st.sampled_from([1.0, 0.5, 0, 2, math.nan]))
    answered(lambda: gp.min_sites(problem, share=share))
    answered(lambda: gp.coverage_curve(problem, sites=range(3)))


@RUNS
@given(
    points=st.one_of(
        layers("points").map(lambda frame: frame.geometry),
        st.tuples(NUMBERS, NUMBERS),
        st.lists(st.tuples(NUMBERS, NUMBERS), max_size=3),
        st.sampled_from([None, "x", [], (), np.zeros((0, 2)), np.zeros((2, 3)), np.nan, {}]),
    ),
    datum=st.sampled_from(["gcj02", "bd09", "wgs84", "cgcs2000", "x", "", None]),
)
def test_datums(points, datum):
    for convert in (gp.to_wgs84, gp.from_wgs84):
        answered(lambda convert=convert: convert(points, datum), points)


@settings(RUNS, max_examples=25)
@given(
    value=st.one_of(NUMBERS, st.lists(NUMBERS, max_size=2), st.dictionaries(st.text(), NUMBERS)),
    name=st.sampled_from(["cutoff_m", "cutoff_min", "max_snap_m"]),
)
def test_options_of_any_type(network, value, name):
    at = gpd.GeoSeries([Point(X, Y)], crs=CRS)
    answered(lambda: gp.travel_costs(network, at, at, **{name: value}), at)


@pytest.mark.parametrize(
    "points", [[("x", 36.6)], ("117", "north"), (117.0,), ([1, 2], [1, 2, 3]), "117,36", None]
)
def test_a_datum_needs_numbers_in_pairs(points):
    with pytest.raises(UsageError):
        gp.to_wgs84(points, "gcj02")


@pytest.mark.parametrize("costs", [[["far"]], pd.DataFrame([["far"]])])
def test_floating_catchments_need_numbers(costs):
    with pytest.raises(UsageError, match="costs must be numbers"):
        gp.floating_catchment(costs, [1], [1])
    with pytest.raises(UsageError, match="supply must be numbers"):
        gp.floating_catchment([[1.0]], [1], ["many"])


def test_an_empty_marker_is_no_marker():
    line = gpd.GeoSeries([LineString([(X, Y), (X + 1000, Y)])], crs=CRS)
    markers = gpd.GeoSeries([Point(X + 500, Y), Point(), None], crs=CRS)
    assert gp.spacing_coverage(line, markers).covered_m == 1000
