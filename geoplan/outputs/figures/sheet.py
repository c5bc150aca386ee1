"""The sheet of a printed map: title, legend and stamps beside or above the map, never over it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from geoplan.outputs import palette
from geoplan.outputs.figures.background import Background
from geoplan.results import RunResults
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, number_text

#: about two thirds of an A4 page's text: legible at half its width and at all of it
WIDTH_IN = 4.4
_SIDE_IN = 0.06
#: sizes of text in points: beside a table a map is shown at about two thirds of its size, and
#: print must not be smaller than 6 points there
TITLE_PT, TEXT_PT, _FOOT_PT = 11.0, 9.3, 9.2
#: the font that comes with geoplan has one weight: its strokes are drawn thicker instead
BOLD = [withStroke(linewidth=0.7, foreground=palette.INK)]
#: signs that no line begins with
_NEVER_FIRST = "），。；：、！？》”’"
#: height of the map by its width, at the least and the most
_SHAPES = (0.5, 0.87)
#: a wider map has its texts above it; others have them beside, in a column so wide
_WIDE, _COLUMN_IN, _GAP_IN = 0.62, 1.6, 0.08


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """What stands around a map: title, lines under it, legend."""

    title: str
    notes: Sequence[str]
    legend: Sequence[Any]


def map_axes(
    results: RunResults, sheet: Sheet, background: Background, speaker: Speaker
) -> tuple[Figure, Axes]:
    """A figure with the sheet's texts, and axes in projected metres that fill what is left.

    The limits are set and the aspect is equal: what is drawn afterwards cannot move them.
    """
    west, south, east, north = background.bounds
    shape = (north - south) / max(east - west, 1.0)
    figure = Figure(figsize=(WIDTH_IN, 4.0), facecolor="white")
    FigureCanvasAgg(figure)
    foot = "\n".join(_foot(results, speaker))
    draw = _above if shape < _WIDE else _beside
    box = draw(figure, sheet, foot, shape)
    ax = figure.add_axes(_share(figure, box))
    _frame(ax, background.bounds, (box[2] - box[0]) / (box[3] - box[1]))
    background.draw(ax)
    right = box[2] if draw is _above else WIDTH_IN - _SIDE_IN
    _scale_bar(figure, ax, (right, 0.09 if draw is _above else box[1] + 0.03), speaker)
    corner = (WIDTH_IN - _SIDE_IN - 0.09, box[3] + 0.02)
    _north(figure, *(corner if draw is _above else (box[2] + _GAP_IN + 0.12, box[1])), speaker)
    return figure, ax


#: left, bottom, right and top of the map, in inches from the figure's lower left corner
_Box = tuple[float, float, float, float]


def _share(figure: Figure, box: _Box) -> tuple[float, float, float, float]:
    """`box` as matplotlib places axes: corner and size as shares of the figure."""
    height = figure.get_figheight()
    return (
        box[0] / WIDTH_IN,
        box[1] / height,
        (box[2] - box[0]) / WIDTH_IN,
        (box[3] - box[1]) / height,
    )


def _above(figure: Figure, sheet: Sheet, foot: str, shape: float) -> _Box:
    """Texts and legend above a map as wide as the sheet; sets the figure's height."""
    map_in = max(shape, _SHAPES[0]) * (WIDTH_IN - 2 * _SIDE_IN)
    width = WIDTH_IN - 2 * _SIDE_IN - 0.35  # the arrow's room
    stack = _Stack(figure, _SIDE_IN, width)
    stack.add_title(sheet)
    stack.add_notes(sheet)
    legend = _legend(figure, sheet.legend, width)
    head_in = stack.depth + _inches(figure, legend).height + 0.1
    below = _foot_text(figure, foot, _SIDE_IN, WIDTH_IN * 0.74)
    foot_in = max(_inches(figure, below).height, 0.22) + 0.14
    height = head_in + map_in + foot_in
    figure.set_figheight(height)
    stack.place(height)
    legend.set_bbox_to_anchor((_SIDE_IN / WIDTH_IN, 1 - stack.depth / height))
    below.set_position((_SIDE_IN / WIDTH_IN, 0.05 / height))
    return (_SIDE_IN, foot_in, WIDTH_IN - _SIDE_IN, foot_in + map_in)


