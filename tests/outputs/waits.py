"""Pages change a moment after they are asked to, and on a busy machine a long moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

STEP_MS, STEPS = 50, 600


def settled(page: Any, holds: Callable[[], bool]) -> bool:
    """Whether `holds` comes true within half a minute; the page goes on meanwhile."""
    for _ in range(STEPS):
        if holds():
            return True
        page.wait_for_timeout(STEP_MS)
    return False
