"""Angles as people write them, against the degrees from which each writing was made."""

from __future__ import annotations

from math import floor

import pytest
import shapely
from hypothesis import given, settings, strategies as st

from geoplan.inputs.columns.places.angles import parse_angle
from geoplan.inputs.columns.places.pairs import parse_pair
from tests.inputs.places.conftest import area_layer, codes, lonlat

WIDE = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F)})


def parts(value: float) -> tuple[int, int, float]:
    """Degrees, minutes, seconds with two decimals, of a value >= 0."""
    hundredths = round(value * 360_000)
    return hundredths // 360_000, hundredths // 6_000 % 60, hundredths % 6_000 / 100


#: writing: from degrees, minutes, seconds, and the hemisphere's letter and its word in Chinese
WRITINGS = {
    "google earth": lambda d, m, s, a, zh: f"{d}°{m}'{s:.2f}\"{a}",
    "letter in front": lambda d, m, s, a, zh: f"{a}{d}°{m}'{s:.2f}\"",
    "letter apart": lambda d, m, s, a, zh: f"{a} {d}° {m}' {s:.2f}\"",
    "primes": lambda d, m, s, a, zh: f"{d}°{m}′{s:.2f}″{a}",
    "curly": lambda d, m, s, a, zh: f"{d}°{m}’{s:.2f}”{a}",
    "two apostrophes": lambda d, m, s, a, zh: f"{d}°{m}'{s:.2f}''{a}",
    "accents": lambda d, m, s, a, zh: f"{d}º{m}´{s:.2f}´´{a}",
    "ring": lambda d, m, s, a, zh: f"{d}˚{m}ʹ{s:.2f}ʺ{a}",
    "chinese": lambda d, m, s, a, zh: f"{zh}{d}度{m}分{s:.2f}秒",
    "chinese primes": lambda d, m, s, a, zh: f"{zh}{d}°{m}′{s:.2f}″",
    "full width": lambda d, m, s, a, zh: f"{d}°{m}'{s:.2f}\"{a}".translate(WIDE),
    "colons": lambda d, m, s, a, zh: f"{d}:{m}:{s:.2f}{a}",
    "colons and zeros": lambda d, m, s, a, zh: f"{d:03d}:{m:02d}:{s:05.2f} {a}",
    "spaces": lambda d, m, s, a, zh: f"{d} {m} {s:.2f} {a}",
    "hyphens": lambda d, m, s, a, zh: f"{a}{d}-{m}-{s:.2f}",
    "d m s": lambda d, m, s, a, zh: f"{d}d{m}'{s:.2f}\"{a}",
    "no last sign": lambda d, m, s, a, zh: f"{d}°{m}'{s:.2f} {a}",
    "words": lambda d, m, s, a, zh: f"{d} deg {m} min {s:.2f} sec {a}",
    "lower case": lambda d, m, s, a, zh: f"{d}°{m}'{s:.2f}\"{a.lower()}",
    "decimal comma": lambda d, m, s, a, zh: f"{d}°{m}'{s:.2f}\"".replace(".", ",") + a,
    "decimal minutes": lambda d, m, s, a, zh: f"{a} {d} {m + s / 60:.6f}",
    "decimal minutes with signs": lambda d, m, s, a, zh: f"{d}°{m + s / 60:.6f}'{a}",
    "degrees with letter": lambda d, m, s, a, zh: f"{d + m / 60 + s / 3600:.8f}{a}",
    "degrees with word": lambda d, m, s, a, zh: f"{zh}{d + m / 60 + s / 3600:.8f}度",
    "degrees comma": lambda d, m, s, a, zh: f"{d + m / 60 + s / 3600:.8f}°{a}".replace(".", ","),
}
SIDES = {
    "E": ("东经", "lon", 1),
    "W": ("西经", "lon", -1),
    "N": ("北纬", "lat", 1),
    "S": ("南纬", "lat", -1),
}


