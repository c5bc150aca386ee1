"""Static figures for Word and WPS: 300 dpi, a font that has every character, nothing computed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, PercentFormatter, StrMethodFormatter
from matplotlib.transforms import Bbox
from PIL import Image

from geoplan.coverage.ledger import STATES
from geoplan.outputs import palette
from geoplan.outputs.figures.background import Background
from geoplan.outputs.figures.fonts import cjk_fonts, writable
from geoplan.outputs.figures.map_figures import coverage_map, line_map
from geoplan.outputs.figures.programme_figure import programme_figure
from geoplan.outputs.figures.sheet import BOLD
from geoplan.outputs.tables.table import MOST_AREAS
from geoplan.results import RunResults, ServiceResult
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, count_text

DPI = 300
#: width of charts, that of an A4 page's text
_CHART_IN = 6.3


def write_figures(
    results: RunResults,
    folder: str | Path,
    *,
    lang: str | None = None,
    reused: Callable[..., None] | None = None,
) -> list[Path]:
    """Write ``KEY_map``, ``KEY_curve``, ``KEY_areas`` and ``KEY_programme.png``, where there are.

    Parameters
    ----------
    results : a run's results, or an edition of them.
    folder : made if it is not there.
    lang : ``"zh"`` or ``"en"``; None = the study's.
    reused : called with a service's key, a file of its, what writes it, and whether it shows the
        service's plan in time (``timed``): writes an equal file in another way, or calls that.

    Returns
    -------
    list of Path
        The PNG files written, 300 dots per inch.

    Raises
    ------
    MissingGlyphError
        There is no font with Chinese characters; the message names the package. A character that
        the font lacks is drawn as a box.

    Examples
    --------
    >>> from geoplan.study import example_study
    >>> study = example_study()
    >>> written = write_figures(study.run().results, study.folder / "figures")
    >>> sorted(path.name for path in written)
    ['meal_station_areas.png', 'meal_station_curve.png', 'meal_station_map.png']
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    speaker = Speaker(lang or results.info.lang)
    written = []
    with drawing() as write:
        for key, name, draw in figure_list(results, speaker):
            path = target / f"{name}.png"
            work = partial(write, draw, path)
            if reused is None:
                work()
            else:
                reused(key, path, work, timed=name == f"{key}_programme")
            written.append(path)
    return written


@contextmanager
def drawing() -> Iterator[Callable[[Callable[[], Figure], Path], None]]:
    """The look of all figures; it gives a function that draws one and writes it.

    Raises
    ------
    MissingGlyphError
        There is no font with Chinese characters.
    """
    fonts = cjk_fonts()
    style: dict[Any, Any] = {
        "font.family": list(fonts),
        "font.size": 8.5,
        "axes.unicode_minus": False,
        "pdf.fonttype": 42,
        "axes.edgecolor": palette.MUTED,
        "axes.labelcolor": palette.INK,
        "xtick.color": palette.MUTED,
        "ytick.color": palette.MUTED,
        "text.color": palette.INK,
        "text.parse_math": False,  # a name may hold dollar signs
    }

    def write(draw: Callable[[], Figure], path: Path) -> None:
        figure = draw()
        for text in figure.findobj(Text):
            text.set_text(writable(text.get_text(), fonts))
        save_figure(figure, path)

    with mpl.rc_context(style), warnings.catch_warnings():
        # names are measured before what the font lacks in them is replaced
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield write


def save_figure(figure: Figure, path: Path) -> None:
    """Write the figure with a palette: a quarter of the bytes of full colours.

    By octree: a colour of few pixels, that of a legend's patch, stays what it is; the median cut
    would lose it among the many.
    """
    canvas = figure.canvas
    assert isinstance(canvas, FigureCanvasAgg)
    figure.set_dpi(DPI)
    canvas.draw()  # `savefig` would draw twice to lay out what is laid out by `draw`
    picture = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    few = picture.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(path, dpi=(DPI, DPI))


def figure_list(
    results: RunResults, speaker: Speaker
) -> Iterator[tuple[str, str, Callable[[], Figure]]]:
    """Service, name and drawing function of every figure of a run."""
    background = cache(partial(Background, results))

    def city(draw: Callable[..., Figure], service: ServiceResult) -> Figure:
        return draw(results, service, background(), speaker)

    for key, service in results.services.items():
        if service.coverage is not None:
            yield key, f"{key}_map", partial(city, coverage_map, service)
            level = _top_level(results, service)
            if level is not None:
                yield key, f"{key}_areas", partial(_areas, results, service, level, speaker)
            if service.siting is not None and service.siting.curve is not None:
                yield key, f"{key}_curve", partial(_curve, service, speaker)
            if service.programme is not None and len(service.programme.by_year):
                yield key, f"{key}_programme", partial(programme_figure, results, service, speaker)
        elif service.spacing is not None:
            yield key, f"{key}_map", partial(city, line_map, service)


def _top_level(results: RunResults, service: ServiceResult) -> str | None:
    assert service.coverage is not None
    levels = [v for v in results.areas if v in service.coverage.areas]
    return levels[0] if levels and len(results.areas[levels[0]]) <= MOST_AREAS else None


# -- charts ---------------------------------------------------------------------------------


def _chart(title: str, height: float, *, pad: float = 8.0) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_CHART_IN, height), facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    ax.set_title(title, loc="left", fontsize=11, path_effects=BOLD, pad=pad)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return figure, ax


