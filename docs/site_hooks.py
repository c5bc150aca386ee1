"""Hooks of the docs site: two languages from one folder, tutorials from notebooks, MathML.

A page ``X.zh-CN.md`` is the twin of ``X.md``. A build takes the pages of one language, lets links
to the other one lead to its site beside, and gives both the same addresses. A notebook's cell has
its English twin in its metadata, ``{"en": ...}``; Jupyter shows the Chinese one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from latex2mathml.converter import convert
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from nbconvert import MarkdownExporter

ROOT = Path(__file__).resolve().parents[1]
EXECUTED = ROOT / "build" / "tutorials"
NOTEBOOKS = ROOT / "notebooks"
CHINESE = ".zh-CN"
NAMES = {"en": "English", "zh-CN": "中文"}
#: title and text above a tutorial without outputs
NOT_RUN = {
    "en": ("Without outputs", "Not run yet: `make tutorials`, then `make docs-site` again."),
    "zh-CN": ("没有运行结果", "这篇教程还没有运行过：先 `make tutorials`，再 `make docs-site`。"),
}
#: what readers of a language should know above every tutorial
IN_CHINESE = {
    "en": "*The notebook, the demo city's files and the outputs are in Chinese;"
    " the text of this page is translated.*",
    "zh-CN": "",
}
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([\w./-]+\.md)(#[^)\s]*)?\)")
FORMULA = re.compile(r'<(span|div) class="arithmatex">(.*?)</\1>', re.DOTALL)
CELL = re.compile(r"<t[dh][ >].*?</t[dh]>", re.DOTALL)
CODE = re.compile(r"(?<=<code>)[^<]+(?=</code>)")
#: a line's end between Chinese characters, which a browser would show as a space
BETWEEN_CHINESE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\n(?=[\u3000-\u9fff\uff00-\uffef])")
#: a notebook's HTML longer than this is a map: a page of its own, shown in a frame
MAP_CHARS = 200_000


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The tutorials' names come from the notebooks."""
    for entry in config.nav or []:
        for title, value in entry.items():
            if value == "tutorials":
                entry[title] = [f"tutorials/{path.stem}.md" for path in _notebooks()]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The pages of this language, under addresses without it; tutorials and their pictures."""
    language = config.extra["reader_language"]
    kept = []
    for file in files:
        if file.is_documentation_page() and _language(file.src_uri) != language:
            continue
        if file.dest_uri.endswith(f"{CHINESE}.html"):
            file.dest_uri = file.dest_uri.removesuffix(f"{CHINESE}.html") + ".html"
        kept.append(file)
    return Files([*kept, *_tutorials(config)])


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links to the other language lead to the site beside; mkdocs knows nothing of that one."""
    language = config.extra["reader_language"]
    folder = posixpath.dirname(page.file.src_uri)

    def site_link(found: re.Match[str]) -> str:
        text, path, anchor = found.groups()
        target = posixpath.normpath(posixpath.join(folder, path))
        other = _language(target)
        if other == language or not (ROOT / "docs" / target).exists():
            return found.group(0)
        address = target.removesuffix(".md").removesuffix(CHINESE) + ".html"
        depth = "../" * (page.url.count("/") + 1)
        return f'<a href="{depth}{other}/{address}{anchor or ""}">{text}</a>'

    return BETWEEN_CHINESE.sub("", LINK.sub(site_link, markdown))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Formulas as MathML, which browsers draw without a script; names in tables break well."""
    return CELL.sub(_breakable, FORMULA.sub(_formula, html))


def on_page_context(
    context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Any
) -> dict[str, Any]:
    """The language switch leads to the same page."""
    config.extra["alternate"] = [  # from the site's root
        {"name": name, "link": f"../{lang}/{page.url}", "lang": lang}
        for lang, name in NAMES.items()
    ]
    return context


def on_post_build(config: MkDocsConfig) -> None:
    """The folder's first page leads to the reader's language; no page for a server's 404."""
    (Path(config.site_dir) / "404.html").unlink(missing_ok=True)  # its links need a server
    start = Path(config.site_dir).parent / "index.html"
    start.write_text(
        '<!doctype html><meta charset="utf-8"><title>geoplan</title>\n'
        "<script>location.replace((/^zh/i.test(navigator.language) ? 'zh-CN' : 'en')"
        " + '/index.html')</script>\n"
        '<p><a href="zh-CN/index.html">中文</a> · <a href="en/index.html">English</a></p>\n',
        encoding="utf-8",
    )


