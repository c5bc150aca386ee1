"""Writes docs/api.md from the docstrings: ``python docs/make_api.py``."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

import geoplan as gp

#: order and headings of the names of `geoplan`
CHAPTERS: dict[str, tuple[str, ...]] = {
    "A study and its plan": ("Study", "Plan"),
    "Streets and distances": (
        "Network",
        "TransitNetwork",
        "travel_costs",
        "nearest_site",
        "reach_areas",
        "TravelCosts",
    ),
    "Where to build": (
        "SitingProblem",
        "SolveRequest",
        "max_coverage",
        "min_sites",
        "min_cost",
        "p_median",
        "p_center",
        "coverage_curve",
        "SitingResult",
    ),
    "What to build in which year": (
        "programme",
        "ProgrammeProblem",
    ),
    "Boundaries, supply and demand, coordinates": (
        "spacing_coverage",
        "suggest_markers",
        "floating_catchment",
        "to_wgs84",
        "from_wgs84",
    ),
}
PACKAGES = {
    "study": "the study file, runs, what-ifs",
    "network": "streets, snapping, costs",
    "coverage": "who is served, gaps, quotas, equity",
    "siting": "candidates, solvers, explanations",
    "services": "the catalogue of standards",
    "inputs": "reading an office's files",
    "outputs": "maps, layers, tables, report",
    "comparison": "what changed between two runs",
    "disclosure": "the public edition",
    "crs": "datums and projections",
}
INTRO = """\
# Reference

[中文：按事情查](api.zh-CN.md)

Everything public, from the docstrings (`make docs` writes this page anew). Lengths are metres,
times minutes, weights people, unless a name says otherwise; layers are in a projected CRS
in metres.

    import geoplan as gp

"""


def summary(value: Any) -> str:
    """The docstring's first paragraph in one line."""
    return " ".join((inspect.getdoc(value) or "").split("\n\n")[0].split())


def signature(value: Any) -> str:
    """Names and defaults, without annotations."""
    parts = []
    starred = False
    for p in inspect.signature(value).parameters.values():
        if p.name in ("self", "cls"):
            continue
        if p.kind is p.KEYWORD_ONLY and not starred:
            parts.append("*")
            starred = True
        mark = {p.VAR_KEYWORD: "**", p.VAR_POSITIONAL: "*"}.get(p.kind, "")
        default = "" if p.default is p.empty else f"={p.default!r}"
        if callable(p.default) and p.default is not p.empty:
            default = f"={p.default.__name__}"
        parts.append(f"{mark}{p.name}{default}")
    return f"({', '.join(parts)})"


def body(value: Any) -> str:
    """The docstring after its first paragraph: headings in bold, entries as a list."""
    text = (inspect.getdoc(value) or "").partition("\n\n")[2]
    lines: list[str] = []
    code = False
    every = text.splitlines()
    for line, after in zip_longest(every, every[1:], fillvalue=""):
        if re.fullmatch(r"-{3,}", line.strip()) and lines and lines[-1]:
            lines[-1] = f"**{lines[-1].strip()}**"
            lines.append("")
        elif line.startswith(">>>") and not code:
            lines += ["", "```python", line]
            code = True
        elif code:
            lines.append(line or "```")
            code = bool(line)
        else:
            lines.append(_entry_line(line, after))
    if code:
        lines.append("```")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _entry_line(line: str, after: str) -> str:
    """One line of text: an entry ``a, b : what``, a noun with its explanation below, or words."""
    entry = re.match(r"^([\w*, ]+) : (.*)$", line)
    if entry:
        names = ", ".join(f"`{name.strip()}`" for name in entry[1].split(","))
        line = f"- {names}: {entry[2]}"
    elif re.match(r"^\S", line) and after.startswith("    "):
        line = f"- {line}:"
    return line.replace("``", "`")


def own_bases(cls: type) -> list[type]:
    """The class and its bases in geoplan, the class first."""
    return [base for base in cls.__mro__ if base.__module__.startswith("geoplan.")]


def members(cls: type) -> Iterator[tuple[str, Any]]:
    """Methods and properties that a class offers, with their names as one calls them."""
    for name in dict.fromkeys(name for base in reversed(own_bases(cls)) for name in vars(base)):
        raw = inspect.getattr_static(cls, name)
        if name.startswith("_"):
            continue
        if isinstance(raw, classmethod | staticmethod):
            yield f"{cls.__name__}.{name}", getattr(cls, name)
        elif inspect.isfunction(raw) or isinstance(raw, property):
            yield f".{name}", raw


def entry(name: str, value: Any, *, level: int) -> str:
    """One heading with signature and text."""
    mark = "#" * level
    if inspect.isclass(value):
        text_of_bases = "\n\n".join(body(base) for base in own_bases(value))
        text = f"{mark} `{name}`\n\n{summary(value)}\n\n{text_of_bases}\n"
        methods = [(n, v) for n, v in members(value) if not isinstance(v, property)]
        facts = [(n, v) for n, v in members(value) if isinstance(v, property)]
        if facts:
            text += "\n" + "\n".join(f"- `{n}`: {summary(v)}" for n, v in facts) + "\n"
        return text + "".join("\n" + entry(n, v, level=level + 1) for n, v in methods)
    return f"{mark} `{name}{signature(value)}`\n\n{summary(value)}\n\n{body(value)}\n"


def page() -> str:
    """The whole page."""
    parts = [INTRO]
    for chapter, names in CHAPTERS.items():
        parts.append(f"## {chapter}\n\n")
        parts += [entry(name, getattr(gp, name), level=3) + "\n" for name in names]
    parts.append(
        "## In the packages\n\nFor those who build upon geoplan: `geoplan.PACKAGE.NAME`.\n\n"
    )
    for package, what in PACKAGES.items():
        module = importlib.import_module(f"geoplan.{package}")
        parts.append(f"### geoplan.{package}: {what}\n\n| name | what |\n| --- | --- |\n")
        for name in module.__all__:
            value = getattr(module, name)
            text = summary(value) if callable(value) else "constant"
            parts.append(f"| `{name}` | {text.replace('|', chr(92) + '|').replace('``', '`')} |\n")
        parts.append("\n")
    missing = set(gp.__all__) - {n for names in CHAPTERS.values() for n in names}
    if missing:
        raise SystemExit(f"in no chapter: {sorted(missing)}")
    return re.sub(r"[ \t]+\n", "\n", "".join(parts)).rstrip() + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("api.md").write_text(page(), encoding="utf-8")
