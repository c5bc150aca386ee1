"""The report as one HTML file: pictures and interactive maps inside, no request to anywhere."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from geoplan.outputs.report.blocks import (
    Block,
    Document,
    FigureBlock,
    Heading,
    Listing,
    Paragraph,
    TableBlock,
    report_date,
)
from geoplan.outputs.report.numbering import Label, label_key, labels, pieces

#: maps go into the page as long as it stays so small; else it opens those beside it
_MOST_BYTES = 5_000_000
#: text of a map packs to a third at best, and grows by a third in the page
_PACKED = 0.35


def write_html(document: Document, path: Path, *, figures: Path, maps: Path) -> Path:
    """Write the report's page.

    Parameters
    ----------
    document : what to say.
    path : the file to write.
    figures, maps : folders of the run's pictures (``NAME.png``) and maps (``KEY.html``); those that
        are not there are left out.
    """
    speaker = document.speaker
    web = files("geoplan.outputs.report")
    style = web.joinpath("report.css").read_text(encoding="utf-8")
    script = web.joinpath("report.js").read_text(encoding="utf-8")
    body = "\n".join(_Page(document=document, figures=figures, maps=maps).body())
    stamps = "".join(f"<span>{escape(s)}</span>" for s in document.stamps)
    issued = [text for text in (document.form.office, report_date(document)) if text]
    below = f'<p class="issued">{escape("　".join(issued))}</p>' if issued else ""
    page = f"""<!DOCTYPE html>
