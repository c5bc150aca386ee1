"""Places in reach: shared among those who reach them, added up at every home, nobody left out."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy import sparse
from shapely.geometry import Point

from geoplan.coverage import supply_in_reach, urban_or_rural
from geoplan.errors import UsageError
from geoplan.inputs.layers import AreaLayer
from geoplan.network.graph.travel_costs import TravelCosts


def demand_of(people, **columns):
    return gpd.GeoDataFrame(
        {"people": np.asarray(people, float), **columns},
        geometry=[Point(0, 0)] * len(people),
        index=[f"d{i}" for i in range(len(people))],
        crs="EPSG:4548",
    )


def costs_of(table, rows, cutoff=1000.0):
    """`table`: cost per (row, column); a missing pair is out of reach."""
    n_sites = 1 + max(j for _, j in table)
    matrix = sparse.csr_matrix(
        (list(table.values()), tuple(zip(*table, strict=True))), shape=(len(rows), n_sites)
    )
    return TravelCosts(
        matrix=matrix,
        demand_index=pd.Index(rows),
        unit="m",
        method="by hand",
        cutoff=cutoff,
        site_index=pd.Index([f"s{j}" for j in range(n_sites)]),
    )


def test_beds_by_hand():
    """Two homes with beds, four places.

    s0 has 30 beds for d0 (1,000 people) and d1 (500): 30 / 1,500 = 20 per 1,000. s1 has 5 beds for
    d1 alone: 5 / 500 = 10 per 1,000. So d0 has 20, d1 has 30, d2 (300 people, nothing in reach) 0,
    and d3 (200 people without a place) 0. s2's 7 beds nobody reaches; s3's number is not known.
    """
    demand = demand_of([1000, 500, 300, 200], street=["A", "A", "B", None])
    costs = costs_of({(0, 0): 0.0, (1, 0): 900.0, (1, 1): 10.0, (1, 3): 5.0}, ["d0", "d1", "d2"])
    beds = pd.Series({"s0": 30, "s1": 5, "s2": 7, "s3": np.nan})
    street = AreaLayer(
        level="street",
        frame=gpd.GeoDataFrame(
            {"name": ["甲", "乙", "丙"], "parent": pd.NA},
            geometry=[None] * 3,
            index=list("ABC"),
            crs="EPSG:4548",
        ),
    )
    found = supply_in_reach(
        demand,
        costs,
        beds,
        mode="walk",
        method="2sfca",
        areas={"street": street},
        levels=["street"],
    )
    assert found.rows.round(9).to_dict() == {"d0": 20, "d1": 30, "d2": 0, "d3": 0}
    assert found.facts["places"] == 42
    assert found.facts["places_reached"] == 35
    assert found.facts["mean"] == pytest.approx(35 / 2000 * 1000)
    assert found.facts["median"] == 20  # of 2,000 people the 1,000th has 20
    assert found.facts["worst_tenth"] == 0
    assert found.facts["none_share"] == 500 / 2000
    table = found.areas["street"]
    assert table.index.tolist() == ["A", "B", "C", ""]
    assert table["people"].tolist() == [1500, 300, 0, 200]
    assert table["places_per_1000"].tolist()[:2] == [pytest.approx(35 / 1.5), 0]
    assert np.isnan(table.loc["C", "places_per_1000"])
    assert table.loc["", "none_share"] == 1
    assert (found.cutoff, found.unit, found.mode, found.method) == (1000.0, "m", "walk", "2sfca")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["2sfca", "e2sfca", "3sfca"]))
def test_every_bed_that_somebody_reaches_is_handed_out_once(seed, method):
    rng = np.random.default_rng(seed)
    n, m = rng.integers(1, 9), rng.integers(1, 5)
    table = {
        (i, j): float(rng.integers(0, 1000))
        for i in range(n)
        for j in range(m)
        if rng.random() < 0.5
    }
    table.setdefault((0, int(m) - 1), 3.0)
    rows = [f"d{i}" for i in range(n)]
    demand = demand_of(rng.integers(0, 50, n), street=rng.choice(["A", "B"], n))
    beds = pd.Series(rng.integers(0, 40, m), index=[f"s{j}" for j in range(m)])
    found = supply_in_reach(
        demand, costs_of(table, rows), beds, mode="walk", method=method, levels=["street"]
    )
    reached = {j for i, j in table if demand["people"].iloc[i] > 0}
    wanted = float(sum(beds.iloc[j] for j in reached))
    assert found.facts["places_reached"] == wanted
    handed = (found.rows * demand["people"]).sum() / 1000
    assert handed == pytest.approx(wanted)
    by_area = found.areas["street"]
    assert (by_area["places_per_1000"] * by_area["people"]).sum() / 1000 == pytest.approx(wanted)


def test_all_faults_are_raised_at_once():
    demand = demand_of([10])
    costs = costs_of({(0, 0): 1.0}, ["d0"], cutoff=None)
    with pytest.raises(UsageError, match=r"no cutoff.*'s0'.*'ward'"):
        supply_in_reach(demand, costs, pd.Series(dtype=float), mode="walk", levels=["ward"])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("城镇", "urban"),
        ("111", "urban"),
        ("城乡结合区", "urban"),
        ("镇乡结合区", "urban"),
        ("220", "rural"),
        ("乡中心区", "rural"),
        ("农村", "rural"),
        ("Rural", "rural"),
        ("Town", "urban"),
        (1, "urban"),
        (0, "rural"),
        (True, "urban"),
        (220.0, "rural"),
        (None, ""),
        ("?", ""),
        ("", ""),
    ],
)
def test_town_and_country_in_the_words_that_tables_use(text, kind):
    assert urban_or_rural(pd.Series([text], dtype=object)).tolist() == [kind]