@pytest.mark.parametrize("writing", WRITINGS.values(), ids=WRITINGS)
@settings(deadline=None)
@given(value=st.floats(0, 89.99), side=st.sampled_from(list(SIDES)))
def test_every_writing_gives_its_degrees(writing, value, side):
    word, axis, sign = SIDES[side]
    d, m, s = parts(value)
    found = parse_angle(writing(d, m, s, side, word))
    assert found is not None
    assert found.degrees == pytest.approx(sign * (d + m / 60 + s / 3600), abs=1e-6)
    assert found.axis == axis


@pytest.mark.parametrize(
    ("text", "degrees", "axis"),
    [
        ("51.2W", -51.2, "lon"),
        ("-51.2 W", -51.2, "lon"),
        ("30.03S", -30.03, "lat"),
        ("-33°52'8\"", -(33 + 52 / 60 + 8 / 3600), ""),
        ("36°40′ с.ш.", 36 + 40 / 60, "lat"),
        ("з.д. 51°12′", -51.2, "lon"),
        ("51°12' Oeste", -51.2, "lon"),
        ("8°30' Ost", 8.5, "lon"),
        ("36.5 Süd", -36.5, "lat"),
        ("북위 37도 30분", 37.5, "lat"),
        ("東経139.5度", 139.5, "lon"),
        ("117d0m12s", 117 + 12 / 3600, ""),
        ("36d40m12sS", -36.67, "lat"),
        ("36°40'12''.07N", 36 + 40 / 60 + 12.07 / 3600, "lat"),
        ("36°59'60\"N", 37.0, "lat"),
        ("纬度: 36.5", 36.5, "lat"),
        ("lat=-36.5", -36.5, "lat"),
    ],
)
def test_writings_of_other_languages_and_habits(text, degrees, axis):
    found = parse_angle(text)
    assert (round(found.degrees, 9), found.axis) == (round(degrees, 9), axis)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "N",
        "?",
        "12 人",
        "51.2 km",
        "117°75'",
        "117.5°30'",
        "117°12.5'3\"",
        "-30N",
        "30N S",
        "2024-01-05",
        "泉城路 3 号",
        "117 025",
        "1,234.5",
        "E",
        "--",
        "12E3N",
        "117°E36°N",
    ],
)
def test_what_is_no_angle_is_not_made_one(text):
    assert parse_angle(text) is None


def test_the_letter_o_is_left_open():
    for letter in "OoОо":
        found = parse_angle(f"51°12'{letter}")
        assert found.open_side
        assert found.axis == "lon"
        assert found.degrees == pytest.approx(51.2)


@settings(deadline=None)
@given(
    lon=st.floats(-179, 179).filter(lambda v: abs(v) > 91),
    lat=st.floats(-89, 89),
    first=st.booleans(),
    form=st.sampled_from(["{},{}", "({}, {})", "[{}; {}]", "{} {}", "{}，{}", "{}、{}", "{}|{}"]),
)
def test_pairs_keep_their_order(lon, lat, first, form):
    one, other = f"{lon:.6f}", f"{lat:.6f}"
    cells = (one, other) if first else (other, one)
    found = parse_pair(form.format(*cells))
    assert (found.first, found.second) == cells


# -- in a table -----------------------------------------------------------------------------------


def dms(value: float, letter: str) -> str:
    return f"{floor(value)}°{(value - floor(value)) * 60:.5f}'{letter}"


def test_south_and_west_are_negative_in_a_table(sites):
    near = area_layer([shapely.box(-51.5, -30.3, -51.0, -29.8)], crs="EPSG:31982")
    one = sites(["name", "lat", "lon"], [["a", "30.03S", "51.2W"]], near=near, crs="EPSG:31982")
    assert lonlat(one) == [(-51.2, -30.03)]
    assert codes(one) == [(None, "angles_read")]


