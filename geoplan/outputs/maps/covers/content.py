"""The covers of one service as its page carries them."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.coverage.covers.site_covers import SiteCovers
from geoplan.coverage.covers.zones import alike_rows
from geoplan.coverage.gaps import MOST_GAPS
from geoplan.coverage.ledger import STATES
from geoplan.inputs.allocation import location_order
from geoplan.outputs.maps.areas import area_rows
from geoplan.outputs.maps.covers.pack import deflated, floats, sets, steps, varints
from geoplan.outputs.maps.encode import to_degrees
from geoplan.results import RunResults, ServiceResult
from geoplan.words.text_format import as_list

#: bytes that the covers may take in a page
MOST_BYTES = 1_500_000
#: parts of a degree that the places of sites are written in
_DEGREE = 1_000_000
_FIXED = {"": 0, **{state: i for i, state in enumerate(STATES) if i >= 4}}


def covers_content(results: RunResults, service: ServiceResult) -> dict[str, Any] | None:
    """Covers, people, areas and neighbours for what-ifs, thinned until the page can hold them.

    None in the public edition, where there are no covers, and where those of the existing sites
    alone are too large.
    """
    covers = service.covers
    if covers is None or service.coverage is None or results.info.audience == "public":
        return None
    places = _xy(service.coverage.frame.loc[covers.rows])
    if len(deflated(floats(places))) > MOST_BYTES:  # whatever the candidates are
        return None
    packed = _packed(results, service, covers)
    while len(packed["z"]) > MOST_BYTES:
        new = int(covers.sites["candidate"].sum())
        planned = int(covers.sites["planned"].sum())
        if new <= planned:
            return None
        keep = int(min(0.9, 0.95 * MOST_BYTES / len(packed["z"])) * new)
        covers = covers.thinned(max(planned, keep))
        packed = _packed(results, service, covers)
    return packed


def _packed(results: RunResults, service: ServiceResult, covers: SiteCovers) -> dict[str, Any]:
    assert service.coverage is not None
    frame = service.coverage.frame.loc[covers.rows]
    sites = covers.sites
    new = sites[sites["candidate"].to_numpy(bool)]
    whole = bool((covers.people == np.round(covers.people)).all())
    levels, areas = _areas(results, service, frame, covers)
    columns, classes = _classes(covers, covers.leads)
    timed = covers.served_zone is not None and covers.serves is not None
    runs: list[np.ndarray] = []
    timetable: list[bytes] = []
    if covers.served_zone is not None and covers.serves is not None:
        runs, by_run = _classes(covers, covers.serves)
        timetable = [varints(covers.served_zone + 1), varints(by_run + 1), sets(runs)]
    order = _spatial(frame)
    money = new["money"].to_numpy(float)
    priced = bool(np.isfinite(money).any())
    parts = [
        varints(covers.people) if whole else floats(covers.people),
        varints(np.array([_FIXED[state] for state in covers.fixed])),
        varints(covers.zone + 1),
        floats(_xy(frame)),
        *(varints(place + 1) for place in areas),
        *_pairs(covers.neighbours),
        steps(covers.order),
        varints(covers.gap),
        steps(order),
        steps(_lonlat(sites)[:, 0]),
        steps(_lonlat(sites)[:, 1]),
        varints(classes + 1),
        sets(columns),
        *timetable,
        floats(_xy(new)),
        floats(sites["capacity"]) if covers.limited else b"",
        floats(money) if priced else b"",
        steps(_spatial(sites)),
        _covers(covers, order),
        *_texts(frame, covers),
    ]
    return {
        "z": deflated(b"".join(parts)),
        "key": service.key,
        "study": results.info.name,
        "crs": results.info.crs,
        "currency": results.info.currency,
        "rows": len(covers.rows),
        "sites": len(covers.existing),
        "candidates": len(new),
        "offered": covers.offered,
        "whole": whole,
        "limited": covers.limited,
        "priced": priced,
        "zones": int(covers.leads.shape[0]),
        "classes": len(columns),
        "timed": timed,
        "runs": len(runs),
        "pairs": len(covers.neighbours),
        "extent": covers.extent_m,
        "keep": MOST_GAPS,
        "levels": levels,
        "known": [len(results.areas[level].frame) for level in levels],
        "within": levels.index(covers.within) if covers.within in levels else -1,
        "named": [levels.index(level) for level in covers.levels if level in levels],
        "planned": _planned(service, new),
        "closes": _closes(service, covers),
        "texts": [len(part) for part in _texts(frame, covers)],
    }


def _planned(service: ServiceResult, new: gpd.GeoDataFrame) -> list[int]:
    """Positions of the suggested sites among the candidates, in the order of their rank."""
    if service.siting is None:
        return []
    return [int(k) for k in new.index.get_indexer(service.siting.sites.index.astype(str))]


def _closes(service: ServiceResult, covers: SiteCovers) -> list[int]:
    """Positions of the sites in service that the plan closes."""
    closed = None if service.siting is None else service.siting.closed
    if closed is None:
        return []
    at = covers.existing.get_indexer(closed.index.astype(str))
    return [int(k) for k in at if k >= 0]


def _areas(
    results: RunResults, service: ServiceResult, frame: gpd.GeoDataFrame, covers: SiteCovers
) -> tuple[list[str], list[np.ndarray]]:
    """Levels with figures, and the position of every row's area among those of the page."""
    levels, places = [], []
    for level, layer in results.areas.items():
        known = area_rows(service, level, layer)
        if known is None or level not in frame.columns:
            continue
        codes = frame[level].astype("string").fillna("").to_numpy(object)
        levels.append(level)
        places.append(pd.Index(known).get_indexer(pd.Index(codes)))
    return levels, places


