"""Figures: nothing lies over anything else, the bar is as long as it says, streets are there."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import combinations, pairwise

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings, strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text
from PIL import Image, ImageColor
from scipy.spatial.distance import pdist

from geoplan.outputs import palette, write_figures
from geoplan.outputs.figures.background import Background
from geoplan.outputs.figures.fonts import cjk_fonts
from geoplan.outputs.figures.map_figures import apart
from geoplan.outputs.figures.sheet import fit
from geoplan.outputs.figures.write_figures import DPI, drawing, figure_list, save_figure
from geoplan.outputs.report.word.pages import BESIDE_CM, picture_size_cm
from geoplan.siting import curve_knee
from geoplan.words.speaker import Speaker

LONG = "a bureau's own survey of every street and community, checked by hand 由街道逐户核对 " * 3


@pytest.fixture(autouse=True)
def _font():
    with mpl.rc_context({"font.family": list(cjk_fonts()), "font.size": 8.5}):
        yield


def maps_of(results, lang):
    found = figure_list(results, Speaker(lang))
    return {name: draw() for _, name, draw in found if name.endswith("_map")}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_texts_legend_map_and_foot_lie_beside_each_other(fakes, lang):
    results = fakes.fake_run(n=40)
    results = replace(results, info=replace(results.info, source=LONG, map_approval_no="鲁S 1"))
    for name, figure in maps_of(results, lang).items():
        renderer = figure.canvas.get_renderer()
        boxes = {t.get_text(): t.get_window_extent(renderer) for t in figure.texts if t.get_text()}
        boxes["legend"] = figure.legends[0].get_window_extent(renderer)
        boxes["map"] = figure.axes[0].get_window_extent(renderer)
        for (a, one), (b, other) in combinations(boxes.items(), 2):
            assert not one.overlaps(other), (name, a, b)
        for what, box in boxes.items():
            assert figure.bbox.padded(1).containsx(box.x0), (name, what)
            assert figure.bbox.padded(1).containsx(box.x1), (name, what)
            assert figure.bbox.padded(1).containsy(box.y0), (name, what)
            assert figure.bbox.padded(1).containsy(box.y1), (name, what)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_a_map_tells_is_legible_beside_a_table(fakes, tmp_path, lang):
    """At least six points of print: a map of two thirds of its size, and the picture's shape."""
    for name, figure in maps_of(fakes.fake_run(n=40), lang).items():
        save_figure(figure, tmp_path / f"{name}.png")
        width, height = picture_size_cm(tmp_path / f"{name}.png", 5.3, BESIDE_CM)
        shown = width / 2.54 / figure.get_figwidth()
        told = [*figure.texts, *figure.legends[0].get_texts()]
        least = min(text.get_fontsize() for text in told if text.get_text())
        assert least * shown >= 6.0, (name, least, shown, height)


def test_names_of_areas_do_not_cross(fakes):
    background = Background(fakes.fake_run())
    shape, point, name = background.labels[0]
    background.labels = [(shape, point, name * 3) for _ in range(4)]
    figure = Figure(figsize=(3, 3))
    ax = figure.add_subplot()
    west, south, east, north = background.bounds
    ax.set(xlim=(west, east), ylim=(south, north), aspect="equal")
    background.name(ax, np.empty((0, 2)))
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert boxes
    assert not any(a.padded(-1).overlaps(b.padded(-1)) for a, b in combinations(boxes, 2))


def test_the_scale_bar_is_as_long_as_it_says(fakes):
    for figure in maps_of(fakes.fake_run(n=40), "en").values():
        ax = figure.axes[0]
        west, east = ax.get_xlim()
        south, north = ax.get_ylim()
        box = ax.get_position()
        across = (east - west) / (box.width * figure.get_figwidth())
        up = (north - south) / (box.height * figure.get_figheight())
        assert across == pytest.approx(up)  # metres per inch: a circle is round
        bars = [a for a in figure.findobj(Line2D) if a.get_transform() == figure.transFigure]
        bar = next(line for line in bars if len(set(line.get_ydata())) == 1)
        metres = float(np.ptp(bar.get_xdata())) * figure.get_figwidth() * across
        label = next(t.get_text() for t in figure.texts if t.get_text().endswith((" km", " m")))
        number, unit = label.split()
        assert metres == pytest.approx(float(number) * (1000 if unit == "km" else 1))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("rise", ["steep", "slow", "early", "late", "straight"])
