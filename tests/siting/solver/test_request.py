"""A solve request is read whole: what is wrong in it is said, never replaced by a default."""

from __future__ import annotations

import pytest

from geoplan.errors import SitingError, UsageError
from geoplan.siting import SitingProblem, SolveRequest, max_coverage, min_sites, p_center, p_median

COSTS = SitingProblem.from_costs([[1.0, 2.0], [3.0, 1.0]], [4, 5], threshold=2, unit="m")
ASKED = [(max_coverage, {"sites": 1}), (min_sites, {}), (p_median, {"sites": 1})]
ASKED += [(p_center, {"sites": 1})]


@pytest.mark.parametrize("request_", [0, 60, "", {"gap": 0.1}], ids=repr)
@pytest.mark.parametrize(("function", "asked"), ASKED, ids=lambda v: getattr(v, "__name__", ""))
def test_a_request_that_is_none_is_refused(function, asked, request_):
    with pytest.raises(UsageError, match="must be a SolveRequest"):
        function(COSTS, **asked, request=request_)


@pytest.mark.parametrize(("function", "asked"), ASKED, ids=lambda v: getattr(v, "__name__", ""))
def test_all_wrong_values_are_told_at_once(function, asked):
    wrong = SolveRequest(time_limit_s="long", gap=1, threads=0)
    with pytest.raises(SitingError, match=r"(?s)time_limit_s.*gap.*threads"):
        function(COSTS, **asked, request=wrong)


@pytest.mark.parametrize("threads", [0, 1.5, "two", True, float("nan")], ids=repr)
def test_a_number_of_threads_that_is_none_is_one_fault(threads):
    with pytest.raises(SitingError) as caught:
        max_coverage(COSTS, sites=1, threads=threads)
    assert str(caught.value).count("threads must be") == 1


def test_a_single_keyword_goes_before_the_request():
    request = SolveRequest(gap=2)
    assert max_coverage(COSTS, sites=1, request=request, gap=0.0).status == "optimal"
    with pytest.raises(SitingError, match="gap"):
        max_coverage(COSTS, sites=1, request=request)