@pytest.mark.parametrize(
    ("box", "crs", "lat", "lon", "expected"),
    [
        ((-51.5, -30.3, -51.0, -29.8), "EPSG:31982", "30.03S", "51.2O", -51.2),  # Oeste
        ((8.3, 47.2, 8.7, 47.6), "EPSG:32632", "47.4N", "8.5 O", 8.5),  # Ost
        ((8.3, 47.2, 8.7, 47.6), "EPSG:32632", "47.4N", "8°30′ О", 8.5),  # the Cyrillic letter
    ],
)
def test_the_letter_o_means_what_the_study_shows(sites, box, crs, lat, lon, expected):
    near = area_layer([shapely.box(*box)], crs=crs)
    one = sites(["name", "lat", "lon"], [["a", lat, lon]], near=near, crs=crs)
    assert lonlat(one)[0][0] == expected
    told = [f for f in one.findings if f.code == "letter_o"]
    assert len(told) == 1
    assert told[0].effect
    assert told[0].count == 1
    # without areas the region where the study's CRS is used decides
    bare = sites(["name", "lat", "lon"], [["a", lat, lon]], near={}, crs=crs)
    assert lonlat(bare)[0][0] == expected


def test_letters_under_the_wrong_headings_are_followed(sites):
    one = sites(
        ["名称", "经度", "纬度"], [["a", "36°39'N", "117°1'12\"E"], ["b", "117.02", "36.65"]]
    )
    assert lonlat(one) == [(117.02, 36.65)] * 2
    assert (None, "letters_swapped") in codes(one)


def test_two_latitudes_are_no_place(sites):
    one = sites(["名称", "经度", "纬度"], [["a", "36.6N", "36.6N"], ["b", "117.02", "36.65"]])
    assert codes(one) == [(2, "hemisphere_wrong")]
    assert len(one.layer) == 1


def test_single_angles_among_numbers_are_told_by_row_a_whole_column_once(sites):
    plain = [[f"p{k}", f"{117 + k / 100:.2f}", "36.65"] for k in range(5)]
    one = sites(["名称", "经度", "纬度"], [*plain, ["z", "117°01′30″", "36°39′"]])
    assert codes(one) == [(7, "read_as_number")]
    whole = sites(["名称", "经度", "纬度"], [["a", "E117°01′30″", "N36°39′"]] * 3)
    assert [c for c in codes(whole) if c[1] != "duplicate"] == [(None, "angles_read")]


def test_spaces_between_degrees_and_minutes_are_an_assumption(sites):
    one = sites(["名称", "经度", "纬度"], [["a", "117 1 12", "36 39 0"]])
    assert lonlat(one) == [(117.02, 36.65)]
    assert {f.code for f in one.findings if f.effect} == {"spaced_angles"}


@pytest.mark.parametrize(
    ("heading", "cell", "why"),
    [
        ("坐标", "117.02,36.65", "values"),
        ("经纬度", "(117.02, 36.65)", "values"),
        ("location", "36.65, 117.02", "values"),
        ("latlng", "36.65 117.02", "values"),
        ("coordinates", "[117.02; 36.65]", "values"),
        ("GPS坐标", "N36°39′ E117°1′12″", "hemispheres"),
        ("whatever", "117.02，36.65", "values"),
        ("位置", "东经117°1′12″，北纬36°39′", "hemispheres"),
    ],
)
def test_both_coordinates_in_one_cell(sites, heading, cell, why):
    one = sites(["名称", heading], [["a", cell], ["b", cell.replace("117.02", "117.03")]])
    assert lonlat(one)[0] == (117.02, 36.65)
    told = [f for f in one.findings if f.code == "pair_order"]
    assert len(told) == 1
    assert why in told[0].problem


