"""What two public editions tell together: of the same data nothing more than one of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geoplan.comparison.runs import compare_runs
from geoplan.disclosure import coverage as coverage_module
from geoplan.disclosure.public_edition import edition
from geoplan.study import Study
from tests.disclosure.plan_reader import BELOW, narrowest, random_city


def _public(folder: Path, out: Path, **changes: object) -> Path:
    study = Study.open(folder).replace({"study.suppress_below": 60, **changes})
    return study.run(audience="public").save(out)


def _people(run: Path) -> dict:
    summary = json.loads((run / "summary.json").read_text("utf-8"))
    return {key: one["people"] for key, one in summary["services"].items()}


def test_a_second_run_of_the_same_data_suppresses_the_same_numbers(small_folder, tmp_path):
    """Another name and other rows first: what is withheld does not depend on them."""
    one = _public(small_folder, tmp_path / "one")
    people = pd.read_csv(small_folder / "people.csv", dtype=str)
    people.iloc[::-1].to_csv(small_folder / "people.csv", index=False)
    other = _public(small_folder, tmp_path / "other", **{"study.name": "Again"})
    assert _people(one) == _people(other)
    assert None in _people(one)["meal_station"].values()
    found = compare_runs(one, other)
    assert (found.services["change"].dropna() == 0).all()


def _apart(fakes, seed: int):
    """Two runs of the same people with other standards: one service each, published apart."""
    run, reach = random_city(fakes, seed, rare=1.0 if seed % 3 else 0.3)
    told = {
        key: edition(replace(run, services={key: service}), audience="public").services[key]
        for key, service in run.services.items()
    }
    return run, replace(run, services=told), reach


@pytest.mark.parametrize("seed", [2, 5, 8, 15])
def test_two_runs_with_other_standards_leave_small_numbers_their_room(fakes, seed):
    run, public, reach = _apart(fakes, seed)
    assert BELOW - 1e-6 <= narrowest(run, public, reach) < np.inf
    shared = ["total", "off_network", "unlocated"]
    blank = [s.coverage.by_area("street")[shared].isna() for s in public.services.values()]
    assert blank[0].equals(blank[1])


def test_the_reader_of_two_runs_finds_what_one_tells_of_the_other(fakes, monkeypatch):
    """Where each run chooses by itself what it withholds of what both share."""
    monkeypatch.setattr(coverage_module, "_of_all_runs", lambda cells, *_: cells[0] < 0)
    monkeypatch.setattr(coverage_module, "_OF_ALL_RUNS", 1.0)
    run, public, reach = _apart(fakes, 5)
    assert narrowest(run, public, reach) < BELOW / 2


@pytest.mark.parametrize("below", [15, 30, 60])
def test_a_tiny_study_tells_its_sums(small_folder, below):
    """290 people, of whom 10 have no place: the city's people and those served are told."""
    study = Study.open(small_folder).replace({"study.suppress_below": below})
    service = edition(study.run().results, audience="public").services["meal_station"]
    assert (service.coverage.ledger.total, service.coverage.ledger.served) == (290.0, 150.0)
    assert np.isnan(service.coverage.ledger.unlocated)
    assert service.siting.people_after.served == 230.0
