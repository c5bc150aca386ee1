"""Siting of the whole service from a study file: closings, two sites, distance, capacities, others.

Everything stands along one street of 3,000 m; a walk of 510 m counts unless a test says otherwise.
Each case is worked out by hand, and random streets are compared with every choice of sites.
"""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, box

from geoplan.errors import StudyFileError, UsageError
from geoplan.results import SitingOutcome
from geoplan.study import Study
from geoplan.study.example import CRS, STUDY, X, Y, write_example

SITING = "services.meal_station.siting"


def street(
    folder: Path,
    people: dict[int, int],
    stations: list[int],
    places: list[int],
    *,
    seats: list[int] | None = None,
    **columns: list[Any],
) -> Study:
    """A study of people (metres along the street -> number), stations, and candidates."""
    write_example(folder)
    box_ = gpd.GeoDataFrame(
        {"code": ["1"], "name": ["Town"]}, geometry=[box(X - 99, Y - 99, X + 9999, Y + 99)], crs=CRS
    )
    box_.to_file(folder / "districts.gpkg", driver="GPKG")

    def table(file: str, east: list[int], **more: Any) -> None:
        points = gpd.GeoSeries([Point(X + e, Y) for e in east], crs=CRS).to_crs("EPSG:4326")
        pd.DataFrame({"lon": points.x.round(9), "lat": points.y.round(9), **more}).to_csv(
            folder / file, index=False
        )

    spots = list(people)
    table("people.csv", spots, id=[f"p{s}" for s in spots], pop60=[people[s] for s in spots])
    known = {} if seats is None else {"capacity": seats}
    table("meals.csv", stations, id=[f"m{s}" for s in stations], name="Hall", **known)
    candidates = gpd.GeoDataFrame(
        {"id": [f"c{s}" for s in places], **columns},
        geometry=[Point(X + s, Y) for s in places],
        crs=CRS,
    )
    candidates.to_file(folder / "places.gpkg", driver="GPKG")
    text = STUDY[: STUDY.index("[[figures]]")].replace("threshold_m = 800", "threshold_m = 510")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return Study.open(folder)


def sited(study: Study, standard: dict[str, Any] | None = None, **siting: Any) -> SitingOutcome:
    base = {"candidates": "places.gpkg", "robustness": 0, "curve": False}
    changed = study.replace({SITING: {"objective": "max_coverage", **base, **siting}})
    if standard is not None:
        changed = changed.replace({"services.meal_station.standard": standard})
    found = changed.run(audience="internal").services["meal_station"].siting
    assert found is not None
    return found


def east(outcome: SitingOutcome) -> list[int]:
    """Where the new sites are, metres along the street."""
    return sorted(round(p.x - X) for p in outcome.sites.geometry)


def test_a_site_closes_where_another_one_does_more(tmp_path: Path) -> None:
    """Two halls 100 m apart serve the same 50; one of them at 2,000 m serves 80 more.

    No more sites than today (sites = 0): one hall closes, nobody loses. Without closable the plan
    can only add.
    """
    study = street(tmp_path, {500: 50, 2000: 80, 2900: 30}, [400, 500], [1900, 2800])
    moved = sited(study, sites=0, closable=True)
    assert moved.result.status == "optimal"
    assert moved.closed is not None
    assert len(moved.closed) == 1
    assert moved.closed["people"].tolist() == [0.0]
    assert (east(moved), moved.people_after.served) == ([1900], 130)
    assert moved.measures["lost_after"] == 0
    kept = sited(study, sites=0)
    assert (east(kept), kept.people_after.served, kept.closed) == ([], 50, None)
    named = sited(study, sites=1, closable=["m400"])
    assert named.closed is not None
    assert (list(named.closed.index), east(named)) == (["m400"], [1900, 2800])
    assert named.people_after.served == 160


def test_nothing_closes_for_nothing(tmp_path: Path) -> None:
    """No candidate adds anybody: both halls stay, though each is idle beside the other."""
    study = street(tmp_path, {500: 50}, [400, 500], [1900])
    found = sited(study, sites=1, closable=True)
    assert found.closed is not None
    assert (len(found.closed), east(found), found.result.value) == (0, [], 50)


