"""A run by two processes gives the files of a run by one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from geoplan.cli.warming import _write_town
from geoplan.study import Study
from geoplan.study.beside.process import OtherProcess, OtherProcessError, other_process
from tests.study.beside.jobs import ready
from tests.study.test_same_bytes import _content, run

#: seven services, among them every solver and public transport
SERVICES = ("coverage", "money", "fewest", "median", "bus", "centre", "beds")


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return _write_town(tmp_path / "town")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the other process is asked for and does, in order."""
    found: list[str] = []
    real = OtherProcess.ask

    def ask(other: OtherProcess, work: Any, name: str) -> Any:
        value = real(other, work, name)
        found.append(name)
        return value

    monkeypatch.setattr(OtherProcess, "ask", ask)
    monkeypatch.setenv("GEOPLAN_PROCESSES", "2")
    return found


def test_every_file_is_the_same(town: Path, tmp_path: Path) -> None:
    """What two processes have kept is what one of them finds, too."""
    cache = tmp_path / "cache"
    cache.mkdir()
    some = [
        option for key in ("coverage", "bus", "fewest", "beds") for option in ("--service", key)
    ]
    ways = {
        "one": ({"GEOPLAN_PROCESSES": "1"}, ["--no-cache"]),
        "two": ({"GEOPLAN_PROCESSES": "2", "GEOPLAN_CACHE": str(cache)}, []),
        "again": ({"GEOPLAN_PROCESSES": "1", "GEOPLAN_CACHE": str(cache)}, []),
    }
    found, seconds = {}, {}
    for way, (settings, options) in ways.items():
        out = tmp_path / way
        found[way] = run(town, out, tmp_path, settings, *options, *some, optimized=False)
        seconds[way] = json.loads((out / "run.json").read_text("utf-8"))["seconds"]
    for way, files in found.items():
        assert files.keys() == found["one"].keys()
        assert [n for n, content in files.items() if content != found["one"][n]] == [], way
    assert list(seconds["two"]) == list(seconds["one"])
    assert not any(name.startswith("siting") for name in seconds["again"])


def test_services_are_shared_and_told(town: Path, asked: list[str]) -> None:
    steps: list[tuple[int, int]] = []
    with other_process() as other:
        ready(other)
        plan = Study.open(town).run(
            cache=False, progress=lambda done, total, _: steps.append((done, total))
        )
    planned = [name for name in asked if not name.endswith(".gpkg")]  # files are shared, too
    assert planned  # the other one did some
    assert set(planned) < set(SERVICES)
    assert list(plan.services) == list(SERVICES)
    assert steps == sorted(steps)
    assert steps[-1] == (16, 16)
    stages = [f"{kind}.{key}" for key in SERVICES for kind in ("coverage", "siting")]
    assert [name for name in plan.results.run["seconds"] if "." in name] == stages
    assert [name for name in plan.results.run["peak_memory_mb"] if "." in name] == stages


def test_one_service_needs_no_other_process(
    town: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Alone, or where all others are kept."""
    started: list[OtherProcess] = []
    monkeypatch.setattr(OtherProcess, "start", lambda other, _=(): started.append(other))
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path))
    study = Study.open(town)
    study.run(services=["coverage"])
    assert not started
    study.run(services=["coverage", "beds"])
    assert started  # inputs had to be read
    started.clear()
    changed = study.replace({"services.beds.siting.sites": 2})
    changed.run(services=["coverage", "beds"])
    assert not started
    assert not asked


def test_outputs_are_shared(small_folder: Path, tmp_path: Path, asked: list[str]) -> None:
    plain, shared = tmp_path / "plain", tmp_path / "shared"
    study = Study.open(small_folder)
    study.run_into(plain, cache=False)
    assert not asked  # one service: no process was started for it
    with other_process() as other:
        ready(other)
        study.run_into(shared, cache=False)
    assert asked
    assert set(asked) <= {"maps", "layers", "tables"}
    _same(plain, shared)


def test_what_the_other_leaves_of_an_output_is_cleared_away(
    small_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed while it writes."""
    begun = []

    def ask(other: OtherProcess, work: Any, name: str) -> Any:
        [beside] = tmp_path.glob("*/figures/")
        aside = beside.parent / f".{name}"
        aside.mkdir()
        (aside / "layers.gpkg").write_bytes(b"half a file")
        begun.append(aside)
        other.stop()
        raise OtherProcessError

    plain, shared = tmp_path / "plain", tmp_path / "shared"
    study = Study.open(small_folder)
    study.run_into(plain, cache=False)
    hidden = plain.rename(small_folder / "plain")
    monkeypatch.setattr(OtherProcess, "ask", ask)
    with other_process() as other:
        ready(other)
        study.run_into(shared, cache=False)
    assert begun
    _same(hidden, shared)


def _same(one: Path, other: Path) -> None:
    """Both folders hold the same files, but for times."""
    names = {p.relative_to(one).as_posix() for p in one.rglob("*")}
    assert names == {p.relative_to(other).as_posix() for p in other.rglob("*")}
    files = [name for name in sorted(names) if (one / name).is_file() and name != "report.pdf"]
    assert [n for n in files if _content(one / n) != _content(other / n)] in ([], ["run.json"])
    seconds = [json.loads((f / "run.json").read_text("utf-8"))["seconds"] for f in (one, other)]
    assert list(seconds[0]) == list(seconds[1])


_SCRIPT = """\
import sys
from geoplan.study import Study
from geoplan.study.beside.process import OtherProcess, other_process
real = OtherProcess.ask
def ask(other, work, name):
    value = real(other, work, name)
    print("asked")
    return value
OtherProcess.ask = ask
print("begins")
with other_process() as other:
    other.start()
    other.give(None, threads=1)
    plan = Study.open(sys.argv[1]).run(services=["coverage", "beds"], cache=False)
print("ends", plan.sites["coverage"]["rank"].tolist())
"""


def test_a_script_without_a_guard(town: Path, tmp_path: Path) -> None:
    """It is run once, from whatever folder; modules of that folder are not taken for others."""
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT, encoding="utf-8")
    away = tmp_path / "away"
    away.mkdir()
    (away / "pickle.py").write_text("raise SystemExit('mine')", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script), str(town)],
        cwd=away,
        env={
            **os.environ,
            "GEOPLAN_PROCESSES": "2",
            "PYTHONPATH": str(Path(__file__).parents[3]),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "begins"
    assert lines[-1] == "ends [1, 2, 3, 4]"
    assert set(lines[1:-1]) == {"asked"}