<html lang="{"zh-CN" if speaker.lang == "zh" else "en"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(document.title)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<p class="stamps">{stamps}</p>
<h1>{escape(document.title)}</h1>
<p class="subtitle">{escape(document.subtitle)}</p>
{below}
</header>
<div class="page">
<nav aria-label="{escape(speaker.say("report.contents"))}">
{_contents(document)}
</nav>
<main>
{body}
</main>
</div>
<script>
{script}</script>
</body>
</html>
"""
    path.write_text(page, encoding="utf-8", newline="\n")
    return path


def _contents(document: Document) -> str:
    """Links to chapters and services, then to annexes."""
    lines = [f"<p>{escape(document.speaker.say('report.contents'))}</p>", "<ol>"]
    for k, block in enumerate(document.blocks):
        if isinstance(block, Heading) and block.level <= (1 if block.annex else 2):
            lines.append(
                f'<li class="h{block.level}"><a href="#s{k}">{escape(block.text)}</a></li>'
            )
    return "\n".join([*lines, "</ol>"])


@dataclass(kw_only=True, slots=True, eq=False)
class _Page:
    """The blocks of a document as markup."""

    document: Document
    figures: Path
    maps: Path
    labels: Mapping[str, Label] = field(init=False)
    packed: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        names = {b.name for b in self.document.blocks if isinstance(b, FigureBlock)}
        there = {name for name in names if (self.figures / f"{name}.png").exists()}
        self.labels = labels(self.document.blocks, there, self.document.speaker)
        shown = [b for b in self.document.blocks if isinstance(b, FigureBlock) and b.name in there]
        self.packed = _packed(shown, self.figures, self.maps)

    def body(self) -> Iterator[str]:
        beside = False
        for k, block in enumerate(self.document.blocks):
            if isinstance(block, TableBlock):
                yield self._table(block, label_key(block, k))
                if beside:
                    yield "</div>"
                beside = False
            elif isinstance(block, FigureBlock):
                if block.name in self.labels:
                    beside = block.beside
                    if beside:
                        yield '<div class="beside">'
                    yield self._figure(block)
            else:
                yield self._text(block, k)

    def _text(self, block: Block, number: int) -> str:
        if isinstance(block, Heading):
            tag = f"h{block.level + 1}"
            kind = ""
            if block.level == 1 and (block.annex or not block.new_page):
                kind = f' class="{"annex" if block.annex else "on"}"'
            return f'<{tag} id="s{number}"{kind}>{escape(block.text)}</{tag}>'
        if isinstance(block, Listing):
            items = "".join(f"<li>{self._words(item)}</li>" for item in block.items)
            return f'<ul class="{block.kind}">{items}</ul>'
        assert isinstance(block, Paragraph)
        return "".join(
            f'<p class="{block.kind}{" lead" if part.lead else ""}">'
            + (f"<b>{escape(part.lead)}</b> " if part.lead else "")
            + f"{self._words(part.text)}</p>"
            for part in block.parts
        )

    def _words(self, text: str) -> str:
        """A text whose references are links."""
        return "".join(
            f'<a href="#{_anchor(key)}">{escape(words)}</a>' if key else escape(words)
            for key, words in pieces(text, self.labels, self.document.speaker)
        )

    def _caption(self, key: str, caption: str) -> str:
        speaker = self.document.speaker
        label = self.labels[key].text(speaker)
        return escape(speaker.say("report.caption", label=label, caption=caption))

    def _table(self, block: TableBlock, key: str) -> str:
        def row(cells: tuple[str, ...], tag: str, kind: str = "") -> str:
            text = "".join(
                f'<{tag} class="n">{escape(c)}</{tag}>'
                if k in block.right
                else f"<{tag}>{escape(c)}</{tag}>"
                for k, c in enumerate(cells)
            )
            return f"<tr{kind}>{text}</tr>"

        rows = [row(cells, "td") for cells in block.rows]
        if block.total and rows:
            rows[-1] = row(block.rows[-1], "td", ' class="total"')
        body = "\n".join(rows)
        return (
            f'<div class="table" id="{_anchor(key)}"><table>'
            f"<caption>{self._caption(key, block.caption)}</caption>\n"
            f"<thead>{row(block.heads, 'th')}</thead>\n<tbody>\n{body}\n</tbody></table></div>"
        )

    def _figure(self, block: FigureBlock) -> str:
        speaker, file = self.document.speaker, self.figures / f"{block.name}.png"
        caption = self._caption(block.name, block.caption)
        picture = base64.b64encode(file.read_bytes()).decode("ascii")
        button = store = ""
        if block.map_key and (self.maps / f"{block.map_key}.html").exists():
            packed = self.packed.get(block.map_key, "")
            words = {k: escape(speaker.say(f"report.{k}")) for k in ("open_map", "close_map")}
            old = escape(speaker.say("report.no_script_map"))
            button = (
                f'<button type="button" class="map" data-map="map-{escape(block.map_key)}" '
                f'data-open="{words["open_map"]}" data-close="{words["close_map"]}" '
                f'data-old="{old}">{words["open_map"]}</button>'
            )
            beside = "" if packed else f' data-beside="maps/{quote(block.map_key)}.html"'
            store = (
                f'<script type="text/plain" id="map-{escape(block.map_key)}"{beside}>{packed}'
                "</script>"
            )
        return (
            f'<figure id="{_anchor(block.name)}">'
            f'<img alt="{escape(block.caption)}" src="data:image/png;base64,{picture}">'
            f"<figcaption>{caption}{button}</figcaption>{store}</figure>"
        )


def _packed(shown: Iterable[FigureBlock], figures: Path, maps: Path) -> dict[str, str]:
    """The maps as text of the page, all of them or, where that makes it too large, none."""
    shown = list(shown)
    pages = {b.map_key: maps / f"{b.map_key}.html" for b in shown if b.map_key}
    pages = {key: page for key, page in pages.items() if page.exists()}
    room = _MOST_BYTES - sum((figures / f"{b.name}.png").stat().st_size for b in shown) * 4 / 3
    if sum(page.stat().st_size for page in pages.values()) * _PACKED > room:
        return {}
    packed = {
        key: base64.b64encode(gzip.compress(page.read_bytes(), 9, mtime=0)).decode("ascii")
        for key, page in pages.items()
    }
    return packed if sum(map(len, packed.values())) <= room else {}


def _anchor(key: str) -> str:
    return "ref-" + "".join(c if c.isalnum() and c.isascii() else "-" for c in key)
