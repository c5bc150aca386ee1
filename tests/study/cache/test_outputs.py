"""What is kept of maps, figures and tables gives the bytes of a run without the cache."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from geoplan import outputs
from geoplan.disclosure import edition
from geoplan.study import Plan, Study
from tests.study.cache.test_stages import edit

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
    """A study file of two services, and an empty cache."""
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr("geoplan.outputs.figures.write_figures.DPI", 40)  # quick to draw
    file = small_folder / "study.toml"
    file.write_text(file.read_text(encoding="utf-8") + ANOTHER, encoding="utf-8")
    return file


def drawn(plan: Plan, folder: Path, *, figures: bool = False) -> tuple[dict[str, bytes], set[str]]:
    """All files that have kept parts, and the names of what was worked out for them.

    figures : those as well, which take longest.
    """
    made: set[str] = set()

    def counted(keep: Callable[..., Any]) -> Callable[..., Any]:
        def kept(key: str, what: Any, *rest: Any, **options: Any) -> Any:
            *before, work = rest
            name = what.name if isinstance(what, Path) else f"{key} {what}"

            def working() -> Any:
                made.add(name)
                return work()

            return keep(plan.results, key, what, *before, working, **options)

        return kept

    reused = piece = None
    if plan.kept is not None:
        reused, piece = counted(plan.kept.file), counted(plan.kept.piece)
    if figures:
        outputs.write_figures(plan.results, folder / "figures", reused=reused)
    outputs.write_maps(plan.results, folder / "maps", reused=reused, piece=piece)
    outputs.write_tables(plan.results, folder, reused=piece)
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}, made


def expect_as_anew(file: Path, folder: Path, *, figures: bool = False) -> set[str]:
    """Outputs with the cache are those without; the names of what was worked out."""
    found, made = drawn(Study.open(file).run(), folder, figures=figures)
    plain = replace(Study.open(file).run(cache=False), kept=None)
    assert found == drawn(plain, folder.with_name(f"{folder.name}_anew"), figures=figures)[0]
    return made


def owners(made: set[str]) -> set[str]:
    """The services of what was worked out."""
    return {key for key in ("meal_station", "elderly_centre") for one in made if key in one}


def test_only_what_has_changed_is_drawn(study: Path, tmp_path: Path) -> None:
    """Whatever changes, maps, figures and tables are those of a run without the cache."""
    both = {"meal_station", "elderly_centre"}
    assert owners(expect_as_anew(study, tmp_path / "first", figures=True)) == both
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
        figures = change in ("own", "another_assumption")
        made = expect_as_anew(study, tmp_path / change, figures=figures)
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
    drawn(Study.open(study).run(), tmp_path / "first", figures=True)
    edit(study, "threshold_m = 1000", "threshold_m = 900")
    made = expect_as_anew(study, tmp_path / "another", figures=True)
    assert {one for one in made if "meal_station" in one} == {
        "meal_station_programme.png",
        "meal_station.html",
        "meal_station tables",
    }
    assert {"elderly_centre_map.png", "elderly_centre.html", "elderly_centre card"} <= made


def test_the_public_has_nothing_that_was_kept(study: Path, tmp_path: Path) -> None:
    drawn(Study.open(study).run(), tmp_path / "internal")
    plan = Study.open(study).run(audience="public")
    public = replace(plan, results=edition(plan.results, audience="public"))
    assert owners(drawn(public, tmp_path / "public")[1]) == {"meal_station", "elderly_centre"}
