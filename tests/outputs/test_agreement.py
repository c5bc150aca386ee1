"""Report, tables, layers, map and summary.json hold the same numbers."""

from __future__ import annotations

import re
from html import unescape
from zipfile import ZipFile

import docx
import pandas as pd
import pyogrio
import pytest

from geoplan.outputs import (
    summary_dict,
)

STATES = ("served", "full", "beyond", "cut_off", "off_network", "unlocated")


@pytest.fixture(scope="module", params=["internal", "public"])
def saved(request, whole_run):
    """A made-up run in one edition with all its files."""
    results, folder = whole_run(request.param)
    return results, summary_dict(results), folder


def report_texts(folder):
    page = (folder / "report.html").read_text(encoding="utf-8")
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.S)
    html = unescape(re.sub(r"<[^>]+>", "|", page))
    book = docx.Document(str(folder / "report.docx"))
    cells = [c.text for t in book.tables for row in t.rows for c in row.cells]
    word = "|".join([p.text for p in book.paragraphs] + cells)
    return html, word


def shown(value) -> str:
    return "—" if value is None else f"{value:,.0f}"


def test_people_agree_everywhere(saved):
    results, summary, folder = saved
    table = pd.read_csv(folder / "tables" / "services.csv", encoding="utf-8-sig")
    html, word = report_texts(folder)
    for row, (key, service) in zip(table.itertuples(), summary["services"].items(), strict=True):
        if "people" not in service:
            continue
        people = service["people"]
        values = list(row)
        for state in ("total", *STATES):
            if people[state] is not None:
                assert people[state] in values, (key, state)
            for text in (html, word):
                assert shown(people[state]) in text, (key, state)
        layer = pyogrio.read_dataframe(folder / "layers.gpkg", layer=f"{key}_demand")
        if results.info.audience == "internal":
            for state in STATES:
                assert layer[state].sum() == pytest.approx(people[state], abs=1e-6)
        if people["served"] is not None and people["total"] is not None:
            page = (folder / "maps" / f"{key}.html").read_text(encoding="utf-8")
            number = f"{people['served']:g}" if people["served"] % 1 else str(int(people["served"]))
            assert f'"served":{number}' in page, key


def test_areas_agree(saved):
    results, summary, folder = saved
    for key, service in summary["services"].items():
        if "people" not in service:
            continue
        for level in results.services[key].coverage.areas:
            table = pd.read_csv(
                folder / "tables" / f"{key}_by_{level}.csv", encoding="utf-8-sig", dtype={0: str}
            )
            layer = pyogrio.read_dataframe(folder / "layers.gpkg", layer=f"areas_{level}")
            served = table.set_index(table.columns[0])["已覆盖（人）"]
            found = layer.set_index("code")[f"{key}_served"]
            codes = [c for c in found.index if c in served.index]
            assert codes
            ours = pd.to_numeric(served.loc[codes], errors="coerce").to_numpy(float)
            theirs = found.loc[codes].to_numpy(float)
            assert ours == pytest.approx(theirs, abs=1e-5, nan_ok=True), (key, level)
            if results.info.audience == "internal":
                total = pd.to_numeric(served, errors="coerce").sum()
                assert total == pytest.approx(service["people"]["served"])


def test_gaps_and_sites_agree(saved):
    _, summary, folder = saved
    for key, service in summary["services"].items():
        gaps = service.get("gaps")
        if gaps:
            size = "people" if "people" in gaps[0] else "length_m"
            layer = pyogrio.read_dataframe(folder / "layers.gpkg", layer=f"{key}_gaps")
            assert layer["rank"].tolist() == [g["rank"] for g in gaps]
            assert layer[size].tolist() == pytest.approx([g[size] for g in gaps], abs=1e-3)
            table = pd.read_csv(folder / "tables" / f"{key}_gaps.csv", encoding="utf-8-sig")
            assert len(table) == len(gaps)
        siting = service.get("siting")
        if siting and siting["sites"]:
            layer = pyogrio.read_dataframe(folder / "layers.gpkg", layer=f"{key}_sites")
            ours = [s["lon"] for s in siting["sites"]]
            assert layer["lon"].tolist() == pytest.approx(ours, abs=1e-6)
            if "added_people" in layer and siting["sites"][0]["added_people"] is not None:
                ours = [s["added_people"] for s in siting["sites"]]
                assert layer["added_people"].tolist() == pytest.approx(ours)


def test_the_report_is_one_file_and_asks_for_nothing(saved):
    _, _, folder = saved
    page = (folder / "report.html").read_text(encoding="utf-8")
    outside = re.sub(r'<script type="text/plain".*?</script>', "", page, flags=re.S)
    assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', outside)
    assert "url(" not in outside
    assert "演示数据" in page


def test_office_files_hold_no_clock(saved):
    """The same run gives the same files tomorrow."""
    _, _, folder = saved
    for name in ("report.docx", "tables.xlsx"):
        with ZipFile(folder / name) as archive:
            assert archive.testzip() is None
            assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            core = archive.read("docProps/core.xml").decode()
        assert set(re.findall(r"(\d{4})-\d\d-\d\dT", core)) == {"2000"}
