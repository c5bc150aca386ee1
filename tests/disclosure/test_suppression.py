"""Suppressed cells are determined by no published ones."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st
from scipy import sparse

from geoplan.disclosure.audit import Audit
from geoplan.disclosure.suppression import suppressed_cells
from tests.disclosure.determined import determined


def system(rows: int, columns: int) -> sparse.csr_matrix:
    """Sums of a table whose last row and last column hold the totals."""
    lines = []
    for i in range(rows):
        line = np.zeros((rows, columns))
        line[i, :-1], line[i, -1] = 1, -1
        lines.append(line.ravel())
    for j in range(columns):
        line = np.zeros((rows, columns))
        line[:-1, j], line[-1, j] = 1, -1
        lines.append(line.ravel())
    return sparse.csr_matrix(np.array(lines))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(2, 5).flatmap(
        lambda rows: st.lists(
            st.lists(st.sampled_from([0, 1, 4, 9, 10, 25, 300]), min_size=3, max_size=3),
            min_size=rows,
            max_size=rows,
        )
    )
)
def test_no_suppressed_cell_follows_from_what_is_published(inner):
    table = np.array(inner, float)
    table = np.hstack([table, table.sum(axis=1, keepdims=True)])
    table = np.vstack([table, table.sum(axis=0, keepdims=True)])
    sums = system(*table.shape)
    values = table.ravel()
    assert np.allclose(sums @ values, 0)
    mask = suppressed_cells([values], sums, below=10)
    assert mask[(values > 0) & (values < 10)].all()
    if mask.sum() < len(values):
        assert not determined(sums, mask).any()


def test_nothing_is_suppressed_where_nothing_is_small():
    sums = sparse.csr_matrix([[1, 1, -1]])
    assert not suppressed_cells([np.array([20.0, 0.0, 20.0])], sums, below=10).any()


def test_the_same_cells_are_suppressed_before_and_after():
    sums = sparse.csr_matrix([[1, 1, 1, -1]])
    before, after = np.array([3.0, 50, 900, 953]), np.array([0.0, 53, 900, 953])
    mask = suppressed_cells([before, after], sums, below=10)
    assert mask.tolist() == [True, True, False, False]


def test_groups_of_any_size_are_audited():
    """2,100 suppressed cells that one sum connects; two of them are 7 people together."""
    values = np.append(np.full(2_100, 4.0), [7.0, 9_000.0])
    values[0] = 3.0
    values[-1] = values[:2_100].sum()
    one = sparse.csr_matrix(([1.0, 1.0, -1.0], ([0, 0, 0], [0, 1, 2_100])), shape=(1, 2_102))
    all_parts = np.append(np.ones(2_100), [0.0, -1.0])[None, :]
    sums = sparse.vstack([one, sparse.csr_matrix(all_parts)]).tocsr()
    assert np.allclose(sums @ values, 0)
    mask = np.arange(2_102) < 2_100
    narrow = Audit([values], sums, below=10).narrow(mask)
    assert np.flatnonzero(narrow).tolist() == [0, 1]


def test_no_suppressed_cell_could_be_published_after_all():
    """Tables of 4 x 3: with any one cell less, some number follows or is held too narrowly."""
    rng = np.random.default_rng(5)
    for _ in range(6):
        inner = rng.choice([0, 3, 6, 14, 40, 300], (4, 3)).astype(float)
        table = np.hstack([inner, inner.sum(axis=1, keepdims=True)])
        values = np.vstack([table, table.sum(axis=0, keepdims=True)]).ravel()
        sums = system(5, 4)
        mask = suppressed_cells([values], sums, below=10)
        small = (values > 0) & (values < 10)
        assert not Audit([values], sums, below=10).narrow(mask).any()
        spare = 0
        for cell in np.flatnonzero(mask & ~small):
            less = mask.copy()
            less[cell] = False
            narrow = Audit([values], sums, below=10).narrow(less).any()
            spare += not narrow and not determined(sums, less).any()
        assert spare == 0
