"""Everything public is documented, shows itself briefly and completes to few names."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import runpy
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import geoplan as gp
from geoplan.study import example_study
from geoplan.study.template import TEMPLATES
from geoplan.study.what_if import NAMES

PACKAGES = (
    "comparison",
    "coverage",
    "crs",
    "disclosure",
    "inputs",
    "network",
    "outputs",
    "services",
    "siting",
    "study",
)


def public_members(cls: type) -> Iterator[tuple[str, Any]]:
    """Methods that a class offers, those of its bases in geoplan and class methods included."""
    ours = [base for base in cls.__mro__ if base.__module__.startswith("geoplan.")]
    for name in dict.fromkeys(name for base in ours for name in vars(base)):
        raw = inspect.getattr_static(cls, name)
        if not name.startswith("_") and isinstance(raw, classmethod | staticmethod):
            yield name, getattr(cls, name)
        elif not name.startswith("_") and inspect.isfunction(raw):
            yield name, raw


def of_geoplan() -> Iterator[tuple[str, Any]]:
    for name in gp.__all__:
        value = getattr(gp, name)
        yield name, value
        if inspect.isclass(value):
            for member, function in public_members(value):
                yield f"{name}.{member}", function


def of_packages() -> Iterator[tuple[str, Any]]:
    for one in PACKAGES:
        module = importlib.import_module(f"geoplan.{one}")
        for name in module.__all__:
            value = getattr(module, name)
            if callable(value):
                yield f"{one}.{name}", value


def parameters(value: Any) -> list[str]:
    """Names that a caller may give: of ``**options: Unpack[...]`` its keywords, or ``options``."""
    names: list[str] = []
    for p in inspect.signature(value).parameters.values():
        as_one = p.name in documented(inspect.getdoc(value) or "")
        if p.kind is p.VAR_KEYWORD and "Unpack[" in str(p.annotation) and not as_one:
            hint = inspect.signature(value, eval_str=True).parameters[p.name].annotation
            names += get_args(hint)[0].__annotations__
        elif p.name not in ("self", "cls") and not p.name.startswith("_"):
            names.append(p.name)
    return names


def documented(doc: str) -> set[str]:
    """Names at the head of an entry: ``a, b : what``."""
    entries = re.findall(r"^ *([\w*, ]+) : ", doc, re.M)
    return {name.strip().lstrip("*") for entry in entries for name in entry.split(",")}


#: an entry whose options another function describes
REFERENCE = re.compile(r"\boptions : as in `(\w+)`")


def example_faults(doc: str) -> list[str]:
    if ">>>" not in doc:
        return ["no example"]
    code = [line for line in doc.splitlines() if line.lstrip().startswith((">>>", "..."))]
    if all("+SKIP" in line for line in code if ">>>" in line):
        return ["its example is never run"]
    return []


#: small helpers of the classes, which the class's own text and example explain
HELPERS = {
    "Network.edge_lines",
    "Network.edge_costs",
    "Network.snap_cost",
    "Network.graph",
    "TransitNetwork.change_walks",
    "TransitNetwork.service",
    "TransitNetwork.timetable",
    "TransitNetwork.travel_costs",
    "TransitNetwork.nearest_site",
    "TransitNetwork.service_pairs",
    "TransitNetwork.has_service",
    "SitingProblem.needs_costs",
    "SitingProblem.in_order",
    "SitingProblem.positions",
}


def faults_of(value: Any) -> list[str]:
    """What the docstring leaves unsaid."""
    doc = inspect.getdoc(value) or ""
    if not doc:
        return ["no docstring"]
    faults = [f"no word of {p!r}" for p in parameters(value) if p not in documented(doc)]
    faults += example_faults(doc)
    returns = inspect.signature(value).return_annotation
    if not inspect.isclass(value) and returns not in (None, "None"):
        faults += [] if re.search(r"^Returns$", doc, re.M) else ["no word of what it returns"]
    return faults


@pytest.mark.parametrize("name", [n for n, _ in of_geoplan() if n not in HELPERS])
def test_everything_in_geoplan_is_documented(name: str) -> None:
    assert not faults_of(dict(of_geoplan())[name])


@pytest.mark.parametrize("name", [n for n, _ in of_packages()])
def test_everything_in_the_packages_is_documented(name: str) -> None:
    assert not faults_of(dict(of_packages())[name])


def test_options_that_are_as_in_another_function_are_described_there() -> None:
    every = {name.split(".")[-1]: value for name, value in [*of_packages(), *of_geoplan()]}

    def described(doc: str) -> set[str]:
        others = [inspect.getdoc(every[o]) or "" for o in re.findall(REFERENCE, doc)]
        names = documented(doc) | set(re.findall(r"``(\w+)", doc))
        return names.union(*map(described, others))

    docs = {name: inspect.getdoc(value) or "" for name, value in every.items()}
    referring = [name for name, doc in docs.items() if re.search(REFERENCE, doc)]
    assert {"nearest_site", "k_nearest", "p_center", "p_median"} <= set(referring)
    for name in referring:
        hint = inspect.signature(every[name], eval_str=True).parameters["options"].annotation
        keywords = set(get_args(hint)[0].__annotations__) - {"per_area_minimum"}
        assert keywords <= described(docs[name]), name


def test_small_helpers_say_what_they_are() -> None:
    every = dict(of_geoplan())
    assert not [name for name in HELPERS if not inspect.getdoc(every[name])]


def test_a_docstring_that_leaves_something_unsaid_is_found() -> None:
    def short(metres: float) -> float:
        """Only a heading."""
        return metres

    def skipped(metres: float) -> None:
        """Its example never runs.

        Parameters
        ----------
        metres : a length.

        Examples
        --------
        >>> skipped(1.0)  # doctest: +SKIP
        """

    assert faults_of(short) == ["no word of 'metres'", "no example", "no word of what it returns"]
    assert faults_of(skipped) == ["its example is never run"]


def test_tab_completion_is_short() -> None:
    assert len([n for n in dir(gp) if not n.startswith("_")]) <= 24
    study = example_study()
    plan = study.run()
    for value in (
        study,
        plan,
        plan.coverage["meal_station"],
        plan.services["meal_station"].siting,
        gp.SitingProblem.from_cover([[True]], [1]),
    ):
        names = [n for n in dir(value) if not n.startswith("_")]
        assert 3 <= len(names) <= 16, (type(value), names)
        for name in names:
            getattr(value, name)  # each is there


@pytest.mark.parametrize("path", ["", *(f".{one}" for one in PACKAGES)])
def test_lazy_names_hide_no_module(path: str) -> None:
    """A name that a module bears too would be the module as soon as that is imported."""
    package = importlib.import_module(f"geoplan{path}")
    if "__getattr__" in vars(package):
        modules = {m.name for m in pkgutil.iter_modules(package.__path__)}
        assert not modules & set(package.__all__)
    for name in package.__all__:
        getattr(package, name)
    assert set(package.__all__) <= set(dir(package))
    with pytest.raises(AttributeError, match="nonsense"):
        package.nonsense  # noqa: B018


@pytest.mark.parametrize("path", ["", *(f".{one}" for one in PACKAGES)])
def test_type_checkers_see_what_lazy_names_load(path: str) -> None:
    """A lazy package has one list of its names, the stub beside it; all of it loads."""
    package = importlib.import_module(f"geoplan{path}")
    if "__getattr__" not in vars(package):
        return
    tree = ast.parse(Path(package.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [n for n in tree.body if isinstance(n, ast.ImportFrom)]
    seen = {alias.name: f".{n.module}" for n in imports for alias in n.names}
    assert set(seen) == set(package.__all__) == set(dir(package)) - {"__version__"}
    for name, module in seen.items():
        defined = importlib.import_module(module, package.__name__)
        assert getattr(package, name) is getattr(defined, name), name


def test_nouns_show_themselves_in_a_line_and_as_safe_html() -> None:
    study = example_study().replace({"study.name": "<b>Small</b>"})
    plan = study.run()
    service = plan.services["meal_station"]
    shown = [
        study,
        plan,
        plan.inputs,
        plan.results,
        service,
        service.coverage,
        service.siting,
        service.siting.result,
        service.siting.robustness,
        service.facilities,
        plan.results.areas["district"],
        study.check(),
    ]
    for value in shown:
        assert len(repr(value)) < 400, type(value)
        assert "\n" not in repr(value), type(value)
        assert repr(value).startswith(type(value).__name__ + "("), type(value)
        html = getattr(value, "_repr_html_", None)
        if html is not None:
            assert "<b>Small</b>" not in html()
    assert "&lt;b&gt;Small" in study._repr_html_()
    assert "150 / 290 people (51.7% → 79.3%)" in plan._repr_html_()


def test_the_reference_page_is_what_the_docstrings_say(checkout: Path) -> None:
    told = runpy.run_path(str(checkout / "docs" / "make_api.py"))["page"]()
    assert told == (checkout / "docs" / "api.md").read_text(encoding="utf-8"), "run make docs"


def test_the_reference_page_has_every_public_name(checkout: Path) -> None:
    page = (checkout / "docs" / "api.md").read_text(encoding="utf-8")
    names = {name.split(".")[-1] for name, _ in [*of_geoplan(), *of_packages()]}
    assert not [name for name in sorted(names) if not re.search(rf"`(\w*\.)?{name}\b", page)]


def test_the_page_on_data_names_the_templates_and_what_ifs_as_they_are(checkout: Path) -> None:
    page = (checkout / "docs" / "data-preparation.md").read_text(encoding="utf-8")
    for name, (headings, _) in TEMPLATES["zh"].items():
        assert f"| `{name}` | {', '.join(headings.split(','))} |" in page
    block = re.search(r"^    \[what_if\]\n(?:    .*\n|\n(?=    ))+", page, re.M)
    assert block is not None
    written = tomllib.loads(textwrap.dedent(block.group()))["what_if"]
    assert set(written) == set(NAMES)
