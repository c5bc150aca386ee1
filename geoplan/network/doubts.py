"""What is doubtful about how the streets of a network hang together, as findings of a study."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np

from geoplan.inputs.findings.finding import Severity
from geoplan.network.builders.build_notes import NetworkFinding, network_finding
from geoplan.network.diagnostics import NetworkReport, network_report
from geoplan.network.graph.network import NetworkData
from geoplan.tolerances import HAIRLINE_M
from geoplan.words import say
from geoplan.words.message import Message, Messages

#: below this share of the length in the largest part, islands are a fault and no rest
LARGEST_SHARE = 0.99
#: a hairline gap matters where the way round is this long, metres; and a wider gap
_ROUND_M, _FAR_ROUND_M = 50.0, 200.0
#: a dead end within this of a street is looked at
_NEAR_M = 15.0
#: more crossings than this share of all junctions: the layer was drawn without nodes
_DRAWN_SHARE = 0.25
#: places named in one finding
_NAMED = 3


def network_doubts(network: NetworkData, lang: str) -> list[NetworkFinding]:
    """Islands, ends that nearly meet a street, and lines that cross without a junction.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from shapely import LineString
    >>> from geoplan.network import Network
    >>> roads = gpd.GeoDataFrame(
    ...     geometry=[LineString([(0, 0), (900, 0)]), LineString([(400, 0.3), (400, 300)])],
    ...     crs="EPSG:4548")
    >>> [(found.code, found.count) for found in
    ...  network_doubts(Network.from_lines(roads, mode="walk"), "en")]
    [('islands', 1), ('hairline', 1)]
    """
    report = network_report(network, near_m=_NEAR_M, detour_m=_ROUND_M)
    return [
        *_islands(network, report, lang),
        *_ends(network, report, lang),
        *_crossings(network, report, lang),
    ]


def _islands(network: NetworkData, report: NetworkReport, lang: str) -> Iterator[NetworkFinding]:
    if not len(report.islands):
        return
    longest = report.islands.iloc[0]
    place = say(
        lang,
        "network.place_island",
        **_xy(longest.geometry),
        name="",
        km=f"{longest['length_m'] / 1000:,.2f}",
    )
    broken = report.largest_share < LARGEST_SHARE
    yield network_finding(
        lang,
        "islands",
        severity="warning" if broken else "note",
        assumed=len(report.islands),
        mode=Message(f"common.{network.mode}"),
        islands=len(report.islands),
        km=f"{report.islands['length_m'].sum() / 1000:,.2f}",
        share=_share(report.largest_share),
        place=place,
    )


def _share(share: float) -> str:
    """As a percentage that is not 100 where anything is missing."""
    texts = (f"{share:.{digits}%}" for digits in (1, 2, 3, 4))
    return next((text for text in texts if not text.startswith("100")), "< 100%")


def _ends(network: NetworkData, report: NetworkReport, lang: str) -> Iterator[NetworkFinding]:
    """Dead ends beside a street: hairline gaps, and wider ones with a long way round."""
    mode = Message(f"common.{network.mode}")
    every = report.near_misses
    hairline = every[every["gap_m"] <= HAIRLINE_M]
    if len(hairline):
        yield network_finding(
            lang,
            "hairline",
            assumed=len(hairline),
            mode=mode,
            count=len(hairline),
            within=f"{HAIRLINE_M:g}",
            place=_places(network, hairline, lang),
        )
    wider = every[(every["gap_m"] > HAIRLINE_M) & ~(every["detour_m"] < _FAR_ROUND_M)]
    if len(wider):
        yield network_finding(
            lang,
            "near",
            severity="note",
            mode=mode,
            count=len(wider),
            within=f"{_NEAR_M:g}",
            detour=f"{_FAR_ROUND_M:g}",
            place=_places(network, wider, lang),
        )


def _crossings(network: NetworkData, report: NetworkReport, lang: str) -> Iterator[NetworkFinding]:
    found = report.crossings
    if not len(found):
        return
    degree = np.bincount(np.concatenate([network.u, network.v]), minlength=network.n_nodes)
    junctions = int((degree > 2).sum())
    many: Severity = "warning" if len(found) > _DRAWN_SHARE * (junctions + len(found)) else "note"
    yield network_finding(
        lang,
        "crossings",
        severity=many,
        assumed=len(found),
        mode=Message(f"common.{network.mode}"),
        count=len(found),
        place=_places(network, found, lang),
    )


def _places(network: NetworkData, frame: gpd.GeoDataFrame, lang: str) -> str:
    """Where the first few are, and how far round it is."""
    named = [_place(row, network.mode, lang) for row in frame.head(_NAMED).itertuples()]
    places = Messages(named, join="; ").text(lang)
    return say(lang, "network.places", places=places)


def _place(row: Any, mode: str, lang: str) -> str:
    name = say(lang, "network.place_name", name=row.name) if isinstance(row.name, str) else ""
    values = {**_xy(row.geometry), "name": name, "how": say(lang, f"common.{mode}")}
    if np.isnan(row.detour_m):
        way = "apart"
    elif np.isinf(row.detour_m):
        way = "far"
    else:
        way = "round" if row.detour_m >= 0 else "unknown"
        values["detour"] = f"{row.detour_m:,.0f}"
    values["round"] = say(lang, f"network.place_{way}", **values)
    if not hasattr(row, "gap_m"):
        return say(lang, "network.place_crossing", **values)
    values["gap"] = f"{row.gap_m:.2f}" if row.gap_m < 1 else f"{row.gap_m:.1f}"
    return say(lang, "network.place", **values)


def _xy(geometry: Any) -> dict[str, str]:
    x, y = geometry.coords[0]
    return {"x": f"{x:.0f}", "y": f"{y:.0f}"}
