"""Classes of map colours: the best of all ways to part the values."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from geoplan.outputs.maps.areas import natural_classes


def within(values: np.ndarray, bounds: list[float]) -> float:
    label = np.searchsorted(bounds, values)
    return sum(((values[label == k] - values[label == k].mean()) ** 2).sum() for k in set(label))


@pytest.mark.parametrize("seed", range(12))
def test_no_other_parting_differs_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.gamma(1.0, 10.0, 14), seed % 3)
    different = np.unique(values)
    classes = min(2 + seed % 4, len(different))
    found = natural_classes(values, classes=classes)
    assert len(found) == classes
    assert found[-1] == values.max()
    cuts = combinations(different[:-1], classes - 1)
    best = min(within(values, [*cut, different[-1]]) for cut in cuts)
    assert within(values, found) == pytest.approx(best, rel=1e-9, abs=1e-9)
