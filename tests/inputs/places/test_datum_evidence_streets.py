"""A wrong datum is noticed by the streets; honest files and files that say nothing are left alone.

The city is made up and its truth is known: streets in blocks of 120 to 420 m, sites beside them.
"""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from shapely.geometry import LineString, box

from geoplan.crs import from_wgs84, to_wgs84
from geoplan.errors import GeographicCrsError
from geoplan.inputs import LayerSource, Streets, read_demand, read_facilities
from geoplan.inputs.layers import AreaLayer
from geoplan.inputs.location.datum.street_evidence import READINGS, small_shift, street_evidence
from tests.inputs.places.town import CRS, SIDE, X, Y, street_lines

TO = pyproj.Transformer.from_crs(4326, CRS, always_xy=True)
BACK = pyproj.Transformer.from_crs(CRS, 4326, always_xy=True)
#: what an office would have to do to WGS 84 to arrive at the file, the inverse of each reading
MADE = {
    "wgs84": lambda p: p,
    "gcj02": lambda p: from_wgs84(p, "gcj02"),
    "bd09": lambda p: from_wgs84(p, "bd09"),
    "bd09_taken_for_gcj02": lambda p: to_wgs84(from_wgs84(p, "bd09"), "gcj02"),
    "gcj02_taken_for_bd09": lambda p: to_wgs84(from_wgs84(p, "gcj02"), "bd09"),
    "wgs84_taken_for_gcj02": lambda p: to_wgs84(p, "gcj02"),
    "wgs84_taken_for_bd09": lambda p: to_wgs84(p, "bd09"),
    "bd09_by_constants": lambda p: _less(from_wgs84(p, "bd09")),
    "bd09_by_constants_converted": lambda p: to_wgs84(_less(from_wgs84(p, "bd09")), "gcj02"),
}


def _less(p):
    return p[0] - 0.0065, p[1] - 0.006


@cache
def town() -> tuple[np.ndarray, Streets]:
    lines = street_lines(bend=30)
    return np.array(lines, object), Streets(gpd.GeoSeries(lines, crs=CRS))


def sites(count: int, seed: int, *, off=(2.0, 20.0), anywhere=False) -> tuple:
    """Points beside the streets, `off` metres from them in any direction; or anywhere in town."""
    rng = np.random.default_rng(seed)
    if anywhere:
        return X + rng.uniform(0, SIDE, count), Y + rng.uniform(0, SIDE, count)
    lines, _ = town()
    on = shapely.line_interpolate_point(
        lines[rng.integers(0, len(lines), count)], rng.uniform(0, 700, count)
    )
    turn, far = rng.uniform(0, 2 * np.pi, count), rng.uniform(*off, count)
    return shapely.get_x(on) + far * np.cos(turn), shapely.get_y(on) + far * np.sin(turn)


def write(path, degrees, **columns):
    table = {"名称": [f"站{k}" for k in range(len(degrees[0]))], **columns}
    pd.DataFrame({**table, "经度": degrees[0], "纬度": degrees[1]}).to_csv(path, index=False)
    return path


def read(path, lang="en", areas=None, **options):
    source = LayerSource(path=path, **options)
    return read_facilities(source, key="x", crs=CRS, areas=areas, streets=town()[1], lang=lang)


def datum_codes(one):
    known = ("datum", "shifted", "areas_doubt")
    return {f.code: f for f in one.findings if f.code.startswith(known)}


# -- distances against brute force ----------------------------------------------------------------


def test_distances_agree_with_every_street_measured():
    lines, streets = town()
    x, y = sites(50, 1, anywhere=True)
    brute = shapely.distance(shapely.points(x, y)[:, None], lines[None, :]).min(axis=1)
    x[0], y[1] = X - 5_000, np.nan
    found = streets.distances(x, y)
    assert found[0] == np.inf
    assert found[1] == np.inf
    assert found[2:] == pytest.approx(np.where(brute[2:] <= 500, brute[2:], np.inf))


def test_the_lattice_agrees_with_every_street_measured():
    lines, streets = town()
    x, y = sites(4, 2)
    found = streets.distance_lattice(x, y, reach_m=100.0, step_m=5.0)
    steps = np.arange(-20, 21) * 5.0
    for i in range(4):
        east, north = np.meshgrid(x[i] + steps, y[i] - steps)
        exact = streets.distances(east.ravel(), north.ravel()).reshape(east.shape)
        near = exact < 100
        assert np.abs(found[i] - exact)[near].max() < 8.0
    assert len(lines) == len(streets)


def test_streets_must_be_in_metres():
    with pytest.raises(GeographicCrsError):
        Streets(gpd.GeoSeries([LineString([(117, 36), (117, 37)])], crs=4326))


# -- what is right and what is wrong --------------------------------------------------------------


