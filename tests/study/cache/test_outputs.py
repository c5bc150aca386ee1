"""What is kept of outputs gives the bytes of a run without the cache."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import docx
import pytest

from geoplan.study import Plan, Study
from geoplan.study.cache.outputs import KeptOutputs
from geoplan.writing.own_files import record_of
from tests.study.cache.test_stages import edit, without_seconds

ANOTHER = """
[services.elderly_centre]
path = "meals.csv"
datum = "wgs84"
demand = "elderly_60"
standard = { mode = "walk", threshold_m = 1000, capacity_limits = true }
siting = { objective = "max_coverage", sites = 1, candidates = "demand" }
"""
ACTING = """
[programme]
years = [2025, 2026]
budget = [100, 100]
"""


@pytest.fixture
def study(small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study file of two services, and an empty cache; no PDF."""
    monkeypatch.setenv("GEOPLAN_SOFFICE", "")
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr("geoplan.outputs.figures.write_figures.DPI", 40)  # quick to draw
    file = small_folder / "study.toml"
    file.write_text(file.read_text(encoding="utf-8") + ANOTHER, encoding="utf-8")
    return file


def drawn(plan: Plan, folder: Path) -> tuple[dict[str, Any], set[str]]:
    """All files of a run, and the names of what was worked out for them."""
    made: set[str] = set()
    keep = KeptOutputs.piece

    def kept(own: Any, results: Any, key: str, name: str, work: Any, **options: Any) -> Any:
        def working() -> Any:
            made.add(name if name.startswith(key) else f"{key} {name}")
            return work()

        return keep(own, results, key, name, working, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KeptOutputs, "piece", kept)
        plan.save(folder, progress=False)
    return {name: told(folder / name) for name in record_of(folder)}, made


def told(path: Path) -> Any:
    """What a file says, but for how long the search for sites took."""
    if path.name != "summary.json":
        return path.read_bytes()
    return without_seconds(json.loads(path.read_bytes()))


def expect_as_anew(file: Path, folder: Path) -> set[str]:
    """Outputs with the cache are those without; the names of what was worked out."""
    found, made = drawn(Study.open(file).run(), folder)
    anew, _ = drawn(Study.open(file).run(cache=False), folder.with_name(f"{folder.name}_anew"))
    assert found.keys() == anew.keys()
    assert [name for name in found if found[name] != anew[name]] == []
    return made


def owners(made: set[str]) -> set[str]:
    """The services of what was worked out."""
    return {key for key in ("meal_station", "elderly_centre") for one in made if key in one}


def test_only_what_has_changed_is_drawn(study: Path, tmp_path: Path) -> None:
    """Whatever changes, maps, figures and tables are those of a run without the cache."""
    both = {"meal_station", "elderly_centre"}
    assert owners(expect_as_anew(study, tmp_path / "first")) == both
    section = "[services.elderly_centre]\n"
    changes: dict[str, tuple[str, str, set[str]]] = {
        "own": ("threshold_m = 800", "threshold_m = 1600", {"meal_station"}),
        "another": ("threshold_m = 1000", "threshold_m = 900", {"elderly_centre"}),
        "another_assumption": ('1, candidates = "d', '2, candidates = "d', {"elderly_centre"}),
        "another_name": (section, f'{section}name_en = "Centre"\n', both),
        "page": ('data_date = "2024-12-31"', 'data_date = "2025-06-30"', both),
        "report": (
            'data_date = "2025-06-30"',
            'data_date = "2025-06-30"\n[report]\noffice = "O"',
            set(),
        ),
    }
    for change, (old, new, expected) in changes.items():
        edit(study, old, new)
        made = expect_as_anew(study, tmp_path / change)
        assert owners(made) == expected, change
    (assumed,) = [o for o in Study.open(study).run().results.assumed if "unlimited" in o.code]
    assert assumed.count == 2
    # the order of the services is that of no map and no figure
    text = study.read_text(encoding="utf-8")
    at = text.index(section)
    first = text.index("[services.meal_station]")
    study.write_text(text[:first] + text[at:] + "\n" + text[first:at], encoding="utf-8")
    assert list(Study.open(study).services) == ["elderly_centre", "meal_station"]
    expect_as_anew(study, tmp_path / "order")


def test_a_plan_in_time_is_drawn_where_it_shows(study: Path, tmp_path: Path) -> None:
    """It changes with every service that acts; the rest of their pages does not."""
    for section in ("meal_station", "elderly_centre"):
        head = f"[services.{section}]\n"
        edit(study, head, f"{head}actions = {{ open = {{ cost = 100 }} }}\n")
    study.write_text(study.read_text(encoding="utf-8") + ACTING, encoding="utf-8")
    drawn(Study.open(study).run(), tmp_path / "first")
    edit(study, "threshold_m = 1000", "threshold_m = 900")
    made = expect_as_anew(study, tmp_path / "another")
    assert {one for one in made if "meal_station" in one} == {
        "meal_station_programme.png",
        "meal_station.html",
        "meal_station tables",
        "meal_station layer of the plan in time",
    }
    assert {"elderly_centre_map.png", "elderly_centre.html", "elderly_centre card"} <= made


def test_the_public_has_nothing_that_was_kept(study: Path, tmp_path: Path) -> None:
    drawn(Study.open(study).run(), tmp_path / "internal")
    found, _ = drawn(Study.open(study).run(audience="public"), tmp_path / "public")
    anew, _ = drawn(Study.open(study).run(audience="public", cache=False), tmp_path / "anew")
    assert found == anew


def test_a_template_that_changes_before_its_report_is_written_counts(
    study: Path, tmp_path: Path
) -> None:
    """A plan may be saved long after its run, and the template is read only then."""

    form = study.parent / "form.docx"
    templates = []
    for words in ("one", "two"):
        book = docx.Document()
        book.sections[0].footer.paragraphs[0].text = words
        book.save(str(form))
        templates.append(form.read_bytes())
    edit(study, "[services.meal", '[report]\ntemplate = "form.docx"\n\n[services.meal')
    form.write_bytes(templates[0])
    plan = Study.open(study).run()
    form.write_bytes(templates[1])
    drawn(plan, tmp_path / "two")
    form.write_bytes(templates[0])
    expect_as_anew(study, tmp_path / "one")


@pytest.mark.skipif(os.name == "nt", reason="the program is a script of a Unix shell")
def test_a_libreoffice_that_comes_later_makes_its_pdf(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one, with one that fails, and with one that manages: nothing but a PDF is kept."""

    def files(program: str) -> set[str]:
        monkeypatch.setenv("GEOPLAN_SOFFICE", program)
        return set(drawn(Study.open(study).run(), tmp_path / "out")[0])

    without = files("")
    assert files(shutil.which("false") or "") == without
    program = tmp_path / "office"
    program.write_text('#!/bin/sh\necho "$$" > "$7/report.pdf"\n')
    program.chmod(0o755)
    assert files(str(program)) == {*without, "report.pdf"}
    made = (tmp_path / "out" / "report.pdf").read_bytes()
    assert files("") == without
    assert files(str(program)) == {*without, "report.pdf"}
    assert (tmp_path / "out" / "report.pdf").read_bytes() == made
