"""A basemap, only when it is asked for: 天地图, OpenStreetMap or a folder of tiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from geoplan.errors import UsageError
from geoplan.words.speaker import Speaker

_TIANDITU = (
    "https://t0.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
    "&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    "&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)


def basemap_layer(
    basemap: str | None, *, tianditu_key: str | None, lang: str, audience: str = "internal"
) -> dict[str, Any] | None:
    """What the page needs to draw a basemap; None for none.

    Parameters
    ----------
    basemap : None, ``"tianditu"``, ``"osm"``, a folder of tiles (``z/x/y.png`` in it), or the
        address of tiles with ``{z}``, ``{x}``, ``{y}`` (relative to the map's file,
        ``"tiles/{z}/{x}/{y}.png"``, or a server on the intranet).
    tianditu_key : the user's own key, which then stands in the page.
    audience : ``"public"`` refuses what would publish a key or a path of this computer.

    Raises
    ------
    UsageError
        An unknown name, 天地图 without a key, or a basemap that no public file may hold.

    Examples
    --------
    >>> basemap_layer("osm", tianditu_key=None, lang="en")["credit"]
    '© OpenStreetMap contributors'
    """
    if basemap is None:
        return None
    speaker = Speaker(lang)
    if basemap == "tianditu":
        if audience == "public":
            raise UsageError(speaker.say("maps.basemap_public_key"))
        if not tianditu_key:
            raise UsageError(speaker.say("maps.basemap_key"))
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
    address = _address(basemap, speaker)
    parts = urlsplit(address)
    if audience == "public":
        if parts.scheme == "file":
            raise UsageError(speaker.say("maps.basemap_public_path", address=basemap))
        if parts.query or "@" in parts.netloc:
            shown = f"{parts.hostname or ''}{parts.path}"
            raise UsageError(speaker.say("maps.basemap_public_secret", address=shown))
    origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "'self' file:"
    return {"tiles": [address], "origin": origin, "credit": "", "most": 19}


def _address(basemap: str, speaker: Speaker) -> str:
    """The address of tiles that a folder or a pattern stands for.

    Raises
    ------
    UsageError
        It is neither, or a folder without tiles.
    """
    folder = Path(basemap)
    if folder.is_dir():
        basemap = _pattern(folder, speaker)
    if not all(part in basemap for part in ("{z}", "{x}", "{y}")):
        raise UsageError(speaker.say("maps.basemap_unknown", name=basemap))
    if Path(basemap).is_absolute():  # a path on this computer, not on a server
        return Path(basemap).as_uri().replace("%7B", "{").replace("%7D", "}")
    return basemap


def _pattern(folder: Path, speaker: Speaker) -> str:
    """A folder's tiles as a pattern, with the ending that its files have."""
    for tile in sorted(folder.glob("*/*/*.*")):
        if tile.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp"):
            return str(folder.resolve() / "{z}" / "{x}" / ("{y}" + tile.suffix))
    raise UsageError(speaker.say("maps.basemap_empty", folder=folder))
