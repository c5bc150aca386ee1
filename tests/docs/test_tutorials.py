"""The notebooks' cells have English twins for the site, which say what the Chinese ones say."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
SPAN = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\]\(([^)]+)\)")
HEADING = re.compile(r"^#+ ", re.MULTILINE)
DATE = re.compile(r"\d{4}-\d\d-\d\d")
EPSG = re.compile(r"EPSG:\d+")
#: what a reader puts in himself: 文件夹, 运行A; DIR, RUN_A
PLACEHOLDER = re.compile(r"[\u4e00-\u9fff]+[A-Z]?|\b[A-Z][A-Z_]+\b")


def cells_of(path: Path, kind: str) -> list[tuple[str, str, str | None]]:
    """Id, Chinese text and English twin of every cell of a kind."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [
        (cell["id"], "".join(cell["source"]), cell["metadata"].get("en"))
        for cell in cells
        if cell["cell_type"] == kind
    ]


def differences(chinese: str, english: str) -> list[str]:
    """What one of two twins of prose names and the other does not."""
    told = []
    both = [text.replace(".zh-CN.md", ".md") for text in (chinese, english)]
    ways = {
        "code": lambda text: {code_word(span) for span in SPAN.findall(text)},
        "links": lambda text: LINK.findall(text),
        "headings": lambda text: HEADING.findall(text),
        "dates": lambda text: DATE.findall(text),
        "systems": lambda text: EPSG.findall(text),
    }
    for what, way in ways.items():
        if way(both[0]) != way(both[1]):
            told.append(what)
    if CHINESE.search(SPAN.sub("", english)):
        told.append("Chinese in the English twin")
    if not CHINESE.search(SPAN.sub("", chinese)):
        told.append("no Chinese in the Chinese twin")
    return told


def code_word(span: str) -> str:
    """Code as it is; in a line of several words the reader's own ones left open."""
    return PLACEHOLDER.sub("…", span) if " " in span else span


def code_alone(source: str) -> str:
    """Code without comments and the functions' docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return ast.dump(tree)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_cell_of_prose_has_a_twin_that_names_the_same(path: Path) -> None:
    prose = cells_of(path, "markdown")
    assert len(prose) >= 5
    assert not [key for key, _, english in prose if not (english or "").strip()]
    assert not {k: d for k, zh, en in prose if (d := differences(zh, str(en)))}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_twin_of_code_is_the_same_code(path: Path) -> None:
    for key, source, english in cells_of(path, "code"):
        if english is not None:
            assert code_alone(english) == code_alone(source), key
            assert english != source, key
        elif "#" in source:
            assert not re.search(rf"#.*{CHINESE.pattern}", source), key


def test_there_are_nine_tutorials() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == [f"{n:02}" for n in range(1, 10)]


@pytest.mark.parametrize(
    ("english", "told"),
    [
        ("## See `a.b` in [x](y.md), `geoplan run STUDY --out DIR`", []),
        ("## See `a.c` in [x](y.md), `geoplan run STUDY --out DIR`", ["code"]),
        ("## See `a.b` in [x](y.md), `geoplan run STUDY --in DIR`", ["code"]),
        ("## See `a.b` in [x](z.md), `geoplan run STUDY --out DIR`", ["links"]),
        ("See `a.b` in [x](y.md), `geoplan run STUDY --out DIR`", ["headings"]),
        (
            "## 见 `a.b` in [x](y.md), `geoplan run STUDY --out DIR`",
            ["Chinese in the English twin"],
        ),
    ],
)
def test_twins_that_differ_are_told(english: str, told: list[str]) -> None:
    chinese = "## 见 `a.b`，[某页](y.zh-CN.md)，`geoplan run 研究 --out 文件夹`"
    assert differences(chinese, english) == told


def test_other_code_is_told_and_comments_are_not() -> None:
    assert code_alone("a = 1  # 一") == code_alone("# one\na = 1")
    assert code_alone("a = 1") != code_alone("a = 2")


@pytest.fixture(scope="module")
def hooks() -> Any:
    for name in ("mkdocs", "nbconvert", "latex2mathml"):
        pytest.importorskip(name)
    spec = importlib.util.spec_from_file_location("site_hooks", ROOT / "docs" / "site_hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_site_shows_a_tutorial_in_its_language(
    hooks: Any, language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(hooks, "EXECUTED", tmp_path)
    generated = SimpleNamespace(generated=lambda _config, name, content: (name, content))
    monkeypatch.setattr(hooks, "File", generated)
    config = SimpleNamespace(extra={"reader_language": language})
    pages = dict(hooks._tutorials(config))
    assert len(pages) == len(NOTEBOOKS)
    for path in NOTEBOOKS:
        page = pages[f"tutorials/{path.stem}.md"]
        twin = {"zh-CN": 1, "en": 2}[language]
        for cell in cells_of(path, "markdown"):
            for line in str(cell[twin]).splitlines():
                assert line in page
        assert page.startswith(f"# {path.name[:2]} ")


def test_outputs_are_those_of_the_same_code(hooks: Any, tmp_path: Path) -> None:
    plain = hooks.nbformat.read(NOTEBOOKS[0], as_version=4)
    executed = hooks.nbformat.read(NOTEBOOKS[0], as_version=4)
    output = hooks.nbformat.v4.new_output("stream", text="printed")
    executed.cells[1]["outputs"] = [output]
    executed.cells[0]["source"] = "older prose"
    kept = tmp_path / "kept.ipynb"
    assert not hooks._with_outputs(plain, kept)
    hooks.nbformat.write(executed, kept)
    assert hooks._with_outputs(plain, kept)
    assert plain.cells[1]["outputs"] == [output]
    assert plain.cells[0]["source"] != "older prose"
    executed.cells[3]["source"] += "\nother_code"
    hooks.nbformat.write(executed, kept)
    assert not hooks._with_outputs(plain, kept)


def test_the_site_has_no_page_that_needs_a_server(hooks: Any, tmp_path: Path) -> None:
    site = tmp_path / "en"
    site.mkdir()
    (site / "404.html").write_text("x", encoding="utf-8")
    hooks.on_post_build(SimpleNamespace(site_dir=str(site)))
    assert not list(tmp_path.rglob("404.html"))
    assert (tmp_path / "index.html").exists()
