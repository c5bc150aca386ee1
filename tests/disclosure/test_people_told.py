"""Sentences of the public edition tell no exact number of people."""

import pytest

from geoplan.disclosure.city_numbers import people_told
from geoplan.words.speaker import Speaker


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("people", "told"), [(3, "10"), (17, "20"), (1234, "1,230")])
def test_what_a_solution_says_of_people(lang: str, people: int, told: str) -> None:
    speaker = Speaker(lang)
    for key in ("study.thinned", "study.some_reach_no_site"):
        said = speaker.say(key, people=f"{people:,}")
        (public,) = people_told([said], 10)
        assert f"{people:,}" in said
        assert f" {told} " in public
        assert f" {people:,} " not in public.replace(f" {told} ", " ")


def test_other_numbers_stay() -> None:
    said = "Of 3,899 candidates 2,000 were kept; 12 sites for 1,204 people, 人口 5 人"
    assert people_told([said], 10) == (
        "Of 3,899 candidates 2,000 were kept; 12 sites for about 1,200 people, 人口 约 10 人",
    )
    assert people_told([said], 1) == (said,)
