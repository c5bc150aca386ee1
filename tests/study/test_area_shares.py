"""Least shares of every area's people: whole studies against every choice of sites.

People, stations and candidates stand along one street of 3,000 m in three districts of 1,000 m, at
multiples of 50 m; a walk of 810 m counts, so no distance is near the limit. In every district some
people live off the network, and in the middle one some nobody knows where: they count in the
totals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box

from geoplan.errors import GeoplanError, InputError, StudyFileError, UsageError
from geoplan.results import SitingOutcome
from geoplan.siting.conditional.area_shares import AreaShares
from geoplan.study import Study, robustness
from geoplan.study.example import CRS, STUDY, X, Y
from geoplan.study.sites import suggest_sites

REACH = 810
CANDIDATES = 7
#: people of the middle district nobody knows where
LOST = 9
CODES = ("1", "2", "3")
SITING = "services.meal_station.siting"
#: the level of the districts as a table of shares or numbers names it
DISTRICTS = "district"


class Street:
    """A random street with people, stations and candidates, and what every choice of them gives."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        *,
        whole: bool = True,
        stations: int = 2,
        reach: int = REACH,
    ) -> None:
        self.reach = reach
        rng = np.random.default_rng(seed)
        spots = 25 + 50 * np.arange(60)
        self.home = rng.choice(spots, 12)
        people = rng.integers(5, 60, 12).astype(float)
        self.people = people if whole else people + rng.integers(1, 10, 12) / 10
        old, new = np.split(rng.choice(spots, stations + CANDIDATES, replace=False), [stations])
        self.old, self.new = old, new
        self.off = rng.integers(0, 12, 3).astype(float)
        self.write(folder)

    def write(self, folder: Path) -> None:
        """The street as a study in `folder`."""
        edges = [-1000, 1000, 2000, 4000]
        boxes = [box(X + a, Y - 1000, X + b, Y + 6000) for a, b in pairwise(edges)]
        names = {"code": CODES, "name": ["West", "Middle", "East"]}
        districts = gpd.GeoDataFrame(names, geometry=boxes, crs=CRS)
        districts.to_file(folder / "districts.gpkg", driver="GPKG")
        halves = [
            box(X - 1000, Y - 1000, X + 1500, Y + 6000),
            box(X + 1500, Y - 1000, X + 4000, Y + 6000),
        ]
        gpd.GeoDataFrame(
            {"code": ["w", "e"], "name": ["W", "E"]}, geometry=halves, crs=CRS
        ).to_file(folder / "halves.gpkg", driver="GPKG")

        def table(
            name: str, east: np.ndarray, north: np.ndarray | float, **columns
        ) -> pd.DataFrame:
            points = gpd.GeoSeries(
                gpd.points_from_xy(X + east, Y + np.broadcast_to(north, len(east))), crs=CRS
            ).to_crs(4326)
            return pd.DataFrame(
                {
                    "id": [f"{name[0]}{i}" for i in range(len(east))],
                    "name": [f"{name} {i}" for i in range(len(east))],
                    "lon": points.x.map("{:.9f}".format),
                    "lat": points.y.map("{:.9f}".format),
                    **columns,
                }
            )

        east = np.concatenate([self.home, [500, 1500, 2500]])
        north = np.concatenate([np.zeros(len(self.home)), np.full(3, 4000.0)])
        counts = np.concatenate([self.people, self.off])
        people = table("people", east, north, pop60=counts, address="1 Some Road")
        people["district"] = ""
        nowhere = {"id": "lost", "name": "lost", "lon": "", "lat": "", "pop60": LOST}
        people.loc[len(people)] = {**nowhere, "district": "2", "address": "1 Some Road"}
        people.to_csv(folder / "people.csv", index=False)
        table("meals", self.old, 0.0).to_csv(folder / "meals.csv", index=False)
        table("places", self.new, 0.0).to_csv(folder / "places.csv", index=False)
        place = (
            '[services.place]\npath = "places.csv"\ndatum = "wgs84"\ndemand = "elderly_60"\n'
            f'name = "Place"\nstandard = {{ mode = "walk", threshold_m = {self.reach} }}\n\n'
            "[[figures]]"
        )
        text = STUDY.replace("threshold_m = 800", f"threshold_m = {self.reach}").replace(
            "[[figures]]", place
        )
        (folder / "study.toml").write_text(text, encoding="utf-8")
        self.study = Study.open(folder)

    def asked(self, **siting) -> SitingOutcome:
        """What the study suggests for this siting problem."""
        changes = {"candidates": "facilities:place", "robustness": 0, "curve": False, **siting}
        study = self.study.replace({SITING: changes})
        found = study.run(services=["meal_station"]).services["meal_station"].siting
        assert found is not None
        return found

    def near(self, chosen: tuple[int, ...]) -> np.ndarray:
        """Metres from every home to the nearest station once the candidates `chosen` stand."""
        at = np.concatenate([self.old, self.new[list(chosen)]])
        return np.abs(self.home[:, None] - at[None, :]).min(axis=1)

    def served(self, chosen: tuple[int, ...]) -> float:
        """People served."""
        return float(self.people[self.near(chosen) <= self.reach].sum())

    def shares(self, chosen: tuple[int, ...]) -> dict[str, float]:
        """Share of all people of every district who are served."""
        district = np.minimum(self.home // 1000, 2)
        inside = self.near(chosen) <= self.reach
        found = {}
        for k, code in enumerate(CODES):
            total = self.people[district == k].sum() + self.off[k] + LOST * (code == "2")
            found[code] = (
                float(self.people[inside & (district == k)].sum() / total) if total else 1.0
            )
        return found

    def keeps(self, chosen: tuple[int, ...], least: dict[str, float]) -> bool:
        """Whether the shares are at least so large."""
        found = self.shares(chosen)
        return all(found[code] >= share - 1e-9 for code, share in least.items())

    def in_district(self, chosen: tuple[int, ...], code: str) -> int:
        """Stations in a district, those that stand counted."""
        at = np.concatenate([self.old, self.new[list(chosen)]])
        return int((np.minimum(at // 1000, 2) == CODES.index(code)).sum())

    def apart(self, chosen: tuple[int, ...], metres: float) -> bool:
        """Whether the new stations keep this distance from each other and from the old ones."""
        new = self.new[list(chosen)]
        every = np.concatenate([self.old, new])
        return all((np.abs(every - place) < metres).sum() == 1 for place in new)

    def least(self, rng: np.random.Generator) -> dict[str, float]:
        """Shares that are hard to keep: some of what the best or all sites reach."""
        every, today = self.shares(tuple(range(CANDIDATES))), self.shares(())
        part = rng.choice([0.0, 0.5, 0.8, 1.0], 3)
        return {
            code: float(today[code] + p * (every[code] - today[code]))
            for code, p in zip(CODES, part, strict=True)
        }


def choices(most: int) -> Iterator[tuple[int, ...]]:
    for count in range(most + 1):
        yield from combinations(range(CANDIDATES), count)


def chosen_of(found: SitingOutcome) -> tuple[int, ...]:
    return tuple(sorted(int(s.removeprefix("cp")) for s in found.sites.index))


@pytest.mark.parametrize("whole", [True, False], ids=["whole people", "fractions"])
@pytest.mark.parametrize("seed", range(4))
def test_most_people_with_least_shares(small_folder: Path, seed: int, whole: bool) -> None:
    street = Street(small_folder, seed, whole=whole)
    least = street.least(np.random.default_rng(seed))
    for sites in (1, 2):
        found = street.asked(sites=sites, min_share_per_area=least)
        allowed = [c for c in choices(sites) if street.keeps(c, least)]
        if not allowed:
            assert found.result.status == "infeasible"
            assert found.result.blocking
            assert found.sites.empty
            continue
        best = max(map(street.served, allowed))
        assert found.result.status == "optimal"
        assert found.result.value == pytest.approx(best, rel=1e-12)
        assert found.result.bound == pytest.approx(best, rel=1e-9)
        assert found.people_after.served == pytest.approx(best, rel=1e-12)
        assert street.keeps(chosen_of(found), least)


@pytest.mark.parametrize("constraints", ["money", "apart", "area", "all"])
@pytest.mark.parametrize("seed", range(4))
def test_with_a_planners_other_constraints(small_folder: Path, seed: int, constraints: str) -> None:
    street = Street(small_folder, 30 + seed)
    least = {code: 0.6 * share for code, share in street.shares(tuple(range(CANDIDATES))).items()}
    asked: dict = {"sites": 3, "min_share_per_area": least}
    metres, needed = 1.0, 0
    if constraints in ("apart", "all"):
        metres = asked["min_distance_m"] = 240.0
    if constraints in ("area", "all"):
        needed = street.in_district((), "3") + 1
        asked["min_sites_per_area"] = {"3": needed}
    if constraints in ("money", "all"):
        asked |= {"sites": None, "budget": 40.0, "site_cost": 12.5}
    allowed = [
        c
        for c in choices(3)
        if street.keeps(c, least)
        and street.apart(c, metres)
        and street.in_district(c, "3") >= needed
    ]
    found = street.asked(**asked)
    if not allowed:
        assert found.result.status == "infeasible"
        return
    best = max(map(street.served, allowed))
    assert (found.result.status, found.result.value, found.result.bound) == ("optimal", best, best)
    assert found.people_after.served == best
    assert street.keeps(chosen_of(found), least)


@pytest.mark.parametrize("seed", range(4))
def test_fewest_sites_with_least_shares(small_folder: Path, seed: int) -> None:
    street = Street(small_folder, 60 + seed)
    least = street.least(np.random.default_rng(seed))
    total = street.people.sum() + street.off.sum() + LOST
    share = float(np.floor(street.served(()) / total * 100) / 100) or 0.01
    found = street.asked(objective="min_sites", share=share, min_share_per_area=least)
    enough = [
        len(c)
        for c in choices(CANDIDATES)
        if street.keeps(c, least) and street.served(c) >= share * total - 1e-9
    ]
    fewest = min(enough)
    assert (found.result.status, found.result.value, found.result.bound) == (
        "optimal",
        fewest,
        fewest,
    )
    assert len(found.sites) == fewest
    assert street.keeps(chosen_of(found), least)


@pytest.mark.parametrize("seed", range(4))
def test_shortest_journeys_with_least_shares(small_folder: Path, seed: int) -> None:
    street = Street(small_folder, 90 + seed)
    least = street.least(np.random.default_rng(seed))
    found = street.asked(objective="p_median", sites=2, gap=0.0, min_share_per_area=least)
    allowed = [c for c in choices(2) if street.keeps(c, least)]
    if not allowed:
        assert found.result.status == "infeasible"
        return
    best = min(float(street.people @ street.near(c)) for c in allowed)
    assert found.result.status == "optimal"
    assert found.result.value == pytest.approx(best, rel=2e-3)
    assert found.result.bound <= best * (1 + 1e-6)
    assert street.keeps(chosen_of(found), least)


@pytest.mark.parametrize("objective", ["max_coverage", "min_sites"])
@pytest.mark.parametrize("seed", range(4))
def test_the_bound_holds_over_candidates_that_were_left_out(
    small_folder: Path, seed: int, objective: str
) -> None:
    street = Street(small_folder, 120 + seed)
    least = street.least(np.random.default_rng(seed))
    asked: dict = {"min_share_per_area": least, "max_candidates": 1, "objective": objective}
    asked |= {"sites": 2} if objective == "max_coverage" else {"share": 0.1}
    found = street.asked(**asked).result
    most = 2 if objective == "max_coverage" else CANDIDATES
    allowed = [c for c in choices(most) if street.keeps(c, least)]
    if found.status == "infeasible":
        assert not allowed
    elif found.status == "unknown":
        assert "max_candidates" in found.blocking[0]
    elif objective == "max_coverage":
        assert found.value <= max(map(street.served, allowed)) <= found.bound
    else:
        assert found.bound <= min(map(len, allowed)) <= found.value
    assert (found.status == "optimal") == (found.value == found.bound)


def test_nothing_is_called_infeasible_where_candidates_were_left_out(small_folder: Path) -> None:
    seen = set()
    for seed in range(8):
        street = Street(small_folder, 150 + seed)
        every = street.shares(tuple(range(CANDIDATES)))
        least = {code: 0.9 * share for code, share in every.items()}
        found = street.asked(sites=2, min_share_per_area=least, max_candidates=1).result
        seen.add(found.status)
        if found.status == "infeasible":
            assert not [c for c in choices(2) if street.keeps(c, least)]
    assert seen & {"unknown", "infeasible", "optimal", "feasible"}


def test_one_number_and_names_of_levels_say_the_same(small_folder: Path) -> None:
    street = Street(small_folder, 5)
    share = 0.5 * min(street.shares(tuple(range(CANDIDATES))).values())
    one = street.asked(sites=3, min_share_per_area=share)
    named = street.asked(sites=3, min_share_per_area={DISTRICTS: share})
    each = street.asked(sites=3, min_share_per_area=dict.fromkeys(CODES, share))
    assert one.result.sites == named.result.sites == each.result.sites
    own = {DISTRICTS: 1.0, **dict.fromkeys(CODES, share)}  # a single area's own share counts
    assert street.asked(sites=3, min_share_per_area=own).result.sites == one.result.sites
    none = street.asked(sites=3, min_share_per_area=0.0)
    assert none.result.value == street.asked(sites=3).result.value


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("objective", ["max_coverage", "min_sites", "p_median"])
def test_a_share_out_of_reach_is_told_with_the_largest(
    small_folder: Path, objective: str, lang: str
) -> None:
    street = Street(small_folder, 3)
    street.study = street.study.replace({"study.lang": lang})
    most = street.shares(tuple(range(CANDIDATES)))
    code = min(most, key=most.get)
    found = street.asked(objective=objective, sites=3, min_share_per_area={code: 1.0}).result
    assert found.status == "infeasible"
    assert found.detail["largest_area_share"] == pytest.approx({code: most[code]})
    [text] = found.blocking
    told = f"{np.floor(most[code] * 1e4 + 1e-7) / 1e4:.2%}"
    assert told in text
    assert {"en": f"Area {code}:", "zh": f"区域 {code} 要求"}[lang] in text


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("objective", ["max_coverage", "p_median"])
def test_shares_that_too_few_sites_keep_are_told_in_terms_of_all_people(
    small_folder: Path, objective: str, lang: str
) -> None:
    """Only as large a share as one site can give is left: a brute force over all choices agrees."""
    for seed in range(200, 230):
        street = Street(small_folder, seed, stations=1, reach=310)
        every = street.shares(tuple(range(CANDIDATES)))
        code = max(every, key=lambda c: every[c] - max(street.shares(s)[c] for s in choices(1)))
        one = max(street.shares(s)[code] for s in choices(1))
        if every[code] > one + 0.01:
            break
    street.study = street.study.replace({"study.lang": lang})
    found = street.asked(objective=objective, sites=1, min_share_per_area={code: every[code]})
    assert found.result.status == "infeasible"
    assert found.result.detail["largest_area_share"] == pytest.approx({code: one})
    text = "\n".join(found.result.blocking)
    assert f"{code}: {np.floor(one * 1e4 + 1e-7) / 1e4:.2%}" in text
    assert {"en": "cannot all be kept", "zh": "不能同时满足"}[lang] in text
    assert "instead of" in text  # more sites would do as well


def test_levels_of_sites_and_shares_may_differ(small_folder: Path) -> None:
    street = Street(small_folder, 8)
    study = street.study.replace({"areas.half": {"path": "halves.gpkg"}})
    street.study = study
    least = {c: 0.7 * s for c, s in street.shares(tuple(range(CANDIDATES))).items()}
    standing = int((street.old > 1500).sum())
    asked = {"sites": 3, "min_share_per_area": least, "min_sites_per_area": {"e": standing + 2}}
    found = street.asked(**asked)
    allowed = [
        c for c in choices(3) if street.keeps(c, least) and (street.new[list(c)] > 1500).sum() >= 2
    ]
    assert found.result.value == max(map(street.served, allowed))
    assert found.result.status == "optimal"
    # one number means the level of the numbers of sites
    with pytest.raises(StudyFileError, match="of which level"):
        street.asked(sites=3, min_share_per_area=0.1)
    street.asked(sites=3, min_share_per_area=0.1, min_sites_per_area={DISTRICTS: 0})
    for mixed in ({"e": 0.1, "1": 0.1}, {"half": 0.1, DISTRICTS: 0.1}):
        with pytest.raises(UsageError, match="min_share_per_area mixes the levels"):
            street.asked(sites=3, min_share_per_area=mixed)


@pytest.mark.parametrize("given", [{"stret": 1}, {"district": 1, "9": 0}])
def test_check_and_run_refuse_an_area_that_is_not_there(small_folder: Path, given) -> None:
    study = Study.open(small_folder)
    for setting in ("min_sites_per_area", "min_share_per_area"):
        asked = study.replace({f"services.meal_station.siting.{setting}": given})
        (told,) = [f for f in asked.check().findings if f.code == "unknown_areas"]
        assert told.severity == "error"
        assert told.column == f"services.meal_station.siting.{setting}"
        with pytest.raises(InputError, match="neither a level"):
            asked.run()
    known = study.replace({"services.meal_station.siting.min_sites_per_area": {"district": 0}})
    assert not known.check().errors


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_unknown_areas(small_folder: Path, lang: str) -> None:
    street = Street(small_folder, 1)
    street.study = street.study.replace({"study.lang": lang})
    with pytest.raises(InputError, match=r"min_share_per_area.*'stret'.*district"):
        street.asked(sites=1, min_share_per_area={"stret": 0.5, DISTRICTS: 0.5})


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("1.5", {"en": "must be at most 1", "zh": "不能大于 1"}),
        ("-0.1", {"en": "must be at least 0", "zh": "不能小于 0"}),
        ("true", {"en": "must be a number", "zh": "应为数字"}),
        ("nan", {"en": "must be a number", "zh": "应为数字"}),
        ('"half"', {"en": "must be a number", "zh": "应为数字"}),
        ('{ "1" = 2, "2" = 0.5 }', {"en": "per_area.1", "zh": "不能大于 1"}),
    ],
)
def test_wrong_numbers_are_faults_with_their_line(
    small_folder: Path, value: str, said: dict[str, str], lang: str
) -> None:
    text = STUDY.replace('lang = "en"', f'lang = "{lang}"').replace(
        "sites = 1,", f"sites = 1, min_share_per_area = {value},"
    )
    (small_folder / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyFileError) as caught:
        Study.open(small_folder)
    [finding] = caught.value.findings
    line = text.splitlines()[finding.row - 1]
    assert line.startswith("siting =")
    assert said[lang] in str(caught.value)
    assert "[number]" not in finding.column
    assert "[table]" not in finding.column


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"objective": "p_center"}, "'p_center' and min_share_per_area do not go together"),
        ({"capacity": 20}, "where capacity is limited"),
    ],
)
def test_what_does_not_go_together(small_folder: Path, changes: dict, said: str) -> None:
    street = Street(small_folder, 1)
    limited = {"mode": "walk", "threshold_m": REACH, "capacity_limits": True}
    street.study = street.study.replace({"services.meal_station.standard": limited})
    with pytest.raises(StudyFileError, match=said):
        street.asked(sites=1, min_share_per_area=0.5, **changes)


