"""Labels that occur more than once, against pandas, also where hashes are equal."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest

from geoplan.inputs.columns.duplicates import is_duplicated


@pytest.mark.parametrize("chunk", [3, 100_000])
@pytest.mark.parametrize("seed", range(20))
def test_agrees_with_pandas(monkeypatch, chunk, seed):
    monkeypatch.setattr("geoplan.inputs.columns.duplicates.CHUNK", chunk)
    draw = random.Random(seed)
    labels = [draw.choice(["", "甲", "a", "b", str(draw.randrange(40))]) for _ in range(30)]
    for values in (pd.Series(labels), pd.Index(labels), pd.Series(labels, dtype=object)):
        expected = pd.Series(labels).duplicated(keep=False).tolist()
        assert is_duplicated(values).tolist() == expected


def test_labels_with_equal_hashes_are_compared_themselves(monkeypatch):
    monkeypatch.setattr("geoplan.inputs.columns.duplicates.CHUNK", 2)
    monkeypatch.setattr(pd.util, "hash_array", lambda values, **_: np.zeros(len(values), np.uint64))
    assert is_duplicated(pd.Series(["a", "b", "c", "b"])).tolist() == [False, True, False, True]
