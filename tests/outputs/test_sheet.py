"""The sheet of paper: one page at A4 and A3, nothing cut; the picture is the same sheet."""

from __future__ import annotations

import base64
import io
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from geoplan.outputs import service_map, write_maps
from geoplan.outputs.maps import write_map
from tests.outputs.test_browser import DESKTOP, PHONE, Visit
from tests.outputs.waits import settled

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folder(fakes, tmp_path_factory):
    target = tmp_path_factory.mktemp("paper")
    write_maps(fakes.fake_run(), target)
    return target


def tool(name):
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (poppler-utils)")
    return found


def text_of(pdf):
    """The text of a printed page without blanks and breaks."""
    done = subprocess.run([tool("pdftotext"), pdf, "-"], capture_output=True, text=True, check=True)
    return "".join(done.stdout.split())


def pages_of(pdf):
    done = subprocess.run([tool("pdfinfo"), pdf], capture_output=True, text=True, check=True)
    facts = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
    width, height = (float(v) for v in facts["Page size"].split("pts")[0].split("x"))
    return int(facts["Pages"]), width / 72 * 25.4, height / 72 * 25.4


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])
def test_every_map_prints_on_one_page(browser, folder, fakes, tmp_path, viewport):
    for key in fakes.fake_run().services:
        with Visit(browser, folder / f"{key}.html", viewport) as visit:
            page = visit.ready()
            page.pdf(path=tmp_path / "a.pdf", prefer_css_page_size=True)
            assert pages_of(tmp_path / "a.pdf") == (
                1,
                pytest.approx(297, abs=1),
                pytest.approx(210, abs=1),
            ), key
            assert visit.problems == []


def test_a3_on_request(browser, folder, tmp_path):
    with Visit(browser, folder / "meal_station.html") as visit:
        page = visit.ready()
        page.locator("[data-part=paper]").select_option("A3")
        page.pdf(path=tmp_path / "a.pdf", prefer_css_page_size=True)
        assert pages_of(tmp_path / "a.pdf") == (
            1,
            pytest.approx(420, abs=1),
            pytest.approx(297, abs=1),
        )


def test_the_index_prints_on_one_page_with_its_colours(browser, folder, fakes, tmp_path):
    with Visit(browser, folder / "index.html") as visit:
        visit.page.pdf(path=tmp_path / "a.pdf", prefer_css_page_size=True)
    assert pages_of(tmp_path / "a.pdf") == (
        1,
        pytest.approx(297, abs=1),
        pytest.approx(210, abs=1),
    )
    said = text_of(tmp_path / "a.pdf")
    assert len(fakes.fake_run().services) >= 3
    for service in fakes.fake_run().services.values():
        assert service.standard.name_zh in said
    subprocess.run(
        [tool("pdftoppm"), "-r", "60", "-png", tmp_path / "a.pdf", tmp_path / "a"], check=True
    )
    image = np.asarray(Image.open(next(tmp_path.glob("a*.png"))).convert("RGB")).astype(int)
    blue = (image[..., 2] - image[..., 0] > 60).sum()
    assert blue > 200  # bars and dots: browsers leave backgrounds out unless told


SAID = """app => {
    const told = [], pen = CanvasRenderingContext2D.prototype, own = pen.fillText;
    pen.fillText = function (text) { told.push(text); own.apply(this, arguments); };
    try { app.geoplan.picture(60); } finally { pen.fillText = own; }
    return told;
}"""


def test_a_sheet_of_rates_lists_the_rates_in_their_order(browser, folder, fakes):
    key = next(k for k, one in fakes.fake_run().services.items() if one.rates is not None)
    with Visit(browser, folder / f"{key}.html") as visit:
        page = visit.ready()
        told = page.evaluate(f"({SAID})(map_{key})")
        table = page.evaluate(
            f"(() => {{ const one = geoplan.tables(map_{key}.geoplan)[0];"
            " return one.order.map(i => one.cells(i)); })()"
        )
    rows = [row[0][0] for row in table]
    start = len(told) - 1 - told[::-1].index(rows[0])  # the map has the names, too
    drawn = [text for text in told[start - 1 :] if text in {*rows, *(row[2] for row in table)}]
    assert drawn[: 2 * len(rows)] == [text for row in table for text in (row[2], row[0][0])]


