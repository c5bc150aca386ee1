"""Writes docs/licences.md and its Chinese twin: ``python docs/make_licences.py``.

Lists what is installed of the dependencies that pyproject.toml names, and theirs. Run it where all
extras are installed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
PAGES = {"en": ROOT / "docs" / "licences.md", "zh": ROOT / "docs" / "licences.zh-CN.md"}

SECTIONS = {
    "en": ("Needed to run", "With the extra `{}`"),
    "zh": ("运行所需", "选装 `{}`"),
}
COLUMNS = {"en": ("package", "licence"), "zh": ("软件包", "许可")}
#: licences by words of the old classifiers, and of packages whose metadata hold the whole text
SHORT = {
    "MIT License": "MIT",
    "BSD License": "BSD",
    "BSD": "BSD",
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "GNU General Public License (GPL)": "GPL",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL",
    "SIL Open Font License 1.1 (OFL-1.1)": "OFL-1.1",
}


def project() -> dict:
    """The ``[project]`` table of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def plain_name(name: str) -> str:
    """A package's name as the index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(requirements: Iterable[str]) -> dict[str, Distribution]:
    """The installed packages that `requirements` name, and those that these need in turn."""
    found: dict[str, Distribution] = {}
    waiting = [(Requirement(text), "") for text in requirements]
    while waiting:
        wanted, extra = waiting.pop()
        if wanted.marker and not wanted.marker.evaluate({"extra": extra}):
            continue
        name = plain_name(wanted.name)
        if name in found:
            continue
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        needs = [Requirement(text) for text in found[name].requires or []]
        waiting += [(need, each) for need in needs for each in ("", *wanted.extras)]
    return found


def licence(package: Distribution) -> str:
    """The licence that the package's metadata tell, short."""
    about = package.metadata
    stated = about.get("License-Expression")
    if stated:
        return stated
    classes = [c.split(" :: ")[-1] for c in about.get_all("Classifier") or [] if "License" in c]
    for one in (*classes, (about.get("License") or "").strip()):
        lines = [line.strip() for line in one.splitlines() if line.strip()]
        if lines:
            return SHORT.get(lines[0], lines[0][:60])
    return "?"


def listed() -> dict[str, dict[str, str]]:
    """Licences by package, by extra; "" = what geoplan needs. Each package once."""
    about, seen = project(), set()
    groups = {"": about["dependencies"], **about["optional-dependencies"]}
    found: dict[str, dict[str, str]] = {}
    for extra, requirements in groups.items():
        packages = closure(requirements)
        found[extra] = {n: licence(p) for n, p in sorted(packages.items()) if n not in seen}
        seen |= set(packages)
    return found


def page(lang: str, head: str, groups: dict[str, dict[str, str]]) -> str:
    """The page's text: what stands before its first table stays."""
    parts = [head]
    base, further = SECTIONS[lang]
    for extra, packages in groups.items():
        if not packages:
            continue
        first, second = COLUMNS[lang]
        parts.append(f"\n## {further.format(extra) if extra else base}\n")
        parts.append(f"\n| {first} | {second} |\n| --- | --- |\n")
        parts += [f"| {name} | {text} |\n" for name, text in packages.items()]
    return "".join(parts)


def main() -> None:
    """Write both pages."""
    groups = listed()
    for lang, path in PAGES.items():
        head = path.read_text(encoding="utf-8").partition("\n## ")[0]
        path.write_text(page(lang, head, groups), encoding="utf-8")


if __name__ == "__main__":
    main()
