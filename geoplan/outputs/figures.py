"""Static figures for Word and WPS: 300 dpi, a font that has every character, nothing computed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, PercentFormatter

from geoplan.coverage.ledger import STATES
from geoplan.outputs import palette
from geoplan.outputs.fonts import check_glyphs, cjk_fonts
from geoplan.outputs.telling import clean, count_text, level_text, number_text, standard_text
from geoplan.results import RunResults, ServiceResult
from geoplan.words import say

DPI = 300
_WIDTH_IN = 6.3  # the text width of an A4 page
#: detail that a printed map of a city can show
_SIMPLIFY = 1 / 1500
_HALO = [withStroke(linewidth=2.2, foreground="white")]
#: the font that comes with geoplan has one weight: its strokes are drawn thicker instead
_BOLD = [withStroke(linewidth=0.7, foreground=palette.INK)]


def write_figures(
    results: RunResults, folder: str | Path, *, lang: str | None = None
) -> list[Path]:
    """Write ``KEY_map.png``, ``KEY_curve.png`` and ``KEY_areas.png``, where a service has them.

    Parameters
    ----------
    results : a run's results, or an edition of them.
    folder : made if it is not there.
    lang : ``"zh"`` or ``"en"``; None = the study's.

    Raises
    ------
    MissingGlyphError
        No installed font can write the names; the message names the package.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    told = lang or results.info.lang
    fonts = cjk_fonts()
    style: dict[Any, Any] = {
        "font.family": list(fonts), "font.size": 8.5, "axes.unicode_minus": False,
        "pdf.fonttype": 42,
        "axes.edgecolor": palette.MUTED, "axes.labelcolor": palette.INK,
        "xtick.color": palette.MUTED, "ytick.color": palette.MUTED, "text.color": palette.INK,
    }  # fmt: skip
    written = []
    with mpl.rc_context(style):
        for name, draw in figure_list(results, lang=told):
            figure = draw()
            check_glyphs((t.get_text() for t in figure.findobj(Text)), fonts=fonts, lang=told)
            path = target / f"{name}.png"
            figure.savefig(path, dpi=DPI, metadata={"Software": None})
            written.append(path)
    return written


def figure_list(results: RunResults, *, lang: str) -> Iterator[tuple[str, Callable[[], Figure]]]:
    """Name and drawing function of every figure of a run."""
    ground = _Ground(results)
    for key, service in results.services.items():
        if service.coverage is not None:
            yield f"{key}_map", partial(_coverage_map, results, service, ground, lang)
            level = _top_level(results, service)
            if level is not None:
                yield f"{key}_areas", partial(_areas, results, service, level, lang)
            if service.siting is not None and service.siting.curve is not None:
                yield f"{key}_curve", partial(_curve, service, lang)
        elif service.spacing is not None:
            yield f"{key}_map", partial(_line_map, results, service, ground, lang)


def _top_level(results: RunResults, service: ServiceResult) -> str | None:
    assert service.coverage is not None
    levels = [v for v in results.areas if v in service.coverage.areas]
    return levels[0] if levels and len(results.areas[levels[0]]) <= 40 else None


# -- the ground under every map -------------------------------------------------------------