@pytest.mark.parametrize("true", list(MADE))
def test_every_reading_is_found_from_its_own_points(true):
    lon, lat = MADE[true](BACK.transform(*sites(150, 3)))
    x, y = TO.transform(*READINGS[true](lon, lat))
    assert np.hypot(*(np.array([x, y]) - sites(150, 3))).max() < 0.01  # MADE is the inverse
    found = street_evidence(np.asarray(lon), np.asarray(lat), town()[1])
    assert found.best == true
    assert not found.refutes(true)
    assert all(found.refutes(other) for other in ("wgs84", "gcj02", "bd09") if other != true)


@pytest.mark.parametrize("true", ["wgs84", "gcj02", "bd09"])
@pytest.mark.parametrize("said", ["wgs84", "gcj02", "bd09", "cgcs2000"])
def test_only_a_wrong_datum_is_doubted(tmp_path, true, said):
    right = sites(60, 4)
    one = read(write(tmp_path / "s.csv", MADE[true](BACK.transform(*right))), datum=said)
    doubts = datum_codes(one)
    if true == ("wgs84" if said == "cgcs2000" else said):
        assert doubts == {}
        return
    assert set(doubts) == {"datum_streets"}
    assert f'datum = "{true}"' in doubts["datum_streets"].advice
    off = np.array(one.layer.frame.geometry.get_coordinates().T - np.array(right)).mean(axis=1)
    metres = int(doubts["datum_streets"].problem.split(" m ")[0].split()[-1].replace(",", ""))
    assert metres == pytest.approx(np.hypot(*off), abs=10)
    assert "(sure)" in doubts["datum_streets"].problem
    towards = ("north" if off[1] > 0 else "south", "east" if off[0] > 0 else "west")
    assert any(t in doubts["datum_streets"].problem.split(" m ")[1] for t in towards)


@pytest.mark.parametrize(
    ("made", "said", "words"),
    [
        ("bd09_taken_for_gcj02", "wgs84", "BD-09 coordinates that were converted as if"),
        ("wgs84_taken_for_gcj02", "wgs84", "WGS 84 coordinates that were converted as if"),
        ("bd09_by_constants", "gcj02", "taking off constants"),
        ("bd09_by_constants_converted", "wgs84", "taking off constants"),
    ],
)
def test_half_conversions_are_noticed(tmp_path, made, said, words):
    one = read(write(tmp_path / "s.csv", MADE[made](BACK.transform(*sites(250, 5)))), datum=said)
    doubts = datum_codes(one)
    assert set(doubts) == {"datum_made"}
    assert words in doubts["datum_made"].problem
    assert "as they were before" in doubts["datum_made"].advice


@pytest.mark.parametrize(("east", "north", "words"), [(0, 37, "north"), (-26, -26, "south-west")])
@pytest.mark.parametrize("metres", [False, True])
def test_a_small_shift_of_all_points_is_reported(tmp_path, east, north, words, metres):
    x, y = sites(80, 6)
    x, y = x + east, y + north
    path = tmp_path / "s.csv"
    if metres:
        one = read(write(path, (x, y)), crs=CRS)
    else:
        one = read(write(path, MADE["gcj02"](BACK.transform(x, y))), datum="gcj02")
    doubts = datum_codes(one)
    assert set(doubts) == {"shifted"}
    told = doubts["shifted"].problem.split("some ")[1].split(" m ")
    assert int(told[0]) == pytest.approx(np.hypot(east, north), abs=7)
    assert told[1].split()[0] == words


def test_degrees_that_were_projected_as_they_stood_are_noticed(tmp_path):
    x, y = TO.transform(*MADE["gcj02"](BACK.transform(*sites(80, 7))))
    doubts = datum_codes(read(write(tmp_path / "s.csv", (x, y)), crs=CRS))
    assert set(doubts) == {"datum_projected"}
    assert "GCJ02 degrees" in doubts["datum_projected"].problem


def test_people_tables_are_compared_too(tmp_path):
    path = write(tmp_path / "s.csv", MADE["bd09"](BACK.transform(*sites(80, 8))), 人口=[5] * 80)
    source = LayerSource(path=path, datum="gcj02")
    one = read_demand(source, key="d", crs=CRS, streets=town()[1], weight="人口", lang="zh")
    assert one.layer.total == 400
    (finding,) = one.findings
    assert 'datum = "bd09"' in finding.advice
    assert "偏" in finding.problem


# -- undeclared ------------------------------------------------------------------------------------


@pytest.mark.parametrize("true", ["wgs84", "gcj02", "bd09"])
def test_an_undeclared_datum_is_asked_for_with_evidence(tmp_path, true):
    one = read(write(tmp_path / "s.csv", MADE[true](BACK.transform(*sites(60, 9)))))
    assert one.layer is None
    (finding,) = one.findings
    assert f'surely datum = "{true}"' in finding.problem
    assert ("the points as they stand lie" in finding.problem) == (true != "wgs84")
    zh = read(write(tmp_path / "s.csv", MADE[true](BACK.transform(*sites(60, 9)))), lang="zh")
    assert f'可以确定是 datum = "{true}"' in zh.findings[0].problem


def test_a_half_conversion_without_a_datum_fits_none_of_them(tmp_path):
    degrees = MADE["bd09_taken_for_gcj02"](BACK.transform(*sites(80, 10)))
    (finding,) = read(write(tmp_path / "s.csv", degrees)).findings
    assert "none of them fits" in finding.problem
    assert "BD-09 coordinates that were converted as if they were GCJ-02" in finding.problem