def _curve(service: ServiceResult, speaker: Speaker) -> Figure:
    """People served by number of new sites, with what no plan can exceed."""
    assert service.siting is not None
    curve = service.siting.curve
    assert curve is not None
    word = "title_curve_unlimited" if service.siting.unlimited else "title_curve"
    title = speaker.say(f"figures.{word}", service=clean(service.name(speaker.lang)))
    figure, ax = _chart(title, 2.9)
    few = float(curve["bound"].max()) < 20_000  # thousandths of a thousand are hard to read
    unit = 1 if few else 10_000 if speaker.lang == "zh" else 1_000
    x = curve["sites"].to_numpy()
    value, bound = curve["value"].to_numpy() / unit, curve["bound"].to_numpy() / unit
    ax.fill_between(x, value, bound, color=palette.REACH, alpha=0.6, lw=0)
    ax.plot(x, bound, color=palette.MUTED, lw=1, ls="--", label=speaker.say("figures.curve_bound"))
    ax.plot(
        x,
        value,
        color=palette.COVERED,
        lw=1.8,
        marker="o",
        ms=2.4,
        clip_on=False,
        label=speaker.say("figures.curve_value"),
    )
    ax.set_xlabel(speaker.say("figures.curve_x"))
    ax.set_ylabel(speaker.say("figures.curve_y_people" if few else "figures.curve_y"))
    if few:
        ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlim(0, max(float(x.max()), 1.0))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(axis="y", color=palette.HAIRLINE, lw=0.6)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, fontsize=8, loc="lower right")
    if (knee := service.siting.knee) is not None:
        _mark_knee(
            ax, knee.sites, knee.value / unit, speaker.say("figures.curve_knee", sites=knee.sites)
        )
    return figure


def _mark_knee(ax: Axes, x: float, y: float, words: str) -> None:
    """A ring on the curve, and its label where it touches no line, legend or edge."""
    figure = ax.get_figure(root=True)
    assert isinstance(figure, Figure)
    ax.plot([x], [y], ls="", marker="o", ms=8, mfc="none", mec=palette.INK, mew=1.2, clip_on=False)
    label = ax.annotate(
        words,
        (x, y),
        textcoords="offset points",
        xytext=(0, 0),
        fontsize=8,
        arrowprops={
            "arrowstyle": "-",
            "color": palette.MUTED,
            "lw": 0.6,
            "shrinkA": 1,
            "shrinkB": 5,
        },
    )
    label.set_in_layout(False)  # or the axes would move after the position was chosen
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    for position in _POSITIONS:
        label.set(**position)
        label.update_positions(renderer)
        if _is_free(ax, Text.get_window_extent(label, renderer).padded(2)):  # without the leader
            return
    label.set(**_POSITIONS[0])


#: under the curve to the right, nearest first (a curve of best values never falls); then above it
_POSITIONS: list[dict[str, Any]] = [
    {"position": (8.0 * k, -8.0 * k), "ha": "left", "va": "top"} for k in range(1, 8)
] + [
    {"position": (sign * 10.0 * k, sign * -8.0 * m), "ha": side, "va": va}
    for sign, side, va in ((1, "left", "top"), (1, "right", "top"), (-1, "right", "bottom"))
    for k in range(7)
    for m in range(1, 12)
]


def _is_free(ax: Axes, box: Bbox) -> bool:
    """Whether `box` (pixels) lies in the axes, off the legend and off every line."""
    legend = ax.get_legend()
    if legend is not None and box.overlaps(legend.get_window_extent()):
        return False
    if not (ax.bbox.containsx(box.x0) and ax.bbox.containsx(box.x1)):
        return False
    if not (ax.bbox.containsy(box.y0) and ax.bbox.containsy(box.y1)):
        return False
    lines = [line.get_transform().transform_path(line.get_path()) for line in ax.lines]
    return not any(path.intersects_bbox(box, filled=False) for path in lines)


def _areas(results: RunResults, service: ServiceResult, level: str, speaker: Speaker) -> Figure:
    """The ledger of every district as a bar of shares, with its people."""
    assert service.coverage is not None
    table = service.coverage.by_area(level)
    table = table[(table["total"] > 0) & (table.index != "")]
    title = speaker.say(
        "figures.title_areas",
        service=clean(service.name(speaker.lang)),
        level=speaker.level(level),
    )
    # beside each other in Chinese; English names of states are longer
    rows_of_signs = 1 if speaker.lang == "zh" else 2
    height = 0.8 + 0.16 * rows_of_signs + 0.21 * max(len(table), 3)
    figure, ax = _chart(title, height, pad=6.0 + 16.0 * rows_of_signs)
    left = np.zeros(len(table))
    rows = np.arange(len(table))[::-1]
    for state in STATES:
        share = (table[state] / table["total"]).fillna(0.0).to_numpy(float)
        hatch = None if state == "served" else "////" if state == "beyond" else None
        if share.sum() > 0:
            ax.barh(
                rows,
                share,
                left=left,
                height=0.72,
                color=palette.STATE_COLOURS[state],
                hatch=hatch,
                edgecolor="white",
                linewidth=0.3,
                label=speaker.state(state, service.standard.mode),
            )
        left += share
    for row, (share, total) in zip(
        rows, zip(table["covered_share"], table["total"], strict=True), strict=True
    ):
        shown = "—" if np.isnan(share) else f"{share:.1%}"  # suppressed
        ax.text(1.01, row, f"{shown} / {count_text(total)}", va="center", fontsize=8.3)
    ax.set_yticks(rows, [writable(clean(n), cjk_fonts()) for n in table["name"]], fontsize=8.5)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.set_xlabel(speaker.say("figures.areas_x"))
    ax.tick_params(length=0)
    if ax.containers:
        ax.legend(
            frameon=False,
            fontsize=8.3,
            ncols=6 // rows_of_signs,
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            borderaxespad=0.1,
            handlelength=1.2,
            columnspacing=1.0,
        )
    return figure
