"""Census totals allocated in whole people: nobody lost, every area's total kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from geoplan.inputs import LayerSource, SumTo, read_areas, read_demand
from geoplan.inputs.allocation import allocate_totals, largest_remainder

CRS = "EPSG:4548"


@given(
    st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=40),
    st.integers(0, 10**7),
)
def test_largest_remainder_sums_to_the_total_and_stays_within_one_of_the_quota(shares, total):
    allocated = largest_remainder(np.array(shares), total)
    assert allocated.sum() == total
    assert (allocated >= 0).all()
    whole = sum(shares)
    if whole > 0:
        quota = total * np.array(shares) / whole
        assert (np.abs(allocated - quota) < 1 + 1e-6 * (1 + quota)).all()


def test_totals_allocated_by_hand():
    # quotas 3.33, 3.33, 3.33 of 10: the first of equals has the odd one
    assert largest_remainder(np.array([1.0, 1, 1]), 10).tolist() == [4, 3, 3]
    # quotas 1.5, 0.5: two halves, one to give: the first
    assert largest_remainder(np.array([3.0, 1]), 2).tolist() == [2, 0]
    assert largest_remainder(np.zeros(3), 5).tolist() == [2, 2, 1]


def test_areas_without_rows_and_rows_without_areas_are_returned():
    allocated, left, outside = allocate_totals(
        np.array([1.0, 3.0, 9.0]),
        pd.Series(["a", "a", "z"], dtype=object),
        pd.Series({"a": 8, "b": 5}),
    )
    assert allocated.tolist() == [2, 6, 0]
    assert left == {"b": 5}
    assert outside.tolist() == [False, False, True]


@pytest.fixture
def study(tmp_path):
    (tmp_path / "areas.csv").write_text("code,name\n1,West\n2,East\n3,North\n", encoding="utf-8")
    (tmp_path / "people.csv").write_text(
        "id,name,district,lon,lat,pop\n"
        "a,A,West,117.0,36.65,10\n"
        "b,B,West,117.1,36.65,30\n"
        "c,C,East,117.2,36.65,5\n"
        "d,D,East,,,5\n",
        encoding="utf-8",
    )
    (tmp_path / "census.csv").write_text(
        "code,name,people\n1,West,101\n2,East,50\n3,North,7\n371,高新区,40\n0,全市,198\n",
        encoding="utf-8",
    )
    areas = read_areas(LayerSource(path=tmp_path / "areas.csv"), level="district", crs=CRS)
    return tmp_path, {"district": areas.layer}


def test_a_census_is_kept_to_the_person(study):
    folder, areas = study
    one = read_demand(
        LayerSource(path=folder / "people.csv", datum="wgs84"),
        key="pop",
        crs=CRS,
        areas=areas,
        weight="pop",
        sum_to=SumTo(
            source=LayerSource(path=folder / "census.csv"), level="district", weight="people"
        ),
        lang="en",
    )
    demand = one.layer
    assert demand.total == 101 + 50 + 7 + 40  # the city's own row is the sum of the others
    frame = demand.frame
    assert frame.loc[["a", "b"], "people"].tolist() == [25, 76]  # 10 : 30 of 101
    assert frame.loc[["c", "d"], "people"].sum() == 50
    # North has no place, 高新区 no area: their people live nobody knows where
    lost = frame[frame.index.str.contains("census")]
    assert lost["people"].tolist() == [7, 40]
    assert lost.geometry.isna().all()
    assert frame.loc["d"].geometry is None
    codes = [f.code for f in one.also[0].findings]
    assert sorted(codes) == [
        "census_no_area",
        "census_no_points",
        "total_row",
        "totals_left_out",
    ]
    assert one.also[0].record.rows == one.also[0].record.accepted == 4


def test_rows_without_people_share_evenly(study):
    folder, areas = study
    one = read_demand(
        LayerSource(path=folder / "people.csv", datum="wgs84", columns={"other": "pop"}),
        key="pop",
        crs=CRS,
        areas=areas,
        sum_to=SumTo(
            source=LayerSource(path=folder / "census.csv"), level="district", weight="people"
        ),
        lang="en",
    )
    assert one.layer.frame.loc[["a", "b"], "people"].tolist() == [51, 50]
