"""The value that a service reports is its ledger's; a proof is only claimed where it holds."""

from __future__ import annotations

import pandas as pd
import pytest

from geoplan.siting.conditional.bounds import with_ledger_value
from geoplan.siting.model.result import SitingResult


def result(value: float, bound: float | None, status: str) -> SitingResult:
    return SitingResult(
        objective="max_coverage",
        status=status,
        value=value,
        bound=bound,
        gap=None if bound is None else (bound - value) / value,
        sites=["a"],
        assignment=pd.Series(dtype=object),
        seconds=0.0,
        solver="milp",
    )


@pytest.mark.parametrize(
    ("value", "bound", "status", "served", "after"),
    [
        (100.0, 100.0, "optimal", 100.0, ("optimal", 100.0)),
        (100.0, 100.0, "optimal", 100.0 + 1e-9, ("optimal", 100.0 + 1e-9)),
        (100.4, 100.4, "optimal", 99.0, ("feasible", 100.4)),
        (99.0, 100.0, "feasible", 99.0, ("feasible", 100.0)),
        (99.0, 100.0, "feasible", 100.0, ("optimal", 100.0)),  # the bound is reached
        (100.0, 100.0, "optimal", 102.0, ("feasible", None)),  # the bound is none for the ledger
        (100.0, None, "feasible", 102.0, ("feasible", None)),
    ],
)
def test_status_follows_the_ledger(value, bound, status, served, after):
    found = with_ledger_value(result(value, bound, status), served, gap=0.0)
    assert (found.status, found.bound) == after
    assert found.value == served
