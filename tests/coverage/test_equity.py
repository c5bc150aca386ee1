"""Evenness of coverage against person-by-person counting, and the level it is measured at."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from geoplan.coverage import (
    Coverage,
    equity_facts,
    equity_level,
    group_table,
    palma_ratio,
    weighted_gini,
    worst_tenth,
)
from geoplan.coverage.ledger import STATES
from geoplan.errors import UsageError
from geoplan.inputs.layers import AreaLayer
from geoplan.services import standard_for


def layer(level: str, codes: list[str]) -> AreaLayer:
    frame = gpd.GeoDataFrame(
        {"name": codes, "parent": pd.NA}, geometry=[None] * len(codes), index=codes, crs="EPSG:4548"
    )
    return AreaLayer(level=level, frame=frame)


def city(people, served, **columns) -> Coverage:
    """Rows of people, so many of them served and the rest beyond."""
    people, served = np.asarray(people, float), np.asarray(served, float)
    states = {state: np.zeros(len(people)) for state in STATES}
    states |= {"served": served, "beyond": people - served}
    frame = gpd.GeoDataFrame(
        {
            "name": "",
            "people": people,
            **states,
            "site": pd.NA,
            "cost": np.nan,
            "reason": "",
            **columns,
        },
        geometry=[None] * len(people),
        crs="EPSG:4548",
    )
    levels = [name for name in ("district", "street", "village") if name in columns]
    areas = {name: layer(name, sorted(set(columns[name]))) for name in levels}
    return Coverage(
        service="meal_station", standard=standard_for("meal_station"), frame=frame, areas=areas
    )


@pytest.mark.parametrize("seed", range(10))
def test_measures_by_counting_person_by_person(seed):
    """20 places of 10, 20, ... people. Gini = mean of |difference| over all pairs of persons / (2 x
    mean); Palma and the worst tenth by sorting all persons."""
    rng = np.random.default_rng(seed)
    people = 10 * rng.integers(1, 8, 20)
    people[0] += 10 * (-people.sum() // 10 % 10)  # a tenth is a whole number of persons
    share = rng.uniform(0, 1, 20)
    every = np.sort(np.repeat(share, people))
    n = len(every)
    gaps = np.abs(every[:, None] - every[None, :]).mean()
    assert weighted_gini(share, people) == pytest.approx(gaps / (2 * every.mean()))
    top, bottom = every[n * 9 // 10 :].sum(), every[: n * 4 // 10].sum()
    assert palma_ratio(share, people) == pytest.approx(top / bottom)
    assert worst_tenth(share, people) == pytest.approx(every[: n // 10].mean())


@pytest.mark.parametrize("seed", range(5))
def test_over_rows_served_or_not_the_gini_is_one_minus_the_covered_share(seed):
    """Why equity is measured between areas: shares of 0 and 1 give a Gini of 1 - covered share."""
    rng = np.random.default_rng(seed)
    people = rng.integers(1, 500, 40)
    found = city(people, people * (rng.random(40) < 0.6))
    facts = equity_facts(found)
    assert facts["gini"] == pytest.approx(1 - found.covered_share)
    assert facts["worst_tenth_share"] == 0


def test_between_streets_by_hand():
    """Street A: 30 of 40 people served, B: 10 of 60. Shares 3/4 and 1/6, 40 % of all served.
    The worst-off tenth lives in B: 1/6. Gini: pairs A-B (2 x 0.4 x 0.6) x 7/12 over 2 x 0.4."""
    found = city([30, 10, 10, 50], [30, 0, 10, 0], street=["A", "A", "B", "B"])
    facts = equity_facts(found, level="street")
    assert facts["worst_tenth_share"] == pytest.approx(1 / 6)
    assert facts["gini"] == pytest.approx(0.48 * (7 / 12) / 0.8)
    assert (facts["worst_area_share"], facts["best_area_share"]) == pytest.approx((1 / 6, 3 / 4))


def test_the_level_is_the_finest_that_brings_rows_together():
    codes = {
        "district": ["d"] * 4 + ["e"] * 4,
        "street": ["a", "a", "b", "b", "c", "c", "f", "f"],
        "village": list("stuvwxyz"),
    }
    found = city([1] * 8, [1] * 8, **codes)
    levels = ["district", "street", "village"]
    assert equity_level(found, levels) == "street"
    assert equity_level(found, ["district", "village", "county"]) == "district"
    assert equity_level(found, ["village"]) is None
    assert equity_level(found, []) is None
    # two rows where nobody lives bring nothing together: six rows in four streets are too few
    empty = city([0, 1, 0, 1, 1, 1, 1, 1], [0] * 8, **codes)
    assert equity_level(empty, levels) == "district"
    one = city([1] * 4, [1] * 4, district=["d"] * 4)
    assert equity_level(one, ["district"]) is None


def test_age_groups_and_town_and_country_by_hand():
    """Town: 100 people, 80 served, 10 over 80. Country: 50, 10 served, 20 over 80. Old people are
    served as their place is: 8 of 10 and 4 of 20, so 12 of 30."""
    found = city([100, 50], [80, 10], pop80=[10, 20], urban=["城镇", "乡村"])
    ages = group_table(found, groups=["pop80"])
    assert ages.loc["people", "covered_share"] == pytest.approx(90 / 150)
    assert ages.loc["pop80", ["total", "served", "covered_share"]].tolist() == [30, 12, 0.4]
    places = group_table(found, by="urban")
    assert places["covered_share"].to_dict() == {"乡村": 0.2, "城镇": 0.8}
    better = city([100, 50], [80, 40], pop80=[10, 20], urban=["城镇", "乡村"])
    after = group_table(found, by="urban", after=better)
    assert after["covered_share_after"].to_dict() == {"乡村": 0.8, "城镇": 0.8}
    with pytest.raises(UsageError, match="pop90"):
        group_table(found, groups=["pop90"])
