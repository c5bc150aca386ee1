"""A basemap, only when it is asked for: 天地图, OpenStreetMap or a folder of tiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from geoplan.errors import UsageError
from geoplan.words import say

_TIANDITU = (
    "https://t0.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    "&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)


def basemap_layer(
    basemap: str | None, *, tianditu_key: str | None, lang: str
) -> dict[str, Any] | None:
    """What the page needs to draw a basemap; None for none.

    Parameters
    ----------
    basemap : None, ``"tianditu"``, ``"osm"``, a folder of tiles (``z/x/y.png`` in it), or the
        address of tiles with ``{z}``, ``{x}``, ``{y}`` (relative to the map's file,
        ``"tiles/{z}/{x}/{y}.png"``, or a server on the intranet).
    tianditu_key : the user's own key, which then stands in the page.

    Raises
    ------
    UsageError
        An unknown name, or 天地图 without a key.
    """
    if basemap is None:
        return None
    if basemap == "tianditu":
        if not tianditu_key:
            raise UsageError(
                f"{say(lang, 'maps.basemap_key')}: tianditu_key=..., from an environment variable "
                "of yours; it will stand in the map file, so do not publish that file."
            )
        key = quote(tianditu_key, safe="")
        return {
            "tiles": [_TIANDITU.format(layer=layer, key=key) for layer in ("vec", "cva")],
            "origin": "https://t0.tianditu.gov.cn",
            "credit": "天地图",
            "most": 18,
        }
    if basemap == "osm":
        return {
            "tiles": ["https://tile.openstreetmap.org/{z}/{x}/{y}.png"],
            "origin": "https://tile.openstreetmap.org",
            "credit": "© OpenStreetMap contributors",
            "most": 19,
        }
    folder = Path(basemap)
    if folder.is_dir():
        basemap = _pattern(folder)
    if all(part in basemap for part in ("{z}", "{x}", "{y}")):
        if Path(basemap).is_absolute():  # a place on this computer, not on a server
            basemap = Path(basemap).as_uri().replace("%7B", "{").replace("%7D", "}")
        parts = urlsplit(basemap)
        origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "'self' file:"
        return {"tiles": [basemap], "origin": origin, "credit": "", "most": 19}
    raise UsageError(
        f"unknown basemap {basemap!r}: None, 'tianditu', 'osm', a folder of tiles, or an address "
        "of tiles with {z}, {x} and {y}."
    )


def _pattern(folder: Path) -> str:
    """The address of a folder's tiles, with the ending that its files have.

    Raises
    ------
    UsageError
        There are no tiles in it.
    """
    for tile in sorted(folder.glob("*/*/*.*")):
        if tile.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"):
            return str(folder.resolve() / "{z}" / "{x}" / ("{y}" + tile.suffix))
    raise UsageError(f"{folder} holds no tiles: they are expected as z/x/y.png in it.")