def test_fewest_sites_may_close_some(tmp_path: Path) -> None:
    """One place reaches 500 and 1,400 m, where a hall each stands: one site instead of two."""
    study = street(tmp_path, {500: 50, 1400: 40}, [500, 1400], [950])
    found = sited(study, objective="min_sites", share=1.0, closable=True)
    assert found.closed is not None
    assert (found.result.value, east(found)) == (1.0, [950])
    assert sorted(found.closed.index) == ["m1400", "m500"]
    assert found.closed.loc["m500", "people"] == 50


def test_fewest_sites_are_counted_in_new_ones(tmp_path: Path) -> None:
    """Halls at 500 and 1,400 m give way to one at 950 m; that at 2,900 m stays: one new site.

    Two sites are open then. Nothing new is needed where the hall that stands is enough.
    """
    people = {500: 50, 1400: 40, 2900: 30}
    study = street(tmp_path / "one", people, [500, 1400, 2900], [950])
    found = sited(study, objective="min_sites", share=1.0, closable=True)
    assert found.closed is not None
    assert (east(found), sorted(found.closed.index)) == ([950], ["m1400", "m500"])
    result = found.result
    assert (result.status, result.value, result.bound, result.gap) == ("optimal", 1, 1, 0)
    assert any("1 of those that stand stay and 1 are new, 2 together" in x for x in found.notes)
    enough = street(tmp_path / "none", {500: 50}, [400, 500], [950])
    kept = sited(enough, objective="min_sites", share=1.0, closable=True)
    assert (kept.result.status, kept.result.value, len(kept.sites)) == ("optimal", 0, 0)
    assert kept.closed is not None
    assert len(kept.closed) == 1


def test_two_sites_in_reach(tmp_path: Path) -> None:
    """Without backup the new site goes to the 60 who have none; with it to the 100 who have one."""
    study = street(tmp_path, {500: 100, 2000: 60}, [400], [600, 2100])
    once, twice = sited(study, sites=1), sited(study, sites=1, backup=True)
    assert (east(once), once.result.value) == ([2100], 160)
    assert (east(twice), twice.result.value) == ([600], 100)
    assert (twice.measures["backup_before"], twice.measures["backup_after"]) == (0, 100)
    assert twice.people_after.served == 100
    assert twice.sites["added_backup"].tolist() == [100]


def test_people_count_less_the_farther_they_go(tmp_path: Path) -> None:
    """Whole within 100 m, nothing from 500 m: 60 people 50 m away beat 100 people 400 m away.

    At 400 m a quarter counts: 25.
    """
    standard = {"mode": "walk", "threshold_m": 500}
    study = street(tmp_path, {500: 100, 2000: 60}, [2950], [900, 2050])
    plain = sited(study, standard, sites=1)
    gradual = sited(study, standard, sites=1, full_within_m=100)
    assert (east(plain), plain.result.value) == ([900], 100)
    assert (east(gradual), gradual.result.value) == ([2050], pytest.approx(60))
    both = sited(study, standard, sites=2, full_within_m=100)
    assert both.result.value == pytest.approx(85, abs=1e-3)
    assert both.measures["gradual_after"] == pytest.approx(85, abs=1e-3)
    assert both.sites["added_people"].tolist() == pytest.approx([60, 25], abs=1e-3)


def test_every_candidate_has_a_capacity_of_its_own(tmp_path: Path) -> None:
    """100 people are near a place of 20 seats, 60 near one of 50: the second serves more."""
    standard = {"mode": "walk", "threshold_m": 510, "capacity_limits": True}
    study = street(
        tmp_path, {500: 100, 2000: 60}, [2950], [500, 2000], seats=[5], seats_there=["20", "50"]
    )
    same = sited(study, standard, sites=1, capacity=100)
    own = sited(study, standard, sites=1, capacity="seats_there")
    assert (east(same), same.people_after.served) == ([500], 100)
    assert (east(own), own.people_after.served, own.result.value) == ([2000], 50, 50)
    both = sited(study, standard, sites=2, capacity="seats_there")
    assert (both.people_after.served, both.result.status) == (70, "optimal")


