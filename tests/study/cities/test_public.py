"""The sums of public editions give nothing back that a city's edition withholds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geoplan.disclosure.public_edition import edition
from geoplan.outputs.summary.summary_json import summary_dict
from geoplan.study import Study
from geoplan.study.cities.sums import services_of_all
from tests.disclosure.attack import Known, learn, truth
from tests.disclosure.test_attack import small_city
from tests.study.cities.towns import PROVINCE, write_province

BELOW = 10


def of_all(parts):
    """What is known of every city, as one system of equations."""
    joint = Known()
    starts = {}
    for city, known in parts.items():
        start = len(joint.at)
        starts[city] = start
        joint.at |= {
            (f"{city}:{n}", code, state): k + start for (n, code, state), k in known.at.items()
        }
        joint.rows += [{k + start: v for k, v in row.items()} for row in known.rows]
        joint.low += known.low
        joint.high += known.high
    return joint, starts


def add_sums(joint, told, codes):
    """Every number of people that the whole tells: the sum of unknowns of all its cities."""
    for key, one in told.items():
        for name, ledger in (
            ("now", one["people"]),
            ("after", one.get("siting", {}).get("people_after")),
        ):
            for cell, value in (ledger or {}).items():
                row = {}
                for city in codes:
                    which = f"{city}:{key}/{name}"
                    if (which, codes[city][0], "served") not in joint.at:
                        which = f"{city}:{key}/now"  # a city without a plan stays as it is
                    row |= joint.cells(which, codes[city], cell)
                joint.add(row, value)


def withheld_small(cities, learned):
    """Small numbers that a city withholds: city, where, value, aim."""
    for city, run in cities.items():
        known, withheld = learned[city]
        level = list(run.areas)[-1]
        parent = run.areas[level].frame["parent"]
        inside_of = sorted({code for _, code, _ in known.at})
        for name, one, code, cell in withheld:
            value = truth(run, name, one, code, cell)
            if 0 < value < BELOW:
                inside = [code] if one == level else [c for c in inside_of if parent.get(c) == code]
                yield city, known.cells(name, inside, cell)


#: a city of which it is withheld how many are served
SEED = 21


def test_no_city_is_known_better_by_the_sums(fakes):
    cities = {"a": small_city(fakes, SEED), "b": small_city(fakes, SEED + 1)}
    # a city without any small number: all of its own is told, so sums less it would be the other's
    one = small_city(fakes, SEED + 2)
    cities["c"] = replace(one, info=replace(one.info, suppress_below=0))
    public = {name: edition(run, audience="public") for name, run in cities.items()}
    learned = {name: learn(run, public[name]) for name, run in cities.items()}
    told = services_of_all({name: summary_dict(run) for name, run in public.items()})
    joint, starts = of_all({name: known for name, (known, _) in learned.items()})
    codes = {
        name: sorted({code for _, code, _ in known.at}) for name, (known, _) in learned.items()
    }
    add_sums(joint, told, codes)
    small = list(withheld_small(cities, learned))
    assert small
    picked = [small[k] for k in np.linspace(0, len(small) - 1, 5).round().astype(int)]
    for city, aim in picked:
        alone = learned[city][0].between(aim)
        together = joint.between({k + starts[city]: sign for k, sign in aim.items()})
        assert together == pytest.approx(alone)


def test_the_attack_finds_a_number_that_sums_give_back(fakes):
    """What the whole must not do: tell the true sum while one city withholds its part."""
    cities = {"a": small_city(fakes, SEED), "b": small_city(fakes, 2)}
    one = cities["b"]
    cities["b"] = replace(one, info=replace(one.info, suppress_below=0))
    public = {name: edition(run, audience="public") for name, run in cities.items()}
    learned = {name: learn(run, public[name]) for name, run in cities.items()}
    true = services_of_all({name: summary_dict(run) for name, run in cities.items()})
    said = services_of_all({name: summary_dict(run) for name, run in public.items()})
    hidden = [
        (key, cell)
        for key, service in said.items()
        for cell, value in service["people"].items()
        if value is None
    ]
    assert hidden
    joint, starts = of_all({name: known for name, (known, _) in learned.items()})
    codes = {
        name: sorted({code for _, code, _ in known.at}) for name, (known, _) in learned.items()
    }
    add_sums(joint, true, codes)
    known, given_back = learned["a"][0], []
    for key, cell in hidden:
        aim = known.cells(f"{key}/now", codes["a"], cell)
        low, high = known.between(aim)
        if high - low > 1:  # its own edition holds it no closer
            low, high = joint.between({k + starts["a"]: sign for k, sign in aim.items()})
            given_back.append(high - low < 1e-6)
    assert given_back
    assert all(given_back)


def test_a_public_run_withholds_in_the_sums_what_a_city_withholds(tmp_path):
    text = PROVINCE.replace("[report]", "[report]\noffice = 'x'")
    whole = write_province(tmp_path / "whole", text=text)
    path = whole / "gamma" / "people.csv"
    path.write_text(path.read_text("utf-8").replace(",10,", ",3,"), encoding="utf-8")
    plan = Study.open(whole).run(audience="public")
    summary = plan.to_dict()
    parts = [one["services"]["meal_station"]["people"] for one in summary["cities"].values()]
    told = summary["services"]["meal_station"]["people"]
    assert any(None in part.values() for part in parts)
    for cell, value in told.items():
        known = [part[cell] for part in parts]
        assert value == (None if None in known else sum(known))
    out = plan.save(tmp_path / "out")
    assert not (out / "findings.xlsx").exists()
    assert not list(out.rglob("findings.xlsx"))
    record = (out / "run.json").read_text(encoding="utf-8")
    assert "beta/study.toml" not in record
    assert "Public" in (out / "index.html").read_text(encoding="utf-8")
