"""The catalogue is complete, sound and can be changed by a study; faults come at once."""

from __future__ import annotations

import pytest

from geoplan.errors import UsageError
from geoplan.services import GROUPS, Quota, figure_names, load_catalogue, standard_for

ALL = [
    "elderly_centre",
    "meal_station",
    "child_protection_station",
    "shelter",
    "boundary_marker",
    "mental_health_home",
    "marriage_registry",
    "funeral_site",
    "aid_window",
    "home_care",
    "allowances",
    "community_funds",
    "lottery_fund",
]


def test_every_service_of_the_field_is_there_with_its_source():
    catalogue = load_catalogue()
    assert list(catalogue) == ALL
    for key, standard in catalogue.items():
        assert standard.service == key
        assert standard.name_zh
        assert standard.name_en
        assert standard.source, key
        assert standard.source_en, key
        assert standard.year, key
        if standard.measure in ("reach", "rate"):
            assert standard.group in GROUPS, key
        for tier in standard.tiers:
            assert tier.name_zh
            assert tier.name_en


def test_the_measures_are_those_of_the_field():
    measure = {key: standard.measure for key, standard in load_catalogue().items()}
    assert measure["boundary_marker"] == "spacing"
    assert {k for k, m in measure.items() if m == "rate"} == {
        "home_care",
        "allowances",
        "community_funds",
    }
    assert measure["lottery_fund"] == "budget"


def test_numbers_have_names_in_both_languages_and_no_values():
    names = figure_names()
    services = {key.split(".")[0] for key in names} - {"demand"}
    assert services == set(ALL) - {"aid_window"}
    assert all(set(pair) == {"zh", "en"} and all(pair.values()) for pair in names.values())


def test_a_threshold_in_one_unit_replaces_the_other():
    assert load_catalogue()["mental_health_home"].threshold_min == 30
    changed = standard_for("mental_health_home", {"mode": "walk", "threshold_m": 1500})
    assert (changed.threshold_m, changed.threshold_min, changed.unit) == (1500, None, "m")
    back = standard_for("meal_station", {"threshold_min": 15})
    assert (back.threshold_m, back.threshold_min) == (None, 15)
    # the catalogue itself is untouched
    assert load_catalogue()["meal_station"].threshold_m == 1000


def test_both_thresholds_at_once_are_refused():
    with pytest.raises(UsageError, match="exactly one"):
        standard_for("meal_station", {"threshold_m": 900, "threshold_min": 15})


def test_quota_table_list_and_none():
    one = standard_for("meal_station", {"quota": {"level": "street", "minimum": 2}})
    assert one.quotas == (Quota(level="street", minimum=2),)
    two = standard_for("meal_station", {"quotas": [{"level": "street"}, {"level": "district"}]})
    assert [q.level for q in two.quotas] == ["street", "district"]
    assert standard_for("meal_station", {"quotas": []}).quotas == ()


def test_tiers_can_be_changed_singly_or_replaced():
    changed = standard_for(
        "elderly_centre", {"tiers": {"community_facility": {"threshold_m": 500}}}
    )
    assert [t.threshold_m for t in changed.tiers] == [None, 1000, 500]
    assert changed.tier("community_facility").name_zh == "社区养老设施（农村幸福院）"
    swapped = standard_for("elderly_centre", {"tiers": {"district_centre": {"threshold_m": 9000}}})
    assert swapped.tier("district_centre").threshold_min is None
    replaced = standard_for("meal_station", {"tiers": [{"key": "canteen", "name_zh": "食堂"}]})
    assert [t.key for t in replaced.tiers] == ["canteen"]


def test_a_new_service_needs_no_code():
    made = standard_for(
        "book_corner",
        {
            "mode": "walk",
            "threshold_m": 500,
            "group": "residents",
            "quota": {"level": "village", "target_share": 0.5},
        },
        name="书角",
        name_en="Book corners",
    )
    assert (made.service, made.name("zh"), made.name("en")) == (
        "book_corner",
        "书角",
        "Book corners",
    )
    assert made.measure == "reach"
    assert made.confidence == "low"


def test_all_faults_are_reported_at_once_with_the_valid_keys():
    with pytest.raises(UsageError) as caught:
        standard_for(
            "meal_station",
            {
                "treshold_m": 900,
                "mode": "fly",
                "group": 7,
                "capacity_per_1000": -1,
                "quota": {"minimum": 1.5, "levl": "street"},
                "nursing_share": 82,
            },
        )
    text = str(caught.value)
    for part in (
        "'treshold_m'",
        "threshold_min",
        "walk, drive",
        "group must be text",
        "capacity_per_1000 must be 0 or more",
        "'levl'",
        "whole number",
        "level is missing",
        "nursing_share must be from 0 to 1",
    ):
        assert part in text, part


def test_a_new_service_without_a_threshold_says_what_is_missing():
    with pytest.raises(UsageError, match=r"mode is missing.*exactly one"):
        standard_for("book_corner", {})


def test_tiers_are_found_under_the_names_that_tables_use():
    elderly = load_catalogue()["elderly_centre"]
    assert elderly.tier_key("农村幸福院") == "community_facility"
    assert elderly.tier_key(" 区县级 ") == "district_centre"
    assert elderly.tier_key("street_facility") == "street_facility"
    assert elderly.tier_key("") is None
    assert elderly.tier_key("医院") is None


def test_quotas_of_tiers_name_the_tier():
    quotas = load_catalogue()["child_protection_station"].all_quotas
    assert [(q.level, q.tier, q.designated_counts) for q in quotas] == [
        ("district", "centre", False),
        ("street", "station", True),
    ]


def test_a_tier_that_names_an_unknown_tier_is_refused():
    with pytest.raises(UsageError, match="known tiers: a"):
        standard_for(
            "x", {"mode": "walk", "threshold_m": 1, "tiers": [{"key": "a", "substitutes": ["b"]}]}
        )


def test_a_tier_alone_has_its_own_standard():
    elderly = load_catalogue()["elderly_centre"]
    alone = elderly.of_tier("community_facility")
    assert (alone.threshold_m, alone.mode, alone.tiers) == (300, "walk", ())
    assert load_catalogue()["child_protection_station"].of_tier("station") is None
