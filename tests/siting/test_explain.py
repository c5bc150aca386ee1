"""What each site adds, and what moving it would lose, against counting by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from geoplan.siting import SitingProblem, explain_sites, max_coverage


@pytest.mark.parametrize("seed", range(8))
def test_agrees_with_counting(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cover = rng.random((50, 12)) < 0.2
    weights = rng.integers(1, 30, 50).astype(float)
    problem = SitingProblem.from_cover(cover, weights, fixed=[2], forbidden=[4])
    result = max_coverage(problem, sites=4)
    table = explain_sites(problem, result)

    def people(sites: list[int]) -> float:
        return float(weights[cover[:, sites].any(axis=1)].sum())

    assert list(table["rank"]) == list(range(1, len(table) + 1))
    assert set(table.index) == set(result.sites) - {2}
    done = [2]
    for site, row in table.iterrows():
        before = people(done)
        best = max(people([*done, other]) for other in table.index if other not in done)
        done.append(site)
        assert row["added_people"] == people(done) - before == best - before
        assert row["share_after"] == pytest.approx(people(done) / weights.sum())
        others = [s for s in result.sites if s != site]
        options = [j for j in range(12) if j not in result.sites and j != 4]
        assert row["next_best"] in options
        best_move = max(people([*others, j]) for j in options)
        assert row["next_best_loss"] == people(result.sites) - best_move
        assert people([*others, row["next_best"]]) == best_move
        assert row["next_best_loss"] >= 0
    assert people(done) == result.value


def test_nowhere_else_to_go() -> None:
    problem = SitingProblem.from_cover(np.array([[True]]), [3], site_index=["only"])
    table = explain_sites(problem, max_coverage(problem, sites=1))
    assert pd.isna(table.loc["only", "next_best"])
    assert np.isnan(table.loc["only", "next_best_loss"])


def test_no_new_sites_no_rows() -> None:
    problem = SitingProblem.from_cover(np.array([[True]]), [3], fixed=[0])
    table = explain_sites(problem, max_coverage(problem, sites=1))
    assert len(table) == 0
    assert list(table.columns) == [
        "rank",
        "added_people",
        "share_after",
        "next_best",
        "next_best_loss",
    ]


@pytest.mark.parametrize("seed", range(6))
def test_parts_of_people_and_of_coverage_agree_with_counting(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost = np.where(rng.random((60, 14)) < 0.3, rng.integers(1, 100, (60, 14)), 0).astype(float)
    weights = rng.random(60) * 9
    problem = SitingProblem.from_costs(
        sparse.csr_matrix(cost), weights, threshold=80.0, full_within=30.0, forbidden=[4]
    )
    share = np.where(cost > 0, np.clip((80 - cost) / 50, 0, 1), 0.0)
    chosen = [int(j) for j in rng.permutation([j for j in range(14) if j != 4])[:5]]
    result = replace(max_coverage(problem, sites=1), sites=chosen)
    phase = {j: k % 2 for k, j in enumerate(chosen)} if seed % 2 else None
    table = explain_sites(problem, result, phase=phase)

    def people(sites: list[int]) -> float:
        return float((weights * share[:, sites].max(axis=1, initial=0)).sum())

    done: list[int] = []
    for site, row in table.iterrows():
        left = [j for j in chosen if j not in done]
        now = min(phase[j] for j in left) if phase else 0
        best = max(people([*done, j]) for j in left if not phase or phase[j] == now)
        assert people([*done, site]) == pytest.approx(best)
        assert row["added_people"] == pytest.approx(people([*done, site]) - people(done))
        done.append(site)
        others = [j for j in chosen if j != site]
        best_move = max(people([*others, j]) for j in range(14) if j not in chosen and j != 4)
        assert row["next_best_loss"] == pytest.approx(people(chosen) - best_move, abs=1e-9)
        assert people([*others, row["next_best"]]) == pytest.approx(best_move)
