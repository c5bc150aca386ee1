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
    assert "://" not in lock  # neither download hosts nor addresses of makers
    found = json.loads(lock)["packages"]
    for name, version in package["devDependencies"].items():
        assert found[f"node_modules/{name}"]["version"] == version


def test_every_part_is_carried_by_a_page(checkout: Path):
    from geoplan.outputs.maps import assets

    web = checkout / "geoplan/outputs/web"
    there = {path.relative_to(web).as_posix() for path in web.glob("*/*")}
    own = {*assets.WHAT_IF_SCRIPTS, *assets.PROGRAMME_SCRIPTS}
    scripts = {*assets.SCRIPTS, *own, *assets.COMPARISON_SCRIPTS}
    styles = {*assets.STYLES, assets.WHAT_IF_STYLE, assets.PROGRAMME_STYLE, assets.COMPARISON_STYLE}
    styles |= {"index/index.css", "cities/overview.css", assets.PARTS_STYLE, "index/parts.css"}
    pages = {
        "frame/page.html",
        "comparison/compare.html",
        "index/index.html",
        "cities/overview.html",
    }
    assert there == scripts | styles | pages


def test_every_room_stays_small(checkout: Path):
    web = checkout / "geoplan/outputs/web"
    for room in (web, *(path for path in web.iterdir() if path.is_dir())):
        assert 1 <= len(list(room.iterdir())) <= 16, room


def test_every_script_is_seen_by_the_types(checkout: Path):
    config = json.loads((checkout / "tests/outputs/web/tsconfig.json").read_text("utf-8"))
    root = checkout / "tests/outputs/web"
    seen = {path.resolve() for pattern in config["include"] for path in root.glob(pattern)}
    scripts = {path.resolve() for path in (checkout / "geoplan/outputs/web").rglob("*.js")}
    assert scripts
    assert scripts <= seen
