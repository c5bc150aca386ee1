"""Which unknowns a system of sums determines: the attack that suppression must withstand."""

from __future__ import annotations

import numpy as np
from scipy import sparse


def determined(sums: sparse.csr_matrix, mask: np.ndarray) -> np.ndarray:
    """By linear algebra: blanked cells whose value follows from the others."""
    unknown = np.flatnonzero(mask)
    part = sums.toarray()[:, unknown]
    found = []
    for k in range(len(unknown)):
        unit = np.zeros(len(unknown))
        unit[k] = 1.0
        found.append(np.linalg.matrix_rank(np.vstack([part, unit])) == np.linalg.matrix_rank(part))
    return np.array(found, bool)