def test_capacity_by_kind_of_place(tmp_path: Path) -> None:
    standard = {"mode": "walk", "threshold_m": 510, "capacity_limits": True}
    study = street(
        tmp_path, {500: 100, 2000: 60}, [2950], [500, 2000], seats=[5], kind=["room", "hall"]
    )
    found = sited(study, standard, sites=1, capacity={"room": 20, "hall": 50})
    assert (east(found), found.people_after.served) == ([2000], 50)
    with pytest.raises(UsageError, match="no usable capacity"):
        sited(study, standard, sites=1, capacity={"room": 20})


def test_other_plans_are_as_good(tmp_path: Path) -> None:
    """Two groups of 60 are as good to serve: one other plan. With 61 in one there is none."""
    study = street(tmp_path / "a", {500: 60, 2000: 60}, [2950], [500, 2000])
    found = sited(study, sites=1, alternatives=5).alternatives
    assert found is not None
    assert (found.complete, found.table["value"].tolist(), found.kept) == (True, [60.0], [])
    other = street(tmp_path / "b", {500: 61, 2000: 60}, [2950], [500, 2000])
    none = sited(other, sites=1, alternatives=5).alternatives
    assert none is not None
    assert (none.complete, len(none.table)) == (True, 0)
    assert sited(study, sites=1).alternatives is None
    closing = sited(study, sites=0, closable=True, alternatives=5).alternatives
    assert closing is not None
    assert len(closing.table) == 1


def _random(folder: Path, seed: int) -> tuple[Study, dict[int, int], list[int], list[int]]:
    rng = np.random.default_rng(seed)
    spots = 25 + 50 * np.arange(58)
    people = {int(s): int(n) for s, n in zip(rng.choice(spots, 9, replace=False),
                                              rng.integers(5, 60, 9), strict=True)}  # fmt: skip
    chosen = rng.choice(spots, 7, replace=False).tolist()
    return street(folder, people, chosen[:3], chosen[3:]), people, chosen[:3], chosen[3:]


def _worth(
    people: dict[int, int], sites: tuple[int, ...], *, times: int, full: int | None
) -> float:
    """People by the plain definition; a walk of 510 m counts."""
    total = 0.0
    for home, count in people.items():
        ways = sorted(abs(home - s) for s in sites)
        if len(ways) < times or ways[times - 1] > 510:
            continue
        way = ways[0]
        part = 1.0 if full is None or way <= full else (510 - way) / (510 - full)
        total += count * part
    return total


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("rule", "times", "full"),
    [
        ({"closable": True}, 1, None),
        ({"backup": True}, 2, None),
        ({"full_within_m": 120}, 1, 120),
        ({"closable": True, "backup": True}, 2, None),
        ({"closable": True, "full_within_m": 120}, 1, 120),
    ],
)
def test_every_choice_of_sites(
    tmp_path: Path, seed: int, rule: dict[str, Any], times: int, full: int | None
) -> None:
    study, people, stations, places = _random(tmp_path, seed)
    closable = "closable" in rule
    found = sited(study, sites=1, **rule)
    every = (*stations, *places)
    choices = (c for k in range(5) for c in combinations(every, k))
    best = max(
        _worth(people, c, times=times, full=full)
        for c in choices
        if closable or set(stations) <= set(c)
    )
    assert found.result.status == "optimal"
    assert found.result.value == pytest.approx(best, abs=0.05)
    closed = set() if found.closed is None else {int(str(c)[1:]) for c in found.closed.index}
    plan = (*(s for s in stations if s not in closed), *east(found))
    assert _worth(people, plan, times=times, full=full) == pytest.approx(best, abs=0.05)
    assert found.people_after.served == _worth(people, plan, times=1, full=None)


def _served(people: dict[int, int], seats: dict[int, int]) -> int:
    """Most people who find a seat within 510 m, whoever takes which."""
    graph = nx.DiGraph()
    graph.add_nodes_from(["from", "to"])
    for home, count in people.items():
        graph.add_edge("from", ("home", home), capacity=count)
        for site in seats:
            if abs(home - site) <= 510:
                graph.add_edge(("home", home), site, capacity=count)
    for site, count in seats.items():
        graph.add_edge(site, "to", capacity=count)
    return int(nx.maximum_flow_value(graph, "from", "to"))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("closable", [False, True])
