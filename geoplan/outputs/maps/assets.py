"""The page parts that maps carry inside them: Leaflet (from npm, at build time) and our own.

``assets/`` is filled by the build hook (`hatch_build.py`) and not committed; ``web/`` is ours, in
rooms: ``frame`` ties the page together, ``map`` draws, ``panel`` tells, ``whatif`` counts trials,
``comparison`` and ``index`` are pages of their own, ``styles`` are the looks of them all.
"""

from __future__ import annotations

import base64
import re
from functools import cache
from importlib.resources import files

from jinja2 import Template

from geoplan.errors import MissingAssetError

#: our scripts, in the order in which they build on one another
SCRIPTS = (
    "frame/core.js",
    "map/scene.js",
    "map/model.js",
    "map/gaps.js",
    "frame/theme.js",
    "map/stamps.js",
    "map/badges.js",
    "map/closings.js",
    "map/journeys.js",
    "map/layers.js",
    "map/hit.js",
    "panel/detail.js",
    "panel/panel.js",
    "panel/legend.js",
    "panel/pinyin.js",
    "panel/search.js",
    "map/fit.js",
    "frame/views.js",
    "frame/png.js",
    "frame/sheet.js",
    "frame/app.js",
)

#: our styles, later ones over earlier ones
STYLES = (
    "styles/page.css",
    "styles/lists.css",
    "styles/tools.css",
    "styles/leaflet.css",
    "styles/narrow.css",
    "styles/system.css",
)

#: what an internal map carries besides, where a service has covers
WHAT_IF_SCRIPTS = (
    "whatif/inflate.js",
    "whatif/data.js",
    "whatif/count.js",
    "whatif/seats.js",
    "whatif/gaps.js",
    "whatif/toml.js",
    "whatif/panel.js",
    "whatif/map.js",
    "whatif/session.js",
)
WHAT_IF_STYLE = "whatif/whatif.css"

#: what the map of a service with a plan in time carries besides
PROGRAMME_SCRIPTS = ("programme/programme.js",)
PROGRAMME_STYLE = "programme/programme.css"

#: what an overview and the pages of its counties carry besides
PARTS_STYLE = "panel/parts.css"

#: what a page with two maps beside each other carries besides
COMPARISON_SCRIPTS = (
    "comparison/difference.js",
    "comparison/sheet.js",
    "comparison/compare.js",
)
COMPARISON_STYLE = "comparison/compare.css"


@cache
def asset_bytes(name: str) -> bytes:
    """The file `name` that the build hook put into the package.

    Raises
    ------
    MissingAssetError
        When it is not there; the message names the remedy.
    """
    try:
        return files("geoplan").joinpath("outputs", "assets", name).read_bytes()
    except FileNotFoundError:
        raise MissingAssetError.of("call_faults.no_asset", name=name) from None


@cache
def web_text(name: str) -> str:
    """Our own page part `name`, as ``room/file`` (style, script or template).

    Examples
    --------
    >>> web_text("styles/page.css").startswith("/*")
    True
    """
    return files("geoplan").joinpath("outputs", "web", *name.split("/")).read_text(encoding="utf-8")


@cache
def web_template(name: str) -> Template:
    """Our own page part `name` as a template, what goes into it made safe."""
    return Template(web_text(name), autoescape=True)


def leaflet_script() -> str:
    """Leaflet's JavaScript, its licence line kept, without the reference to a source map."""
    text = asset_bytes("leaflet.js").decode("utf-8")
    return re.sub(r"//# sourceMappingURL=.*", "", text).strip()


def leaflet_style() -> str:
    """Leaflet's CSS with no file left to be asked for: pictures become empty."""
    text = asset_bytes("leaflet.css").decode("utf-8")
    return re.sub(r"url\([^)]*\)", "none", text).strip()


def leaflet_licence() -> str:
    """The text of Leaflet's licence."""
    return asset_bytes("leaflet.LICENSE.txt").decode("utf-8").strip()


def data_uri(name: str) -> str:
    """A picture of the assets as a ``data:`` address."""
    return "data:image/png;base64," + base64.b64encode(asset_bytes(name)).decode("ascii")


def app_script() -> str:
    """Our scripts as one."""
    return "\n".join(web_text(name).strip() for name in SCRIPTS)


def app_style() -> str:
    """Our styles as one."""
    return "".join(web_text(name) for name in STYLES)
