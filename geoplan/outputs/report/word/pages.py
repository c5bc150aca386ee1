"""Which page a heading falls on, and how high a picture may be: lengths of blocks, added up.

A service has a page of its own, and its map takes the room that text and table leave; so the pages
of chapters and services are known before Word lays them out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path

from PIL import Image

from geoplan.outputs.report.blocks import Block, FigureBlock, Heading, Listing, TableBlock
from geoplan.outputs.report.numbering import pieces
from geoplan.outputs.report.word.form import Style, text_height_cm, text_width_cm
from geoplan.outputs.report.word.tables import stays_whole, table_height_cm
from geoplan.words.speaker import Speaker

_POINT_CM = 2.54 / 72
#: a picture that fills is at least and at most so high; others are at most so high
_FILL_CM = (4.2, 13.5)
_MOST_CM = 7.0
#: what no estimate of lines gets right
_SPARE_CM = 0.9
#: head and first rows of a table that goes on on the next page
_FIRST_ROWS_CM = 3.0
#: so many points of a list stay together
_FEW_ITEMS = 4
#: room of a picture that has a table on its right
BESIDE_CM = 9.2
#: air between the two
_APART_CM = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Pages:
    """heights : of pictures, by name, in centimetres. starts : the page of every heading by its
    position among the blocks. beside : positions of tables that stand on a picture's right.
    """

    heights: Mapping[str, float]
    starts: Mapping[int, int]
    beside: frozenset[int]

    def width_cm(self, figure: FigureBlock) -> float:
        """How wide the picture of `figure` may be."""
        return BESIDE_CM - _APART_CM if figure.beside else text_width_cm()


def laid_out(
    blocks: Sequence[Block],
    pictures: Mapping[str, Path],
    look: Mapping[str, Style],
    speaker: Speaker,
) -> Pages:
    """The pages of a report whose text begins on page 1.

    Parameters
    ----------
    pictures : files of the pictures that are there, by name.
    look : styles by what they are for.
    """
    heights: dict[str, float] = {}
    starts: dict[int, int] = {}
    beside = _beside(blocks, pictures)
    page, used = 1, 0.0
    for first, last in _groups(blocks):
        group = blocks[first:last]
        needed = [_height_cm(block, pictures, look, speaker) for block in group]
        filled = [
            k
            for k, block in enumerate(group)
            if isinstance(block, FigureBlock) and block.fill and block.name in pictures
        ]
        for k, block in enumerate(group):  # a table beside a picture takes no room of its own
            if first + k + 1 in beside and isinstance(block, FigureBlock):
                needed[k + 1] = 0.2
                needed[k] += _further_lines_cm(block.caption, BESIDE_CM, look["caption"])
                if not block.fill:
                    size = picture_size_cm(pictures[block.name], widest_cm=BESIDE_CM - _APART_CM)
                    needed[k] = size[1] + 1.1
        shared = sum(needed[: _first_chapter(group)])  # what follows on may go to the next page
        room = (text_height_cm() - shared - _SPARE_CM) / max(len(filled), 1)
        for k in filled:
            figure, table = group[k], group[min(k + 1, len(group) - 1)]
            assert isinstance(figure, FigureBlock)
            height = min(max(room, _FILL_CM[0]), _FILL_CM[1])
            if first + k + 1 in beside and isinstance(table, TableBlock):
                widest = BESIDE_CM - _APART_CM
                height = min(height, picture_size_cm(pictures[figure.name], height, widest)[1])
                right = text_width_cm() - BESIDE_CM
                high = table_height_cm(table, width_cm=right) - 1.1
                high += _further_lines_cm(table.caption, right, look["caption"])
                needed[k] += max(0.0, high - height)
            heights[figure.name] = height
            needed[k] += height
        if isinstance(group[0], Heading) and group[0].new_page and used:
            page, used = page + 1, 0.0
        for k, block in enumerate(group):
            if isinstance(block, Heading):
                alone = k > 0 and not isinstance(group[k - 1], Heading)
                if alone and used + _unit_cm(group, needed, k) > text_height_cm() + _SPARE_CM:
                    page, used = page + 1, 0.0
                starts[first + k] = page
            used += needed[k]
            while used > text_height_cm() + _SPARE_CM:
                page, used = page + 1, used - text_height_cm()
    return Pages(heights=heights, starts=starts, beside=beside)


def _first_chapter(group: Sequence[Block]) -> int:
    """Where in a stretch the next chapter begins."""
    later = (k for k, b in enumerate(group) if k and isinstance(b, Heading) and b.level == 1)
    return next(later, len(group))


def _beside(blocks: Sequence[Block], pictures: Mapping[str, Path]) -> frozenset[int]:
    """Positions of tables that stand on the right of the picture before them."""
    return frozenset(
        k + 1
        for k, (block, after) in enumerate(pairwise(blocks))
        if isinstance(block, FigureBlock)
        and block.beside
        and block.name in pictures
        and isinstance(after, TableBlock)
    )


def _unit_cm(group: Sequence[Block], needed: Sequence[float], start: int) -> float:
    """Height of a heading and what stays on its page: text, and a whole table or its beginning."""
    total, heads = needed[start], True
    for block, height in zip(group[start + 1 :], needed[start + 1 :], strict=True):
        heads = heads and isinstance(block, Heading)
        if isinstance(block, Listing) or (isinstance(block, Heading) and not heads):
            whole = isinstance(block, Listing) and keeps_together(block)
            return total + (height if whole else 1.0)
        if isinstance(block, TableBlock):
            return total + (height if stays_whole(block) else min(height, _FIRST_ROWS_CM))
        total += height
    return total


def keeps_together(listing: Listing) -> bool:
    """Whether the points of a list stand on one page: where they are few."""
    return len(listing.items) <= _FEW_ITEMS


def _groups(blocks: Sequence[Block]) -> list[tuple[int, int]]:
    """Stretches of blocks between those that open a page."""
    cuts = [k for k, b in enumerate(blocks) if isinstance(b, Heading) and b.new_page]
    cuts = [0, *(c for c in cuts if c), len(blocks)]
    return [(a, b) for a, b in pairwise(cuts) if a < b]


def _height_cm(
    block: Block, pictures: Mapping[str, Path], look: Mapping[str, Style], speaker: Speaker
) -> float:
    if isinstance(block, TableBlock):
        return table_height_cm(block) + look["after_table"].line * _POINT_CM
    if isinstance(block, FigureBlock):
        if block.name not in pictures:
            return 0.0
        own = 0.0 if block.fill else picture_size_cm(pictures[block.name])[1]
        return own + 1.1
    if isinstance(block, Heading):
        return _lines_cm([block.text], look[f"h{min(block.level, 2)}"])
    if isinstance(block, Listing):
        return _lines_cm(block.items, look["note" if block.kind == "note" else "list"])
    text = " ".join(
        part.lead + "".join(words or "图 10" for _, words in pieces(part.text, {}, speaker))
        for part in block.parts
    )
    return _lines_cm([text], look["note" if block.kind == "note" else "body"])


def _lines_cm(texts: Sequence[str], style: Style) -> float:
    half = style.size * _POINT_CM / 2
    total = 0.0
    for text in texts:
        width = sum(map(_half_widths, text)) + 2 * style.indent
        total += ceil(width * half / text_width_cm()) * style.line + style.before + style.after
    return total * _POINT_CM


def _further_lines_cm(caption: str, width_cm: float, style: Style) -> float:
    """Height of a caption's lines behind its first one."""
    width = (sum(map(_half_widths, caption)) + 9) * style.size * _POINT_CM / 2
    return (ceil(width / width_cm) - 1) * style.line * _POINT_CM


def _half_widths(sign: str) -> float:
    """About how wide a sign is, in halves of a Chinese character."""
    if ord(sign) > 0x2000:
        return 2.0
    return 0.55 if sign in " ,.;:'il|()-" else 1.0


def picture_size_cm(
    file: Path, most_cm: float | None = None, widest_cm: float | None = None
) -> tuple[float, float]:
    """Width and height of a picture as wide as the text (or `widest_cm`), or as high as allowed."""
    most_cm = _MOST_CM if most_cm is None else most_cm
    with Image.open(file) as picture:
        across, down = picture.size
    width = text_width_cm() if widest_cm is None else widest_cm
    if width * down / across > most_cm:
        width = most_cm * across / down
    return width, width * down / across