def test_the_knee_is_marked_on_the_curve_and_its_label_is_in_nobody_s_way(fakes, lang, rise):
    sites = np.arange(41)
    people = {
        "steep": 90_000 * (1 - 0.7**sites),
        "slow": 90_000 * (1 - 0.96**sites),
        "early": np.minimum(sites * 30_000.0, 30_000 + 1_400 * sites),
        "late": np.minimum(sites * 2_000.0, 76_000 + 100 * (sites - 38)),
        "straight": 900.0 * sites + np.minimum(sites * 400, 2_000),
    }[rise]
    curve = pd.DataFrame({"sites": sites, "value": people, "bound": people * (1 + 0.001 * sites)})
    knee = curve_knee(curve)
    results = fakes.fake_run(n=40)
    service = results.services["meal_station"]
    siting = replace(service.siting, curve=curve, knee=knee)
    for shown in (knee, None):
        drawn = replace(service, siting=replace(siting, knee=shown))
        run = replace(results, services={"meal_station": drawn})
        named = {name: draw for _, name, draw in figure_list(run, Speaker(lang))}
        figure = named["meal_station_curve"]()
        figure.canvas.draw()
        ax = figure.axes[0]
        rings = [line for line in ax.lines if len(line.get_xdata()) == 1]
        if shown is None:
            assert (rings, list(ax.texts)) == ([], [])
            continue
        unit = 10_000 if lang == "zh" else 1_000
        ((x, y),) = rings[0].get_xydata()
        assert (x, y * unit) == (knee.sites, pytest.approx(people[knee.sites]))
        (label,) = ax.texts
        assert str(knee.sites) in label.get_text()
        box = Text.get_window_extent(label)
        assert not box.overlaps(ax.get_legend().get_window_extent())
        assert ax.get_window_extent().padded(1).count_contains(box.corners()) == 4
        for column in ("value", "bound"):  # against the numbers, not against what was drawn
            line = shapely.LineString(
                ax.transData.transform(np.c_[curve["sites"], curve[column] / unit])
            )
            assert not line.intersects(shapely.box(*box.extents)), column


def test_streets_without_a_class_are_drawn(fakes):
    results = fakes.fake_run(n=40)
    west, south, east, north = Background(results).bounds
    y = np.linspace(south, north, 9)
    lines = shapely.linestrings([[(west, v), (east, v)] for v in y])
    roads = gpd.GeoDataFrame(
        geometry=lines, crs=results.services["meal_station"].coverage.frame.crs
    )
    background = Background(replace(results, background={"roads": roads}))
    assert [len(paths) for paths, _, _ in background.roads] == [9, 0, 0]
    figure = next(iter(maps_of(replace(results, background={"roads": roads}), "en").values()))
    drawn = [c for c in figure.axes[0].collections if isinstance(c, LineCollection)]
    assert 9 in [len(c.get_segments()) for c in drawn]


def test_minor_streets_give_way_when_they_are_too_many(fakes, monkeypatch):
    monkeypatch.setattr("geoplan.outputs.figures.background.MOST_MINOR_ROADS", 5)
    results = fakes.fake_run(n=40)
    west, south, east, north = Background(results).bounds
    y = np.linspace(south, north, 20)
    lines = shapely.linestrings([[(west, v), (east, v)] for v in y])
    roads = gpd.GeoDataFrame({"class": [1] * 4 + [3] * 16}, geometry=lines)
    drawn = Background(replace(results, background={"roads": roads})).roads
    assert [len(paths) for paths, _, _ in drawn] == [0, 4]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(-60, 60), st.floats(-60, 60)), min_size=1, max_size=25))
def test_badges_part_and_those_alone_stay(points):
    places = np.array(points)
    moved = apart(places, least=8.0)
    if len(places) > 1:
        assert pdist(moved).min() > 7.5
        assert (moved == apart(places, least=8.0)).all()
        if pdist(places).min() >= 8.0:
            assert (moved == places).all()


@pytest.mark.parametrize("words", [LONG, "字" * 90, "x" * 200, "short", ""])
def test_lines_fit_their_width_and_lose_nothing(words):
    text = Figure(figsize=(6, 2)).text(0, 0, "", fontsize=7)
    mpl.backends.backend_agg.FigureCanvasAgg(text.figure)
    lines = fit(text, words, 3.0).split("\n")
    for line in lines:
        text.set_text(line)
        wide = text.get_window_extent(text.figure.canvas.get_renderer()).width
        assert wide <= 3.0 * text.figure.dpi + 1 or " " not in line.strip()
    assert "".join(lines).replace(" ", "") == words.replace(" ", "")


