"""Full sites and people who change to new ones: whole studies against every choice of sites.

People, stations and places for new ones stand along the small study's one street, at multiples of
50 m; a walk of 810 m counts, so no distance is near the limit.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from geoplan.errors import GeoplanError
from geoplan.siting.conditional import solve
from geoplan.siting.model.result import SitingResult
from geoplan.study import Study, compare_plans
from geoplan.study.example import PEOPLE
from geoplan.study.sites import covering_problem

REACH = 810
PLACES = 6


class Street:
    """A random street: where people live, where stations stand and may stand, and their places."""

    def __init__(self, folder: Path, seed: int, *, stations: int = 3, limited: bool) -> None:
        rng = np.random.default_rng(seed)
        spots = 50 * np.arange(61)
        self.home = rng.choice(spots, 9)
        self.people = rng.integers(5, 60, 9).astype(float)
        old, new = np.split(rng.choice(spots, stations + PLACES, replace=False), [stations])
        self.old, self.new = old, new
        self.room = rng.integers(0, 90, stations).astype(float)
        if seed % 3 == 0:
            self.room[0] = np.nan
        self.capacity = float(rng.integers(20, 90)) + 0.5 if limited else None
        self.write(folder)

    @classmethod
    def laid(
        cls, folder: Path, *, people: dict[int, float], old: dict[int, float], new: list[int]
    ) -> Street:
        """A street of one's own: metres -> people, metres -> places, metres of candidates."""
        street = object.__new__(cls)
        street.home, street.old, street.new = map(np.array, (list(people), list(old), new))
        street.people, street.room = np.array(list(people.values())), np.array(list(old.values()))
        street.capacity = None
        street.write(folder)
        return street

    def write(self, folder: Path) -> None:
        """The street as a study in `folder`."""
        corner = pd.read_csv(folder / "people.csv", index_col="id", dtype=str)
        first, third = (float(corner.loc[name, "lon"]) for name in ("A", "C"))
        lat, step = corner.loc["A", "lat"], (third - first) / 1500

        def table(name: str, metres: np.ndarray, **columns) -> None:
            frame = pd.DataFrame(
                {
                    "id": [f"{name[0]}{i}" for i in range(len(metres))],
                    "name": [f"{name} {i}" for i in range(len(metres))],
                    "lon": [f"{first + step * m:.9f}" for m in metres],
                    "lat": lat,
                    **columns,
                }
            )
            frame.to_csv(folder / f"{name}.csv", index=False)

        table("people", self.home, pop60=self.people, address="1 Some Road")
        table("meals", self.old, capacity=self.room)
        table("places", self.new)
        self.study = Study.open(folder).replace(
            {
                "services.place": {
                    "path": "places.csv",
                    "datum": "wgs84",
                    "demand": "elderly_60",
                    "name": "Place",
                    "standard": {"mode": "walk", "threshold_m": REACH},
                },
                "services.meal_station.standard": {
                    "mode": "walk",
                    "threshold_m": REACH,
                    "capacity_limits": True,
                },
            }
        )

    def asked(self, **siting) -> Study:
        """The study with this siting problem."""
        siting = {
            "candidates": "facilities:place",
            "capacity": self.capacity,
            "robustness": 0,
            **siting,
        }
        return self.study.replace({"services.meal_station.siting": siting})

    def served(self, chosen: tuple[int, ...]) -> float:
        """People with a place, with new stations at the places `chosen`; by networkx."""
        at = np.concatenate([self.old, self.new[list(chosen)]])
        new = np.inf if self.capacity is None else np.floor(self.capacity)
        # a station whose places are not known proves nobody served
        room = np.concatenate([np.nan_to_num(self.room), np.full(len(chosen), new)])
        graph = nx.DiGraph()
        graph.add_nodes_from(["in", "out"])
        for j, (place, takes) in enumerate(zip(at, room, strict=True)):
            limit = {} if np.isinf(takes) else {"capacity": takes}
            graph.add_edge(("station", j), "out", **limit)
            for i in np.flatnonzero(np.abs(self.home - place) <= REACH):
                graph.add_edge("in", ("home", i), capacity=self.people[i])
                graph.add_edge(("home", i), ("station", j))
        return float(nx.maximum_flow_value(graph, "in", "out"))

    def apart(self, chosen: tuple[int, ...], metres: float) -> bool:
        """Whether new stations keep `metres` from each other and from the old ones."""
        new = self.new[list(chosen)]
        every = np.concatenate([self.old, new])
        return all((np.abs(every - place) < metres).sum() == 1 for place in new)

    def in_the_east(self, chosen: tuple[int, ...]) -> int:
        """New stations in the district that begins 1,000 m east."""
        return int((self.new[list(chosen)] > 1000).sum())


