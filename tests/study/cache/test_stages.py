"""Reused stages give what a run without the cache gives, whatever was changed."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import geoplan
import geoplan.study.reading as reading_module
import geoplan.study.run as run_module
from geoplan.cli.commands import main
from geoplan.study import Plan, Study
from geoplan.study.cache import fingerprint, stages as stages_module
from geoplan.study.cache.stages import StageCache
from geoplan.study.example import write_example
from geoplan.writing.own_files import record_of


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache's folder, empty."""
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stages that were worked out, in order."""
    done: list[str] = []

    def counting(module: Any, name: str) -> None:
        real: Callable[..., Any] = getattr(module, name)

        def counted(*args: Any, **options: Any) -> Any:
            done.append(name)
            return real(*args, **options)

        monkeypatch.setattr(module, name, counted)

    for name in ("try_networks", "load_inputs", "assess_service"):
        counting(run_module, name)
    for name in ("try_networks", "load_inputs"):
        counting(reading_module, name)
    return done


def numbers(plan: Plan) -> str:
    """All numbers of a plan as text, but for seconds."""
    findings = plan.results.findings.to_csv()
    return json.dumps(without_seconds(plan.to_dict()), ensure_ascii=False) + findings


def without_seconds(value: Any) -> Any:
    """Mappings and lists without what took how long."""
    if isinstance(value, dict):
        return {k: without_seconds(v) for k, v in value.items() if k != "seconds"}
    return [without_seconds(v) for v in value] if isinstance(value, list) else value


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_nothing_is_worked_out_twice(small_folder: Path, kept: Path, calls: list[str]) -> None:
    first = Study.open(small_folder).run()
    assert calls == ["try_networks", "load_inputs", "assess_service"]
    second = Study.open(small_folder).run()
    assert len(calls) == 3
    assert numbers(first) == numbers(second)


def test_a_changed_standard_reads_nothing_anew(
    small_folder: Path, kept: Path, calls: list[str]
) -> None:
    Study.open(small_folder).run()
    edit(small_folder / "study.toml", "threshold_m = 800", "threshold_m = 1600")
    plan = Study.open(small_folder).run()
    assert calls == ["try_networks", "load_inputs", "assess_service", "assess_service"]
    assert plan.coverage["meal_station"].ledger.served == 230


def test_no_cache_works_everything_out(small_folder: Path, kept: Path, calls: list[str]) -> None:
    Study.open(small_folder).run(cache=False)
    Study.open(small_folder).run(cache=False)
    assert len(calls) == 6
    assert not kept.exists()


def test_suggestions_and_checks_read_what_a_run_has_read(
    small_folder: Path, kept: Path, calls: list[str]
) -> None:
    study = Study.open(small_folder)
    plan = study.run()
    calls.clear()
    planned = plan.services["meal_station"].siting
    found = [study.suggest("meal_station", sites=1) for _ in range(2)]
    assert calls == ["assess_service"]
    for outcome in found:
        assert outcome.sites.drop(columns="money", errors="ignore").equals(
            planned.sites.drop(columns="money", errors="ignore")
        )
        assert outcome.people_after == planned.people_after
    report = study.check()
    assert calls == ["assess_service"]
    shutil.rmtree(kept)
    again = study.check()
    assert calls == ["assess_service", "try_networks", "load_inputs"]
    assert report.findings_frame().equals(again.findings_frame())
    assert report.records == again.records


#: one change of the study file each; all must be noticed
SETTINGS = {
    "name": ('name = "Small"', 'name = "Other"'),
    "language": ('lang = "en"', 'lang = "zh"'),
    "speed": ("speed_m_s = 1.0", "speed_m_s = 0.5"),
    "snap": ("speed_m_s = 1.0", "speed_m_s = 1.0\nmax_snap_m = 4000"),
    "weight": ('weight = "pop60"', 'weight = "pop60"\nscale = 2.0'),
    "standard": ("threshold_m = 800", "threshold_m = 700"),
    "minutes": ("threshold_m = 800", "threshold_min = 26"),
    "quota": ("minimum = 1", "minimum = 2"),
    "sites": ("sites = 1", "sites = 2"),
    "objective": ('objective = "max_coverage", sites = 1', 'objective = "min_sites", share = 0.7'),
    "distance": ("sites = 1", "sites = 2, min_distance_m = 900"),
    "candidates": ("sites = 1", "sites = 1, max_candidates = 2"),
    "robustness": ("sites = 1", "sites = 1, robustness = 3"),
    "curve": ("sites = 1", "sites = 1, curve = false"),
    "seed": ('data_date = "2024-12-31"', 'data_date = "2024-12-31"\nseed = 5'),
    "small cells": ('data_date = "2024-12-31"', "suppress_below = 60"),
    "figures": ("published = 1", "published = 2"),
    "closed": ('demand = "elderly_60"', 'demand = "elderly_60"\nclosed = ["Station S"]'),
}


@pytest.fixture(scope="module")
def planned_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder whose study was planned with the cache, and the cache."""
    folder = write_example(tmp_path_factory.mktemp("once") / "small")
    kept = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOPLAN_CACHE", str(kept))
        Study.open(folder).run()
    return folder, kept