class _Ground:
    """Background shapes, simplified once for all maps of a run."""

    def __init__(self, results: RunResults) -> None:
        self.frames: list[gpd.GeoDataFrame] = []
        self.bounds = _bounds(results)
        span = max(self.bounds[2] - self.bounds[0], self.bounds[3] - self.bounds[1])
        step = span * _SIMPLIFY
        self.polygons: list[tuple[list[np.ndarray], str]] = []
        for name, colour in (("green", palette.GREEN), ("water", palette.WATER)):
            if name in results.background:
                self.polygons.append((_rings(results.background[name], step), colour))
        self.roads: list[tuple[list[np.ndarray], str, float]] = []
        roads = results.background.get("roads")
        if roads is not None:
            kind = roads["class"].to_numpy() if "class" in roads else np.full(len(roads), 3)
            for number in (2, 1):
                colour, width = palette.ROADS[number]
                self.roads.append(
                    (_paths(roads[kind.astype(str) == str(number)], step), colour, width)
                )
        self.borders: list[np.ndarray] = []
        self.labels: list[tuple[float, float, str]] = []
        for layer in results.areas.values():
            if layer.has_polygons:
                shapes = layer.frame.geometry.dropna()
                self.borders = _rings(gpd.GeoDataFrame(geometry=shapes), step)
                points = shapely.point_on_surface(shapes.to_numpy())
                names = layer.frame.loc[shapes.index, "name"]
                self.labels = [(p.x, p.y, clean(n)) for p, n in zip(points, names, strict=True)]
                break

    def draw(self, ax: Axes) -> None:
        for rings, colour in self.polygons:
            ax.add_collection(PolyCollection(rings, facecolor=colour, edgecolor="none", zorder=1))
        for paths, colour, width in self.roads:
            ax.add_collection(
                LineCollection(paths, colors=colour, linewidths=width * 1.6, zorder=2)
            )
        ax.add_collection(
            LineCollection(self.borders, colors=palette.MUTED, linewidths=0.6, zorder=3)
        )

    def name(self, ax: Axes) -> None:
        if len(self.labels) > 30:
            return
        for x, y, name in self.labels:
            ax.text(
                x, y, name, ha="center", va="center", fontsize=7, path_effects=_HALO, zorder=6.5
            )


def _bounds(results: RunResults) -> tuple[float, float, float, float]:
    boxes = [a.frame.total_bounds for a in results.areas.values() if a.frame.geometry.notna().any()]
    for service in results.services.values():
        if service.coverage is not None and service.coverage.frame.geometry.notna().any():
            boxes.append(service.coverage.frame.total_bounds)
        if service.spacing is not None and len(service.spacing.intervals):
            boxes.append(service.spacing.intervals.total_bounds)
    if not boxes:
        return (0.0, 0.0, 1.0, 1.0)
    table = np.array(boxes)
    low, high = table[:, :2].min(axis=0), table[:, 2:].max(axis=0)
    return (*low, *high)  # type: ignore[return-value]


def _rings(frame: gpd.GeoDataFrame, step: float) -> list[np.ndarray]:
    shapes = frame.geometry.to_numpy()
    shapes = shapes[~shapely.is_missing(shapes)]
    parts = shapely.get_parts(shapely.simplify(shapes, step))
    parts = parts[shapely.get_type_id(parts) == 3]
    rings = shapely.get_exterior_ring(parts[shapely.area(parts) > step * step])
    return _arrays(rings)


def _paths(frame: gpd.GeoDataFrame, step: float) -> list[np.ndarray]:
    lines = frame.geometry.to_numpy()
    lines = shapely.get_parts(shapely.simplify(lines[~shapely.is_missing(lines)], step))
    return _arrays(lines[shapely.get_type_id(lines) == 1])


def _arrays(lines: np.ndarray) -> list[np.ndarray]:
    xy, owner = shapely.get_coordinates(lines, return_index=True)
    return np.split(xy, np.flatnonzero(np.diff(owner)) + 1) if len(xy) else []


# -- maps -----------------------------------------------------------------------------------


def _map_axes(results: RunResults, title: str, ground: _Ground, lang: str) -> tuple[Figure, Axes]:
    west, south, east, north = ground.bounds
    height = min(max((north - south) / max(east - west, 1.0), 0.6), 1.25) * _WIDTH_IN * 0.72 + 0.9
    figure = Figure(figsize=(_WIDTH_IN, height), facecolor="white")
    FigureCanvasAgg(figure)
    foot = 0.42 / height
    ax = figure.add_axes((0.01, foot, 0.98, 1 - foot - 0.36 / height))
    ax.set_axis_off()
    ax.set_aspect("equal")
    pad = 0.03 * max(east - west, north - south)
    ax.set_xlim(west - pad, east + pad)
    ax.set_ylim(south - pad, north + pad)
    ground.draw(ax)
    figure.text(0.02, 1 - 0.24 / height, title, fontsize=11.5, path_effects=_BOLD, va="center")
    figure.text(
        0.02, 0.2 / height, _foot(results, lang), fontsize=6.3, color=palette.MUTED, va="center"
    )
    _scale_bar(ax, lang)
    _north(ax, lang)
    return figure, ax