def test_too_little_evidence_is_reported_as_such(tmp_path):
    degrees = MADE["gcj02"](BACK.transform(*sites(60, 11, anywhere=True)))
    (finding,) = read(write(tmp_path / "s.csv", degrees)).findings
    assert "nothing can be told" in finding.problem
    degrees = MADE["gcj02"](BACK.transform(*sites(8, 12)))
    (finding,) = read(write(tmp_path / "s.csv", degrees)).findings
    assert "Too few" in finding.problem


# -- honest files ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("anywhere", "off"), [(False, (2.0, 20.0)), (False, (10.0, 70.0)), (True, (0.0, 0.0))]
)
def test_honest_files_are_left_alone(anywhere, off):
    """Sites at the kerb, behind the houses, and such that have nothing to do with streets."""
    for seed in range(60):
        count = (15, 40, 120)[seed % 3]
        x, y = sites(count, 1000 + seed, off=off, anywhere=anywhere)
        true = ("wgs84", "gcj02", "bd09")[seed // 3 % 3]
        lon, lat = map(np.asarray, MADE[true](BACK.transform(x, y)))
        found = street_evidence(lon, lat, town()[1], taken=true)
        assert found is None or not found.refutes(true), seed
        if found is not None and found.verdict(found.best) == "surely":
            assert found.best == true, seed
        if seed % 6 == 1:
            assert small_shift(x, y, town()[1]) is None, seed


def test_many_sites_at_one_crossing_count_once(tmp_path):
    rng = np.random.default_rng(0)
    x, y = X + 5_000 + rng.uniform(0, 90, 200), Y + 5_000 + rng.uniform(0, 90, 200)
    one = read(write(tmp_path / "s.csv", BACK.transform(x, y)), datum="gcj02")
    assert datum_codes(one) == {}


def test_points_beyond_the_network_are_no_evidence(tmp_path):
    x, y = sites(60, 13)
    one = read(write(tmp_path / "s.csv", BACK.transform(x + 2 * SIDE, y)), datum="gcj02")
    assert datum_codes(one) == {}


def test_areas_that_contradict_the_streets_are_doubted_themselves(tmp_path):
    """Outlines from a map website, declared as WGS 84: the outlines are wrong, not the points."""
    x, y = sites(250, 14)
    cells = [(i, j) for i in range(7) for j in range(7)]
    squares = gpd.GeoSeries(
        [
            box(X + i * 2000, Y + j * 2000, X + i * 2000 + 2000, Y + j * 2000 + 2000)
            for i, j in cells
        ],
        crs=CRS,
    )
    shifted = from_wgs84(squares.to_crs(4326), "gcj02").to_crs(CRS)
    frame = gpd.GeoDataFrame(
        {"name": [f"第{i}{j}街道" for i, j in cells], "parent": pd.NA},
        geometry=shifted.to_numpy(),
        index=[f"3701020{i}{j}" for i, j in cells],
        crs=CRS,
    )
    streets = [
        f"第{int((a - X) // 2000)}{int((b - Y) // 2000)}街道" for a, b in zip(x, y, strict=True)
    ]
    path = write(tmp_path / "s.csv", MADE["gcj02"](BACK.transform(x, y)), 街道=streets)
    areas = {"street": AreaLayer(level="street", frame=frame)}
    doubts = datum_codes(read(path, datum="gcj02", areas=areas))
    assert set(doubts) == {"areas_doubt"}
    assert "rather the datum of the outlines" in doubts["areas_doubt"].problem


def test_areas_and_streets_that_disagree_about_an_undeclared_datum_are_reported(tmp_path):
    """Points and outlines both from a map website, and neither says so: the outlines agree."""
    x, y = sites(250, 14)
    lon, lat = map(np.asarray, MADE["gcj02"](BACK.transform(x, y)))
    east, north = TO.transform(lon, lat)
    cells = [(i, j) for i in range(8) for j in range(8)]
    frame = gpd.GeoDataFrame(
        {"name": [f"第{i}{j}街道" for i, j in cells], "parent": pd.NA},
        geometry=[
            box(X + i * 2000, Y + j * 2000, X + i * 2000 + 2000, Y + j * 2000 + 2000)
            for i, j in cells
        ],
        index=[f"3701020{i}{j}" for i, j in cells],
        crs=CRS,
    )
    named = [
        f"第{int((a - X) // 2000)}{int((b - Y) // 2000)}街道"
        for a, b in zip(east, north, strict=True)
    ]
    path = write(tmp_path / "s.csv", (lon, lat), 街道=named)
    (finding,) = read(path, areas={"street": AreaLayer(level="street", frame=frame)}).findings
    assert 'by the areas alone datum = "wgs84", provided that the areas' in finding.problem
    assert 'surely datum = "gcj02", provided that the streets' in finding.problem
    assert "disagree (areas: wgs84, streets: gcj02)" in finding.problem