@pytest.mark.parametrize("objective", ["max_coverage", "min_sites", "p_median"])
def test_full_sites_are_refused(small_folder: Path, objective: str) -> None:
    street = Street(small_folder, 1)
    meals = pd.read_csv(small_folder / "meals.csv").assign(capacity=1)
    meals.to_csv(small_folder / "meals.csv", index=False)
    limited = {"mode": "walk", "threshold_m": REACH, "capacity_limits": True}
    street.study = street.study.replace({"services.meal_station.standard": limited})
    with pytest.raises(UsageError, match="where capacity is limited"):
        street.asked(objective=objective, sites=1, min_share_per_area=0.1)
    # seats for everybody are no limit
    meals.assign(capacity=10_000).to_csv(small_folder / "meals.csv", index=False)
    if objective == "max_coverage":
        found = street.asked(sites=1, min_share_per_area=0.0)
        assert found.result.value == max(map(street.served, choices(1)))


def test_people_whom_a_median_leaves_out_are_refused(small_folder: Path) -> None:
    """D's street in the example is joined to no station, yet a site there would serve its area."""
    study = Study.open(small_folder)
    asked = {"objective": "p_median", "sites": 1, "min_share_per_area": {"1": 0.9}}
    with pytest.raises(UsageError, match="p_median leaves them out"):
        study.replace({SITING: asked}).run()
    found = study.replace({SITING: {**asked, "objective": "max_coverage"}}).run()
    assert found.sites["meal_station"].index.tolist() == ["n4"]