@pytest.fixture(params=[False, True], ids=["open end", "few places"])
def limited(request) -> bool:
    """Whether new stations have few places."""
    return request.param


def choices(most: int = PLACES):
    for count in range(most + 1):
        yield from combinations(range(PLACES), count)


def outcome_of(study: Study):
    service = study.run(services=["meal_station"]).services["meal_station"]
    return service, service.siting


@pytest.mark.parametrize("seed", range(6))
def test_most_people_of_the_whole_service(small_folder: Path, seed: int, limited: bool) -> None:
    street = Street(small_folder, seed, limited=limited)
    worth = {chosen: street.served(chosen) for chosen in choices(3)}
    service, found = outcome_of(street.asked(sites=2))
    best = max(value for chosen, value in worth.items() if len(chosen) <= 2)
    assert service.coverage.ledger.served == worth[()]
    assert (found.result.status, found.result.value, found.result.bound) == ("optimal", best, best)
    assert found.people_after.served == best
    assert found.result.sites == sorted(found.result.sites)  # new ones alone
    # what each adds, and what its next-best place would lose
    order = [int(label.removeprefix("cp")) for label in found.sites.index]
    done: tuple[int, ...] = ()
    for site, place in zip(found.sites.itertuples(), order, strict=True):
        added = worth[tuple(sorted((*done, place)))] - worth[tuple(sorted(done))]
        assert site.added_people == added
        done = (*done, place)
        assert site.share_after == pytest.approx(
            worth[tuple(sorted(done))] / service.coverage.ledger.total
        )
    for site, place in zip(found.sites.itertuples(), order, strict=True):
        others = [p for p in order if p != place]
        if pd.isna(site.next_best):  # places that others outdo were left out
            continue
        instead = worth[tuple(sorted((*others, int(site.next_best.removeprefix("cp")))))]
        assert site.next_best_loss == best - instead
        rest = [p for p in range(PLACES) if p not in order]
        if limited:  # none was left out but those that reach nobody
            assert instead == max(worth[tuple(sorted((*others, p)))] for p in rest)
    if found.curve is not None:
        for row in found.curve.itertuples():
            most = max(v for chosen, v in worth.items() if len(chosen) <= row.sites)
            assert (row.value, row.bound) == (most, most)
    told = " ".join(found.notes)
    assert ("leave their place" in told) == (service.coverage.ledger.full > 0)


@pytest.mark.parametrize("constraints", ["money", "apart", "area", "all"])
@pytest.mark.parametrize("seed", range(3))
def test_under_a_planners_constraints(
    small_folder: Path, seed: int, constraints: str, limited: bool
) -> None:
    street = Street(small_folder, 40 + seed, stations=2, limited=limited)
    asked: dict = {"sites": 2}
    metres = east = 0
    if constraints in ("apart", "all"):
        metres = asked["min_distance_m"] = 300
    if constraints in ("area", "all"):
        east = 1
        standing = int((street.old > 1000).sum())
        asked["min_sites_per_area"] = {"2": standing + east}
    if constraints in ("money", "all"):
        asked |= {"sites": None, "budget": 25.0, "site_cost": 12.5}
    allowed = [
        c for c in choices(2) if street.apart(c, metres or 1) and street.in_the_east(c) >= east
    ]
    _, found = outcome_of(street.asked(**asked))
    if not allowed:
        assert found.result.status == "infeasible"
        return
    best = max(street.served(c) for c in allowed)
    assert (found.result.status, found.result.value, found.result.bound) == ("optimal", best, best)
    assert found.people_after.served == best


@pytest.mark.parametrize("seed", range(6))
def test_fewest_new_sites_for_a_share_of_all(small_folder: Path, seed: int, limited: bool) -> None:
    street = Street(small_folder, 20 + seed, limited=limited)
    total = street.people.sum()
    worth = {chosen: street.served(chosen) for chosen in choices()}
    most = max(worth.values())
    share = float(np.floor((0.5 * worth[()] + 0.5 * most) / total * 1e6) / 1e6)
    need = share * total
    least = min(len(chosen) for chosen, value in worth.items() if value >= need - 1e-9)
    _, found = outcome_of(street.asked(objective="min_sites", share=share))
    assert (found.result.status, found.result.value, found.result.bound) == (
        "optimal",
        least,
        least,
    )
    assert len(found.sites) == len(found.result.sites) == least
    assert found.people_after.served >= need - 1e-9
    assert found.sites["added_people"].sum() == found.people_after.served - worth[()]
    if most < total:
        too_much = street.asked(objective="min_sites", share=1.0)
        _, none = outcome_of(too_much)
        assert none.result.status == "infeasible"
        assert none.result.blocking


