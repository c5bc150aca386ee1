"""Prices by kind of site, a budget over years, phases that nest, and what a fund has left."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from shapely.geometry import Point

from geoplan.errors import UsageError
from geoplan.outputs.maps.content import map_content
from geoplan.outputs.maps.index import index_page
from geoplan.study import Study
from geoplan.study.config.schema import SitingSection
from geoplan.study.example import write_example as write_small_study
from geoplan.study.sites.budget import phase_numbers, phase_table, site_costs
from geoplan.words.speaker import Speaker

EN = Speaker("en")


def points(n, **columns):
    return gpd.GeoDataFrame(
        columns,
        geometry=[Point(i * 1000, 0) for i in range(n)],
        crs="EPSG:4548",
        index=[f"c{i}" for i in range(n)],
    )


PEOPLE = gpd.GeoDataFrame(
    {"urban": ["城镇", "乡村"]}, geometry=[Point(0, 0), Point(2000, 0)], crs="EPSG:4548"
)


def test_a_site_costs_what_its_own_row_says_or_its_kind_or_the_one_price():
    by_kind = SitingSection(sites=1, site_cost={"urban": 5, "rural": 2})
    assert site_costs(by_kind, points(3), PEOPLE, speaker=EN).tolist()[::2] == [5, 2]
    named = SitingSection(sites=1, site_cost={"新建": 9, "改造": 4}, candidates="x.gpkg")
    assert site_costs(named, points(2, 类型=["改造", "新建"]), PEOPLE, speaker=EN).tolist() == [
        4,
        9,
    ]
    assert site_costs(named, points(2, cost=[7, 8]), PEOPLE, speaker=EN).tolist() == [7, 8]
    one = SitingSection(sites=1, site_cost=3)
    assert site_costs(one, points(2), PEOPLE, speaker=EN).tolist() == [3, 3]
    assert site_costs(SitingSection(sites=1), points(2), PEOPLE, speaker=EN) is None


@pytest.mark.parametrize(
    ("heading", "cells", "costs"),
    [
        ("建设费用", ["7", "8"], [7, 8]),
        ("造价（元）", ["70,000", "80000"], [70_000, 80_000]),
        ("总投资（万元）", ["7", "8.5"], [70_000, 85_000]),
        ("造价（万元人民币）", ["7", "8"], [70_000, 80_000]),
        ("造价（人民币：万元）", ["7", "8"], [70_000, 80_000]),
        ("造价(单位：万元)", ["7", "8"], [70_000, 80_000]),
        ("工程造价（估算）【百万元】", ["7", "8"], [7_000_000, 8_000_000]),
        ("造价（亿元）", ["0.7", "0.8"], [70_000_000, 80_000_000]),
        ("投资额_万元", ["7", "8"], [70_000, 80_000]),
        ("造价万元", ["7", "8"], [70_000, 80_000]),
        ("費用（萬元）", ["7", "8"], [70_000, 80_000]),
        ("Cost (million €)", ["7", "8"], [7_000_000, 8_000_000]),
        ("cost (USD thousand)", ["7", "8"], [7_000, 8_000]),
        ("cost (estimated)", ["7", "8"], [7, 8]),
        ("Construction cost", ["7", "8"], [7, 8]),
        ("Site_Cost", ["7", "8"], [7, 8]),
    ],
)
def test_columns_of_prices_as_offices_call_them(heading, cells, costs):
    siting = SitingSection(sites=1, site_cost=3)
    there = points(2, **{heading: cells})
    assert site_costs(siting, there, PEOPLE, speaker=EN).tolist() == costs


def test_a_kind_without_a_price_and_a_price_that_is_none_are_told():
    by_kind = SitingSection(sites=1, site_cost={"urban": 5})
    with pytest.raises(UsageError, match="no price for 'rural'; it has: urban"):
        site_costs(by_kind, points(3), PEOPLE, speaker=EN)
    with pytest.raises(UsageError, match="nothing tells the kinds"):
        site_costs(by_kind, points(3), PEOPLE.drop(columns="urban"), speaker=EN)
    unpriced = SitingSection(sites=1)
    with pytest.raises(UsageError, match=r"'cost' holds no price at \['c1'\]"):
        site_costs(unpriced, points(2, cost=["5", "-"]), PEOPLE, speaker=EN)
    with pytest.raises(UsageError, match=r"'cost' holds a price of 0 or less at \['c0'\]"):
        site_costs(by_kind, points(2, cost=["0", "5"]), PEOPLE, speaker=EN)
    with pytest.raises(UsageError, match="没有 'rural' 的造价；现有：urban"):
        site_costs(by_kind, points(3), PEOPLE, speaker=Speaker("zh"))


@pytest.mark.parametrize("cell", ["", "-", "abc", "#REF!", "约7", None])
def test_a_price_that_is_not_known_is_the_studys(cell):
    siting = SitingSection(sites=1, site_cost=7)
    money = site_costs(siting, points(2, cost=["1,200", cell]), PEOPLE, speaker=EN)
    assert money.tolist() == [1200, 7]


@pytest.mark.parametrize(
    "asked",
    [
        {"sites": 3, "years": [2025, 2026]},
        {"sites": 3, "phases": [1, 3], "years": [2025]},
        {"sites": 3, "phases": [3, 1]},
        {"sites": 3, "phases": [1, 2], "years": [2026, 2025]},
        {"budget": 5},
    ],
)
def test_budgets_and_years_that_make_no_sense_are_refused(asked):
    with pytest.raises(ValueError, match=r"years|phases|site_cost"):
        SitingSection(**asked)


def test_a_budget_is_shared_out_evenly_and_what_is_left_over_stays():
    """30 in three years. Costs 6, 6, 6, 12: so far 6, 12, 18, 30 of 10, 20, 30."""
    siting = SitingSection(budget=30, site_cost=6, years=[2025, 2026, 2027])
    assert phase_numbers(siting, np.array([6, 6, 6, 12.0]), 4).tolist() == [1, 2, 2, 3]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=8), st.integers(1, 4))
def test_no_year_spends_money_that_is_not_there_yet(costs, years):
    budget = float(sum(costs))
    siting = SitingSection(budget=budget, site_cost=1, years=list(range(2025, 2025 + years)))
    found = phase_numbers(siting, np.array(costs, float), len(costs))
    yearly = budget / years
    year, spent = 1, 0.0
    for cost, phase in zip(costs, found, strict=True):  # by hand, site after site
        while spent + cost > yearly * year + 1e-9:
            year += 1
        spent += cost
        assert phase == year
    assert found.max() <= years


def test_phases_by_hand():
    """100 of 400 people are served. Sites add 50, 30, 20; phases end at 1 and 3 sites.

    The best two sites (of a plan of its own) would serve 190; the table has no row for two. The
    best one serves 160: keeping the site of the plan costs 10.
    """
    siting = SitingSection(sites=3, phases=[1, 3], years=[2025, 2027], site_cost=4)
    sites = pd.DataFrame({"added_people": [50.0, 30, 20], "phase": [1, 2, 2], "money": [4.0, 4, 4]})
    curve = pd.DataFrame({"sites": [0, 1, 2, 3], "value": [100.0, 160, 190, 200]})
    table = phase_table(siting, sites, base=100.0, total=400.0, curve=curve)
    assert table["year"].tolist() == [2025, 2027]
    assert table["sites"].tolist() == [1, 3]
    assert table["money_so_far"].tolist() == [4, 12]
    assert table["served"].tolist() == [150, 200]
    assert table["share_after"].tolist() == [0.375, 0.5]
    assert table["lost"].tolist() == [10, 0]


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """The small study with A and C in town and the others in the country.

    A site in town takes 1, in the country 3; 4 may be spent in 2025 and 2026. C (80 people) is
    reached from the corners at 1,000 m (nearest to B: country) and 1,500 and 2,000 m (nearest to
    C: town), D (30) from the second street (nearest to D: country).
    """
    folder = write_small_study(tmp_path_factory.mktemp("money") / "study")
    people = pd.read_csv(folder / "people.csv")
    people["城乡"] = ["城镇", "乡村", "城镇", "乡村", "乡村", "乡村"]
    people.to_csv(folder / "people.csv", index=False)
    study = Study.open(folder).replace(
        {
            "services.meal_station.siting": {
                "objective": "max_coverage",
                "sites": None,
                "budget": 4,
                "robustness": 2,
                "site_cost": {"urban": 1, "rural": 3},
                "years": [2025, 2026],
            },
            "services.lottery_fund": {"fund": {"money": 10, "years": [2025, 2026]}},
        }
    )
    return study.run()


def test_both_sites_are_bought_the_cheap_one_first(plan):
    siting = plan.services["meal_station"].siting
    assert siting.result.status == "optimal"
    assert siting.people_after.served == 260
    assert siting.sites["money"].tolist() == [1, 3]
    assert siting.sites["kind"].tolist() == ["urban", "rural"]
    assert siting.sites["year"].tolist() == [2025, 2026]  # 1 of 2, then 4 of 4


def test_too_little_money_for_the_country_buys_the_corner_in_town(plan, tmp_path):
    folder = write_small_study(tmp_path / "study")
    people = pd.read_csv(folder / "people.csv")
    people["城乡"] = ["城镇", "乡村", "城镇", "乡村", "乡村", "乡村"]
    people.to_csv(folder / "people.csv", index=False)
    asked = {"sites": None, "budget": 2, "site_cost": {"urban": 1, "rural": 3}, "robustness": 0}
    study = Study.open(folder).replace({"services.meal_station.siting": asked})
    siting = study.run().services["meal_station"].siting
    assert siting.people_after.served == 230
    assert siting.sites["kind"].tolist() == ["urban"]


def test_the_fund_pays_and_the_published_sum_stands_beside_it(plan, tmp_path):
    told = plan.to_dict()["services"]["lottery_fund"]["fund"]
    assert (told["money"], told["planned"], told["left"]) == (10, 4, 6)
    assert told["spending"] == [
        {"service": "meal_station", "year": 2025, "sites": 1, "money": 1},
        {"service": "meal_station", "year": 2026, "sites": 1, "money": 3},
    ]
    phases = plan.to_dict()["services"]["meal_station"]["siting"]["phases"]
    assert [p["served"] for p in phases] == [230, 260]
    out = plan.save(tmp_path / "out")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "There are 10 yuan (2025 to 2026)" in page
    assert "take 4 yuan (40.0%), and 6 yuan are left" in page
    table = pd.read_csv(out / "tables" / "lottery_fund_fund.csv", encoding="utf-8-sig")
    assert table.iloc[:, 3].tolist() == [1, 3, 4]


def test_the_map_of_the_fund_shows_what_it_pays_for(plan):
    content = map_content(plan.results, "lottery_fund", Speaker("en"))
    assert content["headline"]["text"] == "10 yuan"
    meals = plan.services["meal_station"]
    name = meals.name("en")
    assert content["headline"]["facts"] == [
        ["Suggested sites take", "4 yuan"],
        ["Left", "6 yuan"],
        [name, "2 sites, 4 yuan"],
    ]
    shown = content["suggested"]
    assert shown["rank"] == [1, 2]
    assert shown["added"] == meals.siting.sites["added_people"].tolist()
    # the number that the site has on the service's own map stands beside its name
    ranks = meals.siting.sites["rank"]
    assert all(
        text.startswith(f"{name} {rank} · ")
        for text, rank in zip(shown["names"], ranks, strict=True)
    )
    assert content["headline"]["label"] == "the fund, 2025 to 2026"
    # the small picture in the index has the sites too
    assert index_page(plan.results, Speaker("en")).count('r="3"') == 2 * len(ranks)
    assert shown["share"] == [None, None]
