"""The compiled order statistics against numpy's."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st

from geoplan.siting.solver.order import heap_of, kth_smallest, sift_down

#: few different values, so that there are equal ones
VALUES = st.lists(
    st.one_of(st.sampled_from([0.0, 1.0, -2.5, np.inf]), st.floats(allow_nan=False)),
    min_size=1,
    max_size=40,
)


@settings(deadline=None)  # the first call compiles
@given(VALUES, st.data())
def test_the_kth_smallest_is_that_of_the_sorted_values(values, data):
    array = np.array(values)
    k = data.draw(st.integers(0, len(values) - 1))
    before = array.copy()
    assert kth_smallest(array, k) == np.sort(array)[k]
    np.testing.assert_array_equal(array, before)  # the caller's values stay


@settings(deadline=None)  # the first call compiles
@given(VALUES)
def test_a_heap_gives_positions_by_falling_value_then_by_position(values):
    value = np.array(values)
    heap = heap_of(value)
    order = []
    for size in range(len(values) - 1, -1, -1):
        order.append(int(heap[0]))
        heap[0] = heap[size]
        if size:
            sift_down(heap, size, 0, value)
    assert order == np.argsort(-value, kind="stable").tolist()