def _foot(results: RunResults, lang: str) -> str:
    """Stamps, source, date and approval number, in two lines."""
    info = results.info
    first = [say(lang, f"figures.{'public' if info.audience == 'public' else 'internal'}")]
    if info.synthetic:
        first.append(say(lang, "common.synthetic"))
    first.append(say(lang, "figures.sketch"))
    if info.map_approval_no:
        first.append(say(lang, "figures.approval", number=clean(info.map_approval_no)))
    second = []
    if info.source:
        second.append(say(lang, "figures.source", source=clean(info.source)))
    if info.data_date:
        second.append(say(lang, "figures.date", date=clean(info.data_date)))
    return "\n".join("  ·  ".join(part) for part in (first, second) if part)


def _scale_bar(ax: Axes, lang: str) -> None:
    west, east = ax.get_xlim()
    south, north = ax.get_ylim()
    wanted = (east - west) * 0.18
    power = 10 ** np.floor(np.log10(wanted))
    length = float(max(s * power for s in (1, 2, 5) if s * power <= wanted))
    x, y = west + 0.03 * (east - west), south + 0.03 * (north - south)
    ax.plot([x, x + length], [y, y], color=palette.INK, lw=2, solid_capstyle="butt", zorder=10)
    label = say(lang, "figures.km", km=number_text(length / 1000))
    ax.text(x + length / 2, y + 0.01 * (north - south), label, ha="center", va="bottom", fontsize=7)


def _north(ax: Axes, lang: str) -> None:
    ax.annotate(
        say(lang, "figures.north"), xy=(0.965, 0.985), xytext=(0.965, 0.90),
        xycoords="axes fraction", textcoords="axes fraction", ha="center", va="center", fontsize=8,
        arrowprops={"arrowstyle": "-|>", "color": palette.INK, "lw": 1.2},
    )  # fmt: skip


def _dots(ax: Axes, frame: gpd.GeoDataFrame, scale: float, **style: Any) -> PathCollection:
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    size = np.maximum(frame["people"].to_numpy(float) * scale, 0.15)
    return ax.scatter(xy[:, 0], xy[:, 1], s=size, **style)


def _coverage_map(
    results: RunResults, service: ServiceResult, ground: _Ground, lang: str
) -> Figure:
    assert service.coverage is not None
    name = clean(service.name(lang))
    word = "title_map" if service.siting is not None else "title_map_now"
    figure, ax = _map_axes(results, say(lang, f"figures.{word}", service=name), ground, lang)
    frame = service.coverage.frame
    placed = frame[frame.geometry.notna() & (frame["people"] > 0)]
    reached = placed["served"] >= placed["people"] - 0.5
    scale = 7000.0 / max(len(placed), 300) / max(float(placed["people"].mean() or 1.0), 1e-9)
    ink: list[Any] = []
    for part, colour, fill, word in (
        (placed[reached], palette.COVERED, True, "covered"),
        (placed[~reached], palette.UNCOVERED, False, "uncovered"),
    ):
        style: dict[str, Any] = {"zorder": 5, "linewidths": 0 if fill else 0.45, "alpha": 0.85}
        style |= {"color": colour} if fill else {"facecolors": "none", "edgecolors": colour}
        _dots(ax, part, scale * (1.0 if fill else 1.4), **style)
        label = say(lang, f"figures.{word}", n=f"{len(part):,}")
        ink.append(_handle("o", colour if fill else "none", colour, label))
    if service.facilities is not None and len(service.facilities.located):
        sites = service.facilities.located
        xy = shapely.get_coordinates(shapely.centroid(sites.geometry.to_numpy()))
        size = 0.9 if len(sites) > 800 else 9.0
        ax.scatter(xy[:, 0], xy[:, 1], s=size, marker="s",
                   color=palette.FACILITY, linewidths=0, zorder=6)  # fmt: skip
        ink.append(_handle("s", palette.FACILITY, palette.FACILITY,
                           say(lang, "figures.facility", n=f"{len(sites):,}")))  # fmt: skip
    if service.siting is not None and len(service.siting.sites):
        _numbered(ax, service.siting.sites)
        label = say(lang, "figures.suggested", n=len(service.siting.sites))
        ink.append(_handle("o", palette.SUGGESTED, palette.INK, label))
    ground.name(ax)
    note = say(lang, "figures.standard", standard=standard_text(lang, service.standard))
    _legend(ax, ink, f"{note}\n{say(lang, 'figures.circle_size')}")
    return figure


