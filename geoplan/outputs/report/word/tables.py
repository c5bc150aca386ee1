"""Tables of the report's document: their markup, and columns that break no number and no word."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from geoplan.outputs.report.blocks import TableBlock
from geoplan.outputs.report.word.form import text_width_cm
from geoplan.outputs.report.word.markup import paragraph, run

#: tables with more columns are set smaller
_WIDE = 7
#: sizes of text in points
_SIZE, _SMALL = 9.0, 7.5
#: air beside a cell's text
_PAD_CM = 0.1
#: texts up to this long (half characters) are never broken
_SHORT = 14
#: a heading up to this long stays on one line, a longer one than that may take three
_SHORT_HEAD, _LONG_HEAD = 6, 24
#: tables up to this long stay on one page, in the body and in an annex
_WHOLE_ROWS, _WHOLE_ROWS_ANNEX, _WHOLE_CM_ANNEX = 12, 7, 7.0
#: a table of the body with up to so many rows, higher than a page holds, is set smaller where that
#: brings it on one
_PAGE_ROWS, _PAGE_CM, _PAGE_SMALL_CM = 20, 19.0, 20.0
#: rows at both ends of a longer table that stay together
_TOGETHER = 3
#: columns are widened by so much
_STEP_CM = 0.1
#: texts that may break need less than numbers that may not
_AIR = 0.84
#: a Chinese sign in digits, where these have a third of air
_WIDE_SIGN = 1.58
_BREAK = 0.2
#: what a number needs in Times New Roman of what is kept for it, and how wide a column of texts is
#: wanted at the least
_TIGHT, _TEXT_CM = 0.84, 4.0
_LINES = (("top", 8), ("bottom", 8), ("insideH", 4))


def table_markup(
    block: TableBlock, ids: Mapping[str, str], *, width_cm: float | None = None
) -> str:
    """The table: a head that comes again on every page, rows that no page breaks.

    width_cm : None = as wide as the text; narrower tables are set smaller.
    """
    small = _is_small(block, width_cm)
    half_points = round(_SMALL * 2) if small else 0
    size = _SMALL if small else _SIZE
    widths = [round(w / 2.54 * 1440) for w in column_widths_cm(block, size, width_cm=width_cm)]
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="{weight}" w:space="0" w:color="595959"/>'
        for side, weight in _LINES
    )
    margins = "".join(
        f'<w:{side} w:w="{round(width / 2.54 * 1440)}" w:type="dxa"/>'
        for side, width in (("top", 0.04), ("left", _PAD_CM), ("bottom", 0.04), ("right", _PAD_CM))
    )
    head = (
        f'<w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        f'<w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        f"<w:tblCellMar>{margins}</w:tblCellMar></w:tblPr>"
        f"<w:tblGrid>{''.join(f'<w:gridCol w:w={chr(34)}{w}{chr(34)}/>' for w in widths)}"
        "</w:tblGrid>"
    )
    whole = stays_whole(block)
    rows = [_row(block.heads, block.right, widths, ids["cell_head"], half_points, "head")]
    for k, cells in enumerate(block.rows):
        last = k == len(block.rows) - 1
        # no page begins or ends with one row or two of a table that goes on
        firm = whole or k < _TOGETHER - 1 or k >= len(block.rows) - _TOGETHER
        kind = "keep" if firm and not last else "last"
        if last and block.total:
            kind = "total"
        rows.append(_row(cells, block.right, widths, ids["cell"], half_points, kind))
    return f"<w:tbl>{head}{''.join(rows)}</w:tbl>"


def stays_whole(block: TableBlock) -> bool:
    """Whether no page breaks the table: it has few rows, and in an annex little height."""
    if block.annex:
        return len(block.rows) <= _WHOLE_ROWS_ANNEX and table_height_cm(block) <= _WHOLE_CM_ANNEX
    return len(block.rows) <= _WHOLE_ROWS


def _row(
    cells: tuple[str, ...],
    right: frozenset[int],
    widths: list[int],
    style: str,
    half_points: int,
    kind: str,
) -> str:
    """One row; of `kind` "head", "keep" (on the page of the next one), "last" or "total"."""
    head = "<w:tblHeader/>" if kind == "head" else ""
    shade = '<w:shd w:val="clear" w:color="auto" w:fill="EDF1F3"/>' if kind == "head" else ""
    keep = "<w:keepNext/>" if kind in ("head", "keep") else ""
    texts = []
    for k, text in enumerate(cells):
        align = '<w:jc w:val="right"/>' if k in right else ""
        inner = run(text, bold=kind == "total", half_points=half_points) if text else ""
        texts.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{widths[k]}" w:type="dxa"/>{shade}'
            f'<w:vAlign w:val="center"/></w:tcPr>'
            f"{paragraph(inner, style, properties=keep + align)}</w:tc>"
        )
    return f"<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>{''.join(texts)}</w:tr>"


def _is_small(block: TableBlock, width_cm: float | None) -> bool:
    """Whether the text is smaller: many columns, little room, or else more than one page."""
    if len(block.heads) > _WIDE or width_cm is not None:
        return True
    fills = not block.annex and _WHOLE_ROWS < len(block.rows) <= _PAGE_ROWS
    if not fills or _height_cm(block, _SIZE) <= _PAGE_CM:
        return False
    return _height_cm(block, _SMALL) <= _PAGE_SMALL_CM


def side_by_side(left_cm: float) -> str:
    """A table without lines, of two empty cells; the left one is `left_cm` wide."""
    widths = [round(cm / 2.54 * 1440) for cm in (left_cm, text_width_cm() - left_cm)]
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr></w:tc>' for width in widths
    )
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/>'
        '<w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid><w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr></w:tbl>"
    )


def table_height_cm(block: TableBlock, *, width_cm: float | None = None) -> float:
    """About how high a table is, its caption included."""
    return _height_cm(block, _SMALL if _is_small(block, width_cm) else _SIZE, width_cm)


def _height_cm(block: TableBlock, size: float, width_cm: float | None = None) -> float:
    widths = column_widths_cm(block, size, width_cm=width_cm)
    letter = _about_cm(size)
    lines = 0.0
    for cells in (block.heads, *block.rows):
        needed = (
            -(-_about(text) * letter // max(width - 2 * _PAD_CM, 0.2))
            for text, width in zip(cells, widths, strict=True)
        )
        lines += max(1.0, *needed)
    return 1.0 + lines * 12 * 2.54 / 72 + (len(block.rows) + 1) * 0.09


def column_widths_cm(
    block: TableBlock, size: float, *, width_cm: float | None = None
) -> list[float]:
    """Widths that fill the page and break no number, and no word of a heading.

    A column of numbers, or of texts of at most seven Chinese characters, takes its longest entry
    (a heading may take two lines); the other columns share the rest so that rows are low.
    """
    page = text_width_cm() if width_cm is None else width_cm
    return list(_widths(block, size, page))


@lru_cache(maxsize=256)  # a table is measured, laid out and written
def _widths(block: TableBlock, size: float, page: float) -> tuple[float, ...]:
    """The same on a page that is `page` centimetres wide."""
    # half a Chinese character, with air: where Times New Roman is missing, digits are a third wider
    letter = size * 0.5 * 2.54 / 72 * 1.32
    longest = [max((_measure(row[k]) for row in block.rows), default=0) for k in _columns(block)]
    need = [
        max(
            _head_need(block.heads[k]),
            *(_span(row[k], 1.0 if k in block.right else _AIR) for row in block.rows),
        )
        for k in _columns(block)
    ]
    firm = [k in block.right or longest[k] <= _SHORT for k in _columns(block)]
    # words of headings are set in a wider font, letters and not digits
    least = [_word_cm(block.heads[k], letter) + 2 * _PAD_CM for k in _columns(block)]
    widths = [
        max(need[k] * letter + 2 * _PAD_CM, least[k]) if firm[k] else 0.0 for k in _columns(block)
    ]
    loose = [k for k in _columns(block) if not firm[k]]
    if not loose:
        return tuple(width * page / sum(widths) for width in widths)
    # where texts would take many lines, numbers give up the air kept for a wider font
    wanted = sum(max(least[k], min(need[k] * letter / 2, _TEXT_CM)) for k in loose)
    tight = [
        max((w - 2 * _PAD_CM) * _TIGHT + 2 * _PAD_CM, m) for w, m in zip(widths, least, strict=True)
    ]
    over = sum(widths) + wanted - page
    if over > 0:
        air = [max(width - tight[k], 0.0) if firm[k] else 0.0 for k, width in enumerate(widths)]
        given = min(over / sum(air), 1.0) if sum(air) else 0.0
        widths = [width - given * a for width, a in zip(widths, air, strict=True)]
    floor = {k: max(1.5, least[k], min(need[k] * letter / 3, 3.5)) for k in loose}
    if page - sum(widths) < sum(floor.values()):  # more than a page holds: all give way alike
        shrink = page / (sum(widths) + sum(floor.values()))
        return tuple(floor[k] * shrink if k in floor else w * shrink for k, w in enumerate(widths))
    texts = {k: np.array([_about(row[k]) for row in block.rows]) * _about_cm(size) for k in loose}
    shared = _lowest(floor, texts, page - sum(widths))
    return tuple(shared.get(k, width) for k, width in enumerate(widths))


def _lowest(
    floor: Mapping[int, float], texts: Mapping[int, NDArray[np.float64]], room: float
) -> dict[int, float]:
    """`room` shared among columns so that rows have few lines, each at least as wide as `floor`.

    Step by step the column is widened that saves most lines by the centimetre; what saves none
    goes to all columns alike.

    Parameters
    ----------
    texts : how long each row's text is on one line, in centimetres, by column.
    """
    widths, left = dict(floor), room - sum(floor.values())
    while left > 0:
        lines = {k: _lines(texts[k], width) for k, width in widths.items()}
        now, best, gain = _height(list(lines.values())), (0.0, -1), 0.0
        steps = np.arange(_STEP_CM, left + _STEP_CM / 2, _STEP_CM)
        for k in widths:
            others = [lines[j] for j in widths if j != k]
            saved = (now - _heights(_lines(texts[k], widths[k] + steps[:, None]), others)) / steps
            for step, each in zip(steps.tolist(), saved.tolist(), strict=True):
                if each > gain + 1e-9:
                    best, gain = (step, k), each
        if not gain:
            return {k: width + left / len(widths) for k, width in widths.items()}
        widths[best[1]] += min(best[0], left)
        left -= best[0]
    return widths


def _height(lines: Sequence[NDArray[np.float64]]) -> float:
    """Lines of all rows; a break in a cell that makes no row higher counts a little."""
    return float(np.maximum.reduce(lines).sum() + _BREAK * sum(column.sum() for column in lines))


def _heights(
    trials: NDArray[np.float64], others: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """`_height` of each row of `trials` beside the other columns."""
    highest = np.maximum.reduce(others) if others else np.zeros(1)
    beside = sum(column.sum() for column in others)
    whole = np.maximum(trials, highest).sum(axis=1)
    return whole + _BREAK * (trials.sum(axis=1) + beside)


def _lines(
    texts: NDArray[np.float64], width_cm: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """About how many lines each text takes; a blank or a long word leaves a line's end empty."""
    return np.maximum(np.ceil(texts / np.maximum(width_cm - 2 * _PAD_CM, 0.2)), 1.0)