@pytest.mark.parametrize(
    ("heading", "cell", "box", "crs", "expected"),
    [
        ("coords", "8.5123, 47.4123", (8.3, 47.2, 8.7, 47.6), "EPSG:32632", (8.5123, 47.4123)),
        ("coords", "47.4123, 8.5123", (8.3, 47.2, 8.7, 47.6), "EPSG:32632", (8.5123, 47.4123)),
    ],
)
def test_the_study_tells_the_order_where_values_do_not(sites, heading, cell, box, crs, expected):
    near = area_layer([shapely.box(*box)], crs=crs)
    one = sites(["name", heading], [["a", cell]], near=near, crs=crs)
    assert lonlat(one) == [expected]
    assert "where the study lies" in one.findings[0].problem


def test_a_pair_that_says_so_itself_keeps_its_own_order(sites):
    rows = [["a", "117.02,36.65"], ["b", "36.66,117.03"], ["c", "N36.67 E117.04"]]
    one = sites(["名称", "坐标"], rows)
    assert lonlat(one) == [(117.02, 36.65), (117.03, 36.66), (117.04, 36.67)]
    assert (None, "pairs_turned") in codes(one)
    assert (None, "letters_swapped") not in codes(one)


def test_as_many_pairs_of_one_order_as_of_the_other_need_no_custom(sites):
    one = sites(["名称", "坐标"], [["a", "117.02,36.65"], ["b", "36.66,117.03"]])
    assert lonlat(one) == [(117.02, 36.65), (117.03, 36.66)]
    (order,) = [f for f in one.findings if f.code == "pair_order"]
    assert (order.severity, order.effect) == ("note", "")


def test_a_location_that_is_an_address_stays_one(sites):
    one = sites(["name", "location", "lon", "lat"], [["a", "12 Main St, 3", "117.02", "36.65"]])
    assert lonlat(one) == [(117.02, 36.65)]
    assert one.layer.frame["address"].tolist()


def test_a_broken_pair_is_an_error_of_its_row(sites):
    rows = [["a", "117.02,36.65"], ["b", "117.02"], ["c", ""], ["d", "117.03,36.66"]]
    one = sites(["名称", "坐标"], rows)
    assert sorted(c for c in codes(one) if c[0]) == [(3, "not_a_number"), (4, "no_coordinates")]
    assert [f.column for f in one.findings if f.row] == ["坐标", "坐标"]


def test_pairs_of_metres(sites):
    rows = [["a", "501000.5,4056000.2"]]
    bare = sites(["名称", "坐标"], rows, datum=None)
    assert bare.layer is None
    assert "crs" in bare.findings[0].problem
    one = sites(["名称", "坐标"], rows, datum=None, metres_crs="EPSG:4548")
    assert [tuple(p.coords[0]) for p in one.layer.frame.geometry] == [(501000.5, 4056000.2)]


def packed(value: float) -> str:
    d, m, s = parts(value)
    return f"{d}.{m:02d}{round(s):02d}"


def test_packed_minutes_are_told_with_evidence(sites):
    places = [(117.0 + k * 0.0123, 36.5 + k * 0.0077) for k in range(14)]
    rows = [[f"s{k}", packed(x), packed(y)] for k, (x, y) in enumerate(places)]
    one = sites(["名称", "经度", "纬度"], rows)
    assert (None, "packed_degrees") in codes(one)
    # the same places in plain degrees are not doubted
    plain = [[f"s{k}", f"{x:.4f}", f"{y:.4f}"] for k, (x, y) in enumerate(places)]
    assert codes(sites(["名称", "经度", "纬度"], plain)) == []


def test_few_packed_rows_are_told_where_only_so_they_lie_in_the_study(sites):
    near = area_layer([shapely.box(117.4, 36.4, 117.99, 36.99)])
    rows = [["a", packed(117.9), packed(36.95)], ["b", packed(117.95), packed(36.9)]]
    found = sites(["名称", "经度", "纬度"], rows, near=near)
    assert (None, "packed_degrees") not in codes(found)  # both readings lie inside: nothing tells
    near = area_layer([shapely.box(117.7, 36.7, 117.99, 36.99)])
    found = sites(["名称", "经度", "纬度"], rows, near=near)
    assert (None, "packed_degrees") in codes(found)
