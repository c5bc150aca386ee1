"""Three hundred broken inputs with every run of the tests, and that the judge is awake."""

from __future__ import annotations

import random
from pathlib import Path

import pyogrio
import pytest

from geoplan.study import Study
from tests.fuzz.base import write_base
from tests.fuzz.case import Case, Maker
from tests.fuzz.draw import ROOMS, draw, room_of
from tests.fuzz.formats import FORMATS
from tests.fuzz.judge import ask
from tests.fuzz.pool import results

CASES = 300


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("fuzz") / "base")


def honest(folder: Path, base: Path, kind: str = "csv") -> Case:
    """A case in which nothing is broken."""
    folder.mkdir()
    maker = Maker(number=0, random=random.Random(0), folder=folder, base=base)
    name = f"people{FORMATS[kind][0]}"
    FORMATS[kind][1](folder / name, maker.town.people)
    maker.write(maker.people_from(name))
    return maker.case("honest", kind, total=maker.town.total, file=name)


def test_broken_inputs_end_well(base, tmp_path):
    found = list(results(0, list(range(1, CASES + 1)), tmp_path, base, workers=2))
    assert len(found) == CASES
    wrong = [one for one in found if one["faults"]]
    assert [f"case {one['number']}, {one['kind']}: {one['faults']}" for one in wrong] == []
    outcomes = {one["outcome"] for one in found}
    assert {"exit 0", "exit 1", "exit 2"} <= outcomes


def test_every_room_has_its_share():
    rooms = {room_of(0, number) for number in range(CASES)}
    assert rooms == set(ROOMS)


# a table without geometry in Parquet has no row numbers of its own to judge by
@pytest.mark.parametrize("kind", [k for k in FORMATS if k != "plain parquet"])
def test_an_honest_file_of_every_format_is_read_whole_without_a_word(kind, base, tmp_path):
    case = honest(tmp_path / "case", base, kind)
    read = Study.open(case.folder).check()
    assert read.demand["elderly_60"].frame["people"].sum() == case.total
    assert [f.code for f in read.findings if f.severity != "note"] == []


def test_a_total_that_is_wrong_in_silence_is_told(base, tmp_path):
    case = honest(tmp_path / "case", base)
    assert ask(case).faults == []
    assert case.total is not None
    case.total += 1
    case.number = 1  # not saved
    assert [fault.split(":")[0] for fault in ask(case).faults] == ["silent"]


def test_an_error_that_nobody_raised_on_purpose_is_told(base, tmp_path, monkeypatch):
    case = honest(tmp_path / "case", base)

    def broken(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(Study, "check", broken)
    answer = ask(case)
    assert answer.outcome == "unexpected"
    assert "RecursionError" in answer.faults[0]


@pytest.mark.filterwarnings("ignore")  # odd files are written on purpose
def test_a_case_is_the_same_whenever_it_is_drawn(base, tmp_path):
    for number in range(20):
        one, two = (draw(5, number, tmp_path / f"{number}{end}", base) for end in "ab")
        assert (one.kind, one.what, one.total) == (two.kind, two.what, two.total)
        names = [sorted(p.name for p in case.folder.iterdir()) for case in (one, two)]
        assert names[0] == names[1]


@pytest.mark.filterwarnings("ignore")
def test_a_driver_that_leaves_out_a_row_makes_no_case_of_geoplan(base, tmp_path):
    # MapInfo's driver writes eleven of these twelve rows: nobody could count the twelfth
    case = draw(201, 194, tmp_path / "case", base)
    assert case.kind.startswith("shapes/")
    assert pyogrio.read_info(tmp_path / "case" / case.file)["features"] == 12


def test_a_process_that_dies_costs_its_case_only(base, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.fuzz.pool.HANG_IDLE_S", -1.0)
    found = list(results(0, [0, 1], tmp_path, base, workers=1))
    assert [one["outcome"] for one in found] == ["hang", "hang"]
    assert [one["number"] for one in found] == [0, 1]