def test_lines_are_filled_as_if_piece_by_piece():
    """The plain way: a piece is put to the line if it still fits, else it begins the next."""
    rng = np.random.default_rng(3)
    parts = ["字", "口", "，", "a", "survey", " ", "  ", "）", "12.5", "W" * 12, "\n"]
    for _ in range(25):
        words = "".join(rng.choice(parts, rng.integers(0, 40)))
        width = float(rng.uniform(0.3, 2.0))
        figure = Figure(figsize=(6, 2))
        FigureCanvasAgg(figure)
        text = figure.text(0, 0, "", fontsize=7)
        found = fit(text, words, width)
        lines = [""]
        for piece in re.findall(r"[字口，）][，）]*|[^\s字口，）]+|\s+", words):
            text.set_text(lines[-1] + piece)
            extent = text.get_window_extent(figure.canvas.get_renderer())
            if lines[-1] and extent.width > width * figure.dpi:
                lines[-1] = lines[-1].rstrip()
                lines.append("")
            lines[-1] += piece if lines[-1] else piece.lstrip()
        assert found == "\n".join(lines).rstrip()


def test_lines_broken_before_are_broken_anew_for_another_font_or_width():
    """What was broken once is kept: for the same words in the same font and width alone."""
    found = {}
    for size, width, dpi in ((7, 3.0, 100), (7, 1.5, 100), (14, 3.0, 100), (7, 3.0, 300)):
        figure = Figure(figsize=(6, 2), dpi=dpi)
        FigureCanvasAgg(figure)
        text = figure.text(0, 0, "", fontsize=size)
        for _ in range(2):
            lines = fit(text, LONG, width).split("\n")
        renderer = figure.canvas.get_renderer()
        for line, after in pairwise(lines):
            text.set_text(line)
            assert text.get_window_extent(renderer).width <= width * dpi + 1
            text.set_text(line + after[:2])  # a sign and one that may not begin a line
            assert " " in LONG or text.get_window_extent(renderer).width > width * dpi
        found[size, width, dpi] = len(lines)
    assert found[7, 1.5, 100] > found[7, 3.0, 100]
    assert found[14, 3.0, 100] > found[7, 3.0, 100]


def test_a_figure_is_written_as_matplotlib_saves_it(fakes, tmp_path):
    """To the pixel, though it is laid out and drawn once."""
    results = fakes.fake_run(n=40)
    with drawing() as write:
        for _, name, draw in figure_list(results, Speaker("zh")):
            write(draw, tmp_path / f"{name}.png")
            plain, raw = draw(), io.BytesIO()
            plain.savefig(raw, format="png", dpi=DPI)
            with Image.open(tmp_path / f"{name}.png") as found, Image.open(raw) as expected:
                few = expected.convert("RGB").quantize(
                    256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
                )
                assert found.size == few.size
                assert found.tobytes() == few.tobytes(), name
                assert found.getpalette() == few.getpalette(), name


def test_the_same_results_give_the_same_bytes(fakes, tmp_path):
    results = fakes.fake_run(n=40)
    only = replace(results, services={"meal_station": results.services["meal_station"]})
    one, two = write_figures(only, tmp_path / "a"), write_figures(only, tmp_path / "b")
    assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]


def test_a_picture_has_a_palette_and_keeps_the_colour_of_a_small_patch(tmp_path):
    """A legend's patch has few pixels among many shades; its colour must stay that of the bars."""
    y, x = np.mgrid[0:600, 0:1000]
    shades = np.stack([x // 8, 90 + y // 6, 255 - x // 16], axis=2).astype(np.uint8)
    colour = ImageColor.getrgb(palette.STATE_COLOURS["cut_off"])
    shades[100:116, 200:226] = colour
    figure = Figure(figsize=(1000 / DPI, 600 / DPI))
    FigureCanvasAgg(figure)
    figure.figimage(shades)
    save_figure(figure, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.mode == "P"
        assert picture.info["dpi"] == pytest.approx((DPI, DPI), abs=0.1)
        kept = picture.convert("RGB").getpixel((210, 108))
    assert max(abs(a - b) for a, b in zip(colour, kept, strict=True)) <= 16


def test_a_name_gives_way_to_badges_or_is_left_out(fakes):
    background = Background(fakes.fake_run())
    figure = Figure(figsize=(6, 6))
    ax = figure.add_subplot()
    west, south, east, north = background.bounds
    ax.set(xlim=(west, east), ylim=(south, north), aspect="equal")
    middle = [(point.x, point.y) for _, point, _ in background.labels]
    background.name(ax, np.array(middle[:1]))
    assert len(ax.texts) == len(middle)
    moved = [text.get_position() for text in ax.texts]
    assert moved[0] != pytest.approx(middle[0])
    assert moved[1] == pytest.approx(middle[1])
    # badges everywhere
    ax.texts[0].remove()
    grid = np.meshgrid(np.linspace(west, east, 99), np.linspace(south, north, 99))
    everywhere = np.column_stack([axis.ravel() for axis in grid])
    before = len(ax.texts)
    background.name(ax, everywhere)
    assert len(ax.texts) == before
