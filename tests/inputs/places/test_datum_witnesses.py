"""Who may say "surely": streets and outlines whose own datum is certain, and nobody else.

Every combination of a made-up town: outlines and streets in WGS 84 or drawn from GCJ-02, their
datum said rightly, wrongly or not at all; sites in either. Whoever follows the advice must not end
up with sites half a kilometre off unless somebody has said a wrong datum before.
"""

from __future__ import annotations

import itertools
import re
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import transform
from shapely.geometry import box

from geoplan.crs import from_wgs84
from geoplan.inputs import LayerSource, Streets, read_areas, read_facilities
from geoplan.network import read_network
from tests.inputs.places.town import CRS, X, Y, street_lines

CELL = 2_000.0


def as_datum(shapes, datum):
    """Shapes in the study's CRS as degrees of `datum`, in a layer that calls itself WGS 84."""
    degrees = gpd.GeoSeries(shapes, crs=CRS).to_crs(4326)
    return degrees.map(
        lambda s: transform(s, lambda xy: np.column_stack(from_wgs84((xy[:, 0], xy[:, 1]), datum)))
    )


def datum_codes(one):
    """Codes of the findings about datums."""
    known = ("datum", "areas_doubt", "areas_other", "shifted")
    return {f.code for f in one.findings if f.code.startswith(known)}


@cache
def site_table(datum):
    """300 sites beside the streets, with the cell that they lie in."""
    rng = np.random.default_rng(1)
    lines = street_lines()
    chosen = [lines[k] for k in rng.choice(len(lines), 300, replace=False)]
    points = [line.interpolate(rng.uniform(50, 650)) for line in chosen]
    off = rng.uniform(2, 20, (300, 2))
    x = np.array([p.x for p in points]) + off[:, 0]
    y = np.array([p.y for p in points]) + off[:, 1]
    names = [
        f"第{int((a - X) // CELL)}{int((b - Y) // CELL)}街道" for a, b in zip(x, y, strict=True)
    ]
    degrees = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=CRS).to_crs(4326)
    lon, lat = from_wgs84((degrees.x.to_numpy(), degrees.y.to_numpy()), datum)
    return pd.DataFrame({"名称": "站", "街道": names, "经度": lon, "纬度": lat})


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("town")
    cells = list(itertools.product(range(7), range(7)))
    shapes = [
        box(X + i * CELL, Y + j * CELL, X + (i + 1) * CELL, Y + (j + 1) * CELL) for i, j in cells
    ]
    table = {
        "code": [f"37010{i}{j}" for i, j in cells],
        "name": [f"第{i}{j}街道" for i, j in cells],
    }
    for datum in ("wgs84", "gcj02"):
        gpd.GeoDataFrame(table, geometry=as_datum(shapes, datum), crs=4326).to_file(
            folder / f"areas_{datum}.gpkg"
        )
        gpd.GeoDataFrame(geometry=as_datum(street_lines(), datum), crs=4326).to_file(
            folder / f"streets_{datum}.gpkg"
        )
        site_table(datum).to_csv(folder / f"sites_{datum}.csv", index=False)
    return folder


def areas_of(files, true, said):
    source = LayerSource(path=files / f"areas_{true}.gpkg", datum=said)
    return {"street": read_areas(source, level="street", crs=CRS).layer}


_streets: dict = {}


def streets_of(files, kind):
    """None; certain streets ("osm"); a line layer drawn from GCJ-02 whose datum nobody says."""
    if kind is None:
        return None
    if kind not in _streets:
        true = "wgs84" if kind == "osm" else "gcj02"
        network = read_network(
            files / f"streets_{true}.gpkg",
            mode="walk",
            crs=CRS,
            datum="wgs84" if kind == "osm" else None,
        )
        _streets[kind] = Streets(
            gpd.GeoSeries(network.edge_lines(), crs=CRS),
            datum_said="datum_unsaid" not in network.notes,
        )
    return _streets[kind]


