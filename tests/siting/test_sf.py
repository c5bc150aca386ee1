"""San Francisco: 205 census tracts, 16 candidate stores; published and re-proved answers."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from geoplan.siting import SitingProblem, max_coverage, min_sites


@pytest.fixture(scope="module")
def san_francisco(shared_data) -> tuple[pd.DataFrame, pd.Series, dict]:
    folder = shared_data / "spopt_sf"
    table = pd.read_csv(
        folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv",
        dtype={"DestinationName": str},
    )
    costs = table.pivot_table(index="DestinationName", columns="name", values="distance")
    people = table.groupby("DestinationName")["demand"].first()
    return costs, people, json.loads((folder / "expected.json").read_text())


def test_people_are_counted_not_tracts(san_francisco) -> None:
    costs, people, expected = san_francisco
    assert people.sum() == expected["total_demand"]
    problem = SitingProblem.from_costs(costs, people, threshold=5000, unit="m")
    result = max_coverage(problem, sites=4)
    assert result.status == "optimal"
    assert result.value == expected["mclp_p4_radius_5000_covered"]
    assert result.value / problem.total == pytest.approx(expected["mclp_share_of_people"])
    tracts = result.assignment.notna().mean()
    assert tracts == pytest.approx(expected["mclp_share_of_tracts"])


@pytest.mark.parametrize(
    ("radius", "key"), [(5000, "lscp_radius_5000_min_facilities"), (8000, "lscp_radius_8000")]
)
def test_fewest_stores_for_everyone(san_francisco, radius: float, key: str) -> None:
    costs, people, expected = san_francisco
    result = min_sites(SitingProblem.from_costs(costs, people, threshold=radius, unit="m"))
    assert (result.status, result.value) == ("optimal", expected[key])
