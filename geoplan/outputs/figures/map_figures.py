"""Figures that are maps: who is covered today with the suggested sites, and lines with gaps."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.spatial import cKDTree

from geoplan.outputs import palette
from geoplan.outputs.figures.background import Background, paths, points_per_metre
from geoplan.outputs.figures.sheet import Sheet, map_axes
from geoplan.outputs.wording import standard_text
from geoplan.results import RunResults, ServiceResult
from geoplan.tolerances import LEAST_MEAN_PEOPLE, SAME_SPOT_PT
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean, number_text

#: more suggested sites than this are dots without a number
_MOST_BADGES = 99
#: area of a mean dot where there is room, in square points
_LARGE = 7000.0 / 300
#: badges stand this far apart, in points
_APART = 10.6


def coverage_map(
    results: RunResults, service: ServiceResult, background: Background, speaker: Speaker
) -> Figure:
    """Demand points, covered and not, by people, existing sites, and suggested ones by rank."""
    assert service.coverage is not None
    frame = service.coverage.frame
    placed = frame[frame.geometry.notna() & (frame["people"] > 0)]
    reached = placed["served"] >= placed["people"] - 0.5
    covered, missed = placed[reached], placed[~reached]
    facilities = None if service.facilities is None else service.facilities.located
    suggested = None if service.siting is None else service.siting.sites
    ink = [
        _handle("o", palette.COVERED, palette.COVERED, "covered", len(covered), speaker),
        _handle("o", "none", palette.UNCOVERED, "uncovered", len(missed), speaker),
    ]
    if facilities is not None and len(facilities):
        ink.append(
            _handle("s", palette.FACILITY, palette.FACILITY, "facility", len(facilities), speaker)
        )
    if suggested is not None and len(suggested):
        ink.append(
            _handle("o", palette.SUGGESTED, palette.INK, "suggested", len(suggested), speaker)
        )
    word = "title_map" if service.siting is not None else "title_map_now"
    standard = speaker.say("figures.standard", standard=standard_text(service.standard, speaker))
    sheet = Sheet(
        title=speaker.say(f"figures.{word}", service=clean(service.name(speaker.lang))),
        notes=[
            speaker.say("figures.notes", standard=standard, size=speaker.say("figures.circle_size"))
        ],
        legend=ink,
    )
    figure, ax = map_axes(results, sheet, background, speaker)
    mean = max(float(placed["people"].mean() or 1.0), LEAST_MEAN_PEOPLE)
    scale = _size(placed, points_per_metre(ax)) / mean
    _dots(ax, covered, scale, color=palette.COVERED, linewidths=0)
    _dots(ax, missed, scale * 1.4, facecolors="none", edgecolors=palette.UNCOVERED, linewidths=0.45)
    if facilities is not None:
        _squares(ax, facilities)
    badges = np.empty((0, 2))
    if suggested is not None and len(suggested):
        badges = _numbered(ax, suggested)
    background.name(ax, badges)
    return figure


def line_map(
    results: RunResults, service: ServiceResult, background: Background, speaker: Speaker
) -> Figure:
    """Stretches of lines that are marked densely enough, and those that are not."""
    assert service.spacing is not None
    facilities = None if service.facilities is None else service.facilities.located
    suggested = None if service.siting is None else service.siting.sites
    stretches = (
        ("gap", palette.UNCOVERED, service.spacing.gap_m, "gap_line"),
        ("covered", palette.COVERED, service.spacing.covered_m, "covered_line"),
    )
    ink: list[Any] = []
    for _, colour, metres, word in stretches:
        label = speaker.say(f"figures.{word}", km=number_text(metres / 1000, 1))
        ink.append(Line2D([], [], color=colour, lw=2.6, label=label))
    if facilities is not None and len(facilities):
        ink.append(
            _handle(
                "s", palette.FACILITY, palette.FACILITY, "facility_marker", len(facilities), speaker
            )
        )
    if suggested is not None and len(suggested):
        ink.append(
            _handle(
                "o", palette.SUGGESTED, palette.INK, "suggested_marker", len(suggested), speaker
            )
        )
    sheet = Sheet(
        title=speaker.say("figures.title_lines", service=clean(service.name(speaker.lang))),
        notes=[speaker.say("figures.standard", standard=standard_text(service.standard, speaker))],
        legend=ink,
    )
    figure, ax = map_axes(results, sheet, background, speaker)
    intervals = service.spacing.intervals
    for status, colour, _, _ in stretches:
        lines = paths(intervals[intervals["status"] == status].geometry.to_numpy(), 1.0)
        ax.add_collection(LineCollection(lines, colors=colour, linewidths=2.6, zorder=5))
    if facilities is not None:
        _squares(ax, facilities, small=True)
    if suggested is not None and len(suggested):
        xy = shapely.get_coordinates(suggested.geometry.to_numpy())
        # many markers stand on the line like beads: the gap stays seen on both sides of them
        many = len(xy) > 100
        ax.scatter(
            xy[:, 0],
            xy[:, 1],
            s=0.7 if many else 7,
            color=palette.SUGGESTED,
            edgecolors=palette.INK,
            linewidths=0 if many else 0.3,
            zorder=7,
        )
    background.name(ax, np.empty((0, 2)))
    return figure


def _handle(marker: str, face: str, edge: str, word: str, n: int, speaker: Speaker) -> Line2D:
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=marker,
        markersize=5,
        markerfacecolor=face,
        markeredgecolor=edge,
        markeredgewidth=0.8,
        label=speaker.say(f"figures.{word}", n=f"{n:,}"),
    )


def _size(placed: gpd.GeoDataFrame, scale: float) -> float:
    """Area of a mean dot in square points: smaller the more there are and the closer they stand."""
    if len(placed) < 2:
        return _LARGE
    xy = shapely.get_coordinates(placed.geometry.to_numpy())
    near = float(np.median(cKDTree(xy).query(xy, k=2)[0][:, 1])) * scale
    return min(_LARGE * 300 / max(len(placed), 300), max(1.1, 2.0 * near) ** 2)


def _dots(ax: Axes, frame: gpd.GeoDataFrame, scale: float, **style: Any) -> None:
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    size = np.maximum(frame["people"].to_numpy(float) * scale, 0.15)
    ax.scatter(xy[:, 0], xy[:, 1], s=size, zorder=5, alpha=0.85, **style)


def _squares(ax: Axes, sites: gpd.GeoDataFrame, *, small: bool = False) -> None:
    if len(sites) == 0:
        return
    xy = shapely.get_coordinates(shapely.centroid(sites.geometry.to_numpy()))
    size = 0.9 if small or len(sites) > 800 else 9.0
    ax.scatter(
        xy[:, 0], xy[:, 1], s=size, marker="s", color=palette.FACILITY, linewidths=0, zorder=6
    )


def _numbered(ax: Axes, sites: gpd.GeoDataFrame) -> np.ndarray:
    """Badges by rank; where sites are close together badges part, with a line to the site."""
    xy = shapely.get_coordinates(sites.geometry.to_numpy())
    style: dict[str, Any] = {"color": palette.SUGGESTED, "edgecolors": palette.INK}
    if len(xy) > _MOST_BADGES:
        ax.scatter(xy[:, 0], xy[:, 1], s=9, linewidths=0.4, zorder=7, **style)
        return xy
    scale = points_per_metre(ax)
    badges = apart(xy * scale, least=_APART) / scale
    moved = np.hypot(*(badges - xy).T) * scale > 1.0
    lines = list(np.stack([xy[moved], badges[moved]], axis=1))
    ax.add_collection(LineCollection(lines, colors=palette.INK, linewidths=0.5, zorder=6.8))
    ax.scatter(xy[moved, 0], xy[moved, 1], s=2.5, color=palette.INK, linewidths=0, zorder=6.9)
    ax.scatter(badges[:, 0], badges[:, 1], s=74, linewidths=0.6, zorder=7, **style)
    for (x, y), rank in zip(badges, sites["rank"], strict=True):
        ax.text(x, y, str(int(rank)), ha="center", va="center_baseline", fontsize=7, zorder=8)
    return badges


def apart(points: np.ndarray, *, least: float) -> np.ndarray:
    """Points moved as little as parts them: no two nearer than `least` where there is room.

    Parameters
    ----------
    points : (n, 2).
    least : in the points' unit.

    Returns
    -------
    (n, 2). The same input gives the same output; points that stand alone stay where they are.

    Examples
    --------
    >>> apart(np.array([[0.0, 0.0], [2.0, 0.0], [50.0, 0.0]]), least=8.0).round(6).tolist()
    [[-3.0, 0.0], [5.0, 0.0], [50.0, 0.0]]
    """
    moved = points.astype(float).copy()
    rows, columns = np.triu_indices(len(moved), k=1)
    for _ in range(200):
        way = moved[columns] - moved[rows]
        distance = np.hypot(way[:, 0], way[:, 1])
        near = distance < least - SAME_SPOT_PT
        if not near.any():
            break
        i, j, way, distance = rows[near], columns[near], way[near], distance[near]
        # two on one spot part in a direction of their own
        turn = 2.399963 * (i + j)
        same = distance < SAME_SPOT_PT
        way[same] = np.column_stack([np.cos(turn), np.sin(turn)])[same]
        unit = way / np.where(same, 1.0, distance)[:, None]
        push = unit * ((least - distance) / 2)[:, None]
        np.add.at(moved, i, -push)
        np.add.at(moved, j, push)
    return moved
