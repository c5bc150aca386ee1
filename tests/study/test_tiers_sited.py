"""Two tiers sited together from a study file, worked out by hand along one street.

A street facility serves 510 m on foot and counts only with a district centre within a minute and a
half by car, 625 m at 25 km/h.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from geoplan.errors import UsageError
from geoplan.outputs.siting_words import siting_sentences
from geoplan.outputs.tables.siting_tables import site_table
from geoplan.results import SitingOutcome
from geoplan.study import Study
from geoplan.study.example import X
from geoplan.words.speaker import Speaker
from tests.study.test_whole_service import street

#: 500 m: 50 people; 2,000 m: 80; 2,900 m: 30
PEOPLE = {500: 50, 2000: 80, 2900: 30}


def centres(
    folder: Path,
    stands: str,
    *,
    people: dict[int, int] = PEOPLE,
    places: Sequence[int] = (550, 1950, 2450, 2850),
    prices: Sequence[int] | None = None,
    **siting: Any,
) -> Study:
    """A study of elderly centres; `stands` is the tier of the one site, at 500 m."""
    priced = {} if prices is None else {"cost": list(prices)}
    street(folder, people, [500], list(places), tier=[""] * len(places), **priced)
    text = (folder / "study.toml").read_text(encoding="utf-8")
    head, _, _ = text.partition("[services.meal_station]")
    text = f"""{head}
[network.drive]
path = "streets.gpkg"

[services.elderly_centre]
path = "meals.csv"
datum = "wgs84"
demand = "elderly_60"
columns = {{ tier = "tier" }}

[services.elderly_centre.standard.tiers.street_facility]
threshold_m = 510
refer_threshold_min = 1.5
"""
    (folder / "study.toml").write_text(text, encoding="utf-8")
    table = (folder / "meals.csv").read_text(encoding="utf-8").splitlines()
    (folder / "meals.csv").write_text(f"{table[0]},tier\n{table[1]},{stands}\n", encoding="utf-8")
    return Study.open(folder).replace(
        {"services.elderly_centre.siting": {"candidates": "places.gpkg", **siting}}
    )


def sited(study: Study) -> SitingOutcome:
    found = study.run(audience="internal").services["elderly_centre"].siting
    assert found is not None
    return found


def test_facilities_go_where_a_centre_can_be_near(tmp_path: Path) -> None:
    """A facility stands at 500 m without a centre: its 50 do not count today.

    One centre and one facility: at 2,450 m a centre and at 2,450 m a facility reach 80 + 30, both
    within 510 m; a centre at 550 m would make the 50 count, and no new facility with it.
    """
    study = centres(tmp_path, "street_facility", tiers={"district_centre": 1, "street_facility": 1})
    found = sited(study)
    places = {(round(p.x - X), t) for p, t in zip(
        found.sites.geometry, found.sites["tier"], strict=True)}  # fmt: skip
    assert (found.result.status, found.result.value) == ("optimal", 110)
    assert {tier for _, tier in places} == {"district_centre", "street_facility"}
    assert (2450, "street_facility") in places
    assert found.measures == {"referred_before": 0, "referred_after": 110}
    assert found.sites["added_people"].sum() == 110
    said = list(siting_sentences(found, Speaker("en"), ""))
    assert said == [
        "In reach of a site that has a centre within its referral limit: 110 people, 0 today."
    ]


def test_two_centres_make_all_facilities_count(tmp_path: Path) -> None:
    """With two centres the facility that stands counts too: 50 + 110."""
    study = centres(tmp_path, "street_facility", tiers={"street_facility": 1, "district_centre": 2})
    plan = study.run(audience="internal")
    found = plan.services["elderly_centre"].siting
    assert found is not None
    assert (found.result.status, found.result.value) == ("optimal", 160)
    table = site_table(plan.results, plan.services["elderly_centre"], Speaker("en"))
    assert set(table.frame["tier"]) == {"district centre", "street or town facility"}
    keys = plan.to_dict()["services"]["elderly_centre"]["siting"]
    assert keys["referred"] == {"before": 0, "after": 160}
    assert {site["tier"] for site in keys["sites"]} == {"district_centre", "street_facility"}


def test_prices_of_the_candidates_file_are_told(tmp_path: Path) -> None:
    """Each candidate has its own price, a centre and a facility there alike."""
    study = centres(
        tmp_path,
        "street_facility",
        prices=[10, 20, 30, 40],
        tiers={"district_centre": 1, "street_facility": 1},
    )
    found = sited(study)
    price = {550: 10, 1950: 20, 2450: 30, 2850: 40}
    expected = [price[round(p.x - X)] for p in found.sites.geometry]
    assert found.sites["money"].tolist() == expected


def test_a_centre_that_stands_is_enough(tmp_path: Path) -> None:
    """A centre at 500 m: a facility at 550 m counts (50), one at 2,450 m (110) would not."""
    study = centres(tmp_path, "district_centre", tiers={"district_centre": 0, "street_facility": 1})
    found = sited(study)
    assert [round(p.x - X) for p in found.sites.geometry] == [550]
    assert (found.result.status, found.result.value) == ("optimal", 50)


def test_a_centre_may_stand_where_it_is_near_no_people(tmp_path: Path) -> None:
    """At 1,600 m it is 600 m from everybody, and from facilities at 1,000 and 2,200 m: 50 + 60."""
    study = centres(
        tmp_path,
        "street_facility",
        people={1000: 50, 2200: 60},
        places=(1000, 1600, 2200),
        tiers={"district_centre": 1, "street_facility": 2},
    )
    found = sited(study)
    assert (found.result.status, found.result.value) == ("optimal", 110)


def test_tiers_of_which_neither_refers_to_the_other(tmp_path: Path) -> None:
    study = centres(
        tmp_path, "district_centre", tiers={"district_centre": 1, "community_facility": 1}
    )
    with pytest.raises(UsageError, match="street_facility → district_centre"):
        sited(study)


def test_a_number_of_sites_that_is_asked_for_stands_instead_of_those_by_tier(
    tmp_path: Path,
) -> None:
    study = centres(tmp_path, "street_facility", tiers={"district_centre": 1, "street_facility": 1})
    found = study.suggest("elderly_centre", sites=1)
    assert found.result.status == "optimal"
    assert len(found.sites) == 1