@pytest.mark.parametrize("seed", [60, 61, 62, 64])
def test_what_is_not_proved_is_no_worse_than_reach_alone(
    small_folder: Path, seed: int, limited: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole service's search comes back empty-handed: the answer of those not served counts."""
    street = Street(small_folder, seed, limited=limited)
    usual = solve.max_coverage
    asked: list[SitingResult] = []

    def cut_short(problem, **options):
        found = usual(problem, **options)
        asked.append(found)
        if len(problem.fixed):
            nothing = {"status": "unknown", "value": np.nan, "gap": None, "sites": []}
            return replace(found, bound=problem.total, **nothing)
        return found

    monkeypatch.setattr(solve, "max_coverage", cut_short)
    service, found = outcome_of(street.asked(sites=2, curve=False))
    assert service.coverage.ledger.full > 0
    assert len(asked) == 2
    plain = tuple(int(label.removeprefix("cp")) for label in asked[1].sites)
    best = max(street.served(chosen) for chosen in choices(2))
    assert street.served(plain) == found.result.value == found.people_after.served
    assert found.result.value <= best <= found.result.bound
    assert (found.result.status == "optimal") == (found.result.value == found.result.bound)


@pytest.mark.parametrize("constraints", [{}, {"min_distance_m": 200}], ids=["free", "apart"])
@pytest.mark.parametrize("seed", [0, 2, 4, 21, 40])
def test_the_bound_holds_over_candidates_that_were_left_out(
    small_folder: Path, seed: int, limited: bool, constraints: dict
) -> None:
    street = Street(small_folder, seed, limited=limited)
    metres = constraints.get("min_distance_m", 1)
    best = max(street.served(c) for c in choices(2) if street.apart(c, metres))
    _, found = outcome_of(street.asked(sites=2, max_candidates=1, **constraints))
    assert found.result.value == found.people_after.served <= best <= found.result.bound
    assert (found.result.status == "optimal") == (found.result.value == found.result.bound)
    if found.curve is not None:
        stand = [i for i in range(PLACES) if street.apart((i,), metres)]  # not near an old one
        for row in found.curve.itertuples():  # it knows no distances between new ones
            some = [c for c in choices(int(row.sites)) if set(c) <= set(stand)]
            assert row.value <= max(map(street.served, some)) <= row.bound
    least = street.asked(objective="min_sites", share=0.6, max_candidates=1, **constraints)
    _, few = outcome_of(least)
    enough = [
        len(c)
        for c in choices()
        if street.apart(c, metres) and street.served(c) >= 0.6 * street.people.sum()
    ]
    if few.result.status in ("optimal", "feasible"):
        assert few.result.bound <= min(enough) <= few.result.value


def test_numbers_of_two_plans_are_compared_alike(small_folder: Path) -> None:
    street = Street(small_folder, 1, limited=False)
    study = street.asked(sites=1)
    plan = study.run(services=["meal_station"])
    table = compare_plans({"now": plan})
    siting = plan.to_dict()["services"]["meal_station"]["siting"]
    assert siting["value"] == siting["people_after"]["served"]
    assert table.loc[("meal_station", "now"), "served_after"] == siting["value"]
    assert siting["sites"][-1]["share_after"] == pytest.approx(
        siting["value"] / street.people.sum()
    )
    assert sum(PEOPLE[name][0] for name in PEOPLE) == 290  # the street's people are others


NEAR = {100: 300.37, 200: 410.21, 300: 220.6, 400: 90.4}
MANY = {m: 20 * p for m, p in {**NEAR, 2500: 500.3, 2600: 600.7, 2800: 100.1}.items()}


def test_rounding_makes_no_site_full(small_folder: Path) -> None:
    """Everybody in reach has a place, though people are no whole numbers."""
    street = Street.laid(
        small_folder, people={**NEAR, 2500: 1201.1}, old={0: 600.0, 500: 600.0}, new=[2450]
    )
    service, found = outcome_of(street.asked(sites=1, robustness=3))
    assert service.coverage.ledger.full == 0
    assert service.coverage.ledger.served == pytest.approx(sum(NEAR.values()), rel=1e-14)
    assert not [note for note in found.notes if "full" in note or "redraws" in note]
    assert "chosen_share" in found.sites


def test_next_best_of_people_who_are_no_whole_numbers(small_folder: Path) -> None:
    street = Street.laid(
        small_folder, people=MANY, old={0: 6000.0, 500: 5000.0}, new=[2450, 2600, 2900, 300, 150]
    )
    service, found = outcome_of(street.asked(sites=2, capacity=90000.0))
    # all places are taken, and told as such
    assert service.coverage.ledger.served == pytest.approx(11000, rel=1e-14)
    assert service.coverage.people_by_site().to_dict() == pytest.approx(
        {"m0": 6000, "m1": 5000}, rel=1e-14
    )
    assert found.people_after.served == pytest.approx(sum(MANY.values()), rel=1e-14)
    east, west = found.sites.itertuples()
    assert east.next_best in ("cp1", "cp2")
    assert west.next_best in ("cp3", "cp4")
    assert found.sites["next_best_loss"].tolist() == pytest.approx([0, 0], abs=1e-3)


FULL = {"people": {100: 30.0, 200: 20.0}, "old": {0: 40.0}}
ROOM = {"people": {100: 30.0, 200: 20.0, 2500: 10.0}, "old": {0: 90.0}}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"sites": 2}, True),
        ({"budget": 0.0, "site_cost": 5.0, "sites": 2}, False),
        ({"objective": "min_sites", "share": 0.5, "sites": 2}, False),
        ({"sites": 2, "min_distance_m": 5000.0}, False),
        ({"sites": 2, "capacity": 0.5}, False),
    ],
    ids=["true", "budget", "share is met", "no candidates", "no place"],
)
def test_more_would_add_nobody_is_told_where_it_is_so(
    small_folder: Path, asked: dict, said: bool
) -> None:
    street = Street.laid(small_folder, **ROOM, new=[300])
    _, found = outcome_of(street.asked(**asked))
    assert found.sites.empty
    assert any("more would add nobody" in note for note in found.notes) == said
    assert any("takes nobody" in note for note in found.notes) == ("capacity" in asked)