def _language(src_uri: str) -> str:
    return "zh-CN" if src_uri.endswith(f"{CHINESE}.md") else "en"


def _formula(found: re.Match[str]) -> str:
    text = found.group(2).strip()
    shown = "block" if found.group(1) == "div" else "inline"
    for ampersand, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(ampersand, sign)
    latex = re.sub(r"^\\[\[(]|\\[\])]$", "", text).strip()
    return convert(latex, display=shown)


def _breakable(cell: re.Match[str]) -> str:
    """A table's cell whose code may break after a sign between two words, nowhere else."""
    return CODE.sub(
        lambda code: re.sub(r"(?<=\w)([._/\\=-])(?=\w)", r"\1<wbr>", code.group()), cell.group()
    )


def _notebooks() -> list[Path]:
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def _tutorials(config: MkDocsConfig) -> Iterator[File]:
    for path in _notebooks():
        yield from _tutorial(config, path)


def _tutorial(config: MkDocsConfig, path: Path) -> Iterator[File]:
    """One notebook as a page, the pictures and maps that it shows beside it."""
    language = config.extra["reader_language"]
    notebook = nbformat.read(path, as_version=4)
    ran = _with_outputs(notebook, EXECUTED / path.name)
    for cell in notebook.cells:
        cell.source = cell.metadata.get(language, cell.source)
    maps: list[str] = []
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        if cell.cell_type == "code":
            cell["outputs"] = [one for one in outputs if "<progress" not in _html_of(one)]
        for output in cell.get("outputs", []):
            html = _html_of(output)
            if len(html) > MAP_CHARS:
                maps.append(html)
                output["data"] = {"text/markdown": _frame(f"{path.stem}_map{len(maps)}.html")}
    text, resources = MarkdownExporter().from_notebook_node(
        notebook, {"output_files_dir": path.stem}
    )
    title, _, rest = text.lstrip().partition("\n")
    above = [title, IN_CHINESE[language]]
    if not ran:
        above.append('!!! note "{}"\n    {}'.format(*NOT_RUN[language]))
    text = "\n\n".join([*filter(None, above), rest])
    yield File.generated(config, f"tutorials/{path.stem}.md", content=text)
    for name, data in resources["outputs"].items():
        yield File.generated(config, f"tutorials/{name}", content=data)
    for number, html in enumerate(maps, 1):
        page = f'<!doctype html><meta charset="utf-8"><body style="margin:0">{html}'
        yield File.generated(config, f"tutorials/{path.stem}_map{number}.html", content=page)


def _with_outputs(notebook: Any, executed: Path) -> bool:
    """Take the outputs of the executed copy, unless that ran other code than the notebook's."""
    if not executed.exists():
        return False
    ran = [c for c in nbformat.read(executed, as_version=4).cells if c.cell_type == "code"]
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    if [c.source for c in ran] != [c.source for c in cells]:
        return False
    for cell, done in zip(cells, ran, strict=True):
        cell["outputs"] = done["outputs"]
    return True


def _html_of(output: Any) -> str:
    return str(output.get("data", {}).get("text/html", ""))


def _frame(name: str) -> str:
    return (
        f'<iframe class="map" src="{name}" loading="lazy" title="map"></iframe>\n'
        f'<p><a href="{name}" target="_blank">⛶ {name}</a></p>'
    )