def _head_need(head: str) -> float:
    """What a heading needs: two lines, three if it is long; short ones and words stay whole."""
    name, bracket, _ = head.partition("（")
    if bracket and _measure(name) <= 4:  # 投资（万元）: the bracket stays whole
        return _span("（万元）")
    length = _measure(head)
    if length <= _SHORT_HEAD:
        return _span(head)
    share = _span(head) / (2 if length <= _LONG_HEAD else 3)
    return max(-(-share // _WIDE_SIGN) * _WIDE_SIGN, _word(head))


def _word_cm(head: str, letter: float) -> float:
    """About how wide the longest word is: a short one may be of wide letters only (Row, Sum)."""
    length = _word(head)
    return length * letter * (1.15 if length <= 4 else 0.95)


def _word(head: str) -> int:
    """The longest word of a heading that nothing may break; Chinese breaks anywhere."""
    words = re.findall(r"[^\s\u2e80-\uffef]+", head)
    return max((len(word) for word in words), default=0)


def _columns(block: TableBlock) -> range:
    return range(len(block.heads))


def _measure(text: str) -> int:
    return sum(2 if ord(c) > 0x2000 else 1 for c in text)


def _span(text: str, letter: float = 1.0) -> float:
    """How wide a text that nothing may break is, in digits with air; Chinese signs need no air."""
    return sum(_WIDE_SIGN if ord(c) > 0x2000 else letter for c in text)


def _about_cm(size: float) -> float:
    """About how wide half a Chinese character is that stands in a line that may break."""
    return size * 0.5 * 2.54 / 72 * 1.05


def _about(text: str) -> float:
    """About how wide a text is in halves of a Chinese character; Latin letters are narrower."""
    return sum(2.0 if ord(c) > 0x2000 else 0.82 for c in text)