@pytest.mark.parametrize("change", SETTINGS)
def test_every_changed_setting_is_noticed(
    planned_once: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    folder, kept = planned_once
    monkeypatch.setenv("GEOPLAN_CACHE", str(kept))
    assert len(list(kept.iterdir())) >= 3
    before = (folder / "study.toml").read_text(encoding="utf-8")
    try:
        edit(folder / "study.toml", *SETTINGS[change])
        expect_the_same(folder)
    finally:
        (folder / "study.toml").write_text(before, encoding="utf-8")


def expect_the_same(folder: Path) -> None:
    """The study with the cache gives what it gives without."""
    try:
        expected = numbers(Study.open(folder).run(cache=False))
    except Exception as error:  # a setting that is refused, with the cache as well
        with pytest.raises(type(error)):
            Study.open(folder).run()
        return
    assert numbers(Study.open(folder).run()) == expected


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("people.csv", "100", "101"), ("meals.csv", "\n", "\n")],
)
def test_every_changed_file_is_noticed(
    small_folder: Path, kept: Path, calls: list[str], file: str, old: str, new: str
) -> None:
    Study.open(small_folder).run()
    edit(small_folder / file, old, new)
    (small_folder / file).write_bytes((small_folder / file).read_bytes() + b"\n")
    plan = Study.open(small_folder).run()
    assert calls.count("load_inputs") == 2
    assert numbers(plan) == numbers(Study.open(small_folder).run(cache=False))