def test_a_plan_that_misses_a_share_is_not_handed_over(
    small_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    street = Street(small_folder, 5)
    usual = suggest_sites.ledger_after

    def without_sites(context, assessed, chosen, siting):
        return usual(context, assessed, chosen.iloc[:0], siting)

    every = street.shares(tuple(range(CANDIDATES)))
    code = max(every, key=lambda c: every[c] - street.shares(())[c])
    street.asked(sites=CANDIDATES, min_share_per_area={code: every[code]})
    monkeypatch.setattr(suggest_sites, "ledger_after", without_sites)
    with pytest.raises(GeoplanError, match="misses its min_share_per_area"):
        street.asked(sites=CANDIDATES, min_share_per_area={code: every[code]})


def test_redraws_are_left_out_and_told(small_folder: Path) -> None:
    street = Street(small_folder, 5)
    found = street.asked(sites=2, min_share_per_area=0.01, robustness=5)
    assert found.robustness is None
    assert any("redraws are left out" in note for note in found.notes)
    asked = {"candidates": "facilities:place", "sites": 2, "min_share_per_area": 0.01}
    with pytest.raises(UsageError, match="redraws are left out"):
        robustness(street.study.replace({SITING: asked}), "meal_station", redraws=2)


def test_people_needed_are_counted_exactly() -> None:
    """0.7 of 10 people are 7; 7.0000000000000001 would be 8."""
    shares = AreaShares(
        level=DISTRICTS,
        asked={"1": 0.7, "2": 0.35},
        total={"1": 10.0, "2": 10.0},
        served={"1": 3.0, "2": 4.0},
        reachable={"1": 6.0, "2": 4.0},
        whole=True,
    )
    assert shares.short == {"1": 4.0}
    assert shares.out_of_reach == {"1": 0.6}
    assert shares.kept({"1": 7.0, "2": 4.0})
    assert not shares.kept({"1": 6.0, "2": 4.0})
    assert not replace(shares, served={"1": 7.0, "2": 4.0}).short