def _spatial(frame: gpd.GeoDataFrame) -> np.ndarray:
    """Rows in the order in which neighbours stand together; those without a place come last."""
    return np.asarray(location_order(frame.geometry), np.int64)


def _xy(frame: gpd.GeoDataFrame) -> np.ndarray:
    points = frame.geometry
    return np.column_stack([points.x.to_numpy(float), points.y.to_numpy(float)])


def _lonlat(sites: gpd.GeoDataFrame) -> np.ndarray:
    points = to_degrees(sites.geometry)
    return np.rint(np.column_stack([points.x, points.y]) * _DEGREE).astype(np.int64)


def _pairs(pairs: np.ndarray) -> tuple[bytes, bytes]:
    pairs = np.sort(pairs, axis=1)
    ordered = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    return steps(ordered[:, 0]), varints(ordered[:, 1] - ordered[:, 0])


def _classes(covers: SiteCovers, leads: sparse.csc_matrix) -> tuple[list[np.ndarray], np.ndarray]:
    """The zones from which one comes to the sites of each class, and every site's class."""
    on = covers.sites["on_network"].to_numpy(bool)
    dense = leads.toarray().astype(bool)[:, on]
    number, first = alike_rows(dense.T)
    classes = np.full(len(on), -1, np.int64)
    classes[on] = number
    return [np.flatnonzero(dense[:, k]) for k in first], classes


def _covers(covers: SiteCovers, order: np.ndarray) -> bytes:
    """Every site's rows, by their places in `order`; neighbours among sites one after the other."""
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    matrix = covers.cover.tocsc()
    rows = [
        np.sort(rank[matrix.indices[matrix.indptr[j] : matrix.indptr[j + 1]]])
        for j in _spatial(covers.sites)
    ]
    return sets(rows)


def _texts(frame: gpd.GeoDataFrame, covers: SiteCovers) -> list[bytes]:
    """Ids of all sites, names of candidates, names of rows without a place, each as JSON."""
    new = covers.sites[covers.sites["candidate"].to_numpy(bool)]
    lost = frame[frame.geometry.isna()]
    named = list(map(str, as_list(new["name"]))) if new["name"].ne("").any() else []
    return [
        json.dumps(part, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
        for part in (
            list(map(str, as_list(covers.sites.index))),
            named,
            list(map(str, lost["name"])),
        )
    ]