@pytest.mark.parametrize("stage", ["try_networks", "load_inputs", "assess_service"])
def test_a_file_that_changes_while_it_is_read_leaves_nothing(
    small_folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """Keys are of what files held at first; when they hold that again, nothing else is found."""
    file = small_folder / "people.csv"
    before = file.read_bytes()
    assert b"100" in before
    real = getattr(run_module, stage)

    def changing(*args: Any, **options: Any) -> Any:
        file.write_bytes(before.replace(b"100", b"101"))
        return real(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(run_module, stage, changing)
        plan = Study.open(small_folder).run()
        plan.save(small_folder / "changed", progress=False)
    file.write_bytes(before)
    plan = Study.open(small_folder).run()
    assert numbers(plan) == numbers(Study.open(small_folder).run(cache=False))
    plan.save(small_folder / "kept", progress=False)
    Study.open(small_folder).run(cache=False).save(small_folder / "anew", progress=False)
    for name in record_of(small_folder / "anew"):
        if name != "summary.json":  # it tells seconds
            assert (small_folder / "kept" / name).read_bytes() == (
                small_folder / "anew" / name
            ).read_bytes(), name


def test_changed_streets_are_noticed(small_folder: Path, kept: Path) -> None:
    import geopandas as gpd

    before = Study.open(small_folder).run()
    streets = gpd.read_file(small_folder / "streets.gpkg")
    streets.iloc[:1].to_file(small_folder / "streets.gpkg", driver="GPKG", mode="w")
    after = Study.open(small_folder).run()
    assert numbers(after) == numbers(Study.open(small_folder).run(cache=False))
    assert numbers(after) != numbers(before)


BY_BUS = """
[network.transit]
lines = "lines.csv"
stops = "stops.csv"
depart = "08:00-08:20"
datum = "wgs84"

[services.elderly_centre]
path = "meals.csv"
datum = "wgs84"
demand = "elderly_60"
standard = { mode = "transit", threshold_min = 20 }

[[figures]]
"""


def test_changed_public_transport_is_noticed(small_folder: Path, kept: Path) -> None:
    people = pd.read_csv(small_folder / "people.csv", dtype=str).dropna(subset=["lon"])
    stops = people[["lon", "lat"]].iloc[:3].assign(line="1", order=range(1, 4))
    stops.to_csv(small_folder / "stops.csv", index=False)
    (small_folder / "lines.csv").write_text("line,span,headway,speed\n1,07:00-21:00,10,30\n")
    edit(small_folder / "study.toml", "[[figures]]", BY_BUS)
    seen = [numbers(Study.open(small_folder).run(services=["elderly_centre"]))]
    for file, old, new in (
        ("study.toml", "08:00-08:20", "23:00-23:20"),
        ("study.toml", 'depart = "23:00-23:20"', 'arrive = "08:00-08:20"'),
        ("study.toml", '08:00-08:20"', '08:00-08:20"\nwithdrawn = ["1"]'),
        ("study.toml", '\nwithdrawn = ["1"]', "\nmax_walk_m = 1"),
        ("study.toml", "max_walk_m = 1", ""),
        ("lines.csv", ",10,", ",30,"),
        ("stops.csv", ",3", ",0"),
    ):
        text = (small_folder / file).read_text(encoding="utf-8")
        assert old in text
        (small_folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        found = numbers(Study.open(small_folder).run(services=["elderly_centre"]))
        fresh = Study.open(small_folder).run(services=["elderly_centre"], cache=False)
        assert found == numbers(fresh), (file, new)
        seen.append(found)
    assert len(set(seen)) > 3


def test_other_code_finds_nothing(
    small_folder: Path, kept: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Study.open(small_folder).run()
    monkeypatch.setattr(stages_module, "code_key", lambda: "another version")
    Study.open(small_folder).run()
    assert len(calls) == 6


@pytest.mark.parametrize("name", ["words/pinyin.txt", "a.py", "outputs/b.js", "data/c.csv"])
def test_every_file_of_the_package_is_in_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """All but what is compiled: pinyin spells names of places, and is no source."""
    monkeypatch.setattr(geoplan, "__file__", str(tmp_path / "__init__.py"))
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("1", encoding="utf-8")
    before = fingerprint.code_key.__wrapped__()
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.nbi").write_text("1", encoding="utf-8")
    assert fingerprint.code_key.__wrapped__() == before
    (tmp_path / name).write_text("2", encoding="utf-8")
    assert fingerprint.code_key.__wrapped__() != before


def test_raised_limits_are_noticed(
    small_folder: Path, kept: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Study.open(small_folder).run()
    monkeypatch.setenv("GEOPLAN_LIMIT_ROWS", "123456")
    Study.open(small_folder).run()
    assert calls.count("load_inputs") == 2


def test_a_run_that_was_killed_goes_on(
    small_folder: Path, kept: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(run_module, "assess_service", lambda *_: (_ for _ in ()).throw(MemoryError))
        with pytest.raises(MemoryError):
            Study.open(small_folder).run()
    Study.open(small_folder).run()
    assert calls == ["try_networks", "load_inputs", "assess_service"]


def test_an_interrupted_search_is_not_kept(
    small_folder: Path, kept: Path, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = run_module.with_sites

    def interrupted(context: Any, assessed: Any) -> Any:
        planned = real(context, assessed)
        result = planned.siting.result
        result = replace(result, detail={**result.detail, "interrupted": True})
        return replace(planned, siting=replace(planned.siting, result=result))

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "with_sites", interrupted)
        half = Study.open(small_folder).run()
        assert half.interrupted
        half.save(small_folder / "half")
    whole = Study.open(small_folder).run()
    assert not whole.interrupted

    def drawn(*_: Any, **__: Any) -> None:
        raise AssertionError("drawn again")

    monkeypatch.setattr("geoplan.outputs.write_maps", drawn)
    with pytest.raises(AssertionError, match="drawn again"):
        whole.save(small_folder / "whole")


def test_a_plan_in_time_of_an_interrupted_search_is_not_kept(
    small_folder: Path, kept: Path
) -> None:
    """It follows from the service whose search somebody has ended."""
    key = "meal_station"

    def planned(**detail: bool) -> Any:
        return SimpleNamespace(siting=SimpleNamespace(result=SimpleNamespace(detail=detail)))

    def again(found: Any) -> Any:
        study = Study.open(small_folder)
        stages = StageCache.of(study.config, study.folder, enabled=True)
        stages.networks(["walk"], lambda: SimpleNamespace(errors=()))  # type: ignore[arg-type]
        stages.inputs(None, lambda: SimpleNamespace(blocking=()))  # type: ignore[arg-type]
        stages.service(key, lambda: found)
        plan: Any = found.siting.result.detail
        return stages.programme({key: found}, lambda: {key: plan}, run=[key])[key]

    assert again(planned(interrupted=True)) == {"interrupted": True}
    assert again(planned()) == {}
    assert again(planned(other=True)) == {}


def test_figures_of_an_interrupted_search_are_not_kept(small_folder: Path, kept: Path) -> None:
    """They are counted with the service whose search somebody has ended."""
    key = "meal_station"

    def counted(number: int, **detail: bool) -> int:
        planned: Any = SimpleNamespace(
            siting=SimpleNamespace(result=SimpleNamespace(detail=detail))
        )
        study = Study.open(small_folder)
        stages = StageCache.of(study.config, study.folder, enabled=True)
        stages.networks(["walk"], lambda: SimpleNamespace(errors=()))  # type: ignore[arg-type]
        stages.inputs(None, lambda: SimpleNamespace(blocking=()))  # type: ignore[arg-type]
        stages.service(key, lambda: planned)
        table = stages.figures({key: planned}, lambda: pd.DataFrame({"computed": [number]}))
        return int(table["computed"].iloc[0])

    assert counted(1, interrupted=True) == 1
    assert counted(2) == 2
    assert counted(3) == 2


def test_outputs_are_kept_whole(
    small_folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Study.open(small_folder).run().save(small_folder / "one")

    def drawn(*_: Any, **__: Any) -> None:
        raise AssertionError("drawn again")

    monkeypatch.setattr("geoplan.outputs.write_maps", drawn)
    second = Study.open(small_folder).run().save(small_folder / "two")
    files = {p.relative_to(first).as_posix() for p in first.rglob("*") if p.is_file()}
    assert files == {p.relative_to(second).as_posix() for p in second.rglob("*") if p.is_file()}
    assert len(files) > 10
    for name in files - {"run.json"}:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    record = json.loads((second / "run.json").read_text("utf-8"))["files"]
    assert record == record_of(second)
    with pytest.raises(AssertionError, match="drawn again"):
        Study.open(small_folder).run(audience="public").save(small_folder / "public")
    with pytest.raises(AssertionError, match="drawn again"):
        Study.open(small_folder).run().in_language("zh").save(small_folder / "zh")


def test_changed_results_are_written_anew(small_folder: Path, kept: Path) -> None:
    plan = Study.open(small_folder).run()
    plan.save(small_folder / "one")
    info = replace(plan.results.info, name="Renamed")
    renamed = replace(plan, results=replace(plan.results, info=info))
    folder = renamed.save(small_folder / "two")
    assert json.loads((folder / "summary.json").read_text("utf-8"))["study"]["name"] == "Renamed"


def test_the_command_has_a_switch(small_folder: Path, kept: Path) -> None:
    def run(*options: str) -> None:
        with pytest.raises(SystemExit) as left:
            main(["run", str(small_folder), *options])
        assert left.value.code == 0

    run("--no-cache")
    assert not kept.exists()
    run()
    assert list(kept.iterdir())


def test_a_plan_in_time_is_kept(
    small_folder: Path, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own settings count: another budget is another plan."""
    monkeypatch.setattr(run_module, "programmes", counting := _Counting())
    given = {"services.meal_station.actions": {"open": {"cost": 100}}}

    def planned(budget: int) -> str:
        programme = {"years": [2025, 2026], "budget": [budget, budget]}
        return numbers(Study.open(small_folder).replace({"programme": programme, **given}).run())

    assert planned(100) == planned(100)
    assert counting.calls == 1
    assert planned(200) != planned(100)
    assert counting.calls == 2


class _Counting:
    """`programmes`, its calls counted."""

    def __init__(self) -> None:
        self.calls, self.real = 0, run_module.programmes

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        return self.real(*args)
