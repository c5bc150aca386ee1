"""Reading a plan in time: everything that is wrong is told at once."""

import numpy as np
import pandas as pd
import pytest

from geoplan.errors import SitingError
from geoplan.siting import Budget, ProgrammeAction, ProgrammeProblem, SitingProblem, Target


def base(**sites):
    return SitingProblem.from_cover(
        np.eye(3, dtype=bool), [5, 6, 7], demand_index=list("pqr"), site_index=list("abc"), **sites
    )


def test_people_are_matched_by_label_and_year():
    people = pd.DataFrame({2027: [1, 2, 3], 2025: [4, 5, 6]}, index=list("rqp"))
    problem = ProgrammeProblem.of(base(), years=[2025, 2027], weights=people)
    assert problem.weights.tolist() == [[6, 3], [5, 2], [4, 1]]
    assert problem.lengths.tolist() == [2, 1]


def test_candidates_may_open_at_their_price_and_others_may_not():
    problem = ProgrammeProblem.of(
        base(fixed=["a"], site_costs=[1, 2, 3]), years=[2025, 2026, 2030], opening={"c": 2027}
    )
    assert [(a.site, a.cost) for a in problem.actions] == [("b", 2.0)]
    assert dict(problem.opening) == {2: 2}  # between two planning years: from the later one on
    assert problem.open_at_start.tolist() == [True, False, False]


def test_all_faults_at_once():
    actions = [
        ProgrammeAction(id=1, kind="open", site="a"),
        ProgrammeAction(id=1, kind="move", site="b"),
        ProgrammeAction(id=2, kind="expand", site="b", most=2),
        ProgrammeAction(id=3, kind="merge", site="b", away=("a", "c"), cost=-1),
        ProgrammeAction(id=4, kind="open", site="x"),
        ProgrammeAction(id=5, kind="open", site="b", earliest=2040),
    ]
    with pytest.raises(SitingError) as told:
        ProgrammeProblem.of(
            base(fixed=["a"]),
            years=[2026, 2025],
            actions=actions,
            weights=[[1, 2]],
            budgets=Budget(amounts=[1], covers="all"),
            max_works=[1, 2, 3],
            targets=[
                Target(year=2030, measure="people", amount=2),
                Target(year=2025, measure="areas_with_site", amount=0.5, level="village"),
                Target(year=2025, measure="capacity", amount=9),
            ],
            opening={"a": 2025},
        )
    text = str(told.value)
    for part in (
        "years must ascend",
        "site 'a' is open, or opens, without it",
        "there are two with this id",
        "`away` must name",
        "expand needs `capacity`",
        "fixed sites cannot go",
        "cost must be a finite amount",
        "not among the sites: 'x'",
        "earliest year 2040 is after",
        "weights have the shape",
        "amounts must be 2 numbers",
        "covers must be capital",
        "max_works must be one number, or 2",
        "not among the planning years",
        "a share at most 1, not 2",
        "no areas of level 'village'",
        "has no capacities",
        "open already",
    ):
        assert part in text, part
