"""The map of all cities for the printed report: areas by the share of people who are served."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from geoplan.outputs import palette
from geoplan.outputs.cities.overview import share_class, share_of_area
from geoplan.outputs.figures.write_figures import drawing
from geoplan.results.cities import CitiesResults
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import clean

#: width, and height at the least and the most
_WIDTH_IN, _SHAPES = 5.6, (0.45, 0.95)
_UNKNOWN = "#ffffff"


def write_maps_of_all(whole: CitiesResults, folder: Path, speaker: Speaker) -> list[Path]:
    """``KEY_cities.png`` for every service that people reach."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    with drawing() as write:
        for key in _drawn(whole):
            path = folder / f"{figure_name(key)}.png"
            write(partial(_map, whole, key, speaker), path)
            written.append(path)
    return written


def figure_name(key: str) -> str:
    """The name of a service's map of all cities."""
    return f"{key}_cities"


def _drawn(whole: CitiesResults) -> Iterator[str]:
    if any(len(city.outlines) for city in whole.cities):
        yield from (key for key, one in whole.summary["services"].items() if "people" in one)


def _map(whole: CitiesResults, key: str, speaker: Speaker) -> Figure:
    cities = [city for city in whole.cities if len(city.outlines)]
    boxes = np.array([city.outlines.total_bounds for city in cities])
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    narrow = float(np.cos(np.radians((south + north) / 2)))
    shape = (north - south) / max((east - west) * narrow, 1e-9)
    height = _WIDTH_IN * min(max(shape, _SHAPES[0]), _SHAPES[1]) + 0.7
    figure = Figure(figsize=(_WIDTH_IN, round(height, 2)), facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    ax.set_axis_off()
    ax.set_aspect(1 / narrow)
    kinds = {f"s{k}": colour for k, colour in enumerate(palette.SHARES)} | {"n": _UNKNOWN}
    for city in cities:
        for code, geometry in zip(city.outlines.index, city.outlines.geometry, strict=True):
            kind = share_class(share_of_area(city, key, str(code)))
            rings = [
                shapely.get_coordinates(part.exterior)
                for part in shapely.get_parts(geometry)
                if shapely.get_type_id(part) == 3
            ]
            ax.add_collection(
                PolyCollection(
                    rings,
                    facecolor=kinds[kind],
                    edgecolor=palette.MUTED,
                    linewidth=0.4,
                    hatch="////" if kind == "n" else None,
                )
            )
        ground = shapely.union_all(shapely.make_valid(city.outlines.geometry.to_numpy()))
        for part in shapely.get_parts(ground):
            if shapely.get_type_id(part) == 3:
                ax.plot(*shapely.get_coordinates(part.exterior).T, color=palette.INK, lw=0.9)
        inside = ground.representative_point()
        halo = [withStroke(linewidth=2, foreground="white")]
        name = clean(city.name)
        ax.text(inside.x, inside.y, name, ha="center", va="center", fontsize=8, path_effects=halo)
    ax.autoscale_view()
    patches = [
        Patch(facecolor=colour, edgecolor=palette.MUTED, linewidth=0.4, label=label)
        for colour, label in zip(palette.SHARES, palette.SHARE_LABELS, strict=True)
    ]
    unknown = speaker.say("cities.overview_unknown")
    patches.append(
        Patch(
            facecolor=_UNKNOWN, edgecolor=palette.MUTED, hatch="////", linewidth=0.4, label=unknown
        )
    )
    figure.legend(handles=patches, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure
