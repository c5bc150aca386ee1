"""Maps, figures and tables that are kept are to the byte those of a run without the cache."""

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


def drawn(plan: Plan, folder: Path) -> tuple[dict[str, bytes], set[str]]:
    """All maps, figures and tables of a plan, and the names of what was worked out for them."""
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
    outputs.write_figures(plan.results, folder / "figures", reused=reused)
    outputs.write_maps(plan.results, folder / "maps", reused=reused, piece=piece)
    outputs.write_tables(plan.results, folder, reused=piece)
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}, made


def expect_as_anew(file: Path, folder: Path) -> set[str]:
    """Outputs with the cache are those without; the names of what was worked out."""
    found, made = drawn(Study.open(file).run(), folder)
    plain = replace(Study.open(file).run(cache=False), kept=None)
    assert found == drawn(plain, folder.with_name(f"{folder.name}_anew"))[0]
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
        assert owners(expect_as_anew(study, tmp_path / change)) == expected, change
        assumed = [o for o in Study.open(study).run().results.assumed if "unlimited" in o.code]
        assert [o.count for o in assumed] == [1 if change in ("own", "another") else 2]
    # the order of the services is that of no map and no figure
    text = study.read_text(encoding="utf-8")
    at = text.index(section)
    first = text.index("[services.meal_station]")
    study.write_text(text[:first] + text[at:] + "\n" + text[first:at], encoding="utf-8")
    found, _ = drawn(Study.open(study).run(), tmp_path / "order")
    assert list(Study.open(study).services) == ["elderly_centre", "meal_station"]
    plain = replace(Study.open(study).run(cache=False), kept=None)
    assert found == drawn(plain, tmp_path / "order_anew")[0]


def test_a_plan_in_time_is_drawn_where_it_shows(study: Path, tmp_path: Path) -> None:
    """It changes with every service that acts; the rest of their pages does not."""
    for section in ("meal_station", "elderly_centre"):
        head = f"[services.{section}]\n"
        edit(study, head, f"{head}actions = {{ open = {{ cost = 100 }} }}\n")
    study.write_text(study.read_text(encoding="utf-8") + ACTING, encoding="utf-8")
    expect_as_anew(study, tmp_path / "first")
    edit(study, "budget = [100, 100]", "budget = [100, 200]")
    made = expect_as_anew(study, tmp_path / "richer")
    assert {one for one in made if one.endswith(".png")}  # the section is in every key
    edit(study, "threshold_m = 1000", "threshold_m = 900")
    made = expect_as_anew(study, tmp_path / "another")
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
