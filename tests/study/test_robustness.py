"""Robustness of a plan, against an enumeration of every plan; what the random inputs may do."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from geoplan.errors import InputError, UsageError
from geoplan.network import TravelCosts
from geoplan.siting import SolveRequest
from geoplan.study import Study, robustness
from geoplan.study.sites.monte_carlo import (
    DrawData,
    DrawSettings,
    Uncertainty,
    draw_all,
    how_often,
    losses,
    try_plans,
)

MEAL = "services.meal_station"
LIMIT = 1000.0


def tiny_data(seed: int, rules: dict | None = None) -> DrawData:
    """14 places, 4 of today's sites, 7 candidates, random distances of 0 to 2,500 m."""
    rng = np.random.default_rng(seed)

    def costs(columns: int) -> sparse.csr_matrix:
        table = np.round(rng.uniform(0, 2500, (14, columns)))
        table[rng.random(table.shape) < 0.3] = np.nan  # no way there
        table[0, 0] = 0.0  # at the door
        rows, cols = np.nonzero(~np.isnan(table))
        return sparse.csr_matrix((table[rows, cols], (rows, cols)), shape=table.shape)

    today, possible = costs(4), costs(7)
    candidates = TravelCosts(
        matrix=possible,
        demand_index=pd.RangeIndex(14),
        site_index=pd.Index([f"c{k}" for k in range(7)]),
        unit="m",
        cutoff=2500.0,
        method="network",
    )
    return DrawData(
        people=rng.integers(1, 100, 14).astype(float),
        threshold=LIMIT,
        candidates=candidates,
        existing=today,
        existing_index=pd.Index([f"s{k}" for k in range(4)]),
        constraints=rules or {},
    )


def reached(matrix: sparse.csr_matrix, row: int, columns: list[int], limit: float) -> bool:
    """Whether one place is near enough to one of the columns, pair by pair."""
    start, end = matrix.indptr[row], matrix.indptr[row + 1]
    stored = dict(zip(matrix.indices[start:end], matrix.data[start:end], strict=True))
    return any(c in stored and stored[c] <= limit for c in columns)


