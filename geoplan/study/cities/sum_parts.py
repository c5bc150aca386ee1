"""Sums and shares of numbers of which some may not be known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from geoplan.words.text_format import plain


def sum_of(values: Iterable[float | None]) -> Any:
    """The sum; None where one part is not known.

    Examples
    --------
    >>> sum_of([1, 2.5]), sum_of([1, None]), sum_of([0, 0])
    (3.5, None, 0)
    """
    parts = list(values)
    known = [part for part in parts if part is not None]
    return plain(math.fsum(known)) if len(known) == len(parts) else None


def alone_or(parts: Sequence[Mapping[str, Any]], gap: float | None) -> Any:
    """The gap of one city as its own summary has it; `gap` where there are several.

    Examples
    --------
    >>> alone_or([{"gap": 0.5}], 0.25), alone_or([{"gap": 0}, {"gap": 0}], float("inf"))
    (0.5, None)
    """
    return parts[0]["gap"] if len(parts) == 1 else plain(gap, 15)


def share_of(part: float | None, whole: float | None) -> Any:
    """A part of a whole; None where one of them is not known, or there is nobody.

    Examples
    --------
    >>> share_of(1, 4), share_of(None, 4), share_of(0, 0)
    (0.25, None, None)
    """
    return None if part is None or not whole else plain(part / whole, 15)
