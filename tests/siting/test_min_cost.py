"""Least money that covers a share of the people, against every choice of sites."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import geoplan as gp
from geoplan.errors import SitingError
from geoplan.siting import SitingProblem, min_cost, min_sites

#: what a problem may have beside costs of its sites
KINDS = ["plain", "gradual", "backup", "capacities", "apart", "areas", "standing", "shares"]
AREAS = np.array(list("nsns") * 3, object)


def stated(seed: int, kind: str) -> tuple[SitingProblem, dict, dict]:
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    n, m = int(rng.integers(2, 10)), int(rng.integers(2, 7))
    cost = rng.integers(0, 12, (n, m)) * 100.0
    people = rng.integers(1, 40, n).astype(float)
    if rng.random() < 0.5:
        people = people * rng.uniform(0.1, 1.0, n)
    money = rng.choice([0.0, 1.5, 2.0, 2.25, 7.0], m)
    if rng.random() < 0.3:
        money = rng.uniform(1e5, 9e5, m)
    given_: dict = {"site_costs": money, "threshold": 500}
    asked: dict = {"share": float(rng.choice([0.3, 0.5, 0.8, 1.0]))}
    facts = {"cost": cost, "people": people, "money": money.copy()}
    if kind == "gradual":
        given_["full_within"] = 200
    elif kind == "backup":
        asked["backup"] = True
    elif kind == "capacities":
        given_["capacities"] = rng.uniform(5, 60, m)
        people[:] = np.ceil(people)
    elif kind == "apart":
        given_["conflicts"] = [(0, 1)]
    elif kind == "areas":
        given_["site_areas"] = AREAS[:m]
        asked["min_sites_per_area"] = {"n": 1}
    elif kind == "shares":
        given_["areas"] = AREAS[:n]
        asked["min_share_per_area"] = 0.4
    elif kind == "standing":
        given_["fixed"], given_["closable"] = [0], [1]
        facts["money"][:2] = 0.0
    return SitingProblem.from_costs(cost, people, unit="m", **given_), asked, given_ | facts


def most_served(facts: dict, c: list[int]) -> np.ndarray:
    """People per row whom the sites `c` serve; with capacities all of them, by the smallest cut."""
    near, people = facts["cost"][:, c] <= 500, facts["people"]
    if "capacities" not in facts:
        if "full_within" in facts:
            level = np.clip((500 - facts["cost"][:, c]) / 300, 0, 1)
            return people * level.max(axis=1, initial=0.0)
        times = 2 if facts.get("backup") else 1
        return people * (near.sum(axis=1) >= times)
    room = facts["capacities"][c]
    least = people.sum()
    for k in range(len(c) + 1):
        for shut in itertools.combinations(range(len(c)), k):
            rest = [j for j in range(len(c)) if j not in shut]
            cut = near[:, list(shut)].any(axis=1) if shut else np.zeros(len(people), bool)
            least = min(least, room[rest].sum() + people[cut].sum())
    return np.array([least])


def truth(asked: dict, facts: dict) -> float:
    best, m = np.inf, len(facts["money"])
    facts = facts | {"backup": asked.get("backup")}
    need = asked["share"] * facts["people"].sum()
    for k in range(m + 1):
        for chosen in map(list, itertools.combinations(range(m), k)):
            if any(a in chosen and b in chosen for a, b in facts.get("conflicts", [])):
                continue
            if not set(facts.get("fixed", [])) <= set(chosen):
                continue
            if "min_sites_per_area" in asked and not (facts["site_areas"][chosen] == "n").any():
                continue
            served = most_served(facts, chosen)
            if served.sum() < need * (1 - 1e-9):
                continue
            if "min_share_per_area" in asked and any(
                served[facts["areas"] == a].sum()
                < 0.4 * facts["people"][facts["areas"] == a].sum() * (1 - 1e-9)
                for a in dict.fromkeys(facts["areas"])
            ):
                continue
            best = min(best, facts["money"][chosen].sum())
    return best


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from(KINDS))
def test_no_choice_of_sites_takes_less_money(seed: int, kind: str) -> None:
    problem, asked, facts = stated(seed, kind)
    least = truth(asked, facts)
    found = min_cost(problem, **asked)
    if not np.isfinite(least):
        assert found.status == "infeasible", found
        assert found.blocking
        return
    assert found.status == "optimal", (found, found.blocking)
    assert found.value == pytest.approx(least, rel=1e-9, abs=1e-9)
    assert found.bound == found.value
    assert facts["money"][found.sites].sum() == pytest.approx(found.value)


def test_sites_of_one_price_are_counted() -> None:
    cover = np.random.default_rng(5).random((40, 15)) < 0.2
    cover[:, 0] |= ~cover.any(axis=1)
    people = np.random.default_rng(6).integers(1, 90, 40)
    problem = SitingProblem.from_cover(cover, people, site_costs=2.5)
    for share in (0.6, 0.9, 1.0):
        assert min_cost(problem, share=share).value == 2.5 * min_sites(problem, share=share).value


def test_areas_that_nothing_asks_for_leave_who_is_served_where() -> None:
    """Rows of one cover set in two areas: the flows were read off as if areas kept them apart."""
    near = np.array([[1, 1], [1, 1], [0, 1]], bool)
    problem = SitingProblem.from_cover(
        near, [4, 5, 6], site_costs=[2, 3], capacities=[9, 6], areas=["w", "e", "w"]
    )
    found = min_cost(problem)
    assert (found.status, found.value, found.sites) == ("optimal", 5.0, [0, 1])
    flows = found.detail["flows"]
    assert flows.groupby("site")["people"].sum().to_dict() == {0: 9, 1: 6}


def test_existing_sites_stay_and_idle_ones_are_not_built() -> None:
    cover = np.array([[1, 0, 1, 0], [0, 1, 1, 0]], bool)
    problem = SitingProblem.from_cover(cover, [9, 4], site_costs=[3, 3, 5, 0], closable=[0])
    found = gp.min_cost(problem)
    assert (found.value, found.sites) == (3.0, [0, 1])  # the last one would cost nothing


def test_without_costs_there_is_nothing_to_add_up() -> None:
    with pytest.raises(SitingError, match="min_cost needs site_costs"):
        min_cost(SitingProblem.from_cover(np.eye(2, dtype=bool), [1, 1]))


def test_who_is_out_of_reach_is_named() -> None:
    problem = SitingProblem.from_cover(np.array([[True], [False]]), [3, 1], site_costs=1)
    found = min_cost(problem)
    assert found.status == "infeasible"
    assert found.detail["blocking_demand"] == [1]
    assert found.detail["largest_share"] == 0.75
    assert min_cost(problem, share=0.75).value == 1
