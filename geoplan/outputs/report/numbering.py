"""Numbers of chapters, tables and figures, and references to them: the same in every file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from geoplan.outputs.report.blocks import Block, FigureBlock, Heading, TableBlock
from geoplan.words.speaker import Speaker

_DIGITS = "〇一二三四五六七八九"
#: around the key of what a text refers to: two characters for private use
_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
_MARK = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")


def references(*keys: str) -> str:
    """A mark in a text that becomes "(see Table 1, Figure 2)", as far as these are there."""
    return f"{_OPEN}{'|'.join(keys)}{_CLOSE}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Label:
    """How a table or figure is called: word and number (``表 3``, ``Figure 3``).

    series : the sequence it is counted in: ``table``, ``figure``, and the annex's own.
    """

    series: str
    number: int
    word: str

    def text(self, speaker: Speaker) -> str:
        """The label as a caption begins and as a text refers to it."""
        return speaker.say("report.label", word=self.word, number=self.number)


def chinese_number(number: int) -> str:
    """A number as headings count: up to 99.

    Examples
    --------
    >>> [chinese_number(n) for n in (3, 10, 11, 20, 34)]
    ['三', '十', '十一', '二十', '三十四']
    """
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def numbered(blocks: Iterable[Block], speaker: Speaker) -> Iterator[Block]:
    """Headings with their numbers, whichever of them a run has: 一、（一）1., annexes by their own.

    Examples
    --------
    >>> heads = [Heading(level=n, text="甲") for n in (1, 2, 3, 1, 2)]
    >>> [block.text for block in numbered(heads, Speaker("zh"))]
    ['一、甲', '（一）甲', '1.甲', '二、甲', '（一）甲']
    """
    counts, annexes = [0, 0, 0], 0
    for block in blocks:
        if not isinstance(block, Heading):
            yield block
            continue
        level = block.level
        if block.annex and level == 1:
            annexes += 1
            counts = [0, 0, 0]
            number = str(annexes)
        else:
            counts[level - 1] += 1
            counts[level:] = [0] * (3 - level)
            number = _number(counts, level, annexes if block.annex else 0, speaker)
        word = "annex" if block.annex and level == 1 else f"chapter_{level}"
        yield replace(block, text=speaker.say(f"report.{word}", number=number, title=block.text))


def _number(counts: list[int], level: int, annex: int, speaker: Speaker) -> str:
    if speaker.lang == "zh":
        return str(counts[2]) if level == 3 else chinese_number(counts[level - 1])
    first = [f"A{annex}"] if annex else [str(counts[0])]
    return ".".join([*first, *(str(n) for n in counts[1:level])])


def labels(
    blocks: Iterable[Block], pictures: Collection[str], speaker: Speaker
) -> Mapping[str, Label]:
    """The label of every table and figure by its key; pictures that are not there have none.

    Parameters
    ----------
    pictures : names of the pictures that are there.
    """
    found: dict[str, Label] = {}
    counts: dict[str, int] = {}
    for position, block in enumerate(blocks):
        if isinstance(block, TableBlock):
            kind, key = "table", label_key(block, position)
        elif isinstance(block, FigureBlock) and block.name in pictures:
            kind, key = "figure", label_key(block, position)
        else:
            continue
        series = f"annex_{kind}" if block.annex else kind
        counts[series] = counts.get(series, 0) + 1
        word = speaker.say(f"report.word_{series}")
        found[key] = Label(series=series, number=counts[series], word=word)
    return found


def label_key(block: TableBlock | FigureBlock, position: int) -> str:
    """What a table or figure is known by: its key or name, else its position."""
    name = block.key if isinstance(block, TableBlock) else block.name
    return name or f"block-{position}"


def pieces(text: str, known: Mapping[str, Label], speaker: Speaker) -> Iterator[tuple[str, str]]:
    """A text in order: ``("", words)``, and ``(key, label)`` where it refers to what is there.

    Examples
    --------
    >>> known = {"a": Label(series="table", number=2, word="表")}
    >>> list(pieces("现状" + references("a", "b") + "。", known, Speaker("zh")))
    [('', '现状'), ('', '（见'), ('a', '表2'), ('', '）'), ('', '。')]
    """
    last = 0
    for mark in _MARK.finditer(text):
        if mark.start() > last:
            yield "", text[last : mark.start()]
        there = [key for key in mark.group(1).split("|") if key in known]
        for k, key in enumerate(there):
            yield "", speaker.say("report.see_next" if k else "report.see")
            yield key, known[key].text(speaker)
        if there:
            yield "", speaker.say("report.see_end")
        last = mark.end()
    if last < len(text):
        yield "", text[last:]
