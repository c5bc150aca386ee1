"""Kernels made ready ahead are those that a study uses, and nobody waits for what fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from geoplan.cli.warming import _write_town
from geoplan.study import Study
from geoplan.study.beside import ahead, room
from geoplan.study.beside.process import OtherProcess, other_process
from geoplan.study.read.start_beside import edges_of_files, start_beside
from tests.study.beside.jobs import job

_USED = """
import sys
from numba.core.registry import CPUDispatcher
from geoplan.study import Study
from geoplan.study.beside.ahead import compile_ahead

def used():
    modules = [m for name, m in list(sys.modules.items()) if name.startswith("geoplan.")]
    kernels = {k for m in modules for k in vars(m).values() if isinstance(k, CPUDispatcher)}
    return {f"{k.__module__}.{k.__name__}{s}" for k in kernels for s in k.signatures}

compile_ahead(sys.argv[2].split(","))
before = used()
study = Study.open(sys.argv[1])
study.run(services=sys.argv[3].split(","), cache=False)
print(len(before))
print(*sorted(used() - before), sep="\\n")
"""


#: compiled with the kernels that call them, and a search that easy problems do not come to
_ELSE = {"lagrangian._worth", "local_search._greedy", "local_search.open_sites"}
_ELSE |= {"branch_and_bound._search"}


def used_beyond(town: Path, parts: str, services: str) -> tuple[int, list[str]]:
    """How many kernels `parts` make ready, and those of the services that are not among them."""
    done = subprocess.run(
        [sys.executable, "-c", _USED, str(town), parts, services],
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    )
    count, *names = done.stdout.split("\n")
    kernels = [name.split("(")[0] for name in names if name]
    return int(count), [k for k in kernels if ".".join(k.split(".")[-2:]) not in _ELSE]


def test_the_kernels_are_those_of_a_study(tmp_path: Path) -> None:
    town = _write_town(tmp_path / "town")
    every = ",".join(ahead.PARTS)
    ready, missed = used_beyond(town, every, "coverage,money,fewest,median,bus")
    assert ready > 20
    assert missed == []
    # siting alone leaves travel to the process that reads
    some, left = used_beyond(town, "coverage,median", "coverage,median")
    assert 5 < some < ready
    assert left
    assert all(name.startswith("geoplan.network.") for name in left)


def test_a_part_that_fails_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def fails(_: object) -> None:
        done.append("streets")
        raise RuntimeError

    monkeypatch.setattr(ahead._Town, "streets", fails)
    monkeypatch.setattr(ahead._Town, "median", lambda _: done.append("median"))
    ahead.compile_ahead(["streets", "median"])
    assert done == ["streets", "median"]


def test_orders_wait_till_it_is_ready() -> None:
    with other_process() as other:
        other.start(("streets",))
        other.give("ab", threads=1)
        assert other.ask(job, "c")[0] == "abc"


def test_it_starts_before_the_streets_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the size of their files; with what the services need, and for several services only."""
    begun: list[tuple[str, ...]] = []
    monkeypatch.setattr(OtherProcess, "start", lambda _, ahead=(): begun.append(ahead))
    monkeypatch.setattr("geoplan.study.read.start_beside.is_worth_it", lambda edges: edges > 9)
    study = Study.open(_write_town(tmp_path / "town"))
    monkeypatch.setattr(
        "geoplan.study.run.try_networks",
        lambda *_, **__: pytest.fail("read") if not begun else 1 / 0,
    )
    with pytest.raises(ZeroDivisionError):
        study.run(services=["coverage", "median"], cache=False)
    assert begun == [("streets", "coverage", "median")]
    config = study.config
    start_beside(OtherProcess(), config, ["bus", "centre"], edges=10)
    start_beside(OtherProcess(), config, ["bus", "centre"], edges=9)
    start_beside(None, config, ["bus", "centre"], edges=10)
    assert begun[1:] == [("coverage", "streets", "transit")]


def test_edges_by_the_size_of_files(tmp_path: Path) -> None:
    for name in ("a.osm.pbf", "b.gpkg"):
        (tmp_path / name).write_bytes(b"-" * 12_000)
    assert room.likely_edges([tmp_path / "a.osm.pbf", tmp_path / "b.gpkg"]) == 1200
    assert room.likely_edges([tmp_path / "b.gpkg", tmp_path / "none.gpkg"]) == 100
    study = Study.open(_write_town(tmp_path / "town"))
    size = (study.folder / "streets.gpkg").stat().st_size
    assert edges_of_files(study.config, study.folder, ["walk", "transit"]) == size // 120
    assert edges_of_files(study.config, study.folder, ["bike"]) == 0