def check(files, sites, said, areas, streets, lang="en"):
    source = LayerSource(path=files / f"sites_{sites}.csv", datum=said)
    return read_facilities(source, key="s", crs=CRS, areas=areas, streets=streets, lang=lang)


CASES = list(
    itertools.product(
        ("wgs84", "gcj02"),  # the sites' true datum
        ("wgs84", "gcj02"),  # the outlines' true datum
        (None, "right"),  # what is said of the outlines
        (None, "osm", "unsaid"),  # streets
    )
)


@pytest.mark.parametrize(("sites", "outlines", "said", "streets"), CASES)
def test_nothing_wrong_is_sure(files, sites, outlines, said, streets):
    areas = areas_of(files, outlines, outlines if said else None)
    assert areas["street"].datum_said == bool(said)
    one = check(files, sites, None, areas, streets_of(files, streets))
    assert one.layer is None
    problem = one.findings[0].problem
    sure = set(re.findall(r'surely datum = "(\w+)"', problem))
    assert sure <= {sites}
    # a certain witness is believed
    assert (sites in sure) == (bool(said) or streets == "osm")
    if not said:
        assert "do not say their own datum" in problem


@pytest.mark.parametrize(("sites", "outlines", "said", "streets"), CASES)
@pytest.mark.parametrize("declared", ["wgs84", "gcj02"])
def test_a_declared_datum_is_still_compared_with_everything(
    files, sites, outlines, said, streets, declared
):
    areas = areas_of(files, outlines, outlines if said else None)
    one = check(files, sites, declared, areas, streets_of(files, streets))
    codes = datum_codes(one)
    wrong = declared != sites
    outlines_wrong = outlines == "gcj02" and not said  # they are taken as WGS 84
    if streets == "osm":
        assert ("datum_streets" in codes) == wrong
    elif streets == "unsaid":  # drawn from GCJ-02: they contradict what is right, but not surely
        told = [f for f in one.findings if f.code in ("datum_streets", "datum_made")]
        assert all("do not say their own datum" in f.problem for f in told)
    by_areas = codes - {"datum_streets", "datum_made", "datum_projected", "shifted"}
    off = {("gcj02", "wgs84"): 1, ("wgs84", "gcj02"): -1}.get((sites, declared), 0)
    if off == int(outlines_wrong):  # both right, or both off alike: only streets can tell
        assert by_areas == set()
    elif said:
        assert by_areas == {"datum_doubt"}
    elif wrong:  # GCJ-02 outlines taken for WGS 84 and sites declared the other way round
        assert by_areas <= {"datum_or_areas", "areas_other"}
        assert by_areas
    elif streets == "osm" and sites == "gcj02":
        assert by_areas == {"areas_doubt"}
    else:  # outlines that nobody vouches for are no reason to change the sites' datum
        assert by_areas == ({"areas_other"} if sites == "wgs84" else {"datum_or_areas"})
    for finding in one.findings:
        if finding.code == "datum_or_areas":
            assert "leave this file's datum as it is" in finding.advice


def test_advice_that_was_obeyed_does_not_end_the_comparison(files):
    """Outlines and sites both GCJ-02, both called WGS 84 as the old advice had it: streets tell."""
    areas = areas_of(files, "gcj02", "wgs84")  # said wrongly
    one = check(files, "gcj02", "wgs84", areas, streets_of(files, "osm"))
    assert "datum_streets" in datum_codes(one)
    # the sites put right: now the outlines are told
    one = check(files, "gcj02", "gcj02", areas, streets_of(files, "osm"))
    assert datum_codes(one) == {"areas_doubt"}
    # and put right as well: nothing is left
    areas = areas_of(files, "gcj02", "gcj02")
    one = check(files, "gcj02", "gcj02", areas, streets_of(files, "osm"))
    assert datum_codes(one) == set()


def test_street_layers_that_do_not_say_their_datum(files):
    for said, noted in ((None, True), ("wgs84", False), ("gcj02", False)):
        network = read_network(files / "streets_wgs84.gpkg", mode="walk", crs=CRS, datum=said)
        assert ("datum_unsaid" in network.notes) == noted