def _numbered(ax: Axes, sites: gpd.GeoDataFrame) -> None:
    xy = shapely.get_coordinates(sites.geometry.to_numpy())
    ax.scatter(xy[:, 0], xy[:, 1], s=46, color=palette.SUGGESTED, edgecolors=palette.INK,
               linewidths=0.6, zorder=7)  # fmt: skip
    for (x, y), rank in zip(xy, sites["rank"], strict=True):
        ax.text(x, y, str(int(rank)), ha="center", va="center_baseline", fontsize=5, zorder=8)


def _line_map(results: RunResults, service: ServiceResult, ground: _Ground, lang: str) -> Figure:
    title = say(lang, "figures.title_lines", service=clean(service.name(lang)))
    figure, ax = _map_axes(results, title, ground, lang)
    intervals = service.spacing.intervals
    ink: list[Any] = []
    for status, colour, width, metres, word in (
        ("gap", palette.UNCOVERED, 2.6, service.spacing.gap_m, "gap_line"),
        ("covered", palette.COVERED, 2.6, service.spacing.covered_m, "covered_line"),
    ):
        paths = _paths(intervals[intervals["status"] == status], 1.0)
        ax.add_collection(LineCollection(paths, colors=colour, linewidths=width, zorder=5))
        label = say(lang, f"figures.{word}", km=number_text(metres / 1000, 1))
        ink.append(Line2D([], [], color=colour, lw=width, label=label))
    if service.facilities is not None and len(service.facilities.located):
        xy = shapely.get_coordinates(service.facilities.located.geometry.to_numpy())
        ax.scatter(
            xy[:, 0], xy[:, 1], s=0.9, marker="s", color=palette.FACILITY, linewidths=0, zorder=6
        )
        ink.append(_handle("s", palette.FACILITY, palette.FACILITY,
                           say(lang, "figures.facility", n=f"{len(xy):,}")))  # fmt: skip
    if service.siting is not None and len(service.siting.sites):
        xy = shapely.get_coordinates(service.siting.sites.geometry.to_numpy())
        # many markers stand on the line like beads: the gap stays seen on both sides of them
        many = len(xy) > 100
        ax.scatter(xy[:, 0], xy[:, 1], s=0.7 if many else 7, color=palette.SUGGESTED,
                   edgecolors=palette.INK, linewidths=0 if many else 0.3, zorder=7)  # fmt: skip
        ink.append(_handle("o", palette.SUGGESTED, palette.INK,
                           say(lang, "figures.suggested_marker", n=f"{len(xy):,}")))  # fmt: skip
    ground.name(ax)
    _legend(ax, ink, say(lang, "figures.standard", standard=standard_text(lang, service.standard)))
    return figure


