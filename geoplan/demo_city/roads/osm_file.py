"""The streets as an OpenStreetMap PBF file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import numpy as np
import osmium
import pandas as pd

from geoplan.demo_city.geography import to_degrees
from geoplan.demo_city.noise import Array


class _Node(NamedTuple):
    """A node as osmium's writer takes it."""

    id: int
    location: tuple[float, float]


class _Way(NamedTuple):
    """A way as osmium's writer takes it."""

    id: int
    nodes: list[int]
    tags: dict[str, str]


def write_pbf(path: Path, xy: Array, edges: pd.DataFrame) -> tuple[int, int]:
    """Write ways of chained pieces; how many junction nodes and ways there are.

    The header names no time and no version of a library, so the bytes are the same every time.
    """
    chains = list(_chains(edges))
    bends = edges["bend"].to_numpy(object)
    u, v = edges["u"].tolist(), edges["v"].tolist()
    bent = [k for k, b in enumerate(bends) if b is not None]
    first_bend = list(accumulate((len(bends[k]) for k in bent), initial=len(xy) + 1))
    bend_ids = {k: range(first_bend[i], first_bend[i + 1]) for i, k in enumerate(bent)}
    lonlat = np.round(to_degrees(np.vstack([xy, *(bends[k] for k in bent)])), 7)
    header = osmium.io.Header()
    header.set("generator", "geoplan demo city")
    path.unlink(missing_ok=True)
    writer = osmium.SimpleWriter(str(path), header=header)
    try:
        for k, (lon, lat) in enumerate(lonlat.tolist(), start=1):
            writer.add_node(_Node(k, (lon, lat)))
        for number, (pieces, tags) in enumerate(chains, start=1):
            nodes = [u[pieces[0]] + 1]
            for k in pieces:
                nodes += [*bend_ids.get(k, ()), v[k] + 1]
            if tags.pop("reversed", None):
                nodes.reverse()
            writer.add_way(_Way(number, nodes, tags))
    finally:
        writer.close()
    return len(xy), len(chains)


def _chains(edges: pd.DataFrame) -> Iterator[tuple[list[int], dict[str, str]]]:
    """Pieces of one road with equal tags that follow one another, as one way."""
    order = np.argsort(edges["line"].to_numpy(), kind="stable")
    u, v, line = (edges[name].tolist() for name in ("u", "v", "line"))
    columns = ("kind", "oneway", "bridge", "layer", "name")
    key = list(zip(*(edges[c].tolist() for c in columns), strict=True))
    chain: list[int] = []
    for k in order.tolist():
        last = chain[-1] if chain else -1
        follows = (
            chain
            and line[k] not in (-1, -2)
            and line[k] == line[last]
            and v[last] == u[k]
            and key[k] == key[last]
            and len(chain) < 400
        )
        if chain and not follows:
            yield chain, _tags(key[last])
            chain = []
        chain.append(k)
    if chain:
        yield chain, _tags(key[chain[-1]])


def _tags(key: tuple[str, int, str, int, str]) -> dict[str, str]:
    kind, oneway, bridge, layer, name = key
    tags = {"highway": kind}
    if name:
        tags["name"] = name
    if oneway:
        tags["oneway"] = "yes"
        if oneway < 0:
            tags["reversed"] = "yes"
    if bridge:
        tags["bridge"] = bridge
    if layer:
        tags["layer"] = str(layer)
    if kind in ("trunk", "trunk_link"):
        # the elevated ring road is for vehicles only
        tags["foot"] = "no"
    return tags
