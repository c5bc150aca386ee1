"""Labels that occur more than once, found with little memory."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: labels that are hashed at one time; fewer are left to pandas
CHUNK = 100_000


def is_duplicated(labels: pd.Series | pd.Index) -> np.ndarray:
    """Bool per label: it occurs more than once.

    Labels are compared by a hash of 64 bits, in chunks; only those whose hashes are equal are
    compared themselves.

    Examples
    --------
    >>> is_duplicated(pd.Series(["a", "b", "a"])).tolist()
    [True, False, True]
    """
    values = pd.Series(labels.array, copy=False)
    if len(values) <= CHUNK:
        return values.duplicated(keep=False).to_numpy(bool)
    hashes = np.empty(len(values), np.uint64)
    for k in range(0, len(values), CHUNK):
        chunk = values.iloc[k : k + CHUNK].to_numpy(object)
        hashes[k : k + CHUNK] = pd.util.hash_array(chunk, categorize=False)
    order = np.argsort(hashes, kind="stable")
    equal = hashes[order[1:]] == hashes[order[:-1]]
    mask = np.zeros(len(values), bool)
    mask[order[1:][equal]] = True
    mask[order[:-1][equal]] = True
    candidates = np.flatnonzero(mask)
    mask[candidates] = values.iloc[candidates].duplicated(keep=False).to_numpy(bool)
    return mask
