"""One published number beside geoplan's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One number that can be checked.

    Parameters
    ----------
    what, what_zh : what the number is.
    source : who published it, or "by hand".
    published, ours : the two numbers, in one unit.
    tolerance : largest difference that counts as the same.
    why, why_zh : where a difference comes from, or why there is none to expect.
    """

    what: str
    what_zh: str
    source: str
    published: float
    ours: float
    tolerance: float = 0.0
    why: str = ""
    why_zh: str = ""

    @property
    def difference(self) -> float:
        """Ours less published."""
        return self.ours - self.published

    @property
    def agrees(self) -> bool:
        """Whether the two are the same within the tolerance."""
        return abs(self.difference) <= self.tolerance


def number(value: float) -> str:
    """A number as the table shows it.

    Examples
    --------
    >>> number(875247.0), number(0.91638), number(3e-11), number(0.0)
    ('875,247', '0.91638', '3.0e-11', '0')
    """
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) < 1e-3:
        return f"{value:.1e}"
    return f"{value:,.6f}".rstrip("0") if abs(value) < 1000 else f"{value:,.2f}"
