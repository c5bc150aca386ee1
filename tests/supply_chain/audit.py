"""Known weaknesses of the installed packages: ``make audit [DATABASE=PyPI-all.zip]``.

With `DATABASE`, a folder or zip of OSV records (osv.dev keeps one per ecosystem), nothing is asked
over the network. Without it pip-audit asks PyPI; where neither is possible that is said, aloud.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

#: what pip-audit prints where it reaches nobody
OFFLINE = (
    "ConnectionError",
    "Max retries",
    "Name or service",
    "Temporary failure",
    "Timeout",
    "Proxy",
)


def records(database: Path) -> Iterator[dict[str, Any]]:
    """Every OSV record of a folder or a zip."""
    if database.is_dir():
        for path in sorted(database.rglob("*.json")):
            yield json.loads(path.read_text(encoding="utf-8"))
        return
    with zipfile.ZipFile(database) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                yield json.loads(archive.read(name))


def weaknesses(database: Path, installed: Mapping[str, str]) -> list[str]:
    """``"name version: id, summary"`` of every record that concerns an installed version."""
    found = []
    for record in records(database):
        if record.get("withdrawn"):
            continue
        for affected in record.get("affected", ()):
            package = affected.get("package", {})
            name = str(package.get("name", "")).lower().replace("_", "-")
            if package.get("ecosystem") != "PyPI" or name not in installed:
                continue
            if concerns(affected, installed[name]):
                what = record.get("summary") or record.get("details", "")[:100]
                found.append(f"{name} {installed[name]}: {record['id']}, {what}")
    return sorted(set(found))


def concerns(affected: Mapping[str, Any], version: str) -> bool:
    """Whether a version is named, or lies in one of the ranges."""
    if version in affected.get("versions", ()):
        return True
    at = Version(version)
    for one in affected.get("ranges", ()):
        if one.get("type") != "ECOSYSTEM":
            continue
        inside = False
        for event in one.get("events", ()):
            if "introduced" in event and at >= _version(event["introduced"]):
                inside = True
            if "fixed" in event and at >= _version(event["fixed"]):
                inside = False
            if "last_affected" in event and at > _version(event["last_affected"]):
                inside = False
        if inside:
            return True
    return False


def _version(text: str) -> Version:
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def installed_packages() -> dict[str, str]:
    """Version by plain name of everything that is installed here."""
    return {
        d.metadata["Name"].lower().replace("_", "-"): d.version
        for d in distributions()
        if d.metadata["Name"]
    }


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def main() -> int:
    """0 where nothing is known or nobody could be asked; 1 where a weakness is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", type=Path)
    asked = parser.parse_args()
    if asked.database is not None:
        installed = installed_packages()
        found = weaknesses(asked.database, installed)
        say(f"{len(installed)} packages against {asked.database}: {len(found)} known weaknesses")
        say("\n".join(found))
        return int(bool(found))
    if importlib.util.find_spec("pip_audit") is None:
        say(
            "SKIPPED: pip-audit is not installed (pip install pip-audit), and no DATABASE is given."
        )
        return 0
    done = subprocess.run(
        [sys.executable, "-m", "pip_audit", "--skip-editable", "--progress-spinner", "off"],
        capture_output=True,
        text=True,
    )
    if done.returncode and any(word in done.stderr for word in OFFLINE):
        say("SKIPPED: no network. Give DATABASE=, a zip of OSV records, to audit without one.")
        return 0
    say(done.stdout + done.stderr)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
