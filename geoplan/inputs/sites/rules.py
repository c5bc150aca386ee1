"""`SiteRules`: what a study says about reading one service's sites."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from geoplan.inputs.columns.status import StatusWords

#: words that one finding lists, and the characters of each that it shows
_MOST_WORDS, _WORD_LENGTH = 12, 20


@dataclass(frozen=True, kw_only=True, slots=True)
class SiteRules:
    """How cells about sites are read, and what stands in for those that say nothing.

    words : known status words, the study's own among them.
    data_date : the day that opening and closing dates are compared with; "" = none is given.
    capacity_default : capacity of sites whose own is not known; None = it stays unknown.
    capacity_limits : whether who is served depends on capacities.
    tier_key : tier of a table's word, None where it is no tier's; None where there are no tiers.
    """

    words: StatusWords = field(default_factory=StatusWords)
    data_date: str = ""
    capacity_default: float | None = None
    capacity_limits: bool = False
    tier_key: Callable[[str], str | None] | None = None


def words_text(words: Iterable[object]) -> str:
    """Words with the number of their cells, the most frequent first.

    Examples
    --------
    >>> words_text(["民办", "?", "民办"])
    '民办 ×2, ? ×1'
    """
    counts = Counter(" ".join(str(word).split())[:_WORD_LENGTH] for word in words)
    shown = [f"{word} ×{count:,}" for word, count in counts.most_common(_MOST_WORDS)]
    return ", ".join([*shown, "…"] if len(counts) > _MOST_WORDS else shown)
