"""People by year: by hand, in closed form, and against two real censuses."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from shapely import Point

from geoplan.errors import UsageError
from geoplan.inputs import (
    Census,
    LayerSource,
    PeopleByYear,
    cohort_change_ratios,
    cohorts_by_year,
    controlled,
    growth_by_year,
    leave_areas_out,
    people_of_ages,
    project_people,
    read_censuses,
    read_people_by_year,
)
from geoplan.inputs.layers import AreaLayer, Demand

CENSUS = Path(__file__).parents[4] / "shared/data/population_jinan_census"
real = pytest.mark.skipif(not CENSUS.exists(), reason=f"no data in {CENSUS}")
#: areas that were renamed or joined between the censuses
RENAMED = {
    "371202": "370116", "371203": "370117", "370125": "370115", "370181": "370114",
}  # fmt: skip


def demand(people, areas, groups=None):
    frame = gpd.GeoDataFrame(
        {"name": "x", "people": np.asarray(people, float), "district": areas, **(groups or {})},
        geometry=[Point(500_000 + 100 * k, 4_000_000) for k in range(len(people))],
        crs="EPSG:4548",
        index=[f"c{k}" for k in range(len(people))],
    )
    return Demand(key="elderly", frame=frame, groups=tuple(groups or ()))


def stable(survival=0.8, areas=("A", "B")):
    """Two censuses ten years apart in which every cohort keeps the share `survival`."""
    ages = list(range(0, 90, 5))
    before = pd.DataFrame(
        {a: [1000.0 + 10 * a * (k + 1) for k in range(len(areas))] for a in ages}, index=areas
    )
    after = pd.DataFrame(0.0, index=areas, columns=ages)
    for age in ages:
        after[min(age + 10, 85)] += survival * before[age]
    after[[0, 5]] = before[[0, 5]]
    return before, after


def test_ratios_of_a_stable_city_are_its_survival():
    before, after = stable()
    ratios = cohort_change_ratios(before, after, step_years=10).ratios
    np.testing.assert_allclose(ratios.to_numpy(float), 0.8)
    assert list(ratios.columns) == list(range(0, 80, 5))


@pytest.mark.parametrize("elapsed", [0, 5, 10, 15, 20])
def test_cohorts_in_closed_form(elapsed):
    before, after = stable(survival=0.81)
    ratios = cohort_change_ratios(before, after, step_years=10)
    found = people_of_ages(after, ratios, elapsed_years=elapsed, from_age=60)
    # whoever is 60 - elapsed or older today, each with 0.81 per ten years
    expected = after.loc[:, 60 - elapsed :].sum(axis=1) * 0.81 ** (elapsed / 10)
    np.testing.assert_allclose(found, expected)


def test_between_two_groups_people_lie_in_a_straight_line():
    before, after = stable()
    ratios = cohort_change_ratios(before, after, step_years=10)
    at = [people_of_ages(after, ratios, elapsed_years=e, from_age=60) for e in (5, 7, 10)]
    np.testing.assert_allclose(at[1], 0.6 * at[0] + 0.4 * at[2])


def test_children_follow_adults():
    before, after = stable(survival=1.0)
    ratios = cohort_change_ratios(before, after, step_years=10)
    found = people_of_ages(after, ratios, elapsed_years=10, from_age=0, to_age=5)
    adults = after.loc[:, 10:34].sum(axis=1)  # who is 20 to 44 ten years later
    share = after[0] / after.loc[:, 20:44].sum(axis=1)
    np.testing.assert_allclose(found, adults * share)


def test_small_areas_are_drawn_to_the_city():
    # one large and one tiny area, whose own ratio is a whim of ten people
    before = pd.DataFrame({50: [9000.0, 7000.0, 6.0], 60: [1000.0, 1000.0, 4.0]}, index=[*"ABC"])
    after = pd.DataFrame({50: [0.0, 0.0, 0.0], 60: [8000.0, 4000.0, 0.0]}, index=[*"ABC"])
    own = cohort_change_ratios(before, after, step_years=10, shrink=False).ratios[50]
    drawn = cohort_change_ratios(before, after, step_years=10).ratios[50]
    assert own.round(3).to_dict() == {"A": 0.8, "B": 0.5, "C": 0.0, "": 0.666}
    assert abs(drawn["A"] - 0.8) < 0.001 < abs(drawn["B"] - 0.5) + 0.001
    assert drawn["C"] > 0.1  # towards 0.666, far more than the large ones


def test_an_area_without_an_earlier_census_gets_the_citys_ratio():
    before, after = stable()
    new = pd.concat([after, after.loc[["A"]].set_axis(["new"])])
    ratios = cohort_change_ratios(before, new, step_years=10)
    np.testing.assert_allclose(
        ratios.of(pd.Index(["new"])).to_numpy(float)[0], ratios.ratios.loc[""].to_numpy(float)
    )


def test_growth_is_compound():
    by_year = growth_by_year(0.03, base_year=2020, low=0.01, high=0.05)
    assert by_year.at(2030)[""] == pytest.approx(1.03**10)
    assert by_year.at(2030, "low")[""] == pytest.approx(1.01**10)
    assert by_year.at(2030, "high")[""] == pytest.approx(1.05**10)


def test_by_hand_areas_rows_and_groups():
    rows = demand([30, 10, 7], ["A", "A", "B"], {"pop80": [15.0, 5.0, 7.0]})
    by_year = PeopleByYear(
        people=pd.DataFrame({2025: [40.0, 7.0], 2030: [80.0, 14.0]}, index=["A", "B"]),
        level="district",
    )
    later = project_people(rows, by_year, year=2030)
    assert later.frame["people"].tolist() == [60, 20, 14]
    assert later.frame["pop80"].tolist() == [30, 10, 14]
    between = project_people(rows, by_year, year=2027)
    assert between.total == round(56 + 9.8)
    assert rows.total == 47  # the caller's own is not written to


def test_people_of_an_area_without_rows_are_not_lost():
    by_year = PeopleByYear(
        people=pd.DataFrame({2030: [80.0, 14.0, 6.0]}, index=["A", "B", "C"]), level="district"
    )
    later = project_people(demand([30, 7], ["A", "B"]), by_year, year=2030)
    assert later.total == 100
    alone = later.frame[later.frame.geometry.isna()]
    assert (alone["people"].tolist(), alone["district"].tolist()) == ([6.0], ["C"])


def test_rows_of_no_known_area_change_as_all_together():
    by_year = PeopleByYear(
        people=pd.DataFrame({2020: [10.0], 2030: [15.0]}, index=["A"]),
        level="district",
        base_year=2020,
    )
    later = project_people(demand([40, 20], ["A", pd.NA]), by_year, year=2030)
    assert later.frame["people"].tolist() == [60, 30]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=30),
    st.lists(st.floats(0.2, 3), min_size=3, max_size=3),
    st.integers(2020, 2030),
)
def test_totals_are_kept_to_the_person_and_no_row_is_a_person_off(people, factors, year):
    areas = [str(k % 3) for k in range(len(people))]
    rows = demand(people, areas)
    by_year = PeopleByYear(
        people=pd.DataFrame({2020: [1.0] * 3, 2030: factors}, index=["0", "1", "2"]),
        level="district",
        base_year=2020,
    )
    later = project_people(rows, by_year, year=year)
    factor = 1 + (np.array(factors) - 1) * (year - 2020) / 10
    exact = np.array([n * factor[int(a)] for n, a in zip(people, areas, strict=True)])
    assert later.total == round(exact.sum())
    found = later.frame["people"].to_numpy()
    assert (found == np.round(found)).all()
    by_area = pd.Series(found - exact).groupby(areas).sum().abs()
    assert (by_area < 1 + 1e-6).all()
    # an area's rounding is shared among its rows
    assert (np.abs(found - exact) < 2 + 1e-6).all()


def test_a_city_total_controls_the_areas():
    by_year = cohorts_by_year(
        *stable(), census_years=(2010, 2020), base_year=2020, ages=(60, None), level="district"
    )
    forced = controlled(by_year, {2030: 50_000})
    assert forced.at(2030).sum() == pytest.approx(50_000)
    np.testing.assert_allclose(forced.at(2020), by_year.at(2020))
    shares = by_year.at(2030) / by_year.at(2030).sum()
    np.testing.assert_allclose(forced.at(2030) / 50_000, shares)


def test_faults_are_told():
    with pytest.raises(UsageError, match=r"must rise"):
        PeopleByYear(people=pd.DataFrame({2030: [1.0], 2020: [1.0]}, index=["A"]))
    with pytest.raises(UsageError, match=r"1999 is outside 2020"):
        PeopleByYear(people=pd.DataFrame({2020: [1.0]}, index=["A"]), base_year=1999)
    with pytest.raises(UsageError, match=r"2041.*2020.*2030"):
        PeopleByYear(people=pd.DataFrame({2020: [1.0], 2030: [2.0]}, index=["A"])).at(2041)
    with pytest.raises(UsageError, match="same age groups"):
        cohort_change_ratios(
            pd.DataFrame({0: [1.0]}), pd.DataFrame({0: [1.0], 5: [1.0]}), step_years=10
        )


def districts():
    frame = gpd.GeoDataFrame(
        {"name": ["历下区", "市中区"], "parent": pd.NA},
        geometry=[Point(0, 0), Point(1, 1)],
        crs="EPSG:4548",
        index=["370102", "370103"],
    )
    return AreaLayer(level="district", frame=frame)


def test_tables_long_and_wide_say_the_same(tmp_path):
    (tmp_path / "long.csv").write_text(
        "区县,年份,人数\n历下区,2025,100\n历下区,2030,150\n市中区,2025,200\n市中区,2030,220\n"
    )
    (tmp_path / "wide.csv").write_text(
        "区划代码,2025年,2030年\n370102,100,150\n370103,200,220\n370100,300,370\n"
    )
    long, wide = (
        read_people_by_year(LayerSource(path=tmp_path / name), layer=districts())
        for name in ("long.csv", "wide.csv")
    )
    for one in (long, wide):
        assert one.layer is not None, one.findings
        assert one.layer.at(2028).to_dict() == {"370102": 130.0, "370103": 212.0}
    assert [f.code for f in wide.findings] == ["projection_totals"]


def test_a_table_without_years_says_so(tmp_path):
    (tmp_path / "t.csv").write_text("区县,人数\n历下区,2025\n")
    loaded = read_people_by_year(LayerSource(path=tmp_path / "t.csv"), layer=districts())
    assert loaded.layer is None
    assert "年份" in loaded.findings[-1].problem


@real
def test_jinan_by_cohorts_and_by_growth():
    """60+ by district, 2010 carried to 2020: what was found by hand from the same tables."""
    loaded = read_censuses(
        [
            Census(
                source=LayerSource(path=CENSUS / "jinan_laiwu_2010_census_full.csv"),
                year=2010,
                codes=RENAMED,
            ),
            Census(
                source=LayerSource(path=CENSUS / "jinan_2020_census_districts_full.csv"), year=2020
            ),
        ],
        ages=(60, None),
        base_year=2020,
    )
    by_year = loaded.layer
    assert by_year is not None, loaded.findings
    assert by_year.at(2020).sum() == 1_837_112
    error = by_year.error * 100
    assert error["cohort_error"].agg(["min", "max"]).round(1).tolist() == [-11.6, 10.8]
    # the city's own growth, the area itself included, as offices scale; left out it is worse
    now = by_year.at(2020).loc[error.index]
    before = error["by_growth"]
    assert error["growth_error"].agg(["min", "max"]).round(1).tolist() == [-19.0, 25.9]
    old = old_elderly(error.index)
    city = 1_837_112 / old.sum()
    scaled = (old * city / now - 1) * 100
    assert [round(scaled.min(), 1), round(scaled.max(), 1)] == [-18.1, 23.8]
    assert len(before) == 12
    assert any(f.code == "projection_error" and "-11.6%" in f.problem for f in loaded.findings)


def old_elderly(index):
    table = pd.read_csv(CENSUS / "jinan_laiwu_2010_census_full.csv", dtype=str)
    ages = [c for c in table if c[:2] in ("60", "65", "70", "75", "80", "85") and "岁" in c]
    people = table[ages].astype(float).sum(axis=1)
    people.index = [RENAMED.get(code, code) for code in table["区划代码"]]
    return people.loc[index]


@real
def test_jinan_2030_by_the_citys_ratios():
    """About 2.65 million people of 60 and more in 2030, 44 % more than in 2020."""
    loaded = read_censuses(
        [
            Census(
                source=LayerSource(path=CENSUS / "jinan_laiwu_2010_census_full.csv"),
                year=2010,
                codes=dict.fromkeys(["370102", "370103", "370104", "370105", "370112", "370113",
                                     "370124", "370125", "370126", "370181", "371202", "371203"],
                                    "city"),
            ),
            Census(
                source=LayerSource(path=CENSUS / "jinan_2020_census_districts_full.csv"),
                year=2020,
                codes=dict.fromkeys(["370102", "370103", "370104", "370105", "370112", "370113",
                                     "370114", "370115", "370116", "370117", "370124", "370126",
                                     "370171"], "city"),
            ),
        ],
        ages=(60, None),
        base_year=2020,
    )  # fmt: skip
    assert loaded.layer is not None, loaded.findings
    people = loaded.layer.at(2030)["city"]
    assert people == pytest.approx(2_648_494, abs=1)
    assert people / 1_837_112 - 1 == pytest.approx(0.44, abs=0.005)


def test_leaving_areas_out_by_hand():
    before = pd.DataFrame({50: [100.0, 10.0], 60: [50.0, 40.0]}, index=["A", "B"])
    after = pd.DataFrame({50: [90.0, 90.0], 60: [75.0, 20.0]}, index=["A", "B"])
    left_out = leave_areas_out(before, after, step_years=10, from_age=60)
    # A by B: 20 of 50 stay: 150 * 0.4; by growth 20 / 40
    assert left_out.loc["A", ["by_cohorts", "by_growth"]].tolist() == [60.0, 25.0]
    assert left_out.loc["A", "cohort_error"] == pytest.approx(60 / 75 - 1)