def _beside(figure: Figure, sheet: Sheet, foot: str, shape: float) -> _Box:
    """Notes and legend on the right of the map, title over both; sets the figure's height."""
    right = WIDTH_IN - _SIDE_IN - _COLUMN_IN - _GAP_IN
    left, width = right + _GAP_IN, WIDTH_IN - 2 * _SIDE_IN
    title = _Stack(figure, _SIDE_IN, width)
    title.add_title(sheet)
    notes = _Stack(figure, left, _COLUMN_IN, depth=title.depth)
    notes.add_notes(sheet)
    legend = _legend(figure, sheet.legend, _COLUMN_IN, single=True)
    below = _foot_text(figure, foot, _SIDE_IN, width)
    foot_in = _inches(figure, below).height + 0.1
    # scale bar and arrow stand under the legend
    text_in = notes.depth - title.depth + _inches(figure, legend).height + 0.55
    map_in = min(max(shape, _SHAPES[0]), _SHAPES[1]) * (right - _SIDE_IN)
    height = title.depth + max(map_in, text_in) + foot_in
    figure.set_figheight(height)
    title.place(height)
    notes.place(height)
    legend.set_bbox_to_anchor((left / WIDTH_IN, 1 - notes.depth / height))
    below.set_position((_SIDE_IN / WIDTH_IN, 0.04 / height))
    return (_SIDE_IN, foot_in, right, height - title.depth)


def _foot_text(figure: Figure, foot: str, left: float, width: float) -> Text:
    text = figure.text(
        left / WIDTH_IN,
        0,
        "",
        fontsize=_FOOT_PT,
        color=palette.MUTED,
        va="bottom",
        linespacing=1.25,
    )
    text.set_text("\n".join(fit(text, line, width) for line in foot.split("\n")))
    return text


class _Stack:
    """Texts one under the other from the figure's top, wrapped to a width."""

    def __init__(self, figure: Figure, left: float, width: float, *, depth: float = 0.05) -> None:
        self.figure, self.left, self.width = figure, left, width
        self.depth = depth
        self.texts: list[tuple[Text, float]] = []

    def add_title(self, sheet: Sheet) -> None:
        """The sheet's title."""
        title = self.figure.text(0, 0, "", fontsize=TITLE_PT, path_effects=BOLD, linespacing=1.3)
        self.add(title, sheet.title, gap=0.07)

    def add_notes(self, sheet: Sheet) -> None:
        """The lines under the title."""
        for note in sheet.notes:
            text = self.figure.text(0, 0, "", fontsize=TEXT_PT, color=palette.INK, linespacing=1.25)
            self.add(text, note, gap=0.05)

    def add(self, text: Text, words: str, *, gap: float) -> None:
        text.set_verticalalignment("top")
        text.set_text(fit(text, words, self.width))
        self.texts.append((text, self.depth))
        self.depth += _inches(self.figure, text).height + gap

    def place(self, height: float) -> None:
        for text, depth in self.texts:
            text.set_position((self.left / WIDTH_IN, 1 - depth / height))


def _inches(figure: Figure, artist: Any) -> Any:
    box = artist.get_window_extent(figure.canvas.get_renderer())  # type: ignore[attr-defined]
    return box.transformed(figure.dpi_scale_trans.inverted())


def fit(text: Text, words: str, width_in: float) -> str:
    """`words` broken into lines no wider than `width_in` in the font of `text`.

    A line breaks at spaces and between Chinese characters, but before no closing sign; a longer
    word stands by itself.
    """
    figure = text.get_figure(root=True)
    assert figure is not None
    return _broken(words, width_in, text.get_fontproperties().copy(), figure.dpi)


@lru_cache(maxsize=256)  # every map of a run has the same foot
def _broken(words: str, width_in: float, font: FontProperties, dpi: float) -> str:
    """`words` in lines no wider than `width_in` inches; each is filled as far as it goes."""
    figure = Figure(dpi=dpi)
    FigureCanvasAgg(figure)
    text = figure.text(0, 0, "", fontproperties=font)
    pieces = re.findall(rf"[\u2e80-\uffef][{_NEVER_FIRST}]*|[^\s\u2e80-\uffef]+|\s+", words)

    def is_too_wide(count: int) -> bool:
        text.set_text("".join(pieces[:count]))
        return bool(_inches(figure, text).width > width_in)

    lines = []
    while pieces:
        if pieces[0].isspace():
            pieces = pieces[1:]
            continue
        counts = range(2, len(pieces) + 1)  # one piece stands by itself, however wide
        count = 1 + bisect_left(counts, True, key=is_too_wide)
        lines.append("".join(pieces[:count]).rstrip())
        pieces = pieces[count:]
    return "\n".join(lines)


