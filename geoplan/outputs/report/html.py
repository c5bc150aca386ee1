"""The report as one HTML file: pictures and interactive maps inside, no request to anywhere."""

from __future__ import annotations

import base64
import gzip
import io
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from pathlib import Path

from PIL import Image

from geoplan.outputs.report.blocks import (
    Block,
    Document,
    FigureBlock,
    Heading,
    Listing,
    Paragraph,
    TableBlock,
)
from geoplan.words.speaker import Speaker

#: pictures are shrunk to this for the screen; the files in figures/ keep 300 dpi
_PIXELS = 1300


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
    body = "\n".join(_body(document, figures, maps))
    stamps = "".join(f"<span>{escape(s)}</span>" for s in document.stamps)
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
    """Links to chapters and services."""
    lines = [f"<p>{escape(document.speaker.say('report.contents'))}</p>", "<ol>"]
    for k, block in enumerate(document.blocks):
        if isinstance(block, Heading) and block.level <= 2:
            lines.append(
                f'<li class="h{block.level}"><a href="#s{k}">{escape(block.text)}</a></li>'
            )
    return "\n".join([*lines, "</ol>"])


def _body(document: Document, figures: Path, maps: Path) -> Iterator[str]:
    tables = pictures = 0
    for k, block in enumerate(document.blocks):
        if isinstance(block, TableBlock):
            tables += 1
            yield _table(block, tables, document.speaker)
        elif isinstance(block, FigureBlock):
            file = figures / f"{block.name}.png"
            if file.exists():
                pictures += 1
                yield _figure(block, pictures, file, maps, document.speaker)
        else:
            yield _text(block, k)


def _text(block: Block, number: int) -> str:
    if isinstance(block, Heading):
        tag = f"h{block.level + 1}"
        return f'<{tag} id="s{number}">{escape(block.text)}</{tag}>'
    if isinstance(block, Listing):
        return "<ul>" + "".join(f"<li>{escape(i)}</li>" for i in block.items) + "</ul>"
    assert isinstance(block, Paragraph)
    return f'<p class="{block.kind}">{escape(block.text)}</p>'


def _table(block: TableBlock, number: int, speaker: Speaker) -> str:
    caption = escape(speaker.say("report.table", number=number, caption=block.caption))

    def row(cells: tuple[str, ...], tag: str) -> str:
        text = "".join(
            f'<{tag} class="n">{escape(c)}</{tag}>'
            if k in block.right
            else f"<{tag}>{escape(c)}</{tag}>"
            for k, c in enumerate(cells)
        )
        return f"<tr>{text}</tr>"

    body = "\n".join(row(r, "td") for r in block.rows)
    return (
        f'<div class="table"><table><caption>{caption}</caption>\n<thead>{row(block.heads, "th")}'
        f"</thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _figure(block: FigureBlock, number: int, file: Path, maps: Path, speaker: Speaker) -> str:
    caption = escape(speaker.say("report.figure", number=number, caption=block.caption))
    picture = base64.b64encode(screen_size(file)).decode("ascii")
    page = maps / f"{block.map_key}.html"
    button = store = ""
    if block.map_key and page.exists():
        packed = base64.b64encode(gzip.compress(page.read_bytes(), 9, mtime=0)).decode("ascii")
        words = {k: escape(speaker.say(f"report.{k}")) for k in ("open_map", "close_map")}
        old = escape(speaker.say("report.no_script_map"))
        button = (
            f'<button type="button" class="map" data-map="map-{escape(block.map_key)}" '
            f'data-open="{words["open_map"]}" data-close="{words["close_map"]}" '
            f'data-old="{old}">{words["open_map"]}</button>'
        )
        store = f'<script type="text/plain" id="map-{escape(block.map_key)}">{packed}</script>'
    return (
        f'<figure><img alt="{escape(block.caption)}" src="data:image/png;base64,{picture}">'
        f"<figcaption>{caption}{button}</figcaption>{store}</figure>"
    )


def screen_size(file: Path) -> bytes:
    """The picture at screen size with a palette: a tenth of the bytes.

    By octree: a colour of few pixels, that of a legend's patch, stays what it is; the median cut
    would lose it among the many.
    """
    with Image.open(file) as picture:
        image = picture.convert("RGB")
    if image.width > _PIXELS:
        height = round(image.height * _PIXELS / image.width)
        image = image.resize((_PIXELS, height), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    few = image.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(out, "PNG", optimize=True)
    return out.getvalue()
