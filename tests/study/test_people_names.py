"""The name that a study gives its people reaches every result."""

from __future__ import annotations

import pytest

from geoplan.study import example_study


@pytest.mark.parametrize(
    ("given", "zh", "en"),
    [
        ({"name": "老年人", "name_en": "the old"}, "老年人", "the old"),
        ({"name": "老年人"}, "老年人", "老年人"),
        ({}, "", ""),
    ],
)
def test_people_are_called_what_the_study_calls_them(given, zh, en):
    study = example_study().replace({f"demand.elderly_60.{key}": v for key, v in given.items()})
    service = study.run().services["meal_station"]
    assert (service.people_name("zh"), service.people_name("en")) == (zh, en)
