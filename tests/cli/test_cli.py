"""The commands as a user meets them: what they print, how they leave, no tracebacks."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pytest
from shapely import LineString, Point

from geoplan.cli.commands import main


@dataclass(frozen=True)
class Done:
    """How a command left, as `subprocess.CompletedProcess` tells it."""

    returncode: int
    stdout: str
    stderr: str


def geoplan(*arguments: str | Path) -> Done:
    """The command in this process: a new one takes seconds to load."""
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.raises(SystemExit) as left,
    ):
        main([str(a) for a in arguments])
    return Done(int(left.value.code or 0), out.getvalue(), err.getvalue())


def test_the_command_as_a_process_of_its_own(tmp_path: Path) -> None:
    """Exit code, streams and `python -m`, which the other tests take for granted."""
    done = subprocess.run(
        [sys.executable, "-m", "geoplan", "run", str(tmp_path / "nowhere")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_suggest_export_compare(small_folder: Path, tmp_path: Path) -> None:
    done = geoplan("run", small_folder, "--out", tmp_path / "a")
    assert done.returncode == 0, done.stderr
    assert "150" in done.stdout
    assert "report.html" in done.stdout
    steps = [line.split("] ")[1].split(" ")[0] for line in done.stderr.splitlines()]
    assert steps[-1] == "6/6"  # the last step that is told is the last there is
    summary = json.loads((tmp_path / "a" / "summary.json").read_text(encoding="utf-8"))
    assert summary["services"]["meal_station"]["people"]["served"] == 150
    table = geoplan("suggest", small_folder, "--service", "meal_station", "--sites", "2", "--curve")
    assert table.returncode == 0, table.stderr
    assert "proved optimal" in table.stdout
    exported = geoplan("export", tmp_path / "a", "--format", "geojson", "--out", tmp_path / "geo")
    assert exported.returncode == 0, exported.stderr
    text = (small_folder / "study.toml").read_text(encoding="utf-8")
    (small_folder / "study.toml").write_text(text.replace("= 800", "= 1600"), encoding="utf-8")
    assert geoplan("run", small_folder, "--out", tmp_path / "b").returncode == 0
    compared = geoplan("compare", tmp_path / "a", tmp_path / "b")
    assert compared.returncode == 0, compared.stderr
    assert "80" in compared.stdout
    told = geoplan("compare", tmp_path / "a", tmp_path / "b", "--out", tmp_path / "changes")
    assert told.returncode == 0, told.stderr
    written = {p.name for p in (tmp_path / "changes").iterdir()}
    assert {"comparison.xlsx", "comparison.txt", "comparison_meal_station.html"} <= written
    same = geoplan("compare", tmp_path / "a", tmp_path / "a", "--out", tmp_path / "same")
    assert same.returncode == 0, same.stderr
    assert not list((tmp_path / "same").glob("*.html"))


def test_check_json(small_folder: Path) -> None:
    done = geoplan("check", small_folder, "--json")
    report = json.loads(done.stdout)
    assert set(report) == {"inputs", "findings"}
    found = [f for f in report["findings"] if f["file"] == "people.csv"]
    assert {f["row"] for f in found} == {7}  # F: the heading is row 1
    assert set(found[0]) == {
        "file",
        "sheet",
        "row",
        "column",
        "value",
        "problem",
        "advice",
        "severity",
    }
    assert (small_folder / "findings.xlsx").exists()
    assert done.returncode == (
        1 if any(f["severity"] == "error" for f in report["findings"]) else 0
    )


def test_errors_are_sentences(small_folder: Path, tmp_path: Path) -> None:
    for arguments, code in (
        (("run", tmp_path / "nowhere"), 2),
        (("run", small_folder, "--service", "meals"), 2),
        (("run", small_folder, "--colour", "red"), 2),
        (("nonsense",), 2),
        (("export", tmp_path, "--format", "gpkg", "--out", tmp_path / "x"), 2),
        (("network", "build", tmp_path / "none.osm", "--mode", "walk", "--out", "x"), 2),
        (("run", small_folder, "--out", small_folder / "study.toml"), 2),
        (("run", small_folder, "--out", small_folder), 2),
        (("export", tmp_path, "--format", "dxf", "--out", "x"), 2),
        (("suggest", small_folder, "--service", "meal_station", "--sites", "few"), 2),
        (("suggest", small_folder, "--service", "meal_station", "--sites", "-1"), 2),
        (("demo", "--out", small_folder), 2),
        (("demo", "--out", small_folder / "study.toml"), 2),
        (("compare", small_folder, small_folder), 2),
        (("check", small_folder / "meals.csv"), 2),
    ):
        done = geoplan(*arguments)
        assert done.returncode == code, (arguments, done.stderr)
        assert "Traceback" not in done.stderr + done.stdout
        assert "Value error" not in done.stderr
        assert "Input should" not in done.stderr
        assert "did not expect" not in done.stderr
    assert "Small" in (small_folder / "study.toml").read_text(encoding="utf-8")  # no demo over it
    text = (small_folder / "study.toml").read_text(encoding="utf-8")
    (small_folder / "study.toml").write_text(text + "\n[study2]\na = 1\n", encoding="utf-8")
    done = geoplan("run", small_folder)
    assert done.returncode == 1
    assert "study2" in done.stderr
    done = geoplan("check", small_folder, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["findings"][0]["row"] is not None


def test_a_network_is_told_of_in_the_language_asked_for(tmp_path: Path) -> None:
    roads = tmp_path / "roads.gpkg"
    shapes = [LineString([(500_000, 4_055_000), (500_300, 4_055_000)]), Point(500_000, 4_055_000)]
    gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4548").to_file(roads)

    def build(*more: str, source: Path = roads) -> Done:
        out = tmp_path / "walk.geoplan"
        return geoplan("network", "build", source, "--mode", "walk", "--out", out, *more)

    chinese, english = (
        ("步行路网", "1 行没有可用的线"),
        ("(walking)", "Rows of the network layer"),
    )
    for more, told, other in (
        ((), chinese, english),
        (("--lang", "zh"), chinese, english),
        (("--lang", "en"), english, chinese),
    ):
        done = build(*more)
        assert (done.returncode, done.stderr) == (0, "")  # nothing is logged beside it
        assert all(words in done.stdout for words in told)
        assert not any(words in done.stdout for words in other)
    zh, en = "无法识别坐标系（EPSG:99）", "the CRS is not known (EPSG:99)"
    for more, told, other in (
        ((), (zh, en), ()),
        (("--lang", "zh"), (zh,), (en,)),
        (("--lang", "en"), (en,), (zh,)),
    ):
        done = build("--crs", "EPSG:99", *more)
        assert done.returncode == 2
        assert all(words in done.stderr for words in told)
        assert not any(words in done.stderr for words in other)
    lost = build("--lang", "zh", source=tmp_path / "none.osm")
    assert "找不到" in lost.stderr
    assert "no file" not in lost.stderr


def test_infeasible_leaves_with_three(small_folder: Path, tmp_path: Path) -> None:
    text = (small_folder / "study.toml").read_text(encoding="utf-8")
    asked = text.replace(
        'objective = "max_coverage", sites = 1', 'objective = "min_sites", share = 0.99'
    )
    (small_folder / "study.toml").write_text(asked, encoding="utf-8")
    done = geoplan("run", small_folder, "--out", tmp_path / "out")
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    assert "%" in done.stderr  # the smallest relaxation


def test_new_study_is_complete_and_refuses_to_write_over(tmp_path: Path) -> None:
    done = geoplan("new", tmp_path / "mine")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine" / "study.toml").exists()
    assert geoplan("new", tmp_path / "mine").returncode == 2
    checked = geoplan("check", tmp_path / "mine", "--json")
    report = json.loads(checked.stdout)
    assert {one["path"] for one in report["inputs"]} == {"区县.csv", "街道.csv", "社区人口.csv"}


@pytest.mark.parametrize("command", [(), ("--help",), ("run", "--help"), ("--version",)])
def test_help(command: tuple[str, ...]) -> None:
    done = geoplan(*command)
    assert done.returncode in (0, 2)
    assert "geoplan" in done.stdout + done.stderr


def test_a_chinese_study_is_told_in_chinese(small_folder: Path, tmp_path: Path) -> None:
    text = (small_folder / "study.toml").read_text(encoding="utf-8").replace('"en"', '"zh"')
    lines = """
