"""Distinct values: those of a set, in order."""

from __future__ import annotations

import numpy as np

from geoplan.distinct import distinct


def test_those_of_a_set_in_order() -> None:
    rng = np.random.default_rng(0)
    for count in (0, 1, 2, 500):
        for most in (1, 7, 10**12):
            values = rng.integers(-most, most, count)
            before = values.copy()
            assert distinct(values).tolist() == sorted(set(values.tolist()))
            assert (values == before).all()
