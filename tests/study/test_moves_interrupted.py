"""Ctrl-C while those not served today are asked about: it is told, and no curve is begun."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_moves import Street, outcome_of

from geoplan.study.sites import solve


def test_an_interrupt_of_the_second_question_ends_the_service(
    small_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    street = Street(small_folder, 60, limited=False)
    usual = solve.max_coverage

    def stopped(problem, **options):
        found = usual(problem, **options)
        if len(problem.fixed):  # the whole service's question: nothing in its time
            nothing = {"status": "unknown", "value": np.nan, "gap": None, "sites": []}
            return replace(found, bound=problem.total, **nothing)
        return replace(found, detail={**found.detail, "interrupted": True})

    monkeypatch.setattr(solve, "max_coverage", stopped)
    service, found = outcome_of(street.asked(sites=2, curve=True))
    assert service.coverage.ledger.full > 0
    assert found.result.detail["interrupted"]
    assert found.curve is None
    assert len(found.sites) > 0
