"""What is handed to a siting problem: labels matched, faults told all at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from geoplan.errors import SitingError
from geoplan.siting import SitingProblem, max_coverage, p_median
from geoplan.siting.model.parse import problem_faults, values_by_label

COSTS = np.array([[100.0, np.inf], [900.0, 300.0], [np.inf, 0.0]])


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_matrix])
def test_a_bare_matrix_takes_the_labels_of_the_weights(make) -> None:
    people = pd.Series([10, 20, 30], index=["west", "mid", "east"])
    areas = pd.Series(["n", "s", "s"], index=["east", "mid", "west"])
    cover = make(np.array([[1, 0], [1, 1], [0, 1]], bool))
    problem = SitingProblem.from_cover(cover, people, areas=areas)
    assert list(problem.demand_index) == ["west", "mid", "east"]
    assert list(problem.areas) == ["s", "s", "n"]
    found = max_coverage(problem, sites=1)
    assert (found.value, found.assignment["east"]) == (50, 1)


def test_the_same_for_costs() -> None:
    people = pd.Series([10, 20, 30], index=pd.Index([501, 502, 503], name="community"))
    problem = SitingProblem.from_costs(COSTS, people, unit="m")
    answer = p_median(problem, sites=2)
    assert answer.value == 10 * 100 + 20 * 300
    assert answer.assignment.to_dict() == {501: 0, 502: 1, 503: 1}
    assert answer.assignment.index.name == "community"


def test_labels_that_are_positions_are_matched_whatever_their_order() -> None:
    people = pd.Series([30, 20, 10], index=[2, 1, 0])
    assert list(SitingProblem.from_costs(COSTS, people).weights) == [10, 20, 30]


@pytest.mark.parametrize("index", [[1, 2, 3], ["a", "a", "b"], [0, 1]])
def test_labels_that_could_mean_two_things_are_not_guessed(index) -> None:
    with pytest.raises(SitingError, match="weights"):
        SitingProblem.from_costs(COSTS, pd.Series([1.0] * len(index), index=index))


def test_a_table_with_labels_keeps_them() -> None:
    table = pd.DataFrame(COSTS, index=["a", "b", "c"], columns=["x", "y"])
    with pytest.raises(SitingError, match="no value for 3 demand labels"):
        SitingProblem.from_costs(table, pd.Series([1, 2, 3], index=["d", "e", "f"]))


def test_every_fault_at_once() -> None:
    with pytest.raises(SitingError) as told:
        SitingProblem.from_costs(
            COSTS,
            [1, -2, np.nan],
            threshold=-5,
            fixed=[7],
            site_costs=[1, np.inf],
            capacities=[3],
            conflicts=[(0, 0)],
            unit="km",
        )
    for word in (
        "unit",
        "threshold",
        "fixed",
        "below 0",
        "NaN",
        "site_costs",
        "capacities",
        "conflict with itself",
    ):
        assert word in str(told.value)


@pytest.mark.parametrize("make", [SitingProblem.from_cover, SitingProblem.from_costs])
def test_a_keyword_that_does_not_exist_is_named(make) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'capacity'"):
        make(np.ones((2, 2)), [1, 1], capacity=3)


@pytest.mark.parametrize(
    ("labels", "sites", "told"),
    [
        (
            ["1", "2"],
            [1, 2],
            ("are text here and whole numbers there", "是文字，彼处是整数"),
        ),
        ([1.0, 2.5], ["1.0", "2"], ("decimal numbers here and text there", "是小数，彼处是文字")),
        ([1, "2"], [1, 2], ("of several kinds here and whole numbers", "是不止一种，彼处是整数")),
        (["a", "q"], ["a", "b"], ("they look like 'a'", "应类似 'a'")),
    ],
)
def test_labels_that_do_not_match_are_told_by_kind_only_where_that_is_why(labels, sites, told):
    faults = problem_faults()
    values_by_label(pd.Series([1.0, 2.0], index=labels), "cost", pd.Index(sites), faults)
    with pytest.raises(SitingError) as caught:
        faults.raise_all()
    for lang, words in zip(("en", "zh"), told, strict=True):
        assert words in caught.value.message(lang)


def test_fixed_sites_that_conflict_are_told_pair_by_pair() -> None:
    cover, pairs = np.ones((2, 5), bool), [(0, 1), (1, 2), (2, 4), (3, 4)]
    with pytest.raises(SitingError) as told:
        SitingProblem.from_cover(cover, [1, 1], fixed=[1, 2, 4], conflicts=pairs)
    assert "(1, 2)" in str(told.value)
    assert "(2, 4)" in str(told.value)
    assert "(0, 1)" not in str(told.value)
    assert len(SitingProblem.from_cover(cover, [1, 1], fixed=[0, 3], conflicts=pairs).conflicts)


@pytest.mark.parametrize("labels", ["text", "number", "pair"])
def test_conflicts_are_pairs_of_positions_ascending_each_once(labels: str) -> None:
    rng = np.random.default_rng(5)
    names = {
        "text": [f"n{k}" for k in range(40)],
        "number": list(range(100, 140)),
        "pair": [(k, "a") for k in range(40)],
    }[labels]
    at = rng.integers(0, 40, (300, 2))
    at = at[at[:, 0] != at[:, 1]]
    problem = SitingProblem.from_cover(
        np.ones((2, 40), bool),
        [1, 1],
        site_index=pd.Index(names, tupleize_cols=False),
        conflicts=[(names[a], names[b]) for a, b in at.tolist()],
    )
    wanted = sorted({(min(a, b), max(a, b)) for a, b in at.tolist()})
    assert [tuple(pair) for pair in problem.conflicts.tolist()] == wanted
