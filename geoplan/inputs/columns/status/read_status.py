"""What a status cell says: whether a site serves people today, in the words that offices use.

The words are data (`status_words.toml`, and the study's own). A cell is cut into known words, the
longest first; it is understood where nothing else is left and all its words agree.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from geoplan.inputs.columns.roles import simplified
from geoplan.inputs.columns.yes_no import answer, without_accents

#: what a cell may say; all but the first mean that the site does not serve people today
SENSES = ("open", "closed", "temporarily_closed", "planned", "under_construction")
_UNIT = re.compile(r"[a-z]+(?:\d+[a-z]*)?|\d+[a-z]*|[^\W\d_a-z]", re.UNICODE)
_DIGITS = re.compile(r"\d+")


@cache
def status_table() -> dict[str, Any]:
    """The tables of `status_words.toml`."""
    text = files(__package__).joinpath("status_words.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def plain_words(text: object) -> tuple[str, ...]:
    """`text` as words: Latin words without accents, Chinese characters one by one, simplified.

    Examples
    --------
    >>> plain_words("CLOSED_TEMPORARILY"), plain_words("已營業（二樓）"), plain_words("Fermé")
    (('closed', 'temporarily'), ('已', '营', '业', '二', '楼'), ('ferme',))
    """
    return tuple(_UNIT.findall(simplified(without_accents(text))))


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusReading:
    """What a cell says.

    sense : one of `SENSES`; "" where the cell is not understood.
    sure : all its words are known and agree. Where not, `sense` is what its first words say.
    """

    sense: str = ""
    sure: bool = False

    @property
    def serves(self) -> bool:
        """Whether the site counts: it does where the cell is not understood."""
        return self.sense in ("", "open")


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusWords:
    """The known words: geoplan's own and those of a study, which come first.

    own : sense -> words of the study.

    Examples
    --------
    >>> words = StatusWords()
    >>> [words.read(text).sense for text in ("已停用", "未停用", "Planned", "CLOSED_TEMPORARILY")]
    ['closed', 'open', 'planned', 'closed']
    >>> words.read("营业中（二楼装修）"), words.read("民办")
    (StatusReading(sense='', sure=False), StatusReading(sense='', sure=False))
    >>> StatusWords(own={"closed": ["合并"]}).read("已合并").sense
    'closed'
    """

    own: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def read(self, text: object) -> StatusReading:
        """What one cell says."""
        words = plain_words(text)
        own = _vocabulary({sense: tuple(self.own.get(sense, ())) for sense in SENSES})
        if words in own:
            return StatusReading(sense=own[words], sure=True)
        found, leading, rest = _scan(words, {**_known(), **own})
        # what stands serves, unless another word says that it does not yet
        found = [f for f in found if f != "built"] or ["open" for _ in found]
        senses = set(found)
        if len(senses) != 1 or "unclear" in senses:
            agreed = senses and "open" not in senses and "unclear" not in senses
            if not agreed:
                return StatusReading()
        sense = found[0]
        if rest:
            return StatusReading(sense=sense if leading else "")
        return StatusReading(sense=sense, sure=True)

    def answer(self, text: object) -> bool | None:
        """Whether a cell says yes; None where it says neither yes nor no.

        Examples
        --------
        >>> [StatusWords().answer(text) for text in ("是", "FALSE", "1.0", "?")]
        [True, False, True, None]
        """
        return answer(text)


def _vocabulary(table: Mapping[str, Sequence[str]]) -> dict[tuple[str, ...], str]:
    return {plain_words(word): kind for kind, words in table.items() for word in words}


@cache
def _known() -> dict[tuple[str, ...], str]:
    """Words -> sense, ``unclear``, ``not`` or ``filler``; a sense goes before grammar."""
    table = status_table()
    return {**_vocabulary(table["grammar"]), **_vocabulary(table["words"])}


def _scan(
    words: tuple[str, ...], known: Mapping[tuple[str, ...], str]
) -> tuple[list[str], bool, bool]:
    """The senses in sequence; whether the first word is known; whether some are not."""
    found: list[str] = []
    leading, rest, negated, first = False, False, False, True
    for piece in _pieces(words, known):
        kind = known.get(piece, "")
        if kind == "filler" or (not kind and _DIGITS.fullmatch(piece[0])):
            continue
        leading = leading or (first and bool(kind))
        first = False
        if kind == "not":
            rest = rest or negated
            negated = True
        elif kind:
            found.append(_opposite(kind) if negated else kind)
            negated = False
        else:
            rest = True
    return found, leading, rest or negated


def _pieces(words: tuple[str, ...], known: Mapping[tuple[str, ...], str]) -> list[tuple[str, ...]]:
    """`words` cut into known words so that as few as possible are left over, then in few pieces."""
    longest = max(map(len, known), default=1)
    # best[k]: (words left over, pieces, the last piece) for the first k words
    best: list[tuple[int, int, tuple[str, ...]]] = [(0, 0, ())]
    for end in range(1, len(words) + 1):
        ways = []
        for start in range(max(0, end - longest), end):
            piece = words[start:end]
            loose = int(piece not in known and not _DIGITS.fullmatch(piece[0]))
            if piece in known or len(piece) == 1:
                ways.append((best[start][0] + loose, best[start][1] + 1, piece))
        best.append(min(ways))
    pieces, end = [], len(words)
    while end:
        pieces.append(best[end][2])
        end -= len(best[end][2])
    return pieces[::-1]


def _opposite(sense: str) -> str:
    """What "not …" says."""
    if sense in ("closed", "temporarily_closed"):
        return "open"
    return {"open": "closed", "built": "under_construction"}.get(sense, "unclear")
