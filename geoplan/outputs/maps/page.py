"""One map as a page of its own: Leaflet, our script and the map's data inside it, no request."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from geoplan.outputs.maps.assets import (
    PARTS_STYLE,
    PROGRAMME_SCRIPTS,
    PROGRAMME_STYLE,
    WHAT_IF_SCRIPTS,
    WHAT_IF_STYLE,
    app_script,
    app_style,
    data_uri,
    leaflet_licence,
    leaflet_script,
    leaflet_style,
    web_template,
    web_text,
)
from geoplan.outputs.maps.content import ui_words, what_if_words
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import without_invisible

#: what stands before a part of a page, as a folium map has it
_PART = "\n    "


def json_for_page(value: Any) -> str:
    r"""JSON that may stand inside a script element: no name in it can end the element.

    Invisible characters that turn the direction of text are left out: they would move what follows.

    Examples
    --------
    >>> json_for_page({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return without_invisible(text)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MapPage:
    """One service's map as a self-contained page.

    Parameters
    ----------
    content : what `map_content` made.
    name : a short stable name that the page's elements are called by.
    encoded : `json_for_page` of the content.
    basemap : what `basemap_layer` made, or None.
    """

    content: dict[str, Any]
    name: str
    encoded: str
    basemap: dict[str, Any] | None = None

    @classmethod
    def of(
        cls, content: dict[str, Any], *, name: str, basemap: dict[str, Any] | None = None
    ) -> MapPage:
        """The page of some content."""
        return cls(content=content, name=name, encoded=json_for_page(content), basemap=basemap)

    @property
    def element(self) -> str:
        """The name of the map's variable and element in the page."""
        return "map_" + "".join(c if c.isascii() and c.isalnum() else "_" for c in self.name)

    @property
    def start(self) -> str:
        """The script that sets it going."""
        return f"var {self.element} = geoplan.mount({self.mount_point()});"

    def mount_point(self, *, paired: bool = False) -> str:
        """Arguments of the page's script: which element, which data, one of two maps or alone."""
        options = {"element": self.element, "data": f"{self.element}_data"}
        return json_for_page(options | ({"paired": True} if paired else {}))

    def body(self) -> str:
        """The page's visible frame and its data."""
        speaker, unlimited = Speaker(self.content["lang"]), self.content.get("unlimited", False)
        timed = bool(self.content["meta"].get("timed"))
        words = ui_words(speaker, unlimited=unlimited, timed=timed)
        if self.content.get("whatif") is not None:
            words = words | what_if_words(speaker)
        further = json_for_page({"words": words, "basemap": self.basemap})
        payload = f"{self.encoded[:-1]},{further[1:]}"
        frame = web_template("frame/page.html").render(
            name=self.element,
            meta=self.content["meta"],
            t=words,
        )
        return (
            f'{frame}\n<script type="application/json" id="{self.element}_data">{payload}</script>'
        )

    def text(self, body: str | None = None, start: str | None = None, *, head: str = "") -> str:
        """The whole page as HTML.

        body, start, head : its parts where something was added to them.
        """
        return whole_page(
            f"{_PART}{self.body()}" if body is None else body,
            f"{_PART}{self.start}" if start is None else start,
            lang=self.content["lang"],
            title=self.content["meta"]["title"],
            basemap=self.basemap,
            head=head,
            **_further_parts(self.content),
        )


def _further_parts(content: dict[str, Any]) -> dict[str, Any]:
    """The page parts of what-ifs, plans in time and links, for a page that has any; else none.

    A public page carries no covers, and so never what-ifs.
    """
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    if content.get("whatif") is not None:
        styles, scripts = (WHAT_IF_STYLE,), WHAT_IF_SCRIPTS
    if content.get("programme") is not None:
        styles, scripts = (*styles, PROGRAMME_STYLE), (*scripts, *PROGRAMME_SCRIPTS)
    if content["meta"].get("parts"):
        styles = (*styles, PARTS_STYLE)
    return {"styles": styles, "scripts": scripts}


def whole_page(
    body: str,
    start: str,
    *,
    lang: str,
    title: str,
    basemap: dict[str, Any] | None,
    head: str = "",
    styles: Iterable[str] = (),
    scripts: Iterable[str] = (),
) -> str:
    """A page with Leaflet, our scripts and styles inside it.

    Parameters
    ----------
    body : the visible page and its data, as HTML.
    start : the script that sets it going.
    lang, title : of the page; the title is text.
    basemap : what `basemap_layer` made, or None: the only place that the page may ask.
    head : HTML for the page's head; with it the page has no policy, as nobody knows what it loads.
    styles, scripts : names of our own page parts wanted beside the map's.
    """
    library = f"{leaflet_script()}\n{app_script()}"
    library += "".join(f"\n{web_text(name)}" for name in scripts)
    css = f"{leaflet_style()}\n{app_style()}"
    css += "".join(f"\n{web_text(name)}" for name in styles)
    icons = json_for_page([data_uri("marker-icon.png"), data_uri("marker-shadow.png")])
    start = f"geoplan.icons({icons});\n{start}"
    policy = "" if head else page_policy([library, start], basemap)
    return (
        "<!DOCTYPE html>\n"
        f'<html lang="{"en" if lang == "en" else "zh-CN"}">\n<head>\n'
        '<meta charset="utf-8">\n'
        f"{policy}"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="generator" content="geoplan">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{html.escape(title)}</title>\n"
        f"<!-- Leaflet:\n{leaflet_licence()}\n-->\n"
        f"<style>{css}</style>\n{head}</head>\n"
        f"<body>\n{body}\n"
        f"<script>{library}</script>\n<script>{start}</script>\n</body>\n</html>\n"
    )


def page_policy(scripts: list[str], basemap: dict[str, Any] | None) -> str:
    """A content security policy: only these scripts, and no request but for asked tiles."""
    hashes = " ".join(
        "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode() + "'"
        for text in scripts
    )
    tiles = f" {basemap['origin']}" if basemap else ""
    rule = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        f"img-src data: blob:{tiles}; base-uri 'none'; form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{html.escape(rule)}">\n'