def test_own_capacities_against_every_choice(tmp_path: Path, seed: int, closable: bool) -> None:
    """Two new sites, each candidate with its own number of seats; those that stand may close."""
    rng = np.random.default_rng([5, seed])
    _, people, stations, places = _random(tmp_path / "any", seed)
    seats = dict(zip([*stations, *places], rng.integers(5, 90, 7).tolist(), strict=True))
    own = [seats[p] for p in places]
    old = [seats[s] for s in stations]
    study = street(tmp_path / "own", people, stations, places, seats=old, seats_there=own)
    standard = {"mode": "walk", "threshold_m": 510, "capacity_limits": True}
    asked = {"sites": 2, "capacity": "seats_there", "closable": closable}
    found = sited(study, standard, **asked)
    every = (c for k in range(6) for c in combinations(seats, k))
    best = max(
        _served(people, {s: seats[s] for s in c})
        for c in every
        if closable or (set(stations) <= set(c) and len(c) <= len(stations) + 2)
    )
    assert (found.result.status, found.result.value) == ("optimal", best)
    assert found.people_after.served == best
    closed = set() if found.closed is None else {int(str(c)[1:]) for c in found.closed.index}
    plan = {s: seats[s] for s in [*stations, *east(found)] if s not in closed}
    assert _served(people, plan) == best


@pytest.mark.parametrize("seed", range(3))
def test_other_plans_against_every_choice(tmp_path: Path, seed: int) -> None:
    """As many sites as today and one more, old and new alike: all plans that serve as many."""
    rng = np.random.default_rng([6, seed])
    spots = 25 + 50 * rng.choice(58, 16, replace=False)
    people = {int(s): int(rng.choice([20, 20, 40])) for s in spots[:9]}
    stations, places = spots[9:11].tolist(), spots[11:].tolist()
    study = street(tmp_path, people, stations, places)
    found = sited(study, sites=1, closable=True, alternatives=100)
    others = found.alternatives
    assert others is not None
    assert others.complete
    at = {f"m{s}": s for s in stations} | {f"c{i}": p for i, p in enumerate(places)}
    assert found.closed is not None
    closed = {at[str(label)] for label in found.closed.index}
    mine = frozenset(set(stations) - closed) | set(east(found))
    told = [frozenset(at[str(label)] for label in row) for row in others.table["sites"]]
    assert len(set(told)) == len(told)
    every = [frozenset(c) for k in range(4) for c in combinations([*stations, *places], k)]
    worth = {c: _worth(people, tuple(c), times=1, full=None) for c in every}
    best = max(worth.values())
    assert worth[mine] == best
    assert all(worth[c] == best for c in told)
    assert others.table["value"].tolist() == [best] * len(told)
    as_good = [c for c in every if worth[c] == best]
    assert all(any(c >= seen for seen in [mine, *told]) for c in as_good)
    assert {at[str(label)] for label in others.kept} == frozenset.intersection(*as_good)


@pytest.mark.parametrize(
    ("siting", "part"),
    [
        ({"objective": "p_median", "backup": True}, "only for objectives"),
        ({"backup": True, "full_within_m": 100}, "do not go together"),
        ({"full_within_min": 9}, "full_within_m"),
        ({"full_within_m": 600}, "below the standard's 510"),
        ({"capacity": "seats", "candidates": "network"}, "needs a file of candidates"),
        ({"tiers": {"a": 1, "b": 2}}, "does not go together with sites"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, siting: dict[str, Any], part: str) -> None:
    study = street(tmp_path, {500: 50}, [400], [1900])
    with pytest.raises((StudyFileError, UsageError)) as caught:
        sited(study, **{"sites": 1, **siting})
    assert part in str(caught.value)


def test_names_of_no_site_are_said(tmp_path: Path) -> None:
    study = street(tmp_path, {500: 50}, [400], [1900])
    with pytest.raises(UsageError, match="no sites in service are called m9"):
        sited(study, sites=1, closable=["m9"])
