"""Planted personal data are found in no output: every byte of both editions is searched."""

from __future__ import annotations

import pytest

from tests.planting.search import search


@pytest.mark.parametrize(("seed", "kind"), [(1, "csv"), (2, "kml"), (3, "xlsx")])
def test_nothing_that_was_planted_is_seen(tmp_path, seed, kind):
    found = search(seed, kind, tmp_path)
    assert found.planted > 50
    assert not found.seen, found.seen[:3]