def _handle(marker: str, face: str, edge: str, label: str) -> Line2D:
    return Line2D(
        [], [], linestyle="none", marker=marker, markersize=5, markerfacecolor=face,
        markeredgecolor=edge, markeredgewidth=0.8, label=label,
    )  # fmt: skip


def _legend(ax: Axes, handles: list[Any], note: str) -> None:
    legend = ax.legend(
        handles=handles, loc="upper left", fontsize=7, frameon=True, framealpha=0.92,
        edgecolor=palette.HAIRLINE, title=note, title_fontsize=7, alignment="left",
        borderpad=0.7, labelspacing=0.5,
    )  # fmt: skip
    legend.set_zorder(11)


# -- charts ---------------------------------------------------------------------------------


def _chart(title: str, height: float, *, pad: float = 8.0) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_WIDTH_IN, height), facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    ax.set_title(title, loc="left", fontsize=11, path_effects=_BOLD, pad=pad)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    return figure, ax


def _curve(service: ServiceResult, lang: str) -> Figure:
    """People served by number of new sites, with what no plan can exceed."""
    assert service.siting is not None
    curve = service.siting.curve
    assert curve is not None
    title = say(lang, "figures.title_curve", service=clean(service.name(lang)))
    figure, ax = _chart(title, 2.9)
    unit = 10_000 if lang == "zh" else 1_000
    x = curve["sites"].to_numpy()
    value, bound = curve["value"].to_numpy() / unit, curve["bound"].to_numpy() / unit
    ax.fill_between(x, value, bound, color=palette.REACH, alpha=0.6, lw=0)
    ax.plot(x, bound, color=palette.MUTED, lw=1, ls="--", label=say(lang, "figures.curve_bound"))
    ax.plot(x, value, color=palette.COVERED, lw=1.8, marker="o", ms=2.4,
            label=say(lang, "figures.curve_value"))  # fmt: skip
    ax.set_xlabel(say(lang, "figures.curve_x"))
    ax.set_ylabel(say(lang, "figures.curve_y"))
    ax.set_xlim(0, max(float(x.max()), 1.0))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.grid(axis="y", color=palette.HAIRLINE, lw=0.6)
    ax.set_axisbelow(True)
    ax.legend(frameon=False, fontsize=8, loc="lower right")
    return figure


def _areas(results: RunResults, service: ServiceResult, level: str, lang: str) -> Figure:
    """The ledger of every district as a bar of shares, with its people."""
    assert service.coverage is not None
    table = service.coverage.by_area(level)
    table = table[(table["total"] > 0) & (table.index != "")]
    title = say(lang, "figures.title_areas", service=clean(service.name(lang)),
                level=level_text(lang, level))  # fmt: skip
    figure, ax = _chart(title, 0.95 + 0.21 * max(len(table), 3), pad=22.0)
    left = np.zeros(len(table))
    rows = np.arange(len(table))[::-1]
    for state in STATES:
        share = (table[state] / table["total"]).fillna(0.0).to_numpy(float)
        hatch = None if state == "served" else "////" if state == "beyond" else None
        if share.sum() > 0:
            ax.barh(rows, share, left=left, height=0.72, color=palette.STATE_COLOURS[state],
                    hatch=hatch, edgecolor="white", linewidth=0.3,
                    label=say(lang, f"common.{state}"))  # fmt: skip
        left += share
    for row, (share, total) in zip(rows, zip(table["covered_share"], table["total"], strict=True),
                                   strict=True):  # fmt: skip
        ax.text(1.01, row, f"{share:.1%} / {count_text(total)}", va="center", fontsize=7)
    ax.set_yticks(rows, [clean(n) for n in table["name"]], fontsize=8)
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.set_xlabel(say(lang, "figures.areas_x"))
    ax.tick_params(length=0)
    ax.legend(frameon=False, fontsize=7, ncols=6, loc="lower left", bbox_to_anchor=(0, 1.0),
              borderaxespad=0.1, handlelength=1.2, columnspacing=1.0)  # fmt: skip
    return figure
