"""The same study and seed give the same bytes of every output, whatever surrounds the run.

`run.json` tells how long each stage took and how much memory it had, `summary.json` how long the
search for sites took; these numbers, and the hash of that file, may differ, and nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from geoplan.study.example import write_example

TIMES = {"seconds", "peak_memory_mb"}
#: two surroundings that have nothing in common but the study
HERE = {
    "PYTHONHASHSEED": "1",
    "TZ": "Asia/Shanghai",
    "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "SOURCE_DATE_EPOCH": "86400",
}
THERE = {
    "PYTHONHASHSEED": "4242",
    "TZ": "America/St_Johns",
    "LC_ALL": "C",
    "LANG": "C",
    "OMP_NUM_THREADS": "2",
    "NUMBA_NUM_THREADS": "2",
}
OWN = (*HERE, *THERE, "LANGUAGE", "PYTHONOPTIMIZE")


def run(
    study: Path, out: Path, cwd: Path, settings: dict[str, str], *options: str, optimized: bool
) -> dict[str, bytes]:
    """Every file of a run by name, made by the command in a process of its own."""
    kept = {k: v for k, v in os.environ.items() if k not in OWN}
    path = os.pathsep.join([str(Path(__file__).parents[2]), kept.get("PYTHONPATH", "")])
    command = [sys.executable, *(["-O"] if optimized else []), "-m", "geoplan", "run", str(study)]
    done = subprocess.run(
        [*command, "--out", str(out), *options],
        cwd=cwd,
        env={**kept, **settings, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    files = {p.relative_to(out).as_posix(): p for p in sorted(out.rglob("*")) if p.is_file()}
    return {name: _content(path) for name, path in files.items()}


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    if path.name not in ("run.json", "summary.json"):
        return content
    facts = json.loads(content)
    if path.name == "run.json":  # the record of a file that tells times
        facts["files"] = {k: v for k, v in facts["files"].items() if k != "summary.json"}
    return json.dumps(_without_times(facts), ensure_ascii=False).encode()


def _without_times(node: Any) -> Any:
    if isinstance(node, dict):
        return {k: _without_times(v) for k, v in node.items() if k not in TIMES}
    return [_without_times(v) for v in node] if isinstance(node, list) else node


@pytest.mark.parametrize("audience", ["internal", "public"])
def test_same_bytes_of_every_output(tmp_path, audience):
    first = write_example(tmp_path / "here" / "village")
    with (first / "study.toml").open("a", encoding="utf-8") as file:
        file.write('\n[report]\ndate = "2025-06-30"\n')  # today is another day in the other zone
    there = tmp_path / "some where else" / "深"
    there.mkdir(parents=True)
    second = Path(shutil.copytree(first, there / "village"))
    for path in second.iterdir():
        os.utime(path, (1_000_000_000, 1_000_000_000))
    options = ("--audience", audience)
    one = run(first, tmp_path / "one", tmp_path, HERE, *options, optimized=False)
    two = run(second, there / "two", second, THERE, *options, optimized=True)
    assert set(one) == set(two)
    assert len(one) > 10
    assert [name for name in one if one[name] != two[name]] == []


def test_checking_a_study_twice_writes_the_same_workbook(tmp_path):
    first = write_example(tmp_path / "a")
    second = Path(shutil.copytree(first, tmp_path / "b"))
    books = []
    for folder, settings in ((first, HERE), (second, THERE)):
        environment = {**os.environ, **settings}
        subprocess.run(
            [sys.executable, "-m", "geoplan", "check", str(folder)],
            env=environment,
            capture_output=True,
            check=True,
            timeout=300,
        )
        books.append((folder / "findings.xlsx").read_bytes())
    assert books[0] == books[1]
