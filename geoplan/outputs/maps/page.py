"""`ServiceMap`: a folium map whose page carries everything it needs inside it.

folium's own page loads Leaflet, Bootstrap, jQuery and fonts from other sites; this one holds
Leaflet and our script, and its data as JSON. Folium objects can still be added to it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable
from typing import Any

import folium
from branca.element import Element, Figure
from jinja2 import Template

from geoplan.outputs.maps.assets import (
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
    web_text,
)
from geoplan.outputs.maps.content import ui_words, what_if_words
from geoplan.words.speaker import Speaker
from geoplan.words.text_format import without_invisible

#: height of a map in a notebook
NOTEBOOK_HEIGHT = "680px"


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


class ServiceMap(folium.Map):
    """One service's map as a self-contained page.

    Parameters
    ----------
    content : what `map_content` made.
    name : a short stable name that the page's elements are called by.
    basemap : what `basemap_layer` made, or None.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 (folium's own way to say it)
    default_css: list[tuple[str, str]] = []  # noqa: RUF012

    def __init__(
        self, content: dict[str, Any], *, name: str, basemap: dict[str, Any] | None = None
    ) -> None:
        (south, west), (north, east) = content["bounds"]
        super().__init__(
            location=[(south + north) / 2, (west + east) / 2], tiles=None, prefer_canvas=True
        )
        self.content = content
        self.basemap = basemap
        # folium draws its names from chance; identical input must give identical bytes
        self._id = "".join(c if c.isascii() and c.isalnum() else "_" for c in name)
        page = _Page(content["lang"], content["meta"]["title"], self)
        page.add_child(self, name="map")

    def get_name(self) -> str:
        """The name of the map's variable and element in the page."""
        return f"map_{self._id}"

    def mount_point(self, *, paired: bool = False) -> str:
        """Arguments of the page's script: which element, which data, one of two maps or alone."""
        options = {"element": self.get_name(), "data": f"{self.get_name()}_data"}
        return json_for_page(options | ({"paired": True} if paired else {}))

    def body(self) -> str:
        """The page's visible frame and its data."""
        speaker, unlimited = Speaker(self.content["lang"]), self.content.get("unlimited", False)
        timed = bool(self.content["meta"].get("timed"))
        words = ui_words(speaker, unlimited=unlimited, timed=timed)
        if self.content.get("whatif") is not None:
            words = words | what_if_words(speaker)
        payload = json_for_page(self.content | {"words": words, "basemap": self.basemap})
        frame = Template(web_text("frame/page.html"), autoescape=True).render(
            name=self.get_name(),
            meta=self.content["meta"],
            t=words,
        )
        return (
            f"{frame}\n"
            f'<script type="application/json" id="{self.get_name()}_data">{payload}</script>'
        )

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Put the map's parts into the page, without folium's scripts from other sites."""
        figure = self.get_root()
        assert isinstance(figure, Figure)
        start = f"var {self.get_name()} = geoplan.mount({self.mount_point()});"
        figure.html.add_child(_Text(self.body()), name=self.get_name())
        figure.script.add_child(_Text(start), name=self.get_name())
        for child in self._children.values():
            child.render(**kwargs)

    @property
    def page(self) -> str:
        """The whole page as HTML."""
        root = self.get_root()
        assert isinstance(root, Figure)
        return str(root.render())


class _Text(Element):
    """Text that goes into the page as it is: branca would run it as a template, names and all."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def render(self, **kwargs: Any) -> str:
        """The text."""
        return self.text


class _Page(Figure):
    """The page around the map: head with style and scripts, and a policy that refuses requests."""

    def __init__(self, lang: str, title: str, owner: ServiceMap) -> None:
        super().__init__(height=NOTEBOOK_HEIGHT, title=title)
        self.lang = lang
        self.owner = owner
        self._id = owner._id

    def render(self, **kwargs: Any) -> str:
        """The page as HTML."""
        for child in self._children.values():
            child.render(**kwargs)
        # parts that a user added (a folium.Marker, a plugin) bring their own heads
        own = {"meta_http"}
        extra = "".join(
            child.render(**kwargs)
            for name, child in self.header._children.items()
            if name not in own
        )
        return whole_page(
            self.html.render(**kwargs),
            self.script.render(**kwargs),
            lang=self.lang,
            title=self.title or "",
            basemap=self.owner.basemap,
            head=extra,
            **_further_parts(self.owner.content),
        )


def _further_parts(content: dict[str, Any]) -> dict[str, Any]:
    """The page parts of what-ifs and of plans in time, for a page that has any; else none.

    A public page carries no covers, and so never what-ifs.
    """
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    if content.get("whatif") is not None:
        styles, scripts = (WHAT_IF_STYLE,), WHAT_IF_SCRIPTS
    if content.get("programme") is not None:
        styles, scripts = (*styles, PROGRAMME_STYLE), (*scripts, *PROGRAMME_SCRIPTS)
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