def test_nothing_on_the_sheet_is_cut_at_the_frame_of_the_map(browser, folder):
    with Visit(browser, folder / "meal_station.html") as visit:
        page = visit.ready()
        boxes = page.evaluate(
            "(() => { const m = map_meal_station.geoplan.model, found = []; "
            "const own = geoplan.drawBadges; geoplan.drawBadges = (m2, view) => { own(m2, view);"
            " if (view.keep === false) { found.push(...m.taken.map(b => ["
            "b[0], b[1], view.width - b[2], view.height - b[3]])); } };"
            " try { map_meal_station.geoplan.picture(60); } finally { geoplan.drawBadges = own; }"
            " return found; })()"
        )
    assert len(boxes) >= 10
    assert min(min(box) for box in boxes) > 0


def test_paper_has_title_stamp_source_and_ten_rows_and_leaves_margins(
    browser, folder, fakes, tmp_path
):
    results = fakes.fake_run()
    with Visit(browser, folder / "meal_station.html") as visit:
        page = visit.ready()
        page.pdf(path=tmp_path / "a.pdf", prefer_css_page_size=True)
        zoom = page.evaluate("map_meal_station.getZoom()")
        # back on the screen everything is as it was
        assert settled(page, page.locator(".gp-tools").is_visible)
        assert page.evaluate("map_meal_station.getZoom()") == zoom
    text = text_of(tmp_path / "a.pdf")
    for wanted in (
        "演示数据",
        "内部资料",
        results.info.map_approval_no,
        results.info.source,
        "km",
        "N",
        "A",
        "J",
    ):
        assert wanted.replace(" ", "") in text, wanted
    subprocess.run(
        [tool("pdftoppm"), "-r", "50", "-png", tmp_path / "a.pdf", tmp_path / "a"], check=True
    )
    image = np.asarray(Image.open(next(tmp_path.glob("a*.png"))).convert("L"))
    edge = round(6 / 25.4 * 50)
    for side in (image[:edge], image[-edge:], image[:, :edge], image[:, -edge:]):
        assert side.min() > 245  # nothing runs over the edge of the sheet
    dark = np.argwhere(image < 200)
    assert np.ptp(dark[:, 1]) > 0.9 * image.shape[1]  # and the sheet is used


def test_the_picture_is_the_sheet_at_300_dots_an_inch(browser, folder):
    with Visit(browser, folder / "meal_station.html") as visit:
        page = visit.ready()
        with page.expect_download() as waiting:
            page.locator("[data-part=png]").click()
        image = Image.open(waiting.value.path())
        assert image.size == (3508, 2480)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.01)  # else Word takes 96
        image.load()  # the checksum of every chunk is right
        assert waiting.value.suggested_filename.endswith(".png")
        again = page.evaluate("map_meal_station.geoplan.picture(300).toDataURL()")
        same = Image.open(io.BytesIO(base64.b64decode(again.split(",")[1])))
        assert np.array_equal(np.asarray(same), np.asarray(image))
        assert visit.problems == []


def test_long_notes_take_room_from_the_map_not_a_second_page(browser, fakes, tmp_path):
    from dataclasses import replace

    from geoplan.inputs.findings.finding import Assumption

    many = tuple(
        Assumption(
            what=f"第{k}项资料没有写明" * 3,
            where="资料.csv",
            count=k,
            effect="人数会变" * 6,
            code="x",
        )
        for k in range(1, 25)
    )
    results = replace(fakes.fake_run(), assumed=many)
    path = write_map(service_map(results, "meal_station"), tmp_path / "map.html")
    with Visit(browser, path) as visit:
        visit.ready().pdf(path=tmp_path / "a.pdf", prefer_css_page_size=True)
    assert pages_of(tmp_path / "a.pdf")[0] == 1
    assert "第24项" in text_of(tmp_path / "a.pdf")
