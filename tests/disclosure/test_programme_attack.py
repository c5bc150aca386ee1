"""What a public plan in time tells about the people of a single action, against all that it says.

A reader knows today's people, that all grow at one rate, what is done when and where, and how
numbers are rounded; he wants to know how many people an action serves who are fewer than the study
would tell.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from geoplan.coverage.ledger import STATES
from geoplan.disclosure.programme import public_programme
from geoplan.results import Programme
from tests.disclosure.attack import Known

BELOW = 10
YEARS, LENGTHS = (2025, 2026, 2027, 2030), (1.0, 1.0, 3.0, 1.0)
TODAY, TOTAL = 5_003, 9_017


def plan(people: list[int], *, growth: float, when: list[int]) -> Programme:
    """A plan whose actions serve `people` of today more, each from its year (number) on."""
    rate = (1 + growth) ** (np.array(YEARS) - YEARS[0])
    lengths = np.array(LENGTHS)
    served = [
        rate[t] * (TODAY + sum(p for p, since in zip(people, when, strict=True) if since <= t))
        for t in range(len(YEARS))
    ]
    by_year = pd.DataFrame(0.0, index=list(YEARS), columns=["total", *STATES])
    by_year["total"], by_year["served"] = rate * TOTAL, served
    by_year["beyond"] = by_year["total"] - by_year["served"]
    by_year["share"] = by_year["served"] / by_year["total"]
    rows = [
        {
            "year": YEARS[t],
            "name": f"hall {k}",
            "people": p * rate[t],
            "person_years": p * float((rate * lengths)[t:].sum()),
            "lost_by_waiting": np.nan if t + 1 == len(YEARS) else p * rate[t] * lengths[t],
        }
        for k, (p, t) in enumerate(zip(people, when, strict=True))
    ]
    value = float(np.array(served) @ lengths)
    return Programme(
        years=YEARS,
        lengths=LENGTHS,
        objective="person_years",
        status="optimal",
        value=value,
        bound=value,
        gap=0.0,
        seconds=0.0,
        actions=gpd.GeoDataFrame(rows, geometry=[Point(0, 0)] * len(rows), crs="EPSG:4548"),
        by_year=by_year,
        alone_value=value * 0.99,
    )


def told(of: Programme) -> Programme:
    found = public_programme(of, BELOW, totals_published=True, households=False)
    assert found is not None
    return found


@pytest.mark.parametrize("growth", [0.0, 0.03, 0.26])
@pytest.mark.parametrize("when", range(4))
def test_person_years_tell_no_more_than_people(growth: float, when: int) -> None:
    """All numbers of people that are published alike have all the action's numbers alike."""
    names = ["people", "person_years", "lost_by_waiting"]
    seen: dict[float, Any] = {}
    for people in range(2 * BELOW):
        row = told(plan([people], growth=growth, when=[when])).actions[names].iloc[0]
        first = seen.setdefault(float(row["people"]), row)
        pd.testing.assert_series_equal(row, first)
        assert row["people"] % BELOW == 0
    assert len(seen) <= 3 + int(2 * growth * 10)


@pytest.mark.parametrize("seed", range(20))
def test_integer_programming_leaves_small_actions_their_room(seed: int) -> None:
    rng = np.random.default_rng(seed)
    people = rng.integers(1, 3 * BELOW, 7).tolist()
    when = np.sort(rng.integers(0, len(YEARS), 7)).tolist()
    growth = float(rng.choice([0.0, 0.02, 0.05]))
    of = plan(people, growth=growth, when=when)
    public = told(of)
    rate = (1 + growth) ** (np.array(YEARS) - YEARS[0])
    known = Known(at={("", str(k), "served"): k for k in range(7)})
    for k, t in enumerate(when):
        value = float(public.actions["people"].loc[k])
        known.add({k: rate[t]}, value - BELOW / 2, value + BELOW / 2)
    room = BELOW * len(YEARS) / 2
    for t, year in enumerate(YEARS):
        served = float(public.by_year.loc[year, "served"]) - rate[t] * TODAY
        row = {k: float(rate[t]) for k, since in enumerate(when) if since <= t}
        if row:
            known.add(row, served - room, served + room)
    for k, true in enumerate(people):
        low, high = known.between({k: 1.0})
        assert low - 1e-6 <= true <= high + 1e-6, "the attack knows more than is true"
        if true < BELOW:
            least = np.ceil((BELOW / 2 - 1) / rate[when[k]]) - 1
            assert high - low >= least, (k, true, low, high)


def test_value_and_bound_follow_from_the_published_years() -> None:
    public = told(plan([7], growth=0.0, when=[0]))
    assert public.value == float(public.by_year["served"].to_numpy() @ np.array(LENGTHS))
    assert (public.bound, public.gap) == (public.value, 0.0)
    assert all(number % (BELOW * 4) == 0 for number in public.by_year["served"])


def test_nothing_is_rounded_where_nothing_is_withheld() -> None:
    of = plan([7, 3], growth=0.02, when=[0, 2])
    found = public_programme(of, 1, totals_published=True, households=False)
    assert found is not None
    assert found.value == of.value
    pd.testing.assert_frame_equal(found.by_year, of.by_year)
    assert found.actions["person_years"].tolist() == of.actions["person_years"].tolist()


@pytest.mark.parametrize("totals_published", [True, False])
def test_a_programme_without_a_plan_has_a_public_edition(totals_published: bool) -> None:
    """As `geoplan.study.programme.outcome` makes it where nothing meets the targets."""
    nothing = replace(
        plan([20], growth=0.0, when=[0]),
        status="infeasible",
        value=float("nan"),
        bound=None,
        gap=None,
        alone_value=None,
        by_year=pd.DataFrame.from_dict({}, orient="index"),
        blocking=("too little money",),
    )
    nothing = replace(nothing, actions=nothing.actions.iloc[:0])
    found = public_programme(nothing, BELOW, totals_published=totals_published, households=False)
    assert found is not None
    assert (found.status, found.blocking) == ("infeasible", ("too little money",))
