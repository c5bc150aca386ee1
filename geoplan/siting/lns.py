"""Large-neighbourhood search: close a few neighbouring sites, place them again exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoplan.siting.finish import Clock
from geoplan.siting.reduction import Core

if TYPE_CHECKING:
    from geoplan.siting.search import Best


def improve(
    core: Core,
    best: Best,
    allowed: np.ndarray,
    *,
    take: int,
    clock: Clock,
    seed: int,
    gap: float,
) -> None:
    """Improve `best` until neighbourhoods stop helping."""