def _legend(figure: Figure, handles: Sequence[Any], width: float, *, single: bool = False) -> Any:
    """The legend in as few rows as `width` inches allow, entries read from left to right.

    A `single` column has its entries wrapped.
    """
    if single:
        measure = figure.text(0, 0, "", fontsize=TEXT_PT)
        for handle in handles:
            handle.set_label(fit(measure, str(handle.get_label()), width - 0.29))
        measure.remove()
    for rows in range(len(handles) if single else 1, max(len(handles), 1) + 1):
        columns = max(-(-len(handles) // max(rows, 1)), 1)
        legend = figure.legend(
            handles=_by_rows(list(handles), columns),
            loc="upper left",
            ncols=columns,
            fontsize=TEXT_PT,
            frameon=False,
            borderpad=0.1,
            borderaxespad=0.0,
            handlelength=1.2,
            handletextpad=0.4,
            columnspacing=1.1,
            labelspacing=0.6 if single else 0.45,
        )
        if columns == 1 or _inches(figure, legend).width <= width:
            break
        legend.remove()
    return legend


def _by_rows(handles: list[Any], columns: int) -> list[Any]:
    """Matplotlib fills a legend column by column: an order in which rows are read instead."""
    return [handle for k in range(columns) for handle in handles[k::columns]]


def _foot(results: RunResults, speaker: Speaker) -> list[str]:
    """Stamps, source, date and approval number, in two lines."""
    info = results.info
    first = [speaker.say(f"figures.{'public' if info.audience == 'public' else 'internal'}")]
    if info.synthetic:
        first.append(speaker.say("common.synthetic"))
    if info.map_approval_no:
        first.append(speaker.say("figures.approval", number=clean(info.map_approval_no)))
    else:
        first.append(speaker.say("figures.sketch"))
    second = []
    if info.source:
        second.append(speaker.say("figures.source", source=clean(info.source)))
    if info.data_date:
        second.append(speaker.say("figures.date", date=clean(info.data_date)))
    return ["  ·  ".join(part) for part in (first, second) if part]


def _frame(ax: Axes, bounds: tuple[float, float, float, float], wide: float) -> None:
    """Limits around `bounds` with the shape of the axes, and a hairline around them."""
    west, south, east, north = bounds
    pad = 0.04 * max(east - west, north - south)
    width, height = east - west + 2 * pad, north - south + 2 * pad
    width, height = max(width, height * wide), max(height, width / wide)
    x, y = (west + east) / 2, (south + north) / 2
    ax.set_xlim(x - width / 2, x + width / 2)
    ax.set_ylim(y - height / 2, y + height / 2)
    ax.set_autoscale_on(False)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_color(palette.HAIRLINE)
        spine.set_linewidth(0.8)


def _scale_bar(figure: Figure, ax: Axes, corner_in: tuple[float, float], speaker: Speaker) -> None:
    """Outside the map, its right end at a point in inches from the lower left corner."""
    west, east = ax.get_xlim()
    box = ax.get_position()
    wanted = (east - west) * 0.16
    power = 10 ** np.floor(np.log10(wanted))
    length = float(max(s * power for s in (1, 2, 5) if s * power <= wanted))
    right, y = corner_in[0] / WIDTH_IN, corner_in[1] / figure.get_figheight()
    left = right - box.width * length / (east - west)
    figure.add_artist(Line2D([left, right], [y, y], color=palette.INK, lw=2, solid_capstyle="butt"))
    label = (
        speaker.say("figures.km", km=number_text(length / 1000))
        if length >= 1000
        else speaker.say("figures.m", m=number_text(length))
    )
    above = y + 0.03 / figure.get_figheight()
    # a bar may be shorter than its label
    figure.text(right, above, label, ha="right", va="bottom", fontsize=TEXT_PT)


def _north(figure: Figure, x_in: float, y_in: float, speaker: Speaker) -> None:
    """An arrow outside the map, its foot at a point in inches from the lower left corner."""
    height = figure.get_figheight()
    x, low = x_in / WIDTH_IN, y_in / height
    figure.add_artist(
        Line2D(
            [x, x],
            [low, low + 0.2 / height],
            color=palette.INK,
            lw=1.2,
            marker="^",
            markevery=[1],
            markersize=5,
            solid_capstyle="butt",
        )
    )
    word = speaker.say("figures.north")
    figure.text(x, low + 0.24 / height, word, ha="center", va="bottom", fontsize=TEXT_PT)
