"""What two public editions tell together: of the same data nothing more than one of them."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from geoplan.comparison.runs import compare_runs
from geoplan.study import Study


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
