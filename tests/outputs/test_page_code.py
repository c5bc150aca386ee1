"""The maps' scripts by Node's own test runner; `make page-code` adds the linter and the types."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest


def test_scripts_pass_their_own_tests(checkout: Path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("the unit tests of the maps' JavaScript need Node.js (apt-get install nodejs)")
    tests = sorted((checkout / "tests/outputs/web").glob("*.test.js"))
    assert tests
    done = subprocess.run(
        [node, "--test", *map(str, tests)], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_development_packages_are_pinned_and_name_no_registry(checkout: Path):
    package = json.loads((checkout / "package.json").read_text("utf-8"))
    assert package["private"]
    assert "dependencies" not in package  # what pages carry is pinned beside them, in outputs/web
    lock = (checkout / "package-lock.json").read_text("utf-8")
    assert "resolved" not in lock
    found = json.loads(lock)["packages"]
    for name, version in package["devDependencies"].items():
        assert found[f"node_modules/{name}"]["version"] == version


def test_every_script_is_carried_by_a_page_or_named(checkout: Path):
    from geoplan.outputs.maps.assets import SCRIPTS, WHAT_IF_SCRIPTS

    alone = {"compare.js", "difference.js"}  # of the comparison page
    there = {path.name for path in (checkout / "geoplan/outputs/web").glob("*.js")}
    assert there == {*SCRIPTS, *WHAT_IF_SCRIPTS} | alone