[services.boundary_marker]
path = "meals.csv"
lines = "streets.gpkg"
datum = "wgs84"
standard = { max_spacing_m = 500, tolerance_m = 30 }
"""
    (small_folder / "study.toml").write_text(text + lines, encoding="utf-8")
    for arguments, told in (
        (("run", tmp_path / "nowhere"), "找不到研究"),
        (("run", small_folder, "--service", "meals"), "没有服务 'meals'"),
        (("suggest", small_folder, "--service", "boundary_marker", "--sites", "2"), "不按可达距离"),
        (("run", small_folder, "--out", small_folder), "不能放结果"),
    ):
        done = geoplan(*arguments)
        assert done.returncode == 2, done.stderr
        assert told in done.stderr
        assert "读取" not in done.stderr  # told before any work
    english = geoplan("run", small_folder, "--service", "meals", "--lang", "en")
    assert "there are: meal_station" in english.stderr


def test_a_new_study_without_services_says_what_to_do(tmp_path: Path) -> None:
    geoplan("new", tmp_path / "mine")
    assert "[services" in geoplan("check", tmp_path / "mine").stdout
    suggested = geoplan("suggest", tmp_path / "mine", "--service", "meal_station", "--sites", "1")
    assert (suggested.returncode, "[services" in suggested.stderr) == (2, True)


def test_findings_that_cannot_be_written_are_told(small_folder: Path) -> None:
    (small_folder / "findings.xlsx").mkdir()  # as good as a workbook that Excel holds open
    done = geoplan("check", small_folder)
    assert done.returncode == 0, done.stderr
    assert "people.csv" in done.stdout
    assert "could not be written" in done.stdout


def test_progress_counts_from_one_to_the_end(small_folder: Path) -> None:
    done = geoplan("check", small_folder)
    steps = [line.split("] ")[1].split(" ")[0] for line in done.stderr.splitlines()]
    assert steps == [f"{k}/{len(steps)}" for k in range(1, len(steps) + 1)]


def test_an_interrupted_command_says_so(
    small_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("geoplan.study.reading.load_inputs", stopped)
    done = geoplan("check", small_folder)
    assert done.returncode == 130
    assert "已中断 / interrupted" in done.stderr


def asking(folder: Path, siting: str, *arguments: str) -> Done:
    """`suggest` for a study whose siting problem is `siting`."""
    file = folder / "study.toml"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines = [f"siting = {siting}" if line.startswith("siting =") else line for line in lines]
    file.write_text("\n".join(lines), encoding="utf-8")
    return geoplan("suggest", folder, "--service", "meal_station", *arguments)


def test_suggest_says_what_blocks_and_leaves_with_three(small_folder: Path) -> None:
    far = '{ objective = "max_coverage", sites = 1, min_sites_per_area = { "1" = 2, "2" = 1 } }'
    done = asking(small_folder, far, "--sites", "1")
    assert done.returncode == 3, done.stderr
    assert "take 2 new sites; asked: 1" in done.stdout
    none = '{ objective = "p_median", sites = 1, min_sites_per_area = { "2" = 9 } }'
    done = asking(small_folder, none, "--sites", "1")
    assert done.returncode == 3, done.stderr
    assert "must have: 2" in done.stdout
    assert "Traceback" not in done.stderr


def test_areas_that_must_have_sites_keep_candidates(small_folder: Path) -> None:
    """C is reached from n2 (in area 1) and n3 (area 2) alike; area 2 must have one of them."""
    asked = '{ objective = "max_coverage", sites = 1, min_sites_per_area = { "2" = 1 } }'
    done = asking(small_folder, asked, "--sites", "1", "--lang", "en")
    assert done.returncode == 0, done.stderr
    assert "n3  East" in done.stdout
    assert "proved optimal" in done.stdout


def test_run_and_check_leave_alike_where_rows_are_in_error(
    small_folder: Path, tmp_path: Path
) -> None:
    assert geoplan("run", small_folder, "--out", tmp_path / "good").returncode == 0
    people = small_folder / "people.csv"
    text = people.read_text(encoding="utf-8")
    assert ",50," in text
    people.write_text(text.replace(",50,", ",many,"), encoding="utf-8")
    assert geoplan("check", small_folder).returncode == 1
    done = geoplan("run", small_folder, "--out", tmp_path / "out", "--lang", "en")
    assert done.returncode == 1
    assert "1 error;" in done.stderr
    assert (tmp_path / "out" / "summary.json").exists()
    told = geoplan("run", small_folder, "--out", tmp_path / "zh", "--lang", "zh")
    assert "1 处错误" in told.stderr


def test_help_says_how_run_ends() -> None:
    text = " ".join(geoplan("run", "--help").stdout.split())
    assert "1 when inputs hold errors" in text