def covered(data: DrawData, one, plan: set[str]) -> float:
    limit = data.threshold * one.reach
    still = [k for k in range(4) if not one.closed[k]]
    new = [k for k, label in enumerate(data.candidates.site_index) if label in plan]
    return sum(
        one.people[row]
        for row in range(14)
        if reached(data.existing, row, still, limit)
        or reached(data.candidates.matrix, row, new, limit)
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("apart", [[], [("c0", "c1"), ("c2", "c5"), ("c3", "c4"), ("c5", "c6")]])
def test_best_answers_and_regrets_by_counting_every_plan(seed, apart) -> None:
    """All 21 pairs of 7 candidates are tried in each draw; pairs too near each other may not be."""
    data = tiny_data(seed, {"conflicts": apart})
    uncertainty = Uncertainty(reach_cv=0.3, people_cv=0.5, closure_share=0.3)
    drawn = draw_all(
        data,
        DrawSettings(
            redraws=12,
            uncertainty=uncertainty,
            seed=seed,
            request=SolveRequest(gap=0.0, time_limit_s=20),
        ),
        sites=2,
    )
    pairs = [set(p) for p in combinations(data.candidates.site_index, 2)]
    allowed = [p for p in pairs if p not in [set(a) for a in apart]]
    recommended = sorted(max(allowed, key=lambda p: sum(covered(data, d, p) for d in drawn[:1])))
    draws, plans = try_plans(data, drawn, recommended)
    best = [max(covered(data, d, p) for p in allowed) for d in drawn]
    assert np.allclose(draws["best"], best)
    assert np.allclose(draws["bound"], best)
    for d in drawn:
        assert not any(set(a) <= set(d.sites) for a in apart)
    regret = {
        name: [b - covered(data, d, set(sites)) for b, d in zip(best, drawn, strict=True)]
        for name, sites in plans["sites"].items()
    }
    assert np.allclose(plans["worst_regret"], [max(regret[n]) for n in plans.index])
    assert np.allclose(plans["mean_regret"], [np.mean(regret[n]) for n in plans.index])
    assert plans["worst_regret"].is_monotonic_increasing
    assert np.allclose(draws["regret"], regret["recommended"])
    often = how_often(drawn, recommended)
    for site in data.candidates.site_index:
        times = sum(site in d.sites for d in drawn)
        assert often["share"].get(site, 0.0) == pytest.approx(times / 12)
    assert set(often.index[often["in_plan"]]) == set(recommended)


@pytest.mark.parametrize("seed", range(4))
def test_the_cost_of_a_closure_by_closing_each_site(seed) -> None:
    data = tiny_data(seed)
    lost, after = losses(data), losses(data, new_sites=["c1", "c4"])

    def served(today: list[int], new: list[int]) -> float:
        return sum(
            data.people[row]
            for row in range(14)
            if reached(data.existing, row, today, LIMIT)
            or reached(data.candidates.matrix, row, new, LIMIT)
        )

    for k in range(4):
        others = [i for i in range(4) if i != k]
        assert lost[f"s{k}"] == pytest.approx(served([0, 1, 2, 3], []) - served(others, []))
        assert after[f"s{k}"] == pytest.approx(
            served([0, 1, 2, 3], [1, 4]) - served(others, [1, 4])
        )
    assert after["c1"] == pytest.approx(served([0, 1, 2, 3], [1, 4]) - served([0, 1, 2, 3], [4]))
    assert lost.is_monotonic_decreasing
    assert set(after.index) == {"s0", "s1", "s2", "s3", "c1", "c4"}


def test_a_cost_above_the_threshold_by_rounding_is_within_it_in_every_draw() -> None:
    """As it is in the ledger, and in the siting problem of the draw."""
    above = sparse.csr_matrix(np.array([[LIMIT * (1 + 1e-12)]]))
    data = tiny_data(0)
    candidates = replace(
        data.candidates,
        matrix=above,
        demand_index=pd.RangeIndex(1),
        site_index=pd.Index(["c0"]),
    )
    data = replace(
        data,
        people=np.array([7.0]),
        candidates=candidates,
        existing=sparse.csr_matrix((1, 0)),
        existing_index=pd.Index([], dtype=object),
    )
    sure = Uncertainty(reach_cv=0.0, people_cv=0.0, closure_share=0.0)
    drawn = draw_all(data, DrawSettings(redraws=1, uncertainty=sure), sites=1)
    draws, _ = try_plans(data, drawn, ["c0"])
    assert draws[["best", "plan", "regret"]].iloc[0].tolist() == [7.0, 7.0, 0.0]
    standing = replace(data, existing=above, existing_index=pd.Index(["s0"]))
    assert draw_all(standing, DrawSettings(redraws=1, uncertainty=sure), sites=0)[0].served.all()


def test_random_inputs_keep_their_mean_their_spread_and_their_limits() -> None:
    data = replace(tiny_data(0), candidates=replace_columns(tiny_data(0).candidates, 1))
    uncertainty = Uncertainty(reach_cv=0.2, people_cv=0.4, closure_share=0.25)
    drawn = draw_all(data, DrawSettings(redraws=1500, uncertainty=uncertainty, seed=5), sites=0)
    reach = np.array([d.reach for d in drawn])
    factors = np.concatenate([d.people / data.people for d in drawn])
    closed = np.concatenate([d.closed for d in drawn])
    # four standard errors: 0.2, 0.4 and 0.43 by the root of 1,500, 21,000 and 6,000
    assert reach.mean() == pytest.approx(1, abs=0.021)
    assert reach.std() == pytest.approx(0.2, rel=0.1)
    assert factors.mean() == pytest.approx(1, abs=0.012)
    assert factors.std() == pytest.approx(0.4, rel=0.05)
    assert closed.mean() == pytest.approx(0.25, abs=0.023)
    assert reach.max() <= uncertainty.widest


def replace_columns(costs: TravelCosts, kept: int) -> TravelCosts:
    """The first `kept` candidates."""
    return replace(costs, matrix=costs.matrix[:, :kept], site_index=costs.site_index[:kept])


def test_draws_follow_from_the_seed_alone(small_folder: Path) -> None:
    study = Study.open(small_folder)
    one = study.robustness("meal_station", redraws=8, seed=3, workers=1)
    two = study.robustness("meal_station", redraws=8, seed=3, workers=2)
    assert one.draws.equals(two.draws)
    assert one.plans.equals(two.plans)
    other = study.robustness("meal_station", redraws=8, seed=4)
    assert not one.draws.equals(other.draws)


def test_without_uncertainty_the_plan_is_the_best(small_folder: Path) -> None:
    study = Study.open(small_folder)
    sure = study.robustness("meal_station", redraws=3, reach_cv=0, people_cv=0, closure_share=0.0)
    assert (sure.draws["regret"] == 0).all()
    assert (sure.draws["plan"] == 230).all()  # A, B and C
    assert sure.chosen["share"].tolist() == [1.0]
    # A and B have the one station; if it closes, 150 people lose their only one
    assert sure.critical["people"].tolist() == [150]
    assert sure.critical["name"].tolist() == ["First"]
    # with the plan the new site has C's 80 people to itself, whoever else it reaches
    assert sure.critical_after["people"].sum() >= 150
    assert sure.minimax_regret_sites == sure.plans["sites"].iloc[0]
    assert "this one does best at worst" in sure.summary("en")
    assert "本方案在最坏情况下损失最小" in sure.summary("zh")


def test_a_plan_of_fewest_sites_is_tried_with_as_many(small_folder: Path) -> None:
    """79 % of 290 are 230 people: one site. So every draw places one."""
    study = Study.open(small_folder).replace(
        {f"{MEAL}.siting": {"objective": "min_sites", "share": 0.79, "sites": None}}
    )
    found = study.robustness("meal_station", redraws=4)
    assert found.sites == 1
    assert all(len(sites) <= 1 for sites in found.plans["sites"])


def test_a_run_tells_how_sure_its_suggestion_is(small_folder: Path) -> None:
    study = Study.open(small_folder)
    plan = study.run()
    outcome = plan.services["meal_station"].siting
    assert outcome is not None
    alone = study.robustness("meal_station", redraws=20, seed=study.config.study.seed)
    assert outcome.robustness is not None
    pd.testing.assert_frame_equal(outcome.robustness.chosen, alone.chosen)
    told = plan.to_dict()["services"]["meal_station"]["siting"]
    assert told["robustness"]["redraws"] == 20
    assert told["robustness"]["regret"]["worst"] == pytest.approx(alone.draws["regret"].max())
    for site in told["sites"]:
        assert site["chosen_share"] == pytest.approx(alone.chosen.loc[site["id"], "share"])
    without = study.replace({f"{MEAL}.siting.robustness": 0}).run()
    plain = without.to_dict()["services"]["meal_station"]["siting"]
    assert "robustness" not in plain
    assert [s["id"] for s in plain["sites"]] == [s["id"] for s in told["sites"]]


def test_a_file_that_cannot_be_used_is_told(small_folder: Path) -> None:
    (small_folder / "people.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"people\.csv.*pop60"):
        Study.open(small_folder).robustness("meal_station", redraws=1)


def test_robustness_needs_a_siting_problem(small_folder: Path) -> None:
    study = Study.open(small_folder)
    with pytest.raises(UsageError, match="max_coverage"):
        study.replace({f"{MEAL}.siting": None}).robustness("meal_station")
    with pytest.raises(UsageError, match=r"redraws.*reach_cv.*closure_share"):
        study.robustness("meal_station", redraws=0, reach_cv=-1, closure_share=1)
    with pytest.raises(UsageError, match=r"no plan to try|没有可检验的方案"):
        study.replace({f"{MEAL}.siting.sites": 0}).robustness("meal_station")


@pytest.mark.parametrize(
    "asked", [{"backup": True}, {"closable": True}, {"tiers": {"a": 1, "b": 1}, "sites": None}]
)
def test_draws_are_refused_where_they_would_be_of_another_problem(
    small_folder: Path, asked
) -> None:
    study = Study.open(small_folder).replace({f"{MEAL}.siting": asked})
    with pytest.raises(UsageError, match=r"closable.*backup.*tiers"):
        study.robustness("meal_station", redraws=1)


def test_the_order_of_rows_changes_no_draw(small_folder: Path) -> None:
    """People and stations from the last to the first: the same draws, plans and losses."""
    stations = pd.read_csv(small_folder / "meals.csv", dtype=str)
    people = pd.read_csv(small_folder / "people.csv", dtype=str)
    second = people.loc[people["id"] == "C", ["lon", "lat"]].iloc[0].to_dict()
    stations = pd.concat([stations, pd.DataFrame([{"id": "M0", "name": "Second", **second}])])
    found = []
    for turn in (1, -1):
        people.iloc[::turn].to_csv(small_folder / "people.csv", index=False)
        stations.iloc[::turn].to_csv(small_folder / "meals.csv", index=False)
        study = Study.open(small_folder)
        found.append(
            robustness(study, "meal_station", redraws=12, seed=3, people_cv=0.4, closure_share=0.3)
        )
    one, other = found
    assert one.draws["people"].nunique() == 12
    assert set(one.draws["closed"]) > {0}
    pd.testing.assert_frame_equal(one.draws, other.draws)
    pd.testing.assert_frame_equal(one.chosen, other.chosen)
    pd.testing.assert_frame_equal(one.plans, other.plans)
    pd.testing.assert_frame_equal(one.critical, other.critical)


def test_draws_that_ran_out_of_time_are_told(small_folder: Path) -> None:
    found = robustness(Study.open(small_folder), "meal_station", redraws=3)
    assert found.cut_short == 0
    cut = replace(found, draws=found.draws.assign(cut_short=[True, False, True]))
    assert cut.cut_short == 2
    assert "ran out of time before they were as exact as asked: 2" in cut.summary("en")
    assert "其中2次抽样到时限仍未达到" in cut.summary("zh")
    assert "time" not in found.summary("en")
