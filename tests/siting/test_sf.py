"""San Francisco: 205 census tracts, 16 candidate stores; published and re-proved answers."""

from __future__ import annotations

import json
from itertools import combinations

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


def test_backup_counts_tracts_reached_twice(san_francisco) -> None:
    """Most tracts with a second store in reach, by every choice of eight of sixteen stores.

    spopt's LSCP-B asks besides that everybody has one store at least; here backup is the one
    measure, of areas too.
    """
    costs, people, expected = san_francisco
    tracts = pd.Series(1.0, index=people.index)
    areas = pd.Series("all", index=people.index)
    problem = SitingProblem.from_costs(costs, tracts, threshold=5000, unit="m", areas=areas)
    count = expected["lscp_radius_5000_min_facilities"]
    reach = (costs <= 5000).to_numpy()
    best = max(
        int((reach[:, list(plan)].sum(axis=1) >= 2).sum())
        for plan in combinations(range(reach.shape[1]), count)
    )
    result = max_coverage(problem, sites=count, backup=True)
    assert (result.status, result.value) == ("optimal", best)
    assert ((costs[result.sites] <= 5000).sum(axis=1) >= 2).sum() == best
    share = best / len(tracts)
    kept = max_coverage(problem, sites=count, backup=True, min_share_per_area=share)
    assert (kept.status, kept.value) == ("optimal", best)
    more = share + 0.5 / len(tracts)
    above = max_coverage(problem, sites=count, backup=True, min_share_per_area=more)
    assert above.status == "infeasible"
