"""Which of many labels occur more than once, without a Python object per label."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: as many labels are hashed at one time; fewer are left to pandas
_PIECE = 100_000


def is_duplicated(labels: pd.Series | pd.Index) -> np.ndarray:
    """Bool per label: it stands elsewhere as well.

    Labels are compared by a hash of 64 bits, in pieces; only those whose hashes meet are compared
    themselves.

    Examples
    --------
    >>> is_duplicated(pd.Series(["a", "b", "a"])).tolist()
    [True, False, True]
    """
    values = pd.Series(labels.array, copy=False)
    if len(values) <= _PIECE:
        return values.duplicated(keep=False).to_numpy(bool)
    hashes = np.empty(len(values), np.uint64)
    for k in range(0, len(values), _PIECE):
        piece = values.iloc[k : k + _PIECE].to_numpy(object)
        hashes[k : k + _PIECE] = pd.util.hash_array(piece, categorize=False)
    order = np.argsort(hashes, kind="stable")
    meets = hashes[order[1:]] == hashes[order[:-1]]
    mask = np.zeros(len(values), bool)
    mask[order[1:][meets]] = True
    mask[order[:-1][meets]] = True
    doubtful = np.flatnonzero(mask)
    mask[doubtful] = values.iloc[doubtful].duplicated(keep=False).to_numpy(bool)
    return mask