def test_distances_that_keep_sites_few_are_no_lack_of_people(small_folder: Path) -> None:
    people = {100: 30.0, 200: 20.0, 2500: 10.0, 2600: 10.0}
    street = Street.laid(small_folder, people=people, old={0: 90.0}, new=[1750, 3000])
    _, found = outcome_of(street.asked(sites=2, min_distance_m=1500.0))
    assert len(found.sites) == 1
    assert not [note for note in found.notes if "more would add nobody" in note]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("robustness", [0, 3])
@pytest.mark.parametrize("capacity", [None, 5.0])
def test_one_note_of_places(
    small_folder: Path, capacity: float | None, robustness: int, lang: str
) -> None:
    street = Street.laid(small_folder, **FULL, new=[300, 400])
    study = street.asked(sites=1, capacity=capacity, robustness=robustness)
    _, found = outcome_of(study.replace({"study.lang": lang}))
    words = {
        "en": ("assign|leave their place", "redraws", "new ones have few places"),
        "zh": ("重新分配", "重新抽样", "新站点容量也有限"),
    }[lang]
    told = pd.Series(found.notes)
    assert told.str.contains(words[0]).sum() == 1
    assert told.str.count(words[1]).sum() == (robustness > 0)
    assert told.str.contains(words[2]).sum() == (capacity is not None)


def test_nobody_is_lost_between_the_ledger_and_the_problem(
    small_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    street = Street.laid(small_folder, **FULL, new=[300])
    usual = covering_problem.shortage_today

    def without_one(context, assessed):
        found = usual(context, assessed)
        short = assessed.coverage.frame["full"].idxmax()
        kept = found.people.index != short
        rows = found.rows.copy()
        rows[np.flatnonzero(rows)[~kept]] = False
        return replace(found, rows=rows, people=found.people[kept], reach=found.reach[kept])

    monkeypatch.setattr(covering_problem, "shortage_today", without_one)
    with pytest.raises(GeoplanError, match="10 people who are not served are missing"):
        outcome_of(street.asked(sites=1))


def test_an_interrupt_of_the_second_solve_ends_the_service(
    small_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    street = Street(small_folder, 60, limited=False)
    usual = solve.max_coverage

    def stopped(problem, **options):
        found = usual(problem, **options)
        if len(problem.fixed):  # the whole service's problem: nothing in its time
            nothing = {"status": "unknown", "value": np.nan, "gap": None, "sites": []}
            return replace(found, bound=problem.total, **nothing)
        return replace(found, detail={**found.detail, "interrupted": True})

    monkeypatch.setattr(solve, "max_coverage", stopped)
    service, found = outcome_of(street.asked(sites=2, curve=True))
    assert service.coverage.ledger.full > 0
    assert found.result.detail["interrupted"]
    assert found.curve is None
    assert len(found.sites) > 0
